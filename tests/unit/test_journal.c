/* SPDX-License-Identifier: Apache-2.0 */
/* This host's journal, with a real journald. */
#include "journal_util.h"

static void
followed(void **state)
{
	struct streams known = { 0 };
	struct batch *b = batch_new();
	struct seen seen = { 0 };
	struct source *s;
	struct pollfd p = { .events = POLLIN };
	struct error err;
	int timeout, i;
	char found[64];

	(void)state;
	assert_int_equal(source_find_in("/nowhere", found, sizeof(found),
	    &err), -1);
	log_as(0, "cron", LOG_CRON, "nothing to weir");
	log_as(0, "postfix/qmgr", LOG_MAIL, "4X00000001zZ: removed");
	s = follow(&known);
	read_until(s, &seen, 1);
	assert_non_null(strstr(buf_cstr(&seen.text),
	    " postfix/qmgr[42]: 4X00000001zZ: removed\n"));
	assert_int_equal(known.n, 1);
	assert_string_equal(seen.stream.name, "journal");
	assert_int_equal(seen.stream.fingerprint_len, 0);
	assert_int_not_equal(seen.stream.cursor[0], 0);
	assert_int_equal(source_find(found, sizeof(found), &err), 0);
	assert_string_equal(found, "journal");
	seen_clear(&seen);

	/* Live: woken, and whom journald says it was from. */
	log_as(0, "postfix/qmgr", LOG_MAIL, "4X00000002zZ: removed");
	p.fd = source_poll(s, &timeout);
	assert_true(p.fd >= 0);
	assert_int_equal(poll(&p, 1, 10000), 1);
	for (i = 0; i < 100 && b->nlines == 0; i++) {
		source_read(s, b, &err);
		poll(&p, 1, b->nlines == 0 ? 200 : 0);
	}
	assert_int_equal(b->nlines, 1);
	assert_int_equal(b->lines[0].record.provenance, PROVENANCE_TRUSTED);
	assert_int_equal(b->lines[0].record.pid, 42);
	assert_int_equal(b->lines[0].line.kind, LINE_REMOVED);
	assert_true(b->lines[0].record.at / USEC_PER_SEC <= time(NULL));
	assert_true(b->lines[0].record.at / USEC_PER_SEC > time(NULL) - 60);
	batch_clear(b);
	log_as(1234, "postfix/qmgr", LOG_MAIL, "4X00000003zZ: removed");
	for (i = 0; i < 100 && b->nlines == 0; i++) {
		source_read(s, b, &err);
		poll(&p, 1, b->nlines == 0 ? 200 : 0);
	}
	assert_int_equal(b->nlines, 1);
	assert_int_equal(b->lines[0].record.provenance,
	    PROVENANCE_LOCAL_USER);
	batch_free(b);
	source_close(s);

	/* From the stored cursor on: only what came since. */
	log_as(0, "postfix/qmgr", LOG_MAIL, "4X00000004zZ: removed");
	s = follow(&known);
	read_until(s, &seen, 1);
	read_all(s, &seen);
	assert_int_equal(seen.nlines, 1);
	assert_non_null(strstr(buf_cstr(&seen.text), "4X00000004zZ"));
	assert_string_equal(seen.notices, "");
	source_close(s);
	seen_clear(&seen);
	streams_done(&known);
}

/* A mail server under another facility is known by its name. */
static void
other_facility(void **state)
{
	struct streams known = { 0 };
	struct seen seen = { 0 };
	struct source *s;

	(void)state;
	log_as(0, "postfix-out/qmgr", LOG_LOCAL0, "4X00000005zZ: removed");
	log_as(0, "sshd", LOG_AUTH, "4X00000006zZ: removed");
	log_as(0, "postfix/qmgr", LOG_MAIL, "4X00000007zZ: removed");
	/* Once the last is written, the first is. */
	s = follow(&known);
	while (strstr(buf_cstr(&seen.text), "4X00000007zZ") == NULL)
		read_until(s, &seen, seen.nlines + 1);
	source_close(s);
	seen_clear(&seen);
	streams_done(&known);
	s = follow(&known);
	while (strstr(buf_cstr(&seen.text), "4X00000007zZ") == NULL)
		read_until(s, &seen, seen.nlines + 1);
	assert_non_null(strstr(buf_cstr(&seen.text), "4X00000005zZ"));
	assert_null(strstr(buf_cstr(&seen.text), "4X00000006zZ"));
	source_close(s);
	seen_clear(&seen);
	streams_done(&known);
}

/* A name and text that would move the parts of the line they become. */
static void
hostile(void **state)
{
	struct streams known = { 0 };
	struct seen seen = { 0 };
	struct source *s;
	char big[1500];

	(void)state;
	memset(big, 'x', sizeof(big));
	big[sizeof(big) - 1] = '\0';
	memcpy(big, "\x1b[2J\xff\n", 6);
	s = follow(&known);
	read_all(s, &seen);
	seen_clear(&seen);
	log_as(1234, "postfix/smtpd", LOG_MAIL, big);
	log_as(1234, "a b: postfix/qmgr", LOG_MAIL, "4X1: removed");
	log_as(0, "postfix/qmgr", LOG_MAIL, "4X00000008zZ: removed");
	while (strstr(buf_cstr(&seen.text), "4X00000008zZ") == NULL)
		read_until(s, &seen, seen.nlines + 1);
	assert_non_null(strstr(buf_cstr(&seen.text), "?[2J??xxxx"));
	assert_int_equal(seen.counts.cleaned, 1);
	source_close(s);
	seen_clear(&seen);
	streams_done(&known);
}

/* journald drops what comes too fast, and says so. */
static void
suppressed(void **state)
{
	struct streams known = { 0 };
	struct seen seen = { 0 };
	struct batch *b = batch_new();
	struct error err;
	struct source *s;
	int i;

	(void)state;
	if (group[0] == '\0') {
		batch_free(b);
		skip();
		return;
	}
	s = follow(&known);
	read_all(s, &seen);
	seen_clear(&seen);
	log_many(IN_UNIT, "postfix/qmgr", LOG_MAIL, "4X00000009zZ: removed",
	    20000);
	while (b->nlines == 0)
		source_read(s, b, &err);
	/* The unit vouches for whoever runs in it. */
	assert_int_equal(b->lines[0].record.provenance, PROVENANCE_TRUSTED);
	take_batch(&seen, b);
	batch_free(b);
	read_until(s, &seen, 200);
	/*
	 * It says so with the first line of the next interval; a slow journald
	 * may have to be asked again.
	 */
	for (i = 0; i < 10 && seen.counts.lost == 0; i++) {
		usleep(2500000);
		log_as(IN_UNIT, "postfix/qmgr", LOG_MAIL,
		    "4X00000009zZ: removed");
		read_until(s, &seen, seen.nlines + 1);
		read_all(s, &seen);
	}
	assert_true(seen.counts.lost > 0);
	assert_non_null(strstr(buf_cstr(&seen.text), "Suppressed "));
	assert_true(seen.nlines + seen.counts.lost >= 20001);
	source_close(s);
	seen_clear(&seen);
	streams_done(&known);
}

/* Files and directories are read once, and the same entries are one line. */
static void
read_once(void **state)
{
	struct streams known = { 0 };
	struct seen all = { 0 }, again = { 0 };
	struct source_options o = { .path = "/run/log/journal" };
	struct source *s;
	struct error err;
	char file[256];
	FILE *f;

	(void)state;
	log_as(0, "postfix/qmgr", LOG_MAIL, "4X0000000AzZ: removed");
	usleep(500000);
	assert_true(source_is_journal("/run/log/journal"));
	s = source_open(&o, &known, &err);
	assert_non_null(s);
	assert_int_equal(read_all(s, &all), SOURCE_ENDED);
	source_close(s);
	assert_true(all.nlines > 5);

	f = popen("ls /run/log/journal/*/system.journal", "r");
	assert_non_null(fgets(file, sizeof(file), f));
	pclose(f);
	file[strcspn(file, "\n")] = '\0';
	assert_true(source_is_journal(file));
	s = source_open(&o, &known, &err);
	assert_non_null(s);
	assert_int_equal(read_all(s, &again), SOURCE_ENDED);
	assert_int_equal(again.nlines, 0);
	source_close(s);
	o.path = file;
	s = source_open(&o, &known, &err);
	assert_non_null(s);
	assert_int_equal(read_all(s, &again), SOURCE_ENDED);
	assert_int_equal(again.nlines, all.nlines);
	assert_true(str_eq(buf_str(&all.text), buf_str(&again.text)));
	source_close(s);
	seen_clear(&all);
	seen_clear(&again);
	streams_done(&known);
}

/* The entry behind the cursor is gone: a loss, with its extent. */
static void
vacuumed(void **state)
{
	struct streams known = { 0 };
	struct seen seen = { 0 };
	struct source *s;

	(void)state;
	log_as(0, "postfix/qmgr", LOG_MAIL, "4X0000000BzZ: removed");
	s = follow(&known);
	read_until(s, &seen, 1);
	source_close(s);
	seen_clear(&seen);
	stop_journald();
	run("rm -rf /run/log/journal/*");
	assert_int_equal(start_journald(), 0);
	log_as(0, "postfix/qmgr", LOG_MAIL, "4X0000000CzZ: removed");
	wait_for_entries();
	s = follow(&known);
	read_until(s, &seen, 1);
	assert_int_equal(seen.nlines, 1);
	assert_string_equal(seen.kinds, "data_loss");
	assert_non_null(strstr(seen.notices, "journal: entries between "));
	/* And from there on as ever. */
	log_as(0, "postfix/qmgr", LOG_MAIL, "4X0000000DzZ: removed");
	read_until(s, &seen, 2);
	assert_non_null(strstr(buf_cstr(&seen.text), "4X0000000DzZ"));
	source_close(s);
	seen_clear(&seen);

	/* What is no cursor at all is a loss too, and no end. */
	snprintf(known.v[0].cursor, sizeof(known.v[0].cursor), "nonsense");
	s = follow(&known);
	read_until(s, &seen, 2);
	assert_string_equal(seen.kinds, "data_loss");
	source_close(s);
	seen_clear(&seen);
	streams_done(&known);
}

/* One who may not read any of it is told so, not shown an empty journal. */
static void
denied(void **state)
{
	struct streams known = { 0 };
	struct seen seen = { 0 };
	struct source *s;
	gid_t groups[64];
	int n = getgroups(64, groups);

	(void)state;
	assert_int_equal(setgroups(0, NULL), 0);
	assert_int_equal(setegid(65534), 0);
	assert_int_equal(seteuid(65534), 0);
	s = follow(&known);
	assert_int_equal(read_all(s, &seen), SOURCE_DENIED);
	assert_string_equal(seen.err.text, "journal: Permission denied");
	source_close(s);
	assert_int_equal(seteuid(0), 0);
	assert_int_equal(setegid(0), 0);
	setgroups(n < 0 ? 0 : (size_t)n, groups);
	seen_clear(&seen);
	streams_done(&known);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(followed), cmocka_unit_test(other_facility),
		cmocka_unit_test(hostile), cmocka_unit_test(read_once),
		cmocka_unit_test(suppressed), cmocka_unit_test(vacuumed),
		cmocka_unit_test(denied),
	};

	if (!begin_journald())
		return 0;
	return cmocka_run_group_tests(tests, NULL, group_done);
}

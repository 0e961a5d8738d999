/* SPDX-License-Identifier: Apache-2.0 */
#include "source_util.h"

#include "weir/mem.h"

#include "../../src/source/batch.h"

static struct batch *
batch_of(struct str text)
{
	struct batch *b = batch_new();

	assert_true(text.n <= b->cap);
	memcpy(b->bytes, text.p, text.n);
	b->n = text.n;
	return b;
}

static struct cutter
cutter_utc(void)
{
	return (struct cutter){ .syslog = { .zone = &zone_utc,
	    .until = INT64_C(1795000000) * USEC_PER_SEC } };
}

#define IMAP "dovecot: imap-login: Login: user=<a>"
#define LONG "a-host-name-of-more-than-sixty-two-bytes.in-a-domain.example.org"
#define A "2026-11-23T10:00:00.000000Z mx postfix/qmgr[7]: 4X1: removed"
#define B "2026-11-23T10:00:01.000000Z mx postfix/qmgr[7]: 4X2: removed"

static void
cuts(void **state)
{
	static const struct {
		const char *name;
		struct str in;
		bool final;
		size_t used, lines, kept, empty, no_stamp, cleaned;
	} cases[] = {
		{ "nothing", STR(""), true, 0, 0, 0, 0, 0, 0 },
		{ "two", STR(A "\n" B "\n"), false, 122, 2, 2, 0, 0, 0 },
		{ "unfinished", STR(A "\n" B), false, 61, 1, 1, 0, 0, 0 },
		{ "taken", STR(A "\n" B), true, 121, 2, 2, 0, 0, 0 },
		{ "empty", STR("\n\n  \n" A "\n"), false, 66, 4, 1, 3, 0, 0 },
		{ "CR", STR(A "\r\n"), false, 62, 1, 1, 0, 0, 1 },
		{ "no stamp", STR("so to say\n" A "\n"), false, 71, 2, 1, 0,
		    1, 0 },
		{ "NUL in it", STR(A "\0\0\n"), false, 63, 1, 1, 0, 0, 1 },
		{ "hole before", STR("\0\0\0" A "\n"), false, 64, 1, 1, 0, 0,
		    0 },
		{ "only a hole", STR("\0\0\0"), false, 3, 0, 0, 0, 0, 0 },
		{ "not UTF-8", STR(A " \xff\n"), false, 63, 1, 1, 0, 0, 1 },
		{ "UTF-8", STR(A " \xc3\xa4?\n"), false, 65, 1, 1, 0, 0, 0 },
		{ "control", STR(A " \x1b[m\n"), false, 65, 1, 1, 0, 0, 1 },
	};
	size_t i, used;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct batch *b = batch_of(cases[i].in);
		struct cutter c = cutter_utc();
		bool full;

		used = batch_cut(b, &c, cases[i].final, &full);
		if (used != cases[i].used || full ||
		    b->stream.offset != (int64_t)used ||
		    b->counts.bytes != used ||
		    b->counts.lines != cases[i].lines ||
		    b->nlines != cases[i].kept ||
		    b->counts.empty != cases[i].empty ||
		    b->counts.no_stamp != cases[i].no_stamp ||
		    b->counts.cleaned != cases[i].cleaned)
			fail_msg("%s: got used %zu, lines %zu, kept %zu, "
			    "empty %zu, no_stamp %zu, cleaned %zu",
			    cases[i].name, used, (size_t)b->counts.lines,
			    b->nlines, (size_t)b->counts.empty,
			    (size_t)b->counts.no_stamp,
			    (size_t)b->counts.cleaned);
		batch_free(b);
	}
}

/* A megabyte of a line, in the batches that it takes. */
static void
long_line(void **state)
{
	struct cutter c = cutter_utc();
	struct batch *b = batch_new();
	int64_t offset = 0;
	bool full;
	int i;

	(void)state;
	for (i = 0; i < 3; i++) {
		batch_clear(b);
		memset(b->bytes, 'x', BATCH_BYTES);
		if (i == 0)
			memcpy(b->bytes, A " ", sizeof(A));
		/* What would be a line of its own, were it not inside one. */
		if (i == 2)
			memcpy(b->bytes + 1000, A "\n" B "\n",
			    2 * sizeof(A));
		b->n = i < 2 ? BATCH_BYTES : 1000 + 2 * sizeof(A);
		b->stream.offset = offset;
		assert_int_equal(batch_cut(b, &c, false, &full), b->n);
		offset = b->stream.offset;
		assert_int_equal(b->nlines, i == 1 ? 0 : 1);
		assert_int_equal(b->counts.cut, i == 0);
		if (i == 0)
			assert_int_equal(b->lines[0].record.raw.n,
			    LINE_MAX_BYTES);
	}
	assert_true(str_eq(b->lines[0].record.raw, STR(B)));
	assert_int_equal(offset, 2 * BATCH_BYTES + 1000 + 2 * sizeof(A));
	batch_free(b);
}

/* Many short lines fill a batch by their number. */
static void
full_batch(void **state)
{
	struct cutter c = cutter_utc();
	struct batch *b = batch_new();
	const struct str l = STR(A "\n");
	bool full;
	size_t used;

	(void)state;
	while (b->n < (BATCH_LINES + 5) * l.n) {
		memcpy(b->bytes + b->n, l.p, l.n);
		b->n += l.n;
	}
	used = batch_cut(b, &c, true, &full);
	assert_true(full);
	assert_int_equal(b->nlines, BATCH_LINES);
	assert_int_equal(used, BATCH_LINES * l.n);
	memmove(b->bytes, b->bytes + used, b->n -= used);
	b->nlines = 0;
	used = batch_cut(b, &c, true, &full);
	assert_false(full);
	assert_int_equal(b->nlines, 5);
	assert_int_equal(used, 5 * l.n);
	batch_free(b);
}

static void
what_is_kept(void **state)
{
	struct batch *b = batch_of(STR(
	    "2026-11-23T10:00:00Z mx postfix/qmgr[7]: what a thing to say\n"
	    "2026-11-23T10:00:00Z mx dovecot: imap-login: Login: user=<a>\n"
	    "2026-11-23T10:00:00Z mx rsyslogd: imuxsock lost 225 messages "
	    "from pid 2076 due to rate-limiting\n"
	    "Nov 23 10:00:00 postfix/qmgr[7]: 4X00000001zZ: removed\n"));
	struct cutter c = cutter_utc();
	bool full;

	(void)state;
	str_copy(STR("mine"), b->stream.host, sizeof(b->stream.host));
	batch_cut(b, &c, false, &full);
	assert_int_equal(b->counts.lines, 4);
	assert_int_equal(b->counts.ignored, 1);
	assert_int_equal(b->counts.unknown, 1);
	assert_int_equal(b->counts.lost, 225);
	assert_int_equal(b->nlines, 3);
	assert_int_equal(b->lines[0].line.kind, LINE_UNKNOWN);
	assert_int_equal(b->lines[1].line.kind, LINE_LOG_LOSS);
	assert_int_equal(b->lines[2].line.kind, LINE_REMOVED);
	assert_int_equal(b->lines[2].record.provenance, PROVENANCE_LOG);
	assert_true(str_eq(b->lines[2].record.host, STR("mine")));
	assert_int_equal(b->stream.year, 2026);
	assert_int_equal(b->stream.last_at, b->lines[2].record.at);
	batch_free(b);
}

/*
 * "last message repeated" is kept, and what stands between it and the line it
 * is not about: of its own host.  A new cutter does not know what was before.
 */
static void
repeats(void **state)
{
	static const struct {
		const char *line;
		enum line_kind kind;
		bool kept;
	} lines[] = {
		{ "mx " IMAP, LINE_IGNORED, true },
		{ "mx " IMAP, LINE_IGNORED, false },
		{ "other " IMAP, LINE_IGNORED, true },
		{ "mx postfix/smtpd[7]: warning: x[192.0.2.7]: SASL LOGIN "
		    "authentication failed: no", LINE_AUTH_FAILED, true },
		{ "mx last message repeated 9 times", LINE_IGNORED, true },
		{ "mx last message repeated 70 times", LINE_IGNORED, true },
		{ "other " IMAP, LINE_IGNORED, false },
		{ "mx " IMAP, LINE_IGNORED, true },
		{ "mx " IMAP, LINE_IGNORED, false },
		{ "mx last message repeated 2 times", LINE_IGNORED, true },
		{ "mx postfix/qmgr[7]: 4X00000001zZ: removed", LINE_REMOVED,
		    true },
		{ "mx " IMAP, LINE_IGNORED, false },
		/* Too long to be remembered. */
		{ LONG " " IMAP, LINE_IGNORED, true },
		{ LONG " " IMAP, LINE_IGNORED, true },
		/* Two that have one place: each takes it from the other. */
		{ "aX " IMAP, LINE_IGNORED, true },
		{ "by " IMAP, LINE_IGNORED, true },
		{ "by " IMAP, LINE_IGNORED, false },
		{ "aX " IMAP, LINE_IGNORED, true },
		{ "aX " IMAP, LINE_IGNORED, false },
		{ "mx " IMAP, LINE_IGNORED, false },
	};
	struct cutter c = cutter_utc();
	struct batch *b = batch_new();
	size_t i, n = 0;

	(void)state;
	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		char *p = b->bytes + b->n;
		int len = sprintf(p, "Nov 23 10:00:00 %s", lines[i].line);

		b->n += (size_t)len;
		batch_parse(b, &c, p, (size_t)len, PROVENANCE_LOG);
		if (b->nlines != (n += lines[i].kept))
			fail_msg("%s", lines[i].line);
		if (lines[i].kept)
			assert_int_equal(b->lines[n - 1].line.kind,
			    lines[i].kind);
	}
	assert_int_equal(b->lines[4].record.repeat, 70);
	assert_int_equal(b->counts.ignored, 15);
	batch_free(b);
}

static void
notices(void **state)
{
	struct batch *b = batch_new();

	(void)state;
	batch_notice(b, "", "first %d", 1);
	batch_notice(b, "", "second");
	assert_string_equal(b->notice, "first 1");
	batch_notice(b, "data_loss", "gone");
	batch_notice(b, "data_loss", "more gone");
	batch_notice(b, "", "third");
	assert_string_equal(b->notice, "gone");
	assert_string_equal(b->notice_kind, "data_loss");
	batch_clear(b);
	assert_string_equal(b->notice, "");
	batch_free(b);
	batch_free(NULL);
}

/* The year and the zone a stream was first read with stay its own. */
static void
stored_year_and_zone(void **state)
{
	struct streams known = { 0 };
	struct stream st = { .id = 3, .year = 2019, .last_at = 5 };
	struct cutter c;

	(void)state;
	snprintf(st.zone, sizeof(st.zone), "Europe/Berlin");
	streams_add(&known, &st);
	batch_resume(&c, &known, &st, &zone_utc);
	assert_int_equal(c.syslog.year, 2019);
	assert_int_equal(c.syslog.last_at, 5);
	assert_string_equal(c.syslog.zone->name, "Europe/Berlin");
	snprintf(st.zone, sizeof(st.zone), "UTC");
	batch_resume(&c, &known, &st, NULL);
	assert_ptr_equal(c.syslog.zone, &zone_utc);
	streams_done(&known);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cuts),
		cmocka_unit_test(long_line),
		cmocka_unit_test(full_batch),
		cmocka_unit_test(what_is_kept),
		cmocka_unit_test(repeats),
		cmocka_unit_test(notices),
		cmocka_unit_test(stored_year_and_zone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

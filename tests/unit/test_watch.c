/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon_util.h"

#include "weir/watch.h"

static void
load(struct watch *w, struct place *at)
{
	struct error	err = { "" };

	if (watch_load(w, at->config, &err) == -1)
		fail_msg("%s", err.text);
}

static void
test_load(void **state)
{
	struct source_options	o[READER_SOURCES];
	struct place		at;
	struct watch		w;

	(void)state;
	place_init(&at, POLICY
	    "[source maillog]\npath = /var/log/mail.log\ntimezone = UTC\n"
	    "host = mx7\nyear = 2020\n"
	    "[source off]\npath = /var/log/off\nenabled = false\n"
	    "[source journal]\n");
	load(&w, &at);
	watch_options(&w, at.config, o);
	assert_int_equal(w.n, 2);
	assert_string_equal(w.v[0].path, "journal");
	assert_true(w.v[0].journal);
	assert_string_equal(o[1].path, "/var/log/mail.log");
	assert_string_equal(o[1].host, "mx7");
	assert_string_equal(o[1].zone->name, "UTC");
	assert_int_equal(o[1].year, 2020);
	assert_int_equal(o[0].year, 0);
	assert_true(o[0].follow && o[1].follow);
	assert_true(watch_behind(&w));
	watch_done(&w);
	place_done(&at);
}

static void
test_too_many(void **state)
{
	struct buf	text = { 0 };
	struct error	err = { "" };
	struct place	at;
	struct watch	w;

	(void)state;
	for (int i = 0; i <= READER_SOURCES; i++)
		buf_addf(&text, "[source s%d]\npath = /var/log/s%d\n", i, i);
	place_init(&at, buf_cstr(&text));
	assert_int_equal(watch_load(&w, at.config, &err), -1);
	assert_non_null(strstr(err.text, "more than 16 sources"));
	watch_done(&w);
	buf_done(&text);
	place_done(&at);
}

/* One report of a source. */
static void
report(struct watch *w, struct place *at, enum source_state s,
    const char *problem)
{
	struct work	work = { .batch = batch_new() };

	work.state = s;
	(void)error_set(&work.problem, "%s", problem);
	pipeline_begin(at->p);
	watch_take(w, &work, at->p);
	place_commit(at);
	batch_free(work.batch);
}

static void
test_denied(void **state)
{
	struct snapshot	 s = { 0 };
	struct place	 at;
	struct watch	 w;
	struct alert	*a;

	(void)state;
	place_init(&at, POLICY "[source m]\npath = /var/log/m\n");
	place_open(&at);
	load(&w, &at);
	report(&w, &at, SOURCE_DENIED, "/var/log/m: Permission denied");
	watch_snapshot(&w, &s);
	assert_false(s.watching);
	assert_non_null(strstr(s.why_not, "Permission denied"));
	assert_false(watch_behind(&w));
	report(&w, &at, SOURCE_DENIED, "/var/log/m: Permission denied");
	a = place_alert(&at, "source");
	assert_non_null(a);
	assert_int_equal(a->state, ALERT_OPEN);
	assert_string_equal(a->key, "/var/log/m");
	assert_true(a->runbook[0] != '\0');
	assert_int_equal(a->count, 1);
	alert_free(a);
	report(&w, &at, SOURCE_READY, "");
	assert_true(watch_behind(&w));
	report(&w, &at, SOURCE_WAITING, "");
	assert_false(watch_behind(&w));
	watch_snapshot(&w, &s);
	assert_true(s.watching);
	a = place_alert(&at, "source");
	assert_int_equal(a->state, ALERT_RESOLVED);
	alert_free(a);
	watch_done(&w);
	place_done(&at);
}

/* Of this host, the file's lines count only before the journal begins. */
static void
test_journal_wins(void **state)
{
	struct work		 work = { .batch = batch_new() };
	struct batch_line	*l;
	struct place		 at;
	struct watch		 w;

	(void)state;
	place_init(&at, POLICY "[source journal]\n"
	    "[source m]\npath = /var/log/m\n");
	place_open(&at);
	load(&w, &at);
	snprintf(w.host, sizeof(w.host), "mx1.example.org");
	w.journal_begins = 100;
	l = calloc(3, sizeof(*l));
	l[0].record.at = 99;
	l[0].record.host = STR("mx1");
	l[1].record.at = 100;
	l[1].record.host = STR("MX1");
	l[2].record.at = 100;
	l[2].record.host = STR("mx2");
	work.batch->lines = l;
	work.batch->nlines = work.batch->lines_cap = 3;
	work.source = 1;
	watch_take(&w, &work, at.p);
	assert_int_equal(work.batch->nlines, 2);
	assert_int_equal(l[0].record.at, 99);
	assert_true(str_eq(l[1].record.host, STR("mx2")));
	batch_free(work.batch);
	watch_done(&w);
	place_done(&at);
}

static void
test_pause_is_remembered(void **state)
{
	struct snapshot	s = { 0 };
	struct place	at;
	struct watch	w;

	(void)state;
	place_init(&at, POLICY "[source a]\npath = /var/log/a\n"
	    "[source b]\npath = /var/log/b\n");
	place_open(&at);
	load(&w, &at);
	pipeline_begin(at.p);
	watch_pause(&w, 1, 0, at.p);
	place_commit(&at);
	watch_done(&w);
	load(&w, &at);
	pipeline_begin(at.p);
	watch_begin(&w, pipeline_store(at.p));
	place_commit(&at);
	assert_true(w.v[1].paused);
	assert_false(w.v[0].paused);
	watch_snapshot(&w, &s);
	assert_non_null(strstr(s.sources[1].problem, "the same lines"));
	watch_done(&w);
	place_done(&at);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_load),
		cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_denied),
		cmocka_unit_test(test_journal_wins),
		cmocka_unit_test(test_pause_is_remembered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

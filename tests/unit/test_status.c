/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "weir/mem.h"
#include "weir/status.h"

/* 2026-03-02T14:03:20Z */
#define AT	(INT64_C(1772460200) * USEC_PER_SEC)

static void
set(char *dst, size_t size, const char *s)
{
	str_copy(str_of(s), dst, size);
}
#define SET(field, s)	set((field), sizeof(field), (s))

static struct snapshot *
sample(void)
{
	struct snapshot *s = xcalloc(1, sizeof(*s));
	struct snapshot_source *a = &s->sources[0], *b = &s->sources[1];

	SET(s->version, "0.1.0");
	SET(s->host, "mx.example.org");
	s->watching = true;
	s->started_at = s->published_at = s->committed_at = AT;
	s->nsources = 2;
	SET(a->name, "journal");
	a->state = SOURCE_WAITING;
	a->counts.lines = 1234567;
	a->counts.unknown = 1;
	a->counts.lost = 4;
	a->last_line_at = AT;
	SET(b->name, "maillog");
	SET(b->path, "/var/log/mail.log");
	b->state = SOURCE_DENIED;
	SET(b->problem, "open /var/log/mail.log: Permission denied");
	SET(b->mend, "usermod -a -G adm weir");
	s->nunknown = 1;
	SET(s->unknown[0].program, "postfix/odd");
	SET(s->unknown[0].sample, "strange words");
	s->unknown[0].lines = 1;
	s->store.events = 20;
	s->store.bytes = 1500000;
	s->store.first_at = AT - USEC_PER_HOUR;
	s->store.last_at = AT;
	s->store.alerts_open = 2;
	s->store.outbox_dead = 3;
	s->hooks_delivered = 5;
	s->engine.classes[CLASS_OPEN_RELAY] = 9;
	s->engine.profile = (struct profile_stats){ .series = 1200,
	    .actors = 34, .bytes = 2500000, .cap_bytes = 128 << 20,
	    .evicted = 5, .refused = 6 };
	s->engine.learns_since = AT - 2 * USEC_PER_DAY;
	s->commits = 4;
	s->commit_us_total = 2000000;
	s->beliefs_json = xstrdup("[{\"key\":\"local-domains\","
	    "\"source\":\"found\",\"value\":\"example.org\"},"
	    "{\"key\":\"local-domains\",\"source\":\"found\","
	    "\"value\":\"example.net\"},{\"key\":\"relay-domains\","
	    "\"source\":\"configured\",\"value\":\"example.com\"}]");
	return s;
}

static void
drop(struct snapshot *s)
{
	snapshot_done(s);
	free(s);
}

static const json_t *
at(const json_t *j, const char *a, const char *b)
{
	j = json_object_get(j, a);
	return b == NULL ? j : json_object_get(j, b);
}

static void
json_has_everything(void **state)
{
	struct snapshot *s = sample();
	json_t *j = status_json(s), *source;

	(void)state;
	assert_true(json_is_true(at(j, "watching", NULL)));
	assert_null(at(j, "why_not", NULL));
	assert_string_equal(json_string_value(at(j, "started", NULL)),
	    "2026-03-02T14:03:20.000000Z");
	source = json_array_get(at(j, "sources", NULL), 0);
	assert_string_equal(json_string_value(at(source, "state", NULL)),
	    "waiting");
	assert_null(at(source, "problem", NULL));
	assert_int_equal(json_integer_value(at(source, "lost", NULL)), 4);
	source = json_array_get(at(j, "sources", NULL), 1);
	assert_string_equal(json_string_value(at(source, "mend", NULL)),
	    "usermod -a -G adm weir");
	assert_null(at(source, "last_line", NULL));
	assert_int_equal(json_integer_value(at(j, "lines", "read")), 1234567);
	assert_true(json_real_value(at(j, "lines", "understood_share")) < 1);
	assert_int_equal(json_array_size(at(j, "beliefs", NULL)), 3);
	assert_int_equal(json_integer_value(at(at(j, "engine", "classes"),
	    "open_relay", NULL)), 9);
	assert_int_equal(json_integer_value(at(j, "outbox", "dead")), 3);
	assert_true(json_real_value(at(j, "store",
	    "commit_mean_seconds")) == 0.5);
	json_decref(j);
	drop(s);
}

static void
text_is_a_page(void **state)
{
	static const char want[] =
	    "OK: watching journal on mx.example.org\n"
	    "weir 0.1.0, running since 2026-03-02 14:03:20, "
	    "last commit 2026-03-02 14:03:20\n"
	    "\n"
	    "Sources\n"
	    "  journal: waiting, 1,234,567 lines, the last of "
	    "2026-03-02 14:03:20, 4 LOST\n"
	    "  maillog: denied, 0 lines, /var/log/mail.log\n"
	    "    problem: open /var/log/mail.log: Permission denied\n"
	    "    mend it: usermod -a -G adm weir\n"
	    "\n"
	    "Lines\n"
	    "  1,234,567 read, 99.99 % understood\n"
	    "  unknown: 1 of postfix/odd, such as \"strange words\"\n"
	    "\n"
	    "Believed\n"
	    "  local-domains (found): example.org, example.net\n"
	    "  relay-domains (configured): example.com\n"
	    "\n"
	    "Statistics\n"
	    "  1,200 counts of keys, 34 who act, 2.5 MB of 134.2 MB, "
	    "5 made room, 6 came too seldom\n"
	    "  BASELINES YOUNG: learning since 2026-02-28 14:03:20; what is "
	    "usual is known after a week\n"
	    "\n"
	    "Store\n"
	    "  20 events from 2026-03-02 13:03:20 to 2026-03-02 14:03:20, "
	    "1.5 MB\n"
	    "  2 open alerts\n"
	    "\n"
	    "Webhooks\n"
	    "  0 waiting, 5 delivered, 0 tries failed, 3 given up\n";
	struct snapshot *s = sample();
	json_t *j = status_json(s);
	struct buf out = {0};

	(void)state;
	status_text(j, &out);
	assert_string_equal(buf_cstr(&out), want);
	buf_done(&out);
	json_decref(j);
	drop(s);
}

static void
young_for_a_week(void **state)
{
	struct snapshot *s = sample();
	json_t *j;
	struct buf out = {0};

	(void)state;
	assert_true(status_is_young(s));
	s->engine.learns_since = AT - 8 * USEC_PER_DAY;
	assert_false(status_is_young(s));
	j = status_json(s);
	assert_true(json_is_false(at(j, "statistics", "young")));
	assert_int_equal(json_integer_value(at(j, "statistics", "series")),
	    1200);
	status_text(j, &out);
	assert_null(strstr(buf_cstr(&out), "YOUNG"));
	json_decref(j);
	s->engine.learns_since = 0;
	assert_true(status_is_young(s));
	buf_done(&out);
	drop(s);
}

static void
first_line(void **state)
{
	static const struct {
		const char	*json, *want;
	} cases[] = {
		{ "{\"watching\":true,\"host\":\"h\",\"sources\":[{\"name\":"
		    "\"a\",\"path\":\"/a\",\"state\":\"reading\"},{\"name\":"
		    "\"b\",\"state\":\"ended\"},{\"name\":\"c\",\"state\":"
		    "\"waiting\"}]}", "OK: watching /a, c on h" },
		{ "{\"watching\":false,\"why_not\":\"no log\"}",
		    "NOT WATCHING: no log" },
		/* From a socket anything may come. */
		{ "{}", "NOT WATCHING: no reason is known" },
		{ "{\"watching\":true}", "OK: watching no source" },
		{ "{\"watching\":1,\"why_not\":[]}",
		    "NOT WATCHING: no reason is known" },
		{ "{\"watching\":false,\"why_not\":\"a\\u001b[2J\\nb\\u009b"
		    "\\u007f\xc3\xa9\"}", "NOT WATCHING: a?[2J?b??\xc3\xa9" },
	};
	struct buf out = {0};
	json_t *j;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		j = json_loads(cases[i].json, 0, NULL);
		assert_non_null(j);
		buf_clear(&out);
		status_line(j, &out);
		assert_string_equal(buf_cstr(&out), cases[i].want);
		buf_clear(&out);
		status_text(j, &out);
		assert_true(str_starts(buf_str(&out), str_of(cases[i].want)));
		json_decref(j);
	}
	buf_done(&out);
}

/* A sample cut inside a character is still valid JSON. */
static void
broken_text_is_mended(void **state)
{
	struct snapshot *s = sample();
	json_t *j, *u;

	(void)state;
	SET(s->unknown[0].sample, "caf\xc3");
	free(s->beliefs_json);
	s->beliefs_json = xstrdup("[{");
	j = status_json(s);
	u = json_array_get(at(j, "lines", "samples"), 0);
	assert_string_equal(json_string_value(at(u, "sample", NULL)), "caf?");
	assert_true(json_is_array(at(j, "beliefs", NULL)));
	json_decref(j);
	drop(s);
}

static void
beliefs_of_a_policy(void **state)
{
	struct policy *p = policy_new(HASH_KEY_FIXED);
	const json_t *b;
	json_t *j;
	char *s;
	size_t i;
	bool found = false;

	(void)state;
	assert_int_equal(policy_add(p, POLICY_LOCAL_DOMAINS,
	    POLICY_CONFIGURED, STR("example.org"), NULL), 1);
	s = status_beliefs(p);
	j = json_loads(s, 0, NULL);
	assert_non_null(j);
	json_array_foreach(j, i, b) {
		if (strcmp(json_string_value(at(b, "value", NULL)),
		    "example.org") != 0)
			continue;
		found = true;
		assert_string_equal(json_string_value(at(b, "key", NULL)),
		    policy_key_name(POLICY_LOCAL_DOMAINS));
		assert_string_equal(json_string_value(at(b, "source", NULL)),
		    policy_source_name(POLICY_CONFIGURED));
	}
	assert_true(found);
	json_decref(j);
	free(s);
	policy_free(p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(json_has_everything),
		cmocka_unit_test(text_is_a_page),
		cmocka_unit_test(young_for_a_week),
		cmocka_unit_test(first_line),
		cmocka_unit_test(broken_text_is_mended),
		cmocka_unit_test(beliefs_of_a_policy),
	};

	setenv("TZ", "UTC", 1);
	tzset();
	return cmocka_run_group_tests_name("status", tests, NULL, NULL);
}

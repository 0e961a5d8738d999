/* SPDX-License-Identifier: Apache-2.0 */
/* What the API answers: filters, pages, problems, alerts, traffic, health. */
#include "test_http.h"

#include "weir/route.h"

static void
filters(void **state)
{
	static const struct {
		const char	*path;
		size_t		 want;
	} cases[] = {
		{ "/api/v1/events", 100 },
		{ "/api/v1/events?limit=7", 7 },
		{ "/api/v1/events?limit=1000", NEVENTS },
		{ "/api/v1/events?class=open_relay", NEVENTS / 10 },
		{ "/api/v1/events?class=open_relay&limit=3", 3 },
		{ "/api/v1/events?class=bounce", 0 },
		{ "/api/v1/events?client=198.51.100.0%2F24",
		    NEVENTS / 10 },
		{ "/api/v1/events?sender=user3%40example.org",
		    (NEVENTS + 3) / 7 },
		{ "/api/v1/events?domain=example.org&limit=1000", NEVENTS },
		{ "/api/v1/events?kind=delivery&limit=1000",
		    NEVENTS - NEVENTS / 5 },
		{ "/api/v1/events?until=2026-11-23T12:00:10Z", 10 },
		{ "/api/v1/events?since=2026-11-23T12:00:05Z"
		    "&until=2026-11-23T12:00:10Z", 5 },
		{ "/api/v1/messages?limit=1000", NEVENTS / 5 },
		{ "/api/v1/messages?kind=message&limit=2", 2 },
		{ "/api/v1/alerts", 4 },
		{ "/api/v1/alerts?state=open", 2 },
		{ "/api/v1/alerts?state=open,acknowledged", 3 },
		{ "/api/v1/alerts?severity=critical", 2 },
		{ "/api/v1/alerts?severity=critical&state=open", 1 },
		{ "/api/v1/alerts?host=mx2.example.org", 1 },
		{ "/api/v1/alerts?detector=open-relay", 4 },
		{ "/api/v1/alerts?detector=other", 0 },
		{ "/api/v1/alerts?key=198.51.100.0%2F24", 4 },
		{ "/api/v1/alerts?since=2026-11-23T12:02:00Z", 2 },
		{ "/api/v1/alerts?limit=1", 1 },
	};
	struct got g;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		ask(NULL, cases[i].path, NULL, &g);
		if (g.status != 200 || items(&g) != cases[i].want)
			fail_msg("%s: status %ld, %zu items, want %zu: %s",
			    cases[i].path, g.status, items(&g),
			    cases[i].want, buf_cstr(&g.body));
		assert_true(has(&g, "cache-control: no-store\r\n"));
		assert_true(has(&g, "content-type: application/json\r\n"));
		got_done(&g);
	}
}

static void
problems(void **state)
{
	static const struct {
		const char	*method, *path;
		long		 status;
		const char	*detail;
	} cases[] = {
		{ "GET", "/api/v1/events?sendr=a", 400,
		    "unknown filter 'sendr': did you mean 'sender'?" },
		{ "GET", "/api/v1/events?class=open_rely", 400,
		    "did you mean 'open_relay'?" },
		{ "GET", "/api/v1/events?client=nonsense", 400, "client" },
		{ "GET", "/api/v1/events?since=nonsense", 400, "since" },
		{ "GET", "/api/v1/events?limit=0", 400, "from 1 to 1000" },
		{ "GET", "/api/v1/events?limit=1001", 400,
		    "from 1 to 1000" },
		{ "GET", "/api/v1/events?limit=-1", 400, "limit" },
		{ "GET", "/api/v1/events?cursor=zzz", 400, "cursor" },
		{ "GET", "/api/v1/events?=", 400, "unknown filter" },
		{ "GET", "/api/v1/events?sender=%00", 400, "NUL" },
		{ "GET", "/api/v1/events?%ff=%fe", 400, "unknown filter" },
		{ "GET", "/api/v1/messages?kind=auth", 400,
		    "messages are the events of kind message" },
		{ "GET", "/api/v1/alerts?stat=open", 400,
		    "unknown filter 'stat': did you mean 'state'?" },
		{ "GET", "/api/v1/alerts?sender=x", 400,
		    "unknown filter 'sender'" },
		{ "GET", "/api/v1/alerts?state=opne", 400, "is no state" },
		{ "GET", "/api/v1/alerts?severity=", 400, "is missing" },
		{ "GET", "/api/v1/alerts?severity=bad", 400,
		    "is no severity" },
		{ "GET", "/api/v1/alerts?cursor=zzz", 400, "cursor" },
		{ "GET", "/api/v1/alerts?limit=0", 400, "from 1 to 1000" },
		{ "GET", "/api/v1/alerts/xyz", 404, "no alert id" },
		{ "GET", "/api/v1/alerts/0123456789", 404, "no alert" },
		{ "GET", "/api/v1/alerts/012345?x=y", 400, "no filters" },
		{ "GET", "/api/v1/traffic?class=inbound", 400,
		    "traffic has since and until" },
		{ "GET", "/api/v1/traffic?since=2026-01-01T00:00:00Z"
		    "&until=2026-06-01T00:00:00Z", 400, "at most 31 days" },
		{ "GET", "/api/v1/traffic?since=2026-01-02T00:00:00Z"
		    "&until=2026-01-01T00:00:00Z", 400, "not before" },
		{ "GET", "/api/v1/alert", 404,
		    "did you mean /api/v1/alerts?" },
		{ "GET", "/api/v2/events", 404,
		    "did you mean /api/v1/events?" },
		{ "GET", "/../../etc/passwd", 404, "there is no" },
		{ "GET", "/healthz", 503, "NOT WATCHING: weir is starting" },
		{ "POST", "/api/v1/events", 405, "it takes GET, HEAD" },
		{ "DELETE", "/api/v1/alerts/0123", 405, "GET, HEAD" },
		{ "BREW", "/", 405, "BREW is not a method" },
		{ "OPTIONS", "/api/v1/events", 405, "GET, HEAD" },
	};
	struct got g;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		ask(cases[i].method, cases[i].path, NULL, &g);
		if (g.status != cases[i].status || strstr(text(g.json,
		    "detail"), cases[i].detail) == NULL)
			fail_msg("%s: %ld %s", cases[i].path, g.status,
			    buf_cstr(&g.body));
		assert_true(has(&g,
		    "content-type: application/problem+json\r\n"));
		assert_int_equal(json_integer_value(json_object_get(g.json,
		    "status")), g.status);
		assert_int_equal(g.status == 405, has(&g,
		    "\nallow: GET, HEAD\r\n"));
		got_done(&g);
	}
}

/* Each event that was there at the start comes once, in order. */
static void
pages_while_inserting(void **state)
{
	struct got g;
	const json_t *e;
	char path[256], next[128] = "", last[64] = "z";
	size_t i, seen = 0, pages = 0;

	(void)state;
	do {
		snprintf(path, sizeof(path), "/api/v1/events?limit=40%s%s",
		    next[0] == '\0' ? "" : "&cursor=", next);
		ask(NULL, path, NULL, &g);
		assert_int_equal(g.status, 200);
		json_array_foreach(json_object_get(g.json, "items"), i, e) {
			assert_true(strcmp(text(e, "time"), last) < 0);
			snprintf(last, sizeof(last), "%s", text(e, "time"));
			seen++;
		}
		snprintf(next, sizeof(next), "%s", text(g.json, "next"));
		got_done(&g);
		add_events(13);
		pages++;
	} while (next[0] != '\0' && pages < 100);
	assert_int_equal(seen, NEVENTS);
	assert_int_equal(pages, 7);
}

/* What an attacker writes long makes pages short, and nothing is left out. */
static void
pages_are_bounded(void **state)
{
	struct got g;
	struct event e;
	struct alert *a;
	char *text_60k = xmalloc(60000), path[256], next[128] = "";
	size_t i, k, seen = 0, pages = 0;

	(void)state;
	memset(text_60k, 'x', 60000);
	test_begin(writer);
	for (i = 0; i < 100; i++) {
		test_event(&e, NOON - USEC_PER_HOUR, 1000 + i, EVENT_REJECT);
		e.reply = (struct str){ text_60k, 60000 };
		test_add(writer, &e);
	}
	for (i = 0; i < 5; i++) {
		a = alert_new();
		a->detector = xstrdup("long");
		a->host = xstrdup("h");
		a->key = xstrdup("k");
		a->title = xstrdup("t");
		test_event(&e, NOON, i, EVENT_DELIVERY);
		for (k = 0; k < ALERT_EVIDENCE_MAX; k++)
			alert_add_evidence(a, e.id,
			    (struct str){ text_60k, 60000 });
		alert_make_id(a, e.id);
		assert_int_equal(store_put_alert(writer, a), 0);
		alert_free(a);
	}
	test_commit(writer);
	do {
		snprintf(path, sizeof(path), "/api/v1/events?kind=reject"
		    "&limit=1000%s%s", next[0] == '\0' ? "" : "&cursor=",
		    next);
		ask(NULL, path, NULL, &g);
		assert_int_equal(g.status, 200);
		assert_true(g.body.n < 2 * ROUTE_PAGE_BYTES);
		seen += items(&g);
		snprintf(next, sizeof(next), "%s", text(g.json, "next"));
		got_done(&g);
		pages++;
	} while (next[0] != '\0' && pages < 10);
	assert_int_equal(seen, 100);
	assert_int_equal(pages, 2);
	ask(NULL, "/api/v1/alerts?detector=long", NULL, &g);
	assert_int_equal(items(&g), 4);
	snprintf(path, sizeof(path), "/api/v1/alerts?detector=long&cursor=%s",
	    text(g.json, "next"));
	got_done(&g);
	ask(NULL, path, NULL, &g);
	assert_int_equal(items(&g), 1);
	got_done(&g);
	free(text_60k);
}

static void
pages_of_alerts(void **state)
{
	struct got g;
	char path[256], next[128] = "", titles = 0;
	int i;

	(void)state;
	for (i = 0; i < 4; i++) {
		snprintf(path, sizeof(path), "/api/v1/alerts?limit=1%s%s",
		    i == 0 ? "" : "&cursor=", next);
		ask(NULL, path, NULL, &g);
		assert_int_equal(items(&g), 1);
		titles++;
		snprintf(next, sizeof(next), "%s", text(g.json, "next"));
		assert_int_equal(next[0] == '\0', i == 3);
		got_done(&g);
	}
	assert_int_equal(titles, 4);
}

static void
one_alert(void **state)
{
	struct got list, g;
	const json_t *a, *e;
	char path[128], tag[128], *p;

	(void)state;
	ask(NULL, "/api/v1/alerts?host=mx2.example.org", NULL, &list);
	a = json_array_get(json_object_get(list.json, "items"), 0);
	snprintf(path, sizeof(path), "/api/v1/alerts/%.8s", text(a, "id"));
	ask(NULL, path, NULL, &g);
	assert_int_equal(g.status, 200);
	assert_true(json_equal(a, g.json));
	assert_string_equal(text(g.json, "title"), "title \"of\" <b>one</b>");
	e = json_array_get(json_object_get(g.json, "evidence"), 0);
	assert_int_equal(json_array_size(json_object_get(e, "lines")), 2);
	p = strcasestr(buf_cstr(&g.head), "\netag: ");
	assert_non_null(p);
	snprintf(tag, sizeof(tag), "If-None-Match: %.*s",
	    (int)strcspn(p + 7, "\r"), p + 7);
	got_done(&g);
	ask(NULL, path, tag, &g);
	assert_int_equal(g.status, 304);
	got_done(&g);
	got_done(&list);
}

static void
traffic_by_hour(void **state)
{
	struct got g;
	const json_t *hour, *classes;
	int64_t n = 0;
	size_t i;

	(void)state;
	ask(NULL, "/api/v1/traffic?since=2026-11-23T10:00:00Z"
	    "&until=2026-11-23T12:30:00Z", NULL, &g);
	assert_int_equal(g.status, 200);
	assert_int_equal(items(&g), 3);
	assert_string_equal(text(g.json, "until"),
	    "2026-11-23T13:00:00.000000Z");
	json_array_foreach(json_object_get(g.json, "items"), i, hour) {
		classes = json_object_get(hour, "classes");
		assert_int_equal(json_object_size(classes) > 0, i == 2);
		n += json_integer_value(json_object_get(classes, "inbound"));
		n += json_integer_value(json_object_get(classes,
		    "open_relay"));
	}
	assert_int_equal(n, NEVENTS - NEVENTS / 5);
	got_done(&g);
	ask(NULL, "/api/v1/traffic", NULL, &g);
	assert_int_equal(items(&g), 24);
	got_done(&g);
}

static void
health_status_metrics(void **state)
{
	struct got g;

	(void)state;
	publish(true);
	ask(NULL, "/healthz", NULL, &g);
	assert_int_equal(g.status, 200);
	assert_string_equal(buf_cstr(&g.body), "OK: watching journal\n");
	assert_true(has(&g, "content-type: text/plain"));
	got_done(&g);
	publish(false);
	ask(NULL, "/healthz", NULL, &g);
	assert_int_equal(g.status, 503);
	assert_string_equal(text(g.json, "detail"),
	    "NOT WATCHING: no log may be read");
	got_done(&g);
	ask(NULL, "/api/v1/status", NULL, &g);
	assert_int_equal(g.status, 200);
	assert_string_equal(text(g.json, "why_not"), "no log may be read");
	got_done(&g);
	ask(NULL, "/metrics", NULL, &g);
	assert_int_equal(g.status, 200);
	assert_true(has(&g, "content-type: application/openmetrics-text; "
	    "version=1.0.0; charset=utf-8\r\n"));
	buf_cstr(&g.body);
	assert_non_null(strstr(g.body.p, "\nweir_watching 0\n"));
	assert_non_null(strstr(g.body.p,
	    "\nweir_alerts_open{severity=\"critical\"} 1\n"));
	assert_non_null(strstr(g.body.p,
	    "\nweir_alerts_open{severity=\"warning\"} 1\n"));
	assert_non_null(strstr(g.body.p, "\nweir_resident_memory_bytes "));
	assert_true(str_ends(buf_str(&g.body), STR("\n# EOF\n")));
	got_done(&g);
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, start, stop)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(filters),
		TEST(problems),
		TEST(pages_while_inserting),
		TEST(pages_are_bounded),
		TEST(pages_of_alerts),
		TEST(one_alert),
		TEST(traffic_by_hour),
		TEST(health_status_metrics),
	};

	curl_global_init(CURL_GLOBAL_DEFAULT);
	return cmocka_run_group_tests_name("api", tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "weir/route.h"

#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))

static void
finds_the_row(void **state)
{
	static const struct {
		const char	*method, *path;
		void		(*want)(const struct request *rq,
				    struct reply *rp);
		const char	*tail;
	} cases[] = {
		{ "GET", "/api/v1/events", api_events, "" },
		{ "HEAD", "/api/v1/events", api_events, "" },
		{ "GET", "/api/v1/messages", api_messages, "" },
		{ "GET", "/api/v1/alerts", api_alerts, "" },
		{ "GET", "/api/v1/alerts/abc", api_alert, "abc" },
		{ "GET", "/api/v1/alerts/", api_alert, "" },
		{ "GET", "/api/v1/traffic", api_traffic, "" },
		{ "GET", "/api/v1/status", api_status, "" },
		{ "GET", "/metrics", api_metrics, "" },
		{ "GET", "/healthz", api_health, "" },
		{ "GET", "/", asset_answer, "" },
		{ "GET", "/app.js", asset_answer, "app.js" },
		{ "GET", "/metrics/", asset_answer, "metrics/" },
		/* None of them: refused, with what is allowed. */
		{ "POST", "/api/v1/alerts", NULL, "GET, HEAD" },
		{ "DELETE", "/", NULL, "GET, HEAD" },
		{ "get", "/", NULL, "GET, HEAD" },
	};
	const struct route *r;
	struct request rq;
	struct reply rp;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		memset(&rq, 0, sizeof(rq));
		rq.path = str_of(cases[i].path);
		reply_init(&rp);
		r = route_find(str_of(cases[i].method), &rq, &rp);
		if (cases[i].want == NULL) {
			assert_null(r);
			assert_int_equal(rp.status, 405);
			assert_string_equal(rp.allow, cases[i].tail);
		} else {
			assert_non_null(r);
			assert_true(r->answer == cases[i].want);
			assert_true(str_eq(rq.tail, str_of(cases[i].tail)));
		}
		reply_done(&rp);
	}
	/* A path that no row fits: nothing but "*" of OPTIONS. */
	memset(&rq, 0, sizeof(rq));
	rq.path = STR("*");
	reply_init(&rp);
	assert_null(route_find(STR("OPTIONS"), &rq, &rp));
	assert_int_equal(rp.status, 404);
	reply_done(&rp);
}

static void
names_of_this_machine(void **state)
{
	static const struct {
		const char	*host;
		bool		 want;
	} cases[] = {
		{ "localhost", true }, { "localhost:8425", true },
		{ "LocalHost:1", true }, { "127.0.0.1", true },
		{ "127.0.0.1:8425", true }, { "127.8.0.1:8425", true },
		{ "[::1]", true }, { "[::1]:8425", true },
		{ NULL, false }, { "", false }, { ":8425", false },
		{ "attacker.example", false },
		{ "attacker.example:8425", false },
		{ "localhost.attacker.example", false },
		{ "localhost:", false }, { "localhost:x", false },
		{ "localhost:70000", false }, { "localhost@evil", false },
		{ "127.0.0.1.nip.io", false }, { "192.0.2.1:8425", false },
		{ "::1", false }, { "[::1", false }, { "[::1]x", false },
		{ "[2001:db8::1]:8425", false }, { "0.0.0.0", false },
		{ "localhost:8425:8425", false }, { "0177.0.0.1", false },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		if (route_host_is_local(str_of(cases[i].host)) !=
		    cases[i].want)
			fail_msg("%s", cases[i].host);
	}
}

static void
etags(void **state)
{
	static const struct {
		const char	*header;
		bool		 want;
	} cases[] = {
		{ NULL, false }, { "", false }, { "\"ab\"", true },
		{ "\"x\", \"ab\"", true }, { "W/\"ab\"", true },
		{ "*", true }, { "ab", false }, { "\"abc\"", false },
		{ "\"AB\"", false }, { ",,\"ab\" ,", true },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++)
		assert_int_equal(reply_matches(str_of(cases[i].header),
		    "\"ab\""), cases[i].want);
}

static void
encodings(void **state)
{
	static const struct {
		const char	*header;
		bool		 want;
	} cases[] = {
		{ NULL, false }, { "", false }, { ",", false },
		{ "gzip", true }, { "GZip", true }, { ",gzip", true },
		{ "br, gzip;q=0.5", true }, { "deflate;q=1,, gzip ", true },
		{ "gzip;q=0", false }, { "gzip; q=0.000", false },
		{ "gzip;", true }, { ";gzip", false }, { "xgzip", false },
		{ "identity", false },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		if (route_takes_gzip(str_of(cases[i].header)) !=
		    cases[i].want)
			fail_msg("%s", cases[i].header);
	}
}

static void
json_answers(void **state)
{
	struct request rq = { .path = STR("/x") };
	struct reply one, two;

	(void)state;
	reply_init(&one);
	reply_list(&one, &rq, json_pack("[i]", 1), "");
	assert_int_equal(one.status, 200);
	assert_string_equal(buf_cstr(&one.body),
	    "{\"items\":[1],\"next\":null}\n");
	/* The same again is not sent again. */
	rq.if_none_match = str_of(one.etag);
	reply_init(&two);
	reply_list(&two, &rq, json_pack("[i]", 1), "");
	assert_int_equal(two.status, 304);
	assert_int_equal(two.body.n, 0);
	reply_done(&two);
	reply_init(&two);
	reply_list(&two, &rq, json_pack("[i]", 1), "c1");
	assert_int_equal(two.status, 200);
	assert_string_equal(buf_cstr(&two.body),
	    "{\"items\":[1],\"next\":\"c1\"}\n");
	assert_string_not_equal(one.etag, two.etag);
	/* A problem takes the place of what was there. */
	reply_problem(&two, 400, "no %s", "\xff\"x\"\n");
	assert_int_equal(two.status, 400);
	assert_string_equal(two.etag, "");
	assert_string_equal(two.type, "application/problem+json");
	assert_string_equal(buf_cstr(&two.body), "{\"type\":\"about:blank\","
	    "\"title\":\"Bad Request\",\"status\":400,"
	    "\"detail\":\"no ?\\\"x\\\"\\n\"}\n");
	reply_done(&one);
	reply_done(&two);
}

static void
assets(void **state)
{
	static const struct {
		const char	*path;
		unsigned	 want;
		const char	*type, *detail;
	} cases[] = {
		{ "/", 200, "text/html; charset=utf-8", NULL },
		{ "/index.html", 200, "text/html; charset=utf-8", NULL },
		{ "/app.js", 200, "text/javascript; charset=utf-8", NULL },
		{ "/weir.css", 200, "text/css; charset=utf-8", NULL },
		{ "/icon.svg", 200, "image/svg+xml", NULL },
		{ "/api/v1/event", 404, NULL, "did you mean /api/v1/events?" },
		{ "/metric", 404, NULL, "did you mean /metrics?" },
		{ "/../schema/0001_init.sql", 404, NULL, "there is no" },
		{ "/etc/passwd", 404, NULL, "there is no /etc/passwd" },
	};
	char path[4096];
	struct request rq;
	struct reply rp;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		memset(&rq, 0, sizeof(rq));
		rq.path = str_of(cases[i].path);
		reply_init(&rp);
		route_find(STR("GET"), &rq, &rp)->answer(&rq, &rp);
		assert_int_equal(rp.status, cases[i].want);
		if (cases[i].type != NULL) {
			assert_string_equal(rp.type, cases[i].type);
			assert_true(rp.fixed.n > 0);
		} else
			assert_non_null(strstr(buf_cstr(&rp.body),
			    cases[i].detail));
		reply_done(&rp);
	}
	memset(path, 'a', sizeof(path));
	path[0] = '/';
	rq.path = (struct str){ path, sizeof(path) };
	rq.tail = str_tail(rq.path, 1);
	reply_init(&rp);
	asset_answer(&rq, &rp);
	assert_int_equal(rp.status, 404);
	reply_done(&rp);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_the_row),
		cmocka_unit_test(names_of_this_machine),
		cmocka_unit_test(etags),
		cmocka_unit_test(encodings),
		cmocka_unit_test(json_answers),
		cmocka_unit_test(assets),
	};

	return cmocka_run_group_tests_name("route", tests, NULL, NULL);
}

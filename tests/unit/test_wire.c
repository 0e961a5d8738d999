/* SPDX-License-Identifier: Apache-2.0 */
/* The objects of the contract, letter by letter. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>

#include "weir/mem.h"
#include "weir/wire.h"

#define AT	INT64_C(1795435200123456)	/* 2026-11-23 12:00 UTC */

static void
assert_json(json_t *j, const char *want)
{
	struct buf b = { 0 };
	json_t *back;

	assert_non_null(j);
	wire_print(j, &b);
	assert_string_equal(buf_cstr(&b), want);
	/* Whatever it holds, a reader takes it. */
	back = json_loadb(b.p, b.n, 0, NULL);
	assert_non_null(back);
	json_decref(back);
	json_decref(j);
	buf_done(&b);
}

static void
an_unknown_event_shows_little(void **state)
{
	struct event e;

	(void)state;
	event_init(&e);
	e.kind = EVENT_AUTH;
	assert_json(wire_event(&e),
	    "{\"id\":\"00000000000000000000000000000000\","
	    "\"kind\":\"auth\",\"time\":\"1970-01-01T00:00:00.000000Z\","
	    "\"class\":\"unknown\",\"repeat\":1}");
}

static void
fill(struct event *e)
{
	event_init(e);
	memset(e->id, 0xab, sizeof(e->id));
	e->seq = 5;
	e->at = AT;
	e->kind = EVENT_DELIVERY;
	e->class = CLASS_OPEN_RELAY;
	e->status = STATUS_SENT;
	e->counted = e->first = true;
	e->provenance = PROVENANCE_LOCAL_USER;
	e->host = STR("mx1");
	e->queue_id = STR("4XbA");
	e->client_address = STR("192.0.2.7");
	e->client_port = 4711;
	e->sender = STR("");
	e->recipient = STR("a\"b@example.org");
	e->relay_port = 25;
	e->dsn = STR("2.0.0");
	e->code = 250;
	e->reply = STR("ok \xc3\xa4\x01");
	e->delay_us = 800000;
	e->repeat = 2;
}

static void
an_event_shows_what_is_known(void **state)
{
	struct event e;

	(void)state;
	fill(&e);
	assert_json(wire_event(&e),
	    "{\"id\":\"abababababababababababababababab\",\"seq\":5,"
	    "\"kind\":\"delivery\","
	    "\"time\":\"2026-11-23T12:00:00.123456Z\","
	    "\"class\":\"open_relay\",\"counted\":true,"
	    "\"provenance\":\"local_user\",\"host\":\"mx1\","
	    "\"queue_id\":\"4XbA\",\"client_address\":\"192.0.2.7\","
	    "\"client_port\":4711,\"sender\":\"\","
	    "\"recipient\":\"a\\\"b@example.org\",\"relay_port\":25,"
	    "\"status\":\"sent\",\"dsn\":\"2.0.0\",\"code\":250,"
	    "\"reply\":\"ok \xc3\xa4\\u0001\",\"delay\":0.8,"
	    "\"repeat\":2}");
}

static void
text_that_is_no_utf8_is_mended(void **state)
{
	static const struct {
		struct str text;
		const char *want;
	} rows[] = {
		{ { "a\xff" "b", 3 }, "a?b" },
		{ { "\xc3", 1 }, "?" },			/* cut */
		{ { "\xc0\xaf", 2 }, "??" },		/* over-long */
		{ { "\xe0\x80\xaf", 3 }, "???" },
		{ { "\xed\xa0\x80", 3 }, "???" },	/* surrogate */
		{ { "\xf4\x90\x80\x80", 4 }, "????" },	/* above all */
		{ { "\xf0\x9f\x98\x80\x80", 5 }, "\xf0\x9f\x98\x80?" },
		{ { "\xe2\x82\xac\xe2\x82", 5 }, "\xe2\x82\xac??" },
	};
	struct event e;
	json_t *j;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		event_init(&e);
		e.subject = rows[i].text;
		j = wire_event(&e);
		assert_string_equal(json_string_value(json_object_get(j,
		    "subject")), rows[i].want);
		json_decref(j);
	}
}

/* Every text of the table has its name in the object. */
static void
every_text_is_shown(void **state)
{
	struct event e;
	json_t *j;

	(void)state;
	event_init(&e);
#define X(m) e.m = STR(#m);
	EVENT_TEXTS(X)
#undef X
	j = wire_event(&e);
#define X(m)								\
	assert_string_equal(json_string_value(json_object_get(j, #m)), #m);
	EVENT_TEXTS(X)
#undef X
	json_decref(j);
}

static struct alert *
make_alert(void)
{
	struct alert *a = alert_new();

	memset(a->id, 0xcd, sizeof(a->id));
	a->detector = xstrdup("open-relay");
	a->severity = SEVERITY_CRITICAL;
	a->state = ALERT_OPEN;
	a->host = xstrdup("mx1");
	a->key_type = KEY_CLIENT_NETWORK;
	a->key = xstrdup("192.0.2.0/24");
	a->opened = a->first_seen = AT;
	a->last_seen = AT + 1;
	a->count = 3;
	a->title = xstrdup("192.0.2.7 relays");
	a->runbook = xstrdup("postconf mynetworks\n");
	a->nreasons = 1;
	a->reasons[0] = (struct alert_reason){ .name = "relays",
	    .observed = 1, .expected = NAN, .threshold = 0.5,
	    .p_value = NAN };
	alert_add_evidence(a, a->id, STR("one\ntwo"));
	return a;
}

static void
an_alert_is_as_promised(void **state)
{
	struct alert *a = make_alert();
	json_t *j;

	(void)state;
	assert_json(wire_hook("alert.opened", AT, wire_alert(a)),
	    "{\"type\":\"alert.opened\","
	    "\"timestamp\":\"2026-11-23T12:00:00.123456Z\",\"data\":{"
	    "\"id\":\"cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd\","
	    "\"detector\":\"open-relay\",\"severity\":\"critical\","
	    "\"state\":\"open\",\"host\":\"mx1\","
	    "\"key_type\":\"client_network\",\"key\":\"192.0.2.0/24\","
	    "\"time\":\"2026-11-23T12:00:00.123456Z\","
	    "\"first_seen\":\"2026-11-23T12:00:00.123456Z\","
	    "\"last_seen\":\"2026-11-23T12:00:00.123457Z\",\"count\":3,"
	    "\"title\":\"192.0.2.7 relays\",\"reasons\":[{"
	    "\"name\":\"relays\",\"observed\":1.0,\"threshold\":0.5}],"
	    "\"related\":[],\"evidence\":[{"
	    "\"event_id\":\"cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd\","
	    "\"lines\":[\"one\",\"two\"]}],"
	    "\"runbook\":\"postconf mynetworks\\n\","
	    "\"historical\":false,\"shadow\":false}}");
	a->exempt = xstrdup("a test");
	j = wire_alert(a);
	assert_string_equal(json_string_value(json_object_get(j, "exempt")),
	    "a test");
	json_decref(j);
	alert_free(a);
}

static void
csv_quotes_and_disarms(void **state)
{
	struct buf head = { 0 }, b = { 0 };
	struct event e;
	size_t i, commas = 0, quoted = 0, want = 0;

	(void)state;
	fill(&e);
	e.subject = STR("=cmd|' /C calc'!A0, \"x\"");
	e.client_name = STR("a\r\nb");
	wire_csv_header(&head);
	for (i = 0; i < head.n; i++)
		want += head.p[i] == ',';
	assert_true(str_starts(buf_str(&head),
	    STR("id,seq,kind,time,class,counted,status,host,")));
	assert_true(str_ends(buf_str(&head), STR(",delay\r\n")));
	wire_csv_event(&e, &b);
	for (i = 0; i < b.n; i++) {
		quoted ^= b.p[i] == '"';
		commas += b.p[i] == ',' && !quoted;
	}
	assert_int_equal(quoted, 0);
	assert_int_equal(commas, want);
	assert_true(str_starts(buf_str(&b), STR(
	    "abababababababababababababababab,5,delivery,"
	    "2026-11-23T12:00:00.123456Z,open_relay,1,sent,\"mx1\",,")));
	assert_int_not_equal(str_find(buf_str(&b),
	    STR(",\"'=cmd|' /C calc'!A0, \"\"x\"\"\",")), STR_NPOS);
	assert_int_not_equal(str_find(buf_str(&b), STR(",\"a\r\nb\",")),
	    STR_NPOS);
	assert_int_not_equal(str_find(buf_str(&b),
	    STR(",\"\",\"a\"\"b@example.org\",")), STR_NPOS);
	assert_true(str_ends(buf_str(&b), STR(",0.8\r\n")));
	buf_done(&head);
	buf_done(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_unknown_event_shows_little),
		cmocka_unit_test(an_event_shows_what_is_known),
		cmocka_unit_test(text_that_is_no_utf8_is_mended),
		cmocka_unit_test(every_text_is_shown),
		cmocka_unit_test(an_alert_is_as_promised),
		cmocka_unit_test(csv_quotes_and_disarms),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

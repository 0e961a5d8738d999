/* SPDX-License-Identifier: Apache-2.0 */
/* Alerts, the outbox, streams and values, through the file. */
#include "weir/hex.h"

#include "test_store.h"

static void
values_are_replaced(void **state)
{
	struct store *s = test_open(STORE_WRITE);
	struct buf b = { 0 };

	(void)state;
	assert_false(store_get_value(s, "drill", &b));
	assert_int_equal(store_put_value(s, "drill", STR("1\0")), 0);
	assert_int_equal(store_put_value(s, "drill", STR("22")), 0);
	test_begin(s);
	assert_int_equal(store_put_policy(s, 1, T0, STR("{\"a\":1}")), 0);
	assert_int_equal(store_put_policy(s, 1, T0, STR("{\"a\":2}")), 0);
	test_commit(s);
	store_close(s);
	s = test_open(STORE_READ);
	assert_true(store_get_value(s, "drill", &b));
	assert_true(str_eq(buf_str(&b), STR("22")));
	buf_done(&b);
	store_close(s);
}

struct streams {
	struct stream	v[4];
	size_t		n;
};

static void
take_stream(void *ctx, const struct stream *st)
{
	struct streams *l = ctx;

	l->v[l->n++] = *st;
}

static void
streams_come_back_whole(void **state)
{
	struct store *s = test_open(STORE_WRITE);
	struct streams l = { 0 };
	struct stream a = { 0 }, b = { 0 };
	struct error err;

	(void)state;
	a.id = 42;	/* given by the source */
	a.chain = UINT32_MAX;
	a.fingerprint_len = 1024;
	memset(a.fingerprint, 0x80, sizeof(a.fingerprint));
	a.offset = INT64_C(1) << 40;
	snprintf(a.name, sizeof(a.name), "/var/log/mail.log");
	snprintf(a.host, sizeof(a.host), "mx1");
	snprintf(a.zone, sizeof(a.zone), "Europe/Berlin");
	a.year = 2026;
	a.last_at = T0;
	memset(b.cursor, 'c', sizeof(b.cursor) - 1);
	test_begin(s);
	assert_int_equal(store_put_stream(s, &a), 0);
	assert_int_equal(store_put_stream(s, &b), 0);
	assert_true(b.id != 0 && b.id != 42);
	a.offset++;
	assert_int_equal(store_put_stream(s, &a), 0);
	test_commit(s);
	store_close(s);
	s = test_open(STORE_READ);
	assert_int_equal(store_each_stream(s, take_stream, &l, &err), 0);
	assert_int_equal(l.n, 2);
	assert_memory_equal(&l.v[0], &a, sizeof(a));
	assert_memory_equal(&l.v[1], &b, sizeof(b));
	store_close(s);
}

static struct outbox_row
row_of(const char *webhook, const char *id, int64_t next_try)
{
	static char body[] = "{\"type\":\"alert.opened\"}";
	struct outbox_row r = { .body = body, .created = T0,
	    .next_try = next_try };

	snprintf(r.webhook, sizeof(r.webhook), "%s", webhook);
	snprintf(r.webhook_id, sizeof(r.webhook_id), "%s", id);
	snprintf(r.type, sizeof(r.type), "alert.opened");
	memset(r.alert, 7, sizeof(r.alert));
	return r;
}

struct rows {
	struct outbox_row	v[8];
	size_t			n, stop;
};

static int
take_row(void *ctx, const struct outbox_row *row)
{
	struct rows *l = ctx;

	assert_string_equal(row->body, "{\"type\":\"alert.opened\"}");
	l->v[l->n++] = *row;
	return l->n == l->stop;
}

static struct rows
waiting(struct store *s, int64_t now, size_t limit)
{
	struct rows l = { 0 };
	struct error err;

	if (store_each_outbox(s, now, limit, take_row, &l, &err) == -1)
		fail_msg("%s", err.text);
	return l;
}

static void
the_outbox_waits_until_told(void **state)
{
	struct store *s = test_open(STORE_WRITE);
	struct outbox_row r;
	struct store_totals t;
	struct error err;
	struct rows l;
	bool delivered;

	(void)state;
	test_begin(s);
	assert_int_equal(store_outbox_due(s), 0);
	r = row_of("oncall", "evt1", 30);
	assert_int_equal(store_add_outbox(s, &r), 0);
	assert_int_equal(store_add_outbox(s, &r), 0);	/* once */
	r = row_of("chat", "evt1", 20);
	assert_int_equal(store_add_outbox(s, &r), 0);
	r = row_of("oncall", "evt2", 40);
	assert_int_equal(store_add_outbox(s, &r), 0);
	test_commit(s);
	assert_int_equal(store_outbox_due(s), 20);
	assert_int_equal(waiting(s, 19, 0).n, 0);
	l = waiting(s, 100, 0);
	assert_int_equal(l.n, 3);
	assert_string_equal(l.v[0].webhook, "chat");
	assert_string_equal(l.v[1].webhook_id, "evt1");
	assert_string_equal(l.v[2].webhook_id, "evt2");
	assert_int_equal(l.v[0].alert[15], 7);
	assert_int_equal(waiting(s, 100, 2).n, 2);

	test_begin(s);
	assert_int_equal(store_outbox_result(s, l.v[0].id, OUTBOX_DELIVERED,
	    T0, 0, 204, ""), 0);
	assert_int_equal(store_outbox_result(s, l.v[1].id, OUTBOX_RETRY, T0,
	    500, 503, "busy"), 0);
	assert_int_equal(store_outbox_result(s, l.v[2].id, OUTBOX_DEAD, T0, 0,
	    410, "gone"), 0);
	test_commit(s);
	assert_int_equal(store_outbox_due(s), 500);
	l = waiting(s, 500, 0);
	assert_int_equal(l.n, 1);
	assert_int_equal(l.v[0].attempts, 1);
	assert_int_equal(l.v[0].last_code, 503);
	assert_string_equal(l.v[0].last_error, "busy");
	assert_int_equal(store_totals(s, &t, &err), 0);
	assert_int_equal(t.outbox_waiting, 1);
	assert_int_equal(t.outbox_dead, 1);

	assert_int_equal(store_outbox_state(s, "evt1", &r, &delivered), 0);
	assert_true(delivered);
	assert_string_equal(r.webhook, "chat");
	free(r.body);
	assert_int_equal(store_outbox_state(s, "evt2", &r, &delivered), 0);
	assert_false(delivered);
	free(r.body);
	assert_int_equal(store_outbox_state(s, "evt3", &r, &delivered), -1);

	/* Retention takes what is settled, never what waits. */
	test_prune(s, T0 + 1, 0);
	assert_int_equal(store_outbox_state(s, "evt2", &r, &delivered), -1);
	assert_int_equal(waiting(s, 500, 0).n, 1);
	store_close(s);
}

static struct alert *
alert_of(uint8_t first, int64_t opened, enum alert_state st)
{
	struct alert *a = alert_new();

	a->id[0] = first;
	a->id[15] = 0xab;
	a->version = 3;
	a->detector = xstrdup("open-relay");
	a->severity = first % 2 ? SEVERITY_CRITICAL : SEVERITY_WARNING;
	a->state = st;
	a->host = xstrdup(first < 8 ? "mx1" : "mx2");
	a->key_type = KEY_CLIENT_NETWORK;
	a->key = xstrdup("192.0.2.0/24");
	a->opened = a->first_seen = a->last_seen = opened;
	a->count = first;
	a->title = xstrdup("somebody relays");
	alert_add_evidence(a, a->id, STR("line one\nline two"));
	return a;
}

static void
put(struct store *s, struct alert *a)
{
	assert_int_equal(store_put_alert(s, a), 0);
	alert_free(a);
}

struct list {
	uint8_t	first[32];
	size_t	n;
};

static int
take_alert(void *ctx, const struct alert *a)
{
	struct list *l = ctx;

	assert_int_equal(a->id[15], 0xab);
	l->first[l->n++] = a->id[0];
	return 0;
}

static void
list_alerts(struct store *s, const struct alert_filter *f, struct list *l,
    char *cursor)
{
	struct error err;

	l->n = 0;
	if (store_each_alert(s, f, take_alert, l, cursor, &err) == -1)
		fail_msg("%s", err.text);
}

static void
alerts_are_found_by_id(void **state)
{
	struct store *s = test_open(STORE_WRITE);
	struct alert *a = NULL;
	struct error err;
	static const struct {
		const char *hex, *words;
	} wrong[] = {
		{ "01000", "6 hexadecimal" }, { "01000g", "no alert id" },
		{ "", "no alert id" }, { "020000", "no alert 020000" },
		{ "010000000000000000000000000000abcd", "no alert id" },
	};
	size_t i;

	(void)state;
	test_begin(s);
	put(s, alert_of(1, T0, ALERT_OPEN));
	put(s, alert_of(1, T0, ALERT_ACKNOWLEDGED));	/* its next state */
	put(s, alert_of(0xfe, T0, ALERT_OPEN));
	test_commit(s);
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_int_equal(store_get_alert(s, str_of(wrong[i].hex), &a,
		    &err), -1);
		if (strstr(err.text, wrong[i].words) == NULL)
			fail_msg("got '%s', want '%s'", err.text,
			    wrong[i].words);
		assert_null(a);
	}
	assert_int_equal(store_get_alert(s, STR("0100000"), &a, &err), 0);
	assert_int_equal(a->state, ALERT_ACKNOWLEDGED);
	assert_string_equal(a->evidence[0].line, "line one\nline two");
	alert_free(a);
	assert_int_equal(store_get_alert(s, STR("FE0000"), &a, &err), 0);
	alert_free(a);
	a = alert_of(1, T0, ALERT_OPEN);
	a->id[14] = 1;
	test_begin(s);
	put(s, a);
	test_commit(s);
	a = NULL;
	assert_int_equal(store_get_alert(s, STR("010000"), &a, &err), -1);
	assert_non_null(strstr(err.text, "more digits"));
	assert_int_equal(store_get_alert(s,
	    STR("010000000000000000000000000000ab"), &a, &err), 0);
	alert_free(a);
	store_close(s);
}

static void
alerts_are_listed_and_paged(void **state)
{
	struct store *s = test_open(STORE_WRITE);
	struct alert_filter f = { 0 };
	struct store_totals t;
	struct error err;
	struct list l;
	uint8_t i, want;

	(void)state;
	test_begin(s);
	for (i = 1; i <= 12; i++)	/* pairs share an instant */
		put(s, alert_of(i, T0 + i / 2, (enum alert_state)(i % 3)));
	test_commit(s);
	list_alerts(s, &f, &l, f.cursor);
	assert_int_equal(l.n, 12);
	assert_string_equal(f.cursor, "");
	for (i = 0; i < 12; i++)
		assert_int_equal(l.first[i], i + 1);

	f.newest_first = true;
	f.limit = 5;
	want = 12;
	do {
		list_alerts(s, &f, &l, f.cursor);
		for (i = 0; i < l.n; i++)
			assert_int_equal(l.first[i], want--);
	} while (f.cursor[0] != '\0');
	assert_int_equal(want, 0);

	f = (struct alert_filter){ .states = 1U << ALERT_OPEN };
	list_alerts(s, &f, &l, NULL);
	assert_int_equal(l.n, 4);
	f.severities = 1U << SEVERITY_CRITICAL;
	list_alerts(s, &f, &l, NULL);
	assert_int_equal(l.n, 2);
	snprintf(f.host, sizeof(f.host), "mx2");
	list_alerts(s, &f, &l, NULL);
	assert_int_equal(l.n, 1);
	assert_int_equal(l.first[0], 9);
	f = (struct alert_filter){ .since = T0 + 2, .until = T0 + 4 };
	snprintf(f.detector, sizeof(f.detector), "open-relay");
	snprintf(f.key, sizeof(f.key), "192.0.2.0/24");
	list_alerts(s, &f, &l, NULL);
	assert_int_equal(l.n, 4);
	snprintf(f.detector, sizeof(f.detector), "other");
	list_alerts(s, &f, &l, NULL);
	assert_int_equal(l.n, 0);
	snprintf(f.cursor, sizeof(f.cursor), "5.zz");
	assert_int_equal(store_each_alert(s, &f, take_alert, &l, NULL, &err),
	    -1);
	assert_int_equal(store_totals(s, &t, &err), 0);
	assert_int_equal(t.alerts_open, 4);
	store_close(s);
}

/* Evenly over the time of each partition. */
static void
estimate_goes_by_the_catalogue(void **state)
{
	struct store *s = test_open(STORE_WRITE);
	struct event e;
	int i;

	(void)state;
	assert_int_equal(store_estimate(s, 0, INT64_MAX), 0);
	store_set_partition_rows(s, 100);
	test_begin(s);
	for (i = 0; i < 200; i++) {
		/* The second hundred in a tenth of the time. */
		test_event(&e, T0 + (i < 100 ? i * 1000 : 100000 +
		    (i - 100) * 100), (uint64_t)i, EVENT_REJECT);
		test_add(s, &e);
	}
	test_commit(s);
	assert_int_equal(store_estimate(s, 0, INT64_MAX), 200);
	assert_int_equal(store_estimate(s, T0, T0 + 110000), 200);
	assert_in_range(store_estimate(s, T0 + 50000, T0 + 100000), 49, 51);
	assert_in_range(store_estimate(s, T0, T0 + 105000), 149, 151);
	assert_int_equal(store_estimate(s, T0 + 200000, INT64_MAX), 0);
	assert_int_equal(store_estimate(s, T0 + 9, T0 + 9), 0);
	store_close(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, test_setup, test_teardown)
		T(values_are_replaced),
		T(streams_come_back_whole),
		T(the_outbox_waits_until_told),
		T(alerts_are_found_by_id),
		T(alerts_are_listed_and_paged),
		T(estimate_goes_by_the_catalogue),
#undef T
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events as rows: every field comes back, revisions rewrite and are
 * recorded, the traffic follows, old partitions go, and an analyst's views
 * have the names of the API.
 */
#include "test_store.h"

static void
set_all(struct event *e)
{
	test_event(e, T0 + 123456, 7, EVENT_DELIVERY);
	e->class = CLASS_OPEN_RELAY;
	e->status = STATUS_SENT;
	e->origin = ORIGIN_CLIENT;
	e->provenance = PROVENANCE_LOCAL_USER;
	e->first = e->counted = e->local_hop = e->relay_hop = true;
#define X(m) e->m = STR("a " #m);
	EVENT_TEXTS(X)
#undef X
	e->client_address = STR("192.0.2.9");
	e->subject = STR("");	/* known to be empty */
	e->reply = STR("h\xc3\xa4 \xff\xfe");
	e->size = INT64_C(123456789012);
	e->delay_us = 1500000;
	e->repeat = 3;
	e->code = 0;
}

static int
same(void *ctx, const struct event *e)
{
	const struct event *want = ctx;

	assert_memory_equal(e->id, want->id, sizeof(e->id));
#define N(m) assert_int_equal(e->m, want->m)
	N(seq);
	N(at);
	N(kind);
	N(class);
	N(status);
	N(origin);
	N(provenance);
	N(first);
	N(counted);
	N(local_hop);
	N(relay_hop);
#define X(m) N(m);
	EVENT_NUMBERS(X)
#undef X
#undef N
#define X(m)								\
	assert_int_equal(str_known(e->m), str_known(want->m));		\
	assert_true(str_eq(e->m, want->m));
	EVENT_TEXTS(X)
#undef X
	return 0;
}

static void
assert_stored(struct store *s, struct event *want)
{
	struct query q;
	struct error err;

	query_init(&q);
	if (store_query(s, &q, same, want, NULL, &err) == -1)
		fail_msg("%s", err.text);
	query_done(&q);
}

static void
every_field_comes_back(void **state)
{
	struct store *s = test_open(STORE_WRITE);
	struct event e;

	(void)state;
	set_all(&e);
	test_begin(s);
	test_add(s, &e);
	test_commit(s);
	assert_stored(s, &e);
	store_close(s);
}

static void
unknown_stays_unknown(void **state)
{
	struct store *s = test_open(STORE_WRITE);
	struct event e;

	(void)state;
	test_event(&e, T0, 1, EVENT_AUTH);
	e.host = e.mta = STR_NONE;
	test_begin(s);
	test_add(s, &e);
	test_commit(s);
	assert_stored(s, &e);
	store_close(s);
}

struct sums {
	int64_t	n[CLASS_COUNT], first_hour;
	int	rows;
};

static void
add_sum(void *ctx, int64_t hour, enum event_class c, int64_t n)
{
	struct sums *t = ctx;

	if (t->rows++ == 0)
		t->first_hour = hour;
	t->n[c] += n;
}

static struct sums
traffic(struct store *s, int64_t since, int64_t until)
{
	struct sums t = { 0 };
	struct error err;

	if (store_each_traffic(s, since, until, add_sum, &t, &err) == -1)
		fail_msg("%s", err.text);
	return t;
}

static void
add_class(struct store *s, uint64_t n, enum event_kind kind,
    enum event_class class, bool counted, int64_t repeat)
{
	struct event e;

	test_event(&e, T0 + (int64_t)n * USEC_PER_HOUR, n, kind);
	e.class = class;
	e.counted = counted;
	e.repeat = repeat;
	test_add(s, &e);
}

static void
traffic_sums_hours_and_classes(void **state)
{
	struct store *s = test_open(STORE_WRITE);
	struct sums t;
	uint64_t i;

	(void)state;
	test_begin(s);
	add_class(s, 0, EVENT_DELIVERY, CLASS_INBOUND, true, 1);
	add_class(s, 1, EVENT_DELIVERY, CLASS_INBOUND, false, 1);
	add_class(s, 2, EVENT_MESSAGE, CLASS_INBOUND, true, 1);
	add_class(s, 3, EVENT_REJECT, CLASS_REJECTED, false, 5);
	add_class(s, 4, EVENT_AUTH, CLASS_AUTH_FAILURE, false, -1);
	t = traffic(s, 0, 0);	/* inside the transaction too */
	assert_int_equal(t.n[CLASS_INBOUND], 1);
	/* More hours than are summed in memory. */
	for (i = 10; i < 300; i++)
		add_class(s, i, EVENT_REJECT, CLASS_RELAY_DENIED, false, 1);
	test_commit(s);
	test_begin(s);
	add_class(s, 3, EVENT_AUTH, CLASS_AUTH_FAILURE, false, 1);
	test_commit(s);
	t = traffic(s, 0, 0);
	assert_int_equal(t.n[CLASS_INBOUND], 1);
	assert_int_equal(t.n[CLASS_REJECTED], 5);
	assert_int_equal(t.n[CLASS_AUTH_FAILURE], 2);
	assert_int_equal(t.n[CLASS_RELAY_DENIED], 290);
	t = traffic(s, T0 + 3 * USEC_PER_HOUR, T0 + 5 * USEC_PER_HOUR);
	assert_int_equal(t.rows, 3);
	assert_int_equal(t.first_hour, T0 + 3 * USEC_PER_HOUR);
	/* What is rolled back was never counted. */
	test_begin(s);
	add_class(s, 500, EVENT_REJECT, CLASS_REJECTED, false, 9);
	store_rollback(s);
	test_begin(s);
	test_commit(s);
	t = traffic(s, 0, 0);
	assert_int_equal(t.n[CLASS_REJECTED], 5);
	store_close(s);
}

static void
assert_sql_text(const char *sql, const char *want)
{
	sqlite3_stmt *st;
	const char *got;
	sqlite3 *db;

	assert_int_equal(sqlite3_open_v2(test_db, &db, SQLITE_OPEN_READONLY,
	    NULL), SQLITE_OK);
	if (sqlite3_prepare_v2(db, sql, -1, &st, NULL) != SQLITE_OK)
		fail_msg("%s", sqlite3_errmsg(db));
	assert_int_equal(sqlite3_step(st), SQLITE_ROW);
	got = (const char *)sqlite3_column_text(st, 0);
	assert_string_equal(got == NULL ? "NULL" : got, want);
	sqlite3_finalize(st);
	sqlite3_close(db);
}

static void
a_revision_rewrites_and_is_recorded(void **state)
{
	struct store *s = test_open(STORE_WRITE);
	struct event e, other;
	struct sums t;
	struct query q;
	struct error err;
	size_t n = 0;

	(void)state;
	set_all(&e);
	test_begin(s);
	test_add(s, &e);
	test_commit(s);

	test_begin(s);
	e.class = CLASS_AUTHENTICATED_RELAY;
	e.origin = ORIGIN_LOCAL;
	e.client_address = STR("2001:db8::7");
	e.client_name = STR_NONE;
	e.client_port = 99;
	e.sasl_username = STR("alice@example.org");
	e.origin_queue_id = STR("4XbFIRST");
	e.local_user = STR("1000");
	e.policy = 12;
	assert_int_equal(store_revise_event(s, &e, "queued as"), 0);
	test_event(&other, T0, 99, EVENT_REJECT);	/* is not there */
	assert_int_equal(store_revise_event(s, &other, "x"), 0);
	test_commit(s);
	assert_stored(s, &e);
	t = traffic(s, 0, 0);
	assert_int_equal(t.n[CLASS_OPEN_RELAY], 0);
	assert_int_equal(t.n[CLASS_AUTHENTICATED_RELAY], 3);	/* repeat */
	assert_int_equal(sql_number("SELECT count(*) FROM revision"), 1);
	assert_int_equal(sql_number("SELECT seq FROM revision"), 2);
	assert_int_equal(sql_number("SELECT old_class * 100 + new_class "
	    "FROM revision"), CLASS_OPEN_RELAY * 100 +
	    CLASS_AUTHENTICATED_RELAY);
	assert_sql_text("SELECT why FROM revision", "queued as");

	/* The search keys went along. */
	query_init(&q);
	assert_int_equal(query_set(&q, STR("client"), STR("2001:db8::/64"), 0,
	    &err), 0);
	assert_int_equal(query_set(&q, STR("user"), STR("@example.org"), 0,
	    &err), 0);
	assert_int_equal(store_query(s, &q, test_count_one, &n, NULL, &err),
	    0);
	assert_int_equal(n, 1);
	query_done(&q);

	/* Events go on behind the revision's number. */
	test_begin(s);
	test_add(s, &other);
	assert_int_equal(other.seq, 3);
	test_commit(s);
	store_close(s);
}

static void
a_message_takes_over_a_class_silently(void **state)
{
	struct store *s = test_open(STORE_WRITE);
	struct event e, changed;
	int i;

	(void)state;
	store_set_partition_rows(s, 2);
	set_all(&e);
	e.kind = EVENT_MESSAGE;
	e.class = CLASS_INBOUND;
	test_begin(s);
	test_add(s, &e);
	changed = e;
	changed.class = CLASS_FORWARDED;	/* before it is written */
	assert_int_equal(store_revise_event(s, &changed, NULL), 0);
	for (i = 100; i < 108; i++)	/* moves it to a closed partition */
		add_class(s, (uint64_t)i, EVENT_AUTH, CLASS_AUTH_FAILURE,
		    false, 1);
	changed.class = CLASS_INBOUND;		/* less serious */
	assert_int_equal(store_revise_event(s, &changed, NULL), 0);
	changed.class = CLASS_OPEN_RELAY;
	changed.client_address = STR_NONE;
	assert_int_equal(store_revise_event(s, &changed, NULL), 0);
	test_commit(s);
	assert_int_equal(sql_number("SELECT count(*) FROM revision"), 0);
	assert_sql_text("SELECT class FROM messages", "open_relay");
	assert_sql_text("SELECT client_address FROM messages", "192.0.2.9");
	store_close(s);
}

/* The same, whether the event is written before its revision or not. */
static void
a_revision_finds_what_waits(void **state)
{
	struct store *s = test_open(STORE_WRITE);
	struct event e;

	(void)state;
	set_all(&e);
	test_begin(s);
	test_add(s, &e);
	assert_int_equal(store_add_event(s, &e), 0);
	e.class = CLASS_INBOUND;
	e.client_address = STR("2001:db8::7");
	e.client_name = STR_NONE;
	e.local_user = STR("");
	assert_int_equal(store_revise_event(s, &e, "x"), 0);
	assert_stored(s, &e);		/* a query writes it */
	assert_int_equal(store_add_event(s, &e), 0);
	e.client_name = STR("late.example");
	assert_int_equal(store_revise_event(s, &e, "x"), 0);
	test_commit(s);
	assert_stored(s, &e);
	assert_int_equal(sql_number("SELECT count(*) FROM revision"), 2);
	/* What waited when all was taken back is not there. */
	e.id[15]++;
	test_begin(s);
	test_add(s, &e);
	store_rollback(s);
	test_begin(s);
	test_add(s, &e);
	store_rollback(s);
	assert_int_equal(test_count(s), 1);
	store_close(s);
}

static void
views_have_the_names_of_the_api(void **state)
{
	struct store *s = test_open(STORE_WRITE);
	struct event e;
	int i;

	(void)state;
	assert_int_equal(sql_number("SELECT count(*) FROM events"), 0);
	store_set_partition_rows(s, 3);
	set_all(&e);
	test_begin(s);
	test_add(s, &e);
	for (i = 1; i < 20; i++)
		add_class(s, (uint64_t)i, i % 2 ? EVENT_MESSAGE :
		    EVENT_REJECT, CLASS_REJECTED, false, 1);
	test_commit(s);
	store_close(s);
	assert_int_equal(sql_number("SELECT count(*) FROM events"), 20);
	assert_int_equal(sql_number("SELECT count(*) FROM messages"), 10);
	assert_int_equal(sql_number("SELECT count(*) FROM deliveries"), 1);
	assert_int_equal(sql_number("SELECT count(*) FROM alerts"), 0);
	assert_sql_text("SELECT time FROM deliveries",
	    "2026-11-23T12:00:00.123456Z");
	assert_sql_text("SELECT id FROM deliveries",
	    "01a20846fe7b01000000000000000007");
	assert_sql_text("SELECT class || ' ' || status || ' ' || kind "
	    "FROM deliveries", "open_relay sent delivery");
	assert_sql_text("SELECT delay FROM deliveries", "1.5");
	assert_sql_text("SELECT client_port FROM messages", "NULL");
	assert_sql_text("SELECT status FROM messages", "NULL");
	assert_sql_text("PRAGMA integrity_check", "ok");
}

static void
old_partitions_are_dropped(void **state)
{
	struct store *s = test_open(STORE_WRITE);
	struct store_totals t;
	struct error err;
	struct event e;
	int i;

	(void)state;
	store_set_partition_rows(s, 10);
	test_begin(s);
	for (i = 0; i < 95; i++)
		add_class(s, (uint64_t)i, EVENT_REJECT, CLASS_REJECTED, false,
		    1);
	test_commit(s);
	test_prune(s, T0 + 25 * USEC_PER_HOUR, 0);
	assert_int_equal(test_count(s), 75);	/* two whole partitions */
	assert_int_equal(sql_number("SELECT count(*) FROM events"), 75);
	/* What was dropped may come again. */
	test_begin(s);
	test_event(&e, T0, 0, EVENT_REJECT);
	test_add(s, &e);
	assert_int_equal(e.seq, 96);
	test_commit(s);
	/* All of it: the sequence goes on. */
	test_prune(s, T0 + USEC_PER_DAY * 30, 0);
	assert_int_equal(test_count(s), 0);
	store_close(s);
	s = test_open(STORE_WRITE);
	assert_int_equal(store_totals(s, &t, &err), 0);
	assert_int_equal(t.events, 0);
	assert_int_equal(t.partitions, 1);
	assert_int_equal(t.first_at, 0);
	assert_int_equal(t.seq, 96);
	test_begin(s);
	test_add(s, &e);
	assert_int_equal(e.seq, 97);
	test_commit(s);
	store_close(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, test_setup, test_teardown)
		T(every_field_comes_back),
		T(unknown_stays_unknown),
		T(traffic_sums_hours_and_classes),
		T(a_revision_rewrites_and_is_recorded),
		T(a_message_takes_over_a_class_silently),
		T(a_revision_finds_what_waits),
		T(views_have_the_names_of_the_api),
		T(old_partitions_are_dropped),
#undef T
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

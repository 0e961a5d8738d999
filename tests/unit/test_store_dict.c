/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Texts that come again are stored once, and come back as they were; so do
 * rows of a database that an older weir wrote without a dictionary.
 */
#include "test_store.h"

#include "weir/embed.h"

static void
make(struct event *e, uint64_t n, char text[64])
{
	test_event(e, T0 + (int64_t)n * 1000, n, EVENT_DELIVERY);
	snprintf(text, 64, "user%" PRIu64 "@example.org", n % 700);
	e->sender = str_of(text);
	e->instance = STR("postfix-out");
	e->helo_name = STR("");
	e->reply = n % 2 == 0 ? STR("250 2.0.0 Ok") : STR_NONE;
}

static int
same(void *ctx, const struct event *e)
{
	uint64_t *n = ctx;
	struct event want;
	char text[64];

	make(&want, --*n, text);
	assert_memory_equal(e->id, want.id, sizeof(e->id));
#define X(m)								\
	assert_int_equal(str_known(e->m), str_known(want.m));		\
	assert_true(str_eq(e->m, want.m));
	EVENT_TEXTS(X)
#undef X
	return 0;
}

static void
assert_all(struct store *s, uint64_t n, size_t limit)
{
	struct error err;
	struct query q;

	query_init(&q);
	q.limit = limit;
	if (store_query(s, &q, same, &n, NULL, &err) == -1)
		fail_msg("%s", err.text);
	query_done(&q);
}

static void
add_many(struct store *s, uint64_t from, uint64_t to)
{
	struct event e;
	char text[64];

	test_begin(s);
	for (; from < to; from++) {
		make(&e, from, text);
		test_add(s, &e);
	}
	test_commit(s);
}

static void
texts_come_back(void **state)
{
	struct store *s = test_open(STORE_WRITE);

	(void)state;
	add_many(s, 0, 5000);
	assert_all(s, 5000, 0);
	assert_all(s, 5000, 77);
	store_close(s);
	/* Opened again it numbers texts anew. */
	s = test_open(STORE_WRITE);
	add_many(s, 5000, 9000);
	assert_all(s, 9000, 0);
	store_close(s);
	assert_int_equal(sql_number("SELECT count(*) FROM dict_000001 WHERE "
	    "text = 'postfix-out'"), 2);
	assert_in_range(sql_number("SELECT count(*) FROM dict_000001"), 1400,
	    1410);
	assert_int_equal(sql_number("SELECT count(*) FROM events WHERE sender"
	    " = 'user7@example.org'"), 13);
}

static void
a_rollback_takes_its_words_back(void **state)
{
	struct store *s = test_open(STORE_WRITE);
	struct event e;
	char text[64];
	uint64_t i;

	(void)state;
	test_begin(s);
	for (i = 0; i < 5000; i++) {
		make(&e, i, text);
		test_add(s, &e);
	}
	store_rollback(s);
	add_many(s, 0, 5000);
	assert_all(s, 5000, 0);
	store_close(s);
}

/* What the first release wrote, by hand. */
static void
make_old(void)
{
	const struct embed_file *f = embed_find("schema/0001_init.sql");
	struct buf b = { 0 };
	sqlite3 *db;
	char *why = NULL;

	assert_non_null(f);
	buf_addf(&b, "PRAGMA journal_mode = WAL; %s;"
	    "PRAGMA application_id = %d; PRAGMA user_version = 1;"
	    "INSERT INTO value VALUES ('hash-key', zeroblob(16));"
	    "INSERT INTO partition VALUES (1, 1, 1, %" PRId64 ", %" PRId64
	    ", 1, 0, 0);"
	    "CREATE TABLE events_000001 (seq INTEGER PRIMARY KEY, id BLOB NOT "
	    "NULL, at INTEGER NOT NULL, kind INTEGER NOT NULL, class INTEGER "
	    "NOT NULL, status INTEGER NOT NULL, flags INTEGER NOT NULL",
	    (const char *)f->p, 0x77656972, T0, T0);
#define X(m) buf_addf(&b, ", " #m " TEXT");
	EVENT_TEXTS(X)
#undef X
#define X(m) buf_addf(&b, ", " #m " INTEGER");
	EVENT_NUMBERS(X)
#undef X
	buf_addf(&b, ") STRICT;"
	    "CREATE UNIQUE INDEX events_000001_id ON events_000001 (id);"
	    "CREATE INDEX events_000001_at ON events_000001 (at);"
	    "CREATE INDEX events_000001_notice ON events_000001 (at) WHERE "
	    "kind = 4;"
	    "CREATE TABLE keys_000001 (bucket INTEGER NOT NULL, block INTEGER "
	    "NOT NULL, rows BLOB NOT NULL, PRIMARY KEY (bucket, block)) "
	    "STRICT, WITHOUT ROWID;"
	    "INSERT INTO events_000001 (seq, id, at, kind, class, status, "
	    "flags, host, mta, sender, repeat) VALUES (1, zeroblob(16), %"
	    PRId64 ", 1, 1, 1, 0, 'mx1', 'postfix', '12', 1)", T0);
	assert_int_equal(sqlite3_open(test_db, &db), SQLITE_OK);
	if (sqlite3_exec(db, buf_cstr(&b), NULL, NULL, &why) != SQLITE_OK)
		fail_msg("%s", why);
	sqlite3_close(db);
	buf_done(&b);
}

static int
count_sender(void *ctx, const struct event *e)
{
	*(size_t *)ctx += str_eq(e->sender, STR("12"));
	return 0;
}

static void
an_old_database_goes_on(void **state)
{
	struct error err;
	struct query q;
	struct store *s;
	struct event e;
	size_t n = 0;

	(void)state;
	make_old();
	assert_null(store_open(test_db, STORE_READ, &err));
	assert_non_null(strstr(err.text, "older weir"));
	s = test_open(STORE_WRITE);
	test_begin(s);
	test_event(&e, T0 + 5, 3, EVENT_DELIVERY);
	e.sender = STR("12");
	test_add(s, &e);
	event_init(&e);	/* the old one is known */
	e.at = T0;
	assert_int_equal(store_add_event(s, &e), 0);
	test_commit(s);
	query_init(&q);
	assert_int_equal(query_set(&q, STR("sender"), STR("12"), 0, &err), 0);
	assert_int_equal(store_query(s, &q, count_sender, &n, NULL, &err), 0);
	assert_int_equal(n, 2);
	query_done(&q);
	store_close(s);
	assert_int_equal(sql_number("SELECT count(*) FROM events WHERE "
	    "sender = '12'"), 2);
	assert_int_equal(sql_number("SELECT group_concat(shape, '') FROM "
	    "partition"), 12);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, test_setup, test_teardown)
		T(texts_come_back),
		T(a_rollback_takes_its_words_back),
		T(an_old_database_goes_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

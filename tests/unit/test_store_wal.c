/* SPDX-License-Identifier: Apache-2.0 */
#include "test_store.h"

#include <pthread.h>
#include <stdatomic.h>

#define MIB		(1 << 20)
#define REPLY		4000	/* bytes of an event: no dictionary has it */
#define COMMIT		100	/* events */
#define WRITTEN		(96 * MIB)
#define BOUND		(24 * MIB)	/* the usual 8, and what waits */

static int64_t
wal_bytes(void)
{
	char file[128];
	struct stat sb;

	snprintf(file, sizeof(file), "%s-wal", test_db);
	return stat(file, &sb) == -1 ? 0 : sb.st_size;
}

/* So many bytes of events; the largest size of the log meanwhile. */
static int64_t
write_bytes(struct store *s, int64_t bytes, uint64_t *n)
{
	static char reply[REPLY];
	int64_t most = 0, now, done;
	struct event e;

	memset(reply, 'x', sizeof(reply));
	for (done = 0; done < bytes; done += COMMIT * REPLY) {
		test_begin(s);
		for (int i = 0; i < COMMIT; i++) {
			++*n;
			test_event(&e, T0 + (int64_t)*n * 1000, *n,
			    EVENT_NOTICE);
			e.reply = (struct str){ reply, sizeof(reply) };
			test_add(s, &e);
		}
		test_commit(s);
		if ((now = wal_bytes()) > most)
			most = now;
	}
	return most;
}

static void
read_page(struct store *r, struct query *q)
{
	struct error err;
	size_t n = 0;

	if (store_query(r, q, test_count_one, &n, q->cursor, &err) == -1)
		fail_msg("%s", err.text);
}

/* An export to a slow pipe: much is stored between its pages. */
static void
slow_reader_of_pages(void **state)
{
	struct store *w = test_open(STORE_WRITE), *r;
	struct query q;
	int64_t most = 0, now;
	uint64_t n = 0;

	(void)state;
	(void)write_bytes(w, 4 * MIB, &n);
	r = test_open(STORE_READ);
	query_init(&q);
	q.limit = 100;
	for (int page = 0; page < 8; page++) {
		read_page(r, &q);
		assert_string_not_equal(q.cursor, "");
		if ((now = write_bytes(w, WRITTEN / 8, &n)) > most)
			most = now;
	}
	assert_in_range(most, 1, BOUND);
	store_close(r);
	store_close(w);
}

static atomic_bool over;

static void *
read_on(void *ctx)
{
	struct store *r = test_open(STORE_READ);
	struct query q;

	(void)ctx;
	while (!over) {
		query_init(&q);
		q.limit = 500;
		read_page(r, &q);
	}
	store_close(r);
	return NULL;
}

/* At any time somebody reads, each for a short time. */
static void
readers_without_a_pause(void **state)
{
	struct store *w = test_open(STORE_WRITE);
	pthread_t readers[3];
	uint64_t n = 0;
	int64_t most;

	(void)state;
	(void)write_bytes(w, 4 * MIB, &n);
	over = false;
	for (int i = 0; i < 3; i++)
		assert_int_equal(pthread_create(&readers[i], NULL, read_on,
		    NULL), 0);
	most = write_bytes(w, WRITTEN, &n);
	over = true;
	for (int i = 0; i < 3; i++)
		pthread_join(readers[i], NULL);
	/* A reader that sleeps at a bad time is waited for longer later. */
	assert_in_range(most, 1, WRITTEN * 3 / 4);
	store_close(w);
}

struct long_read {
	struct store	*w;
	uint64_t	 n;
	int64_t		 most;
};

static int
write_meanwhile(void *ctx, const struct event *e)
{
	struct long_read *l = ctx;

	(void)e;
	l->most = write_bytes(l->w, WRITTEN / 2, &l->n);
	return 1;
}

/* Who holds one moment for long is shown by the size, and it does not stay. */
static void
a_long_reader_and_after(void **state)
{
	struct long_read l = { test_open(STORE_WRITE), 0, 0 };
	struct store_totals totals;
	struct store *r;
	struct query q;
	struct error err;

	(void)state;
	(void)write_bytes(l.w, MIB, &l.n);
	r = test_open(STORE_READ);
	query_init(&q);
	assert_int_equal(store_query(r, &q, write_meanwhile, &l, NULL, &err),
	    0);
	assert_true(l.most > WRITTEN / 2);
	assert_int_equal(store_totals(l.w, &totals, &err), 0);
	assert_int_equal(totals.wal_bytes, wal_bytes());
	assert_true(totals.bytes > totals.wal_bytes);
	store_close(r);
	/* It is begun anew, at the old size at most. */
	assert_in_range(write_bytes(l.w, WRITTEN, &l.n), 1, l.most + BOUND);
	store_close(l.w);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, test_setup, test_teardown)
	const struct CMUnitTest tests[] = {
		T(slow_reader_of_pages),
		T(readers_without_a_pause),
		T(a_long_reader_and_after),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Queries against the plain truth: random events in small partitions, random
 * filters, compared with a walk over an array; pages while events arrive; and
 * the same answers however the store was filled.
 */
#include "test_store.h"

#define NEVENTS	3000

static uint64_t seed;

static uint32_t
draw(uint32_t n)
{
	seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407U;
	return (uint32_t)(seed >> 33) % n;
}

static const char *const addresses[] = {
	"alice@example.org", "Alice@Example.ORG", "bob@example.org",
	"bob@example.net", "x@sub.example.org", "example.org", "", "a@b@c",
	"per%cent@example.net", "under_score@example.net",
	"undersscore@example.net", "\xc3\xa4@example.org",
	"\"a@example.org\"@x.example", NULL,
};
static const char *const clients[] = {
	"192.0.2.1", "192.0.2.2", "192.0.3.1", "203.0.113.9", "2001:db8::1",
	"2001:db8:1::1", "unknown", NULL,
};
static const char *const texts[] = { "4XbA", "4Xbb", "4xba", "<m1@x>",
	"m1@x", "m2@x", "mx.example.org", "MX.example.org", NULL };

#define PICK(a)	(a)[draw(sizeof(a) / sizeof((a)[0]))]

static struct event truth[NEVENTS];	/* in order of arrival */
static size_t ntruth;

static void
random_event(struct event *e, int64_t spread)
{
	int64_t at = T0 + (int64_t)draw((uint32_t)spread) * 100000;

	test_event(e, at, ntruth, (enum event_kind)draw(EVENT_KIND_COUNT));
	e->class = (enum event_class)draw(CLASS_COUNT);
	e->status = (enum event_status)draw(STATUS_COUNT);
	e->sender = str_of(PICK(addresses));
	e->recipient = str_of(PICK(addresses));
	e->sasl_username = str_of(PICK(addresses));
	e->client_address = str_of(PICK(clients));
	e->relay_address = str_of(PICK(clients));
	e->queue_id = str_of(PICK(texts));
	e->message_id = str_of(PICK(texts));
	e->relay_host = str_of(PICK(texts));
	e->mta = draw(9) == 0 ? STR("exim") : STR("postfix");
	e->host = draw(9) == 0 ? STR("mx2") : STR("mx1");
	e->size = (int64_t)draw(100) - 1;
}

static void
fill(enum store_mode mode, int64_t rows, int per_commit)
{
	struct store *s = test_open(mode);
	int i = 0;

	store_set_partition_rows(s, rows);
	for (ntruth = 0; ntruth < NEVENTS; ntruth++, i++) {
		if (i % per_commit == 0)
			test_begin(s);
		random_event(&truth[ntruth], ntruth < NEVENTS / 2 ? 400 :
		    400 + NEVENTS);
		test_add(s, &truth[ntruth]);
		if (i % per_commit == per_commit - 1 || ntruth == NEVENTS - 1)
			test_commit(s);
	}
	store_close(s);
}

static bool
is_address(struct str v, const char *want)
{
	struct str w = str_of(want);

	if (want == NULL)
		return true;
	if (!str_known(v))
		return false;
	if (w.n > 1 && w.p[0] == '@')
		return v.n >= w.n && str_eq_nocase(str_tail(v, v.n - w.n), w);
	return str_eq_nocase(v, w);
}

static bool
is_text(struct str v, const char *want)
{
	return want == NULL || (str_known(v) && str_eq(v, str_of(want)));
}

static bool
is_domain(const struct event *e, const char *want)
{
	char at[64];

	if (want == NULL)
		return true;
	snprintf(at, sizeof(at), "@%s", want);
	return is_address(e->sender, at) || is_address(e->recipient, at);
}

static struct str
bare(struct str id)
{
	return id.n > 2 && id.p[0] == '<' ?
	    (struct str){ id.p + 1, id.n - 2 } : id;
}

static bool
matches(const struct query *q, const struct event *e)
{
	struct ip ip;

	return (q->since == 0 || e->at >= q->since) &&
	    (q->until == 0 || e->at < q->until) &&
	    (q->kinds == 0 || q->kinds >> e->kind & 1) &&
	    (q->classes == 0 || q->classes >> e->class & 1) &&
	    (q->statuses == 0 || q->statuses >> e->status & 1) &&
	    (!q->has_client || (ip_parse(e->client_address, &ip) &&
	    ip_net_has(&q->client, &ip))) &&
	    is_address(e->sasl_username, q->user) &&
	    is_address(e->sender, q->sender) &&
	    is_address(e->recipient, q->recipient) &&
	    is_domain(e, q->domain) && is_text(e->queue_id, q->queue_id) &&
	    (q->message_id == NULL || (str_known(e->message_id) &&
	    str_eq(bare(e->message_id), bare(str_of(q->message_id))))) &&
	    (q->relay == NULL ||
	    (str_known(e->relay_host) &&
	    str_eq_nocase(e->relay_host, str_of(q->relay))) ||
	    (str_known(e->relay_address) &&
	    str_eq_nocase(e->relay_address, str_of(q->relay)))) &&
	    is_text(e->mta, q->mta) && is_text(e->host, q->host);
}

static int
newest_first(const void *va, const void *vb)
{
	const struct event *a = *(const struct event *const *)va;
	const struct event *b = *(const struct event *const *)vb;

	if (a->at != b->at)
		return a->at > b->at ? -1 : 1;
	return a->seq > b->seq ? -1 : 1;
}

struct got {
	int64_t	seqs[NEVENTS + 100];
	size_t	n;
};

static void
assert_same(const struct event *a, const struct event *b)
{
	assert_memory_equal(a->id, b->id, sizeof(a->id));
	assert_int_equal(a->at, b->at);
	assert_int_equal(a->kind, b->kind);
	assert_int_equal(a->class, b->class);
	assert_int_equal(a->status, b->status);
	assert_int_equal(a->size, b->size);
#define X(m)								\
	assert_int_equal(str_known(a->m), str_known(b->m));		\
	assert_true(str_eq(a->m, b->m));
	EVENT_TEXTS(X)
#undef X
}

static int
take(void *ctx, const struct event *e)
{
	struct got *g = ctx;

	assert_in_range(e->seq, 1, ntruth);
	assert_same(e, &truth[e->seq - 1]);
	g->seqs[g->n++] = e->seq;
	return 0;
}

/* All pages of a query. */
static void
ask(struct store *s, struct query *q, struct got *g)
{
	struct error err;

	g->n = 0;
	q->cursor[0] = '\0';
	do {
		if (store_query(s, q, take, g, q->cursor, &err) == -1)
			fail_msg("%s", err.text);
	} while (q->cursor[0] != '\0');
}

static void
random_query(struct query *q)
{
	static const char *const names[] = { "user", "sender", "recipient",
	    "domain", "queue-id", "message-id", "relay", "mta", "host",
	    "client", "kind", "class", "status" };
	static const char *const values[][6] = {
		{ "alice@example.org", "@example.org", "BOB@example.net" },
		{ "alice@EXAMPLE.org", "@example.net", "<>", "@c",
		    "under_score@example.net" },
		{ "bob@example.net", "@Example.Org", "example.org",
		    "per%cent@example.net", "\xc3\xa4@example.org" },
		{ "example.org", "EXAMPLE.net", "sub.example.org",
		    "x.example" },
		{ "4XbA", "nothing" }, { "m1@x", "<m2@x>" },
		{ "mx.example.org", "192.0.2.1", "2001:DB8::1" },
		{ "postfix", "exim" }, { "mx1", "mx2", "mx3" },
		{ "192.0.2.0/24", "192.0.2.1", "2001:db8::/32", "0.0.0.0/0",
		    "::/0" },
		{ "message", "delivery,reject", "notice" },
		{ "open_relay", "inbound,bounce", "unknown" },
		{ "sent", "deferred,ok" },
	};
	struct error err;
	uint32_t i, k, n = draw(4);

	query_init(q);
	q->limit = draw(3) == 0 ? 0 : 50 + draw(500);
	if (draw(4) == 0)
		q->since = T0 + (int64_t)draw(400) * 100000;
	if (draw(4) == 0)
		q->until = T0 + (int64_t)draw(400) * 100000;
	while (n-- > 0) {
		i = draw(sizeof(names) / sizeof(names[0]));
		do
			k = draw(6);
		while (values[i][k] == NULL);
		if (query_set(q, str_of(names[i]), str_of(values[i][k]), 0,
		    &err) == -1)
			fail_msg("%s", err.text);
	}
}

static void
explain(const struct query *q, size_t got, size_t want)
{
	struct buf b = { 0 };
	char net[IP_TEXT_MAX];

#define X(m, filter, column)						\
	if (q->m != NULL)						\
		buf_addf(&b, " " filter "=%s", q->m);
	QUERY_TEXTS(X)
#undef X
	if (q->has_client)
		buf_addf(&b, " client=%.*s", STRF(ip_net_print(&q->client,
		    net)));
	fail_msg("got %zu, want %zu: kinds %x classes %x statuses %x%s", got,
	    want, q->kinds, q->classes, q->statuses, buf_cstr(&b));
}

static void
compare(int rounds)
{
	static struct event *want[NEVENTS];
	static struct got g;
	struct store *s = test_open(STORE_READ);
	struct query q;
	size_t i, n;

	while (rounds-- > 0) {
		random_query(&q);
		for (i = n = 0; i < ntruth; i++)
			if (matches(&q, &truth[i]))
				want[n++] = &truth[i];
		qsort(want, n, sizeof(*want), newest_first);
		ask(s, &q, &g);
		if (g.n != n)
			explain(&q, g.n, n);
		for (i = 0; i < n; i++)
			assert_int_equal(g.seqs[i], want[i]->seq);
		query_done(&q);
	}
	store_close(s);
}

static void
equals_a_walk_over_small_partitions(void **state)
{
	(void)state;
	seed = 1;
	fill(STORE_WRITE, 170, 40);
	compare(250);
}

static void
equals_a_walk_over_one_partition(void **state)
{
	(void)state;
	seed = 2;
	fill(STORE_WRITE, NEVENTS + 1, NEVENTS);
	compare(100);
}

static void
equals_a_walk_after_a_bulk_load(void **state)
{
	(void)state;
	seed = 3;
	fill(STORE_BULK, NEVENTS - 1, 500);
	compare(100);
}

/* A page is as if the events that came after the first had not come. */
static void
pages_hold_while_events_arrive(void **state)
{
	static struct got g;
	static int64_t before[NEVENTS];
	struct store *w, *r;
	struct query q;
	struct error err;
	size_t i, n, old;

	(void)state;
	seed = 4;
	fill(STORE_WRITE, 300, 100);
	w = test_open(STORE_WRITE);
	store_set_partition_rows(w, 300);
	r = test_open(STORE_READ);
	query_init(&q);
	assert_int_equal(query_set(&q, STR("sender"), STR("@example.org"), 0,
	    &err), 0);
	q.limit = 0;
	g.n = 0;
	ask(r, &q, &g);
	memcpy(before, g.seqs, g.n * sizeof(before[0]));
	old = g.n;
	assert_true(old > 300);

	q.limit = 37;
	q.cursor[0] = '\0';
	g.n = 0;
	do {
		assert_int_equal(store_query(r, &q, take, &g, q.cursor, &err),
		    0);
		/* Arrivals newer than all that was there. */
		test_begin(w);
		for (i = 0; i < 20; i++) {
			struct event e;

			test_event(&e, T0 + USEC_PER_DAY, 100000 + g.n * 20 +
			    i, EVENT_DELIVERY);
			e.sender = STR("new@example.org");
			test_add(w, &e);
		}
		test_commit(w);
	} while (q.cursor[0] != '\0');
	for (i = n = 0; i < g.n; i++)
		assert_int_equal(g.seqs[i], before[n++]);
	assert_int_equal(n, old);
	query_done(&q);
	store_close(r);
	store_close(w);
}

static int
stop_at_third(void *ctx, const struct event *e)
{
	(void)e;
	return ++*(int *)ctx == 3;
}

static void
fn_may_stop(void **state)
{
	struct store *s;
	struct query q;
	struct error err;
	int n = 0;

	(void)state;
	seed = 5;
	fill(STORE_WRITE, 1000, 1000);
	s = test_open(STORE_READ);
	query_init(&q);
	assert_int_equal(store_query(s, &q, stop_at_third, &n, q.cursor,
	    &err), 0);
	assert_int_equal(n, 3);
	assert_string_not_equal(q.cursor, "");
	query_done(&q);
	store_close(s);
}

static void
foreign_cursors_are_refused(void **state)
{
	static const char *const cursors[] = { "x", "1", "1.", ".1", "1.2.3",
	    "1.99999999999999999999", "-" };
	struct store *s = test_open(STORE_WRITE);
	struct query q;
	struct error err;
	size_t i, n = 0;

	(void)state;
	for (i = 0; i < sizeof(cursors) / sizeof(cursors[0]); i++) {
		query_init(&q);
		snprintf(q.cursor, sizeof(q.cursor), "%s", cursors[i]);
		assert_int_equal(store_query(s, &q, test_count_one, &n, NULL,
		    &err), -1);
		assert_non_null(strstr(err.text, cursors[i]));
	}
	store_close(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, test_setup, test_teardown)
		T(equals_a_walk_over_small_partitions),
		T(equals_a_walk_over_one_partition),
		T(equals_a_walk_after_a_bulk_load),
		T(pages_hold_while_events_arrive),
		T(fn_may_stop),
		T(foreign_cursors_are_refused),
#undef T
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon_util.h"

#include "weir/chains.h"

#define T0	INT64_C(1795435200000000)
#define NEVENTS	1200
#define ROUNDS	12

static uint32_t seed = 7;

static uint32_t
draw(uint32_t n)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % n;
}

static struct event truth[NEVENTS];
static bool changed[NEVENTS];

static struct str
pick(const char *const *v, uint32_t n)
{
	return str_of(v[draw(n)]);
}

/* Few names, so that queue ids come again and message-ids are shared. */
static void
make(struct event *e, uint64_t n)
{
	static const char *const hosts[] = { "mx1", "MX1", "mx2" };
	static const char *const queues[] = { "4A", "4B", "4C", "4D", "4E",
	    "4F", "4G", "4H", "4I", "4J" };
	static const char *const ids[] = { "m1@x", "<m1@x>", "m2@x",
	    "<m3@x>", "m4@x", NULL, "<a-long-one.20261123@mail.example>" };

	event_init(e);
	e->kind = draw(3) == 0 ? EVENT_MESSAGE : EVENT_DELIVERY;
	e->at = T0 + (int64_t)draw(20 * 24 * 60) * USEC_PER_MIN +
	    (int64_t)draw(3) * USEC_PER_SEC;
	memcpy(e->id, &n, sizeof(n));
	e->id[9] = 1;
	e->host = pick(hosts, 3);
	e->queue_id = pick(queues, 10);
	if (draw(4) == 0)
		e->origin_queue_id = pick(queues, 10);
	e->message_id = pick(ids, 7);
	e->class = (enum event_class)draw(CLASS_COUNT);
	e->counted = draw(2);
	if (e->kind == EVENT_MESSAGE)
		e->origin = (enum event_origin)draw(ORIGIN_COUNT);
	else
		e->status = (enum event_status)(1 + draw(8));
}

static void
fill(struct place *at)
{
	store_set_partition_rows(pipeline_store(at->p), 150);
	pipeline_begin(at->p);
	for (size_t i = 0; i < NEVENTS; i++) {
		make(&truth[i], i);
		assert_int_equal(store_add_event(pipeline_store(at->p),
		    &truth[i]), 1);
	}
	place_commit(at);
}

static struct str
first(const struct event *e)
{
	return e->origin_queue_id.n > 0 ? e->origin_queue_id : e->queue_id;
}

static bool
newer(const struct event *a, const struct event *b)
{
	return b == NULL || a->at > b->at ||
	    (a->at == b->at && a->seq > b->seq);
}

/* The message of a delivery: the newest one in its time. */
static struct event *
message_of(const struct event *d)
{
	struct event *best = NULL, *m;

	for (m = truth; m < truth + NEVENTS; m++)
		if (m->kind == EVENT_MESSAGE && str_eq_nocase(m->host,
		    d->host) && str_eq(m->queue_id, first(d)) &&
		    m->at >= d->at - 7 * USEC_PER_DAY &&
		    m->at < d->at + USEC_PER_MIN && newer(m, best))
			best = m;
	return best;
}

/* The same, found by walking over everything for one delivery. */
static void
correct(const struct event *d)
{
	struct event *m = message_of(d), *e;

	if (m == NULL)
		return;
	m->class = m->origin == ORIGIN_BOUNCE ? CLASS_BOUNCE : CLASS_UNKNOWN;
	for (e = truth; e < truth + NEVENTS; e++)
		if (e->kind == EVENT_DELIVERY && e->at >= m->at &&
		    e->at < m->at + 7 * USEC_PER_DAY &&
		    str_eq_nocase(e->host, m->host) &&
		    str_eq(first(e), m->queue_id) &&
		    (m->message_id.n > 0 ? str_eq(store_message_id(
		    e->message_id), store_message_id(m->message_id)) :
		    str_eq(e->queue_id, m->queue_id)) &&
		    e->status != STATUS_FILTERED &&
		    e->status != STATUS_FORWARDED && e->class > m->class)
			m->class = e->class;
}

static int
compare(void *ctx, const struct event *e)
{
	if (e->class != truth[e->seq - 1].class)
		fail_msg("event %zu is %s and should be %s", (size_t)e->seq,
		    event_class_name(e->class),
		    event_class_name(truth[e->seq - 1].class));
	++*(size_t *)ctx;
	return 0;
}

static void
check(struct place *at)
{
	struct query q;
	size_t n = 0;

	query_init(&q);
	q.limit = 0;
	assert_int_equal(store_query(pipeline_store(at->p), &q, compare, &n,
	    NULL, NULL), 0);
	assert_int_equal(n, NEVENTS);
}

/* Some deliveries change; messages are as if each was looked up by itself. */
static void
test_as_one_by_one(void **state)
{
	struct place at;
	struct chains c = { 0 };
	struct error err = { "" };
	int i;

	(void)state;
	place_init(&at, POLICY);
	place_open(&at);
	fill(&at);
	/* Sequence numbers are places in the table of the truth. */
	assert_int_equal(truth[NEVENTS - 1].seq, NEVENTS);
	for (int round = 0; round < ROUNDS; round++) {
		pipeline_begin(at.p);
		for (i = 0; i < NEVENTS; i++) {
			enum event_class before = truth[i].class;

			changed[i] = truth[i].kind == EVENT_DELIVERY &&
			    draw(round < 6 ? 3 : 100) == 0;
			if (!changed[i])
				continue;
			truth[i].class = (enum event_class)draw(CLASS_COUNT);
			assert_int_equal(store_revise_class(pipeline_store(
			    at.p), &truth[i], before, "a test"), 1);
			chains_add(&c, &truth[i]);
		}
		assert_int_equal(chains_correct(&c, at.p, &err), 0);
		chains_done(&c);
		place_commit(&at);
		for (i = 0; i < NEVENTS; i++)
			if (changed[i])
				correct(&truth[i]);
		check(&at);
	}
	place_done(&at);
}

static void
add(struct place *at, struct event *e, enum event_kind kind,
    const char *queue_id, uint32_t n)
{
	event_init(e);
	e->kind = kind;
	e->at = T0 + n;
	memcpy(e->id, &n, sizeof(n));
	e->host = STR("mx1");
	e->queue_id = str_of(queue_id);
	e->message_id = STR("<the-same@spam.example>");
	e->class = CLASS_OPEN_RELAY;
	e->status = kind == EVENT_DELIVERY ? STATUS_SENT : STATUS_NONE;
	assert_int_equal(store_add_event(pipeline_store(at->p), e), 1);
}

/* Whoever sends all with one message-id is not looked at over and over. */
static void
test_one_message_id_for_all(void **state)
{
	struct place at;
	struct chains c = { 0 };
	struct error err = { "" };
	struct event m, d, e;
	char queue_id[16];

	(void)state;
	place_init(&at, POLICY);
	place_open(&at);
	pipeline_begin(at.p);
	add(&at, &m, EVENT_MESSAGE, "4ABC", 0);
	add(&at, &d, EVENT_DELIVERY, "4ABC", 1);
	for (uint32_t i = 2; i < 10003; i++) {
		snprintf(queue_id, sizeof(queue_id), "5%u", i);
		add(&at, &e, EVENT_DELIVERY, queue_id, i);
	}
	d.class = CLASS_INBOUND;
	assert_int_equal(store_revise_class(pipeline_store(at.p), &d,
	    CLASS_OPEN_RELAY, "a test"), 1);
	chains_add(&c, &d);
	assert_int_equal(chains_correct(&c, at.p, &err), 0);
	chains_done(&c);
	assert_int_equal(store_class_of(pipeline_store(at.p), &m, &m.class),
	    1);
	assert_int_equal(m.class, CLASS_INBOUND);
	place_commit(&at);
	assert_int_equal(place_count(&at, CLASS_OPEN_RELAY), 10001);
	place_done(&at);
}

static void
add_of_many(struct place *at, struct event *e, enum event_kind kind,
    uint32_t n, int64_t when)
{
	char queue_id[16], message_id[32];

	snprintf(queue_id, sizeof(queue_id), "6%04u", n);
	snprintf(message_id, sizeof(message_id), "<%u@many.example>", n);
	event_init(e);
	e->kind = kind;
	e->at = when;
	memcpy(e->id, &n, sizeof(n));
	memcpy(e->id + 8, &when, sizeof(when));
	e->host = STR("mx1");
	e->queue_id = str_of(queue_id);
	e->message_id = str_of(message_id);
	e->class = CLASS_OPEN_RELAY;
	e->status = kind == EVENT_DELIVERY ? STATUS_SENT : STATUS_NONE;
	assert_int_equal(store_add_event(pipeline_store(at->p), e), 1);
	/* The test looks at that again, and frees it. */
	e->queue_id = str_of(strdup(queue_id));
	e->message_id = STR_NONE;
}

#define MANY	400

/* Of every third message one pair came days later, into another partition. */
static void
test_many_over_partitions(void **state)
{
	static struct event m[MANY], d[MANY], late;
	struct chains c = { 0 };
	struct error err = { "" };
	struct place at;
	uint32_t i;

	(void)state;
	place_init(&at, POLICY);
	place_open(&at);
	store_set_partition_rows(pipeline_store(at.p), 150);
	pipeline_begin(at.p);
	for (i = 0; i < MANY; i++) {
		add_of_many(&at, &m[i], EVENT_MESSAGE, i, T0 + i);
		add_of_many(&at, &d[i], EVENT_DELIVERY, i, T0 + i + MANY);
	}
	for (i = 0; i < MANY; i += 3) {
		add_of_many(&at, &late, EVENT_DELIVERY, i,
		    T0 + 6 * USEC_PER_DAY + i);
		free((void *)(uintptr_t)late.queue_id.p);
	}
	place_commit(&at);
	for (int round = 0; round < 2; round++) {
		enum event_class before = d[0].class, now = round == 0 ?
		    CLASS_INBOUND : CLASS_AUTHORISED_RELAY;

		pipeline_begin(at.p);
		for (i = 0; i < MANY; i++) {
			d[i].class = now;
			assert_int_equal(store_revise_class(pipeline_store(
			    at.p), &d[i], before, "a test"), 1);
			chains_add(&c, &d[i]);
		}
		assert_int_equal(chains_correct(&c, at.p, &err), 0);
		chains_done(&c);
		for (i = 0; i < MANY; i++) {
			assert_int_equal(store_class_of(pipeline_store(at.p),
			    &m[i], &m[i].class), 1);
			assert_int_equal(m[i].class, i % 3 == 0 ?
			    CLASS_OPEN_RELAY : now);
		}
		place_commit(&at);
	}
	store_end_many(pipeline_store(at.p));
	for (i = 0; i < MANY; i++) {
		free((void *)(uintptr_t)m[i].queue_id.p);
		free((void *)(uintptr_t)d[i].queue_id.p);
	}
	place_done(&at);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_as_one_by_one),
		cmocka_unit_test(test_one_message_id_for_all),
		cmocka_unit_test(test_many_over_partitions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

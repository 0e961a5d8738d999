/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "weir/profile.h"
#include "../../src/stats/doorkeeper.h"
#include "../../src/stats/slab.h"

#define AT	(INT64_C(1700000000) * USEC_PER_SEC)
#define CAP	(2 << 20)

struct row {
	uint64_t	id;
	uint8_t		use;
	uint32_t	value;
};

/* Rows are found by their id, however many went before. */
static void
slab_keeps(void **state)
{
	struct slab s;
	struct row *r;
	size_t there = 0;

	(void)state;
	slab_init(&s, sizeof(struct row), offsetof(struct row, use), 100,
	    NULL);
	assert_null(slab_find(&s, 1));
	for (uint32_t i = 1; i <= 1000; i++) {
		/* Ids that share a slot at first. */
		r = slab_add(&s, (uint64_t)i << 6);
		r->value = i;
		/* The first ten are looked at again and again. */
		for (uint32_t k = 1; k <= 10 && k <= i; k++) {
			r = slab_find(&s, (uint64_t)k << 6);
			assert_non_null(r);
			assert_int_equal(r->value, k);
			r->use = 1;
		}
	}
	for (uint32_t i = 1; i <= 1000; i++) {
		r = slab_find(&s, (uint64_t)i << 6);
		there += r != NULL;
		assert_true(r == NULL || r->value == i);
	}
	assert_int_equal(there, 100);
	assert_int_equal(s.evicted, 900);
	assert_true(slab_bytes(&s) <= 100 * (sizeof(struct row) + 16));
	slab_done(&s);
}

/* Never too few since the last halving, and seldom too many. */
static void
doorkeeper_counts(void **state)
{
	static uint8_t truth[20000];
	struct doorkeeper d;
	unsigned over = 0;
	uint64_t id;
	uint32_t got;

	(void)state;
	doorkeeper_init(&d, 1 << 20);
	assert_true(doorkeeper_bytes(&d) <= 1 << 20);
	srand(1);
	for (int i = 0; i < 60000; i++) {
		id = (uint64_t)(rand() % 20000);
		got = doorkeeper_add(&d, (id + 1) *
		    UINT64_C(0x9e3779b97f4a7c15), 1, AT);
		truth[id]++;
		assert_true(got >= truth[id]);
		over += got > truth[id];
	}
	assert_true(over < 600);
	got = doorkeeper_add(&d, 7, 1000, AT);
	assert_int_equal(got, 255);
	/* Two hours on a quarter is left, a day on nothing. */
	assert_int_equal(doorkeeper_add(&d, 7, 0, AT + 2 * USEC_PER_HOUR),
	    63);
	assert_int_equal(doorkeeper_add(&d, 7, 1, AT + USEC_PER_DAY), 1);
	doorkeeper_done(&d);
}

static struct key
key(enum alert_key_type type, const char *text)
{
	return key_make(HASH_KEY_FIXED, type, STR_NONE, str_of(text));
}

/* What anybody can make up needs three in about an hour. */
static void
admits(void **state)
{
	struct profile *p = profile_new(HASH_KEY_FIXED, CAP);
	struct key c = key(KEY_CLIENT_ADDRESS, "192.0.2.1");
	struct key u = key(KEY_SASL_USERNAME, "ann");
	struct series *s;

	(void)state;
	profile_begin(p, AT);
	assert_null(profile_count(p, &c, TALLY_REJECTS, 1, AT, false, false));
	assert_null(profile_count(p, &c, TALLY_REJECTS, 1, AT, false, false));
	s = profile_count(p, &c, TALLY_REJECTS, 1, AT, false, false);
	assert_non_null(s);
	assert_int_equal(window_sum(&s->windows[WINDOW_1H], WINDOW_1H, AT),
	    3);
	assert_int_equal(profile_stats(p).refused, 2);
	assert_non_null(profile_count(p, &u, TALLY_MESSAGES, 1, AT, true,
	    false));
	assert_null(profile_find(p, &u, TALLY_REJECTS));
	profile_free(p);
}

static void
networks(void **state)
{
	struct profile *p = profile_new(HASH_KEY_FIXED, CAP);
	struct key u = key(KEY_SASL_USERNAME, "ann");
	struct actor *a;

	(void)state;
	assert_null(profile_actor(p, &u, false));
	a = profile_actor(p, &u, true);
	assert_int_equal(profile_net(p, a, 10, AT), 0);
	assert_int_equal(profile_net(p, a, 11, AT), 1);
	assert_int_equal(profile_net(p, a, 11, AT + 47 * USEC_PER_HOUR), 2);
	assert_int_equal(profile_net(p, a, 11, AT + 49 * USEC_PER_HOUR), 0);
	assert_int_equal(profile_net(p, a, 10, AT), 0);
	assert_int_equal(profile_nets(a), 2);
	for (uint32_t i = 100; i < 200; i++) {
		(void)profile_net(p, a, i, AT + i * USEC_PER_HOUR);
		(void)profile_net(p, a, 10, AT + i * USEC_PER_HOUR);
	}
	/* The one used all the time stays. */
	assert_int_equal(profile_nets(a), PROFILE_NETS);
	assert_true(profile_has_net(a, 10));
	assert_true(profile_has_net(a, 199));
	assert_false(profile_has_net(a, 11));
	profile_free(p);
}

static void
first_sights(void **state)
{
	struct profile *p = profile_new(HASH_KEY_FIXED, CAP);
	struct key u = key(KEY_SASL_USERNAME, "ann");
	struct key v = key(KEY_SASL_USERNAME, "bob");

	(void)state;
	assert_true(profile_first(p, &u, 'r', STR("v@far.example"), AT));
	assert_false(profile_first(p, &u, 'r', STR("V@far.example"), AT));
	assert_true(profile_first(p, &v, 'r', STR("v@far.example"), AT));
	assert_true(profile_first(p, &u, 'f', STR("v@far.example"), AT));
	profile_free(p);
}

static void
recipients(void **state)
{
	struct profile *p = profile_new(HASH_KEY_FIXED, CAP);
	struct key u = key(KEY_SASL_USERNAME, "ann");
	struct actor *a = profile_actor(p, &u, true);
	size_t before = profile_stats(p).bytes;
	char text[32];

	(void)state;
	assert_true(profile_recipients(a, AT) == 0);
	for (int i = 0; i < 400; i++) {
		(void)snprintf(text, sizeof(text), "v%d", i % 100);
		profile_recipient(p, a, key_pair(&u, 'r',
		    str_of(text)), AT);
	}
	assert_true(profile_recipients(a, AT) > 90);
	assert_true(profile_recipients(a, AT) < 110);
	assert_true(profile_recipients(a, AT + 2 * USEC_PER_DAY) == 0);
	assert_true(profile_stats(p).bytes >= before + sizeof(struct hll));
	profile_free(p);
}

/* Strangers push out strangers only, and the cap holds. */
static void
quotas(void **state)
{
	struct profile *p = profile_new(HASH_KEY_FIXED, CAP);
	struct key u = key(KEY_SASL_USERNAME, "ann"), h = key(KEY_HOST, "mx"),
	    k;
	char text[32];

	(void)state;
	profile_begin(p, AT);
	(void)profile_count(p, &u, TALLY_MESSAGES, 1, AT, true, false);
	(void)profile_count(p, &h, TALLY_MESSAGES, 1, AT, false, false);
	(void)profile_actor(p, &u, true);
	for (int i = 0; i < 50000; i++) {
		(void)snprintf(text, sizeof(text), "x%d", i);
		k = key(KEY_CLIENT_ADDRESS, text);
		assert_non_null(profile_count(p, &k, TALLY_REJECTS, 3,
		    AT + i * 1000, false, false));
		(void)profile_actor(p, &k, true);
		(void)profile_first(p, &k, 'u', str_of(text), AT);
		(void)profile_top(p, &k, TALLY_REJECTS, true);
		if (i % 1000 == 0)
			assert_true(profile_stats(p).bytes <= CAP);
	}
	assert_non_null(profile_find(p, &u, TALLY_MESSAGES));
	assert_non_null(profile_find(p, &h, TALLY_MESSAGES));
	assert_non_null(profile_actor(p, &u, false));
	assert_true(profile_stats(p).evicted > 40000);
	assert_true(profile_stats(p).bytes <= CAP);
	profile_free(p);
}

static void
fill(struct profile *p, unsigned seed, bool shuffled)
{
	struct key k[3] = { key(KEY_SASL_USERNAME, "ann"),
	    key(KEY_HOST, "mx"), key(KEY_LOCAL_USER, "www") };
	int at[1200], j, swap;

	srand(seed);
	for (int i = 0; i < 1200; i++)
		at[i] = i;
	/* 40 of them are ten minutes. */
	for (int i = 1199; shuffled && i > 0; i--) {
		j = i / 40 * 40 + rand() % (i % 40 + 1);
		swap = at[i];
		at[i] = at[j];
		at[j] = swap;
	}
	profile_begin(p, AT);
	for (int i = 0; i < 1200; i++)
		(void)profile_count(p, &k[at[i] % 3], TALLY_RECIPIENTS, 2,
		    AT + at[i] * 15 * USEC_PER_SEC, true, false);
}

/* Series are the same, to the bit, in whatever order events came. */
static void
order_is_nothing(void **state)
{
	struct key k[3] = { key(KEY_SASL_USERNAME, "ann"),
	    key(KEY_HOST, "mx"), key(KEY_LOCAL_USER, "www") };

	(void)state;
	for (unsigned seed = 1; seed < 20; seed++) {
		struct profile *one = profile_new(HASH_KEY_FIXED, CAP);
		struct profile *other = profile_new(HASH_KEY_FIXED, CAP);

		fill(one, seed, false);
		fill(other, seed, true);
		for (int i = 0; i < 3; i++)
			assert_memory_equal(
			    profile_find(one, &k[i], TALLY_RECIPIENTS),
			    profile_find(other, &k[i], TALLY_RECIPIENTS),
			    sizeof(struct series));
		profile_free(one);
		profile_free(other);
	}
}

static void
packs(void **state)
{
	struct profile *p = profile_new(HASH_KEY_FIXED, CAP), *q;
	struct buf b = { 0 }, again = { 0 };
	struct buf_reader r;
	struct key u = key(KEY_SASL_USERNAME, "ann"), h = key(KEY_HOST, "mx");
	const struct key *keys[] = { &u };
	struct actor *a = profile_actor(p, &u, true);

	(void)state;
	fill(p, 1, true);
	for (uint32_t i = 0; i < 40; i++)
		(void)profile_net(p, a, i, AT + i * USEC_PER_HOUR);
	a->alarmed = AT;
	a->evidence[EVIDENCE_SENDER] = 1.5F;
	a->evidence_at[EVIDENCE_SENDER] = AT;
	profile_recipient(p, a, 12345, AT);
	topk_add(profile_top(p, &h, TALLY_BOUNCES, true), 7, keys, 1, 3);
	(void)profile_first(p, &u, 'r', STR("v"), AT);
	profile_pack(&b, p);
	q = profile_new(HASH_KEY_FIXED, CAP);
	r = (struct buf_reader){ buf_str(&b), false };
	assert_true(profile_unpack(&r, q));
	assert_int_equal(r.rest.n, 0);
	profile_pack(&again, q);
	assert_int_equal(again.n, b.n);
	assert_memory_equal(again.p, b.p, b.n);
	assert_int_equal(profile_stats(q).bytes, profile_stats(p).bytes);
	assert_true(profile_has_net(profile_actor(q, &u, false), 39));
	profile_free(q);
	/* Cut short it is refused, of another cap too. */
	for (size_t n = 0; n < b.n; n += 1 + b.n / 200) {
		q = profile_new(HASH_KEY_FIXED, CAP);
		r = (struct buf_reader){ str_head(buf_str(&b), n), false };
		assert_false(profile_unpack(&r, q));
		profile_free(q);
	}
	q = profile_new(HASH_KEY_FIXED, 2 * CAP);
	r = (struct buf_reader){ buf_str(&b), false };
	assert_false(profile_unpack(&r, q));
	profile_free(q);
	/* With a byte that is another it is read or refused. */
	for (size_t n = 0; n < b.n; n += 1 + b.n / 500) {
		b.p[n] = (char)(b.p[n] ^ 0x55);
		q = profile_new(HASH_KEY_FIXED, CAP);
		r = (struct buf_reader){ buf_str(&b), false };
		if (profile_unpack(&r, q))
			fill(q, 2, false);
		profile_free(q);
		b.p[n] = (char)(b.p[n] ^ 0x55);
	}
	profile_free(p);
	buf_done(&b);
	buf_done(&again);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(slab_keeps),
		cmocka_unit_test(doorkeeper_counts),
		cmocka_unit_test(admits),
		cmocka_unit_test(networks),
		cmocka_unit_test(first_sights),
		cmocka_unit_test(recipients),
		cmocka_unit_test(quotas),
		cmocka_unit_test(order_is_nothing),
		cmocka_unit_test(packs),
	};

	return cmocka_run_group_tests_name("profile", tests, NULL, NULL);
}

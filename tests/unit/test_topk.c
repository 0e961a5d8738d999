/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "weir/topk.h"

#define KEYS	2000

static struct key
named(char text[32], uint32_t i)
{
	(void)snprintf(text, 32, "203.0.%u.%u", i / 256, i % 256);
	return key_make(HASH_KEY_FIXED, KEY_CLIENT_ADDRESS, STR_NONE,
	    str_of(text));
}

static void
add(struct topk *t, uint32_t half, uint32_t i, uint32_t n)
{
	char text[32];
	struct key k = named(text, i);
	const struct key *keys[] = { &k };

	topk_add(t, half, keys, 1, n);
}

static const struct topk_counter *
counter_of(const struct topk *t, uint32_t i)
{
	char text[32];
	struct key k = named(text, i);

	for (uint32_t j = 0; j < t->halves[0].used; j++)
		if (t->halves[0].hash[j] == k.hash)
			return &t->halves[0].counters[j];
	return NULL;
}

/* The three promises, over streams of several shapes. */
static void
keeps_its_word(void **state)
{
	(void)state;
	for (int shape = 1; shape < 6; shape++) {
		struct topk t = { 0 };
		uint32_t truth[KEYS] = { 0 }, total = 0, i;
		const struct topk_counter *c;

		srand((unsigned)shape);
		for (int k = 0; k < 20000; k++) {
			/* From all alike to a few large ones. */
			i = (uint32_t)(rand() % KEYS);
			for (int s = 1; s < shape; s++)
				i = i * (uint32_t)(rand() % KEYS) / KEYS;
			add(&t, 1, i, 1 + k % 3);
			truth[i] += 1 + (uint32_t)k % 3;
			total += 1 + (uint32_t)k % 3;
		}
		assert_int_equal(topk_total(&t, 1), total);
		for (i = 0; i < KEYS; i++) {
			c = counter_of(&t, i);
			if (c == NULL) {
				assert_true(truth[i] <= total /
				    TOPK_COUNTERS);
				continue;
			}
			assert_true(c->n >= truth[i]);
			assert_true(c->n - c->over <= truth[i]);
			assert_true(c->over <= total / TOPK_COUNTERS);
		}
	}
}

static void
lists(void **state)
{
	struct topk t = { 0 };
	struct topk_part parts[3];

	(void)state;
	assert_int_equal(topk_list(&t, 0, parts, 3), 0);
	add(&t, 5, 1, 10);
	add(&t, 5, 2, 30);
	add(&t, 6, 1, 25);
	add(&t, 6, 3, 20);
	add(&t, 6, 4, 1);
	assert_int_equal(topk_total(&t, 6), 86);
	assert_int_equal(topk_list(&t, 6, parts, 3), 3);
	/* What both halves have counts together. */
	assert_string_equal(parts[0].text, "203.0.0.1");
	assert_int_equal(parts[0].n, 35);
	assert_int_equal(parts[0].type, KEY_CLIENT_ADDRESS);
	assert_string_equal(parts[1].text, "203.0.0.2");
	assert_string_equal(parts[2].text, "203.0.0.3");
	/* Late by a half, by two, asked ahead, and over. */
	add(&t, 5, 2, 100);
	add(&t, 4, 3, 1000);
	assert_int_equal(topk_list(&t, 6, parts, 1), 1);
	assert_int_equal(parts[0].n, 130);
	assert_int_equal(topk_list(&t, 7, parts, 3), 3);
	assert_int_equal(parts[0].n, 25);
	assert_int_equal(topk_total(&t, 7), 46);
	assert_int_equal(topk_list(&t, 8, parts, 3), 0);
	add(&t, 9, 7, 1);
	assert_int_equal(topk_total(&t, 9), 1);
}

/* An event that names several keys is one event. */
static void
several(void **state)
{
	struct topk t = { 0 };
	struct topk_part parts[3];
	struct key a = key_make(HASH_KEY_FIXED, KEY_SASL_USERNAME, STR_NONE,
	    STR("bob@example.org")), b = key_make(HASH_KEY_FIXED,
	    KEY_CLIENT_ADDRESS, STR_NONE, STR("203.0.113.7"));
	const struct key *keys[] = { &a, &b };

	(void)state;
	topk_add(&t, 1, keys, 2, 7);
	topk_add(&t, 1, keys, 1, 3);
	topk_add(&t, 1, keys, 0, 5);
	assert_int_equal(topk_total(&t, 1), 15);
	assert_int_equal(topk_list(&t, 1, parts, 3), 2);
	assert_string_equal(parts[0].text, "bob@example.org");
	assert_int_equal(parts[0].n, 10);
	assert_int_equal(parts[1].n, 7);
	/* Counts do not wrap. */
	topk_add(&t, 1, keys, 1, UINT32_MAX);
	assert_int_equal(topk_list(&t, 1, parts, 1), 1);
	assert_true(parts[0].n == UINT32_MAX);
}

/* A text that is too long is cut, between characters. */
static void
long_text(void **state)
{
	char text[200];
	struct topk t = { 0 };
	struct topk_part part;
	struct key k;
	const struct key *keys[] = { &k };

	(void)state;
	memset(text, 'a', sizeof(text));
	text[TOPK_TEXT_MAX - 2] = '\xc3';
	text[TOPK_TEXT_MAX - 1] = '\xa4';
	k = key_make(HASH_KEY_FIXED, KEY_SASL_USERNAME, STR_NONE,
	    (struct str){ text, sizeof(text) });
	topk_add(&t, 1, keys, 1, 1);
	assert_int_equal(topk_list(&t, 1, &part, 1), 1);
	assert_int_equal(strlen(part.text), TOPK_TEXT_MAX - 2);
}

static void
packs(void **state)
{
	struct topk t = { 0 }, u;
	struct buf b = { 0 }, again = { 0 };
	struct buf_reader r;

	(void)state;
	for (uint32_t i = 0; i < 200; i++)
		add(&t, 3 + i / 150, i % 41, i + 1);
	topk_pack(&b, &t);
	r = (struct buf_reader){ buf_str(&b), false };
	assert_true(topk_unpack(&r, &u));
	assert_int_equal(r.rest.n, 0);
	topk_pack(&again, &u);
	assert_int_equal(again.n, b.n);
	assert_memory_equal(again.p, b.p, b.n);
	for (size_t n = 0; n < b.n; n++) {
		r = (struct buf_reader){ str_head(buf_str(&b), n), false };
		assert_false(topk_unpack(&r, &u));
	}
	/* Any byte may be another: read or refused, and no harm. */
	for (size_t n = 0; n < b.n; n++) {
		struct topk_part parts[3];

		b.p[n] = (char)(b.p[n] ^ 0xff);
		r = (struct buf_reader){ buf_str(&b), false };
		if (topk_unpack(&r, &u))
			(void)topk_list(&u, 4, parts, 3);
		b.p[n] = (char)(b.p[n] ^ 0xff);
	}
	buf_done(&b);
	buf_done(&again);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_its_word),
		cmocka_unit_test(lists),
		cmocka_unit_test(several),
		cmocka_unit_test(long_text),
		cmocka_unit_test(packs),
	};

	return cmocka_run_group_tests_name("topk", tests, NULL, NULL);
}

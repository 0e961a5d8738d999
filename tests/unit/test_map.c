/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "weir/map.h"
#include "weir/mem.h"

#define NKEYS	300

static int values[NKEYS];

static struct str
name(int i, char out[16])
{
	return (struct str){ out, (size_t)snprintf(out, 16, "key-%d", i) };
}

/* Random operations against an array that is indexed by the key's number. */
static void
against_a_model(void **state)
{
	struct map *m = map_new(HASH_KEY_FIXED);
	int *model[NKEYS] = { NULL };
	size_t live = 0;
	uint32_t x = 1;
	char key[16];

	(void)state;
	for (int step = 0; step < 200000; step++) {
		int i, op;

		x = x * 1664525 + 1013904223;
		/* Fill and drain in turns, so that it grows and shrinks. */
		op = (int)(x >> 8 & 7) + (step / 5000 % 2 ? 2 : -2);
		i = (int)(x >> 16) % NKEYS;
		if (op < 3) {
			int *v = &values[x >> 11 & 255];

			assert_ptr_equal(map_put(m, name(i, key), v),
			    model[i]);
			live += model[i] == NULL;
			model[i] = v;
		} else if (op < 7) {
			assert_ptr_equal(map_del(m, name(i, key)), model[i]);
			live -= model[i] != NULL;
			model[i] = NULL;
		}
		assert_ptr_equal(map_get(m, name(i, key)), model[i]);
		assert_int_equal(map_count(m), live);
	}
	for (int i = 0; i < NKEYS; i++)
		assert_ptr_equal(map_get(m, name(i, key)), model[i]);
	map_free(m, NULL);
}

static void
walks(void **state)
{
	struct map *m = map_new(HASH_KEY_FIXED);
	int seen[NKEYS] = { 0 }, n = 0;
	struct str key;
	size_t iter = 0;
	char text[16];
	void *v;

	(void)state;
	for (int i = 0; i < NKEYS; i++)
		assert_null(map_put(m, name(i, text), &values[i]));
	/* Every entry comes once, though each second one is taken out. */
	while (map_next(m, &iter, &key, &v)) {
		size_t i = (size_t)((int *)v - values);

		assert_true(str_eq(key, name((int)i, text)));
		seen[i]++;
		if (n++ % 2 == 0)
			assert_ptr_equal(map_del(m, key), v);
	}
	for (int i = 0; i < NKEYS; i++)
		assert_int_equal(seen[i], 1);
	assert_int_equal(map_count(m), NKEYS / 2);
	for (iter = 0; map_next(m, &iter, &key, NULL); n--)
		continue;
	assert_int_equal(n, NKEYS / 2);
	map_free(m, NULL);
}

static void
keys_are_bytes(void **state)
{
	struct map *m = map_new(HASH_KEY_FIXED);
	char key[] = "mutable";

	(void)state;
	map_put(m, STR("a\0b"), xmalloc(1));
	map_put(m, STR("a"), xmalloc(2));
	map_put(m, STR(""), xmalloc(3));
	map_put(m, str_of(key), xmalloc(4));
	key[0] = 'X';
	assert_non_null(map_get(m, STR("mutable")));
	assert_null(map_get(m, str_of(key)));
	assert_non_null(map_get(m, STR_NONE));
	assert_int_equal(map_count(m), 4);
	free(map_del(m, STR("a\0b")));
	assert_null(map_get(m, STR("a\0b")));
	assert_non_null(map_get(m, STR("a")));
	map_free(m, free);
	map_free(NULL, free);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(against_a_model),
		cmocka_unit_test(walks),
		cmocka_unit_test(keys_are_bytes),
	};

	return cmocka_run_group_tests_name("map", tests, NULL, NULL);
}

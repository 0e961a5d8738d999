/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "weir/mem.h"
#include "weir/snapshot.h"

#define ROUNDS	2000

static void
starts_out_not_watching(void **state)
{
	struct snapshot_box *b = snapshot_box_new();
	struct snapshot s;

	(void)state;
	snapshot_get(b, &s);
	assert_false(s.watching);
	assert_string_equal(s.why_not, "weir is starting");
	assert_string_equal(s.version, WEIR_VERSION);
	assert_int_equal(s.nsources, 0);
	assert_null(s.beliefs_json);
	snapshot_done(&s);
	snapshot_box_free(b);
	snapshot_box_free(NULL);
}

static void
copies_are_deep(void **state)
{
	struct snapshot_box *b = snapshot_box_new();
	struct snapshot in = { .watching = true, .commits = 7 }, one, two;
	char text[] = "[1]";

	(void)state;
	in.beliefs_json = text;
	snapshot_publish(b, &in);
	snapshot_get(b, &one);
	text[1] = '2';
	snapshot_publish(b, &in);
	snapshot_get(b, &two);
	assert_string_equal(one.beliefs_json, "[1]");
	assert_string_equal(two.beliefs_json, "[2]");
	assert_true(one.watching);
	assert_int_equal(one.commits, 7);
	in.beliefs_json = NULL;
	snapshot_publish(b, &in);
	snapshot_box_free(b);
	snapshot_done(&one);
	snapshot_done(&two);
	assert_null(two.beliefs_json);
	snapshot_done(&two);
}

/* What is read is one published value, never parts of two. */
static void *
reader(void *ctx)
{
	struct snapshot *s = xmalloc(sizeof(*s));
	char want[32];
	size_t torn = 0;
	int i;

	for (i = 0; i < ROUNDS; i++) {
		snapshot_get(ctx, s);
		snprintf(want, sizeof(want), "%" PRIu64, s->commits);
		if (s->beliefs_json != NULL &&
		    (strcmp(s->beliefs_json, want) != 0 ||
		    strcmp(s->why_not, want) != 0 ||
		    s->commit_us_total != s->commits))
			torn++;
		snapshot_done(s);
	}
	free(s);
	return (void *)(uintptr_t)torn;
}

static void
readers_see_whole_values(void **state)
{
	struct snapshot_box *b = snapshot_box_new();
	struct snapshot *s = xcalloc(1, sizeof(*s));
	pthread_t threads[3];
	char text[32];
	void *torn;
	size_t i;

	(void)state;
	for (i = 0; i < 3; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, reader, b),
		    0);
	for (i = 1; i <= ROUNDS; i++) {
		s->commits = s->commit_us_total = i;
		snprintf(text, sizeof(text), "%zu", i);
		str_copy(str_of(text), s->why_not, sizeof(s->why_not));
		s->beliefs_json = text;
		snapshot_publish(b, s);
	}
	for (i = 0; i < 3; i++) {
		pthread_join(threads[i], &torn);
		assert_null(torn);
	}
	free(s);
	snapshot_box_free(b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(starts_out_not_watching),
		cmocka_unit_test(copies_are_deep),
		cmocka_unit_test(readers_see_whole_values),
	};

	return cmocka_run_group_tests_name("snapshot", tests, NULL, NULL);
}

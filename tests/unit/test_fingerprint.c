/* SPDX-License-Identifier: Apache-2.0 */
#include "source_util.h"

#include "../../src/source/fingerprint.h"
#include "../../src/source/streams.h"

static void
grows_with_what_was_taken(void **state)
{
	char text[3000];
	struct stream st = { 0 };

	(void)state;
	memset(text, 'a', sizeof(text));
	fingerprint_extend(&st, (struct str){ text, sizeof(text) });
	assert_int_equal(st.fingerprint_len, 0);
	st.offset = 10;
	fingerprint_extend(&st, (struct str){ text, sizeof(text) });
	assert_int_equal(st.fingerprint_len, 10);
	assert_true(fingerprint_matches(&st, (struct str){ text, 10 }));
	assert_true(fingerprint_matches(&st, (struct str){ text, 3000 }));
	assert_false(fingerprint_matches(&st, (struct str){ text, 9 }));
	st.offset = 2000;
	fingerprint_extend(&st, (struct str){ text, 500 });
	assert_int_equal(st.fingerprint_len, 500);
	fingerprint_extend(&st, (struct str){ text, sizeof(text) });
	assert_int_equal(st.fingerprint_len, STREAM_FINGERPRINT_SPAN);
	/* Never shorter again. */
	st.offset = 5;
	fingerprint_extend(&st, (struct str){ text, sizeof(text) });
	assert_int_equal(st.fingerprint_len, STREAM_FINGERPRINT_SPAN);
	text[1023] = 'b';
	assert_false(fingerprint_matches(&st, (struct str){ text, 3000 }));
	text[1023] = 'a';
	text[1024] = 'b';
	assert_true(fingerprint_matches(&st, (struct str){ text, 3000 }));
}

static void
longest_wins(void **state)
{
	struct streams known = { 0 };
	struct stream st = { .cursor = "a journal" };
	struct str text = STR("one line\nanother line\na third\n");
	const struct stream *got;

	(void)state;
	assert_null(fingerprint_find(&known, text));
	streams_put(&known, &st);
	assert_null(fingerprint_find(&known, text));
	st = (struct stream){ .offset = 9 };
	fingerprint_extend(&st, text);
	assert_int_equal(streams_put(&known, &st), 2);
	st = (struct stream){ .offset = 22 };
	fingerprint_extend(&st, text);
	assert_int_equal(streams_put(&known, &st), 3);
	st = (struct stream){ .offset = 9 };
	fingerprint_extend(&st, STR("two line\n"));
	assert_int_equal(streams_put(&known, &st), 4);

	got = fingerprint_find(&known, text);
	assert_non_null(got);
	assert_int_equal(got->id, 3);
	got = fingerprint_find(&known, STR("one line\nanother"));
	assert_non_null(got);
	assert_int_equal(got->id, 2);
	assert_null(fingerprint_find(&known, STR("one lin")));
	assert_null(fingerprint_find(&known, STR("three lines\n")));
	streams_done(&known);
}

static void
chain_is_of_the_content(void **state)
{
	(void)state;
	assert_int_equal(fingerprint_chain(STR("x")),
	    fingerprint_chain(STR("x")));
	assert_int_not_equal(fingerprint_chain(STR("x")),
	    fingerprint_chain(STR("y")));
	assert_int_not_equal(fingerprint_chain(STR("")), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(grows_with_what_was_taken),
		cmocka_unit_test(longest_wins),
		cmocka_unit_test(chain_is_of_the_content),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon_util.h"

#include "weir/mem.h"
#include "weir/same.h"

struct given {
	size_t	lines;		/* of either source */
	size_t	equal;		/* of a hundred, the same text */
	int64_t	later;		/* how much later the second has them */
	uint32_t pid;		/* of the second's lines; the first's is 1 */
	bool	want;
};

static const struct given cases[] = {
	{ 100, 100, 0, 1, true },
	{ 100, 100, USEC_PER_SEC, 1, true },
	{ 100, 100, 5 * USEC_PER_SEC, 1, false },
	{ 100, 100, 0, 2, false },
	{ SAME_LINES - 1, 100, 0, 1, false },
	{ SAME_LINES, 100, 0, 1, true },
	/* Some equal ones among many are chance. */
	{ 2000, 10, 0, 1, false },
};

/* One line: text "N" where they are equal, "SOURCE/N" where not. */
static bool
take(struct same *s, struct batch *b, size_t source, size_t n,
    const struct given *g, size_t *other)
{
	struct record	*r = &b->lines[0].record;
	char		 text[32];

	snprintf(text, sizeof(text), "%zu/%zu",
	    n % 100 >= 100 - g->equal ? 9 : source, n);
	memset(b->lines, 0, sizeof(*b->lines));
	r->at = (int64_t)n * USEC_PER_SEC + (source == 1 ? g->later : 0);
	r->unit = STR("postfix/smtpd");
	r->text = str_of(text);
	r->pid = source == 1 ? g->pid : 1;
	b->nlines = 1;
	return same_take(s, source, b, other);
}

static void
test_cases(void **state)
{
	struct same	*s = xcalloc(1, sizeof(*s));
	struct batch	*b = batch_new();
	size_t		 other;

	(void)state;
	b->lines = xcalloc(1, sizeof(*b->lines));
	b->lines_cap = 1;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct given	*g = &cases[i];
		bool			 got = false;

		same_init(s, HASH_KEY_FIXED);
		for (size_t n = 0; n < g->lines && !got; n++) {
			got = take(s, b, 0, n, g, &other);
			if (!got && take(s, b, 1, n, g, &other)) {
				got = true;
				assert_int_equal(other, 0);
			}
		}
		if (got != g->want)
			fail_msg("case %zu: got %d", i, got);
	}
	batch_free(b);
	free(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

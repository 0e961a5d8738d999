/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Optimal string alignment: the edit distance that also knows the swap of two
 * neighbours ("treshold", "tiemout").  A candidate counts as meant when no
 * more than a third of the word has to change.
 */
#include "weir/suggest.h"

#include <string.h>

static size_t
least(size_t a, size_t b)
{
	return a < b ? a : b;
}

size_t
suggest_distance(const char *a, const char *b)
{
	size_t na = strlen(a), nb = strlen(b), i, j;
	size_t row[3][SUGGEST_MAX + 1];
	size_t *before = row[0], *last = row[1], *now = row[2], *t;

	if (na >= SUGGEST_MAX || nb >= SUGGEST_MAX)
		return SUGGEST_MAX;
	for (j = 0; j <= nb; j++)
		before[j] = last[j] = j;
	for (i = 1; i <= na; i++) {
		now[0] = i;
		for (j = 1; j <= nb; j++) {
			now[j] = least(last[j - 1] + (a[i - 1] != b[j - 1]),
			    least(last[j], now[j - 1]) + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1])
				now[j] = least(now[j], before[j - 2] + 1);
		}
		t = before;
		before = last;
		last = now;
		now = t;
	}
	return last[nb];
}

void
suggest_try(const char *word, const char *candidate, const char **best)
{
	size_t d = suggest_distance(word, candidate);

	if (d > (strlen(word) + 2) / 3)
		return;
	if (*best == NULL || d < suggest_distance(word, *best))
		*best = candidate;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* What was meant: the nearest of some words to one that is not known. */
#ifndef WEIR_SUGGEST_H
#define WEIR_SUGGEST_H

#include <stddef.h>

#define SUGGEST_MAX	48	/* longer words are not compared */

/*
 * Edits (insert, delete, change, swap of neighbours) from one word to the
 * other; SUGGEST_MAX when one of them is too long.
 */
size_t	suggest_distance(const char *a, const char *b);
/*
 * Keep in *best the word that is nearer to `word`; call it for each candidate
 * with *best == NULL at first.  Words that are too far are never kept.
 */
void	suggest_try(const char *word, const char *candidate,
	    const char **best);

#endif

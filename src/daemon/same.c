/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See same.h.  One table of slots by hash holds who had the line last; a full
 * slot is simply taken over, so memory is fixed and what is forgotten only
 * delays the finding.  Counts are halved now and then: "of late".
 */
#include "weir/same.h"

#include <string.h>

#define WITHIN		(2 * USEC_PER_SEC)
#define OF_LATE		1024	/* lines after which counts are halved */

void
same_init(struct same *s, struct hash_key key)
{
	memset(s, 0, sizeof(*s));
	s->key = key;
}

static uint64_t
hash_line(const struct same *s, const struct record *r)
{
	uint64_t	h[3];

	h[0] = hash_64(s->key, r->unit);
	h[1] = hash_64(s->key, r->text);
	h[2] = r->pid;
	return hash_64(s->key, (struct str){ (const char *)h, sizeof(h) });
}

static void
halve(struct same *s, size_t source)
{
	for (size_t i = 0; i < READER_SOURCES; i++) {
		s->equal[source][i] /= 2;
		s->equal[i][source] /= 2;
	}
	s->lines[source] /= 2;
}

static bool
is_same(const struct same *s, size_t a, size_t b)
{
	uint32_t	equal = s->equal[a][b] + s->equal[b][a];
	uint32_t	fewer = s->lines[a] < s->lines[b] ? s->lines[a] :
			    s->lines[b];

	return equal >= SAME_LINES && equal >= fewer / 2;
}

bool
same_take(struct same *s, size_t source, const struct batch *b,
    size_t *ret_other)
{
	for (size_t i = 0; i < b->nlines; i++) {
		const struct record	*r = &b->lines[i].record;
		uint64_t		 h = hash_line(s, r);
		struct same_slot	*slot = &s->slots[h % SAME_SLOTS];
		size_t			 other = slot->source;

		if (++s->lines[source] >= OF_LATE)
			halve(s, source);
		if (slot->hash == h && other != source &&
		    r->at - slot->at <= WITHIN && slot->at - r->at <= WITHIN) {
			s->equal[source][other]++;
			if (is_same(s, source, other)) {
				*ret_other = other;
				return true;
			}
			continue;
		}
		*slot = (struct same_slot){ h, r->at, source };
	}
	return false;
}

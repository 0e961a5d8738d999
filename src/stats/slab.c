/* SPDX-License-Identifier: Apache-2.0 */
/* See slab.h. */
#include "slab.h"

#include <stdlib.h>
#include <string.h>

#include "weir/mem.h"

#define LEAST_ROWS	64

void
slab_init(struct slab *s, size_t size, size_t use_at, size_t cap,
    void (*drop)(struct slab *s, void *row))
{
	*s = (struct slab){ .size = size, .use_at = use_at, .cap = cap,
	    .drop = drop };
}

void
slab_done(struct slab *s)
{
	for (size_t i = 0; s->drop != NULL && i < s->n; i++)
		s->drop(s, slab_row(s, i));
	free(s->rows);
	free(s->index);
	*s = (struct slab){ 0 };
}

void *
slab_row(const struct slab *s, size_t i)
{
	return s->rows + i * s->size;
}

size_t
slab_bytes(const struct slab *s)
{
	return s->room * s->size + s->slots * sizeof(*s->index) + s->outside;
}

static uint64_t
id_of(const void *row)
{
	uint64_t	id;

	memcpy(&id, row, sizeof(id));
	return id;
}

/* The slot of an id, or the empty one where it would go. */
static size_t
slot_of(const struct slab *s, uint64_t id)
{
	size_t	mask = s->slots - 1, i = id & mask;

	while (s->index[i] != 0 && id_of(slab_row(s, s->index[i] - 1)) != id)
		i = (i + 1) & mask;
	return i;
}

void *
slab_find(const struct slab *s, uint64_t id)
{
	size_t	i;

	if (s->n == 0)
		return NULL;
	i = slot_of(s, id);
	return s->index[i] == 0 ? NULL : slab_row(s, s->index[i] - 1);
}

static void
grow(struct slab *s)
{
	s->room = s->room == 0 ? LEAST_ROWS : 2 * s->room;
	if (s->room > s->cap)
		s->room = s->cap;
	s->rows = xreallocarray(s->rows, s->room, s->size);
	for (s->slots = 2 * LEAST_ROWS; s->slots < 2 * s->room; )
		s->slots *= 2;
	free(s->index);
	s->index = xcalloc(s->slots, sizeof(*s->index));
	for (size_t i = 0; i < s->n; i++)
		s->index[slot_of(s, id_of(slab_row(s, i)))] = (uint32_t)i + 1;
}

/* Take a slot out; what lies behind it in the same run moves up. */
static void
unlink_slot(struct slab *s, size_t hole)
{
	size_t	mask = s->slots - 1, i = hole, home;

	for (;;) {
		s->index[hole] = 0;
		do {
			i = (i + 1) & mask;
			if (s->index[i] == 0)
				return;
			home = id_of(slab_row(s, s->index[i] - 1)) & mask;
		} while (hole <= i ? hole < home && home <= i :
		    hole < home || home <= i);
		s->index[hole] = s->index[i];
		hole = i;
	}
}

static size_t
evict(struct slab *s)
{
	uint8_t	*use;

	for (;; s->hand++) {
		if (s->hand >= s->n)
			s->hand = 0;
		use = (uint8_t *)slab_row(s, s->hand) + s->use_at;
		if (*use == 0)
			break;
		(*use)--;
	}
	unlink_slot(s, slot_of(s, id_of(slab_row(s, s->hand))));
	if (s->drop != NULL)
		s->drop(s, slab_row(s, s->hand));
	s->evicted++;
	return s->hand++;
}

void *
slab_add(struct slab *s, uint64_t id)
{
	size_t	i;
	char	*row;

	if (s->n < s->cap) {
		if (s->n == s->room)
			grow(s);
		i = s->n++;
	} else {
		i = evict(s);
	}
	row = slab_row(s, i);
	memset(row, 0, s->size);
	memcpy(row, &id, sizeof(id));
	s->index[slot_of(s, id)] = (uint32_t)i + 1;
	return row;
}

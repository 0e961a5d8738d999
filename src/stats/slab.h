/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows of one size that are found by a 64-bit id, up to a cap; then the row
 * that was idle longest makes room (CLOCK: each look gives a row another
 * round).  A row begins with its id.
 */
#ifndef WEIR_SLAB_H
#define WEIR_SLAB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct slab {
	char		*rows;
	uint32_t	*index;		/* row + 1 by hash; 0: empty */
	size_t		 size;		/* of a row */
	size_t		 use_at;	/* offset of its u8 of rounds left */
	size_t		 n, room, cap, slots, hand;
	uint64_t	 evicted;
	size_t		 outside;	/* bytes that rows own beside them */
	/* NULL: nothing to free. */
	void		(*drop)(struct slab *s, void *row);
};

void	 slab_init(struct slab *s, size_t size, size_t use_at, size_t cap,
	    void (*drop)(struct slab *s, void *row));
void	 slab_done(struct slab *s);
void	*slab_find(const struct slab *s, uint64_t id);
/* A new row of zeros with that id, which is not there yet. */
void	*slab_add(struct slab *s, uint64_t id);
void	*slab_row(const struct slab *s, size_t i);
/* With what rows own. */
size_t	 slab_bytes(const struct slab *s);

#endif

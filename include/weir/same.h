/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Do two sources carry the same lines?  A host often writes its mail log into
 * the journal and a file at once; counting both would double everything.  A
 * line is the same when program, process id and text are, within two seconds.
 */
#ifndef WEIR_SAME_H
#define WEIR_SAME_H

#include "weir/hash.h"
#include "weir/reader.h"

#define SAME_SLOTS	4096
#define SAME_LINES	32	/* equal ones before it is believed */

struct same_slot {
	uint64_t	hash;
	int64_t		at;
	size_t		source;
};

struct same {
	struct hash_key		 key;
	struct same_slot	 slots[SAME_SLOTS];
	uint32_t		 lines[READER_SOURCES];	/* of late */
	uint32_t		 equal[READER_SOURCES][READER_SOURCES];
};

void	same_init(struct same *s, struct hash_key key);
/*
 * Lines of one source.  True, once enough of them came from another source
 * too, with that one's index: at least half of what either had of late.
 */
bool	same_take(struct same *s, size_t source, const struct batch *b,
	    size_t *ret_other);

#endif

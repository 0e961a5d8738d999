/* SPDX-License-Identifier: Apache-2.0 */
/* Between book.c (what happens to alerts) and book_index.c (where they are). */
#ifndef ALERT_BOOK_PRIV_H
#define ALERT_BOOK_PRIV_H

#include <sys/queue.h>

#include "weir/book.h"
#include "weir/map.h"

enum lane { LANE_TOLD, LANE_SHADOW, LANE_EXEMPT, LANE_COUNT };

struct entry {
	TAILQ_ENTRY(entry)	 changes, live;
	struct alert		*a;
	const struct detector	*d;		/* NULL: not of the core */
	bool			 changed;	/* counted since told */
};

TAILQ_HEAD(entry_list, entry);

struct book {
	struct map	*index;
	struct entry_list changed;
	struct entry_list live;		/* by last_seen */
	size_t		 n[LANE_COUNT];
	int64_t		 quiet_us, pause_us;
	struct book_out	 out;
	struct buf	 key;
};

enum lane	 book_lane_of(const struct alert *a);
enum lane	 book_lane_for(const struct report *r);
/* Does the key say who did it?  Else it is shared by unlike incidents. */
bool		 book_is_source(enum alert_key_type type);
/* The detector's alert of a key; or, of who did it, any detector's. */
struct entry	*book_find_key(struct book *b, enum lane lane,
		    const struct detector *d, enum alert_key_type type,
		    struct str host, struct str text);
struct entry	*book_find_actor(struct book *b, enum lane lane,
		    enum alert_key_type type, struct str host,
		    struct str text);
/* What goes on under a detector; host STR_NONE: on any. */
struct entry	*book_find_merged(struct book *b, enum lane lane,
		    const struct detector *d, struct str host);
/* One more key of an alert. */
void		 book_index_key(struct book *b, struct entry *e,
		    enum alert_key_type type, struct str text);
void		 book_index(struct book *b, struct entry *e);
void		 book_unindex(struct book *b, struct entry *e);

#endif

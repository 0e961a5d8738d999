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
/* Keys of the index; they hold until the next is made. */
struct str	 book_own_key(struct book *b, const struct entry *e,
		    enum alert_key_type type, struct str text);
struct str	 book_merged_key(struct book *b, enum lane lane,
		    const struct detector *d, struct str host);
void		 book_put_key(struct book *b, struct entry *e, struct str key);
void		 book_del_key(struct book *b, struct entry *e, struct str key);
struct entry	*book_find_key(struct book *b, enum lane lane,
		    const struct detector *d, enum alert_key_type type,
		    struct str host, struct str text);
void		 book_each_key(struct book *b, struct entry *e,
		    void (*fn)(struct book *b, struct entry *e,
		    struct str key));

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bounded way of batches from the reader to the loop.  Batches go round:
 * the reader takes a blank one, fills and puts it, the loop gets and releases
 * it.  When none is blank the reader waits, so a slow store slows reading and
 * memory stays bounded.
 */
#ifndef WEIR_QUEUE_H
#define WEIR_QUEUE_H

#include <sys/queue.h>

#include "weir/source.h"

struct work {
	STAILQ_ENTRY(work)	 next;
	struct batch		*batch;
	size_t			 source;	/* index, the owner's */
	enum source_state	 state;
	bool			 made;		/* a fire drill, no log line */
	struct error		 problem;	/* "": none */
};

struct queue;

struct queue	*queue_new(size_t n);
void		 queue_free(struct queue *q);
/* Readable while something waits to be got. */
int		 queue_fd(const struct queue *q);

/* Reader: wait for a blank one; NULL when stopped. */
struct work	*queue_blank(struct queue *q);
void		 queue_put(struct queue *q, struct work *w);
/* Reader: nothing more will be put. */
void		 queue_close(struct queue *q);

/*
 * Loop: the oldest, or NULL when nothing waits now.  With `wait`, NULL means
 * closed and empty.
 */
struct work	*queue_get(struct queue *q, bool wait);
/* Loop: as queue_get with `wait`, but NULL after `ms` too. */
struct work	*queue_get_within(struct queue *q, int ms);
/* Either: it is blank again. */
void		 queue_release(struct queue *q, struct work *w);
/* Loop: the reader shall end; queue_blank gives NULL from now on. */
void		 queue_stop(struct queue *q);
bool		 queue_stopped(struct queue *q);
bool		 queue_closed(struct queue *q);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The reader: one thread that reads every source of the daemon, cuts and
 * parses the lines and puts them into the queue.  It owns its sources; nobody
 * else touches them.
 */
#ifndef WEIR_READER_H
#define WEIR_READER_H

#include "weir/queue.h"

#define READER_SOURCES	16
#define READER_TOKEN	64

struct reader;

/*
 * Takes over `known`.  Strings and zones of the options must outlive the
 * reader.  Files are read to their end before journals begin, so that the
 * older lines come first.
 */
struct reader	*reader_start(struct queue *q, struct streams *known,
		    const struct source_options *v, size_t n,
		    struct error *err);
/* Ends the thread; what it has put may still be got.  NULL is allowed. */
void		 reader_stop(struct reader *r);
/* Read no more of that source. */
void		 reader_pause(struct reader *r, size_t source);
/* A fire drill: let the line "fire drill TOKEN" come from that source. */
void		 reader_inject(struct reader *r, size_t source,
		    const char *token);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The book of open alerts: turns findings and commands into the transitions
 * of an alert's life.  One alert for each detector, host and key; bounded.
 */
#ifndef WEIR_BOOK_H
#define WEIR_BOOK_H

#include "weir/alert.h"
#include "weir/error.h"
#include "weir/hash.h"

#define BOOK_ALERTS_MAX	10000	/* open at once; then one for the host */

struct book;

struct book_out {
	void	*ctx;
	/* Borrowed for the call. */
	void	(*alert)(void *ctx, const struct alert *a,
		    enum alert_transition t);
};

struct book	*book_new(struct hash_key key, const struct book_out *out);
void		 book_free(struct book *b);
/* An alert that is open in the store. */
void		 book_add(struct book *b, const struct alert *a);
/*
 * A detector is concerned by an event: counts it into the open alert of its
 * key, or opens one with the detector's words.  `historical`: the event is old
 * news.
 */
void		 book_find(struct book *b, const struct detector *d,
		    const struct policy *p, const struct event *e,
		    struct str lines, bool historical);
/*
 * An event that had been counted no longer concerns the detector: the last one
 * resolves the alert, with that reason.
 */
void		 book_take_back(struct book *b, const struct detector *d,
		    const struct event *e, const char *reason);
/* -1 with a sentence when the alert is not open. */
int		 book_acknowledge(struct book *b, const struct alert *a,
		    const char *who, struct error *err);
int		 book_resolve(struct book *b, const struct alert *a,
		    const char *who, const char *reason, struct error *err);
/* Tell the counts that changed (TRANSITION_COUNTED); before a commit. */
void		 book_flush(struct book *b);
size_t		 book_count(const struct book *b);

#endif

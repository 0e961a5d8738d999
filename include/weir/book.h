/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The book of open alerts: turns findings and commands into the transitions
 * of an alert's life.  One alert for each incident; bounded.
 */
#ifndef WEIR_BOOK_H
#define WEIR_BOOK_H

#include "weir/alert.h"
#include "weir/error.h"
#include "weir/hash.h"
#include "weir/scan.h"

#define BOOK_ALERTS_MAX	10000	/* open at once; then one for the host */
/* Another key of a detector with one incident joins it for so long. */
#define BOOK_PAUSE_US	(3 * USEC_PER_HOUR)
#define BOOK_QUIET_US	(24 * USEC_PER_HOUR)

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
/* What a detector found at an event. */
struct report {
	const struct detector	*detector;
	const struct event	*event;
	struct str		 lines;
	enum alert_key_type	 key_type;
	struct str		 key;
	const struct facts	*facts;		/* the event's keys, if known */
	/* Either: what the scan found ... */
	const struct hit	*hit;
	/* ... or the detector's own words under this policy. */
	const struct policy	*policy;
	uint32_t		 refused;	/* of its actor before */
	bool			 historical;	/* the event is old news */
};

/*
 * Counts into the open alert of the incident it belongs to, or opens one: the
 * alert of that key; or of who caused the event; or, where a detector has one
 * incident for a host, that one.
 */
void		 book_report(struct book *b, const struct report *r);
/* What was quiet for BOOK_QUIET_US by then is over. */
void		 book_advance(struct book *b, int64_t now);
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

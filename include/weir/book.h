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

/* Open at once of those told of, on trial, exempt; then one for the host. */
#define BOOK_ALERTS_MAX	10000
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
/* In the place of BOOK_QUIET_US and BOOK_PAUSE_US. */
void		 book_set_spans(struct book *b, int64_t quiet_us,
		    int64_t pause_us);
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
	/* Nobody is told: the detector is on trial, or for that reason. */
	bool			 shadow;
	const struct exemption	*exemption;
	uint32_t		 refused;	/* attempts before */
	bool			 historical;	/* the event is old news */
};

/*
 * Counts into the open alert of the incident it belongs to, or opens one: the
 * alert of that key; or of who caused the event; or, where a detector has one
 * incident for a host, that one.  What people are told of, what is on trial
 * and what is exempt never meet in one alert.
 */
void		 book_report(struct book *b, const struct report *r);
/*
 * What was quiet for so long by then is over.  By the wall clock this holds for
 * what was found in time: history goes on with its own events.
 */
void		 book_advance(struct book *b, int64_t now, bool wall_clock);
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

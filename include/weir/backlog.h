/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Alerts of the past: they are stored and listed, but nobody is paged for each.
 * This counts them until the backlog is worked off and makes one summary of
 * them.  The count is a value of the store, so that a restart keeps it.
 */
#ifndef WEIR_BACKLOG_H
#define WEIR_BACKLOG_H

#include "weir/store.h"

#define BACKLOG_TITLES	5	/* of the first most serious ones */

struct backlog {
	int64_t			 count;
	int64_t			 first, last;	/* when they opened */
	enum alert_severity	 worst;
	struct buf		 titles;	/* ntitles packed texts */
	uint32_t		 ntitles;
	uint8_t			 id[EVENT_ID_SIZE];	/* of the newest */
};

/* Inside a transaction of the store. */
void	backlog_load(struct backlog *b, struct store *s);
void	backlog_add(struct backlog *b, struct store *s, const struct alert *a);
void	backlog_clear(struct backlog *b, struct store *s);
void	backlog_done(struct backlog *b);
/* An alert that tells of them all, or NULL when there is none. */
struct alert	*backlog_summary(const struct backlog *b);

#endif

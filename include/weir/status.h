/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The snapshot as JSON, as text for a person, and as OpenMetrics.  Reads no
 * clock: ages are counted to the `now` it is given.
 */
#ifndef WEIR_STATUS_H
#define WEIR_STATUS_H

#include <jansson.h>

#include "weir/policy.h"
#include "weir/snapshot.h"

/* New reference. */
json_t	*status_json(const struct snapshot *s);
/* Have the statistics learnt for less than a week? */
bool	 status_is_young(const struct snapshot *s);
/*
 * First line "OK: ..." or "NOT WATCHING: why", then a page for a terminal;
 * `j` is status_json's form.  Control characters are made harmless.
 */
void	 status_text(const json_t *j, struct buf *out);
/* That first line alone, without LF. */
void	 status_line(const json_t *j, struct buf *out);
/*
 * What the policy believes and why, as a JSON list of {"key", "source",
 * "value"}: for snapshots and for store_put_policy.  The caller frees it.
 */
char	*status_beliefs(const struct policy *p);

/* What /metrics adds to a snapshot. */
struct status_gauges {
	int64_t		now;				/* wall clock */
	int64_t		alerts[SEVERITY_COUNT];		/* open ones */
	int64_t		resident_bytes;			/* -1: not known */
};

/* OpenMetrics 1.0 text, "# EOF" included. */
void	 status_metrics(const struct snapshot *s,
	    const struct status_gauges *g, struct buf *out);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From lines to events: one message, one row, whatever happens to it.
 *
 * A message is known by host and queue id (not by instance: one queue may log
 * under several syslog names).  Filters, aliases and bounces make children
 * with queue ids of their own; a child takes its client from the first hop,
 * and what is not known yet is held until it is, or until `hold_us` of engine
 * time have passed.  What is learnt after that is a revision.
 */
#ifndef WEIR_CORRELATE_H
#define WEIR_CORRELATE_H

#include "weir/hash.h"
#include "weir/line.h"
#include "weir/policy.h"

struct correlate;

struct correlate_options {
	struct hash_key	hash_key;
	int64_t		hold_us;
	size_t		messages_max, sessions_max;
	bool		keep_lines, subjects;
};

/* All arguments are borrowed for the call. */
struct correlate_out {
	void	*ctx;
	/* A finished event and the raw lines behind it, LF between. */
	void	(*event)(void *ctx, struct event *e, struct str lines);
	void	(*revise)(void *ctx, struct event *e, struct str lines,
		    const char *why);
	/* As engine_sink's. */
	void	(*keep)(void *ctx, struct str key, int64_t at, int64_t due,
		    struct str blob);
	bool	(*recall)(void *ctx, struct str key, struct buf *ret);
};

struct correlate_stats {
	uint64_t	held, evicted, recalled;
	size_t		messages, sessions;
};

struct correlate	*correlate_new(const struct correlate_options *o,
			    struct policy *policy,
			    const struct correlate_out *out);
void	correlate_free(struct correlate *c);
/* What the ids of a line's events are made of. */
struct line_id {
	uint8_t		digest[16];	/* event_digest */
	uint32_t	ordinal;	/* among identical ones of an instant */
};

/* now: engine time. */
void	correlate_line(struct correlate *c, const struct record *r,
	    const struct line *l, const struct line_id *id, int64_t now);
/* Take up what a former one kept until then; 0: there was none. */
void	correlate_resume(struct correlate *c, int64_t now);
/* Engine time has moved: let go of what was held long enough. */
void	correlate_advance(struct correlate *c, int64_t now);
/* When correlate_advance has something to do, or 0. */
int64_t	correlate_due(const struct correlate *c);
/* Take up one kept message or session; false: not a key of this module. */
bool	correlate_wake(struct correlate *c, struct str key);
/* Hand everything that changed to `keep`. */
void	correlate_flush(struct correlate *c);
const struct correlate_stats *correlate_stats(const struct correlate *c);

#endif

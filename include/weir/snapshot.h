/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the loop publishes after each commit for status, metrics and health: a
 * value behind a mutex, copied out by readers.
 */
#ifndef WEIR_SNAPSHOT_H
#define WEIR_SNAPSHOT_H

#include "weir/engine.h"
#include "weir/source.h"
#include "weir/store.h"

#define SNAPSHOT_SOURCES	16
#define SNAPSHOT_SAMPLES	16

struct snapshot_source {
	char			name[64], path[256], host[256];
	enum source_state	state;
	struct batch_counts	counts;
	int64_t			last_line_at;	/* event time of the last */
	int64_t			last_read_at;	/* wall clock */
	char			problem[512];	/* "": none */
	char			mend[512];	/* command that mends it */
};

struct snapshot_unknown {	/* lines no rule knows, by program */
	char		program[64];
	uint64_t	lines;
	char		sample[512];
};

struct snapshot {
	char			version[32], host[256];
	int64_t			started_at, published_at, committed_at;
	bool			watching;	/* some source is read */
	char			why_not[512];
	char			not_storing[512];	/* why; "": it does */
	struct engine_stats	engine;
	struct snapshot_source	sources[SNAPSHOT_SOURCES];
	size_t			nsources;
	struct snapshot_unknown	unknown[SNAPSHOT_SAMPLES];
	size_t			nunknown;
	struct store_totals	store;
	uint64_t		commits, commit_us_total;
	uint64_t		hooks_delivered, hooks_failed;
	/*
	 * What status_beliefs() made of the policy; owned, NULL is allowed.
	 * snapshot_publish copies it, so the loop keeps its own.
	 */
	char			*beliefs_json;
};

struct snapshot_box;

/* Holds, until the first publish, one that says weir is still starting. */
struct snapshot_box	*snapshot_box_new(void);
/*
 * One more unknown line of a program in a list of SNAPSHOT_SAMPLES.  When it
 * is full the rarest makes room and its count is taken over (Metwally's space
 * saving), so that a program which goes on is always found.
 */
void	snapshot_count_unknown(struct snapshot_unknown *list, size_t *n,
	    struct str program, struct str line);
/* NULL is allowed. */
void	snapshot_box_free(struct snapshot_box *b);
/* Takes a copy. */
void	snapshot_publish(struct snapshot_box *b, const struct snapshot *s);
/* A deep copy, for snapshot_done; `ret` need not be initialised. */
void	snapshot_get(struct snapshot_box *b, struct snapshot *ret);
void	snapshot_done(struct snapshot *s);

#endif

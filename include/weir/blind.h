/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Is weir blind?  What a source of lines usually does, and whether it still
 * does: its silences, the share of lines that no rule knows, lines that were
 * lost, and stamps from the future.  Time is the wall clock and an argument.
 *
 * A silence is too long when it is more than twice the longest one that ended
 * within the last fourteen days, and `silence` at least: a host that is quiet
 * at night or over the week-end has had such nights.  Before a whole day was
 * seen nothing is said.  The share of unknown lines of the last hour is too
 * large above `unknown` per cent and four times what it was before.
 */
#ifndef WEIR_BLIND_H
#define WEIR_BLIND_H

#include "weir/buf.h"
#include "weir/config.h"
#include "weir/pipeline.h"

#define BLIND_DAYS	14
#define BLIND_SLICES	6	/* of ten minutes */

/* What is known of one source. */
struct blind_source {
	int64_t		last;			/* line; 0: none yet */
	int64_t		since, day;		/* first seen; of longest[0] */
	int64_t		longest[BLIND_DAYS];	/* usec; that ended that day */
	int64_t		slice;			/* number of the newest */
	uint64_t	lines[BLIND_SLICES], unknown[BLIND_SLICES];
	double		usual;			/* share; below 0: not known */
	int64_t		lost_at;		/* lines were lost; 0: no */
};

struct blind_options {
	bool		enabled;
	int64_t		silence_us;
	int64_t		unknown_percent;
	bool		shadow;
};

void	blind_options(const struct config *c, struct blind_options *ret);
/* A source that is read from now on: what was silent before does not count. */
void	blind_begin(struct blind_source *s, int64_t now);
/* Lines came, or a batch without. */
void	blind_take(struct blind_source *s, const struct batch *b, int64_t now);
/* Let time pass: days and slices turn. */
void	blind_pass(struct blind_source *s, int64_t now);
/* How long it may be silent, usec; 0: nothing is known yet. */
int64_t	blind_patience(const struct blind_source *s,
	    const struct blind_options *o, int64_t now);
/* Share of the last hour's lines that no rule knew, or -1: too few lines. */
double	blind_share(const struct blind_source *s);

/* Kept from one start to the next. */
void	blind_pack(struct buf *b, const struct blind_source *s);
bool	blind_unpack(struct str blob, struct blind_source *ret);

/*
 * Open and resolve the alerts of a source whose lines have the given name,
 * path and host.  Inside or outside a transaction.
 */
void	blind_judge(struct blind_source *s, const struct blind_options *o,
	    const char *name, const char *path, const char *host,
	    struct pipeline *p, int64_t now);
/*
 * The same of stamps from the future, by the engine's count of them; *seen and
 * *at are the caller's to keep.
 */
void	blind_judge_clock(const struct blind_options *o, uint64_t *seen,
	    int64_t *at, const char *host, struct pipeline *p, int64_t now);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the daemon reads, and whether it can: the sources of the configuration
 * (or what this host has), their state as `weir status` shows it, and an alert
 * for a log that may not be read.
 *
 * A journal and a file of the same host tell the same story twice.  The
 * journal wins; the file serves for the time before the journal begins, and
 * for hosts that the journal does not know.
 */
#ifndef WEIR_WATCH_H
#define WEIR_WATCH_H

#include "weir/config.h"
#include "weir/pipeline.h"
#include "weir/reader.h"

struct watch_source {
	char			 name[64], path[4096], host[256];
	struct zone		 zone;
	bool			 journal;
	bool			 behind;	/* its backlog is not done */
	bool			 paused;
	struct snapshot_source	 shown;
};

struct watch {
	struct watch_source	*v;
	size_t			 n;
	char			 host[256];	/* this host */
	char			 user[64];	/* who reads */
	bool			 found;		/* nothing was configured */
	int64_t			 journal_begins;	/* 0: no journal */
};

/* Sources of the configuration; without any, what the host has. */
int	watch_load(struct watch *w, const struct config *c, struct error *err);
void	watch_done(struct watch *w);
/* For the reader; borrows from the watch. */
void	watch_options(const struct watch *w, const struct config *c,
	    struct source_options ret[READER_SOURCES]);
/*
 * Remember since when the journal goes, once for each database.  Inside a
 * transaction.
 */
void	watch_begin(struct watch *w, struct store *s);
/*
 * A batch and the source's state: counts, and an alert when the state turned.
 * Lines that another source tells better are taken out of the batch.
 */
void	watch_take(struct watch *w, struct work *work, struct pipeline *p);
/* The second of two that carry the same lines. */
void	watch_pause(struct watch *w, size_t source, size_t other,
	    struct pipeline *p);
/* Is any source still working off its backlog? */
bool	watch_behind(const struct watch *w);
/* Sources, `watching` and `why_not`. */
void	watch_snapshot(const struct watch *w, struct snapshot *s);

#endif

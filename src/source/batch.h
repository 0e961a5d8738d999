/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From bytes to lines: the step that all sources of text share.  The bytes of
 * a batch never move once a line was cut, for lines are slices of them.
 */
#ifndef WEIR_SOURCE_BATCH_H
#define WEIR_SOURCE_BATCH_H

#include "weir/journalfmt.h"
#include "weir/source.h"

/*
 * Hosts whose last line is none that may be repeated: whoever reads the lines
 * knows that, and one more of that kind tells nothing.  Each host has one place
 * and gives it up to another that hashes there; what is not here is not known.
 */
#define CLEARED_HOSTS	64

struct cleared {
	struct {
		bool		known;
		uint8_t		n;
		char		host[62];
	} v[CLEARED_HOSTS];
};

/* What is remembered between two batches of one stream. */
struct cutter {
	struct syslog_stream	syslog;
	bool			skipping;	/* the rest of a cut line */
	struct cleared		cleared;
	/* In a journal's entry, or a line of Docker's, that is gone past. */
	bool			passing;
	struct journalfmt_skip	pass;
	char			json_cut;	/* stdout 'o', stderr 'e' */
};

/*
 * Cut the bytes of the batch into lines.  Returns how many were used up: the
 * rest is an unfinished line (with `final` it is taken too), or more lines
 * than a batch holds; then *ret_full is set.  b->stream must be filled in: it
 * keeps the host and gets offset, year and last_at.
 */
size_t	batch_cut(struct batch *b, struct cutter *c, bool final,
	    bool *ret_full);
/* One line, without its end, of the batch's bytes; changed in place. */
void	batch_parse(struct batch *b, struct cutter *c, char *line, size_t n,
	    enum provenance provenance);
/* The same for what a file says, cut to the longest that a line may be. */
void	batch_take(struct batch *b, struct cutter *c, char *line, size_t n);
/* The first notice of a batch stays, unless a loss comes after it. */
void	batch_notice(struct batch *b, const char *kind, const char *fmt, ...)
	    __attribute__((format(printf, 3, 4)));
/* Take up a stream: its year and zone, as stored, or those of the options. */
void	batch_resume(struct cutter *c, const struct streams *known,
	    const struct stream *st, const struct zone *zone);

#endif

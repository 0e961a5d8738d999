/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One open file that may still grow: known by its inode, read by its
 * descriptor whatever becomes of its name.
 */
#ifndef WEIR_SOURCE_FOLLOW_H
#define WEIR_SOURCE_FOLLOW_H

#include <sys/stat.h>

#include "batch.h"

struct follow {
	int		fd;		/* -1: none */
	int		wd;		/* the owner's watch on it, or -1 */
	dev_t		dev;
	ino_t		ino;
	struct stream	stream;		/* id 0: nothing taken in yet */
	struct stream	seen;		/* fingerprint of all that was seen */
	struct cutter	cutter;
	/* All of it was read once: what comes now was written just now. */
	bool		caught_up;
};

enum follow_verdict {
	FOLLOW_MORE,		/* the batch holds some of it */
	FOLLOW_END,		/* nothing more now */
	FOLLOW_OTHER,		/* the content is not what was read before */
	FOLLOW_FAILED,		/* see the error */
};

/*
 * Take over an open descriptor.  `st` is the stream it is, which is gone on
 * with; NULL: a new one of that run.
 */
void	follow_begin(struct follow *f, int fd, const struct stream *st,
	    const struct source_options *o, const struct streams *known,
	    uint32_t chain);
void	follow_close(struct follow *f);
bool	follow_is(const struct follow *f, const struct stat *st);
/* Has the file of that name its content, packed after it was renamed? */
bool	follow_is_copy(const struct follow *f, const char *path);
/* The content was truncated and is another stream from here on. */
void	follow_restart(struct follow *f, const struct source_options *o,
	    const struct streams *known);
enum follow_verdict follow_read(struct follow *f, struct batch *b,
	    struct streams *known, struct error *err);
/* The first bytes, up to the span. */
size_t	follow_head(int fd, char ret[STREAM_FINGERPRINT_SPAN]);

#endif

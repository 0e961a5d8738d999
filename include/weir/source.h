/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where lines come from: journald, files that are followed, files that are
 * read once.  A source gives batches; a batch owns its bytes and says where to
 * go on once it is committed.  Used by one thread (the reader).
 */
#ifndef WEIR_SOURCE_H
#define WEIR_SOURCE_H

#include "weir/error.h"
#include "weir/mta.h"
#include "weir/stream.h"
#include "weir/syslog.h"

#define BATCH_BYTES	(512 * 1024)	/* read at a time, at most */
#define BATCH_LINES	4096		/* kept ones, at most */
#define LINE_MAX_BYTES	(64 * 1024)	/* longer ones are cut, and counted */

struct batch_line {
	struct record	record;
	struct line	line;
};

/* What was met on the way; added up by the owner. */
struct batch_counts {
	uint64_t	lines, bytes;	/* all that were cut */
	uint64_t	cut, empty, no_stamp, cleaned;	/* lines of them */
	uint64_t	ignored, unknown;	/* by the MTA's rules */
	uint64_t	lost;	/* lines; the loggers say so */
};

struct batch {
	char			*bytes;
	size_t			 n, cap;
	struct batch_line	*lines;		/* without nothings */
	size_t			 nlines, lines_cap;
	/*
	 * Go on here when committed.  The source has given it its id; 0 says
	 * that the batch moves no position.  A batch without lines may move
	 * one (all of them were ignored, or a journal went on).
	 */
	struct stream		 stream;
	struct batch_counts	 counts;
	char			 notice[512];	/* "": none */
	char			 notice_kind[32];	/* "data_loss", or "":
							 * only told */
};

struct batch	*batch_new(void);
/* NULL is allowed. */
void		 batch_free(struct batch *b);
void		 batch_clear(struct batch *b);

/*
 * Every stream the store knows, by value; the reader's own copy, which the
 * sources keep up to date.  {0} is an empty one.  Reading a stream's zone
 * touches the environment: add what is stored before threads are started.
 */
struct streams {
	struct stream	*v;
	size_t		 n, cap;
	struct zone	**zones;	/* those the streams name */
	size_t		 nzones;
};

void	streams_done(struct streams *s);
/* Takes the place of the one with that id; 0 gets the next free id. */
void	streams_add(struct streams *s, const struct stream *st);

struct source_options {
	const char		*name;		/* of the section */
	/* File, directory, "-", "journal"; NULL is the host's journal. */
	const char		*path;
	/* Instead of path: read once, as one source, in order of time. */
	char *const		*paths;
	size_t			 npaths;
	const struct zone	*zone;		/* must outlive the batches */
	const char		*host;		/* NULL: this host's name */
	int			 year;		/* 0: find out */
	int64_t			 since;		/* journal: not before this */
	bool			 follow;	/* live */
};

enum source_state {
	SOURCE_READY,		/* more can be read now */
	SOURCE_WAITING,		/* all read; poll the descriptor */
	SOURCE_ENDED,		/* read once, done */
	SOURCE_DENIED,		/* may not be read; see the error */
	SOURCE_MISSING,		/* not there (yet) */
};

struct source;

/* What one kind of source does; a table entry in source.c. */
struct source_type {
	const char	*name;		/* "journal", "file", "tail" */
	struct source	*(*open)(const struct source_options *o,
			    struct streams *known, struct error *err);
	/* Fill the batch; never blocks.  At most BATCH_BYTES. */
	enum source_state (*read)(struct source *s, struct batch *b,
			    struct error *err);
	/* Descriptor to poll for input and the longest wait, ms; -1: none. */
	int		(*poll)(struct source *s, int *ret_timeout_ms);
	void		(*close)(struct source *s);
};

extern const struct source_type source_journal, source_tail, source_file;

/* First member of every source's own struct. */
struct source {
	const struct source_type *type;
	char			  name[64];
};

/*
 * Picks the type: journals by their content, else files, followed or read
 * once.  The options are copied, the zone and `known` are borrowed.
 */
struct source	*source_open(const struct source_options *o,
		    struct streams *known, struct error *err);
/* Is that path a journal, by its content? */
bool		 source_is_journal(const char *path);
enum source_state source_read(struct source *s, struct batch *b,
		    struct error *err);
int		 source_poll(struct source *s, int *ret_timeout_ms);
void		 source_close(struct source *s);
/*
 * Files of a log in order of time, oldest first: all of a directory, or x with
 * its rotated ones (x.1, x.2.gz, x-20261123 ...).  The caller frees them all.
 */
int		 source_expand(const char *path, char ***ret, size_t *ret_n,
		    struct error *err);
/* Can that file be read?  -1 says why not, and what to do about it. */
int		 source_check(const char *path, struct error *err);
/*
 * Which sources this host has when none is configured: "journal", or the
 * first mail log that exists.  Writes a path or "journal"; -1: none.
 */
int		 source_find(char *ret, size_t size, struct error *err);
/* The same below another root directory; "" is the host's own. */
int		 source_find_in(const char *root, char *ret, size_t size,
		    struct error *err);
/* The exact command that lets `user` read a log that is denied now. */
void		 source_mend(const char *path, const char *user,
		    char *ret, size_t size);
/*
 * Build a zone by name from the host's data; NULL is the host's own.  Sets and
 * restores TZ meanwhile: before threads are started.
 */
int		 zone_load(const char *name, struct zone *ret,
		    struct error *err);
void		 zone_done(struct zone *z);

#endif

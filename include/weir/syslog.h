/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cutting the header of a log line, whatever form it has, found out line by
 * line: RFC 3164 (BSD), rsyslog's RFC 3339 stamps, RFC 5424 (with and without
 * priority, the application name perhaps cut at "/"), the stamps of multilog
 * and svlogd; and a header inside a header, where one logger took in what
 * another had written.
 *
 * Stamps without a year get theirs from the stream: its first line takes the
 * latest year that does not put it after `until` by more than a day (clocks
 * differ); after that the year goes on when a stamp falls back by more than
 * half a year.  What was decided is in `year` and `last_at` and is kept with
 * the stream.
 */
#ifndef WEIR_SYSLOG_H
#define WEIR_SYSLOG_H

#include "weir/record.h"
#include "weir/zone.h"

struct syslog_stream {
	const struct zone *zone;
	struct str	host;		/* for lines that name none */
	int64_t		until;		/* mtime or time of receipt, usec */
	bool		fresh;		/* `until` is when it was written */
	int32_t		year;		/* 0: not decided yet */
	int64_t		last_at;	/* of the last stamp; 0: none yet */
	char		stamp[16];	/* its text, mostly the next's, too */
};

enum syslog_verdict {
	SYSLOG_OK,
	SYSLOG_EMPTY,		/* nothing but blanks */
	SYSLOG_NO_STAMP,	/* no known header; raw is set, nothing else */
};

/*
 * Clean and cut one line (without its LF).  `line` is changed in place: NUL
 * bytes and CR at the end go, other control bytes and invalid UTF-8 become
 * '?'.  Passwords that an MTA logs are blotted out.  Sets every field of *ret
 * but provenance; "message repeated N times: [ ... ]" is unwrapped.
 *
 * BSD's "last message repeated N times" gives a record with `repeat` set and
 * unit and text known to be empty: the line before it of that host once more.
 */
enum syslog_verdict	syslog_parse(struct syslog_stream *s, char *line,
			    size_t n, struct record *ret);
/* Is it such a record? */
bool	syslog_is_repeat(const struct record *r);
/* The parts of syslog_parse that a source with fields of its own needs. */
size_t	syslog_clean(char *line, size_t n);
void	syslog_unwrap_repeat(struct record *r);
/* Blot out passwords in a text that `unit` wrote, in place. */
void	syslog_blot(struct str unit, char *text, size_t n);

#endif

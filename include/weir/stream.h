/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A stream is a log by what it contains, not by its name: a fingerprint over
 * the first KiB of decompressed content, so that "x", "x.1" and "x.2.gz" are
 * one stream with one offset; or a journal with its cursor.  The store keeps
 * one row for each; the source reads on from there.
 */
#ifndef WEIR_STREAM_H
#define WEIR_STREAM_H

#include <stdint.h>

#define STREAM_FINGERPRINT_SPAN	1024
#define STREAM_CURSOR_MAX	512

struct stream {
	int64_t		id;		/* given by the source; 0: no stream */
	uint32_t	chain;		/* files that follow one another */
	uint32_t	fingerprint_len;	/* 0: a journal */
	uint8_t		fingerprint[16];
	int64_t		offset;		/* decompressed bytes taken in */
	char		cursor[STREAM_CURSOR_MAX];	/* journal only */
	char		name[256];	/* path last seen, or "journal" */
	char		host[256];	/* for lines that name none */
	char		zone[64];
	int32_t		year;		/* as struct syslog_stream has it */
	int64_t		last_at;
};

#endif

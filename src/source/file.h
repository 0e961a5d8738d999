/* SPDX-License-Identifier: Apache-2.0 */
/* Files read once, for those who know which and in what run. */
#ifndef WEIR_SOURCE_FILE_H
#define WEIR_SOURCE_FILE_H

#include "weir/source.h"

#include "rotation.h"

/*
 * Read these in the order given; takes the list over.  `chain` is the run they
 * belong to; 0: what is known of them, or their oldest, decides.
 */
struct source	*file_open(const struct source_options *o, struct paths *list,
		    struct streams *known, uint32_t chain);
/*
 * The beginning of a file's content, decompressed, up to the fingerprint's
 * span; returns its length, 0 when there is none or it cannot be read.
 */
size_t	file_head(const char *path, char ret[STREAM_FINGERPRINT_SPAN]);
/*
 * Is it what a compressor that weir cannot undo made of the open file?  Told
 * by the time, which compressors keep.
 */
bool	file_is_packed_from(const char *path, int fd);
/* The run a list of files belongs to; 0: no content at all. */
uint32_t file_chain(char *const *paths, size_t n,
	    const struct streams *known);

#endif

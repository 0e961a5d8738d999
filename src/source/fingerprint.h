/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which stream a file is: by a hash over its first bytes, decompressed, at
 * most STREAM_FINGERPRINT_SPAN of them, and only over bytes that were taken
 * in.  A short file's fingerprint grows with it.
 */
#ifndef WEIR_SOURCE_FINGERPRINT_H
#define WEIR_SOURCE_FINGERPRINT_H

#include "weir/source.h"

/* `head` is the beginning of the content, all there is up to the span. */
void	fingerprint_extend(struct stream *st, struct str head);
bool	fingerprint_matches(const struct stream *st, struct str head);
/* The longest that matches, or NULL.  Borrowed from the list. */
const struct stream *fingerprint_find(const struct streams *known,
	    struct str head);
/* A number for a run of files that begins with this content; not 0. */
uint32_t fingerprint_chain(struct str head);

#endif

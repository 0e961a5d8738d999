/* SPDX-License-Identifier: Apache-2.0 */
/* Streams by value, and the list of those that are known (weir/source.h). */
#ifndef WEIR_SOURCE_STREAMS_H
#define WEIR_SOURCE_STREAMS_H

#include "weir/source.h"

/* A new stream with what the options say. */
void	streams_begin(struct stream *st, const struct source_options *o,
	    const char *name, uint32_t chain);
/* streams_add without the zone; returns the id. */
int64_t	streams_put(struct streams *s, const struct stream *st);
/* The zone that the stream was first read with, when it is still known. */
const struct zone	*streams_zone(const struct streams *s,
			    const struct stream *st,
			    const struct zone *otherwise);

#endif

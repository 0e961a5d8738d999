/* SPDX-License-Identifier: Apache-2.0 */
/* The table that embed.sh writes. */
#ifndef WEIR_EMBED_PRIV_H
#define WEIR_EMBED_PRIV_H

#include "weir/embed.h"

extern const struct embed_file	embed_files[];
extern const size_t		embed_count;

#endif

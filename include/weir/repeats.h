/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What "last message repeated N times" stands for: of each host the last line,
 * when that was a refusal or the like.  Hosts share a file, and a host's repeat
 * is of its own last line, whatever others wrote between.  Kept for each chain,
 * in bounded memory: the host that is longest without a new line is forgotten,
 * and then its repeat stands for nothing, as if a line without a meaning had
 * been before it.
 */
#ifndef WEIR_REPEATS_H
#define WEIR_REPEATS_H

#include "weir/buf.h"
#include "weir/record.h"

struct repeats;

struct repeats	*repeats_new(void);
void		 repeats_free(struct repeats *t);
/* Its host's last line is this one. */
void		 repeats_set(struct repeats *t, const struct record *r);
/* The host's last line is none that may be repeated. */
void		 repeats_clear(struct repeats *t, struct str host);
/* The host's last line, borrowed until the next change; at is not known. */
bool		 repeats_get(const struct repeats *t, struct str host,
		    struct record *ret);
bool		 repeats_changed(const struct repeats *t);
void		 repeats_pack(struct repeats *t, struct buf *b);
/* False: damaged; what was read stays. */
bool		 repeats_unpack(struct repeats *t, struct str blob);

#endif

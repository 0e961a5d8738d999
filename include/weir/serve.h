/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The answering side of control.h: a unix socket in the daemon's event loop.
 * Knows how lines come and go and who sent them, not what they mean.
 */
#ifndef WEIR_SERVE_H
#define WEIR_SERVE_H

#include <jansson.h>
#include <systemd/sd-event.h>

#include "weir/error.h"

#define SERVE_PEERS		32
#define SERVE_REQUEST_MAX	65536

struct serve;
struct serve_peer;

struct serve_options {
	sd_event	*loop;
	const char	*path;		/* of the socket; mode 0660 */
	/* One request; the JSON is borrowed, the peer lives until `gone`. */
	void	(*asked)(void *ctx, struct serve_peer *peer,
		    const json_t *request);
	/* It hung up before its answer was complete. */
	void	(*gone)(void *ctx, struct serve_peer *peer);
	void	*ctx;
};

struct serve	*serve_new(const struct serve_options *o, struct error *err);
/* Removes the socket.  NULL is allowed. */
void		 serve_free(struct serve *s);
/*
 * One line to the peer; takes over the reference.  A line with "ok" is the
 * last: the peer must not be used after it.
 */
void		 serve_answer(struct serve_peer *peer, json_t *line);
/* Name of the user on the other side, as the kernel vouches for it. */
const char	*serve_who(const struct serve_peer *peer);

#endif

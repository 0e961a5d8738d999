/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Steps that several runbooks share, with this case's values filled in.  Each
 * is one numbered line or more, ready to copy: what an attacker chose stands
 * in single quotes.  *n counts the steps.
 */
#ifndef WEIR_STEPS_H
#define WEIR_STEPS_H

#include "weir/detect.h"

/* Begin the next step. */
void	steps_begin(struct buf *out, int *n);
/* Lock a login out; how to undo it. */
void	steps_lock_login(struct buf *out, int *n, struct str login);
/* Keep a local user from handing in mail; how to undo it. */
void	steps_stop_user(struct buf *out, int *n, struct str host,
	    struct str user);
/* Keep a client or network away; how to undo it. */
void	steps_block(struct buf *out, int *n, struct str net);
/*
 * Hold what waits of the mail that these filters of `weir query messages`
 * find; how to let it go.
 */
void	steps_hold(struct buf *out, int *n, const char *filter,
	    struct str value);
/* The mail itself, by the same filters. */
void	steps_look(struct buf *out, int *n, const char *what,
	    const char *filter, struct str value);
void	steps_lists(struct buf *out, int *n);

#endif

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
void	step(struct buf *out, int *n);
/* Lock a login out; how to undo it. */
void	step_lock_login(struct buf *out, int *n, struct str login);
/* Keep a local user from handing in mail; how to undo it. */
void	step_stop_user(struct buf *out, int *n, struct str host,
	    struct str user);
/* Keep a client or network away; how to undo it. */
void	step_block(struct buf *out, int *n, struct str net);
/*
 * Hold what waits of the mail that these filters of `weir query messages`
 * find; how to let it go.
 */
void	step_hold(struct buf *out, int *n, const char *filter,
	    struct str value);
/* The mail itself, by the same filters. */
void	step_look(struct buf *out, int *n, const char *what,
	    const char *filter, struct str value);
void	step_lists(struct buf *out, int *n);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The policy at start: what was learnt and confirmed before, what the
 * configuration says, what the running MTA says, and which addresses are our
 * own.  When anything but mere learning differs from last time, it is a new
 * version, stored for the events that name it.
 */
#ifndef WEIR_BELIEFS_H
#define WEIR_BELIEFS_H

#include "weir/config.h"
#include "weir/policy.h"
#include "weir/store.h"

/* Asks the running MTA: calls `tell` for each belief it lists. */
struct beliefs_finder {
	void	*ctx;
	int	(*find)(void *ctx, void (*tell)(void *tell_ctx,
		    enum policy_key k, struct str value), void *tell_ctx,
		    struct error *err);
};

struct beliefs_options {
	const struct config		*config;	/* NULL: as before */
	const struct beliefs_finder	*finder;	/* NULL: as before */
	bool				 this_host;	/* own interfaces */
	int64_t				 now;		/* wall clock */
};

/*
 * Inside a transaction of the store.  What was found and may not be believed
 * is appended to `doubts`, one sentence a line; it may be NULL.
 */
struct policy	*beliefs_load(struct store *s, const struct beliefs_options *o,
		    struct buf *doubts, struct error *err);
/*
 * The same for a second look at history: nothing is learnt yet, nothing is
 * stored, and the MTA is not asked; what it said last holds.
 */
struct policy	*beliefs_again(struct store *s, const struct config *c);
/* Inside a transaction: the policy was changed by hand: a new version. */
int		 beliefs_changed(struct store *s, struct policy *p,
		    int64_t now, struct error *err);
/* Inside a transaction: what was learnt. */
int		 beliefs_keep(struct store *s, const struct policy *p,
		    struct error *err);

#endif

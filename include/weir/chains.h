/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Deliveries got another class: the messages they belong to follow, many at
 * once.  A message shows the most serious class of its pairs, also of those
 * behind a filter or an alias, which have other queue ids but the same
 * message-id.
 */
#ifndef WEIR_CHAINS_H
#define WEIR_CHAINS_H

#include "weir/pipeline.h"

struct chain;

struct chains {
	struct chain	*v;
	size_t		 n, cap;
};

/* The delivery's texts are borrowed until chains_done. */
void	chains_add(struct chains *c, const struct event *delivery);
/* Revise the messages of all that were added; in a transaction. */
int	chains_correct(struct chains *c, struct pipeline *p,
	    struct error *err);
void	chains_done(struct chains *c);

#endif

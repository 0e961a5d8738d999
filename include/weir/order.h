/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an operator asks for: acknowledge, resolve, fine, reclassify.  An order
 * is worked off in steps, so that the daemon reads on between them; without a
 * daemon the asking command steps through it itself.
 */
#ifndef WEIR_ORDER_H
#define WEIR_ORDER_H

#include <jansson.h>

#include "weir/pipeline.h"

struct order;

/* Is it a command of this module? */
bool		 order_knows(const char *command);
/* `who` asks; both are copied. */
struct order	*order_new(const json_t *request, const char *who);
void		 order_free(struct order *o);
/* Nothing else waits between the steps: they may be longer. */
void		 order_alone(struct order *o);
/*
 * 1: there is more; 0: done; -1: the store failed, the pipeline must be
 * restarted.  *ret is a new reference: a line of progress (may be NULL) while
 * there is more, else the answer with its "ok".
 */
int		 order_step(struct order *o, struct pipeline *p, json_t **ret);

#endif

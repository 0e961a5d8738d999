/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The provisional end of an import.  A log that ends leaves events that are
 * held for two seconds more; whoever looks should see them, but the rest of
 * the log may still come and tell more.  So they are told, with a list of what
 * that changed kept in the store; the next writer takes it back first and
 * goes on as if the end had not been told.
 */
#ifndef WEIR_PROVISIONAL_H
#define WEIR_PROVISIONAL_H

#include "weir/store.h"

struct provisional {
	bool		on;
	struct buf	list;
};

/* Before an event is stored, a class raised, an alert put. */
void	provisional_event(struct provisional *v, const struct event *e);
void	provisional_class(struct provisional *v, struct store *s,
	    const struct event *e);
void	provisional_alert(struct provisional *v, struct store *s,
	    const struct alert *a);
/* Inside the transaction that told the end. */
int	provisional_keep(struct provisional *v, struct store *s);
/* Inside a transaction: take back what a former end told.  0 or -1. */
int	provisional_undo(struct store *s);

#endif

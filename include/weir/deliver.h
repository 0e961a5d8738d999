/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The notifier: a thread with curl_multi that sends what it is given and hands
 * results back.  It touches no database: the loop gives it rows and stores the
 * results, so that the outbox has one writer.
 */
#ifndef WEIR_DELIVER_H
#define WEIR_DELIVER_H

#include "weir/store.h"
#include "weir/webhook.h"

#define DELIVER_PER_HOOK	8	/* rows in flight to one webhook */

struct deliver_result {
	int64_t			row;		/* outbox id */
	enum outbox_outcome	outcome;
	int64_t			at, next_try;	/* wall clock */
	int			code;		/* HTTP status, 0: none */
	int64_t			latency_us;
	char			error[256];
};

struct deliver;

/* Copies the hooks.  NULL with the error filled when there is no thread. */
struct deliver	*deliver_new(const struct webhook *hooks, size_t n,
		    struct error *err);
/*
 * Ends the thread; transfers in flight get at most a second.  What ended can
 * still be had by deliver_next_result; the rest is tried again by whoever
 * asks the outbox next.
 */
void		 deliver_stop(struct deliver *d);
/* Stops it if need be.  NULL is allowed. */
void		 deliver_free(struct deliver *d);
/* Readable while results wait. */
int		 deliver_fd(const struct deliver *d);
/*
 * Takes a copy.  False when that webhook has DELIVER_PER_HOOK rows in flight,
 * or this row is; a row is so until its result has been taken.
 */
bool		 deliver_send(struct deliver *d, const struct outbox_row *row);
bool		 deliver_next_result(struct deliver *d,
		    struct deliver_result *ret);

/*
 * How long to wait after n failed attempts (1 and up), with jitter from
 * `seed`: Standard Webhooks' schedule, then daily without end.  What the
 * receiver asked for (0: nothing) goes before, up to a day.
 */
int64_t		 deliver_backoff(int attempts, int64_t retry_after_us,
		    uint64_t seed);

#endif

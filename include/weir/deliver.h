/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The notifier: a thread with curl_multi that sends what it is given and hands
 * results back.  It touches no database: the loop gives it rows and stores the
 * results, so that the outbox has one writer.
 */
#ifndef WEIR_DELIVER_H
#define WEIR_DELIVER_H

#include "weir/hook.h"
#include "weir/store.h"

struct webhook {
	char			name[64];
	char			url[1024];
	char			format[32];
	struct hook_secret	secrets[HOOK_SECRETS_MAX];
	size_t			nsecrets;
	bool			allow_private;
	int64_t			timeout_us;
	char			ca_file[256];	/* "": the system's */
};

struct deliver_result {
	int64_t			row;		/* outbox id */
	enum outbox_outcome	outcome;
	int64_t			at, next_try;	/* wall clock */
	int			code;
	int64_t			latency_us;
	char			error[256];
};

struct deliver;

/* `fd` of deliver_fd becomes readable when results wait. */
struct deliver	*deliver_new(const struct webhook *hooks, size_t n,
		    struct error *err);
/* Waits for transfers in flight at most a second; the rest is retried. */
void		 deliver_free(struct deliver *d);
int		 deliver_fd(const struct deliver *d);
/* Takes a copy; false when the queue is full or the row is in flight. */
bool		 deliver_send(struct deliver *d, const struct outbox_row *row);
bool		 deliver_next_result(struct deliver *d,
		    struct deliver_result *ret);
/*
 * When to try again after n failed attempts (1 and up), with jitter from
 * `seed`; 0: give up.  Standard Webhooks' schedule.
 */
int64_t		 deliver_backoff(int attempts, int64_t retry_after_us,
		    uint64_t seed);

#endif

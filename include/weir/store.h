/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The store: one SQLite database (WAL), one writer by a lock file beside it,
 * any number of readers.  Everything that one batch of lines caused goes into
 * one transaction: events, revisions, alerts, outbox rows, kept state and the
 * positions of the sources.
 *
 * A handle belongs to one thread.  Functions return 0 or -1 with the error
 * filled; inside a transaction the first failure sticks and store_commit
 * reports it.
 */
#ifndef WEIR_STORE_H
#define WEIR_STORE_H

#include "weir/query.h"
#include "weir/stream.h"

struct store;

enum store_mode {
	STORE_READ,		/* no lock; the database must exist */
	STORE_WRITE,		/* lock, create, migrate */
	STORE_BULK,		/* as WRITE, with a thread that writes beside */
};

/* Rows of a partition before the next is begun. */
#define STORE_PARTITION_ROWS	1000000

struct store	*store_open(const char *path, enum store_mode mode,
		    struct error *err);
/* Commits nothing.  NULL is allowed. */
void		 store_close(struct store *s);
const char	*store_path(const struct store *s);
/* This database's key for hash tables. */
struct hash_key	 store_hash_key(const struct store *s);
/* For tests and for small partitions in them. */
void		 store_set_partition_rows(struct store *s, int64_t rows);

/*
 * A store in memory that stands in for one on disk that cannot be written: it
 * begins with what was last committed there, events apart.  The disk's must
 * outlive it and have no transaction open.
 */
struct store	*store_open_standin(const struct store *disk,
		    struct error *err);
/*
 * Can the disk's be written again?  Then it knows now which webhooks were told
 * meanwhile; the stand-in is still to be closed.
 */
int		 store_leave_standin(struct store *disk,
		    struct store *standin, struct error *err);

int	store_begin(struct store *s, struct error *err);
int	store_commit(struct store *s, struct error *err);
void	store_rollback(struct store *s);
/* The last failure, for functions that take no error. */
const char	*store_error(const struct store *s);

/* 1: stored, e->seq set; 0: that id is known; -1: sticky failure. */
int	store_add_event(struct store *s, struct event *e);
/*
 * Class, origin and what hangs on the message's client are rewritten, and a
 * revision is recorded unless `why` is NULL.
 */
int	store_revise_event(struct store *s, const struct event *e,
	    const char *why);

/*
 * The class and the policy's version of an event that a query gave, by its
 * `seq`; it had the class `before`.  1, 0 (not there) or -1.
 */
int	store_revise_class(struct store *s, const struct event *e,
	    enum event_class before, const char *why);

/*
 * For taking back what was provisional.  By the event's id and time: its
 * class, set exactly; the event out of its partition and the traffic; an
 * alert.  1 or 0 (not there) or -1.
 */
int	store_class_of(struct store *s, const struct event *e,
	    enum event_class *ret);
int	store_reset_class(struct store *s, const struct event *e);
int	store_remove_event(struct store *s, const struct event *e);
int	store_remove_alert(struct store *s, const uint8_t id[EVENT_ID_SIZE]);

/* State kept for the engine. */
int	store_keep(struct store *s, struct str key, int64_t at, int64_t due,
	    struct str blob);
bool	store_recall(struct store *s, struct str key, struct buf *ret);
/* Every key with a `due`, in order of due then key. */
int	store_each_due(struct store *s, void (*fn)(void *ctx, struct str key),
	    void *ctx, struct error *err);
/* Forget kept state that last changed before `at`. */
int	store_forget(struct store *s, int64_t at);

int	store_put_alert(struct store *s, const struct alert *a);
/* By a full or shortened (at least 6 digits) hex id; -1 when not one. */
int	store_get_alert(struct store *s, struct str hex, struct alert **ret,
	    struct error *err);

struct alert_filter {
	uint32_t	states, severities;	/* bit sets; 0: all */
	char		detector[64], host[256], key[256];	/* "": any */
	int64_t		since, until;
	bool		newest_first;
	size_t		limit;
	char		cursor[QUERY_CURSOR_MAX];
};

/*
 * Calls fn for each alert; fn returns nonzero to stop.  ret_cursor (may be
 * NULL) is where the next page begins, "" at the end.
 */
int	store_each_alert(struct store *s, const struct alert_filter *f,
	    int (*fn)(void *ctx, const struct alert *a), void *ctx,
	    char ret_cursor[QUERY_CURSOR_MAX], struct error *err);

/*
 * Insert or replace by id, whether that id is there or not: the source gives
 * new streams their ids.  Sets st->id when it was 0.
 */
int	store_put_stream(struct store *s, struct stream *st);
int	store_each_stream(struct store *s,
	    void (*fn)(void *ctx, const struct stream *st), void *ctx,
	    struct error *err);

/* Small named values: policy blob, drills, versions. */
int	store_put_value(struct store *s, const char *name, struct str value);
bool	store_get_value(struct store *s, const char *name, struct buf *ret);
/* A policy version that events name, with its beliefs as text. */
int	store_put_policy(struct store *s, int64_t version, int64_t at,
	    struct str beliefs_json);

/* A webhook's body, waiting until it was delivered. */
struct outbox_row {
	int64_t		id;
	char		webhook[64];
	char		webhook_id[128];	/* idempotency key */
	char		type[32];		/* "alert.opened" */
	uint8_t		alert[EVENT_ID_SIZE];
	char		*body;			/* owned by who reads it */
	int64_t		created, next_try;	/* wall clock */
	int32_t		attempts;
	int32_t		last_code;		/* HTTP status, 0: none */
	char		last_error[256];
};

enum outbox_outcome { OUTBOX_DELIVERED, OUTBOX_RETRY, OUTBOX_DEAD };

/* A webhook_id that is there already adds nothing. */
int	store_add_outbox(struct store *s, const struct outbox_row *row);
/* Rows not delivered nor dead with next_try <= now, oldest first. */
int	store_each_outbox(struct store *s, int64_t now, size_t limit,
	    int (*fn)(void *ctx, const struct outbox_row *row), void *ctx,
	    struct error *err);
/* The earliest next_try of a waiting row, 0 when none waits. */
int64_t	store_outbox_due(struct store *s);
int	store_outbox_result(struct store *s, int64_t id,
	    enum outbox_outcome outcome, int64_t at, int64_t next_try,
	    int code, const char *error);
/* Whether any row of that webhook_id was delivered; for the fire drill. */
int	store_outbox_state(struct store *s, const char *webhook_id,
	    struct outbox_row *ret, bool *ret_delivered);

/*
 * Newest first over all partitions, by time and then by order of arrival.  fn
 * returns nonzero to stop and must not write to this handle: who changes what
 * it finds, collects a page first.  At most q->limit events; ret_cursor (may
 * be NULL) is "" at the end.
 */
int	store_query(struct store *s, const struct query *q,
	    int (*fn)(void *ctx, const struct event *e), void *ctx,
	    char ret_cursor[QUERY_CURSOR_MAX], struct error *err);

/* A message-id without its angle brackets. */
struct str	store_message_id(struct str id);

/* Many texts that are looked up at once; for a writer. */
struct store_many {
	bool		 by_message_id;		/* or by queue id */
	struct str	*texts;
	size_t		 n;
	size_t		 max;		/* events looked at for a text */
	bool		*too_many;	/* of each text: not all were given */
	uint32_t	 kinds;
	int64_t		 since, until;	/* [since, until) */
};

/*
 * Calls fn for each event of those texts, in no order, and for some others.
 * Of an event there are its head (up to `relay_hop`), host, queue_id,
 * origin_queue_id and message_id; fn must not write to this handle.
 */
int	store_each_of_many(struct store *s, const struct store_many *m,
	    void (*fn)(void *ctx, const struct event *e), void *ctx,
	    struct error *err);
/* There will be no more of that for now: give back what it remembers. */
void	store_end_many(struct store *s);

/* Inputs of the engine, as they came; nonzero stops. */
struct store_replay {
	void	*ctx;
	int	(*event)(void *ctx, const struct event *e);
	/* Late truth: an event told before, with its class from now on. */
	int	(*revised)(void *ctx, const struct event *e);
};

/* Events with a greater seq that are not older than `since`, by seq. */
int	store_each_input(struct store *s, int64_t after, int64_t since,
	    const struct store_replay *to, struct error *err);

/*
 * Pairs, rejects and logins counted by hour and class; `hour` is its first
 * microsecond.
 */
int	store_each_traffic(struct store *s, int64_t since, int64_t until,
	    void (*fn)(void *ctx, int64_t hour, enum event_class c,
	    int64_t n), void *ctx, struct error *err);

struct store_totals {
	int64_t	events, partitions, first_at, last_at, seq;
	int64_t	bytes, wal_bytes;	/* of all; of the -wal file in it */
	int64_t	outbox_waiting, outbox_dead, alerts_open;
};

int	store_totals(struct store *s, struct store_totals *ret,
	    struct error *err);
/* About how many events lie in [since, until), for a writer. */
int64_t	store_estimate(const struct store *s, int64_t since, int64_t until);
/*
 * Drop the oldest partition if its newest event is older than `at`, or if the
 * database holds more than so many bytes (0: as many as it likes).  1: call
 * again, there may be more; 0: that was all; -1.
 */
int	store_prune(struct store *s, int64_t at, int64_t bytes,
	    struct error *err);
/* Give some free pages back to the file system.  As store_prune. */
int	store_trim(struct store *s, struct error *err);

#endif

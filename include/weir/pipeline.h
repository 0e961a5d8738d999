/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the daemon, the import and the commands share: engine, policy and store
 * joined.  Lines go in; one commit writes everything they caused, outbox rows
 * and positions included.  Used by one thread.
 */
#ifndef WEIR_PIPELINE_H
#define WEIR_PIPELINE_H

#include "weir/beliefs.h"
#include "weir/config.h"
#include "weir/deliver.h"
#include "weir/engine.h"
#include "weir/snapshot.h"
#include "weir/source.h"
#include "weir/store.h"

#define PIPELINE_LIVE_LINES	1000
#define PIPELINE_LIVE_US	(100 * USEC_PER_MSEC)
#define PIPELINE_IMPORT_LINES	200000

struct pipeline;

struct pipeline_options {
	const char		*db;
	enum store_mode		 mode;		/* STORE_WRITE or STORE_BULK */
	bool			 live;
	bool			 this_host;	/* own interfaces are ours */
	/* All borrowed; may be NULL. */
	const struct config	*config;	/* NULL: beliefs as before */
	const struct beliefs_finder *finder;
	/* Who is told of alerts; names and formats go into outbox rows. */
	const struct webhook	*hooks;
	size_t			 nhooks;
	/* An alert changed; called inside the transaction. */
	void	(*alerted)(void *ctx, const struct alert *a,
		    enum alert_transition t);
	void	*ctx;
};

/* Where the database is: `db` when given, else in the state directory. */
void		 pipeline_db_path(const struct config *c, const char *db,
		    char *ret, size_t size);

/*
 * A live one whose store cannot be written begins with one in memory; then err
 * says why.
 */
struct pipeline	*pipeline_open(const struct pipeline_options *o,
		    struct error *err);
/* Has it one in memory now? */
bool		 pipeline_has_standin(const struct pipeline *p);
/* Commits nothing.  NULL is allowed. */
void		 pipeline_close(struct pipeline *p);
/*
 * Forget everything since the last commit and take up engine and policy anew
 * from the store; `db` and `mode` of the options stay.  After -1 only
 * this and pipeline_close may be called.
 */
int		 pipeline_restart(struct pipeline *p,
		    const struct pipeline_options *o, struct error *err);

/*
 * The store cannot be written: go on from its last commit with one in memory.
 * After -1 as after that of pipeline_restart.
 */
int		 pipeline_stand_in(struct pipeline *p, struct error *err);
/*
 * Back to the store, if it can be written again, and go on from its last
 * commit.  1: not yet, nothing has changed; -1: it failed again, as above.
 */
int		 pipeline_leave_standin(struct pipeline *p, struct error *err);

/* Lines and the stream's position; the batch stays the caller's. */
void		 pipeline_take(struct pipeline *p, const struct batch *b);
/* An alert of weir's own world, with its next transition. */
void		 pipeline_alert(struct pipeline *p, const struct alert *a,
		    enum alert_transition t);
/* A webhook body for every hook, beside an alert (fire drill). */
void		 pipeline_tell(struct pipeline *p, const struct alert *a,
		    enum alert_transition t);
/*
 * Judge an event anew that a query gave, in an open transaction; true when it
 * has another class now.  Alerts follow.
 */
bool		 pipeline_reclassify(struct pipeline *p, struct event *e);
/* The backlog is worked off: tell of historical alerts in one summary. */
void		 pipeline_caught_up(struct pipeline *p);
/* Begin the transaction when none is open. */
void		 pipeline_begin(struct pipeline *p);
/* Lines taken in since the last commit. */
size_t		 pipeline_pending(const struct pipeline *p);
/* Is a transaction open? */
bool		 pipeline_dirty(const struct pipeline *p);
/* An alert waits for the commit: better now than later. */
bool		 pipeline_urgent(const struct pipeline *p);
/* -1: nothing was stored, and the engine is ahead of the store: restart. */
int		 pipeline_commit(struct pipeline *p, struct error *err);
/*
 * The log ends here for now: commit, and tell provisionally what is held
 * still.  After it only pipeline_close may be called.
 */
int		 pipeline_end(struct pipeline *p, struct error *err);
/* Inside a transaction, after a change of the policy by hand. */
int		 pipeline_put_policy(struct pipeline *p, struct error *err);

struct store	*pipeline_store(struct pipeline *p);
struct engine	*pipeline_engine(struct pipeline *p);
struct policy	*pipeline_policy(struct pipeline *p);
/* What was found and is not believed, one sentence a line. */
struct str	 pipeline_doubts(const struct pipeline *p);
/* Engine, store, unknown lines, beliefs (borrowed); the rest is left. */
void		 pipeline_snapshot(struct pipeline *p, struct snapshot *s);
/* Wall clock, microseconds. */
int64_t		 pipeline_clock(void);

#endif

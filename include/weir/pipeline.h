/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the daemon, the import and the commands share: engine, policy and store
 * joined.  Lines go in; one commit writes everything they caused, outbox rows
 * and positions included.  Used by one thread.
 */
#ifndef WEIR_PIPELINE_H
#define WEIR_PIPELINE_H

#include "weir/config.h"
#include "weir/deliver.h"
#include "weir/engine.h"
#include "weir/snapshot.h"
#include "weir/source.h"
#include "weir/store.h"

#define PIPELINE_LIVE_LINES	1000
#define PIPELINE_LIVE_US	(100 * USEC_PER_MSEC)
#define PIPELINE_IMPORT_LINES	50000

struct pipeline;

struct pipeline_options {
	const char		*db;
	enum store_mode		 mode;		/* STORE_WRITE or STORE_BULK */
	bool			 live;
	/* May be NULL: nothing is configured.  Borrowed. */
	const struct config	*config;
	/* Asks the running MTA: add POLICY_FOUND beliefs; may be NULL. */
	int	(*find)(void *ctx, struct policy *p, struct error *err);
	void	*find_ctx;
	/* Who is told; their names go into outbox rows.  Borrowed. */
	const struct webhook	*hooks;
	size_t			 nhooks;
	/* An alert changed; called inside the transaction.  May be NULL. */
	void	(*alerted)(void *ctx, const struct alert *a,
		    enum alert_transition t);
	void	*alerted_ctx;
};

/* Where the database is: `db` when given, else in the state directory. */
void		 pipeline_db_path(const struct config *c, const char *db,
		    char *ret, size_t size);

struct pipeline	*pipeline_open(const struct pipeline_options *o,
		    struct error *err);
/* Commits nothing. */
void		 pipeline_close(struct pipeline *p);
/*
 * Forget everything since the last commit and take up engine and policy anew
 * from the store and from `config` (NULL: the one before).
 */
int		 pipeline_restart(struct pipeline *p,
		    const struct pipeline_options *o, struct error *err);

/* Lines and the stream's position; the batch stays the caller's. */
void		 pipeline_take(struct pipeline *p, const struct batch *b);
/* Something of weir's own world, as a stored event. */
void		 pipeline_notice(struct pipeline *p, const char *notice,
		    const char *host, struct str text, int64_t at);
/* An alert of weir's own world, with its next transition. */
void		 pipeline_alert(struct pipeline *p, const struct alert *a,
		    enum alert_transition t);
/* The backlog is worked off: tell of historical alerts in one summary. */
void		 pipeline_caught_up(struct pipeline *p, int64_t now);
/* Lines taken in since the last commit, and whether anything waits for it. */
size_t		 pipeline_pending(const struct pipeline *p);
bool		 pipeline_dirty(const struct pipeline *p);
/* An alert waits for the commit: better now than later. */
bool		 pipeline_urgent(const struct pipeline *p);
/* -1: rolled back, and the engine is ahead of the store: restart. */
int		 pipeline_commit(struct pipeline *p, struct error *err);
/* After changing the policy: store it as a new version. */
int		 pipeline_put_policy(struct pipeline *p, struct error *err);

struct store	*pipeline_store(struct pipeline *p);
struct engine	*pipeline_engine(struct pipeline *p);
struct policy	*pipeline_policy(struct pipeline *p);
/* Engine, store, unknown lines and beliefs; sources are the daemon's. */
void		 pipeline_snapshot(struct pipeline *p, struct snapshot *s);
/* Begin the transaction when none is open. */
void		 pipeline_begin(struct pipeline *p);

#endif

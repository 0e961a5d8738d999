/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The whole fold: lines in, events and alerts out.  The daemon, the import,
 * the tests and the fuzzers run this same code; it reads no clock, no file and
 * no database.  What it has to remember beyond its bounded memory it hands to
 * the sink and asks back by key.
 */
#ifndef WEIR_ENGINE_H
#define WEIR_ENGINE_H

#include "weir/alert.h"
#include "weir/line.h"
#include "weir/policy.h"
#include "weir/scan.h"

struct engine;

/* Why an event has another class now, where an operator's policy said so. */
#define REVISED_BY_POLICY	"the policy was corrected"
#define REVISED_BY_PAIRS	"its deliveries were judged anew"

/*
 * Where results go.  All arguments are borrowed for the call.  A sink that
 * fails remembers it and lets its owner undo the batch; the engine goes on.
 */
struct engine_sink {
	void	*ctx;
	/* Store it and set e->seq.  False: that id is known already. */
	bool	(*event)(void *ctx, struct event *e);
	/*
	 * A stored event has another class (and client) now.  `why` is NULL
	 * where a message only takes over the class of one more of its pairs:
	 * that is no revision.
	 */
	void	(*revise)(void *ctx, const struct event *e, const char *why);
	void	(*alert)(void *ctx, const struct alert *a,
		    enum alert_transition t);
	/* Keep a blob under a key; an empty blob forgets it.  `due` is the
	 * engine time at which it wants to be woken, 0 for never; `at` is its
	 * last change, for retention. */
	void	(*keep)(void *ctx, struct str key, int64_t at, int64_t due,
		    struct str blob);
	/* Append what is kept under the key; false: nothing. */
	bool	(*recall)(void *ctx, struct str key, struct buf *ret);
};

struct engine_options {
	struct hash_key	 hash_key;
	bool		 live;		/* ticks are fed; backlog is paged */
	int64_t		 hold_us;	/* late truth: default 2 s */
	size_t		 messages_max;	/* correlator cap */
	bool		 keep_lines;	/* raw lines, for evidence */
	bool		 subjects;	/* keep them, where the log has them */
	struct scan_options scan;	/* and which detectors are on */
	int64_t		 quiet_us;	/* then an alert is over */
	int64_t		 pause_us;	/* then an incident is another one */
};

/* Counters for status and metrics; monotone since the engine began. */
struct engine_stats {
	uint64_t	lines, ignored, unknown, repeated, future, late;
	uint64_t	events[EVENT_KIND_COUNT], classes[CLASS_COUNT];
	uint64_t	duplicates, revisions, held, evicted, recalled;
	size_t		messages, sessions;	/* in memory now */
	struct profile_stats profile;
	int64_t		learns_since;	/* event time; 0: not yet */
};

void		 engine_options_init(struct engine_options *o);
void		 engine_options_done(struct engine_options *o);
/* The policy and the exemptions of o->scan are the caller's, who keeps them
 * for as long as the engine lives. */
struct engine	*engine_new(const struct engine_options *o,
		    struct policy *policy, const struct engine_sink *sink);
void		 engine_free(struct engine *e);
/*
 * Take up what a former engine kept: its own state is recalled, and for every
 * kept blob with a `due` the owner calls engine_wake.
 */
void		 engine_resume(struct engine *e);
void		 engine_wake(struct engine *e, struct str key);
/* Open alerts, once each at start. */
void		 engine_add_alert(struct engine *e, const struct alert *a);

/*
 * One line, already parsed.  `chain` names the run of files or the journal it
 * came from (identical lines are told apart within a chain).
 */
void	engine_line(struct engine *e, uint32_t chain, const struct record *r,
	    const struct line *l);
/* A stored event that has another class now; the sink hears of alerts. */
void	engine_revised(struct engine *e, const struct event *ev);
/* A stored or made input: what detectors see. */
void	engine_input(struct engine *e, struct event *ev, struct str lines);
/*
 * What statistics know, as a blob; it belongs to the events taken in so far.
 * A new engine takes it back before the first event, and then each event that
 * was taken in since, in order of seq: their alerts are told already.  False:
 * it cannot be read (another version, another cap, damage) and is as new.
 */
void	engine_checkpoint(const struct engine *e, struct buf *b);
bool	engine_restore(struct engine *e, struct str blob);
void	engine_replay(struct engine *e, const struct event *ev);
/* A revision of an event that was replayed: the same with its class now. */
void	engine_replay_revision(struct engine *e, const struct event *ev);
/*
 * Live only: the wall clock, before lines are taken.  It tells what is old and
 * what is from the future; engine time stays with the lines.
 */
void	engine_clock(struct engine *e, int64_t now);
/* Live only: the wall clock; lets held events go on a quiet host. */
void	engine_tick(struct engine *e, int64_t now);
/* The earliest `due` of anything held, or 0. */
int64_t	engine_due(const struct engine *e);
/* Import only: no more lines will come; let go of all that is held. */
void	engine_finish(struct engine *e);
/* Before a commit: hand everything that changed to the sink. */
void	engine_flush(struct engine *e);

int64_t	engine_now(const struct engine *e);
const struct engine_stats *engine_stats(const struct engine *e);

/* Commands; the answer is a sentence in err when -1. */
int	engine_acknowledge(struct engine *e, const struct alert *a,
	    const char *who, struct error *err);
int	engine_resolve(struct engine *e, const struct alert *a,
	    const char *who, const char *reason, struct error *err);
/*
 * Classify a stored event again under the policy of now; when its class
 * changes the sink hears `revise` and the alerts follow.  Returns whether.
 */
bool	engine_reclassify(struct engine *e, struct event *ev);

#endif

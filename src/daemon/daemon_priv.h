/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The daemon's one struct and what its files call of each other.  Everything
 * here runs in the event loop's thread.
 *
 *	daemon.c	start, reload, stop
 *	intake.c	queue -> pipeline -> commit; time; failure of the store
 *	outbox.c	rows -> notifier, results -> rows
 *	drill.c		the fire drill
 *	answer.c	requests over the socket
 */
#ifndef WEIR_DAEMON_PRIV_H
#define WEIR_DAEMON_PRIV_H

#include <systemd/sd-event.h>

#include "weir/blind.h"
#include "weir/config.h"
#include "weir/deliver.h"
#include "weir/httpd.h"
#include "weir/mtaconf.h"
#include "weir/order.h"
#include "weir/pipeline.h"
#include "weir/queue.h"
#include "weir/reader.h"
#include "weir/same.h"
#include "weir/serve.h"
#include "weir/watch.h"

#define DAEMON_ORDERS	8
#define DAEMON_FLIGHTS	256	/* rows with the notifier at once */

/* A row that the notifier has. */
struct flight {
	int64_t	row;
	char	webhook[64];
	uint8_t	alert[EVENT_ID_SIZE];
};

struct drill {
	bool			 on;
	char			 token[READER_TOKEN];
	uint8_t			 alert[EVENT_ID_SIZE];
	int64_t			 began;		/* wall clock */
	bool			 injected, read, stored;
	size_t			 told, failed;	/* webhooks that answered */
	struct serve_peer	*peer;		/* NULL: it hung up */
	json_t			*stages;
	sd_event_source		*inject_timer, *end_timer;
};

struct job {
	struct order		*order;
	struct serve_peer	*peer;		/* NULL: it hung up */
};

struct daemon {
	const char		*config_path;	/* NULL: the usual place */
	struct config		*config;
	char			 db[4096];
	struct webhook		*hooks;
	size_t			 nhooks;
	struct mtaconf		*mta;		/* NULL: cannot be asked */
	struct beliefs_finder	 finder;
	struct error		 no_mta;	/* why it said nothing */
	struct pipeline_options	 po;
	struct pipeline		*pipeline;

	sd_event		*loop;
	struct queue		*queue;
	uint64_t		 readers;	/* ended so far */
	struct reader		*reader;
	struct watch		 watch;
	struct same		*same;
	sd_event_source		*queue_io, *commit_timer, *hold_timer;
	sd_event_source		*retry_timer, *prune_timer, *blind_timer;
	struct blind_options	 blind;
	struct blind_source	 seen[READER_SOURCES];
	uint64_t		 futures;	/* stamps; and when */
	int64_t			 future_at;
	bool			 caught_up;	/* once since the start */
	bool			 broken;	/* the store fails, */
	bool			 standin;	/* or one stands in for it */
	struct error		 why_broken;
	bool			 stopping;
	int64_t			 standin_since;	/* wall clock */
	uint64_t		 standin_lines;	/* read meanwhile */

	struct deliver		*deliver;
	sd_event_source		*deliver_io, *outbox_timer;
	struct flight		 flights[DAEMON_FLIGHTS];
	size_t			 nflights;

	struct serve		*serve;
	struct drill		 drill;
	struct job		 jobs[DAEMON_ORDERS];
	size_t			 njobs;
	sd_event_source		*jobs_defer;

	struct httpd		*http;
	char			 listen[128];
	struct snapshot_box	*box;
	struct snapshot		 snap;
	int64_t			 status_at;	/* when sd_notify was told */
};

/* daemon.c */
int	daemon_reload(struct daemon *d, struct error *err);
/* (Re)arm a one-shot timer for a time of the wall clock. */
void	daemon_arm(struct daemon *d, sd_event_source **timer, int64_t at,
	    sd_event_time_handler_t fn);
void	daemon_disarm(sd_event_source *timer);

/* intake.c */
void	intake_start(struct daemon *d);
/* Ends the reader, takes what it has read and commits. */
void	intake_stop(struct daemon *d);
/* Commit if anything is pending; a failure is dealt with. */
void	intake_commit(struct daemon *d);
/* The store failed: go on with one in memory, and try again later. */
void	intake_fail(struct daemon *d, const struct error *err);
/*
 * A store in memory stands in for the one on disk from now on; nothing was
 * stored since then.
 */
void	intake_standin(struct daemon *d, const struct error *why,
	    int64_t since);
void	intake_publish(struct daemon *d);

/* outbox.c */
int	outbox_start(struct daemon *d, struct error *err);
void	outbox_stop(struct daemon *d);
/* Give the notifier what is due. */
void	outbox_pump(struct daemon *d);

/* drill.c */
void	drill_start(struct daemon *d, struct serve_peer *peer);
/* Lines of a batch: is the drill's among them? */
void	drill_look(struct daemon *d, const struct work *w);
/* A commit was done; a row's result came in. */
void	drill_committed(struct daemon *d);
void	drill_result(struct daemon *d, const struct flight *f,
	    const struct deliver_result *r);
void	drill_gone(struct daemon *d, const struct serve_peer *peer);
void	drill_stop(struct daemon *d);

/* answer.c */
int	answer_start(struct daemon *d, struct error *err);
void	answer_stop(struct daemon *d);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the queue into the store.  A commit follows at most 100 ms after the
 * first line it holds, at once after 1,000 lines or when an alert waits for it;
 * the timers run only while there is something to wait for.
 *
 * When the store fails (a full disk), everything since the last commit is
 * forgotten, and engine and reader begin again from there with a store in
 * memory: mail is judged and people are told, only the history waits.  Each few
 * seconds the disk is tried; when it can be written, both begin again from what
 * was committed there: the log itself is the buffer, nothing is lost.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <systemd/sd-daemon.h>

#include "weir/raise.h"
#include "weir/log.h"
#include "weir/mem.h"
#include "weir/status.h"

#include "daemon_priv.h"

#define BATCHES		4
#define TURN		4		/* batches before others have a turn */
#define RETRY_US	(5 * USEC_PER_SEC)
#define PRUNE_US	USEC_PER_HOUR
#define BLIND_US	USEC_PER_MIN
#define PRUNE_STEP_US	(USEC_PER_SEC / 2)	/* while there is more */
#define KEEP_US		(14 * USEC_PER_DAY)	/* of unfinished messages */
#define HOLD_SLACK_US	(20 * USEC_PER_MSEC)	/* a line on its way */
#define STATUS_US	(10 * USEC_PER_SEC)	/* between notes to systemd */

static void	start_reader(struct daemon *d);

static void
add_stream(void *ctx, const struct stream *st)
{
	streams_add(ctx, st);
}

static void
tell_systemd(struct daemon *d)
{
	struct snapshot	 s = d->snap;
	struct buf	 b = { 0 };
	json_t		*j;
	int64_t		 now = pipeline_clock();

	if (s.watching && now - d->status_at < STATUS_US)
		return;
	d->status_at = now;
	s.beliefs_json = NULL;		/* many, and not in that line */
	j = status_json(&s);
	buf_add_str(&b, STR("STATUS="));
	status_line(j, &b);
	(void)sd_notify(0, buf_cstr(&b));
	json_decref(j);
	buf_done(&b);
}

void
intake_publish(struct daemon *d)
{
	struct snapshot	*s = &d->snap;

	snprintf(s->not_storing, sizeof(s->not_storing), "%.511s",
	    d->standin ? d->why_broken.text : "");
	watch_snapshot(&d->watch, s);
	s->published_at = pipeline_clock();
	if (!d->broken)
		pipeline_snapshot(d->pipeline, s);
	else {
		s->watching = false;
		s->beliefs_json = NULL;
		snprintf(s->why_not, sizeof(s->why_not), "%.511s",
		    d->why_broken.text);
	}
	snapshot_publish(d->box, s);
	tell_systemd(d);
}

/* Shares, beliefs, doubts: what the first look at the logs has shown. */
static void
tell_what_was_found(struct daemon *d)
{
	const struct snapshot	*s = &d->snap;
	uint64_t		 lines = 0, unknown = 0;

	for (size_t i = 0; i < s->nsources; i++) {
		lines += s->sources[i].counts.lines;
		unknown += s->sources[i].counts.unknown +
		    s->sources[i].counts.no_stamp;
	}
	if (lines > 0)
		log_info("read %llu lines, all that was there; understood "
		    "%.2f %% of them",
		    (unsigned long long)lines,
		    100.0 - 100.0 * (double)unknown / (double)lines);
	else
		log_info("nothing new in the logs%s", s->watching ?
		    "; watching now" : "");
	if (!s->watching)
		log_warn("NOT WATCHING: %s", s->why_not);
	for (size_t i = 0; i < s->nunknown && i < 3; i++)
		log_info("not understood, %llu lines of %s such as: %s",
		    (unsigned long long)s->unknown[i].lines,
		    s->unknown[i].program, s->unknown[i].sample);
}

static int
on_hold(sd_event_source *timer, uint64_t at, void *ctx)
{
	struct daemon	*d = ctx;

	(void)timer;
	(void)at;
	/* Lines that were written before now must be taken before now. */
	if (d->broken || watch_behind(&d->watch))
		return 0;
	pipeline_begin(d->pipeline);
	engine_tick(pipeline_engine(d->pipeline), pipeline_clock());
	intake_commit(d);
	return 0;
}

/* Held events go on when their time has come, even if no line follows. */
static void
arm_hold(struct daemon *d)
{
	int64_t	due = engine_due(pipeline_engine(d->pipeline));
	int64_t	now = pipeline_clock();

	if (due == 0 || watch_behind(&d->watch))
		daemon_disarm(d->hold_timer);
	else
		daemon_arm(d, &d->hold_timer,
		    (due > now ? due : now) + HOLD_SLACK_US, on_hold);
}

void
intake_commit(struct daemon *d)
{
	struct error	err = { "" };
	int64_t		began = pipeline_clock();

	if (d->broken || !pipeline_dirty(d->pipeline))
		return;
	daemon_disarm(d->commit_timer);
	if (pipeline_commit(d->pipeline, &err) == -1) {
		intake_fail(d, &err);
		return;
	}
	d->snap.committed_at = pipeline_clock();
	d->snap.commits++;
	d->snap.commit_us_total += (uint64_t)(d->snap.committed_at - began);
	drill_committed(d);
	intake_publish(d);
	arm_hold(d);
	outbox_pump(d);
}

static int
on_commit(sd_event_source *timer, uint64_t at, void *ctx)
{
	(void)timer;
	(void)at;
	intake_commit(ctx);
	return 0;
}

static void
look_for_same_lines(struct daemon *d, const struct work *w)
{
	size_t	other, source = w->source;

	if (d->watch.n < 2 || w->made || d->watch.v[source].paused ||
	    !same_take(d->same, source, w->batch, &other) ||
	    d->watch.v[other].paused)
		return;
	/* Of two the first in the list stays. */
	if (source < other) {
		source = other;
		other = w->source;
	}
	pipeline_begin(d->pipeline);
	watch_pause(&d->watch, source, other, d->pipeline);
	reader_pause(d->reader, source);
}

static void
take(struct daemon *d, struct work *w)
{
	watch_take(&d->watch, w, d->pipeline);
	if (d->watch.v[w->source].paused)
		return;
	d->standin_lines += w->batch->counts.lines;
	if (!w->made)
		blind_take(&d->seen[w->source], w->batch, pipeline_clock());
	look_for_same_lines(d, w);
	drill_look(d, w);
	if (w->batch->stream.id != 0 || w->batch->nlines > 0)
		pipeline_take(d->pipeline, w->batch);
	if (pipeline_pending(d->pipeline) >= PIPELINE_LIVE_LINES ||
	    pipeline_urgent(d->pipeline))
		intake_commit(d);
}

/* All that was written before the start is read, for the first time. */
static void
catch_up(struct daemon *d)
{
	if (d->broken || watch_behind(&d->watch))
		return;
	if (!d->caught_up) {
		d->caught_up = true;
		pipeline_caught_up(d->pipeline);
		intake_commit(d);
		intake_publish(d);
		tell_what_was_found(d);
	}
	arm_hold(d);
}

static int
on_queue(sd_event_source *io, int fd, uint32_t events, void *ctx)
{
	struct daemon	*d = ctx;
	struct work	*w;
	bool		 behind = watch_behind(&d->watch);
	uint64_t	 readers = d->readers;

	(void)io;
	(void)fd;
	(void)events;
	for (int i = 0; i < TURN && (w = queue_get(d->queue, false)) != NULL;
	    i++) {
		take(d, w);
		/* The queue is gone when the store has failed meanwhile. */
		if (d->readers != readers)
			return 0;
		queue_release(d->queue, w);
	}
	if (pipeline_dirty(d->pipeline)) {
		if (sd_event_source_get_enabled(d->commit_timer, NULL) <= 0)
			daemon_arm(d, &d->commit_timer, pipeline_clock() +
			    PIPELINE_LIVE_US, on_commit);
	} else if (behind != watch_behind(&d->watch)) {
		intake_publish(d);
	}
	catch_up(d);
	return 0;
}

/* Ends the reader; what lies in the queue is taken or dropped. */
static void
end_reader(struct daemon *d, bool drop)
{
	struct work	*w;

	d->readers++;
	reader_stop(d->reader);
	d->reader = NULL;
	d->queue_io = sd_event_source_disable_unref(d->queue_io);
	while (!drop && d->queue != NULL && !d->broken &&
	    (w = queue_get(d->queue, false)) != NULL) {
		take(d, w);
		queue_release(d->queue, w);
	}
	queue_free(d->queue);
	d->queue = NULL;
}

/* History has a hole in time, if not in events: say from when to when. */
static void
note_standin(struct daemon *d)
{
	char		 since[USEC_TEXT_MAX], until[USEC_TEXT_MAX], text[512];
	int64_t		 now = pipeline_clock();

	snprintf(text, sizeof(text), "from %.*s to %.*s nothing was stored "
	    "(%.200s); %" PRIu64 " lines were judged in memory, and are read "
	    "again now", STRF(usec_print(d->standin_since, since)),
	    STRF(usec_print(now, until)), d->why_broken.text,
	    d->standin_lines);
	log_info("the database can be written again: %s", text);
	raise_notice(d->pipeline, "not_stored", d->watch.host,
	    str_of(text), now, NULL);
}

/* The store in memory for the one on disk, or back: rows have new numbers. */
static int
change_store(struct daemon *d, int (*change)(struct pipeline *,
    struct error *), struct error *err)
{
	struct error	why;
	int		rc;

	outbox_stop(d);
	rc = change(d->pipeline, err);
	if (rc != -1 && outbox_start(d, &why) == -1)
		log_error("%s", why.text);
	return rc;
}

static int
on_retry(sd_event_source *timer, uint64_t at, void *ctx)
{
	struct daemon	*d = ctx;
	struct error	 err = { "" };
	int		 rc;

	(void)timer;
	(void)at;
	if (!d->standin) {
		intake_fail(d, &d->why_broken);
		return 0;
	}
	intake_commit(d);
	if (!d->standin)
		return 0;
	rc = change_store(d, pipeline_leave_standin, &err);
	if (rc == 1) {
		d->why_broken = err;
		daemon_arm(d, &d->retry_timer, pipeline_clock() + RETRY_US,
		    on_retry);
		intake_publish(d);
		return 0;
	}
	end_reader(d, true);
	d->standin = false;
	if (rc == -1) {
		intake_fail(d, &err);
		return 0;
	}
	note_standin(d);
	start_reader(d);
	return 0;
}

void
intake_standin(struct daemon *d, const struct error *why, int64_t since)
{
	d->why_broken = *why;
	log_error("%s; mail is watched and alerts are sent, but nothing is "
	    "stored until it can be written: then the log is read again from "
	    "where storing stopped", d->why_broken.text);
	d->standin_since = since;
	d->standin_lines = 0;
	d->standin = true;
}

void
intake_fail(struct daemon *d, const struct error *why)
{
	struct error	err = { "" };

	d->broken = true;
	d->standin = false;
	d->why_broken = *why;
	/* What is not committed is read again after the next start. */
	if (d->stopping)
		return;
	daemon_disarm(d->hold_timer);
	end_reader(d, true);
	daemon_arm(d, &d->retry_timer, pipeline_clock() + RETRY_US, on_retry);
	if (change_store(d, pipeline_stand_in, &err) == -1) {
		log_error("%s; reading stops until it can be written, and "
		    "then goes on where it stopped: no line is lost (%s)",
		    d->why_broken.text, err.text);
		intake_publish(d);
		return;
	}
	intake_standin(d, &d->why_broken, pipeline_clock());
	d->broken = false;
	start_reader(d);
}

/* Whole partitions and unfinished messages that are too old. */
static int
on_prune(sd_event_source *timer, uint64_t at, void *ctx)
{
	struct daemon	*d = ctx;
	struct store	*s = pipeline_store(d->pipeline);
	int64_t		 now = pipeline_clock();
	struct error	 err = { "" };
	int		 rc;

	(void)timer;
	(void)at;
	daemon_arm(d, &d->prune_timer, now + PRUNE_US, on_prune);
	if (d->broken || d->standin)
		return 0;
	intake_commit(d);
	if (d->broken || d->standin)
		return 0;
	rc = store_prune(s, now - config_number(d->config, "weir", NULL,
	    "retention"), config_number(d->config, "weir", NULL, "max-size"),
	    &err);
	if (rc == 0)
		rc = store_trim(s, &err);
	if (rc == -1)
		log_warn("%s", err.text);
	if (rc == 1) {
		daemon_arm(d, &d->prune_timer, now + PRUNE_STEP_US, on_prune);
		return 0;
	}
	pipeline_begin(d->pipeline);
	(void)store_forget(s, engine_now(pipeline_engine(d->pipeline)) -
	    KEEP_US);
	intake_commit(d);
	return 0;
}

static void
rhythm_key(char key[128], const char *name)
{
	snprintf(key, 128, "rhythm:%.100s", name);
}

/* Once a minute, on a live log: does each source do what it usually does? */
static int
on_blind(sd_event_source *timer, uint64_t at, void *ctx)
{
	struct daemon	*d = ctx;
	int64_t		 now = pipeline_clock();
	struct buf	 b = { 0 };
	char		 key[128];

	(void)timer;
	(void)at;
	daemon_arm(d, &d->blind_timer, now + BLIND_US, on_blind);
	if (d->broken || !d->caught_up || watch_behind(&d->watch))
		return 0;
	for (size_t i = 0; i < d->watch.n; i++) {
		const struct watch_source *s = &d->watch.v[i];
		int64_t	day = d->seen[i].day;

		if (s->paused || s->shown.state == SOURCE_DENIED ||
		    s->shown.state == SOURCE_MISSING)
			continue;
		blind_judge(&d->seen[i], &d->blind, s->name, s->path,
		    s->shown.host, d->pipeline, now);
		/* A day's end is worth a commit on a host that sleeps. */
		if (day == d->seen[i].day && !pipeline_dirty(d->pipeline))
			continue;
		buf_clear(&b);
		blind_pack(&b, &d->seen[i]);
		rhythm_key(key, s->name);
		pipeline_begin(d->pipeline);
		(void)store_put_value(pipeline_store(d->pipeline), key,
		    buf_str(&b));
	}
	blind_judge_clock(&d->blind, &d->futures, &d->future_at,
	    d->watch.host, d->pipeline, now);
	buf_done(&b);
	intake_commit(d);
	return 0;
}

static void
start_blind(struct daemon *d)
{
	struct buf	b = { 0 };
	char		key[128];

	blind_options(d->config, &d->blind);
	for (size_t i = 0; i < d->watch.n; i++) {
		buf_clear(&b);
		rhythm_key(key, d->watch.v[i].name);
		memset(&d->seen[i], 0, sizeof(d->seen[i]));
		if (store_get_value(pipeline_store(d->pipeline), key, &b))
			(void)blind_unpack(buf_str(&b), &d->seen[i]);
		blind_begin(&d->seen[i], pipeline_clock());
	}
	buf_done(&b);
	daemon_arm(d, &d->blind_timer, pipeline_clock() + BLIND_US, on_blind);
}

static void
start_reader(struct daemon *d)
{
	struct source_options	 o[READER_SOURCES];
	struct streams		 known = { 0 };
	struct error		 err = { "" };

	if (d->same == NULL)
		d->same = xcalloc(1, sizeof(*d->same));
	same_init(d->same, store_hash_key(pipeline_store(d->pipeline)));
	daemon_arm(d, &d->prune_timer, pipeline_clock() + USEC_PER_MIN,
	    on_prune);
	daemon_arm(d, &d->commit_timer, pipeline_clock(), on_commit);
	watch_options(&d->watch, d->config, o);
	d->queue = queue_new(BATCHES);
	if (store_each_stream(pipeline_store(d->pipeline), add_stream, &known,
	    &err) == -1 ||
	    sd_event_add_io(d->loop, &d->queue_io, queue_fd(d->queue),
	    EPOLLIN, on_queue, d) < 0)
		goto fail;
	pipeline_begin(d->pipeline);
	watch_begin(&d->watch, pipeline_store(d->pipeline));
	d->reader = reader_start(d->queue, &known, o, d->watch.n, &err);
	if (d->reader == NULL)
		goto fail;
	for (size_t i = 0; i < d->watch.n; i++)
		if (d->watch.v[i].paused)
			reader_pause(d->reader, i);
	intake_commit(d);
	return;
fail:
	streams_done(&known);
	intake_fail(d, &err);
}

void
intake_start(struct daemon *d)
{
	d->caught_up = false;
	start_blind(d);
	if (d->standin)
		daemon_arm(d, &d->retry_timer, pipeline_clock() + RETRY_US,
		    on_retry);
	start_reader(d);
}

void
intake_stop(struct daemon *d)
{
	end_reader(d, false);
	if (!d->broken)
		intake_commit(d);
	d->commit_timer = sd_event_source_disable_unref(d->commit_timer);
	d->hold_timer = sd_event_source_disable_unref(d->hold_timer);
	d->retry_timer = sd_event_source_disable_unref(d->retry_timer);
	d->blind_timer = sd_event_source_disable_unref(d->blind_timer);
	d->prune_timer = sd_event_source_disable_unref(d->prune_timer);
	free(d->same);
	d->same = NULL;
}

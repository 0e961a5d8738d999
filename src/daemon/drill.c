/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The fire drill.  The daemon makes a token and writes "fire drill TOKEN" the
 * way an MTA writes its lines; when the reader brings it back, a body of type
 * "test" goes through outbox and notifier like an alert's.  Each stage is told
 * with its time.  Only this token counts: whoever else logs such a line starts
 * nothing.
 *
 * Where syslog(3) does not lead to the source (no logger, or another file),
 * the line is put in at the source's reader, and that is said.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>
#include <unistd.h>

#include "weir/hex.h"
#include "weir/log.h"
#include "weir/mem.h"

#include "daemon_priv.h"

#define INJECT_AFTER	(3 * USEC_PER_SEC)
#define END_AFTER	(10 * USEC_PER_SEC)

static void
stage(struct daemon *d, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static void
stage(struct daemon *d, const char *fmt, ...)
{
	struct drill	*dr = &d->drill;
	int64_t		 us = pipeline_clock() - dr->began;
	char		 what[512];
	va_list		 ap;
	json_t		*j;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	j = json_pack("{s:o, s:o, s:f}", "text", json_sprintf("%9.1f ms  %s",
	    (double)us / 1000, what), "stage", json_string(what),
	    "ms", (double)us / 1000);
	if (j == NULL)
		return;
	json_array_append(dr->stages, j);
	if (dr->peer != NULL)
		serve_answer(dr->peer, json_incref(j));
	json_decref(j);
}

static void
end(struct daemon *d, bool ok, const char *text)
{
	struct drill	*dr = &d->drill;

	dr->on = false;
	dr->inject_timer = sd_event_source_disable_unref(dr->inject_timer);
	dr->end_timer = sd_event_source_disable_unref(dr->end_timer);
	if (dr->peer != NULL)
		serve_answer(dr->peer, json_pack("{s:b, s:s, s:O}", "ok", ok,
		    ok ? "text" : "error", text, "stages", dr->stages));
	dr->peer = NULL;
	json_decref(dr->stages);
	dr->stages = NULL;
}

/* Is there a logger at all? */
static bool
logger_listens(void)
{
	struct sockaddr_un	sun = { .sun_family = AF_UNIX,
				    .sun_path = "/dev/log" };
	int			fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC,
				    0);
	bool			ok;

	if (fd == -1)
		return false;
	ok = connect(fd, (const struct sockaddr *)&sun, sizeof(sun)) == 0;
	close(fd);
	return ok;
}

/* The first source that is read; -1: none. */
static int
source_of_drill(const struct daemon *d)
{
	for (size_t i = 0; i < d->watch.n; i++)
		if (!d->watch.v[i].paused)
			return (int)i;
	return -1;
}

static void
inject(struct daemon *d, const char *why)
{
	int	source = source_of_drill(d);

	if (d->drill.injected || source == -1 || d->reader == NULL)
		return;
	d->drill.injected = true;
	stage(d, "%s: put in at the reader of %s instead", why,
	    d->watch.v[source].path);
	reader_inject(d->reader, (size_t)source, d->drill.token);
}

static int
on_inject(sd_event_source *timer, uint64_t at, void *ctx)
{
	struct daemon	*d = ctx;

	(void)timer;
	(void)at;
	if (d->drill.on && !d->drill.read)
		inject(d, "the line did not come back from the log");
	return 0;
}

static int
on_end(sd_event_source *timer, uint64_t at, void *ctx)
{
	struct daemon	*d = ctx;

	(void)timer;
	(void)at;
	if (!d->drill.on)
		return 0;
	end(d, false, !d->drill.read ? "the line was never read" :
	    !d->drill.stored ? "the line was read and not stored" :
	    "a webhook did not take it in time");
	return 0;
}

static void
make_token(struct drill *dr)
{
	uint8_t	r[12];

	if (getrandom(r, sizeof(r), 0) != sizeof(r))
		memset(r, 0, sizeof(r));
	hex_print(r, sizeof(r), dr->token);
}

void
drill_start(struct daemon *d, struct serve_peer *peer)
{
	struct drill	*dr = &d->drill;
	const char	*why = NULL;

	if (dr->on)
		why = "a fire drill is under way";
	else if (d->broken || d->standin)
		why = "the database cannot be written now";
	else if (source_of_drill(d) == -1)
		why = "no source is read";
	if (why != NULL) {
		serve_answer(peer, json_pack("{s:b, s:s}", "ok", 0, "error",
		    why));
		return;
	}
	memset(dr, 0, sizeof(*dr));
	dr->on = true;
	dr->peer = peer;
	dr->stages = json_array();
	dr->began = pipeline_clock();
	make_token(dr);
	daemon_arm(d, &dr->end_timer, dr->began + END_AFTER, on_end);
	if (!logger_listens()) {
		inject(d, "no logger listens on /dev/log");
		return;
	}
	openlog("weir", LOG_PID, LOG_MAIL);
	syslog(LOG_MAIL | LOG_INFO, "fire drill %s", dr->token);
	closelog();
	stage(d, "written to the system's log, facility mail");
	daemon_arm(d, &dr->inject_timer, dr->began + INJECT_AFTER, on_inject);
}

/* The alert that the body is about: not stored, and no alert in fact. */
static struct alert *
test_alert(struct daemon *d)
{
	struct alert	*a = alert_new();
	uint8_t		 id[EVENT_ID_SIZE] = { 0 };
	struct buf	 title = { 0 };

	buf_addf(&title, "Fire drill on %s: this is a test, nothing happened",
	    d->watch.host);
	(void)hex_parse(str_of(d->drill.token), id, 12);
	a->detector = xstrdup("drill");
	a->severity = SEVERITY_INFO;
	a->state = ALERT_OPEN;
	a->host = xstrdup(d->watch.host);
	a->key_type = KEY_HOST;
	a->key = xstrdup(d->watch.host);
	a->opened = a->first_seen = a->last_seen = d->drill.began;
	a->count = 1;
	a->version = 1;
	a->title = str_dup(buf_str(&title));
	alert_make_id(a, id);
	buf_done(&title);
	return a;
}

void
drill_look(struct daemon *d, const struct work *w)
{
	struct drill	*dr = &d->drill;
	struct alert	*a;

	if (!dr->on || dr->read)
		return;
	for (size_t i = 0; i < w->batch->nlines; i++) {
		const struct line	*l = &w->batch->lines[i].line;

		if (l->kind == LINE_DRILL && str_eq(l->f[FIELD_TOKEN],
		    str_of(dr->token)))
			dr->read = true;
	}
	if (!dr->read)
		return;
	stage(d, "read from %s", d->watch.v[w->source].path);
	a = test_alert(d);
	memcpy(dr->alert, a->id, sizeof(dr->alert));
	pipeline_begin(d->pipeline);
	pipeline_tell(d->pipeline, a, TRANSITION_TEST);
	alert_free(a);
}

void
drill_committed(struct daemon *d)
{
	struct drill	*dr = &d->drill;

	if (!dr->on || !dr->read || dr->stored)
		return;
	dr->stored = true;
	stage(d, "stored");
	if (d->nhooks == 0)
		end(d, false, "the line came through, but no [webhook] is "
		    "configured: nobody would be told");
}

void
drill_result(struct daemon *d, const struct flight *f,
    const struct deliver_result *r)
{
	struct drill	*dr = &d->drill;

	if (!dr->on || memcmp(f->alert, dr->alert, sizeof(dr->alert)) != 0)
		return;
	if (r->outcome == OUTBOX_DELIVERED) {
		stage(d, "webhook %s answered %d", f->webhook, r->code);
		dr->told++;
	} else {
		stage(d, "webhook %s: %s", f->webhook, r->error);
		dr->failed++;
	}
	if (dr->told + dr->failed < d->nhooks)
		return;
	if (dr->failed > 0)
		end(d, false, "not every webhook took it");
	else
		end(d, true, "an alert would have reached every webhook");
}

void
drill_gone(struct daemon *d, const struct serve_peer *peer)
{
	if (d->drill.on && d->drill.peer == peer)
		d->drill.peer = NULL;
}

void
drill_stop(struct daemon *d)
{
	if (d->drill.on)
		end(d, false, "the daemon ends or reads its configuration "
		    "anew");
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What comes over the socket.  Orders are worked off one step at a time when
 * the loop has nothing better to do, so that lines go first.
 */
#include <string.h>

#include "weir/control.h"
#include "weir/log.h"
#include "weir/status.h"

#include "daemon_priv.h"

static void
refuse(struct serve_peer *peer, const char *why)
{
	serve_answer(peer, json_pack("{s:b, s:s}", "ok", 0, "error", why));
}

static void
end_job(struct daemon *d, size_t i)
{
	order_free(d->jobs[i].order);
	memmove(&d->jobs[i], &d->jobs[i + 1],
	    (d->njobs - i - 1) * sizeof(d->jobs[0]));
	if (--d->njobs == 0)
		(void)sd_event_source_set_enabled(d->jobs_defer,
		    SD_EVENT_OFF);
}

/* One step of the oldest order. */
static int
on_jobs(sd_event_source *defer, void *ctx)
{
	struct daemon	*d = ctx;
	struct job	*job = &d->jobs[0];
	struct error	 err;
	json_t		*j = NULL;
	int		 rc;

	(void)defer;
	if (d->broken || d->standin) {
		if (job->peer != NULL)
			refuse(job->peer, d->why_broken.text);
		end_job(d, 0);
		return 0;
	}
	intake_commit(d);
	if (d->broken || d->standin)
		return 0;
	rc = order_step(job->order, d->pipeline, &j);
	if (rc == -1)
		(void)error_set(&err, "%s", json_string_value(
		    json_object_get(j, "error")));
	if (j != NULL && job->peer != NULL)
		serve_answer(job->peer, j);
	else
		json_decref(j);
	if (rc != 1)
		end_job(d, 0);
	if (rc == -1) {
		intake_fail(d, &err);
		return 0;
	}
	intake_publish(d);
	outbox_pump(d);
	return 0;
}

static void
begin_job(struct daemon *d, struct serve_peer *peer, const json_t *request)
{
	if (d->njobs == DAEMON_ORDERS) {
		refuse(peer, "too many orders wait; try again");
		return;
	}
	d->jobs[d->njobs].order = order_new(request, serve_who(peer));
	d->jobs[d->njobs++].peer = peer;
	(void)sd_event_source_set_enabled(d->jobs_defer, SD_EVENT_ON);
}

static void
answer_status(struct daemon *d, struct serve_peer *peer)
{
	intake_publish(d);
	serve_answer(peer, json_pack("{s:b, s:o}", "ok", 1, "status",
	    status_json(&d->snap)));
}

static void
answer_reload(struct daemon *d, struct serve_peer *peer)
{
	struct error	err = { "" };

	if (daemon_reload(d, &err) == -1)
		refuse(peer, err.text);
	else
		serve_answer(peer, json_pack("{s:b, s:s}", "ok", 1, "text",
		    "the configuration was read anew"));
}

static void
on_asked(void *ctx, struct serve_peer *peer, const json_t *request)
{
	struct daemon	*d = ctx;
	const char	*command = json_string_value(json_object_get(request,
			    "command"));

	if (command == NULL)
		refuse(peer, "no command");
	else if (strcmp(command, "status") == 0)
		answer_status(d, peer);
	else if (strcmp(command, "test") == 0)
		drill_start(d, peer);
	else if (strcmp(command, "reload") == 0)
		answer_reload(d, peer);
	else if (!order_knows(command))
		refuse(peer, "this daemon does not know that command");
	else if (d->broken || d->standin)
		refuse(peer, d->why_broken.text);
	else {
		log_info("%s asks: %s", serve_who(peer), command);
		begin_job(d, peer, request);
	}
}

static void
on_gone(void *ctx, struct serve_peer *peer)
{
	struct daemon	*d = ctx;

	drill_gone(d, peer);
	for (size_t i = 0; i < d->njobs; i++)
		if (d->jobs[i].peer == peer)
			d->jobs[i].peer = NULL;
}

int
answer_start(struct daemon *d, struct error *err)
{
	struct serve_options	o = { 0 };
	char			path[4096];

	control_path(d->db, path, sizeof(path));
	o.loop = d->loop;
	o.path = path;
	o.asked = on_asked;
	o.gone = on_gone;
	o.ctx = d;
	if (sd_event_add_defer(d->loop, &d->jobs_defer, on_jobs, d) < 0)
		return error_set(err, "the event loop refused the orders");
	(void)sd_event_source_set_priority(d->jobs_defer,
	    SD_EVENT_PRIORITY_IDLE);
	(void)sd_event_source_set_enabled(d->jobs_defer, SD_EVENT_OFF);
	d->serve = serve_new(&o, err);
	return d->serve == NULL ? -1 : 0;
}

void
answer_stop(struct daemon *d)
{
	while (d->njobs > 0)
		order_free(d->jobs[--d->njobs].order);
	d->jobs_defer = sd_event_source_disable_unref(d->jobs_defer);
	serve_free(d->serve);
	d->serve = NULL;
}

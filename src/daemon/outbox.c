/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The loop's side of the notifier.  Rows of the outbox go out oldest first, and
 * of one alert to one webhook only one at a time: who hears that an alert was
 * resolved has heard before that it was opened.
 */
#include <string.h>
#include <sys/epoll.h>

#include "weir/log.h"
#include "weir/map.h"

#include "daemon_priv.h"

struct pump {
	struct daemon	*d;
	struct map	*first;		/* webhook and alert -> oldest row */
	int64_t		 now, next;	/* when to look again; 0: never */
};

static struct str
row_key(const struct outbox_row *row, struct buf *b)
{
	buf_clear(b);
	buf_add(b, row->alert, EVENT_ID_SIZE);
	buf_add_str(b, str_of(row->webhook));
	return buf_str(b);
}

static bool
hook_is_known(const struct daemon *d, const char *name)
{
	for (size_t i = 0; i < d->nhooks; i++)
		if (strcmp(d->hooks[i].name, name) == 0)
			return true;
	return false;
}

/* Rows come in order of their next try; the oldest has the smallest id. */
static int
find_first(void *ctx, const struct outbox_row *row)
{
	struct pump	*p = ctx;
	struct buf	 b = { 0 };
	struct str	 key = row_key(row, &b);
	intptr_t	 id = (intptr_t)map_get(p->first, key);

	if (id == 0 || row->id < id)
		(void)map_put(p->first, key, (void *)(intptr_t)row->id);
	buf_done(&b);
	return 0;
}

static bool
in_flight(const struct daemon *d, int64_t row)
{
	for (size_t i = 0; i < d->nflights; i++)
		if (d->flights[i].row == row)
			return true;
	return false;
}

static void
take_off(struct daemon *d, const struct outbox_row *row)
{
	struct flight	*f;

	if (d->nflights == DAEMON_FLIGHTS || !deliver_send(d->deliver, row))
		return;
	f = &d->flights[d->nflights++];
	f->row = row->id;
	memcpy(f->webhook, row->webhook, sizeof(f->webhook));
	memcpy(f->alert, row->alert, sizeof(f->alert));
}

/* A webhook that was taken out may come back: its rows wait. */
static int
send_first(void *ctx, const struct outbox_row *row)
{
	struct pump	*p = ctx;
	struct buf	 b = { 0 };

	if ((intptr_t)map_get(p->first, row_key(row, &b)) != row->id ||
	    !hook_is_known(p->d, row->webhook) || in_flight(p->d, row->id))
		goto out;
	if (row->next_try <= p->now)
		take_off(p->d, row);
	else if (p->next == 0 || row->next_try < p->next)
		p->next = row->next_try;
out:
	buf_done(&b);
	return 0;
}

static int
on_due(sd_event_source *timer, uint64_t at, void *ctx)
{
	(void)timer;
	(void)at;
	outbox_pump(ctx);
	return 0;
}

void
outbox_pump(struct daemon *d)
{
	struct pump	 p = { .d = d };
	struct store	*s = pipeline_store(d->pipeline);
	struct error	 err;

	if (d->deliver == NULL || d->broken || store_outbox_due(s) == 0)
		return;
	p.first = map_new(store_hash_key(s));
	p.now = pipeline_clock();
	if (store_each_outbox(s, INT64_MAX, 0, find_first, &p, &err) == -1 ||
	    store_each_outbox(s, INT64_MAX, 0, send_first, &p, &err) == -1)
		log_warn("%s", err.text);
	if (p.next != 0)
		daemon_arm(d, &d->outbox_timer, p.next, on_due);
	else
		daemon_disarm(d->outbox_timer);
	map_free(p.first, NULL);
}

static void
land(struct daemon *d, const struct deliver_result *r)
{
	for (size_t i = 0; i < d->nflights; i++) {
		struct flight	f = d->flights[i];

		if (f.row != r->row)
			continue;
		d->flights[i] = d->flights[--d->nflights];
		if (r->outcome == OUTBOX_DELIVERED) {
			d->snap.hooks_delivered++;
			log_debug("webhook %s answered %d", f.webhook,
			    r->code);
		} else {
			d->snap.hooks_failed++;
			log_warn("webhook %s: %s%s", f.webhook, r->error,
			    r->outcome == OUTBOX_DEAD ? "; given up" :
			    "; tried again later");
		}
		drill_result(d, &f, r);
		return;
	}
}

static void
take_results(struct daemon *d)
{
	struct deliver_result	r;

	while (deliver_next_result(d->deliver, &r)) {
		/* Lost results are had again: the row is sent once more. */
		if (!d->broken) {
			pipeline_begin(d->pipeline);
			(void)store_outbox_result(pipeline_store(d->pipeline),
			    r.row, r.outcome, r.at, r.next_try, r.code,
			    r.error);
		}
		land(d, &r);
	}
}

static int
on_results(sd_event_source *io, int fd, uint32_t events, void *ctx)
{
	struct daemon	*d = ctx;

	(void)io;
	(void)fd;
	(void)events;
	take_results(d);
	intake_commit(d);
	outbox_pump(d);
	return 0;
}

int
outbox_start(struct daemon *d, struct error *err)
{
	if (d->nhooks == 0)
		return 0;
	d->deliver = deliver_new(d->hooks, d->nhooks, err);
	if (d->deliver == NULL)
		return -1;
	if (sd_event_add_io(d->loop, &d->deliver_io, deliver_fd(d->deliver),
	    EPOLLIN, on_results, d) < 0)
		return error_set(err, "the event loop refused the notifier");
	outbox_pump(d);
	return 0;
}

void
outbox_stop(struct daemon *d)
{
	if (d->deliver == NULL)
		return;
	d->deliver_io = sd_event_source_disable_unref(d->deliver_io);
	d->outbox_timer = sd_event_source_disable_unref(d->outbox_timer);
	deliver_stop(d->deliver);
	take_results(d);
	deliver_free(d->deliver);
	d->deliver = NULL;
	d->nflights = 0;
	intake_commit(d);
}

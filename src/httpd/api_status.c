/* SPDX-License-Identifier: Apache-2.0 */
/* GET /api/v1/status, /metrics and /healthz: the snapshot in three forms. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "weir/mem.h"
#include "weir/route.h"
#include "weir/status.h"

/* A snapshot is too large for a thread's stack. */
static struct snapshot *
take(const struct request *rq)
{
	struct snapshot *s = xmalloc(sizeof(*s));

	snapshot_get(rq->box, s);
	return s;
}

static void
drop(struct snapshot *s)
{
	snapshot_done(s);
	free(s);
}

void
api_status(const struct request *rq, struct reply *rp)
{
	struct snapshot *s = take(rq);

	reply_json(rp, rq, status_json(s));
	drop(s);
}

void
api_health(const struct request *rq, struct reply *rp)
{
	struct snapshot *s = take(rq);
	json_t *j = status_json(s);
	struct buf line = {0};

	status_line(j, &line);
	if (s->watching && s->not_storing[0] == '\0') {
		buf_add_char(&line, '\n');
		rp->type = "text/plain; charset=utf-8";
		rp->body = line;
	} else {
		reply_problem(rp, 503, "%s", buf_cstr(&line));
		buf_done(&line);
	}
	json_decref(j);
	drop(s);
}

static int
count_alert(void *ctx, const struct alert *a)
{
	struct status_gauges *g = ctx;

	/* Who watches this number hears of nothing on trial or exempt. */
	if (!a->shadow)
		g->alerts[a->severity]++;
	return 0;
}

/* The second number of statm: resident pages (proc(5)). */
static int64_t
resident_bytes(void)
{
	long long pages = -1;
	FILE *f = fopen("/proc/self/statm", "re");

	if (f == NULL)
		return -1;
	if (fscanf(f, "%*d %lld", &pages) != 1)
		pages = -1;
	fclose(f);
	return pages < 0 ? -1 : pages * sysconf(_SC_PAGESIZE);
}

void
api_metrics(const struct request *rq, struct reply *rp)
{
	const struct alert_filter open = {
		.states = UINT32_C(1) << ALERT_OPEN,
	};
	struct status_gauges g = { .now = rq->now };
	struct snapshot *s;
	struct error err;

	if (store_each_alert(rq->store, &open, count_alert, &g, NULL,
	    &err) == -1) {
		reply_problem(rp, 503, "%s", err.text);
		return;
	}
	g.resident_bytes = resident_bytes();
	s = take(rq);
	status_metrics(s, &g, &rp->body);
	drop(s);
	rp->type = "application/openmetrics-text; version=1.0.0; "
	    "charset=utf-8";
}

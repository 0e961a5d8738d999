/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GET /api/v1/traffic: counts by hour and class for the page's chart, the
 * last 24 hours unless told otherwise.  Every hour of the span is there, with
 * the classes that were seen in it.
 */
#include <stdlib.h>

#include "weir/mem.h"
#include "weir/query.h"
#include "weir/route.h"

#define HOURS_DEFAULT	24
#define HOURS_MAX	(31 * 24)

struct traffic {
	int64_t	 since, until;	/* of whole hours */
	size_t	 nhours;
	int64_t	(*n)[CLASS_COUNT];
};

static void
add(void *ctx, int64_t hour, enum event_class c, int64_t n)
{
	struct traffic *t = ctx;

	if (hour >= t->since && hour < t->until && c < CLASS_COUNT)
		t->n[(hour - t->since) / USEC_PER_HOUR][c] += n;
}

static int64_t
floor_hour(int64_t at)
{
	return at - at % USEC_PER_HOUR;
}

static int
read_span(const struct request *rq, struct traffic *t, struct error *err)
{
	struct query q;
	size_t i;
	int rc = -1;

	query_init(&q);
	for (i = 0; i < rq->nargs; i++) {
		if (!str_eq(rq->args[i].name, STR("since")) &&
		    !str_eq(rq->args[i].name, STR("until"))) {
			error_set(err, "unknown filter '%.*s'; traffic has "
			    "since and until",
			    STRF(str_head(rq->args[i].name, 64)));
			goto out;
		}
		if (query_set(&q, rq->args[i].name, rq->args[i].value,
		    rq->now, err) == -1)
			goto out;
	}
	t->until = q.until != 0 ? q.until : rq->now;
	t->until = floor_hour(t->until + USEC_PER_HOUR - 1);
	t->since = q.since != 0 ? floor_hour(q.since) :
	    t->until - HOURS_DEFAULT * USEC_PER_HOUR;
	if (t->since >= t->until)
		error_set(err, "'since' is not before 'until'");
	else if (t->until - t->since > HOURS_MAX * USEC_PER_HOUR)
		error_set(err, "traffic covers at most %d days at a time",
		    HOURS_MAX / 24);
	else
		rc = 0;
out:
	query_done(&q);
	return rc;
}

static void
set_time(json_t *o, const char *key, int64_t at)
{
	char out[USEC_TEXT_MAX];
	struct str s = usec_print(at, out);

	json_object_set_new(o, key, json_stringn(s.p, s.n));
}

static json_t *
hour_json(const struct traffic *t, size_t hour)
{
	json_t *o = json_object(), *classes = json_object();
	size_t c;

	set_time(o, "time", t->since + (int64_t)hour * USEC_PER_HOUR);
	for (c = 0; c < CLASS_COUNT; c++) {
		if (t->n[hour][c] != 0)
			json_object_set_new(classes,
			    event_class_name((enum event_class)c),
			    json_integer(t->n[hour][c]));
	}
	json_object_set_new(o, "classes", classes);
	return o;
}

void
api_traffic(const struct request *rq, struct reply *rp)
{
	struct traffic t;
	struct error err;
	json_t *o, *items;
	size_t i;

	if (read_span(rq, &t, &err) == -1) {
		reply_problem(rp, 400, "%s", err.text);
		return;
	}
	t.nhours = (size_t)((t.until - t.since) / USEC_PER_HOUR);
	t.n = xcalloc(t.nhours, sizeof(*t.n));
	if (store_each_traffic(rq->store, t.since, t.until, add, &t,
	    &err) == -1) {
		reply_problem(rp, 503, "%s", err.text);
		free(t.n);
		return;
	}
	o = json_object();
	items = json_array();
	set_time(o, "since", t.since);
	set_time(o, "until", t.until);
	for (i = 0; i < t.nhours; i++)
		json_array_append_new(items, hour_json(&t, i));
	json_object_set_new(o, "items", items);
	json_object_set_new(o, "next", json_null());
	reply_json(rp, rq, o);
	free(t.n);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* GET /api/v1/alerts, newest first, and /api/v1/alerts/ID. */
#include <stdio.h>

#include "weir/query.h"
#include "weir/route.h"
#include "weir/suggest.h"
#include "weir/wire.h"

static int
set_states(struct alert_filter *f, struct str value, struct error *err)
{
	struct str one;
	enum alert_state s;

	while (str_cut(&value, ',', &one)) {
		s = alert_state_of(one);
		if (s == ALERT_STATE_COUNT)
			return error_set(err, "'%.*s' is no state; there are "
			    "open, acknowledged and resolved",
			    STRF(str_head(one, 64)));
		f->states |= UINT32_C(1) << s;
	}
	return 0;
}

static int
set_severities(struct alert_filter *f, struct str value, struct error *err)
{
	struct str one;
	enum alert_severity s;

	while (str_cut(&value, ',', &one)) {
		s = alert_severity_of(one);
		if (s == SEVERITY_COUNT)
			return error_set(err, "'%.*s' is no severity; there "
			    "are info, warning and critical",
			    STRF(str_head(one, 64)));
		f->severities |= UINT32_C(1) << s;
	}
	return 0;
}

static int
set_detector(struct alert_filter *f, struct str value, struct error *err)
{
	(void)err;
	str_copy(value, f->detector, sizeof(f->detector));
	return 0;
}

static int
set_key(struct alert_filter *f, struct str value, struct error *err)
{
	(void)err;
	str_copy(value, f->key, sizeof(f->key));
	return 0;
}

/* A row without a function is read as the filter of events of that name. */
static const struct filter {
	const char	*name;
	int		(*set)(struct alert_filter *f, struct str value,
			    struct error *err);
} filters[] = {
	{ "state", set_states },
	{ "severity", set_severities },
	{ "detector", set_detector },
	{ "key", set_key },
	{ "host", NULL },
	{ "since", NULL },
	{ "until", NULL },
	{ "limit", NULL },
	{ "cursor", NULL },
};

#define NFILTERS	(sizeof(filters) / sizeof(filters[0]))

static int
unknown_filter(struct str name, struct error *err)
{
	const char *best = NULL;
	char word[SUGGEST_MAX];
	size_t i;

	str_copy(name, word, sizeof(word));
	for (i = 0; i < NFILTERS; i++)
		suggest_try(word, filters[i].name, &best);
	if (best != NULL)
		return error_set(err, "unknown filter '%s': did you mean "
		    "'%s'?", word, best);
	return error_set(err, "unknown filter '%s'; alerts have state, "
	    "severity, detector, key, host, since, until, limit and cursor",
	    word);
}

static int
set_filter(struct alert_filter *f, struct query *q,
    const struct route_arg *arg, int64_t now, struct error *err)
{
	size_t i;

	for (i = 0; i < NFILTERS; i++) {
		if (!str_eq(arg->name, str_of(filters[i].name)))
			continue;
		if (filters[i].set == NULL)
			return query_set(q, arg->name, arg->value, now, err);
		if (arg->value.n == 0)
			return error_set(err, "%s: a value is missing",
			    filters[i].name);
		return filters[i].set(f, arg->value, err);
	}
	return unknown_filter(arg->name, err);
}

static int
read_args(const struct request *rq, struct alert_filter *f, struct error *err)
{
	struct query q;
	size_t i;
	int rc = -1;

	query_init(&q);
	q.limit = QUERY_LIMIT_DEFAULT;
	for (i = 0; i < rq->nargs; i++) {
		if (set_filter(f, &q, &rq->args[i], rq->now, err) == -1)
			goto out;
	}
	if (q.limit == 0 || q.limit > QUERY_LIMIT_MAX) {
		error_set(err, "limit is from 1 to %d; the answer's \"next\" "
		    "is the cursor of the page that follows",
		    QUERY_LIMIT_MAX);
		goto out;
	}
	f->since = q.since;
	f->until = q.until;
	f->limit = q.limit;
	str_copy(str_of(q.cursor), f->cursor, sizeof(f->cursor));
	if (q.host != NULL)
		str_copy(str_of(q.host), f->host, sizeof(f->host));
	rc = 0;
out:
	query_done(&q);
	return rc;
}

struct page {
	json_t	*items;
	size_t	 bytes;
};

/* The lines of the evidence are all that can be long. */
static int
add(void *ctx, const struct alert *a)
{
	struct page *p = ctx;
	size_t i;

	for (i = 0; i < a->nevidence; i++) {
		if (a->evidence[i].line != NULL)
			p->bytes += strlen(a->evidence[i].line);
	}
	json_array_append_new(p->items, wire_alert(a));
	return p->bytes > ROUTE_PAGE_BYTES;
}

void
api_alerts(const struct request *rq, struct reply *rp)
{
	struct alert_filter f = { .newest_first = true };
	char cursor[QUERY_CURSOR_MAX];
	struct page page = { NULL, 0 };
	struct error err;

	if (read_args(rq, &f, &err) == -1) {
		reply_problem(rp, 400, "%s", err.text);
		return;
	}
	page.items = json_array();
	if (store_each_alert(rq->store, &f, add, &page, cursor, &err) == 0) {
		reply_list(rp, rq, page.items, cursor);
		return;
	}
	json_decref(page.items);
	reply_problem(rp, f.cursor[0] == '\0' ? 503 : 400, "%s", err.text);
}

void
api_alert(const struct request *rq, struct reply *rp)
{
	struct alert *a;
	struct error err;

	if (rq->nargs > 0)
		reply_problem(rp, 400, "one alert takes no filters");
	else if (store_get_alert(rq->store, rq->tail, &a, &err) == -1)
		reply_problem(rp, 404, "%s", err.text);
	else {
		reply_json(rp, rq, wire_alert(a));
		alert_free(a);
	}
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GET /api/v1/events and /api/v1/messages: the filters of the command line as
 * query parameters, newest first, page by page.
 */
#include "weir/query.h"
#include "weir/route.h"
#include "weir/wire.h"

struct page {
	json_t	*items;
	size_t	 bytes;
};

static int
add(void *ctx, const struct event *e)
{
	struct page *p = ctx;

#define X(m) p->bytes += e->m.n;
	EVENT_TEXTS(X)
#undef X
	json_array_append_new(p->items, wire_event(e));
	return p->bytes > ROUTE_PAGE_BYTES;
}

static void
answer(const struct request *rq, struct query *q, struct reply *rp)
{
	char cursor[QUERY_CURSOR_MAX];
	struct page page = { json_array(), 0 };
	struct error err;

	if (store_query(rq->store, q, add, &page, cursor, &err) == 0) {
		reply_list(rp, rq, page.items, cursor);
		return;
	}
	json_decref(page.items);
	reply_problem(rp, q->cursor[0] == '\0' ? 503 : 400, "%s", err.text);
}

static int
read_args(const struct request *rq, struct query *q, struct error *err)
{
	size_t i;

	for (i = 0; i < rq->nargs; i++) {
		if (query_set(q, rq->args[i].name, rq->args[i].value, rq->now,
		    err) == -1)
			return -1;
	}
	if (q->limit == 0 || q->limit > QUERY_LIMIT_MAX)
		return error_set(err, "limit is from 1 to %d; the answer's "
		    "\"next\" is the cursor of the page that follows",
		    QUERY_LIMIT_MAX);
	return 0;
}

static void
events(const struct request *rq, uint32_t kinds, struct reply *rp)
{
	struct query q;
	struct error err;

	query_init(&q);
	q.limit = QUERY_LIMIT_DEFAULT;
	if (read_args(rq, &q, &err) == -1)
		reply_problem(rp, 400, "%s", err.text);
	else if (kinds != 0 && q.kinds != 0 && q.kinds != kinds)
		reply_problem(rp, 400, "messages are the events of kind "
		    "message; ask /api/v1/events for other kinds");
	else {
		if (kinds != 0)
			q.kinds = kinds;
		answer(rq, &q, rp);
	}
	query_done(&q);
}

void
api_events(const struct request *rq, struct reply *rp)
{
	events(rq, 0, rp);
}

void
api_messages(const struct request *rq, struct reply *rp)
{
	events(rq, UINT32_C(1) << EVENT_MESSAGE, rp);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* See statistics.h.  The value "statistics" is a u64, the seq, and the blob. */
#include "weir/statistics.h"

#include "weir/mem.h"

#define VALUE	"statistics"

int
statistics_keep(struct store *s, const struct engine *e, struct error *err)
{
	struct store_totals	totals;
	struct buf		b = { 0 };
	int			rc;

	if (store_totals(s, &totals, err) == -1)
		return -1;
	buf_put_u64(&b, (uint64_t)totals.seq);
	engine_checkpoint(e, &b);
	rc = store_put_value(s, VALUE, buf_str(&b));
	buf_done(&b);
	return rc == 0 ? 0 : error_set(err, "%s", store_error(s));
}

struct learner {
	struct engine	*engine;
	int64_t		 n;
};

static int
learn(void *ctx, const struct event *e)
{
	struct learner	*l = ctx;

	engine_replay(l->engine, e);
	l->n++;
	return 0;
}

static int
learn_revised(void *ctx, const struct event *e)
{
	struct learner	*l = ctx;

	engine_replay_revision(l->engine, e);
	return 0;
}

int
statistics_load(struct store *s, struct engine *e, int64_t *ret_learnt,
    struct error *err)
{
	struct learner		l = { e, 0 };
	struct store_replay	to = { &l, learn, learn_revised };
	struct store_totals	totals;
	struct buf		b = { 0 };
	struct buf_reader	r;
	int64_t			after = 0, since = INT64_MIN;
	int			rc;

	if (store_get_value(s, VALUE, &b)) {
		r = (struct buf_reader){ buf_str(&b), false };
		after = buf_get_i64(&r);
		if (r.bad || !engine_restore(e, r.rest))
			after = 0;
	}
	buf_done(&b);
	if (after == 0) {
		if (store_totals(s, &totals, err) == -1)
			return -1;
		since = totals.last_at - STATISTICS_LEARN_US;
		if (totals.seq > STATISTICS_LEARN_EVENTS)
			after = totals.seq - STATISTICS_LEARN_EVENTS;
	}
	rc = store_each_input(s, after, since, &to, err);
	*ret_learnt = l.n;
	return rc;
}

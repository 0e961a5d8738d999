/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A log through the whole fold, twice: quietly, and by an engine that has
 * little memory and is killed and taken up again.  Both end with the same
 * events and alerts, and no pair of message and recipient is counted twice.
 * The last five bits of the first byte say after how many lines it is killed,
 * its first three what else is done (so '!' is after each line, '"' after
 * each second one, 'B' the same with answers, and 'b' with force):
 *	2  afterwards alerts are answered, and another policy judges anew
 *	3  so little memory that what waits is told before its time
 * The last three bits of the second byte are room for more messages, and
 *	8	live: a wall clock goes with the lines, and ticks
 *	16	the lines come from many chains
 *	64	nothing is configured: what the log teaches is all there is
 *
 * Covers: src/event/correlate.c src/event/message.c src/event/link.c
 * Covers: src/event/take.c src/event/take_queue.c src/event/take_session.c
 * Covers: src/event/event.c src/event/ordinal.c src/engine/engine.c
 * Covers: src/engine/repeats.c
 */
#include <assert.h>
#include <stdio.h>

#include "weir/usec.h"

#include "../unit/fold.h"

#define ROOM	7
#define LIVE	8
#define CHAINS	16
#define LEARN	64
#define ANSWER	256
#define FORCE	512

#define NCHAINS	70			/* more than an engine keeps */
#define NOW	INT64_C(1798761600000000)	/* 2027-01-01 */

struct run {
	struct fold		 f;
	struct syslog_stream	 stream;
	unsigned		 how;
	bool			 quiet;
	uint32_t		 nlines;
	int64_t			 wall;
	/* What the engines said that they told. */
	uint64_t		 events, classes;
};

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/*
 * By host and queue id: one more than the lines that may make it stand for
 * another message.
 */
static struct map *ids;
static struct buf told;

static void
add_id(struct str host, struct str id, uintptr_t uses)
{
	struct buf key = { 0 };
	uintptr_t n;

	if (id.n > 0) {
		buf_addf(&key, "%.*s %.*s", STRF(host), STRF(id));
		n = (uintptr_t)map_get(ids, buf_str(&key));
		(void)map_put(ids, buf_str(&key),
		    (void *)(n + uses + (n == 0)));
	}
	buf_done(&key);
}

static void
add_ids(const struct record *r, const struct line *l)
{
	add_id(r->host, l->f[FIELD_QUEUE_ID], l->kind != LINE_DELIVERY);
	add_id(r->host, l->f[FIELD_NEXT_QUEUE_ID], 0);
}

/* Live, time is believed up to an hour at a line. */
static void
set_clock(struct run *run, int64_t at)
{
	struct engine *e = run->f.engine;
	int64_t due;

	if (!(run->how & LIVE))
		return;
	if (run->wall == 0 || at < run->wall + USEC_PER_HOUR)
		run->wall = at > run->wall ? at : run->wall;
	else
		run->wall += USEC_PER_HOUR;
	engine_clock(e, run->wall);
	if (run->nlines % 4 != 0)
		return;
	engine_tick(e, run->wall);
	due = engine_due(e);
	assert(engine_now(e) >= run->wall && (due == 0 ||
	    due > engine_now(e)));
}

static void
feed(struct run *run, struct str line)
{
	int64_t before = engine_now(run->f.engine);
	char *copy = str_dup(line);
	struct record r = { 0 };
	struct line l;

	if (syslog_parse(&run->stream, copy, line.n, &r) == SYSLOG_OK) {
		mta_parse(&r, &l);
		run->nlines++;
		set_clock(run, r.at);
		engine_line(run->f.engine, run->how & CHAINS ?
		    run->nlines % NCHAINS : 1, &r, &l);
		if (run->quiet)
			add_ids(&r, &l);
	}
	assert(engine_now(run->f.engine) >= before);
	free(copy);
}

/* Commit, and let go of the engine. */
static void
stop(struct run *run)
{
	const struct engine_stats *s;
	size_t i;

	engine_flush(run->f.engine);
	s = engine_stats(run->f.engine);
	for (i = 0; i < EVENT_KIND_COUNT; i++)
		run->events += s->events[i];
	for (i = 0; i < CLASS_COUNT; i++)
		run->classes += s->classes[i];
	assert(s->messages <= map_count(ids));
	engine_free(run->f.engine);
	run->f.engine = NULL;
}

static void
check_event(const struct event *e)
{
	static const uint8_t none[EVENT_ID_SIZE];

	assert(memcmp(e->id, none, EVENT_ID_SIZE) != 0);
	assert(event_kind_of(str_of(event_kind_name(e->kind))) == e->kind);
	assert(event_class_of(str_of(event_class_name(e->class))) == e->class);
	assert(event_status_of(str_of(event_status_name(e->status))) ==
	    e->status);
	assert(event_origin_of(str_of(event_origin_name(e->origin))) ==
	    e->origin);
	assert(e->repeat >= 1);
#define X(m) assert(e->m.n <= 65536);
	EVENT_TEXTS(X)
#undef X
}

/* Counted once in all, but for each time that the queue id was used again. */
static void
check_pair(const struct event *e, struct map *pairs)
{
	struct buf key = { 0 };
	uintptr_t n, most;

	buf_addf(&key, "%.*s %.*s", STRF(e->host), STRF(e->queue_id));
	most = (uintptr_t)map_get(ids, buf_str(&key));
	buf_addf(&key, " %.*s", STRF(e->recipient));
	n = (uintptr_t)map_get(pairs, buf_str(&key)) + 1;
	assert(n <= most);
	(void)map_put(pairs, buf_str(&key), (void *)n);
	buf_done(&key);
}

static void
check_events(const struct run *run)
{
	struct map *pairs = map_new(HASH_KEY_FIXED);
	uint64_t classes = 0;
	size_t iter = 0;
	struct str id;
	void *value;

	while (map_next(run->f.events, &iter, &id, &value)) {
		const struct event *e = &((struct fold_event *)value)->e;

		check_event(e);
		classes += e->kind != EVENT_DELIVERY || e->counted;
		if (e->kind == EVENT_DELIVERY && e->counted &&
		    e->recipient.n > 0)
			check_pair(e, pairs);
	}
	assert(run->events == map_count(run->f.events));
	assert(run->classes == classes);
	map_free(pairs, NULL);
}

static int
compare_events(const void *a, const void *b)
{
	const struct fold_event *const *x = a, *const *y = b;

	return memcmp((*x)->e.id, (*y)->e.id, EVENT_ID_SIZE);
}

/* Each stored event, in order of its id, as the store would give it. */
static unsigned
each_event(struct run *run, bool (*fn)(struct engine *, struct event *))
{
	size_t i, n = 0, iter = 0;
	struct fold_event **v = xcalloc(map_count(run->f.events) + 1,
	    sizeof(*v));
	struct buf_reader r;
	struct buf b = { 0 };
	struct event e;
	unsigned done = 0;
	struct str id;
	void *value;

	while (map_next(run->f.events, &iter, &id, &value))
		v[n++] = value;
	qsort(v, n, sizeof(*v), compare_events);
	for (i = 0; i < n; i++) {
		buf_clear(&b);
		event_pack(&b, &v[i]->e);
		r = (struct buf_reader){ buf_str(&b), false };
		assert(event_unpack(&r, &e) && r.rest.n == 0);
		done += fn(run->f.engine, &e);
	}
	buf_done(&b);
	free(v);
	return done;
}

/* What is known already is told no more. */
static bool
tell_again(struct engine *e, struct event *ev)
{
	uint64_t before = engine_stats(e)->duplicates;

	engine_input(e, ev, STR_NONE);
	return engine_stats(e)->duplicates == before;
}

/* By its id an alert is acknowledged, resolved or left. */
static void
answer_alert(struct engine *e, const struct alert *a)
{
	bool is_open = a->state != ALERT_RESOLVED;
	struct error err;
	int rc = 0;

	switch (a->id[0] % 3) {
	case 0:
		rc = engine_acknowledge(e, a, "op", &err);
		break;
	case 1:
		rc = engine_resolve(e, a, "op", "fine", &err);
		assert(engine_acknowledge(e, a, "op", &err) == -1);
		break;
	default:
		return;
	}
	assert(rc == (is_open ? 0 : -1));
}

static void
believe(struct fold *f, bool otherwise)
{
	fold_believe(f, POLICY_TRUSTED_NETWORKS, "127.0.0.0/8");
	fold_believe(f, POLICY_TRUSTED_NETWORKS, otherwise ?
	    "198.51.100.0/24" : "10.20.0.0/24");
	fold_believe(f, POLICY_LOCAL_DOMAINS, otherwise ? "choir.example" :
	    "example.org");
}

/* A new start under another policy, and all is judged by it: once. */
static void
answer(struct run *run)
{
	struct fold *f = &run->f;
	struct alert *a;
	size_t i;

	fold_start(f);
	assert(each_event(run, tell_again) == 0);
	for (i = 0; i < f->nalerts; i++) {
		a = alert_copy(f->alerts[i]);
		answer_alert(f->engine, a);
		alert_free(a);
	}
	stop(run);
	policy_free(f->policy);
	f->policy = policy_new(HASH_KEY_FIXED);
	believe(f, true);
	fold_start(f);
	(void)each_event(run, engine_reclassify);
	assert(each_event(run, engine_reclassify) == 0);
	stop(run);
}

static bool
add_told(struct engine *e, struct event *ev)
{
	size_t i;

	(void)e;
	if (ev->kind == EVENT_MESSAGE || ev->status == STATUS_EXPIRED)
		return false;
	for (i = 0; i < EVENT_ID_SIZE; i++)
		buf_addf(&told, "%02x", ev->id[i]);
	buf_add_char(&told, '\n');
	return true;
}

/*
 * All events and alerts.  What is told before its time may have another class
 * and no row, or another one; but it is told.
 */
static char *
print(struct run *run)
{
	char *ret;

	if (!(run->how & FORCE))
		return fold_world(&run->f);
	buf_clear(&told);
	(void)each_event(run, add_told);
	ret = xstrdup(buf_cstr(&told));
	buf_done(&told);
	return ret;
}

/* By an engine that is killed every so many lines; 0 messages: quietly. */
static char *
play(struct str log, unsigned how, unsigned every, size_t messages_max)
{
	struct run run = { .how = how, .quiet = messages_max == 0,
	    .stream = { .zone = &zone_utc, .host = STR("mx1"), .until = NOW } };
	struct fold *f = &run.f;
	struct str line;
	unsigned n = 0;
	char *world;

	fold_init(f);
	if (!run.quiet)
		f->options.messages_max = messages_max;
	f->options.subjects = true;
	f->options.live = how & LIVE;
	if (!(how & LEARN))
		believe(f, false);
	fold_start(f);
	while (str_cut(&log, '\n', &line)) {
		feed(&run, line);
		if (every > 0 && ++n % every == 0) {
			stop(&run);
			fold_start(f);
		}
	}
	engine_finish(f->engine);
	stop(&run);
	if (how & ANSWER)
		answer(&run);
	check_events(&run);
	world = print(&run);
	fold_done(f);
	return world;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str log = { (const char *)data + 2, size - 2 };
	char *quiet, *killed;
	unsigned how;
	size_t room;

	if (size < 2)
		return 0;
	how = data[1] | (data[0] >> 5 == 2 ? ANSWER : data[0] >> 5 == 3 ?
	    FORCE : 0);
	ids = map_new(HASH_KEY_FIXED);
	quiet = play(log, how, 0, 0);
	/* With less than half of them some are told before their time. */
	room = how & FORCE ? 1 : map_count(ids) / 2 + 1;
	killed = play(log, how, data[0] % 32, room + (how & ROOM));
	if (strcmp(quiet, killed) != 0) {
		fprintf(stderr, "quiet:\n%skilled:\n%s", quiet, killed);
		abort();
	}
	free(quiet);
	free(killed);
	map_free(ids, NULL);
	return 0;
}

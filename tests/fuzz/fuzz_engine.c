/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A log through the whole fold, twice: quietly, and by an engine that is
 * killed and taken up again every so many lines (the first byte) and has little
 * memory (the second).  Both end with the same events and alerts, and
 * no pair of message and recipient is counted twice.
 *
 * Covers: src/event/correlate.c src/event/message.c src/event/link.c
 * Covers: src/event/take.c src/event/take_queue.c src/event/take_session.c
 * Covers: src/event/event.c src/event/ordinal.c src/engine/engine.c
 */
#include <assert.h>
#include <stdio.h>

#include "../unit/fold.h"

#define NOW	INT64_C(1798761600000000)	/* 2027-01-01 */

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* How often may a queue id stand for another message? */
static struct map *uses;
static size_t nmessages;	/* at most, in all of the log */

static void
add_use(struct str id)
{
	uintptr_t n;

	if (id.n == 0)
		return;
	n = (uintptr_t)map_get(uses, id);
	(void)map_put(uses, id, (void *)(n + 1));
}

static void
feed(struct fold *f, struct syslog_stream *s, struct str line)
{
	char *copy = str_dup(line);
	struct record r = { 0 };
	struct line l;

	if (syslog_parse(s, copy, line.n, &r) == SYSLOG_OK) {
		mta_parse(&r, &l);
		engine_line(f->engine, 1, &r, &l);
		if (uses != NULL && l.kind != LINE_DELIVERY)
			add_use(l.f[FIELD_QUEUE_ID]);
		nmessages += l.f[FIELD_QUEUE_ID].n > 0;
		nmessages += l.f[FIELD_NEXT_QUEUE_ID].n > 0;
	}
	free(copy);
}

static void
kill_it(struct fold *f)
{
	engine_flush(f->engine);
	engine_free(f->engine);
	fold_start(f);
}

static void
check_event(const struct event *e)
{
	static const uint8_t none[EVENT_ID_SIZE];

	assert(memcmp(e->id, none, EVENT_ID_SIZE) != 0);
	assert((unsigned)e->kind < EVENT_KIND_COUNT);
	assert((unsigned)e->class < CLASS_COUNT);
	assert((unsigned)e->status < STATUS_COUNT);
	assert(e->repeat >= 1);
#define X(m) assert(e->m.n <= 65536);
	EVENT_TEXTS(X)
#undef X
}

/* Counted once in all, but for each time that the queue id was used again. */
static void
check_pairs(const struct fold *f)
{
	struct map *pairs = map_new(HASH_KEY_FIXED);
	struct buf key = { 0 };
	size_t iter = 0;
	struct str id;
	void *value;

	while (map_next(f->events, &iter, &id, &value)) {
		const struct event *e = &((struct fold_event *)value)->e;
		uintptr_t n;

		check_event(e);
		if (e->kind != EVENT_DELIVERY || !e->counted ||
		    e->recipient.n == 0)
			continue;
		buf_clear(&key);
		buf_addf(&key, "%.*s %.*s %.*s", STRF(e->host),
		    STRF(e->queue_id), STRF(e->recipient));
		n = (uintptr_t)map_get(pairs, buf_str(&key)) + 1;
		assert(n <= 1 + (uintptr_t)map_get(uses, e->queue_id));
		(void)map_put(pairs, buf_str(&key), (void *)n);
	}
	buf_done(&key);
	map_free(pairs, NULL);
}

static char *
play(struct str log, unsigned every, size_t messages_max)
{
	struct syslog_stream s = { .zone = &zone_utc, .host = STR("mx1"),
	    .until = NOW };
	struct str line;
	struct fold f;
	unsigned n = 0;
	char *world;

	fold_init(&f);
	f.options.messages_max = messages_max;
	f.options.subjects = true;
	fold_believe(&f, POLICY_TRUSTED_NETWORKS, "127.0.0.0/8");
	fold_believe(&f, POLICY_TRUSTED_NETWORKS, "10.20.0.0/24");
	fold_believe(&f, POLICY_LOCAL_DOMAINS, "example.org");
	fold_start(&f);
	while (str_cut(&log, '\n', &line)) {
		feed(&f, &s, line);
		if (every > 0 && ++n % every == 0)
			kill_it(&f);
	}
	engine_finish(f.engine);
	engine_flush(f.engine);
	if (uses != NULL)
		check_pairs(&f);
	world = fold_world(&f);
	fold_done(&f);
	return world;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str log = { (const char *)data + 2, size - 2 };
	char *quiet, *killed;

	if (size < 2)
		return 0;
	uses = map_new(HASH_KEY_FIXED);
	nmessages = 0;
	quiet = play(log, 0, 8000);
	map_free(uses, NULL);
	uses = NULL;
	/* With less than half of them some are told before their time. */
	killed = play(log, data[0] % 32, nmessages / 2 + 1 + data[1] % 8);
	if (strcmp(quiet, killed) != 0) {
		fprintf(stderr, "quiet:\n%skilled:\n%s", quiet, killed);
		abort();
	}
	free(quiet);
	free(killed);
	return 0;
}

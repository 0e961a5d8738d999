/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An engine with a sink in memory: events, alerts and kept state can be looked
 * at, and the engine can be killed and taken up again at any line.
 */
#ifndef TESTS_UNIT_FOLD_H
#define TESTS_UNIT_FOLD_H

#include <stdlib.h>

#include "weir/engine.h"
#include "weir/map.h"
#include "weir/mem.h"
#include "weir/mta.h"
#include "weir/syslog.h"

struct fold {
	struct policy		*policy;
	struct engine		*engine;
	struct engine_options	 options;
	struct map		*events;	/* by id: struct fold_event */
	struct map		*kept;		/* struct str *, owned */
	struct alert		*alerts[64];
	size_t			 nalerts;
	size_t			 nrevisions;
	/* Statistics as of some flush, and what was taken in since. */
	struct buf		 checkpoint;
	const struct event	**since;
	size_t			 nsince, flushes;
};

struct fold_event {
	struct event	e;	/* texts owned */
};

static inline bool
fold_on_event(void *ctx, struct event *e)
{
	struct fold		*f = ctx;
	struct str		 key = { (const char *)e->id, EVENT_ID_SIZE };
	struct fold_event	*copy;

	if (map_get(f->events, key) != NULL)
		return false;
	copy = xcalloc(1, sizeof(*copy));
	copy->e = *e;
#define X(m) if (str_known(e->m)) copy->e.m.p = str_dup(e->m);
	EVENT_TEXTS(X)
#undef X
	(void)map_put(f->events, key, copy);
	f->since = xreallocarray(f->since, f->nsince + 1, sizeof(*f->since));
	f->since[f->nsince++] = &copy->e;
	return true;
}

static inline void
fold_on_revise(void *ctx, const struct event *e, const char *why)
{
	struct fold		*f = ctx;
	struct fold_event	*copy = map_get(f->events,
	    (struct str){ (const char *)e->id, EVENT_ID_SIZE });

	if (copy == NULL)
		return;
	if (why != NULL) {
		f->nrevisions++;
		copy->e.class = e->class;
		free((char *)copy->e.client_address.p);
		copy->e.client_address = STR_NONE;
		if (str_known(e->client_address))
			copy->e.client_address = (struct str){
			    str_dup(e->client_address), e->client_address.n };
	} else if (e->class > copy->e.class) {
		copy->e.class = e->class;
	}
}

static inline void
fold_on_alert(void *ctx, const struct alert *a, enum alert_transition t)
{
	struct fold	*f = ctx;
	size_t		 i;

	(void)t;
	for (i = 0; i < f->nalerts; i++)
		if (memcmp(f->alerts[i]->id, a->id, EVENT_ID_SIZE) == 0)
			break;
	if (i == f->nalerts) {
		if (i == sizeof(f->alerts) / sizeof(f->alerts[0]))
			return;
		f->nalerts++;
	} else {
		alert_free(f->alerts[i]);
	}
	f->alerts[i] = alert_copy(a);
}

static inline void
fold_free_str(void *p)
{
	struct str *s = p;

	free((char *)s->p);
	free(s);
}

static inline void
fold_on_keep(void *ctx, struct str key, int64_t at, int64_t due,
    struct str blob)
{
	struct fold	*f = ctx;
	struct str	*copy, *old;

	(void)at;
	(void)due;
	/* The last thing of a flush. */
	if (str_eq(key, STR("time")) && f->flushes++ % 4 == 0) {
		buf_clear(&f->checkpoint);
		engine_checkpoint(f->engine, &f->checkpoint);
		f->nsince = 0;
	}
	if (blob.n == 0) {
		old = map_del(f->kept, key);
	} else {
		copy = xmalloc(sizeof(*copy));
		*copy = (struct str){ xmemdup(blob.p, blob.n), blob.n };
		old = map_put(f->kept, key, copy);
	}
	if (old != NULL)
		fold_free_str(old);
}

static inline bool
fold_on_recall(void *ctx, struct str key, struct buf *ret)
{
	struct fold	*f = ctx;
	struct str	*blob = map_get(f->kept, key);

	if (blob != NULL)
		buf_add_str(ret, *blob);
	return blob != NULL;
}

/* A new engine over what is kept, as after a restart. */
static inline void
fold_start(struct fold *f)
{
	struct engine_sink	 sink = { f, fold_on_event, fold_on_revise,
				    fold_on_alert, fold_on_keep,
				    fold_on_recall };
	struct str		*keys, key;
	size_t			 i, iter = 0, n = 0;
	void			*value;

	f->engine = engine_new(&f->options, f->policy, &sink);
	engine_resume(f->engine);
	keys = xcalloc(map_count(f->kept) + 1, sizeof(*keys));
	while (map_next(f->kept, &iter, &key, &value))
		keys[n++] = key;
	for (i = 0; i < n; i++)
		engine_wake(f->engine, keys[i]);
	free(keys);
	for (i = 0; i < f->nalerts; i++)
		engine_add_alert(f->engine, f->alerts[i]);
	if (f->checkpoint.n > 0)
		(void)engine_restore(f->engine, buf_str(&f->checkpoint));
	for (i = 0; i < f->nsince; i++)
		engine_replay(f->engine, f->since[i]);
}

static inline void
fold_init(struct fold *f)
{
	memset(f, 0, sizeof(*f));
	engine_options_init(&f->options);
	f->policy = policy_new(HASH_KEY_FIXED);
	f->events = map_new(HASH_KEY_FIXED);
	f->kept = map_new(HASH_KEY_FIXED);
}

static inline void
fold_believe(struct fold *f, enum policy_key k, const char *value)
{
	policy_declare(f->policy, k, POLICY_CONFIGURED);
	(void)policy_add(f->policy, k, POLICY_CONFIGURED, str_of(value), NULL);
}

static inline void
fold_free_event(void *p)
{
	struct fold_event *e = p;

#define X(m) free((char *)e->e.m.p);
	EVENT_TEXTS(X)
#undef X
	free(e);
}

static inline void
fold_done(struct fold *f)
{
	size_t i;

	engine_free(f->engine);
	policy_free(f->policy);
	engine_options_done(&f->options);
	map_free(f->events, fold_free_event);
	buf_done(&f->checkpoint);
	free(f->since);
	map_free(f->kept, fold_free_str);
	for (i = 0; i < f->nalerts; i++)
		alert_free(f->alerts[i]);
}

/* One line that the program `unit` wrote. */
static inline void
fold_say(struct fold *f, int64_t at, const char *unit, uint32_t pid,
    const char *text)
{
	struct record	r;
	struct line	l;

	memset(&r, 0, sizeof(r));
	r.at = at;
	r.host = STR("mx1");
	r.unit = str_of(unit);
	r.pid = pid;
	r.text = r.raw = str_of(text);
	r.repeat = 1;
	mta_parse(&r, &l);
	engine_line(f->engine, 1, &r, &l);
}

/* One line of a log. */
static inline void
fold_feed(struct fold *f, struct syslog_stream *s, struct str line)
{
	char		*copy = str_dup(line);
	struct record	 r = {0};
	struct line	 l;

	if (syslog_parse(s, copy, line.n, &r) == SYSLOG_OK) {
		r.provenance = PROVENANCE_LOG;
		mta_parse(&r, &l);
		engine_line(f->engine, 1, &r, &l);
	}
	free(copy);
}

/* One event as a line: what the tests compare. */
static inline void
fold_print_event(const struct event *e, struct buf *out)
{
	buf_addf(out, "%s %s %s%s%s", event_kind_name(e->kind),
	    event_class_name(e->class), event_status_name(e->status),
	    e->first ? " first" : "", e->counted ? " counted" : "");
#define X(m) if (str_known(e->m)) buf_addf(out, " " #m "=%.*s", STRF(e->m));
	EVENT_TEXTS(X)
#undef X
}

static inline int
fold_compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Every event and alert, sorted: the state of the world. */
static inline char *
fold_world(const struct fold *f)
{
	size_t		 n = 0, i, iter = 0;
	char		**lines = xcalloc(map_count(f->events) +
			    f->nalerts + 1, sizeof(*lines));
	struct buf	 b = {0};
	struct str	 key;
	void		*value;
	char		 id[2 * EVENT_ID_SIZE + 1];

	while (map_next(f->events, &iter, &key, &value)) {
		buf_clear(&b);
		for (i = 0; i < EVENT_ID_SIZE; i++)
			buf_addf(&b, "%02x", (unsigned char)key.p[i]);
		buf_add_char(&b, ' ');
		fold_print_event(&((struct fold_event *)value)->e, &b);
		lines[n++] = xstrdup(buf_cstr(&b));
	}
	for (i = 0; i < f->nalerts; i++) {
		const struct alert *a = f->alerts[i];

		for (size_t j = 0; j < EVENT_ID_SIZE; j++)
			(void)snprintf(id + 2 * j, 3, "%02x", a->id[j]);
		buf_clear(&b);
		buf_addf(&b, "%s alert %s %s %s count %d: %s", id,
		    a->detector, alert_state_name(a->state), a->key,
		    (int)a->count, a->title);
		lines[n++] = xstrdup(buf_cstr(&b));
	}
	qsort(lines, n, sizeof(*lines), fold_compare);
	buf_clear(&b);
	for (i = 0; i < n; i++) {
		buf_addf(&b, "%s\n", lines[i]);
		free(lines[i]);
	}
	free(lines);
	return (char *)buf_cstr(&b);
}

#endif

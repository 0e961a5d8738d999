/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The snapshot as JSON: the one form that `weir status`, the API and the page
 * read.  Counts are shown as they are; what was never measured is left out.
 */
#include <assert.h>
#include <stdlib.h>

#include "weir/mem.h"
#include "weir/status.h"

#define YOUNG_US	(7 * USEC_PER_DAY)

/* Samples come out of logs and may be cut inside a character. */
static json_t *
text(const char *s)
{
	json_t *j = json_string(s);
	char *copy, *p;

	if (j != NULL)
		return j;
	copy = xstrdup(s);
	for (p = copy; *p != '\0'; p++) {
		if ((unsigned char)*p >= 0x80)
			*p = '?';
	}
	j = json_string(copy);
	free(copy);
	return j;
}

static void
set_text(json_t *o, const char *key, const char *s)
{
	if (s[0] != '\0')
		json_object_set_new(o, key, text(s));
}

static void
set_number(json_t *o, const char *key, uint64_t n)
{
	json_object_set_new(o, key, json_integer((json_int_t)n));
}

static void
set_time(json_t *o, const char *key, int64_t at)
{
	char out[USEC_TEXT_MAX];
	struct str s;

	if (at == 0)
		return;
	s = usec_print(at, out);
	json_object_set_new(o, key, json_stringn(s.p, s.n));
}

static const char *
state_name(enum source_state s)
{
	static const char *const names[] = {
		[SOURCE_READY] = "reading",
		[SOURCE_WAITING] = "waiting",
		[SOURCE_ENDED] = "ended",
		[SOURCE_DENIED] = "denied",
		[SOURCE_MISSING] = "missing",
	};

	return names[s];
}

static json_t *
source_json(const struct snapshot_source *s)
{
	const struct batch_counts *c = &s->counts;
	json_t *o = json_object();

	set_text(o, "name", s->name);
	set_text(o, "path", s->path);
	set_text(o, "host", s->host);
	set_text(o, "state", state_name(s->state));
	set_text(o, "problem", s->problem);
	set_text(o, "mend", s->mend);
	set_number(o, "lines", c->lines);
	set_number(o, "bytes", c->bytes);
	set_number(o, "ignored", c->ignored);
	set_number(o, "unknown", c->unknown);
	set_number(o, "cut", c->cut);
	set_number(o, "cleaned", c->cleaned);
	set_number(o, "no_stamp", c->no_stamp);
	set_number(o, "lost", c->lost);
	set_time(o, "last_line", s->last_line_at);
	set_time(o, "last_read", s->last_read_at);
	return o;
}

/* Lines, the share of them that a rule knows, and samples of the others. */
static json_t *
lines_json(const struct snapshot *s)
{
	uint64_t lines = 0, unknown = 0;
	json_t *o = json_object(), *list = json_array(), *u;
	size_t i;

	for (i = 0; i < s->nsources; i++) {
		lines += s->sources[i].counts.lines;
		unknown += s->sources[i].counts.unknown;
	}
	set_number(o, "read", lines);
	set_number(o, "unknown", unknown);
	if (lines > 0)
		json_object_set_new(o, "understood_share",
		    json_real((double)(lines - unknown) / (double)lines));
	for (i = 0; i < s->nunknown; i++) {
		u = json_object();
		set_text(u, "program", s->unknown[i].program);
		set_number(u, "lines", s->unknown[i].lines);
		set_text(u, "sample", s->unknown[i].sample);
		json_array_append_new(list, u);
	}
	json_object_set_new(o, "samples", list);
	return o;
}

static json_t *
engine_json(const struct engine_stats *e)
{
	json_t *o = json_object(), *kinds = json_object(),
	    *classes = json_object();
	size_t i;

	set_number(o, "repeated", e->repeated);
	set_number(o, "future", e->future);
	set_number(o, "late", e->late);
	set_number(o, "duplicates", e->duplicates);
	set_number(o, "revisions", e->revisions);
	set_number(o, "held", e->held);
	set_number(o, "evicted", e->evicted);
	set_number(o, "recalled", e->recalled);
	set_number(o, "messages", e->messages);
	set_number(o, "sessions", e->sessions);
	for (i = 0; i < EVENT_KIND_COUNT; i++)
		set_number(kinds, event_kind_name((enum event_kind)i),
		    e->events[i]);
	for (i = 0; i < CLASS_COUNT; i++)
		set_number(classes, event_class_name((enum event_class)i),
		    e->classes[i]);
	json_object_set_new(o, "kinds", kinds);
	json_object_set_new(o, "classes", classes);
	return o;
}

bool
status_is_young(const struct snapshot *s)
{
	return s->engine.learns_since == 0 ||
	    s->published_at - s->engine.learns_since < YOUNG_US;
}

static json_t *
statistics_json(const struct snapshot *s)
{
	const struct profile_stats *p = &s->engine.profile;
	json_t *o = json_object();

	set_time(o, "learns_since", s->engine.learns_since);
	json_object_set_new(o, "young", json_boolean(status_is_young(s)));
	set_number(o, "series", p->series);
	set_number(o, "actors", p->actors);
	set_number(o, "bytes", p->bytes);
	set_number(o, "cap_bytes", p->cap_bytes);
	set_number(o, "evicted", p->evicted);
	set_number(o, "refused", p->refused);
	set_number(o, "forgotten_early", p->forgotten_early);
	return o;
}

static json_t *
store_json(const struct snapshot *s)
{
	const struct store_totals *t = &s->store;
	json_t *o = json_object();

	set_number(o, "events", (uint64_t)t->events);
	set_number(o, "partitions", (uint64_t)t->partitions);
	set_number(o, "bytes", (uint64_t)t->bytes);
	set_number(o, "wal_bytes", (uint64_t)t->wal_bytes);
	set_number(o, "alerts_open", (uint64_t)t->alerts_open);
	set_number(o, "commits", s->commits);
	if (s->commits > 0)
		json_object_set_new(o, "commit_mean_seconds",
		    json_real((double)s->commit_us_total /
		    (double)s->commits / (double)USEC_PER_SEC));
	set_time(o, "first_event", t->first_at);
	set_time(o, "last_event", t->last_at);
	return o;
}

json_t *
status_json(const struct snapshot *s)
{
	json_t *o = json_object(), *sources = json_array(), *outbox, *beliefs;
	size_t i;

	json_object_set_new(o, "watching", json_boolean(s->watching));
	set_text(o, "why_not", s->watching ? "" : s->why_not);
	set_text(o, "not_storing", s->not_storing);
	set_text(o, "version", s->version);
	set_text(o, "host", s->host);
	set_time(o, "started", s->started_at);
	set_time(o, "published", s->published_at);
	set_time(o, "committed", s->committed_at);
	for (i = 0; i < s->nsources; i++)
		json_array_append_new(sources, source_json(&s->sources[i]));
	json_object_set_new(o, "sources", sources);
	json_object_set_new(o, "lines", lines_json(s));
	beliefs = s->beliefs_json == NULL ? NULL :
	    json_loads(s->beliefs_json, 0, NULL);
	json_object_set_new(o, "beliefs",
	    beliefs == NULL ? json_array() : beliefs);
	json_object_set_new(o, "engine", engine_json(&s->engine));
	json_object_set_new(o, "statistics", statistics_json(s));
	json_object_set_new(o, "store", store_json(s));
	outbox = json_object();
	set_number(outbox, "waiting", (uint64_t)s->store.outbox_waiting);
	set_number(outbox, "dead", (uint64_t)s->store.outbox_dead);
	set_number(outbox, "delivered", s->hooks_delivered);
	set_number(outbox, "failed", s->hooks_failed);
	json_object_set_new(o, "outbox", outbox);
	return o;
}

static void
add_belief(void *ctx, enum policy_key k, enum policy_source s,
    struct str value)
{
	char *v = str_dup(value);
	json_t *o = json_object();

	json_object_set_new(o, "key", json_string(policy_key_name(k)));
	json_object_set_new(o, "source", json_string(policy_source_name(s)));
	json_object_set_new(o, "value", text(v));
	json_array_append_new(ctx, o);
	free(v);
}

char *
status_beliefs(const struct policy *p)
{
	json_t *list = json_array();
	char *s;

	policy_each(p, add_belief, list);
	s = json_dumps(list, JSON_COMPACT);
	json_decref(list);
	assert(s != NULL);
	return s;
}

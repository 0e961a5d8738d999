/* SPDX-License-Identifier: Apache-2.0 */
/* Streams as values, and the reader's list of them. */
#include <stdlib.h>
#include <unistd.h>

#include "weir/mem.h"

#include "streams.h"

void
streams_begin(struct stream *st, const struct source_options *o,
    const char *name, uint32_t chain)
{
	memset(st, 0, sizeof(*st));
	st->chain = chain;
	st->year = o->year;
	str_copy(str_of(name), st->name, sizeof(st->name));
	str_copy(str_of(o->zone == NULL ? zone_utc.name : o->zone->name),
	    st->zone, sizeof(st->zone));
	if (o->host != NULL) {
		str_copy(str_of(o->host), st->host, sizeof(st->host));
	} else if (gethostname(st->host, sizeof(st->host)) == -1) {
		str_copy(STR("localhost"), st->host, sizeof(st->host));
	}
	st->host[sizeof(st->host) - 1] = '\0';
}

void
streams_done(struct streams *s)
{
	size_t i;

	for (i = 0; i < s->nzones; i++) {
		zone_done(s->zones[i]);
		free(s->zones[i]);
	}
	free(s->zones);
	free(s->v);
	memset(s, 0, sizeof(*s));
}

/* A zone that is gone from this host leaves the one of the options. */
static void
add_zone(struct streams *s, const char *name)
{
	struct zone z;
	size_t i;

	for (i = 0; i < s->nzones; i++)
		if (strcmp(s->zones[i]->name, name) == 0)
			return;
	if (name[0] == '\0' || zone_load(name, &z, NULL) == -1)
		return;
	s->zones = xreallocarray(s->zones, s->nzones + 1, sizeof(*s->zones));
	s->zones[s->nzones++] = xmemdup(&z, sizeof(z));
}

int64_t
streams_put(struct streams *s, const struct stream *st)
{
	int64_t max = 0;
	size_t i;

	for (i = 0; i < s->n; i++) {
		if (st->id != 0 && s->v[i].id == st->id) {
			s->v[i] = *st;
			return st->id;
		}
		if (s->v[i].id > max)
			max = s->v[i].id;
	}
	if (s->n == s->cap) {
		s->cap = s->cap == 0 ? 16 : 2 * s->cap;
		s->v = xreallocarray(s->v, s->cap, sizeof(*s->v));
	}
	s->v[s->n] = *st;
	if (st->id == 0)
		s->v[s->n].id = max + 1;
	return s->v[s->n++].id;
}

void
streams_add(struct streams *s, const struct stream *st)
{
	streams_put(s, st);
	add_zone(s, st->zone);
}

const struct zone *
streams_zone(const struct streams *s, const struct stream *st,
    const struct zone *otherwise)
{
	size_t i;

	if (strcmp(otherwise->name, st->zone) == 0)
		return otherwise;
	for (i = 0; i < s->nzones; i++)
		if (strcmp(s->zones[i]->name, st->zone) == 0)
			return s->zones[i];
	return otherwise;
}

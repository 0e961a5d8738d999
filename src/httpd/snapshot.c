/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The box between the loop, which writes, and the threads of HTTP, which read.
 * The lock is held for one copy and nothing else.
 */
#include <pthread.h>
#include <stdlib.h>

#include "weir/mem.h"
#include "weir/snapshot.h"

struct snapshot_box {
	pthread_mutex_t	lock;
	struct snapshot	last;
};

struct snapshot_box *
snapshot_box_new(void)
{
	struct snapshot_box *b = xcalloc(1, sizeof(*b));

	pthread_mutex_init(&b->lock, NULL);
	str_copy(STR(WEIR_VERSION), b->last.version, sizeof(b->last.version));
	str_copy(STR("weir is starting"), b->last.why_not,
	    sizeof(b->last.why_not));
	return b;
}

void
snapshot_box_free(struct snapshot_box *b)
{
	if (b == NULL)
		return;
	pthread_mutex_destroy(&b->lock);
	snapshot_done(&b->last);
	free(b);
}

static char *
copy_text(const char *s)
{
	return s == NULL ? NULL : xstrdup(s);
}

void
snapshot_publish(struct snapshot_box *b, const struct snapshot *s)
{
	char *beliefs = copy_text(s->beliefs_json), *old;

	pthread_mutex_lock(&b->lock);
	old = b->last.beliefs_json;
	b->last = *s;
	b->last.beliefs_json = beliefs;
	pthread_mutex_unlock(&b->lock);
	free(old);
}

void
snapshot_get(struct snapshot_box *b, struct snapshot *ret)
{
	pthread_mutex_lock(&b->lock);
	*ret = b->last;
	ret->beliefs_json = copy_text(b->last.beliefs_json);
	pthread_mutex_unlock(&b->lock);
}

void
snapshot_done(struct snapshot *s)
{
	free(s->beliefs_json);
	s->beliefs_json = NULL;
}

void
snapshot_count_unknown(struct snapshot_unknown *list, size_t *n,
    struct str program, struct str line)
{
	struct snapshot_unknown	*u, *least = list;

	program = str_head(program, sizeof(u->program) - 1);
	for (u = list; u < list + *n; u++) {
		if (str_eq(str_of(u->program), program))
			break;
		if (u->lines < least->lines)
			least = u;
	}
	if (u == list + *n) {
		if (*n < SNAPSHOT_SAMPLES)
			++*n;
		else
			u = least;
		str_copy(program, u->program, sizeof(u->program));
		str_copy(line, u->sample, sizeof(u->sample));
	}
	u->lines++;
}

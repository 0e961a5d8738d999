/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See reader.h.  Round and round: one batch of each source, and when none has
 * more, sleep until a descriptor wakes it.  What the owner wants is set under
 * the lock and seen through an eventfd.
 */
#include "weir/reader.h"

#include <assert.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "weir/mem.h"

#define RETRY_MS	10000	/* a source that cannot be opened */

struct feed {
	struct source_options	 o;
	struct source		*source;	/* NULL: not open */
	bool			 journal, paused;
	bool			 began;		/* its end was reached once */
	enum source_state	 told;
	struct error		 problem;	/* as told */
	int64_t			 retry_at;	/* monotonic, ms */
};

struct reader {
	struct queue	*queue;
	struct streams	 known;
	struct feed	 feeds[READER_SOURCES];
	size_t		 n;
	pthread_t	 thread;
	int		 wake;
	pthread_mutex_t	 lock;		/* of what follows */
	bool		 pause[READER_SOURCES];
	char		 token[READER_TOKEN];	/* "": none */
	size_t		 token_source;
};

static int64_t
now_ms(void)
{
	struct timespec	t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* May it be read now?  Journals wait until the files were read once. */
static bool
is_due(const struct reader *r, const struct feed *f)
{
	if (f->paused || (f->source == NULL && now_ms() < f->retry_at))
		return false;
	if (!f->journal || f->began)
		return true;
	for (size_t i = 0; i < r->n; i++)
		if (!r->feeds[i].journal && !r->feeds[i].began &&
		    !r->feeds[i].paused)
			return false;
	return true;
}

static enum source_state
read_feed(struct reader *r, struct feed *f, struct work *w)
{
	if (f->source == NULL) {
		f->source = source_open(&f->o, &r->known, &w->problem);
		if (f->source == NULL) {
			f->retry_at = now_ms() + RETRY_MS;
			return SOURCE_MISSING;
		}
	}
	return source_read(f->source, w->batch, &w->problem);
}

/* One batch of one source.  1: there is more, 0: not now, -1: stopped. */
static int
feed_read(struct reader *r, size_t i)
{
	struct feed	*f = &r->feeds[i];
	struct work	*w = queue_blank(r->queue);
	const struct batch *b;
	bool		 more;

	if (w == NULL)
		return -1;
	w->source = i;
	w->state = read_feed(r, f, w);
	if (w->state == SOURCE_READY || w->state == SOURCE_WAITING)
		w->problem.text[0] = '\0';
	more = w->state == SOURCE_READY;
	b = w->batch;
	if (!more)
		f->began = true;
	if (b->stream.id == 0 && b->counts.lines == 0 &&
	    b->notice[0] == '\0' && w->state == f->told &&
	    strcmp(w->problem.text, f->problem.text) == 0) {
		queue_release(r->queue, w);
		return more;
	}
	f->told = w->state;
	f->problem = w->problem;
	queue_put(r->queue, w);
	return more;
}

/* Build the drill's line as if the source had read it. */
static void
inject(struct reader *r, size_t source, const char *token)
{
	struct work		*w = queue_blank(r->queue);
	struct batch		*b;
	struct batch_line	*l;
	struct timespec		 t;
	int			 n, host;

	if (w == NULL)
		return;
	b = w->batch;
	clock_gettime(CLOCK_REALTIME, &t);
	n = snprintf(b->bytes, b->cap, "fire drill %s", token);
	host = snprintf(b->bytes + n, b->cap - (size_t)n, "%s",
	    r->feeds[source].o.host);
	b->n = (size_t)(n + host);
	if (b->lines_cap == 0) {
		b->lines = xcalloc(1, sizeof(*b->lines));
		b->lines_cap = 1;
	}
	l = &b->lines[0];
	memset(l, 0, sizeof(*l));
	l->record.at = t.tv_sec * USEC_PER_SEC + t.tv_nsec / 1000;
	l->record.unit = STR("weir");
	l->record.text = (struct str){ b->bytes, (size_t)n };
	l->record.raw = l->record.text;
	l->record.host = (struct str){ b->bytes + n, (size_t)host };
	l->record.repeat = 1;
	mta_parse(&l->record, &l->line);
	b->nlines = 1;
	w->source = source;
	w->state = r->feeds[source].told;
	w->problem = r->feeds[source].problem;
	w->made = true;
	queue_put(r->queue, w);
}

/* What the owner asked for meanwhile. */
static void
obey(struct reader *r)
{
	char	token[READER_TOKEN];
	size_t	source;

	pthread_mutex_lock(&r->lock);
	for (size_t i = 0; i < r->n; i++) {
		if (!r->pause[i] || r->feeds[i].paused)
			continue;
		r->feeds[i].paused = true;
		source_close(r->feeds[i].source);
		r->feeds[i].source = NULL;
	}
	memcpy(token, r->token, sizeof(token));
	source = r->token_source;
	r->token[0] = '\0';
	pthread_mutex_unlock(&r->lock);
	if (token[0] != '\0')
		inject(r, source, token);
}

/* How long a source that does not poll may be left alone. */
static int
own_timeout(const struct feed *f)
{
	if (f->source == NULL)
		return (int)(f->retry_at > now_ms() ? f->retry_at - now_ms() :
		    0);
	return f->told == SOURCE_DENIED || f->told == SOURCE_MISSING ?
	    RETRY_MS : -1;
}

static void
sleep_until_woken(struct reader *r)
{
	struct pollfd	p[READER_SOURCES + 1];
	nfds_t		n = 1;
	uint64_t	v;
	int		timeout = -1, ms;

	p[0] = (struct pollfd){ .fd = r->wake, .events = POLLIN };
	for (size_t i = 0; i < r->n; i++) {
		const struct feed *f = &r->feeds[i];

		if (f->paused || f->told == SOURCE_ENDED)
			continue;
		ms = -1;
		if (f->source != NULL)
			p[n++] = (struct pollfd){ .events = POLLIN,
			    .fd = source_poll(f->source, &ms) };
		if (ms == -1 && (f->source == NULL || p[n - 1].fd == -1))
			ms = own_timeout(f);
		if (ms != -1 && (timeout == -1 || ms < timeout))
			timeout = ms;
	}
	(void)poll(p, n, timeout);
	if (p[0].revents & POLLIN)
		(void)!read(r->wake, &v, sizeof(v));
}

static void *
loop(void *arg)
{
	struct reader	*r = arg;
	bool		 more;
	int		 rc;

	while (!queue_stopped(r->queue)) {
		more = false;
		obey(r);
		for (size_t i = 0; i < r->n; i++) {
			if (!is_due(r, &r->feeds[i]) ||
			    r->feeds[i].told == SOURCE_ENDED)
				continue;
			if ((rc = feed_read(r, i)) == -1)
				goto out;
			more |= rc == 1;
		}
		/* A journal that waited for the files may be due now. */
		for (size_t i = 0; i < r->n && !more; i++)
			more = r->feeds[i].journal && !r->feeds[i].began &&
			    is_due(r, &r->feeds[i]);
		if (!more)
			sleep_until_woken(r);
	}
out:
	queue_close(r->queue);
	return NULL;
}

struct reader *
reader_start(struct queue *q, struct streams *known,
    const struct source_options *v, size_t n, struct error *err)
{
	struct reader	*r = xcalloc(1, sizeof(*r));

	assert(n <= READER_SOURCES);
	r->queue = q;
	r->known = *known;
	memset(known, 0, sizeof(*known));
	r->n = n;
	for (size_t i = 0; i < n; i++) {
		r->feeds[i].o = v[i];
		r->feeds[i].journal = source_is_journal(v[i].path);
		r->feeds[i].told = SOURCE_READY;
	}
	r->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	assert(r->wake != -1);
	pthread_mutex_init(&r->lock, NULL);
	if (pthread_create(&r->thread, NULL, loop, r) == 0)
		return r;
	(void)error_set(err, "no thread can be started");
	streams_done(&r->known);
	close(r->wake);
	free(r);
	return NULL;
}

static void
wake(struct reader *r)
{
	uint64_t	v = 1;

	(void)!write(r->wake, &v, sizeof(v));
}

void
reader_stop(struct reader *r)
{
	if (r == NULL)
		return;
	queue_stop(r->queue);
	wake(r);
	pthread_join(r->thread, NULL);
	for (size_t i = 0; i < r->n; i++)
		source_close(r->feeds[i].source);
	streams_done(&r->known);
	pthread_mutex_destroy(&r->lock);
	close(r->wake);
	free(r);
}

void
reader_pause(struct reader *r, size_t source)
{
	pthread_mutex_lock(&r->lock);
	r->pause[source] = true;
	pthread_mutex_unlock(&r->lock);
	wake(r);
}

void
reader_inject(struct reader *r, size_t source, const char *token)
{
	pthread_mutex_lock(&r->lock);
	snprintf(r->token, sizeof(r->token), "%s", token);
	r->token_source = source;
	pthread_mutex_unlock(&r->lock);
	wake(r);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See queue.h.  One mutex, one condition for either end, and an eventfd that
 * is readable exactly while the list of full ones is not empty.
 */
#include "weir/queue.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "weir/mem.h"

STAILQ_HEAD(works, work);

struct queue {
	pthread_mutex_t	 lock;
	pthread_cond_t	 changed;
	struct works	 blank, full;
	struct work	*all;
	size_t		 n;
	int		 fd;
	bool		 closed, stopped;
};

struct queue *
queue_new(size_t n)
{
	struct queue		*q = xcalloc(1, sizeof(*q));
	pthread_condattr_t	 attr;

	assert(n > 0);
	pthread_mutex_init(&q->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&q->changed, &attr);
	pthread_condattr_destroy(&attr);
	STAILQ_INIT(&q->blank);
	STAILQ_INIT(&q->full);
	q->all = xcalloc(n, sizeof(*q->all));
	q->n = n;
	for (size_t i = 0; i < n; i++) {
		q->all[i].batch = batch_new();
		STAILQ_INSERT_TAIL(&q->blank, &q->all[i], next);
	}
	q->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	assert(q->fd != -1);
	return q;
}

void
queue_free(struct queue *q)
{
	if (q == NULL)
		return;
	for (size_t i = 0; i < q->n; i++)
		batch_free(q->all[i].batch);
	free(q->all);
	close(q->fd);
	pthread_cond_destroy(&q->changed);
	pthread_mutex_destroy(&q->lock);
	free(q);
}

int
queue_fd(const struct queue *q)
{
	return q->fd;
}

static void
clear(struct work *w)
{
	batch_clear(w->batch);
	w->source = 0;
	w->state = SOURCE_READY;
	w->made = false;
	w->problem.text[0] = '\0';
}

struct work *
queue_blank(struct queue *q)
{
	struct work	*w = NULL;

	pthread_mutex_lock(&q->lock);
	while (!q->stopped && STAILQ_EMPTY(&q->blank))
		pthread_cond_wait(&q->changed, &q->lock);
	if (!q->stopped) {
		w = STAILQ_FIRST(&q->blank);
		STAILQ_REMOVE_HEAD(&q->blank, next);
	}
	pthread_mutex_unlock(&q->lock);
	if (w != NULL)
		clear(w);
	return w;
}

/* With the lock held: make the descriptor readable, or no longer so. */
static void
signal_fd(struct queue *q, bool readable)
{
	uint64_t	 v = 1;
	ssize_t		 r;

	r = readable ? write(q->fd, &v, sizeof(v)) :
	    read(q->fd, &v, sizeof(v));
	assert(r == sizeof(v) || errno == EAGAIN);
}

void
queue_put(struct queue *q, struct work *w)
{
	pthread_mutex_lock(&q->lock);
	if (STAILQ_EMPTY(&q->full))
		signal_fd(q, true);
	STAILQ_INSERT_TAIL(&q->full, w, next);
	pthread_cond_broadcast(&q->changed);
	pthread_mutex_unlock(&q->lock);
}

void
queue_close(struct queue *q)
{
	pthread_mutex_lock(&q->lock);
	q->closed = true;
	pthread_cond_broadcast(&q->changed);
	pthread_mutex_unlock(&q->lock);
}

/* With the lock held. */
static struct work *
take(struct queue *q)
{
	struct work	*w = STAILQ_FIRST(&q->full);

	if (w == NULL)
		return NULL;
	STAILQ_REMOVE_HEAD(&q->full, next);
	if (STAILQ_EMPTY(&q->full))
		signal_fd(q, false);
	return w;
}

struct work *
queue_get(struct queue *q, bool wait)
{
	struct work	*w;

	pthread_mutex_lock(&q->lock);
	while (wait && !q->closed && STAILQ_EMPTY(&q->full))
		pthread_cond_wait(&q->changed, &q->lock);
	w = take(q);
	pthread_mutex_unlock(&q->lock);
	return w;
}

struct work *
queue_get_within(struct queue *q, int ms)
{
	struct work	*w;
	struct timespec	 until;
	int		 rc = 0;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += ms / 1000;
	until.tv_nsec += (long)(ms % 1000) * 1000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000;
	}
	pthread_mutex_lock(&q->lock);
	while (rc == 0 && !q->closed && STAILQ_EMPTY(&q->full))
		rc = pthread_cond_timedwait(&q->changed, &q->lock, &until);
	w = take(q);
	pthread_mutex_unlock(&q->lock);
	return w;
}

void
queue_release(struct queue *q, struct work *w)
{
	pthread_mutex_lock(&q->lock);
	STAILQ_INSERT_HEAD(&q->blank, w, next);
	pthread_cond_broadcast(&q->changed);
	pthread_mutex_unlock(&q->lock);
}

void
queue_stop(struct queue *q)
{
	pthread_mutex_lock(&q->lock);
	q->stopped = true;
	pthread_cond_broadcast(&q->changed);
	pthread_mutex_unlock(&q->lock);
}

bool
queue_stopped(struct queue *q)
{
	bool	stopped;

	pthread_mutex_lock(&q->lock);
	stopped = q->stopped;
	pthread_mutex_unlock(&q->lock);
	return stopped;
}

bool
queue_closed(struct queue *q)
{
	bool	closed;

	pthread_mutex_lock(&q->lock);
	closed = q->closed && STAILQ_EMPTY(&q->full);
	pthread_mutex_unlock(&q->lock);
	return closed;
}

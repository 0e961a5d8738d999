/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A second thread for a store that is filled in bulk: it writes a full batch
 * of rows, or the WAL back into the database, while its owner goes on.
 *
 * The connection still belongs to one thread at a time.  The owner gives it
 * away with writer_start, does nothing with SQLite and the partitions' keys
 * until writer_wait, and every way to a statement begins with that wait: so a
 * wait too many costs time only.  Of the store's own fields the thread changes
 * those of keys and, by a failure, `error` before `failed`.
 *
 * A transaction is begun by whoever first needs it: an owner that only fills
 * the next batch does not wait for a WAL that is still written back.
 */
#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

#include "weir/mem.h"
#include "store_priv.h"

struct writer {
	pthread_t	 thread;
	pthread_mutex_t	 lock;
	pthread_cond_t	 changed;
	struct store	*store;
	void		(*job)(struct store *s);	/* NULL: idle */
	bool		 quit;
	bool		 given;		/* owner's: a job was not waited for */
};

static void *
writer_loop(void *arg)
{
	struct writer *w = arg;

	pthread_mutex_lock(&w->lock);
	while (!w->quit) {
		if (w->job == NULL) {
			pthread_cond_wait(&w->changed, &w->lock);
			continue;
		}
		pthread_mutex_unlock(&w->lock);
		w->job(w->store);
		pthread_mutex_lock(&w->lock);
		w->job = NULL;
		pthread_cond_broadcast(&w->changed);
	}
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

int
writer_init(struct store *s, struct error *err)
{
	struct writer *w;

	if (s->mode != STORE_BULK)
		return 0;
	w = xcalloc(1, sizeof(*w));
	w->store = s;
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->changed, NULL);
	if (pthread_create(&w->thread, NULL, writer_loop, w) != 0) {
		free(w);
		return store_fail_text(s, err, "no thread can be started");
	}
	s->writer = w;
	return 0;
}

void
writer_done(struct store *s)
{
	struct writer *w = s->writer;

	if (w == NULL)
		return;
	writer_wait(s);
	pthread_mutex_lock(&w->lock);
	w->quit = true;
	pthread_cond_broadcast(&w->changed);
	pthread_mutex_unlock(&w->lock);
	pthread_join(w->thread, NULL);
	pthread_cond_destroy(&w->changed);
	pthread_mutex_destroy(&w->lock);
	free(w);
	s->writer = NULL;
}

void
writer_start(struct store *s, void (*job)(struct store *s))
{
	struct writer *w = s->writer;

	assert(!w->given);
	w->given = true;
	pthread_mutex_lock(&w->lock);
	w->job = job;
	pthread_cond_broadcast(&w->changed);
	pthread_mutex_unlock(&w->lock);
}

void
writer_wait(struct store *s)
{
	struct writer *w = s->writer;

	if (w == NULL || pthread_equal(pthread_self(), w->thread) ||
	    !w->given)
		return;
	pthread_mutex_lock(&w->lock);
	while (w->job != NULL)
		pthread_cond_wait(&w->changed, &w->lock);
	pthread_mutex_unlock(&w->lock);
	w->given = false;
}

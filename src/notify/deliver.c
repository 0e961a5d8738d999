/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One thread owns the curl_multi handle and every transfer.  Rows come in
 * through `waiting`, results go out through `done`, both under the lock; the
 * thread is woken by curl_multi_wakeup, the loop by an eventfd.
 *
 * What is said to whom:
 *
 *	2xx			delivered, whatever becomes of the answer's body
 *	410			the receiver wants no more: dead
 *	429, 503		again, when it asks for (Retry-After)
 *	anything else, 3xx too	again, by the schedule; redirects are not
 *				followed, they would carry the guard's consent
 *				to a place that it has not seen
 */
#include "weir/deliver.h"

#include <assert.h>
#include <curl/curl.h>
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/queue.h>
#include <time.h>
#include <unistd.h>

#include "weir/guard.h"
#include "weir/mem.h"
#include "weir/usec.h"

#define ANSWER_MAX	65536		/* bytes of a body that are read */
#define STOP_US		USEC_PER_SEC
#define IDLE_MS		(3600 * 1000)

struct job {
	TAILQ_ENTRY(job)	 entry;
	const struct webhook	*hook;		/* NULL: not configured */
	struct outbox_row	 row;		/* body owned */
	struct deliver_result	 result;
	/* The thread's, while it sends. */
	CURL			*easy;
	struct curl_slist	*headers;
	size_t			 answer;
	bool			 refused;	/* by the guard */
	char			 error[CURL_ERROR_SIZE];
};

TAILQ_HEAD(job_list, job);

struct deliver {
	struct webhook	*hooks;
	size_t		 nhooks;
	CURLM		*multi;
	int		 fd;
	pthread_t	 thread;
	bool		 stopped;		/* joined */
	struct job_list	 sending;		/* the thread's own */

	pthread_mutex_t	 lock;			/* what follows */
	struct job_list	 waiting, done;
	struct {
		int64_t			 row;
		const struct webhook	*hook;
	}		*active;		/* until its result is taken */
	size_t		 nactive, active_cap;
	bool		 stop;
};

static int64_t
clock_us(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (int64_t)ts.tv_sec * USEC_PER_SEC + ts.tv_nsec / 1000;
}

int64_t
deliver_backoff(int attempts, int64_t retry_after_us, uint64_t seed)
{
	static const int64_t schedule[] = {
		5 * USEC_PER_SEC, 5 * USEC_PER_MIN, 30 * USEC_PER_MIN,
		2 * USEC_PER_HOUR, 5 * USEC_PER_HOUR, 10 * USEC_PER_HOUR,
		14 * USEC_PER_HOUR, 20 * USEC_PER_HOUR, 24 * USEC_PER_HOUR,
	};
	const int last = sizeof(schedule) / sizeof(schedule[0]);
	int64_t wait;

	assert(attempts >= 1);
	wait = schedule[(attempts < last ? attempts : last) - 1];
	if (retry_after_us > 0)
		wait = retry_after_us < USEC_PER_DAY ? retry_after_us :
		    USEC_PER_DAY;
	/* Up to a tenth later; splitmix64's last step spreads the seed. */
	seed = (seed ^ seed >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	seed = (seed ^ seed >> 27) * UINT64_C(0x94d049bb133111eb);
	seed ^= seed >> 31;
	return wait + (int64_t)(seed % (uint64_t)(wait / 10 + 1));
}

static size_t
take_answer(char *p, size_t size, size_t n, void *user)
{
	struct job *j = user;

	(void)p;
	j->answer += size * n;
	return j->answer > ANSWER_MAX ? 0 : size * n;
}

static void
add_header(struct job *j, const char *name, const char *value)
{
	char line[512];
	struct curl_slist *l;

	snprintf(line, sizeof(line), "%s:%s%s", name,
	    value[0] == '\0' ? "" : " ", value);
	l = curl_slist_append(j->headers, line);
	if (l != NULL)
		j->headers = l;
}

static void
add_headers(struct job *j, int64_t now)
{
	char stamp[32], signature[HOOK_SIGNATURE_MAX];
	int64_t seconds = now / USEC_PER_SEC;

	snprintf(stamp, sizeof(stamp), "%" PRId64, seconds);
	hook_sign(j->hook->secrets, j->hook->nsecrets, j->row.webhook_id,
	    seconds, str_of(j->row.body), signature);
	add_header(j, "Content-Type", "application/json");
	add_header(j, "webhook-id", j->row.webhook_id);
	add_header(j, "webhook-timestamp", stamp);
	add_header(j, "webhook-signature", signature);
	add_header(j, "Expect", "");	/* no wait for 100 Continue */
	curl_easy_setopt(j->easy, CURLOPT_HTTPHEADER, j->headers);
}

static void
set_options(struct job *j)
{
	const struct webhook *h = j->hook;
	long ms = (long)(h->timeout_us / USEC_PER_MSEC);
	CURL *c = j->easy;

	curl_easy_setopt(c, CURLOPT_URL, h->url);
	curl_easy_setopt(c, CURLOPT_POSTFIELDS, j->row.body);
	curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE,
	    (curl_off_t)strlen(j->row.body));
	curl_easy_setopt(c, CURLOPT_USERAGENT, "weir/" WEIR_VERSION);
	curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 2L);
	if (h->ca_file[0] != '\0') {
		curl_easy_setopt(c, CURLOPT_CAINFO, h->ca_file);
		curl_easy_setopt(c, CURLOPT_CAPATH, NULL);
	}
	/* None of the environment's: see guard.h. */
	curl_easy_setopt(c, CURLOPT_PROXY, "");
	curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, ms);
	curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, ms);
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	/* A resolver that hangs must not hold up the end of the thread. */
	curl_easy_setopt(c, CURLOPT_QUICK_EXIT, 1L);
	if (!h->allow_private)
		guard_set(c, &j->refused);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, take_answer);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, j);
	curl_easy_setopt(c, CURLOPT_ERRORBUFFER, j->error);
	curl_easy_setopt(c, CURLOPT_PRIVATE, j);
}

/* What is libcurl's; the handle must have left the multi handle. */
static void
drop_transfer(struct job *j)
{
	curl_easy_cleanup(j->easy);
	curl_slist_free_all(j->headers);
	j->easy = NULL;
	j->headers = NULL;
}

static void
job_free(struct job *j)
{
	if (j == NULL)
		return;
	drop_transfer(j);
	free(j->row.body);
	free(j);
}

static void
wake_loop(struct deliver *d)
{
	const uint64_t one = 1;

	/* Full is impossible; and then it is readable all the same. */
	if (write(d->fd, &one, sizeof(one)) == -1)
		assert(errno == EAGAIN);
}

static void
hand_back(struct deliver *d, struct job *j)
{
	pthread_mutex_lock(&d->lock);
	TAILQ_INSERT_TAIL(&d->done, j, entry);
	wake_loop(d);
	pthread_mutex_unlock(&d->lock);
}

/* Fill the result of a job that was tried (or could not be). */
static void
settle(struct job *j, int code, int64_t retry_after_us, const char *error)
{
	struct deliver_result *r = &j->result;
	uint64_t seed;

	r->row = j->row.id;
	r->at = clock_us(CLOCK_REALTIME);
	r->code = code;
	str_copy(str_of(error), r->error, sizeof(r->error));
	r->outcome = OUTBOX_RETRY;
	if (code >= 200 && code < 300)
		r->outcome = OUTBOX_DELIVERED;
	else if (code == 410)
		r->outcome = OUTBOX_DEAD;
	if (r->outcome != OUTBOX_RETRY)
		return;
	if (code != 429 && code != 503)
		retry_after_us = 0;
	seed = (uint64_t)r->at ^ (uint64_t)r->row << 32;
	r->next_try = r->at + deliver_backoff(j->row.attempts + 1,
	    retry_after_us, seed);
}

static void
describe(const struct job *j, CURLcode rc, long code, char *ret, size_t size)
{
	if (code >= 200 && code < 300)
		ret[0] = '\0';
	else if (j->refused && code == 0)
		snprintf(ret, size, "the target's address is loopback or "
		    "private; allow-private = true permits that");
	else if (code >= 300 && code < 400)
		snprintf(ret, size, "HTTP %ld: redirects are not followed; "
		    "put the new place into url", code);
	else if (code != 0)
		snprintf(ret, size, "HTTP %ld", code);
	else if (j->error[0] != '\0')
		snprintf(ret, size, "%s", j->error);
	else
		snprintf(ret, size, "%s", curl_easy_strerror(rc));
}

static void
finish(struct deliver *d, CURL *easy, CURLcode rc)
{
	curl_off_t retry_after = 0, total = 0;
	struct job *j = NULL;
	char error[256];
	long code = 0;

	curl_easy_getinfo(easy, CURLINFO_PRIVATE, &j);
	curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &code);
	curl_easy_getinfo(easy, CURLINFO_RETRY_AFTER, &retry_after);
	curl_easy_getinfo(easy, CURLINFO_TOTAL_TIME_T, &total);
	if (retry_after > 86400)
		retry_after = 86400;
	describe(j, rc, code, error, sizeof(error));
	settle(j, (int)code, (int64_t)retry_after * USEC_PER_SEC, error);
	j->result.latency_us = (int64_t)total;
	curl_multi_remove_handle(d->multi, easy);
	drop_transfer(j);
	TAILQ_REMOVE(&d->sending, j, entry);
	hand_back(d, j);
}

static void
start(struct deliver *d, struct job *j)
{
	char error[256];

	if (j->hook == NULL) {
		snprintf(error, sizeof(error), "[webhook %s] is not in the "
		    "configuration", j->row.webhook);
		settle(j, 0, 0, error);
		hand_back(d, j);
		return;
	}
	j->easy = curl_easy_init();
	if (j->easy == NULL) {
		settle(j, 0, 0, "libcurl has no memory");
		hand_back(d, j);
		return;
	}
	set_options(j);
	add_headers(j, clock_us(CLOCK_REALTIME));
	TAILQ_INSERT_TAIL(&d->sending, j, entry);
	curl_multi_add_handle(d->multi, j->easy);
}

/* Take what waits; returns whether the end was asked for. */
static bool
take_waiting(struct deliver *d)
{
	struct job_list new = TAILQ_HEAD_INITIALIZER(new);
	struct job *j;
	bool stop;

	pthread_mutex_lock(&d->lock);
	stop = d->stop;
	if (!stop)
		TAILQ_CONCAT(&new, &d->waiting, entry);
	pthread_mutex_unlock(&d->lock);
	while ((j = TAILQ_FIRST(&new)) != NULL) {
		TAILQ_REMOVE(&new, j, entry);
		start(d, j);
	}
	return stop;
}

static void *
run(void *user)
{
	struct deliver *d = user;
	int64_t until = INT64_MAX, now;
	int running, left, wait_ms;
	CURLMsg *m;

	for (;;) {
		now = clock_us(CLOCK_MONOTONIC);
		if (take_waiting(d) && until == INT64_MAX)
			until = now + STOP_US;
		curl_multi_perform(d->multi, &running);
		while ((m = curl_multi_info_read(d->multi, &left)) != NULL)
			if (m->msg == CURLMSG_DONE)
				finish(d, m->easy_handle, m->data.result);
		if (until != INT64_MAX &&
		    (TAILQ_EMPTY(&d->sending) || now >= until))
			break;
		wait_ms = IDLE_MS;
		if (until != INT64_MAX)
			wait_ms = (int)((until - now) / USEC_PER_MSEC) + 1;
		curl_multi_poll(d->multi, NULL, 0, wait_ms, NULL);
	}
	return NULL;
}

static void
init_curl(void)
{
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		abort();
}

struct deliver *
deliver_new(const struct webhook *hooks, size_t n, struct error *err)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct deliver *d = xcalloc(1, sizeof(*d));
	int rc;

	pthread_once(&once, init_curl);
	d->stopped = true;
	TAILQ_INIT(&d->sending);
	TAILQ_INIT(&d->waiting);
	TAILQ_INIT(&d->done);
	pthread_mutex_init(&d->lock, NULL);
	d->hooks = xmemdup(hooks, n * sizeof(hooks[0]));
	d->nhooks = n;
	d->multi = curl_multi_init();
	d->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (d->multi == NULL || d->fd == -1) {
		error_set(err, "the notifier: %s", strerror(errno));
		goto out;
	}
	curl_multi_setopt(d->multi, CURLMOPT_MAXCONNECTS, 16L);
	rc = pthread_create(&d->thread, NULL, run, d);
	if (rc != 0) {
		error_set(err, "the notifier's thread: %s", strerror(rc));
		goto out;
	}
	d->stopped = false;
	return d;
out:
	deliver_free(d);
	return NULL;
}

void
deliver_stop(struct deliver *d)
{
	if (d->stopped)
		return;
	pthread_mutex_lock(&d->lock);
	d->stop = true;
	pthread_mutex_unlock(&d->lock);
	curl_multi_wakeup(d->multi);
	pthread_join(d->thread, NULL);
	d->stopped = true;
}

static void
free_jobs(struct deliver *d, struct job_list *list)
{
	struct job *j;

	while ((j = TAILQ_FIRST(list)) != NULL) {
		TAILQ_REMOVE(list, j, entry);
		if (list == &d->sending)
			curl_multi_remove_handle(d->multi, j->easy);
		job_free(j);
	}
}

void
deliver_free(struct deliver *d)
{
	if (d == NULL)
		return;
	deliver_stop(d);
	free_jobs(d, &d->sending);
	free_jobs(d, &d->waiting);
	free_jobs(d, &d->done);
	curl_multi_cleanup(d->multi);
	if (d->fd != -1)
		close(d->fd);
	pthread_mutex_destroy(&d->lock);
	webhook_free(d->hooks, d->nhooks);
	free(d->active);
	free(d);
}

int
deliver_fd(const struct deliver *d)
{
	return d->fd;
}

static const struct webhook *
find_hook(const struct deliver *d, const char *name)
{
	size_t i;

	for (i = 0; i < d->nhooks; i++)
		if (strcmp(d->hooks[i].name, name) == 0)
			return &d->hooks[i];
	return NULL;
}

/* Under the lock: note the row as in flight, if it may be. */
static bool
activate(struct deliver *d, int64_t row, const struct webhook *hook)
{
	size_t i, same = 0;

	for (i = 0; i < d->nactive; i++) {
		if (d->active[i].row == row)
			return false;
		same += d->active[i].hook == hook;
	}
	if (same >= DELIVER_PER_HOOK || d->stop)
		return false;
	if (d->nactive == d->active_cap) {
		d->active_cap += DELIVER_PER_HOOK;
		d->active = xreallocarray(d->active, d->active_cap,
		    sizeof(d->active[0]));
	}
	d->active[d->nactive].row = row;
	d->active[d->nactive++].hook = hook;
	return true;
}

bool
deliver_send(struct deliver *d, const struct outbox_row *row)
{
	const struct webhook *hook = find_hook(d, row->webhook);
	struct job *j;
	bool taken;

	pthread_mutex_lock(&d->lock);
	taken = activate(d, row->id, hook);
	if (taken) {
		j = xcalloc(1, sizeof(*j));
		j->hook = hook;
		j->row = *row;
		j->row.body = xstrdup(row->body);
		TAILQ_INSERT_TAIL(&d->waiting, j, entry);
	}
	pthread_mutex_unlock(&d->lock);
	if (taken)
		curl_multi_wakeup(d->multi);
	return taken;
}

bool
deliver_next_result(struct deliver *d, struct deliver_result *ret)
{
	struct job *j;
	uint64_t n;
	size_t i;

	pthread_mutex_lock(&d->lock);
	j = TAILQ_FIRST(&d->done);
	if (j != NULL) {
		TAILQ_REMOVE(&d->done, j, entry);
		for (i = 0; d->active[i].row != j->row.id; i++)
			;
		d->active[i] = d->active[--d->nactive];
		*ret = j->result;
	} else if (read(d->fd, &n, sizeof(n)) == -1)
		assert(errno == EAGAIN);
	pthread_mutex_unlock(&d->lock);
	job_free(j);
	return j != NULL;
}

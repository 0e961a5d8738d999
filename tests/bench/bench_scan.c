/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Statistics and scan alone, on one core.  Prints "name value unit" lines:
 * the events a second of the log's own mix (parsed, classified and kept in
 * memory first, then played again with the time moved on), the lines a second
 * of parsing the same log in the same run and the ratio of the two; then the
 * same under a flood of made-up keys, with what the profile took.
 * usage: bench_scan LOG [ROUNDS [FLOOD_KEYS [MEGABYTES]]]
 */
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "../unit/flood.h"
#include "weir/engine.h"
#include "weir/mem.h"
#include "weir/mta.h"
#include "weir/syslog.h"

struct log {
	char		*p;
	size_t		 n;
	uint64_t	 lines;
	struct event	*events;	/* texts owned, never given back */
	size_t		 nevents;
	double		 parsing;	/* seconds */
};

static double
now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void
read_log(struct log *l, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	ssize_t n;

	if (fd < 0 || fstat(fd, &st) < 0) {
		perror(path);
		exit(3);
	}
	l->p = xmalloc((size_t)st.st_size + 1);
	while (l->n < (size_t)st.st_size && (n = read(fd, l->p + l->n,
	    (size_t)st.st_size - l->n)) > 0)
		l->n += (size_t)n;
	close(fd);
}

static bool
on_event(void *ctx, struct event *e)
{
	struct log *l = ctx;
	struct event *copy;

	if ((l->nevents & (l->nevents - 1)) == 0)
		l->events = xreallocarray(l->events,
		    l->nevents == 0 ? 1 : 2 * l->nevents, sizeof(*l->events));
	copy = &l->events[l->nevents++];
	*copy = *e;
#define X(m) if (str_known(e->m)) copy->m.p = str_dup(e->m);
	EVENT_TEXTS(X)
#undef X
	return true;
}

static void
on_revise(void *ctx, const struct event *e, const char *why)
{
	(void)ctx;
	(void)e;
	(void)why;
}

static void
on_alert(void *ctx, const struct alert *a, enum alert_transition t)
{
	(void)ctx;
	(void)a;
	(void)t;
}

static void
on_keep(void *ctx, struct str key, int64_t at, int64_t due, struct str blob)
{
	(void)ctx;
	(void)key;
	(void)at;
	(void)due;
	(void)blob;
}

static bool
on_recall(void *ctx, struct str key, struct buf *ret)
{
	(void)ctx;
	(void)key;
	(void)ret;
	return false;
}

/* Each line once; into the engine unless it is NULL. */
static void
parse(struct log *l, struct engine *e)
{
	struct syslog_stream s = { .zone = &zone_utc };
	struct record r = { 0 };
	struct line line;
	char *copy = xmemdup(l->p, l->n), *p = copy, *end = p + l->n, *nl;

	s.until = INT64_C(1800000000) * USEC_PER_SEC;
	for (; p < end; p = nl + 1) {
		nl = memchr(p, '\n', (size_t)(end - p));
		if (nl == NULL)
			nl = end;
		l->lines++;
		if (syslog_parse(&s, p, (size_t)(nl - p), &r) != SYSLOG_OK)
			continue;
		mta_parse(&r, &line);
		if (e != NULL)
			engine_line(e, 1, &r, &line);
	}
	if (e != NULL)
		engine_finish(e);
	free(copy);
}

static void
take_events(struct log *l, struct policy *policy)
{
	struct engine_sink sink = { l, on_event, on_revise, on_alert, on_keep,
		on_recall };
	struct engine_options o;
	struct engine *e;
	double start;

	engine_options_init(&o);
	e = engine_new(&o, policy, &sink);
	parse(l, e);
	engine_free(e);
	engine_options_done(&o);
	l->lines = 0;
	start = now();
	parse(l, NULL);
	l->parsing = now() - start;
}

static void
play(struct log *l, const struct policy *policy, int rounds)
{
	struct scan_options o;
	struct scan *s;
	struct hit hits[SCAN_HITS_MAX];
	struct facts f;
	int64_t span = l->events[l->nevents - 1].at - l->events[0].at +
	    USEC_PER_SEC;
	size_t found = 0;
	double start, took;

	scan_options_init(&o);
	s = scan_new(&o);
	start = now();
	for (int i = 0; i < rounds; i++)
		for (size_t k = 0; k < l->nevents; k++) {
			l->events[k].at += i == 0 ? 0 : span;
			found += scan_event(s, policy, &l->events[k], &f,
			    hits);
		}
	took = now() - start;
	printf("scan_rate %.0f events/s\n",
	    (double)l->nevents * rounds / took);
	printf("parse_rate %.0f lines/s\n", (double)l->lines / l->parsing);
	printf("scan_to_parse %.2f ratio\n",
	    took / rounds / l->parsing);
	fprintf(stderr, "%zu events, %zu hits\n", l->nevents, found);
	scan_free(s);
	scan_options_done(&o);
}

static void
drown(uint64_t keys, size_t megabytes)
{
	struct flood f;
	struct profile_stats p;
	uint64_t before;
	double start;

	flood_init(&f, megabytes << 20);
	flood_week(&f);
	before = f.events;
	start = now();
	flood_hour(&f, keys, true);
	start = now() - start;
	p = scan_stats(f.scan);
	printf("flood_rate %.0f events/s\n",
	    (double)(f.events - before) / start);
	printf("flood_keys %llu keys\n", (unsigned long long)keys);
	printf("flood_memory %zu bytes\n", f.most_bytes);
	printf("flood_cap %zu bytes\n", p.cap_bytes);
	printf("flood_evicted %llu series\n", (unsigned long long)p.evicted);
	printf("flood_found %d incidents\n", f.stolen + f.machine);
	if (f.most_bytes > p.cap_bytes || !f.stolen || !f.machine ||
	    p.evicted == 0) {
		fprintf(stderr, "the flood went over the banks\n");
		exit(1);
	}
	flood_done(&f);
}

int
main(int argc, char **argv)
{
	struct log l = { 0 };
	struct policy *policy = policy_new(HASH_KEY_FIXED);
	int rounds = argc > 2 ? atoi(argv[2]) : 3;

	if (argc < 2) {
		fprintf(stderr, "usage: bench_scan LOG [ROUNDS [FLOOD_KEYS "
		    "[MEGABYTES]]]\n");
		return 2;
	}
	read_log(&l, argv[1]);
	take_events(&l, policy);
	play(&l, policy, rounds);
	drown(argc > 3 ? strtoull(argv[3], NULL, 10) : 10000000,
	    argc > 4 ? strtoull(argv[4], NULL, 10) : 128);
	policy_free(policy);
	return 0;
}

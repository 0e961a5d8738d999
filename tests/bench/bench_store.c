/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the store costs as it grows: events taken in, live and in bulk, their
 * size, how long it takes to open, first and last pages of queries for a key
 * that a quarter of all rows have, a rare one and an absent one, and judging
 * all deliveries anew: when none changes, when a quarter does, and back again.
 * One figure a line, no verdict.
 *
 * usage: bench_store [-k] DIRECTORY EVENTS...
 *
 * bench_store.db in DIRECTORY grows to each number of events in turn; with -k
 * it is left there.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "weir/mem.h"
#include "weir/reclassify.h"
#include "weir/usec.h"

#define BATCH	75000	/* events of 200,000 lines, as an import commits */
#define LIVE	20000	/* events added as a daemon does, */
#define COMMIT	300	/* so many in each transaction */
#define TURNS	7
#define T0	INT64_C(1795430400000000)
#define STEP	INT64_C(259200)	/* usec from one event to the next */

static uint64_t seed = 42;

static uint64_t
draw(uint64_t n)
{
	seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407U;
	return (seed >> 33) % n;
}

/* Small numbers are drawn more often, as popular domains are. */
static uint64_t
draw_skewed(uint64_t n)
{
	uint64_t a = draw(n), b = draw(n);

	return a * b / n;
}

static double
now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

__attribute__((format(printf, 3, 4)))
static struct str
text(char *b, size_t size, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(b, size, fmt, ap);
	va_end(ap);
	return (struct str){ b, (size_t)n };
}

static struct texts {
	char	queue[32], message[80], sender[64], rcpt[64], client[32],
		name[64], user[32], relay[64], addr[32], reply[128];
} t;

/* Who sends: every fourth message the hot one, few the rare one. */
static void
draw_client(uint64_t msg)
{
	const char *who = msg % 4 == 1 ? "hot" : msg % 50000 == 7 ? "rare" :
	    NULL;
	uint64_t h = draw_skewed(20000);

	text(t.client, sizeof(t.client), "198.51.%" PRIu64 ".%" PRIu64,
	    h / 256, h % 256);
	text(t.name, sizeof(t.name), "mail%" PRIu64 ".example%" PRIu64
	    ".net", h, h % 97);
	text(t.sender, sizeof(t.sender), "user%" PRIu64 "@example%" PRIu64
	    ".net", draw_skewed(50000), draw_skewed(3000));
	text(t.user, sizeof(t.user), "user%" PRIu64, draw_skewed(500));
	text(t.rcpt, sizeof(t.rcpt), "person%" PRIu64 "@dest%" PRIu64
	    ".example", draw_skewed(50000), draw_skewed(3000));
	if (who == NULL)
		return;
	text(t.client, sizeof(t.client), "%s", *who == 'h' ? "192.0.2.1" :
	    "192.0.2.77");
	text(t.sender, sizeof(t.sender), "news@%s.example", who);
	text(t.user, sizeof(t.user), "%s", who);
	text(t.rcpt, sizeof(t.rcpt), "list@%s-rcpt.example", who);
}

static void
begin_message(uint64_t msg, uint64_t h)
{
	draw_client(msg);
	text(t.queue, sizeof(t.queue), "4XbKzT%06" PRIx64 "z9", msg);
	text(t.message, sizeof(t.message), "%016" PRIx64 ".%" PRIu64
	    "@mail.example.net", h * msg, msg);
}

static void
make_delivery(struct event *e, uint64_t msg, uint64_t h)
{
	uint64_t r = draw_skewed(3000);

	e->kind = EVENT_DELIVERY;
	e->counted = e->first = true;
	e->recipient = str_of(t.rcpt);
	e->transport = STR("smtp");
	e->relay_host = text(t.relay, sizeof(t.relay), "mx%" PRIu64 ".dest%"
	    PRIu64 ".example", r % 5, r);
	e->relay_address = text(t.addr, sizeof(t.addr), "203.0.%" PRIu64
	    ".%" PRIu64, r / 256, r % 256);
	e->relay_port = 25;
	e->status = STATUS_SENT;
	e->dsn = STR("2.0.0");
	e->code = 250;
	e->delay_us = 800000 + (int64_t)draw(9000000);
	e->reply = text(t.reply, sizeof(t.reply), "250 2.0.0 Ok: queued as %"
	    PRIX64 "%" PRIX64, h * msg >> 40, msg);
	if (msg % 5000 == 0)
		e->class = CLASS_OPEN_RELAY;
}

/* A third messages, a third deliveries, a third rejects. */
static void
make(struct event *e, uint64_t i)
{
	uint64_t msg = i / 3, part = i % 3, ms;
	uint64_t h = i * UINT64_C(0x9e3779b97f4a7c15);
	int k;

	event_init(e);
	e->at = T0 + (int64_t)i * STEP;
	ms = (uint64_t)e->at / 1000;
	for (k = 0; k < 6; k++)
		e->id[k] = (uint8_t)(ms >> (40 - 8 * k));
	for (k = 0; k < 8; k++)
		e->id[6 + k] = (uint8_t)(h >> (8 * k));
	e->id[15] = (uint8_t)i;
	e->host = STR("mx1.example.org");
	e->mta = e->instance = STR("postfix");
	if (part == 0)
		begin_message(msg, h);
	e->client_address = str_of(t.client);
	e->client_name = e->helo_name = str_of(t.name);
	e->protocol_name = STR("ESMTP");
	e->sender = str_of(t.sender);
	e->policy = 1;
	e->sasl_method = STR("PLAIN");
	e->sasl_username = str_of(t.user);
	e->class = CLASS_AUTHENTICATED_RELAY;
	if (part == 2) {
		e->kind = EVENT_REJECT;
		e->recipient = str_of(t.rcpt);
		e->status = STATUS_REJECTED;
		e->class = CLASS_REJECTED;
		e->dsn = STR("5.7.1");
		e->code = 554;
		e->reply = STR("554 5.7.1 Service unavailable; Client host "
		    "blocked using dnsbl.example; https://dnsbl.example/q");
		return;
	}
	e->queue_id = str_of(t.queue);
	e->message_id = str_of(t.message);
	e->size = 1000 + (int64_t)draw(100000);
	e->recipient_count = 1;
	if (part == 0)
		e->kind = EVENT_MESSAGE;
	else
		make_delivery(e, msg, h);
}

__attribute__((noreturn)) static void
die(const struct error *err)
{
	fprintf(stderr, "bench_store: %s\n", err->text);
	exit(3);
}

static struct store *
open_db(const char *db, enum store_mode mode)
{
	struct error err;
	struct store *s = store_open(db, mode, &err);

	if (s == NULL)
		die(&err);
	return s;
}

static void
remove_db(const char *db)
{
	static const char *const suffixes[] = { "", "-wal", "-shm", ".lock" };
	char file[4096];
	size_t i;

	for (i = 0; i < 4; i++) {
		snprintf(file, sizeof(file), "%s%s", db, suffixes[i]);
		unlink(file);
	}
}

/* Seconds for the events from one number to another. */
static double
add(const char *db, enum store_mode mode, uint64_t from, uint64_t to,
    uint64_t batch)
{
	struct error err = { "" };
	double start = now();
	struct store *s = open_db(db, mode);
	struct event e;
	uint64_t i;

	for (i = from; i < to; i++) {
		if ((i - from) % batch == 0 && store_begin(s, &err) == -1)
			die(&err);
		make(&e, i);
		if (store_add_event(s, &e) != 1) {
			error_set(&err, "%s", store_error(s));
			die(&err);
		}
		if (((i + 1 - from) % batch == 0 || i + 1 == to) &&
		    store_commit(s, &err) == -1)
			die(&err);
	}
	store_close(s);
	return now() - start;
}

static int
count(void *ctx, const struct event *e)
{
	(void)e;
	++*(size_t *)ctx;
	return 0;
}

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

/* `filters` is "name=value[&name=value]". */
static void
set(struct query *q, const char *filters)
{
	struct str rest = str_of(filters), one, name;
	struct error err;

	while (str_cut(&rest, '&', &one)) {
		(void)str_cut(&one, '=', &name);
		if (query_set(q, name, one, 0, &err) == -1)
			die(&err);
	}
}

/* Of a handle that was used before, as the threads of HTTP have one. */
static void
ask(struct store *s, const char *filters, bool last)
{
	struct error err;
	struct query q;
	double took[TURNS], start;
	size_t n = 0;
	int i;

	query_init(&q);
	set(&q, filters);
	if (last)
		snprintf(q.cursor, sizeof(q.cursor), "%" PRId64 ".%d",
		    T0 + 900 * STEP, 901);
	for (i = 0; i < TURNS; i++) {
		n = 0;
		start = now();
		if (store_query(s, &q, count, &n, NULL, &err) == -1)
			die(&err);
		took[i] = now() - start;
	}
	qsort(took, TURNS, sizeof(took[0]), compare);
	printf("%s page of %s: %.2f ms, %zu events\n", last ? "last" :
	    "first", *filters == '\0' ? "all" : filters,
	    took[TURNS / 2] * 1e3, n);
	query_done(&q);
}

static void
ask_all(const char *db)
{
	static const char *const asked[] = {
		"", "client=192.0.2.1", "client=192.0.2.77",
		"client=203.0.113.1", "client=192.0.2.0/24",
		"client=192.0.2.64/26", "client=203.0.113.0/24",
		"user=hot", "user=rare", "user=absent",
		"sender=news@hot.example", "sender=news@rare.example",
		"sender=news@absent.example", "sender=@hot.example",
		"sender=@rare.example", "sender=@absent.example",
		"recipient=list@hot-rcpt.example",
		"recipient=list@rare-rcpt.example",
		"recipient=@hot-rcpt.example", "recipient=@rare-rcpt.example",
		"recipient=@absent.example", "domain=hot.example",
		"domain=rare.example", "domain=absent.example",
		"queue-id=4XbKzT000007z9", "queue-id=absent",
		"message-id=absent@x", "class=authenticated_relay",
		"class=open_relay", "class=relay_denied",
		"relay=mx1.dest1.example", "relay=absent.example",
		"status=sent", "status=deferred", "host=mx1.example.org",
		"host=absent", "kind=notice",
		"client=192.0.2.1&sender=news@hot.example",
		"client=192.0.2.1&sender=news@rare.example",
		"client=192.0.2.1&sender=@absent.example",
		"user=hot&recipient=@hot-rcpt.example",
		"user=hot&recipient=@rare-rcpt.example",
		"user=rare&client=192.0.2.0/24",
		"user=hot&class=open_relay", "user=hot&status=deferred",
		"client=192.0.2.1&user=rare",
	};
	struct store *s = open_db(db, STORE_READ);
	size_t i;

	for (i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
		ask(s, asked[i], false);
		ask(s, asked[i], true);
	}
	store_close(s);
}

static void
print_size(const char *db)
{
	struct store_totals totals;
	struct error err;
	double start = now();
	struct store *s = open_db(db, STORE_WRITE);

	printf("open to write: %.2f ms\n", (now() - start) * 1e3);
	if (store_totals(s, &totals, &err) == -1)
		die(&err);
	printf("size: %.0f bytes/event, %" PRId64 " partitions\n",
	    (double)totals.bytes / (double)totals.events, totals.partitions);
	store_close(s);
}

/* Of the pipeline, with one domain that is local or none. */
static struct config *
make_config(const char *dir, const char *local)
{
	struct buf problems = { 0 };
	struct config *config;
	char path[4096];
	FILE *f;

	snprintf(path, sizeof(path), "%s/bench_store.conf", dir);
	if ((f = fopen(path, "w")) == NULL || fprintf(f, "[policy]\n"
	    "trusted-networks = 127.0.0.0/8\nlocal-domains = %s\n"
	    "relay-domains = relay.example\n", local) < 0 || fclose(f) != 0 ||
	    (config = config_load(path, &problems)) == NULL) {
		fprintf(stderr, "bench_store: %s: %s\n", path,
		    buf_cstr(&problems));
		exit(3);
	}
	unlink(path);
	buf_done(&problems);
	return config;
}

/* In steps, as the daemon does between lines: how long is the longest? */
static void
reclassify(const char *dir, const char *db, const char *name,
    const char *local)
{
	struct config *config = make_config(dir, local);
	struct pipeline_options o = { .db = db, .mode = STORE_WRITE,
	    .config = config };
	struct error err = { "" };
	struct pipeline *p = pipeline_open(&o, &err);
	struct reclassify r;
	struct query q;
	double start = now(), longest = 0, took, at = start;
	int rc;

	query_init(&q);
	if (p == NULL || reclassify_init(&r, p, &q, &err) == -1)
		die(&err);
	do {
		rc = reclassify_step(&r, p, &err);
		took = now() - at;
		longest = took > longest ? took : longest;
		at += took;
	} while (rc == 1);
	if (rc == -1)
		die(&err);
	printf("reclassify, %s: %.0f deliveries/s, %" PRId64 " of %" PRId64
	    " changed in %.1f s, longest step %.0f ms\n", name,
	    (double)r.events / (at - start), r.revised, r.events, at - start,
	    longest * 1e3);
	fflush(stdout);
	reclassify_done(&r);
	pipeline_close(p);
	config_free(config);
}

int
main(int argc, char **argv)
{
	bool keep = argc > 1 && strcmp(argv[1], "-k") == 0;
	uint64_t have = 0, want;
	char db[4096];
	double took;
	int i;

	argc -= keep;
	argv += keep;
	if (argc < 3) {
		fprintf(stderr, "usage: bench_store [-k] DIRECTORY "
		    "EVENTS...\n");
		return 2;
	}
	snprintf(db, sizeof(db), "%s/bench_store.db", argv[1]);
	remove_db(db);
	for (i = 2; i < argc; i++) {
		want = strtoull(argv[i], NULL, 10);
		if (want < have + 2 * LIVE)
			continue;
		took = add(db, STORE_BULK, have, want - LIVE, BATCH);
		printf("-- %" PRIu64 " events\nbulk: %.0f events/s\n", want,
		    (double)(want - LIVE - have) / took);
		took = add(db, STORE_WRITE, want - LIVE, want, COMMIT);
		printf("live: %.0f events/s\n", LIVE / took);
		have = want;
		print_size(db);
		ask_all(db);
		reclassify(argv[1], db, "first", "example.org");
		reclassify(argv[1], db, "unchanged", "example.org");
		reclassify(argv[1], db, "changed", "hot-rcpt.example");
		reclassify(argv[1], db, "and back", "example.org");
		fflush(stdout);
	}
	if (!keep)
		remove_db(db);
	return 0;
}

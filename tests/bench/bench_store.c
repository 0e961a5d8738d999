/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the store costs: events taken in live and in bulk, their size, and how
 * long first pages of typical queries take.  One figure a line, no verdict.
 *
 * usage: bench_store [EVENTS [DIRECTORY]]
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "weir/store.h"
#include "weir/usec.h"

#define BATCH	15000	/* events of 50,000 lines, as an import commits */

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

/* A third messages, a third deliveries, a third rejects and logins. */
static void
make(struct event *e, uint64_t i)
{
	uint64_t msg = i / 3, part = i % 3, ms, h;
	int k;

	event_init(e);
	e->at = INT64_C(1795430400000000) + (int64_t)i * 86400 * 3;
	ms = (uint64_t)e->at / 1000;
	h = i * UINT64_C(0x9e3779b97f4a7c15);
	for (k = 0; k < 6; k++)
		e->id[k] = (uint8_t)(ms >> (40 - 8 * k));
	for (k = 0; k < 8; k++)
		e->id[6 + k] = (uint8_t)(h >> (8 * k));
	e->id[15] = (uint8_t)i;
	e->host = STR("mx1.example.org");
	e->mta = e->instance = STR("postfix");
	if (part == 0) {
		h = draw_skewed(20000);
		text(t.queue, sizeof(t.queue), "4XbKzT%06" PRIx64 "z9", msg);
		text(t.client, sizeof(t.client), "198.51.%" PRIu64 ".%" PRIu64,
		    h / 256, h % 256);
		text(t.name, sizeof(t.name), "mail%" PRIu64
		    ".example%" PRIu64 ".net", h, h % 97);
		text(t.message, sizeof(t.message), "%016" PRIx64 ".%" PRIu64
		    "@mail.example.net", h * msg, msg);
		text(t.sender, sizeof(t.sender), "user%" PRIu64 "@example%"
		    PRIu64 ".net", draw_skewed(50000), draw_skewed(3000));
	}
	text(t.rcpt, sizeof(t.rcpt), "person%" PRIu64 "@dest%" PRIu64
	    ".example", draw_skewed(50000), draw_skewed(3000));
	e->client_address = str_of(t.client);
	e->client_port = 40000 + (int64_t)draw(20000);
	e->client_name = str_of(t.name);
	e->helo_name = str_of(t.name);
	e->protocol_name = STR("ESMTP");
	e->sender = str_of(t.sender);
	e->policy = 1;
	if (msg % 4 == 0) {
		e->sasl_method = STR("PLAIN");
		e->sasl_username = text(t.user, sizeof(t.user), "user%" PRIu64
		    "-%" PRIu64, draw_skewed(500), UINT64_C(0));
		e->class = CLASS_AUTHENTICATED_RELAY;
	} else
		e->class = CLASS_INBOUND;
	if (part == 2) {
		e->kind = EVENT_REJECT;
		e->recipient = str_of(t.rcpt);
		e->status = STATUS_REJECTED;
		e->class = CLASS_REJECTED;
		e->dsn = STR("5.7.1");
		e->code = 554;
		e->reply = STR("Service unavailable; Client host blocked "
		    "using dnsbl.example; https://dnsbl.example/q");
		return;
	}
	e->queue_id = str_of(t.queue);
	e->message_id = str_of(t.message);
	e->size = 1000 + (int64_t)draw(100000);
	e->recipient_count = 1;
	if (part == 0) {
		e->kind = EVENT_MESSAGE;
		return;
	}
	e->kind = EVENT_DELIVERY;
	e->counted = e->first = true;
	e->recipient = str_of(t.rcpt);
	e->transport = STR("smtp");
	h = draw_skewed(3000);
	e->relay_host = text(t.relay, sizeof(t.relay), "mx%" PRIu64 ".dest%"
	    PRIu64 ".example", h % 5, h);
	e->relay_address = text(t.addr, sizeof(t.addr), "203.0.%" PRIu64
	    ".%" PRIu64, h / 256, h % 256);
	e->relay_port = 25;
	e->status = STATUS_SENT;
	e->dsn = STR("2.0.0");
	e->code = 250;
	e->delay_us = 800000 + (int64_t)draw(9000000);
	e->reply = text(t.reply, sizeof(t.reply), "2.0.0 Ok: queued as %"
	    PRIX64 "%" PRIX64, h * msg, msg);
	if (msg % 5000 == 0)
		e->class = CLASS_OPEN_RELAY;
}

static void
die(const struct error *err)
{
	fprintf(stderr, "bench_store: %s\n", err->text);
	exit(3);
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

static void
fill(const char *db, enum store_mode mode, uint64_t n, const char *what,
    uint64_t batch)
{
	struct store_totals totals;
	struct error err;
	struct store *s;
	struct event e;
	uint64_t i;
	double start, cpu;

	remove_db(db);
	seed = 42;
	if ((s = store_open(db, mode, &err)) == NULL)
		die(&err);
	start = now();
	cpu = (double)clock() / CLOCKS_PER_SEC;
	for (i = 0; i < n; i++) {
		if (i % batch == 0 && store_begin(s, &err) == -1)
			die(&err);
		make(&e, i);
		if (store_add_event(s, &e) != 1) {
			fprintf(stderr, "bench_store: %s\n", store_error(s));
			exit(3);
		}
		if (((i + 1) % batch == 0 || i + 1 == n) &&
		    store_commit(s, &err) == -1)
			die(&err);
	}
	printf("%s added: %.2f s\n", what, now() - start);
	store_close(s);
	cpu = (double)clock() / CLOCKS_PER_SEC - cpu;
	start = now() - start;
	printf("%s: %.0f events/s, %.2f s, %.2f s CPU\n", what,
	    (double)n / start, start, cpu);
	if ((s = store_open(db, STORE_READ, &err)) == NULL ||
	    store_totals(s, &totals, &err) == -1)
		die(&err);
	printf("%s: %.0f bytes/event\n", what,
	    (double)totals.bytes / (double)n);
	store_close(s);
}

static int
count(void *ctx, const struct event *e)
{
	(void)e;
	++*(size_t *)ctx;
	return 0;
}

static void
ask(const char *db, const char *name, const char *value)
{
	struct store *s;
	struct query q;
	struct error err;
	size_t n = 0;
	double start;

	if ((s = store_open(db, STORE_READ, &err)) == NULL)
		die(&err);
	query_init(&q);
	if (name != NULL && query_set(&q, str_of(name), str_of(value), 0,
	    &err) == -1)
		die(&err);
	start = now();
	if (store_query(s, &q, count, &n, NULL, &err) == -1)
		die(&err);
	printf("first page %s %s: %.2f ms, %zu events\n",
	    name == NULL ? "of all" : name, value, (now() - start) * 1e3, n);
	query_done(&q);
	store_close(s);
}

int
main(int argc, char **argv)
{
	static const char *const asked[][2] = {
		{ NULL, "" }, { "client", "198.51.0.7" },
		{ "client", "198.51.0.0/16" }, { "client", "198.51.77.0/28" },
		{ "client", "203.0.113.1" }, { "user", "user3-0" },
		{ "sender", "user0@example0.net" }, { "sender", "@nobody.net" },
		{ "recipient", "@dest1.example" },
		{ "domain", "dest2000.example" }, { "domain", "no.example" },
		{ "queue-id", "4XbKzT000fffz9" }, { "message-id", "x@y" },
		{ "class", "open_relay" }, { "class", "relay_denied" },
		{ "class", "open_relay,relay_denied" },
		{ "relay", "no.example" }, { "status", "deferred" },
		{ "kind", "notice" }, { "host", "other" },
	};
	uint64_t n = argc > 1 ? strtoull(argv[1], NULL, 10) : 300000;
	char db[4096];
	size_t i;

	snprintf(db, sizeof(db), "%s/bench_store.db",
	    argc > 2 ? argv[2] : "/tmp");
	fill(db, STORE_WRITE, n, "live", 300);
	fill(db, STORE_BULK, n, "bulk", BATCH);
	for (i = 0; i < sizeof(asked) / sizeof(asked[0]); i++)
		ask(db, asked[i][0], asked[i][1]);
	remove_db(db);
	return 0;
}

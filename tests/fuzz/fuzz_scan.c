/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The scan eats events that an attacker chose, and a checkpoint that came back
 * damaged.  The input is a row of steps of four bytes and more:
 *	what, how, n, m [text]
 * An event is made of small choices, so that keys meet again.  '!' packs the
 * scan, damages N bytes of it and reads it back: it is read or refused, and
 * what was read packs to what reads the same; then it goes on.  '@' and the
 * rest is a checkpoint itself.
 *
 * Covers: src/detect/scan.c src/detect/scan_pack.c src/detect/scan_words.c
 * Covers: src/stats/profile.c src/stats/profile_pack.c src/stats/tally.c
 * Covers: src/stats/topk.c src/stats/listing.c src/stats/slab.c
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "weir/mem.h"
#include "weir/scan.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CAP	(1 << 20)

static struct policy *policy;
static struct scan_options options;

static void
once(void)
{
	if (policy != NULL)
		return;
	policy = policy_new(HASH_KEY_FIXED);
	(void)policy_add(policy, POLICY_TRUSTED_NETWORKS, POLICY_CONFIGURED,
	    STR("198.51.100.0/24"), NULL);
	(void)policy_add(policy, POLICY_LOCAL_DOMAINS, POLICY_CONFIGURED,
	    STR("home.example"), NULL);
	scan_options_init(&options);
	options.max_bytes = CAP;
	/* A few events are a hit already. */
	options.budget = 100;
	for (size_t i = 0; i < detector_count(); i++)
		for (size_t m = 0; m < DETECTOR_MEASURES_MAX; m++)
			options.settings[i].floor[m] = 3;
}

/* What was read packs to something that reads the same. */
static void
check_same(const struct scan *s)
{
	struct buf one = { 0 }, two = { 0 };
	struct scan *t = scan_new(&options);
	struct buf_reader r;
	bool ok;

	scan_pack(&one, s);
	r = (struct buf_reader){ buf_str(&one), false };
	ok = scan_unpack(&r, t);
	assert(ok);
	scan_pack(&two, t);
	assert(str_eq(buf_str(&one), buf_str(&two)));
	scan_free(t);
	buf_done(&one);
	buf_done(&two);
}

/* A copy of exactly its size: a read past it is seen. */
static bool
read_blob(struct scan *s, const char *p, size_t n)
{
	char *exact = xmemdup(p, n);
	struct buf_reader r = { { exact, n }, false };
	bool ok = scan_unpack(&r, s);

	free(exact);
	return ok;
}

static void
damage(struct scan *s, const uint8_t *step, uint32_t seed)
{
	struct buf b = { 0 };
	size_t at;

	scan_pack(&b, s);
	for (int i = 0; i < step[2] % 4; i++) {
		seed = seed * 1103515245u + 12345u + step[3];
		/* The ends are denser than the filters between. */
		at = seed & 1 ? seed % b.n : (seed >> 1) % (b.n < 6000 ? b.n :
		    6000);
		b.p[at] = (char)(step[1] ^ seed >> 9);
	}
	(void)read_blob(s, b.p, step[1] & 1 ? b.n : b.n - step[3] % b.n);
	check_same(s);
	buf_done(&b);
}

static void
show(struct scan *s, const struct event *e)
{
	struct hit hits[SCAN_HITS_MAX];
	struct alert_reason why;
	struct finding found;
	struct facts f;
	size_t n = scan_event(s, policy, e, &f, hits);

	assert(n <= SCAN_HITS_MAX);
	for (size_t i = 0; i < n; i++) {
		finding_init(&found);
		scan_describe(&hits[i], e, &found);
		scan_reason(&hits[i], &why);
		finding_done(&found);
	}
	assert(scan_stats(s).bytes > 0);
}

static const char *const users[] = { "", "ann@home.example", "x", "bob" };
static const char *const clients[] = { "", "198.51.100.7", "2001:db8::7",
	"not an address" };
static const char *const replies[] = { "", "550 blocked using zen.spamhaus.org",
	"450 greylisted", "550 5.1.1 User unknown" };

static void
make_event(const uint8_t *step, struct str text, int64_t *at, struct event *e)
{
	char client[32];
	int n;

	event_init(e);
	e->kind = (enum event_kind)(step[0] % EVENT_KIND_COUNT);
	e->class = (enum event_class)(step[0] / 8 % CLASS_COUNT);
	e->status = (enum event_status)(step[1] % STATUS_COUNT);
	e->origin = (enum event_origin)(step[1] / 16 % 5);
	e->first = step[1] & 1;
	e->counted = step[1] & 2;
	e->local_hop = (step[1] & 12) == 12;
	e->relay_hop = (step[0] & 96) == 96;
	/* From ten minutes back over days to years ahead. */
	*at += ((int64_t)step[2] - 16) * (step[3] & 128 ?
	    USEC_PER_MIN * (step[3] & 64 ? 60 * 24 : 1) : USEC_PER_SEC);
	e->at = *at;
	e->repeat = step[3] & 32 ? (int64_t)step[2] << (step[3] & 31) % 28 * 2 :
	    1;
	e->size = step[3] & 1 ? INT64_MAX : step[2];
	e->code = step[3] & 2 ? 550 : -1;
	e->host = step[3] & 4 ? STR("mx1.home.example") : text;
	e->sasl_username = str_of(users[step[2] & 3]);
	e->local_user = STR("www");
	n = snprintf(client, sizeof(client), "192.0.%u.%u", step[3] & 7,
	    step[2]);
	e->client_address = step[1] & 128 ? (struct str){ xmemdup(client,
	    (size_t)n + 1), (size_t)n } : str_of(clients[step[2] >> 2 & 3]);
	e->sender = step[3] & 8 ? text : STR("ann@home.example");
	e->recipient = step[3] & 16 ? text : STR("v@far.example");
	e->dsn = step[0] & 64 ? STR("5.1.1") : STR_NONE;
	e->reply = step[0] & 128 ? text : str_of(replies[step[1] & 3]);
}

static void
play_event(struct scan *s, const uint8_t *step, struct str text, int64_t *at)
{
	struct event e;
	/* What is unusual takes more than one. */
	int times = step[2] & 64 ? 8 : 1;

	make_event(step, text, at, &e);
	for (int i = 0; i < times; i++, e.at += USEC_PER_SEC / 4)
		show(s, &e);
	if (step[1] & 128)
		free((char *)e.client_address.p);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int64_t at = INT64_C(1700000000) * USEC_PER_SEC;
	struct str text;
	struct scan *s;
	int damages = 0;

	once();
	s = scan_new(&options);
	for (; size >= 4; data += 4 + text.n, size -= 4 + text.n) {
		text = (struct str){ (const char *)data + 4, data[3] % 24 };
		if (text.n > size - 4)
			text.n = size - 4;
		if (data[0] == '@') {
			(void)read_blob(s, (const char *)data + 1, size - 1);
			check_same(s);
			break;
		}
		if (data[0] != '!')
			play_event(s, data, text, &at);
		else if (damages++ < 3)
			damage(s, data, (uint32_t)size);
	}
	scan_free(s);
	return 0;
}

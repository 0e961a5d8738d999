/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What weir kept may come back damaged.  A log is played, and what is packed of
 * it is damaged, read or refused, and what was read packs to something that
 * reads the same.  The first byte says what is damaged: 'e' events, 'a' alerts,
 * else what the engine kept under keys that begin so ('m' messages, 's'
 * sessions, 'o' chains, 't' the time).  The rest of the first line says how,
 * in each of them:
 *	=AT,BYTE	that byte becomes BYTE
 *	*AT,BYTE	that one and the seven after it: a number
 *	<N		only N bytes of it are left
 * What the engine kept is damaged at each line "%" of the log and after its
 * last one; then a new engine takes it up and goes on.
 *
 * Covers: src/event/message.c src/base/buf.c
 */
#include <assert.h>
#include <stdio.h>

#include "../../src/event/message.h"
#include "../unit/fold.h"

#define EDITS_MAX	64

struct edit {
	char		op;
	uint32_t	at, byte;
};

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct edit edits[EDITS_MAX];
static size_t nedits;

/* The digits that it begins with; as large as may be. */
static uint32_t
take_number(struct str *s)
{
	uint32_t n = 0;

	for (; s->n > 0 && s->p[0] >= '0' && s->p[0] <= '9';
	    *s = str_tail(*s, 1))
		if (n < UINT32_MAX / 16)
			n = 10 * n + (uint32_t)(s->p[0] - '0');
	return n;
}

static void
read_edits(struct str line)
{
	struct edit *e;

	for (nedits = 0; line.n > 0 && nedits < EDITS_MAX; ) {
		e = &edits[nedits];
		*e = (struct edit){ .op = line.p[0] };
		line = str_tail(line, 1);
		if (e->op != '=' && e->op != '*' && e->op != '<')
			continue;
		e->at = take_number(&line);
		if (line.n > 0 && line.p[0] == ',') {
			line = str_tail(line, 1);
			e->byte = take_number(&line);
		}
		nedits++;
	}
}

/* A copy with the edits made, of exactly its size: a read past it is seen. */
static struct str
damage(struct str blob)
{
	char *p = xcalloc(1, blob.n + 1), *exact;
	size_t at, i, n = blob.n;

	memcpy(p, blob.p, n);
	for (i = 0; i < nedits; i++) {
		at = edits[i].at % (n + 1);
		if (edits[i].op == '<')
			n = at;
		else
			memset(p + at, (int)edits[i].byte, edits[i].op == '=' ||
			    n - at < 8 ? n > at : 8);
	}
	exact = xmemdup(p, n);
	free(p);
	return (struct str){ exact, n };
}

static void
check_event(struct str blob)
{
	struct buf_reader r = { blob, false }, again;
	struct buf one = { 0 }, two = { 0 };
	struct event e;

	if (event_unpack(&r, &e)) {
		event_pack(&one, &e);
		again = (struct buf_reader){ buf_str(&one), false };
		assert(event_unpack(&again, &e));
		assert(again.rest.n == 0);
		event_pack(&two, &e);
		assert(str_eq(buf_str(&one), buf_str(&two)));
	} else {
		assert(nedits > 0);
	}
	buf_done(&one);
	buf_done(&two);
}

/* A NUL in a damaged text ends it, so it settles the second time. */
static void
check_alert(struct str blob)
{
	struct buf packed[3] = { { 0 } };
	struct str in = blob;
	struct alert *a;
	int i;

	for (i = 0; i < 3 && (a = alert_unpack(in)) != NULL; i++) {
		alert_pack(&packed[i], a);
		alert_free(a);
		in = buf_str(&packed[i]);
	}
	assert(i == 3 || (i == 0 && nedits > 0));
	assert(str_eq(buf_str(&packed[1]), buf_str(&packed[2])));
	for (i = 0; i < 3; i++)
		buf_done(&packed[i]);
}

static bool
repack(struct str key, struct str blob, struct buf *ret)
{
	struct message *m;
	struct session *s;

	if (key.p[0] == 'm') {
		if ((m = message_unpack(key, blob)) == NULL)
			return false;
		message_pack(ret, m);
		message_free(m);
	} else {
		if ((s = session_unpack(key, blob)) == NULL)
			return false;
		session_pack(ret, s);
		session_free(s);
	}
	return true;
}

static void
check_kept(struct str key, struct str blob)
{
	struct buf one = { 0 }, two = { 0 };

	if (key.p[0] != 'm' && key.p[0] != 's')
		return;
	if (repack(key, blob, &one)) {
		assert(repack(key, buf_str(&one), &two));
		assert(str_eq(buf_str(&one), buf_str(&two)));
	} else {
		assert(nedits > 0);
	}
	buf_done(&one);
	buf_done(&two);
}

/* An engine that takes up what was damaged in between. */
static void
restart(struct fold *f, char which)
{
	size_t iter = 0;
	struct str key, *blob, old;
	void *value;

	engine_flush(f->engine);
	engine_free(f->engine);
	while (map_next(f->kept, &iter, &key, &value)) {
		if (key.p[0] != which)
			continue;
		blob = value;
		old = *blob;
		*blob = damage(old);
		free((char *)old.p);
		check_kept(key, *blob);
	}
	fold_start(f);
}

static void
each_event(const struct fold *f)
{
	struct buf b = { 0 };
	struct str id, blob;
	size_t iter = 0;
	void *value;

	while (map_next(f->events, &iter, &id, &value)) {
		buf_clear(&b);
		event_pack(&b, &((struct fold_event *)value)->e);
		blob = damage(buf_str(&b));
		check_event(blob);
		free((char *)blob.p);
	}
	buf_done(&b);
}

static void
each_alert(const struct fold *f)
{
	struct buf b = { 0 };
	struct str blob;
	size_t i;

	for (i = 0; i < f->nalerts; i++) {
		buf_clear(&b);
		alert_pack(&b, f->alerts[i]);
		blob = damage(buf_str(&b));
		check_alert(blob);
		free((char *)blob.p);
	}
	buf_done(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct syslog_stream s = { .zone = &zone_utc, .host = STR("mx1"),
	    .until = INT64_C(1798761600000000) };
	struct str log = { (const char *)data, size }, line = STR("");
	struct fold f;
	char which;

	if (!str_cut(&log, '\n', &line) || line.n == 0)
		return 0;
	which = line.p[0];
	read_edits(str_tail(line, 1));
	fold_init(&f);
	fold_believe(&f, POLICY_TRUSTED_NETWORKS, "127.0.0.0/8");
	fold_believe(&f, POLICY_LOCAL_DOMAINS, "example.org");
	fold_start(&f);
	while (str_cut(&log, '\n', &line)) {
		if (str_eq(line, STR("%")))
			restart(&f, which);
		else
			fold_feed(&f, &s, line);
	}
	restart(&f, which);
	engine_finish(f.engine);
	engine_flush(f.engine);
	if (which == 'e')
		each_event(&f);
	else if (which == 'a')
		each_alert(&f);
	fold_done(&f);
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What weir kept may come back damaged: packed events and alerts, and what an
 * engine recalls of messages, sessions, chains and time.  The first byte says
 * which; whatever the rest is, it is read or refused.  What was read packs to
 * something that reads the same.
 *
 * Covers: src/event/message.c src/base/buf.c
 */
#include <assert.h>
#include <stdio.h>

#include "../unit/fold.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct str blob;
static char which;

static bool
recall(void *ctx, struct str key, struct buf *ret)
{
	(void)ctx;
	if (key.n == 0 || key.p[0] != which)
		return false;
	buf_add_str(ret, blob);
	return true;
}

static void
check_event(void)
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
	}
	buf_done(&one);
	buf_done(&two);
}

/* A NUL in a damaged text ends it, so it settles the second time. */
static void
check_alert(void)
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
	assert(i == 0 || i == 3);
	assert(str_eq(buf_str(&packed[1]), buf_str(&packed[2])));
	for (i = 0; i < 3; i++)
		buf_done(&packed[i]);
}

/* Lines that ask for a session, a message, its child and its chain. */
static void
check_engine(void)
{
	static const char *const says[][2] = {
		{ "postfix/smtpd", "disconnect from a[192.0.2.1] rcpt=1" },
		{ "postfix/qmgr", "4X1: from=<a@b>, size=1, nrcpt=1 (queue "
		    "active)" },
		{ "postfix/smtp", "4X1: to=<c@d>, relay=e[192.0.2.9]:25, "
		    "delay=1, delays=0/0/0/1, dsn=2.0.0, status=sent (250 ok "
		    "queued as 4X2)" },
		{ "postfix/cleanup", "4X1: message-id=<f@g>" },
		{ "postfix/bounce", "4X1: sender non-delivery notification: "
		    "4X3" },
		{ "postfix/qmgr", "4X1: from=<a@b>, status=expired, returned "
		    "to sender" },
		{ "postfix/smtpd", "4X4: client=h[192.0.2.2]" },
		{ "postfix/qmgr", "4X1: removed" },
		{ "", "" },
	};
	struct engine_sink sink;
	struct engine *e;
	struct fold f;
	size_t i;

	fold_init(&f);
	fold_start(&f);
	engine_free(f.engine);
	sink = (struct engine_sink){ &f, fold_on_event, fold_on_revise,
	    fold_on_alert, fold_on_keep, recall };
	f.engine = e = engine_new(&f.options, f.policy, &sink);
	engine_resume(e);
	engine_wake(e, STR("mmx1\0004X1"));
	for (i = 0; i < sizeof(says) / sizeof(says[0]); i++)
		fold_say(&f, INT64_C(1795000000000000) + (int64_t)i, says[i][0],
		    7, says[i][1]);
	engine_finish(e);
	engine_flush(e);
	fold_done(&f);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 1)
		return 0;
	which = (char)data[0];
	blob = (struct str){ (const char *)data + 1, size - 1 };
	if (which == 'e')
		check_event();
	else if (which == 'a')
		check_alert();
	else
		check_engine();
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See backlog.h.  The value "backlog" of the store: u64 count, first, last,
 * u8 worst severity, text id, u32 number of titles, the titles.
 */
#include "weir/backlog.h"

#include <stdlib.h>
#include <string.h>

#include "weir/hex.h"
#include "weir/mem.h"
#include "weir/usec.h"

#define VALUE	"backlog"

static void
keep(const struct backlog *b, struct store *s)
{
	struct buf	v = { 0 };

	buf_put_u64(&v, (uint64_t)b->count);
	buf_put_u64(&v, (uint64_t)b->first);
	buf_put_u64(&v, (uint64_t)b->last);
	buf_put_u8(&v, (uint8_t)b->worst);
	buf_put_str(&v, (struct str){ (const char *)b->id, sizeof(b->id) });
	buf_put_u32(&v, b->ntitles);
	buf_add_str(&v, buf_str(&b->titles));
	(void)store_put_value(s, VALUE, buf_str(&v));
	buf_done(&v);
}

static void
clear(struct backlog *b)
{
	b->count = b->first = b->last = 0;
	b->worst = SEVERITY_INFO;
	b->ntitles = 0;
	memset(b->id, 0, sizeof(b->id));
	buf_clear(&b->titles);
}

void
backlog_load(struct backlog *b, struct store *s)
{
	struct buf		v = { 0 };
	struct buf_reader	r;
	struct str		id;
	uint8_t			worst;

	clear(b);
	if (!store_get_value(s, VALUE, &v) || v.n == 0)
		goto out;
	r = (struct buf_reader){ buf_str(&v), false };
	b->count = buf_get_i64(&r);
	b->first = buf_get_i64(&r);
	b->last = buf_get_i64(&r);
	worst = buf_get_u8(&r);
	id = buf_get_str(&r);
	b->ntitles = buf_get_u32(&r);
	if (r.bad || worst >= SEVERITY_COUNT || id.n != sizeof(b->id) ||
	    b->ntitles > BACKLOG_TITLES) {
		clear(b);
		goto out;
	}
	b->worst = worst;
	memcpy(b->id, id.p, id.n);
	buf_add_str(&b->titles, r.rest);
out:
	buf_done(&v);
}

void
backlog_add(struct backlog *b, struct store *s, const struct alert *a)
{
	if (b->count == 0 || a->opened < b->first)
		b->first = a->opened;
	if (b->count == 0 || a->opened > b->last)
		b->last = a->opened;
	if (a->severity > b->worst) {
		b->worst = a->severity;
		b->ntitles = 0;
		buf_clear(&b->titles);
	}
	b->count++;
	memcpy(b->id, a->id, sizeof(b->id));
	if (a->severity == b->worst && b->ntitles < BACKLOG_TITLES) {
		buf_put_str(&b->titles, str_of(a->title));
		b->ntitles++;
	}
	keep(b, s);
}

void
backlog_clear(struct backlog *b, struct store *s)
{
	clear(b);
	(void)store_put_value(s, VALUE, STR(""));
}

void
backlog_done(struct backlog *b)
{
	buf_done(&b->titles);
}

static void
word_title(const struct backlog *b, struct buf *t)
{
	struct buf_reader	r = { buf_str(&b->titles), false };
	char			first[USEC_TEXT_MAX], last[USEC_TEXT_MAX];

	usec_print(b->first, first);
	usec_print(b->last, last);
	buf_addf(t, "%lld alert%s of the past, opened between %s and %s, "
	    "found while catching up: ", (long long)b->count,
	    b->count == 1 ? "" : "s", first, last);
	for (uint32_t i = 0; i < b->ntitles; i++) {
		struct str	title = buf_get_str(&r);

		buf_addf(t, "%s%.*s", i == 0 ? "" : "; ", STRF(title));
	}
	if (b->count > b->ntitles)
		buf_addf(t, "; and %lld more", (long long)(b->count -
		    b->ntitles));
}

struct alert *
backlog_summary(const struct backlog *b)
{
	struct alert	*a;
	struct buf	 title = { 0 };

	if (b->count == 0)
		return NULL;
	word_title(b, &title);
	a = alert_new();
	free(a->detector);
	a->detector = xstrdup("backlog");
	a->severity = b->worst;
	a->state = ALERT_OPEN;
	a->key_type = KEY_GLOBAL;
	free(a->key);
	a->key = xstrdup("*");
	free(a->host);
	a->host = xstrdup("");
	a->opened = a->last_seen = b->last;
	a->first_seen = b->first;
	a->count = b->count;
	a->version = 1;
	a->historical = true;
	free(a->title);
	a->title = str_dup(buf_str(&title));
	free(a->runbook);
	a->runbook = xstrdup("weir alerts");
	alert_make_id(a, b->id);
	buf_done(&title);
	return a;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* See raise.h. */
#include "weir/raise.h"

#include <stdio.h>
#include <stdlib.h>

#include "weir/mem.h"

static int
copy_first(void *ctx, const struct alert *a)
{
	struct alert	**ret = ctx;

	*ret = alert_copy(a);
	return 1;
}

static void
filter_open(struct alert_filter *f, const char *detector, const char *key)
{
	*f = (struct alert_filter){ 0 };
	f->states = 1u << ALERT_OPEN | 1u << ALERT_ACKNOWLEDGED;
	str_copy(str_of(detector), f->detector, sizeof(f->detector));
	if (key != NULL)
		str_copy(str_of(key), f->key, sizeof(f->key));
}

static struct alert *
find_open(struct pipeline *p, const char *detector, const char *key)
{
	struct alert_filter	 f;
	struct alert		*a = NULL;

	filter_open(&f, detector, key);
	(void)store_each_alert(pipeline_store(p), &f, copy_first, &a, NULL,
	    NULL);
	return a;
}

void
raise_notice(struct pipeline *p, const char *notice, const char *host,
    struct str text, int64_t at, uint8_t ret_id[EVENT_ID_SIZE])
{
	struct event	e;
	struct record	r = { 0 };
	uint8_t		digest[16];

	event_init(&e);
	e.kind = EVENT_NOTICE;
	e.at = r.at = at;
	e.notice = str_of(notice);
	e.host = r.host = str_of(host);
	e.reply = r.text = r.raw = text;
	e.policy = policy_version(pipeline_policy(p));
	r.unit = STR("weir");
	r.repeat = 1;
	event_digest(&r, digest);
	event_make_id(at, e.kind, digest, 0, e.id);
	if (ret_id != NULL)
		memcpy(ret_id, e.id, EVENT_ID_SIZE);
	engine_input(pipeline_engine(p), &e, text);
}

void
raise_open(struct pipeline *p, const struct raise *r)
{
	struct alert	*a = find_open(p, r->detector, r->key);
	int64_t		 now = pipeline_clock();
	uint8_t		 id[EVENT_ID_SIZE];

	if (a != NULL) {
		alert_free(a);
		return;
	}
	raise_notice(p, r->notice, r->host, str_of(r->title), now, id);
	a = alert_new();
	a->detector = xstrdup(r->detector);
	a->severity = r->severity;
	a->state = ALERT_OPEN;
	a->host = xstrdup(r->host);
	a->key_type = r->key_type;
	a->key = str_dup(str_head(str_of(r->key), 255));
	a->opened = a->first_seen = a->last_seen = now;
	a->count = 1;
	a->version = 1;
	a->shadow = r->shadow;
	a->title = xstrdup(r->title);
	a->runbook = xstrdup(r->runbook);
	alert_make_id(a, id);
	alert_add_evidence(a, id, str_of(r->title));
	pipeline_alert(p, a, TRANSITION_OPENED);
	engine_add_alert(pipeline_engine(p), a);
	alert_free(a);
}

bool
raise_resolve(struct pipeline *p, const char *detector, const char *key,
    const char *reason)
{
	struct alert	*a = find_open(p, detector, key);

	if (a == NULL)
		return false;
	pipeline_begin(p);
	(void)engine_resolve(pipeline_engine(p), a, "weir", reason, NULL);
	alert_free(a);
	return true;
}

static int
add_key(void *ctx, const struct alert *a)
{
	buf_addf(ctx, "%s\n", a->key);
	return 0;
}

void
raise_keys(struct pipeline *p, const char *detector, struct buf *ret)
{
	struct alert_filter	f;

	filter_open(&f, detector, NULL);
	(void)store_each_alert(pipeline_store(p), &f, add_key, ret, NULL,
	    NULL);
}

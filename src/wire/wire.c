/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events and alerts as JSON, in the names and order of CONTRACT.  What is not
 * known is left out.  Text that is not UTF-8 (a store may have been written
 * by other hands) is mended with '?', never refused.
 */
#include <math.h>
#include <stdlib.h>

#include "weir/hex.h"
#include "weir/mem.h"
#include "weir/usec.h"
#include "weir/wire.h"

/* Bytes of the UTF-8 sequence at s (RFC 3629), 0 when there is none. */
static size_t
utf8_length(struct str s)
{
	const uint8_t *p = (const uint8_t *)s.p;
	size_t i, n;

	if (p[0] < 0x80)
		return 1;
	n = p[0] >= 0xc2 && p[0] <= 0xdf ? 2 : (p[0] & 0xf0) == 0xe0 ? 3 :
	    p[0] >= 0xf0 && p[0] <= 0xf4 ? 4 : 0;
	if (n == 0 || n > s.n)
		return 0;
	for (i = 1; i < n; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	/* Over-long, surrogate, above U+10FFFF. */
	if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) ||
	    (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f))
		return 0;
	return n;
}

static json_t *
json_of_str(struct str s)
{
	json_t *j;
	char *mended;
	size_t i, n;

	if ((j = json_stringn(s.p, s.n)) != NULL)
		return j;
	mended = xmemdup(s.p, s.n);
	for (i = 0; i < s.n; i += n)
		if ((n = utf8_length(str_tail(s, i))) == 0) {
			mended[i] = '?';
			n = 1;
		}
	j = json_stringn_nocheck(mended, s.n);
	free(mended);
	return j;
}

static void
set_str(json_t *o, const char *name, struct str s)
{
	if (str_known(s))
		json_object_set_new(o, name, json_of_str(s));
}

static void
set_text(json_t *o, const char *name, const char *s)
{
	set_str(o, name, str_of(s));
}

static void
set_number(json_t *o, const char *name, int64_t v)
{
	if (v != -1)
		json_object_set_new(o, name, json_integer(v));
}

static void
set_real(json_t *o, const char *name, double v)
{
	if (isfinite(v))
		json_object_set_new(o, name, json_real(v));
}

static void
set_time(json_t *o, const char *name, int64_t at)
{
	char text[USEC_TEXT_MAX];

	set_str(o, name, usec_print(at, text));
}

static void
set_id(json_t *o, const char *name, const uint8_t id[EVENT_ID_SIZE])
{
	char hex[2 * EVENT_ID_SIZE + 1];

	hex_print(id, EVENT_ID_SIZE, hex);
	set_text(o, name, hex);
}

/* How the event came about, who handed it in. */
static void
set_origin(json_t *o, const struct event *e)
{
#define S(m) set_str(o, #m, e->m)
#define N(m) set_number(o, #m, e->m)
	S(host);
	S(mta);
	S(instance);
	S(queue_id);
	S(origin_queue_id);
	S(cause_queue_id);
	S(message_id);
	S(subject);
	S(client_address);
	N(client_port);
	S(client_name);
	S(helo_name);
	S(sasl_method);
	S(sasl_username);
	S(encryption_protocol);
	S(protocol_name);
	S(local_user);
}

/* Envelope and outcome. */
static void
set_outcome(json_t *o, const struct event *e)
{
	S(sender);
	S(recipient);
	S(original_recipient);
	N(size);
	N(recipient_count);
	S(transport);
	S(relay_host);
	S(relay_address);
	N(relay_port);
	if (e->status != STATUS_NONE)
		set_text(o, "status", event_status_name(e->status));
	S(dsn);
	N(code);
	S(reply);
	if (e->delay_us != -1)
		set_real(o, "delay", (double)e->delay_us / USEC_PER_SEC);
	S(notice);
	N(repeat);
	N(policy);
#undef S
#undef N
}

json_t *
wire_event(const struct event *e)
{
	json_t *o = json_object();

	set_id(o, "id", e->id);
	if (e->seq != 0)
		json_object_set_new(o, "seq", json_integer(e->seq));
	set_text(o, "kind", event_kind_name(e->kind));
	set_time(o, "time", e->at);
	set_text(o, "class", event_class_name(e->class));
	if (e->counted)
		json_object_set_new(o, "counted", json_true());
	if (e->provenance == PROVENANCE_LOCAL_USER)
		set_text(o, "provenance", "local_user");
	set_origin(o, e);
	set_outcome(o, e);
	return o;
}

static json_t *
reasons(const struct alert *a)
{
	json_t *list = json_array(), *o;
	size_t i;

	for (i = 0; i < a->nreasons; i++) {
		const struct alert_reason *r = &a->reasons[i];

		o = json_object();
		set_text(o, "name", r->name);
		if (r->window[0] != '\0')
			set_text(o, "window", r->window);
		set_real(o, "observed", r->observed);
		set_real(o, "expected", r->expected);
		set_real(o, "threshold", r->threshold);
		set_real(o, "p_value", r->p_value);
		json_array_append_new(list, o);
	}
	return list;
}

static json_t *
related(const struct alert *a)
{
	json_t *list = json_array(), *o;
	size_t i;

	for (i = 0; i < a->nrelated; i++) {
		o = json_object();
		set_text(o, "key_type",
		    key_type_name(a->related[i].key_type));
		set_text(o, "key", a->related[i].key);
		json_array_append_new(list, o);
	}
	return list;
}

static json_t *
evidence(const struct alert *a)
{
	json_t *list = json_array(), *o, *lines;
	struct str rest, line;
	size_t i;

	for (i = 0; i < a->nevidence; i++) {
		o = json_object();
		set_id(o, "event_id", a->evidence[i].event_id);
		lines = json_array();
		rest = str_of(a->evidence[i].line);
		while (str_cut(&rest, '\n', &line))
			if (line.n > 0)
				json_array_append_new(lines,
				    json_of_str(line));
		json_object_set_new(o, "lines", lines);
		json_array_append_new(list, o);
	}
	return list;
}

json_t *
wire_alert(const struct alert *a)
{
	json_t *o = json_object();

	set_id(o, "id", a->id);
	set_text(o, "detector", a->detector);
	set_text(o, "severity", alert_severity_name(a->severity));
	set_text(o, "state", alert_state_name(a->state));
	set_text(o, "host", a->host);
	set_text(o, "key_type", key_type_name(a->key_type));
	set_text(o, "key", a->key);
	set_time(o, "time", a->opened);
	set_time(o, "first_seen", a->first_seen);
	set_time(o, "last_seen", a->last_seen);
	json_object_set_new(o, "count", json_integer(a->count));
	set_text(o, "title", a->title);
	json_object_set_new(o, "reasons", reasons(a));
	json_object_set_new(o, "related", related(a));
	json_object_set_new(o, "evidence", evidence(a));
	set_text(o, "runbook", a->runbook);
	set_text(o, "acknowledged_by", a->acknowledged_by);
	set_text(o, "resolved_reason", a->resolved_reason);
	set_text(o, "exempt", a->exempt);
	json_object_set_new(o, "historical", json_boolean(a->historical));
	json_object_set_new(o, "shadow", json_boolean(a->shadow));
	return o;
}

json_t *
wire_hook(const char *type, int64_t at, json_t *data)
{
	json_t *o = json_object();

	set_text(o, "type", type);
	set_time(o, "timestamp", at);
	json_object_set_new(o, "data", data);
	return o;
}

static int
append(const char *p, size_t n, void *out)
{
	buf_add(out, p, n);
	return 0;
}

void
wire_print(const json_t *j, struct buf *out)
{
	/* 15 digits: 0.8 stays 0.8. */
	json_dump_callback(j, append, out, JSON_COMPACT | JSON_ENCODE_ANY |
	    JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(15));
}

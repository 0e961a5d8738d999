/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What each kind of line does to messages and sessions: what the kinds share,
 * the lines that stand for themselves, and the table of all.
 *
 * Every text here was written by somebody who may be the attacker: a queue id
 * in a remote reply is only a hint, believed when a message under that id came
 * from the very address that the line handed its mail to.
 */
#include "take.h"
#include "weir/mta.h"
#include "weir/usec.h"

struct str
take_field(const struct take *t, enum field f)
{
	return t->l->f[f];
}

/* A whole number, or -1. */
int64_t
take_number(const struct take *t, enum field f)
{
	int64_t v;

	return str_to_i64(take_field(t, f), &v) ? v : -1;
}

struct str
take_key(const struct take *t, enum field f)
{
	return correlate_key(&t->c->key, t->r->host, take_field(t, f));
}

struct message *
take_find(const struct take *t, enum field f)
{
	return take_field(t, f).n == 0 ? NULL :
	    correlate_find(t->c, take_key(t, f));
}

/* What every event of this line says. */
void
take_event(const struct take *t, enum event_kind kind, struct event *e)
{
	event_init(e);
	e->kind = kind;
	e->at = t->r->at;
	e->provenance = t->r->provenance;
	e->host = t->r->host;
	e->mta = str_of(t->l->mta->name);
	e->instance = t->l->instance;
	e->queue_id = take_field(t, FIELD_QUEUE_ID);
	e->repeat = t->r->repeat;
	event_make_id(t->r->at, kind, t->id->digest, t->id->ordinal, e->id);
}

void
take_client_of(const struct take *t, struct event *e)
{
	e->client_address = take_field(t, FIELD_CLIENT_ADDRESS);
	e->client_name = take_field(t, FIELD_CLIENT_NAME);
	e->client_port = take_number(t, FIELD_CLIENT_PORT);
	e->sasl_method = take_field(t, FIELD_SASL_METHOD);
	e->sasl_username = take_field(t, FIELD_SASL_USERNAME);
	e->helo_name = take_field(t, FIELD_HELO_NAME);
	e->protocol_name = take_field(t, FIELD_PROTOCOL_NAME);
}

void
take_emit(const struct take *t, struct event *e)
{
	e->class = policy_classify(t->c->policy, e);
	e->policy = policy_version(t->c->policy);
	t->c->out.event(t->c->out.ctx, e, t->r->raw);
}

/* A message begins under this line's queue id. */
struct message *
take_open(const struct take *t, struct str key)
{
	struct message	*m = correlate_open(t->c, key, t->r->at);
	struct event	*b = &m->base;

	b->host = arena_copy(&m->arena, t->r->host);
	b->mta = str_of(t->l->mta->name);
	b->instance = arena_copy(&m->arena, t->l->instance);
	b->queue_id = arena_copy(&m->arena, str_tail(key,
	    t->r->host.n + 2));
	b->provenance = t->r->provenance;
	return m;
}

void
take_add_line(const struct take *t, struct message *m)
{
	correlate_touch(t->c, m);
	if (t->r->provenance == PROVENANCE_LOCAL_USER)
		m->base.provenance = PROVENANCE_LOCAL_USER;
	if (t->c->o.keep_lines)
		message_add_line(m, t->r->raw);
}

/* The message of this line; one that nobody introduced waits for a parent. */
struct message *
take_known(const struct take *t)
{
	struct message *m = take_find(t, FIELD_QUEUE_ID);

	if (m == NULL) {
		m = take_open(t, take_key(t, FIELD_QUEUE_ID));
		correlate_hold(t->c, m);
	}
	take_add_line(t, m);
	return m;
}

/* "12.34" seconds as microseconds, or -1. */
static int64_t
delay_of(struct str s)
{
	size_t		dot = str_find_char(s, '.');
	uint64_t	whole, part = 0, scale = USEC_PER_SEC;
	struct str	decimals = STR_NONE;
	size_t		i;

	if (dot != STR_NPOS)
		decimals = str_head(str_tail(s, dot + 1), 6);
	if (!str_to_u64(dot == STR_NPOS ? s : str_head(s, dot), &whole) ||
	    whole > INT32_MAX ||
	    (decimals.n > 0 && !str_to_u64(decimals, &part)))
		return -1;
	for (i = 0; i < decimals.n; i++)
		scale /= 10;
	return (int64_t)(whole * USEC_PER_SEC +
	    (decimals.n > 0 ? part * scale : 0));
}

void
take_delivery_of(const struct take *t, struct event *e)
{
	take_event(t, EVENT_DELIVERY, e);
	e->recipient = take_field(t, FIELD_RECIPIENT);
	e->original_recipient = take_field(t, FIELD_ORIGINAL_RECIPIENT);
	e->transport = take_field(t, FIELD_TRANSPORT);
	e->relay_host = take_field(t, FIELD_RELAY_HOST);
	e->relay_address = take_field(t, FIELD_RELAY_ADDRESS);
	e->relay_port = take_number(t, FIELD_RELAY_PORT);
	e->dsn = take_field(t, FIELD_DSN);
	e->code = take_number(t, FIELD_CODE);
	e->reply = take_field(t, FIELD_REPLY);
	e->delay_us = delay_of(take_field(t, FIELD_DELAY));
}

void
take_reject(const struct take *t)
{
	struct message	*m = take_find(t, FIELD_QUEUE_ID);
	struct event	 e;

	if (m != NULL && take_field(t, FIELD_RECIPIENT).n == 0) {
		/* smtpd and cleanup both say so; a cut tag hides who did. */
		if (m->refused)
			return;
		m->refused = true;
		correlate_touch(t->c, m);
	}
	take_event(t, EVENT_REJECT, &e);
	take_client_of(t, &e);
	e.status = STATUS_REJECTED;
	e.sender = take_field(t, FIELD_SENDER);
	e.recipient = take_field(t, FIELD_RECIPIENT);
	e.dsn = take_field(t, FIELD_DSN);
	e.code = take_number(t, FIELD_CODE);
	e.reply = take_field(t, FIELD_REPLY);
	if (m != NULL && !str_known(e.sasl_username)) {
		e.sasl_method = m->base.sasl_method;
		e.sasl_username = m->base.sasl_username;
	}
	if (m != NULL && !str_known(e.client_address)) {
		e.client_address = m->base.client_address;
		e.client_name = m->base.client_name;
		e.client_port = m->base.client_port;
	}
	take_emit(t, &e);
}

void
take_auth_failed(const struct take *t)
{
	struct event e;

	take_event(t, EVENT_AUTH, &e);
	take_client_of(t, &e);
	e.status = STATUS_FAILED;
	e.reply = take_field(t, FIELD_REASON);
	take_emit(t, &e);
}

void
take_log_loss(const struct take *t)
{
	struct event e;

	take_event(t, EVENT_NOTICE, &e);
	e.notice = STR("data_loss");
	e.reply = t->r->text;
	e.repeat = take_number(t, FIELD_LOST);
	if (e.repeat < 1)
		e.repeat = 1;
	take_emit(t, &e);
}

void
take_line(const struct take *t)
{
	static void (*const takers[LINE_KIND_COUNT])(const struct take *) = {
		[LINE_CONNECT] = take_connect,
		[LINE_DISCONNECT] = take_disconnect,
		[LINE_TLS] = take_tls,
		[LINE_CLIENT] = take_client,
		[LINE_PROXY_CLIENT] = take_proxy_client,
		[LINE_PROXY_ACCEPT] = take_proxy_accept,
		[LINE_PICKUP] = take_pickup,
		[LINE_MESSAGE_ID] = take_message_id,
		[LINE_SUBJECT] = take_subject,
		[LINE_QUEUED] = take_queued,
		[LINE_DELIVERY] = take_delivery,
		[LINE_EXPIRED] = take_expired,
		[LINE_REMOVED] = take_removed,
		[LINE_NOTIFICATION] = take_notification,
		[LINE_REJECT] = take_reject,
		[LINE_ACTION] = take_action,
		[LINE_AUTH_FAILED] = take_auth_failed,
		[LINE_LOG_LOSS] = take_log_loss,
	};

	if (t->l->mta != NULL && takers[t->l->kind] != NULL)
		takers[t->l->kind](t);
}

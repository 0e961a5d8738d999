/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What each kind of line does to messages and sessions.
 *
 * Every text here was written by somebody who may be the attacker: a queue id
 * in a remote reply is only a hint, believed when a message under that id came
 * from the very address that the line handed its mail to.
 */
#include "correlate_priv.h"
#include "weir/map.h"
#include "weir/mta.h"
#include "weir/usec.h"

static struct str
field(const struct take *t, enum field f)
{
	return t->l->f[f];
}

/* A whole number, or -1. */
static int64_t
number(const struct take *t, enum field f)
{
	int64_t v;

	return str_to_i64(field(t, f), &v) ? v : -1;
}

static struct str
key_of(const struct take *t, enum field f)
{
	return correlate_key(&t->c->key, t->r->host, field(t, f));
}

static struct message *
find(const struct take *t, enum field f)
{
	return field(t, f).n == 0 ? NULL : correlate_find(t->c, key_of(t, f));
}

/* What every event of this line says. */
static void
event_of_line(const struct take *t, enum event_kind kind, struct event *e)
{
	event_init(e);
	e->kind = kind;
	e->at = t->r->at;
	e->provenance = t->r->provenance;
	e->host = t->r->host;
	e->mta = str_of(t->l->mta->name);
	e->instance = t->l->instance;
	e->queue_id = field(t, FIELD_QUEUE_ID);
	e->repeat = t->r->repeat;
	event_make_id(t->r->at, kind, t->id->digest, t->id->ordinal, e->id);
}

static void
client_of_line(const struct take *t, struct event *e)
{
	e->client_address = field(t, FIELD_CLIENT_ADDRESS);
	e->client_name = field(t, FIELD_CLIENT_NAME);
	e->client_port = number(t, FIELD_CLIENT_PORT);
	e->sasl_method = field(t, FIELD_SASL_METHOD);
	e->sasl_username = field(t, FIELD_SASL_USERNAME);
	e->helo_name = field(t, FIELD_HELO_NAME);
	e->protocol_name = field(t, FIELD_PROTOCOL_NAME);
}

static void
emit(const struct take *t, struct event *e)
{
	e->class = policy_classify(t->c->policy, e);
	e->policy = policy_version(t->c->policy);
	t->c->out.event(t->c->out.ctx, e, t->r->raw);
}

/* A message begins under this line's queue id. */
static struct message *
open_message(const struct take *t, struct str key)
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

static void
add_line(const struct take *t, struct message *m)
{
	correlate_touch(t->c, m);
	if (t->r->provenance == PROVENANCE_LOCAL_USER)
		m->base.provenance = PROVENANCE_LOCAL_USER;
	if (t->c->o.keep_lines)
		message_add_line(m, t->r->raw);
}

/* The message of this line; one that nobody introduced waits for a parent. */
static struct message *
known_message(const struct take *t)
{
	struct message *m = find(t, FIELD_QUEUE_ID);

	if (m == NULL) {
		m = open_message(t, key_of(t, FIELD_QUEUE_ID));
		correlate_hold(t->c, m);
	}
	add_line(t, m);
	return m;
}

/* An SMTP AUTH that succeeded, once a session. */
static void
tell_auth(const struct take *t, struct session *s)
{
	struct event e;

	if (field(t, FIELD_SASL_USERNAME).n == 0 || s->auth_told)
		return;
	s->auth_told = true;
	event_of_line(t, EVENT_AUTH, &e);
	client_of_line(t, &e);
	e.status = STATUS_OK;
	e.encryption_protocol = s->encryption_protocol;
	emit(t, &e);
}

static void
own_client(struct message *m, const struct event *e)
{
	struct arena	*a = &m->arena;
	struct event	*b = &m->base;

	b->origin = ORIGIN_CLIENT;
	b->client_address = arena_copy(a, e->client_address);
	b->client_name = arena_copy(a, e->client_name);
	b->client_port = e->client_port;
	b->sasl_method = arena_copy(a, e->sasl_method);
	b->sasl_username = arena_copy(a, e->sasl_username);
	b->encryption_protocol = arena_copy(a, e->encryption_protocol);
	if (e->helo_name.n > 0)
		b->helo_name = arena_copy(a, e->helo_name);
	if (e->protocol_name.n > 0)
		b->protocol_name = arena_copy(a, e->protocol_name);
}

static bool
is_own(const struct take *t, struct str address)
{
	struct ip ip;

	return ip_parse(address, &ip) && policy_is_own(t->c->policy, &ip);
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

static void
delivery_of_line(const struct take *t, struct event *e)
{
	event_of_line(t, EVENT_DELIVERY, e);
	e->recipient = field(t, FIELD_RECIPIENT);
	e->original_recipient = field(t, FIELD_ORIGINAL_RECIPIENT);
	e->transport = field(t, FIELD_TRANSPORT);
	e->relay_host = field(t, FIELD_RELAY_HOST);
	e->relay_address = field(t, FIELD_RELAY_ADDRESS);
	e->relay_port = number(t, FIELD_RELAY_PORT);
	e->dsn = field(t, FIELD_DSN);
	e->code = number(t, FIELD_CODE);
	e->reply = field(t, FIELD_REPLY);
	e->delay_us = delay_of(field(t, FIELD_DELAY));
}

/* A held or discarded message is never queued: its row begins here. */
static void
deliver_action(const struct take *t, struct message *m, struct event *e)
{
	if (!m->queued) {
		m->queued = true;
		event_of_line(t, EVENT_MESSAGE, &m->row);
#define X(f) m->row.f = STR_NONE;
		EVENT_TEXTS(X)
#undef X
	}
	e->queue_id = m->base.queue_id;
	link_deliver(t->c, m, e);
}

/* "... triggers BCC copy@example.net": a copy that our own rule adds. */
static struct str
copy_of(struct str reply)
{
	static const struct str	word = { "triggers BCC ", 13 };
	size_t			at = str_rfind(reply, word);

	return at == STR_NPOS ? STR_NONE : str_tail(reply, at + word.n);
}

static void
act(const struct take *t, struct message *m, struct event *e)
{
	if (e->status == STATUS_NONE)
		message_add_passed(m, copy_of(e->reply), e->recipient);
	else
		deliver_action(t, m, e);
}

/* What a rule did before the queue id was known. */
static void
take_actions(const struct take *t, struct session *s, struct message *m)
{
	size_t i;

	for (i = 0; i < s->nactions; i++)
		act(t, m, &s->actions[i]);
	s->nactions = 0;
}

/* hold and discard end a recipient's way for now, bcc adds one. */
static void
take_action(const struct take *t)
{
	struct str	 action = field(t, FIELD_ACTION);
	struct message	*m = find(t, FIELD_QUEUE_ID);
	struct session	*s;
	struct event	 e;

	delivery_of_line(t, &e);
	e.sender = field(t, FIELD_SENDER);
	if (str_eq(action, STR("hold")))
		e.status = STATUS_HELD;
	else if (str_eq(action, STR("discard")))
		e.status = STATUS_DISCARDED;
	else if (!str_eq(action, STR("bcc")) || !str_known(copy_of(e.reply)))
		return;
	if (m != NULL) {
		add_line(t, m);
		act(t, m, &e);
		return;
	}
	s = correlate_session(t->c, t->r, true);
	session_add_action(s, &e);
	correlate_touch_session(t->c, s);
}

static void
take_client(const struct take *t)
{
	struct correlate *c = t->c;
	struct session	*s = correlate_session(c, t->r, true);
	struct message	*m = open_message(t, key_of(t, FIELD_QUEUE_ID));
	struct message	*parent = NULL;
	struct event	 e;

	event_of_line(t, EVENT_MESSAGE, &e);
	client_of_line(t, &e);
	e.encryption_protocol = s->encryption_protocol;
	own_client(m, &e);
	add_line(t, m);
	tell_auth(t, s);
	s->message = arena_copy(&s->arena, m->key);
	s->nmessages++;
	correlate_touch_session(c, s);
	take_actions(t, s, m);
	m->session = arena_copy(&m->arena, s->key);
	if (e.sasl_username.n > 0) {
		link_resolve(c, m);
		return;
	}
	m->own_client = is_own(t, e.client_address);
	m->orig_client_address = arena_copy(&m->arena,
	    field(t, FIELD_ORIG_CLIENT_ADDRESS));
	m->orig_client_name = arena_copy(&m->arena,
	    field(t, FIELD_ORIG_CLIENT_NAME));
	if (field(t, FIELD_ORIG_QUEUE_ID).n > 0)
		parent = correlate_find(c, correlate_key(&c->child_key,
		    t->r->host, field(t, FIELD_ORIG_QUEUE_ID)));
	if (parent != NULL && parent != m)
		link_child(c, m, parent, RELATION_FILTER);
	else if (!m->own_client)
		link_resolve(c, m);
	else
		correlate_hold(c, m);
}

static void
take_proxy_client(const struct take *t)
{
	struct session	*s = correlate_session(t->c, t->r, true);
	struct event	 e;

	event_of_line(t, EVENT_MESSAGE, &e);
	client_of_line(t, &e);
	e.encryption_protocol = s->encryption_protocol;
	tell_auth(t, s);
	s->proxy = e;
	s->has_proxy = true;
#define X(f) s->proxy.f = arena_copy(&s->arena, e.f);
	EVENT_TEXTS(X)
#undef X
	correlate_touch_session(t->c, s);
}

/* The before-queue filter took it: the message inside gets its client. */
static void
take_proxy_accept(const struct take *t)
{
	struct session	*s = correlate_session(t->c, t->r, false);
	struct message	*m = find(t, FIELD_NEXT_QUEUE_ID);
	struct event	 e;
	bool		 late;

	if (s == NULL || !s->has_proxy || m == NULL || !m->own_client ||
	    m->relation != RELATION_NONE)
		return;
	late = m->given_up;
	e = s->proxy;
	e.helo_name = field(t, FIELD_HELO_NAME);
	e.protocol_name = field(t, FIELD_PROTOCOL_NAME);
	own_client(m, &e);
	add_line(t, m);
	s->has_proxy = false;
	s->message = arena_copy(&s->arena, m->key);
	s->nmessages++;
	correlate_touch_session(t->c, s);
	if (late)
		link_revise(t->c, m, "taken through a filter before the "
		    "queue");
	m->own_client = false;
	if (!late)
		link_resolve(t->c, m);
}

static void
take_pickup(const struct take *t)
{
	struct message	*m = open_message(t, key_of(t, FIELD_QUEUE_ID));
	struct message	*parent = NULL;

	m->base.origin = ORIGIN_LOCAL;
	m->base.local_user = arena_copy(&m->arena,
	    field(t, FIELD_LOCAL_USER));
	m->base.sender = arena_copy(&m->arena, field(t, FIELD_SENDER));
	add_line(t, m);
	/* postsuper -r: the same message under a new queue id. */
	if (field(t, FIELD_ORIG_QUEUE_ID).n > 0)
		parent = correlate_find(t->c, correlate_key(&t->c->child_key,
		    t->r->host, field(t, FIELD_ORIG_QUEUE_ID)));
	if (parent != NULL && parent != m)
		link_child(t->c, m, parent, RELATION_FILTER);
	else
		link_resolve(t->c, m);
}

static void
take_message_id(const struct take *t)
{
	struct message	*m = find(t, FIELD_QUEUE_ID);
	struct str	 id = field(t, FIELD_MESSAGE_ID);

	/* cleanup says it once: a second one is another message. */
	if (m != NULL && str_known(m->base.message_id) &&
	    (m->removed || !str_eq(m->base.message_id, id))) {
		m = open_message(t, key_of(t, FIELD_QUEUE_ID));
		correlate_hold(t->c, m);
		add_line(t, m);
	} else {
		m = known_message(t);
	}
	m->base.message_id = arena_copy(&m->arena, id);
	link_release(t->c, m);
}

static void
take_queued(const struct take *t)
{
	struct message	*m = known_message(t);
	struct event	*b = &m->base;

	b->sender = arena_copy(&m->arena, field(t, FIELD_SENDER));
	b->size = number(t, FIELD_SIZE);
	b->recipient_count = number(t, FIELD_RECIPIENT_COUNT);
	if (m->queued)
		return;		/* a retry */
	m->queued = true;
	if (m->relation == RELATION_NONE || m->relation == RELATION_BOUNCE) {
		event_of_line(t, EVENT_MESSAGE, &m->row);
#define X(f) m->row.f = STR_NONE;
		EVENT_TEXTS(X)
#undef X
		correlate_hold(t->c, m);
	}
}

/*
 * The message that a reply names: asked back from what is kept only when the
 * next hop is near; the world's queue ids are not worth a look-up.
 */
static struct message *
named_message(const struct take *t, struct str key)
{
	struct message	*m = map_get(t->c->messages, key);
	struct ip	 relay;

	if (m == NULL && ip_parse(field(t, FIELD_RELAY_ADDRESS), &relay) &&
	    policy_trusts(t->c->policy, &relay))
		m = correlate_find(t->c, key);
	return m;
}

/* Did `child` come from where this line handed its mail to? */
static bool
is_returned(const struct take *t, const struct message *m,
    const struct message *child)
{
	struct str relay = field(t, FIELD_RELAY_ADDRESS);

	if (child == m || child->base.origin != ORIGIN_CLIENT ||
	    child->base.sasl_username.n > 0 ||
	    child->opened_at + USEC_PER_MIN < m->opened_at)
		return false;
	return child->own_client || (relay.n > 0 &&
	    str_eq(relay, child->base.client_address));
}

/* "queued as" by a filter of ours, or by anybody else in the world? */
static bool
is_filtered(const struct take *t, struct message *m, struct event *e)
{
	struct correlate *c = t->c;
	struct message	*child;
	struct str	 key;
	size_t		 i;

	if (field(t, FIELD_NEXT_QUEUE_ID).n == 0)
		return false;
	key = correlate_key(&c->child_key, t->r->host,
	    field(t, FIELD_NEXT_QUEUE_ID));
	child = named_message(t, key);
	if (child != NULL && child != m && (child->relation ==
	    RELATION_FILTER ? str_eq(child->parent, m->key) :
	    is_returned(t, m, child))) {
		message_add_passed(child, e->recipient,
		    e->original_recipient);
		link_child(c, child, m, RELATION_FILTER);
		child = correlate_find(c, key);
		if (child != NULL)
			link_release(c, child);
		return true;
	}
	for (i = 0; i < m->nchildren; i++)
		if (str_eq(m->children[i], key))
			return true;
	return false;
}

static void
link_forward(const struct take *t, struct message *m, const struct event *e)
{
	struct correlate *c = t->c;
	struct str	 key = correlate_key(&c->child_key, t->r->host,
			    field(t, FIELD_NEXT_QUEUE_ID));
	struct message	*child = correlate_find(c, key);

	if (child == NULL) {
		child = open_message(t, key);
		correlate_hold(c, child);
	}
	if (child == m || child->base.origin != ORIGIN_UNKNOWN)
		return;
	child->base.original_recipient = arena_copy(&child->arena,
	    e->recipient);
	link_child(c, child, m, RELATION_FORWARD);
}

static enum event_status
status_of(struct str s)
{
	if (str_eq_nocase(s, STR("sent")))
		return STATUS_SENT;
	if (str_eq_nocase(s, STR("deferred")) ||
	    str_eq_nocase(s, STR("softbounce")))
		return STATUS_DEFERRED;
	if (str_eq_nocase(s, STR("bounced")))
		return STATUS_BOUNCED;
	return STATUS_NONE;	/* deliverable, undeliverable: only probed */
}

/* A program may be a mailbox or a filter: it is ours when its domain is. */
static bool
pipe_is_filter(const struct take *t, const struct event *e)
{
	struct policy	*p = t->c->policy;
	struct str	 domain = str_domain(e->recipient);

	return t->l->hop == HOP_PIPE && domain.n > 0 &&
	    policy_governs(p, POLICY_LOCAL_DOMAINS) != POLICY_LEARNT &&
	    !policy_is_local(p, domain) && !policy_is_relay(p, domain);
}

static void
take_delivery(const struct take *t)
{
	struct message	*m;
	struct event	 e;

	delivery_of_line(t, &e);
	e.status = status_of(field(t, FIELD_STATUS));
	if (e.status == STATUS_NONE)
		return;
	m = known_message(t);
	e.relay_hop = t->l->hop == HOP_RELAY;
	e.local_hop = t->l->hop == HOP_LOCAL;
	if (e.status == STATUS_SENT && t->l->hop == HOP_LOCAL &&
	    str_starts(e.reply, STR("forwarded as "))) {
		e.status = STATUS_FORWARDED;
		link_forward(t, m, &e);
	} else if (e.status == STATUS_SENT && is_filtered(t, m, &e)) {
		e.status = STATUS_FILTERED;
		e.local_hop = false;
	} else if (e.status == STATUS_SENT && pipe_is_filter(t, &e)) {
		e.status = STATUS_FILTERED;
	} else {
		e.local_hop = e.local_hop || t->l->hop == HOP_PIPE;
	}
	link_deliver(t->c, m, &e);
}

static void
take_expired(const struct take *t)
{
	struct message	*m = known_message(t);
	struct event	 e;

	event_of_line(t, EVENT_DELIVERY, &e);
	e.status = STATUS_EXPIRED;
	link_deliver(t->c, m, &e);
}

static void
take_removed(const struct take *t)
{
	struct message *m = find(t, FIELD_QUEUE_ID);

	if (m == NULL)
		return;
	add_line(t, m);
	m->removed = true;
	link_removed(t->c, m);
}

static void
take_notification(const struct take *t)
{
	struct correlate *c = t->c;
	struct message	*m = find(t, FIELD_QUEUE_ID);
	struct str	 key = correlate_key(&c->child_key, t->r->host,
			    field(t, FIELD_NEXT_QUEUE_ID));
	struct message	*child = correlate_find(c, key);

	if (m == NULL || field(t, FIELD_NEXT_QUEUE_ID).n == 0)
		return;
	if (child == NULL) {
		child = open_message(t, key);
		correlate_hold(c, child);
	}
	add_line(t, m);
	if (child != m && child->base.origin == ORIGIN_UNKNOWN)
		link_child(c, child, m, RELATION_BOUNCE);
}

static void
take_tls(const struct take *t)
{
	struct session *s = correlate_session(t->c, t->r, true);

	s->encryption_protocol = arena_copy(&s->arena,
	    field(t, FIELD_ENCRYPTION_PROTOCOL));
	correlate_touch_session(t->c, s);
}

/* The session's count tells what the client named and what we added. */
static void
count_recipients(const struct take *t, struct message *m, int64_t accepted)
{
	struct message	*child;
	size_t		 i;

	m->rcpt_accepted = accepted;
	correlate_touch(t->c, m);
	for (i = 0; i < m->nchildren; i++) {
		child = correlate_find(t->c, m->children[i]);
		if (child == NULL || child->relation != RELATION_FILTER)
			continue;
		child->rcpt_accepted = accepted;
		link_release(t->c, child);
		if (child->ambiguous)
			link_revise(t->c, child, "the session's recipients "
			    "were counted");
	}
	link_release(t->c, m);
	if (m->ambiguous)
		link_revise(t->c, m, "the session's recipients were counted");
}

static void
take_disconnect(const struct take *t)
{
	struct session	*s = correlate_session(t->c, t->r, false);
	struct message	*m;
	int64_t		 accepted = number(t, FIELD_RCPT_ACCEPTED);

	if (s == NULL)
		return;
	m = s->nmessages == 0 ? NULL : correlate_find(t->c, s->message);
	if (m != NULL && accepted >= 0 && s->nmessages == 1)
		count_recipients(t, m, accepted);
	/* Gone after RCPT, RSET, in DATA: it will never be queued. */
	if (m != NULL && m->resolved && !m->queued && m->waits_on == NULL)
		correlate_late(t->c, m);
	correlate_forget_session(t->c, s);
}

static void
take_reject(const struct take *t)
{
	struct message	*m = find(t, FIELD_QUEUE_ID);
	struct event	 e;

	event_of_line(t, EVENT_REJECT, &e);
	client_of_line(t, &e);
	e.status = STATUS_REJECTED;
	e.sender = field(t, FIELD_SENDER);
	e.recipient = field(t, FIELD_RECIPIENT);
	e.dsn = field(t, FIELD_DSN);
	e.code = number(t, FIELD_CODE);
	e.reply = field(t, FIELD_REPLY);
	if (m != NULL && !str_known(e.sasl_username)) {
		e.sasl_method = m->base.sasl_method;
		e.sasl_username = m->base.sasl_username;
	}
	emit(t, &e);
}

static void
take_auth_failed(const struct take *t)
{
	struct event e;

	event_of_line(t, EVENT_AUTH, &e);
	client_of_line(t, &e);
	e.status = STATUS_FAILED;
	e.reply = field(t, FIELD_REASON);
	emit(t, &e);
}

static void
take_log_loss(const struct take *t)
{
	struct event e;

	event_of_line(t, EVENT_NOTICE, &e);
	e.notice = STR("data_loss");
	e.reply = t->r->text;
	e.repeat = number(t, FIELD_LOST);
	if (e.repeat < 1)
		e.repeat = 1;
	emit(t, &e);
}

static void
take_connect(const struct take *t)
{
	(void)correlate_open_session(t->c, t->r);
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

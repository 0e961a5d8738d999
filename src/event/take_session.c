/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines of an SMTP session: who is connected, who logged in, which message got
 * which queue id, and what a rule did to it before it had one.
 */
#include "take.h"

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
is_trusted(const struct take *t, struct str address)
{
	struct ip ip;

	return ip_parse(address, &ip) && policy_trusts(t->c->policy, &ip);
}

static bool
is_own(const struct take *t, struct str address)
{
	struct ip ip;

	return ip_parse(address, &ip) && policy_is_own(t->c->policy, &ip);
}

/*
 * Does the client bear the name of the host that logs?  Another instance on it
 * then, under an address that need not be trusted.
 */
static bool
is_namesake(const struct take *t, struct str name)
{
	struct str host = t->r->host;

	return host.n > 0 && str_eq_nocase(str_head(name, host.n), host) &&
	    (name.n == host.n || name.p[host.n] == '.');
}

/* An SMTP AUTH that succeeded, once a session. */
static void
tell_auth(const struct take *t, struct session *s)
{
	struct event e;

	if (take_field(t, FIELD_SASL_USERNAME).n == 0 || s->auth_told)
		return;
	s->auth_told = true;
	take_event(t, EVENT_AUTH, &e);
	take_client_of(t, &e);
	e.status = STATUS_OK;
	e.encryption_protocol = s->encryption_protocol;
	take_emit(t, &e);
}

/* A held or discarded message is never queued: its row begins here. */
static void
deliver_action(const struct take *t, struct message *m, struct event *e)
{
	if (!m->queued) {
		m->queued = true;
		take_event(t, EVENT_MESSAGE, &m->row);
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
void
take_action(const struct take *t)
{
	struct str	 action = take_field(t, FIELD_ACTION);
	struct message	*m = take_find(t, FIELD_QUEUE_ID);
	struct session	*s;
	struct event	 e;

	take_delivery_of(t, &e);
	e.sender = take_field(t, FIELD_SENDER);
	if (str_eq(action, STR("hold")))
		e.status = STATUS_HELD;
	else if (str_eq(action, STR("discard")))
		e.status = STATUS_DISCARDED;
	else if (!str_eq(action, STR("bcc")) || !str_known(copy_of(e.reply)))
		return;
	if (m != NULL) {
		take_add_line(t, m);
		act(t, m, &e);
		return;
	}
	s = correlate_session(t->c, t->r, true);
	session_add_action(s, &e);
	correlate_touch_session(t->c, s);
}

void
take_client(const struct take *t)
{
	struct correlate *c = t->c;
	struct session	*s = correlate_session(c, t->r, true);
	struct message	*m = take_open(t, take_key(t, FIELD_QUEUE_ID));
	struct message	*parent = NULL;
	struct event	 e;

	take_event(t, EVENT_MESSAGE, &e);
	take_client_of(t, &e);
	e.encryption_protocol = s->encryption_protocol;
	own_client(m, &e);
	if (t->l->ambiguous && e.sasl_username.n == 0)
		m->base.origin = ORIGIN_UNKNOWN;	/* a login may be cut */
	take_add_line(t, m);
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
	m->near_client = !m->own_client && (is_trusted(t, e.client_address) ||
	    is_namesake(t, e.client_name));
	m->orig_client_address = arena_copy(&m->arena,
	    take_field(t, FIELD_ORIG_CLIENT_ADDRESS));
	m->orig_client_name = arena_copy(&m->arena,
	    take_field(t, FIELD_ORIG_CLIENT_NAME));
	if (take_field(t, FIELD_ORIG_QUEUE_ID).n > 0)
		parent = correlate_find(c, correlate_key(&c->child_key,
		    t->r->host, take_field(t, FIELD_ORIG_QUEUE_ID)));
	if (parent != NULL && parent != m)
		link_child(c, m, parent, RELATION_FILTER);
	else if (!m->own_client)
		link_resolve(c, m);
	else
		correlate_hold(c, m);
}

void
take_proxy_client(const struct take *t)
{
	struct session	*s = correlate_session(t->c, t->r, true);
	struct event	 e;

	take_event(t, EVENT_MESSAGE, &e);
	take_client_of(t, &e);
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
void
take_proxy_accept(const struct take *t)
{
	struct session	*s = correlate_session(t->c, t->r, false);
	struct message	*m = take_find(t, FIELD_NEXT_QUEUE_ID);
	struct event	 e;
	bool		 late;

	if (s == NULL || !s->has_proxy || m == NULL || !m->own_client ||
	    m->relation != RELATION_NONE)
		return;
	late = m->given_up;
	e = s->proxy;
	e.helo_name = take_field(t, FIELD_HELO_NAME);
	e.protocol_name = take_field(t, FIELD_PROTOCOL_NAME);
	own_client(m, &e);
	take_add_line(t, m);
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
		correlate_touch(t->c, child);
		link_release(t->c, child);
		if (child->ambiguous)
			link_revise(t->c, child, "the session's recipients "
			    "were counted");
	}
	link_release(t->c, m);
	if (m->ambiguous)
		link_revise(t->c, m, "the session's recipients were counted");
}

void
take_disconnect(const struct take *t)
{
	struct session	*s = correlate_session(t->c, t->r, false);
	struct message	*m;
	int64_t		 accepted = take_number(t, FIELD_RCPT_ACCEPTED);

	if (s == NULL)
		return;
	m = s->nmessages == 0 ? NULL : correlate_find(t->c, s->message);
	if (m != NULL && accepted >= 0 && s->nmessages == 1)
		count_recipients(t, m, accepted);
	/* Gone after RCPT, RSET, in DATA: it will never be queued. */
	if (m != NULL && m->resolved && !m->queued && m->wait == WAIT_NONE)
		correlate_late(t->c, m);
	else if (m != NULL && m->removed && m->rcpt_accepted >= 0)
		link_removed(t->c, m);
	correlate_forget_session(t->c, s);
}

void
take_tls(const struct take *t)
{
	struct session *s = correlate_session(t->c, t->r, true);

	s->encryption_protocol = arena_copy(&s->arena,
	    take_field(t, FIELD_ENCRYPTION_PROTOCOL));
	correlate_touch_session(t->c, s);
}

void
take_connect(const struct take *t)
{
	(void)correlate_open_session(t->c, t->r);
}

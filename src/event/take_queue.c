/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines of the queue: what a message is, where its recipients went, and which
 * messages were made of it by filters, aliases and bounces.
 */
#include "take.h"
#include "weir/usec.h"

void
take_pickup(const struct take *t)
{
	struct message	*m = take_open(t, take_key(t, FIELD_QUEUE_ID));
	struct message	*parent = NULL;

	m->base.origin = ORIGIN_LOCAL;
	m->base.local_user = arena_copy(&m->arena,
	    take_field(t, FIELD_LOCAL_USER));
	m->base.sender = arena_copy(&m->arena, take_field(t, FIELD_SENDER));
	take_add_line(t, m);
	/* postsuper -r: the same message under a new queue id. */
	if (take_field(t, FIELD_ORIG_QUEUE_ID).n > 0)
		parent = correlate_find(t->c, correlate_key(&t->c->child_key,
		    t->r->host, take_field(t, FIELD_ORIG_QUEUE_ID)));
	if (parent != NULL && parent != m)
		link_child(t->c, m, parent, RELATION_FILTER);
	else
		link_resolve(t->c, m);
}

void
take_message_id(const struct take *t)
{
	struct message	*m = take_find(t, FIELD_QUEUE_ID);
	struct str	 id = take_field(t, FIELD_MESSAGE_ID);

	/* cleanup says it once: a second one is another message. */
	if (m != NULL && str_known(m->base.message_id) &&
	    (m->removed || !str_eq(m->base.message_id, id))) {
		m = take_open(t, take_key(t, FIELD_QUEUE_ID));
		correlate_hold(t->c, m);
		take_add_line(t, m);
	} else {
		m = take_known(t);
	}
	m->base.message_id = arena_copy(&m->arena, id);
	link_release(t->c, m);
}

void
take_subject(const struct take *t)
{
	struct message *m = take_find(t, FIELD_QUEUE_ID);

	if (t->c->o.subjects && m != NULL &&
	    str_known(take_field(t, FIELD_SUBJECT))) {
		m->base.subject = arena_copy(&m->arena,
		    take_field(t, FIELD_SUBJECT));
		correlate_touch(t->c, m);
	}
}

void
take_queued(const struct take *t)
{
	struct message	*m = take_known(t);
	struct event	*b = &m->base;

	b->sender = arena_copy(&m->arena, take_field(t, FIELD_SENDER));
	b->size = take_number(t, FIELD_SIZE);
	b->recipient_count = take_number(t, FIELD_RECIPIENT_COUNT);
	if (m->queued)
		return;		/* a retry */
	m->queued = true;
	if (m->relation == RELATION_NONE || m->relation == RELATION_BOUNCE) {
		take_event(t, EVENT_MESSAGE, &m->row);
#define X(f) m->row.f = STR_NONE;
		EVENT_TEXTS(X)
#undef X
		correlate_row(t->c, m);
	}
}

/*
 * Can the next hop be a filter of ours?  The world is on port 25 of public
 * addresses: what it answers may name a message of ours, and mean harm.
 */
static bool
is_near(const struct take *t)
{
	struct policy	*p = t->c->policy;
	int64_t		 port = take_number(t, FIELD_RELAY_PORT);
	struct ip	 relay;

	if (!ip_parse(take_field(t, FIELD_RELAY_ADDRESS), &relay))
		return true;	/* a socket, a program */
	return (port != -1 && port != 25) || policy_is_own(p, &relay) ||
	    policy_trusts(p, &relay);
}

/*
 * Did `child` come from where this line handed its mail to?  The far end sees
 * our queue ids in the header, and may name one of those as its own.
 */
static bool
is_returned(const struct take *t, const struct message *m,
    const struct message *child)
{
	struct str relay = take_field(t, FIELD_RELAY_ADDRESS);

	if (child->base.origin != ORIGIN_CLIENT ||
	    child->base.sasl_username.n > 0 ||
	    child->opened_at + USEC_PER_MIN < m->opened_at ||
	    link_comes_from(t->c, m, child))
		return false;
	return (child->own_client && is_near(t)) || (relay.n > 0 &&
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

	if (take_field(t, FIELD_NEXT_QUEUE_ID).n == 0)
		return false;
	key = correlate_key(&c->child_key, t->r->host,
	    take_field(t, FIELD_NEXT_QUEUE_ID));
	child = correlate_find(c, key);
	if (child != NULL && child != m && (child->relation ==
	    RELATION_FILTER ? str_eq(child->parent, m->key) :
	    is_returned(t, m, child))) {
		message_add_passed(child, e->recipient,
		    e->original_recipient);
		correlate_touch(c, child);
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
			    take_field(t, FIELD_NEXT_QUEUE_ID));
	struct message	*child;

	if (take_field(t, FIELD_NEXT_QUEUE_ID).n == 0)
		return;
	child = correlate_find(c, key);
	if (child == NULL) {
		child = take_open(t, key);
		correlate_hold(c, child);
	}
	if (child->relation != RELATION_NONE ||
	    child->base.origin != ORIGIN_UNKNOWN ||
	    link_comes_from(c, m, child))
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

void
take_delivery(const struct take *t)
{
	struct message	*m;
	struct event	 e;

	take_delivery_of(t, &e);
	e.status = status_of(take_field(t, FIELD_STATUS));
	if (e.status == STATUS_NONE)
		return;
	m = take_known(t);
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

/* One line for all recipients that still waited. */
void
take_expired(const struct take *t)
{
	struct message	*m = take_known(t);
	struct line_id	 id = *t->id;
	struct take	 one = *t;
	struct event	 e;
	size_t		 i, n = 0;

	one.id = &id;
	for (i = 0; i <= m->npairs; i++) {
		/* Without any the line stands for itself. */
		if (i == m->npairs ? n > 0 : !str_known(m->pairs[i].waiting))
			continue;
		id.ordinal = t->id->ordinal + ((uint32_t)n++ << 16);
		take_event(&one, EVENT_DELIVERY, &e);
		e.status = STATUS_EXPIRED;
		if (i < m->npairs)
			e.recipient = m->pairs[i].waiting;
		link_deliver(t->c, m, &e);
	}
}

void
take_removed(const struct take *t)
{
	struct message *m = take_find(t, FIELD_QUEUE_ID);

	if (m == NULL)
		return;
	take_add_line(t, m);
	m->removed = true;
	link_removed(t->c, m);
}

void
take_notification(const struct take *t)
{
	struct correlate *c = t->c;
	struct message	*m = take_find(t, FIELD_QUEUE_ID);
	struct str	 key = correlate_key(&c->child_key, t->r->host,
			    take_field(t, FIELD_NEXT_QUEUE_ID));
	struct message	*child = correlate_find(c, key);

	if (m == NULL || take_field(t, FIELD_NEXT_QUEUE_ID).n == 0)
		return;
	if (child == NULL) {
		child = take_open(t, key);
		correlate_hold(c, child);
	}
	take_add_line(t, m);
	if (child != m && child->base.origin == ORIGIN_UNKNOWN)
		link_child(c, child, m, RELATION_BOUNCE);
}

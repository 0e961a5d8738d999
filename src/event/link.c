/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who a message belongs to, and when its events may go.
 *
 * An event goes at once when the client of its message is known (direct mail
 * always).  It waits while
 *   - the client is loopback or nobody said who it is: a filter's "queued as",
 *     an alias's "forwarded as" or a bounce's notification may still come;
 *   - the message came back from a filter and the first hop has not yet told
 *     what the recipient was before (the orig_to of a virtual alias);
 *   - a stranger's message has several recipients and one of them may be a
 *     copy that our own configuration added (always_bcc), which looks like an
 *     open relay until the session's count of accepted recipients tells.
 * After hold_us of engine time it goes with what is known.  If more is learnt
 * within LATE_US, the told events are revised.
 */
#include "correlate_priv.h"
#include "weir/usec.h"

#define CHAIN_MAX	8	/* hops from a child to its root */

static struct str
copy(struct message *m, struct str s)
{
	return arena_copy(&m->arena, s);
}

/* The message that shows the row: the first of the chain. */
static struct message *
root_of(struct correlate *c, struct message *m)
{
	struct message	*up;
	int		 i;

	for (i = 0; i < CHAIN_MAX && m->parent.n > 0 &&
	    m->relation != RELATION_BOUNCE; i++) {
		up = correlate_find(c, m->parent);
		if (up == NULL)
			break;
		m = up;
	}
	return m;
}

static bool
is_child(const struct message *m)
{
	return m->relation == RELATION_FILTER ||
	    m->relation == RELATION_FORWARD;
}

void
link_tell_row(struct correlate *c, struct message *m)
{
	if (m->told || !m->queued || is_child(m))
		return;
	m->told = true;
	correlate_touch(c, m);
	m->row.origin = m->base.origin;
#define X(f) if (!str_known(m->row.f)) m->row.f = m->base.f;
	EVENT_TEXTS(X)
#undef X
	m->row.size = m->base.size;
	m->row.recipient_count = m->base.recipient_count;
	m->row.client_port = m->base.client_port;
	if (m->base.origin == ORIGIN_BOUNCE)
		m->row.class = CLASS_BOUNCE;
	m->row.policy = policy_version(c->policy);
	c->out.event(c->out.ctx, &m->row, buf_str(&m->lines));
}

/*
 * The row shows the most serious class of its pairs.  When the root is gone
 * its row was told then, and what is left of the chain knows its id.
 */
static void
raise_row(struct correlate *c, struct message *m, enum event_class class)
{
	struct message *root = root_of(c, m);

	if (class > root->row.class) {
		root->row.class = class;
		correlate_touch(c, root);
		if (root->told || is_child(root))
			c->out.revise(c->out.ctx, &root->row, STR_NONE, NULL);
	}
	link_tell_row(c, root);
}

/* What the event takes over from its message. */
static void
fill(const struct message *m, struct event *e)
{
	const struct event	*b = &m->base;
	struct passed		*p;

	e->origin = b->origin;
	e->message_id = b->message_id;
	e->subject = b->subject;
	e->origin_queue_id = b->origin_queue_id;
	e->cause_queue_id = b->cause_queue_id;
	e->client_address = b->client_address;
	e->client_name = b->client_name;
	e->client_port = b->client_port;
	e->helo_name = b->helo_name;
	e->sasl_method = b->sasl_method;
	e->sasl_username = b->sasl_username;
	e->encryption_protocol = b->encryption_protocol;
	e->protocol_name = b->protocol_name;
	e->local_user = b->local_user;
	if (!str_known(e->sender))
		e->sender = b->sender;
	e->size = b->size;
	e->recipient_count = b->recipient_count;
	if (b->provenance == PROVENANCE_LOCAL_USER)
		e->provenance = b->provenance;
	p = message_passed((struct message *)m, e->recipient);
	if (!str_known(e->original_recipient) && p != NULL)
		e->original_recipient = p->original;
	if (!str_known(e->original_recipient) &&
	    m->relation == RELATION_FORWARD)
		e->original_recipient = b->original_recipient;
}

static bool
is_hop(const struct event *e)
{
	return e->status == STATUS_FILTERED || e->status == STATUS_FORWARDED;
}

/* Told by a rule before the message had a name. */
static bool
is_action(const struct event *e)
{
	return e->status == STATUS_HELD || e->status == STATUS_DISCARDED;
}

enum copy_verdict { COPY_WAIT, COPY_NO, COPY_MAYBE };

/* Could a remote recipient of a stranger be a copy that we made ourselves? */
static enum copy_verdict
copy_verdict(const struct correlate *c, const struct message *m)
{
	int64_t	count = m->base.recipient_count;
	size_t	i, siblings = 0;
	bool	all = count >= 0 && (int64_t)m->npairs >= count;

	if (policy_governs(c->policy, POLICY_COPIES) != POLICY_LEARNT ||
	    (count >= 0 && count < 2))
		return COPY_NO;
	for (i = 0; i < m->npairs; i++)
		siblings += m->pairs[i].class != CLASS_OPEN_RELAY;
	/* A copy is made of something: here all of it is a stranger's. */
	if (all && siblings == 0)
		return COPY_NO;
	if (m->rcpt_accepted >= 0) {
		if (count >= 0 && m->rcpt_accepted >= count)
			return COPY_NO;
		if (!all)
			return m->given_up ? COPY_MAYBE : COPY_WAIT;
		return message_originals(m) > (size_t)m->rcpt_accepted ?
		    COPY_MAYBE : COPY_NO;
	}
	if (!m->given_up)
		return COPY_WAIT;
	return siblings == 0 ? COPY_NO : COPY_MAYBE;
}

/* Classify; false: it has to wait for more. */
static bool
settle(struct correlate *c, struct message *m, struct event *e)
{
	struct pair	*pair;
	struct str	 original;

	if (!m->resolved || (is_action(e) && !m->given_up &&
	    !str_known(m->base.message_id)))
		return false;
	fill(m, e);
	e->class = policy_classify(c->policy, e);
	e->policy = policy_version(c->policy);
	if (is_hop(e))
		return true;
	if (m->relation == RELATION_FILTER && !m->given_up &&
	    e->class != CLASS_INBOUND && e->class != CLASS_BOUNCE &&
	    !str_known(e->original_recipient) &&
	    message_passed(m, e->recipient) == NULL)
		return false;
	pair = message_pair(m, e->recipient);
	if (pair == NULL)
		return true;
	original = str_known(e->original_recipient) ?
	    e->original_recipient : e->recipient;
	pair->original = message_recipient_hash(original);
	pair->class = e->class;
	if (e->class != CLASS_OPEN_RELAY ||
	    str_known(e->original_recipient))
		return true;
	switch (copy_verdict(c, m)) {
	case COPY_WAIT:
		return false;
	case COPY_MAYBE:
		e->class = CLASS_UNKNOWN;
		m->ambiguous = true;
		return true;
	default:
		return true;
	}
}

/* Final, or the remote side answered. */
static bool
is_outcome(const struct event *e)
{
	return e->status != STATUS_DEFERRED || e->code > 0 ||
	    str_known(e->relay_address);
}

/*
 * May what is learnt later change what was told of it?  A bounce may come from
 * another instance of this host, which says so a moment after it is delivered.
 */
static bool
is_correctable(const struct message *m)
{
	bool bounce = str_known(m->base.sender) && m->base.sender.n == 0 &&
	    m->base.origin == ORIGIN_CLIENT;

	return m->near_client || bounce || (m->given_up && (m->own_client ||
	    m->ambiguous || m->base.origin == ORIGIN_UNKNOWN));
}

static void
tell(struct correlate *c, struct message *m, struct event *e)
{
	struct pair *pair = is_hop(e) ? NULL : message_pair(m, e->recipient);

	if (pair != NULL) {
		if (e->status != STATUS_DEFERRED)
			pair->waiting = STR_NONE;
		else if (!str_known(pair->waiting))
			pair->waiting = copy(m, e->recipient);
		e->first = !pair->seen;
		pair->seen = true;
		if (!pair->counted && e->status != STATUS_HELD &&
		    is_outcome(e))
			e->counted = pair->counted = true;
	}
	if (!is_hop(e))
		raise_row(c, m, e->class);
	c->out.event(c->out.ctx, e, buf_str(&m->lines));
}

void
link_deliver(struct correlate *c, struct message *m, struct event *e)
{
	if (settle(c, m, e)) {
		tell(c, m, e);
		if (is_correctable(m))
			(void)message_hold(m, e, true);
		/* It may settle others, or what was told of them. */
		if (m->ambiguous)
			link_revise(c, m, "more of its recipients were seen");
		link_release(c, m);
		return;
	}
	c->stats.held++;
	if (!message_hold(m, e, false)) {
		m->given_up = true;
		link_release(c, m);
		(void)settle(c, m, e);
		tell(c, m, e);
		return;
	}
	correlate_hold(c, m);
	link_release(c, m);
}

void
link_release(struct correlate *c, struct message *m)
{
	size_t i, kept = 0;

	if (!m->resolved || m->nheld == 0)
		return;
	correlate_touch(c, m);
	for (i = 0; i < m->nheld; i++) {
		struct held *h = &m->held[i];

		if (!h->told && settle(c, m, &h->e)) {
			tell(c, m, &h->e);
			h->told = true;
		}
		if (h->told && !is_correctable(m))
			continue;
		if (kept != i)
			m->held[kept] = *h;
		kept++;
	}
	m->nheld = kept;
}

/* The lines of the first hop come first, once. */
static void
adopt_lines(struct message *m, const struct message *from)
{
	struct str	head = str_head(buf_str(&from->lines),
			    MESSAGE_LINES_MAX / 2);
	struct buf	lines = {0};

	if (head.n == 0 || str_starts(buf_str(&m->lines), head))
		return;
	buf_add_str(&lines, head);
	if (m->lines.n > 0)
		buf_add_char(&lines, '\n');
	buf_add_str(&lines, buf_str(&m->lines));
	buf_done(&m->lines);
	m->lines = lines;
}

/* Take over from the first hop who handed the message in. */
static void
adopt(struct correlate *c, struct message *m, const struct message *from,
    enum relation relation)
{
	const struct event	*b = &from->base;
	struct event		*e = &m->base;

	correlate_touch(c, m);
	e->origin = relation == RELATION_FORWARD ? ORIGIN_FORWARD : b->origin;
	e->client_address = copy(m, b->client_address);
	e->client_name = copy(m, b->client_name);
	e->client_port = b->client_port;
	e->helo_name = copy(m, b->helo_name);
	e->sasl_method = copy(m, b->sasl_method);
	e->sasl_username = copy(m, b->sasl_username);
	e->encryption_protocol = copy(m, b->encryption_protocol);
	e->protocol_name = copy(m, b->protocol_name);
	e->local_user = copy(m, b->local_user);
	e->cause_queue_id = copy(m, b->cause_queue_id);
	e->origin_queue_id = copy(m, str_known(b->origin_queue_id) ?
	    b->origin_queue_id : b->queue_id);
	if (relation == RELATION_FILTER)
		m->rcpt_accepted = from->rcpt_accepted;
	adopt_lines(m, from);
	m->row = from->row;	/* only its id, kind and time are used */
#define X(f) m->row.f = STR_NONE;
	EVENT_TEXTS(X)
#undef X
}

/* Told events of a message, and of its children, under its new client. */
static void
revise_tree(struct correlate *c, struct message *m, const char *why,
    int depth)
{
	struct message	*child;
	size_t		 i;

	link_revise(c, m, why);
	link_release(c, m);
	for (i = 0; i < m->nchildren && depth < CHAIN_MAX; i++) {
		child = correlate_find(c, m->children[i]);
		if (child == NULL || !is_child(child) ||
		    !str_eq(child->parent, m->key))
			continue;
		adopt(c, child, m, child->relation);
		revise_tree(c, child, why, depth + 1);
	}
	if (m->removed)
		link_removed(c, m);
}

bool
link_comes_from(struct correlate *c, const struct message *m,
    const struct message *from)
{
	int i;

	for (i = 0; i <= CHAIN_MAX && m != NULL; i++) {
		if (m == from)
			return true;
		m = m->parent.n == 0 ? NULL : correlate_find(c, m->parent);
	}
	return false;
}

void
link_child(struct correlate *c, struct message *child, struct message *parent,
    enum relation relation)
{
	bool late = child->resolved;	/* its events may be told */

	if (child->relation != RELATION_NONE ||
	    link_comes_from(c, parent, child))
		return;
	child->relation = relation;
	child->parent = copy(child, parent->key);
	message_add_child(parent, child->key);
	correlate_touch(c, child);
	correlate_touch(c, parent);
	if (relation == RELATION_BOUNCE) {
		child->base.origin = ORIGIN_BOUNCE;
		child->base.cause_queue_id = copy(child,
		    parent->base.queue_id);
	} else if (parent->resolved) {
		adopt(c, child, parent, relation);
	} else {
		/* The parent's link_resolve goes on. */
		child->resolved = false;
		correlate_hold(c, child);
		return;
	}
	if (late)
		revise_tree(c, child, relation == RELATION_FILTER ?
		    "came back from a filter" : relation == RELATION_FORWARD ?
		    "made by an alias" : "made as a bounce", 0);
	else
		link_resolve(c, child);
}

void
link_resolve(struct correlate *c, struct message *m)
{
	struct message	*child;
	size_t		 i;

	m->resolved = true;
	correlate_touch(c, m);
	link_revise(c, m, "its first hop became known");
	link_release(c, m);
	for (i = 0; i < m->nchildren; i++) {
		child = correlate_find(c, m->children[i]);
		if (child == NULL || child->resolved ||
		    !str_eq(child->parent, m->key))
			continue;
		adopt(c, child, m, child->relation);
		link_resolve(c, child);
	}
	if (m->queued && !m->told)
		correlate_row(c, m);
	if (m->removed)
		link_removed(c, m);
}

void
link_give_up(struct correlate *c, struct message *m)
{
	struct event *b = &m->base;

	m->given_up = true;
	if (!m->resolved) {
		m->resolved = true;
		if (m->own_client && str_known(m->orig_client_address)) {
			/* A filter told the client, nobody its login. */
			b->client_address = m->orig_client_address;
			b->client_name = m->orig_client_name;
			b->client_port = -1;
			b->origin = ORIGIN_UNKNOWN;
		}
		if (b->origin == ORIGIN_UNKNOWN && m->relation ==
		    RELATION_NONE && str_known(b->sender) && b->sender.n == 0)
			b->origin = ORIGIN_BOUNCE;
		link_resolve(c, m);
		return;
	}
	link_release(c, m);
	link_tell_row(c, m);
	correlate_touch(c, m);
	if (m->removed)
		link_removed(c, m);
}

void
link_revise(struct correlate *c, struct message *m, const char *why)
{
	size_t i, n = m->nheld;

	for (i = 0; i < n; i++) {
		struct event	 e = m->held[i].e;
		enum event_class before = e.class;

		if (!m->held[i].told)
			continue;
		if (!settle(c, m, &e) || e.class == before)
			continue;
		m->held[i].e.class = e.class;
		c->out.revise(c->out.ctx, &e, buf_str(&m->lines), why);
		raise_row(c, m, e.class);
	}
}

/* Is anything of it not told yet? */
static bool
is_holding(const struct message *m)
{
	size_t i;

	for (i = 0; i < m->nheld; i++)
		if (!m->held[i].told)
			return true;
	return false;
}

/*
 * Its session may yet tell how many recipients the client named, and what the
 * filter made of it waits for that (copy_verdict).
 */
static bool
awaits_count(const struct correlate *c, const struct message *m)
{
	return m->session.n > 0 && m->rcpt_accepted < 0 &&
	    m->relation == RELATION_NONE && m->nchildren > 0 &&
	    (m->base.recipient_count < 0 || m->base.recipient_count > 1) &&
	    policy_governs(c->policy, POLICY_COPIES) == POLICY_LEARNT;
}

void
link_removed(struct correlate *c, struct message *m)
{
	if (!m->resolved || (!m->given_up && is_holding(m)))
		return;		/* link_give_up comes here again */
	link_tell_row(c, m);
	if (awaits_count(c, m))
		correlate_late(c, m);
	else if (!is_correctable(m) || m->relation != RELATION_NONE)
		correlate_forget(c, m);
	else if (m->given_up)
		correlate_late(c, m);
	else
		correlate_linger(c, m);
}

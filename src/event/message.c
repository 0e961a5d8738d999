/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages and sessions as values: copying what is kept, caps, packed forms.
 *
 * A packed form begins with a version byte; another version is not read, and
 * its message is begun anew by the next line that names it.
 */
#include <stdlib.h>

#include "message.h"
#include "weir/mem.h"

#define PACK_VERSION	3
#define ARENA_BLOCK	512

struct arena_block {
	struct arena_block	*next;
	size_t			 used, cap;
	char			 text[];
};

struct str
arena_copy(struct arena *a, struct str s)
{
	struct arena_block	*b = a->head;
	size_t			 cap;
	char			*p;

	if (!str_known(s))
		return STR_NONE;
	if (s.n == 0 || a->total + s.n > MESSAGE_TEXT_MAX)
		return STR("");
	if (b == NULL || b->cap - b->used < s.n) {
		cap = s.n > ARENA_BLOCK ? s.n : ARENA_BLOCK;
		b = xmalloc(sizeof(*b) + cap);
		b->next = a->head;
		b->used = 0;
		b->cap = cap;
		a->head = b;
	}
	p = b->text + b->used;
	memcpy(p, s.p, s.n);
	b->used += s.n;
	a->total += s.n;
	return (struct str){ p, s.n };
}

void
arena_done(struct arena *a)
{
	struct arena_block *b;

	while ((b = a->head) != NULL) {
		a->head = b->next;
		free(b);
	}
}

struct message *
message_new(struct str key)
{
	struct message *m = xcalloc(1, sizeof(*m));

	m->key = arena_copy(&m->arena, key);
	m->rcpt_accepted = -1;
	event_init(&m->base);
	event_init(&m->row);
	return m;
}

void
message_free(struct message *m)
{
	if (m == NULL)
		return;
	arena_done(&m->arena);
	buf_done(&m->lines);
	free(m->held);
	free(m->pairs);
	free(m->passed);
	free(m->children);
	free(m);
}

/* Addresses differ in case only by accident: one hash for both. */
uint64_t
message_recipient_hash(struct str s)
{
	char	lower[256];
	size_t	i, n = s.n < sizeof(lower) ? s.n : sizeof(lower);

	for (i = 0; i < n; i++)
		lower[i] = s.p[i] >= 'A' && s.p[i] <= 'Z' ?
		    (char)(s.p[i] | 0x20) : s.p[i];
	return hash_64(HASH_KEY_FIXED, (struct str){ lower, n });
}

struct pair *
message_pair(struct message *m, struct str recipient)
{
	uint64_t	h = message_recipient_hash(recipient);
	size_t		i;

	/* Newest first: a recipient is mostly asked for again at once. */
	for (i = m->npairs; i > 0; i--)
		if (m->pairs[i - 1].recipient == h)
			return &m->pairs[i - 1];
	if (m->npairs == MESSAGE_PAIRS_MAX)
		return NULL;
	if ((m->npairs & (m->npairs + 1)) == 0)	/* 0, 1, 3, 7 ... */
		m->pairs = xreallocarray(m->pairs, 2 * m->npairs + 1,
		    sizeof(*m->pairs));
	m->pairs[m->npairs] = (struct pair){ .recipient = h };
	return &m->pairs[m->npairs++];
}

size_t
message_originals(const struct message *m)
{
	size_t i, j, n = 0;

	for (i = 0; i < m->npairs; i++) {
		for (j = 0; j < i; j++)
			if (m->pairs[j].original == m->pairs[i].original)
				break;
		n += j == i;
	}
	return n;
}

struct passed *
message_passed(struct message *m, struct str recipient)
{
	uint64_t	h = message_recipient_hash(recipient);
	size_t		i;

	for (i = 0; i < m->npassed; i++)
		if (m->passed[i].recipient == h)
			return &m->passed[i];
	return NULL;
}

void
message_add_passed(struct message *m, struct str recipient,
    struct str original)
{
	if (m->npassed == MESSAGE_HELD_MAX ||
	    message_passed(m, recipient) != NULL)
		return;
	m->passed = xreallocarray(m->passed, m->npassed + 1,
	    sizeof(*m->passed));
	m->passed[m->npassed++] = (struct passed){
	    message_recipient_hash(recipient),
	    arena_copy(&m->arena, original) };
}

bool
message_hold(struct message *m, const struct event *e, bool told)
{
	struct held *h;

	if (m->nheld == MESSAGE_HELD_MAX)
		return false;
	m->held = xreallocarray(m->held, m->nheld + 1, sizeof(*m->held));
	h = &m->held[m->nheld++];
	h->e = *e;
	h->told = told;
#define X(f) h->e.f = arena_copy(&m->arena, e->f);
	EVENT_TEXTS(X)
#undef X
	return true;
}

void
message_add_line(struct message *m, struct str raw)
{
	if (m->lines.n + raw.n + 1 > MESSAGE_LINES_MAX)
		return;
	if (m->lines.n > 0)
		buf_add_char(&m->lines, '\n');
	buf_add_str(&m->lines, raw);
}

void
message_add_child(struct message *m, struct str key)
{
	size_t i;

	for (i = 0; i < m->nchildren; i++)
		if (str_eq(m->children[i], key))
			return;
	if (m->nchildren == MESSAGE_CHILDREN_MAX)
		return;
	m->children = xreallocarray(m->children, m->nchildren + 1,
	    sizeof(*m->children));
	m->children[m->nchildren++] = arena_copy(&m->arena, key);
}

static void
pack_lists(struct buf *b, const struct message *m)
{
	size_t i;

	buf_put_u32(b, (uint32_t)m->nheld);
	for (i = 0; i < m->nheld; i++) {
		buf_put_u8(b, m->held[i].told);
		event_pack(b, &m->held[i].e);
	}
	buf_put_u32(b, (uint32_t)m->npairs);
	for (i = 0; i < m->npairs; i++) {
		buf_put_u64(b, m->pairs[i].recipient);
		buf_put_u64(b, m->pairs[i].original);
		buf_put_str(b, m->pairs[i].waiting);
		buf_put_u8(b, (uint8_t)(m->pairs[i].seen |
		    m->pairs[i].counted << 1));
		buf_put_u8(b, m->pairs[i].class);
	}
	buf_put_u32(b, (uint32_t)m->npassed);
	for (i = 0; i < m->npassed; i++) {
		buf_put_u64(b, m->passed[i].recipient);
		buf_put_str(b, m->passed[i].original);
	}
	buf_put_u32(b, (uint32_t)m->nchildren);
	for (i = 0; i < m->nchildren; i++)
		buf_put_str(b, m->children[i]);
}

void
message_pack(struct buf *b, const struct message *m)
{
	buf_put_u8(b, PACK_VERSION);
	event_pack(b, &m->base);
	event_pack(b, &m->row);
	buf_put_u64(b, (uint64_t)m->opened_at);
	buf_put_u64(b, (uint64_t)m->touched_at);
	buf_put_u64(b, (uint64_t)m->due);
	buf_put_u64(b, m->turn);
	buf_put_u64(b, (uint64_t)m->rcpt_accepted);
	buf_put_u8(b, m->refused);
	buf_put_u8(b, m->wait);
	buf_put_u8(b, m->relation);
	buf_put_u8(b, (uint8_t)(m->own_client | m->resolved << 1 |
	    m->given_up << 2 | m->queued << 3 | m->removed << 4 |
	    m->told << 5 | m->ambiguous << 6 | m->near_client << 7));
	buf_put_str(b, m->parent);
	buf_put_str(b, m->orig_client_address);
	buf_put_str(b, m->orig_client_name);
	buf_put_str(b, m->session);
	pack_lists(b, m);
	buf_put_str(b, buf_str(&m->lines));
}

static void
own_texts(struct arena *a, struct event *e)
{
#define X(f) e->f = arena_copy(a, e->f);
	EVENT_TEXTS(X)
#undef X
}

static void
unpack_lists(struct buf_reader *r, struct message *m)
{
	struct event	e;
	struct str	original;
	uint64_t	recipient;
	uint32_t	i, n;
	uint8_t		flags;

	n = buf_get_u32(r);
	for (i = 0; i < n && !r->bad; i++) {
		flags = buf_get_u8(r);
		if (event_unpack(r, &e))
			(void)message_hold(m, &e, flags != 0);
	}
	n = buf_get_u32(r);
	for (i = 0; i < n && i < MESSAGE_PAIRS_MAX && !r->bad; i++) {
		if ((i & (i + 1)) == 0)
			m->pairs = xreallocarray(m->pairs, 2 * i + 1,
			    sizeof(*m->pairs));
		m->pairs[i].recipient = buf_get_u64(r);
		m->pairs[i].original = buf_get_u64(r);
		m->pairs[i].waiting = arena_copy(&m->arena, buf_get_str(r));
		flags = buf_get_u8(r);
		m->pairs[i].seen = flags & 1;
		m->pairs[i].counted = flags >> 1 & 1;
		m->pairs[i].class = buf_get_u8(r) % CLASS_COUNT;
		m->npairs = i + 1;
	}
	n = buf_get_u32(r);
	for (i = 0; i < n && i < MESSAGE_HELD_MAX && !r->bad; i++) {
		recipient = buf_get_u64(r);
		original = buf_get_str(r);
		m->passed = xreallocarray(m->passed, i + 1,
		    sizeof(*m->passed));
		m->passed[m->npassed++] = (struct passed){ recipient,
		    arena_copy(&m->arena, original) };
	}
	n = buf_get_u32(r);
	for (i = 0; i < n && !r->bad; i++)
		message_add_child(m, buf_get_str(r));
}

struct message *
message_unpack(struct str key, struct str blob)
{
	struct buf_reader	 r = { blob, false };
	struct message		*m;
	uint8_t			 flags;

	if (buf_get_u8(&r) != PACK_VERSION)
		return NULL;
	m = message_new(key);
	if (!event_unpack(&r, &m->base) || !event_unpack(&r, &m->row)) {
		message_free(m);
		return NULL;
	}
	own_texts(&m->arena, &m->base);
	own_texts(&m->arena, &m->row);
	m->opened_at = buf_get_i64(&r);
	m->touched_at = buf_get_i64(&r);
	m->due = buf_get_i64(&r);
	m->turn = buf_get_u64(&r);
	m->rcpt_accepted = buf_get_i64(&r);
	m->refused = buf_get_u8(&r) != 0;
	m->wait = buf_get_u8(&r) % WAIT_COUNT;
	m->relation = buf_get_u8(&r) % (RELATION_BOUNCE + 1);
	flags = buf_get_u8(&r);
	m->own_client = flags & 1;
	m->resolved = flags >> 1 & 1;
	m->given_up = flags >> 2 & 1;
	m->queued = flags >> 3 & 1;
	m->removed = flags >> 4 & 1;
	m->told = flags >> 5 & 1;
	m->ambiguous = flags >> 6 & 1;
	m->near_client = flags >> 7 & 1;
	m->parent = arena_copy(&m->arena, buf_get_str(&r));
	m->orig_client_address = arena_copy(&m->arena, buf_get_str(&r));
	m->orig_client_name = arena_copy(&m->arena, buf_get_str(&r));
	m->session = arena_copy(&m->arena, buf_get_str(&r));
	unpack_lists(&r, m);
	buf_add_str(&m->lines, buf_get_str(&r));
	m->stored = true;
	if (r.bad) {
		message_free(m);
		return NULL;
	}
	return m;
}

struct session *
session_new(struct str key)
{
	struct session *s = xcalloc(1, sizeof(*s));

	s->key = arena_copy(&s->arena, key);
	event_init(&s->proxy);
	return s;
}

void
session_free(struct session *s)
{
	if (s == NULL)
		return;
	arena_done(&s->arena);
	free(s->actions);
	free(s);
}

void
session_add_action(struct session *s, const struct event *e)
{
	struct event *a;

	if (s->nactions == SESSION_ACTIONS_MAX)
		return;
	s->actions = xreallocarray(s->actions, s->nactions + 1,
	    sizeof(*s->actions));
	a = &s->actions[s->nactions++];
	*a = *e;
	own_texts(&s->arena, a);
}

void
session_pack(struct buf *b, const struct session *s)
{
	size_t i;

	buf_put_u8(b, PACK_VERSION);
	buf_put_u64(b, (uint64_t)s->touched_at);
	buf_put_str(b, s->client_address);
	buf_put_str(b, s->encryption_protocol);
	buf_put_u8(b, (uint8_t)(s->auth_told | s->has_proxy << 1));
	event_pack(b, &s->proxy);
	buf_put_u8(b, (uint8_t)s->nactions);
	for (i = 0; i < s->nactions; i++)
		event_pack(b, &s->actions[i]);
	buf_put_str(b, s->message);
	buf_put_u64(b, (uint64_t)s->nmessages);
}

struct session *
session_unpack(struct str key, struct str blob)
{
	struct buf_reader	 r = { blob, false };
	struct session		*s;
	struct event		 e;
	uint8_t			 flags, n;

	if (buf_get_u8(&r) != PACK_VERSION)
		return NULL;
	s = session_new(key);
	s->touched_at = buf_get_i64(&r);
	s->client_address = arena_copy(&s->arena, buf_get_str(&r));
	s->encryption_protocol = arena_copy(&s->arena, buf_get_str(&r));
	flags = buf_get_u8(&r);
	s->auth_told = flags & 1;
	s->has_proxy = flags >> 1 & 1;
	if (event_unpack(&r, &s->proxy))
		own_texts(&s->arena, &s->proxy);
	for (n = buf_get_u8(&r); n > 0 && !r.bad; n--)
		if (event_unpack(&r, &e))
			session_add_action(s, &e);
	s->message = arena_copy(&s->arena, buf_get_str(&r));
	s->nmessages = buf_get_i64(&r);
	s->stored = true;
	if (r.bad) {
		session_free(s);
		return NULL;
	}
	return s;
}

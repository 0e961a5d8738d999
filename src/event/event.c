/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names, ids and the packed form of events.
 *
 * Packed: id, then fixed numbers, then texts and numbers in table order; read
 * by the same version of weir only (what outlives it is in the store's
 * columns, not in blobs).
 */
#include <endian.h>
#include <stdlib.h>

#include "weir/event.h"
#include "weir/hash.h"
#include "weir/mem.h"

#define ARRAY_LEN(a)	(sizeof(a) / sizeof((a)[0]))

static const char *const kind_names[] = {
#define X(e, name) name,
	EVENT_KINDS(X)
#undef X
};

static const char *const class_names[] = {
#define X(e, name) name,
	EVENT_CLASSES(X)
#undef X
};

static const char *const status_names[] = {
#define X(e, name) name,
	EVENT_STATUSES(X)
#undef X
};

static const char *const origin_names[] = {
#define X(e, name) name,
	EVENT_ORIGINS(X)
#undef X
};

const char *
event_kind_name(enum event_kind k)
{
	return kind_names[k];
}

const char *
event_class_name(enum event_class c)
{
	return class_names[c];
}

const char *
event_status_name(enum event_status s)
{
	return status_names[s];
}

const char *
event_origin_name(enum event_origin o)
{
	return origin_names[o];
}

enum event_kind
event_kind_of(struct str name)
{
	return str_name_index(kind_names, ARRAY_LEN(kind_names), name);
}

enum event_class
event_class_of(struct str name)
{
	return str_name_index(class_names, ARRAY_LEN(class_names), name);
}

enum event_status
event_status_of(struct str name)
{
	return str_name_index(status_names, ARRAY_LEN(status_names), name);
}

enum event_origin
event_origin_of(struct str name)
{
	return str_name_index(origin_names, ARRAY_LEN(origin_names), name);
}

void
event_init(struct event *e)
{
	memset(e, 0, sizeof(*e));
#define X(m) e->m = -1;
	EVENT_NUMBERS(X)
#undef X
	e->repeat = 1;
}

static void
add_sized(uint8_t **p, struct str s)
{
	uint32_t	n = htole32((uint32_t)s.n);

	memcpy(*p, &n, sizeof(n));
	if (s.n > 0)
		memcpy(*p + sizeof(n), s.p, s.n);
	*p += sizeof(n) + s.n;
}

void
event_digest(const struct record *line, uint8_t ret[16])
{
	uint8_t		stack[1024], *all = stack, *p;
	uint32_t	pid = htole32(line->pid);
	size_t		n;

	n = 3 * sizeof(uint32_t) + line->host.n + line->unit.n +
	    line->text.n + sizeof(pid);
	if (n > sizeof(stack))
		all = xmalloc(n);
	p = all;
	add_sized(&p, line->host);
	add_sized(&p, line->unit);
	add_sized(&p, line->text);
	memcpy(p, &pid, sizeof(pid));
	hash_128(HASH_KEY_FIXED, (struct str){ (const char *)all, n }, ret);
	if (all != stack)
		free(all);
}

void
event_make_id(int64_t at, enum event_kind kind, const uint8_t digest[16],
    uint32_t ordinal, uint8_t ret[EVENT_ID_SIZE])
{
	/* The whole of `at`: ordinals count within a microsecond. */
	const uint64_t	numbers[3] = { htole64((uint64_t)at), htole64(kind),
			    htole64(ordinal) };
	uint64_t	ms = at < 0 ? 0 : (uint64_t)at / 1000;
	uint8_t		seed[16 + sizeof(numbers)], hash[16];
	size_t		i;

	memcpy(seed, digest, 16);
	memcpy(seed + 16, numbers, sizeof(numbers));
	hash_128(HASH_KEY_FIXED,
	    (struct str){ (const char *)seed, sizeof(seed) }, hash);
	for (i = 0; i < 6; i++)
		ret[i] = (uint8_t)(ms >> (40 - 8 * i));
	memcpy(ret + 6, hash, EVENT_ID_SIZE - 6);
}

void
event_pack(struct buf *b, const struct event *e)
{
	buf_add(b, e->id, EVENT_ID_SIZE);
	buf_put_u64(b, (uint64_t)e->seq);
	buf_put_u64(b, (uint64_t)e->at);
	buf_put_u8(b, e->kind);
	buf_put_u8(b, e->class);
	buf_put_u8(b, e->status);
	buf_put_u8(b, e->origin);
	buf_put_u8(b, e->provenance);
	buf_put_u8(b, (uint8_t)(e->first | e->counted << 1 |
	    e->local_hop << 2 | e->relay_hop << 3));
#define X(m) buf_put_str(b, e->m);
	EVENT_TEXTS(X)
#undef X
#define X(m) buf_put_u64(b, (uint64_t)e->m);
	EVENT_NUMBERS(X)
#undef X
}

/* An enum from one byte; too large a value makes the reader bad. */
static unsigned
get_enum(struct buf_reader *r, unsigned count)
{
	unsigned v = buf_get_u8(r);

	if (v >= count) {
		r->bad = true;
		return 0;
	}
	return v;
}

bool
event_unpack(struct buf_reader *r, struct event *ret)
{
	struct event	e;
	uint8_t		flags;
	int		i;

	event_init(&e);
	for (i = 0; i < EVENT_ID_SIZE; i++)
		e.id[i] = buf_get_u8(r);
	e.seq = buf_get_i64(r);
	e.at = buf_get_i64(r);
	e.kind = get_enum(r, EVENT_KIND_COUNT);
	e.class = get_enum(r, CLASS_COUNT);
	e.status = get_enum(r, STATUS_COUNT);
	e.origin = get_enum(r, ORIGIN_COUNT);
	e.provenance = get_enum(r, PROVENANCE_LOCAL_USER + 1);
	flags = buf_get_u8(r);
	e.first = flags & 1;
	e.counted = flags >> 1 & 1;
	e.local_hop = flags >> 2 & 1;
	e.relay_hop = flags >> 3 & 1;
#define X(m) e.m = buf_get_str(r);
	EVENT_TEXTS(X)
#undef X
#define X(m) e.m = buf_get_i64(r);
	EVENT_NUMBERS(X)
#undef X
	if (r->bad)
		return false;
	*ret = e;
	return true;
}

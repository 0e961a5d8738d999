/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Alerts as values: names, copies, evidence, ids and the packed form that the
 * store keeps.  The packed form begins with its version; a new field goes to
 * the end, and reading an older blob leaves it unset.
 */
#include <math.h>
#include <stdlib.h>

#include "weir/alert.h"
#include "weir/hash.h"
#include "weir/mem.h"

#define PACK_VERSION	3
#define PACK_UNRELATED	1	/* the version without related keys, */
#define PACK_UNEXEMPT	2	/* and without exemptions */
#define ARRAY_LEN(a)	(sizeof(a) / sizeof((a)[0]))

static const char *const state_names[] = {
#define X(e, name) name,
	ALERT_STATES(X)
#undef X
};

static const char *const severity_names[] = {
#define X(e, name) name,
	ALERT_SEVERITIES(X)
#undef X
};

static const char *const transition_names[] = {
#define X(e, name) name,
	ALERT_TRANSITIONS(X)
#undef X
};

/* The texts an alert owns, in packed order. */
#define ALERT_TEXTS(X)							\
	X(detector) X(host) X(key) X(title) X(runbook)			\
	X(acknowledged_by) X(resolved_reason)

const char *
alert_state_name(enum alert_state s)
{
	return state_names[s];
}

const char *
alert_severity_name(enum alert_severity s)
{
	return severity_names[s];
}

const char *
alert_transition_name(enum alert_transition t)
{
	return transition_names[t];
}

enum alert_state
alert_state_of(struct str name)
{
	return str_name_index(state_names, ARRAY_LEN(state_names), name);
}

enum alert_severity
alert_severity_of(struct str name)
{
	return str_name_index(severity_names, ARRAY_LEN(severity_names), name);
}

struct alert *
alert_new(void)
{
	struct alert	*a = xcalloc(1, sizeof(*a));
	size_t		 i;

	for (i = 0; i < ALERT_REASONS_MAX; i++)
		a->reasons[i] = (struct alert_reason){ .observed = NAN,
		    .expected = NAN, .threshold = NAN, .p_value = NAN };
	return a;
}

void
alert_free(struct alert *a)
{
	size_t i;

	if (a == NULL)
		return;
#define X(f) free(a->f);
	ALERT_TEXTS(X)
#undef X
	free(a->exempt);
	for (i = 0; i < a->nevidence; i++)
		free(a->evidence[i].line);
	for (i = 0; i < a->nrelated; i++)
		free(a->related[i].key);
	free(a->related);
	free(a);
}

/* Room for 4, 8, 16 ... */
static void
add_related(struct alert *a, enum alert_key_type type, struct str key)
{
	size_t	n = a->nrelated;

	if (n == 0 || (n >= 4 && (n & (n - 1)) == 0))
		a->related = xreallocarray(a->related, n == 0 ? 4 : 2 * n,
		    sizeof(*a->related));
	a->related[a->nrelated++] = (struct alert_related){ type,
	    str_dup(key) };
}

struct alert *
alert_copy(const struct alert *a)
{
	struct alert	*b = xmemdup(a, sizeof(*a));
	size_t		 i;

#define X(f) b->f = a->f == NULL ? NULL : xstrdup(a->f);
	ALERT_TEXTS(X)
#undef X
	b->exempt = a->exempt == NULL ? NULL : xstrdup(a->exempt);
	for (i = 0; i < a->nevidence; i++)
		if (a->evidence[i].line != NULL)
			b->evidence[i].line = xstrdup(a->evidence[i].line);
	b->related = NULL;
	b->nrelated = 0;
	for (i = 0; i < a->nrelated; i++)
		add_related(b, a->related[i].key_type,
		    str_of(a->related[i].key));
	return b;
}

void
alert_add_evidence(struct alert *a, const uint8_t id[EVENT_ID_SIZE],
    struct str line)
{
	struct alert_evidence *e;

	if (a->nevidence == ALERT_EVIDENCE_MAX)
		return;
	e = &a->evidence[a->nevidence++];
	memcpy(e->event_id, id, EVENT_ID_SIZE);
	e->line = line.n == 0 ? NULL : str_dup(line);
}

bool
alert_add_related(struct alert *a, enum alert_key_type type, struct str key)
{
	size_t	i;

	if (a->key_type == type && str_eq(str_of(a->key), key))
		return true;
	for (i = 0; i < a->nrelated; i++)
		if (a->related[i].key_type == type &&
		    str_eq(str_of(a->related[i].key), key))
			return true;
	if (a->nrelated == ALERT_RELATED_MAX)
		return false;
	add_related(a, type, key);
	return true;
}

void
alert_add_reason(struct alert *a, const struct alert_reason *r)
{
	size_t	i;

	for (i = 0; i < a->nreasons; i++)
		if (strcmp(a->reasons[i].name, r->name) == 0 &&
		    strcmp(a->reasons[i].window, r->window) == 0) {
			if (r->observed > a->reasons[i].observed)
				a->reasons[i] = *r;
			return;
		}
	if (a->nreasons < ALERT_REASONS_MAX)
		a->reasons[a->nreasons++] = *r;
}

void
alert_make_id(struct alert *a, const uint8_t event_id[EVENT_ID_SIZE])
{
	struct buf b = {0};

	buf_put_str(&b, str_of(a->detector));
	buf_put_str(&b, str_of(a->host));
	buf_put_str(&b, str_of(a->key));
	buf_add(&b, event_id, EVENT_ID_SIZE);
	/* No time in front: people name an alert by its first digits. */
	hash_128(HASH_KEY_FIXED, buf_str(&b), a->id);
	buf_done(&b);
}

static void
put_double(struct buf *b, double d)
{
	uint64_t bits;

	memcpy(&bits, &d, sizeof(bits));
	buf_put_u64(b, bits);
}

static double
get_double(struct buf_reader *r)
{
	uint64_t	bits = buf_get_u64(r);
	double		d;

	memcpy(&d, &bits, sizeof(d));
	return d;
}

void
alert_pack(struct buf *b, const struct alert *a)
{
	size_t i;

	buf_put_u8(b, PACK_VERSION);
	buf_add(b, a->id, EVENT_ID_SIZE);
	buf_put_u64(b, (uint64_t)a->version);
	buf_put_u8(b, a->severity);
	buf_put_u8(b, a->state);
	buf_put_u8(b, a->key_type);
	buf_put_u8(b, (uint8_t)(a->historical | a->shadow << 1));
	buf_put_u64(b, (uint64_t)a->opened);
	buf_put_u64(b, (uint64_t)a->first_seen);
	buf_put_u64(b, (uint64_t)a->last_seen);
	buf_put_u64(b, (uint64_t)a->count);
#define X(f) buf_put_str(b, str_of(a->f));
	ALERT_TEXTS(X)
#undef X
	buf_put_u8(b, (uint8_t)a->nreasons);
	for (i = 0; i < a->nreasons; i++) {
		buf_put_str(b, str_of(a->reasons[i].name));
		buf_put_str(b, str_of(a->reasons[i].window));
		put_double(b, a->reasons[i].observed);
		put_double(b, a->reasons[i].expected);
		put_double(b, a->reasons[i].threshold);
		put_double(b, a->reasons[i].p_value);
	}
	buf_put_u8(b, (uint8_t)a->nevidence);
	for (i = 0; i < a->nevidence; i++) {
		buf_add(b, a->evidence[i].event_id, EVENT_ID_SIZE);
		buf_put_str(b, str_of(a->evidence[i].line));
	}
	buf_put_u8(b, (uint8_t)a->nrelated);
	for (i = 0; i < a->nrelated; i++) {
		buf_put_u8(b, a->related[i].key_type);
		buf_put_str(b, str_of(a->related[i].key));
	}
	buf_put_str(b, str_of(a->exempt));
}

static void
unpack_related(struct buf_reader *r, struct alert *a)
{
	enum alert_key_type	type;
	size_t			n = buf_get_u8(r);

	while (n-- > 0 && !r->bad) {
		type = buf_get_u8(r) % KEY_TYPE_COUNT;
		(void)alert_add_related(a, type, buf_get_str(r));
	}
}

static void
unpack_lists(struct buf_reader *r, struct alert *a)
{
	size_t i, j, n;

	n = buf_get_u8(r);
	for (i = 0; i < n && i < ALERT_REASONS_MAX && !r->bad; i++) {
		struct alert_reason *why = &a->reasons[i];

		str_copy(buf_get_str(r), why->name, sizeof(why->name));
		str_copy(buf_get_str(r), why->window, sizeof(why->window));
		why->observed = get_double(r);
		why->expected = get_double(r);
		why->threshold = get_double(r);
		why->p_value = get_double(r);
		a->nreasons = i + 1;
	}
	n = buf_get_u8(r);
	for (i = 0; i < n && i < ALERT_EVIDENCE_MAX && !r->bad; i++) {
		uint8_t id[EVENT_ID_SIZE];

		for (j = 0; j < EVENT_ID_SIZE; j++)
			id[j] = buf_get_u8(r);
		alert_add_evidence(a, id, buf_get_str(r));
	}
}

struct alert *
alert_unpack(struct str blob)
{
	struct buf_reader	 r = { blob, false };
	struct alert		*a;
	struct str		 s;
	uint8_t			 flags, version;
	size_t			 i;

	version = buf_get_u8(&r);
	if (version == 0 || version > PACK_VERSION)
		return NULL;
	a = alert_new();
	for (i = 0; i < EVENT_ID_SIZE; i++)
		a->id[i] = buf_get_u8(&r);
	a->version = buf_get_i64(&r);
	a->severity = buf_get_u8(&r) % SEVERITY_COUNT;
	a->state = buf_get_u8(&r) % ALERT_STATE_COUNT;
	a->key_type = buf_get_u8(&r) % KEY_TYPE_COUNT;
	flags = buf_get_u8(&r);
	a->historical = flags & 1;
	a->shadow = flags >> 1 & 1;
	a->opened = buf_get_i64(&r);
	a->first_seen = buf_get_i64(&r);
	a->last_seen = buf_get_i64(&r);
	a->count = buf_get_i64(&r);
#define X(f) s = buf_get_str(&r); a->f = str_known(s) ? str_dup(s) : NULL;
	ALERT_TEXTS(X)
#undef X
	unpack_lists(&r, a);
	if (version != PACK_UNRELATED)
		unpack_related(&r, a);
	if (version > PACK_UNEXEMPT && str_known(s = buf_get_str(&r)))
		a->exempt = str_dup(s);
	if (r.bad) {
		alert_free(a);
		return NULL;
	}
	return a;
}

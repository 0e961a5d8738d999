/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One partition's part of a query.  The first key that finds few rows is taken,
 * and those are fetched and sorted; what has no such key is read backwards in
 * time, where a common thing is soon found.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "weir/mem.h"
#include "store_match.h"

#define FEW	20000	/* rows that may be fetched and sorted */
#define RANGES	32	/* of one filter: as many as a set has bits */

/* Numbers of the statements' parameters. */
enum {
	P_SINCE = 1, P_AT, P_SEQ, P_LIMIT, P_CLIENT_LO, P_CLIENT_HI, P_ROWS,
	P_KEYED, P_TEXTS
};
#define P_TEXT(i)	(P_TEXTS + (i))

static void
prepare_needle(struct search *x, int i)
{
	struct needle *n = &x->needles[i];
	struct str v = str_of(x->values[i]);
	struct ip ip;
	char text[IP_TEXT_MAX];

	switch (i) {
	case T_domain:
		if (v.n == 0 || v.p[0] != '@')
			buf_add_char(&n->text, '@');
		n->is_domain = true;
		break;
	case T_user:
	case T_sender:
	case T_recipient:
		n->is_domain = v.n > 1 && v.p[0] == '@';
		break;
	case T_message_id:
		v = store_message_id(v);
		break;
	case T_relay:
		if (ip_parse(v, &ip))
			v = ip_print(&ip, text);
		break;
	}
	buf_add_str(&n->text, v);
}

int
match_prepare(struct search *x, struct error *err)
{
	const struct query *q = x->q;
	struct str rest = str_of(q->cursor), at;
	int i;

	x->since = q->since == 0 ? INT64_MIN : q->since;
	x->at = x->seq = INT64_MAX;
	if (rest.n > 0 && (!str_cut(&rest, '.', &at) ||
	    !str_to_i64(at, &x->at) || !str_to_i64(rest, &x->seq)))
		return error_set(err, "\"%s\" is no cursor of a query",
		    q->cursor);
	if (q->until != 0 && q->until <= x->at) {
		x->at = q->until;
		x->seq = INT64_MIN;
	}
	if (q->has_client)
		ip_net_range(&q->client, &x->client_lo, &x->client_hi);
#define X(m, filter, column) x->values[T_##m] = q->m;
	QUERY_TEXTS(X)
#undef X
	for (i = 0; i < T_COUNT; i++)
		if (x->values[i] != NULL)
			prepare_needle(x, i);
	return 0;
}

void
match_done(struct search *x)
{
	int i;

	for (i = 0; i < T_COUNT; i++)
		buf_done(&x->needles[i].text);
}

static void
bind_all(const struct search *x, sqlite3_stmt *st, int64_t limit)
{
	int i;

	sqlite3_bind_int64(st, P_SINCE, x->since);
	sqlite3_bind_int64(st, P_AT, x->at);
	sqlite3_bind_int64(st, P_SEQ, x->seq);
	sqlite3_bind_int64(st, P_LIMIT, limit);
	sqlite3_bind_blob(st, P_CLIENT_LO, x->client_lo.b, 16, SQLITE_STATIC);
	sqlite3_bind_blob(st, P_CLIENT_HI, x->client_hi.b, 16, SQLITE_STATIC);
	for (i = 0; i < T_COUNT; i++)
		store_bind_str(st, P_TEXT(i), buf_str(&x->needles[i].text));
}

/* SQL under way: for which partition. */
struct sql {
	struct buf		 b;
	const struct partition	*p;
};

static void
add_column(struct sql *q, const char *column)
{
	dict_column(&q->b, q->p, column);
}

static void
add_address(const struct search *x, struct sql *q, const char *column, int i)
{
	if (x->needles[i].is_domain)
		buf_add_str(&q->b, STR("substr("));
	add_column(q, column);
	if (x->needles[i].is_domain)
		buf_addf(&q->b, ", -length(?%d))", P_TEXT(i));
	buf_addf(&q->b, " = ?%d COLLATE NOCASE", P_TEXT(i));
}

/* In one column or the other. */
static void
add_either(const struct search *x, struct sql *q, const char *column,
    const char *other, int i)
{
	buf_add_char(&q->b, '(');
	add_address(x, q, column, i);
	buf_add_str(&q->b, STR(" OR "));
	add_address(x, q, other, i);
	buf_add_char(&q->b, ')');
}

static void
add_text(const struct search *x, struct sql *q, int i)
{
	buf_add_str(&q->b, STR(" AND "));
	switch (i) {
	case T_user:
		add_address(x, q, "sasl_username", i);
		break;
	case T_sender:
		add_address(x, q, "sender", i);
		break;
	case T_recipient:
		add_address(x, q, "recipient", i);
		break;
	case T_domain:
		add_either(x, q, "sender", "recipient", i);
		break;
	case T_queue_id:
		add_column(q, "queue_id");
		buf_addf(&q->b, " = ?%d", P_TEXT(i));
		break;
	case T_message_id:
		add_column(q, "message_id");
		buf_addf(&q->b, " IN (?%d, '<' || ?%d || '>')", P_TEXT(i),
		    P_TEXT(i));
		break;
	case T_relay:
		add_either(x, q, "relay_host", "relay_address", i);
		break;
	case T_mta:
		add_column(q, "mta");
		buf_addf(&q->b, " = ?%d", P_TEXT(i));
		break;
	case T_host:
		add_column(q, "host");
		buf_addf(&q->b, " = ?%d COLLATE NOCASE", P_TEXT(i));
		break;
	}
}

static void
add_set(struct buf *b, const char *column, uint32_t set)
{
	const char *sep = "";
	int i;

	if (set == 0)
		return;
	if ((set & (set - 1)) == 0) {	/* as a partial index has it */
		buf_addf(b, " AND %s = %d", column, __builtin_ctz(set));
		return;
	}
	buf_addf(b, " AND %s IN (", column);
	for (i = 0; i < 32; i++)
		if (set & UINT32_C(1) << i) {
			buf_addf(b, "%s%d", sep, i);
			sep = ",";
		}
	buf_add_char(b, ')');
}

static void
add_client(const struct search *x, struct sql *q)
{
	buf_add_str(&q->b, STR(" AND weir_ip("));
	add_column(q, "client_address");
	buf_addf(&q->b, ") BETWEEN ?%d AND ?%d", P_CLIENT_LO, P_CLIENT_HI);
	if (x->q->client.bits >= 96)
		return;
	/* As ip_net_has: a wide network of IPv6 holds no IPv4 address. */
	buf_add_str(&q->b, STR(" AND NOT weir_ip("));
	add_column(q, "client_address");
	buf_add_str(&q->b, STR(") BETWEEN "
	    "x'00000000000000000000ffff00000000' AND "
	    "x'00000000000000000000ffffffffffff'"));
}

/* A "+" before a column keeps SQLite from taking its index by itself. */
static void
add_conditions(const struct search *x, struct sql *q, const char *index)
{
	const char *at = *index == '\0' ? "+at" : "at";
	int i;

	buf_addf(&q->b, " WHERE %s >= ?%d AND %s <= ?%d AND (at < ?%d OR "
	    "+seq < ?%d)", at, P_SINCE, at, P_AT, P_AT, P_SEQ);
	add_set(&q->b, *index == 'n' ? "kind" : "+kind", x->q->kinds);
	add_set(&q->b, "class", x->q->classes);
	add_set(&q->b, "status", x->q->statuses);
	if (x->q->has_client)
		add_client(x, q);
	for (i = 0; i < T_COUNT; i++)
		if (x->values[i] != NULL)
			add_text(x, q, i);
}

static struct key_range
address_range(const struct search *x, const struct partition *p,
    enum key_type type, int i)
{
	struct str v = buf_str(&x->needles[i].text);

	return x->needles[i].is_domain ?
	    keys_domain(x->s, type, str_domain(v)) :
	    keys_address(x->s, p, type, v);
}

static size_t
set_ranges(const struct partition *p, enum key_type type, uint32_t set,
    struct key_range *ret)
{
	size_t n = 0;
	uint32_t i;

	for (i = 0; i < 32; i++)
		if (set >> i & 1)
			ret[n++] = keys_small(p, type, i);
	return n;
}

/*
 * The ranges of keys one filter of the query asks for; a row is under at least
 * one of them.  Numbered from what is likely to find the fewest rows.
 */
static size_t
ranges_of(const struct search *x, const struct partition *p, int filter,
    struct key_range ret[RANGES])
{
	static const struct {
		int		text;
		enum key_type	type;
	} texts[] = {
		{ T_queue_id, BY_QUEUE }, { T_message_id, BY_MESSAGE },
		{ T_user, BY_USER }, { T_recipient, BY_RECIPIENT },
		{ T_sender, BY_SENDER }, { T_relay, BY_RELAY },
	};
	const int ntexts = sizeof(texts) / sizeof(texts[0]);
	size_t n = 0;
	int i;

	if (filter < ntexts) {
		i = texts[filter].text;
		if (x->values[i] == NULL)
			return 0;
		if (texts[filter].type == BY_USER ||
		    texts[filter].type == BY_RECIPIENT ||
		    texts[filter].type == BY_SENDER)
			ret[0] = address_range(x, p, texts[filter].type, i);
		else
			ret[0] = keys_text(x->s, texts[filter].type,
			    buf_str(&x->needles[i].text));
		return 1;
	}
	switch (filter - ntexts) {
	case 0:
		if (x->q->has_client)
			ret[n++] = keys_net(x->s, &x->q->client);
		break;
	case 1:
		if (x->values[T_domain] == NULL)
			break;
		ret[n++] = address_range(x, p, BY_SENDER, T_domain);
		ret[n++] = address_range(x, p, BY_RECIPIENT, T_domain);
		break;
	case 2:
		return set_ranges(p, BY_CLASS, x->q->classes, ret);
	case 3:
		/* A row without a status has no key of it. */
		if (x->q->statuses >> STATUS_NONE & 1)
			break;
		return set_ranges(p, BY_STATUS, x->q->statuses, ret);
	case 4:
		if (x->values[T_host] != NULL && p->shape != SHAPE_PLAIN)
			ret[n++] = keys_text(x->s, BY_HOST,
			    buf_str(&x->needles[T_host].text));
		break;
	}
	return n;
}
#define FILTERS	11

/* Rows by the first filter that finds few.  1: in `rows`; 0: none does; -1. */
static int
find_rows(const struct search *x, const struct partition *p,
    struct rows *rows, struct error *err)
{
	struct key_range ranges[RANGES];
	size_t i, n;
	int filter, rc;

	for (filter = 0; filter < FILTERS; filter++) {
		if ((n = ranges_of(x, p, filter, ranges)) == 0)
			continue;
		rows->n = 0;
		for (i = 0, rc = 1; i < n && rc == 1; i++)
			rc = keys_find(x->s, p, &ranges[i], FEW, rows, err);
		if (rc != 0)
			return rc;
	}
	return 0;
}

/* The rows of a page, as numbers, in order. */
static void
add_matches(const struct search *x, struct sql *q, int few)
{
	const char *index = "";

	if (few == 0) {
		index = x->q->kinds == UINT32_C(1) << EVENT_NOTICE ?
		    "notice" : "at";
		buf_addf(&q->b, " INDEXED BY events_%06" PRId64 "_%s",
		    q->p->id, index);
	}
	add_conditions(x, q, index);
	if (few == 1)
		buf_addf(&q->b, " AND seq IN (SELECT value FROM json_each('['"
		    " || ?%d || ']') UNION ALL SELECT seq FROM events_%06"
		    PRId64 " WHERE seq > ?%d)", P_ROWS, q->p->id, P_KEYED);
	buf_addf(&q->b, " ORDER BY at DESC, seq DESC LIMIT ?%d", P_LIMIT);
}

/*
 * The events of one instant lie in the index by id, so a page is found and
 * sorted as numbers of rows first.  Without a limit that would be all of them.
 */
static sqlite3_stmt *
statement(const struct search *x, const struct partition *p, int few,
    const struct rows *rows, struct error *err)
{
	struct sql q = { .p = p };
	struct buf list = { 0 };
	size_t i, limit = x->q->limit;
	sqlite3_stmt *st;

	buf_add_str(&q.b, STR("SELECT "));
	event_select(&q.b, p, false);
	buf_addf(&q.b, " FROM events_%06" PRId64, p->id);
	if (limit != 0)
		buf_addf(&q.b, " WHERE seq IN (SELECT seq FROM events_%06"
		    PRId64, p->id);
	add_matches(x, &q, few);
	if (limit != 0)
		buf_add_str(&q.b, STR(") ORDER BY at DESC, seq DESC"));
	st = store_prepare(x->s, buf_cstr(&q.b), err);
	buf_done(&q.b);
	if (st == NULL)
		return NULL;
	/* One more tells whether there is another page. */
	bind_all(x, st, limit == 0 ? -1 : (int64_t)limit + 1);
	if (few == 1) {
		for (i = 0; i < rows->n; i++)
			buf_addf(&list, "%s%" PRId64, i == 0 ? "" : ",",
			    rows->v[i]);
		sqlite3_bind_text(st, P_ROWS, buf_cstr(&list), (int)list.n,
		    SQLITE_TRANSIENT);
		sqlite3_bind_int64(st, P_KEYED, p->keyed);
	}
	buf_done(&list);
	return st;
}

int
match_begin(const struct search *x, const struct partition *p,
    sqlite3_stmt **ret, struct error *err)
{
	struct rows rows = { 0 };
	bool none;
	int few;

	few = find_rows(x, p, &rows, err);
	/* Nothing in its blocks, and no rows behind them. */
	none = few == 1 && rows.n == 0 && p->keyed >= p->last_seq;
	*ret = few == -1 || none ? NULL : statement(x, p, few, &rows, err);
	free(rows.v);
	return *ret == NULL && !none ? -1 : 0;
}

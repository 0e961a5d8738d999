/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Queries over all partitions, newest first: by time, and among events of one
 * instant by order of arrival.  A cursor is that pair of the last event given
 * out, so that pages stay right while events arrive.
 *
 * Each partition gives its matches in that order; the partitions are merged
 * lazily, those of older time are not opened before they are reached.  In
 * each one index is chosen here, for SQLite has no statistics of tables that
 * grow: an index of one key gives its rows in order of time; a range (network,
 * domain, several classes) does not, so it is taken only when it holds few
 * rows, and else the partition is read backwards in time.
 */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "weir/mem.h"
#include "store_priv.h"

#define FEW	20000	/* rows that may be fetched and sorted */

enum {
#define X(m, filter, column) T_##m,
	QUERY_TEXTS(X)
#undef X
	T_COUNT
};

/* Numbers of the statements' parameters; three for each text. */
enum {
	P_SINCE = 1, P_AT, P_SEQ, P_LIMIT, P_CLIENT_LO, P_CLIENT_HI, P_TEXTS
};
#define P_TEXT(i)	(P_TEXTS + 3 * (i))
#define P_LO(i)		(P_TEXTS + 3 * (i) + 1)
#define P_HI(i)		(P_TEXTS + 3 * (i) + 2)

/* A text to look for, with the range of its search key. */
struct needle {
	struct buf	text;
	int64_t		lo, hi;
	bool		is_domain;
};

/* The query with its values made ready for binding. */
struct search {
	struct store		*s;
	const struct query	*q;
	int64_t			 since, at, seq;  /* below (at, seq) */
	struct ip		 client_lo, client_hi;
	const char		*values[T_COUNT];	/* NULL: any */
	struct needle		 needles[T_COUNT];
};

/* The matches of one partition, standing on the next. */
struct run {
	sqlite3_stmt	*st;
	int64_t		 at, seq;
};

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
	v = buf_str(&n->text);
	n->lo = n->hi = i == T_message_id || i == T_relay ?
	    store_text_key(x->s, v) : store_address_key(x->s, v);
	if (n->is_domain) {
		n->lo = store_domain_key(x->s, str_domain(v));
		n->hi = n->lo | ((INT64_C(1) << STORE_KEY_BITS) - 1);
	}
}

static int
prepare(struct search *x, struct error *err)
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

static void
done(struct search *x)
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
	for (i = 0; i < T_COUNT; i++) {
		const struct needle *n = &x->needles[i];

		store_bind_str(st, P_TEXT(i), buf_str(&n->text));
		sqlite3_bind_int64(st, P_LO(i), n->lo);
		sqlite3_bind_int64(st, P_HI(i), n->hi);
	}
}

/* Compared by key first, so that its index serves; the text decides. */
static void
add_keyed(const struct search *x, struct buf *b, const char *key,
    const char *column, int i)
{
	if (x->needles[i].is_domain)
		buf_addf(b, "(%s >= ?%d AND %s <= ?%d"
		    " AND substr(%s, -length(?%d)) = ?%d COLLATE NOCASE)",
		    key, P_LO(i), key, P_HI(i), column, P_TEXT(i), P_TEXT(i));
	else
		buf_addf(b, "(%s = ?%d AND %s = ?%d COLLATE NOCASE)",
		    key, P_LO(i), column, P_TEXT(i));
}

static void
add_text(const struct search *x, struct buf *b, int i)
{
	buf_add_str(b, STR(" AND "));
	switch (i) {
	case T_user:
		add_keyed(x, b, "user_key", "sasl_username", i);
		break;
	case T_sender:
		add_keyed(x, b, "sender_key", "sender", i);
		break;
	case T_recipient:
		add_keyed(x, b, "recipient_key", "recipient", i);
		break;
	case T_domain:
		buf_add_char(b, '(');
		add_keyed(x, b, "sender_key", "sender", i);
		buf_add_str(b, STR(" OR "));
		add_keyed(x, b, "recipient_key", "recipient", i);
		buf_add_char(b, ')');
		break;
	case T_queue_id:
		buf_addf(b, "queue_id = ?%d", P_TEXT(i));
		break;
	case T_message_id:
		buf_addf(b, "message_key = ?%d AND (message_id = ?%d OR "
		    "message_id = '<' || ?%d || '>')", P_LO(i), P_TEXT(i),
		    P_TEXT(i));
		break;
	case T_relay:
		buf_add_char(b, '(');
		add_keyed(x, b, "relay_key", "relay_host", i);
		buf_add_str(b, STR(" OR "));
		add_keyed(x, b, "relay_address_key", "relay_address", i);
		buf_add_char(b, ')');
		break;
	case T_mta:
		buf_addf(b, "mta = ?%d", P_TEXT(i));
		break;
	case T_host:
		buf_addf(b, "host = ?%d COLLATE NOCASE", P_TEXT(i));
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

static bool
is_single(const struct search *x)
{
	return ip_eq(&x->client_lo, &x->client_hi);
}

/* A "+" before a column keeps SQLite from taking its index by itself. */
static void
add_conditions(const struct search *x, struct buf *b, const char *index)
{
	const char *at = *index == '\0' ? "+at" : "at";
	int i;

	buf_addf(b, " WHERE %s >= ?%d AND %s <= ?%d AND (at < ?%d OR "
	    "seq < ?%d)", at, P_SINCE, at, P_AT, P_AT, P_SEQ);
	add_set(b, "kind", x->q->kinds);
	add_set(b, strcmp(index, "class") == 0 ? "class" : "+class",
	    x->q->classes);
	add_set(b, "status", x->q->statuses);
	if (x->q->has_client)
		buf_addf(b, is_single(x) ? " AND client_ip = ?%d" :
		    " AND client_ip >= ?%d AND client_ip <= ?%d",
		    P_CLIENT_LO, P_CLIENT_HI);
	/* As ip_net_has: a wide network of IPv6 holds no IPv4 address. */
	if (x->q->has_client && x->q->client.bits < 96)
		buf_add_str(b, STR(" AND NOT client_ip BETWEEN "
		    "x'00000000000000000000ffff00000000' AND "
		    "x'00000000000000000000ffffffffffff'"));
	for (i = 0; i < T_COUNT; i++)
		if (x->values[i] != NULL)
			add_text(x, b, i);
}

/* Are the rows of a range few?  Counts in its index alone.  1, 0, -1. */
static int
is_few(const struct search *x, const struct partition *p, const char *index,
    const char *range, struct error *err)
{
	struct buf b = { 0 };
	sqlite3_stmt *st;
	int rc;

	buf_addf(&b, "SELECT 1 FROM events_%06" PRId64
	    " INDEXED BY events_%06" PRId64 "_%s WHERE %s LIMIT 1 OFFSET %d",
	    p->id, p->id, index, range, FEW);
	st = store_prepare(x->s, buf_cstr(&b), err);
	buf_done(&b);
	if (st == NULL)
		return -1;
	bind_all(x, st, 0);
	rc = sqlite3_step(st);
	if (rc != SQLITE_ROW && rc != SQLITE_DONE)
		store_fail(x->s, err, "read its events");
	sqlite3_finalize(st);
	return rc == SQLITE_DONE ? 1 : rc == SQLITE_ROW ? 0 : -1;
}

/* What every partition has: by class or by time.  As choose_index. */
static const char *
choose_live(const struct search *x, const struct partition *p,
    struct error *err)
{
	uint32_t classes = x->q->classes;
	struct buf b = { 0 };
	int few;

	if (x->q->kinds == UINT32_C(1) << EVENT_NOTICE)
		return "notice";
	if (classes == 0)
		return "at";
	if ((classes & (classes - 1)) == 0)
		return "class";
	buf_addf(&b, "1");
	add_set(&b, "class", classes);
	few = is_few(x, p, "class", buf_cstr(&b), err);
	buf_done(&b);
	return few == 1 ? "class" : few == 0 ? "at" : NULL;
}

/* Of what may match in two columns both must be few.  As choose_index. */
static const char *
choose_either(const struct search *x, const struct partition *p,
    struct error *err)
{
	static const struct {
		int		 text;
		const char	*index[2];
	} either[] = {
		{ T_relay, { "relay", "relay_address" } },
		{ T_domain, { "sender", "recipient" } },
	};
	char range[STORE_SQL_MAX];
	size_t i, side;
	int t, few;

	for (i = 0; i < sizeof(either) / sizeof(either[0]); i++) {
		if (x->values[t = either[i].text] == NULL)
			continue;
		for (side = 0, few = 1; side < 2 && few == 1; side++) {
			const char *index = either[i].index[side];

			snprintf(range, sizeof(range), "%s_key >= ?%d AND "
			    "%s_key <= ?%d", index, P_LO(t), index, P_HI(t));
			few = is_few(x, p, index, range, err);
		}
		if (few != 0)
			return few == 1 ? "" : NULL;
	}
	return choose_live(x, p, err);
}

/* The first range of which the partition holds few.  As choose_index. */
static const char *
choose_range(const struct search *x, const struct partition *p,
    struct error *err)
{
	static const struct {
		int		 text;
		const char	*index;
	} keys[] = {
		{ T_user, "user" }, { T_recipient, "recipient" },
		{ T_sender, "sender" },
	};
	char range[STORE_SQL_MAX];
	size_t i;
	int t, few;

	if (x->q->has_client) {
		snprintf(range, sizeof(range), "client_ip >= ?%d AND "
		    "client_ip <= ?%d", P_CLIENT_LO, P_CLIENT_HI);
		if ((few = is_few(x, p, "client", range, err)) != 0)
			return few == 1 ? "client" : NULL;
	}
	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (x->values[t = keys[i].text] == NULL)
			continue;
		snprintf(range, sizeof(range), "%s_key >= ?%d AND "
		    "%s_key <= ?%d", keys[i].index, P_LO(t), keys[i].index,
		    P_HI(t));
		if ((few = is_few(x, p, keys[i].index, range, err)) != 0)
			return few == 1 ? keys[i].index : NULL;
	}
	return choose_either(x, p, err);
}

/*
 * The first of these keys that the query has is taken; else a range that
 * holds few rows; else class or time.  Returns the index, or "" for SQLite's
 * own choice among several; NULL: failure.
 */
static const char *
choose_index(const struct search *x, const struct partition *p,
    struct error *err)
{
	static const struct {
		int		 text;
		const char	*index;
		bool		 live;
	} keys[] = {
		{ T_queue_id, "queue", true },
		{ T_message_id, "message", true },
		{ T_user, "user", false }, { T_recipient, "recipient", false },
		{ T_sender, "sender", false },
	};
	bool indexed = partition_is_indexed(p);
	size_t i;

	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (x->values[keys[i].text] != NULL &&
		    !x->needles[keys[i].text].is_domain &&
		    (keys[i].live || indexed))
			return keys[i].index;
	if (!indexed)
		return choose_live(x, p, err);
	if (x->q->has_client && is_single(x))
		return "client";
	return choose_range(x, p, err);
}

static sqlite3_stmt *
statement(const struct search *x, const struct partition *p,
    struct error *err)
{
	struct buf b = { 0 };
	sqlite3_stmt *st;
	size_t limit = x->q->limit;
	const char *index;

	if ((index = choose_index(x, p, err)) == NULL)
		return NULL;
	buf_add_str(&b, STR("SELECT "));
	event_columns(&b, false);
	buf_addf(&b, " FROM events_%06" PRId64, p->id);
	if (*index != '\0')
		buf_addf(&b, " INDEXED BY events_%06" PRId64 "_%s", p->id,
		    index);
	add_conditions(x, &b, index);
	buf_addf(&b, " ORDER BY at DESC, seq DESC LIMIT ?%d", P_LIMIT);
	st = store_prepare(x->s, buf_cstr(&b), err);
	buf_done(&b);
	if (st != NULL)	/* one more tells whether there is another page */
		bind_all(x, st, limit == 0 ? -1 : (int64_t)limit + 1);
	return st;
}

/* On to the next match; at the end the statement is given back. */
static int
advance(struct search *x, struct run *r, struct error *err)
{
	int rc = sqlite3_step(r->st);

	if (rc == SQLITE_ROW) {
		event_place(r->st, &r->at, &r->seq);
		return 0;
	}
	if (rc != SQLITE_DONE)
		store_fail(x->s, err, "read its events");
	sqlite3_finalize(r->st);
	r->st = NULL;
	return rc == SQLITE_DONE ? 0 : -1;
}

static int
by_newest(const void *va, const void *vb)
{
	const struct partition *a = *(const struct partition *const *)va;
	const struct partition *b = *(const struct partition *const *)vb;

	if (a->max_at != b->max_at)
		return a->max_at > b->max_at ? -1 : 1;
	return a->id > b->id ? -1 : 1;
}

/* The partitions that may hold matches, newest first. */
static size_t
pick(const struct search *x, const struct partition **ret)
{
	size_t i, n = 0;

	for (i = 0; i < x->s->nparts; i++) {
		const struct partition *p = &x->s->parts[i];

		if (p->rows > 0 && p->max_at >= x->since &&
		    p->min_at <= x->at)
			ret[n++] = p;
	}
	qsort(ret, n, sizeof(*ret), by_newest);
	return n;
}

struct merge {
	const struct partition	**parts;
	struct run		*runs;
	size_t			 nparts, nruns;	/* opened so far */
};

/* The newest of all matches not given out yet; NULL: none, or failure. */
static struct run *
merge_next(struct search *x, struct merge *m, int *ret_rc, struct error *err)
{
	struct run *best = NULL, *r;
	size_t i;

	for (i = 0; i < m->nruns; i++) {
		r = &m->runs[i];
		if (r->st != NULL && (best == NULL || r->at > best->at ||
		    (r->at == best->at && r->seq > best->seq)))
			best = r;
	}
	*ret_rc = 0;
	while (m->nruns < m->nparts && (best == NULL ||
	    m->parts[m->nruns]->max_at >= best->at)) {
		r = &m->runs[m->nruns];
		r->st = statement(x, m->parts[m->nruns], err);
		m->nruns++;
		if (r->st == NULL || advance(x, r, err) == -1) {
			*ret_rc = -1;
			return NULL;
		}
		if (r->st != NULL && (best == NULL || r->at > best->at ||
		    (r->at == best->at && r->seq > best->seq)))
			best = r;
	}
	return best;
}

static int
run_merge(struct search *x, struct merge *m,
    int (*fn)(void *ctx, const struct event *e), void *ctx,
    char *cursor, struct error *err)
{
	struct event e;
	struct run *r;
	size_t n;
	int rc, stop = 0;

	*cursor = '\0';
	for (n = 0; (r = merge_next(x, m, &rc, err)) != NULL; n++) {
		if (stop || (x->q->limit != 0 && n == x->q->limit))
			return 0;
		event_of_row(r->st, &e);
		stop = fn(ctx, &e);
		snprintf(cursor, QUERY_CURSOR_MAX, "%" PRId64 ".%" PRId64,
		    r->at, r->seq);
		if (advance(x, r, err) == -1)
			return -1;
	}
	*cursor = '\0';
	return rc;
}

/* Inside one snapshot of the database. */
static int
query_snapshot(struct search *x, int (*fn)(void *, const struct event *),
    void *ctx, char *cursor, struct error *err)
{
	struct merge m = { 0 };
	size_t i;
	int rc;

	if (x->s->mode == STORE_READ && partition_load(x->s, err) == -1)
		return -1;
	m.parts = xcalloc(x->s->nparts + 1, sizeof(*m.parts));
	m.runs = xcalloc(x->s->nparts + 1, sizeof(*m.runs));
	m.nparts = pick(x, m.parts);
	rc = run_merge(x, &m, fn, ctx, cursor, err);
	for (i = 0; i < m.nruns; i++)
		sqlite3_finalize(m.runs[i].st);
	free(m.parts);
	free(m.runs);
	return rc;
}

int
store_query(struct store *s, const struct query *q,
    int (*fn)(void *ctx, const struct event *e), void *ctx,
    char ret_cursor[QUERY_CURSOR_MAX], struct error *err)
{
	struct search x = { .s = s, .q = q };
	bool own = s->mode == STORE_READ;
	char cursor[QUERY_CURSOR_MAX];
	int rc = -1;

	if (s->in_tx && batch_flush(s, err) == -1)
		return -1;
	if (prepare(&x, err) == 0 &&
	    (!own || store_exec(s, err, "read it", "BEGIN") == 0)) {
		rc = query_snapshot(&x, fn, ctx, cursor, err);
		if (own)
			sqlite3_exec(s->db, "COMMIT", NULL, NULL, NULL);
	}
	if (rc == 0 && ret_cursor != NULL)
		snprintf(ret_cursor, QUERY_CURSOR_MAX, "%s", cursor);
	done(&x);
	return rc;
}

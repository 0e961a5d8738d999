/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Queries over all partitions, newest first: by time, and among events of one
 * instant by order of arrival.  A cursor is that pair of the last event given
 * out, so that pages stay right while events arrive.
 *
 * Each partition gives its matches in that order; the partitions are merged
 * lazily, those of older time are not opened before they are reached.  In
 * each one the first key that finds few rows is taken, and those are fetched
 * and sorted; what has no such key is read backwards in time, where a common
 * thing is soon found.
 */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "weir/mem.h"
#include "store_priv.h"

#define FEW	20000	/* rows that may be fetched and sorted */
#define RANGES	32	/* of one filter: as many as a set has bits */

enum {
#define X(m, filter, column) T_##m,
	QUERY_TEXTS(X)
#undef X
	T_COUNT
};

/* Numbers of the statements' parameters. */
enum {
	P_SINCE = 1, P_AT, P_SEQ, P_LIMIT, P_CLIENT_LO, P_CLIENT_HI, P_ROWS,
	P_KEYED, P_TEXTS
};
#define P_TEXT(i)	(P_TEXTS + (i))

/* A text to look for. */
struct needle {
	struct buf	text;
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
address_range(const struct search *x, enum key_type type, int i)
{
	struct str v = buf_str(&x->needles[i].text);

	return x->needles[i].is_domain ?
	    keys_domain(x->s, type, str_domain(v)) :
	    keys_address(x->s, type, v);
}

static size_t
set_ranges(enum key_type type, uint32_t set, struct key_range *ret)
{
	size_t n = 0;
	uint32_t i;

	for (i = 0; i < 32; i++)
		if (set >> i & 1)
			ret[n++] = (struct key_range){ type, i, i };
	return n;
}

/*
 * The ranges of keys one filter of the query asks for; a row is under at least
 * one of them.  Numbered from what is likely to find the fewest rows.
 */
static size_t
ranges_of(const struct search *x, int filter, struct key_range ret[RANGES])
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
			ret[0] = address_range(x, texts[filter].type, i);
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
		ret[n++] = address_range(x, BY_SENDER, T_domain);
		ret[n++] = address_range(x, BY_RECIPIENT, T_domain);
		break;
	case 2:
		return set_ranges(BY_CLASS, x->q->classes, ret);
	case 3:
		/* A row without a status has no key of it. */
		if (x->q->statuses >> STATUS_NONE & 1)
			break;
		return set_ranges(BY_STATUS, x->q->statuses, ret);
	}
	return n;
}
#define FILTERS	10

/* Rows by the first filter that finds few.  1: in `rows`; 0: none does; -1. */
static int
find_rows(const struct search *x, const struct partition *p, struct buf *rows,
    struct error *err)
{
	struct key_range ranges[RANGES];
	size_t i, n, found;
	int filter, rc;

	for (filter = 0; filter < FILTERS; filter++) {
		if ((n = ranges_of(x, filter, ranges)) == 0)
			continue;
		buf_clear(rows);
		for (i = found = 0, rc = 1; i < n && rc == 1; i++)
			rc = keys_find(x->s, p, &ranges[i], FEW, rows, &found,
			    err);
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
statement(const struct search *x, const struct partition *p,
    struct error *err)
{
	struct buf rows = { 0 };
	struct sql q = { .p = p };
	sqlite3_stmt *st = NULL;
	size_t limit = x->q->limit;
	int few;

	if ((few = find_rows(x, p, &rows, err)) == -1)
		goto out;
	buf_add_str(&q.b, STR("SELECT "));
	event_select(&q.b, p, false);
	buf_addf(&q.b, " FROM events_%06" PRId64, p->id);
	if (limit != 0)
		buf_addf(&q.b, " WHERE seq IN (SELECT seq FROM events_%06"
		    PRId64, p->id);
	add_matches(x, &q, few);
	if (limit != 0)
		buf_add_str(&q.b, STR(") ORDER BY at DESC, seq DESC"));
	if ((st = store_prepare(x->s, buf_cstr(&q.b), err)) == NULL)
		goto out;
	/* One more tells whether there is another page. */
	bind_all(x, st, limit == 0 ? -1 : (int64_t)limit + 1);
	if (few == 1) {
		sqlite3_bind_text(st, P_ROWS, rows.n == 0 ? "" : rows.p,
		    (int)rows.n, SQLITE_TRANSIENT);
		sqlite3_bind_int64(st, P_KEYED, p->keyed);
	}
out:
	buf_done(&q.b);
	buf_done(&rows);
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

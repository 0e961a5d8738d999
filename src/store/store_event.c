/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events in and out of their partition, revisions of stored ones, and the
 * roll-up of traffic by hour and class that both keep right.
 */
#include <assert.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>

#include "weir/usec.h"
#include "store_priv.h"

/* What store_revise_event rewrites, as parameters ?4 and up. */
#define REVISED_TEXTS(X)						\
	X(client_address) X(client_name) X(helo_name)			\
	X(sasl_method) X(sasl_username) X(encryption_protocol)		\
	X(protocol_name) X(local_user) X(origin_queue_id)
#define REVISED_NUMBERS(X) X(client_port) X(policy)

void
event_columns(struct buf *sql, bool with_types)
{
	const char *sep = "";

#define X(m, type)							\
	buf_addf(sql, "%s" #m "%s%s", sep, with_types ? " " : "",	\
	    with_types ? type : "");					\
	sep = with_types ? ",\n" : ", ";
	HEAD_COLUMNS(X)
#undef X
	/* Of text, or of whole numbers: SQLite's STRICT knows no other name. */
#define X(m) buf_addf(sql, "%s" #m "%s", sep, with_types ? " ANY" : "");
	EVENT_TEXTS(X)
#undef X
#define X(m) buf_addf(sql, "%s" #m "%s", sep, with_types ? " INTEGER" : "");
	EVENT_NUMBERS(X)
#undef X
}

void
event_select(struct buf *sql, const struct partition *p, bool named)
{
	const char *sep = "";

#define X(m, type)							\
	buf_addf(sql, "%s" #m, sep);					\
	sep = ", ";
	HEAD_COLUMNS(X)
#undef X
#define X(m)								\
	buf_add_str(sql, STR(", "));					\
	dict_column(sql, p, #m);					\
	if (named)							\
		buf_add_str(sql, STR(" AS " #m));
	EVENT_TEXTS(X)
#undef X
#define X(m) buf_add_str(sql, STR(", " #m));
	EVENT_NUMBERS(X)
#undef X
}

static void
bind_number(sqlite3_stmt *st, int i, int64_t v)
{
	if (v == -1)
		sqlite3_bind_null(st, i);
	else
		sqlite3_bind_int64(st, i, v);
}

/* The texts and numbers of the event's own tables. */
static void
give_field(const struct event *e, int column, sqlite3_context *ctx)
{
	static const uint16_t offsets[] = {
#define X(m) offsetof(struct event, m),
		EVENT_TEXTS(X)
		EVENT_NUMBERS(X)
#undef X
	};
	const char *at = (const char *)e + offsets[column - COLUMN_host];
	struct str text;
	int64_t n;

	if (column >= COLUMN_client_port) {
		memcpy(&n, at, sizeof(n));
		if (n != -1)
			sqlite3_result_int64(ctx, n);
		return;
	}
	memcpy(&text, at, sizeof(text));
	if (str_known(text))
		sqlite3_result_text(ctx, text.p, (int)text.n, SQLITE_STATIC);
}

static int64_t
flags_of(const struct event *e)
{
	int64_t flags = 0;

#define X(m, shift, mask) flags |= (int64_t)e->m << (shift);
	EVENT_FLAGS(X)
#undef X
	return flags;
}

void
event_to_row(const struct event *e, int column,
    sqlite3_context *ctx)
{
	switch (column) {
#define NUMBER(m)							\
	case COLUMN_##m:						\
		sqlite3_result_int64(ctx, (int64_t)e->m);		\
		break;
	NUMBER(seq)
	NUMBER(at)
	NUMBER(kind)
	NUMBER(class)
	NUMBER(status)
#undef NUMBER
	case COLUMN_id:
		sqlite3_result_blob(ctx, e->id, sizeof(e->id), SQLITE_STATIC);
		break;
	case COLUMN_flags:
		sqlite3_result_int64(ctx, flags_of(e));
		break;
	default:
		give_field(e, column, ctx);
	}
}

void
event_revise(struct event *e, const struct event *by)
{
	e->origin = by->origin;
#define X(m) e->m = by->m;
	REVISED_TEXTS(X)
	REVISED_NUMBERS(X)
#undef X
}

static int64_t
column_number(sqlite3_stmt *st, int i)
{
	return sqlite3_column_type(st, i) == SQLITE_NULL ? -1 :
	    sqlite3_column_int64(st, i);
}

/* A damaged number must not become an index out of a table. */
static int
in_table(int64_t v, int count)
{
	return v >= 0 && v < count ? (int)v : 0;
}

static int
column_enum(sqlite3_stmt *st, int i, int count)
{
	return in_table(sqlite3_column_int64(st, i), count);
}

void
event_head_of_row(sqlite3_stmt *st, struct event *ret)
{
	struct str id = store_column_str(st, COLUMN_id);
	int64_t flags;

	event_init(ret);
	if (id.n == sizeof(ret->id))
		memcpy(ret->id, id.p, sizeof(ret->id));
	ret->seq = sqlite3_column_int64(st, COLUMN_seq);
	ret->at = sqlite3_column_int64(st, COLUMN_at);
	ret->kind = (enum event_kind)column_enum(st, COLUMN_kind,
	    EVENT_KIND_COUNT);
	ret->class = (enum event_class)column_enum(st, COLUMN_class,
	    CLASS_COUNT);
	ret->status = (enum event_status)column_enum(st, COLUMN_status,
	    STATUS_COUNT);
	flags = sqlite3_column_int64(st, COLUMN_flags);
	ret->origin = (enum event_origin)in_table(flags & 15, ORIGIN_COUNT);
	ret->provenance = (enum provenance)in_table(flags >> 4 & 15,
	    PROVENANCE_LOCAL_USER + 1);
	ret->first = flags >> 8 & 1;
	ret->counted = flags >> 9 & 1;
	ret->local_hop = flags >> 10 & 1;
	ret->relay_hop = flags >> 11 & 1;
}

void
event_of_row(sqlite3_stmt *st, struct event *ret)
{
	event_head_of_row(st, ret);
#define X(m) ret->m = store_column_str(st, COLUMN_##m);
	EVENT_TEXTS(X)
#undef X
#define X(m) ret->m = column_number(st, COLUMN_##m);
	EVENT_NUMBERS(X)
#undef X
}

void
event_place(sqlite3_stmt *st, int64_t *ret_at, int64_t *ret_seq)
{
	*ret_at = sqlite3_column_int64(st, COLUMN_at);
	*ret_seq = sqlite3_column_int64(st, COLUMN_seq);
}

int
event_flush_traffic(struct store *s, struct error *err)
{
	sqlite3_stmt *st;
	size_t i;

	if (s->nsums == 0)
		return 0;
	if ((st = store_stmt(s, ST_ADD_TRAFFIC, err)) == NULL)
		return -1;
	for (i = 0; i < s->nsums; i++) {
		sqlite3_bind_int64(st, 1, s->sums[i].hour);
		sqlite3_bind_int(st, 2, s->sums[i].class);
		sqlite3_bind_int64(st, 3, s->sums[i].n);
		if (store_run(s, st, err) == -1)
			return -1;
	}
	s->nsums = 0;
	return 0;
}

static int
add_traffic(struct store *s, int64_t at, int class, int64_t n)
{
	int64_t hour = at / USEC_PER_HOUR;
	size_t i;

	for (i = 0; i < s->nsums; i++)
		if (s->sums[i].hour == hour && s->sums[i].class == class) {
			s->sums[i].n += n;
			return 0;
		}
	if (s->nsums == STORE_SUMS && event_flush_traffic(s, NULL) == -1)
		return -1;
	s->sums[s->nsums++] = (struct traffic_sum){ hour, n, class };
	return 0;
}

/* How much of the traffic an event is; 0 when it is not counted. */
static int64_t
traffic_of(enum event_kind kind, bool counted, int64_t repeat)
{
	switch (kind) {
	case EVENT_DELIVERY:
		if (!counted)
			return 0;
		break;
	case EVENT_REJECT:
	case EVENT_AUTH:
		break;
	default:
		return 0;
	}
	return repeat > 1 ? repeat : 1;
}

/*
 * In the table of a partition?  1, 0, -1.  `older`: not in the spare batch, so
 * that an owner who goes on in order of time need not wait until it is written.
 */
static int
find_stored(struct store *s, const struct event *e, bool older,
    struct stored *ret)
{
	struct partition *p;
	size_t i;
	int rc;

	for (i = s->nparts; i-- > 0; ) {
		p = &s->parts[i];
		if (older ? !partition_covers(p->older_min, p->older_max,
		    e->at) : !partition_covers(p->stored_min, p->stored_max,
		    e->at))
			continue;
		rc = partition_find(s, p, e, ret);
		if (rc != 0)
			return rc;
	}
	return 0;
}

int
store_add_event(struct store *s, struct event *e)
{
	struct partition *p;
	struct stored at;
	int rc;

	assert(s->in_tx);
	if (s->failed)
		return -1;
	if (batch_has(s, e->id))
		return 0;
	if ((rc = find_stored(s, e, true, &at)) != 0)
		return rc == 1 ? 0 : -1;
	if ((p = partition_current(s, NULL)) == NULL)
		return -1;
	e->seq = s->seq + 1;
	if (batch_add(s, e, NULL) == -1)
		return -1;
	p->last_seq = ++s->seq;
	p->rows++;
	p->dirty = true;
	if (e->at < p->min_at)
		p->min_at = e->at;
	if (e->at > p->max_at)
		p->max_at = e->at;
	if (add_traffic(s, e->at, (int)e->class, traffic_of(e->kind,
	    e->counted, e->repeat)) == -1)
		return -1;
	return 1;
}

int
event_find(struct store *s, const struct event *e, struct stored *ret)
{
	if (batch_find(s, e->id) != NULL && batch_flush(s, NULL) == -1)
		return -1;
	return find_stored(s, e, false, ret);
}

/*
 * An UPDATE of that partition.  The newest one's is kept, for nearly all
 * revisions fall there; release gives back the others.
 */
static sqlite3_stmt *
update_statement(struct store *s, const struct partition *p, bool whole)
{
	bool newest = p == &s->parts[s->nparts - 1];
	sqlite3_stmt **kept = whole ? &s->revise : &s->reclass;
	struct buf b = { 0 };
	sqlite3_stmt *st;
	int i = 4;

	if (newest && *kept != NULL)
		return *kept;
	buf_addf(&b, "UPDATE events_%06" PRId64 " SET class = ?2", p->id);
	if (whole)
		buf_addf(&b, ", flags = (flags & ~15) | ?3");
#define X(m)								\
	if (whole)							\
		buf_addf(&b, ", " #m " = ?%d", i++);
	REVISED_TEXTS(X)
	REVISED_NUMBERS(X)
#undef X
	buf_add_str(&b, STR(" WHERE seq = ?1"));
	st = store_prepare(s, buf_cstr(&b), NULL);
	buf_done(&b);
	if (newest)
		*kept = st;
	return st;
}

static int
rewrite(struct store *s, const struct stored *at, const struct event *e,
    bool whole)
{
	sqlite3_stmt *st;
	int i = 4, rc;

	if ((st = update_statement(s, at->partition, whole)) == NULL)
		return -1;
	sqlite3_bind_int64(st, 1, at->seq);
	sqlite3_bind_int(st, 2, (int)e->class);
	if (whole) {
		sqlite3_bind_int(st, 3, (int)e->origin);
#define X(m) store_bind_str(st, i++, e->m);
		REVISED_TEXTS(X)
#undef X
#define X(m) bind_number(st, i++, e->m);
		REVISED_NUMBERS(X)
#undef X
	}
	rc = store_run(s, st, NULL);
	if (st != s->revise && st != s->reclass)
		sqlite3_finalize(st);
	return rc == -1 ? -1 : keys_revise(s, at->partition, at->seq, e);
}

static int
add_revision(struct store *s, const struct event *e, int old_class,
    const char *why)
{
	sqlite3_stmt *st;

	if ((st = store_stmt(s, ST_ADD_REVISION, NULL)) == NULL)
		return -1;
	sqlite3_bind_int64(st, 1, ++s->seq);
	sqlite3_bind_blob(st, 2, e->id, sizeof(e->id), SQLITE_STATIC);
	sqlite3_bind_int(st, 3, old_class);
	sqlite3_bind_int(st, 4, (int)e->class);
	bind_number(st, 5, e->policy);
	store_bind_str(st, 6, str_of(why));
	return store_run(s, st, NULL);
}

int
event_uncount(struct store *s, const struct event *e, const struct stored *at)
{
	int64_t n = traffic_of((enum event_kind)at->kind, at->counted,
	    at->repeat);

	return n > 0 ? add_traffic(s, e->at, at->class, -n) : 0;
}

/*
 * Rewrite it where it is.  As find_stored; *ret is what it was.  Without
 * `whole` the class only, and only to a more serious one.
 */
static int
revise(struct store *s, const struct event *e, bool whole,
    struct stored *ret)
{
	struct event *row = batch_find(s, e->id);
	int rc;

	if (row != NULL) {
		*ret = (struct stored){ .class = (int)row->class,
		    .kind = (int)row->kind, .counted = row->counted,
		    .repeat = row->repeat };
		if (!whole && row->class >= e->class)
			return 1;
		if ((rc = batch_revise(s, row, e, whole, NULL)) != 0)
			return rc;
	}
	if ((rc = find_stored(s, e, false, ret)) != 1 ||
	    (!whole && ret->class >= (int)e->class))
		return rc;
	return rewrite(s, ret, e, whole) == -1 ? -1 : 1;
}

/* Take an event's traffic from one class to another. */
static int
move_traffic(struct store *s, int64_t at, int from, int to, int64_t n)
{
	if (n == 0 || from == to)
		return 0;
	return add_traffic(s, at, from, -n) == -1 ||
	    add_traffic(s, at, to, n) == -1 ? -1 : 0;
}

/* Where that number is; NULL: in none. */
static struct partition *
partition_of(struct store *s, int64_t seq)
{
	size_t i;

	for (i = s->nparts; i-- > 0; )
		if (s->parts[i].first_seq <= seq && seq <= s->parts[i].last_seq)
			return &s->parts[i];
	return NULL;
}

/* Its UPDATE by number; one is kept, for they come in order of time. */
static sqlite3_stmt *
judge_statement(struct store *s, const struct partition *p)
{
	char sql[STORE_SQL_MAX];

	if (store_connection(s, NULL) == -1)
		return NULL;
	if (s->judge != NULL && s->judge_id == p->id)
		return s->judge;
	sqlite3_finalize(s->judge);
	snprintf(sql, sizeof(sql), "UPDATE events_%06" PRId64 " SET class = ?2,"
	    " policy = ?3 WHERE seq = ?1 AND id = ?4", p->id);
	s->judge = store_prepare(s, sql, NULL);
	s->judge_id = p->id;
	return s->judge;
}

int
store_revise_class(struct store *s, const struct event *e,
    enum event_class before, const char *why)
{
	struct partition *p = partition_of(s, e->seq);
	sqlite3_stmt *st;

	assert(s->in_tx);
	if (s->failed)
		return -1;
	if (p == NULL)
		return 0;
	if ((st = judge_statement(s, p)) == NULL)
		return -1;
	sqlite3_bind_int64(st, 1, e->seq);
	sqlite3_bind_int(st, 2, (int)e->class);
	bind_number(st, 3, e->policy);
	sqlite3_bind_blob(st, 4, e->id, sizeof(e->id), SQLITE_STATIC);
	if (store_run(s, st, NULL) == -1)
		return -1;
	if (sqlite3_changes(s->db) == 0)
		return 0;
	if (keys_reclass(s, p, e->seq, e->class) == -1 ||
	    move_traffic(s, e->at, (int)before, (int)e->class,
	    traffic_of(e->kind, e->counted, e->repeat)) == -1)
		return -1;
	return add_revision(s, e, (int)before, why) == -1 ? -1 : 1;
}

int
store_revise_event(struct store *s, const struct event *e, const char *why)
{
	struct stored old;
	int64_t n;
	int rc;

	assert(s->in_tx);
	if (s->failed)
		return -1;
	if ((rc = revise(s, e, why != NULL, &old)) != 1)
		return rc;
	if (why == NULL && old.class >= (int)e->class)
		return 0;	/* a message only becomes more serious */
	n = traffic_of((enum event_kind)old.kind, old.counted, old.repeat);
	if (move_traffic(s, e->at, old.class, (int)e->class, n) == -1)
		return -1;
	return why == NULL ? 0 : add_revision(s, e, old.class, why);
}

int
store_each_traffic(struct store *s, int64_t since, int64_t until,
    void (*fn)(void *ctx, int64_t hour, enum event_class c, int64_t n),
    void *ctx, struct error *err)
{
	sqlite3_stmt *st;
	int rc;

	if (event_flush_traffic(s, err) == -1 ||
	    (st = store_stmt(s, ST_TRAFFIC, err)) == NULL)
		return -1;
	sqlite3_bind_int64(st, 1, since / USEC_PER_HOUR);
	sqlite3_bind_int64(st, 2, until == 0 ? INT64_MAX :
	    (until + USEC_PER_HOUR - 1) / USEC_PER_HOUR);
	while ((rc = sqlite3_step(st)) == SQLITE_ROW)
		fn(ctx, sqlite3_column_int64(st, 0) * USEC_PER_HOUR,
		    (enum event_class)column_enum(st, 1, CLASS_COUNT),
		    sqlite3_column_int64(st, 2));
	if (rc != SQLITE_DONE)
		store_fail(s, err, "read the traffic");
	sqlite3_reset(st);
	return rc == SQLITE_DONE ? 0 : -1;
}

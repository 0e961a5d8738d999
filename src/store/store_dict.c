/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The dictionary of a partition: texts that come again are stored once, in
 * the table dict_NNNNNN, and rows hold their numbers.
 *
 * The writer remembers of each text a keyed hash of 64 bits and its number, or
 * that it was seen once: a text gets a number when it comes for the second
 * time, or at once when it is a long one of a message, whose deliveries repeat
 * it.  Queue ids come two or three times and are short: they stay as they are.
 * Of a million texts two have one hash with a chance of 1 in 37 million; that
 * is what a wrong text would need.  The memory has a young half and an old one:
 * when the young is full it becomes the old, and what is met in the old moves
 * to the young.  What falls out, and all when a partition is opened again, gets
 * another number when it comes again, which costs bytes and nothing else.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "weir/mem.h"
#include "store_priv.h"

#define SLOTS		((size_t)1 << 16)	/* of each half */
#define SLOTS_USED	(SLOTS / 4 * 3)
#define TEXT_MIN	4	/* shorter ones are no longer than a number */
#define TEXT_MAX	1024
#define LONG_MIN	20	/* worth a row for two that hold its number */

struct slot {
	uint64_t	hash;		/* 0: free */
	uint32_t	number;		/* 0: seen once */
};

/* The text of the row before: many columns seldom change. */
struct before {
	struct str	text;
	uint32_t	number;
};

struct dict {
	struct slot	*young, *old;
	size_t		 used;		/* of the young */
	uint32_t	 last;		/* number given */
	sqlite3_stmt	*insert;
	/* Of the rows that are being written: 0 is "as it is". */
	uint32_t	(*numbers)[DICT_COLUMNS];
	struct before	 before[DICT_COLUMNS];
};

void
dict_done(struct store *s)
{
	struct dict *d = s->dict;

	if (d == NULL)
		return;
	sqlite3_finalize(d->insert);
	free(d->young);
	free(d->old);
	free(d->numbers);
	free(d);
	s->dict = NULL;
}

/* Of the newest partition, which has one. */
static int
dict_open(struct store *s, size_t nrows, struct error *err)
{
	const struct partition *p = &s->parts[s->nparts - 1];
	char sql[STORE_SQL_MAX];
	sqlite3_stmt *st;
	struct dict *d;

	snprintf(sql, sizeof(sql), "SELECT max(id) FROM dict_%06" PRId64,
	    p->id);
	if ((st = store_prepare(s, sql, err)) == NULL)
		return -1;
	s->dict = d = xcalloc(1, sizeof(*d));
	if (sqlite3_step(st) == SQLITE_ROW)
		d->last = (uint32_t)sqlite3_column_int64(st, 0);
	sqlite3_finalize(st);
	d->young = xcalloc(SLOTS, sizeof(*d->young));
	d->old = xcalloc(SLOTS, sizeof(*d->old));
	d->numbers = xcalloc(nrows, sizeof(*d->numbers));
	snprintf(sql, sizeof(sql), "INSERT INTO dict_%06" PRId64
	    " VALUES (?1, ?2)", p->id);
	return (d->insert = store_prepare(s, sql, err)) == NULL ? -1 : 0;
}

static struct slot *
find(struct slot *half, uint64_t hash)
{
	size_t i;

	for (i = hash % SLOTS; half[i].hash != 0 && half[i].hash != hash;
	    i = (i + 1) % SLOTS)
		;
	return &half[i];
}

/* Its slot; *ret_new: it was in neither half. */
static struct slot *
slot_of(struct dict *d, uint64_t hash, bool *ret_new)
{
	struct slot *slot = find(d->young, hash), *older, *half;

	*ret_new = false;
	if (slot->hash != 0)
		return slot;
	if (d->used == SLOTS_USED) {
		half = d->old;
		d->old = d->young;
		d->young = half;
		memset(half, 0, SLOTS * sizeof(*half));
		d->used = 0;
		slot = find(half, hash);
	}
	older = find(d->old, hash);
	*ret_new = older->hash == 0;
	slot->hash = hash;
	slot->number = older->number;
	d->used++;
	return slot;
}

static int
add(struct store *s, struct slot *slot, struct str text, struct error *err)
{
	struct dict *d = s->dict;

	sqlite3_bind_int64(d->insert, 1, ++d->last);
	store_bind_str(d->insert, 2, text);
	slot->number = d->last;
	return store_run(s, d->insert, err);
}

/* The number of a text, or 0; `first`: given at first sight. */
static int
number_of(struct store *s, struct str text, bool first, uint32_t *ret,
    struct error *err)
{
	struct slot *slot;
	uint64_t hash;
	bool new;

	hash = hash_64(s->hash_key, text);
	hash += hash == 0;
	slot = slot_of(s->dict, hash, &new);
	if (slot->number == 0 && (first || !new) &&
	    add(s, slot, text, err) == -1)
		return -1;
	*ret = slot->number;
	return 0;
}

static int
take_text(struct store *s, struct before *before, struct str text, bool first,
    uint32_t *ret, struct error *err)
{
	*ret = 0;
	if (text.n < TEXT_MIN || text.n > TEXT_MAX)
		return 0;
	if (before->number != 0 && str_eq(before->text, text)) {
		*ret = before->number;
		return 0;
	}
	if (number_of(s, text, first, ret, err) == -1)
		return -1;
	*before = (struct before){ text, *ret };
	return 0;
}

/* Their numbers stay 0. */
static bool
is_id(int column)
{
	return column == COLUMN_queue_id || column == COLUMN_origin_queue_id ||
	    column == COLUMN_cause_queue_id;
}

int
dict_take(struct store *s, const struct event *rows, size_t n, size_t max,
    struct error *err)
{
	struct dict *d;
	size_t i, k;

	if (s->dict == NULL && dict_open(s, max, err) == -1)
		return -1;
	d = s->dict;
	memset(d->before, 0, sizeof(d->before));
	for (i = 0; i < n; i++) {
		const struct event *e = &rows[i];
		bool first = e->kind == EVENT_MESSAGE;

		k = 0;
#define X(m)								\
		if (!is_id(COLUMN_##m) && take_text(s, &d->before[k],	\
		    e->m, first && e->m.n >= LONG_MIN,			\
		    &d->numbers[i][k], err) == -1)			\
			return -1;					\
		k++;
		EVENT_TEXTS(X)
#undef X
	}
	return 0;
}

uint32_t
dict_number(const struct store *s, size_t row, int text)
{
	return s->dict->numbers[row][text];
}

void
dict_column(struct buf *sql, const struct partition *p, const char *column)
{
	if (p->shape == SHAPE_PLAIN)
		buf_addf(sql, "%s", column);
	else
		buf_addf(sql, "iif(typeof(%s) = 'integer', (SELECT text FROM "
		    "dict_%06" PRId64 " d WHERE d.id = %s), %s)", column,
		    p->id, column, column);
}

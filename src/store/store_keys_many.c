/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Looking for many keys at once, which walks each bucket once for all.
 *
 * Who looks for message-ids over and over, as a reclassification does for pairs
 * that may come days after their message, asks many partitions that have none
 * of them.  So a closed partition remembers meanwhile which keys it has: two
 * bits for each in a word of a filter of a megabyte, which one foreign key in a
 * hundred passes.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "store_keys.h"

#define SEEN_WORDS	((size_t)1 << 17)
#define SEEN_MAX	32	/* filters at once */
#define SEEN_NEEDLES	64	/* for fewer none is made */

static uint64_t *
seen_word(uint64_t *seen, uint32_t key)
{
	return &seen[key >> 15];
}

static uint64_t
seen_bits(uint32_t key)
{
	return UINT64_C(1) << (key & 63) | UINT64_C(1) << (key >> 6 & 63);
}

static void
see_blob(uint64_t *seen, uint64_t bucket, struct str blob)
{
	uint64_t key = bucket << BUCKET_SHIFT >> KEY_SHIFT & UINT32_MAX;

	(void)get_varint(&blob);
	while (blob.n > 0) {
		key += get_varint(&blob);
		(void)get_varint(&blob);
		*seen_word(seen, (uint32_t)key) |= seen_bits((uint32_t)key);
	}
}

static int
see(struct store *s, struct partition *p, enum key_type type,
    struct error *err)
{
	char sql[STORE_SQL_MAX];
	sqlite3_stmt *st;
	int rc;

	snprintf(sql, sizeof(sql), "SELECT bucket, rows FROM keys_%06" PRId64
	    " WHERE bucket BETWEEN ?1 AND ?2", p->id);
	if ((st = store_prepare(s, sql, err)) == NULL)
		return -1;
	sqlite3_bind_int64(st, 1, (int64_t)(pair_of((int)type, 0) >>
	    BUCKET_SHIFT));
	sqlite3_bind_int64(st, 2, (int64_t)(pair_of((int)type, UINT32_MAX) >>
	    BUCKET_SHIFT));
	p->seen = xcalloc(SEEN_WORDS, sizeof(*p->seen));
	while ((rc = sqlite3_step(st)) == SQLITE_ROW)
		see_blob(p->seen, (uint64_t)sqlite3_column_int64(st, 0),
		    store_column_str(st, 1));
	if (rc != SQLITE_DONE) {
		store_fail(s, err, "read its keys");
		free(p->seen);
		p->seen = NULL;
	}
	sqlite3_finalize(st);
	return rc == SQLITE_DONE ? 0 : -1;
}

/* Give the filter of the oldest partition back when there are too many. */
static void
make_room(struct store *s)
{
	size_t i, n = 0, oldest = s->nparts;

	for (i = 0; i < s->nparts; i++) {
		if (s->parts[i].seen == NULL)
			continue;
		n++;
		if (oldest == s->nparts ||
		    s->parts[i].max_at < s->parts[oldest].max_at)
			oldest = i;
	}
	if (n < SEEN_MAX)
		return;
	free(s->parts[oldest].seen);
	s->parts[oldest].seen = NULL;
}

void
keys_forget_seen(struct store *s)
{
	size_t i;

	for (i = 0; i < s->nparts; i++) {
		free(s->parts[i].seen);
		s->parts[i].seen = NULL;
	}
}

/* In one bucket of one block; its needles. */
static void
find_in(const struct partition *p, uint64_t bucket, struct str blob,
    struct key_needle **v, size_t n, size_t max, struct rows *rows)
{
	uint64_t least = get_varint(&blob), off = least, delta;
	uint64_t key = bucket << BUCKET_SHIFT >> KEY_SHIFT & UINT32_MAX;
	bool first = true;
	size_t i = 0;

	for (; blob.n > 0; first = false) {
		if ((delta = get_varint(&blob)) != 0 || first)
			off = least;
		key += delta;
		off += get_varint(&blob);
		while (v[i]->key < key)
			if (++i == n)
				return;
		if (v[i]->key == key && v[i]->found++ < max)
			keys_add_row(rows, p->first_seq + (int64_t)off);
	}
}

/* The same among keys that are in no block yet. */
static void
find_fresh(const struct partition *p, enum key_type type,
    struct key_needle **v, size_t n, size_t max, struct rows *rows)
{
	size_t i, lo, hi, mid;

	for (i = 0; i < p->fresh.n; i++) {
		uint64_t pair = p->fresh.v[i];
		uint32_t key = (uint32_t)(pair >> KEY_SHIFT);

		if (pair >> TYPE_SHIFT != (uint64_t)type)
			continue;
		for (lo = 0, hi = n; lo < hi; ) {
			mid = lo + (hi - lo) / 2;
			if (v[mid]->key < key)
				lo = mid + 1;
			else
				hi = mid;
		}
		if (lo < n && v[lo]->key == key && v[lo]->found++ < max)
			keys_add_row(rows, p->first_seq + (int64_t)(pair &
			    OFF_MASK));
	}
}

/* Those needles that the partition may have. */
static size_t
choose(const struct partition *p, struct key_needle *v, size_t n,
    struct key_needle **ret)
{
	size_t i, m = 0;
	uint64_t bits;

	for (i = 0; i < n; i++) {
		bits = seen_bits(v[i].key);
		if (p->seen == NULL ||
		    (*seen_word(p->seen, v[i].key) & bits) == bits)
			ret[m++] = &v[i];
	}
	return m;
}

static int
find_blocks(struct store *s, const struct partition *p, enum key_type type,
    struct key_needle **v, size_t n, size_t max, struct rows *rows,
    struct error *err)
{
	char sql[STORE_SQL_MAX];
	sqlite3_stmt *st;
	uint64_t bucket;
	size_t i, end;
	int rc = SQLITE_DONE;

	snprintf(sql, sizeof(sql), "SELECT rows FROM keys_%06" PRId64
	    " WHERE bucket = ?1", p->id);
	if ((st = store_prepare(s, sql, err)) == NULL)
		return -1;
	for (i = 0; i < n && rc == SQLITE_DONE; i = end) {
		bucket = pair_of((int)type, v[i]->key) >> BUCKET_SHIFT;
		for (end = i + 1; end < n && pair_of((int)type,
		    v[end]->key) >> BUCKET_SHIFT == bucket; end++)
			;
		sqlite3_bind_int64(st, 1, (int64_t)bucket);
		while ((rc = sqlite3_step(st)) == SQLITE_ROW)
			find_in(p, bucket, store_column_str(st, 0), &v[i],
			    end - i, max, rows);
		sqlite3_reset(st);
	}
	if (rc != SQLITE_DONE)
		store_fail(s, err, "read its keys");
	sqlite3_finalize(st);
	return rc == SQLITE_DONE ? 0 : -1;
}

int
keys_find_many(struct store *s, struct partition *p, enum key_type type,
    struct key_needle *v, size_t n, size_t max, struct rows *rows,
    struct error *err)
{
	struct key_needle **chosen;
	int rc = 0;
	size_t m;

	if (type == BY_MESSAGE && p->seen == NULL && p->closed &&
	    p->keyed >= p->last_seq && n >= SEEN_NEEDLES) {
		make_room(s);
		if (see(s, p, type, err) == -1)
			return -1;
	}
	chosen = xcalloc(n, sizeof(struct key_needle *));
	if (type == BY_MESSAGE)
		m = choose(p, v, n, chosen);
	else
		for (m = 0; m < n; m++)
			chosen[m] = &v[m];
	if (m > 0)
		rc = find_blocks(s, p, type, chosen, m, max, rows, err);
	if (rc == 0)
		find_fresh(p, type, chosen, m, max, rows);
	free(chosen);
	return rc;
}

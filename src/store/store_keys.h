/* SPDX-License-Identifier: Apache-2.0 */
/* How search keys lie in their blocks; see store_keys.c. */
#ifndef WEIR_STORE_KEYS_H
#define WEIR_STORE_KEYS_H

#include <assert.h>

#include "weir/mem.h"
#include "store_priv.h"

/* A pair is type, key, and the row's distance from the partition's first. */
#define TYPE_SHIFT	60
#define KEY_SHIFT	28
#define BUCKET_SHIFT	54
#define OFF_MASK	((UINT64_C(1) << KEY_SHIFT) - 1)
#define KEY_MASK	((UINT64_C(1) << (BUCKET_SHIFT - KEY_SHIFT)) - 1)
#define VARINT_MAX	10	/* bytes of one */
#define DOMAIN_SHIFT	14	/* bits of the local part */
#define SMALL_SHIFT	(BUCKET_SHIFT - KEY_SHIFT)

static_assert(STORE_KEYS_SPAN == OFF_MASK, "a row's distance fits");
static_assert(BY_TYPES <= 16, "a type has four bits");

static inline uint64_t
pair_of(int type, uint32_t key)
{
	return (uint64_t)type << TYPE_SHIFT | (uint64_t)key << KEY_SHIFT;
}

static inline uint64_t
get_varint(struct str *s)
{
	uint64_t v = 0;
	int shift;

	for (shift = 0; s->n > 0 && shift < 63; shift += 7) {
		unsigned char c = (unsigned char)*s->p;

		s->p++;
		s->n--;
		v |= (uint64_t)(c & 127) << shift;
		if (c < 128)
			break;
	}
	return v;
}

static inline void
keys_add_row(struct rows *rows, int64_t seq)
{
	if (rows->n == rows->cap) {
		rows->cap = rows->cap == 0 ? 64 : 2 * rows->cap;
		rows->v = xreallocarray(rows->v, rows->cap, sizeof(*rows->v));
	}
	rows->v[rows->n++] = seq;
}

#endif

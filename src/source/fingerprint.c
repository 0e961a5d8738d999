/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The hash has the fixed key: a fingerprint is stored, and means the same on
 * every host.  Somebody who can write a log's first KiB at will could make two
 * files look like one; he could as well delete the log.
 */
#include <assert.h>

#include "weir/hash.h"

#include "fingerprint.h"

void
fingerprint_extend(struct stream *st, struct str head)
{
	size_t n = head.n;

	if (n > STREAM_FINGERPRINT_SPAN)
		n = STREAM_FINGERPRINT_SPAN;
	if ((int64_t)n > st->offset)
		n = (size_t)st->offset;
	if (n <= st->fingerprint_len)
		return;
	hash_128(HASH_KEY_FIXED, str_head(head, n), st->fingerprint);
	st->fingerprint_len = (uint32_t)n;
}

bool
fingerprint_matches(const struct stream *st, struct str head)
{
	uint8_t got[sizeof(st->fingerprint)];

	if (st->fingerprint_len == 0 || st->fingerprint_len > head.n)
		return false;
	hash_128(HASH_KEY_FIXED, str_head(head, st->fingerprint_len), got);
	return memcmp(got, st->fingerprint, sizeof(got)) == 0;
}

const struct stream *
fingerprint_find(const struct streams *known, struct str head)
{
	uint8_t got[sizeof(((struct stream *)0)->fingerprint)];
	const struct stream *best = NULL, *st;
	uint32_t hashed = 0;
	size_t i;

	for (i = 0; i < known->n; i++) {
		st = &known->v[i];
		if (st->fingerprint_len == 0 || st->fingerprint_len > head.n ||
		    (best != NULL &&
		    best->fingerprint_len >= st->fingerprint_len))
			continue;
		/* Nearly all are as long as the span: hash once. */
		if (st->fingerprint_len != hashed) {
			hashed = st->fingerprint_len;
			hash_128(HASH_KEY_FIXED, str_head(head, hashed), got);
		}
		if (memcmp(got, st->fingerprint, sizeof(got)) == 0)
			best = st;
	}
	return best;
}

uint32_t
fingerprint_chain(struct str head)
{
	uint8_t h[16];
	uint32_t chain;

	hash_128(HASH_KEY_FIXED, str_head(head, STREAM_FINGERPRINT_SPAN), h);
	chain = (uint32_t)h[0] << 24 | (uint32_t)h[1] << 16 |
	    (uint32_t)h[2] << 8 | h[3];
	return chain == 0 ? 1 : chain;
}

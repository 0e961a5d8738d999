/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SipHash-2-4: four 64-bit words are mixed by two rounds for every eight bytes
 * of input (little-endian; the last word carries the length in its top byte)
 * and four rounds at the end.  The 128-bit form differs in three constants and
 * takes a second word after four more rounds.
 */
#include <endian.h>

#include "weir/hash.h"

struct sip {
	uint64_t	v0, v1, v2, v3;
};

static inline uint64_t
rotl(uint64_t x, int b)
{
	return x << b | x >> (64 - b);
}

static inline void
sip_round(struct sip *s)
{
	s->v0 += s->v1;
	s->v1 = rotl(s->v1, 13) ^ s->v0;
	s->v0 = rotl(s->v0, 32);
	s->v2 += s->v3;
	s->v3 = rotl(s->v3, 16) ^ s->v2;
	s->v0 += s->v3;
	s->v3 = rotl(s->v3, 21) ^ s->v0;
	s->v2 += s->v1;
	s->v1 = rotl(s->v1, 17) ^ s->v2;
	s->v2 = rotl(s->v2, 32);
}

static inline uint64_t
load_le(const unsigned char *p, size_t n)
{
	uint64_t v = 0;

	for (size_t i = n; i-- > 0; )
		v = v << 8 | p[i];
	return v;
}

static inline uint64_t
load_word(const unsigned char *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return le64toh(v);
}

static inline void
sip_word(struct sip *s, uint64_t m)
{
	s->v3 ^= m;
	sip_round(s);
	sip_round(s);
	s->v0 ^= m;
}

static struct sip
sip_absorb(struct hash_key key, struct str text, uint64_t tweak)
{
	const unsigned char *p = (const unsigned char *)text.p;
	size_t n = text.n;
	struct sip s = {
		key.k0 ^ UINT64_C(0x736f6d6570736575),
		key.k1 ^ UINT64_C(0x646f72616e646f6d) ^ tweak,
		key.k0 ^ UINT64_C(0x6c7967656e657261),
		key.k1 ^ UINT64_C(0x7465646279746573),
	};

	for (; n >= 8; p += 8, n -= 8)
		sip_word(&s, load_word(p));
	sip_word(&s, (uint64_t)text.n << 56 | load_le(p, n));
	return s;
}

static uint64_t
sip_squeeze(struct sip *s)
{
	for (int i = 0; i < 4; i++)
		sip_round(s);
	return s->v0 ^ s->v1 ^ s->v2 ^ s->v3;
}

uint64_t
hash_64(struct hash_key key, struct str s)
{
	struct sip state = sip_absorb(key, s, 0);

	state.v2 ^= 0xff;
	return sip_squeeze(&state);
}

static void
store_le(uint8_t *p, uint64_t v)
{
	for (int i = 0; i < 8; i++)
		p[i] = (uint8_t)(v >> (8 * i));
}

void
hash_128(struct hash_key key, struct str s, uint8_t ret[16])
{
	struct sip state = sip_absorb(key, s, 0xee);

	state.v2 ^= 0xee;
	store_le(ret, sip_squeeze(&state));
	state.v1 ^= 0xdd;
	store_le(ret + 8, sip_squeeze(&state));
}

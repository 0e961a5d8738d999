/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SipHash-2-4, the keyed hash of Aumasson and Bernstein (INDOCRYPT 2012),
 * 64 and 128 bit.  A key that an attacker does not know keeps hash tables
 * fast; the all-zero key gives values that are the same on every host.
 */
#ifndef WEIR_HASH_H
#define WEIR_HASH_H

#include <stdint.h>

#include "weir/str.h"

struct hash_key {
	uint64_t	k0, k1;
};

#define HASH_KEY_FIXED	((struct hash_key){ 0, 0 })

uint64_t	hash_64(struct hash_key key, struct str s);
void		hash_128(struct hash_key key, struct str s, uint8_t ret[16]);

#endif

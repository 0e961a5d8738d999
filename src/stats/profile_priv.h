/* SPDX-License-Identifier: Apache-2.0 */
/* What profile.c and profile_pack.c share. */
#ifndef WEIR_PROFILE_PRIV_H
#define WEIR_PROFILE_PRIV_H

#include "weir/profile.h"
#include "weir/seen.h"
#include "doorkeeper.h"
#include "slab.h"

/* A network that a login was used from; hours since 1970. */
struct net {
	uint32_t	id, first, last;	/* first 0: always */
};

struct nets {
	struct net	net[PROFILE_NETS];
	uint32_t	n;
};

struct top {
	uint64_t	id;
	uint8_t		use;
	struct topk	topk;
};

/* A text and the hash of its key. */
struct site {
	uint64_t	hash;
	size_t		n;		/* 0: none yet */
	char		text[KEY_TEXT_MAX - 1];
};

struct profile {
	struct hash_key	 key;
	struct site	 sites[2];	/* the last host; all */
	size_t		 cap_bytes;
	int64_t		 began;
	struct slab	 series[2];	/* of keys anybody makes up; proven */
	struct slab	 actors[2];	/* the same */
	struct slab	 tops;
	struct seen	*seen[2];	/* by strangers; by accounts */
	struct doorkeeper door;
	struct season	 season;
	uint64_t	 refused;
};

/* What an actor owns beside its row. */
size_t	profile_outside(const struct actor *a);

#endif

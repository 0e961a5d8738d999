/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Linear probing in a power of two of slots, at most three quarters used.  A
 * removed entry leaves a mark, so that a walk may remove what it stands on;
 * marks go when the slots are laid out anew, which is also when a map that
 * emptied becomes small again.
 */
#include <assert.h>
#include <stdlib.h>

#include "weir/map.h"
#include "weir/mem.h"

#define SLOTS_MIN	16

struct slot {
	uint64_t	 hash;
	char		*key;	/* NULL: free, or a mark if `value` is set */
	size_t		 n;
	void		*value;
};

struct map {
	struct hash_key	 key;
	struct slot	*slots;
	size_t		 nslots, nused, nlive;	/* used: live and marks */
};

struct map *
map_new(struct hash_key key)
{
	struct map *m = xcalloc(1, sizeof(*m));

	m->key = key;
	m->nslots = SLOTS_MIN;
	m->slots = xcalloc(m->nslots, sizeof(*m->slots));
	return m;
}

void
map_free(struct map *m, void (*free_value)(void *))
{
	if (m == NULL)
		return;
	for (size_t i = 0; i < m->nslots; i++) {
		if (m->slots[i].key == NULL)
			continue;
		free(m->slots[i].key);
		if (free_value != NULL)
			free_value(m->slots[i].value);
	}
	free(m->slots);
	free(m);
}

size_t
map_count(const struct map *m)
{
	return m->nlive;
}

/* The slot that holds the key, or NULL. */
static struct slot *
find(const struct map *m, struct str key, uint64_t hash)
{
	for (size_t i = hash;; i++) {
		struct slot *s = &m->slots[i & (m->nslots - 1)];

		if (s->key == NULL && s->value == NULL)
			return NULL;
		if (s->key != NULL && s->hash == hash && s->n == key.n &&
		    memcmp(s->key, key.p, key.n) == 0)
			return s;
	}
}

/* The first free slot for a hash, in slots without marks. */
static struct slot *
place(struct slot *slots, size_t nslots, uint64_t hash)
{
	for (size_t i = hash;; i++)
		if (slots[i & (nslots - 1)].key == NULL)
			return &slots[i & (nslots - 1)];
}

/* Lay the entries out anew with room for one more. */
static void
resize(struct map *m)
{
	size_t n = SLOTS_MIN;
	struct slot *slots;

	while (n < (m->nlive + 1) * 2)
		n *= 2;
	slots = xcalloc(n, sizeof(*slots));
	for (size_t i = 0; i < m->nslots; i++)
		if (m->slots[i].key != NULL)
			*place(slots, n, m->slots[i].hash) = m->slots[i];
	free(m->slots);
	m->slots = slots;
	m->nslots = n;
	m->nused = m->nlive;
}

void *
map_get(const struct map *m, struct str key)
{
	struct slot *s;

	if (m->nlive == 0)
		return NULL;
	if (key.p == NULL)
		key.p = "";
	s = find(m, key, hash_64(m->key, key));
	return s == NULL ? NULL : s->value;
}

void *
map_put(struct map *m, struct str key, void *value)
{
	uint64_t hash;
	struct slot *s;
	void *old;
	size_t i;

	assert(value != NULL);
	if (key.p == NULL)
		key.p = "";
	hash = hash_64(m->key, key);
	s = find(m, key, hash);
	if (s != NULL) {
		old = s->value;
		s->value = value;
		return old;
	}
	if (m->nused + 1 > m->nslots / 4 * 3)
		resize(m);
	/* A mark may be filled again: the key is known not to be behind it. */
	for (i = hash; m->slots[i & (m->nslots - 1)].key != NULL; i++)
		continue;
	s = &m->slots[i & (m->nslots - 1)];
	if (s->value == NULL)
		m->nused++;
	*s = (struct slot){ hash, xmemdup(key.p, key.n), key.n, value };
	m->nlive++;
	return NULL;
}

void *
map_del(struct map *m, struct str key)
{
	struct slot *s;
	void *value;

	if (key.p == NULL)
		key.p = "";
	s = find(m, key, hash_64(m->key, key));
	if (s == NULL)
		return NULL;
	value = s->value;
	free(s->key);	/* `key` may be this very text, from map_next */
	s->key = NULL;
	s->value = m;	/* the mark: any pointer but NULL */
	m->nlive--;
	return value;
}

bool
map_next(const struct map *m, size_t *iter, struct str *ret_key,
    void **ret_value)
{
	while (*iter < m->nslots) {
		const struct slot *s = &m->slots[(*iter)++];

		if (s->key == NULL)
			continue;
		if (ret_key != NULL)
			*ret_key = (struct str){ s->key, s->n };
		if (ret_value != NULL)
			*ret_value = s->value;
		return true;
	}
	return false;
}

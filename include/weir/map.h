/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A keyed map: bytes to pointer, open addressing over SipHash.  Keys are
 * copied; values are the caller's.  No result may depend on the order of
 * iteration.
 */
#ifndef WEIR_MAP_H
#define WEIR_MAP_H

#include "weir/hash.h"

struct map;

struct map	*map_new(struct hash_key key);
/* free_value may be NULL; a NULL map is allowed. */
void		 map_free(struct map *m, void (*free_value)(void *));
size_t		 map_count(const struct map *m);
/* NULL when absent. */
void		*map_get(const struct map *m, struct str key);
/* Returns the value that was there, or NULL.  `value` must not be NULL. */
void		*map_put(struct map *m, struct str key, void *value);
/* Takes the entry out and returns its value, or NULL. */
void		*map_del(struct map *m, struct str key);
/*
 * Walk: start with *iter = 0; false at the end.  map_del of the entry just
 * given is allowed, map_put is not.
 */
bool		 map_next(const struct map *m, size_t *iter,
		    struct str *ret_key, void **ret_value);

#endif

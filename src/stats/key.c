/* SPDX-License-Identifier: Apache-2.0 */
/* See key.h. */
#include "weir/key.h"

static const char *const names[] = {
#define X(e, name) [KEY_##e] = name,
	ALERT_KEY_TYPES(X)
#undef X
};

const char *
key_type_name(enum alert_key_type k)
{
	return names[k];
}

enum alert_key_type
key_type_of(struct str name)
{
	return (enum alert_key_type)str_name_index(names, KEY_TYPE_COUNT,
	    name);
}

struct str
key_cut(struct str text, size_t max)
{
	if (text.n <= max)
		return text;
	/* 10xxxxxx goes on with a character of UTF-8 (RFC 3629). */
	while (max > 0 && ((unsigned char)text.p[max] & 0xc0) == 0x80)
		max--;
	return str_head(text, max);
}

static size_t
add_lower(char *to, size_t at, struct str s)
{
	s = str_head(s, KEY_TEXT_MAX - 1);
	for (size_t i = 0; i < s.n; i++)
		to[at++] = s.p[i] >= 'A' && s.p[i] <= 'Z' ?
		    (char)(s.p[i] + ('a' - 'A')) : s.p[i];
	return at;
}

struct key
key_make(struct hash_key k, enum alert_key_type type, struct str host,
    struct str text)
{
	char	b[2 * KEY_TEXT_MAX];
	size_t	n = 0;

	b[n++] = (char)type;
	n = add_lower(b, n, host);
	b[n++] = '\0';
	n = add_lower(b, n, text);
	return (struct key){ type, hash_64(k, (struct str){ b, n }),
	    key_cut(text, KEY_TEXT_MAX - 1), host };
}

uint64_t
key_pair(const struct key *k, char what, struct str text)
{
	char	b[3 * KEY_TEXT_MAX + 3];
	size_t	n = 0;

	b[n++] = (char)k->type;
	n = add_lower(b, n, k->host);
	b[n++] = '\0';
	n = add_lower(b, n, k->text);
	b[n++] = what;
	n = add_lower(b, n, text);
	return hash_64(HASH_KEY_FIXED, (struct str){ b, n });
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A slice: borrowed text, passed by value, not ended by NUL.
 *
 * p == NULL means "not known"; n == 0 with p set means "known to be empty"
 * (the null sender is that).  A slice lives as long as what it points into.
 */
#ifndef WEIR_STR_H
#define WEIR_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct str {
	const char	*p;
	size_t		 n;
};

#define STR(lit)	((struct str){ "" lit, sizeof(lit) - 1 })
#define STR_NONE	((struct str){ NULL, 0 })
#define STR_NPOS	((size_t)-1)
/* For printf's "%.*s". */
#define STRF(s)		((int)(s).n), ((s).p == NULL ? "" : (s).p)

static inline struct str
str_of(const char *c)
{
	return (struct str){ c, c == NULL ? 0 : strlen(c) };
}

static inline bool
str_known(struct str s)
{
	return s.p != NULL;
}

/* Equal bytes; unknown equals empty. */
static inline bool
str_eq(struct str a, struct str b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static inline bool
str_starts(struct str s, struct str prefix)
{
	return s.n >= prefix.n &&
	    (prefix.n == 0 || memcmp(s.p, prefix.p, prefix.n) == 0);
}

static inline bool
str_ends(struct str s, struct str suffix)
{
	return s.n >= suffix.n && (suffix.n == 0 ||
	    memcmp(s.p + s.n - suffix.n, suffix.p, suffix.n) == 0);
}

/* The first n bytes, the rest from n on; n is cut to the length. */
struct str	str_head(struct str s, size_t n);
struct str	str_tail(struct str s, size_t n);
/* ASCII case is ignored. */
bool		str_eq_nocase(struct str a, struct str b);
/* Order of memcmp, then of length. */
int		str_cmp(struct str a, struct str b);
/* Offset of the first or last occurrence, or STR_NPOS. */
size_t		str_find(struct str s, struct str needle);
size_t		str_rfind(struct str s, struct str needle);
size_t		str_find_char(struct str s, char c);
size_t		str_rfind_char(struct str s, char c);
/*
 * Cut *rest at the first `delim`: the part before it goes to *ret_head, *rest
 * becomes what is after it.  Without a delimiter the head is all of it and
 * *rest becomes empty.  False when *rest was unknown or already used up.
 */
bool		str_cut(struct str *rest, char delim, struct str *ret_head);
/* Without blanks, tabs, CR and LF at both ends. */
struct str	str_trim(struct str s);
/* Whole slice is a number; false leaves *ret alone. */
bool		str_to_u64(struct str s, uint64_t *ret);
bool		str_to_i64(struct str s, int64_t *ret);
/* A C string of it; the caller frees. */
char		*str_dup(struct str s);
/* Copied into a C array, cut to fit; always ends with NUL. */
void		 str_copy(struct str s, char *dst, size_t size);
/* Index of the name in a table of n; n when it is not there. */
size_t		str_name_index(const char *const *names, size_t n,
		    struct str name);
/* The domain of an address: after the last '@'; unknown without one. */
struct str	str_domain(struct str address);

#endif

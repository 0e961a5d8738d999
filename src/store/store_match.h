/* SPDX-License-Identifier: Apache-2.0 */
/* What a query looks for, and the statement that finds it in a partition. */
#ifndef WEIR_STORE_MATCH_H
#define WEIR_STORE_MATCH_H

#include "store_priv.h"

enum {
#define X(m, filter, column) T_##m,
	QUERY_TEXTS(X)
#undef X
	T_COUNT
};

/* A text to look for. */
struct needle {
	struct buf	text;
	bool		is_domain;
};

/* The query with its values made ready for binding. */
struct search {
	struct store		*s;
	const struct query	*q;
	int64_t			 since, at, seq;  /* below (at, seq) */
	struct ip		 client_lo, client_hi;
	const char		*values[T_COUNT];	/* NULL: any */
	struct needle		 needles[T_COUNT];
};

/* Make the query's values ready; x->s and x->q are set. */
int	match_prepare(struct search *x, struct error *err);
void	match_done(struct search *x);
/*
 * A statement that gives a partition's matches in order.  *ret is NULL when
 * there are none, which needs no statement.
 */
int	match_begin(const struct search *x, const struct partition *p,
	    sqlite3_stmt **ret, struct error *err);

#endif

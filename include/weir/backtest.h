/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What these settings would have raised: stored history goes through a new
 * engine in the order in which it came, and its alerts are laid beside those
 * that were raised.  Nothing is stored.
 */
#ifndef WEIR_BACKTEST_H
#define WEIR_BACKTEST_H

#include "weir/alert.h"
#include "weir/config.h"
#include "weir/store.h"

/* Baselines are learnt from so much before the time that is compared. */
#define BACKTEST_LEARN_US	(42 * USEC_PER_DAY)

struct backtest_options {
	const struct config	*config;
	int64_t			 since, until;	/* 0: all there is */
	/* Borrowed; may be NULL. */
	void	(*progress)(void *ctx, int64_t events, int64_t at);
	void	*ctx;
};

/* One alert of either, or the same of both; owned. */
struct backtest_pair {
	struct alert	*was, *would;
};

struct backtest {
	struct backtest_pair	*pairs;		/* by time */
	size_t			 n, nboth, nwas, nwould;
	int64_t			 events;
	int64_t			 first_at, last_at;	/* compared between */
};

/* 0, or -1 with the error filled.  backtest_done frees either way. */
int	backtest_run(struct store *s, const struct backtest_options *o,
	    struct backtest *ret, struct error *err);
void	backtest_done(struct backtest *b);

#endif

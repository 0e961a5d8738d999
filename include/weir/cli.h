/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The commands, one const entry each (src/cli/cmd_<name>.c); usage, help and
 * completion come from the entries.
 */
#ifndef WEIR_CLI_H
#define WEIR_CLI_H

#include <stdbool.h>
#include <stddef.h>

#include "weir/error.h"

/* What programs may rely on; weir(1) names them. */
enum { EXIT_OK = 0, EXIT_FINDINGS = 1, EXIT_USAGE = 2, EXIT_WORLD = 3 };

#define COMMANDS(X)							\
	X(daemon) X(import) X(query) X(alerts) X(explain) X(status)	\
	X(test) X(config) X(backtest) X(reclassify) X(help)

struct command {
	const char	*name;
	const char	*usage;		/* what follows the name; "[a|b]" and
					 * "--c" are completed, "[FILTER...]"
					 * stands for those of query.h */
	const char	*summary;	/* one line */
	const char	*help;		/* options, one a line; may be NULL */
	/* argv[0] is "weir NAME".  EXIT_USAGE has the usage printed. */
	int		(*run)(int argc, char **argv);
};

#define X(n) extern const struct command cmd_##n;
COMMANDS(X)
#undef X

/* NULL past the end; NULL when there is none of that name. */
const struct command	*cli_at(size_t i);
const struct command	*cli_find(const char *name);
/* Does it take the filters of query.h? */
bool	cli_filters(const struct command *c);
/* The list of commands, or the whole help of one. */
void	cli_help(const struct command *c);
/* What main does. */
int	cli_main(int argc, char **argv);
/*
 * The database to use: `db`, or the one in the state directory of the
 * configuration (`config` NULL: the usual place).  -1: said why.
 */
int	cli_db_path(const char *config, const char *db, char *ret,
	    size_t size);
/* Say what went wrong on standard error.  Returns EXIT_WORLD. */
int	cli_fail(const struct error *err);
/* As cli_fail.  Returns EXIT_USAGE. */
int	cli_usage(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The commands, one const entry each (src/cli/cmd_<name>.c); usage, help and
 * completion come from the entries.
 */
#ifndef WEIR_CLI_H
#define WEIR_CLI_H

/* Exit statuses of CONTRACT. */
enum { EXIT_OK = 0, EXIT_FINDINGS = 1, EXIT_USAGE = 2, EXIT_WORLD = 3 };

#define COMMANDS(X)							\
	X(daemon) X(import) X(query) X(alerts) X(explain) X(status)	\
	X(test) X(config) X(reclassify) X(help)

struct command {
	const char	*name;
	const char	*usage;		/* what follows the name */
	const char	*summary;	/* one line */
	const char	*help;		/* options, one a line; may be NULL */
	int		(*run)(int argc, char **argv);
};

#define X(n) extern const struct command cmd_##n;
COMMANDS(X)
#undef X

#endif

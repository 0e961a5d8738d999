/* SPDX-License-Identifier: Apache-2.0 */
/*
 * weir help: of all, of one command, and the words that complete a command
 * line (contrib/completion asks for them).
 */
#include <stdio.h>
#include <string.h>

#include "weir/cli.h"
#include "weir/query.h"

/* Each "--option", and each word behind "[" or "|", of a usage. */
static void
print_words(const char *usage)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz-";

	for (const char *p = usage; *p != '\0'; p++) {
		size_t n = 0;

		if (p[0] == '-' && p[1] == '-')
			n = strspn(p, letters);
		else if (*p == '[' || *p == '|')
			n = strspn(++p, letters);
		if (n > 1)
			printf("%.*s\n", (int)n, p);
		p += n == 0 ? 0 : n - 1;
	}
}

static int
words(const char *name)
{
	const struct command *c = name == NULL ? NULL : cli_find(name);
	const char *filter;

	if (c == NULL || c == &cmd_help) {
		for (size_t i = 0; (c = cli_at(i)) != NULL; i++)
			printf("%s\n", c->name);
		return EXIT_OK;
	}
	print_words(c->usage);
	for (size_t i = 0; cli_filters(c) &&
	    (filter = query_filter_name(i)) != NULL; i++)
		printf("--%s\n", filter);
	return EXIT_OK;
}

static int
run(int argc, char **argv)
{
	const struct command *c;

	if (argc > 1 && strcmp(argv[1], "--words") == 0)
		return words(argc > 2 ? argv[2] : NULL);
	if (argc > 2)
		return cli_usage("help takes one command");
	if (argc < 2) {
		cli_help(NULL);
		return EXIT_OK;
	}
	c = cli_find(argv[1]);
	if (c == NULL)
		return cli_usage("there is no command \"%s\"", argv[1]);
	cli_help(c);
	return EXIT_OK;
}

const struct command cmd_help = {
	"help", "[COMMAND]", "tell about weir or one of its commands", NULL,
	run,
};

/* SPDX-License-Identifier: Apache-2.0 */
/* Finding the command, its help, and what the commands have in common. */
#include <errno.h>
#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "weir/cli.h"
#include "weir/pipeline.h"
#include "weir/suggest.h"

#define COLUMNS	80

static const struct command *const commands[] = {
#define X(n) &cmd_##n,
	COMMANDS(X)
#undef X
};

const struct command *
cli_at(size_t i)
{
	return i < sizeof(commands) / sizeof(*commands) ? commands[i] : NULL;
}

const struct command *
cli_find(const char *name)
{
	const struct command *c;

	for (size_t i = 0; (c = cli_at(i)) != NULL; i++)
		if (strcmp(c->name, name) == 0)
			return c;
	return NULL;
}

bool
cli_filters(const struct command *c)
{
	return strstr(c->usage, "[FILTER...]") != NULL;
}

/* Bytes up to the next blank outside brackets. */
static size_t
usage_word(const char *p)
{
	int depth = 0;
	size_t n;

	for (n = 0; p[n] != '\0' && (p[n] != ' ' || depth > 0); n++)
		depth += (p[n] == '[') - (p[n] == ']');
	return n;
}

static void
usage(FILE *f, const struct command *c)
{
	int indent = fprintf(f, "usage: weir %s", c->name), column = indent;
	size_t n;

	for (const char *p = c->usage; *p != '\0'; p += n + (p[n] == ' ')) {
		n = usage_word(p);
		if (column + 1 + (int)n > COLUMNS)
			column = fprintf(f, "\n%*s", indent, "") - 1;
		column += fprintf(f, " %.*s", (int)n, p);
	}
	fprintf(f, "\n");
}

static void
overview(FILE *f)
{
	const struct command *c;

	fprintf(f, "usage: weir COMMAND [ARGUMENT...]\n\n");
	for (size_t i = 0; (c = cli_at(i)) != NULL; i++)
		fprintf(f, "  %-11s %s\n", c->name, c->summary);
	fprintf(f, "\n`weir help COMMAND` tells more, and so do the manual "
	    "pages weir(1),\nweir.conf(5), weir-events(7) and "
	    "weir-detectors(7).\n");
}

/* One filter, its help in lines of 80 columns. */
static void
filter_help(const char *name, const char *help)
{
	const int indent = 17, width = COLUMNS - indent;

	printf("  --%-12s ", name);
	while (strlen(help) > (size_t)width) {
		int n = width;

		while (n > 1 && help[n] != ' ')
			n--;
		printf("%.*s\n%*s", n, help, indent, "");
		help += n + 1;
	}
	printf("%s\n", help);
}

void
cli_help(const struct command *c)
{
	const char *name;

	if (c == NULL) {
		overview(stdout);
		return;
	}
	usage(stdout, c);
	printf("\n%s\n", c->summary);
	if (c->help != NULL)
		printf("\n%s", c->help);
	if (cli_filters(c))
		printf("\nFilters:\n");
	for (size_t i = 0; cli_filters(c) &&
	    (name = query_filter_name(i)) != NULL; i++)
		filter_help(name, query_filter_help(i));
}

static int
unknown(const char *name)
{
	const struct command *c;
	const char *best = NULL;

	for (size_t i = 0; (c = cli_at(i)) != NULL; i++)
		suggest_try(name, c->name, &best);
	fprintf(stderr, "weir: there is no command \"%s\"", name);
	if (best != NULL)
		fprintf(stderr, "; did you mean \"%s\"?", best);
	fprintf(stderr, "\n");
	if (best == NULL)
		overview(stderr);
	return EXIT_USAGE;
}

static int
run(const struct command *c, int argc, char **argv)
{
	char name[32];
	int rc;

	if (argc > 1 && (strcmp(argv[1], "--help") == 0 ||
	    strcmp(argv[1], "-h") == 0)) {
		cli_help(c);
		return EXIT_OK;
	}
	/* What getopt_long(3) puts before its complaints. */
	snprintf(name, sizeof(name), "weir %s", c->name);
	argv[0] = name;
	rc = c->run(argc, argv);
	if (rc == EXIT_USAGE)
		usage(stderr, c);
	return rc;
}

int
cli_main(int argc, char **argv)
{
	const struct command *c;
	int rc = EXIT_OK;

	/* Addresses may be UTF-8 wherever weir runs. */
	if (setlocale(LC_CTYPE, "") == NULL || MB_CUR_MAX == 1)
		setlocale(LC_CTYPE, "C.UTF-8");
	if (argc < 2) {
		overview(stderr);
		return EXIT_USAGE;
	}
	if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0)
		printf("weir %s\n", WEIR_VERSION);
	else if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
		overview(stdout);
	else if ((c = cli_find(argv[1])) == NULL)
		return unknown(argv[1]);
	else
		rc = run(c, argc - 1, argv + 1);
	if ((fflush(stdout) == EOF || ferror(stdout)) && rc == EXIT_OK) {
		fprintf(stderr, "weir: standard output: %s\n",
		    strerror(errno));
		return EXIT_WORLD;
	}
	return rc;
}

int
cli_db_path(const char *config, const char *db, char *ret, size_t size)
{
	struct buf problems = { 0 };
	struct config *c = NULL;

	if (db != NULL) {
		snprintf(ret, size, "%s", db);
		return 0;
	}
	c = config_load(config, &problems);
	if (c != NULL)
		pipeline_db_path(c, NULL, ret, size);
	else
		fprintf(stderr, "%s", buf_cstr(&problems));
	buf_done(&problems);
	config_free(c);
	return c == NULL ? -1 : 0;
}

int
cli_fail(const struct error *err)
{
	fprintf(stderr, "weir: %s\n", err->text);
	return EXIT_WORLD;
}

int
cli_usage(const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "weir: ");
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fprintf(stderr, "\n");
	return EXIT_USAGE;
}

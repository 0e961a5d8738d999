/* SPDX-License-Identifier: Apache-2.0 */
/* weir config: check it, show what holds, list what there is. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "weir/buf.h"
#include "weir/cli.h"
#include "weir/config.h"
#include "weir/print.h"

static int
check(const struct config *c)
{
	const char *file;
	size_t i;

	for (i = 0; (file = config_file(c, i)) != NULL; i++)
		printf("%s: ok\n", file);
	if (i == 0)
		printf("no configuration file; the defaults hold\n");
	return EXIT_OK;
}

static int
show(const struct config *c)
{
	struct buf out = { 0 };

	config_print(c, &out);
	print_text(buf_str(&out));
	buf_done(&out);
	return EXIT_OK;
}

static int
list_options(void)
{
	enum { SECTION, KEY, TYPE, DEFAULT, HELP, NCOLUMNS };
	static const struct print_column columns[NCOLUMNS] = {
		[SECTION] = { "SECTION", 0 },
		[KEY] = { "KEY", 0 },
		[TYPE] = { "TYPE", PRINT_CUT | PRINT_SPARE },
		[DEFAULT] = { "DEFAULT", PRINT_CUT },
		[HELP] = { "MEANING", PRINT_WRAP },
	};
	struct print_table *t = print_table_new(columns, NCOLUMNS);
	const struct option_row *o;
	struct buf b = { 0 };

	for (size_t i = 0; (o = option_at(i)) != NULL; i++) {
		buf_clear(&b);
		buf_addf(&b, "[%s%s%s]", o->section, o->name != NULL ? " " :
		    option_section_named(o->section) ? " NAME" : "",
		    o->name != NULL ? o->name : "");
		print_table_row(t);
		print_table_cell(t, SECTION, buf_str(&b));
		print_table_cell(t, KEY, str_of(o->key));
		print_table_cell(t, TYPE, str_of(o->choices != NULL ?
		    o->choices : option_type_name(o->type)));
		print_table_cell(t, DEFAULT, str_of(o->value));
		print_table_cell(t, HELP, str_of(o->help));
	}
	print_table_end(t, print_width());
	buf_done(&b);
	return EXIT_OK;
}

static int
with_config(const char *path, int (*fn)(const struct config *c))
{
	struct buf problems = { 0 };
	struct config *c = config_load(path, &problems);
	const char *warning;
	int rc = EXIT_WORLD;

	if (c == NULL)
		fprintf(stderr, "%s", buf_cstr(&problems));
	else {
		for (size_t i = 0; (warning = config_warning(c, i)) != NULL;
		    i++)
			fprintf(stderr, "%s\n", warning);
		rc = fn(c);
	}
	config_free(c);
	buf_done(&problems);
	return rc;
}

static int
run(int argc, char **argv)
{
	static const struct option options[] = {
		{ "config", required_argument, NULL, 'c' },
		{ NULL, 0, NULL, 0 },
	};
	const char *path = NULL, *verb = "show";
	int c;

	optind = 0;
	while ((c = getopt_long(argc, argv, "c:", options, NULL)) != -1) {
		if (c != 'c')
			return EXIT_USAGE;
		path = optarg;
	}
	if (optind < argc)
		verb = argv[optind++];
	if (optind < argc)
		return cli_usage("config takes one of check, show, options");
	if (strcmp(verb, "check") == 0)
		return with_config(path, check);
	if (strcmp(verb, "show") == 0)
		return with_config(path, show);
	if (strcmp(verb, "options") == 0)
		return list_options();
	return cli_usage("config takes check, show or options, not \"%s\"",
	    verb);
}

const struct command cmd_config = {
	"config",
	"[-c FILE] [check|show|options]",
	"check the configuration, show what holds, list all options",
	"  check    every mistake with file and line; the exit status tells\n"
	"  show     every value and where it is from (the default)\n"
	"  options  every option there is\n",
	run,
};

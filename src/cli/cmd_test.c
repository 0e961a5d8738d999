/* SPDX-License-Identifier: Apache-2.0 */
/*
 * weir test: the fire drill.  The daemon writes a marked line into the log and
 * tells of each stage until the webhooks have answered.
 */
#include <getopt.h>
#include <stdio.h>

#include "weir/cli.h"
#include "weir/control.h"
#include "weir/print.h"

static void
show(void *ctx, const json_t *line)
{
	const char	*text = json_string_value(json_object_get(line,
			    "text"));

	(void)ctx;
	if (text == NULL)
		return;
	print_text(str_of(text));
	printf("\n");
	fflush(stdout);
}

static int
run(int argc, char **argv)
{
	static const struct option options[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "db", required_argument, NULL, 'd' },
		{ NULL, 0, NULL, 0 },
	};
	struct control_client	 client = { 0 };
	const char		*config = NULL, *db = NULL;
	struct error		 err = { "" };
	char			 path[4096];
	json_t			*j;
	int			 c;

	optind = 0;
	while ((c = getopt_long(argc, argv, "c:", options, NULL)) != -1) {
		if (c == 'c')
			config = optarg;
		else if (c == 'd')
			db = optarg;
		else
			return EXIT_USAGE;
	}
	if (optind < argc)
		return cli_usage("test takes no \"%s\"", argv[optind]);
	if (cli_db_path(config, db, path, sizeof(path)) == -1)
		return EXIT_WORLD;
	client.db = path;
	client.progress = show;
	if (control_ask(&client, json_pack("{s:s}", "command", "test"), &j,
	    &err) == -1)
		return cli_fail(&err);
	printf("OK: %s\n", json_string_value(json_object_get(j, "text")));
	json_decref(j);
	return EXIT_OK;
}

const struct command cmd_test = {
	"test",
	"[-c FILE] [--db FILE]",
	"fire drill: a marked line must come out at the webhooks",
	"  -c, --config FILE  configuration (default: /etc/weir/weir.conf)\n"
	"  --db FILE          database of the daemon to be tested\n",
	run,
};

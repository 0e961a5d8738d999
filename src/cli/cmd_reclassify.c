/* SPDX-License-Identifier: Apache-2.0 */
/* weir reclassify: judge stored events anew under the policy of now. */
#include <getopt.h>
#include <stdio.h>
#include <unistd.h>

#include "weir/cli.h"
#include "weir/control.h"
#include "weir/pipeline.h"

static void
show(void *ctx, const json_t *line)
{
	double	done = json_number_value(json_object_get(line, "done"));
	double	total = json_number_value(json_object_get(line, "total"));

	(void)ctx;
	if (isatty(STDERR_FILENO) && total > 0)
		fprintf(stderr, "\r\033[K%.0f %%", 100 * done / total);
}

/* CONTRACT's ways to say a time, through the filter that reads them. */
static int
parse_since(const char *text, int64_t *ret, struct error *err)
{
	struct query	q;
	int		rc;

	query_init(&q);
	rc = query_set(&q, STR("since"), str_of(text), pipeline_clock(), err);
	*ret = q.since;
	query_done(&q);
	return rc;
}

static int
ask(const char *config_path, const char *db, int64_t since)
{
	struct control_client	 client = { 0 };
	struct buf		 problems = { 0 };
	struct config		*config = config_load(config_path, &problems);
	struct error		 err = { "" };
	char			 path[4096];
	json_t			*j = NULL;
	int			 rc = EXIT_WORLD;

	if (config == NULL) {
		fprintf(stderr, "%s", buf_cstr(&problems));
		goto out;
	}
	pipeline_db_path(config, db, path, sizeof(path));
	client.db = path;
	client.config = config;
	client.progress = show;
	rc = control_ask(&client, json_pack("{s:s, s:I}", "command",
	    "reclassify", "since", (json_int_t)since), &j, &err);
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\r\033[K");
	if (rc == -1) {
		rc = cli_fail(&err);
		goto out;
	}
	printf("%s\n", json_string_value(json_object_get(j, "text")));
out:
	json_decref(j);
	config_free(config);
	buf_done(&problems);
	return rc;
}

static int
run(int argc, char **argv)
{
	static const struct option options[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "db", required_argument, NULL, 'd' },
		{ "since", required_argument, NULL, 's' },
		{ NULL, 0, NULL, 0 },
	};
	const char	*config = NULL, *db = NULL, *since = NULL;
	struct error	 err = { "" };
	int64_t		 at;
	int		 c;

	optind = 0;
	while ((c = getopt_long(argc, argv, "c:", options, NULL)) != -1) {
		if (c == 'c')
			config = optarg;
		else if (c == 'd')
			db = optarg;
		else if (c == 's')
			since = optarg;
		else
			return EXIT_USAGE;
	}
	if (optind < argc)
		return cli_usage("reclassify takes no \"%s\"", argv[optind]);
	if (since == NULL)
		return cli_usage("reclassify needs --since TIME");
	if (parse_since(since, &at, &err) == -1)
		return cli_usage("%s", err.text);
	return ask(config, db, at);
}

const struct command cmd_reclassify = {
	"reclassify",
	"[-c FILE] [--db FILE] --since T",
	"judge stored events anew, after the policy was corrected",
	"  -c, --config FILE  configuration (default: /etc/weir/weir.conf)\n"
	"  --db FILE          database (default: in the state directory)\n"
	"  --since T          a time, \"2h\", \"7d\", \"yesterday\"\n",
	run,
};

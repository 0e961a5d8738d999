/* SPDX-License-Identifier: Apache-2.0 */
/* weir reclassify: judge stored events anew under the policy of now. */
#include <getopt.h>
#include <stdio.h>
#include <unistd.h>

#include "weir/cli.h"
#include "weir/control.h"
#include "weir/pipeline.h"

#define DRAW_EVERY_US	(200 * USEC_PER_MSEC)

/* On a terminal only. */
struct progress {
	int64_t	began, drawn;	/* wall clock */
};

/* "61 %, 12200000 of 20000000 events, 31 changed, 85000/s, 1:31 left" */
static void
draw(double done, double total, double revised, double seconds)
{
	int	left;

	fprintf(stderr, "\r\033[K%.0f %%, %.0f of %.0f events, %.0f changed",
	    100 * done / total, done, total, revised);
	if (seconds < 1 || done <= 0)
		return;
	left = (int)(seconds / done * (total - done));
	fprintf(stderr, ", %.0f/s, ", done / seconds);
	if (left >= 3600)
		fprintf(stderr, "%d:%02d:%02d left", left / 3600,
		    left / 60 % 60, left % 60);
	else
		fprintf(stderr, "%d:%02d left", left / 60, left % 60);
}

static void
show(void *ctx, const json_t *line)
{
	struct progress	*p = ctx;
	int64_t		 now = pipeline_clock();
	double		 done, total;

	done = json_number_value(json_object_get(line, "done"));
	total = json_number_value(json_object_get(line, "total"));
	if (!isatty(STDERR_FILENO) || total < 1 ||
	    now - p->drawn < DRAW_EVERY_US)
		return;
	p->drawn = now;
	draw(done < total ? done : total, total, json_number_value(
	    json_object_get(line, "revised")),
	    (double)(now - p->began) / USEC_PER_SEC);
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
	struct progress		 progress = { pipeline_clock(), 0 };
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
	client.ctx = &progress;
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

/* SPDX-License-Identifier: Apache-2.0 */
/* weir backtest: what these settings would have raised on stored history. */
#include <getopt.h>
#include <stdio.h>
#include <unistd.h>

#include "weir/backtest.h"
#include "weir/cli.h"
#include "weir/pipeline.h"
#include "weir/print.h"
#include "weir/wire.h"

#define DRAW_EVERY_US	(200 * USEC_PER_MSEC)

struct run {
	const char		*config, *db;
	const char		*since, *until;
	enum print_format	 format;
	int64_t			 first, last;	/* of what is stored */
	int64_t			 drawn;		/* wall clock */
};

enum { COL_VERDICT, COL_TIME, COL_SEVERITY, COL_DETECTOR, COL_KEY, COL_TITLE,
	NCOLUMNS };

static const struct print_column columns[NCOLUMNS] = {
	[COL_VERDICT] = { "RAISED", 0 },
	[COL_TIME] = { "TIME", 0 },
	[COL_SEVERITY] = { "SEVERITY", PRINT_SPARE },
	[COL_DETECTOR] = { "DETECTOR", 0 },
	[COL_KEY] = { "KEY", PRINT_CUT },
	[COL_TITLE] = { "TITLE", PRINT_WRAP },
};

static void
show(void *ctx, int64_t events, int64_t at)
{
	struct run	*r = ctx;
	int64_t		 now = pipeline_clock();

	if (!isatty(STDERR_FILENO) || now - r->drawn < DRAW_EVERY_US)
		return;
	r->drawn = now;
	fprintf(stderr, "\r\033[K%.0f %%, %lld events", r->last > r->first ?
	    100.0 * (double)(at - r->first) / (double)(r->last - r->first) :
	    100.0, (long long)events);
}

/* "sooner by 2 h", or what tells the two apart at a glance. */
static void
verdict(const struct backtest_pair *p, char *ret, size_t size)
{
	int64_t	apart;

	if (p->was == NULL || p->would == NULL) {
		snprintf(ret, size, "%s", p->was == NULL ? "only now" :
		    "only then");
		return;
	}
	apart = (p->would->opened - p->was->opened) / USEC_PER_MIN;
	if (apart == 0)
		snprintf(ret, size, "both");
	else
		snprintf(ret, size, "both, %s %lld min", apart < 0 ?
		    "sooner" : "later", (long long)(apart < 0 ? -apart :
		    apart));
}

static void
print_table(const struct backtest *b)
{
	struct print_table	*t = print_table_new(columns, NCOLUMNS);
	char			 at[USEC_TEXT_MAX], said[64];

	for (size_t i = 0; i < b->n; i++) {
		const struct backtest_pair	*p = &b->pairs[i];
		const struct alert		*a = p->would != NULL ?
						    p->would : p->was;

		verdict(p, said, sizeof(said));
		print_table_row(t);
		print_table_cell(t, COL_VERDICT, str_of(said));
		print_table_cell(t, COL_TIME, print_time(a->opened, at));
		print_table_cell(t, COL_SEVERITY, str_of(a->shadow ?
		    "shadow" : alert_severity_name(a->severity)));
		print_table_colour(t, COL_SEVERITY, a->severity);
		print_table_cell(t, COL_DETECTOR, str_of(a->detector));
		print_table_cell(t, COL_KEY, str_of(a->key));
		print_table_cell(t, COL_TITLE, str_of(a->title));
	}
	print_table_end(t, print_width());
}

static void
print_jsonl(const struct backtest *b)
{
	struct buf	out = { 0 };
	json_t		*o;

	for (size_t i = 0; i < b->n; i++) {
		const struct backtest_pair *p = &b->pairs[i];

		o = json_object();
		json_object_set_new(o, "was", p->was == NULL ? json_null() :
		    wire_alert(p->was));
		json_object_set_new(o, "would", p->would == NULL ?
		    json_null() : wire_alert(p->would));
		buf_clear(&out);
		wire_print(o, &out);
		printf("%s\n", buf_cstr(&out));
		json_decref(o);
	}
	buf_done(&out);
}

static void
summarise(const struct backtest *b)
{
	double	weeks = (double)(b->last_at - b->first_at) /
		    (7.0 * USEC_PER_DAY);

	fprintf(stderr, "%zu raised by both, %zu only then, %zu only now; "
	    "%lld events, %.1f weeks", b->nboth, b->nwas - b->nboth,
	    b->nwould - b->nboth, (long long)b->events, weeks);
	if (weeks >= 1)
		fprintf(stderr, ", %.1f a week in place of %.1f",
		    (double)b->nwould / weeks, (double)b->nwas / weeks);
	fprintf(stderr, "\n");
}

static int
set_time(const char *name, const char *text, int64_t *ret)
{
	struct query	q;
	struct error	err;
	int		rc = 0;

	if (text == NULL)
		return 0;
	query_init(&q);
	if (query_set(&q, str_of(name), str_of(text), pipeline_clock(), &err)
	    == -1) {
		(void)cli_usage("%s", err.text);
		rc = -1;
	}
	*ret = strcmp(name, "since") == 0 ? q.since : q.until;
	query_done(&q);
	return rc;
}

static int
test(struct run *r, struct store *s, const struct config *config,
    struct error *err)
{
	struct backtest_options	 o = { .config = config, .progress = show,
				    .ctx = r };
	struct store_totals	 totals;
	struct backtest		 b = { 0 };
	int			 rc = EXIT_USAGE;

	if (set_time("since", r->since, &o.since) == -1 ||
	    set_time("until", r->until, &o.until) == -1)
		return EXIT_USAGE;
	if (store_totals(s, &totals, err) == -1)
		return cli_fail(err);
	r->first = totals.first_at;
	r->last = totals.last_at;
	rc = backtest_run(s, &o, &b, err);
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\r\033[K");
	if (rc == -1) {
		rc = cli_fail(err);
	} else {
		if (r->format == PRINT_JSONL)
			print_jsonl(&b);
		else
			print_table(&b);
		summarise(&b);
	}
	backtest_done(&b);
	return rc;
}

static int
backtest(struct run *r)
{
	struct buf	 problems = { 0 };
	struct config	*config = NULL;
	struct error	 err = { "" };
	struct store	*s = NULL;
	char		 path[4096];
	int		 rc = EXIT_WORLD;

	/* A database alone is enough, with the settings as they come. */
	if (r->config != NULL || r->db == NULL) {
		config = config_load(r->config, &problems);
		if (config == NULL) {
			fprintf(stderr, "%s", buf_cstr(&problems));
			goto out;
		}
	}
	if (r->db != NULL)
		snprintf(path, sizeof(path), "%s", r->db);
	else
		pipeline_db_path(config, NULL, path, sizeof(path));
	if ((s = store_open(path, STORE_READ, &err)) == NULL)
		rc = cli_fail(&err);
	else
		rc = test(r, s, config, &err);
out:
	store_close(s);
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
		{ "until", required_argument, NULL, 'u' },
		{ "format", required_argument, NULL, 'f' },
		{ NULL, 0, NULL, 0 },
	};
	struct run	r = { .format = PRINT_TABLE };
	int		c;

	optind = 0;
	while ((c = getopt_long(argc, argv, "c:", options, NULL)) != -1) {
		if (c == 'c')
			r.config = optarg;
		else if (c == 'd')
			r.db = optarg;
		else if (c == 's')
			r.since = optarg;
		else if (c == 'u')
			r.until = optarg;
		else if (c != 'f')
			return EXIT_USAGE;
		else if (!print_format_of(optarg, &r.format) ||
		    r.format == PRINT_CSV)
			return cli_usage("--format is table or jsonl");
	}
	if (optind < argc)
		return cli_usage("backtest takes no \"%s\"", argv[optind]);
	return backtest(&r);
}

const struct command cmd_backtest = {
	"backtest",
	"[-c FILE] [--db FILE] [--since T] [--until T]\n"
	"[--format table|jsonl]",
	"what these settings would have raised on stored history",
	"Events that are stored go through the detectors once more, with the\n"
	"settings of the configuration that is named, and the alerts are laid\n"
	"beside those that were raised.  Nothing is changed.\n\n"
	"  -c, --config FILE  the settings to try (default:\n"
	"                     /etc/weir/weir.conf)\n"
	"  --db FILE          database (default: in the state directory)\n"
	"  --since T          compare from then on; the six weeks before are\n"
	"                     learnt from\n"
	"  --until T          compare up to then\n"
	"  --format F         table, or jsonl: {\"was\": ALERT or null,\n"
	"                     \"would\": ALERT or null}\n",
	run,
};

/* SPDX-License-Identifier: Apache-2.0 */
/* weir query: stored events, newest first. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "weir/cli.h"
#include "weir/pipeline.h"
#include "weir/print.h"
#include "weir/wire.h"

#define OPTIONS_MAX	32
#define PAGE		2000	/* events read at once */

struct run {
	const char		*config, *db;
	enum print_format	 format;
	bool			 limited;	/* --limit was given */
	struct query		 query;
	struct print_table	*table;
	struct buf		 out;
	size_t			 nrows;
};

/* Own options first, then every filter, by its place in the table. */
static size_t
make_options(struct option options[OPTIONS_MAX])
{
	static const struct option own[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "db", required_argument, NULL, 'd' },
		{ "format", required_argument, NULL, 'f' },
		{ "limit", required_argument, NULL, 'l' },
	};
	size_t n = sizeof(own) / sizeof(*own);
	const char *name;

	memcpy(options, own, sizeof(own));
	for (size_t i = 0; (name = query_filter_name(i)) != NULL &&
	    n + 1 < OPTIONS_MAX; i++)
		options[n++] = (struct option){ name, required_argument,
			NULL, 256 + (int)i };
	memset(&options[n], 0, sizeof(options[n]));
	return n;
}

static int
set_filter(struct run *r, const char *name, const char *value)
{
	struct error err;

	if (query_set(&r->query, str_of(name), str_of(value),
	    pipeline_clock(), &err) == -1)
		return cli_usage("--%s", err.text);
	return EXIT_OK;
}

static int
parse(int argc, char **argv, struct run *r)
{
	struct option options[OPTIONS_MAX];
	int c, rc;

	make_options(options);
	optind = 0;
	while ((c = getopt_long(argc, argv, "c:", options, NULL)) != -1) {
		rc = EXIT_OK;
		if (c == 'c')
			r->config = optarg;
		else if (c == 'd')
			r->db = optarg;
		else if (c == 'f' && !print_format_of(optarg, &r->format))
			rc = cli_usage("--format is table, jsonl or csv");
		else if (c == 'l') {
			rc = set_filter(r, "limit", optarg);
			r->limited = true;
		} else if (c >= 256)
			rc = set_filter(r, query_filter_name((size_t)c - 256),
			    optarg);
		else if (c == '?')
			rc = EXIT_USAGE;
		if (rc != EXIT_OK)
			return rc;
	}
	if (optind < argc && strcmp(argv[optind], "messages") == 0) {
		if (r->query.kinds != 0)
			return cli_usage("messages are the events of kind "
			    "message; --kind goes with events");
		r->query.kinds = UINT32_C(1) << EVENT_MESSAGE;
		optind++;
	} else if (optind < argc && strcmp(argv[optind], "events") == 0)
		optind++;
	if (optind < argc)
		return cli_usage("query takes events or messages, not \"%s\"",
		    argv[optind]);
	/* A screen for people; programs get all unless they say so. */
	if (!r->limited)
		r->query.limit = r->format == PRINT_TABLE ?
		    QUERY_LIMIT_DEFAULT : 0;
	return EXIT_OK;
}

enum { COL_TIME, COL_KIND, COL_CLASS, COL_STATUS, COL_CLIENT, COL_USER,
	COL_SENDER, COL_RECIPIENT, COL_RELAY, COL_QUEUE_ID, NCOLUMNS };

static const struct print_column columns[NCOLUMNS] = {
	[COL_TIME] = { "TIME", 0 },
	[COL_KIND] = { "KIND", PRINT_SPARE },
	[COL_CLASS] = { "CLASS", PRINT_CUT },
	[COL_STATUS] = { "STATUS", 0 },
	[COL_CLIENT] = { "CLIENT", PRINT_CUT },
	[COL_USER] = { "USER", PRINT_CUT },
	[COL_SENDER] = { "SENDER", PRINT_CUT },
	[COL_RECIPIENT] = { "RECIPIENT", PRINT_CUT },
	[COL_RELAY] = { "RELAY", PRINT_CUT | PRINT_SPARE },
	[COL_QUEUE_ID] = { "QUEUE ID", PRINT_SPARE },
};

/* The null sender has a name; an unknown one has none. */
static struct str
sender_text(const struct event *e)
{
	return str_known(e->sender) && e->sender.n == 0 ? STR("<>") :
	    e->sender;
}

static void
add_row(struct print_table *t, const struct event *e)
{
	char at[USEC_TEXT_MAX];

	print_table_row(t);
	print_table_cell(t, COL_TIME, print_time(e->at, at));
	print_table_cell(t, COL_KIND, str_of(event_kind_name(e->kind)));
	print_table_cell(t, COL_CLASS, str_of(e->kind == EVENT_NOTICE ? "" :
	    event_class_name(e->class)));
	print_table_cell(t, COL_STATUS, str_of(event_status_name(e->status)));
	print_table_cell(t, COL_CLIENT, e->client_address);
	print_table_cell(t, COL_USER, e->sasl_username.n > 0 ?
	    e->sasl_username : e->local_user);
	print_table_cell(t, COL_SENDER, sender_text(e));
	print_table_cell(t, COL_RECIPIENT, e->kind == EVENT_NOTICE ? e->notice :
	    e->recipient);
	print_table_cell(t, COL_RELAY, e->relay_host.n > 0 ? e->relay_host :
	    e->relay_address);
	print_table_cell(t, COL_QUEUE_ID, e->queue_id);
	if (e->class == CLASS_OPEN_RELAY)
		print_table_colour(t, COL_CLASS, SEVERITY_CRITICAL);
}

static int
each(void *ctx, const struct event *e)
{
	struct run *r = ctx;
	json_t *j;

	r->nrows++;
	if (r->format == PRINT_TABLE) {
		add_row(r->table, e);
		return 0;
	}
	if (r->format == PRINT_CSV)
		wire_csv_event(e, &r->out);
	else {
		j = wire_event(e);
		wire_print(j, &r->out);
		buf_add_char(&r->out, '\n');
		json_decref(j);
	}
	return 0;
}

static void
write_out(struct run *r)
{
	if (r->out.n > 0)
		fwrite(r->out.p, 1, r->out.n, stdout);
	buf_clear(&r->out);
}

/*
 * Page by page, and nothing is written while the store is read: as long as one
 * reads, the daemon cannot write back what it stores, and standard output may
 * be a slow pipe.
 */
static int
print_pages(struct run *r, struct store *s, struct error *err)
{
	size_t limit = r->query.limit;
	int rc;

	do {
		r->query.limit = limit == 0 || limit - r->nrows > PAGE ?
		    PAGE : limit - r->nrows;
		rc = store_query(s, &r->query, each, r, r->query.cursor, err);
		write_out(r);
	} while (rc == 0 && r->query.cursor[0] != '\0' &&
	    (limit == 0 || r->nrows < limit) && !ferror(stdout));
	return rc;
}

static int
query(struct run *r, const char *db)
{
	struct error err;
	struct store *s = store_open(db, STORE_READ, &err);
	int rc;

	if (s == NULL)
		return cli_fail(&err);
	if (r->format == PRINT_TABLE)
		r->table = print_table_new(columns, NCOLUMNS);
	if (r->format == PRINT_CSV) {
		wire_csv_header(&r->out);
		write_out(r);
	}
	rc = print_pages(r, s, &err);
	if (r->table != NULL)
		print_table_end(r->table, print_width());
	store_close(s);
	if (rc == -1)
		return cli_fail(&err);
	fflush(stdout);
	if (r->query.cursor[0] != '\0' && !ferror(stdout))
		fprintf(stderr, "weir: cut after %zu by --limit; "
		    "--limit 0 shows all\n", r->nrows);
	else if (r->nrows == 0 && r->format == PRINT_TABLE)
		fprintf(stderr, "weir: nothing matches\n");
	return EXIT_OK;
}

static int
run(int argc, char **argv)
{
	struct run r = { 0 };
	char db[4096];
	int rc;

	query_init(&r.query);
	rc = parse(argc, argv, &r);
	if (rc == EXIT_OK)
		rc = cli_db_path(r.config, r.db, db, sizeof(db)) == -1 ?
		    EXIT_WORLD : query(&r, db);
	buf_done(&r.out);
	query_done(&r.query);
	return rc;
}

const struct command cmd_query = {
	"query",
	"[-c FILE] [--db FILE] [events|messages] [FILTER...] "
	"[--format table|jsonl|csv] [--limit N]",
	"show stored events, newest first",
	"  -c, --config FILE  configuration (default: /etc/weir/weir.conf)\n"
	"  --db FILE          database (default: in the state directory)\n"
	"  --format F         table, jsonl or csv (default: table)\n"
	"  --limit N          default: 100 in a table, otherwise all\n",
	run,
};

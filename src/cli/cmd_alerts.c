/* SPDX-License-Identifier: Apache-2.0 */
/*
 * weir alerts: list them, show one, and change one.  A change is made by the
 * daemon where one runs (control.h), so that there is one writer.
 */
#include <getopt.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "weir/cli.h"
#include "weir/control.h"
#include "weir/hex.h"
#include "weir/pipeline.h"
#include "weir/print.h"
#include "weir/wire.h"

#define LIMIT_DEFAULT	100	/* of a table */
#define PAGE		500	/* alerts read at once */
#define RELATED		8	/* further keys named */
#define P_LEAST		1e-99	/* what is smaller is said to be */

struct run {
	const char		*config, *db, *note, *what;
	char			 path[4096];
	enum print_format	 format;
	bool			 limited;
	struct alert_filter	 filter;
	struct print_table	*table;
	struct buf		 out;
	size_t			 nrows;
};

static int
bit_of(uint32_t *set, unsigned value, unsigned count, const char *what,
    const char *text)
{
	if (value == count)
		return cli_usage("there is no %s \"%s\"", what, text);
	*set |= UINT32_C(1) << value;
	return EXIT_OK;
}

/* Times and numbers, which own nothing, are read as `weir query` does. */
static int
query_value(const char *name, const char *value, struct query *q)
{
	struct error err;

	query_init(q);
	if (query_set(q, str_of(name), str_of(value), pipeline_clock(),
	    &err) == -1)
		return cli_usage("--%s", err.text);
	return EXIT_OK;
}

static int
set_option(struct run *r, int c, const char *arg)
{
	struct query q;
	int rc = EXIT_OK;

	switch (c) {
	case 'c':
		r->config = arg;
		break;
	case 'd':
		r->db = arg;
		break;
	case 'f':
		if (!print_format_of(arg, &r->format) ||
		    r->format == PRINT_CSV)
			return cli_usage("--format is table or jsonl");
		break;
	case 'l':
		if ((rc = query_value("limit", arg, &q)) == EXIT_OK)
			r->filter.limit = q.limit;
		r->limited = true;
		break;
	case 's':
		return bit_of(&r->filter.states, alert_state_of(str_of(arg)),
		    ALERT_STATE_COUNT, "state", arg);
	case 'v':
		return bit_of(&r->filter.severities,
		    alert_severity_of(str_of(arg)), SEVERITY_COUNT,
		    "severity", arg);
	case 'D':
		str_copy(str_of(arg), r->filter.detector,
		    sizeof(r->filter.detector));
		break;
	case 'H':
		str_copy(str_of(arg), r->filter.host, sizeof(r->filter.host));
		break;
	case 'k':
		str_copy(str_of(arg), r->filter.key, sizeof(r->filter.key));
		break;
	case 'S':
		if ((rc = query_value("since", arg, &q)) == EXIT_OK)
			r->filter.since = q.since;
		break;
	case 'U':
		if ((rc = query_value("until", arg, &q)) == EXIT_OK)
			r->filter.until = q.until;
		break;
	case 'n':
		r->note = arg;
		break;
	case 'o':
		r->what = "domain";
		break;
	case 'w':
		r->what = "network";
		break;
	default:
		return EXIT_USAGE;
	}
	return rc;
}

static const struct option options[] = {
	{ "config", required_argument, NULL, 'c' },
	{ "db", required_argument, NULL, 'd' },
	{ "format", required_argument, NULL, 'f' },
	{ "limit", required_argument, NULL, 'l' },
	{ "state", required_argument, NULL, 's' },
	{ "severity", required_argument, NULL, 'v' },
	{ "detector", required_argument, NULL, 'D' },
	{ "host", required_argument, NULL, 'H' },
	{ "key", required_argument, NULL, 'k' },
	{ "since", required_argument, NULL, 'S' },
	{ "until", required_argument, NULL, 'U' },
	{ "note", required_argument, NULL, 'n' },
	{ "domain", no_argument, NULL, 'o' },
	{ "network", no_argument, NULL, 'w' },
	{ NULL, 0, NULL, 0 },
};

static void
add_json(struct run *r, const struct alert *a)
{
	json_t *j = wire_alert(a);

	wire_print(j, &r->out);
	buf_add_char(&r->out, '\n');
	json_decref(j);
}

static void
write_out(struct run *r)
{
	if (r->out.n > 0)
		fwrite(r->out.p, 1, r->out.n, stdout);
	buf_clear(&r->out);
}

enum { COL_ID, COL_SEVERITY, COL_STATE, COL_TIME, COL_COUNT, COL_TITLE,
	NCOLUMNS };

static const struct print_column columns[NCOLUMNS] = {
	[COL_ID] = { "ID", 0 },
	[COL_SEVERITY] = { "SEVERITY", 0 },
	[COL_STATE] = { "STATE", 0 },
	[COL_TIME] = { "OPENED", 0 },
	[COL_COUNT] = { "COUNT", PRINT_RIGHT },
	[COL_TITLE] = { "TITLE", PRINT_WRAP },
};

/* "open", "open, shadow", "resolved, exempt" */
static void
put_state(struct run *r, const struct alert *a)
{
	struct buf b = { 0 };

	buf_addf(&b, "%s%s", alert_state_name(a->state),
	    a->exempt != NULL ? ", exempt" : a->shadow ? ", shadow" : "");
	print_table_cell(r->table, COL_STATE, buf_str(&b));
	buf_done(&b);
}

static int
each(void *ctx, const struct alert *a)
{
	char id[2 * sizeof(a->id) + 1], at[USEC_TEXT_MAX];
	struct run *r = ctx;

	r->nrows++;
	if (r->format == PRINT_JSONL) {
		add_json(r, a);
		return 0;
	}
	hex_print(a->id, sizeof(a->id), id);
	print_table_row(r->table);
	print_table_cell(r->table, COL_ID, str_head(str_of(id), 8));
	print_table_cell(r->table, COL_SEVERITY,
	    str_of(alert_severity_name(a->severity)));
	if (a->state != ALERT_RESOLVED && !a->shadow)
		print_table_colour(r->table, COL_SEVERITY, a->severity);
	put_state(r, a);
	print_table_cell(r->table, COL_TIME, print_time(a->opened, at));
	print_table_number(r->table, COL_COUNT, a->count);
	print_table_cell(r->table, COL_TITLE, str_of(a->title));
	return 0;
}

/* As cmd_query.c does, and for its reason. */
static int
print_pages(struct run *r, struct store *s, struct error *err)
{
	struct alert_filter *f = &r->filter;
	size_t limit = f->limit;
	int rc;

	do {
		f->limit = limit == 0 || limit - r->nrows > PAGE ? PAGE :
		    limit - r->nrows;
		rc = store_each_alert(s, f, each, r, f->cursor, err);
		write_out(r);
	} while (rc == 0 && f->cursor[0] != '\0' &&
	    (limit == 0 || r->nrows < limit) && !ferror(stdout));
	return rc;
}

static int
list(struct run *r)
{
	struct error err;
	struct store *s = store_open(r->path, STORE_READ, &err);
	int rc;

	if (s == NULL)
		return cli_fail(&err);
	if (r->format == PRINT_TABLE) {
		r->table = print_table_new(columns, NCOLUMNS);
		r->filter.newest_first = true;
		if (!r->limited)
			r->filter.limit = LIMIT_DEFAULT;
	}
	rc = print_pages(r, s, &err);
	if (r->table != NULL)
		print_table_end(r->table, print_width());
	store_close(s);
	if (rc == -1)
		return cli_fail(&err);
	fflush(stdout);
	if (r->filter.cursor[0] != '\0' && !ferror(stdout))
		fprintf(stderr, "weir: cut after %zu by --limit; "
		    "--limit 0 shows all\n", r->nrows);
	else if (r->nrows == 0 && r->format == PRINT_TABLE)
		fprintf(stderr, "weir: no alerts\n");
	return EXIT_OK;
}

static void
add_reason(struct buf *b, const struct alert_reason *why)
{
	buf_addf(b, "  %s", why->name);
	if (why->window[0] != '\0')
		buf_addf(b, " in %s", why->window);
	if (!isnan(why->observed))
		buf_addf(b, ": %g", why->observed);
	if (!isnan(why->expected))
		buf_addf(b, ", expected %.*f", why->expected < 10,
		    why->expected);
	if (!isnan(why->threshold))
		buf_addf(b, ", threshold %g", why->threshold);
	if (!isnan(why->p_value))
		buf_addf(b, why->p_value < P_LEAST ? ", p under %.0e" :
		    ", p %.1e", why->p_value < P_LEAST ? P_LEAST :
		    why->p_value);
	buf_add_char(b, '\n');
}

/*
 * Every line of the text, indented, broken to `width` columns.  Log lines are
 * not broken (0), so that they can be copied.
 */
static void
add_indented(struct buf *b, const char *text, size_t width)
{
	struct str rest = str_of(text), line;
	struct buf clean = { 0 };

	while (str_cut(&rest, '\n', &line)) {
		buf_clear(&clean);
		print_clean(&clean, line);
		buf_add_str(b, STR("  "));
		print_wrap(b, buf_cstr(&clean), width > 10 ? width - 5 : 0, 5);
		buf_add_char(b, '\n');
	}
	buf_done(&clean);
}

static void
add_facts(struct buf *b, const struct alert *a)
{
	char id[2 * sizeof(a->id) + 1], at[USEC_TEXT_MAX];

	hex_print(a->id, sizeof(a->id), id);
	buf_addf(b, "id        %s\n", id);
	buf_addf(b, "state     %s%s%s\n", alert_state_name(a->state),
	    a->historical ? ", of the past when it was found" : "",
	    a->exempt != NULL ? ", exempt: nobody is told" :
	    a->shadow ? ", in trial: nobody is told" : "");
	if (a->exempt != NULL)
		buf_addf(b, "          exempt: %s\n", a->exempt);
	if (a->acknowledged_by != NULL)
		buf_addf(b, "          acknowledged: %s\n",
		    a->acknowledged_by);
	if (a->resolved_reason != NULL)
		buf_addf(b, "          resolved: %s\n", a->resolved_reason);
	buf_addf(b, "detector  %s\nhost      %s\n", a->detector,
	    a->host == NULL ? "" : a->host);
	buf_addf(b, "key       %s %s\n", key_type_name(a->key_type),
	    a->key);
	for (size_t i = 0; i < a->nrelated && i < RELATED; i++)
		buf_addf(b, "%-10s%s %s\n", i == 0 ? "and" : "",
		    key_type_name(a->related[i].key_type), a->related[i].key);
	if (a->nrelated > RELATED)
		buf_addf(b, "%-10s%zu more\n", "", a->nrelated - RELATED);
	buf_addf(b, "opened    %s\n", print_time(a->opened, at).p);
	buf_addf(b, "seen      %s", print_time(a->first_seen, at).p);
	if (a->last_seen != a->first_seen)
		buf_addf(b, " to %s", print_time(a->last_seen, at).p);
	buf_addf(b, ", %" PRId64 " event%s\n", a->count,
	    a->count == 1 ? "" : "s");
}

static void
print_alert(const struct alert *a)
{
	struct buf b = { 0 };

	printf("%s%s%s  ", print_colour(a->severity),
	    alert_severity_name(a->severity), print_colour_end());
	buf_addf(&b, "%s\n\n", a->title);
	add_facts(&b, a);
	if (a->nreasons > 0)
		buf_addf(&b, "\nWhy\n");
	for (size_t i = 0; i < a->nreasons; i++)
		add_reason(&b, &a->reasons[i]);
	if (a->runbook != NULL && a->runbook[0] != '\0') {
		buf_addf(&b, "\nWhat to do\n");
		add_indented(&b, a->runbook, print_width());
	}
	if (a->nevidence > 0)
		buf_addf(&b, "\nEvidence\n");
	for (size_t i = 0; i < a->nevidence; i++)
		if (a->evidence[i].line != NULL)
			add_indented(&b, a->evidence[i].line, 0);
	print_text(buf_str(&b));
	buf_done(&b);
}

static int
show(struct run *r, const char *id)
{
	struct error err;
	struct store *s = store_open(r->path, STORE_READ, &err);
	struct alert *a;
	int rc = EXIT_OK;

	if (s == NULL)
		return cli_fail(&err);
	if (store_get_alert(s, str_of(id), &a, &err) == -1)
		rc = cli_fail(&err);
	else {
		if (r->format == PRINT_JSONL)
			add_json(r, a);
		else
			print_alert(a);
		write_out(r);
		alert_free(a);
	}
	store_close(s);
	return rc;
}

static int
change(struct run *r, const char *command, const char *id)
{
	struct control_client client = { .db = r->path };
	struct buf problems = { 0 };
	struct config *config = NULL;
	json_t *request, *answer;
	struct error err;
	int rc = EXIT_WORLD;

	if (r->db == NULL || r->config != NULL) {
		config = config_load(r->config, &problems);
		if (config == NULL) {
			fprintf(stderr, "%s", buf_cstr(&problems));
			goto out;
		}
	}
	client.config = config;
	request = json_pack("{ss, ss, ss*, ss*}", "command", command,
	    "id", id, "note", r->note, "what", r->what);
	if (request == NULL) {
		rc = cli_usage("what was given is not UTF-8");
		goto out;
	}
	if (control_ask(&client, request, &answer, &err) == -1) {
		rc = cli_fail(&err);
		goto out;
	}
	if (r->format == PRINT_JSONL) {
		wire_print(json_object_get(answer, "alert"), &r->out);
		printf("%s\n", buf_cstr(&r->out));
	} else {
		print_text(str_of(json_string_value(json_object_get(answer,
		    "text"))));
		printf("\n");
	}
	json_decref(answer);
	rc = EXIT_OK;
out:
	config_free(config);
	buf_done(&problems);
	return rc;
}

static const struct {
	const char *verb, *command;	/* of control.h */
} changes[] = {
	{ "ack", "acknowledge" },
	{ "resolve", "resolve" },
	{ "fine", "fine" },
};

static int
dispatch(struct run *r, int argc, char **argv)
{
	const char *verb = argc > 0 ? argv[0] : "list";
	const char *command = NULL;

	if (strcmp(verb, "silence") == 0) {
		fprintf(stderr, "weir: silence is not in this build; it comes "
		    "with a later release\n");
		return EXIT_WORLD;
	}
	if (strcmp(verb, "list") == 0)
		return argc > 1 ? cli_usage("list takes no argument") :
		    list(r);
	for (size_t i = 0; i < sizeof(changes) / sizeof(*changes); i++)
		if (strcmp(verb, changes[i].verb) == 0)
			command = changes[i].command;
	if (command == NULL && strcmp(verb, "show") != 0)
		return cli_usage("alerts takes list, show, ack, resolve or "
		    "fine, not \"%s\"", verb);
	if (argc != 2)
		return cli_usage("%s takes the id of one alert", verb);
	if (r->what != NULL && strcmp(verb, "fine") != 0)
		return cli_usage("--domain and --network go with fine");
	return command == NULL ? show(r, argv[1]) :
	    change(r, command, argv[1]);
}

static int
run(int argc, char **argv)
{
	struct run r = { 0 };
	int c, rc = EXIT_OK;

	optind = 0;
	while (rc == EXIT_OK &&
	    (c = getopt_long(argc, argv, "c:", options, NULL)) != -1)
		rc = set_option(&r, c, optarg);
	if (rc == EXIT_OK && cli_db_path(r.config, r.db, r.path,
	    sizeof(r.path)) == -1)
		rc = EXIT_WORLD;
	if (rc == EXIT_OK)
		rc = dispatch(&r, argc - optind, argv + optind);
	buf_done(&r.out);
	return rc;
}

const struct command cmd_alerts = {
	"alerts",
	"[-c FILE] [--db FILE] "
	"[list|show ID|ack ID|resolve ID|fine ID] "
	"[--state S] [--severity S] [--detector D] "
	"[--host H] [--key K] [--since T] [--until T] "
	"[--limit N] [--format table|jsonl] "
	"[--note TEXT] [--domain|--network]",
	"list alerts, show one, acknowledge or resolve it",
	"  list     alerts of all states (the default); a table has the\n"
	"           newest first, jsonl the oldest; nobody was told of what\n"
	"           is marked exempt or shadow\n"
	"  show     everything about one, with reasons, next steps, evidence\n"
	"  ack      somebody cares for it\n"
	"  resolve  it is over\n"
	"  fine     it is legitimate: the policy takes in the domain\n"
	"           (--domain) or the network (--network), and history is\n"
	"           classified anew; without either the evidence decides\n"
	"An ID may be cut to its first six digits or more.\n",
	run,
};

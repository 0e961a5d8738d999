/* SPDX-License-Identifier: Apache-2.0 */
/*
 * weir status: is this host watched?  The daemon answers; where none runs,
 * that is the answer.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "weir/cli.h"
#include "weir/control.h"
#include "weir/pipeline.h"
#include "weir/print.h"
#include "weir/status.h"
#include "weir/wire.h"

static void
print_totals(const char *db)
{
	struct store_totals t;
	char at[USEC_TEXT_MAX];
	struct error err;
	struct store *s = store_open(db, STORE_READ, &err);

	if (s == NULL) {
		printf("Database: %s\n", err.text);
		return;
	}
	if (store_totals(s, &t, &err) == -1)
		printf("Database: %s\n", err.text);
	else {
		printf("Database: %s, %" PRId64 " events, %" PRId64
		    " alerts open\n", db, t.events, t.alerts_open);
		if (t.last_at != 0)
			printf("Last event: %s\n", print_time(t.last_at, at).p);
	}
	store_close(s);
}

/* Nobody watches. */
static int
without_daemon(const char *db, bool denied, bool json)
{
	const char *why = denied ? "the daemon may not be asked; be root or "
	    "of the group weir" : "no daemon runs";

	if (json) {
		printf("{\"watching\":false,\"why\":\"%s\"}\n", why);
		return EXIT_WORLD;
	}
	printf("NOT WATCHING: %s%s\n", why, denied ? "" :
	    " (`systemctl start weir`, or `weir daemon`)");
	print_totals(db);
	return EXIT_WORLD;
}

static int
status(const char *db, bool json)
{
	struct control_client client = { .db = db };
	struct buf out = { 0 };
	struct error err;
	json_t *answer, *j;
	bool ok;

	errno = 0;
	if (!control_listens(db))
		return without_daemon(db, errno == EACCES, json);
	if (control_ask(&client, json_pack("{ss}", "command", "status"),
	    &answer, &err) == -1) {
		printf("NOT WATCHING: %s\n", err.text);
		return EXIT_WORLD;
	}
	j = json_object_get(answer, "status");
	status_line(j, &out);
	ok = str_starts(buf_str(&out), STR("OK"));
	buf_clear(&out);
	if (json) {
		wire_print(j, &out);
		buf_add_char(&out, '\n');
	} else
		status_text(j, &out);
	fwrite(out.p, 1, out.n, stdout);
	buf_done(&out);
	json_decref(answer);
	return ok ? EXIT_OK : EXIT_WORLD;
}

static int
run(int argc, char **argv)
{
	static const struct option options[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "db", required_argument, NULL, 'd' },
		{ "format", required_argument, NULL, 'f' },
		{ NULL, 0, NULL, 0 },
	};
	const char *config = NULL, *db = NULL;
	enum print_format format = PRINT_TABLE;
	char path[4096];
	int c;

	optind = 0;
	while ((c = getopt_long(argc, argv, "c:", options, NULL)) != -1) {
		if (c == 'c')
			config = optarg;
		else if (c == 'd')
			db = optarg;
		else if (c != 'f')
			return EXIT_USAGE;
		else if (!print_format_of(optarg, &format) ||
		    format == PRINT_CSV)
			return cli_usage("--format is table or jsonl");
	}
	if (optind < argc)
		return cli_usage("status takes no argument");
	if (cli_db_path(config, db, path, sizeof(path)) == -1)
		return EXIT_WORLD;
	return status(path, format == PRINT_JSONL);
}

const struct command cmd_status = {
	"status",
	"[-c FILE] [--db FILE] [--format table|jsonl]",
	"tell whether this host is watched, and what weir believes",
	"The first line is \"OK\" (exit status 0), or \"NOT WATCHING\" or\n"
	"\"NOT STORING\" and why (exit status 3).\n",
	run,
};

/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "weir/cli.h"

#define ARGS_MAX	8

static char	out[65536], err[65536];

static int
redirect(FILE *to, int fd)
{
	int saved = dup(fd);

	assert_true(saved >= 0);
	assert_true(dup2(fileno(to), fd) >= 0);
	return saved;
}

static void
restore(FILE *from, int fd, int saved, char *text, size_t size)
{
	ssize_t n;

	dup2(saved, fd);
	close(saved);
	n = pread(fileno(from), text, size - 1, 0);
	assert_true(n >= 0);
	text[n] = '\0';
	fclose(from);
}

/* Runs weir with these words; what it said is in `out` and `err`. */
static int
weir(const char *words)
{
	FILE *o = tmpfile(), *e = tmpfile();
	char line[512], *argv[ARGS_MAX + 1] = { NULL }, *save = NULL;
	int argc = 0, saved_out, saved_err, rc;

	assert_non_null(o);
	assert_non_null(e);
	snprintf(line, sizeof(line), "weir %s", words);
	for (char *w = strtok_r(line, " ", &save); w != NULL;
	    w = strtok_r(NULL, " ", &save)) {
		assert_true(argc < ARGS_MAX);
		argv[argc++] = w;
	}
	fflush(stdout);
	saved_out = redirect(o, STDOUT_FILENO);
	saved_err = redirect(e, STDERR_FILENO);
	rc = cli_main(argc, argv);
	fflush(stdout);
	restore(o, STDOUT_FILENO, saved_out, out, sizeof(out));
	restore(e, STDERR_FILENO, saved_err, err, sizeof(err));
	return rc;
}

static const struct {
	const char	*words;
	int		 want;
	const char	*out, *err;	/* "" is exactly nothing */
} cases[] = {
	{ "", EXIT_USAGE, "", "usage: weir COMMAND" },
	{ "--version", EXIT_OK, "weir " WEIR_VERSION "\n", "" },
	{ "-V", EXIT_OK, "weir ", "" },
	{ "--help", EXIT_OK, "usage: weir COMMAND", "" },
	{ "help", EXIT_OK, "usage: weir COMMAND", "" },
	{ "help query", EXIT_OK, "--queue-id", "" },
	{ "query --help", EXIT_OK, "--queue-id", "" },
	{ "help qeury", EXIT_USAGE, "", "no command \"qeury\"" },
	{ "help query alerts", EXIT_USAGE, "", "one command" },
	{ "qeury", EXIT_USAGE, "", "did you mean \"query\"?" },
	{ "frobnicate", EXIT_USAGE, "", "usage: weir COMMAND" },
	{ "query --db /none --bogus", EXIT_USAGE, "",
	    "usage: weir query" },
	{ "query --class nix", EXIT_USAGE, "", "--class: " },
	{ "query --limit -1", EXIT_USAGE, "", "--limit: " },
	{ "query --format xml", EXIT_USAGE, "", "table, jsonl or csv" },
	{ "query nonsense", EXIT_USAGE, "", "not \"nonsense\"" },
	{ "query messages --kind auth", EXIT_USAGE, "", "messages" },
	{ "query messages --kind message", EXIT_USAGE, "", "messages" },
	{ "query --db /nowhere/weir.db", EXIT_WORLD, "", "/nowhere/weir.db" },
	{ "alerts --db /nowhere/weir.db", EXIT_WORLD, "",
	    "/nowhere/weir.db" },
	{ "alerts --state nix", EXIT_USAGE, "", "no state \"nix\"" },
	{ "alerts --severity nix", EXIT_USAGE, "", "no severity \"nix\"" },
	{ "alerts --format csv", EXIT_USAGE, "", "table or jsonl" },
	{ "alerts --db /x ack", EXIT_USAGE, "", "the id of one alert" },
	{ "alerts --db /x frob 1", EXIT_USAGE, "", "not \"frob\"" },
	{ "alerts --db /x --domain show 1", EXIT_USAGE, "", "with fine" },
	{ "alerts --db /x silence", EXIT_WORLD, "", "later release" },
	{ "config frob", EXIT_USAGE, "", "not \"frob\"" },
	{ "config -c /nowhere/weir.conf", EXIT_WORLD, "",
	    "/nowhere/weir.conf" },
	{ "config options", EXIT_OK, "trusted-networks", "" },
	{ "status --db /nowhere/weir.db", EXIT_WORLD,
	    "NOT WATCHING: no daemon runs", "" },
	{ "status --db /nowhere/weir.db --format jsonl", EXIT_WORLD,
	    "\"watching\":false", "" },
	{ "status more", EXIT_USAGE, "", "no argument" },
	{ "explain a b", EXIT_USAGE, "", "one LINE" },
};

static void
says(const char *words, const char *where, const char *got, const char *want)
{
	if (*want == '\0' ? *got != '\0' : strstr(got, want) == NULL)
		fail_msg("weir %s: %s has '%s', want '%s'", words, where, got,
		    want);
}

static void
command_lines(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		int got = weir(cases[i].words);

		if (got != cases[i].want)
			fail_msg("weir %s: status %d, want %d: %s",
			    cases[i].words, got, cases[i].want, err);
		says(cases[i].words, "stdout", out, cases[i].out);
		says(cases[i].words, "stderr", err, cases[i].err);
	}
}

/* Every entry is complete, and its help fits a terminal. */
static void
entries(void **state)
{
	const struct command *c;
	char words[64];

	(void)state;
	for (size_t i = 0; (c = cli_at(i)) != NULL; i++) {
		assert_ptr_equal(cli_find(c->name), c);
		assert_true(strlen(c->summary) > 5);
		assert_non_null(c->run);
		snprintf(words, sizeof(words), "help %s", c->name);
		assert_int_equal(weir(words), EXIT_OK);
		for (char *line = strtok(out, "\n"); line != NULL;
		    line = strtok(NULL, "\n"))
			if (strlen(line) > 80)
				fail_msg("help %s: %s", c->name, line);
	}
	assert_null(cli_find("frobnicate"));
}

static void
completion(void **state)
{
	(void)state;
	assert_int_equal(weir("help --words"), EXIT_OK);
	assert_string_equal(out, "daemon\nimport\nquery\nalerts\nexplain\n"
	    "status\ntest\nconfig\nbacktest\nreclassify\nhelp\n");
	assert_int_equal(weir("help --words query"), EXIT_OK);
	assert_non_null(strstr(out, "messages\n"));
	assert_non_null(strstr(out, "--db\n"));
	assert_non_null(strstr(out, "--client\n"));
	assert_int_equal(weir("help --words alerts"), EXIT_OK);
	assert_non_null(strstr(out, "ack\n"));
	assert_non_null(strstr(out, "--network\n"));
}

static void
database_path(void **state)
{
	char path[256];

	(void)state;
	assert_int_equal(cli_db_path("/nowhere", "/x/y.db", path,
	    sizeof(path)), 0);
	assert_string_equal(path, "/x/y.db");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(command_lines),
		cmocka_unit_test(entries),
		cmocka_unit_test(completion),
		cmocka_unit_test(database_path),
	};

	return cmocka_run_group_tests_name("cli", tests, NULL, NULL);
}

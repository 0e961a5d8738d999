/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "weir/config.h"
#include "weir/usec.h"

static char dir[64];

static void
write_file(const char *name, const char *text)
{
	char path[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
}

static const char *
in_dir(const char *name)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static int
make_dir(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/weir-config-XXXXXX");
	return mkdtemp(dir) == NULL ? -1 : 0;
}

static int
drop_dir(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -r %s", dir);
	return system(command);
}

static struct config *
parse(const char *text)
{
	struct buf problems = { 0 };
	struct config *c = config_parse("/x/weir.conf", str_of(text),
	    &problems);

	if (c == NULL)
		fail_msg("%s", buf_cstr(&problems));
	assert_int_equal(problems.n, 0);
	buf_done(&problems);
	return c;
}

/* What stands in the specification of the file must load. */
static void
example(void **state)
{
	struct buf problems = { 0 };
	struct config *c;

	(void)state;
	write_file("domains", "# ours\nexample.net\n\n.example.com # all\n");
	write_file("weir.conf",
	    "[weir]\nstate-dir = /var/lib/weir\n[policy]\n"
	    "trusted-networks = 127.0.0.0/8, ::1, 10.20.0.0/24\n"
	    "local-domains = example.org, @domains\n"
	    "relay-domains = backup.example.net\n"
	    "[source journal]\n[source maillog]\npath = /var/log/mail.log\n"
	    "timezone = Europe/Berlin\n[http]\nlisten = 127.0.0.1:8425\n"
	    "[detector relay-spike]\nenabled = true\n"
	    "[maintenance x]\nfrom = 22:00\n[webhook oncall]\n"
	    "url = https://alerts.example.org/hook\nformat = standard\n"
	    "secret-file = oncall.secret\nallow-private = false\n");
	c = config_load(in_dir("weir.conf"), &problems);
	assert_non_null(c);
	assert_int_equal(problems.n, 0);
	assert_string_equal(config_section(c, "source", 0), "journal");
	assert_string_equal(config_section(c, "source", 1), "maillog");
	assert_null(config_section(c, "source", 2));
	assert_null(config_text(c, "source", "journal", "path"));
	assert_string_equal(config_text(c, "source", "maillog", "timezone"),
	    "Europe/Berlin");
	assert_string_equal(config_list(c, "policy", NULL, "local-domains", 0),
	    "example.org");
	assert_string_equal(config_list(c, "policy", NULL, "local-domains", 1),
	    "example.net");
	assert_string_equal(config_list(c, "policy", NULL, "local-domains", 2),
	    ".example.com");
	assert_null(config_list(c, "policy", NULL, "local-domains", 3));
	assert_false(config_is_set(c, "policy", NULL, "copies"));
	assert_null(config_list(c, "policy", NULL, "copies", 0));
	assert_string_equal(config_text(c, "webhook", "oncall", "secret-file"),
	    in_dir("oncall.secret"));
	assert_string_equal(config_section(c, "detector", 0), "relay-spike");
	assert_true(config_bool(c, "detector", "open-relay", "enabled"));
	assert_non_null(strstr(config_warning(c, 0), "weir.conf:15: "
	    "[maintenance x]: maintenance windows are not in this build"));
	assert_null(config_warning(c, 1));
	assert_string_equal(config_file(c, 0), in_dir("weir.conf"));
	assert_string_equal(config_file(c, 1), in_dir("domains"));
	assert_null(config_file(c, 2));
	config_free(c);
	buf_done(&problems);
}

static void
defaults(void **state)
{
	struct config *c = parse("");

	(void)state;
	assert_string_equal(config_text(c, "weir", NULL, "state-dir"),
	    "/var/lib/weir");
	assert_int_equal(config_number(c, "weir", NULL, "retention"),
	    90 * USEC_PER_DAY);
	assert_int_equal(config_number(c, "weir", NULL, "hold"),
	    2 * USEC_PER_SEC);
	assert_int_equal(config_number(c, "weir", NULL, "partition-rows"),
	    1000000);
	assert_false(config_bool(c, "weir", NULL, "subjects"));
	assert_true(config_bool(c, "http", NULL, "enabled"));
	assert_false(config_bool(c, "webhook", "x", "allow-private"));
	assert_int_equal(config_number(c, "source", "x", "year"), 0);
	assert_null(config_text(c, "webhook", "x", "url"));
	assert_string_equal(config_origin(c, "weir", NULL, "hold"),
	    "default");
	config_free(c);
}

static void
values(void **state)
{
	struct config *c = parse("\xef\xbb\xbf[weir]\r\n"
	    "retention=7d ; a week\r\n; nothing\r\n"
	    "subjects = yes\nuser =  postlog  \n\n"
	    "[policy] # lists\ntrusted-networks = 10.0.0.0/8, ,192.0.2.1\n"
	    "   # between\n\t198.51.100.0/24 ; office\n\n  [2001:db8::1]/64,"
	    "\n\t[2001:db8::5]\ncopies =\n"
	    "[silence night]\nfrom = 22:00\n  to 6:00\nwhatever = 1 # x\n"
	    "[source  a.b-C_9 ]\npath = mail.log\nyear = 2024");
	static const char *const nets[] = { "10.0.0.0/8", "192.0.2.1",
	    "198.51.100.0/24", "[2001:db8::1]/64", "[2001:db8::5]" };
	size_t i;

	(void)state;
	assert_int_equal(config_number(c, "weir", NULL, "retention"),
	    7 * USEC_PER_DAY);
	assert_true(config_bool(c, "weir", NULL, "subjects"));
	assert_string_equal(config_text(c, "weir", NULL, "user"), "postlog");
	for (i = 0; i < 5; i++)
		assert_string_equal(config_list(c, "policy", NULL,
		    "trusted-networks", i), nets[i]);
	assert_null(config_list(c, "policy", NULL, "trusted-networks", 5));
	assert_true(config_is_set(c, "policy", NULL, "copies"));
	assert_null(config_list(c, "policy", NULL, "copies", 0));
	assert_string_equal(config_section(c, "source", 0), "a.b-C_9");
	assert_string_equal(config_text(c, "source", "a.b-C_9", "path"),
	    "/x/mail.log");
	assert_int_equal(config_number(c, "source", "a.b-C_9", "year"), 2024);
	assert_string_equal(config_origin(c, "weir", NULL, "user"),
	    "/x/weir.conf:5");
	config_free(c);
}

/* Each text's mistakes, word for word. */
#define F "/x/weir.conf:"
#define LONG "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
static const struct {
	const char *text, *want;
} mistake[] = {
	{ "[weir]\nretension = 3d\n", F "2: \"retension\" is not an "
	    "option of [weir]; is \"retention\" meant?\n" },
	{ "[http]\nretention = 3d\n", F "2: \"retention\" is not an "
	    "option of [http]; it belongs into [weir]\n" },
	{ "[http]\nxyzzy = 3d\n", F "2: \"xyzzy\" is not an option of "
	    "[http]; `weir config options` lists them\n" },
	{ "[wier]\nx = 1\n  y\n", F "1: there is no section [wier]; "
	    "is [weir] meant?\n" },
	{ "[detector open-rely]\nx = 1", F "1: there is no section "
	    "[detector open-rely]; is [detector open-relay] "
	    "meant?\n" },
	{ "[detector xyzzy]", F "1: there is no section [detector "
	    "xyzzy]; `weir config options` lists them\n" },
	{ "[webhook]", F "1: [webhook] needs a name: "
	    "[webhook NAME]\n" },
	{ "[weir x]", F "1: [weir] takes no name\n" },
	{ "[weir", F "1: the ] of the section is missing\n" },
	{ "[weir] hold = 1s", F "1: after [section] the line "
	    "ends\n" },
	{ "[source " LONG "]", F "1: a section is [kind] or [kind "
	    "name], each of at most 40 letters, digits, - _ and "
	    ".\n" },
	{ "[webhook \"x\"]", F "1: a section is [kind] or [kind "
	    "name], each of at most 40 letters, digits, - _ and "
	    ".\n" },
	{ "hold = 1s\n", F "1: \"hold\" stands before any "
	    "[section]\n" },
	{ "[weir]\nhold = 1s\nhold = 2s\n", F "3: hold is set "
	    "already, at " F "2\n" },
	{ "[weir]\nhold = soon\n", F "2: hold: \"soon\" is not a span "
	    "of time such as 90s, 10m, 4h or 7d\n" },
	{ "[weir]\nhold = 2h\n", F "2: hold: 2h is not between 0d "
	    "and 60s\n" },
	{ "[weir]\npartition-rows = 1\n", F "2: partition-rows: 1 is "
	    "not between 100 and 100000000\n" },
	{ "[weir]\npartition-rows = 1k\n", F "2: partition-rows: "
	    "\"1k\" is not a whole number\n" },
	{ "[weir]\nbudget = few\n", F "2: budget: \"few\" is not a number "
	    "such as 1 or 0.25, with at most six decimals\n" },
	{ "[weir]\nbudget = -1\n", F "2: budget: \"-1\" is not a number "
	    "such as 1 or 0.25, with at most six decimals\n" },
	{ "[weir]\nbudget = 1.0000001\n", F "2: budget: \"1.0000001\" is "
	    "not a number such as 1 or 0.25, with at most six decimals\n" },
	{ "[weir]\nbudget = 0\n", F "2: budget: 0 is not between 0.01 and "
	    "1000\n" },
	{ "[weir]\nstatistics-memory = 1K\n", F "2: statistics-memory: 1K "
	    "is not between 1048576 and 1099511627776\n" },
	{ "[baseline]\ngate = 0.5\n", F "2: gate: 0.5 is not between 1e-06 "
	    "and 0.1\n" },
	{ "[detector account-spike]\nmesages-floor = 9\n", F "2: "
	    "\"mesages-floor\" is not an option of [detector]; is "
	    "\"messages-floor\" meant?\n" },
	{ "[detector account-spike]\nmessages-floor = 0\n", F "2: "
	    "messages-floor: 0 is not between 1 and 1000000\n" },
	{ "[detector account-spike]\nmessages-share = 1,5\n", F "2: "
	    "messages-share: \"1,5\" is not a number such as 1 or 0.25, "
	    "with at most six decimals\n" },
	{ "[exempt news]\nuser = news\n", F "1: [exempt news] needs a "
	    "reason: why is it no abuse?\n" },
	{ "[exempt news]\nreason = x\ndetectors = snowshoe\n", F "1: "
	    "[exempt news] says nobody: it needs a user, sender, client or "
	    "network\n" },
	{ "[exempt news]\nreason = x\nuser =\nclient = 10.0.0.1\n", F "3: "
	    "user: is empty; leave it out for any\n" },
	{ "[exempt news]\nreason = x\nuser = a\ndetectors = acount-spike\n"
	    , F "4: detectors: there is no detector \"acount-spike\"; is "
	    "\"account-spike\" meant?\n" F "4: detectors: is empty; leave "
	    "it out for any\n" },
	{ "[weir]\nsubjects = maybe\n", F "2: subjects: \"maybe\" is "
	    "neither true nor false\n" },
	{ "[weir]\nlog-level = wran\n", F "2: log-level: \"wran\" is "
	    "none of error|warn|info|debug; is \"warn\" meant?\n" },
	{ "[weir]\nlog-level = loud\n", F "2: log-level: \"loud\" is "
	    "none of error|warn|info|debug\n" },
	{ "[weir]\nuser =\n", F "2: user: has no value; leave the "
	    "line out for the default\n" },
	{ "[weir]\nuser = a # b\n", F "2: a comment behind a value "
	    "begins with ;\n" },
	{ "[weir]\nstate-dir = /a\n  /b\n", F "3: state-dir takes one "
	    "value, and this indented line would be more of it\n" },
	{ "[weir]\nstate-dir = /a\n  user = b\n", F "3: an indented "
	    "line goes on with the value above it; take the blanks "
	    "before \"user = b\" away\n" },
	{ "[weir]\nstate-dir = /a\n  [http]\n", F "3: an indented "
	    "line goes on with the value above it; take the blanks "
	    "before \"[http]\" away\n" },
	{ "[weir]\n  state-dir = /a\n", F "2: an indented line goes "
	    "on with the value above it; take the blanks before "
	    "\"state-dir = /a\" away\n" },
	{ "  10.0.0.0/8\n", F "1: \"10.0.0.0/8\" is indented, but no "
	    "list stands above it\n" },
	{ "[policy]\ntrusted-networks = 10.0.0.0/8,\n::1\n", F "3: "
	    "\"::1\" is neither [section] nor key = value; a list "
	    "goes on on indented lines\n" },
	{ "[policy]\ntrusted-networks = 10.0.0.0/8 10.1.0.0/16\n",
	    F "2: trusted-networks: \"10.0.0.0/8 10.1.0.0/16\" is not "
	    "a network such as 192.0.2.0/24, 192.0.2.7 or "
	    "2001:db8::/32\n" },
	{ "[policy]\nlocal-domains = " LONG LONG LONG LONG "\n  b.c\n",
	    F "2: the line is 216 bytes long and 199 can be read; a "
	    "list may go on on indented lines or be put in a file, "
	    "@FILE\n" },
	{ "[policy]\nlocal-domains = a\ab\n", F "2: holds a control "
	    "character\n" },
	{ "[policy]\nlocal-domains = @nowhere\n", F "2: "
	    "local-domains: /x/nowhere: No such file or "
	    "directory\n" },
	{ "[policy]\nlocal-domains = @/dev/null\n", F "2: "
	    "local-domains: /dev/null: is not a regular file\n" },
	{ "[source x]\nhost = a\n", F "1: [source x] needs a path; "
	    "only [source journal] goes without\n" },
	{ "[http]\nlisten = 0.0.0.0:80\n", F "2: listen: "
	    "\"0.0.0.0:80\" is not a loopback address: weir answers "
	    "this host only, put a reverse proxy before it\n" },
	{ "[weir]\nmax-size = 9X\n", F "2: max-size: \"9X\" is not a "
	    "size such as 500000, 64M or 10G\n" },
	{ "[weir]\nx1 = 1\n\nhold = x\n[htpp]\n[weir]\nuser = root\n"
	    "usr = 1\n", F "2: \"x1\" is not an option of [weir]; "
	    "`weir config options` lists them\n" F "4: hold: \"x\" is "
	    "not a span of time such as 90s, 10m, 4h or 7d\n" F "5: "
	    "there is no section [htpp]; is [http] meant?\n" F "8: "
	    "\"usr\" is not an option of [weir]; is \"user\" "
	    "meant?\n" },
};
#undef F

static void
mistakes(void **state)
{
	struct buf got = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(mistake) / sizeof(mistake[0]); i++) {
		assert_null(config_parse("/x/weir.conf",
		    str_of(mistake[i].text), &got));
		if (strcmp(buf_cstr(&got), mistake[i].want) != 0)
			fail_msg("%s\ngot  '%s'\nwant '%s'", mistake[i].text,
			    buf_cstr(&got), mistake[i].want);
		buf_clear(&got);
	}
	buf_done(&got);
}

/* A NUL must not hide what is behind it. */
static void
nul_byte(void **state)
{
	static const char text[] = "[weir]\nuser = a\0b\n";
	struct buf got = { 0 };

	(void)state;
	assert_null(config_parse("f",
	    (struct str){ text, sizeof(text) - 1 }, &got));
	assert_string_equal(buf_cstr(&got),
	    "f:2: holds a control character\n");
	buf_done(&got);
}

/* Exactly what inih can take, and one byte more. */
static void
longest_line(void **state)
{
	char text[300] = "[weir]\nstate-dir = /";
	struct buf got = { 0 };
	struct config *c;
	size_t head = strlen(text);

	(void)state;
	memset(text + head, 'a', 199 + 7 - head);
	c = config_parse("f", str_of(text), &got);
	assert_non_null(c);
	assert_int_equal(strlen(config_text(c, "weir", NULL, "state-dir")),
	    199 - strlen("state-dir = "));
	config_free(c);
	text[199 + 7] = 'a';
	assert_null(config_parse("f", str_of(text), &got));
	assert_non_null(strstr(buf_cstr(&got), "f:2: the line is 200 bytes"));
	buf_done(&got);
}

static void
bounded(void **state)
{
	struct buf text = { 0 }, got = { 0 };
	const char *p;
	int i;

	(void)state;
	for (i = 0; i < 300; i++)
		buf_addf(&text, "[source s%d]\npath = /a\n", i);
	assert_null(config_parse("f", buf_str(&text), &got));
	assert_non_null(strstr(buf_cstr(&got), "more than 256 sections"));
	buf_clear(&text);
	buf_clear(&got);
	for (i = 0; i < 1000; i++)
		buf_addf(&text, "nonsense\n");
	assert_null(config_parse("f", buf_str(&text), &got));
	for (i = 0, p = buf_cstr(&got); (p = strchr(p, '\n')) != NULL; p++)
		i++;
	assert_int_equal(i, 51);
	assert_non_null(strstr(buf_cstr(&got), "f:51: and more mistakes"));
	buf_done(&text);
	buf_done(&got);
}

static void
directory(void **state)
{
	struct buf got = { 0 };
	struct config *c;

	(void)state;
	assert_int_equal(mkdir(in_dir("conf.d"), 0700), 0);
	write_file("main.conf", "[weir]\nhold = 1s\nretention = 3d\n"
	    "[policy]\nlocal-domains = a.example, b.example\n");
	write_file("conf.d/20-b.conf", "[weir]\nhold = 5s\n");
	write_file("conf.d/10-a.conf", "[weir]\nhold = 4s\n[policy]\n"
	    "local-domains = c.example\n[source x]\npath = log\n");
	write_file("conf.d/30-c.conf.bak", "nonsense\n");
	write_file("conf.d/.40-d.conf", "nonsense\n");
	c = config_load(in_dir("main.conf"), &got);
	assert_non_null(c);
	assert_int_equal(config_number(c, "weir", NULL, "hold"),
	    5 * USEC_PER_SEC);
	assert_int_equal(config_number(c, "weir", NULL, "retention"),
	    3 * USEC_PER_DAY);
	assert_string_equal(config_list(c, "policy", NULL, "local-domains", 0),
	    "c.example");
	assert_null(config_list(c, "policy", NULL, "local-domains", 1));
	assert_string_equal(config_text(c, "source", "x", "path"),
	    in_dir("conf.d/log"));
	assert_string_equal(config_file(c, 2), in_dir("conf.d/20-b.conf"));
	assert_null(config_file(c, 3));
	config_free(c);
	write_file("conf.d/50-e.conf", "[weir]\nhold = x\n");
	assert_null(config_load(in_dir("main.conf"), &got));
	assert_non_null(strstr(buf_cstr(&got), "/conf.d/50-e.conf:2: hold:"));
	buf_done(&got);
}

static void
missing(void **state)
{
	struct buf got = { 0 };

	(void)state;
	assert_null(config_load(in_dir("none.conf"), &got));
	assert_non_null(strstr(buf_cstr(&got),
	    "/none.conf: No such file or directory\n"));
	buf_clear(&got);
	assert_null(config_load("/dev/zero", &got));
	assert_string_equal(buf_cstr(&got),
	    "/dev/zero: is not a regular file\n");
	buf_done(&got);
}

static void
list_file_mistake(void **state)
{
	struct buf got = { 0 };

	(void)state;
	write_file("nets", "10.0.0.0/8\n# c\n 10.0.0.0/x \n");
	write_file("l.conf", "[policy]\ntrusted-networks = @nets\n");
	assert_null(config_load(in_dir("l.conf"), &got));
	assert_non_null(strstr(buf_cstr(&got), "/nets:3: trusted-networks: "
	    "\"10.0.0.0/x\" is not a network"));
	buf_done(&got);
}

static void
print(void **state)
{
	struct config *c = parse("[weir]\nhold = 4s\n[policy]\n"
	    "trusted-networks = ::1, 10.0.0.0/8\nlocal-domains = a.example\n"
	    "[source log]\npath = /l\n"), *again;
	struct buf out = { 0 }, problems = { 0 };

	(void)state;
	config_print(c, &out);
	assert_non_null(strstr(buf_cstr(&out),
	    "[weir]\nstate-dir = /var/lib/weir ; default\n"
	    "retention = 90d ; default\nmax-size = 0 ; default\n"
	    "hold = 4s ; /x/weir.conf:2\n"));
	assert_non_null(strstr(buf_cstr(&out), "\n[policy]\n"
	    "trusted-networks = ; /x/weir.conf:4\n\t::1\n\t10.0.0.0/8\n"
	    "local-domains = a.example ; /x/weir.conf:5\n"
	    "; relay-domains is not set\n"));
	assert_non_null(strstr(buf_cstr(&out), "\n[source log]\n"));
	assert_non_null(strstr(buf_cstr(&out), "\n[detector open-relay]\n"));
	again = config_parse("again", buf_str(&out), &problems);
	assert_non_null(again);
	assert_int_equal(config_number(again, "weir", NULL, "hold"),
	    4 * USEC_PER_SEC);
	assert_string_equal(config_list(again, "policy", NULL,
	    "trusted-networks", 1), "10.0.0.0/8");
	config_free(c);
	config_free(again);
	buf_done(&out);
	buf_done(&problems);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(example),
		cmocka_unit_test(defaults),
		cmocka_unit_test(values),
		cmocka_unit_test(mistakes),
		cmocka_unit_test(nul_byte),
		cmocka_unit_test(longest_line),
		cmocka_unit_test(bounded),
		cmocka_unit_test(directory),
		cmocka_unit_test(missing),
		cmocka_unit_test(list_file_mistake),
		cmocka_unit_test(print),
	};

	return cmocka_run_group_tests(tests, make_dir, drop_dir);
}

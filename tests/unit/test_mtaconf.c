/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "weir/mtaconf.h"

static const struct {
	const char *path, *text;
} files[] = {
	{ "/p/nets", "# comment\n10.2.0.0/16\n  # more\n10.3.0.0/16, "
	    "[2001:db8::]/32\r\n" },
	{ "/p/cidr", "if 10.0.0.0/8\n10.4.0.0/16\tOK\n!10.4.1.0/24 no\n"
	    "endif\n10.5.5.5 OK\n" },
	{ "/p/virtual", "# our domains\nvirt.example  anything\n"
	    "info@virt.example\n  a@else.example,\n# not this\n\n\tb@x.y\n"
	    "@cat.example  c@x.y\nother.example\n" },
	{ "/p/bcc", "u@a.example  keep@b.example\n\"q v\"@a.example root\n"
	    "w@a.example\n\tx@b.example, y@b.example\n" },
	{ "/p/quoted", "\"a b\" c@d.example\n\"open e@f.example\n" },
	{ "/p/loop", "/p/loop loop.example" },
	{ "/p/mailname", "name.example\nrest\n" },
};

static int
read_fake(void *ctx, const char *path, struct buf *ret, struct error *err)
{
	size_t i;

	(void)ctx;
	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (strcmp(files[i].path, path) == 0) {
			buf_add_str(ret, str_of(files[i].text));
			return 0;
		}
	error_set(err, "No such file or directory");
	return 1;
}

static const struct mtaconf_files fake = { NULL, read_fake };

/* "T10.0.0.0/8 Lexample.org ..." with "!" behind keys that are incomplete. */
static void
summarise(const struct mtaconf_answer *a, struct buf *b)
{
	size_t i;

	for (i = 0; i < a->n; i++)
		buf_addf(b, "%s%c%s", b->n == 0 ? "" : " ",
		    "TLRC"[a->beliefs[i].key], a->beliefs[i].value);
	for (i = 0; i < POLICY_KEY_COUNT; i++)
		if (a->incomplete[i])
			buf_addf(b, "%s%c!", b->n == 0 ? "" : " ", "TLRC"[i]);
	buf_cstr(b);
}

static void
lists(void **state)
{
	static const struct {
		const char *text, *want;
		size_t ngaps;
	} cases[] = {
		{ "", "", 0 },
		{ "mynetworks =\nmydestination = \n", "", 0 },
		{ "mynetworks = 127.0.0.0/8 [::1]/128,10.0.0.1\n",
		    "T127.0.0.0/8 T[::1]/128 T10.0.0.1", 0 },
		{ "mynetworks = 10.0.0.0/8 !10.1.2.3 , /p/nets",
		    "T10.0.0.0/8 T10.2.0.0/16 T10.3.0.0/16 "
		    "T[2001:db8::]/32", 1 },
		{ "mynetworks = cidr:/p/cidr", "T10.4.0.0/16 T10.5.5.5", 1 },
		{ "mynetworks = static:all", "T!", 1 },
		{ "mynetworks = /p/none 10.0.0.1", "T10.0.0.1 T!", 1 },
		{ "mynetworks = fd00::/8", "T!", 1 },
		{ "mydestination = a.example, .b.example localhost\n",
		    "La.example L.b.example Llocalhost", 0 },
		{ "virtual_alias_domains = hash:/p/virtual",
		    "Lvirt.example Lother.example", 0 },
		{ "virtual_alias_domains = proxy:proxy:lmdb:/p/virtual",
		    "Lvirt.example Lother.example", 0 },
		{ "virtual_mailbox_domains = ldap:/etc/x, c.example",
		    "Lc.example L!", 1 },
		{ "virtual_mailbox_domains = proxy:mysql:/p/virtual", "L!",
		    1 },
		{ "virtual_mailbox_domains = regexp:/p/virtual", "L!", 1 },
		{ "mydestination = cidr:/p/cidr", "L!", 1 },
		{ "virtual_alias_domains = inline:{d.example=x, {e.example = "
		    "two words}, u@f.example=y}",
		    "Ld.example Le.example", 0 },
		{ "virtual_alias_domains = inline:x", "L!", 1 },
		{ "virtual_alias_domains = fail:x", "", 0 },
		{ "virtual_alias_domains = hash:relative/x", "L!", 1 },
		{ "proxy_interfaces = 192.0.2.9, [2001:db8::9] mx.example",
		    "L[192.0.2.9] L[2001:db8::9]", 0 },
		{ "relay_domains = r.example, .s.example",
		    "Rr.example R.s.example", 0 },
		{ "parent_domain_matches_subdomains = mynetworks,"
		    "relay_domains,x\nrelay_domains = r.example .s.example",
		    "Rr.example R.r.example R.s.example", 0 },
		{ "relay_domains = /p/loop", "Rloop.example Rloop.example "
		    "Rloop.example Rloop.example R!", 1 },
		{ "always_bcc = all@a.example\nmyorigin = o.example",
		    "Call@a.example", 0 },
		{ "always_bcc = all\nmyorigin = o.example",
		    "Call@o.example", 0 },
		{ "myorigin = /p/mailname\nalways_bcc = all",
		    "Call@name.example", 0 },
		{ "myorigin = /p/none\nmynetworks = 10.0.0.1", "T10.0.0.1",
		    0 },
		{ "myorigin = /p/none\nalways_bcc = all", "Call C!", 1 },
		{ "recipient_bcc_maps = hash:/p/bcc\nmyorigin = o.example",
		    "Ckeep@b.example C@a.example Croot@o.example "
		    "Cx@b.example Cy@b.example", 0 },
		{ "sender_bcc_maps = static:s@a.example, pcre:/p/bcc",
		    "Cs@a.example C!", 1 },
		{ "sender_bcc_maps = static:{s@a.example}", "Cs@a.example",
		    0 },
		{ "recipient_bcc_maps = inline:{a@b.c=d@e.f}", "Cd@e.f", 0 },
		{ "recipient_bcc_maps = what", "C!", 1 },
		{ "recipient_bcc_maps = hash:/p/quoted", "Cc@d.example "
		    "Ce@f.example", 0 },
		{ "mynetworks 10.0.0.0/8\n= x\nother = y\n", "", 0 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct mtaconf_answer a = { 0 };
		struct buf got = { 0 };

		mtaconf_parse(&a, str_of(cases[i].text), &fake);
		summarise(&a, &got);
		if (strcmp(got.p, cases[i].want) != 0 ||
		    a.ngaps != cases[i].ngaps)
			fail_msg("%s: got '%s' (%zu), want '%s' (%zu)",
			    cases[i].text, got.p, a.ngaps, cases[i].want,
			    cases[i].ngaps);
		mtaconf_answer_done(&a);
		buf_done(&got);
	}
}

static void
sentences(void **state)
{
	struct mtaconf_answer a = { 0 };

	(void)state;
	mtaconf_parse(&a, STR("config_directory = /etc/postfix-out\n"
	    "mynetworks = 10.0.0.1\n"
	    "virtual_alias_domains = hash:/p/virtual\n"
	    "virtual_mailbox_domains = hash:/p/none, ldap:/x\n"), &fake);
	assert_string_equal(a.beliefs[0].where,
	    "mynetworks in /etc/postfix-out/main.cf");
	assert_string_equal(a.beliefs[1].where, "virtual_alias_domains in "
	    "/etc/postfix-out/main.cf (hash:/p/virtual)");
	assert_int_equal(a.ngaps, 2);
	assert_string_equal(a.gaps[0], "virtual_mailbox_domains in "
	    "/etc/postfix-out/main.cf (hash:/p/none): \"/p/none\" cannot be "
	    "read: No such file or directory");
	assert_string_equal(a.gaps[1], "virtual_mailbox_domains in "
	    "/etc/postfix-out/main.cf (ldap:/x): \"ldap:/x\" is of a kind "
	    "that cannot be listed");
	mtaconf_answer_done(&a);
}

static void
bounded(void **state)
{
	struct mtaconf_answer a = { 0 };
	struct buf b = { 0 };
	size_t i;

	(void)state;
	buf_addf(&b, "mydestination =");
	for (i = 0; i < MTACONF_BELIEFS_MAX + 10; i++)
		buf_addf(&b, " d%zu.example", i);
	buf_addf(&b, "\nrecipient_bcc_maps =");
	for (i = 0; i < 1000; i++)
		buf_addf(&b, " ldap:x%zu", i);
	mtaconf_parse(&a, buf_str(&b), &fake);
	assert_int_equal(a.n, MTACONF_BELIEFS_MAX);
	assert_true(a.incomplete[POLICY_LOCAL_DOMAINS]);
	assert_true(a.incomplete[POLICY_COPIES]);
	assert_in_range(a.ngaps, 2, 100);
	mtaconf_answer_done(&a);
	buf_done(&b);
}

static void
instances(void **state)
{
	char dirs[2][256];

	(void)state;
	assert_int_equal(mtaconf_instances(STR(
	    "-               -               y         /etc/postfix\n"
	    "postfix-off     -               n         /etc/postfix-off\n"
	    "postfix-out     mta             y         /etc/postfix-out\n"
	    "postfix-x       mta             y         /etc/postfix-x\n"),
	    dirs, 2), 2);
	assert_string_equal(dirs[0], "/etc/postfix");
	assert_string_equal(dirs[1], "/etc/postfix-out");
	assert_int_equal(mtaconf_instances(STR("postmulti: fatal\n- - y x\n"
	    "- - y\n\n"), dirs, 2), 0);
}

static char dir[64];

static void
script(const char *name, const char *text)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fprintf(f, "#!/bin/sh\n%s\n", text);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(path, 0755), 0);
}

static int
setup(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/weir-mtaconf-XXXXXX");
	return mkdtemp(dir) == NULL ? -1 : 0;
}

static int
teardown(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -r %s", dir);
	return system(command);
}

static struct mtaconf *
start(int64_t limit)
{
	struct error err;
	struct mtaconf *m = mtaconf_start(dir, limit, &err);

	if (m == NULL)
		fail_msg("%s", err.text);
	return m;
}

static void
told(void *ctx, enum policy_key k, struct str value)
{
	buf_addf(ctx, "%c%.*s ", "TLRC"[k], STRF(value));
}

/* The whole way: helper, programs, files, and answers more than once. */
static void
asked(void **state)
{
	struct mtaconf *m = start(MTACONF_LIMIT);
	struct mtaconf_answer a;
	struct buf got = { 0 };
	struct error err;
	char text[512];

	(void)state;
	assert_int_equal(mtaconf_ask(m, &a, &err), -1);
	assert_non_null(strstr(err.text, "there is no postconf in /tmp/"));
	script("postconf", "echo \"config_directory = /etc/postfix\"\n"
	    "echo \"mynetworks = 10.0.0.1 $1,$2\"\n"
	    "echo \"mydestination = e$(env | grep -c .) $0\"\n"
	    "/bin/cat\necho noise >&2");
	assert_int_equal(mtaconf_ask(m, &a, &err), 0);
	summarise(&a, &got);
	/* -x alone, an environment of three (PWD is sh's), a full path. */
	snprintf(text, sizeof(text), "T10.0.0.1 T-x Tconfig_directory ");
	assert_memory_equal(got.p, text, strlen(text));
	mtaconf_answer_done(&a);
	buf_clear(&got);

	script("postmulti", "echo \"- - y /etc/postfix\"\n"
	    "echo \"out - y /etc/postfix-out\"");
	snprintf(text, sizeof(text), "echo \"mynetworks = 10.0.0.2\"\n"
	    "echo \"mydestination = d$2.example hash:%s/table\"\n"
	    "echo \"relay_domains = ldap:x, r.example\"\n"
	    "echo \"always_bcc = a@b.example\"\n"
	    "echo \"sender_bcc_maps = ldap:x\"", dir);
	script("postconf", text);
	script("table", "t.example x");
	assert_int_equal(mtaconf_find(m, told, &got, &err), 0);
	assert_string_equal(buf_cstr(&got), "T L "
	    "T10.0.0.2 Ld/etc/postfix.example Lt.example Ca@b.example "
	    "T10.0.0.2 Ld/etc/postfix-out.example Lt.example "
	    "Ca@b.example ");
	assert_non_null(strstr(mtaconf_gap(m, 0), "\"ldap:x\" is of a kind"));
	assert_null(mtaconf_gap(m, 4));
	buf_done(&got);
	mtaconf_stop(m);
	mtaconf_stop(NULL);
}

static void
misbehaves(void **state)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{ "exit 3", "/postconf failed (status 3)" },
		{ "kill -9 $$", "/postconf failed (signal 9)" },
		{ "exec /bin/sleep 60", "/postconf: did not end in time" },
		{ "exec >&-; exec /bin/sleep 60", "/postconf: did not end "
		    "in time" },
		{ "while :; do echo aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa; done",
		    "/postconf: " },
		{ "exec /bin/cat /dev/zero", "/postconf: says more than "
		    "8388608 bytes" },
	};
	struct mtaconf *m = start(USEC_PER_SEC);
	struct mtaconf_answer a;
	struct error err;
	char path[128];
	size_t i;

	(void)state;
	script("postmulti", "exit 1");
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		script("postconf", cases[i].text);
		assert_int_equal(mtaconf_ask(m, &a, &err), -1);
		if (strstr(err.text, cases[i].want) == NULL)
			fail_msg("%s: got '%s'", cases[i].text, err.text);
	}
	/* The helper lives on. */
	script("postconf", "echo mynetworks = 10.0.0.1");
	assert_int_equal(mtaconf_ask(m, &a, &err), 0);
	assert_int_equal(a.n, 1);
	mtaconf_answer_done(&a);
	snprintf(path, sizeof(path), "%s/postconf", dir);
	assert_int_equal(chmod(path, 0644), 0);
	assert_int_equal(mtaconf_ask(m, &a, &err), -1);
	assert_non_null(strstr(err.text, "there is no postconf"));
	mtaconf_stop(m);
}

/* Nothing of the parent's is open in what it runs. */
static void
descriptors(void **state)
{
	int fd = open("/etc/passwd", O_RDONLY);	/* no O_CLOEXEC */
	struct mtaconf *m = start(MTACONF_LIMIT);
	struct mtaconf_answer a;
	struct error err;

	(void)state;
	script("postmulti", "exit 1");
	script("postconf", "echo mydestination = n$(/usr/bin/readlink "
	    "/proc/$$/fd/* | /usr/bin/grep -c 'socket\\|passwd').example");
	assert_int_equal(mtaconf_ask(m, &a, &err), 0);
	assert_int_equal(a.n, 1);
	assert_string_equal(a.beliefs[0].value, "n0.example");
	mtaconf_answer_done(&a);
	mtaconf_stop(m);
	close(fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists),
		cmocka_unit_test(sentences),
		cmocka_unit_test(bounded),
		cmocka_unit_test(instances),
		cmocka_unit_test_setup_teardown(asked, setup, teardown),
		cmocka_unit_test_setup_teardown(misbehaves, setup, teardown),
		cmocka_unit_test_setup_teardown(descriptors, setup,
		    teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "source_util.h"

#include <sys/stat.h>

static void
expanded(void **state)
{
	struct error err;
	char **v;
	size_t n;

	(void)state;
	run("mkdir d; touch d/a.1 d/a d/b d/.hidden; mkdir d/sub");
	assert_int_equal(source_expand("d", &v, &n, &err), 0);
	assert_int_equal(n, 3);
	assert_string_equal(v[0], "d/a.1");
	assert_string_equal(v[1], "d/a");
	assert_string_equal(v[2], "d/b");
	while (n > 0)
		free(v[--n]);
	free(v);
	assert_int_equal(source_expand("d/a", &v, &n, &err), 0);
	assert_int_equal(n, 2);
	while (n > 0)
		free(v[--n]);
	free(v);
	assert_int_equal(source_expand("d/none", &v, &n, &err), -1);
	assert_string_equal(err.text, "d/none: no log is there");
	assert_int_equal(source_expand("none/x", &v, &n, &err), -1);
}

static void
type_by_content(void **state)
{
	static const struct {
		const char *path;
		bool follow;
		const char *type;
	} cases[] = {
		{ "-", false, "file" },
		{ "-", true, "file" },
		{ "x.log", false, "file" },
		{ "x.log", true, "tail" },
		{ "not-there", true, "tail" },
		{ "d", false, "file" },
		{ "journal", true, "journal" },
		{ NULL, true, "journal" },
	};
	struct streams known = { 0 };
	struct source *s;
	struct error err;
	size_t i;

	(void)state;
	lines("x.log", 0, 1);
	run("mkdir d e; cp x.log d; printf 'LPKSHHRHxxxx' >e/a.journal");
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct source_options o = { .path = cases[i].path,
		    .follow = cases[i].follow };

		s = source_open(&o, &known, &err);
		if (s == NULL || strcmp(s->type->name, cases[i].type) != 0)
			fail_msg("%s: want %s", cases[i].path == NULL ? "" :
			    cases[i].path, cases[i].type);
		source_close(s);
	}
	assert_true(source_is_journal("e"));
	assert_true(source_is_journal("e/a.journal"));
	assert_false(source_is_journal("d"));
	assert_false(source_is_journal("x.log"));
	assert_false(source_is_journal("-"));

	{
		char *both[] = { (char *)"x.log", (char *)"e/a.journal" };
		struct source_options o = { .paths = both, .npaths = 2 };

		assert_null(source_open(&o, &known, &err));
		assert_non_null(strstr(err.text, "read by itself"));
		o = (struct source_options){ .path = "d", .follow = true };
		assert_null(source_open(&o, &known, &err));
		assert_non_null(strstr(err.text, "only a file"));
	}
	source_close(NULL);
	streams_done(&known);
}

static void
found(void **state)
{
	char root[80], got[256], want[256];
	struct error err;

	(void)state;
	snprintf(root, sizeof(root), "%s/root", dir);
	assert_int_equal(source_find_in(root, got, sizeof(got), &err), -1);
	assert_non_null(strstr(err.text, "no mail log on this host"));
	run("mkdir -p root/var/log/mail");
	assert_int_equal(source_find_in(root, got, sizeof(got), &err), -1);
	run("touch root/var/log/mail/mail.log");
	assert_int_equal(source_find_in(root, got, sizeof(got), &err), 0);
	snprintf(want, sizeof(want), "%s/var/log/mail/mail.log", root);
	assert_string_equal(got, want);
	run("touch root/var/log/maillog root/var/log/mail.log");
	assert_int_equal(source_find_in(root, got, sizeof(got), &err), 0);
	snprintf(want, sizeof(want), "%s/var/log/mail.log", root);
	assert_string_equal(got, want);
}

static void
mended(void **state)
{
	char got[512], want[512], path[128];

	(void)state;
	source_mend("journal", "weir", got, sizeof(got));
	assert_string_equal(got, "usermod -aG systemd-journal weir");
	source_mend(NULL, "weir", got, sizeof(got));
	assert_string_equal(got, "usermod -aG systemd-journal weir");
	if (geteuid() != 0) {
		skip();
		return;
	}
	snprintf(path, sizeof(path), "%s/mail.log", dir);
	run("chmod 755 .; touch mail.log; chgrp adm mail.log; "
	    "chmod 640 mail.log");
	source_mend(path, "nobody", got, sizeof(got));
	assert_string_equal(got, "usermod -aG adm nobody");
	run("chmod 600 mail.log");
	source_mend(path, "nobody", got, sizeof(got));
	snprintf(want, sizeof(want), "setfacl -m u:nobody:r %s", path);
	assert_string_equal(got, want);
	run("chgrp root mail.log; chmod 640 mail.log");
	source_mend(path, "nobody", got, sizeof(got));
	assert_string_equal(got, want);
	/* A directory on the way. */
	run("chmod 700 .; chmod 644 mail.log");
	source_mend(path, "nobody", got, sizeof(got));
	snprintf(want, sizeof(want), "setfacl -m u:nobody:rx %s", dir);
	assert_string_equal(got, want);
	/* No word of the path becomes one of the shell's. */
	run("chmod 755 .; touch \"it's; a log\"; chmod 600 it*");
	snprintf(path, sizeof(path), "%s/it's; a log", dir);
	source_mend(path, "nobody", got, sizeof(got));
	snprintf(want, sizeof(want), "setfacl -m u:nobody:r "
	    "'%s/it'\\''s; a log'", dir);
	assert_string_equal(got, want);
}

int
main(void)
{
#define T(f)	cmocka_unit_test_setup_teardown(f, enter, leave)
	const struct CMUnitTest tests[] = {
		T(expanded), T(type_by_content),
		T(found), T(mended),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

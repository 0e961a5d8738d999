/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "weir/usec.h"
#include "weir/webhook.h"

#define SECRET	"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
#define OLD	"whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

static char dir[64];

static int
setup(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/weir-webhook-XXXXXX");
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

static void
write_file(const char *name, const char *text, mode_t mode)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	assert_int_equal(chmod(path, mode), 0);
}

static void
configured(void **state)
{
	static const struct {
		const char *secrets;
		mode_t mode;
		int rc;
		size_t n;
		const char *want;	/* part of the problems */
	} cases[] = {
		{ SECRET "\n# old\n" OLD " # one\n\n", 0600, 0, 2, NULL },
		{ SECRET, 0644, 0, 1, "/s: everybody may read this secret; "
		    "mend it with: chmod o= " },
		{ "# none\n", 0600, -1, 0, "/s: holds no secret\n" },
		{ SECRET "\nwhsec_!\n", 0600, -1, 0, "/s:2: what follows "
		    "whsec_ is not base64\n" },
		{ OLD "\n" OLD "\n" OLD "\n" OLD "\n" OLD "\n", 0600, -1, 0,
		    "/s:5: more than 4 secrets\n" },
	};
	struct buf text = { 0 }, problems = { 0 };
	struct config *c;
	struct webhook *h;
	char path[128];
	size_t i, n;

	(void)state;
	buf_addf(&text, "[webhook a]\nurl = https://a.example/\n"
	    "secret-file = s\ntimeout = 3s\nallow-private = yes\n"
	    "ca-file = /ca.pem\n[webhook b]\nurl = http://b.example/\n"
	    "secret-file = s\n");
	snprintf(path, sizeof(path), "%s/weir.conf", dir);
	c = config_parse(path, buf_str(&text), &problems);
	assert_non_null(c);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		write_file("s", cases[i].secrets, cases[i].mode);
		buf_clear(&problems);
		assert_int_equal(webhook_load(c, &h, &n, &problems),
		    cases[i].rc);
		if (cases[i].want == NULL)
			assert_int_equal(problems.n, 0);
		else
			assert_non_null(strstr(buf_cstr(&problems),
			    cases[i].want));
		if (cases[i].rc == -1)
			continue;
		assert_int_equal(n, 2);
		assert_string_equal(h[0].name, "a");
		assert_string_equal(h[0].ca_file, "/ca.pem");
		assert_int_equal(h[0].timeout_us, 3 * USEC_PER_SEC);
		assert_true(h[0].allow_private);
		assert_int_equal(h[0].nsecrets, cases[i].n);
		assert_string_equal(h[1].url, "http://b.example/");
		assert_string_equal(h[1].ca_file, "");
		assert_false(h[1].allow_private);
		webhook_free(h, n);
	}
	config_free(c);
	buf_done(&text);
	buf_done(&problems);
}

/* A secret that cannot be read says so; no problem ever quotes one. */
static void
unreadable(void **state)
{
	struct buf problems = { 0 };
	struct config *c = config_parse("/nowhere/weir.conf",
	    STR("[webhook a]\nurl = https://a.example/\nsecret-file = s\n"),
	    &problems);
	struct webhook *h;
	size_t n;

	(void)state;
	assert_non_null(c);
	assert_int_equal(webhook_load(c, &h, &n, &problems), -1);
	assert_string_equal(buf_cstr(&problems),
	    "/nowhere/s: No such file or directory\n");
	config_free(c);
	buf_clear(&problems);
	c = config_parse("f", STR(""), &problems);
	assert_int_equal(webhook_load(c, &h, &n, &problems), 0);
	assert_int_equal(n, 0);
	webhook_free(h, n);
	config_free(c);
	buf_done(&problems);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(configured),
		cmocka_unit_test(unreadable),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}

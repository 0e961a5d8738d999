/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "weir/slurp.h"

struct fixture {
	char dir[64], path[96];
};

static void
set_up(struct fixture *f)
{
	snprintf(f->dir, sizeof(f->dir), "/tmp/slurp.XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	snprintf(f->path, sizeof(f->path), "%s/file", f->dir);
}

static void
tear_down(struct fixture *f)
{
	(void)unlink(f->path);
	(void)rmdir(f->dir);
}

static void
write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void
a_file_is_appended(void **state)
{
	struct fixture	f;
	struct buf	b = { 0 };
	struct error	err;

	(void)state;
	set_up(&f);
	write_file(f.path, "two");
	buf_add_str(&b, STR("one "));
	assert_int_equal(slurp_file(f.path, 100, &b, &err), 0);
	assert_string_equal(buf_cstr(&b), "one two");
	buf_done(&b);
	tear_down(&f);
}

static void
what_cannot_be_is_told(void **state)
{
	struct fixture	f;
	struct buf	b = { 0 };
	struct error	err = { "" };

	(void)state;
	set_up(&f);
	assert_int_equal(slurp_file(f.path, 100, &b, &err), 1);
	assert_string_not_equal(err.text, "");
	assert_int_equal(slurp_file(f.dir, 100, &b, &err), -1);
	write_file(f.path, "longer than that");
	assert_int_equal(slurp_file(f.path, 5, &b, &err), -1);
	/* A pipe without a writer would block for ever. */
	(void)unlink(f.path);
	assert_int_equal(mkfifo(f.path, 0600), 0);
	assert_int_equal(slurp_file(f.path, 100, &b, &err), -1);
	buf_done(&b);
	tear_down(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_is_appended),
		cmocka_unit_test(what_cannot_be_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "weir/mem.h"

static void
sizes_of_zero(void **state)
{
	void *p;

	(void)state;
	assert_non_null(p = xmalloc(0));
	free(p);
	assert_non_null(p = xcalloc(0, 8));
	assert_non_null(p = xreallocarray(p, 0, 8));
	free(p);
	assert_non_null(p = xmemdup("x", 0));
	free(p);
}

static void
contents(void **state)
{
	unsigned char *z = xcalloc(100, 3);
	char *s = xstrdup("weir");
	int *v = NULL;

	(void)state;
	for (int i = 0; i < 300; i++)
		assert_int_equal(z[i], 0);
	free(z);
	assert_string_equal(s, "weir");
	free(s);
	for (size_t i = 0; i < 1000; i++) {
		v = xreallocarray(v, i + 1, sizeof(*v));
		v[i] = (int)i;
	}
	for (int i = 0; i < 1000; i++)
		assert_int_equal(v[i], i);
	free(v);
}

static void
overflow_aborts(void **state)
{
	int status;
	pid_t pid = fork();

	(void)state;
	if (pid == 0) {
		close(STDERR_FILENO);
		signal(SIGABRT, SIG_DFL);
		free(xreallocarray(NULL, SIZE_MAX / 2, 3));
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGABRT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes_of_zero),
		cmocka_unit_test(contents),
		cmocka_unit_test(overflow_aborts),
	};

	return cmocka_run_group_tests_name("mem", tests, NULL, NULL);
}

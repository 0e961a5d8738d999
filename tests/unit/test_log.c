/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "weir/log.h"

static char	 captured[8192];
static FILE	*file;
static int	 saved;

/* Standard error goes to a file until captured_text(). */
static void
capture(void)
{
	fflush(stderr);
	assert_non_null(file = tmpfile());
	assert_true((saved = dup(STDERR_FILENO)) >= 0);
	assert_true(dup2(fileno(file), STDERR_FILENO) >= 0);
}

static const char *
captured_text(void)
{
	ssize_t n;

	dup2(saved, STDERR_FILENO);
	close(saved);
	n = pread(fileno(file), captured, sizeof(captured) - 1, 0);
	assert_true(n >= 0);
	captured[n] = '\0';
	fclose(file);
	return captured;
}

static void
levels(void **state)
{
	(void)state;
	capture();
	log_init(LOG_LEVEL_INFO, 1);
	log_error("a %d", 1);
	log_warn("b");
	log_info("c");
	log_debug("d");
	log_init(LOG_LEVEL_WARN, 0);
	log_error("e");
	log_warn("f");
	log_info("g");
	log_init(LOG_LEVEL_DEBUG, 0);
	log_info("h");
	log_debug("i");
	assert_string_equal(captured_text(), "<3>a 1\n<4>b\n<6>c\n"
	    "weir: error: e\nweir: warning: f\nweir: h\nweir: debug: i\n");
}

static void
hostile_text(void **state)
{
	char text[5000];

	(void)state;
	capture();
	log_init(LOG_LEVEL_INFO, 1);
	errno = ENOENT;
	log_info("from=<%s>", "a\n<0>forged\033[2J\x7f");
	assert_int_equal(errno, ENOENT);
	assert_string_equal(captured_text(), "<6>from=<a?<0>forged?[2J?>\n");

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	capture();
	log_info("%s", text);
	captured_text();
	assert_true(strlen(captured) < sizeof(text));
	assert_ptr_equal(strchr(captured, '\n'),
	    captured + strlen(captured) - 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(levels),
		cmocka_unit_test(hostile_text),
	};

	return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "weir/print.h"

static char	 captured[16384];
static FILE	*file;
static int	 saved;

/* Standard output goes to a file until captured_text(). */
static void
capture(void)
{
	fflush(stdout);
	assert_non_null(file = tmpfile());
	assert_true((saved = dup(STDOUT_FILENO)) >= 0);
	assert_true(dup2(fileno(file), STDOUT_FILENO) >= 0);
}

static const char *
captured_text(void)
{
	ssize_t n;

	fflush(stdout);
	dup2(saved, STDOUT_FILENO);
	close(saved);
	n = pread(fileno(file), captured, sizeof(captured) - 1, 0);
	assert_true(n >= 0);
	captured[n] = '\0';
	fclose(file);
	return captured;
}

static const struct {
	struct str	 in;
	const char	*want;
} cleaned[] = {
	{ STR("plain"), "plain" },
	{ STR("a\tb\nc\033[2Jd\x7f"), "a?b?c?[2Jd?" },
	{ STR("nul\0nul"), "nul?nul" },
	{ STR("gr\xc3\xbc\xc3\x9f"), "gr\xc3\xbc\xc3\x9f" },
	{ STR("\xe2\x82\xac"), "\xe2\x82\xac" },
	{ STR("\xf0\x9f\x93\xac"), "\xf0\x9f\x93\xac" },
	/* C1, overlong, surrogate, beyond Unicode, cut, lone. */
	{ STR("\xc2\x9b"), "??" },
	{ STR("\xc0\xaf"), "??" },
	{ STR("\xe0\x80\xaf"), "???" },
	{ STR("\xed\xa0\x80"), "???" },
	{ STR("\xf4\x90\x80\x80"), "????" },
	{ STR("\xe2\x82"), "??" },
	{ STR("\x80z\xff"), "?z?" },
	/* Right-to-left override, line separator. */
	{ STR("\xe2\x80\xae" "abc"), "???abc" },
	{ STR("\xe2\x80\xa8"), "???" },
};

static void
hostile_text(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cleaned) / sizeof(*cleaned); i++) {
		struct buf b = { 0 };

		print_clean(&b, cleaned[i].in);
		assert_string_equal(buf_cstr(&b), cleaned[i].want);
		buf_done(&b);
	}
	capture();
	print_text(STR("one\n\033two\nthree"));
	assert_string_equal(captured_text(), "one\n?two\nthree");
}

static void
not_a_terminal(void **state)
{
	char at[USEC_TEXT_MAX];

	(void)state;
	capture();
	assert_false(print_on_terminal());
	assert_int_equal(print_width(), 0);
	print_time(1, at);
	fputs(print_colour(SEVERITY_CRITICAL), stdout);
	fputs(print_colour_end(), stdout);
	assert_string_equal(captured_text(), "");
	assert_string_equal(at, "1970-01-01T00:00:00.000001Z");
}

static void
formats(void **state)
{
	enum print_format f = PRINT_TABLE;

	(void)state;
	assert_true(print_format_of("jsonl", &f) && f == PRINT_JSONL);
	assert_true(print_format_of("csv", &f) && f == PRINT_CSV);
	assert_true(print_format_of("table", &f) && f == PRINT_TABLE);
	assert_false(print_format_of("json", &f));
	assert_false(print_format_of("", &f));
}

static void
breaking(void **state)
{
	struct buf b = { 0 };

	(void)state;
	print_wrap(&b, "the quick brown fox", 10, 2);
	assert_string_equal(buf_cstr(&b), "the quick\n  brown fox");
	buf_clear(&b);
	print_wrap(&b, "withoutanyblank", 6, 0);
	assert_string_equal(buf_cstr(&b), "withou\ntanybl\nank");
	buf_clear(&b);
	print_wrap(&b, "the quick brown fox", 0, 2);
	assert_string_equal(buf_cstr(&b), "the quick brown fox");
	buf_clear(&b);
	print_wrap(&b, "", 5, 0);
	assert_string_equal(buf_cstr(&b), "");
	buf_done(&b);
}

static const struct print_column columns[] = {
	{ "ID", 0 },
	{ "EMPTY", 0 },
	{ "SENDER", PRINT_CUT },
	{ "RECIPIENT", PRINT_CUT },
	{ "RELAY", PRINT_SPARE },
	{ "TITLE", PRINT_WRAP },
};

static void
fill(size_t width)
{
	struct print_table *t = print_table_new(columns, 6);

	for (int i = 0; i < 2; i++) {
		print_table_row(t);
		print_table_number(t, 0, 7 + i);
		print_table_cell(t, 2, STR("somebody.with.a.name@example.org"));
		print_table_cell(t, 3, i == 0 ? STR("b@example.org") :
		    STR_NONE);
		print_table_cell(t, 4, STR("mx.example.net"));
		print_table_cell(t, 5, STR("many words that fill a line or "
		    "two \033[0m"));
	}
	print_table_colour(t, 0, SEVERITY_WARNING);
	capture();
	print_table_end(t, width);
	captured_text();
}

static void
widths(void **state)
{
	(void)state;
	fill(0);
	assert_null(strstr(captured, "EMPTY"));
	assert_null(strchr(captured, '\033'));
	assert_non_null(strstr(captured, "7  somebody.with.a.name@example.org "
	    "b@example.org mx.example.net many words that fill a line or two "
	    "?[0m\n"));
	/* No line is longer than it may be, however narrow. */
	for (size_t width = 60; width <= 140; width += 5) {
		struct str rest, line;

		fill(width);
		rest = str_of(captured);
		while (str_cut(&rest, '\n', &line)) {
			size_t n = 0;

			for (size_t i = 0; i < line.n; i++)
				n += (line.p[i] & 0xc0) != 0x80;
			if (n > width)
				fail_msg("%zu of %zu: %.*s", n, width,
				    STRF(line));
		}
	}
	fill(70);
	assert_null(strstr(captured, "RELAY"));
	assert_non_null(strstr(captured, "\xe2\x80\xa6"));
	assert_non_null(strstr(captured, "somebody."));
}

static void
no_rows(void **state)
{
	(void)state;
	capture();
	print_table_end(print_table_new(columns, 6), 80);
	assert_string_equal(captured_text(), "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hostile_text),
		cmocka_unit_test(not_a_terminal),
		cmocka_unit_test(formats),
		cmocka_unit_test(breaking),
		cmocka_unit_test(widths),
		cmocka_unit_test(no_rows),
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests_name("print", tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "weir/mem.h"
#include "weir/repeats.h"

#define MANY	1000

static struct record
line_of(const char *host, const char *text)
{
	return (struct record){ .host = str_of(host), .unit = STR("smtpd"),
	    .text = str_of(text), .raw = STR("raw"), .pid = 7,
	    .provenance = PROVENANCE_TRUSTED };
}

static void
set(struct repeats *t, const char *host, const char *text)
{
	struct record r = line_of(host, text);

	repeats_set(t, &r);
}

/* NULL: the host has none. */
static void
expect(const struct repeats *t, const char *host, const char *text)
{
	struct record r;

	assert_int_equal(repeats_get(t, str_of(host), &r), text != NULL);
	if (text == NULL)
		return;
	assert_true(str_eq(r.host, str_of(host)));
	assert_true(str_eq(r.text, str_of(text)));
	assert_true(str_eq(r.unit, STR("smtpd")));
	assert_true(str_eq(r.raw, STR("raw")));
	assert_int_equal(r.pid, 7);
	assert_int_equal(r.provenance, PROVENANCE_TRUSTED);
}

static void
each_host_has_its_own(void **state)
{
	struct repeats *t = repeats_new();

	(void)state;
	expect(t, "a", NULL);
	set(t, "a", "one");
	set(t, "b", "two");
	set(t, "", "three");
	expect(t, "a", "one");
	expect(t, "b", "two");
	expect(t, "", "three");
	set(t, "a", "four");
	expect(t, "a", "four");
	repeats_clear(t, STR("b"));
	expect(t, "b", NULL);
	expect(t, "a", "four");
	expect(t, "", "three");
	repeats_clear(t, STR("b"));
	repeats_clear(t, STR_NONE);
	expect(t, "", NULL);
	repeats_free(t);
	repeats_free(NULL);
}

/* The one that is longest without a new line is forgotten, and none else. */
static void
hosts_are_bounded(void **state)
{
	struct repeats *t = repeats_new();
	char host[16];
	size_t i, n = 0;
	bool had = false;

	(void)state;
	for (i = 0; i < MANY; i++) {
		snprintf(host, sizeof(host), "h%zu", i);
		set(t, host, host);
		set(t, "busy", "busy");
	}
	for (i = 0; i < MANY; i++) {
		struct record r;

		snprintf(host, sizeof(host), "h%zu", i);
		if (!repeats_get(t, str_of(host), &r)) {
			assert_false(had);
			continue;
		}
		had = true;
		expect(t, host, host);
		n++;
	}
	assert_in_range(n, 15, 100);
	expect(t, "busy", "busy");
	repeats_free(t);
}

static void
bytes_are_bounded(void **state)
{
	struct repeats *t = repeats_new();
	char *large = xcalloc(1, 60001);
	struct buf b = {0};

	(void)state;
	memset(large, 'x', 60000);
	set(t, "a", "one");
	set(t, "b", large);
	expect(t, "a", "one");
	set(t, "c", large);
	expect(t, "a", NULL);
	expect(t, "b", NULL);
	expect(t, "c", large);
	repeats_pack(t, &b);
	assert_true(b.n < 64 * 1024);
	buf_done(&b);
	free(large);
	repeats_free(t);
}

static void
packs(void **state)
{
	struct repeats *t = repeats_new(), *u = repeats_new();
	struct buf b = {0};
	size_t i;

	(void)state;
	assert_false(repeats_changed(t));
	set(t, "a", "one");
	set(t, "b", "two");
	assert_true(repeats_changed(t));
	repeats_pack(t, &b);
	assert_false(repeats_changed(t));
	repeats_clear(t, STR("c"));
	assert_false(repeats_changed(t));
	repeats_clear(t, STR("a"));
	assert_true(repeats_changed(t));
	assert_true(repeats_unpack(u, buf_str(&b)));
	assert_false(repeats_changed(u));
	expect(u, "a", "one");
	expect(u, "b", "two");
	repeats_free(u);
	for (i = 1; i < b.n; i++) {
		u = repeats_new();
		assert_int_equal(repeats_unpack(u, str_head(buf_str(&b), i)),
		    i == b.n / 2);
		expect(u, "a", i < b.n / 2 ? NULL : "one");
		expect(u, "b", NULL);
		repeats_free(u);
	}
	buf_done(&b);
	repeats_free(t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_host_has_its_own),
		cmocka_unit_test(hosts_are_bounded),
		cmocka_unit_test(bytes_are_bounded),
		cmocka_unit_test(packs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

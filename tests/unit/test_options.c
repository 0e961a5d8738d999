/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "weir/config.h"
#include "weir/detect.h"
#include "weir/suggest.h"

static bool
same_name(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

/* Every row must be usable: a default of its own type, a sentence of help. */
static void
rows_are_sound(void **state)
{
	const struct option_row *r, *q;
	struct error err;

	(void)state;
	for (size_t i = 0; (r = option_at(i)) != NULL; i++) {
		assert_true(option_section_known(r->section));
		assert_ptr_equal(option_find(r->section, r->name, r->key), r);
		assert_int_equal(r->help[strlen(r->help) - 1], '.');
		assert_int_equal(r->type == OPTION_CHOICE,
		    r->choices != NULL);
		if (r->type == OPTION_INT || r->type == OPTION_SPAN ||
		    r->type == OPTION_NUMBER || r->type == OPTION_SIZE)
			assert_true(r->min < r->max);
		if (r->name != NULL)
			assert_int_equal(option_section_named(r->section), 1);
		for (size_t k = 0; k < i; k++) {
			q = option_at(k);
			assert_false(strcmp(q->section, r->section) == 0 &&
			    strcmp(q->key, r->key) == 0 &&
			    same_name(q->name, r->name));
		}
		if (r->value != NULL && r->check != NULL)
			assert_int_equal(r->check(str_of(r->value), &err), 0);
	}
}

static void
sections(void **state)
{
	(void)state;
	assert_true(option_section_known("webhook"));
	assert_false(option_section_known("silence"));
	assert_int_equal(option_section_named("webhook"), 1);
	assert_int_equal(option_section_named("weir"), 0);
	assert_true(option_name_known("detector", "open-relay"));
	assert_false(option_name_known("detector", "open-rely"));
	assert_true(option_name_known("webhook", "anything"));
	assert_non_null(option_section_later("silence", "night"));
	assert_non_null(option_section_later("audit", NULL));
	assert_null(option_section_later("detector", "relay-spike"));
	assert_null(option_section_later("exempt", "news"));
	assert_null(option_section_later("detector", "open-relay"));
	assert_null(option_section_later("detector", NULL));
	assert_null(option_section_later("weir", NULL));
	assert_null(option_find("weir", NULL, "listen"));
	assert_non_null(option_find("detector", "relay-spike", "enabled"));
	assert_null(option_find("detector", "relay-spike", "silence"));
}

/* Each detector and measure of the tables can be set, with its default. */
static void
detectors_have_options(void **state)
{
	const struct detector *d;
	const struct option_row *r;
	char key[64], value[32];
	size_t n = 0;

	(void)state;
	for (size_t i = 0; (d = detector_at(i)) != NULL; i++) {
		assert_non_null(option_find("detector", d->name, "enabled"));
		r = option_find("detector", d->name, "shadow");
		assert_string_equal(r->value, "false");
		for (size_t m = 0; m < d->nmeasures; m++, n++) {
			snprintf(key, sizeof(key), "%s-floor",
			    d->measures[m].name);
			r = option_find("detector", d->name, key);
			assert_non_null(r);
			snprintf(value, sizeof(value), "%u",
			    d->measures[m].floor);
			assert_string_equal(r->value, value);
			snprintf(key, sizeof(key), "%s-share",
			    d->measures[m].name);
			r = option_find("detector", d->name, key);
			assert_non_null(r);
			snprintf(value, sizeof(value), "%g",
			    d->measures[m].share);
			assert_string_equal(r->value, value);
		}
	}
	assert_true(n > 30);
}

static void
until(void **state)
{
	int64_t day, at;

	(void)state;
	/* A day ends with it. */
	assert_true(option_until_parse(STR("2027-03-31"), &day));
	assert_true(option_until_parse(STR("2027-04-01T00:00:00Z"), &at));
	assert_int_equal(day, at);
	assert_false(option_until_parse(STR("2027-02-30"), &at));
	assert_false(option_until_parse(STR("2027-3-31"), &at));
	assert_false(option_until_parse(STR("soon"), &at));
	assert_false(option_until_parse(STR(""), &at));
}

static void
checks(void **state)
{
	static const struct {
		const char *section, *key, *value;
		int want;
	} cases[] = {
		{ "policy", "trusted-networks", "10.0.0.0/8", 0 },
		{ "policy", "trusted-networks", "192.0.2.7", 0 },
		{ "policy", "trusted-networks", "[2001:db8::]/32", 0 },
		{ "policy", "trusted-networks", "10.0.0.0/33", -1 },
		{ "policy", "trusted-networks", "example.org", -1 },
		{ "policy", "local-domains", "example.org", 0 },
		{ "policy", "local-domains", ".example.org", 0 },
		{ "policy", "local-domains", "b\xc3\xbc" "cher.example", 0 },
		{ "policy", "local-domains", "[192.0.2.1]", 0 },
		{ "policy", "local-domains", "[192.0.2.1", -1 },
		{ "policy", "local-domains", "u@example.org", -1 },
		{ "policy", "local-domains", "a..b", -1 },
		{ "policy", "local-domains", "..b", -1 },
		{ "policy", "local-domains", ".", -1 },
		{ "policy", "copies", "archive@example.net", 0 },
		{ "policy", "copies", "archive", -1 },
		{ "policy", "copies", "@example.net", -1 },
		{ "webhook", "url", "https://a.example/x?y=1", 0 },
		{ "webhook", "url", "http://[::1]:80/", 0 },
		{ "webhook", "url", "ftp://a.example/", -1 },
		{ "webhook", "url", "https:///x", -1 },
		{ "webhook", "url", "https://:443/x", -1 },
		{ "webhook", "url", "https://u:p@a.example/", -1 },
		{ "webhook", "url", "https://a.example/@x", 0 },
		{ "webhook", "url", "https://a.example/a b", -1 },
		{ "source", "timezone", "Europe/Berlin", 0 },
		{ "source", "timezone", "Etc/GMT+5", 0 },
		{ "source", "timezone", "/etc/passwd", -1 },
		{ "source", "timezone", "../x", -1 },
		{ "http", "listen", "127.0.0.1:0", 0 },
		{ "exempt", "user", "news", 0 },
		{ "exempt", "sender", "news@example.org", 0 },
		{ "exempt", "sender", "@example.org", 0 },
		{ "exempt", "sender", "news", -1 },
		{ "exempt", "sender", "news@", -1 },
		{ "exempt", "client", "192.0.2.7", 0 },
		{ "exempt", "network", "2001:db8::/32", 0 },
		{ "exempt", "network", "lan", -1 },
		{ "exempt", "detectors", "account-spike", 0 },
		{ "exempt", "detectors", "blind", -1 },
		{ "exempt", "until", "2027-01-01", 0 },
		{ "exempt", "until", "tomorrow", -1 },
	};
	struct error err;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct option_row *r = option_find(cases[i].section,
		    NULL, cases[i].key);
		int got = r->check(str_of(cases[i].value), &err);

		if (got != cases[i].want)
			fail_msg("%s = %s: got %d", cases[i].key,
			    cases[i].value, got);
	}
}

static void
listen_loopback(void **state)
{
	static const struct {
		const char *text, *ip;
		int port;
	} cases[] = {
		{ "127.0.0.1:8425", "127.0.0.1", 8425 },
		{ "127.9.9.9:1", "127.9.9.9", 1 },
		{ "[::1]:65535", "::1", 65535 },
		{ "localhost:80", "127.0.0.1", 80 },
		{ "0.0.0.0:8425", NULL, 0 },
		{ "192.0.2.1:8425", NULL, 0 },
		{ "[::]:8425", NULL, 0 },
		{ "::1:8425", NULL, 0 },
		{ "127.0.0.1", NULL, 0 },
		{ "127.0.0.1:65536", NULL, 0 },
		{ "127.0.0.1:", NULL, 0 },
		{ ":8425", NULL, 0 },
		{ "", NULL, 0 },
	};
	char text[IP_TEXT_MAX];
	struct error err;
	struct ip ip;
	int port, rc;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		rc = option_listen_parse(str_of(cases[i].text), &ip, &port,
		    &err);
		assert_int_equal(rc, cases[i].ip == NULL ? -1 : 0);
		if (rc == -1)
			continue;
		assert_int_equal(port, cases[i].port);
		assert_true(str_eq(ip_print(&ip, text),
		    str_of(cases[i].ip)));
	}
}

static void
distances(void **state)
{
	static const struct {
		const char *a, *b;
		size_t want;
	} cases[] = {
		{ "", "", 0 }, { "a", "", 1 }, { "", "abc", 3 },
		{ "path", "path", 0 }, { "treshold", "threshold", 1 },
		{ "tiemout", "timeout", 1 }, { "retension", "retention", 1 },
		{ "url", "path", 4 }, { "state_dir", "state-dir", 1 },
		{ "kitten", "sitting", 3 },
	};
	const char *best = NULL;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(suggest_distance(cases[i].a, cases[i].b),
		    cases[i].want);
		assert_int_equal(suggest_distance(cases[i].b, cases[i].a),
		    cases[i].want);
	}
	suggest_try("tiemout", "url", &best);
	assert_null(best);
	suggest_try("tiemout", "timeouts", &best);
	suggest_try("tiemout", "timeout", &best);
	suggest_try("tiemout", "timeouts", &best);
	assert_string_equal(best, "timeout");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_are_sound),
		cmocka_unit_test(sections),
		cmocka_unit_test(detectors_have_options),
		cmocka_unit_test(until),
		cmocka_unit_test(checks),
		cmocka_unit_test(listen_loopback),
		cmocka_unit_test(distances),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "weir/scan.h"
#include "weir/steps.h"

static void
steps_are_numbered_and_quoted(void **state)
{
	struct buf	 b = { 0 };
	int		 n = 0;
	const char	*text;

	(void)state;
	steps_lock_login(&b, &n, STR("bob'; rm -rf /"));
	steps_block(&b, &n, STR("198.51.100.0/24"));
	steps_hold(&b, &n, "--user", STR("bob'; rm -rf /"));
	assert_int_equal(n, 3);
	text = buf_cstr(&b);
	assert_non_null(strstr(text, "1. Stop it: "));
	assert_non_null(strstr(text, "doveadm kick 'bob'\\''; rm -rf /'"));
	assert_non_null(strstr(text,
	    "2. Keep it away: `ip route add blackhole '198.51.100.0/24'`"));
	assert_non_null(strstr(text, "\n3. Hold what still waits: `weir query "
	    "messages --user 'bob'\\''; rm -rf /' --since 1d"));
	/* What a mail's sender chose is never a word of its own. */
	assert_null(strstr(text, " bob"));
	buf_done(&b);
}

static struct hit
hit_of(const struct detector *d, const struct measure *m)
{
	return (struct hit){ .detector = d, .measure = m, .span = WINDOW_1H,
	    .key = { m->key, 1, STR("it's $(id)") }, .observed = 412,
	    .expected = 2, .usual = 6, .p_value = 1e-9, .per_week = 1 / 40.0,
	    .nets = 9, .new_source = true, .margin = 2 };
}

static struct event
event_of(void)
{
	struct event	e;

	event_init(&e);
	e.host = STR("mx1");
	e.sender = STR("o'neil`id`@far.example");
	e.recipient = STR("v@far.example");
	e.client_address = STR("198.51.100.7");
	e.sasl_username = STR("alice");
	e.sasl_method = STR("PLAIN");
	e.reply = STR("it's $(reboot)");
	return e;
}

/* Whatever it found, its words are there, and nothing gets out of quotes. */
static void
every_measure_has_words_and_steps(void **state)
{
	const struct detector	*d;
	struct event		 e = event_of();
	struct finding		 f;

	(void)state;
	for (size_t i = 0; (d = detector_at(i)) != NULL; i++)
		for (size_t m = 0; m < d->nmeasures; m++) {
			struct hit	h = hit_of(d, &d->measures[m]);
			const char	*runbook;

			finding_init(&f);
			scan_describe(&h, &e, &f);
			assert_true(f.title.n > 20);
			assert_null(strchr(buf_cstr(&f.title), '%'));
			assert_true(f.severity <= d->most);
			runbook = buf_cstr(&f.runbook);
			assert_memory_equal(runbook, "1. ", 3);
			assert_non_null(strstr(runbook, "\n2. "));
			for (const char *p = runbook; (p = strstr(p, "it")) !=
			    NULL; p++)
				if (strncmp(p, "it's $", 6) == 0)
					fail_msg("%s: %s", d->name, p);
			finding_done(&f);
		}
}

static void
a_title_says_who_what_and_against_what(void **state)
{
	const struct detector	*d = detector_find(STR("account-spike"));
	struct event		 e = event_of();
	struct finding		 f;
	struct hit		 h = hit_of(d, &d->measures[1]);

	(void)state;
	h.key.text = STR("bob@example.org");
	finding_init(&f);
	scan_describe(&h, &e, &f);
	assert_string_equal(buf_cstr(&f.title), "bob@example.org sent to 412 "
	    "recipients in 1 h; usual at this hour of the week: 0 to 6; "
	    "bursts this large: one in 40 weeks; from 9 networks never seen "
	    "before");
	finding_done(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(steps_are_numbered_and_quoted),
		cmocka_unit_test(every_measure_has_words_and_steps),
		cmocka_unit_test(a_title_says_who_what_and_against_what),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

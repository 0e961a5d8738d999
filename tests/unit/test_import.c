/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon_util.h"

#include "weir/import.h"

static volatile sig_atomic_t	stop;
static char			said[4096];

static void
say(void *ctx, const char *text)
{
	(void)ctx;
	snprintf(said, sizeof(said), "%s", text);
}

static void
stop_now(void *ctx, const struct import_progress *p)
{
	(void)ctx;
	if (p->counts.lines > 0)
		stop = 1;
}

static int
import(struct place *at, char *const *paths, size_t n,
    void (*progress)(void *, const struct import_progress *),
    struct import_progress *ret, int *ret_failed, struct error *err)
{
	struct import_options	o = { 0 };

	o.paths = paths;
	o.npaths = n;
	o.stop = &stop;
	o.say = say;
	o.progress = progress;
	stop = 0;
	said[0] = '\0';
	return import_run(at->p, &o, ret, ret_failed, err);
}

static void
test_twice_and_grown(void **state)
{
	struct import_progress	pr;
	struct error		err = { "" };
	struct place		at;
	char			*paths[1];
	int			failed;

	(void)state;
	place_init(&at, POLICY);
	at.o.mode = STORE_BULK;
	place_open(&at);
	paths[0] = at.log;
	place_write(at.log, "w",
	    RELAY_LOG("4ABCDEF012", "192.0.2.66", "v@far.example"));
	assert_int_equal(import(&at, paths, 1, NULL, &pr, &failed, &err), 0);
	assert_int_equal(pr.counts.lines, 7);
	assert_int_equal(failed, 0);
	assert_int_equal(import(&at, paths, 1, NULL, &pr, &failed, &err), 0);
	assert_int_equal(pr.counts.lines, 0);
	assert_int_equal(place_count(&at, CLASS_OPEN_RELAY), RELAY_EVENTS);
	place_write(at.log, "a",
	    RELAY_LOG("4ABCDEF013", "192.0.2.66", "w@far.example"));
	assert_int_equal(import(&at, paths, 1, NULL, &pr, &failed, &err), 0);
	assert_int_equal(pr.counts.lines, 7);
	assert_int_equal(place_count(&at, CLASS_OPEN_RELAY),
	    2 * RELAY_EVENTS);
	place_done(&at);
}

static void
test_what_cannot_be_read(void **state)
{
	struct import_progress	pr;
	struct error		err = { "" };
	struct place		at;
	char			none[] = "/nonexistent/mail.log";
	char			*paths[] = { none };
	int			failed = 0, rc;

	(void)state;
	place_init(&at, POLICY);
	place_open(&at);
	rc = import(&at, paths, 1, NULL, &pr, &failed, &err);
	assert_true(rc == -1 || failed > 0);
	assert_non_null(strstr(said, none));
	place_done(&at);
}

/* What is packed otherwise stops nothing else, and is not passed over. */
static void
test_one_that_cannot_be_read(void **state)
{
	struct import_progress	pr;
	struct error		err = { "" };
	struct place		at;
	char			path[512];
	char			*paths[] = { at.log, path };
	int			failed = 0;

	(void)state;
	place_init(&at, POLICY);
	place_write(at.log, "w",
	    RELAY_LOG("4ABCDEF012", "192.0.2.66", "w@far.example"));
	snprintf(path, sizeof(path), "%s.1.xz", at.log);
	place_write(path, "w", "\xfd" "7zXZ");
	place_open(&at);
	assert_int_equal(import(&at, paths, 2, NULL, &pr, &failed, &err), 0);
	assert_int_equal(failed, 1);
	assert_non_null(strstr(said, "| weir import -"));
	assert_int_equal(place_count(&at, CLASS_OPEN_RELAY), RELAY_EVENTS);
	place_done(&at);
}

static void
test_stopped_goes_on(void **state)
{
	struct import_progress	pr;
	struct error		err = { "" };
	struct place		at;
	struct buf		log = { 0 };
	char			*paths[1];
	uint64_t		lines;
	int			failed;

	(void)state;
	place_init(&at, POLICY);
	place_open(&at);
	paths[0] = at.log;
	for (int i = 0; i < 20000; i++)
		buf_addf(&log, STAMP "1Z mx1 postfix/smtpd[%d]: connect from "
		    "unknown[192.0.2.66]\n", i);
	place_write(at.log, "w", buf_cstr(&log));
	assert_int_equal(import(&at, paths, 1, stop_now, &pr, &failed, &err),
	    0);
	lines = pr.counts.lines;
	assert_true(lines > 0 && lines < 20000);
	assert_int_equal(pr.total_bytes, log.n);
	assert_int_equal(import(&at, paths, 1, NULL, &pr, &failed, &err), 0);
	assert_int_equal(lines + pr.counts.lines, 20000);
	buf_done(&log);
	place_done(&at);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_twice_and_grown),
		cmocka_unit_test(test_what_cannot_be_read),
		cmocka_unit_test(test_one_that_cannot_be_read),
		cmocka_unit_test(test_stopped_goes_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Without a daemon; the conversation with one is in test_serve.c. */
#include "daemon_util.h"

#include "weir/control.h"
#include "weir/hex.h"
#include "weir/import.h"

static void
say(void *ctx, const char *text)
{
	(void)ctx;
	fail_msg("%s", text);
}

static void
test_path(void **state)
{
	static const struct {
		const char	*db, *want;
	} cases[] = {
		{ "/var/lib/weir/weir.db", "/var/lib/weir/control" },
		{ "x.db", "control" },
		{ "a/x.db", "a/control" },
	};
	char	got[64];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		control_path(cases[i].db, got, sizeof(got));
		assert_string_equal(got, cases[i].want);
	}
}

static void
test_without_a_daemon(void **state)
{
	char			 id[2 * EVENT_ID_SIZE + 1];
	struct control_client	 c = { 0 };
	struct error		 err = { "" };
	struct place		 at;
	struct alert		*a;
	json_t			*j = NULL;

	(void)state;
	place_init(&at, POLICY);
	c.db = at.db;
	c.config = at.config;
	assert_false(control_listens(at.db));
	assert_int_equal(control_ask(&c, json_pack("{s:s, s:i}", "command",
	    "reclassify", "since", 0), &j, &err), -1);
	assert_non_null(strstr(err.text, at.db));
	assert_int_equal(access(at.db, F_OK), -1);
	place_open(&at);
	place_feed(&at, RELAY_LOG("4ABCDEF012", "192.0.2.66", "v@far.example"));
	place_commit(&at);
	a = place_alert(&at, "open-relay");
	hex_print(a->id, sizeof(a->id), id);
	alert_free(a);
	/* Somebody else writes: it says so. */
	assert_int_equal(control_ask(&c, json_pack("{s:s, s:s}", "command",
	    "fine", "id", id), &j, &err), -1);
	assert_non_null(strstr(err.text, "one writer at a time"));
	pipeline_close(at.p);
	assert_int_equal(control_ask(&c, json_pack("{s:s, s:s}", "command",
	    "fine", "id", id), &j, &err), 0);
	assert_string_equal(json_string_value(json_object_get(
	    json_object_get(j, "alert"), "state")), "resolved");
	json_decref(j);
	/* What only a daemon can do. */
	assert_int_equal(control_ask(&c, json_pack("{s:s}", "command",
	    "status"), &j, &err), -1);
	assert_non_null(strstr(err.text, "no daemon watches"));
	place_open(&at);
	assert_int_equal(place_count(&at, CLASS_OPEN_RELAY), 0);
	place_done(&at);
}

/* What an import told at the log's end, perhaps provisionally. */
static void
test_provisional(void **state)
{
	struct import_options	 io = { 0 };
	struct import_progress	 pr;
	volatile sig_atomic_t	 stop = 0;
	char			 id[2 * EVENT_ID_SIZE + 1], *paths[1];
	struct control_client	 c = { 0 };
	struct error		 err = { "" };
	struct place		 at;
	struct alert		*a;
	json_t			*j;
	int			 failed;

	(void)state;
	place_init(&at, POLICY);
	place_open(&at);
	place_write(at.log, "w",
	    RELAY_LOG("4ABCDEF012", "192.0.2.66", "v@far.example"));
	paths[0] = at.log;
	io.paths = paths;
	io.npaths = 1;
	io.stop = &stop;
	io.say = say;
	assert_int_equal(import_run(at.p, &io, &pr, &failed, &err), 0);
	a = place_alert(&at, "open-relay");
	assert_non_null(a);
	hex_print(a->id, sizeof(a->id), id);
	alert_free(a);
	pipeline_close(at.p);
	c.db = at.db;
	c.config = at.config;
	if (control_ask(&c, json_pack("{s:s, s:s}", "command", "resolve",
	    "id", id), &j, &err) == -1)
		fail_msg("%s", err.text);
	json_decref(j);
	place_open(&at);
	a = place_alert(&at, "open-relay");
	assert_int_equal(a->state, ALERT_RESOLVED);
	alert_free(a);
	place_done(&at);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_path),
		cmocka_unit_test(test_without_a_daemon),
		cmocka_unit_test(test_provisional),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

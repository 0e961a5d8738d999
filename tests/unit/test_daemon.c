/* SPDX-License-Identifier: Apache-2.0 */
/* The whole daemon in a process of its own; more of it is in tests/run. */
#include "daemon_util.h"

#include <signal.h>
#include <sys/wait.h>

#include "weir/control.h"
#include "weir/daemon.h"

static pid_t
start(const struct place *at)
{
	struct error	err = { "" };
	pid_t		pid = fork();
	int		null;

	assert_int_not_equal(pid, -1);
	if (pid == 0) {
		null = open("/dev/null", O_WRONLY);
		dup2(null, STDERR_FILENO);
		_exit(daemon_run(at->conf, &err) == 0 ? 0 : 3);
	}
	return pid;
}

static int
end(pid_t pid, int sig)
{
	int	status;

	if (sig != 0)
		assert_int_equal(kill(pid, sig), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void
configure(struct place *at, const char *more)
{
	char	text[1024];

	snprintf(text, sizeof(text), "[weir]\nstate-dir = %s\n" POLICY
	    "[source m]\npath = %s\n[http]\nenabled = false\n%s", at->dir,
	    at->log, more);
	place_write(at->conf, "w", text);
	place_write(at->log, "w",
	    RELAY_LOG("4ABCDEF012", "192.0.2.66", "v@far.example"));
}

static bool
listens(const char *db)
{
	for (int i = 0; i < 200; i++) {
		if (control_listens(db))
			return true;
		usleep(50000);
	}
	return false;
}

static void
test_life(void **state)
{
	struct control_client	 c = { 0 };
	struct error		 err = { "" };
	struct place		 at;
	json_t			*j;
	pid_t			 pid;

	(void)state;
	place_init(&at, "");
	configure(&at, "");
	pid = start(&at);
	assert_true(listens(at.db));
	c.db = at.db;
	assert_int_equal(control_ask(&c, json_pack("{s:s}", "command",
	    "reload"), &j, &err), 0);
	json_decref(j);
	assert_int_equal(control_ask(&c, json_pack("{s:s}", "command",
	    "bake"), &j, &err), -1);
	assert_int_equal(control_ask(&c, json_pack("{s:s}", "command",
	    "status"), &j, &err), 0);
	assert_true(json_is_object(json_object_get(j, "status")));
	json_decref(j);
	assert_int_equal(end(pid, SIGTERM), 0);
	assert_false(control_listens(at.db));
	/* What was in the log at the end is stored. */
	place_open(&at);
	assert_int_equal(place_count(&at, CLASS_OPEN_RELAY), RELAY_EVENTS);
	place_done(&at);
}

static void
test_does_not_start(void **state)
{
	struct place	at;

	(void)state;
	place_init(&at, "");
	configure(&at, "[polcy]\n");
	assert_int_equal(end(start(&at), 0), 3);
	configure(&at, "[webhook w]\n");	/* no url */
	assert_int_equal(end(start(&at), 0), 3);
	configure(&at, "");
	place_open(&at);	/* somebody writes already */
	assert_int_equal(end(start(&at), 0), 3);
	place_done(&at);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_life),
		cmocka_unit_test(test_does_not_start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A journal of two files that grow by turns, with a real journald, which gives
 * each user one of his own.
 */
#include "journal_util.h"

#define LINES	5000		/* of each of two writers */

/* Numbered lines to journald, as that user; some pauses let the reader wait. */
static pid_t
write_as(uid_t uid, char letter)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX,
	    .sun_path = "/run/systemd/journal/dev-log" };
	char text[128];
	pid_t pid;
	int fd, i, n;

	if ((pid = fork()) != 0)
		return pid;
	if (uid != 0 && (setgroups(0, NULL) == -1 || setgid(uid) == -1 ||
	    setuid(uid) == -1))
		_exit(2);
	fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	for (i = 0; i < LINES; i++) {
		n = snprintf(text, sizeof(text), "<%d>postfix/qmgr[42]: "
		    "4X%c%08dzZ: removed", LOG_MAIL | LOG_INFO, letter, i);
		if (sendto(fd, text, (size_t)n, 0, (void *)&to,
		    sizeof(to)) != n)
			_exit(1);
		if (i % 2 != 0)
			usleep(50);
	}
	_exit(0);
}

static void
wait_for_writer(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

/* Read at the very end of the log, where entries are just being written. */
static void
read_both(struct source *s, struct seen *seen)
{
	struct pollfd p = { .events = POLLIN };
	pid_t a = write_as(0, 'A'), b = write_as(1234, 'B');
	siginfo_t info;
	int timeout, i;

	do {
		read_all(s, seen);
		info.si_pid = 0;
		assert_int_equal(waitid(P_PID, (id_t)a, &info,
		    WEXITED | WNOHANG | WNOWAIT), 0);
	} while (info.si_pid == 0);
	wait_for_writer(a);
	wait_for_writer(b);
	for (i = 0; i < 50 && seen->nlines < 2 * LINES; i++) {
		p.fd = source_poll(s, &timeout);
		poll(&p, 1, timeout < 200 ? timeout : 200);
		read_all(s, seen);
	}
}

/* Each line once, and those of a writer in order. */
static void
two_files(void **state)
{
	struct streams known = { 0 };
	struct seen seen = { 0 };
	struct source *s;
	const char *p;
	int number, next[2] = { 0 };
	size_t missing = 0;

	(void)state;
	log_as(0, "postfix/qmgr", LOG_MAIL, "4X00000001zZ: removed");
	log_as(1234, "postfix/qmgr", LOG_MAIL, "4X00000002zZ: removed");
	wait_for_entries();
	s = follow_path("/var/log/journal", &known);
	read_until(s, &seen, 2);
	run("test -f /var/log/journal/*/user-1234.journal");
	seen_clear(&seen);

	read_both(s, &seen);
	for (p = buf_cstr(&seen.text); (p = strstr(p, ": 4X")) != NULL; p++) {
		number = atoi(p + 5);
		assert_true(p[4] == 'A' || p[4] == 'B');
		assert_true(number >= next[p[4] - 'A']);
		missing += (size_t)(number - next[p[4] - 'A']);
		next[p[4] - 'A'] = number + 1;
	}
	if (missing > 0)
		fail_msg("%zu lines of %d were passed over", missing,
		    2 * LINES);
	assert_int_equal(next[0], LINES);
	assert_int_equal(next[1], LINES);
	assert_int_equal(seen.nlines, 2 * LINES);
	source_close(s);
	seen_clear(&seen);
	streams_done(&known);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_files),
	};

	journald_config = "[Journal]\nStorage=persistent\n"
	    "RateLimitBurst=0\nReadKMsg=no\nAudit=no\n";
	if (!begin_journald())
		return 0;
	return cmocka_run_group_tests(tests, NULL, group_done);
}

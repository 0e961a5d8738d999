/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A real journald, run in a mount namespace of its own with a fresh /run and
 * /var/log; so as root only.  Journald writes its files below /run/log.
 */
#ifndef WEIR_TEST_JOURNAL_UTIL_H
#define WEIR_TEST_JOURNAL_UTIL_H

#include "source_util.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <syslog.h>
#include <time.h>

#include "../../src/source/journal.h"

#define JOURNALD	"/lib/systemd/systemd-journald"

static pid_t journald;
static const char *journald_config = "[Journal]\nStorage=volatile\n"
    "RateLimitBurst=200\nRateLimitIntervalSec=2s\nReadKMsg=no\nAudit=no\n";
static char group[128];		/* a control group; "": none to be had */

static int
put(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");
	int r;

	if (f == NULL)
		return -1;
	r = fputs(text, f);
	return fclose(f) == 0 && r >= 0 ? 0 : -1;
}

static int
enter_group(const char *sub)
{
	char path[256];

	snprintf(path, sizeof(path), "%s%s/cgroup.procs", group, sub);
	return put(path, "0");
}

/*
 * journald knows a unit by the control group it runs in: make one that looks
 * like Postfix's, in a namespace so that its path begins here.
 */
static void
make_group(void)
{
	const char *root = "/sys/fs/cgroup/unified";
	char path[256];
	int r;

	if (access(root, F_OK) == -1)
		root = "/sys/fs/cgroup";
	snprintf(group, sizeof(group), "%s/weir-test-%d", root,
	    (int)getpid());
	r = mkdir(group, 0755);
	r |= enter_group("");
	r |= unshare(CLONE_NEWCGROUP);
	snprintf(path, sizeof(path), "%s/system.slice", group);
	r |= mkdir(path, 0755);
	strcat(path, "/postfix@-.service");
	r |= mkdir(path, 0755);
	if (r != 0)
		group[0] = '\0';
}

static void
remove_group(void)
{
	char path[256], *slash;

	if (group[0] == '\0')
		return;
	snprintf(path, sizeof(path), "%s", group);
	slash = strrchr(path, '/');
	strcpy(slash, "/cgroup.procs");
	put(path, "0");
	snprintf(path, sizeof(path), "%s/system.slice/postfix@-.service",
	    group);
	while (strlen(path) >= strlen(group)) {
		rmdir(path);
		*strrchr(path, '/') = '\0';
	}
}

static int
start_journald(void)
{
	struct stat st;
	int i, fd;

	if ((journald = fork()) == 0) {
		fd = open("/dev/null", O_RDWR);
		dup2(fd, STDOUT_FILENO);
		dup2(fd, STDERR_FILENO);
		execl(JOURNALD, JOURNALD, (char *)NULL);
		_exit(127);
	}
	for (i = 0; i < 500; i++) {
		if (stat("/run/systemd/journal/dev-log", &st) == 0 &&
		    stat("/run/systemd/journal/socket", &st) == 0)
			return 0;
		usleep(20000);
	}
	return -1;
}

static void
stop_journald(void)
{
	if (journald <= 0)
		return;
	kill(journald, SIGTERM);
	waitpid(journald, NULL, 0);
	journald = 0;
	unlink("/run/systemd/journal/dev-log");
	unlink("/run/systemd/journal/socket");
}

/* The sentence why there is no journald, or NULL. */
static const char *
prepare(void)
{
	if (geteuid() != 0)
		return "not root";
	if (access(JOURNALD, X_OK) == -1)
		return "no " JOURNALD " on this host";
	if (access("/etc/machine-id", R_OK) == -1)
		return "no /etc/machine-id on this host";
	if (unshare(CLONE_NEWNS) == -1 ||
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == -1 ||
	    mount("tmpfs", "/run", "tmpfs", 0, "mode=755") == -1 ||
	    mount("tmpfs", "/var/log", "tmpfs", 0, "mode=755") == -1)
		return "no mount namespace to be had";
	mkdir("/run/systemd", 0755);
	mkdir("/run/systemd/journal", 0755);
	mkdir("/run/systemd/journald.conf.d", 0755);
	if (put("/run/systemd/journald.conf.d/t.conf",
	    journald_config) == -1 ||
	    put("/run/systemd/journal/flushed", "") == -1)
		return "no configuration for journald";
	make_group();
	return start_journald() == -1 ? "journald does not start" : NULL;
}

/* An ordinary user, but as Postfix's unit. */
#define IN_UNIT		((uid_t)-2)

/* As syslog(3) does, by the socket that /dev/log leads to; n times. */
static UNUSED void
log_many(uid_t uid, const char *tag, int facility, const char *text, int times)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX,
	    .sun_path = "/run/systemd/journal/dev-log" };
	char line_text[2048];
	bool in_unit = uid == IN_UNIT;
	pid_t pid;
	int fd, n, status;

	n = snprintf(line_text, sizeof(line_text), "<%d>%s[42]: %s",
	    facility | LOG_INFO, tag, text);
	if ((pid = fork()) == 0) {
		if (in_unit) {
			if (enter_group("/system.slice/postfix@-.service"))
				_exit(3);
			uid = 1234;
		}
		if (uid != 0 && (setgroups(0, NULL) == -1 ||
		    setgid(uid) == -1 || setuid(uid) == -1))
			_exit(2);
		fd = socket(AF_UNIX, SOCK_DGRAM, 0);
		while (times-- > 0)
			if (sendto(fd, line_text, (size_t)n, 0, (void *)&to,
			    sizeof(to)) != n)
				_exit(1);
		/* journald asks the kernel who it is: be there. */
		if (in_unit)
			usleep(300000);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	assert_int_equal(WEXITSTATUS(status), 0);
}

static UNUSED void
log_as(uid_t uid, const char *tag, int facility, const char *text)
{
	log_many(uid, tag, facility, text, 1);
}

static UNUSED struct source *
follow_path(const char *path, struct streams *known)
{
	struct source_options o = { .path = path, .follow = true,
	    .host = "here" };
	struct error err;
	struct source *s = source_open(&o, known, &err);

	if (s == NULL)
		fail_msg("%s", err.text);
	assert_string_equal(s->type->name, "journal");
	return s;
}

static UNUSED struct source *
follow(struct streams *known)
{
	return follow_path("journal", known);
}

/* Read on until n lines were seen in all; journald takes its time. */
static UNUSED void
read_until(struct source *s, struct seen *seen, size_t n)
{
	struct pollfd p = { .events = POLLIN };
	int timeout, i;

	for (i = 0; i < 100; i++) {
		read_all(s, seen);
		if (seen->nlines >= n)
			return;
		p.fd = source_poll(s, &timeout);
		poll(&p, 1, timeout < 200 ? timeout : 200);
	}
	fail_msg("got %zu lines, want %zu:\n%.*s", seen->nlines, n,
	    STRF(buf_str(&seen->text)));
}

/* journald has written something: an empty journal has no oldest entry. */
static UNUSED void
wait_for_entries(void)
{
	sd_journal *j;
	int i, there = 0;

	for (i = 0; i < 200 && !there; i++) {
		usleep(50000);
		if (sd_journal_open(&j, 0) < 0)
			continue;
		there = sd_journal_seek_head(j) >= 0 &&
		    sd_journal_next(j) > 0;
		sd_journal_close(j);
	}
	assert_true(there);
}

static int
group_done(void **state)
{
	(void)state;
	stop_journald();
	remove_group();
	return 0;
}

/* False: there is none to test with, and it is said why. */
static bool
begin_journald(void)
{
	const char *why = prepare();

	if (why == NULL)
		return true;
	printf("skipped: no journald to test with: %s\n", why);
	stop_journald();
	remove_group();
	return false;
}

#endif

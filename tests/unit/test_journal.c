/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A real journald, run in a mount namespace of its own with a fresh /run and
 * /var/log; so as root only.  Journald writes its files below /run/log.
 */
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
	static const char config[] = "[Journal]\nStorage=volatile\n"
	    "RateLimitBurst=200\nRateLimitIntervalSec=2s\n"
	    "ReadKMsg=no\nAudit=no\n";

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
	if (put("/run/systemd/journald.conf.d/t.conf", config) == -1)
		return "no configuration for journald";
	make_group();
	return start_journald() == -1 ? "journald does not start" : NULL;
}

/* An ordinary user, but as Postfix's unit. */
#define IN_UNIT		((uid_t)-2)

/* As syslog(3) does, by the socket that /dev/log leads to; n times. */
static void
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

static void
log_as(uid_t uid, const char *tag, int facility, const char *text)
{
	log_many(uid, tag, facility, text, 1);
}

static struct source *
follow(struct streams *known)
{
	struct source_options o = { .path = "journal", .follow = true,
	    .host = "here" };
	struct error err;
	struct source *s = source_open(&o, known, &err);

	if (s == NULL)
		fail_msg("%s", err.text);
	assert_string_equal(s->type->name, "journal");
	return s;
}

/* Read on until n lines were seen in all; journald takes its time. */
static void
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

static void
followed(void **state)
{
	struct streams known = { 0 };
	struct batch *b = batch_new();
	struct seen seen = { 0 };
	struct source *s;
	struct pollfd p = { .events = POLLIN };
	struct error err;
	int timeout, i;
	char found[64];

	(void)state;
	assert_int_equal(source_find_in("/nowhere", found, sizeof(found),
	    &err), -1);
	log_as(0, "cron", LOG_CRON, "nothing to weir");
	log_as(0, "postfix/qmgr", LOG_MAIL, "4X00000001zZ: removed");
	s = follow(&known);
	read_until(s, &seen, 1);
	assert_non_null(strstr(buf_cstr(&seen.text),
	    " postfix/qmgr[42]: 4X00000001zZ: removed\n"));
	assert_int_equal(known.n, 1);
	assert_string_equal(seen.stream.name, "journal");
	assert_int_equal(seen.stream.fingerprint_len, 0);
	assert_int_not_equal(seen.stream.cursor[0], 0);
	assert_int_equal(source_find(found, sizeof(found), &err), 0);
	assert_string_equal(found, "journal");
	seen_clear(&seen);

	/* Live: woken, and whom journald says it was from. */
	log_as(0, "postfix/qmgr", LOG_MAIL, "4X00000002zZ: removed");
	p.fd = source_poll(s, &timeout);
	assert_true(p.fd >= 0);
	assert_int_equal(poll(&p, 1, 10000), 1);
	for (i = 0; i < 100 && b->nlines == 0; i++) {
		source_read(s, b, &err);
		poll(&p, 1, b->nlines == 0 ? 200 : 0);
	}
	assert_int_equal(b->nlines, 1);
	assert_int_equal(b->lines[0].record.provenance, PROVENANCE_TRUSTED);
	assert_int_equal(b->lines[0].record.pid, 42);
	assert_int_equal(b->lines[0].line.kind, LINE_REMOVED);
	assert_true(b->lines[0].record.at / USEC_PER_SEC <= time(NULL));
	assert_true(b->lines[0].record.at / USEC_PER_SEC > time(NULL) - 60);
	batch_clear(b);
	log_as(1234, "postfix/qmgr", LOG_MAIL, "4X00000003zZ: removed");
	for (i = 0; i < 100 && b->nlines == 0; i++) {
		source_read(s, b, &err);
		poll(&p, 1, b->nlines == 0 ? 200 : 0);
	}
	assert_int_equal(b->nlines, 1);
	assert_int_equal(b->lines[0].record.provenance,
	    PROVENANCE_LOCAL_USER);
	batch_free(b);
	source_close(s);

	/* From the stored cursor on: only what came since. */
	log_as(0, "postfix/qmgr", LOG_MAIL, "4X00000004zZ: removed");
	s = follow(&known);
	read_until(s, &seen, 1);
	read_all(s, &seen);
	assert_int_equal(seen.nlines, 1);
	assert_non_null(strstr(buf_cstr(&seen.text), "4X00000004zZ"));
	assert_string_equal(seen.notices, "");
	source_close(s);
	seen_clear(&seen);
	streams_done(&known);
}

/* A mail server under another facility is known by its name. */
static void
other_facility(void **state)
{
	struct streams known = { 0 };
	struct seen seen = { 0 };
	struct source *s;

	(void)state;
	log_as(0, "postfix-out/qmgr", LOG_LOCAL0, "4X00000005zZ: removed");
	log_as(0, "sshd", LOG_AUTH, "4X00000006zZ: removed");
	log_as(0, "postfix/qmgr", LOG_MAIL, "4X00000007zZ: removed");
	s = follow(&known);
	while (strstr(buf_cstr(&seen.text), "4X00000007zZ") == NULL)
		read_until(s, &seen, seen.nlines + 1);
	assert_non_null(strstr(buf_cstr(&seen.text), "4X00000005zZ"));
	assert_null(strstr(buf_cstr(&seen.text), "4X00000006zZ"));
	source_close(s);
	seen_clear(&seen);
	streams_done(&known);
}

/* A name and text that would move the parts of the line they become. */
static void
hostile(void **state)
{
	struct streams known = { 0 };
	struct seen seen = { 0 };
	struct source *s;
	char big[1500];

	(void)state;
	memset(big, 'x', sizeof(big));
	big[sizeof(big) - 1] = '\0';
	memcpy(big, "\x1b[2J\xff\n", 6);
	s = follow(&known);
	read_all(s, &seen);
	seen_clear(&seen);
	log_as(1234, "postfix/smtpd", LOG_MAIL, big);
	log_as(1234, "a b: postfix/qmgr", LOG_MAIL, "4X1: removed");
	log_as(0, "postfix/qmgr", LOG_MAIL, "4X00000008zZ: removed");
	while (strstr(buf_cstr(&seen.text), "4X00000008zZ") == NULL)
		read_until(s, &seen, seen.nlines + 1);
	assert_non_null(strstr(buf_cstr(&seen.text), "?[2J??xxxx"));
	assert_int_equal(seen.counts.cleaned, 1);
	source_close(s);
	seen_clear(&seen);
	streams_done(&known);
}

/* journald drops what comes too fast, and says so. */
static void
suppressed(void **state)
{
	struct streams known = { 0 };
	struct seen seen = { 0 };
	struct batch *b = batch_new();
	struct error err;
	struct source *s;
	int i;

	(void)state;
	if (group[0] == '\0') {
		batch_free(b);
		skip();
		return;
	}
	s = follow(&known);
	read_all(s, &seen);
	seen_clear(&seen);
	log_many(IN_UNIT, "postfix/qmgr", LOG_MAIL, "4X00000009zZ: removed",
	    20000);
	while (b->nlines == 0)
		source_read(s, b, &err);
	/* The unit vouches for whoever runs in it. */
	assert_int_equal(b->lines[0].record.provenance, PROVENANCE_TRUSTED);
	take_batch(&seen, b);
	batch_free(b);
	read_until(s, &seen, 200);
	/*
	 * It says so with the first line of the next interval; a slow journald
	 * may have to be asked again.
	 */
	for (i = 0; i < 10 && seen.counts.lost == 0; i++) {
		usleep(2500000);
		log_as(IN_UNIT, "postfix/qmgr", LOG_MAIL,
		    "4X00000009zZ: removed");
		read_until(s, &seen, seen.nlines + 1);
		read_all(s, &seen);
	}
	assert_true(seen.counts.lost > 0);
	assert_non_null(strstr(buf_cstr(&seen.text), "Suppressed "));
	assert_true(seen.nlines + seen.counts.lost >= 20001);
	source_close(s);
	seen_clear(&seen);
	streams_done(&known);
}

/* Files and directories are read once, and the same entries are one line. */
static void
read_once(void **state)
{
	struct streams known = { 0 };
	struct seen all = { 0 }, again = { 0 };
	struct source_options o = { .path = "/run/log/journal" };
	struct source *s;
	struct error err;
	char file[256];
	FILE *f;

	(void)state;
	log_as(0, "postfix/qmgr", LOG_MAIL, "4X0000000AzZ: removed");
	usleep(500000);
	assert_true(source_is_journal("/run/log/journal"));
	s = source_open(&o, &known, &err);
	assert_non_null(s);
	assert_int_equal(read_all(s, &all), SOURCE_ENDED);
	source_close(s);
	assert_true(all.nlines > 5);

	f = popen("ls /run/log/journal/*/system.journal", "r");
	assert_non_null(fgets(file, sizeof(file), f));
	pclose(f);
	file[strcspn(file, "\n")] = '\0';
	assert_true(source_is_journal(file));
	s = source_open(&o, &known, &err);
	assert_non_null(s);
	assert_int_equal(read_all(s, &again), SOURCE_ENDED);
	assert_int_equal(again.nlines, 0);
	source_close(s);
	o.path = file;
	s = source_open(&o, &known, &err);
	assert_non_null(s);
	assert_int_equal(read_all(s, &again), SOURCE_ENDED);
	assert_int_equal(again.nlines, all.nlines);
	assert_true(str_eq(buf_str(&all.text), buf_str(&again.text)));
	source_close(s);
	seen_clear(&all);
	seen_clear(&again);
	streams_done(&known);
}

/* The entry behind the cursor is gone: a loss, with its extent. */
/* journald has written something: an empty journal has no oldest entry. */
static void
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

static void
vacuumed(void **state)
{
	struct streams known = { 0 };
	struct seen seen = { 0 };
	struct source *s;

	(void)state;
	log_as(0, "postfix/qmgr", LOG_MAIL, "4X0000000BzZ: removed");
	s = follow(&known);
	read_until(s, &seen, 1);
	source_close(s);
	seen_clear(&seen);
	stop_journald();
	run("rm -rf /run/log/journal/*");
	assert_int_equal(start_journald(), 0);
	log_as(0, "postfix/qmgr", LOG_MAIL, "4X0000000CzZ: removed");
	wait_for_entries();
	s = follow(&known);
	read_until(s, &seen, 1);
	assert_int_equal(seen.nlines, 1);
	assert_string_equal(seen.kinds, "data_loss");
	assert_non_null(strstr(seen.notices, "journal: entries between "));
	/* And from there on as ever. */
	log_as(0, "postfix/qmgr", LOG_MAIL, "4X0000000DzZ: removed");
	read_until(s, &seen, 2);
	assert_non_null(strstr(buf_cstr(&seen.text), "4X0000000DzZ"));
	source_close(s);
	seen_clear(&seen);

	/* What is no cursor at all is a loss too, and no end. */
	snprintf(known.v[0].cursor, sizeof(known.v[0].cursor), "nonsense");
	s = follow(&known);
	read_until(s, &seen, 2);
	assert_string_equal(seen.kinds, "data_loss");
	source_close(s);
	seen_clear(&seen);
	streams_done(&known);
}

/* One who may not read any of it is told so, not shown an empty journal. */
static void
denied(void **state)
{
	struct streams known = { 0 };
	struct seen seen = { 0 };
	struct source *s;
	gid_t groups[64];
	int n = getgroups(64, groups);

	(void)state;
	assert_int_equal(setgroups(0, NULL), 0);
	assert_int_equal(setegid(65534), 0);
	assert_int_equal(seteuid(65534), 0);
	s = follow(&known);
	assert_int_equal(read_all(s, &seen), SOURCE_DENIED);
	assert_string_equal(seen.err.text, "journal: Permission denied");
	source_close(s);
	assert_int_equal(seteuid(0), 0);
	assert_int_equal(setegid(0), 0);
	setgroups(n < 0 ? 0 : (size_t)n, groups);
	seen_clear(&seen);
	streams_done(&known);
}

static int
group_done(void **state)
{
	(void)state;
	stop_journald();
	remove_group();
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(followed), cmocka_unit_test(other_facility),
		cmocka_unit_test(hostile), cmocka_unit_test(read_once),
		cmocka_unit_test(suppressed), cmocka_unit_test(vacuumed),
		cmocka_unit_test(denied),
	};
	const char *why = prepare();

	if (why != NULL) {
		printf("skipped: no journald to test with: %s\n", why);
		stop_journald();
		remove_group();
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, group_done);
}

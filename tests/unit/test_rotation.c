/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What rotation makes of names, and what comes of a followed file when writer,
 * rotation and reader meet in any order: every line once, in its order.
 */
#include "source_util.h"

#include <signal.h>
#include <sys/wait.h>

#include "../../src/source/rotation.h"

static void
names_in_order(void **state)
{
	/* As they follow one another in time. */
	static const char *const order[] = {
		/* svlogd */
		"log/@4000000066aa8e012cf4f304.s",
		"log/@4000000066aa8e0200000000.u", "log/current",
		/* logrotate's extension, with numbers and dates */
		"log/info-20261101.log.gz", "log/info-20261108.log",
		"log/info.3.log.gz", "log/info.1.log", "log/info.log",
		"log/mail.err.1", "log/mail.err",
		"log/mail.log-20260101.gz", "log/mail.log-2026-11-22",
		"log/mail.log-20261123.xz", "log/mail.log-20261123",
		"log/mail.log.12.gz", "log/mail.log.11", "log/mail.log.2.gz",
		"log/mail.log.2", "log/mail.log.1", "log/mail.log.0.bz2",
		"log/mail.log",
		/* newsyslog, numbered from 0, and with -t */
		"log/maillog.20261101T000000.bz2",
		"log/maillog.20261108T000000.bz2",
		"log/maillog.7.bz2", "log/maillog.0.bz2", "log/maillog",
		/* dateformat: day first, an epoch, hours; olddir */
		"log/old/relay.log-31122025.gz", "log/relay.log-05012026.gz",
		"log/old/relay.log-1768100000",
		"log/relay.log-2026011200.gz", "log/relay.log-20260112-13",
		"log/archive/relay.log.3.lz4", "log/relay.log.2.Z",
		"log/relay.log",
	};
	const size_t n = sizeof(order) / sizeof(order[0]);
	struct paths p = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < n; i++)
		paths_add(&p, order[i * 7 % n]);
	paths_sort(&p);
	for (i = 0; i < n; i++)
		if (strcmp(p.v[i], order[i]) != 0)
			fail_msg("%zu: got %s, want %s", i, p.v[i], order[i]);
	paths_done(&p);
}

static void
logs(void **state)
{
	static const struct { const char *name, *log; } cases[] = {
		{ "/var/log/mail.log", "/var/log/mail.log" },
		{ "/var/log/mail.log.1", "/var/log/mail.log" },
		{ "/var/log/mail.log.10.gz", "/var/log/mail.log" },
		{ "/var/log/mail.log.gz", "/var/log/mail.log" },
		{ "/var/log/mail.log.0.bz2", "/var/log/mail.log" },
		{ "/var/log/mail.1.log.gz", "/var/log/mail.log" },
		{ "/var/log/mail-20261123.log.xz", "/var/log/mail.log" },
		{ "/var/log/old/mail.log.1", "/var/log/mail.log" },
		{ "/var/log/older/mail.log.1", "/var/log/older/mail.log" },
		{ "/log/@4000000066aa8e012cf4f304.s", "/log/current" },
		{ "@4000000066aa8e012cf4f304.u", "current" },
		{ "@4000000066aa8e012cf4f30.u", "@4000000066aa8e012cf4f30.u" },
		{ "maillog-20261123", "maillog" },
		{ "maillog-20261123-1200.gz", "maillog" },
		{ "maillog.20261123T120000.bz2", "maillog" },
		{ "maillog_20261123", "maillog" },
		{ "mail.log.2026-11-23", "mail.log" },
		{ "mail.log-1795000000.gz", "mail.log" },
		{ "mx1", "mx1" },
		{ "mx-1.log", "mx-1.log" },
		{ "mx_1", "mx_1" },
		{ "192.0.2.1.log", "192.0.2.1.log" },
		{ "mail-2026.log", "mail-2026.log" },
		{ ".gz", ".gz" },
		{ "logs/.1", "logs/.1" },
		{ "-1", "-1" },
		{ "mail.log.", "mail.log." },
		{ "mail.log.old", "mail.log.old" },
		{ "", "" },
	};
	char got[256];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		rotation_log(cases[i].name, got, sizeof(got));
		if (strcmp(got, cases[i].log) != 0)
			fail_msg("%s: got %s, want %s", cases[i].name, got,
			    cases[i].log);
	}
}

static void
dates(void **state)
{
	static const struct { const char *name, *until; } cases[] = {
		{ "mail.log", "" }, { "mail.log.1", "" },
		{ "mail.log.1.gz", "" }, { "mail.log-99999999", "" },
		{ "mail.log-202611", "" },
		{ "mail.log-20261123.gz", "2026-11-24T00:00:00Z" },
		{ "mail.log-2026-11-23", "2026-11-24T00:00:00Z" },
		{ "mail.log-23112026", "2026-11-24T00:00:00Z" },
		{ "mail-20261123.log", "2026-11-24T00:00:00Z" },
		{ "mail.log-2026112312", "2026-11-24T12:00:00Z" },
		{ "maillog.20261123T123000", "2026-11-24T12:30:00Z" },
		{ "mail.log-1795000000", "2026-11-18T11:06:40Z" },
		{ "@4000000066aa8e0100000000.s", "2024-07-31T19:18:15Z" },
	};
	char got[USEC_TEXT_MAX];
	int64_t want;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		want = 0;
		if (cases[i].until[0] != '\0')
			usec_parse(str_of(cases[i].until), &want);
		if (rotation_until(cases[i].name) != want)
			fail_msg("%s: got %.*s, want %s", cases[i].name,
			    STRF(usec_print(rotation_until(cases[i].name),
			    got)), cases[i].until);
	}
}

/* A writer in another process, and copytruncate beside it. */
static void
concurrent_writer(void **state)
{
	const int total = 20000;
	struct following f = { 0 };
	const char *script = "i=0; while [ $i -lt $0 ]; do "
	    "printf '2026-11-23T00:00:00.000000+00:00 mx "
	    "postfix/qmgr[7]: 4X%08XzZ: removed\\n' $i; i=$((i+1)); done";
	char count[16];
	int status = 0, rounds = 0, i;
	bool ended = false;
	struct str rest;
	pid_t pid;

	(void)state;
	append("mail.log", "", 0);
	begin(&f, "mail.log");
	snprintf(count, sizeof(count), "%d", total);
	if ((pid = fork()) == 0) {
		/* printf is a builtin: one write a line, by O_APPEND. */
		assert_non_null(freopen("mail.log", "a", stdout));
		execlp("sh", "sh", "-c", script, count, NULL);
		_exit(127);
	}
	while (!ended) {
		ended = waitpid(pid, &status, WNOHANG) == pid;
		/*
		 * Stop the writer between copy and truncation, as nothing
		 * else would save what it writes there.
		 */
		if (!ended && ++rounds % 20 == 0) {
			kill(pid, SIGSTOP);
			waitpid(pid, &status, WUNTRACED);
			ended = !WIFSTOPPED(status);	/* just now */
			run("rm -f mail.log.2; [ ! -e mail.log.1 ] || "
			    "mv mail.log.1 mail.log.2; "
			    "cp mail.log mail.log.1; : >mail.log");
			kill(pid, SIGCONT);
		}
		look(&f);
	}
	look(&f);
	assert_int_equal(WEXITSTATUS(status), 0);
	assert_int_equal(f.seen.nlines, total);
	rest = buf_str(&f.seen.text);
	for (i = 0; i < total; i++) {
		char want[24];
		struct str l;

		assert_true(str_cut(&rest, '\n', &l));
		snprintf(want, sizeof(want), "4X%08XzZ", (unsigned)i);
		if (str_find(l, str_of(want)) == STR_NPOS)
			fail_msg("line %d: got %.*s", i, STRF(l));
	}
	done(&f);
}

/* Written, copied and truncated before the reader has looked at all. */
static void
copied_before_a_look(void **state)
{
	static const char line[] = "2026-11-23T00:00:00.000000+00:00 mx "
	    "postfix/qmgr[7]: 4X%08XzZ: removed\n";
	struct following f = { 0 };
	char text[128];
	int i;

	(void)state;
	append("mail.log", "", 0);
	begin(&f, "mail.log");
	look(&f);
	for (i = 1; i <= 3; i++) {
		snprintf(text, sizeof(text), line, (unsigned)i);
		append("mail.log", text, strlen(text));
		run("cp mail.log mail.log.1; : >mail.log");
		look(&f);
		assert_int_equal(f.seen.nlines, i);
	}
	snprintf(text, sizeof(text), line, 4U);
	append("mail.log", text, strlen(text));
	look(&f);
	assert_int_equal(f.seen.nlines, 4);
	done(&f);
}

/*
 * A random history: pieces of lines, rotations of every kind, restarts, looks
 * at any moment.  Every line is seen once, and in order.
 */
struct history {
	struct following	 f;
	struct buf		 out;		/* all that is written */
	size_t			 written;	/* of it */
	int			 next;
	int			 kept;		/* x.1 to x.kept exist */
};

static void
write_some(struct history *h, size_t n)
{
	while (h->out.n - h->written < n)
		buf_add_str(&h->out, str_of(line(h->next++)));
	append("mail.log", h->out.p + h->written, n);
	h->written += n;
}

/* A logger does not leave a line half done in one file. */
static void
finish_line(struct history *h)
{
	write_some(h, h->out.n - h->written);
}

static void
shift(struct history *h)
{
	char from[32], to[32];
	int i;

	for (i = h->kept; i > 0; i--) {
		snprintf(from, sizeof(from), "mail.log.%d", i);
		snprintf(to, sizeof(to), "mail.log.%d", i + 1);
		if (rename(from, to) == -1) {
			snprintf(from, sizeof(from), "mail.log.%d.gz", i);
			snprintf(to, sizeof(to), "mail.log.%d.gz", i + 1);
			assert_int_equal(rename(from, to), 0);
		}
	}
	h->kept++;
	if (h->kept > 1 && rand() % 2 && access("mail.log.2", F_OK) == 0)
		run("gzip mail.log.2");
}

/* As copytruncate does. */
static void
copy_and_truncate(void)
{
	char buf[1 << 16];
	FILE *f = fopen("mail.log", "r");
	size_t n;

	assert_non_null(f);
	append("mail.log.1", "", 0);
	while ((n = fread(buf, 1, sizeof(buf), f)) > 0)
		append("mail.log.1", buf, n);
	fclose(f);
	assert_int_equal(truncate("mail.log", 0), 0);
}

static void
step(struct history *h)
{
	switch (rand() % 12) {
	case 0:
		finish_line(h);
		shift(h);
		assert_int_equal(rename("mail.log", "mail.log.1"), 0);
		if (rand() % 2)
			append("mail.log", "", 0);
		else
			write_some(h, (size_t)(rand() % 200));
		break;
	case 1:
		finish_line(h);
		shift(h);
		copy_and_truncate();
		write_some(h, (size_t)(rand() % 5000));
		break;
	case 2:
		stop(&h->f);
		begin(&h->f, "mail.log");
		break;
	case 3:
	case 4:
	case 5:
	case 6:
		look(&h->f);
		break;
	default:
		write_some(h, (size_t)(rand() % 600));
	}
}

/* Seen is what was written, up to `n` bytes; tell where it is not. */
static void
assert_history(struct history *h, unsigned seed)
{
	struct str got = buf_str(&h->f.seen.text), want = buf_str(&h->out);
	struct str g = STR(""), w = STR("");

	if (str_eq(got, want))
		return;
	while (str_cut(&got, '\n', &g) && str_cut(&want, '\n', &w) &&
	    str_eq(g, w))
		continue;
	fail_msg("seed %u: got %zu lines, want %d; at first\n%.*s\n%.*s\n%s",
	    seed, h->f.seen.nlines, h->next, STRF(g), STRF(w),
	    h->f.seen.notices);
}

static void
random_history(void **state)
{
	struct history h;
	unsigned seed;
	int i;

	(void)state;
	for (seed = 1; seed <= 20; seed++) {
		memset(&h, 0, sizeof(h));
		srand(seed);
		run("rm -f mail.log*");
		/* Longer than a fingerprint, so that no file is mistaken. */
		write_some(&h, 1200);
		begin(&h.f, "mail.log");
		look(&h.f);
		for (i = 0; i < 60; i++) {
			step(&h);
		}
		finish_line(&h);
		look(&h.f);
		assert_history(&h, seed);
		buf_done(&h.out);
		done(&h.f);
	}
}

int
main(void)
{
#define T(f)	cmocka_unit_test_setup_teardown(f, enter, leave)
	const struct CMUnitTest tests[] = {
		T(names_in_order), T(logs), T(dates), T(concurrent_writer),
		T(copied_before_a_look),
		T(random_history),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

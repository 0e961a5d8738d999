/* SPDX-License-Identifier: Apache-2.0 */
#include "source_util.h"

#include <fcntl.h>
#include <sys/wait.h>

#include "weir/mem.h"

static void
plain_once(void **state)
{
	struct streams known = { 0 };
	struct seen s = { 0 };

	(void)state;
	lines("mail.log", 0, 20);
	assert_int_equal(read_path("mail.log", false, &known, &s),
	    SOURCE_ENDED);
	assert_lines(&s, 0, 20);
	assert_int_equal(s.stream.id, 1);
	assert_int_equal(s.stream.offset, 20 * strlen(line(0)));
	assert_int_equal(s.stream.fingerprint_len, STREAM_FINGERPRINT_SPAN);
	assert_string_equal(s.stream.name, "mail.log");
	assert_string_equal(s.stream.host, "here");
	assert_int_not_equal(s.stream.chain, 0);
	assert_string_equal(s.notices, "");
	seen_clear(&s);

	/* Twice: nothing. */
	read_path("mail.log", false, &known, &s);
	assert_lines(&s, 0, 0);
	assert_int_equal(s.stream.id, 0);
	assert_int_equal(known.n, 1);
	seen_clear(&s);

	/* Grown: the rest. */
	lines("mail.log", 20, 5);
	read_path("mail.log", false, &known, &s);
	assert_lines(&s, 20, 5);
	assert_int_equal(s.stream.id, 1);
	seen_clear(&s);

	/* Under other names, packed, copied: still nothing. */
	run("gzip -k mail.log; cp mail.log elsewhere");
	read_path("mail.log.gz", false, &known, &s);
	read_path("elsewhere", false, &known, &s);
	assert_lines(&s, 0, 0);
	seen_clear(&s);

	/* A copy that went on is read on. */
	lines("elsewhere", 25, 3);
	run("gzip -c elsewhere >mail.log.3.gz");
	read_path("mail.log.3.gz", false, &known, &s);
	assert_lines(&s, 25, 3);
	assert_int_equal(known.n, 1);
	seen_clear(&s);
	streams_done(&known);
}

/* From a single line on, in steps: one stream whose fingerprint grows. */
static void
short_file_grows(void **state)
{
	struct streams known = { 0 };
	struct seen s = { 0 };
	int i;

	(void)state;
	for (i = 0; i < 30; i++) {
		lines("small.log", i, 1);
		read_path("small.log", false, &known, &s);
		assert_int_equal(known.n, 1);
	}
	assert_lines(&s, 0, 30);
	assert_int_equal(s.stream.fingerprint_len, STREAM_FINGERPRINT_SPAN);
	seen_clear(&s);

	/* The same beginning, another end: another stream. */
	lines("b.log", 0, 3);
	lines("b.log", 50, 30);
	read_path("b.log", false, &known, &s);
	assert_int_equal(known.n, 2);
	assert_int_equal(s.nlines, 33);
	seen_clear(&s);
	streams_done(&known);
}

static void
partial_last_line(void **state)
{
	struct streams known = { 0 };
	struct seen s = { 0 };
	char *l = xstrdup(line(2));

	(void)state;
	lines("part.log", 0, 2);
	append("part.log", l, 30);
	read_path("part.log", false, &known, &s);
	assert_lines(&s, 0, 2);
	assert_non_null(strstr(s.notices, "30 bytes of an unfinished line"));
	assert_string_equal(s.kinds, "");
	append("part.log", l + 30, strlen(l) - 30);
	read_path("part.log", false, &known, &s);
	assert_lines(&s, 0, 3);
	seen_clear(&s);

	/* Nobody adds to a packed file: its last line is whole. */
	lines("last", 100, 1);
	append("last", line(101), strlen(l) - 1);
	run("gzip last");
	read_path("last.gz", false, &known, &s);
	assert_lines(&s, 100, 2);
	seen_clear(&s);

	/* If it was not, its other half is no line of its own. */
	run("gunzip last.gz");
	append("last", " or not\n", 8);
	lines("last", 102, 1);
	read_path("last", false, &known, &s);
	assert_lines(&s, 102, 1);
	free(l);
	seen_clear(&s);
	streams_done(&known);
}

static void
gzip_members_and_damage(void **state)
{
	struct streams known = { 0 };
	struct seen s = { 0 };
	int n;

	(void)state;
	lines("a", 0, 50);
	lines("b", 50, 50);
	run("gzip a b; cat a.gz b.gz >two.gz");
	read_path("two.gz", false, &known, &s);
	assert_lines(&s, 0, 100);
	seen_clear(&s);
	streams_done(&known);

	/* Cut off: what can be read is, and it is said. */
	lines("c", 0, 20000);
	run("gzip -k c; head -c 30000 c.gz >cut.gz");
	assert_int_equal(read_path("cut.gz", false, &known, &s),
	    SOURCE_ENDED);
	assert_string_equal(s.kinds, "data_loss");
	assert_non_null(strstr(s.notices, "cut.gz: read "));
	assert_non_null(strstr(s.notices, "unexpected end of file"));
	n = (int)s.nlines;
	assert_in_range(n, 1000, 19999);
	assert_lines(&s, 0, n);
	seen_clear(&s);

	/* The whole of it brings the rest. */
	read_path("c.gz", false, &known, &s);
	assert_lines(&s, n, 20000 - n);
	assert_int_equal(known.n, 1);
	seen_clear(&s);
	streams_done(&known);
}

static void
standard_input(void **state)
{
	struct streams known = { 0 };
	struct seen s = { 0 };
	int saved = dup(STDIN_FILENO), fds[2];
	pid_t pid;

	(void)state;
	lines("in.log", 0, 10000);
	run("gzip -k in.log");
	assert_int_equal(pipe(fds), 0);
	if ((pid = fork()) == 0) {
		dup2(fds[1], STDOUT_FILENO);
		close(fds[0]);
		close(fds[1]);
		execlp("head", "head", "-c", "700007", "in.log", NULL);
		_exit(127);
	}
	close(fds[1]);
	dup2(fds[0], STDIN_FILENO);
	close(fds[0]);
	read_path("-", false, &known, &s);
	waitpid(pid, NULL, 0);
	assert_int_equal(s.stream.offset, 700007);
	assert_int_equal(s.counts.bytes, 700007);
	seen_clear(&s);

	/* Packed input is unpacked, and it is the same stream. */
	assert_int_equal(dup2(open("in.log.gz", O_RDONLY), STDIN_FILENO),
	    STDIN_FILENO);
	read_path("-", false, &known, &s);
	assert_int_equal(known.n, 1);
	/* Half a line was taken from the pipe: begin with the next. */
	assert_lines(&s, 700007 / (int)strlen(line(0)) + 1,
	    10000 - 700007 / (int)strlen(line(0)) - 1);
	dup2(saved, STDIN_FILENO);
	close(saved);
	seen_clear(&s);
	streams_done(&known);
}

static void
rotated_directory(void **state)
{
	struct streams known = { 0 };
	struct seen s = { 0 };
	const char *paths[] = { "logs/mail.log", "logs/mail.log.1" };
	struct source_options o = { .paths = (char **)paths, .npaths = 2,
	    .host = "here" };
	struct source *src;
	size_t i;

	(void)state;
	run("mkdir -p logs/sub");
	lines("logs/mail.log.11", 0, 10);
	lines("logs/mail.log.2", 10, 10);
	lines("logs/mail.log.1", 20, 20);
	lines("logs/mail.log", 40, 3);
	lines("logs/sub/other.log", 90, 3);
	append("logs/empty.log", "", 0);
	append("logs/lastlog", "\1\0\0\0\2\0\0\0\3\0\0\0", 12);
	run("gzip logs/mail.log.11 logs/mail.log.2");
	read_path("logs", false, &known, &s);
	assert_lines(&s, 0, 43);
	assert_non_null(strstr(s.notices, "lastlog: not a text"));
	assert_int_equal(known.n, 4);
	for (i = 1; i < known.n; i++)
		assert_int_equal(known.v[i].chain, known.v[0].chain);
	seen_clear(&s);

	/* Rotated once more: only what is new, and in the same run. */
	run("cd logs && mv mail.log.2.gz mail.log.3.gz &&"
	    " gzip -c mail.log.1 >mail.log.2.gz && mv mail.log mail.log.1");
	lines("logs/mail.log.1", 43, 4);
	lines("logs/mail.log", 47, 30);
	read_path("logs", false, &known, &s);
	assert_lines(&s, 43, 34);
	assert_int_equal(known.n, 5);
	assert_int_equal(known.v[4].chain, known.v[0].chain);
	seen_clear(&s);

	/* Named one by one they are put in order. */
	streams_done(&known);
	src = source_open(&o, &known, &s.err);
	assert_non_null(src);
	assert_int_equal(read_all(src, &s), SOURCE_ENDED);
	source_close(src);
	assert_lines(&s, 40, 37);
	seen_clear(&s);
	streams_done(&known);
}

/* The year is decided once, with the file's time, and goes on from there. */
static void
year_is_kept(void **state)
{
	struct streams known = { 0 };
	struct seen s = { 0 };
	const char *text = "Dec 31 23:59:59 mx postfix/qmgr[7]: 4X: removed\n"
	    "Jan  1 00:00:01 mx postfix/qmgr[7]: 4X: removed\n";

	(void)state;
	append("old.log", text, strlen(text));
	run("touch -d '2021-03-01 00:00:00Z' old.log");
	read_path("old.log", false, &known, &s);
	assert_int_equal(s.nlines, 2);
	assert_int_equal(s.stream.year, 2021);
	assert_int_equal(s.last_at, INT64_C(1609459201) * USEC_PER_SEC);
	text = "Jan  2 00:00:00 mx postfix/qmgr[7]: 4X: removed\n";
	append("old.log", text, strlen(text));
	read_path("old.log", false, &known, &s);
	assert_int_equal(s.nlines, 3);
	assert_int_equal(s.last_at, INT64_C(1609545600) * USEC_PER_SEC);
	seen_clear(&s);
	streams_done(&known);
}

static void
refused(void **state)
{
	struct streams known = { 0 };
	struct source_options o = { .path = "nowhere" };
	struct error err;

	(void)state;
	assert_null(source_open(&o, &known, &err));
	assert_string_equal(err.text, "nowhere: No such file or directory");
	append("x.xz", "\xfd" "7zXZ\0rest", 10);
	o.path = "x.xz";
	assert_null(source_open(&o, &known, &err));
	assert_non_null(strstr(err.text, "xzcat x.xz | weir import -"));
	run("mkdir none");
	o.path = "none";
	assert_null(source_open(&o, &known, &err));
	assert_string_equal(err.text, "none: no log is there");
	append("nothing.log", "", 0);
	o.path = "nothing.log";
	assert_int_equal(read_path("nothing.log", false, &known,
	    &(struct seen){ 0 }), SOURCE_ENDED);
	assert_int_equal(known.n, 0);
}

/* A hostile megabyte between two lines, and noise of every byte. */
static void
hostile(void **state)
{
	struct streams known = { 0 };
	struct seen s = { 0 };
	const size_t n = 1024 * 1024;
	char *big = xmalloc(n);
	size_t i;

	(void)state;
	memset(big, 'x', n);
	lines("bad.log", 0, 1);
	append("bad.log", big, n);
	append("bad.log", "\n", 1);
	lines("bad.log", 1, 1);
	srand(7);
	for (i = 0; i < n; i++)
		big[i] = (char)(rand() % 256);
	append("bad.log", big, n);
	append("bad.log", "\n", 1);
	lines("bad.log", 2, 1);
	read_path("bad.log", false, &known, &s);
	assert_lines(&s, 0, 3);
	assert_int_equal(s.counts.cut, 1);
	assert_true(s.counts.no_stamp > 1000);
	assert_int_equal(s.counts.bytes, s.stream.offset);
	seen_clear(&s);
	streams_done(&known);
	free(big);
}

int
main(void)
{
#define T(f)	cmocka_unit_test_setup_teardown(f, enter, leave)
	const struct CMUnitTest tests[] = {
		T(plain_once), T(short_file_grows), T(partial_last_line),
		T(gzip_members_and_damage), T(standard_input),
		T(rotated_directory), T(year_is_kept), T(refused), T(hostile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

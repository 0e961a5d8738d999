/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Real files, really rotated.  The source is read whenever its descriptor says
 * so and never by the clock; what must not be lost is written and compared.
 */
#include "source_util.h"

#include <poll.h>

#include "weir/mem.h"

/* Is the source woken by what was just done?  The net would take 30 s. */
static bool
is_woken(struct following *f)
{
	int timeout;
	struct pollfd p = { .fd = source_poll(f->src, &timeout),
	    .events = POLLIN };

	assert_true(p.fd >= 0);
	assert_true(timeout >= 30000);
	return poll(&p, 1, 5000) == 1;
}

static bool
is_quiet(struct following *f)
{
	int timeout;
	struct pollfd p = { .fd = source_poll(f->src, &timeout),
	    .events = POLLIN };

	return poll(&p, 1, 0) == 0;
}

static void
appended(void **state)
{
	struct following f = { 0 };
	char *l;

	(void)state;
	lines("mail.log", 0, 10);
	begin(&f, "mail.log");
	assert_int_equal(look(&f), SOURCE_WAITING);
	assert_lines(&f.seen, 0, 10);
	lines("mail.log", 10, 1);
	assert_true(is_woken(&f));
	assert_int_equal(look(&f), SOURCE_WAITING);
	assert_lines(&f.seen, 0, 11);
	/* Nothing to do, and nothing wakes. */
	look(&f);
	assert_true(is_quiet(&f));

	/* A line that comes in pieces. */
	l = xstrdup(line(11));
	append("mail.log", l, 20);
	assert_true(is_woken(&f));
	look(&f);
	assert_lines(&f.seen, 0, 11);
	append("mail.log", l + 20, strlen(l) - 20);
	assert_true(is_woken(&f));
	look(&f);
	assert_lines(&f.seen, 0, 12);
	free(l);

	/* Stopped and begun again: what came meanwhile. */
	stop(&f);
	lines("mail.log", 12, 30);
	begin(&f, "mail.log");
	look(&f);
	assert_lines(&f.seen, 0, 42);
	assert_int_equal(f.known.n, 1);
	assert_string_equal(f.seen.notices, "");
	done(&f);
}

static void
not_there_yet(void **state)
{
	struct following f = { 0 };

	(void)state;
	begin(&f, "late.log");
	assert_int_equal(look(&f), SOURCE_MISSING);
	assert_string_equal(f.seen.err.text,
	    "late.log: No such file or directory");
	look(&f);
	lines("other.log", 0, 1);
	lines("late.log", 0, 3);
	assert_true(is_woken(&f));
	assert_int_equal(look(&f), SOURCE_WAITING);
	assert_lines(&f.seen, 0, 3);
	done(&f);

	/* Nor its directory: the net finds it. */
	begin(&f, "sub/late.log");
	assert_int_equal(look(&f), SOURCE_MISSING);
	run("mkdir sub");
	lines("sub/late.log", 0, 3);
	assert_int_equal(look(&f), SOURCE_WAITING);
	assert_lines(&f.seen, 0, 3);
	lines("sub/late.log", 3, 1);
	assert_true(is_woken(&f));
	look(&f);
	assert_lines(&f.seen, 0, 4);
	done(&f);
}

/* Rotation by rename, with a writer that moves over late. */
static void
renamed(void **state)
{
	struct following f = { 0 };
	uint32_t chain;

	(void)state;
	lines("mail.log", 0, 20);
	begin(&f, "mail.log");
	look(&f);
	run("mv mail.log mail.log.1");
	assert_true(is_woken(&f));
	look(&f);
	/* The writer still has the old one. */
	lines("mail.log.1", 20, 5);
	assert_true(is_woken(&f));
	look(&f);
	assert_lines(&f.seen, 0, 25);
	/* The new one is there, empty. */
	append("mail.log", "", 0);
	assert_true(is_woken(&f));
	look(&f);
	lines("mail.log.1", 25, 5);
	assert_true(is_woken(&f));
	look(&f);
	assert_lines(&f.seen, 0, 30);
	/* It moves: the last of the old before the first of the new. */
	lines("mail.log.1", 30, 2);
	lines("mail.log", 32, 3);
	assert_true(is_woken(&f));
	assert_int_equal(look(&f), SOURCE_WAITING);
	assert_lines(&f.seen, 0, 35);
	/* A second writer was slow. */
	lines("mail.log.1", 35, 1);
	assert_true(is_woken(&f));
	look(&f);
	lines("mail.log", 36, 1);
	assert_true(is_woken(&f));
	look(&f);
	assert_lines(&f.seen, 0, 37);
	assert_int_equal(f.known.n, 2);
	chain = f.known.v[0].chain;
	assert_int_equal(f.known.v[1].chain, chain);
	assert_string_equal(f.seen.notices, "");

	/* Twice more before anybody looks, packed meanwhile. */
	run("mv mail.log.1 mail.log.2; gzip mail.log.2; mv mail.log "
	    "mail.log.1");
	lines("mail.log", 37, 40);
	run("mv mail.log.2.gz mail.log.3.gz; mv mail.log.1 mail.log.2;"
	    "gzip mail.log.2; mv mail.log mail.log.1");
	lines("mail.log", 77, 3);
	look(&f);
	assert_lines(&f.seen, 0, 80);
	assert_int_equal(f.known.n, 4);
	assert_int_equal(f.known.v[3].chain, chain);
	done(&f);
}

/* Two logs that begin with the same line are two logs. */
static void
same_beginning(void **state)
{
	struct following f = { 0 };

	(void)state;
	lines("mail.log", 0, 1);
	begin(&f, "mail.log");
	look(&f);
	run("mv mail.log mail.log.1");
	lines("mail.log", 0, 1);
	look(&f);
	assert_int_equal(f.seen.nlines, 2);
	lines("mail.log", 1, 1);
	look(&f);
	assert_int_equal(f.seen.nlines, 3);
	assert_int_equal(f.known.n, 2);
	done(&f);
}

static void
truncated_after_copy(void **state)
{
	struct following f = { 0 };
	int i;

	(void)state;
	lines("mail.log", 0, 20);
	begin(&f, "mail.log");
	look(&f);
	/* Written, copied and truncated before anybody looks. */
	lines("mail.log", 20, 10);
	run("cp mail.log mail.log.1; : >mail.log");
	look(&f);
	assert_lines(&f.seen, 0, 30);
	lines("mail.log", 30, 2);
	assert_true(is_woken(&f));
	look(&f);
	assert_lines(&f.seen, 0, 32);

	/* The same, longer afterwards than it was before. */
	lines("mail.log", 32, 3);
	run("mv mail.log.1 mail.log.2; cp mail.log mail.log.1; "
	    "gzip mail.log.1; : >mail.log");
	lines("mail.log", 35, 100);
	look(&f);
	assert_lines(&f.seen, 0, 135);

	/* A writer without O_APPEND leaves a hole. */
	lines("mail.log", 135, 1);
	run("mv mail.log.1.gz mail.log.3.gz; cp mail.log mail.log.1;"
	    "size=$(stat -c %%s mail.log); : >mail.log; "
	    "truncate -s $size mail.log");
	lines("mail.log", 136, 4);
	for (i = 0; i < 3; i++)
		look(&f);
	assert_lines(&f.seen, 0, 140);
	assert_null(strstr(f.seen.kinds, "data_loss"));

	/* Without a copy it is said. */
	run(": >mail.log");
	lines("mail.log", 140, 1);
	look(&f);
	assert_lines(&f.seen, 0, 141);
	assert_non_null(strstr(f.seen.notices, "no copy of it found"));
	done(&f);
}

static void
deleted(void **state)
{
	struct following f = { 0 };

	(void)state;
	lines("mail.log", 0, 20);
	begin(&f, "mail.log");
	look(&f);
	/* Not looked at between the writing and the deletion. */
	lines("mail.log", 20, 3);
	run("rm mail.log");
	assert_true(is_woken(&f));
	assert_int_equal(look(&f), SOURCE_MISSING);
	assert_lines(&f.seen, 0, 23);
	lines("mail.log", 23, 3);
	assert_true(is_woken(&f));
	assert_int_equal(look(&f), SOURCE_WAITING);
	assert_lines(&f.seen, 0, 26);
	/* At once. */
	lines("mail.log", 26, 1);
	run("rm mail.log");
	lines("mail.log", 27, 30);
	look(&f);
	assert_lines(&f.seen, 0, 57);
	/* Edited: the same content in another file is read on. */
	run("cp mail.log new; mv new mail.log");
	lines("mail.log", 57, 1);
	look(&f);
	assert_lines(&f.seen, 0, 58);
	done(&f);
}

/* Rotated while nobody followed. */
static void
rotated_while_down(void **state)
{
	struct following f = { 0 };

	(void)state;
	lines("mail.log.2", 900, 30);
	run("touch -d yesterday mail.log.2");
	lines("mail.log", 0, 20);
	begin(&f, "mail.log");
	look(&f);
	/* What is older was not asked for. */
	assert_lines(&f.seen, 0, 20);
	stop(&f);
	lines("mail.log", 20, 4);
	run("mv mail.log mail.log.1");
	lines("mail.log", 24, 2);
	begin(&f, "mail.log");
	look(&f);
	assert_lines(&f.seen, 0, 26);
	stop(&f);

	/* Many times, with and without packing, and the new one empty. */
	lines("mail.log", 26, 30);
	run("rm mail.log.2; mv mail.log.1 mail.log.4; gzip mail.log.4;"
	    "mv mail.log mail.log.3; gzip mail.log.3");
	lines("mail.log.2", 56, 30);
	run("gzip mail.log.2");
	lines("mail.log.1", 86, 4);
	append("mail.log", "", 0);
	begin(&f, "mail.log");
	look(&f);
	assert_lines(&f.seen, 0, 90);
	lines("mail.log", 90, 1);
	assert_true(is_woken(&f));
	look(&f);
	assert_lines(&f.seen, 0, 91);
	stop(&f);

	/* Truncated while down. */
	lines("mail.log", 91, 5);
	run("cp mail.log mail.log.0; : >mail.log");
	lines("mail.log", 96, 2);
	begin(&f, "mail.log");
	look(&f);
	assert_lines(&f.seen, 0, 98);
	assert_string_equal(f.seen.notices, "");
	stop(&f);

	/* By date. */
	lines("mail.log", 98, 30);
	run("rm mail.log.*; mv mail.log mail.log-20261123");
	lines("mail.log", 128, 1);
	begin(&f, "mail.log");
	look(&f);
	assert_lines(&f.seen, 0, 129);
	stop(&f);

	/* All gone: a loss, with its time. */
	run("rm mail.log*");
	lines("mail.log", 129, 1);
	begin(&f, "mail.log");
	look(&f);
	assert_lines(&f.seen, 0, 130);
	assert_string_equal(f.seen.kinds, "data_loss");
	assert_non_null(strstr(f.seen.notices, "read up to "
	    "2026-11-23T00:02:08.000000Z is gone"));
	done(&f);
}

static void
symbolic_link(void **state)
{
	struct following f = { 0 };

	(void)state;
	run("mkdir a b; ln -s a/log mail.log");
	lines("a/log", 0, 20);
	begin(&f, "mail.log");
	look(&f);
	lines("a/log", 20, 1);
	assert_true(is_woken(&f));
	look(&f);
	lines("b/log", 21, 20);
	run("ln -s b/log new; mv new mail.log");
	assert_true(is_woken(&f));
	look(&f);
	assert_lines(&f.seen, 0, 41);
	lines("b/log", 41, 1);
	assert_true(is_woken(&f));
	look(&f);
	/* Rotated where it leads to. */
	run("mv b/log b/log.1");
	lines("b/log", 42, 1);
	assert_true(is_woken(&f));
	look(&f);
	/* And back. */
	run("ln -s a/log new; mv new mail.log");
	lines("a/log", 43, 1);
	look(&f);
	assert_lines(&f.seen, 0, 44);
	done(&f);
}

/* Only an ordinary user can be denied. */
static void
denied(void **state)
{
	struct following f = { 0 };

	(void)state;
	if (geteuid() != 0) {
		skip();
		return;
	}
	lines("mail.log", 0, 3);
	run("chmod 755 . && chmod 600 mail.log");
	assert_int_equal(seteuid(65534), 0);
	begin(&f, "mail.log");
	assert_int_equal(look(&f), SOURCE_DENIED);
	assert_string_equal(f.seen.err.text, "mail.log: Permission denied");
	assert_string_equal(f.seen.notices, "");
	look(&f);
	assert_int_equal(seteuid(0), 0);
	run("chmod 644 mail.log");
	assert_int_equal(seteuid(65534), 0);
	assert_true(is_woken(&f));
	assert_int_equal(look(&f), SOURCE_WAITING);
	assert_lines(&f.seen, 0, 3);
	assert_int_equal(seteuid(0), 0);
	done(&f);
}

int
main(void)
{
#define T(f)	cmocka_unit_test_setup_teardown(f, enter, leave)
	const struct CMUnitTest tests[] = {
		T(appended), T(not_there_yet), T(renamed), T(same_beginning),
		T(truncated_after_copy), T(deleted), T(rotated_while_down),
		T(symbolic_link), T(denied),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

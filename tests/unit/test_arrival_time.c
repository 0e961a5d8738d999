/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stories of time: lines whose stamps name no year and no zone, through New
 * Year, leap days and both changes of the clocks, north and south.  Each is
 * imported whole, imported as a log that was rotated at any of its lines, and
 * followed live under a clock that says what it was.
 */
#include "source_util.h"

#include <sys/syscall.h>
#include <time.h>

/* What CLOCK_REALTIME says; 0: the truth. */
static int64_t clock_says;

int	clock_gettime(clockid_t clock, struct timespec *t);

int
clock_gettime(clockid_t clock, struct timespec *t)
{
	if (clock != CLOCK_REALTIME || clock_says == 0)
		return (int)syscall(SYS_clock_gettime, clock, t);
	t->tv_sec = clock_says / USEC_PER_SEC;
	t->tv_nsec = 0;
	return 0;
}

#define STEPS_MAX	12

struct step {
	const char	*stamp, *at;
};

static const struct story {
	const char	*zone;
	bool		 live_only;	/* only a clock can know */
	int		 year;		/* an import has to be told */
	struct step	 steps[STEPS_MAX];
} stories[] = {
	/* autumn in the north: an hour twice */
	{ "Europe/Berlin", false, 0, {
		{ "Oct 25 01:59:59", "2026-10-24T23:59:59Z" },
		{ "Oct 25 02:10:00", "2026-10-25T00:10:00Z" },
		{ "Oct 25 02:59:58", "2026-10-25T00:59:58Z" },
		{ "Oct 25 02:00:00", "2026-10-25T01:00:00Z" },
		{ "Oct 25 02:30:00", "2026-10-25T01:30:00Z" },
		{ "Oct 25 02:59:59", "2026-10-25T01:59:59Z" },
		{ "Oct 25 03:00:00", "2026-10-25T02:00:00Z" },
	} },
	/* the same after a silence, which leaves no trace in the log */
	{ "Europe/Berlin", true, 0, {
		{ "Oct 25 01:50:00", "2026-10-24T23:50:00Z" },
		{ "Oct 25 02:40:00", "2026-10-25T01:40:00Z" },
		{ "Oct 25 02:50:00", "2026-10-25T01:50:00Z" },
	} },
	/* and with the very same stamp an hour later */
	{ "Europe/Berlin", true, 0, {
		{ "Oct 25 02:40:00", "2026-10-25T00:40:00Z" },
		{ "Oct 25 02:40:00", "2026-10-25T01:40:00Z" },
	} },
	/* spring in the north: an hour is left out */
	{ "Europe/Berlin", false, 0, {
		{ "Mar 29 01:59:59", "2026-03-29T00:59:59Z" },
		{ "Mar 29 03:00:00", "2026-03-29T01:00:00Z" },
		{ "Mar 29 03:00:01", "2026-03-29T01:00:01Z" },
	} },
	/* a writer whose clock was not set: the hour that is not there */
	{ "Europe/Berlin", false, 0, {
		{ "Mar 29 01:59:59", "2026-03-29T00:59:59Z" },
		{ "Mar 29 02:00:01", "2026-03-29T01:00:01Z" },
		{ "Mar 29 03:00:02", "2026-03-29T01:00:02Z" },
	} },
	/* the south, the other way about */
	{ "Australia/Sydney", false, 0, {
		{ "Apr  5 01:59:59", "2026-04-04T14:59:59Z" },
		{ "Apr  5 02:10:00", "2026-04-04T15:10:00Z" },
		{ "Apr  5 02:59:59", "2026-04-04T15:59:59Z" },
		{ "Apr  5 02:00:00", "2026-04-04T16:00:00Z" },
		{ "Apr  5 02:20:00", "2026-04-04T16:20:00Z" },
		{ "Apr  5 02:59:59", "2026-04-04T16:59:59Z" },
		{ "Apr  5 03:00:00", "2026-04-04T17:00:00Z" },
	} },
	{ "Australia/Sydney", false, 0, {
		{ "Oct  4 01:59:59", "2026-10-03T15:59:59Z" },
		{ "Oct  4 03:00:00", "2026-10-03T16:00:00Z" },
	} },
	/* New Year, with the last of the old year after it */
	{ "Europe/Berlin", false, 0, {
		{ "Dec 31 23:59:58", "2025-12-31T22:59:58Z" },
		{ "Jan  1 00:00:00", "2025-12-31T23:00:00Z" },
		{ "Dec 31 23:59:59", "2025-12-31T22:59:59Z" },
		{ "Jan  1 00:00:01", "2025-12-31T23:00:01Z" },
		{ "Jan  2 00:00:00", "2026-01-01T23:00:00Z" },
	} },
	{ "Australia/Sydney", false, 0, {
		{ "Dec 31 23:59:59", "2025-12-31T12:59:59Z" },
		{ "Jan  1 00:00:00", "2025-12-31T13:00:00Z" },
	} },
	/* leap days; the year without one goes from the 28th to March */
	{ "Europe/Berlin", false, 0, {
		{ "Feb 28 23:59:59", "2024-02-28T22:59:59Z" },
		{ "Feb 29 00:00:00", "2024-02-28T23:00:00Z" },
		{ "Feb 29 23:59:59", "2024-02-29T22:59:59Z" },
		{ "Mar  1 00:00:00", "2024-02-29T23:00:00Z" },
	} },
	{ "Europe/Berlin", false, 0, {
		{ "Feb 28 23:59:59", "2025-02-28T22:59:59Z" },
		{ "Mar  1 00:00:00", "2025-02-28T23:00:00Z" },
	} },
	/* a log of years, of which the first is said */
	{ "Europe/Berlin", false, 2019, {
		{ "Nov 30 12:00:00", "2019-11-30T11:00:00Z" },
		{ "Feb 29 12:00:00", "2020-02-29T11:00:00Z" },
		{ "Jul  1 12:00:00", "2020-07-01T10:00:00Z" },
		{ "Dec 31 23:59:59", "2020-12-31T22:59:59Z" },
		{ "Jan  1 00:00:00", "2020-12-31T23:00:00Z" },
		{ "Jun  1 00:00:00", "2021-05-31T22:00:00Z" },
	} },
	/* eleven months of silence */
	{ "Europe/Berlin", true, 0, {
		{ "Jan  3 12:00:00", "2026-01-03T11:00:00Z" },
		{ "Dec 28 12:00:00", "2026-12-28T11:00:00Z" },
		{ "Nov 28 12:00:00", "2027-11-28T11:00:00Z" },
	} },
};

static int64_t
at(const char *text)
{
	int64_t ret = 0;

	assert_true(usec_parse(str_of(text), &ret));
	return ret;
}

static void
write_step(const char *path, const struct step *s)
{
	char text[80];

	snprintf(text, sizeof(text), "%s mx postfix/qmgr[7]: 4X: removed\n",
	    s->stamp);
	append(path, text, strlen(text));
}

/* Files have the time of their last line, or of a copy of long after. */
static void
set_time(const char *path, const struct step *last)
{
	run("touch -d '%s' %s", last->at, path);
}

/* The lines of the next batches are the story's from step `*next` on. */
static void
read_steps(struct source *src, const struct story *s, size_t *next,
    const char *how)
{
	struct batch *b = batch_new();
	enum source_state state;
	struct error err;

	do {
		state = source_read(src, b, &err);
		for (size_t i = 0; i < b->nlines; i++, ++*next) {
			char got[USEC_TEXT_MAX];
			int64_t when = b->lines[i].record.at;

			if (*next == STEPS_MAX || s->steps[*next].at == NULL)
				fail_msg("%s: more lines", how);
			if (when != at(s->steps[*next].at))
				fail_msg("%s, %s: %s: got %.*s, want %s", how,
				    s->zone, s->steps[*next].stamp,
				    STRF(usec_print(when, got)),
				    s->steps[*next].at);
		}
	} while (state == SOURCE_READY);
	batch_free(b);
}

static size_t
length(const struct story *s)
{
	size_t n = 0;

	while (n < STEPS_MAX && s->steps[n].stamp != NULL)
		n++;
	return n;
}

/* As a log that was rotated before step `split`; 0: in one piece. */
static void
import(const struct story *s, const struct zone *zone, size_t split,
    const char *old)
{
	struct source_options o = { .path = "log", .zone = zone,
	    .host = "here", .year = s->year };
	struct streams known = { 0 };
	size_t n = length(s), next = 0;
	struct source *src;
	struct error err;

	run("rm -rf log; mkdir log");
	for (size_t i = 0; i < n; i++)
		write_step(i < split ? old : "log/x", &s->steps[i]);
	if (split > 0)
		set_time(old, &s->steps[split - 1]);
	set_time("log/x", &s->steps[n - 1]);
	src = source_open(&o, &known, &err);
	assert_non_null(src);
	read_steps(src, s, &next, split > 0 ? "rotated" : "imported");
	assert_int_equal(next, n);
	source_close(src);
	streams_done(&known);
}

/* Followed as it is written; rotated before each line with `rotating`. */
static void
live(const struct story *s, const struct zone *zone, bool rotating)
{
	struct source_options o = { .path = "x", .zone = zone, .follow = true,
	    .host = "here" };
	struct streams known = { 0 };
	size_t n = length(s), next = 0;
	struct source *src;
	struct error err;

	run("rm -f x x.*; : >x");
	clock_says = at(s->steps[0].at);
	src = source_open(&o, &known, &err);
	assert_non_null(src);
	read_steps(src, s, &next, "live");
	for (size_t i = 0; i < n; i++) {
		/* Not for a line that comes late. */
		if (at(s->steps[i].at) > clock_says)
			clock_says = at(s->steps[i].at) + USEC_PER_SEC / 2;
		if (rotating && i > 0)
			run("mv x x.%zu", n - i);
		write_step("x", &s->steps[i]);
		read_steps(src, s, &next, rotating ? "live, rotated" :
		    "live");
		assert_int_equal(next, i + 1);
	}
	source_close(src);
	streams_done(&known);
	clock_says = 0;
}

static void
told(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(stories) / sizeof(stories[0]); i++) {
		const struct story *s = &stories[i];
		struct zone zone;
		struct error err;

		if (zone_load(s->zone, &zone, &err) == -1)
			fail_msg("%s", err.text);
		if (s->year == 0) {
			live(s, &zone, false);
			live(s, &zone, true);
		}
		for (size_t k = 0; k < length(s) && !s->live_only; k++)
			import(s, &zone, k, "log/x.1");
		zone_done(&zone);
	}
}

/* A copy has lost its time; the name has not. */
static void
dated(void **state)
{
	static const struct story s = { "UTC", false, 0, {
		{ "Nov  1 12:00:00", "2021-11-01T12:00:00Z" },
		{ "Nov 22 23:59:59", "2021-11-22T23:59:59Z" },
		{ "Nov 23 06:00:00", "2025-11-23T06:00:00Z" },
	} };

	(void)state;
	import(&s, &zone_utc, 2, "log/x-20211123");
	run("rm -r log; mkdir log");
	for (size_t i = 0; i < 2; i++) {
		static const char *const names[] = { "log/x-20211123",
		    "log/x.20211123T000000", "log/x-23112021",
		    "log/x-1637625600" };

		for (size_t k = 0; k < 4; k++) {
			struct source_options o = { .path = names[k],
			    .zone = &zone_utc, .host = "here" };
			struct streams known = { 0 };
			struct source *src;
			struct error err;
			size_t next = 0;

			run("rm -f log/*");
			write_step(names[k], &s.steps[0]);
			write_step(names[k], &s.steps[1]);
			/* Copied later, and packed. */
			run("touch -d 2025-06-01 %s", names[k]);
			if (i == 1)
				run("gzip <%s >x; mv x %s", names[k],
				    names[k]);
			src = source_open(&o, &known, &err);
			read_steps(src, &s, &next, names[k]);
			assert_int_equal(next, 2);
			source_close(src);
			streams_done(&known);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(told, enter, leave),
		cmocka_unit_test_setup_teardown(dated, enter, leave),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

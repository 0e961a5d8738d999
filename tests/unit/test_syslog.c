/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "weir/mem.h"
#include "weir/syslog.h"

static int64_t
at(const char *text)
{
	int64_t ret = 0;

	assert_true(usec_parse(str_of(text), &ret));
	return ret;
}

/* Lines are changed in place: each case gets a copy of its own. */
static char	*copies[512];
static size_t	 ncopies;

static enum syslog_verdict
parse(struct syslog_stream *s, const char *line, struct record *r)
{
	assert_true(ncopies < sizeof(copies) / sizeof(copies[0]));
	*r = (struct record){ 0 };
	copies[ncopies] = xstrdup(line);
	return syslog_parse(s, copies[ncopies++], strlen(line), r);
}

static int
drop_copies(void **state)
{
	(void)state;
	while (ncopies > 0)
		free(copies[--ncopies]);
	return 0;
}

static const struct {
	const char	*line, *at, *host, *unit;
	uint32_t	 pid;
	const char	*text;
} framings[] = {
	/* RFC 3164 */
	{ "Mar  1 10:00:00 mx postfix/qmgr[659]: 0B5D8: removed",
	    "2026-03-01T10:00:00Z", "mx", "postfix/qmgr", 659,
	    "0B5D8: removed" },
	{ "Mar 1 10:00:00 mx a: b", "2026-03-01T10:00:00Z", "mx", "a",
	    0, "b" },
	{ "Mar 01 10:00:00 mx a: b", "2026-03-01T10:00:00Z", "mx",
	    "a", 0, "b" },
	{ "Mar 11 10:00:00.25 mx a[7]: b", "2026-03-11T10:00:00.25Z",
	    "mx", "a", 7, "b" },
	{ "<22>Mar 11 10:00:00 mx a[7]: b", "2026-03-11T10:00:00Z",
	    "mx", "a", 7, "b" },
	{ "Mar 11 10:00:00 mx a[7] b", "2026-03-11T10:00:00Z", "mx",
	    "a", 7, "b" },
	{ "Mar 11 10:00:00 mx a[7]: ", "2026-03-11T10:00:00Z", "mx",
	    "a", 7, "" },
	{ "Mar 11 10:00:00 mx a:", "2026-03-11T10:00:00Z", "mx", "a",
	    0, "" },
	{ "Mar 11 10:00:00 mx no tag here", "2026-03-11T10:00:00Z",
	    "mx", "", 0, "no tag here" },
	{ "Mar 11 10:00:00 mx a:b c", "2026-03-11T10:00:00Z", "mx",
	    "", 0, "a:b c" },
	{ "Mar 11 10:00:00 mx a[99999999999]: b",
	    "2026-03-11T10:00:00Z", "mx", "a", 0, "b" },
	{ "Mar 11 10:00:00 mx", "2026-03-11T10:00:00Z", "mx", "", 0,
	    "" },
	{ "Mar 11 10:00:00", "2026-03-11T10:00:00Z", "", "", 0, "" },
	/* no host: busybox; a level before the tag */
	{ "Mar 11 10:00:00 sshd[3]: b", "2026-03-11T10:00:00Z",
	    "here", "sshd", 3, "b" },
	{ "Mar 11 10:00:00 mx auth.info sshd[3]: b",
	    "2026-03-11T10:00:00Z", "mx", "sshd", 3, "b" },
	{ "2026-03-11T10:00:00.5 auth.info: sshd[3]:  b",
	    "2026-03-11T10:00:00.5Z", "here", "sshd", 3, "b" },
	{ "Mar 11 10:00:00 mx1.info.example a: b",
	    "2026-03-11T10:00:00Z", "mx1.info.example", "a", 0, "b" },
	/* FreeBSD, Solaris */
	{ "Mar 11 10:00:00 <10.5> mx sshd[3]: b",
	    "2026-03-11T10:00:00Z", "mx", "sshd", 3, "b" },
	{ "Mar 11 10:00:00 mx postfix/qmgr[3]: [ID 197553 mail.info] "
	    "0B5D8: removed", "2026-03-11T10:00:00Z", "mx",
	    "postfix/qmgr", 3, "0B5D8: removed" },
	/* rsyslog's stamps */
	{ "2026-03-01T10:00:00.123456+01:00 mx postfix/qmgr[659]: x",
	    "2026-03-01T09:00:00.123456Z", "mx", "postfix/qmgr", 659,
	    "x" },
	{ "2026-03-01T10:00:00Z mx a: b", "2026-03-01T10:00:00Z",
	    "mx", "a", 0, "b" },
	{ "2026-03-01T10:00:00-0530 mx a: b", "2026-03-01T15:30:00Z",
	    "mx", "a", 0, "b" },
	{ "2026-03-01T10:00:00,5Z mx a: b", "2026-03-01T10:00:00.5Z",
	    "mx", "a", 0, "b" },
	{ "2026-03-01T10:00:00.1234567Z mx a: b",
	    "2026-03-01T10:00:00.123456Z", "mx", "a", 0, "b" },
	/* RFC 5424 */
	{ "<22>1 2026-03-01T10:00:00Z mx postfix/qmgr 659 - - x: y",
	    "2026-03-01T10:00:00Z", "mx", "postfix/qmgr", 659,
	    "x: y" },
	{ "<22>1 2026-03-01T10:00:00Z mx postfix 659 - -  x",
	    "2026-03-01T10:00:00Z", "mx", "postfix", 659, "x" },
	{ "2026-03-01T10:00:00Z mx postfix 659 - - x",
	    "2026-03-01T10:00:00Z", "mx", "postfix", 659, "x" },
	{ "2026-03-01T10:00:00Z mx postfix - - - x",
	    "2026-03-01T10:00:00Z", "mx", "postfix", 0, "x" },
	{ "<22>1 2026-03-01T10:00:00Z mx a 1 ID47 [x@1 k=\"]\\\"]\"]"
	    "[y@1 k=\"v\"] \xef\xbb\xbfx", "2026-03-01T10:00:00Z",
	    "mx", "a", 1, "x" },
	{ "<22>1 2026-03-01T10:00:00Z mx - - - -",
	    "2026-03-01T10:00:00Z", "mx", "", 0, "" },
	{ "<22>1 2026-03-01T10:00:00Z mx a 1 - [open x",
	    "2026-03-01T10:00:00Z", "mx", "a", 1, "" },
	/* looks like it, but is rsyslog's other form */
	{ "2026-03-01T10:00:00Z mx a: 1 - - x",
	    "2026-03-01T10:00:00Z", "mx", "a", 0, "1 - - x" },
	{ "2026-03-01T10:00:00Z mx a b - - x",
	    "2026-03-01T10:00:00Z", "mx", "", 0, "a b - - x" },
	{ "2026-03-01T10:00:00Z mx a 1 - -x",
	    "2026-03-01T10:00:00Z", "mx", "", 0, "a 1 - -x" },
};

static void
framing(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(framings) / sizeof(framings[0]); i++) {
		struct syslog_stream s = { .zone = &zone_utc,
		    .host = STR("here"),
		    .until = at("2026-06-01T00:00:00Z") };
		struct record r;

		assert_int_equal(parse(&s, framings[i].line, &r), SYSLOG_OK);
		if (r.at != at(framings[i].at) || r.pid != framings[i].pid ||
		    !str_eq(r.host, str_of(framings[i].host)) ||
		    !str_eq(r.unit, str_of(framings[i].unit)) ||
		    !str_eq(r.text, str_of(framings[i].text)) ||
		    r.repeat != 1 || r.raw.n > strlen(framings[i].line) ||
		    !str_known(r.unit) || !str_known(r.text))
			fail_msg("got %lld '%.*s' '%.*s' %u '%.*s' of: %s",
			    (long long)r.at, STRF(r.host), STRF(r.unit),
			    r.pid, STRF(r.text), framings[i].line);
	}
}

static void
no_stamp(void **state)
{
	static const struct {
		const char		*line;
		enum syslog_verdict	 want;
	} cases[] = {
		{ "", SYSLOG_EMPTY }, { "   ", SYSLOG_EMPTY },
		{ "\r", SYSLOG_EMPTY }, { "x", SYSLOG_NO_STAMP },
		{ "Mar", SYSLOG_NO_STAMP },
		{ "Mar  1 10:00:0", SYSLOG_NO_STAMP },
		{ "Mar  0 10:00:00 mx a: b", SYSLOG_NO_STAMP },
		{ "Mar 32 10:00:00 mx a: b", SYSLOG_NO_STAMP },
		{ "Mar 111 10:00:00 mx a: b", SYSLOG_NO_STAMP },
		{ "Feb 30 10:00:00 mx a: b", SYSLOG_NO_STAMP },
		{ "Mar  1 24:00:00 mx a: b", SYSLOG_NO_STAMP },
		{ "Mar  1 10:60:00 mx a: b", SYSLOG_NO_STAMP },
		{ "Mar  1 10:00:61 mx a: b", SYSLOG_NO_STAMP },
		{ "Mar  1 10-00-00 mx a: b", SYSLOG_NO_STAMP },
		{ "Mar  1 10:00:00mx a: b", SYSLOG_NO_STAMP },
		{ "Mer  1 10:00:00 mx a: b", SYSLOG_NO_STAMP },
		{ "abcdefgh 1 10:00:00 mx a: b", SYSLOG_NO_STAMP },
		{ "M\xc3\xa4r 11 10:00:0", SYSLOG_NO_STAMP },
		{ "janv.11 10:00:00 mx a: b", SYSLOG_NO_STAMP },
		{ "2026-03-11_10:00:00Z x", SYSLOG_NO_STAMP },
		{ "2026-03-11 10:00:00.123456 x", SYSLOG_NO_STAMP },
		{ "@4000000069b13cf01dcd650 x", SYSLOG_NO_STAMP },
		{ "@4000000069b13cf0ffffffff x", SYSLOG_NO_STAMP },
		{ "@3000000069b13cf01dcd6500 x", SYSLOG_NO_STAMP },
		{ "@4fffffff69b13cf01dcd6500 x", SYSLOG_NO_STAMP },
		{ "@400000006xb13cf01dcd6500 x", SYSLOG_NO_STAMP },
		{ "2026-13-01T10:00:00Z mx a: b", SYSLOG_NO_STAMP },
		{ "2026-02-29T10:00:00Z mx a: b", SYSLOG_NO_STAMP },
		{ "2026-03-01T10:00:00+24:00 mx a: b", SYSLOG_NO_STAMP },
		{ "2026-03-01T10:00:00Zmx a: b", SYSLOG_NO_STAMP },
		{ "2026-03-01 10:00:00 x", SYSLOG_NO_STAMP },
		{ "<22>", SYSLOG_NO_STAMP }, { "<22>1 ", SYSLOG_NO_STAMP },
		{ "<9999999>Mar  1 10:00:00 mx a: b", SYSLOG_NO_STAMP },
		/* leap second; 29 February of the last leap year */
		{ "Mar  1 23:59:60 mx a: b", SYSLOG_OK },
		{ "Feb 29 10:00:00 mx a: b", SYSLOG_OK },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct syslog_stream s = {
		    .until = at("2026-06-01T00:00:00Z") };
		struct record r;
		enum syslog_verdict v = parse(&s, cases[i].line, &r);

		if (v != cases[i].want || !str_known(r.raw))
			fail_msg("got %d, want %d of: '%s'", v,
			    cases[i].want, cases[i].line);
		if (v != SYSLOG_OK) {
			assert_false(str_known(r.text));
			assert_int_equal(r.at, 0);
			assert_int_equal(s.year, 0);
		}
	}
}

/* A stream: stamps in turn, and the time each gets. */
struct step {
	const char	*stamp, *want;
};

static void
follow(struct syslog_stream *s, const struct step *steps, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char line[64], got[USEC_TEXT_MAX];
		struct record r;

		snprintf(line, sizeof(line), "%s mx a: b", steps[i].stamp);
		assert_int_equal(parse(s, line, &r), SYSLOG_OK);
		(void)usec_print(r.at, got);
		if (r.at != at(steps[i].want))
			fail_msg("step %zu, %s: got %s, want %s", i,
			    steps[i].stamp, got, steps[i].want);
	}
}

#define FOLLOW(s, steps) follow(s, steps, sizeof(steps) / sizeof((steps)[0]))

static void
years(void **state)
{
	static const struct step first[] = {
		{ "Jun  2 11:59:59", "2026-06-02T11:59:59Z" },
	}, later[] = {
		{ "Jun  2 12:00:01", "2025-06-02T12:00:01Z" },
	}, leap[] = {
		{ "Feb 29 00:00:00", "2024-02-29T00:00:00Z" },
	}, turn[] = {
		{ "Nov 30 10:00:00", "2024-11-30T10:00:00Z" },
		{ "Dec 31 23:59:59", "2024-12-31T23:59:59Z" },
		{ "Jan  1 00:00:00", "2025-01-01T00:00:00Z" },
		/* a straggler, and on */
		{ "Dec 31 23:59:58", "2024-12-31T23:59:58Z" },
		{ "Jan  1 00:00:01", "2025-01-01T00:00:01Z" },
		{ "Mar  1 00:00:00", "2025-03-01T00:00:00Z" },
		{ "Feb 28 23:59:59", "2025-02-28T23:59:59Z" },
		{ "Dec  1 00:00:00", "2025-12-01T00:00:00Z" },
		{ "Jan  1 00:00:00", "2026-01-01T00:00:00Z" },
		/* a full stamp decides, too */
		{ "2026-04-01T00:00:00Z", "2026-04-01T00:00:00Z" },
		{ "Apr  1 00:00:01", "2026-04-01T00:00:01Z" },
		/* never beyond the time of receipt */
		{ "Jun  1 00:00:00", "2026-06-01T00:00:00Z" },
		{ "Jan  1 00:00:00", "2026-01-01T00:00:00Z" },
	};
	struct syslog_stream s = { .zone = &zone_utc,
	    .until = at("2026-06-01T12:00:00Z") };

	(void)state;
	/* One day of tolerance: clocks differ. */
	FOLLOW(&s, first);
	s.year = 0;
	s.last_at = 0;
	FOLLOW(&s, later);
	s.year = 0;
	s.last_at = 0;
	FOLLOW(&s, leap);
	/* A year that was decided before, by an option or an earlier run. */
	s.year = 2024;
	s.last_at = 0;
	FOLLOW(&s, turn);
}

/* Clocks go back on 25 October 2026 at 01:00 UTC. */
static void
summer_ends(void **state)
{
	static const struct zone_span spans[] = {
		{ INT64_MIN, 7200 }, { INT64_C(1792890000000000), 3600 },
	};
	static const struct zone europe = { "Europe/Berlin", spans, 2 };
	static const struct step steps[] = {
		{ "Oct 25 01:59:59", "2026-10-24T23:59:59Z" },
		{ "Oct 25 02:10:00", "2026-10-25T00:10:00Z" },
		{ "Oct 25 02:59:58", "2026-10-25T00:59:58Z" },
		{ "Oct 25 02:59:30", "2026-10-25T00:59:30Z" },
		{ "Oct 25 02:00:00", "2026-10-25T01:00:00Z" },
		/* within a minute it is a straggler of the first hour */
		{ "Oct 25 02:59:59", "2026-10-25T00:59:59Z" },
		{ "Oct 25 02:00:01", "2026-10-25T01:00:01Z" },
		{ "Oct 25 02:30:00", "2026-10-25T01:30:00Z" },
		{ "Oct 25 02:59:59", "2026-10-25T01:59:59Z" },
		{ "Oct 25 03:00:00", "2026-10-25T02:00:00Z" },
	};
	struct syslog_stream s = { .zone = &europe,
	    .until = at("2026-10-26T00:00:00Z") };

	(void)state;
	FOLLOW(&s, steps);
}

static void
repeats(void **state)
{
	static const struct {
		const char	*line, *unit, *text;
		uint32_t	 repeat;
	} cases[] = {
		{ "Mar  1 10:00:00 mx a[1]: message repeated 7 times: [ x y]",
		    "a", "x y", 7 },
		{ "Mar  1 10:00:00 mx a[1]: message repeated 2 times: [ x]]",
		    "a", "x]", 2 },
		{ "Mar  1 10:00:00 mx a[1]: message repeated 2 times: [ cut",
		    "a", "cut", 2 },
		{ "Mar  1 10:00:00 mx a[1]: message repeated 0 times: [ x]",
		    "a", "message repeated 0 times: [ x]", 1 },
		{ "Mar  1 10:00:00 mx a[1]: message repeated -2 times: [ x]",
		    "a", "message repeated -2 times: [ x]", 1 },
		{ "Mar  1 10:00:00 mx a[1]: message repeated "
		    "99999999999999999999 times: [ x]", "a", "message "
		    "repeated 99999999999999999999 times: [ x]", 1 },
		{ "Mar  1 10:00:00 mx a[1]: message repeated 4000000000 "
		    "times: [ x]", "a", "x", 1000000 },
		{ "Mar  1 10:00:00 mx a[1]: message repeated 7 times", "a",
		    "message repeated 7 times", 1 },
		{ "Mar  1 10:00:00 mx last message repeated 3 times", "", "",
		    3 },
		{ "Mar  1 10:00:00 last message repeated 3 times", "", "",
		    3 },
		/* macOS */
		{ "Mar  1 10:00:00 --- last message repeated 3 times ---", "",
		    "", 3 },
		{ "Mar  1 10:00:00 mx last message repeated 1 time", "", "",
		    1 },
		/* inside of a relay's header, and by Docker */
		{ "Mar  1 10:00:00 relay Mar  1 10:00:00 mx a[1]: message "
		    "repeated 2 times: [ x]", "a", "x", 2 },
		{ "Mar  1 10:00:00 mx a: last message", "a", "last message",
		    1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct syslog_stream s = {
		    .until = at("2026-06-01T00:00:00Z") };
		struct record r;

		assert_int_equal(parse(&s, cases[i].line, &r), SYSLOG_OK);
		if (!str_eq(r.unit, str_of(cases[i].unit)) ||
		    !str_eq(r.text, str_of(cases[i].text)) ||
		    r.repeat != cases[i].repeat || !str_known(r.text))
			fail_msg("got '%.*s' '%.*s' %u of: %s",
			    STRF(r.unit), STRF(r.text), r.repeat,
			    cases[i].line);
	}
}

static void
cleaning(void **state)
{
#define C(in, out) { in, sizeof(in) - 1, out }
	static const struct {
		const char	*in;
		size_t		 n;
		const char	*want;
	} cases[] = {
		C("", ""), C("abc", "abc"), C("abc\r", "abc"),
		C("abc\r\n", "abc"), C("\0\0abc\0d", "abcd"),
		C("\0", ""), C("a\rb", "a?b"), C("a\tb", "a?b"),
		C("a\x1b[31m", "a?[31m"), C("a\x7f", "a?"),
		C("gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f"),
		C("\xe2\x82\xac \xf0\x9f\x98\x80", "\xe2\x82\xac "
		    "\xf0\x9f\x98\x80"),
		C("long enough to be read by words gr\xc3\xbc\xc3\x9f and on",
		    "long enough to be read by words gr\xc3\xbc\xc3\x9f "
		    "and on"),
		/* Latin-1, cut, overlong, surrogate, too great, C1 */
		C("gr\xfc\xdf", "gr??"), C("\xc3", "?"), C("\xe2\x82", "??"),
		C("\xc0\xaf", "??"), C("\xe0\x80\xaf", "???"),
		C("\xed\xa0\x80", "???"), C("\xf0\x80\x80\xaf", "????"),
		C("\xf4\x90\x80\x80", "????"), C("\xf8\x88\x80\x80", "????"),
		C("\xc2\x9b" "31m", "??31m"), C("\x80", "?"),
		C("0123456789abcdef0123456789abcdef\x01", "0123456789abcdef"
		    "0123456789abcdef?"),
	};
#undef C

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *p = xmemdup(cases[i].in, cases[i].n + 1);
		struct str got = { p, syslog_clean(p, cases[i].n) };

		if (!str_eq(got, str_of(cases[i].want)))
			fail_msg("case %zu: got '%.*s', want '%s'", i,
			    STRF(got), cases[i].want);
		free(p);
	}
}

/* Every byte at every place of a line gives text that is clean. */
static void
every_byte(void **state)
{
	(void)state;
	for (size_t place = 0; place < 70; place++)
		for (int c = 0; c < 256; c++) {
			char line[70];
			size_t n;

			memset(line, 'x', sizeof(line));
			line[place] = (char)c;
			n = syslog_clean(line, sizeof(line));
			assert_in_range(n, sizeof(line) - 1, sizeof(line));
			for (size_t i = 0; i < n; i++)
				if (line[i] < ' ' || line[i] == 0x7f)
					fail_msg("byte %d at %zu stays", c,
					    place);
		}
}

static void
passwords(void **state)
{
	static const struct {
		const char	*unit, *text, *want;
	} cases[] = {
		{ "postfix/smtpd", "< a[192.0.2.1]: AUTH PLAIN c2VjcmV0",
		    "< a[192.0.2.1]: AUTH PLAIN ********" },
		{ "postfix/smtpd", "< a[192.0.2.1]: auth plain c2Vj cmV0",
		    "< a[192.0.2.1]: auth plain *********" },
		{ "postfix/smtpd", "< a[192.0.2.1]: AUTH LOGIN",
		    "< a[192.0.2.1]: AUTH LOGIN" },
		{ "postfix/smtpd", "< a[192.0.2.1]: c2VjcmV0",
		    "< a[192.0.2.1]: ********" },
		{ "postfix/smtpd", "< a[2001:db8::1]:25: c2VjcmV0",
		    "< a[2001:db8::1]:25: ********" },
		{ "postfix/smtp", "> a[192.0.2.1]:25: AUTH PLAIN c2VjcmV0",
		    "> a[192.0.2.1]:25: AUTH PLAIN ********" },
		{ "postfix/smtpd", "< a[192.0.2.1]: EHLO x",
		    "< a[192.0.2.1]: EHLO x" },
		{ "postfix/smtpd", "xsasl_cyrus_server_first: decoded x",
		    "xsasl_cyrus_server_first: *********" },
		{ "postfix/smtp", "smtp_sasl_passwd_lookup: pass `x'",
		    "smtp_sasl_passwd_lookup: ********" },
		{ "postfix/smtpd", "improper command pipelining after AUTH "
		    "from a[192.0.2.1]: c2VjcmV0", "improper command "
		    "pipelining after AUTH from a[192.0.2.1]: ********" },
		{ "postfix/smtpd", "warning: a[192.0.2.1]: SASL LOGIN "
		    "authentication failed: UGFzc3dvcmQ6", "warning: "
		    "a[192.0.2.1]: SASL LOGIN authentication failed: "
		    "UGFzc3dvcmQ6" },
		{ "courieresmtpd", "error,relay=::1,msg=\"535 Authentication "
		    "failed.\",cmd: AUTH PLAIN c2VjcmV0 alice", "error,"
		    "relay=::1,msg=\"535 Authentication failed.\",cmd: AUTH "
		    "PLAIN ******** alice" },
		{ "haraka", "[protocol] [4F1A.1] [core] C: AUTH PLAIN "
		    "c2VjcmV0 state=1", "[protocol] [4F1A.1] [core] C: AUTH "
		    "PLAIN ******** state=1" },
		{ "haraka", "[protocol] [4F1A.1] [core] C: c2VjcmV0 state=1",
		    "[protocol] [4F1A.1] [core] C: ******** state=1" },
		{ "haraka", "[protocol] [4F1A.1] [core] C: MAIL FROM:<> "
		    "state=1", "[protocol] [4F1A.1] [core] C: MAIL FROM:<> "
		    "state=1" },
		/* a line without a header may be anyone's */
		{ "", "[protocol] [core] C: AUTH PLAIN c2VjcmV0 state=1",
		    "[protocol] [core] C: AUTH PLAIN ******** state=1" },
		{ "postfix/smtpd", "< x", "< x" },
		{ "postfix/smtpd", "< a]", "< a]" },
		{ "postfix/smtpd", "< a]:", "< a]:" },
		{ "courierd", "AUTH ", "AUTH " },
		{ "courierd", "x AUTH PLAIN ", "x AUTH PLAIN " },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *p = xstrdup(cases[i].text);

		syslog_blot(str_of(cases[i].unit), p, strlen(p));
		assert_string_equal(p, cases[i].want);
		free(p);
	}
}

/* Blotted in the evidence, too, whatever the line looks like. */
static void
passwords_in_lines(void **state)
{
	static const char *const lines[] = {
		"Mar  1 10:00:00 mx postfix/smtpd[1]: < a[192.0.2.1]: AUTH "
		    "PLAIN c2VjcmV0",
		"2026-03-01T10:00:00Z mx postfix 1 - - < a[192.0.2.1]: "
		    "c2VjcmV0",
		"Mar  1 10:00:00 mx courieresmtpd: cmd: AUTH PLAIN c2VjcmV0 "
		    "alice",
		"[protocol] [4F1A.1] [core] C: AUTH PLAIN c2VjcmV0 state=1",
		"Mar  1 10:00:00 mx postfix/smtpd[1]: message repeated 2 "
		    "times: [ < a[192.0.2.1]: AUTH PLAIN c2VjcmV0]",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct syslog_stream s = {
		    .until = at("2026-06-01T00:00:00Z") };
		struct record r;

		(void)parse(&s, lines[i], &r);
		if (str_find(r.raw, STR("c2VjcmV0")) != STR_NPOS)
			fail_msg("kept: %.*s", STRF(r.raw));
	}
}

static void
a_megabyte(void **state)
{
	const size_t n = 1 << 20;
	const char head[] = "Mar  1 10:00:00 mx postfix/smtpd[1]: ";
	char *p = xmalloc(n);
	struct syslog_stream s = { .until = at("2026-06-01T00:00:00Z") };
	struct record r = { .provenance = PROVENANCE_TRUSTED };

	(void)state;
	memset(p, 'x', n);
	memcpy(p, head, sizeof(head) - 1);
	assert_int_equal(syslog_parse(&s, p, n, &r), SYSLOG_OK);
	assert_int_equal(r.raw.n, n);
	assert_int_equal(r.text.n, n - sizeof(head) + 1);
	assert_int_equal(r.provenance, PROVENANCE_TRUSTED);
	free(p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(framing),
		cmocka_unit_test(no_stamp),
		cmocka_unit_test(years),
		cmocka_unit_test(summer_ends),
		cmocka_unit_test(repeats),
		cmocka_unit_test(cleaning),
		cmocka_unit_test(every_byte),
		cmocka_unit_test(passwords),
		cmocka_unit_test(passwords_in_lines),
		cmocka_unit_test(a_megabyte),
	};

	return cmocka_run_group_tests(tests, NULL, drop_copies);
}

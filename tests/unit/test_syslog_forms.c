/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The headers of every logger there is a sample of, and what a line that was
 * written just now tells of its time.
 */
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

static const struct {
	const char	*line, *at, *host, *unit;
	uint32_t	 pid;
	const char	*text;
} forms[] = {
	/* FreeBSD syslogd -vv; AIX; a host that is called like a level */
	{ "Mar 11 10:00:00 <mail.info> mx postfix/qmgr[3]: b",
	    "2026-03-11T10:00:00Z", "mx", "postfix/qmgr", 3, "b" },
	{ "Mar 11 10:00:00 mx mail:info postfix/qmgr[3]: b",
	    "2026-03-11T10:00:00Z", "mx", "postfix/qmgr", 3, "b" },
	{ "Mar 11 10:00:00 relay Message forwarded from mx: postfix/qmgr[3]: "
	    "b", "2026-03-11T10:00:00Z", "mx", "postfix/qmgr", 3, "b" },
	{ "Mar 11 10:00:00 example.info postfix/qmgr[3]: b",
	    "2026-03-11T10:00:00Z", "example.info", "postfix/qmgr", 3, "b" },
	/* busybox syslogd, and with -S */
	{ "Mar 11 10:00:00 mx mail.info postfix/qmgr[3]: b",
	    "2026-03-11T10:00:00Z", "mx", "postfix/qmgr", 3, "b" },
	{ "Mar 11 10:00:00 mail.info postfix/qmgr[3]: b",
	    "2026-03-11T10:00:00Z", "here", "postfix/qmgr", 3, "b" },
	{ "Mar 11 10:00:00 postfix/qmgr[3]: b",
	    "2026-03-11T10:00:00Z", "here", "postfix/qmgr", 3, "b" },
	/* Postfix's maillog_file, in a file and under svlogd */
	{ "Mar 11 10:00:00 mx postfix/smtpd[3]: connect from a[192.0.2.1]",
	    "2026-03-11T10:00:00Z", "mx", "postfix/smtpd", 3,
	    "connect from a[192.0.2.1]" },
	{ "@4000000069b13cf01dcd6500 Mar 11 11:00:00 mx postfix/smtpd[3]: b",
	    "2026-03-11T09:59:02.5Z", "mx", "postfix/smtpd", 3, "b" },
	{ "2026-03-11_10:00:00.12345 Mar 11 11:00:00 mx postfix/smtpd[3]: b",
	    "2026-03-11T10:00:00.12345Z", "mx", "postfix/smtpd", 3, "b" },
	{ "2026-03-11T10:00:00.12345 mail.info: Mar 11 11:00:00 "
	    "postfix/smtpd[3]: b", "2026-03-11T10:00:00.12345Z", "here",
	    "postfix/smtpd", 3, "b" },
	{ "2026-03-11 10:00:00.123456789 postfix/smtpd[3]: b",
	    "2026-03-11T10:00:00.123456Z", "here", "postfix/smtpd", 3, "b" },
	/* postlogd hands on to syslog what was meant for a file */
	{ "Mar 11 10:00:00 mx postfix/smtpd[3][811]: b",
	    "2026-03-11T10:00:00Z", "mx", "postfix/smtpd", 3, "b" },
	{ "Mar 11 10:00:00 mx postfix/smtpd[3][x]: b",
	    "2026-03-11T10:00:00Z", "mx", "", 0, "postfix/smtpd[3][x]: b" },
	/* a header in a header: by a relay, imfile, Docker's syslog driver */
	{ "Mar 11 10:00:00 relay Mar 11 09:59:58 mx postfix/qmgr[3]: b",
	    "2026-03-11T10:00:00Z", "mx", "postfix/qmgr", 3, "b" },
	{ "Mar 11 10:00:00 relay <22>Mar 11 09:59:58 mx postfix/qmgr[3]: b",
	    "2026-03-11T10:00:00Z", "mx", "postfix/qmgr", 3, "b" },
	{ "Mar 11 10:00:00 relay maillog: Mar 11 09:59:58 mx "
	    "postfix/qmgr[3]: b", "2026-03-11T10:00:00Z", "mx",
	    "postfix/qmgr", 3, "b" },
	{ "Mar 11 10:00:00 relay maillog: 2026-03-11T08:59:58.5-01:00 mx "
	    "postfix/qmgr[3]: b", "2026-03-11T09:59:58.5Z", "mx",
	    "postfix/qmgr", 3, "b" },
	{ "2026-03-11T10:00:00+01:00 relay <22>1 2026-03-11T03:00:00-06:00 "
	    "mx postfix/qmgr 3 - - b", "2026-03-11T09:00:00Z", "mx",
	    "postfix/qmgr", 3, "b" },
	{ "Mar 11 10:00:00 relay 1f2e3d4c5b6a[811]: Mar 11 04:00:00 mx "
	    "postfix/qmgr[3]: b", "2026-03-11T10:00:00Z", "mx",
	    "postfix/qmgr", 3, "b" },
	{ "Mar 11 10:00:00 relay docker/mail[811]: Mar 11 04:00:00 mx "
	    "postfix/qmgr[3]: b", "2026-03-11T10:00:00Z", "mx",
	    "postfix/qmgr", 3, "b" },
	{ "<30>1 2026-03-11T10:00:00Z relay 1f2e3d4c5b6a 811 1f2e3d4c5b6a - "
	    "Mar 11 04:00:00 mx postfix/qmgr[3]: b",
	    "2026-03-11T10:00:00Z", "mx", "postfix/qmgr", 3, "b" },
	{ "Mar 11 10:00:00 a Mar 11 10:00:00 b Mar 11 10:00:00 c "
	    "Mar 11 10:00:00 mx postfix/qmgr[3]: b",
	    "2026-03-11T10:00:00Z", "mx", "postfix/qmgr", 3, "b" },
	/* no header in a header: what a stranger may have said; no tag */
	{ "Mar 11 10:00:00 mx postfix/cleanup[3]: Mar 11 09:00:00 mx "
	    "postfix/qmgr[3]: b", "2026-03-11T10:00:00Z", "mx",
	    "postfix/cleanup", 3, "Mar 11 09:00:00 mx postfix/qmgr[3]: b" },
	{ "Mar 11 10:00:00 mx a: Mar 11 09:00:00 is a date",
	    "2026-03-11T10:00:00Z", "mx", "a", 0,
	    "Mar 11 09:00:00 is a date" },
	{ "Mar 11 10:00:00 mx exim[3]: 2026-03-11 10:00:00 1w <= a@b",
	    "2026-03-11T10:00:00Z", "mx", "exim", 3,
	    "2026-03-11 10:00:00 1w <= a@b" },
	/* months of other languages, whole and cut by Latin-1 */
	{ "M\xc3\xa4r 11 10:00:00 mx a: b", "2026-03-11T10:00:00Z", "mx",
	    "a", 0, "b" },
	{ "M\xe4r 11 10:00:00 mx a: b", "2026-03-11T10:00:00Z", "mx", "a",
	    0, "b" },
	{ "Mai  1 10:00:00 mx a: b", "2026-05-01T10:00:00Z", "mx", "a", 0,
	    "b" },
	{ "Okt 11 10:00:00 mx a: b", "2025-10-11T10:00:00Z", "mx", "a", 0,
	    "b" },
	{ "Dez 11 10:00:00 mx a: b", "2025-12-11T10:00:00Z", "mx", "a", 0,
	    "b" },
	{ "f\xc3\xa9v 11 10:00:00 mx a: b", "2026-02-11T10:00:00Z", "mx",
	    "a", 0, "b" },
	{ "f\xc3\xa9vr. 1 10:00:00 mx a: b", "2026-02-01T10:00:00Z", "mx",
	    "a", 0, "b" },
	{ "f\xe9vr.  1 10:00:00 mx a: b", "2026-02-01T10:00:00Z", "mx",
	    "a", 0, "b" },
	{ "ao\xc3\xbbt 11 10:00:00 mx a: b", "2025-08-11T10:00:00Z", "mx",
	    "a", 0, "b" },
	{ "d\xc3\xa9""c. 11 10:00:00 mx a: b", "2025-12-11T10:00:00Z",
	    "mx", "a", 0, "b" },
	{ "ene 11 10:00:00 mx a: b", "2026-01-11T10:00:00Z", "mx", "a", 0,
	    "b" },
	{ "ago 11 10:00:00 mx a: b", "2025-08-11T10:00:00Z", "mx", "a", 0,
	    "b" },
	{ "dic 11 10:00:00 mx a: b", "2025-12-11T10:00:00Z", "mx", "a", 0,
	    "b" },
	{ "gen 11 10:00:00 mx a: b", "2026-01-11T10:00:00Z", "mx", "a", 0,
	    "b" },
	{ "mag 11 10:00:00 mx a: b", "2026-05-11T10:00:00Z", "mx", "a", 0,
	    "b" },
	{ "ott 11 10:00:00 mx a: b", "2025-10-11T10:00:00Z", "mx", "a", 0,
	    "b" },
	{ "out 11 10:00:00 mx a: b", "2025-10-11T10:00:00Z", "mx", "a", 0,
	    "b" },
	{ "dez 11 10:00:00 mx a: b", "2025-12-11T10:00:00Z", "mx", "a", 0,
	    "b" },
	{ "mrt 11 10:00:00 mx a: b", "2026-03-11T10:00:00Z", "mx", "a", 0,
	    "b" },
	{ "mei 11 10:00:00 mx a: b", "2026-05-11T10:00:00Z", "mx", "a", 0,
	    "b" },
	{ "MAR 11 10:00:00 mx a: b", "2026-03-11T10:00:00Z", "mx", "a", 0,
	    "b" },
};

static void
every_form(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		struct syslog_stream s = { .zone = &zone_utc,
		    .host = STR("here"),
		    .until = at("2026-06-01T00:00:00Z") };
		char *line = xstrdup(forms[i].line);
		struct record r = { 0 };

		assert_int_equal(syslog_parse(&s, line, strlen(line), &r),
		    SYSLOG_OK);
		if (r.at != at(forms[i].at) || r.pid != forms[i].pid ||
		    !str_eq(r.host, str_of(forms[i].host)) ||
		    !str_eq(r.unit, str_of(forms[i].unit)) ||
		    !str_eq(r.text, str_of(forms[i].text)))
			fail_msg("got %lld '%.*s' '%.*s' %u '%.*s' of: %s",
			    (long long)r.at, STRF(r.host), STRF(r.unit),
			    r.pid, STRF(r.text), forms[i].line);
		free(line);
	}
}

/* A line that was written just now: a silence before it tells nothing. */
static void
fresh(void **state)
{
	static const struct zone_span spans[] = {
		{ INT64_MIN, 7200 }, { INT64_C(1792890000000000), 3600 },
	};
	static const struct zone europe = { "Europe/Berlin", spans, 2 };
	static const struct {
		const char	*last, *now, *stamp, *want;
	} cases[] = {
		/* the repeated hour, 50 minutes on and 110 */
		{ "2026-10-24T23:50:00Z", "2026-10-25T00:40:00Z",
		    "Oct 25 02:40:00", "2026-10-25T00:40:00Z" },
		{ "2026-10-24T23:50:00Z", "2026-10-25T01:40:00Z",
		    "Oct 25 02:40:00", "2026-10-25T01:40:00Z" },
		{ "2026-10-24T23:50:00Z", "2026-10-25T01:40:00Z",
		    "2026-10-25T02:39:59", "2026-10-25T01:39:59Z" },
		/* seen late, but of the first hour */
		{ "2026-10-25T00:20:00Z", "2026-10-25T00:59:00Z",
		    "Oct 25 02:40:00", "2026-10-25T00:40:00Z" },
		/* a sender's clock is behind */
		{ "2026-10-25T01:39:00Z", "2026-10-25T01:40:00Z",
		    "Oct 25 02:35:00", "2026-10-25T01:35:00Z" },
		/* New Year, and the last of the old one after it */
		{ "2026-12-31T22:59:59Z", "2026-12-31T23:00:00Z",
		    "Jan  1 00:00:00", "2026-12-31T23:00:00Z" },
		{ "2026-12-31T23:00:00Z", "2026-12-31T23:00:01Z",
		    "Dec 31 23:59:59", "2026-12-31T22:59:59Z" },
		{ "2026-12-31T22:00:00Z", "2026-12-31T22:59:59Z",
		    "Jan  1 00:00:30", "2026-12-31T23:00:30Z" },
		/* eleven months of silence, forward and back */
		{ "2026-01-03T00:00:00Z", "2026-12-28T11:00:00Z",
		    "Dec 28 12:00:00", "2026-12-28T11:00:00Z" },
		{ "2025-12-28T00:00:00Z", "2026-11-28T11:00:00Z",
		    "Nov 28 12:00:00", "2026-11-28T11:00:00Z" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct syslog_stream s = { .zone = &europe, .fresh = true,
		    .until = at(cases[i].now), .last_at = at(cases[i].last) };
		char line[64], got[USEC_TEXT_MAX];
		struct record r = { 0 };

		s.year = zone_to_local(&europe, s.last_at).year;
		snprintf(line, sizeof(line), "%s mx a: b", cases[i].stamp);
		assert_int_equal(syslog_parse(&s, line, strlen(line), &r),
		    SYSLOG_OK);
		(void)usec_print(r.at, got);
		if (r.at != at(cases[i].want))
			fail_msg("%s at %s: got %s, want %s", cases[i].stamp,
			    cases[i].now, got, cases[i].want);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_form),
		cmocka_unit_test(fresh),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "weir/journalfmt.h"
#include "weir/usec.h"

#define BYTES(s)	{ s, sizeof(s) - 1 }

static void
measured(void **state)
{
	static const struct {
		struct str	in;
		size_t		want, final;
	} cases[] = {
		{ BYTES("A=1\nB=2\n\nC=3\n\n"), 9, 9 },
		{ BYTES("A=1\nB\n\2\0\0\0\0\0\0\0\n\n\n\nX"), 18, 18 },
		{ BYTES("\n"), 1, 1 },
		/* not all there */
		{ BYTES("A=1\nB=2\n"), 0, 8 },
		{ BYTES("A=1\nB="), 0, JOURNALFMT_BROKEN },
		{ BYTES("A=1\nB\n\2\0\0"), 0, JOURNALFMT_BROKEN },
		{ BYTES("A=1\nB\n\2\0\0\0\0\0\0\0ab"), 0,
		    JOURNALFMT_BROKEN },
		/* none */
		{ BYTES("B\n\2\0\0\0\0\0\0\0abc\n\n"), JOURNALFMT_BROKEN,
		    JOURNALFMT_BROKEN },
		{ BYTES("B\n\2\0\0\0\0\1\0\0ab\n\n"), JOURNALFMT_BROKEN,
		    JOURNALFMT_BROKEN },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t got = journalfmt_measure(cases[i].in, false);
		size_t final = journalfmt_measure(cases[i].in, true);

		if (got != cases[i].want || final != cases[i].final)
			fail_msg("case %zu: got %zu, %zu", i, got, final);
	}
}

static void
heads(void **state)
{
	static const struct { const char *in, *want; } cases[] = {
		{ "__REALTIME_TIMESTAMP=1767901333583442\n_HOSTNAME=mx\n"
		    "SYSLOG_IDENTIFIER=a\n_PID=7\n",
		    "2026-01-08T19:42:13.583442Z mx a[7]: " },
		{ "__REALTIME_TIMESTAMP=1767901333583442\n_COMM=a b\n",
		    "2026-01-08T19:42:13.583442Z here a_b: " },
		/* the sender's clock, unless it is far off */
		{ "__REALTIME_TIMESTAMP=1767901333583442\n"
		    "_SOURCE_REALTIME_TIMESTAMP=1767901333000000\n",
		    "2026-01-08T19:42:13.000000Z here unknown: " },
		{ "__REALTIME_TIMESTAMP=1767901333583442\n"
		    "_SOURCE_REALTIME_TIMESTAMP=1\n",
		    "2026-01-08T19:42:13.583442Z here unknown: " },
		/* no time at all; one of no year that can be printed */
		{ "_HOSTNAME=mx\n", "1970-01-01T00:00:01.000000Z mx "
		    "unknown: " },
		{ "__REALTIME_TIMESTAMP=9223372036854775807\n",
		    "1970-01-01T00:00:00.000000Z here unknown: " },
		{ "_HOSTNAME=mx\nCONTAINER_NAME=a\nSYSLOG_IDENTIFIER=b\n",
		    "1970-01-01T00:00:01.000000Z mx " },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char got[JOURNALFMT_HEAD_MAX];
		struct journal_entry e;
		size_t n;

		journalfmt_read(str_of(cases[i].in), &e);
		n = journalfmt_head(&e, USEC_PER_SEC, "here", got);
		if (!str_eq((struct str){ got, n }, str_of(cases[i].want)))
			fail_msg("got '%.*s', want '%s'", (int)n, got,
			    cases[i].want);
	}
}

static void
vouched(void **state)
{
	static const uint32_t users[] = { 101, 102 };
	static const struct {
		const char	*in;
		enum provenance	 want;
	} cases[] = {
		{ "_TRANSPORT=driver\n", PROVENANCE_TRUSTED },
		{ "_TRANSPORT=syslog\n_UID=0\n", PROVENANCE_TRUSTED },
		{ "_TRANSPORT=stdout\n_UID=102\n", PROVENANCE_TRUSTED },
		{ "_TRANSPORT=journal\n_UID=103\n", PROVENANCE_LOCAL_USER },
		{ "_TRANSPORT=syslog\n_UID=103\n_SYSTEMD_UNIT="
		    "postfix@-.service\n", PROVENANCE_TRUSTED },
		{ "_TRANSPORT=syslog\n_UID=103\n_SYSTEMD_UNIT="
		    "postfixer.service\n", PROVENANCE_LOCAL_USER },
		{ "_TRANSPORT=syslog\n", PROVENANCE_LOG },
		{ "_TRANSPORT=audit\n_UID=0\n", PROVENANCE_LOG },
		/* Docker hands it on as root, whoever wrote it. */
		{ "_TRANSPORT=journal\n_UID=0\nCONTAINER_NAME=mail\n",
		    PROVENANCE_LOG },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct journal_entry e;

		journalfmt_read(str_of(cases[i].in), &e);
		if (journalfmt_provenance(&e, users, 2) != cases[i].want)
			fail_msg("got %d of %s",
			    journalfmt_provenance(&e, users, 2), cases[i].in);
	}
}

/* Gone past in pieces of any size, an entry ends where it ends. */
static void
passed(void **state)
{
	static const struct str in = BYTES("A=1\nB\n\6\0\0\0\0\0\0\0"
	    "\n\nC=1\n\nD\n\377\377\377\377\377\377\377\377xyz\nE=\n\n"
	    "rest\n");

	(void)state;
	for (size_t piece = 1; piece < in.n; piece++) {
		struct journalfmt_skip k = { 0 };
		size_t at = 0, end = 0;
		bool done = false;

		while (!done) {
			end = end + piece < in.n ? end + piece : in.n;
			at += journalfmt_skip(&k,
			    (struct str){ in.p + at, end - at }, &done);
		}
		if (at != in.n - strlen("rest\n"))
			fail_msg("in pieces of %zu: ended at %zu", piece, at);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(measured), cmocka_unit_test(heads),
		cmocka_unit_test(vouched), cmocka_unit_test(passed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines that come in Docker's json-file and in the journal export format: what
 * is read of them, in one piece and with the end of the bytes anywhere.
 */
#include "source_util.h"

#include "weir/mem.h"

#include "../../src/source/batch.h"

/* The lines that a log gives, raw or by their parts, cut at every `piece`. */
static void
read_log(struct str log, size_t piece, bool parts, struct buf *ret,
    struct batch_counts *counts)
{
	struct cutter c = { .syslog = { .zone = &zone_utc,
	    .until = INT64_C(1795000000) * USEC_PER_SEC } };
	struct batch *b = batch_new();
	size_t at = 0, end = 0;
	bool full;

	str_copy(STR("here"), b->stream.host, sizeof(b->stream.host));
	while (end < log.n) {
		end = end + piece < log.n ? end + piece : log.n;
		b->n = end - at;
		memcpy(b->bytes, log.p + at, b->n);
		at += batch_cut(b, &c, end == log.n, &full);
		for (size_t i = 0; i < b->nlines; i++) {
			const struct record *r = &b->lines[i].record;
			char when[USEC_TEXT_MAX];

			if (parts)
				buf_addf(ret, "%.*s|%.*s|%.*s|%u|%.*s|%d\n",
				    STRF(usec_print(r->at, when)),
				    STRF(r->host), STRF(r->unit), r->pid,
				    STRF(r->text), (int)r->provenance);
			else
				buf_addf(ret, "%.*s\n", STRF(r->raw));
		}
		b->nlines = 0;
	}
	assert_int_equal(at, log.n);
	*counts = b->counts;
	batch_free(b);
}

static void
check_log(struct str log, bool parts, const char *want, uint64_t cut)
{
	static const size_t pieces[] = { SIZE_MAX / 2, 1, 7, 100 };
	struct batch_counts counts;

	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		struct buf got = { 0 };

		read_log(log, pieces[i], parts, &got, &counts);
		if (!str_eq(buf_str(&got), str_of(want)))
			fail_msg("in pieces of %zu got:\n%.*swant:\n%s",
			    pieces[i], STRF(buf_str(&got)), want);
		assert_int_equal(counts.cut, cut);
		assert_int_equal(counts.bytes, log.n);
		buf_done(&got);
	}
}

#define OUT	"\",\"stream\":\"stdout\",\"time\":\"" \
		"2026-01-08T19:42:13.583442113Z\"}\n"
#define ERR	"\",\"stream\":\"stderr\",\"attrs\":{\"tag\":\"a,}\\\"\"}," \
		"\"time\":\"2026-01-08T19:42:14Z\"}\n"
#define T1	"2026-01-08T19:42:13.583442Z|"
#define T2	"2026-01-08T19:42:14.000000Z|"

static void
docker(void **state)
{
	static const struct {
		const char	*in, *want;
		uint64_t	 cut;
	} cases[] = {
		/* maillog_file = /dev/stdout, in a container of another zone */
		{ "{\"log\":\"Jan  8 14:42:13 mx postfix/qmgr[7]: 4X: from="
		    "\\u003ca@b.example\\u003e, size=1, nrcpt=1 (queue "
		    "active)\\n" OUT, T1 "mx|postfix/qmgr|7|4X: from=<a@b."
		    "example>, size=1, nrcpt=1 (queue active)|0\n", 0 },
		/* a tag alone; beside plain lines one of a host not seen yet */
		{ "Jan  8 19:00:00 mx postfix/qmgr[7]: 4X: removed\n"
		    "{\"log\":\"postfix/qmgr[7]: 4Y: removed\\r\\n" ERR
		    "{\"log\":\"GET / HTTP/1.1\\n" OUT
		    "Jan  8 19:50:00 mx postfix/qmgr[7]: 4Z: removed\n",
		    "2026-01-08T19:00:00.000000Z|mx|postfix/qmgr|7|"
		    "4X: removed|0\n" T2 "here|postfix/qmgr|7|4Y: removed|0\n"
		    T1 "GET||0|/ HTTP/1.1|0\n"
		    "2026-01-08T19:50:00.000000Z|mx|postfix/qmgr|7|"
		    "4Z: removed|0\n", 0 },
		/* pieces */
		{ "{\"log\":\"postfix/qmgr[7]: 4X: rem" OUT
		    "{\"log\":\"ov" OUT "{\"log\":\"ed\\n" OUT
		    "{\"log\":\"postfix/qmgr[7]: 4Y: removed\\n" OUT,
		    T1 "here|postfix/qmgr|7|4X: removed|0\n"
		    T1 "here|postfix/qmgr|7|4Y: removed|0\n", 0 },
		/* the other stream's line between: no piece is a line */
		{ "{\"log\":\"postfix/qmgr[7]: 4X: removed" OUT
		    "{\"log\":\"postfix/qmgr[7]: 4Y: removed\\n" ERR
		    "{\"log\":\"postfix/qmgr[7]: 4Z: removed" OUT
		    "{\"log\":\"postfix/qmgr[7]: 4Z: removed\\n" OUT
		    "{\"log\":\"postfix/qmgr[7]: 4A: removed\\n" OUT,
		    T1 "here|postfix/qmgr|7|4X: removed|0\n"
		    T2 "here|postfix/qmgr|7|4Y: removed|0\n"
		    T1 "here|postfix/qmgr|7|4A: removed|0\n", 1 },
		/* the file ends in the line */
		{ "{\"log\":\"postfix/qmgr[7]: 4X: removed" OUT,
		    T1 "here|postfix/qmgr|7|4X: removed|0\n", 1 },
		/* escapes */
		{ "{\"log\":\"postfix/qmgr[7]: 4X: \\\"\\\\\\/\\t\\u00e4"
		    "\\ud83d\\ude00\\ud83d\\u12\\x\\n" OUT, T1
		    "here|postfix/qmgr|7|4X: \"\\/?\xc3\xa4\xf0\x9f\x98\x80"
		    "\xef\xbf\xbd?12x|0\n", 0 },
		/* not Docker's */
		{ "{\"log\":\"postfix/qmgr[7]: 4X: removed\\n\"}\n"
		    "{\"log\":\"a\\n\",\"time\":\"2026\"}\n{\"log\":1" OUT
		    "{\"log\n{\"log\":\"x\\n\",\"stream\":[[[[[[[[[[ OUT\n",
		    "", 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		check_log(str_of(cases[i].in), true, cases[i].want,
		    cases[i].cut);
}

/* As Docker cuts a line of 40,000 bytes. */
static void
docker_long(void **state)
{
	struct buf in = { 0 }, got = { 0 };
	struct batch_counts counts;
	size_t n = 0, len, i;

	(void)state;
	while (n < 40000) {
		buf_add_str(&in, STR("{\"log\":\""));
		if (n == 0)
			buf_add_str(&in, STR("postfix/qmgr[7]: "));
		len = n + 16384 < 40000 ? 16384 : 40000 - n;
		for (i = n == 0 ? 17 : 0; i < len; i++)
			buf_add_char(&in, 'x');
		n += len;
		buf_add_str(&in, n < 40000 ? STR(OUT) : STR("\\n" OUT));
	}
	read_log(buf_str(&in), 5000, false, &got, &counts);
	assert_int_equal(got.n, 40000 + strlen(T1 "113") + 1);
	assert_int_equal(counts.cut, 0);
	buf_done(&in);
	buf_done(&got);
}

#define STAMPS	"__CURSOR=s=0;i=1;b=2;m=3;t=4;x=5\n" \
		"__REALTIME_TIMESTAMP=1767901333583442\n" \
		"__MONOTONIC_TIMESTAMP=1\n_BOOT_ID=2\n"
#define SYSLOG	STAMPS "_HOSTNAME=mx\n_TRANSPORT=syslog\n_UID=0\n" \
		"SYSLOG_IDENTIFIER=postfix/qmgr\nSYSLOG_PID=7\n"

static void
export(void **state)
{
#define C(in, want, cut) { { in, sizeof(in) - 1 }, want, cut }
	static const struct {
		struct str	 in;
		const char	*want;
		uint64_t	 cut;
	} cases[] = {
		C(SYSLOG "MESSAGE=4X: removed\n\n", T1
		    "mx|postfix/qmgr|7|4X: removed|1\n", 0),
		/* the last without its empty line; a sender's own time */
		C("\n" STAMPS "_SOURCE_REALTIME_TIMESTAMP=1767901333000000\n"
		    "MESSAGE=4X: removed\n_UID=1000\n_TRANSPORT=stdout\n"
		    "_COMM=postfix\n_PID=8\n", "2026-01-08T19:42:13.000000Z|"
		    "here|postfix|8|4X: removed|2\n", 0),
		/* a message of two lines, as bytes; beside a plain line */
		C("Jan  8 19:00:00 mx postfix/qmgr[7]: 4X: removed\n"
		    SYSLOG "MESSAGE\n\x0e\0\0\0\0\0\0\0" "4Y: rem\n\noved\n"
		    "\n_PID=9\n\nJan  8 19:50:00 mx postfix/qmgr[7]: 4Z: "
		    "removed\n", "2026-01-08T19:00:00.000000Z|mx|postfix/qmgr"
		    "|7|4X: removed|0\n" T1 "mx|postfix/qmgr|7|4Y: "
		    "rem??oved|1\n2026-01-08T19:50:00.000000Z|mx|"
		    "postfix/qmgr|7|4Z: removed|0\n", 0),
		/* no line of another's making in a name */
		C(STAMPS "_HOSTNAME=m x\nSYSLOG_IDENTIFIER=postfix/a: b[1]\n"
		    "MESSAGE=4X: removed\n\n", T1 "m_x|postfix/a__b_1_|0|"
		    "4X: removed|0\n", 0),
		/* Docker's driver: the container has a header of its own */
		C(STAMPS "_HOSTNAME=dock\n_UID=0\n_TRANSPORT=journal\n"
		    "CONTAINER_NAME=mail\nCONTAINER_TAG=1f2e3d4c5b6a\n"
		    "SYSLOG_IDENTIFIER=1f2e3d4c5b6a\nPRIORITY=6\n"
		    "MESSAGE=Jan  8 14:42:13 mx postfix/qmgr[7]: 4X: "
		    "removed\n\n", T1 "mx|postfix/qmgr|7|4X: removed|0\n", 0),
		C(STAMPS "_HOSTNAME=dock\nCONTAINER_NAME=mail\n"
		    "MESSAGE=postfix/qmgr[7]: 4X: removed\n"
		    "CONTAINER_PARTIAL_MESSAGE=true\n"
		    "CONTAINER_PARTIAL_ORDINAL=1\n\n" STAMPS
		    "_HOSTNAME=dock\nCONTAINER_NAME=mail\n"
		    "MESSAGE=postfix/qmgr[7]: 4Y: removed\n"
		    "CONTAINER_PARTIAL_ORDINAL=2\n\n", T1
		    "dock|postfix/qmgr|7|4X: removed|0\n", 1),
		/* journald's word of loss: of mail's unit, and of another's */
		C(STAMPS "_HOSTNAME=mx\n_TRANSPORT=driver\n"
		    "SYSLOG_IDENTIFIER=systemd-journald\n_PID=3\n"
		    "MESSAGE_ID=a596d6fe7bfa4994828e72309e95d61e\n"
		    "MESSAGE=Suppressed 412 messages from postfix@-.service\n"
		    "\n" STAMPS "_HOSTNAME=mx\n_TRANSPORT=driver\n"
		    "SYSLOG_IDENTIFIER=systemd-journald\n_PID=3\n"
		    "MESSAGE_ID=a596d6fe7bfa4994828e72309e95d61e\n"
		    "MESSAGE=Suppressed 3 messages from nginx.service\n\n",
		    T1 "mx|systemd-journald|3|Suppressed 412 messages from "
		    "postfix@-.service|1\n", 0),
		/* damaged, up to the next empty line: no line of it is one */
		C(SYSLOG "MESSAGE\n\xff\xff\xff\xff\xff\xff\xff\xff" "x\n"
		    "Jan  8 19:42:13 mx postfix/qmgr[7]: 4X: removed\n\n"
		    SYSLOG "MESSAGE=4Y: removed\n\n", T1
		    "mx|postfix/qmgr|7|4Y: removed|1\n", 1),
		/* cut off in the bytes of a message */
		C(SYSLOG "MESSAGE\n\xff\0\0\0\0\0\0\0\nJan  8 19:42:13 mx "
		    "postfix/qmgr[7]: 4X: removed\n", "", 1),
	};
#undef C

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		check_log(cases[i].in, true, cases[i].want, cases[i].cut);
}

/* An entry of a megabyte is gone past, whatever it holds. */
static void
export_large(void **state)
{
	const char forged[] = "\n\n" SYSLOG "MESSAGE=4X: removed\n\n";
	const size_t size = 1 << 20;
	struct buf in = { 0 }, got = { 0 };
	struct batch_counts counts;

	(void)state;
	buf_add_str(&in, STR(SYSLOG "MESSAGE=4Y: removed\n\n"));
	buf_add_str(&in, STR(SYSLOG "COREDUMP\n"));
	buf_add(&in, "\0\0\x10\0\0\0\0\0", 8);
	for (size_t n = 0; n < size; n++)
		buf_add_char(&in, forged[n % (sizeof(forged) - 1)]);
	buf_add_str(&in, STR("\nMESSAGE=4Z: removed\n\n"));
	buf_add_str(&in, STR(SYSLOG "MESSAGE=4A: removed\n\n"));
	read_log(buf_str(&in), 100000, true, &got, &counts);
	if (!str_eq(buf_str(&got), STR(T1 "mx|postfix/qmgr|7|4Y: removed|1\n"
	    T1 "mx|postfix/qmgr|7|4A: removed|1\n")))
		fail_msg("got %.*s", STRF(buf_str(&got)));
	assert_int_equal(counts.cut, 1);
	buf_done(&in);
	buf_done(&got);
}

/* In a file, packed, and followed: one stream with one offset. */
static void
identity(void **state)
{
	const char entry[] = SYSLOG "MESSAGE=4X%08X: removed\n\n";
	const char json[] = "{\"log\":\"postfix/qmgr[7]: 4X%08X: removed\\n"
	    OUT;
	char text[1024];
	int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		struct streams known = { 0 };
		struct seen s = { 0 };
		int k;

		for (k = 0; k < 20; k++) {
			snprintf(text, sizeof(text), i ? entry : json, k);
			append("x", text, strlen(text));
		}
		read_path("x", false, &known, &s);
		assert_int_equal(s.nlines, 20);
		run("gzip -c x >x.1.gz");
		read_path("x.1.gz", false, &known, &s);
		assert_int_equal(s.nlines, 20);
		/* Half an entry is left for the next time. */
		append("x", text, strlen(text) - 2);
		read_path("x", true, &known, &s);
		assert_int_equal(s.nlines, 20);
		append("x", text + strlen(text) - 2, 2);
		read_path("x", true, &known, &s);
		assert_int_equal(s.nlines, 21);
		assert_int_equal(known.n, 1);
		run("rm x x.1.gz");
		seen_clear(&s);
		streams_done(&known);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(docker),
		cmocka_unit_test(docker_long),
		cmocka_unit_test(export),
		cmocka_unit_test(export_large),
		cmocka_unit_test_setup_teardown(identity, enter, leave),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

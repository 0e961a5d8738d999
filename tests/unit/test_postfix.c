/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines made as Postfix makes them, out of the worst that a client, a sender
 * or a remote server can put into them: every field comes out as it went in.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "weir/mta.h"

/* Local parts of addresses, as the client gave them. */
static const char *const nasty[] = {
	"user",
	"",
	"a> to=<b",
	"x; from=<boss@example.org> to=<bob@example.org> proto=ESMTP helo=<m>",
	"x; from=<\"",
	"@x; from=<\"",
	"\"@x; from=<q> to=<\"",
	"x\"y; from=<a> to=<\"b",
	"\\\"; from=<\\",
	"a>, relay=local, delay=0, delays=0/0/0/0, dsn=2.0.0, status=sent (x",
	"a>, orig_to=<b>, relay=none, delay=0, dsn=2.0.0, status=sent (",
	"z from x[192.0.2.9]; from=<q> to=<w> proto=ESMTP helo=<h>: ",
	"a>, size=1, nrcpt=1 (queue active)",
	";;;;; from=<;;;;",
	"u%example.net", "example.net!u", "u@example.net",
};

#define NNASTY	(sizeof(nasty) / sizeof(nasty[0]))

/* What Postfix makes of a HELO name: no blank and none of <>();\ */
static const char *const helos[] = {
	"host.example.com", "[192.0.2.1]", "x,?sasl_username=admin",
	"client=localhost[127.0.0.1]", "?proto=ESMTP?helo=", "from=a@b",
};

#define NHELOS	(sizeof(helos) / sizeof(helos[0]))

/* quote_821_local: the local part as RFC 5321 wants it. */
static void
quote(const char *local, char *out, size_t size)
{
	size_t n = 0;

	if (*local == '\0') {
		snprintf(out, size, "\"\"@example.com");
		return;
	}
	if (strpbrk(local, " ,;<>@\"\\()[]:") == NULL) {
		snprintf(out, size, "%s@example.com", local);
		return;
	}
	out[n++] = '"';
	for (; *local != '\0'; local++) {
		assert_true(n + 20 < size);
		if (*local == '"' || *local == '\\')
			out[n++] = '\\';
		out[n++] = *local;
	}
	snprintf(out + n, size - n, "\"@example.com");
}

static void
read_text(const char *unit, const char *text, struct line *l)
{
	struct record r = { .unit = str_of(unit), .text = str_of(text) };

	mta_parse(&r, l);
}

static void
want(const struct line *l, enum field f, const char *value, const char *text)
{
	if (l->ambiguous || !str_eq(l->f[f], str_of(value)))
		fail_msg("%s: got%s '%.*s', want '%s' of: %s",
		    line_field_name(f), l->ambiguous ? " ambiguous" : "",
		    STRF(l->f[f]), value, text);
}

static void
rejects(void **state)
{
	char text[2048], from[512], to[512];
	struct line l;

	(void)state;
	for (size_t i = 0; i < NNASTY * NNASTY * NHELOS; i++) {
		const char *raw = nasty[i / NNASTY % NNASTY];
		const char *helo = helos[i / NNASTY / NNASTY];

		quote(nasty[i % NNASTY], from, sizeof(from));
		quote(raw, to, sizeof(to));
		snprintf(text, sizeof(text), "NOQUEUE: reject: RCPT from "
		    "unknown[203.0.113.20]: 554 5.7.1 <%s@example.com>: Relay "
		    "access denied; from=<%s> to=<%s> proto=ESMTP helo=<%s>",
		    raw, from, to, helo);
		read_text("postfix/smtpd", text, &l);
		assert_int_equal(l.kind, LINE_REJECT);
		want(&l, FIELD_SENDER, from, text);
		want(&l, FIELD_RECIPIENT, to, text);
		want(&l, FIELD_HELO_NAME, helo, text);
		want(&l, FIELD_CLIENT_ADDRESS, "203.0.113.20", text);
		want(&l, FIELD_CODE, "554", text);
		assert_true(str_ends(l.f[FIELD_REPLY],
		    STR("@example.com>: Relay access denied")));
	}
}

/*
 * Whoever names a recipient that holds a whole context, and has the line cut
 * in it: what is read is what was logged, or nothing.
 */
static void
cut_rejects(void **state)
{
	char text[2048], to[512];
	struct record r = { .unit = STR("postfix/smtpd") };
	struct line l;

	(void)state;
	for (size_t i = 0; i < NNASTY; i++) {
		quote(nasty[i], to, sizeof(to));
		snprintf(text, sizeof(text), "NOQUEUE: reject: RCPT from "
		    "unknown[203.0.113.20]: 554 5.7.1 Service unavailable; "
		    "Client host [203.0.113.20] blocked; from=<a@example.com> "
		    "to=<%s> proto=ESMTP helo=<host>", to);
		r.text = str_of(text);
		for (; r.text.n > 0; r.text.n--) {
			mta_parse(&r, &l);
			l.ambiguous = false;
			if (str_known(l.f[FIELD_SENDER]))
				want(&l, FIELD_SENDER, "a@example.com", text);
			if (str_known(l.f[FIELD_RECIPIENT]))
				want(&l, FIELD_RECIPIENT, to, text);
			if (str_known(l.f[FIELD_HELO_NAME]))
				want(&l, FIELD_HELO_NAME, "host", text);
		}
	}
}

/* What Postfix itself cuts after 2000 bytes ends in the answer's echo. */
static void
cut_echo(void **state)
{
	static const char tail[] = "; from=<boss@example.org> "
	    "to=<bob@example.org> proto=ESMTP helo=<mx>";
	static const char head[] = "NOQUEUE: reject: RCPT from "
	    "unknown[203.0.113.20]: 554 5.7.1 <bob@example.org>: ";
	char text[2001];
	struct line l;

	(void)state;
	memset(text, 'x', 2000);
	memcpy(text, head, sizeof(head) - 1);
	memcpy(text + 2000 - (sizeof(tail) - 1), tail, sizeof(tail));
	read_text("postfix/smtpd", text, &l);
	assert_int_equal(l.kind, LINE_REJECT);
	assert_true(l.ambiguous);
	assert_false(str_known(l.f[FIELD_SENDER]));
	assert_false(str_known(l.f[FIELD_RECIPIENT]));
	assert_true(str_eq(l.f[FIELD_CLIENT_ADDRESS], STR("203.0.113.20")));
}

static void
deliveries(void **state)
{
	char text[4096], to[512], orig[512];
	struct line l;

	(void)state;
	for (size_t i = 0; i < NNASTY * NNASTY * NNASTY; i++) {
		const char *reply = nasty[i / NNASTY / NNASTY];

		quote(nasty[i % NNASTY], to, sizeof(to));
		quote(nasty[i / NNASTY % NNASTY], orig, sizeof(orig));
		snprintf(text, sizeof(text), "4F098B6E9CA: to=<%s>, "
		    "orig_to=<%s>, relay=mx.example.net[198.51.100.25]:25, "
		    "delay=1, delays=0/0/0/1, dsn=2.0.0, status=sent (250 %s)",
		    to, orig, reply);
		read_text("postfix/smtp", text, &l);
		assert_int_equal(l.kind, LINE_DELIVERY);
		assert_int_equal(l.hop, HOP_REMOTE);
		/* The first reading holds even where it says there is one. */
		l.ambiguous = false;
		want(&l, FIELD_RECIPIENT, to, text);
		want(&l, FIELD_ORIGINAL_RECIPIENT, orig, text);
		want(&l, FIELD_RELAY_ADDRESS, "198.51.100.25", text);
		want(&l, FIELD_STATUS, "sent", text);
		want(&l, FIELD_CODE, "250", text);
	}
}

static void
senders(void **state)
{
	char text[1024], from[512];
	struct line l;

	(void)state;
	for (size_t i = 0; i < NNASTY; i++) {
		quote(nasty[i], from, sizeof(from));
		snprintf(text, sizeof(text), "4F098B6E9CA: from=<%s>, "
		    "size=1432, nrcpt=2 (queue active)", from);
		read_text("postfix/qmgr", text, &l);
		assert_int_equal(l.kind, LINE_QUEUED);
		want(&l, FIELD_SENDER, from, text);
		want(&l, FIELD_SIZE, "1432", text);
		want(&l, FIELD_RECIPIENT_COUNT, "2", text);
		/* Before 3.5 it was not quoted, and is certain all the same. */
		snprintf(text, sizeof(text), "4F098B6E9CA: from=<%s@x>, "
		    "size=1432, nrcpt=2 (queue active)", nasty[i]);
		read_text("postfix/qmgr", text, &l);
		want(&l, FIELD_SIZE, "1432", text);
		snprintf(from, sizeof(from), "%s@x", nasty[i]);
		want(&l, FIELD_SENDER, from, text);
	}
}

static void
subjects(void **state)
{
	char text[2048], from[512];
	struct line l;

	(void)state;
	for (size_t i = 0; i < NNASTY * NNASTY; i++) {
		quote(nasty[i / NNASTY], from, sizeof(from));
		snprintf(text, sizeof(text), "4F098B6E9CA: info: header "
		    "Subject: x %s from unknown[203.0.113.20]; from=<%s> "
		    "to=<bob@example.org> proto=ESMTP helo=<host>",
		    nasty[i % NNASTY], from);
		read_text("postfix/cleanup", text, &l);
		assert_int_equal(l.kind, LINE_SUBJECT);
		want(&l, FIELD_CLIENT_ADDRESS, "203.0.113.20", text);
		want(&l, FIELD_SENDER, from, text);
		want(&l, FIELD_HELO_NAME, "host", text);
	}
}

/* A tag that was cut: what each daemon says is told apart all the same. */
static void
bare_tag(void **state)
{
	static const struct {
		const char	*text;
		enum line_kind	 kind;
	} cases[] = {
		{ "connect from a[192.0.2.1]", LINE_CONNECT },
		{ "disconnect from a[192.0.2.1] quit=1", LINE_DISCONNECT },
		{ "4F098B6E9CA: client=a[192.0.2.1]", LINE_CLIENT },
		{ "4F098B6E9CA: message-id=<x>", LINE_MESSAGE_ID },
		{ "4F098B6E9CA: uid=0 from=<root>", LINE_PICKUP },
		{ "4F098B6E9CA: from=<a>, size=1, nrcpt=1 (queue active)",
		    LINE_QUEUED },
		{ "4F098B6E9CA: from=<a>, status=expired, returned to sender",
		    LINE_EXPIRED },
		{ "4F098B6E9CA: to=<a>, relay=local, delay=0, dsn=2.0.0, "
		    "status=sent (x)", LINE_DELIVERY },
		{ "4F098B6E9CA: removed", LINE_REMOVED },
		{ "4F098B6E9CA: sender non-delivery notification: "
		    "4F098B6E9CB", LINE_NOTIFICATION },
		{ "NOQUEUE: reject: RCPT from [192.0.2.1]:9: 550 5.7.1 x; "
		    "from=<a>, to=<b>, proto=ESMTP, helo=<c>", LINE_REJECT },
		{ "NOQUEUE: reject: RCPT from a[192.0.2.1]: 550 5.7.1 x; "
		    "from=<a> to=<b> proto=ESMTP helo=<c>", LINE_REJECT },
		{ "4F098B6E9CA: milter-hold: END-OF-MESSAGE from "
		    "a[192.0.2.1]: x; from=<a> to=<b> proto=ESMTP helo=<c>",
		    LINE_ACTION },
		{ "warning: a[192.0.2.1]: SASL PLAIN authentication failed: "
		    "x, sasl_username=y", LINE_AUTH_FAILED },
		{ "warning: a[192.0.2.1]: x", LINE_WARNING },
		{ "daemon started -- version 3.7.11", LINE_SERVICE },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct line l;

		read_text("postfix", cases[i].text, &l);
		if (l.kind != cases[i].kind || l.ambiguous)
			fail_msg("got %s%s, want %s of: %s",
			    l.ambiguous ? "ambiguous " : "",
			    line_kind_name(l.kind),
			    line_kind_name(cases[i].kind), cases[i].text);
		if (l.kind == LINE_REJECT) {
			want(&l, FIELD_SENDER, "a", cases[i].text);
			want(&l, FIELD_RECIPIENT, "b", cases[i].text);
			want(&l, FIELD_HELO_NAME, "c", cases[i].text);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rejects),
		cmocka_unit_test(cut_rejects),
		cmocka_unit_test(cut_echo),
		cmocka_unit_test(deliveries),
		cmocka_unit_test(senders),
		cmocka_unit_test(subjects),
		cmocka_unit_test(bare_tag),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Passwords that mail servers log, blotted out before anything keeps the line:
 *
 *	< host[192.0.2.1]: AUTH PLAIN AGFsaWNl...	Postfix, smtpd -v
 *	< host[192.0.2.1]: c2VjcmV0			its next line
 *	xsasl_cyrus_server_first: ... init_response AGFsaWNl...
 *	... cmd: AUTH PLAIN AGFsaWNl... alice		Courier
 *	... C: AUTH PLAIN AGFsaWNl... state=1		Haraka, protocol level
 */
#include "syslog_priv.h"

static void
blot(char *line, size_t from, size_t to)
{
	memset(line + from, '*', to - from);
}

static size_t
word_end(struct str s, size_t i)
{
	while (i < s.n && s.p[i] != ' ')
		i++;
	return i;
}

/* After each "AUTH <mechanism> " one word. */
static void
blot_auth(struct str s, char *out)
{
	for (size_t i = 0; i + 5 < s.n; i++) {
		size_t from;

		if ((s.p[i] | 0x20) != 'a' ||
		    !str_eq_nocase((struct str){ s.p + i, 5 }, STR("AUTH ")))
			continue;
		from = word_end(s, i + 5) + 1;
		if (from < s.n)
			blot(out, from, word_end(s, from));
	}
}

/* Haraka's "C: <word> state=", the lines after AUTH LOGIN. */
static void
blot_answer(struct str s, char *out)
{
	size_t at = str_find(s, STR(" C: ")), end;

	if (at == STR_NPOS)
		return;
	end = word_end(s, at + 4);
	if (end == s.n || str_starts(str_tail(s, end), STR(" state=")))
		blot(out, at + 4, end);
}

/* What was said in a dialogue: all behind AUTH's mechanism, or one word. */
static void
blot_dialogue(struct str s, char *out)
{
	size_t from = str_find_char(s, ']');
	struct str said;

	if (from == STR_NPOS)
		return;
	from += 1 + str_find(str_tail(s, from + 1), STR(": "));
	if (from + 2 > s.n || s.p[from] != ':')
		return;
	from += 2;
	said = str_tail(s, from);
	if (said.n > 5 && str_eq_nocase(str_head(said, 5), STR("AUTH "))) {
		from = word_end(s, from + 5);
		blot(out, from + (from < s.n), s.n);
	} else if (str_find_char(said, ' ') == STR_NPOS) {
		blot(out, from, s.n);
	}
}

void
syslog_blot(struct str unit, char *text, size_t n)
{
	struct str s = { text, n };
	size_t at;

	if (n < 3)
		return;
	if ((s.p[0] == '<' || s.p[0] == '>') && s.p[1] == ' ') {
		blot_dialogue(s, text);
	} else if (str_starts(s, STR("xsasl_")) ||
	    str_starts(s, STR("smtp_sasl_")) ||
	    str_starts(s, STR("smtpd_sasl_")) ||
	    str_starts(s, STR("improper command pipelining after AUTH "))) {
		at = str_find(s, STR(": "));
		if (at != STR_NPOS)
			blot(text, at + 2, s.n);
	} else if (unit.n == 0 || str_starts(unit, STR("courier")) ||
	    str_starts(unit, STR("haraka"))) {
		blot_auth(s, text);
		blot_answer(s, text);
	}
}

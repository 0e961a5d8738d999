/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Framing of a log line.  The forms, a priority "<22>" before each or not:
 *
 *	Jan  8 19:42:13 mx postfix/qmgr[659]: 1F5A2194AA9: removed
 *	2026-01-08T19:42:13.58+01:00 mx postfix/qmgr[659]: 1F5A2194AA9: ...
 *	<22>1 2026-01-08T19:42:13Z mx postfix 659 - - 1F5A2194AA9: removed
 *	2026-01-08T19:42:13Z mx postfix 659 - - 1F5A2194AA9: removed
 *
 * and on the way: no host name (busybox), "auth.info" before the tag
 * (busybox, socklog), "mail:info" (AIX), "<10.5>" or "<mail.info>" before the
 * host (FreeBSD), "[ID 197553 mail.info]" after the tag (Solaris), "Message
 * forwarded from mx:" before it (AIX), no tag at all ("last message repeated
 * 3 times").
 *
 * A header inside a header, where one logger took in what another one wrote:
 *
 *	@4000000066aa8e012cf4f304 Jan  8 19:42:13 mx postfix/qmgr[659]: ...
 *	Jan  8 19:42:13 relay Jan  8 19:42:12 mx postfix/qmgr[659]: ...
 *	Jan  8 19:42:13 relay 1f2e3d4c5b6a[811]: Jan  8 18:42:13 mx postfix/...
 *
 * The inner one says who wrote the line; when is what the outer stamp says,
 * unless only the inner one has a zone: they may be of different zones.  A
 * text that begins like a header is one only without an outer tag, or under
 * a tag that is none of a mail server's daemons ("postfix/smtpd").
 */
#include "syslog_priv.h"

#define DEPTH_MAX	3	/* headers inside a header */

/* Top bits of the bytes below ' ', of 0x7f and above (or beside such). */
static uint64_t
odd(const uint8_t *p)
{
	const uint64_t ones = UINT64_C(0x0101010101010101);
	uint64_t w;

	memcpy(&w, p, sizeof(w));
	return ((w - ones * ' ') | (w + ones) | w) & ones * 0x80;
}

/* Bytes of the UTF-8 character at p that may stay, or 0. */
static size_t
utf8_length(const uint8_t *p, size_t n)
{
	size_t len = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;

	if (p[0] < 0xc2 || p[0] > 0xf4 || n < len)
		return 0;
	for (size_t i = 1; i < len; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	/* U+0080 to U+009f control terminals; then overlong, surrogates */
	if ((p[0] == 0xc2 && p[1] < 0xa0) || (p[0] == 0xe0 && p[1] < 0xa0) ||
	    (p[0] == 0xed && p[1] > 0x9f) || (p[0] == 0xf0 && p[1] < 0x90) ||
	    (p[0] == 0xf4 && p[1] > 0x8f))
		return 0;
	return len;
}

size_t
syslog_clean(char *line, size_t n)
{
	uint8_t *p = (uint8_t *)line;
	size_t in = 0, out, len;

	while (n > 0 && (p[n - 1] == '\r' || p[n - 1] == '\n'))
		n--;
	while (in + 32 <= n && (odd(p + in) | odd(p + in + 8) |
	    odd(p + in + 16) | odd(p + in + 24)) == 0)
		in += 32;
	while (in + 8 <= n && odd(p + in) == 0)
		in += 8;
	for (out = in; in < n; in++) {
		if (p[in] == '\0')
			continue;
		if (p[in] >= ' ' && p[in] < 0x7f) {
			p[out++] = p[in];
		} else if (p[in] < 0x80 ||
		    (len = utf8_length(p + in, n - in)) == 0) {
			p[out++] = '?';
		} else {
			memmove(p + out, p + in, len);
			out += len;
			in += len - 1;
		}
	}
	return out;
}

/* Without the first n bytes, which are there. */
static struct str
skip(struct str s, size_t n)
{
	return (struct str){ s.p + n, s.n - n };
}

static struct str
skip_blanks(struct str s)
{
	size_t n = 0;

	while (n < s.n && s.p[n] == ' ')
		n++;
	return skip(s, n);
}

/* Cut off the first word and the blanks behind it. */
static struct str
take_word(struct str *rest)
{
	struct str word = { rest->p, 0 };

	while (word.n < rest->n && rest->p[word.n] != ' ')
		word.n++;
	*rest = skip_blanks(skip(*rest, word.n));
	return word;
}

static bool
is_number(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
	return s.n > 0;
}

static uint32_t
pid_of(struct str s)
{
	uint64_t v = 0;

	if (s.n > 10 || !is_number(s))
		return 0;
	for (size_t i = 0; i < s.n; i++)
		v = v * 10 + (uint64_t)(s.p[i] - '0');
	return v <= UINT32_MAX ? (uint32_t)v : 0;
}

/* "<22>" or FreeBSD's "<10.5>", with `1 ' after it in RFC 5424. */
static bool
take_priority(struct str *rest, bool *ret_5424)
{
	size_t i = 1;

	if (rest->n < 3 || rest->p[0] != '<')
		return false;
	while (i < rest->n && i < 6 && ((rest->p[i] >= '0' &&
	    rest->p[i] <= '9') || rest->p[i] == '.'))
		i++;
	if (i == 1 || i >= rest->n || rest->p[i] != '>')
		return false;
	*rest = skip_blanks(str_tail(*rest, i + 1));
	*ret_5424 = str_starts(*rest, STR("1 "));
	if (*ret_5424)
		*rest = skip_blanks(str_tail(*rest, 2));
	return true;
}

static bool
is_one_of(struct str word, const struct str *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(word, names[i]))
			return true;
	return false;
}

/*
 * "auth.info", "auth.info:" or AIX's "auth:info", before a tag.  A host may
 * well be called "example.info".
 */
static bool
is_level(struct str word)
{
#define W(s)	{ s, sizeof(s) - 1 }
	static const struct str levels[] = { W("info"), W("notice"),
	    W("warning"), W("warn"), W("err"), W("error"), W("crit"),
	    W("alert"), W("emerg"), W("debug") }, facilities[] = { W("mail"),
	    W("auth"), W("daemon"), W("user"), W("authpriv"), W("syslog"),
	    W("kern"), W("cron"), W("lpr"), W("news"), W("uucp"), W("ftp"),
	    W("ntp"), W("security"), W("console"), W("local0"), W("local1"),
	    W("local2"), W("local3"), W("local4"), W("local5"), W("local6"),
	    W("local7") };
#undef W
	size_t i = 3;

	if (word.n > 0 && word.p[word.n - 1] == ':')
		word.n--;
	/* "lpr.err" to "security.warning" */
	if (word.n < 7 || word.n > 16 || word.p[word.n - 1] < 'a')
		return false;
	while (i < 9 && i < word.n && word.p[i] != '.' && word.p[i] != ':')
		i++;
	return i < word.n && (word.p[i] == '.' || word.p[i] == ':') &&
	    is_one_of(skip(word, i + 1), levels,
	    sizeof(levels) / sizeof(levels[0])) &&
	    is_one_of(str_head(word, i), facilities,
	    sizeof(facilities) / sizeof(facilities[0]));
}

/*
 * Postfix' postlogd has no file any more and hands another program's line to
 * syslog, which adds postlogd's pid: "[123][811]".  Where that ends in s.
 */
static size_t
skip_second_pid(struct str s, size_t from)
{
	struct str second = str_tail(s, from);
	size_t n = str_find_char(second, ']');

	if (!str_starts(second, STR("[")) || n == STR_NPOS ||
	    !is_number((struct str){ second.p + 1, n - 1 }))
		return from;
	return from + n + 1;
}

/*
 * "postfix/smtpd[123]: text", "kernel: text".  Without a tag the unit is empty
 * and all of it is the text.
 */
static void
take_tag(struct str rest, struct record *r)
{
	size_t n = 0, end, after;
	bool tagged = false;

	while (n < rest.n && rest.p[n] != ':' && rest.p[n] != '[' &&
	    rest.p[n] != ' ')
		n++;
	end = n;
	if (n < rest.n && rest.p[n] == '[') {
		while (end < rest.n && rest.p[end] != ']' &&
		    rest.p[end] != ' ')
			end++;
		/* A pid has no blanks: else it is text. */
		end = end < rest.n && rest.p[end] == ']' ? end + 1 : rest.n;
	}
	after = end > n ? skip_second_pid(rest, end) : end;
	if (n > 0 && after < rest.n) {
		char next = after + 1 < rest.n ? rest.p[after + 1] : ' ';

		/* "tag[123] text" is how some forwarders leave it. */
		tagged = (rest.p[after] == ':' && next == ' ') ||
		    (rest.p[after] == ' ' && end > n);
	}
	r->text = rest;
	r->unit = str_head(rest, tagged ? n : 0);
	if (!tagged)
		return;
	if (end > n)
		r->pid = pid_of((struct str){ rest.p + n + 1, end - n - 2 });
	rest = skip_blanks(skip(rest, after + 1));
	if (str_starts(rest, STR("[ID ")) &&
	    (n = str_find(rest, STR("] "))) != STR_NPOS)
		rest = str_tail(rest, n + 2);
	r->text = rest;
}

/* Structured data: "-" or any number of [id name="value" ...]. */
static struct str
skip_structured(struct str s)
{
	size_t i = 0;

	if (s.n > 0 && s.p[0] == '-')
		return str_tail(s, 1);
	while (i < s.n && s.p[i] == '[') {
		bool quoted = false;

		for (; i < s.n && (quoted || s.p[i] != ']'); i++) {
			if (s.p[i] == '\\')
				i++;
			else if (s.p[i] == '"')
				quoted = !quoted;
		}
		i++;
	}
	return str_tail(s, i);
}

/* "app pid msgid data text"; false: it is not that form. */
static bool
take_5424(struct str rest, struct record *r)
{
	struct str app = take_word(&rest), pid;

	if (app.n == 0 || app.p[app.n - 1] == ':')
		return false;
	pid = take_word(&rest);
	if (!is_number(pid) && !str_eq(pid, STR("-")))
		return false;
	if (take_word(&rest).n == 0 || rest.n == 0 || (rest.p[0] != '[' &&
	    (rest.p[0] != '-' || (rest.n > 1 && rest.p[1] != ' '))))
		return false;
	rest = skip_blanks(skip_structured(rest));
	if (str_starts(rest, STR("\xef\xbb\xbf")))
		rest = str_tail(rest, 3);
	r->unit = str_eq(app, STR("-")) ? str_head(app, 0) : app;
	r->pid = pid_of(pid);
	r->text = rest;
	return true;
}

/* Does the host name fail here, so that the tag stands at once? */
static bool
is_tag(struct str word)
{
	return word.n > 1 && word.p[word.n - 1] == ':' && word.p[0] != '[';
}

/* "Message forwarded from mx: ", by a relay, in place of the host's name */
static void
take_forwarded(struct str *rest, struct record *r)
{
	struct str host = str_tail(*rest, strlen("Message forwarded from "));
	size_t n = str_find(host, STR(": "));

	if (n == 0 || n >= str_find_char(host, ' '))
		return;
	r->host = str_head(host, n);
	*rest = skip_blanks(str_tail(host, n + 2));
}

/* FreeBSD's "<10.5>" or "<mail.info>", a relayed "<22>" */
static void
skip_priority(struct str *rest)
{
	size_t end;
	bool none;

	if (rest->n == 0 || rest->p[0] != '<' ||
	    take_priority(rest, &none))
		return;
	end = str_find_char(str_head(*rest, 20), '>');
	if (end != STR_NPOS && is_level((struct str){ rest->p + 1, end - 1 }))
		*rest = skip_blanks(skip(*rest, end + 1));
}

/* What is known of the line outside of the header that is read. */
struct outer {
	struct str		host;	/* for a header that names none */
	enum syslog_stamp	kind;
	bool			rfc5424;
	int			depth;
};

static void	take_body(const struct outer *o, struct str rest,
		    struct record *r);

/* Another header stands here, perhaps: then the record is what it says. */
static bool
read_inner(const struct outer *o, struct str host, struct str rest,
    struct record *r)
{
	struct outer inner = { .host = host, .depth = o->depth + 1 };
	struct record in = *r;
	int64_t at;

	if (o->depth == DEPTH_MAX)
		return false;
	if (rest.n > 0 && rest.p[0] == '<')
		(void)take_priority(&rest, &inner.rfc5424);
	if (!syslog_skip_stamp(&rest, &at, &inner.kind))
		return false;
	if (inner.kind != SYSLOG_STAMP_FULL || o->kind == SYSLOG_STAMP_FULL)
		inner.kind = o->kind == SYSLOG_STAMP_FULL ? o->kind :
		    inner.kind;
	else
		in.at = at;
	take_body(&inner, rest, &in);
	if (in.unit.n == 0)
		return false;
	*r = in;
	return true;
}

/* Most lines have none, and nothing that looks like one. */
static inline bool
take_inner(const struct outer *o, struct str host, struct str rest,
    struct record *r)
{
	return (syslog_may_be_stamp(rest) || (rest.n > 0 &&
	    rest.p[0] == '<')) && read_inner(o, host, rest, r);
}

/*
 * May what this tag wrote be another logger's line?  No mail server's daemon
 * writes such, but it may well write what a stranger said.
 */
static bool
is_carrier(struct str unit)
{
	return str_find_char(unit, '/') == STR_NPOS ||
	    str_starts(unit, STR("docker/"));
}

static void
take_body(const struct outer *o, struct str rest, struct record *r)
{
	struct str after, word;

	rest = skip_blanks(rest);
	r->host = o->host;
	if (take_inner(o, o->host, rest, r))
		return;
	skip_priority(&rest);
	after = rest;
	word = take_word(&after);
	if (is_level(word)) {
		rest = after;
		if (take_inner(o, o->host, rest, r))
			return;
		word = take_word(&after);
	}
	if (rest.n > 0 && rest.p[0] == '-' &&
	    str_starts(rest, STR("--- last message repeated ")))
		rest = str_tail(rest, strlen("--- "));
	if (!is_tag(word) && !str_starts(rest,
	    STR("last message repeated "))) {
		r->host = word;
		rest = after;
		word = take_word(&after);
		if (is_level(word) && after.n > 0)
			rest = after;
		else if (str_eq(word, STR("Message")))
			take_forwarded(&rest, r);
		if (take_inner(o, r->host, rest, r))
			return;
	}
	if ((o->kind == SYSLOG_STAMP_YEARLESS && !o->rfc5424) ||
	    !take_5424(rest, r))
		take_tag(rest, r);
	if (syslog_may_be_stamp(r->text) && r->unit.n > 0 &&
	    is_carrier(r->unit))
		(void)read_inner(o, r->host, r->text, r);
}

/* Digits at the front of *rest as a count, 1 to a million; 0: none. */
static uint32_t
take_count(struct str *rest)
{
	struct str word = take_word(rest);
	uint64_t v;

	if (!is_number(word) || !str_to_u64(word, &v) || v < 1)
		return 0;
	return v > 1000000 ? 1000000 : (uint32_t)v;
}

void
syslog_unwrap_repeat(struct record *r)
{
	struct str rest = r->text;
	uint32_t n;

	r->repeat = 1;
	if (rest.n < 8 || rest.p[1] != (rest.p[0] == 'm' ? 'e' : 'a'))
		return;
	if (str_starts(rest, STR("message repeated "))) {
		rest = str_tail(rest, strlen("message repeated "));
		n = take_count(&rest);
		if (n == 0 || !str_starts(rest, STR("times: [")))
			return;
		rest = skip_blanks(str_tail(rest, strlen("times: [")));
		if (str_ends(rest, STR("]")))
			rest.n--;
		r->text = rest;
		r->repeat = n;
	} else if (str_starts(rest, STR("last message repeated "))) {
		rest = str_tail(rest, strlen("last message repeated "));
		n = take_count(&rest);
		if (n == 0 || !str_starts(rest, STR("time")))
			return;
		r->text = str_head(rest, 0);
		r->repeat = n;
	}
}

bool
syslog_is_repeat(const struct record *r)
{
	return r->unit.n == 0 && r->text.n == 0 && str_known(r->text) &&
	    str_find(r->raw, STR("last message repeated ")) != STR_NPOS;
}

enum syslog_verdict
syslog_parse(struct syslog_stream *s, char *line, size_t n,
    struct record *ret)
{
	struct outer o = { .host = s->host };
	struct str rest;

	n = syslog_clean(line, n);
	*ret = (struct record){ .repeat = 1, .provenance = ret->provenance };
	ret->raw = (struct str){ line, n };
	rest = skip_blanks(ret->raw);
	if (rest.n == 0)
		return SYSLOG_EMPTY;
	(void)take_priority(&rest, &o.rfc5424);
	if (!syslog_take_stamp(s, &rest, &ret->at, &o.kind)) {
		syslog_blot(STR_NONE, line, n);
		return SYSLOG_NO_STAMP;
	}
	while (rest.n > 0 && rest.p[rest.n - 1] == ' ')
		rest.n--;
	take_body(&o, rest, ret);
	syslog_unwrap_repeat(ret);
	syslog_blot(ret->unit, line + (ret->text.p - line), ret->text.n);
	return SYSLOG_OK;
}

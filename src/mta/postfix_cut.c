/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines that lost their end.  Nothing marks them: a text is read as far as it
 * goes, and then what may be half of itself, or not Postfix' own words, is
 * forgotten.
 */
#include "postfix_priv.h"

/*
 * A line that ends within its pairs was cut, and what stands last in it is
 * perhaps not all of its value.
 */
void
postfix_drop_cut(struct line *l, struct str text)
{
	if (str_ends(text, STR(")")))
		return;
	for (enum field f = 0; f < FIELD_COUNT; f++)
		if (f != FIELD_REPLY && str_known(l->f[f]) &&
		    l->f[f].p + l->f[f].n == text.p + text.n)
			l->f[f] = STR_NONE;
}

/* Of a reply that was cut the last word is perhaps not whole. */
void
postfix_drop_cut_id(struct line *l, struct str text)
{
	struct str *id = &l->f[FIELD_NEXT_QUEUE_ID];

	if (str_known(*id) && id->p + id->n == text.p + text.n)
		*id = STR_NONE;
}

/* Does s begin with the address, which stands there without its quotes? */
static bool
skip_plain(struct str *s, struct str address)
{
	bool quoted = str_starts(address, STR("\""));
	size_t n = 0;

	for (size_t i = quoted; i < address.n; i++) {
		if (quoted && address.p[i] == '"') {
			quoted = false;
			continue;
		}
		if (quoted && address.p[i] == '\\' && i + 1 < address.n)
			i++;
		if (n == s->n || s->p[n] != address.p[i])
			return false;
		n++;
	}
	*s = str_tail(*s, n);
	return true;
}

/* What follows "<address>" in s, or all of s when it begins otherwise. */
static struct str
behind_echo(struct str s, struct str address)
{
	struct str rest = s;

	if (address.n > 0 && skip_plain(&rest, address) &&
	    str_starts(rest, STR(">")))
		return rest;
	return s;
}

/* Does s end within <> or within the quotes that stand in them? */
static bool
is_open(struct str s)
{
	bool within = false, quoted = false;

	for (size_t i = 0; i < s.n; i++) {
		if (quoted && s.p[i] == '\\')
			i++;
		else if (within && s.p[i] == '"' &&
		    (quoted || s.p[i - 1] == '<'))
			quoted = !quoted;
		else if (!quoted && (s.p[i] == '<' || s.p[i] == '>'))
			within = s.p[i] == '<';
	}
	return within;
}

/*
 * smtpd's answer repeats what the client named, and an operator writes into it
 * what he likes, so that "; from=<" may well stand in it.  When an address
 * opens behind that and does not close, it is the true context of a line that
 * was cut within its recipient, who looks like a context.
 */
static bool
is_forged(const struct line *l, struct str reply)
{
	const struct str from = STR("; from=<");
	struct str rest = reply;
	size_t at = str_find(reply, from);

	if (at == STR_NPOS)
		return false;
	if (!str_known(l->f[FIELD_SENDER]))
		return true;
	if (str_find_char(reply, '<') < at)
		rest = str_tail(reply, str_find_char(reply, '<') + 1);
	rest = behind_echo(rest, l->f[FIELD_RECIPIENT]);
	rest = behind_echo(rest, l->f[FIELD_SENDER]);
	at = str_find(rest, from);
	return at != STR_NPOS && is_open(str_tail(rest, at));
}

/*
 * Postfix writes 2000 bytes of a text, syslog traditionally 1024 of a line:
 * what ends there may have lost its end.
 */
static bool
may_be_cut(const struct record *r)
{
	return r->text.n == 2000 || (r->raw.n >= 1000 && r->raw.n <= 1024);
}

/*
 * The context stands last.  Where it was cut, or something that looks like it
 * may be the client's, nothing of it is certain.
 */
void
postfix_drop_context(struct line *l, const struct record *r)
{
	static const enum field context[] = { FIELD_SENDER, FIELD_RECIPIENT,
	    FIELD_PROTOCOL_NAME, FIELD_HELO_NAME, FIELD_SASL_METHOD,
	    FIELD_SASL_USERNAME, FIELD_SASL_SENDER };
	struct str reply = l->f[FIELD_REPLY];
	struct str proto = l->f[FIELD_PROTOCOL_NAME];

	if (str_known(proto) &&
	    proto.p + proto.n == r->text.p + r->text.n &&
	    !str_ends(proto, STR("SMTP")))
		l->f[FIELD_PROTOCOL_NAME] = STR_NONE;
	if (!is_forged(l, reply) && !(may_be_cut(r) &&
	    str_known(l->f[FIELD_SENDER])))
		return;
	for (size_t i = 0; i < sizeof(context) / sizeof(*context); i++)
		l->f[context[i]] = STR_NONE;
	l->ambiguous = true;
}

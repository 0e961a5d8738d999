/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Postfix.  A tag is "<syslog name>/<daemon>", the syslog name being anything
 * ("postfix", "mail-gw", "postfix/submission", "postfix-10.1.2.3"), so the
 * daemon stands behind the last slash; a logger that cuts the tag at the first
 * slash leaves a bare "postfix".
 *
 * The rules are in postfix_rules.c and postfix_other.c, what is done about
 * lines that were cut in postfix_cut.c.  Here: which rules to try, and what
 * they cannot say: which kind an action is, the parts of a relay, the codes in
 * a reply, and the queue id in "queued as".
 */
#include "weir/ip.h"
#include "weir/mta.h"
#include "postfix_priv.h"

static const struct rule_table tables[] = {
	{ "smtpd", postfix_smtpd },
	{ "cleanup", postfix_cleanup },
	{ "qmgr", postfix_qmgr },
	{ "pickup", postfix_pickup },
	{ "delivery", postfix_delivery },
	{ "bounce", postfix_bounce },
	{ "postscreen", postfix_postscreen },
	{ "other", postfix_other },
	{ "tls", postfix_tls },
	{ "trace", postfix_trace },
	{ NULL, NULL }
};

/* The frequent ones first. */
static const struct daemon {
	struct str		 name;
	const struct rule	*rules;		/* NULL: not Postfix' */
	enum hop		 hop;
} daemons[] = {
	{ { "smtpd", 5 }, postfix_smtpd, HOP_NONE },
	{ { "smtp", 4 }, postfix_delivery, HOP_REMOTE },
	{ { "qmgr", 4 }, postfix_qmgr, HOP_NONE },
	{ { "cleanup", 7 }, postfix_cleanup, HOP_NONE },
	{ { "lmtp", 4 }, postfix_delivery, HOP_LOCAL },
	{ { "local", 5 }, postfix_delivery, HOP_LOCAL },
	{ { "virtual", 7 }, postfix_delivery, HOP_LOCAL },
	{ { "pipe", 4 }, postfix_delivery, HOP_PIPE },
	{ { "error", 5 }, postfix_delivery, HOP_NONE },
	{ { "retry", 5 }, postfix_delivery, HOP_NONE },
	{ { "discard", 7 }, postfix_delivery, HOP_NONE },
	{ { "bounce", 6 }, postfix_bounce, HOP_NONE },
	{ { "defer", 5 }, postfix_bounce, HOP_NONE },
	{ { "trace", 5 }, postfix_bounce, HOP_NONE },
	{ { "postscreen", 10 }, postfix_postscreen, HOP_NONE },
	{ { "pickup", 6 }, postfix_pickup, HOP_NONE },
	{ { "oqmgr", 5 }, postfix_qmgr, HOP_NONE },
	{ { "nqmgr", 5 }, postfix_qmgr, HOP_NONE },
	{ { "qmqpd", 5 }, postfix_smtpd, HOP_NONE },
	{ { "postsuper", 9 }, postfix_qmgr, HOP_NONE },
	{ { "anvil", 5 }, postfix_other, HOP_NONE },
	{ { "scache", 6 }, postfix_other, HOP_NONE },
	{ { "tlsproxy", 8 }, postfix_postscreen, HOP_NONE },
	{ { "tlsmgr", 6 }, postfix_other, HOP_NONE },
	{ { "dnsblog", 7 }, postfix_postscreen, HOP_NONE },
	{ { "master", 6 }, postfix_other, HOP_NONE },
	{ { "verify", 6 }, postfix_other, HOP_NONE },
	{ { "proxymap", 8 }, postfix_other, HOP_NONE },
	{ { "trivial-rewrite", 15 }, postfix_other, HOP_NONE },
	{ { "postfix-script", 14 }, postfix_other, HOP_NONE },
	{ { "flush", 5 }, postfix_other, HOP_NONE },
	{ { "showq", 5 }, postfix_other, HOP_NONE },
	{ { "spawn", 5 }, postfix_other, HOP_NONE },
	{ { "sendmail", 8 }, postfix_other, HOP_NONE },
	{ { "postdrop", 8 }, postfix_other, HOP_NONE },
	{ { "postqueue", 9 }, postfix_other, HOP_NONE },
	{ { "postmap", 7 }, postfix_other, HOP_NONE },
	{ { "postalias", 9 }, postfix_other, HOP_NONE },
	{ { "postmulti", 9 }, postfix_other, HOP_NONE },
	{ { "postlogd", 8 }, postfix_other, HOP_NONE },
	/* what an operator or a script has it say */
	{ { "postlog", 7 }, NULL, HOP_NONE },
	{ { "postfix-tls-script", 18 }, NULL, HOP_NONE },
	/* policy servers that borrow the syslog name */
	{ { "policy-spf", 10 }, NULL, HOP_NONE },
	{ { "policyd-spf", 11 }, NULL, HOP_NONE },
	{ { "policyd-weight", 14 }, NULL, HOP_NONE },
	{ { "policyd", 7 }, NULL, HOP_NONE },
	{ { "postgrey", 8 }, NULL, HOP_NONE },
};

#define NDAEMONS	(sizeof(daemons) / sizeof(daemons[0]))

/* What smtpd, cleanup and postscreen do with mail, and what that is here. */
static const struct {
	struct str	logged;
	enum line_kind	kind;
	struct str	action;		/* as weir names it */
} actions[] = {
#define A(logged, kind, action)						\
	{ { logged, sizeof(logged) - 1 }, LINE_##kind,			\
	    { action, sizeof(action) - 1 } }
	A("reject", REJECT, "reject"),
	A("milter-reject", REJECT, "milter-reject"),
	A("proxy-reject", REJECT, "proxy-reject"),
	A("hangup", REJECT, "reject"),
	A("abort", REJECT, "reject"),
	A("proxy-accept", PROXY_ACCEPT, "proxy-accept"),
	A("reject_warning", ACTION, "warn"),
	A("warning", ACTION, "warn"),
	A("warn", ACTION, "warn"),
	A("hold", ACTION, "hold"),
	A("milter-hold", ACTION, "hold"),
	A("discard", ACTION, "discard"),
	A("milter-discard", ACTION, "discard"),
	A("filter", ACTION, "filter"),
	A("redirect", ACTION, "redirect"),
	A("prepend", ACTION, "prepend"),
	A("replace", ACTION, "replace"),
	A("strip", ACTION, "strip"),
	A("bcc", ACTION, "bcc"),
	A("delay", ACTION, "delay"),
	A("info", IGNORED, "info"),
	A("pass", IGNORED, "pass"),
	A("permit", IGNORED, "permit"),
	A("trace", IGNORED, "trace"),
#undef A
};

#define NACTIONS	(sizeof(actions) / sizeof(actions[0]))

static const struct daemon *
find_daemon(struct str service)
{
	struct str name = { service.p, 0 };

	if (service.n == 0)
		return NULL;
	for (name.p += service.n; name.p > service.p && name.p[-1] != '/';
	    name.p--)
		name.n++;
	if (name.n == 0)
		return NULL;
	for (size_t i = 0; i < NDAEMONS; i++)
		if (name.n == daemons[i].name.n &&
		    name.p[0] == daemons[i].name.p[0] &&
		    str_eq(name, daemons[i].name))
			return &daemons[i];
	return NULL;
}

static bool
claims(struct str unit, struct line *ret)
{
	size_t slash = str_find_char(unit, '/');
	bool named = str_starts(unit, STR("postfix"));

	if (!named && (slash == STR_NPOS || find_daemon(unit) == NULL))
		return false;
	ret->instance = str_head(unit, slash);
	if (slash != STR_NPOS)
		ret->service = str_tail(unit, slash + 1);
	return true;
}

static void
set_action(struct line *l)
{
	const struct str of_milter = STR("milter-header-");
	struct str logged = l->f[FIELD_ACTION];
	bool subject = l->kind == LINE_SUBJECT;

	if (str_eq(logged, STR("milter-header-reject")))
		logged = STR("milter-reject");
	else if (str_starts(logged, of_milter))
		logged = str_tail(logged, of_milter.n);
	for (size_t i = 0; i < NACTIONS; i++) {
		if (!str_eq(logged, actions[i].logged))
			continue;
		/* header_checks log subjects by INFO or by WARN */
		if (!subject || !(str_eq(logged, STR("info")) ||
		    str_eq(logged, STR("warning"))))
			l->kind = actions[i].kind;
		l->f[FIELD_ACTION] = actions[i].action;
		return;
	}
	l->kind = LINE_UNKNOWN;
	memset(l->f, 0, sizeof(l->f));
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* "550 5.7.1 text", "250-2.0.0 text", "5.7.1 text" */
static void
set_codes(struct line *l, struct str s)
{
	size_t n = 0;

	if (s.n >= 3 && is_digit(s.p[0]) && is_digit(s.p[1]) &&
	    is_digit(s.p[2]) && (s.n == 3 || s.p[3] == ' ' ||
	    s.p[3] == '-')) {
		l->f[FIELD_CODE] = str_head(s, 3);
		s = str_tail(s, 4);
	}
	if (str_known(l->f[FIELD_DSN]))
		return;
	while (n < s.n && (is_digit(s.p[n]) || s.p[n] == '.'))
		n++;
	if (n >= 5 && s.p[1] == '.' && (n == s.n || s.p[n] == ' ') &&
	    str_find_char((struct str){ s.p + 2, n - 2 }, '.') != STR_NPOS)
		l->f[FIELD_DSN] = str_head(s, n);
}

/* "<id>"; "<id" that was cut, or had its '>' left out */
static void
strip_brackets(struct str *s)
{
	if (s->n >= 1 && s->p[0] == '<' &&
	    str_find_char(*s, '>') == STR_NPOS)
		*s = str_tail(*s, 1);
	if (s->n >= 2 && s->p[0] == '<' && s->p[s->n - 1] == '>')
		*s = (struct str){ s->p + 1, s->n - 2 };
}

/* What stands behind `mark` in s; unknown when it is not there. */
static struct str
behind(struct str s, struct str mark)
{
	size_t at = str_find(s, mark);

	return at == STR_NPOS ? STR_NONE : str_tail(s, at + mark.n);
}

static void
finish_action(struct line *l, const struct record *r)
{
	strip_brackets(&l->f[FIELD_SASL_SENDER]);
	if (!str_known(l->f[FIELD_REPLY]))
		return;
	set_codes(l, l->f[FIELD_REPLY]);
	postfix_drop_context(l, r);
}

/* The queue id in "queued as X" or "forwarded as X": a hint, no more. */
static void
set_next(struct line *l, struct str reply)
{
	struct str s = behind(reply, STR("queued as "));
	size_t n = 0;

	if (!str_known(s) && str_starts(reply, STR("forwarded as ")))
		s = str_tail(reply, strlen("forwarded as "));
	while (n < s.n && (is_digit(s.p[n]) ||
	    ((s.p[n] | 0x20) >= 'a' && (s.p[n] | 0x20) <= 'z')))
		n++;
	if (n >= 5 && n <= 32)
		l->f[FIELD_NEXT_QUEUE_ID] = str_head(s, n);
}

/* "host[address]:port", "host[private/socket]", "local", "none" */
static void
set_relay(struct line *l)
{
	struct str relay = l->f[FIELD_RELAY], rest;
	size_t open = str_find_char(relay, '['), close;

	if (str_eq(relay, STR("none")))
		return;
	l->f[FIELD_RELAY_HOST] = str_head(relay, open);
	rest = str_tail(relay, open == STR_NPOS ? relay.n : open + 1);
	close = str_find_char(rest, ']');
	if (close == STR_NPOS)
		return;
	if (str_find_char(str_head(rest, close), '/') == STR_NPOS)
		l->f[FIELD_RELAY_ADDRESS] = str_head(rest, close);
	rest = str_tail(rest, close + 1);
	if (rest.n > 1 && rest.p[0] == ':')
		l->f[FIELD_RELAY_PORT] = str_tail(rest, 1);
}

/* Without the daemon's name in the tag the relay tells. */
static enum hop
guess_hop(const struct line *l)
{
	struct str relay = l->f[FIELD_RELAY];

	if (!str_known(relay) || str_eq(relay, STR("none")))
		return HOP_NONE;
	if (str_eq(relay, STR("local")) || str_eq(relay, STR("virtual")))
		return HOP_LOCAL;
	if (str_known(l->f[FIELD_RELAY_ADDRESS]))
		return HOP_REMOTE;
	return str_find_char(relay, '[') != STR_NPOS ? HOP_LOCAL : HOP_PIPE;
}

static void
finish_delivery(struct line *l, const struct daemon *d)
{
	struct str reply = l->f[FIELD_REPLY], said;
	size_t slash = str_rfind_char(l->service, '/');

	if (str_known(l->f[FIELD_RELAY]))
		set_relay(l);
	if (d == NULL || d->rules != postfix_delivery) {
		l->hop = guess_hop(l);
	} else {
		l->hop = d->hop;
		l->f[FIELD_TRANSPORT] = slash == STR_NPOS ? l->service :
		    str_head(l->service, slash);
		if (d->hop == HOP_REMOTE &&
		    str_eq(l->f[FIELD_TRANSPORT], STR("relay")))
			l->hop = HOP_RELAY;
	}
	if (!str_known(reply))
		return;
	said = reply;
	if (str_starts(reply, STR("host "))) {
		said = behind(reply, STR(" said: "));
		if (!str_known(said))
			said = behind(reply, STR(" to talk to me: "));
	}
	set_codes(l, said);
	set_next(l, reply);
	/* A whole line's end again: which of the two is the reply's? */
	said = behind(reply, STR(">, "));
	if (str_starts(said, STR("relay=")) ||
	    str_starts(said, STR("orig_to=")))
		l->ambiguous = true;
}

/* "3", all of them; "1/3", one of three */
static void
finish_disconnect(struct line *l)
{
	struct str rcpt = l->f[FIELD_RCPT_ACCEPTED];
	size_t slash = str_find_char(rcpt, '/');

	if (str_known(rcpt)) {
		l->f[FIELD_RCPT_TOTAL] = slash == STR_NPOS ? rcpt :
		    str_tail(rcpt, slash + 1);
		l->f[FIELD_RCPT_ACCEPTED] = str_head(rcpt, slash);
	}
	l->f[FIELD_DATA_ACCEPTED] = str_head(l->f[FIELD_DATA_ACCEPTED],
	    str_find_char(l->f[FIELD_DATA_ACCEPTED], '/'));
}

static void
finish_client(struct line *l)
{
	struct str sender = l->f[FIELD_SASL_SENDER];

	if (!str_known(l->f[FIELD_QUEUE_ID]))
		l->kind = LINE_PROXY_CLIENT;
	/*
	 * The client gives its sender, so what follows may be its own, too.  A
	 * method without a name is a line that was cut.
	 */
	if (str_find(sender, STR(", orig_")) != STR_NPOS ||
	    (str_known(l->f[FIELD_SASL_METHOD]) &&
	    !str_known(l->f[FIELD_SASL_USERNAME])))
		l->ambiguous = true;
	strip_brackets(&l->f[FIELD_SASL_SENDER]);
}

/* The mechanism's name is the client's, so it may hold the words, too. */
static void
finish_auth(struct line *l)
{
	const struct str words = STR(" authentication failed: ");

	if (str_find(l->f[FIELD_REASON], words) == STR_NPOS &&
	    str_find(l->f[FIELD_SASL_USERNAME], words) == STR_NPOS)
		return;
	l->f[FIELD_SASL_METHOD] = l->f[FIELD_SASL_USERNAME] =
	    l->f[FIELD_REASON] = STR_NONE;
	l->ambiguous = true;
}

/* Refused with a warning only: what smtpd answers is known, not logged. */
static void
finish_warned(struct line *l)
{
	struct str *to = &l->f[FIELD_RECIPIENT];

	l->f[FIELD_ACTION] = STR("reject");
	if (!str_known(l->f[FIELD_STAGE])) {
		bool chunk = str_known(l->f[FIELD_CLIENT_ADDRESS]);

		l->f[FIELD_STAGE] = chunk ? STR("BDAT") : STR("DATA");
		l->f[FIELD_CODE] = STR("552");
		l->f[FIELD_DSN] = STR("5.3.4");
		l->f[FIELD_REPLY] = chunk ?
		    STR("Chunk exceeds message size limit") :
		    STR("queue file size limit exceeded");
		return;
	}
	l->f[FIELD_CODE] = STR("501");
	l->f[FIELD_DSN] = STR("5.1.3");
	l->f[FIELD_REPLY] = STR("Illegal address syntax");
	if (str_eq(l->f[FIELD_STAGE], STR("MAIL"))) {
		l->f[FIELD_DSN] = STR("5.1.7");
		l->f[FIELD_SENDER] = *to;
		*to = STR_NONE;
	}
}

/* anvil: "service:address", the service being a name or "host:port" */
static void
finish_statistics(struct line *l, struct str text)
{
	struct str *address = &l->f[FIELD_CLIENT_ADDRESS], service;
	struct ip ip;

	if (!str_known(*address))
		return;
	service = str_head(text, (size_t)(address->p - text.p));
	service = str_tail(service, str_rfind_char(service, '(') + 1);
	if (str_find_char(service, '.') != STR_NPOS ||
	    !ip_parse(*address, &ip))
		*address = str_tail(*address,
		    str_find_char(*address, ':') + 1);
	if (!ip_parse(*address, &ip))
		*address = STR_NONE;
}

static void
finish(struct line *l, const struct daemon *d, const struct record *r)
{
	struct str text = r->text;

	switch (l->kind) {
	case LINE_CLIENT:
		finish_client(l);
		break;
	case LINE_AUTH_FAILED:
		finish_auth(l);
		break;
	case LINE_QUEUED:
	case LINE_EXPIRED:
		postfix_drop_cut(l, text);
		break;
	case LINE_DISCONNECT:
		finish_disconnect(l);
		break;
	case LINE_MESSAGE_ID:
		strip_brackets(&l->f[FIELD_MESSAGE_ID]);
		strip_brackets(&l->f[FIELD_RESENT_MESSAGE_ID]);
		break;
	case LINE_DELIVERY:
		postfix_drop_cut(l, text);
		finish_delivery(l, d);
		postfix_drop_cut_id(l, text);
		break;
	case LINE_REJECT:
		if (!str_known(l->f[FIELD_REPLY])) {
			finish_warned(l);
			break;
		}
		l->f[FIELD_ACTION] = STR("proxy-reject");
		set_codes(l, l->f[FIELD_REPLY]);
		postfix_drop_context(l, r);
		break;
	case LINE_PROXY_ACCEPT:
		set_codes(l, l->f[FIELD_REPLY]);
		set_next(l, l->f[FIELD_REPLY]);
		break;
	case LINE_ACTION:
	case LINE_SUBJECT:
		if (!str_known(l->f[FIELD_ACTION]))	/* or by postsuper */
			l->f[FIELD_ACTION] = str_known(l->f[FIELD_STAGE]) ?
			    STR("reject") : STR("hold");
		set_action(l);
		finish_action(l, r);
		break;
	case LINE_STATISTICS:
		finish_statistics(l, text);
		break;
	default:
		break;
	}
}

/*
 * The daemon's own table, what all have in common, then the others; without
 * the daemon's name all in turn.
 */
static void
parse(const struct record *record, struct line *ret)
{
	const struct daemon *d = find_daemon(ret->service);
	bool read;

	if (d != NULL && d->rules == NULL) {
		ret->kind = LINE_IGNORED;
		return;
	}
	read = d != NULL && (rule_parse(d->rules, record->text, ret) ||
	    rule_parse(postfix_other, record->text, ret));
	for (size_t i = 0; !read && tables[i].name != NULL; i++)
		read = rule_parse(tables[i].rules, record->text, ret);
	if (read)
		finish(ret, d, record);
}

const struct mta mta_postfix = {
	.name = "postfix",
	.claims = claims,
	.parse = parse,
	.tables = tables,
};

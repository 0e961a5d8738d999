/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every option weir has.  A row here is all that a new option needs: the
 * reader, `weir config` and the test of the manual page read this table.  What
 * every detector has is options_detector.c's.
 *
 * A section or detector that only a later release knows is named here too, so
 * that one file can serve several releases: it is a warning, not a mistake.
 */
#include "weir/options.h"

#include <stdio.h>
#include <strings.h>

#include "options_priv.h"
#include "weir/detect.h"
#include "weir/suggest.h"
#include "weir/usec.h"

static int
check_network(struct str s, struct error *err)
{
	struct ip_net net;

	if (ip_net_parse(s, &net))
		return 0;
	return error_set(err, "\"%.*s\" is not a network such as "
	    "192.0.2.0/24, 192.0.2.7 or 2001:db8::/32", STRF(s));
}

static bool
is_word(struct str s, const char *more)
{
	size_t i;

	for (i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		/* Bytes above ASCII: domains in UTF-8 (RFC 6531). */
		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		    (c >= '0' && c <= '9') || c >= 0x80 ||
		    (c != '\0' && strchr(more, c) != NULL)))
			return false;
	}
	return s.n > 0;
}

static int
check_domain(struct str s, struct error *err)
{
	struct str d = s;
	struct ip ip;

	if (d.n > 2 && d.p[0] == '[' && d.p[d.n - 1] == ']' &&
	    ip_parse((struct str){ d.p + 1, d.n - 2 }, &ip))
		return 0;
	if (d.n > 1 && d.p[0] == '.')
		d = str_tail(d, 1);
	if (d.n <= 255 && is_word(d, "-_.") && d.p[0] != '.' &&
	    str_find(d, STR("..")) == STR_NPOS)
		return 0;
	return error_set(err, "\"%.*s\" is not a domain such as example.org, "
	    ".example.org (with all below it) or [192.0.2.1]", STRF(s));
}

static int
check_address(struct str s, struct error *err)
{
	struct str domain = str_domain(s);

	if (domain.n > 0 && domain.n + 1 < s.n &&
	    check_domain(domain, NULL) == 0)
		return 0;
	return error_set(err, "\"%.*s\" is not a mail address", STRF(s));
}

static int
check_listen(struct str s, struct error *err)
{
	struct ip ip;
	int port;

	return option_listen_parse(s, &ip, &port, err);
}

static int
check_url(struct str s, struct error *err)
{
	struct str rest, host;
	size_t i;

	if (str_starts(s, STR("https://")))
		rest = str_tail(s, 8);
	else if (str_starts(s, STR("http://")))
		rest = str_tail(s, 7);
	else
		return error_set(err, "\"%.*s\" does not begin with https:// "
		    "or http://", STRF(s));
	for (i = 0; i < rest.n && strchr("/?#", rest.p[i]) == NULL; i++)
		;
	host = str_head(rest, i);
	if (str_find_char(host, '@') != STR_NPOS)
		return error_set(err, "a URL with a password in it is not "
		    "taken; the secret belongs into the secret-file");
	if (host.n == 0 || host.p[0] == ':')
		return error_set(err, "\"%.*s\" names no host", STRF(s));
	for (i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] <= ' ' || s.p[i] == 0x7f)
			return error_set(err, "\"%.*s\" has a blank in it",
			    STRF(s));
	if (s.n >= 1024)
		return error_set(err, "is longer than 1023 bytes");
	return 0;
}

static int
check_zone(struct str s, struct error *err)
{
	if (s.n < 64 && is_word(s, "/_+-") && s.p[0] != '/')
		return 0;
	return error_set(err, "\"%.*s\" is not a time zone such as "
	    "Europe/Berlin or UTC", STRF(s));
}

static int
check_name(struct str s, struct error *err)
{
	if (s.n < 256 && is_word(s, "-_."))
		return 0;
	return error_set(err, "\"%.*s\" is not a name", STRF(s));
}

static int
check_sender(struct str s, struct error *err)
{
	struct str domain = str_domain(s);

	if (domain.n > 0 && check_domain(domain, NULL) == 0)
		return 0;
	return error_set(err, "\"%.*s\" is neither a mail address nor a "
	    "@domain", STRF(s));
}

static int
check_user(struct str s, struct error *err)
{
	if (s.n < KEY_TEXT_MAX)
		return 0;
	return error_set(err, "\"%.*s...\" is longer than %d bytes",
	    STRF(str_head(s, 40)), KEY_TEXT_MAX - 1);
}

static int
check_detector(struct str s, struct error *err)
{
	const struct detector *d;
	const char *best = NULL;
	char name[SUGGEST_MAX];

	if (detector_find(s) != NULL)
		return 0;
	str_copy(s, name, sizeof(name));
	for (size_t i = 0; (d = detector_at(i)) != NULL; i++)
		suggest_try(name, d->name, &best);
	return error_set(err, "there is no detector \"%s\"%s%s%s", name,
	    best == NULL ? "; `weir config options` lists them" : "; is \"",
	    best == NULL ? "" : best, best == NULL ? "" : "\" meant?");
}

static int
check_until(struct str s, struct error *err)
{
	int64_t at;

	if (option_until_parse(s, &at))
		return 0;
	return error_set(err, "\"%.*s\" is neither a day such as 2027-03-31 "
	    "nor a time such as 2027-03-31T18:00:00Z", STRF(s));
}

#define NONE	NULL
#define YEARS	(INT64_C(366) * 86400 * 1000000)
#define DAYS	(INT64_C(86400) * 1000000)
#define SECONDS	INT64_C(1000000)
#define ONE	OPTION_NUMBER_ONE

static const struct option_row rows[] = {
	{ "weir", NONE, "state-dir", OPTION_PATH, "/var/lib/weir", 0, 0,
	    NULL, NULL,
	    "Directory of the database and of the daemon's socket." },
	{ "weir", NONE, "retention", OPTION_SPAN, "90d", 1 * DAYS, 100 * YEARS,
	    NULL, NULL,
	    "Events older than this are dropped." },
	{ "weir", NONE, "max-size", OPTION_SIZE, "0", 0, INT64_C(1) << 50,
	    NULL, NULL,
	    "Of a larger database the oldest events are dropped; 0 is any "
	    "size." },
	{ "weir", NONE, "hold", OPTION_SPAN, "2s", 0, 60 * SECONDS,
	    NULL, NULL,
	    "How long an event waits for the log to tell where its message "
	    "came from." },
	{ "weir", NONE, "user", OPTION_TEXT, "weir", 0, 0, NULL, check_name,
	    "Whom the daemon becomes when it was started as root." },
	{ "weir", NONE, "log-level", OPTION_CHOICE, "info", 0, 0,
	    "error|warn|info|debug", NULL,
	    "How much the daemon says of itself." },
	{ "weir", NONE, "partition-rows", OPTION_INT, "1000000", 100,
	    100000000, NULL, NULL,
	    "Events of a partition of the database before the next begins." },
	{ "weir", NONE, "subjects", OPTION_BOOL, "false", 0, 0, NULL, NULL,
	    "Whether subjects are stored, where the log has them." },
	{ "weir", NONE, "budget", OPTION_NUMBER, "1", ONE / 100, 1000 * ONE,
	    NULL, NULL,
	    "How many false alarms a week the statistics may raise." },
	{ "weir", NONE, "statistics-memory", OPTION_SIZE, "128M",
	    INT64_C(1) << 20, INT64_C(1) << 40, NULL, NULL,
	    "How much memory the statistics of all keys may take." },

	{ "policy", NONE, "trusted-networks", OPTION_LIST, NULL, 0, 0,
	    NULL, check_network,
	    "Networks that may relay without logging in." },
	{ "policy", NONE, "local-domains", OPTION_LIST, NULL, 0, 0,
	    NULL, check_domain,
	    "Domains whose mail is delivered or rewritten here." },
	{ "policy", NONE, "relay-domains", OPTION_LIST, NULL, 0, 0,
	    NULL, check_domain,
	    "Domains whose mail is handed on to their own hosts." },
	{ "policy", NONE, "copies", OPTION_LIST, NULL, 0, 0,
	    NULL, check_address,
	    "Addresses to which the MTA itself sends a copy of others' mail "
	    "(always_bcc and its kin)." },

	{ "source", NONE, "enabled", OPTION_BOOL, "true", 0, 0, NULL, NULL,
	    "Whether this source is read." },
	{ "source", NONE, "path", OPTION_PATH, NULL, 0, 0, NULL, NULL,
	    "The log file, or a journal's file or directory; [source journal] "
	    "without it is this host's journal." },
	{ "source", NONE, "timezone", OPTION_TEXT, NULL, 0, 0, NULL,
	    check_zone,
	    "Zone of the stamps that name none; the host's own by default." },
	{ "source", NONE, "host", OPTION_TEXT, NULL, 0, 0, NULL, check_name,
	    "Host of the lines that name none; this host by default." },
	{ "source", NONE, "year", OPTION_INT, NULL, 1970, 2100, NULL, NULL,
	    "Year of the first stamp that names none; found out by default." },

	{ "http", NONE, "enabled", OPTION_BOOL, "true", 0, 0, NULL, NULL,
	    "Whether the daemon answers HTTP." },
	{ "http", NONE, "listen", OPTION_TEXT, "127.0.0.1:8425", 0, 0, NULL,
	    check_listen,
	    "Loopback address and port of the HTTP interface." },

	{ "baseline", NONE, "gate", OPTION_NUMBER, "0.001", 1, ONE / 10,
	    NULL, NULL,
	    "A count is looked at when chance brings it, or more, at most "
	    "this often." },
	{ "baseline", NONE, "young", OPTION_SPAN, "3d", 0, 60 * DAYS,
	    NULL, NULL,
	    "Windows of a day and more count only after so long." },
	{ "baseline", NONE, "half-life", OPTION_SPAN, "21d", 1 * DAYS,
	    365 * DAYS, NULL, NULL,
	    "What is this old weighs half in what is usual." },
	{ "baseline", NONE, "record", OPTION_NUMBER, "0.9", 0, 10 * ONE,
	    NULL, NULL,
	    "How much of its largest burst of the past is usual for a key; "
	    "0: nothing." },
	{ "baseline", NONE, "bounces", OPTION_NUMBER, "0.035", 0, ONE,
	    NULL, NULL,
	    "What share of the recipients may always be refused elsewhere." },
	{ "baseline", NONE, "joint-most", OPTION_NUMBER, "1.5", 0, 10 * ONE,
	    NULL, NULL,
	    "Decades that one other kind of evidence adds at most." },
	{ "baseline", NONE, "joint-within", OPTION_SPAN, "2h", 0, 30 * DAYS,
	    NULL, NULL,
	    "How long a kind of evidence adds to others." },
	{ "baseline", NONE, "joint-guessing", OPTION_SPAN, "24h", 0,
	    30 * DAYS, NULL, NULL,
	    "The same for failed logins." },
	{ "baseline", NONE, "new-source", OPTION_NUMBER, "1", 0, 10 * ONE,
	    NULL, NULL,
	    "Decades that a network adds which is new to the login." },
	{ "baseline", NONE, "alarm", OPTION_SPAN, "24h", 60 * SECONDS,
	    30 * DAYS, NULL, NULL,
	    "How long an alarm explains what its key does, which is not "
	    "learnt as usual then." },
	{ "baseline", NONE, "quiet", OPTION_SPAN, "24h", 60 * SECONDS,
	    365 * DAYS, NULL, NULL,
	    "An alert is over when nothing more was seen for so long." },
	{ "baseline", NONE, "pause", OPTION_SPAN, "3h", 0, 30 * DAYS,
	    NULL, NULL,
	    "Another key joins what goes on under a detector that has one "
	    "incident, unless it has paused for so long." },

	{ "exempt", NONE, "reason", OPTION_TEXT, NULL, 0, 0, NULL, NULL,
	    "Why, in words that the alerts will show." },
	{ "exempt", NONE, "user", OPTION_LIST, NULL, 0, 0, NULL,
	    check_user,
	    "Logins and local users." },
	{ "exempt", NONE, "sender", OPTION_LIST, NULL, 0, 0, NULL,
	    check_sender,
	    "Senders, or @domain for all of a domain's, where the client may "
	    "be believed." },
	{ "exempt", NONE, "client", OPTION_LIST, NULL, 0, 0, NULL,
	    check_network,
	    "Addresses or networks of clients." },
	{ "exempt", NONE, "network", OPTION_LIST, NULL, 0, 0, NULL,
	    check_network,
	    "Further ones: client and network are one list." },
	{ "exempt", NONE, "detectors", OPTION_LIST, NULL, 0, 0, NULL,
	    check_detector,
	    "Detectors that it is for; all by default." },
	{ "exempt", NONE, "until", OPTION_TEXT, NULL, 0, 0, NULL,
	    check_until,
	    "The day it ends with, or the time; never by default." },

	{ "webhook", NONE, "url", OPTION_TEXT, NULL, 0, 0, NULL, check_url,
	    "Where alerts are posted; http or https." },
	{ "webhook", NONE, "format", OPTION_CHOICE, "standard", 0, 0,
	    "standard", NULL,
	    "Form of the body and of the headers: standard is Standard "
	    "Webhooks 1.0.0." },
	{ "webhook", NONE, "secret-file", OPTION_SECRET_FILE, NULL, 0, 0,
	    NULL, NULL,
	    "File of the signing secrets, whsec_ and base64, one to a line." },
	{ "webhook", NONE, "allow-private", OPTION_BOOL, "false", 0, 0,
	    NULL, NULL,
	    "Whether the target may be a loopback or private address." },
	{ "webhook", NONE, "timeout", OPTION_SPAN, "15s", 1 * SECONDS,
	    120 * SECONDS, NULL, NULL,
	    "How long the receiver may take to answer." },
	{ "webhook", NONE, "ca-file", OPTION_PATH, NULL, 0, 0, NULL, NULL,
	    "Certificates to trust in place of the system's, PEM." },

	{ "detector", "blind", "enabled", OPTION_BOOL, "true", 0, 0,
	    NULL, NULL,
	    "Whether it raises an alert that weir sees less than usual." },
	{ "detector", "blind", "shadow", OPTION_BOOL, "false", 0, 0,
	    NULL, NULL,
	    "Whether its alerts are listed, but told to nobody." },
	{ "detector", "blind", "silence", OPTION_SPAN, "15m", 60 * SECONDS,
	    30 * DAYS, NULL, NULL,
	    "A source may always be silent for so long." },
	{ "detector", "blind", "unknown", OPTION_INT, "5", 1, 100, NULL, NULL,
	    "So many per cent of an hour's lines may always be unknown." },
};
#define NROWS	(sizeof(rows) / sizeof(rows[0]))

const struct option_row *
option_at(size_t i)
{
	return i < NROWS ? &rows[i] : option_detector_at(i - NROWS);
}

static const struct {
	const char	*section, *name, *sentence;
} later[] = {
#define LATER(what)	what " in this build; the section is passed over"
	{ "silence", NULL, LATER("silences are not") },
	{ "maintenance", NULL, LATER("maintenance windows are not") },
	{ "receiver", NULL, LATER("receivers other than [webhook NAME] "
	    "are not") },
	{ "heartbeat", NULL, LATER("the heartbeat is not") },
	{ "mail", NULL, LATER("alerts by mail are not") },
	{ "action", NULL, LATER("actions on alerts are not") },
	{ "policy-service", NULL, LATER("the policy service is not") },
	{ "audit", NULL, LATER("the audit is not") },
	{ "probe", NULL, LATER("the relay probe is not") },
	{ "privacy", NULL, LATER("pseudonyms are not") },
	{ "token", NULL, LATER("tokens of the HTTP interface are not") },
#define X(name)	{ "detector", name, LATER("the detector " name " is not") },
	X("address-collapse") X("plaintext-auth")
#undef X
#undef LATER
};

static const struct {
	const char	*kind;
	int		 named;
} sections[] = {
	{ "weir", 0 }, { "policy", 0 }, { "source", 1 }, { "http", 0 },
	{ "baseline", 0 }, { "detector", 1 }, { "exempt", 1 },
	{ "webhook", 1 },
};

const struct option_row *
option_find(const char *section, const char *name, const char *key)
{
	const struct option_row *r;

	for (size_t i = 0; (r = option_at(i)) != NULL; i++)
		if (strcmp(r->section, section) == 0 &&
		    strcmp(r->key, key) == 0 && (r->name == NULL ||
		    (name != NULL && strcmp(r->name, name) == 0)))
			return r;
	return NULL;
}

const char *
option_type_name(enum option_type t)
{
	static const char *const names[] = {
		[OPTION_BOOL] = "true or false",
		[OPTION_INT] = "number",
		[OPTION_NUMBER] = "number with decimals",
		[OPTION_SPAN] = "span of time",
		[OPTION_SIZE] = "size",
		[OPTION_TEXT] = "text",
		[OPTION_CHOICE] = "choice",
		[OPTION_LIST] = "list",
		[OPTION_PATH] = "path",
		[OPTION_SECRET_FILE] = "path of a secret",
	};

	return names[t];
}

bool
option_section_known(const char *section)
{
	size_t i;

	for (i = 0; i < sizeof(sections) / sizeof(sections[0]); i++)
		if (strcmp(sections[i].kind, section) == 0)
			return true;
	return false;
}

int
option_section_named(const char *section)
{
	size_t i;

	for (i = 0; i < sizeof(sections) / sizeof(sections[0]); i++)
		if (strcmp(sections[i].kind, section) == 0)
			return sections[i].named;
	return 0;
}

bool
option_name_known(const char *section, const char *name)
{
	const struct option_row *r;
	bool closed = false;

	for (size_t i = 0; (r = option_at(i)) != NULL; i++) {
		if (r->name == NULL || strcmp(r->section, section) != 0)
			continue;
		if (strcmp(r->name, name) == 0)
			return true;
		closed = true;
	}
	return !closed;
}

const char *
option_section_later(const char *section, const char *name)
{
	size_t i;

	if (name != NULL && detector_find(str_of(name)) != NULL)
		return NULL;
	for (i = 0; i < sizeof(later) / sizeof(later[0]); i++)
		if (strcmp(later[i].section, section) == 0 &&
		    (later[i].name == NULL || (name != NULL &&
		    strcmp(later[i].name, name) == 0)) &&
		    later[i].sentence != NULL)
			return later[i].sentence;
	return NULL;
}

/* A day ends where the next begins, in UTC. */
bool
option_until_parse(struct str s, int64_t *ret)
{
	char text[USEC_TEXT_MAX];

	if (usec_parse(s, ret))
		return true;
	if (s.n != strlen("2027-03-31"))
		return false;
	(void)snprintf(text, sizeof(text), "%.*sT00:00:00Z", STRF(s));
	if (!usec_parse(str_of(text), ret))
		return false;
	*ret += USEC_PER_DAY;
	return true;
}

int
option_listen_parse(struct str s, struct ip *ret_ip, int *ret_port,
    struct error *err)
{
	size_t colon = str_rfind_char(s, ':');
	struct str host, port;
	struct ip ip;
	uint64_t n;

	if (colon == STR_NPOS)
		goto malformed;
	host = str_head(s, colon);
	port = str_tail(s, colon + 1);
	if (str_eq_nocase(host, STR("localhost")))
		host = STR("127.0.0.1");
	else if (host.n > 2 && host.p[0] == '[' && host.p[host.n - 1] == ']')
		host = (struct str){ host.p + 1, host.n - 2 };
	else if (str_find_char(host, ':') != STR_NPOS)
		goto malformed;
	if (!ip_parse(host, &ip) || !str_to_u64(port, &n) || n > 65535)
		goto malformed;
	if (!ip_is_loopback(&ip))
		return error_set(err, "\"%.*s\" is not a loopback address: "
		    "weir answers this host only, put a reverse proxy before "
		    "it", STRF(s));
	*ret_ip = ip;
	*ret_port = (int)n;
	return 0;
malformed:
	return error_set(err, "\"%.*s\" is not an address and port such as "
	    "127.0.0.1:8425 or [::1]:8425", STRF(s));
}

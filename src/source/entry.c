/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What of the journal is mail's, and an entry of it as a line.
 *
 * Everything with the facility "mail" is, and everything under the names of
 * mail programs, for a mail server may use another facility or write to
 * standard output.  Any local user may write under any name and facility, but
 * journald itself says who did: fields that begin with '_' are its own.
 *
 * The entry becomes the line that rsyslog would have written of it, so that
 * what follows treats both alike; blanks and marks in a name, which would move
 * the line's parts, are replaced.
 */
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <systemd/sd-messages.h>
#include <unistd.h>

#include "weir/mem.h"

#include "journal.h"

/* Names looked through at a time: a user can make up any number. */
#define NAMES_SEEN_MAX	100000

struct entry {
	char		host[256], name[128], comm[64], pid[16], spid[16];
	char		uid[16], unit[256], transport[16], at[24], id[40];
	struct str	message;	/* in the batch, behind the header */
};

static const struct { const char *name; size_t at, size; } fields[] = {
#define F(n, m) { n "=", offsetof(struct entry, m), \
	sizeof(((struct entry *)0)->m) }
	F("_HOSTNAME", host), F("SYSLOG_IDENTIFIER", name), F("_COMM", comm),
	F("_PID", pid), F("SYSLOG_PID", spid), F("_UID", uid),
	F("_SYSTEMD_UNIT", unit), F("_TRANSPORT", transport),
	F("_SOURCE_REALTIME_TIMESTAMP", at), F("MESSAGE_ID", id),
#undef F
};

static bool
is_mail_name(struct str name)
{
	const struct record r = { .unit = name, .text = STR("") };
	struct line l;

	if (str_starts(name, STR("systemd")) || name.n >= 128)
		return false;
	mta_parse(&r, &l);
	/* None reads it, but it is a mail server's: its lines shall show. */
	if (l.mta == NULL)
		return l.kind == LINE_UNKNOWN;
	return strcmp(l.mta->name, "neighbours") != 0 &&
	    str_find(name, STR("syslog")) == STR_NPOS;
}

size_t
journal_find_names(sd_journal *j, struct journal_names *names)
{
	const size_t skip = strlen("SYSLOG_IDENTIFIER=");
	size_t n, i, seen = 0, before = names->n;
	const void *data;
	struct str name;

	if (sd_journal_query_unique(j, "SYSLOG_IDENTIFIER") < 0)
		return 0;
	sd_journal_restart_unique(j);
	while (names->n < JOURNAL_IDENTIFIERS_MAX &&
	    seen++ < NAMES_SEEN_MAX &&
	    sd_journal_enumerate_available_unique(j, &data, &n) > 0) {
		if (n <= skip)
			continue;
		name = (struct str){ (const char *)data + skip, n - skip };
		if (!is_mail_name(name) || memchr(name.p, '\0', name.n))
			continue;
		for (i = 0; i < names->n; i++)
			if (str_eq(str_of(names->v[i]), name))
				break;
		if (i == names->n)
			names->v[names->n++] = str_dup(name);
	}
	return names->n - before;
}

void
journal_names_done(struct journal_names *names)
{
	while (names->n > 0)
		free(names->v[--names->n]);
}

static int
match(sd_journal *j, const char *text)
{
	return sd_journal_add_match(j, text, 0);
}

int
journal_match(sd_journal *j, const struct journal_names *names)
{
	char text[160];
	size_t i;
	int r;

	sd_journal_flush_matches(j);
	if ((r = match(j, "SYSLOG_FACILITY=2")) < 0 ||
	    (r = sd_journal_add_disjunction(j)) < 0)
		return r;
	for (i = 0; i < names->n; i++) {
		snprintf(text, sizeof(text), "SYSLOG_IDENTIFIER=%s",
		    names->v[i]);
		if ((r = match(j, text)) < 0)
			return r;
	}
	if ((r = sd_journal_add_disjunction(j)) < 0 ||
	    (r = match(j, "_TRANSPORT=driver")) < 0)
		return r;
	return match(j, "MESSAGE_ID=" SD_MESSAGE_JOURNAL_DROPPED_STR);
}

bool
journal_has_mail(const char *root)
{
	struct journal_names names = { 0 };
	sd_journal *j = NULL;
	char path[4096];
	bool r = false;

	snprintf(path, sizeof(path), "%s/var/log/journal", root);
	if ((root[0] == '\0' ? sd_journal_open(&j, SD_JOURNAL_SYSTEM |
	    SD_JOURNAL_LOCAL_ONLY) : sd_journal_open_directory(&j, path,
	    0)) < 0)
		return false;
	journal_find_names(j, &names);
	/* Without its own word: that is on every host. */
	r = sd_journal_add_match(j, "SYSLOG_FACILITY=2", 0) >= 0 &&
	    sd_journal_seek_tail(j) >= 0 && sd_journal_previous(j) > 0;
	if (!r && names.n > 0)
		r = journal_match(j, &names) >= 0 &&
		    sd_journal_seek_tail(j) >= 0 && sd_journal_previous(j) > 0;
	sd_journal_close(j);
	journal_names_done(&names);
	return r;
}

void
journal_find_users(struct journal_users *users)
{
	static const char *const names[] = { "postfix", "Debian-exim", "exim",
	    "smmta", "smmsp", "opensmtpd", "_smtpd", "mailnull" };
	struct passwd pw, *found;
	char buf[4096];
	size_t i;

	users->n = 0;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (getpwnam_r(names[i], &pw, buf, sizeof(buf), &found) == 0 &&
		    found != NULL)
			users->v[users->n++] = pw.pw_uid;
}

static bool
is_mail_unit(struct str unit)
{
	static const struct str starts[] = {
		{ "postfix", 7 }, { "exim", 4 }, { "sendmail", 8 },
		{ "opensmtpd", 9 }, { "smtpd", 5 },
	};
	size_t i, n;

	if (!str_ends(unit, STR(".service")))
		return false;
	for (i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
		n = starts[i].n;
		/* "exim4.service", "postfix@-.service", "postfix-out..." */
		if (str_starts(unit, starts[i]) && !(unit.p[n] >= 'a' &&
		    unit.p[n] <= 'z'))
			return true;
	}
	return false;
}

static enum provenance
provenance_of(const struct entry *e, const struct journal_users *users)
{
	struct str transport = str_of(e->transport);
	uint64_t uid;
	size_t i;

	/* journald's own words. */
	if (str_eq(transport, STR("driver")))
		return PROVENANCE_TRUSTED;
	if (!str_to_u64(str_of(e->uid), &uid) ||
	    (!str_eq(transport, STR("syslog")) &&
	    !str_eq(transport, STR("stdout")) &&
	    !str_eq(transport, STR("journal"))))
		return PROVENANCE_LOG;
	if (uid == 0 || is_mail_unit(str_of(e->unit)))
		return PROVENANCE_TRUSTED;
	for (i = 0; users != NULL && i < users->n; i++)
		if (users->v[i] == uid)
			return PROVENANCE_TRUSTED;
	return PROVENANCE_LOCAL_USER;
}

/* Collect the fields; the message goes to `text`, cut to fit. */
static int
entry_read(sd_journal *j, struct entry *e, char *text, size_t size)
{
	const size_t skip = strlen("MESSAGE=");
	const void *data;
	struct str s;
	size_t i, n;
	char *to;
	int r;

	memset(e, 0, sizeof(*e));
	e->message = (struct str){ text, 0 };
	sd_journal_restart_data(j);
	while ((r = sd_journal_enumerate_available_data(j, &data, &n)) > 0) {
		s = (struct str){ data, n };
		if (str_starts(s, STR("MESSAGE="))) {
			s = str_head(str_tail(s, skip), size);
			if (e->message.n == 0)
				memcpy(text, s.p, e->message.n = s.n);
			continue;
		}
		for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
			to = (char *)e + fields[i].at;
			if (to[0] == '\0' &&
			    str_starts(s, str_of(fields[i].name)))
				str_copy(str_tail(s, strlen(fields[i].name)),
				    to, fields[i].size);
		}
	}
	return r;
}

/* A word of the header: nothing in it ends it. */
static const char *
as_word(char *s, const char *otherwise)
{
	char *p;

	for (p = s; *p != '\0'; p++)
		if ((unsigned char)*p <= ' ' || strchr("[]:", *p) != NULL)
			*p = '_';
	return s[0] == '\0' ? otherwise : s;
}

/* The writer's own clock, unless it is far from when the entry came. */
static int64_t
entry_at(sd_journal *j, const struct entry *e)
{
	uint64_t came = 0;
	int64_t at;

	if (sd_journal_get_realtime_usec(j, &came) < 0)
		came = 0;
	if (!str_to_i64(str_of(e->at), &at) ||
	    at > (int64_t)came + USEC_PER_SEC ||
	    at < (int64_t)came - USEC_PER_HOUR)
		return (int64_t)came;
	return at;
}

/* journald's "Suppressed 12 messages from UNIT": of a mail server's unit? */
static bool
is_other_loss(const struct entry *e)
{
	size_t at = str_rfind_char(e->message, ' ');
	struct str unit = str_tail(e->message, at == STR_NPOS ? 0 : at + 1);

	if (!str_eq(str_of(e->transport), STR("driver")) ||
	    !str_eq(str_of(e->id), STR(SD_MESSAGE_JOURNAL_DROPPED_STR)))
		return false;
	at = str_rfind_char(unit, '/');
	if (at != STR_NPOS)
		unit = str_tail(unit, at + 1);
	return !is_mail_unit(unit) && (str_ends(unit, STR(".service")) ||
	    str_ends(unit, STR(".scope")) || str_ends(unit, STR(".socket")));
}

int
journal_take(sd_journal *j, struct batch *b, struct cutter *c,
    const struct journal_users *users)
{
	char head[1024], stamp[USEC_TEXT_MAX];
	char *line = b->bytes + b->n;
	struct entry e;
	size_t n;
	int r;

	/* The header's room is not known before the fields are read. */
	r = entry_read(j, &e, line + sizeof(head),
	    LINE_MAX_BYTES - sizeof(head));
	if (r < 0)
		return r;
	if (is_other_loss(&e))
		return 0;
	b->counts.cut += e.message.n == LINE_MAX_BYTES - sizeof(head);
	n = (size_t)snprintf(head, sizeof(head), "%.*s %s %s",
	    STRF(usec_print(entry_at(j, &e), stamp)),
	    as_word(e.host, b->stream.host),
	    as_word(e.name, as_word(e.comm, "unknown")));
	n += (size_t)snprintf(head + n, sizeof(head) - n,
	    e.spid[0] == '\0' && e.pid[0] == '\0' ? ": " : "[%s]: ",
	    as_word(e.spid, e.pid));
	memcpy(line, head, n);
	memmove(line + n, e.message.p, e.message.n);
	n += e.message.n;
	c->syslog.host = str_of(b->stream.host);
	batch_parse(b, c, line, n, provenance_of(&e, users));
	b->counts.bytes += n;
	b->n += n;
	return 0;
}

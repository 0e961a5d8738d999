/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What of the journal is mail's, and an entry of it as a line.
 *
 * Everything with the facility "mail" is, and everything under the names of
 * mail programs, for a mail server may use another facility or write to
 * standard output.  Of containers (Docker's journald driver) it is what comes
 * from one whose name, or whose image's, says that it is a mail server: the
 * others write what strangers make them write, and under no tag of theirs.
 */
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <systemd/sd-messages.h>
#include <unistd.h>

#include "weir/journalfmt.h"
#include "weir/mem.h"

#include "journal.h"

/* Names looked through at a time: a user can make up any number. */
#define NAMES_SEEN_MAX	100000

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

/* A container's name, or its image's: "mailserver", "boky/postfix:v4" */
static bool
is_mail_container(struct str name)
{
	static const char *const words[] = { "mail", "postfix", "smtp",
	    "exim", "relay", "mta" };

	if (name.n >= 128)
		return false;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (str_find(name, str_of(words[i])) != STR_NPOS)
			return true;
	return false;
}

static void
find_in(sd_journal *j, const char *field, bool (*is_mail)(struct str),
    struct journal_names *names)
{
	const size_t skip = strlen(field) + 1;
	size_t n, i, seen = 0;
	const void *data;
	struct str name;

	if (sd_journal_query_unique(j, field) < 0)
		return;
	sd_journal_restart_unique(j);
	while (names->n < JOURNAL_IDENTIFIERS_MAX &&
	    seen++ < NAMES_SEEN_MAX &&
	    sd_journal_enumerate_available_unique(j, &data, &n) > 0) {
		if (n <= skip)
			continue;
		name = (struct str){ (const char *)data + skip, n - skip };
		if (!is_mail(name) || memchr(name.p, '\0', name.n))
			continue;
		/* With the field's own name, as it will be matched. */
		name = (struct str){ data, n };
		for (i = 0; i < names->n; i++)
			if (str_eq(str_of(names->v[i]), name))
				break;
		if (i == names->n)
			names->v[names->n++] = str_dup(name);
	}
}

size_t
journal_find_names(sd_journal *j, struct journal_names *names)
{
	static const char *const containers[] = { "CONTAINER_NAME",
	    "IMAGE_NAME" };
	size_t i, before = names->n;

	find_in(j, "SYSLOG_IDENTIFIER", is_mail_name, names);
	for (i = 0; i < sizeof(containers) / sizeof(containers[0]); i++)
		find_in(j, containers[i], is_mail_container, names);
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
	size_t i;
	int r;

	sd_journal_flush_matches(j);
	if ((r = match(j, "SYSLOG_FACILITY=2")) < 0)
		return r;
	for (i = 0; i < names->n; i++) {
		/* Other values of a field are alternatives already. */
		if (i == 0 || strcspn(names->v[i], "=") !=
		    strcspn(names->v[i - 1], "="))
			if ((r = sd_journal_add_disjunction(j)) < 0)
				return r;
		if ((r = match(j, names->v[i])) < 0)
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

/* Collect the fields; the message goes to `text`, cut to fit. */
static int
entry_read(sd_journal *j, struct journal_entry *e, char *text, size_t size)
{
	const void *data;
	struct str s;
	size_t n;
	int r;

	memset(e, 0, sizeof(*e));
	sd_journal_restart_data(j);
	while ((r = sd_journal_enumerate_available_data(j, &data, &n)) > 0) {
		s = (struct str){ data, n };
		journalfmt_field(e, s);
		/* It is gone with the next field. */
		if (e->message.n > 0 && e->message.p != text) {
			e->message = str_head(e->message, size);
			memcpy(text, e->message.p, e->message.n);
			e->message.p = text;
		}
	}
	return r;
}

int
journal_take(sd_journal *j, struct batch *b, struct cutter *c,
    const struct journal_users *users)
{
	char head[JOURNALFMT_HEAD_MAX], *line = b->bytes + b->n;
	struct journal_entry e;
	uint64_t came = 0;
	size_t n;
	int r;

	/* The header's room is not known before the fields are read. */
	r = entry_read(j, &e, line + sizeof(head),
	    LINE_MAX_BYTES - sizeof(head));
	if (r < 0)
		return r;
	if (journalfmt_is_other_loss(&e))
		return 0;
	if (journalfmt_is_rest(&e)) {
		b->counts.cut++;
		return 0;
	}
	b->counts.cut += e.message.n == LINE_MAX_BYTES - sizeof(head);
	if (sd_journal_get_realtime_usec(j, &came) < 0)
		came = 0;
	n = journalfmt_head(&e, (int64_t)came, b->stream.host, head);
	memcpy(line, head, n);
	if (e.message.n > 0)
		memmove(line + n, e.message.p, e.message.n);
	n += e.message.n;
	c->syslog.host = str_of(b->stream.host);
	batch_parse(b, c, line, n, journalfmt_provenance(&e,
	    users == NULL ? NULL : users->v, users == NULL ? 0 : users->n));
	b->counts.bytes += n;
	b->n += n;
	return 0;
}

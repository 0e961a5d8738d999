/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The journal export format (https://systemd.io/JOURNAL_EXPORT_FORMATS/): an
 * entry is a field a line, "NAME=value", and ends with an empty line.  A value
 * that is no plain text follows its name's line as a length, 8 bytes little-
 * endian, that many bytes, and a line feed.
 *
 * Any local user may write under any name and facility, but journald itself
 * says who did: fields that begin with '_' are its own.  What Docker's journald
 * driver writes is the container's word, whoever it is that hands it on.
 *
 * The entry becomes the line that rsyslog would have written of it, so that
 * what follows treats both alike; blanks and marks in a name, which would move
 * the line's parts, are replaced.  A container's message has a header of its
 * own, or none: the container's id under which it comes is not its tag.
 */
#include <assert.h>
#include <stdio.h>

#include "weir/journalfmt.h"
#include "weir/usec.h"

/* SD_MESSAGE_JOURNAL_DROPPED */
#define DROPPED		"a596d6fe7bfa4994828e72309e95d61e"
#define NAME_BYTES	64	/* of a field; journald's limit */
/* A field's size beyond this is no size. */
#define SIZE_MAX_SANE	(UINT64_C(1) << 32)

static const struct { const char *name; size_t at, size; } fields[] = {
#define F(n, m) { n "=", offsetof(struct journal_entry, m), \
	sizeof(((struct journal_entry *)0)->m) }
	F("_HOSTNAME", host), F("SYSLOG_IDENTIFIER", name), F("_COMM", comm),
	F("_PID", pid), F("SYSLOG_PID", spid), F("_UID", uid),
	F("_SYSTEMD_UNIT", unit), F("_TRANSPORT", transport),
	F("_SOURCE_REALTIME_TIMESTAMP", at), F("MESSAGE_ID", id),
	F("__REALTIME_TIMESTAMP", came), F("CONTAINER_NAME", container),
	F("CONTAINER_PARTIAL_ORDINAL", ordinal),
#undef F
};

static void
set(struct journal_entry *e, struct str name, struct str value)
{
	if (str_eq(name, STR("MESSAGE="))) {
		if (e->message.n == 0)
			e->message = value;
		return;
	}
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		char *to = (char *)e + fields[i].at;

		if (to[0] == '\0' && str_eq(name, str_of(fields[i].name)))
			str_copy(value, to, fields[i].size);
	}
}

void
journalfmt_field(struct journal_entry *e, struct str field)
{
	size_t n = str_find_char(field, '=');

	if (n != STR_NPOS)
		set(e, str_head(field, n + 1), str_tail(field, n + 1));
}

/* A word of the header: nothing in it ends it. */
static const char *
as_word(char *s, const char *otherwise)
{
	for (char *p = s; *p != '\0'; p++)
		if ((unsigned char)*p <= ' ' || strchr("[]:", *p) != NULL)
			*p = '_';
	return s[0] == '\0' ? otherwise : s;
}

/* The writer's own clock, unless it is far from when the entry came. */
static int64_t
entry_at(const struct journal_entry *e, int64_t came)
{
	int64_t at;

	(void)str_to_i64(str_of(e->came), &came);
	/* The header has room for years of four digits. */
	if (came < 0 || came > INT64_C(253402300799) * USEC_PER_SEC)
		came = 0;
	if (!str_to_i64(str_of(e->at), &at) || at > came + USEC_PER_SEC ||
	    at < came - USEC_PER_HOUR || at < 0)
		return came;
	return at;
}

size_t
journalfmt_head(struct journal_entry *e, int64_t came, const char *host,
    char ret[JOURNALFMT_HEAD_MAX])
{
	char text[USEC_TEXT_MAX];
	struct str stamp = usec_print(entry_at(e, came), text);
	size_t n;

	assert(e != NULL);
	n = (size_t)snprintf(ret, JOURNALFMT_HEAD_MAX, "%.*s %s ",
	    (int)stamp.n, stamp.p, as_word(e->host, host));
	if (e->container[0] != '\0')
		return n;
	n += (size_t)snprintf(ret + n, JOURNALFMT_HEAD_MAX - n,
	    e->spid[0] == '\0' && e->pid[0] == '\0' ? "%s: " : "%s[%s]: ",
	    as_word(e->name, as_word(e->comm, "unknown")),
	    as_word(e->spid, e->pid));
	return n;
}

bool
journalfmt_is_rest(const struct journal_entry *e)
{
	uint64_t ordinal;

	return e->container[0] != '\0' &&
	    str_to_u64(str_of(e->ordinal), &ordinal) && ordinal > 1;
}

static bool
is_mail_unit(struct str unit)
{
	static const struct str starts[] = {
		{ "postfix", 7 }, { "exim", 4 }, { "sendmail", 8 },
		{ "opensmtpd", 9 }, { "smtpd", 5 },
	};

	if (!str_ends(unit, STR(".service")))
		return false;
	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
		size_t n = starts[i].n;

		/* "exim4.service", "postfix@-.service", "postfix-out..." */
		if (str_starts(unit, starts[i]) && !(unit.p[n] >= 'a' &&
		    unit.p[n] <= 'z'))
			return true;
	}
	return false;
}

bool
journalfmt_is_other_loss(const struct journal_entry *e)
{
	size_t at = str_rfind_char(e->message, ' ');
	struct str unit = str_tail(e->message, at == STR_NPOS ? 0 : at + 1);

	if (!str_eq(str_of(e->transport), STR("driver")) ||
	    !str_eq(str_of(e->id), STR(DROPPED)))
		return false;
	at = str_rfind_char(unit, '/');
	if (at != STR_NPOS)
		unit = str_tail(unit, at + 1);
	return !is_mail_unit(unit) && (str_ends(unit, STR(".service")) ||
	    str_ends(unit, STR(".scope")) || str_ends(unit, STR(".socket")));
}

enum provenance
journalfmt_provenance(const struct journal_entry *e, const uint32_t *users,
    size_t nusers)
{
	struct str transport = str_of(e->transport);
	uint64_t uid;

	/* journald's own words. */
	if (str_eq(transport, STR("driver")))
		return PROVENANCE_TRUSTED;
	if (e->container[0] != '\0' || !str_to_u64(str_of(e->uid), &uid) ||
	    (!str_eq(transport, STR("syslog")) &&
	    !str_eq(transport, STR("stdout")) &&
	    !str_eq(transport, STR("journal"))))
		return PROVENANCE_LOG;
	if (uid == 0 || is_mail_unit(str_of(e->unit)))
		return PROVENANCE_TRUSTED;
	for (size_t i = 0; i < nusers; i++)
		if (users[i] == uid)
			return PROVENANCE_TRUSTED;
	return PROVENANCE_LOCAL_USER;
}

static uint64_t
little_endian(const char *p)
{
	uint64_t v = 0;

	for (int i = 7; i >= 0; i--)
		v = v << 8 | (uint8_t)p[i];
	return v;
}

/*
 * The field at the front of s: its name with "=" and its value, and how long
 * all of it is.  0: it goes on behind s; JOURNALFMT_BROKEN: it is none.
 */
static size_t
take_field(struct str s, struct str *ret_name, struct str *ret_value)
{
	size_t lf = str_find_char(s, '\n'), eq;
	uint64_t size;

	if (lf == STR_NPOS)
		return 0;
	eq = str_find_char(str_head(s, lf), '=');
	if (eq != STR_NPOS) {
		*ret_name = str_head(s, eq + 1);
		*ret_value = (struct str){ s.p + eq + 1, lf - eq - 1 };
		return lf + 1;
	}
	*ret_name = str_head(s, lf);
	s = str_tail(s, lf + 1);
	if (s.n < 8)
		return 0;
	if ((size = little_endian(s.p)) > SIZE_MAX_SANE)
		return JOURNALFMT_BROKEN;
	*ret_value = (struct str){ s.p + 8, (size_t)size };
	if (s.n - 8 <= size)
		return 0;
	if (ret_value->p[size] != '\n')
		return JOURNALFMT_BROKEN;
	return lf + 1 + 8 + (size_t)size + 1;
}

size_t
journalfmt_measure(struct str s, bool final)
{
	struct str name, value;
	size_t at = 0, n;

	while (at < s.n && s.p[at] != '\n') {
		n = take_field(str_tail(s, at), &name, &value);
		if (n == JOURNALFMT_BROKEN || (n == 0 && final))
			return JOURNALFMT_BROKEN;
		if (n == 0)
			return 0;
		at += n;
	}
	if (at < s.n)
		return at + 1;
	return final ? at : 0;
}

void
journalfmt_read(struct str entry, struct journal_entry *ret)
{
	struct str name, value, rest = entry;
	char with[NAME_BYTES + 2];
	size_t n;

	memset(ret, 0, sizeof(*ret));
	while (rest.n > 0 && rest.p[0] != '\n') {
		n = take_field(rest, &name, &value);
		if (n == 0 || n == JOURNALFMT_BROKEN)
			return;
		rest = str_tail(rest, n);
		if (name.n > 0 && name.p[name.n - 1] != '=' &&
		    name.n < sizeof(with)) {
			memcpy(with, name.p, name.n);
			with[name.n] = '=';
			name = (struct str){ with, name.n + 1 };
		}
		set(ret, name, value);
	}
}

/* At the start of a field: its name, 64 bytes at most, says what follows. */
static size_t
skip_name(struct journalfmt_skip *k, struct str s, bool *ret_done)
{
	size_t lf = str_find_char(str_head(s, NAME_BYTES + 1), '\n');
	size_t eq = str_find_char(str_head(s, NAME_BYTES + 1), '=');

	if (lf == 0) {
		*ret_done = true;
		return 1;
	}
	if (k->astray || eq < lf || (lf == STR_NPOS && s.n > NAME_BYTES)) {
		k->state = JOURNALFMT_TEXT;
		return 0;
	}
	/* Half a name: it will be looked at when the rest is there. */
	if (lf == STR_NPOS)
		return STR_NPOS;
	k->state = JOURNALFMT_SIZE;
	return lf + 1;
}

size_t
journalfmt_skip(struct journalfmt_skip *k, struct str s, bool *ret_done)
{
	size_t at = 0, n;

	*ret_done = false;
	while (at < s.n && !*ret_done) {
		struct str rest = str_tail(s, at);

		switch (k->state) {
		case JOURNALFMT_NAME:
			if ((n = skip_name(k, rest, ret_done)) == STR_NPOS)
				return at;
			at += n;
			break;
		case JOURNALFMT_TEXT:
			n = str_find_char(rest, '\n');
			at += n == STR_NPOS ? rest.n : n + 1;
			if (n != STR_NPOS)
				k->state = JOURNALFMT_NAME;
			break;
		case JOURNALFMT_SIZE:
			if (rest.n < 8)
				return at;
			k->left = little_endian(rest.p);
			k->astray = k->left > SIZE_MAX_SANE;
			k->state = k->astray ? JOURNALFMT_TEXT :
			    JOURNALFMT_DATA;
			k->left++;	/* the LF */
			at += 8;
			break;
		case JOURNALFMT_DATA:
			n = rest.n < k->left ? rest.n : (size_t)k->left;
			at += n;
			k->left -= n;
			if (k->left == 0)
				k->state = JOURNALFMT_NAME;
			break;
		}
	}
	return at;
}

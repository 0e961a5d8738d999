/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Filters as people write them: the same names, values and sentences on the
 * command line, over HTTP and in reports.
 *
 * A time without a zone is local time of this process (TZ), for so are the
 * stamps of the log that a postmaster compares it with.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "weir/query.h"
#include "weir/suggest.h"
#include "weir/usec.h"

#define VALUE_MAX	1024	/* bytes; the longest address has 320 */

enum value_type {
	VALUE_TIME, VALUE_SET, VALUE_NETWORK, VALUE_TEXT, VALUE_ADDRESS,
	VALUE_LIMIT, VALUE_CURSOR
};

struct filter {
	const char	*name;
	enum value_type	 type;
	size_t		 offset;	/* in struct query */
	const char	*(*word)(int i);	/* of a set; NULL: no more */
	const char	*help;
};

static const char *
kind_word(int i)
{
	return i < EVENT_KIND_COUNT ? event_kind_name((enum event_kind)i) :
	    NULL;
}

static const char *
class_word(int i)
{
	return i < CLASS_COUNT ? event_class_name((enum event_class)i) : NULL;
}

static const char *
status_word(int i)
{
	return i < STATUS_COUNT ? event_status_name((enum event_status)i) :
	    NULL;
}

#define AT(m)	offsetof(struct query, m)

static const struct filter filters[] = {
	{ "since", VALUE_TIME, AT(since), NULL,
	    "not before: 2026-11-23, \"2026-11-23 14:00\" (local time), "
	    "2026-11-23T13:00:00Z, 2h (ago), today, yesterday" },
	{ "until", VALUE_TIME, AT(until), NULL,
	    "before that time, written as for since" },
	{ "kind", VALUE_SET, AT(kinds), kind_word,
	    "message, delivery, reject, auth or notice; several by commas" },
	{ "class", VALUE_SET, AT(classes), class_word,
	    "open_relay, inbound ...; several by commas" },
	{ "status", VALUE_SET, AT(statuses), status_word,
	    "sent, deferred, bounced ...; several by commas" },
	{ "client", VALUE_NETWORK, AT(client), NULL,
	    "address or network of the client: 192.0.2.7, 2001:db8::/32" },
	{ "user", VALUE_ADDRESS, AT(user), NULL,
	    "login name, or @domain" },
	{ "sender", VALUE_ADDRESS, AT(sender), NULL,
	    "envelope sender, or @domain; <> is the null sender" },
	{ "recipient", VALUE_ADDRESS, AT(recipient), NULL,
	    "envelope recipient, or @domain" },
	{ "domain", VALUE_TEXT, AT(domain), NULL,
	    "domain of the sender or of the recipient" },
	{ "queue-id", VALUE_TEXT, AT(queue_id), NULL, "queue id" },
	{ "message-id", VALUE_TEXT, AT(message_id), NULL,
	    "Message-ID, with or without <>" },
	{ "relay", VALUE_TEXT, AT(relay), NULL,
	    "next hop, by host name or address" },
	{ "mta", VALUE_TEXT, AT(mta), NULL, "postfix" },
	{ "host", VALUE_TEXT, AT(host), NULL, "host that logged it" },
	{ "limit", VALUE_LIMIT, AT(limit), NULL,
	    "at most so many, newest first; 0: all" },
	{ "cursor", VALUE_CURSOR, AT(cursor), NULL,
	    "where the next page begins, as the last one said" },
};

#define NFILTERS	(sizeof(filters) / sizeof(filters[0]))

void
query_init(struct query *q)
{
	memset(q, 0, sizeof(*q));
	q->limit = QUERY_LIMIT_DEFAULT;
}

void
query_done(struct query *q)
{
#define X(m, filter, column) free(q->m);
	QUERY_TEXTS(X)
#undef X
	query_init(q);
}

const char *
query_filter_name(size_t i)
{
	return i < NFILTERS ? filters[i].name : NULL;
}

const char *
query_filter_help(size_t i)
{
	return i < NFILTERS ? filters[i].help : NULL;
}

static int64_t
local_usec(struct tm *tm)
{
	tm->tm_isdst = -1;
	return (int64_t)mktime(tm) * USEC_PER_SEC;
}

/* Midnight, so many days before that of `now`. */
static int64_t
midnight(int64_t now, int days_ago)
{
	time_t t = (time_t)(now / USEC_PER_SEC);
	struct tm tm;

	localtime_r(&t, &tm);
	tm.tm_hour = tm.tm_min = tm.tm_sec = 0;
	tm.tm_mday -= days_ago;
	return local_usec(&tm);
}

/* "2026-11-23", then perhaps "14:00" or "14:00:05" after a blank or T. */
static bool
parse_local(struct str s, int64_t *ret)
{
	static const char *const forms[] = {
		"%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M",
		"%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S",
	};
	struct tm tm, want;
	int64_t at;
	char text[32];
	const char *end;
	size_t i;

	if (s.n >= sizeof(text))
		return false;
	str_copy(s, text, sizeof(text));
	for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		memset(&tm, 0, sizeof(tm));
		end = strptime(text, forms[i], &tm);
		if (end == NULL || *end != '\0')
			continue;
		want = tm;
		at = local_usec(&tm);
		/* mktime turns 31 November into 1 December. */
		if (tm.tm_mon != want.tm_mon || tm.tm_mday != want.tm_mday)
			return false;
		*ret = at;
		return true;
	}
	return false;
}

static bool
parse_time(struct str s, int64_t now, int64_t *ret)
{
	int64_t span;

	if (str_eq(s, STR("now")))
		*ret = now;
	else if (str_eq(s, STR("today")))
		*ret = midnight(now, 0);
	else if (str_eq(s, STR("yesterday")))
		*ret = midnight(now, 1);
	else if (s.n > 0 && isalpha((unsigned char)s.p[s.n - 1]) &&
	    usec_parse_span(s, &span))
		*ret = now - span;
	else
		return usec_parse(s, ret) || parse_local(s, ret);
	return true;
}

static int
unknown_word(const struct filter *f, struct str word, struct error *err)
{
	const char *best = NULL, *w;
	struct buf all = { 0 };
	char text[64];
	int i;

	str_copy(word, text, sizeof(text));
	for (i = 0; (w = f->word(i)) != NULL; i++) {
		if (*w == '\0')
			continue;
		suggest_try(text, w, &best);
		buf_addf(&all, "%s%s", all.n == 0 ? "" : ", ", w);
	}
	if (best != NULL)
		error_set(err, "%s: unknown '%s': did you mean '%s'?",
		    f->name, text, best);
	else
		error_set(err, "%s: unknown '%s': one of %s is expected",
		    f->name, text, buf_cstr(&all));
	buf_done(&all);
	return -1;
}

/* Names between commas into a bit set. */
static int
set_words(const struct filter *f, struct str value, uint32_t *ret,
    struct error *err)
{
	uint32_t set = 0;
	struct str word;
	const char *w;
	int i;

	if (value.n == 0)
		return error_set(err, "%s: a value is missing", f->name);
	while (str_cut(&value, ',', &word)) {
		word = str_trim(word);
		for (i = 0; (w = f->word(i)) != NULL; i++)
			if (*w != '\0' && str_eq(word, str_of(w)))
				break;
		if (w == NULL)
			return unknown_word(f, word, err);
		set |= UINT32_C(1) << i;
	}
	*ret = set;
	return 0;
}

static int
set_text(const struct filter *f, struct str value, char **ret,
    struct error *err)
{
	bool address = f->type == VALUE_ADDRESS;

	if (address && value.n >= 2 && value.p[0] == '<' &&
	    value.p[value.n - 1] == '>')
		value = (struct str){ value.p + 1, value.n - 2 };
	else if (value.n == 0)
		return error_set(err, "%s: a value is missing", f->name);
	free(*ret);
	*ret = str_dup(value);
	return 0;
}

static int
set_value(struct query *q, const struct filter *f, struct str value,
    int64_t now, struct error *err)
{
	void *at = (char *)q + f->offset;
	uint64_t n;

	switch (f->type) {
	case VALUE_TIME:
		if (parse_time(value, now, at))
			return 0;
		return error_set(err, "%s: '%.*s' is no time: write "
		    "2026-11-23, \"2026-11-23 14:00\" (local time), "
		    "2026-11-23T13:00:00Z, 2h, today or yesterday", f->name,
		    STRF(value));
	case VALUE_SET:
		return set_words(f, value, at, err);
	case VALUE_NETWORK:
		q->has_client = ip_net_parse(value, at);
		if (q->has_client)
			return 0;
		return error_set(err, "%s: '%.*s' is neither an address nor "
		    "a network such as 192.0.2.0/24", f->name, STRF(value));
	case VALUE_TEXT:
	case VALUE_ADDRESS:
		return set_text(f, value, at, err);
	case VALUE_LIMIT:
		if (!str_to_u64(value, &n) || n >= INT32_MAX)
			return error_set(err, "%s: '%.*s' is no count",
			    f->name, STRF(value));
		q->limit = n;
		return 0;
	case VALUE_CURSOR:
		if (value.n >= QUERY_CURSOR_MAX)
			return error_set(err, "%s: this is none that weir "
			    "gave", f->name);
		str_copy(value, q->cursor, sizeof(q->cursor));
		return 0;
	}
	return -1;
}

int
query_set(struct query *q, struct str name, struct str value, int64_t now,
    struct error *err)
{
	const char *best = NULL;
	char text[64];
	size_t i;

	for (i = 0; i < NFILTERS; i++) {
		if (!str_eq(name, str_of(filters[i].name)))
			continue;
		if (value.n > VALUE_MAX ||
		    str_find_char(value, '\0') != STR_NPOS)
			return error_set(err, "%s: the value is too long or "
			    "holds a NUL byte", filters[i].name);
		return set_value(q, &filters[i], value, now, err);
	}
	str_copy(name, text, sizeof(text));
	for (i = 0; i < NFILTERS; i++)
		suggest_try(text, filters[i].name, &best);
	if (best != NULL)
		return error_set(err, "unknown filter '%s': did you mean "
		    "'%s'?", text, best);
	return error_set(err, "unknown filter '%s'", text);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The samples of tests/lines: what is read from each is exactly what is
 * written below it, or, of the list of shapes, at least what stands before it;
 * every rule of every table is the first to match some sample; and a line that
 * is cut anywhere or changed in one byte gives slices of itself and no other
 * value.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "weir/buf.h"
#include "weir/mta.h"
#include "weir/syslog.h"

#define UNTIL		(INT64_C(1790000000) * USEC_PER_SEC)	/* 2026-09 */
#define SEEN_MAX	2048

static const struct rule *seen[SEEN_MAX];
static size_t nseen;

static void
read_line(char *line, size_t n, struct record *r, struct line *l)
{
	struct syslog_stream s = { .zone = &zone_utc, .until = UNTIL };

	*r = (struct record){ 0 };
	assert_int_equal(syslog_parse(&s, line, n, r), SYSLOG_OK);
	mta_parse(r, l);
}

/* The form of tests/lines. */
static void
describe(const struct record *r, const struct line *l, struct buf *out)
{
	static const char *const hops[] = { "remote", "relay", "local",
	    "pipe", "none" };

	buf_addf(out, "\tkind=%s\n", line_kind_name(l->kind));
	if (l->ambiguous)
		buf_addf(out, "\tambiguous\n");
	if (l->kind == LINE_DELIVERY)
		buf_addf(out, "\thop=%s\n", hops[l->hop]);
	if (r->repeat != 1)
		buf_addf(out, "\trepeat=%u\n", r->repeat);
	if (!str_eq(l->instance, STR("postfix")))
		buf_addf(out, "\tinstance=%.*s\n", STRF(l->instance));
	for (enum field f = 0; f < FIELD_COUNT; f++)
		if (str_known(l->f[f]))
			buf_addf(out, "\t%s=%.*s\n", line_field_name(f),
			    STRF(l->f[f]));
}

static bool
within(struct str s, const char *line, size_t n)
{
	return s.p >= line && s.p + s.n <= line + n;
}

/* An action is weir's word, and so is what smtpd answered without a log. */
static bool
is_own_word(const struct line *l, enum field f)
{
	return f == FIELD_ACTION || (l->kind == LINE_REJECT &&
	    (f == FIELD_CODE || f == FIELD_DSN || f == FIELD_REPLY ||
	    f == FIELD_STAGE));
}

/* All else must lie in the line. */
static void
check_slices(const struct line *l, const char *line, size_t n)
{
	for (enum field f = 0; f < FIELD_COUNT; f++)
		if (str_known(l->f[f]) && !is_own_word(l, f) &&
		    !within(l->f[f], line, n))
			fail_msg("%s outside of: %.*s", line_field_name(f),
			    (int)n, line);
}

/*
 * A cut line of the kinds that are counted gives what the whole gives, or
 * nothing.  (A reply is free text, and may be cut.)
 */
static void
check_cuts(const char *line, size_t n)
{
	char whole[4096], part[4096];
	struct record r;
	struct line full, cut;

	assert_true(n < sizeof(whole));
	memcpy(whole, line, n);
	read_line(whole, n, &r, &full);
	for (size_t k = 40; k < n; k++) {
		memcpy(part, line, k);
		read_line(part, k, &r, &cut);
		check_slices(&cut, part, k);
		if (full.kind != LINE_DELIVERY || cut.kind != LINE_DELIVERY)
			continue;
		for (enum field f = 0; f < FIELD_COUNT; f++)
			if (str_known(cut.f[f]) && f != FIELD_REPLY &&
			    f != FIELD_CODE && f != FIELD_NEXT_QUEUE_ID &&
			    !str_eq(cut.f[f], full.f[f]))
				fail_msg("%s of a line cut to: %.*s",
				    line_field_name(f), (int)k, line);
	}
}

static void
check_changes(const char *line, size_t n)
{
	static const char bytes[] = "\0<>\"\\[]:;=, A0\xff";
	char part[4096];
	struct record r;
	struct line l;

	for (size_t k = 16; k < n; k++)
		for (size_t i = 0; i < sizeof(bytes) - 1; i++) {
			struct syslog_stream s = { .until = UNTIL };

			memcpy(part, line, n);
			part[k] = bytes[i];
			r = (struct record){ 0 };
			if (syslog_parse(&s, part, n, &r) != SYSLOG_OK)
				continue;
			mta_parse(&r, &l);
			check_slices(&l, part, n);
		}
}

static void
check_sample(char *line, struct str want, bool hard)
{
	size_t n = strlen(line);
	struct buf got = { 0 };
	char *copy = strdup(line);
	struct record r;
	struct line l;

	read_line(copy, n, &r, &l);
	describe(&r, &l, &got);
	if (!str_eq(buf_str(&got), want))
		fail_msg("%s\ngot\n%.*swant\n%.*s", line,
		    STRF(buf_str(&got)), STRF(want));
	check_slices(&l, copy, n);
	assert_true(nseen < SEEN_MAX);
	if (l.rule != NULL)
		seen[nseen++] = l.rule;
	if (hard) {
		check_cuts(line, n);
		check_changes(line, n);
	}
	buf_done(&got);
	free(copy);
}

static void
check_file(const char *mta, bool hard)
{
	char path[64], *line = NULL, *sample = NULL;
	struct buf want = { 0 };
	size_t cap = 0;
	ssize_t n;
	FILE *f;

	snprintf(path, sizeof(path), "tests/lines/%s.txt", mta);
	f = fopen(path, "r");
	if (f == NULL)
		fail_msg("%s: run it from the top of the tree", path);
	while ((n = getline(&line, &cap, f)) > 0) {
		if (line[0] == '\t') {
			buf_add(&want, line, (size_t)n);
			continue;
		}
		if (sample != NULL)
			check_sample(sample, buf_str(&want), hard);
		free(sample);
		sample = NULL;
		buf_clear(&want);
		if (line[0] == '#' || line[0] == '\n')
			continue;
		line[n - 1] = '\0';
		sample = strdup(line);
	}
	if (sample != NULL)
		check_sample(sample, buf_str(&want), hard);
	free(sample);
	free(line);
	buf_done(&want);
	fclose(f);
}

/* Does the kind say something of mail or a client? */
static bool
is_told(enum line_kind k)
{
	return k != LINE_UNKNOWN && !line_is_nothing(k);
}

/* Begin alike: a message that expires was queued, a warning is no event. */
static bool
may_become(const struct line *full, const struct line *cut)
{
	return (full->kind == LINE_EXPIRED && cut->kind == LINE_QUEUED) ||
	    (full->kind == LINE_SUBJECT && cut->kind == LINE_ACTION &&
	    str_eq(cut->f[FIELD_ACTION], STR("warn")));
}

/*
 * A text that a logger cut: no other event, and what is read of it is what
 * the whole says.  Where words of the sender's end it (a reply, a subject, a
 * login), the rest is not missed.
 */
static void
check_cut_text(const struct record *whole, const struct line *full)
{
	static const enum field certain[] = { FIELD_QUEUE_ID,
	    FIELD_CLIENT_ADDRESS, FIELD_ORIG_CLIENT_ADDRESS, FIELD_SENDER,
	    FIELD_RECIPIENT, FIELD_ORIGINAL_RECIPIENT, FIELD_STATUS,
	    FIELD_RELAY_ADDRESS, FIELD_SIZE, FIELD_RECIPIENT_COUNT,
	    FIELD_HELO_NAME, FIELD_ACTION };
	struct record r = *whole;
	struct line cut;

	for (r.text.n = whole->text.n - 1; r.text.n > 0; r.text.n--) {
		mta_parse(&r, &cut);
		if (!is_told(cut.kind))
			continue;
		if (cut.kind != full->kind && !may_become(full, &cut))
			fail_msg("%s of a line cut to: %.*s",
			    line_kind_name(cut.kind), STRF(r.text));
		for (size_t i = 0; i < sizeof(certain) / sizeof(*certain);
		    i++) {
			enum field f = certain[i];

			if (str_known(cut.f[f]) && !cut.ambiguous &&
			    !str_eq(cut.f[f], full->f[f]))
				fail_msg("%s of a line cut to: %.*s",
				    line_field_name(f), STRF(r.text));
		}
	}
}

/* want: a kind, "ambiguous", field=value, with blanks between */
static void
check_shape(const char *unit, char *want, const char *text)
{
	struct record r = { .unit = str_of(unit), .text = str_of(text) };
	bool ambiguous = false;
	char *word, *value;
	struct line l;

	mta_parse(&r, &l);
	word = strtok(want, " ");
	if (word == NULL || strcmp(word, line_kind_name(l.kind)) != 0)
		fail_msg("%s: got %s, want %s of: %s", unit,
		    line_kind_name(l.kind), word, text);
	while ((word = strtok(NULL, " ")) != NULL) {
		value = strchr(word, '=');
		if (value == NULL) {
			assert_string_equal(word, "ambiguous");
			ambiguous = true;
			continue;
		}
		*value++ = '\0';
		if (!str_eq(l.f[line_field_of(str_of(word))], str_of(value)))
			fail_msg("%s: want %s=%s of: %s", unit, word, value,
			    text);
	}
	if (l.ambiguous != ambiguous)
		fail_msg("%s: ambiguous or not: %s", unit, text);
	assert_true(nseen < SEEN_MAX);
	if (l.rule != NULL)
		seen[nseen++] = l.rule;
	if (is_told(l.kind))
		check_cut_text(&r, &l);
}

/* Rows of daemon, first version, what is read, text. */
static void
check_shapes(const char *mta)
{
	char path[64], unit[64], *line = NULL, *part[3];
	size_t cap = 0, n = 0;
	ssize_t len;
	FILE *f;

	snprintf(path, sizeof(path), "tests/lines/%s-shapes.txt", mta);
	f = fopen(path, "r");
	if (f == NULL)
		return;
	for (; (len = getline(&line, &cap, f)) > 0; n++) {
		char *p = line;

		line[len - 1] = '\0';
		if (line[0] == '#' || line[0] == '\0')
			continue;
		for (size_t i = 0; i < 3; i++) {
			part[i] = strsep(&p, "\t");
			if (p == NULL)
				fail_msg("%s:%zu: no four columns", path,
				    n + 1);
		}
		if (strncmp(part[1], "3.", 2) != 0)
			fail_msg("%s:%zu: not a version", path, n + 1);
		snprintf(unit, sizeof(unit), "%s/%s", mta, part[0]);
		check_shape(unit, part[2], p);
	}
	free(line);
	fclose(f);
}

static bool
was_seen(const struct rule *r)
{
	for (size_t i = 0; i < nseen; i++)
		if (seen[i] == r)
			return true;
	return false;
}

static void
check_mta(const char *name, bool hard)
{
	const struct mta *mta = mta_find(str_of(name));

	assert_non_null(mta);
	assert_non_null(mta->tables);
	nseen = 0;
	check_file(name, hard);
	check_shapes(name);
	for (const struct rule_table *t = mta->tables; t->name != NULL; t++)
		for (size_t i = 0; t->rules[i].pattern != NULL; i++)
			if (!was_seen(&t->rules[i]))
				fail_msg("%s: no sample of rule %zu of %s",
				    name, i, t->name);
}

static void
postfix_samples(void **state)
{
	(void)state;
	check_mta("postfix", true);
}

static void
weir_samples(void **state)
{
	(void)state;
	check_mta("weir", true);
}

static void
who_claims(void **state)
{
	static const struct {
		const char	*unit, *mta, *instance, *service;
		enum line_kind	 kind;
	} cases[] = {
		{ "postfix/smtpd", "postfix", "postfix", "smtpd",
		    LINE_UNKNOWN },
		{ "postfix/submission/smtpd", "postfix", "postfix",
		    "submission/smtpd", LINE_UNKNOWN },
		{ "postfix-10.0.0.1/smtp", "postfix", "postfix-10.0.0.1",
		    "smtp", LINE_UNKNOWN },
		{ "mail-gw/10025/smtpd", "postfix", "mail-gw", "10025/smtpd",
		    LINE_UNKNOWN },
		{ "/postfix-script", "postfix", "", "postfix-script",
		    LINE_UNKNOWN },
		{ "postfix", "postfix", "postfix", "", LINE_UNKNOWN },
		{ "postfix/policyd-spf", "postfix", "postfix", "policyd-spf",
		    LINE_IGNORED },
		{ "dovecot", "neighbours", "", "dovecot", LINE_IGNORED },
		{ "amavis", "neighbours", "", "amavis", LINE_IGNORED },
		{ "CRON", "neighbours", "", "CRON", LINE_IGNORED },
		{ "weir", "weir", "", "weir", LINE_IGNORED },
		{ "weirdo", NULL, "", "", LINE_IGNORED },
		{ "backup", NULL, "", "", LINE_IGNORED },
		{ "", NULL, "", "", LINE_IGNORED },
		{ "other/thing", NULL, "", "", LINE_IGNORED },
		/* mail servers that this build does not read */
		{ "exim4", NULL, "", "", LINE_UNKNOWN },
		{ "sm-mta", NULL, "", "", LINE_UNKNOWN },
		{ "smtpd", NULL, "", "", LINE_UNKNOWN },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct record r = { .unit = str_of(cases[i].unit),
		    .text = STR("a text of no known form") };
		struct line l;

		mta_parse(&r, &l);
		if (l.kind != cases[i].kind ||
		    !str_eq(l.instance, str_of(cases[i].instance)) ||
		    !str_eq(l.service, str_of(cases[i].service)) ||
		    (l.mta == NULL) != (cases[i].mta == NULL) ||
		    (l.mta != NULL && strcmp(l.mta->name, cases[i].mta) != 0))
			fail_msg("%s: got %s of '%s', '%.*s', '%.*s'",
			    cases[i].unit, line_kind_name(l.kind),
			    l.mta == NULL ? "none" : l.mta->name,
			    STRF(l.instance), STRF(l.service));
	}
	assert_null(mta_find(STR("sendfix")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(postfix_samples),
		cmocka_unit_test(weir_samples),
		cmocka_unit_test(who_claims),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

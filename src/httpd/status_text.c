/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The status as a page for a terminal.  It reads the JSON form, which may have
 * come over a socket from another version: what is missing is not shown.
 * Times are local.  Samples are written by whoever can write the log, so that
 * control characters, which a terminal would obey, are replaced.
 */
#include <inttypes.h>
#include <time.h>

#include "weir/status.h"

/* A member along a path of one or two keys, "" or 0 when it is not there. */
static const char *
get_text(const json_t *j, const char *key)
{
	const char *s = json_string_value(json_object_get(j, key));

	return s == NULL ? "" : s;
}

static int64_t
get_number(const json_t *j, const char *key)
{
	return json_integer_value(json_object_get(j, key));
}

/* Text without C0, DEL and the C1 controls (in UTF-8: c2 80 to c2 9f). */
static void
add_clean(struct buf *out, const char *s)
{
	const unsigned char *p = (const unsigned char *)s;

	for (; *p != '\0'; p++) {
		if (p[0] == 0xc2 && p[1] >= 0x80 && p[1] <= 0x9f) {
			buf_add_char(out, '?');
			p++;
		} else if (*p < 0x20 || *p == 0x7f)
			buf_add_char(out, '?');
		else
			buf_add_char(out, (char)*p);
	}
}

/* 1234567 as "1,234,567". */
static void
add_number(struct buf *out, int64_t n)
{
	char digits[24];
	int i, len;

	len = snprintf(digits, sizeof(digits), "%" PRId64, n);
	for (i = 0; i < len; i++) {
		buf_add_char(out, digits[i]);
		if (digits[i] != '-' && i + 1 < len && (len - i) % 3 == 1)
			buf_add_char(out, ',');
	}
}

static void
add_time(struct buf *out, const char *rfc3339)
{
	char t[32];
	struct tm tm;
	int64_t at;
	time_t sec;

	if (!usec_parse(str_of(rfc3339), &at))
		return;
	sec = (time_t)(at / USEC_PER_SEC);
	localtime_r(&sec, &tm);
	strftime(t, sizeof(t), "%Y-%m-%d %H:%M:%S", &tm);
	buf_addf(out, "%s", t);
}

static void
add_bytes(struct buf *out, int64_t n)
{
	static const char *const units[] = { "bytes", "kB", "MB", "GB", "TB" };
	double v = (double)n;
	size_t u = 0;

	for (; v >= 1000 && u + 1 < sizeof(units) / sizeof(units[0]); u++)
		v /= 1000;
	buf_addf(out, u == 0 ? "%.0f %s" : "%.1f %s", v, units[u]);
}

static bool
is_watched(const json_t *source)
{
	struct str state = str_of(get_text(source, "state"));

	return str_eq(state, STR("reading")) || str_eq(state, STR("waiting"));
}

/* The names of what is read, "journal, maillog". */
static void
add_watched(const json_t *j, struct buf *out)
{
	const json_t *s;
	size_t i;
	bool any = false;

	json_array_foreach(json_object_get(j, "sources"), i, s) {
		if (!is_watched(s))
			continue;
		if (any)
			buf_add_str(out, STR(", "));
		add_clean(out, get_text(s, get_text(s, "path")[0] != '\0' ?
		    "path" : "name"));
		any = true;
	}
	if (!any)
		buf_add_str(out, STR("no source"));
}

void
status_line(const json_t *j, struct buf *out)
{
	const char *why = get_text(j, "why_not"), *host = get_text(j, "host");

	if (!json_is_true(json_object_get(j, "watching"))) {
		buf_add_str(out, STR("NOT WATCHING: "));
		add_clean(out, why[0] == '\0' ? "no reason is known" : why);
		return;
	}
	why = get_text(j, "not_storing");
	if (why[0] != '\0') {
		buf_add_str(out, STR("NOT STORING: "));
		add_clean(out, why);
		buf_add_str(out, STR("; alerts are sent all the same"));
		return;
	}
	buf_add_str(out, STR("OK: watching "));
	add_watched(j, out);
	if (host[0] != '\0') {
		buf_add_str(out, STR(" on "));
		add_clean(out, host);
	}
}

static void
add_head(const json_t *j, struct buf *out)
{
	buf_add_str(out, STR("weir "));
	add_clean(out, get_text(j, "version"));
	if (get_text(j, "started")[0] != '\0') {
		buf_add_str(out, STR(", running since "));
		add_time(out, get_text(j, "started"));
	}
	if (get_text(j, "committed")[0] != '\0') {
		buf_add_str(out, STR(", last commit "));
		add_time(out, get_text(j, "committed"));
	}
	buf_add_str(out, STR("\n\n"));
}

static void
add_source(const json_t *s, struct buf *out)
{
	buf_add_str(out, STR("  "));
	add_clean(out, get_text(s, "name"));
	buf_add_str(out, STR(": "));
	add_clean(out, get_text(s, "state"));
	buf_add_str(out, STR(", "));
	add_number(out, get_number(s, "lines"));
	buf_add_str(out, STR(" lines"));
	if (get_text(s, "last_line")[0] != '\0') {
		buf_add_str(out, STR(", the last of "));
		add_time(out, get_text(s, "last_line"));
	}
	if (get_number(s, "lost") > 0) {
		buf_add_str(out, STR(", "));
		add_number(out, get_number(s, "lost"));
		buf_add_str(out, STR(" LOST"));
	}
	if (get_text(s, "path")[0] != '\0') {
		buf_add_str(out, STR(", "));
		add_clean(out, get_text(s, "path"));
	}
	buf_add_char(out, '\n');
	if (get_text(s, "problem")[0] != '\0') {
		buf_add_str(out, STR("    problem: "));
		add_clean(out, get_text(s, "problem"));
		buf_add_char(out, '\n');
	}
	if (get_text(s, "mend")[0] != '\0') {
		buf_add_str(out, STR("    mend it: "));
		add_clean(out, get_text(s, "mend"));
		buf_add_char(out, '\n');
	}
}

static void
add_sources(const json_t *j, struct buf *out)
{
	const json_t *s;
	size_t i;

	buf_add_str(out, STR("Sources\n"));
	json_array_foreach(json_object_get(j, "sources"), i, s)
		add_source(s, out);
	if (i == 0)
		buf_add_str(out, STR("  none\n"));
}

static void
add_lines(const json_t *j, struct buf *out)
{
	const json_t *l = json_object_get(j, "lines"), *s;
	int64_t read = get_number(l, "read"),
	    unknown = get_number(l, "unknown"), share;
	size_t i;

	buf_add_str(out, STR("\nLines\n  "));
	add_number(out, read);
	buf_add_str(out, STR(" read"));
	if (read > 0) {
		/* Cut, so that it never says a hundred with lines unknown. */
		share = (int64_t)((double)(read - unknown) * 1e4 /
		    (double)read);
		buf_addf(out, ", %" PRId64 ".%02d %% understood",
		    share / 100, (int)(share % 100));
	}
	buf_add_char(out, '\n');
	json_array_foreach(json_object_get(l, "samples"), i, s) {
		buf_add_str(out, STR("  unknown: "));
		add_number(out, get_number(s, "lines"));
		buf_add_str(out, STR(" of "));
		add_clean(out, get_text(s, "program"));
		buf_add_str(out, STR(", such as \""));
		add_clean(out, get_text(s, "sample"));
		buf_add_str(out, STR("\"\n"));
	}
}

/* One line for each run of the same key and source. */
static void
add_beliefs(const json_t *j, struct buf *out)
{
	const json_t *b;
	const char *key = "", *source = "", *k, *s;
	size_t i;

	buf_add_str(out, STR("\nBelieved\n"));
	json_array_foreach(json_object_get(j, "beliefs"), i, b) {
		k = get_text(b, "key");
		s = get_text(b, "source");
		if (strcmp(k, key) != 0 || strcmp(s, source) != 0) {
			buf_add_str(out, i == 0 ? STR("  ") : STR("\n  "));
			add_clean(out, k);
			buf_add_str(out, STR(" ("));
			add_clean(out, s);
			buf_add_str(out, STR("): "));
		} else
			buf_add_str(out, STR(", "));
		add_clean(out, get_text(b, "value"));
		key = k;
		source = s;
	}
	buf_add_str(out, i == 0 ? STR("  nothing yet\n") : STR("\n"));
}

static void
add_statistics(const json_t *j, struct buf *out)
{
	const json_t *s = json_object_get(j, "statistics");

	if (s == NULL)
		return;
	buf_add_str(out, STR("\nStatistics\n  "));
	add_number(out, get_number(s, "series"));
	buf_add_str(out, STR(" counts of keys, "));
	add_number(out, get_number(s, "actors"));
	buf_add_str(out, STR(" who act, "));
	add_bytes(out, get_number(s, "bytes"));
	buf_add_str(out, STR(" of "));
	add_bytes(out, get_number(s, "cap_bytes"));
	buf_add_str(out, STR(", "));
	add_number(out, get_number(s, "evicted"));
	buf_add_str(out, STR(" made room, "));
	add_number(out, get_number(s, "refused"));
	buf_add_str(out, STR(" came too seldom\n"));
	if (!json_is_true(json_object_get(s, "young")))
		return;
	buf_add_str(out, STR("  BASELINES YOUNG: "));
	if (get_text(s, "learns_since")[0] != '\0') {
		buf_add_str(out, STR("learning since "));
		add_time(out, get_text(s, "learns_since"));
		buf_add_str(out, STR("; what is usual is known after a "
		    "week\n"));
	} else
		buf_add_str(out, STR("nothing was learnt yet\n"));
}

static void
add_store(const json_t *j, struct buf *out)
{
	const json_t *s = json_object_get(j, "store"),
	    *o = json_object_get(j, "outbox");

	buf_add_str(out, STR("\nStore\n  "));
	add_number(out, get_number(s, "events"));
	buf_add_str(out, STR(" events"));
	if (get_text(s, "first_event")[0] != '\0') {
		buf_add_str(out, STR(" from "));
		add_time(out, get_text(s, "first_event"));
		buf_add_str(out, STR(" to "));
		add_time(out, get_text(s, "last_event"));
	}
	buf_add_str(out, STR(", "));
	add_bytes(out, get_number(s, "bytes"));
	buf_add_str(out, STR("\n  "));
	add_number(out, get_number(s, "alerts_open"));
	buf_add_str(out, STR(" open alerts\n\nWebhooks\n  "));
	add_number(out, get_number(o, "waiting"));
	buf_add_str(out, STR(" waiting, "));
	add_number(out, get_number(o, "delivered"));
	buf_add_str(out, STR(" delivered, "));
	add_number(out, get_number(o, "failed"));
	buf_add_str(out, STR(" tries failed, "));
	add_number(out, get_number(o, "dead"));
	buf_add_str(out, STR(" given up\n"));
}

void
status_text(const json_t *j, struct buf *out)
{
	status_line(j, out);
	buf_add_char(out, '\n');
	add_head(j, out);
	add_sources(j, out);
	add_lines(j, out);
	add_beliefs(j, out);
	add_statistics(j, out);
	add_store(j, out);
}

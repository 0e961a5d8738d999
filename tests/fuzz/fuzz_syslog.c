/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A stream of log lines, in a zone with summer time or, if the first byte is
 * a blank, in UTC; with a line feed first, one whose lines were written just
 * now.  What is cut out lies in the line and is clean, and what was
 * read reads the same again.
 *
 * Covers: src/format/syslog.c src/format/syslog_stamp.c
 * Covers: src/format/syslog_secret.c src/format/zone.c
 * Covers: src/format/syslog_month.c src/format/multilog.c
 */
#include <assert.h>
#include <stdlib.h>

#include "weir/mem.h"
#include "weir/syslog.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct zone_span spans[] = {
	{ INT64_MIN, 3600 },
	{ INT64_C(1774746000000000), 7200 },	/* 2026-03-29T01:00Z */
	{ INT64_C(1792890000000000), 3600 },	/* 2026-10-25T01:00Z */
};
static const struct zone europe = { "Europe/Berlin", spans, 3 };

static void
check_slice(struct str s, struct str raw)
{
	assert(s.p >= raw.p && s.p + s.n <= raw.p + raw.n);
	for (size_t i = 0; i < s.n; i++)
		assert((uint8_t)s.p[i] >= ' ' && s.p[i] != 0x7f);
}

static void
check_line(struct syslog_stream *s, const char *p, size_t n)
{
	struct syslog_stream before = *s;
	struct record r = { 0 }, again = { 0 };
	char *line = xmemdup(p, n + 1), *copy, *clean;
	enum syslog_verdict v = syslog_parse(s, line, n, &r), again_v;
	bool same;

	assert(r.raw.n <= n);
	check_slice(r.raw, r.raw);
	copy = xmemdup(line, r.raw.n + 1);
	clean = xmemdup(p, n + 1);
	again_v = syslog_parse(&before, copy, r.raw.n, &again);
	/* Where a password was blotted out, tags may be seen elsewhere. */
	same = str_eq(r.raw, (struct str){ clean, syslog_clean(clean, n) });
	assert(!same || (again_v == v && str_eq(r.raw, again.raw)));
	if (v == SYSLOG_OK) {
		check_slice(r.unit, r.raw);
		check_slice(r.text, r.raw);
		if (r.host.p != s->host.p)
			check_slice(r.host, r.raw);
		assert(r.repeat >= 1);
	}
	if (v == SYSLOG_OK && same) {
		assert(r.at == again.at && r.pid == again.pid);
		assert(str_eq(r.unit, again.unit));
		assert(str_eq(r.text, again.text));
		assert(r.repeat == again.repeat);
		assert(s->last_at == before.last_at);
		assert(s->year == before.year && s->year > 0);
	}
	free(clean);
	free(copy);
	free(line);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str rest = { (const char *)data, size }, line;
	struct syslog_stream s = { .zone = &europe, .host = STR("here"),
	    .until = INT64_C(1796000000000000) };
	char *p;

	if (size > 0 && data[0] == ' ')
		s.zone = NULL;
	s.fresh = size > 0 && data[0] == '\n';
	while (str_cut(&rest, '\n', &line)) {
		p = str_dup(line);
		check_line(&s, p, line.n);
		free(p);
	}
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The metrics against a strict reader of OpenMetrics 1.0: each family once,
 * TYPE before UNIT before HELP before its samples, names that fit type and
 * unit, label values escaped, numbers that are numbers, no series twice, the
 * end marked.
 */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "weir/map.h"
#include "weir/mem.h"
#include "weir/status.h"

struct reader {
	struct str	family, type, unit;
	struct map	*families, *series;
	size_t		nseries, line;
	const char	*error;		/* first thing that is wrong */
};

static bool
is_name(struct str s)
{
	size_t i;

	for (i = 0; i < s.n; i++) {
		if ((s.p[i] < 'a' || s.p[i] > 'z') && s.p[i] != '_' &&
		    (i == 0 || s.p[i] < '0' || s.p[i] > '9'))
			return false;
	}
	return s.n > 0;
}

static void
complain(struct reader *r, const char *what)
{
	if (r->error == NULL)
		r->error = what;
}

static void
read_meta(struct reader *r, struct str line)
{
	struct str kind, name;

	str_cut(&line, ' ', &kind);
	str_cut(&line, ' ', &name);
	if (str_eq(kind, STR("TYPE"))) {
		r->family = name;
		r->type = line;
		r->unit = STR_NONE;
		if (!is_name(name))
			complain(r, "family is no name");
		if (map_put(r->families, name, r) != NULL)
			complain(r, "family comes twice");
		return;
	}
	if (!str_eq(name, r->family))
		complain(r, "metadata of another family");
	if (str_eq(kind, STR("UNIT"))) {
		r->unit = line;
		if (!str_ends(name, line) || name.n <= line.n ||
		    name.p[name.n - line.n - 1] != '_')
			complain(r, "family does not end in its unit");
	} else if (!str_eq(kind, STR("HELP")))
		complain(r, "unknown metadata");
}

static bool
suffix_fits(struct str type, struct str suffix)
{
	static const struct {
		const char	*type, *suffix;
	} fits[] = {
		{ "counter", "_total" }, { "gauge", "" }, { "info", "_info" },
		{ "summary", "_count" }, { "summary", "_sum" },
	};
	size_t i;

	for (i = 0; i < sizeof(fits) / sizeof(fits[0]); i++) {
		if (str_eq(type, str_of(fits[i].type)) &&
		    str_eq(suffix, str_of(fits[i].suffix)))
			return true;
	}
	return false;
}

/* {name="value",...}; returns the length, 0 when it is broken. */
static size_t
labels_length(struct str s)
{
	size_t i = 1, start;

	for (;;) {
		start = i;
		while (i < s.n && s.p[i] != '=')
			i++;
		if (!is_name((struct str){ s.p + start, i - start }) ||
		    i + 1 >= s.n || s.p[i + 1] != '"')
			return 0;
		for (i += 2; i < s.n && s.p[i] != '"'; i++) {
			if (s.p[i] == '\\' && strchr("\\\"n", s.p[++i]) == NULL)
				return 0;
		}
		if (++i >= s.n)
			return 0;
		if (s.p[i] == '}')
			return i + 1;
		if (s.p[i++] != ',')
			return 0;
	}
}

static void
read_sample(struct reader *r, struct str line)
{
	size_t n = 0, labels = 0;
	struct str name, value;
	char text[64], *end;
	double v;

	while (n < line.n && line.p[n] != '{' && line.p[n] != ' ')
		n++;
	name = str_head(line, n);
	if (!is_name(name) || !str_starts(name, r->family) ||
	    !suffix_fits(r->type, str_tail(name, r->family.n)))
		complain(r, "sample's name does not fit its family");
	if (n < line.n && line.p[n] == '{') {
		labels = labels_length(str_tail(line, n));
		if (labels == 0)
			complain(r, "broken labels");
	}
	value = str_tail(line, n + labels);
	if (!str_starts(value, STR(" ")))
		complain(r, "no blank before the value");
	str_copy(str_tail(value, 1), text, sizeof(text));
	v = strtod(text, &end);
	if (end == text || *end != '\0')
		complain(r, "value is no number");
	if (str_eq(r->type, STR("counter")) && v < 0)
		complain(r, "counter below zero");
	if (map_put(r->series, str_head(line, n + labels), r) != NULL)
		complain(r, "series comes twice");
	r->nseries++;
}

static void
reader_init(struct reader *r)
{
	memset(r, 0, sizeof(*r));
	r->families = map_new(HASH_KEY_FIXED);
	r->series = map_new(HASH_KEY_FIXED);
}

static void
reader_done(struct reader *r)
{
	map_free(r->families, NULL);
	map_free(r->series, NULL);
}

static void
read_all(struct reader *r, struct str s)
{
	struct str line;

	if (!str_ends(s, STR("\n# EOF\n"))) {
		complain(r, "no EOF");
		return;
	}
	s.n -= strlen("# EOF\n");
	while (s.n > 0 && str_cut(&s, '\n', &line)) {
		r->line++;
		if (str_starts(line, STR("# ")))
			read_meta(r, str_tail(line, 2));
		else
			read_sample(r, line);
		if (r->error != NULL)
			return;
	}
}

static struct snapshot *
sample(void)
{
	struct snapshot *s = xcalloc(1, sizeof(*s));
	struct snapshot_source *a = &s->sources[0], *b = &s->sources[1];

	str_copy(STR("0.1.0"), s->version, sizeof(s->version));
	s->watching = true;
	s->started_at = s->committed_at = 1000 * USEC_PER_SEC;
	s->nsources = 2;
	str_copy(STR("journal"), a->name, sizeof(a->name));
	a->state = SOURCE_WAITING;
	a->counts = (struct batch_counts){ .lines = 10, .ignored = 3,
	    .unknown = 2, .bytes = 999, .lost = 1 };
	a->last_line_at = 1990 * USEC_PER_SEC;
	str_copy(STR("a\"b\\c\nd"), b->name, sizeof(b->name));
	b->state = SOURCE_MISSING;
	s->engine.classes[CLASS_OPEN_RELAY] = 5;
	s->store.outbox_waiting = 6;
	s->commits = 2;
	s->commit_us_total = 2500000;
	return s;
}

static void
reads_strictly(void **state)
{
	struct snapshot *s = sample();
	struct status_gauges g = { .now = 2000 * USEC_PER_SEC,
	    .alerts = { 0, 1, 2 }, .resident_bytes = 4096 };
	struct reader r;
	struct buf out = {0};
	size_t few;

	(void)state;
	reader_init(&r);
	status_metrics(s, &g, &out);
	read_all(&r, buf_str(&out));
	if (r.error != NULL)
		fail_msg("line %zu: %s\n%s", r.line, r.error, buf_cstr(&out));
	few = r.nseries;
	assert_true(few > 40 && few < 120);
	reader_done(&r);

	/* Nothing known at all is well-formed too, and not more. */
	memset(s, 0, sizeof(*s));
	g.resident_bytes = -1;
	buf_clear(&out);
	reader_init(&r);
	status_metrics(s, &g, &out);
	read_all(&r, buf_str(&out));
	assert_null(r.error);
	assert_true(r.nseries < few);
	assert_null(strstr(buf_cstr(&out), "weir_resident_memory_bytes "
	    "gauge\nweir"));
	reader_done(&r);
	buf_done(&out);
	free(s);
}

static void
says_what_is(void **state)
{
	static const char *const want[] = {
		"# TYPE weir_build info\n",
		"\nweir_build_info{version=\"0.1.0\"} 1\n",
		"\nweir_watching 1\n",
		"\nweir_start_time_seconds 1000.000000\n",
		"\nweir_source_up{source=\"journal\"} 1\n",
		"\nweir_source_up{source=\"a\\\"b\\\\c\\nd\"} 0\n",
		"\nweir_source_lines_total{source=\"journal\","
		    "verdict=\"understood\"} 5\n",
		"\nweir_source_lines_total{source=\"journal\","
		    "verdict=\"unknown\"} 2\n",
		"\nweir_source_read_bytes_total{source=\"journal\"} 999\n",
		"\nweir_source_lost_lines_total{source=\"journal\"} 1\n",
		"\nweir_last_line_age_seconds 10.000000\n",
		"\nweir_last_commit_age_seconds 1000.000000\n",
		"\nweir_unknown_lines_ratio 0.200000\n",
		"\nweir_events_total{class=\"open_relay\"} 5\n",
		"\nweir_events_total{class=\"inbound\"} 0\n",
		"\nweir_alerts_open{severity=\"critical\"} 2\n",
		"\nweir_commit_duration_seconds_count 2\n",
		"\nweir_commit_duration_seconds_sum 2.500000\n",
		"\nweir_outbox_rows{state=\"waiting\"} 6\n",
		"\nweir_resident_memory_bytes 4096\n",
	};
	struct snapshot *s = sample();
	const struct status_gauges g = { .now = 2000 * USEC_PER_SEC,
	    .alerts = { 0, 1, 2 }, .resident_bytes = 4096 };
	struct buf out = {0};
	size_t i;

	(void)state;
	status_metrics(s, &g, &out);
	for (i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		if (strstr(buf_cstr(&out), want[i]) == NULL)
			fail_msg("missing: %s", want[i]);
	}
	/* A clock that was set back is no reason for garbage. */
	s->sources[0].last_line_at = 2000 * USEC_PER_SEC + 1;
	buf_clear(&out);
	status_metrics(s, &g, &out);
	assert_non_null(strstr(buf_cstr(&out),
	    "\nweir_last_line_age_seconds -0.000001\n"));
	buf_done(&out);
	free(s);
}

/* The checker itself finds what it is there to find. */
static void
reader_is_strict(void **state)
{
	static const struct {
		const char	*text, *want;
	} cases[] = {
		{ "# TYPE a gauge\na 1\n", "no EOF" },
		{ "# TYPE a gauge\na 1\n# EOF\n", NULL },
		{ "# TYPE a gauge\na 1\na 2\n# EOF\n", "series comes twice" },
		{ "# TYPE a gauge\n# TYPE a gauge\n# EOF\n",
		    "family comes twice" },
		{ "# TYPE a counter\na 1\n# EOF\n",
		    "sample's name does not fit its family" },
		{ "# TYPE a counter\na_total -1\n# EOF\n",
		    "counter below zero" },
		{ "# TYPE a gauge\n# UNIT a seconds\n# EOF\n",
		    "family does not end in its unit" },
		{ "# TYPE a gauge\na{b=\"c} 1\n# EOF\n", "broken labels" },
		{ "# TYPE a gauge\na{b=\"\\x\"} 1\n# EOF\n", "broken labels" },
		{ "# TYPE a gauge\na{b=\"c\",d=\"\"} 1.5\n# EOF\n", NULL },
		{ "# TYPE a gauge\na one\n# EOF\n", "value is no number" },
	};
	struct reader r;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		reader_init(&r);
		read_all(&r, str_of(cases[i].text));
		if (cases[i].want == NULL)
			assert_null(r.error);
		else
			assert_string_equal(r.error, cases[i].want);
		reader_done(&r);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_strictly),
		cmocka_unit_test(says_what_is),
		cmocka_unit_test(reader_is_strict),
	};

	return cmocka_run_group_tests_name("metric", tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads log lines on standard input and prints what syslog_parse and mta_parse
 * make of each as one JSON object a line.  usage: parse_lines UNTIL [each]
 *
 * UNTIL is the time of receipt in seconds since 1970 that dates the stamps
 * without a year; "each": every line is a stream of its own.
 */
#include <stdio.h>
#include <stdlib.h>

#include "weir/mta.h"
#include "weir/syslog.h"

static void
print_str(const char *name, struct str s)
{
	if (!str_known(s))
		return;
	printf(", \"%s\": \"", name);
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '"' || s.p[i] == '\\')
			putchar('\\');
		putchar(s.p[i]);
	}
	putchar('"');
}

static void
print_line(enum syslog_verdict v, const struct record *r)
{
	static const char *const verdicts[] = { "ok", "empty", "no_stamp" };
	static const char *const hops[] = { "remote", "relay", "local",
	    "pipe", "none" };
	char at[USEC_TEXT_MAX];
	struct line l = { 0 };

	printf("{\"verdict\": \"%s\"", verdicts[v]);
	if (v == SYSLOG_OK) {
		mta_parse(r, &l);
		printf(", \"kind\": \"%s\", \"pid\": %u, \"repeat\": %u",
		    line_kind_name(l.kind), r->pid, r->repeat);
		print_str("at", usec_print(r->at, at));
		print_str("host", r->host);
		print_str("unit", r->unit);
		print_str("text", r->text);
		print_str("instance", l.instance);
		print_str("service", l.service);
		if (l.mta != NULL)
			print_str("mta", str_of(l.mta->name));
		if (l.ambiguous)
			printf(", \"ambiguous\": true");
		if (l.kind == LINE_DELIVERY)
			print_str("hop", str_of(hops[l.hop]));
		printf(", \"fields\": {\"_\": 0");
		for (enum field f = 0; f < FIELD_COUNT; f++)
			print_str(line_field_name(f), l.f[f]);
		putchar('}');
	}
	puts("}");
}

int
main(int argc, char **argv)
{
	struct syslog_stream s = { .zone = &zone_utc };
	bool each = argc > 2;
	char *line = NULL;
	size_t cap = 0;
	ssize_t n;

	s.until = argc > 1 ? atoll(argv[1]) * USEC_PER_SEC : 0;
	while ((n = getline(&line, &cap, stdin)) >= 0) {
		struct record r = { 0 };
		enum syslog_verdict v;

		if (n > 0 && line[n - 1] == '\n')
			n--;
		if (each)
			s.year = 0, s.last_at = 0;
		v = syslog_parse(&s, line, (size_t)n, &r);
		print_line(v, &r);
	}
	free(line);
	return 0;
}

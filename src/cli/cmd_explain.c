/* SPDX-License-Identifier: Apache-2.0 */
/*
 * weir explain: what each stage makes of a line.  Lines go through the same
 * code as those of a log, into an engine that is thrown away.
 */
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "weir/cli.h"
#include "weir/config.h"
#include "weir/engine.h"
#include "weir/pipeline.h"
#include "weir/print.h"
#include "weir/syslog.h"
#include "weir/wire.h"

struct run {
	struct engine		*engine;
	struct policy		*policy;
	struct zone		 zone;
	struct syslog_stream	 stream;
	char			 host[256];
	size_t			 nevents;	/* since it was last zero */
};

static void
say(const char *what, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static void
say(const char *what, const char *fmt, ...)
{
	struct buf text = { 0 };
	va_list ap;
	char *s;

	va_start(ap, fmt);
	if (vasprintf(&s, fmt, ap) == -1)
		abort();
	va_end(ap);
	buf_addf(&text, "%-9s %s\n", what, s);
	print_text(buf_str(&text));
	free(s);
	buf_done(&text);
}

static void
say_json(const char *what, json_t *j)
{
	struct buf b = { 0 };

	wire_print(j, &b);
	say(what, "%s", buf_cstr(&b));
	json_decref(j);
	buf_done(&b);
}

static bool
on_event(void *ctx, struct event *e)
{
	struct run *r = ctx;

	e->seq = (int64_t)++r->nevents;
	say_json("event", wire_event(e));
	return true;
}

static void
on_revise(void *ctx, const struct event *e, const char *why)
{
	struct run *r = ctx;

	r->nevents++;
	say("revised", "%s", why == NULL ? "a pair of it has another class" :
	    why);
	say_json("event", wire_event(e));
}

static void
on_alert(void *ctx, const struct alert *a, enum alert_transition t)
{
	(void)ctx;
	if (t == TRANSITION_OPENED)
		say("alert", "%s: %s", alert_severity_name(a->severity),
		    a->title);
}

static void
on_keep(void *ctx, struct str key, int64_t at, int64_t due, struct str blob)
{
	(void)ctx;
	(void)key;
	(void)at;
	(void)due;
	(void)blob;
}

static bool
on_recall(void *ctx, struct str key, struct buf *ret)
{
	(void)ctx;
	(void)key;
	(void)ret;
	return false;
}

static const char *
form_of(struct str raw)
{
	size_t close = str_find_char(str_head(raw, 5), '>');

	if (raw.n > 0 && raw.p[0] == '<' && close != STR_NPOS) {
		raw = str_tail(raw, close + 1);
		if (str_starts(raw, STR("1 ")))
			return "RFC 5424";
	}
	if (raw.n > 0 && raw.p[0] == '@')
		return "multilog";
	if (raw.n > 4 && raw.p[0] >= '0' && raw.p[0] <= '9')
		return raw.p[4] == '-' ? "RFC 3339 stamp" : "RFC 5424";
	return "RFC 3164";
}

static void
explain_header(const struct run *r, const struct record *record)
{
	char at[USEC_TEXT_MAX], pid[24] = "";

	usec_print(record->at, at);
	say("header", "%s, %s%s%s", form_of(record->raw), at,
	    strcmp(form_of(record->raw), "RFC 3164") == 0 ? ", zone " : "",
	    strcmp(form_of(record->raw), "RFC 3164") == 0 ? r->zone.name : "");
	if (record->pid != 0)
		snprintf(pid, sizeof(pid), ", pid %u", record->pid);
	say("", "host %.*s, unit %.*s%s", STRF(record->host),
	    STRF(record->unit), pid);
	if (record->repeat > 1)
		say("", "stands for %u lines", record->repeat);
	say("text", "%.*s", STRF(record->text));
}

static void
explain_line(const struct line *line)
{
	static const char *const helps[] = {
#define X(e, name, help) help,
		LINE_KINDS(X)
#undef X
	};

	if (line->mta == NULL)
		say("mta", "none that weir knows writes under that unit");
	else
		say("mta", "%s, instance %.*s, service %.*s", line->mta->name,
		    STRF(line->instance), STRF(line->service));
	say("kind", "%s: %s", line_kind_name(line->kind), helps[line->kind]);
	if (line->ambiguous)
		say("", "ambiguous: a stranger's text could have made it look "
		    "so");
	for (int i = 0; i < FIELD_COUNT; i++)
		if (str_known(line->f[i]))
			say("", "%s = %.*s", line_field_name((enum field)i),
			    STRF(line->f[i]));
}

static void
explain(struct run *r, char *text, size_t n)
{
	struct record record;
	struct line line;

	say("line", "%.*s", (int)n, text);
	switch (syslog_parse(&r->stream, text, n, &record)) {
	case SYSLOG_EMPTY:
		say("header", "none: the line is empty");
		return;
	case SYSLOG_NO_STAMP:
		say("header", "none that weir knows; the line is not used");
		return;
	case SYSLOG_OK:
		break;
	}
	record.provenance = PROVENANCE_LOG;
	explain_header(r, &record);
	mta_parse(&record, &line);
	explain_line(&line);
	r->nevents = 0;
	if (line.kind != LINE_UNKNOWN && !line_is_nothing(line.kind))
		engine_line(r->engine, 1, &record, &line);
	if (r->nevents == 0)
		say("event", "none yet");
	printf("\n");
}

/* What the configuration says; the rest is learnt from the lines. */
static void
believe(struct policy *p, const struct config *c)
{
	static const struct {
		const char	*key;
		enum policy_key	 policy;
	} keys[] = {
		{ "trusted-networks", POLICY_TRUSTED_NETWORKS },
		{ "local-domains", POLICY_LOCAL_DOMAINS },
		{ "relay-domains", POLICY_RELAY_DOMAINS },
		{ "copies", POLICY_COPIES },
	};
	const char *value;

	for (size_t k = 0; k < sizeof(keys) / sizeof(*keys); k++) {
		if (!config_is_set(c, "policy", NULL, keys[k].key))
			continue;
		policy_declare(p, keys[k].policy, POLICY_CONFIGURED);
		for (size_t i = 0; (value = config_list(c, "policy", NULL,
		    keys[k].key, i)) != NULL; i++)
			policy_add(p, keys[k].policy, POLICY_CONFIGURED,
			    str_of(value), NULL);
	}
}

static int
explain_input(struct run *r)
{
	char *text = NULL;
	size_t cap = 0;
	struct error err;
	ssize_t n;

	while ((n = getline(&text, &cap, stdin)) > 0) {
		if (text[n - 1] == '\n')
			n--;
		explain(r, text, (size_t)n);
	}
	free(text);
	if (!ferror(stdin))
		return EXIT_OK;
	error_set(&err, "standard input: %s", strerror(errno));
	return cli_fail(&err);
}

static int
with_engine(const struct config *c, const char *text)
{
	struct run r = { .nevents = 0 };
	struct engine_sink sink = { &r, on_event, on_revise, on_alert,
		on_keep, on_recall };
	struct engine_options o;
	struct error err;
	char *copy;
	int rc = EXIT_OK;

	if (zone_load(NULL, &r.zone, &err) == -1)
		return cli_fail(&err);
	if (gethostname(r.host, sizeof(r.host) - 1) == -1)
		str_copy(STR("localhost"), r.host, sizeof(r.host));
	r.stream = (struct syslog_stream){ .zone = &r.zone,
		.host = str_of(r.host), .until = pipeline_clock() };
	r.policy = policy_new(HASH_KEY_FIXED);
	believe(r.policy, c);
	engine_options_init(&o);
	r.engine = engine_new(&o, r.policy, &sink);
	if (text == NULL)
		rc = explain_input(&r);
	else {
		copy = str_dup(str_of(text));
		explain(&r, copy, strlen(copy));
		free(copy);
	}
	say("end", "what was held is let go:");
	r.nevents = 0;
	engine_finish(r.engine);
	engine_flush(r.engine);
	if (r.nevents == 0)
		say("event", "none");
	engine_free(r.engine);
	policy_free(r.policy);
	zone_done(&r.zone);
	return rc;
}

static int
run(int argc, char **argv)
{
	static const struct option options[] = {
		{ "config", required_argument, NULL, 'c' },
		{ NULL, 0, NULL, 0 },
	};
	const char *path = NULL;
	struct buf problems = { 0 };
	struct config *config;
	int c, rc = EXIT_WORLD;

	optind = 0;
	while ((c = getopt_long(argc, argv, "c:", options, NULL)) != -1) {
		if (c != 'c')
			return EXIT_USAGE;
		path = optarg;
	}
	if (argc - optind > 1)
		return cli_usage("explain takes one LINE, in quotes, or -");
	if (optind == argc && isatty(STDIN_FILENO))
		return cli_usage("explain needs a LINE, or - for standard "
		    "input");
	config = config_load(path, &problems);
	if (config == NULL)
		fprintf(stderr, "%s", buf_cstr(&problems));
	else
		rc = with_engine(config, optind == argc ||
		    strcmp(argv[optind], "-") == 0 ? NULL : argv[optind]);
	config_free(config);
	buf_done(&problems);
	return rc;
}

const struct command cmd_explain = {
	"explain",
	"[-c FILE] [LINE|-]",
	"show what each stage makes of a log line",
	"Lines of one message, given on standard input, are joined as those\n"
	"of a log are.  Nothing is stored.\n",
	run,
};

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OpenMetrics 1.0 text.  One table of families, each with a function that
 * writes its samples; a family of several samples has one label whose values
 * come from a table of weir's own (classes, severities, configured sources),
 * never from a log, so that the number of series does not grow.
 */
#include <inttypes.h>

#include "weir/status.h"

struct metric_in {
	const struct snapshot		*s;
	const struct status_gauges	*g;
};

struct metric {
	const char	*name;		/* of the family, without suffix */
	const char	*type, *unit;	/* unit "": none */
	const char	*help;
	void		(*samples)(const struct metric *m,
			    const struct metric_in *in, struct buf *out);
};

/* A label's value: backslash, quote and LF are escaped. */
static void
add_value(struct buf *out, const char *s)
{
	for (; *s != '\0'; s++) {
		if (*s == '\\' || *s == '"')
			buf_add_char(out, '\\');
		if (*s == '\n')
			buf_add_str(out, STR("\\n"));
		else
			buf_add_char(out, *s);
	}
}

static void
add_name(const struct metric *m, const char *suffix, struct buf *out)
{
	buf_addf(out, "%s%s", m->name, suffix);
	if (strcmp(m->type, "counter") == 0)
		buf_add_str(out, STR("_total"));
}

static void
add_count(const struct metric *m, uint64_t v, struct buf *out)
{
	add_name(m, "", out);
	buf_addf(out, " %" PRIu64 "\n", v);
}

static void
add_labelled(const struct metric *m, const char *label, const char *value,
    uint64_t v, struct buf *out)
{
	add_name(m, "", out);
	buf_addf(out, "{%s=\"", label);
	add_value(out, value);
	buf_addf(out, "\"} %" PRIu64 "\n", v);
}

static void
add_seconds(const struct metric *m, const char *suffix, int64_t us,
    struct buf *out)
{
	add_name(m, suffix, out);
	buf_addf(out, " %s%" PRId64 ".%06" PRId64 "\n", us < 0 ? "-" : "",
	    (us < 0 ? -us : us) / USEC_PER_SEC,
	    (us < 0 ? -us : us) % USEC_PER_SEC);
}

static void
build(const struct metric *m, const struct metric_in *in, struct buf *out)
{
	buf_addf(out, "%s_info{version=\"", m->name);
	add_value(out, in->s->version);
	buf_add_str(out, STR("\"} 1\n"));
}

static void
started(const struct metric *m, const struct metric_in *in, struct buf *out)
{
	add_seconds(m, "", in->s->started_at, out);
}

static void
watching(const struct metric *m, const struct metric_in *in, struct buf *out)
{
	add_count(m, in->s->watching, out);
}

static void
storing(const struct metric *m, const struct metric_in *in, struct buf *out)
{
	add_count(m, in->s->not_storing[0] == '\0', out);
}

static void
source_up(const struct metric *m, const struct metric_in *in, struct buf *out)
{
	const struct snapshot_source *s;
	size_t i;

	for (i = 0; i < in->s->nsources; i++) {
		s = &in->s->sources[i];
		add_labelled(m, "source", s->name, s->state == SOURCE_READY ||
		    s->state == SOURCE_WAITING, out);
	}
}

static void
add_verdict(const struct metric *m, const char *source, const char *verdict,
    uint64_t v, struct buf *out)
{
	add_name(m, "", out);
	buf_add_str(out, STR("{source=\""));
	add_value(out, source);
	buf_addf(out, "\",verdict=\"%s\"} %" PRIu64 "\n", verdict, v);
}

static void
source_lines(const struct metric *m, const struct metric_in *in,
    struct buf *out)
{
	const struct snapshot_source *s;
	const struct batch_counts *c;
	size_t i;

	for (i = 0; i < in->s->nsources; i++) {
		s = &in->s->sources[i];
		c = &s->counts;
		add_verdict(m, s->name, "understood",
		    c->lines - c->ignored - c->unknown, out);
		add_verdict(m, s->name, "ignored", c->ignored, out);
		add_verdict(m, s->name, "unknown", c->unknown, out);
	}
}

static void
source_bytes(const struct metric *m, const struct metric_in *in,
    struct buf *out)
{
	size_t i;

	for (i = 0; i < in->s->nsources; i++)
		add_labelled(m, "source", in->s->sources[i].name,
		    in->s->sources[i].counts.bytes, out);
}

static void
source_lost(const struct metric *m, const struct metric_in *in,
    struct buf *out)
{
	size_t i;

	for (i = 0; i < in->s->nsources; i++)
		add_labelled(m, "source", in->s->sources[i].name,
		    in->s->sources[i].counts.lost, out);
}

static void
line_age(const struct metric *m, const struct metric_in *in, struct buf *out)
{
	int64_t last = 0;
	size_t i;

	for (i = 0; i < in->s->nsources; i++) {
		if (in->s->sources[i].last_line_at > last)
			last = in->s->sources[i].last_line_at;
	}
	if (last != 0)
		add_seconds(m, "", in->g->now - last, out);
}

static void
commit_age(const struct metric *m, const struct metric_in *in,
    struct buf *out)
{
	if (in->s->committed_at != 0)
		add_seconds(m, "", in->g->now - in->s->committed_at, out);
}

static void
unknown_share(const struct metric *m, const struct metric_in *in,
    struct buf *out)
{
	uint64_t lines = 0, unknown = 0;
	size_t i;

	for (i = 0; i < in->s->nsources; i++) {
		lines += in->s->sources[i].counts.lines;
		unknown += in->s->sources[i].counts.unknown;
	}
	if (lines == 0)
		return;
	add_name(m, "", out);
	buf_addf(out, " %.6f\n", (double)unknown / (double)lines);
}

static void
events(const struct metric *m, const struct metric_in *in, struct buf *out)
{
	size_t i;

	for (i = 0; i < CLASS_COUNT; i++)
		add_labelled(m, "class", event_class_name((enum event_class)i),
		    in->s->engine.classes[i], out);
}

static void
alerts(const struct metric *m, const struct metric_in *in, struct buf *out)
{
	size_t i;

	for (i = 0; i < SEVERITY_COUNT; i++)
		add_labelled(m, "severity",
		    alert_severity_name((enum alert_severity)i),
		    (uint64_t)in->g->alerts[i], out);
}

static void
commit_time(const struct metric *m, const struct metric_in *in,
    struct buf *out)
{
	buf_addf(out, "%s_count %" PRIu64 "\n", m->name, in->s->commits);
	add_seconds(m, "_sum", (int64_t)in->s->commit_us_total, out);
}

static void
outbox(const struct metric *m, const struct metric_in *in, struct buf *out)
{
	add_labelled(m, "state", "waiting",
	    (uint64_t)in->s->store.outbox_waiting, out);
	add_labelled(m, "state", "dead",
	    (uint64_t)in->s->store.outbox_dead, out);
}

static void
webhooks(const struct metric *m, const struct metric_in *in, struct buf *out)
{
	add_labelled(m, "outcome", "delivered", in->s->hooks_delivered, out);
	add_labelled(m, "outcome", "failed", in->s->hooks_failed, out);
}

static void
memory(const struct metric *m, const struct metric_in *in, struct buf *out)
{
	if (in->g->resident_bytes >= 0)
		add_count(m, (uint64_t)in->g->resident_bytes, out);
}

static void
young(const struct metric *m, const struct metric_in *in, struct buf *out)
{
	add_count(m, status_is_young(in->s), out);
}

/* Families that are one number of the snapshot: X(function, expression) */
#define NUMBERS(X)							\
	X(duplicates, engine.duplicates)				\
	X(revisions, engine.revisions)					\
	X(late, engine.late)						\
	X(evicted, engine.evicted)					\
	X(recalled, engine.recalled)					\
	X(messages, engine.messages)					\
	X(sessions, engine.sessions)					\
	X(stats_series, engine.profile.series)				\
	X(stats_actors, engine.profile.actors)				\
	X(stats_bytes, engine.profile.bytes)				\
	X(stats_cap, engine.profile.cap_bytes)				\
	X(stats_evicted, engine.profile.evicted)			\
	X(stats_refused, engine.profile.refused)			\
	X(store_events, store.events)					\
	X(store_bytes, store.bytes)					\
	X(wal_bytes, store.wal_bytes)					\
	X(partitions, store.partitions)

#define X(fn, field)							\
static void								\
fn(const struct metric *m, const struct metric_in *in, struct buf *out)	\
{									\
	add_count(m, (uint64_t)in->s->field, out);			\
}
NUMBERS(X)
#undef X

static const struct metric metrics[] = {
	{ "weir_build", "info", "", "Version of weir.", build },
	{ "weir_start_time_seconds", "gauge", "seconds",
	    "When the daemon started, Unix time.", started },
	{ "weir_watching", "gauge", "",
	    "1 while at least one source is read.", watching },
	{ "weir_storing", "gauge", "",
	    "0 while the database cannot be written; alerts go out.",
	    storing },
	{ "weir_source_up", "gauge", "",
	    "1 while the source is read.", source_up },
	{ "weir_source_lines", "counter", "",
	    "Lines read, by source and what the rules made of them.",
	    source_lines },
	{ "weir_source_read_bytes", "counter", "bytes",
	    "Bytes read, by source.", source_bytes },
	{ "weir_source_lost_lines", "counter", "",
	    "Lines known to be lost before they were read.", source_lost },
	{ "weir_last_line_age_seconds", "gauge", "seconds",
	    "Time since the stamp of the newest line of any source.",
	    line_age },
	{ "weir_unknown_lines_ratio", "gauge", "ratio",
	    "Share of the lines read that no rule knows.", unknown_share },
	{ "weir_events", "counter", "",
	    "Events since the start, by class.", events },
	{ "weir_duplicate_events", "counter", "",
	    "Events that were stored already.", duplicates },
	{ "weir_event_revisions", "counter", "",
	    "Events whose class was corrected later.", revisions },
	{ "weir_late_events", "counter", "",
	    "Events too late for the windows.", late },
	{ "weir_correlator_messages", "gauge", "",
	    "Messages in the correlator's memory.", messages },
	{ "weir_correlator_sessions", "gauge", "",
	    "SMTP sessions in the correlator's memory.", sessions },
	{ "weir_correlator_evictions", "counter", "",
	    "Messages moved from memory to the store.", evicted },
	{ "weir_correlator_recalls", "counter", "",
	    "Messages taken back from the store.", recalled },
	{ "weir_baselines_young", "gauge", "",
	    "1 until the statistics have learnt for a week.", young },
	{ "weir_statistics_series", "gauge", "",
	    "Counts of a key that the statistics follow.", stats_series },
	{ "weir_statistics_actors", "gauge", "",
	    "Logins, users and clients that they know more of.",
	    stats_actors },
	{ "weir_statistics_size_bytes", "gauge", "bytes",
	    "Memory that the statistics take.", stats_bytes },
	{ "weir_statistics_limit_bytes", "gauge", "bytes",
	    "Memory that they may take.", stats_cap },
	{ "weir_statistics_evictions", "counter", "",
	    "Keys that made room for others.", stats_evicted },
	{ "weir_statistics_refusals", "counter", "",
	    "Counts of keys that came too seldom to be followed.",
	    stats_refused },
	{ "weir_alerts_open", "gauge", "",
	    "Open alerts, by severity, but for those nobody is told of.",
	    alerts },
	{ "weir_commit_duration_seconds", "summary", "seconds",
	    "Time that commits to the store took.", commit_time },
	{ "weir_last_commit_age_seconds", "gauge", "seconds",
	    "Time since the last commit.", commit_age },
	{ "weir_store_events", "gauge", "", "Events stored.", store_events },
	{ "weir_store_partitions", "gauge", "",
	    "Partitions of the store.", partitions },
	{ "weir_store_size_bytes", "gauge", "bytes",
	    "Size of the database.", store_bytes },
	{ "weir_store_wal_size_bytes", "gauge", "bytes",
	    "Of that what is not written back yet; readers hold it.",
	    wal_bytes },
	{ "weir_outbox_rows", "gauge", "",
	    "Webhook messages not delivered: waiting, or given up.", outbox },
	{ "weir_webhook_tries", "counter", "",
	    "Tries to deliver a webhook, by outcome.", webhooks },
	{ "weir_resident_memory_bytes", "gauge", "bytes",
	    "Resident memory of the process.", memory },
};

void
status_metrics(const struct snapshot *s, const struct status_gauges *g,
    struct buf *out)
{
	const struct metric_in in = { s, g };
	const struct metric *m;
	size_t i;

	for (i = 0; i < sizeof(metrics) / sizeof(metrics[0]); i++) {
		m = &metrics[i];
		buf_addf(out, "# TYPE %s %s\n", m->name, m->type);
		if (m->unit[0] != '\0')
			buf_addf(out, "# UNIT %s %s\n", m->name, m->unit);
		buf_addf(out, "# HELP %s %s\n", m->name, m->help);
		m->samples(m, &in, out);
	}
	buf_add_str(out, STR("# EOF\n"));
}

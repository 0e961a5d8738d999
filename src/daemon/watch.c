/* SPDX-License-Identifier: Apache-2.0 */
/* See watch.h. */
#include "weir/watch.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

#include "weir/import.h"
#include "weir/log.h"
#include "weir/mem.h"
#include "weir/raise.h"

#define JOURNAL_BEGINS	"journal-begins"
#define SAME_LINES_OF	"same-lines"	/* path of the paused, of the other */
#define DETECTOR	"source"

static int
load_zone(struct watch_source *s, const char *name, struct error *err)
{
	if (zone_load(name, &s->zone, err) == 0)
		return 0;
	return error_add(err, "[source %s]", s->name);
}

static int
load_section(struct watch *w, const struct config *c, const char *name,
    struct error *err)
{
	const char		*path = config_text(c, "source", name, "path");
	const char		*host = config_text(c, "source", name, "host");
	struct watch_source	*s = &w->v[w->n];

	memset(s, 0, sizeof(*s));
	snprintf(s->name, sizeof(s->name), "%s", name);
	snprintf(s->path, sizeof(s->path), "%s", path == NULL ? "journal" :
	    path);
	snprintf(s->host, sizeof(s->host), "%s", host == NULL ? "" : host);
	if (load_zone(s, config_text(c, "source", name, "timezone"), err) == -1)
		return -1;
	w->n++;
	return 0;
}

static int
load_found(struct watch *w, struct error *err)
{
	struct watch_source	*s = &w->v[0];
	const char		*slash;

	if (source_find(s->path, sizeof(s->path), err) == -1)
		return -1;
	slash = strrchr(s->path, '/');
	snprintf(s->name, sizeof(s->name), "%.63s", slash == NULL ? s->path :
	    slash + 1);
	w->n = 1;
	w->found = true;
	return load_zone(s, NULL, err);
}

/* Journals first: of two that carry the same lines the first one stays. */
static int
by_kind(const void *a, const void *b)
{
	const struct watch_source	*x = a, *y = b;

	return (int)y->journal - (int)x->journal;
}

static void
who_reads(struct watch *w)
{
	const struct passwd	*pw = getpwuid(geteuid());

	if (gethostname(w->host, sizeof(w->host)) == -1)
		snprintf(w->host, sizeof(w->host), "localhost");
	w->host[sizeof(w->host) - 1] = '\0';
	if (pw != NULL)
		snprintf(w->user, sizeof(w->user), "%s", pw->pw_name);
	else
		snprintf(w->user, sizeof(w->user), "%lu",
		    (unsigned long)geteuid());
}

int
watch_load(struct watch *w, const struct config *c, struct error *err)
{
	const char	*name;

	memset(w, 0, sizeof(*w));
	w->v = xcalloc(READER_SOURCES, sizeof(*w->v));
	who_reads(w);
	for (size_t i = 0; (name = config_section(c, "source", i)) != NULL;
	    i++) {
		if (!config_bool(c, "source", name, "enabled"))
			continue;
		if (w->n == READER_SOURCES)
			return error_set(err, "more than %d sources",
			    READER_SOURCES);
		if (load_section(w, c, name, err) == -1)
			return -1;
	}
	if (w->n == 0 && load_found(w, err) == -1)
		return -1;
	for (size_t i = 0; i < w->n; i++) {
		struct watch_source	*s = &w->v[i];

		s->journal = source_is_journal(s->path);
		s->behind = true;
		memcpy(s->shown.name, s->name, sizeof(s->shown.name));
		str_copy(str_of(s->path), s->shown.path,
		    sizeof(s->shown.path));
		str_copy(str_of(s->host[0] != '\0' ? s->host : w->host),
		    s->shown.host, sizeof(s->shown.host));
	}
	qsort(w->v, w->n, sizeof(*w->v), by_kind);
	return 0;
}

void
watch_done(struct watch *w)
{
	for (size_t i = 0; i < w->n; i++)
		zone_done(&w->v[i].zone);
	free(w->v);
	w->v = NULL;
	w->n = 0;
}

void
watch_options(const struct watch *w, const struct config *c,
    struct source_options ret[READER_SOURCES])
{
	for (size_t i = 0; i < w->n; i++) {
		const struct watch_source	*s = &w->v[i];
		struct source_options		*o = &ret[i];

		memset(o, 0, sizeof(*o));
		o->name = s->name;
		o->path = s->path;
		o->zone = &s->zone;
		o->host = s->host[0] == '\0' ? NULL : s->host;
		if (!w->found && config_is_set(c, "source", s->name, "year"))
			o->year = (int)config_number(c, "source", s->name,
			    "year");
		o->follow = true;
	}
}

/* When the oldest entry of the journal was written; 0: nobody knows. */
static int64_t
oldest_entry(const char *path)
{
	sd_journal	*j = NULL;
	uint64_t	 from = 0;
	int		 rc;

	rc = strcmp(path, "journal") == 0 ?
	    sd_journal_open(&j, SD_JOURNAL_LOCAL_ONLY) :
	    sd_journal_open_directory(&j, path, 0);
	if (rc < 0)
		return 0;
	if (sd_journal_get_cutoff_realtime_usec(j, &from, NULL) <= 0)
		from = 0;
	sd_journal_close(j);
	return (int64_t)from;
}

static const struct watch_source *
find_path(const struct watch *w, struct str path)
{
	for (size_t i = 0; i < w->n; i++)
		if (str_eq(str_of(w->v[i].path), path))
			return &w->v[i];
	return NULL;
}

/* A pair that was found to carry the same lines, if both are still here. */
static void
recall_pause(struct watch *w, struct store *s)
{
	struct buf			 v = { 0 };
	struct str			 rest, second, first = STR_NONE;
	const struct watch_source	*two, *one;

	if (!store_get_value(s, SAME_LINES_OF, &v))
		goto out;
	rest = buf_str(&v);
	if (!str_cut(&rest, '\n', &second) || !str_cut(&rest, '\n', &first))
		goto out;
	two = find_path(w, second);
	one = find_path(w, first);
	if (two != NULL && one != NULL && one < two) {
		struct watch_source	*p = &w->v[two - w->v];

		p->paused = true;
		p->behind = false;
		snprintf(p->shown.problem, sizeof(p->shown.problem),
		    "carries the same lines as %.200s; paused", one->path);
		log_info("%s carries the same lines as %s and is not read",
		    two->path, one->path);
	}
out:
	buf_done(&v);
}

void
watch_begin(struct watch *w, struct store *s)
{
	struct buf	v = { 0 };
	char		text[32];
	bool		files = false;

	recall_pause(w, s);
	for (size_t i = 0; i < w->n; i++)
		files |= !w->v[i].journal;
	if (!files || w->n == 0 || !w->v[0].journal)
		return;
	if (store_get_value(s, JOURNAL_BEGINS, &v)) {
		(void)str_to_i64(buf_str(&v), &w->journal_begins);
	} else {
		w->journal_begins = oldest_entry(w->v[0].path);
		snprintf(text, sizeof(text), "%lld",
		    (long long)w->journal_begins);
		if (w->journal_begins != 0)
			(void)store_put_value(s, JOURNAL_BEGINS, str_of(text));
	}
	buf_done(&v);
}

/* Short and long form of a name are the same host. */
static bool
same_host(struct str a, struct str b)
{
	return str_eq_nocase(str_head(a, str_find_char(a, '.')),
	    str_head(b, str_find_char(b, '.')));
}

/* Take out of a file's batch what the journal tells. */
static void
leave_to_journal(const struct watch *w, struct batch *b)
{
	size_t	kept = 0;

	for (size_t i = 0; i < b->nlines; i++) {
		const struct record	*r = &b->lines[i].record;

		if (r->at >= w->journal_begins &&
		    same_host(r->host, str_of(w->host)))
			continue;
		if (kept != i)
			b->lines[kept] = b->lines[i];
		kept++;
	}
	b->nlines = kept;
}

static void
raise_denied(const struct watch_source *s, struct pipeline *p)
{
	struct raise	r = { 0 };
	struct buf	title = { 0 };

	buf_addf(&title, "The log %s may not be read: mail on %s is not "
	    "watched", s->path, s->shown.host);
	r.detector = DETECTOR;
	r.host = s->shown.host;
	r.key = s->shown.path;
	r.severity = SEVERITY_CRITICAL;
	r.key_type = KEY_SOURCE;
	r.notice = "source_silent";
	r.title = buf_cstr(&title);
	r.runbook = s->shown.mend;
	raise_open(p, &r);
	buf_done(&title);
}

static void
resolve_denied(const struct watch_source *s, struct pipeline *p)
{
	static const char	again[] = "the log can be read again";

	if (raise_resolve(p, DETECTOR, s->shown.path, again))
		raise_notice(p, "source_back", s->shown.host,
		    str_of(again), pipeline_clock(), NULL);
}

/* The source's state turned, or it is told for the first time. */
static void
turned(struct watch *w, struct watch_source *s, const struct work *work,
    struct pipeline *p)
{
	bool	bad = work->state == SOURCE_DENIED ||
		    work->state == SOURCE_MISSING;
	bool	news = strcmp(s->shown.problem, work->problem.text) != 0;

	if (!bad && s->shown.problem[0] != '\0')
		log_info("%s can be read again", s->path);
	str_copy(str_of(work->problem.text), s->shown.problem,
	    sizeof(s->shown.problem));
	s->shown.mend[0] = '\0';
	if (work->state == SOURCE_DENIED)
		source_mend(s->path, w->user, s->shown.mend,
		    sizeof(s->shown.mend));
	if (bad && news)
		log_warn("%s%s%s", work->problem.text,
		    s->shown.mend[0] == '\0' ? "" : "; to let weir read it: ",
		    s->shown.mend);
	if (work->state == SOURCE_DENIED)
		raise_denied(s, p);
	else if (!bad)
		resolve_denied(s, p);
}

void
watch_take(struct watch *w, struct work *work, struct pipeline *p)
{
	struct watch_source	*s = &w->v[work->source];
	struct batch		*b = work->batch;
	bool			 was_bad, bad;

	if (s->paused || work->made)
		return;
	was_bad = s->shown.state == SOURCE_DENIED ||
	    s->shown.state == SOURCE_MISSING || s->shown.last_read_at == 0;
	bad = work->state == SOURCE_DENIED || work->state == SOURCE_MISSING;
	if (bad || was_bad)
		turned(w, s, work, p);
	s->shown.state = work->state;
	s->behind = work->state == SOURCE_READY;
	s->shown.last_read_at = pipeline_clock();
	import_add_counts(&s->shown.counts, &b->counts);
	if (b->stream.last_at != 0)
		s->shown.last_line_at = b->stream.last_at;
	if (b->nlines > 0)
		s->shown.last_line_at = b->lines[b->nlines - 1].record.at;
	if (b->notice[0] != '\0')
		log_info("%s: %s", s->name, b->notice);
	if (!s->journal && w->journal_begins != 0)
		leave_to_journal(w, b);
}

void
watch_pause(struct watch *w, size_t source, size_t other, struct pipeline *p)
{
	struct watch_source	*s = &w->v[source];
	const struct watch_source *first = &w->v[other];
	struct buf		 text = { 0 }, value = { 0 };

	s->paused = true;
	s->behind = false;
	buf_addf(&text, "%.300s carries the same lines as %.300s; paused",
	    s->path, first->path);
	str_copy(buf_str(&text), s->shown.problem, sizeof(s->shown.problem));
	log_warn("%s: remove one of the two from the configuration",
	    buf_cstr(&text));
	raise_notice(p, "config_changed", s->shown.host, buf_str(&text),
	    pipeline_clock(), NULL);
	buf_addf(&value, "%s\n%s\n", s->path, first->path);
	(void)store_put_value(pipeline_store(p), SAME_LINES_OF,
	    buf_str(&value));
	buf_done(&text);
	buf_done(&value);
}

bool
watch_behind(const struct watch *w)
{
	for (size_t i = 0; i < w->n; i++)
		if (w->v[i].behind)
			return true;
	return false;
}

void
watch_snapshot(const struct watch *w, struct snapshot *s)
{
	const struct watch_source	*bad = NULL;
	size_t				 good = 0;

	s->nsources = w->n < SNAPSHOT_SOURCES ? w->n : SNAPSHOT_SOURCES;
	for (size_t i = 0; i < w->n; i++) {
		const struct watch_source	*v = &w->v[i];

		if (i < SNAPSHOT_SOURCES)
			s->sources[i] = v->shown;
		if (v->paused)
			continue;
		if (v->shown.state == SOURCE_DENIED ||
		    (v->shown.state == SOURCE_MISSING && bad == NULL))
			bad = v;
		else if (v->shown.state != SOURCE_MISSING)
			good++;
	}
	s->watching = good > 0 && (bad == NULL ||
	    bad->shown.state != SOURCE_DENIED);
	s->why_not[0] = '\0';
	if (!s->watching)
		snprintf(s->why_not, sizeof(s->why_not), "%.511s",
		    bad == NULL ? "no source is read" : bad->shown.problem);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* See blind.h. */
#include "weir/blind.h"

#include <stdio.h>
#include <string.h>

#include "weir/raise.h"

#define DETECTOR	"blind"
#define SLICE_US	(10 * USEC_PER_MIN)
#define LINES_MIN	500	/* in an hour, for a share of them */
#define TIMES_LONGEST	2
#define TIMES_USUAL	4.0
#define USUAL_WEIGHT	0.05	/* of a slice: half of it is two hours old */
#define FORGET_US	USEC_PER_DAY	/* a loss, when no other follows */
#define CLOCK_US	USEC_PER_HOUR	/* the same of the clock */
#define PACK_VERSION	1

void
blind_options(const struct config *c, struct blind_options *ret)
{
	ret->enabled = config_bool(c, "detector", "blind", "enabled");
	ret->shadow = config_bool(c, "detector", "blind", "shadow");
	ret->silence_us = config_number(c, "detector", "blind", "silence");
	ret->unknown_percent = config_number(c, "detector", "blind",
	    "unknown");
}

void
blind_begin(struct blind_source *s, int64_t now)
{
	if (s->since == 0) {
		s->since = now;
		s->usual = -1;
	}
	s->last = now;
	blind_pass(s, now);
	memset(s->lines, 0, sizeof(s->lines));
	memset(s->unknown, 0, sizeof(s->unknown));
}

/* What an hour ago was part of the last hour is part of the usual now. */
static void
turn_slice(struct blind_source *s)
{
	int	i = (int)(++s->slice % BLIND_SLICES);
	double	share;

	if (s->lines[i] >= LINES_MIN / BLIND_SLICES) {
		share = (double)s->unknown[i] / (double)s->lines[i];
		s->usual = s->usual < 0 ? share :
		    s->usual + USUAL_WEIGHT * (share - s->usual);
	}
	s->lines[i] = s->unknown[i] = 0;
}

void
blind_pass(struct blind_source *s, int64_t now)
{
	int64_t	day = now / USEC_PER_DAY, slice = now / SLICE_US;
	int64_t	days = day - s->day;

	if (days < 0 || days > BLIND_DAYS)
		days = BLIND_DAYS;
	if (days > 0) {
		memmove(s->longest + days, s->longest, (size_t)(BLIND_DAYS -
		    days) * sizeof(*s->longest));
		memset(s->longest, 0, (size_t)days * sizeof(*s->longest));
		s->day = day;
	}
	if (slice < s->slice || slice - s->slice > 2 * BLIND_SLICES)
		s->slice = slice - 2 * BLIND_SLICES;
	while (s->slice < slice)
		turn_slice(s);
}

void
blind_take(struct blind_source *s, const struct batch *b, int64_t now)
{
	int	i;

	blind_pass(s, now);
	i = (int)(s->slice % BLIND_SLICES);
	s->lines[i] += b->counts.lines;
	s->unknown[i] += b->counts.unknown + b->counts.no_stamp;
	if (b->counts.lost > 0 || strcmp(b->notice_kind, "data_loss") == 0)
		s->lost_at = now;
	if (b->counts.lines == 0)
		return;
	if (now - s->last > s->longest[0])
		s->longest[0] = now - s->last;
	s->last = now;
}

int64_t
blind_patience(const struct blind_source *s, const struct blind_options *o,
    int64_t now)
{
	int64_t	longest = 0;

	if (s->since == 0 || now - s->since < USEC_PER_DAY)
		return 0;
	for (int i = 0; i < BLIND_DAYS; i++)
		if (s->longest[i] > longest)
			longest = s->longest[i];
	/* Never a line: whether that is wrong, nobody knows. */
	if (longest == 0)
		return 0;
	longest *= TIMES_LONGEST;
	return longest > o->silence_us ? longest : o->silence_us;
}

double
blind_share(const struct blind_source *s)
{
	uint64_t	lines = 0, unknown = 0;

	for (int i = 0; i < BLIND_SLICES; i++) {
		lines += s->lines[i];
		unknown += s->unknown[i];
	}
	return lines < LINES_MIN ? -1 : (double)unknown / (double)lines;
}

void
blind_pack(struct buf *b, const struct blind_source *s)
{
	buf_put_u8(b, PACK_VERSION);
	buf_put_u64(b, (uint64_t)s->since);
	buf_put_u64(b, (uint64_t)s->day);
	buf_put_u64(b, (uint64_t)s->lost_at);
	buf_put_u64(b, (uint64_t)(s->usual < 0 ? -1 :
	    (int64_t)(s->usual * 1e6)));
	for (int i = 0; i < BLIND_DAYS; i++)
		buf_put_u64(b, (uint64_t)s->longest[i]);
}

bool
blind_unpack(struct str blob, struct blind_source *ret)
{
	struct buf_reader	r = { blob, false };
	struct blind_source	s = { 0 };
	int64_t			usual;

	if (buf_get_u8(&r) != PACK_VERSION)
		return false;
	s.since = buf_get_i64(&r);
	s.day = buf_get_i64(&r);
	s.lost_at = buf_get_i64(&r);
	usual = buf_get_i64(&r);
	s.usual = usual < 0 || usual > 1000000 ? -1 : (double)usual / 1e6;
	for (int i = 0; i < BLIND_DAYS; i++)
		s.longest[i] = buf_get_i64(&r);
	if (r.bad)
		return false;
	*ret = s;
	return true;
}

/* "3 h 10 min" */
static void
print_span(int64_t us, char *ret, size_t size)
{
	long long	minutes = us / USEC_PER_MIN;

	if (minutes >= 2 * 24 * 60)
		snprintf(ret, size, "%lld days", minutes / (24 * 60));
	else if (minutes >= 60)
		snprintf(ret, size, "%lld h %lld min", minutes / 60,
		    minutes % 60);
	else
		snprintf(ret, size, "%lld min", minutes);
}

/* Open it or resolve it.  The key is the source's name and what is wrong. */
static void
judge(bool bad, const struct raise *what, const char *name, const char *of,
    const char *back, struct pipeline *p, int64_t now)
{
	struct raise	r = *what;
	char		key[256];

	snprintf(key, sizeof(key), "%s%s", name, of);
	r.detector = DETECTOR;
	r.key_type = KEY_SOURCE;
	r.severity = SEVERITY_WARNING;
	r.key = key;
	if (bad)
		raise_open(p, &r);
	else if (raise_resolve(p, DETECTOR, key, back) &&
	    strcmp(r.notice, "source_silent") == 0)
		raise_notice(p, "source_back", r.host, str_of(back), now,
		    NULL);
}

static void
judge_silence(const struct blind_source *s, const struct blind_options *o,
    const char *name, const char *path, const char *host, struct pipeline *p,
    int64_t now)
{
	struct raise r = { .host = host, .notice = "source_silent",
	    .shadow = o->shadow };
	int64_t	patience = blind_patience(s, o, now), silent = now - s->last;
	char	is[64], usual[64], title[1024], runbook[1024];

	print_span(silent, is, sizeof(is));
	print_span(patience / TIMES_LONGEST, usual, sizeof(usual));
	snprintf(title, sizeof(title), "No line came from %.300s on %s for "
	    "%s; it was never silent for more than %s in the last %d days: "
	    "mail may not be watched", path, host, is, usual, BLIND_DAYS);
	snprintf(runbook, sizeof(runbook), "Does the mail server still log, "
	    "and there?\n  ls -l %.300s\n  logger -p mail.info weir-was-here\n"
	    "  systemctl status rsyslog systemd-journald postfix\n", path);
	r.title = title;
	r.runbook = runbook;
	judge(o->enabled && patience > 0 && silent > patience, &r, name, "",
	    "lines come again", p, now);
}

static void
judge_share(const struct blind_source *s, const struct blind_options *o,
    const char *name, const char *path, const char *host, struct pipeline *p,
    int64_t now)
{
	struct raise r = { .host = host, .notice = "unknown_share",
	    .shadow = o->shadow };
	double	share = blind_share(s);
	bool	bad = share * 100 > (double)o->unknown_percent &&
		    s->usual >= 0 && share > TIMES_USUAL * s->usual;
	char	title[1024];

	if (o->enabled && !bad && share * 200 > (double)o->unknown_percent)
		return;		/* not well enough yet to be resolved */
	snprintf(title, sizeof(title), "%.1f %% of the last hour's lines of "
	    "%.300s on %s are not understood; %.1f %% is usual there",
	    share * 100, path, host, s->usual * 100);
	r.title = title;
	r.runbook = "Which lines, by program, with samples:\n  weir status\n"
	    "Was the mail server updated, or its log's format changed?\n";
	judge(o->enabled && bad, &r, name, ":unknown", "most lines are "
	    "understood again", p, now);
}

void
blind_judge(struct blind_source *s, const struct blind_options *o,
    const char *name, const char *path, const char *host, struct pipeline *p,
    int64_t now)
{
	struct raise	r = { .host = host, .notice = "data_loss",
	    .shadow = o->shadow };
	char		title[1024];

	blind_pass(s, now);
	judge_silence(s, o, name, path, host, p, now);
	judge_share(s, o, name, path, host, p, now);
	snprintf(title, sizeof(title), "Lines of %.300s on %s were lost before "
	    "weir could read them: what happened meanwhile is not known",
	    path, host);
	r.title = title;
	r.runbook = "What was lost, and why:\n  weir query --kind notice\n"
	    "A logger's rate limit: RateLimitBurst= in journald.conf(5), "
	    "imuxsock's in rsyslog.conf(5).\n";
	judge(o->enabled && s->lost_at != 0 && now - s->lost_at < FORGET_US,
	    &r, name, ":loss", "nothing more was lost for a day", p, now);
}

void
blind_judge_clock(const struct blind_options *o, uint64_t *seen, int64_t *at,
    const char *host, struct pipeline *p, int64_t now)
{
	uint64_t	n = engine_stats(pipeline_engine(p))->future;
	struct raise	r = { .host = host, .notice = "clock",
	    .shadow = o->shadow };
	char		title[1024];

	if (n != *seen && n > 0)
		*at = now;
	*seen = n;
	snprintf(title, sizeof(title), "Lines read on %s have stamps more "
	    "than five minutes in the future: a clock or a time zone is wrong",
	    host);
	r.title = title;
	r.runbook = "  timedatectl\n  date -u\nA log without zones in its "
	    "stamps: timezone = in its [source] section.\n";
	judge(o->enabled && *at != 0 && now - *at < CLOCK_US, &r, "clock", "",
	    "stamps are in order again", p, now);
}

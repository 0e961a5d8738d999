/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Time stamps of syslog lines:
 *
 *	Jan  8 19:42:13			RFC 3164; also "Jan 8", "Jan 08"
 *	2026-01-08T19:42:13.583442+01:00	RFC 3339; also without a zone
 *	2026-01-08_19:42:13.58344	svlogd -tt, UTC
 *	2026-01-08T19:42:13.58344	svlogd -ttt: five digits, UTC
 *	2026-01-08 19:42:13.583442123	tai64nlocal, in the stream's zone
 *	@4000000066aa8e012cf4f304	multilog, svlogd -t
 *
 * The first kind has no year.  A stream's first stamp takes the latest year
 * that puts it no more than a day after the time of receipt (clocks differ);
 * from then on the year goes on with the months.
 */
#include "weir/multilog.h"

#include "syslog_priv.h"

#define HALF_YEAR	(182 * USEC_PER_DAY)
/* A stamp this far ahead is a straggler of the last days of December. */
#define STRAGGLER	(355 * USEC_PER_DAY)
/* Years looked back for a 29th of February. */
#define YEARS_BACK	9

static int
digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : -1;
}

/* Two digits, or something beyond 99. */
static int
two(const char *p)
{
	unsigned a = (unsigned)(p[0] - '0'), b = (unsigned)(p[1] - '0');

	return a < 10 && b < 10 ? (int)(a * 10 + b) : 100;
}

/* "hh:mm:ss", eight bytes that are there. */
static bool
take_clock(const char *p, struct civil *c)
{
	c->hour = two(p);
	c->minute = two(p + 3);
	c->second = two(p + 6);
	return p[2] == ':' && p[5] == ':' && c->hour < 24 &&
	    c->minute < 60 && c->second <= 60;
}

/*
 * ".583442": any number of digits, which are counted; what is finer than a
 * microsecond goes.
 */
static struct str
take_fraction(struct str s, struct civil *c, size_t *ret_digits)
{
	int unit = 100000;
	size_t i;

	*ret_digits = 0;
	if (s.n < 2 || (s.p[0] != '.' && s.p[0] != ',') || digit(s.p[1]) < 0)
		return s;
	for (i = 1; i < s.n && digit(s.p[i]) >= 0; i++, unit /= 10)
		c->usec += digit(s.p[i]) * unit;
	*ret_digits = i - 1;
	return str_tail(s, i);
}

static bool
valid_date(const struct civil *c)
{
	static const int days[] = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31,
	    30, 31 };

	if (c->month < 1 || c->month > 12 || c->day < 1 ||
	    c->day > days[c->month - 1])
		return false;
	return c->month != 2 || c->day < 29 || (c->year % 4 == 0 &&
	    (c->year % 100 != 0 || c->year % 400 == 0));
}

static const struct zone *
zone_of(const struct syslog_stream *s)
{
	return s->zone == NULL ? &zone_utc : s->zone;
}

/*
 * A local time that occurs twice is the one that goes on from the stamp
 * before.  After a silence that tells nothing; but a line that was written
 * just now is of the hour that the clock says.
 */
static int64_t
to_utc(const struct syslog_stream *s, const struct civil *c)
{
	int64_t after = s->last_at, at;

	if (s->fresh && (at = zone_to_utc(zone_of(s), c, s->until)) >
	    s->last_at && at <= s->until + USEC_PER_MIN)
		return at;
	return zone_to_utc(zone_of(s), c, after);
}

static int64_t
in_year(const struct syslog_stream *s, struct civil *c, int year)
{
	c->year = year;
	return to_utc(s, c);
}

/* The first stamp without a year in its stream. */
static int64_t
first_year(struct syslog_stream *s, struct civil *c)
{
	int year = zone_to_local(zone_of(s), s->until).year + 1;
	int64_t at = in_year(s, c, year);

	for (int i = 0; i < YEARS_BACK; i++, at = in_year(s, c, --year))
		if (valid_date(c) && at <= s->until + USEC_PER_DAY)
			break;
	s->year = year;
	s->last_at = at;
	return at;
}

static int64_t
distance(int64_t a, int64_t b)
{
	return a < b ? b - a : a - b;
}

/* Of a line that was written just now: the year that comes nearest to now. */
static int64_t
fresh_year(struct syslog_stream *s, struct civil *c)
{
	int year = zone_to_local(zone_of(s), s->until).year;
	int64_t best = in_year(s, c, year), at;

	s->year = year;
	for (int i = -1; i <= 1; i += 2) {
		at = in_year(s, c, year + i);
		if (distance(at, s->until) < distance(best, s->until)) {
			best = at;
			s->year = year + i;
		}
	}
	s->last_at = best;
	return best;
}

static int64_t
place_year(struct syslog_stream *s, struct civil *c)
{
	int64_t at, next;

	if (s->fresh)
		return fresh_year(s, c);
	if (s->year == 0)
		return first_year(s, c);
	at = in_year(s, c, s->year);
	if (s->last_at == 0) {
		s->last_at = at;
		return at;
	}
	if (at - s->last_at > STRAGGLER)
		return in_year(s, c, s->year - 1);
	if (s->last_at - at > HALF_YEAR) {
		next = in_year(s, c, s->year + 1);
		if (s->until == 0 || next <= s->until + USEC_PER_DAY) {
			s->year++;
			at = next;
		}
	}
	s->last_at = at;
	return at;
}

static int
month_of(const char *p)
{
	static const char *const names[] = { "Jan", "Feb", "Mar", "Apr", "May",
	    "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };

	for (int i = 0; i < 12; i++)
		if (p[2] == names[i][2] && p[1] == names[i][1] &&
		    p[0] == names[i][0])
			return i + 1;
	return 0;
}

/* A stamp as it is written: in which of the three ways it tells the time. */
struct stamp {
	enum syslog_stamp	kind;
	struct civil		c;
	int64_t			at;	/* SYSLOG_STAMP_FULL */
};

/* "Jan  8 19:42:13" */
static bool
scan_bsd(struct str *rest, struct stamp *ret)
{
	struct civil c = { .year = 2000 };
	struct str t = *rest;
	size_t i = 3, end, digits;

	if (t.n < 14 || ((c.month = t.p[3] == ' ' ? month_of(t.p) : 0) == 0 &&
	    (c.month = syslog_month(t, &i)) == 0))
		return false;
	if (i >= t.n || t.p[i++] != ' ')
		return false;
	end = i + 2;
	if (t.n < end + 7)
		return false;
	if (t.p[i] == ' ')
		i++;
	for (; i < end && digit(t.p[i]) >= 0; i++)
		c.day = c.day * 10 + digit(t.p[i]);
	if (t.p[i] != ' ' || t.n < i + 9 || !take_clock(t.p + i + 1, &c) ||
	    !valid_date(&c))
		return false;
	t = take_fraction(str_tail(t, i + 9), &c, &digits);
	if (t.n > 0 && t.p[0] != ' ')
		return false;
	*ret = (struct stamp){ SYSLOG_STAMP_YEARLESS, c, 0 };
	*rest = t;
	return true;
}

/* "Z", "+02:00", "-0430"; false: no zone is there. */
static bool
take_offset(struct str *t, int *ret_minutes)
{
	size_t colon;
	int h, m;

	if (t->n >= 1 && (t->p[0] == 'Z' || t->p[0] == 'z')) {
		*ret_minutes = 0;
		*t = str_tail(*t, 1);
		return true;
	}
	if (t->n < 5 || (t->p[0] != '+' && t->p[0] != '-'))
		return false;
	colon = t->p[3] == ':';
	if (t->n < 5 + colon)
		return false;
	h = two(t->p + 1);
	m = two(t->p + 3 + colon);
	if (h > 23 || m > 59)
		return false;
	*ret_minutes = t->p[0] == '-' ? -(h * 60 + m) : h * 60 + m;
	*t = str_tail(*t, 5 + colon);
	return true;
}

/* "2026-01-08T19:42:13", with or without a zone, and its kin */
static bool
scan_iso(struct str *rest, struct stamp *ret)
{
	struct civil c = { 0 };
	struct str t = *rest;
	int minutes = 0;
	bool zoned;
	size_t digits;
	char join;

	if (t.n < 19 || t.p[4] != '-' || t.p[7] != '-')
		return false;
	join = t.p[10];
	c.month = two(t.p + 5);
	c.day = two(t.p + 8);
	c.year = two(t.p) * 100 + two(t.p + 2);
	if (two(t.p) > 99 || two(t.p + 2) > 99 || !valid_date(&c) ||
	    !take_clock(t.p + 11, &c))
		return false;
	t = take_fraction(str_tail(t, 19), &c, &digits);
	zoned = join == 'T' && take_offset(&t, &minutes);
	/* Exim's main log is another form: it has no fraction. */
	if ((join != 'T' && join != '_' && (join != ' ' || digits < 9)) ||
	    (t.n > 0 && t.p[0] != ' '))
		return false;
	zoned |= join == '_' || (join == 'T' && digits == 5);
	*ret = (struct stamp){ SYSLOG_STAMP_LOCAL, c, 0 };
	if (zoned) {
		ret->kind = SYSLOG_STAMP_FULL;
		ret->at = usec_of_civil(&c) - minutes * USEC_PER_MIN;
	}
	*rest = t;
	return true;
}

static bool
scan_label(struct str *rest, struct stamp *ret)
{
	if (!multilog_take_label(rest, &ret->at))
		return false;
	ret->kind = SYSLOG_STAMP_FULL;
	ret->c = usec_to_civil(ret->at);
	return true;
}

static inline bool
scan(struct str *rest, struct stamp *ret)
{
	if (rest->n > 0 && digit(rest->p[0]) >= 0)
		return scan_iso(rest, ret);
	if (rest->n > 0 && rest->p[0] == '@')
		return scan_label(rest, ret);
	return scan_bsd(rest, ret);
}

bool
syslog_take_stamp(struct syslog_stream *s, struct str *rest, int64_t *ret_at,
    enum syslog_stamp *ret_kind)
{
	struct str t = *rest;
	struct stamp w;

	if (t.n >= sizeof(s->stamp) && s->last_at != 0 &&
	    memcmp(t.p, s->stamp, sizeof(s->stamp)) == 0) {
		*ret_kind = SYSLOG_STAMP_YEARLESS;
		*ret_at = s->last_at;
		*rest = str_tail(t, sizeof(s->stamp) - 1);
		return true;
	}
	if (!scan(&t, &w))
		return false;
	*ret_kind = w.kind;
	memset(s->stamp, 0, sizeof(s->stamp));
	if (w.kind == SYSLOG_STAMP_YEARLESS) {
		*ret_at = place_year(s, &w.c);
		/* Kept when it is of the usual length and not astray. */
		if (t.p == rest->p + sizeof(s->stamp) - 1 && t.n > 0 &&
		    *ret_at == s->last_at)
			memcpy(s->stamp, rest->p, sizeof(s->stamp));
	} else {
		*ret_at = w.kind == SYSLOG_STAMP_FULL ? w.at :
		    to_utc(s, &w.c);
		s->year = w.c.year;
		s->last_at = *ret_at;
	}
	*rest = t;
	return true;
}

bool
syslog_skip_stamp(struct str *rest, int64_t *ret_at,
    enum syslog_stamp *ret_kind)
{
	struct stamp w;

	if (!syslog_may_be_stamp(*rest) || !scan(rest, &w))
		return false;
	*ret_kind = w.kind;
	*ret_at = w.kind == SYSLOG_STAMP_FULL ? w.at : 0;
	return true;
}

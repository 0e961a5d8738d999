/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Time stamps of syslog lines:
 *
 *	Jan  8 19:42:13			RFC 3164; also "Jan 8", "Jan 08"
 *	2026-01-08T19:42:13.583442+01:00	RFC 3339; also without a zone
 *
 * The first kind has no year.  A stream's first stamp takes the latest year
 * that puts it no more than a day after the time of receipt (clocks differ);
 * from then on the year goes on with the months.
 */
#include "syslog_priv.h"

#define HALF_YEAR	(182 * USEC_PER_DAY)
/* A stamp this far ahead is a straggler of last December. */
#define STRAGGLER	(330 * USEC_PER_DAY)
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

/* ".583442": any number of digits; what is finer than a microsecond goes. */
static struct str
take_fraction(struct str s, struct civil *c)
{
	int unit = 100000;
	size_t i;

	if (s.n < 2 || (s.p[0] != '.' && s.p[0] != ',') || digit(s.p[1]) < 0)
		return s;
	for (i = 1; i < s.n && digit(s.p[i]) >= 0; i++, unit /= 10)
		c->usec += digit(s.p[i]) * unit;
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

static int64_t
in_year(const struct syslog_stream *s, struct civil *c, int year)
{
	c->year = year;
	return zone_to_utc(zone_of(s), c, s->last_at);
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
place_year(struct syslog_stream *s, struct civil *c)
{
	int64_t at, next;

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

static bool
take_bsd(struct syslog_stream *s, struct str *rest, int64_t *ret)
{
	struct civil c = { .year = 2000 };
	struct str t = *rest;
	size_t i = 4;

	if (t.n >= sizeof(s->stamp) && s->last_at != 0 &&
	    memcmp(t.p, s->stamp, sizeof(s->stamp)) == 0) {
		*ret = s->last_at;
		*rest = str_tail(t, sizeof(s->stamp) - 1);
		return true;
	}
	if (t.n < 14 || t.p[3] != ' ' || (c.month = month_of(t.p)) == 0)
		return false;
	if (t.p[i] == ' ')
		i++;
	for (; i < 7 && digit(t.p[i]) >= 0; i++)
		c.day = c.day * 10 + digit(t.p[i]);
	if (t.p[i] != ' ' || t.n < i + 9 || !take_clock(t.p + i + 1, &c) ||
	    !valid_date(&c))
		return false;
	t = take_fraction(str_tail(t, i + 9), &c);
	if (t.n > 0 && t.p[0] != ' ')
		return false;
	*ret = place_year(s, &c);
	/* Kept when it is of the usual length and did not go astray. */
	memset(s->stamp, 0, sizeof(s->stamp));
	if (t.p == rest->p + sizeof(s->stamp) - 1 && t.n > 0 &&
	    *ret == s->last_at)
		memcpy(s->stamp, rest->p, sizeof(s->stamp));
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

static bool
take_iso(struct syslog_stream *s, struct str *rest, int64_t *ret)
{
	struct civil c = { 0 };
	struct str t = *rest;
	bool zoned;
	int minutes;

	if (t.n < 19 || t.p[4] != '-' || t.p[7] != '-' || t.p[10] != 'T')
		return false;
	c.month = two(t.p + 5);
	c.day = two(t.p + 8);
	c.year = two(t.p) * 100 + two(t.p + 2);
	if (two(t.p) > 99 || two(t.p + 2) > 99 || !valid_date(&c) ||
	    !take_clock(t.p + 11, &c))
		return false;
	t = take_fraction(str_tail(t, 19), &c);
	zoned = take_offset(&t, &minutes);
	if (t.n > 0 && t.p[0] != ' ')
		return false;
	*ret = zoned ? usec_of_civil(&c) - minutes * USEC_PER_MIN :
	    zone_to_utc(zone_of(s), &c, s->last_at);
	s->year = c.year;
	s->last_at = *ret;
	memset(s->stamp, 0, sizeof(s->stamp));
	*rest = t;
	return true;
}

bool
syslog_take_stamp(struct syslog_stream *s, struct str *rest, int64_t *ret_at,
    bool *ret_iso)
{
	*ret_iso = rest->n > 0 && digit(rest->p[0]) >= 0;
	return *ret_iso ? take_iso(s, rest, ret_at) :
	    take_bsd(s, rest, ret_at);
}

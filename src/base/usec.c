/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Civil dates by Howard Hinnant's days_from_civil and civil_from_days ("chrono-
 * Compatible Low-Level Date Algorithms"): years begin in March, so that the
 * leap day is the last one, and come in eras of 400 years of 146,097 days.
 */
#include "weir/usec.h"

#define DAYS_TO_EPOCH	719468	/* 0000-03-01 to 1970-01-01 */
#define DAYS_OF_ERA	146097
#define YEAR_MAX	290000	/* what int64_t microseconds reach */

static int64_t
floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

/* Years out of reach are taken as the nearest that is not. */
int64_t
usec_of_civil(const struct civil *c)
{
	int64_t y = c->year, m = c->month, era, yoe, doy, doe, days;

	if (y > YEAR_MAX)
		y = YEAR_MAX;
	if (y < -YEAR_MAX)
		y = -YEAR_MAX;
	if (m <= 2)
		y--;
	era = floor_div(y, 400);
	yoe = y - era * 400;
	doy = (153 * (m > 2 ? m - 3 : m + 9) + 2) / 5 + c->day - 1;
	doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
	days = era * DAYS_OF_ERA + doe - DAYS_TO_EPOCH;
	return days * USEC_PER_DAY + c->hour * USEC_PER_HOUR +
	    c->minute * USEC_PER_MIN + c->second * USEC_PER_SEC + c->usec;
}

struct civil
usec_to_civil(int64_t at)
{
	int64_t days = floor_div(at, USEC_PER_DAY);
	int64_t rest = at % USEC_PER_DAY + (at % USEC_PER_DAY < 0 ?
	    USEC_PER_DAY : 0);
	int64_t z = days + DAYS_TO_EPOCH, era = floor_div(z, DAYS_OF_ERA);
	int64_t doe = z - era * DAYS_OF_ERA;
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	int64_t mp = (5 * doy + 2) / 153;
	int month = (int)(mp < 10 ? mp + 3 : mp - 9);

	return (struct civil){
		.year = (int)(yoe + era * 400) + (month <= 2),
		.month = month,
		.day = (int)(doy - (153 * mp + 2) / 5) + 1,
		.hour = (int)(rest / USEC_PER_HOUR),
		.minute = (int)(rest / USEC_PER_MIN % 60),
		.second = (int)(rest / USEC_PER_SEC % 60),
		.usec = (int)(rest % USEC_PER_SEC),
	};
}

/* `n` digits and the character behind them. */
static char *
put(char *out, int v, int n, char behind)
{
	for (int i = n; i-- > 0; v /= 10)
		out[i] = (char)('0' + v % 10);
	out[n] = behind;
	return out + n + 1;
}

struct str
usec_print(int64_t at, char out[USEC_TEXT_MAX])
{
	struct civil c = usec_to_civil(at);
	int year = c.year < 0 ? -c.year : c.year;
	char *p = out;

	if (c.year < 0)
		*p++ = '-';
	p = put(p, year, year > 9999 ? 6 : 4, '-');
	p = put(p, c.month, 2, '-');
	p = put(p, c.day, 2, 'T');
	p = put(p, c.hour, 2, ':');
	p = put(p, c.minute, 2, ':');
	p = put(p, c.second, 2, '.');
	p = put(p, c.usec, 6, 'Z');
	*p = '\0';
	return (struct str){ out, (size_t)(p - out) };
}

/* Exactly n digits go off *s. */
static bool
take_digits(struct str *s, size_t n, int *ret)
{
	int v = 0;

	if (s->n < n)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (s->p[i] < '0' || s->p[i] > '9')
			return false;
		v = v * 10 + (s->p[i] - '0');
	}
	*s = str_tail(*s, n);
	*ret = v;
	return true;
}

/* One character of `set` goes off *s; '\0' when there is none. */
static char
take_char(struct str *s, const char *set)
{
	char c;

	if (s->n == 0 || s->p[0] == '\0' || strchr(set, s->p[0]) == NULL)
		return '\0';
	c = s->p[0];
	*s = str_tail(*s, 1);
	return c;
}

/* Decimals of a second, cut to microseconds. */
static bool
take_fraction(struct str *s, int *ret)
{
	int scale = 100000, v = 0;
	size_t n = 0;

	for (; n < s->n && s->p[n] >= '0' && s->p[n] <= '9'; n++) {
		v += (s->p[n] - '0') * scale;
		scale /= 10;
	}
	*s = str_tail(*s, n);
	*ret = v;
	return n > 0;
}

/* "Z", "+01:00", "-0330"; microseconds east of UTC. */
static bool
take_zone(struct str *s, int64_t *ret)
{
	char sign = take_char(s, "Zz+-");
	int hours, minutes;

	*ret = 0;
	if (sign == 'Z' || sign == 'z')
		return true;
	if (sign == '\0' || !take_digits(s, 2, &hours))
		return false;
	take_char(s, ":");
	if (!take_digits(s, 2, &minutes) || hours > 23 || minutes > 59)
		return false;
	*ret = hours * USEC_PER_HOUR + minutes * USEC_PER_MIN;
	if (sign == '-')
		*ret = -*ret;
	return true;
}

static bool
is_date(const struct civil *c)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31,
		30, 31 };
	bool leap = (c->year % 4 == 0 && c->year % 100 != 0) ||
	    c->year % 400 == 0;

	return c->month >= 1 && c->month <= 12 && c->day >= 1 &&
	    c->day <= days[c->month - 1] + (c->month == 2 && leap) &&
	    c->hour <= 23 && c->minute <= 59 && c->second <= 60;
}

bool
usec_parse(struct str s, int64_t *ret)
{
	struct civil c = { 0 };
	int64_t east;

	if (!take_digits(&s, 4, &c.year) || take_char(&s, "-") == '\0' ||
	    !take_digits(&s, 2, &c.month) || take_char(&s, "-") == '\0' ||
	    !take_digits(&s, 2, &c.day) || take_char(&s, "Tt ") == '\0' ||
	    !take_digits(&s, 2, &c.hour) || take_char(&s, ":") == '\0' ||
	    !take_digits(&s, 2, &c.minute) || take_char(&s, ":") == '\0' ||
	    !take_digits(&s, 2, &c.second))
		return false;
	if (take_char(&s, ".") != '\0' && !take_fraction(&s, &c.usec))
		return false;
	if (!take_zone(&s, &east) || s.n != 0 || !is_date(&c))
		return false;
	*ret = usec_of_civil(&c) - east;
	return true;
}

bool
usec_parse_span(struct str s, int64_t *ret)
{
	static const struct {
		char	unit;
		int64_t	us;
	} units[] = {
		{ 's', USEC_PER_SEC }, { 'm', USEC_PER_MIN },
		{ 'h', USEC_PER_HOUR }, { 'd', USEC_PER_DAY },
		{ 'w', 7 * USEC_PER_DAY },
	};
	int64_t unit = USEC_PER_SEC, v;
	uint64_t n;

	for (size_t i = 0; s.n > 0 && i < sizeof(units) / sizeof(*units); i++)
		if (s.p[s.n - 1] == units[i].unit) {
			unit = units[i].us;
			s.n--;
			break;
		}
	if (!str_to_u64(s, &n) || n > INT64_MAX ||
	    __builtin_mul_overflow((int64_t)n, unit, &v))
		return false;
	*ret = v;
	return true;
}

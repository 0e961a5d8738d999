/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a value's text means by its row of the options table, and the sentence
 * to say when it means nothing.
 */
#include <stdio.h>

#include "config_priv.h"
#include "weir/suggest.h"
#include "weir/usec.h"

static bool
in_choices(const char *choices, const char *text)
{
	struct str rest = str_of(choices), word;

	while (str_cut(&rest, '|', &word))
		if (str_eq(word, str_of(text)))
			return true;
	return false;
}

static int
parse_choice(const struct option_row *row, const char *text,
    struct error *err)
{
	struct str rest = str_of(row->choices), word;
	char copy[SUGGEST_MAX], nearest[SUGGEST_MAX] = "";
	size_t best = 3, d;

	if (in_choices(row->choices, text))
		return 0;
	while (str_cut(&rest, '|', &word)) {
		str_copy(word, copy, sizeof(copy));
		d = suggest_distance(text, copy);
		if (d < best) {
			best = d;
			str_copy(word, nearest, sizeof(nearest));
		}
	}
	return error_set(err, "\"%s\" is none of %s%s%s%s", text,
	    row->choices, nearest[0] == '\0' ? "" : "; is \"", nearest,
	    nearest[0] == '\0' ? "" : "\" meant?");
}

/* A span in the unit that divides it, for messages. */
static void
print_span(int64_t us, char *ret, size_t size)
{
	if (us % USEC_PER_DAY == 0)
		snprintf(ret, size, "%lldd", (long long)(us / USEC_PER_DAY));
	else
		snprintf(ret, size, "%llds", (long long)(us / USEC_PER_SEC));
}

/* "64M": a whole number of bytes, or of units of 1024. */
static bool
parse_size(struct str s, int64_t *ret)
{
	static const char units[] = "KMGT";
	const char *unit = s.n == 0 ? NULL : strchr(units, s.p[s.n - 1]);
	int shift = unit == NULL || *unit == '\0' ? 0 :
	    10 * (int)(unit - units + 1);

	if (shift > 0)
		s.n--;
	if (!str_to_i64(s, ret) || *ret < 0 || *ret > INT64_MAX >> shift)
		return false;
	*ret <<= shift;
	return true;
}

/* "0.3": at most six decimals, in millionths. */
static bool
parse_number(struct str s, int64_t *ret)
{
	size_t		dot = str_find_char(s, '.');
	struct str	decimals = dot == STR_NPOS ? STR("0") :
			    str_tail(s, dot + 1);
	uint64_t	whole, part, one = OPTION_NUMBER_ONE;

	if (decimals.n > 6 || !str_to_u64(str_head(s, dot), &whole) ||
	    !str_to_u64(decimals, &part) || whole > INT64_MAX / one - 1)
		return false;
	*ret = (int64_t)(whole * one);
	for (size_t i = 0; i < decimals.n; i++)
		one /= 10;
	*ret += (int64_t)(part * one);
	return true;
}

static int
check_range(const struct option_row *row, int64_t n, const char *text,
    struct error *err)
{
	char min[32], max[32];

	if (n >= row->min && n <= row->max)
		return 0;
	if (row->type == OPTION_SPAN) {
		print_span(row->min, min, sizeof(min));
		print_span(row->max, max, sizeof(max));
	} else if (row->type == OPTION_NUMBER) {
		snprintf(min, sizeof(min), "%.9g", (double)row->min /
		    (double)OPTION_NUMBER_ONE);
		snprintf(max, sizeof(max), "%.9g", (double)row->max /
		    (double)OPTION_NUMBER_ONE);
	} else {
		snprintf(min, sizeof(min), "%lld", (long long)row->min);
		snprintf(max, sizeof(max), "%lld", (long long)row->max);
	}
	return error_set(err, "%s is not between %s and %s", text, min, max);
}

int
config_value(const struct option_row *row, const char *text, int64_t *ret,
    struct error *err)
{
	struct str s = str_of(text);

	*ret = 0;
	switch (row->type) {
	case OPTION_BOOL:
		*ret = in_choices("true|yes|on|1", text);
		if (*ret == 1 || in_choices("false|no|off|0", text))
			return 0;
		return error_set(err, "\"%s\" is neither true nor false",
		    text);
	case OPTION_INT:
		if (!str_to_i64(s, ret))
			return error_set(err, "\"%s\" is not a whole number",
			    text);
		return check_range(row, *ret, text, err);
	case OPTION_NUMBER:
		if (!parse_number(s, ret))
			return error_set(err, "\"%s\" is not a number such "
			    "as 1 or 0.25, with at most six decimals", text);
		return check_range(row, *ret, text, err);
	case OPTION_SPAN:
		if (!usec_parse_span(s, ret))
			return error_set(err, "\"%s\" is not a span of time "
			    "such as 90s, 10m, 4h or 7d", text);
		return check_range(row, *ret, text, err);
	case OPTION_SIZE:
		if (!parse_size(s, ret))
			return error_set(err, "\"%s\" is not a size such as "
			    "500000, 64M or 10G", text);
		return check_range(row, *ret, text, err);
	case OPTION_CHOICE:
		return parse_choice(row, text, err);
	case OPTION_TEXT:
	case OPTION_PATH:
	case OPTION_SECRET_FILE:
		if (s.n == 0)
			return error_set(err, "has no value; leave the line "
			    "out for the default");
		return row->check == NULL ? 0 : row->check(s, err);
	case OPTION_LIST:
		break;
	}
	return error_set(err, "is a list");
}

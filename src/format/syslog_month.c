/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names of months as strftime's %b gives them where a logger was started in a
 * locale of its own.  Those of the C locale are known without this table.  A
 * '?' stands where Latin-1 had a letter that is no UTF-8.
 */
#include "syslog_priv.h"

#define NAME_MAX_BYTES	6

static const struct {
	char	name[NAME_MAX_BYTES + 1];	/* lower case, as %b has it */
	uint8_t	month;
} months[] = {
	/* German, Austrian */
	{ "jän", 1 }, { "j?n", 1 }, { "mär", 3 }, { "m?r", 3 },
	{ "märz", 3 }, { "m?rz", 3 }, { "mai", 5 }, { "juni", 6 },
	{ "juli", 7 }, { "sept", 9 }, { "okt", 10 }, { "dez", 12 },
	/* French; some writers cut to three letters */
	{ "janv", 1 }, { "fév", 2 }, { "f?v", 2 }, { "févr", 2 },
	{ "f?vr", 2 }, { "mars", 3 }, { "avr", 4 }, { "avril", 4 },
	{ "jui", 6 }, { "juin", 6 }, { "juil", 7 }, { "aoû", 8 },
	{ "ao?", 8 }, { "août", 8 }, { "ao?t", 8 }, { "déc", 12 },
	{ "d?c", 12 },
	/* Spanish */
	{ "ene", 1 }, { "abr", 4 }, { "ago", 8 }, { "dic", 12 },
	/* Italian */
	{ "gen", 1 }, { "mag", 5 }, { "giu", 6 }, { "lug", 7 },
	{ "set", 9 }, { "ott", 10 },
	/* Portuguese */
	{ "fev", 2 }, { "out", 10 },
	/* Dutch */
	{ "mrt", 3 }, { "mei", 5 },
	/* Danish, Swedish, Norwegian */
	{ "maj", 5 }, { "des", 12 },
	/* Polish */
	{ "sty", 1 }, { "lut", 2 }, { "kwi", 4 }, { "cze", 6 },
	{ "lip", 7 }, { "sie", 8 }, { "wrz", 9 }, { "paź", 10 },
	{ "pa?", 10 }, { "lis", 11 }, { "gru", 12 },
	/* The C locale's own, in other letters */
	{ "jan", 1 }, { "feb", 2 }, { "mar", 3 }, { "apr", 4 },
	{ "may", 5 }, { "jun", 6 }, { "jul", 7 }, { "aug", 8 },
	{ "sep", 9 }, { "oct", 10 }, { "nov", 11 }, { "dec", 12 },
};

int
syslog_month(struct str s, size_t *ret_n)
{
	struct str word = s;
	size_t n = 0;

	while (n < s.n && n < NAME_MAX_BYTES && s.p[n] != ' ' &&
	    s.p[n] != '.')
		n++;
	word.n = n;
	for (size_t i = 0; i < sizeof(months) / sizeof(months[0]); i++)
		if (str_eq_nocase(word, str_of(months[i].name))) {
			*ret_n = n + (n < s.n && s.p[n] == '.');
			return months[i].month;
		}
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which program wrote a line, and handing the line to who reads it.  A unit
 * that nobody claims is no mail server's: its lines are ignored.  Those of a
 * mail server that this build does not read stay unknown, so that they show.
 */
#include "weir/mta.h"

#define X(name) extern const struct mta mta_##name;
MTAS(X)
#undef X

static const struct mta *const mtas[] = {
#define X(name) &mta_##name,
	MTAS(X)
#undef X
};

#define NMTAS	(sizeof(mtas) / sizeof(mtas[0]))

/* Tags of mail servers, up to the first character that is no letter. */
static const char *const unread[] = {
	"exim", "sendmail", "sm", "smtpd", "opensmtpd", "qmail", "courierd",
	"courieresmtp", "courieresmtpd", "courierlocal", "haraka", "maddy",
	"stalwart", "mta",
};

static bool
is_unread(struct str unit)
{
	size_t n = 0;

	while (n < unit.n && ((unit.p[n] | 0x20) >= 'a' &&
	    (unit.p[n] | 0x20) <= 'z'))
		n++;
	for (size_t i = 0; i < sizeof(unread) / sizeof(unread[0]); i++)
		if (str_eq_nocase(str_head(unit, n), str_of(unread[i])))
			return true;
	return false;
}

void
mta_parse(const struct record *record, struct line *ret)
{
	*ret = (struct line){ .kind = LINE_UNKNOWN };
	for (size_t i = 0; i < NMTAS; i++)
		if (mtas[i]->claims(record->unit, ret)) {
			ret->mta = mtas[i];
			mtas[i]->parse(record, ret);
			return;
		}
	if (!is_unread(record->unit))
		ret->kind = LINE_IGNORED;
}

const struct mta *
mta_find(struct str name)
{
	for (size_t i = 0; i < NMTAS; i++)
		if (str_eq(name, str_of(mtas[i]->name)))
			return mtas[i];
	return NULL;
}

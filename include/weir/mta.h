/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The MTAs weir reads, one const entry each.  A new MTA is a file in src/mta
 * and a word in MTAS.
 */
#ifndef WEIR_MTA_H
#define WEIR_MTA_H

#include "weir/line.h"
#include "weir/rule.h"

/* One X for each src/mta/<name>.c that is an MTA; tried in this order. */
#define MTAS(X) X(weir_self) X(postfix) X(neighbours)

struct mta {
	const char	*name;		/* "postfix" */
	/*
	 * Does this MTA write lines under that tag?  Fills instance and
	 * service of *ret.
	 */
	bool	(*claims)(struct str unit, struct line *ret);
	/*
	 * Read record->text into *ret, which holds what `claims` filled in.
	 * Sets kind (LINE_UNKNOWN when no rule matches) and fields.
	 */
	void	(*parse)(const struct record *record, struct line *ret);
	/* Its rule tables, ended by a NULL name; NULL: it has none. */
	const struct rule_table	*tables;
};

/* Read one record.  Never fails; *ret borrows from the record. */
void		 mta_parse(const struct record *record, struct line *ret);
const struct mta *mta_find(struct str name);

#endif

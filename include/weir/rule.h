/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Line rules: a rule is the sample line with typed holes, written as C string
 * concatenation.
 *
 *	{ QID ": from=" SENDER ", " PAIRS " (queue active)", LINE_QUEUED },
 *
 * Literal text matches itself, a hole takes what its type allows and fills
 * its field, OPT(...) may be there or not, and a rule matches a whole text.
 * The first rule of a table that matches wins.
 *
 * Who can write into a log line tries to imitate the rest of it.  So typed
 * holes check their alphabet, an address in brackets must be the quoted form
 * of RFC 5321 (its local part is one word or one quoted string), and a hole of
 * free text says whether it ends at the FIRST or at the LAST place from which
 * the rest of the rule matches: LAST when the hostile text is the hole's own
 * (a subject, a refused address), FIRST when it stands behind it (a login
 * name).  An address that is not in quoted form, as Postfix before 3.5 logs
 * it, ends at its last bracket when nothing hostile follows; otherwise nobody
 * can tell: that field and those behind it stay empty and the line is marked
 * ambiguous.
 *
 * Nothing is allocated; time is linear, for the number of places tried is
 * bounded for each rule.
 */
#ifndef WEIR_RULE_H
#define WEIR_RULE_H

#include "weir/line.h"

/* Holes, in the order of the table in rule.c that says what they are. */
#define QID		"\x80"	/* queue id */
#define ANY_QID		"\x81"	/* queue id or NOQUEUE */
#define NEXT_QID	"\x82"
#define ORIG_QID	"\x83"
#define CLIENT		"\x84"	/* name[address]:port, [address]:port, local */
#define ORIG_CLIENT	"\x85"
#define PEER		"\x86"	/* CLIENT's form, of the next hop */
#define SENDER		"\x87"	/* <address>, or one word */
#define RECIPIENT	"\x88"
#define ORIG_RCPT	"\x89"
#define HELO		"\x8a"	/* <name>, or nothing */
#define PAIRS		"\x8b"	/* key=value, key=value: fields by name */
#define METHOD		"\x8c"	/* SASL mechanism */
#define LOGIN		"\x8d"	/* user name of one word */
#define USERNAME	"\x8e"	/* user name, free text */
#define SASL_SENDER	"\x8f"
#define PROTO		"\x90"	/* SMTP, ESMTP */
#define TLS_PROTO	"\x91"
#define CIPHER		"\x92"
#define UID		"\x93"
#define STATUS		"\x94"
#define ACTION		"\x95"
#define STAGE		"\x96"
#define REASON		"\x97"
#define REMARK		"\x98"	/* reason without < and >: the operator's */
#define REPLY		"\x99"
#define SUBJECT		"\x9a"
#define MESSAGE_ID	"\x9b"
#define RESENT_ID	"\x9c"
#define TOKEN		"\x9d"
#define LOST		"\x9e"
#define WORD		"\x9f"	/* one word, no field */
#define NUMBER		"\xa0"	/* digits, no field */
#define ADDRESS		"\xa1"	/* a bare client address */
#define ANY		"\xa2"	/* free text, no field */
#define FUNCTION	"\xa3"	/* name of a function in C, no field */

#define OPT(part)	"\x01" part "\x02"

struct rule {
	const char	*pattern;	/* NULL ends a table */
	enum line_kind	 kind;
	bool		 ambiguous;	/* both sides are hostile here */
};

struct rule_table {
	const char		*name;
	const struct rule	*rules;
};

/*
 * Read a text by the first rule that matches: sets kind, rule, fields and
 * ambiguous of *ret, whose fields must be unknown before.  False, with *ret
 * as it was, when no rule matches.
 */
bool	rule_parse(const struct rule *rules, struct str text,
	    struct line *ret);

#endif

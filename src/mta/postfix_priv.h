/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of the Postfix reader: rule tables, and what mends cut lines. */
#ifndef WEIR_POSTFIX_PRIV_H
#define WEIR_POSTFIX_PRIV_H

#include "weir/record.h"
#include "weir/rule.h"

/* By what writes the lines. */
extern const struct rule postfix_smtpd[];
extern const struct rule postfix_cleanup[];
extern const struct rule postfix_qmgr[];
extern const struct rule postfix_pickup[];
extern const struct rule postfix_delivery[];
extern const struct rule postfix_bounce[];
extern const struct rule postfix_postscreen[];
extern const struct rule postfix_other[];
extern const struct rule postfix_tls[];
extern const struct rule postfix_trace[];

/* Forget the field that a text of pairs ends in. */
void	postfix_drop_cut(struct line *l, struct str text);
/* Forget the next queue id when the text ends in it. */
void	postfix_drop_cut_id(struct line *l, struct str text);
/* Forget from, to and what follows where they are not certain. */
void	postfix_drop_context(struct line *l, const struct record *r);

#endif

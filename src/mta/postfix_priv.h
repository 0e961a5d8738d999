/* SPDX-License-Identifier: Apache-2.0 */
/* Postfix' rule tables, by what writes the lines. */
#ifndef WEIR_POSTFIX_PRIV_H
#define WEIR_POSTFIX_PRIV_H

#include "weir/rule.h"

extern const struct rule postfix_smtpd[];
extern const struct rule postfix_cleanup[];
extern const struct rule postfix_qmgr[];
extern const struct rule postfix_pickup[];
extern const struct rule postfix_delivery[];
extern const struct rule postfix_bounce[];
extern const struct rule postfix_postscreen[];
extern const struct rule postfix_other[];

#endif

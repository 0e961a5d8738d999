/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What weir itself and the loggers write: the fire drill's line, and the
 * loggers' word that they dropped lines.
 *
 *	weir[812]: fire drill 5f0c7d2e
 *	systemd-journald[301]: Suppressed 412 messages from postfix.service
 *	systemd-journald[301]: Forwarding to syslog missed 17 messages.
 *	rsyslogd: imuxsock lost 225 messages from pid 2076 due to rate-limiting
 *	rsyslogd: imuxsock[2076]: 225 messages lost due to rate-limiting (200
 *	    allowed within 5 seconds)
 */
#include "weir/mta.h"

static const struct rule weir_rules[] = {
	{ "fire drill " TOKEN, LINE_DRILL, false },
	{ ANY, LINE_IGNORED, false },
	{ NULL, LINE_UNKNOWN, false }
};

static const struct rule logger_rules[] = {
	{ "Suppressed " LOST " messages from " ANY, LINE_LOG_LOSS, false },
	{ "imuxsock lost " LOST " messages from pid " NUMBER
	    " due to rate-limiting", LINE_LOG_LOSS, false },
	{ WORD " " LOST " messages lost due to rate-limiting" ANY,
	    LINE_LOG_LOSS, false },
	{ ANY ": " LOST " messages lost due to rate-limiting" ANY,
	    LINE_LOG_LOSS, false },
	{ ANY "begin to drop messages due to rate-limiting" ANY,
	    LINE_LOG_LOSS, false },
	{ "Forwarding to syslog missed " LOST " messages" ANY,
	    LINE_LOG_LOSS, false },
	{ "imuxsock begins to drop messages from pid " NUMBER
	    " due to rate-limiting", LINE_LOG_LOSS, false },
	{ ANY, LINE_IGNORED, false },
	{ NULL, LINE_UNKNOWN, false }
};

static const struct rule_table tables[] = {
	{ "weir", weir_rules },
	{ "logger", logger_rules },
	{ NULL, NULL }
};

static bool
is_logger(struct str unit)
{
	return str_starts(unit, STR("rsyslogd")) ||
	    str_eq(unit, STR("systemd-journald")) ||
	    str_eq(unit, STR("systemd-journal")) ||
	    str_eq(unit, STR("journal"));
}

static bool
claims(struct str unit, struct line *ret)
{
	if (unit.n == 0 || (unit.p[0] != 'w' && unit.p[0] != 'r' &&
	    unit.p[0] != 's' && unit.p[0] != 'j'))
		return false;
	if (!str_eq(unit, STR("weir")) && !is_logger(unit))
		return false;
	ret->service = unit;
	return true;
}

static void
parse(const struct record *record, struct line *ret)
{
	if (!rule_parse(str_eq(ret->service, STR("weir")) ? weir_rules :
	    logger_rules, record->text, ret))
		ret->kind = LINE_IGNORED;
}

const struct mta mta_weir_self = {
	.name = "weir",
	.claims = claims,
	.parse = parse,
	.tables = tables,
};

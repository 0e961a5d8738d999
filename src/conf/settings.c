/* SPDX-License-Identifier: Apache-2.0 */
/* See settings.h. */
#include "weir/settings.h"

#include <stdio.h>

static void
set_detector(const struct config *c, const struct detector *d,
    struct scan_setting *s)
{
	char	key[64];

	s->enabled = config_bool(c, "detector", d->name, "enabled");
	s->shadow = config_bool(c, "detector", d->name, "shadow");
	for (size_t m = 0; m < d->nmeasures; m++) {
		(void)snprintf(key, sizeof(key), "%s-floor",
		    d->measures[m].name);
		s->floor[m] = (double)config_number(c, "detector", d->name,
		    key);
		(void)snprintf(key, sizeof(key), "%s-share",
		    d->measures[m].name);
		s->share[m] = config_real(c, "detector", d->name, key);
	}
}

static void
set_baseline(const struct config *c, struct engine_options *eo)
{
#define REAL(key)	config_real(c, "baseline", NULL, key)
#define SPAN(key)	config_number(c, "baseline", NULL, key)
	eo->scan.gate = REAL("gate");
	eo->scan.young_us = SPAN("young");
	eo->scan.half_life_us = SPAN("half-life");
	eo->scan.record = REAL("record");
	eo->scan.bounces = REAL("bounces");
	eo->scan.joint_most = REAL("joint-most");
	eo->scan.joint_us = SPAN("joint-within");
	eo->scan.guessing_us = SPAN("joint-guessing");
	eo->scan.new_source = REAL("new-source");
	eo->scan.alarm_us = SPAN("alarm");
	eo->quiet_us = SPAN("quiet");
	eo->pause_us = SPAN("pause");
#undef REAL
#undef SPAN
}

void
settings_engine(const struct config *c, struct engine_options *eo)
{
	const struct detector	*d;

	eo->hold_us = config_number(c, "weir", NULL, "hold");
	eo->subjects = config_bool(c, "weir", NULL, "subjects");
	eo->scan.budget = config_real(c, "weir", NULL, "budget");
	eo->scan.max_bytes = (size_t)config_number(c, "weir", NULL,
	    "statistics-memory");
	set_baseline(c, eo);
	for (size_t i = 0; (d = detector_at(i)) != NULL; i++)
		set_detector(c, d, &eo->scan.settings[i]);
	eo->scan.exempt = settings_exempt(c);
}

static void
add_clients(const struct config *c, const char *name, const char *key,
    struct exemption *m)
{
	struct ip_net	net;
	const char	*s;

	for (size_t i = 0; (s = config_list(c, "exempt", name, key, i)) !=
	    NULL; i++)
		if (ip_net_parse(str_of(s), &net))
			exempt_add_client(m, &net);
}

static void
fill(const struct config *c, const char *name, struct exemption *m)
{
	const char	*s;

	for (size_t i = 0; (s = config_list(c, "exempt", name, "user", i)) !=
	    NULL; i++)
		exempt_add_user(m, str_of(s));
	for (size_t i = 0; (s = config_list(c, "exempt", name, "sender",
	    i)) != NULL; i++)
		exempt_add_sender(m, str_of(s));
	add_clients(c, name, "client", m);
	add_clients(c, name, "network", m);
	for (size_t i = 0; (s = config_list(c, "exempt", name, "detectors",
	    i)) != NULL; i++)
		exempt_add_detector(m, detector_find(str_of(s)));
	s = config_text(c, "exempt", name, "until");
	if (s != NULL)
		(void)option_until_parse(str_of(s), &m->until);
}

struct exempt *
settings_exempt(const struct config *c)
{
	struct exempt	*x = NULL;
	const char	*name;

	for (size_t i = 0; (name = config_section(c, "exempt", i)) != NULL;
	    i++) {
		if (x == NULL)
			x = exempt_new();
		fill(c, name, exempt_add(x, name, config_text(c, "exempt",
		    name, "reason")));
	}
	return x;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Options of the detectors, made of their own tables: a new detector or measure
 * has them without another line.  They are made once, when the first is asked
 * for, and stay.
 */
#include <pthread.h>
#include <stdio.h>

#include "options_priv.h"
#include "weir/buf.h"
#include "weir/detect.h"
#include "weir/mem.h"

#define FLOOR_MAX	1000000
#define SHARE_MAX	(100 * OPTION_NUMBER_ONE)

static struct option_row	*made;
static size_t			 nmade;
static pthread_once_t		 once = PTHREAD_ONCE_INIT;

/* Text that stays. */
static const char *
keep(struct buf *b)
{
	char	*s = str_dup(buf_str(b));

	buf_done(b);
	return s;
}

static const char *
keep_number(double d)
{
	struct buf	b = { 0 };

	buf_addf(&b, "%.6g", d);
	return keep(&b);
}

static const char *
join(const char *a, const char *b, const char *c)
{
	struct buf	all = { 0 };

	buf_addf(&all, "%s%s%s", a, b, c);
	return keep(&all);
}

static const char *const whose[KEY_TYPE_COUNT] = {
	[KEY_CLIENT_ADDRESS] = "a client", [KEY_CLIENT_NETWORK] = "a network",
	[KEY_SASL_USERNAME] = "a login", [KEY_SENDER] = "a sender",
	[KEY_SENDER_DOMAIN] = "a sender's domain",
	[KEY_RECIPIENT_DOMAIN] = "a recipient's domain",
	[KEY_LOCAL_USER] = "a local user", [KEY_HOST] = "a host",
	[KEY_SOURCE] = "a source", [KEY_GLOBAL] = "all hosts",
};

static struct option_row *
add(const struct detector *d, const char *key, enum option_type type,
    const char *value)
{
	struct option_row	*r;

	made = xreallocarray(made, nmade + 1, sizeof(*made));
	r = &made[nmade++];
	*r = (struct option_row){ .section = "detector", .name = d->name,
	    .key = key, .type = type, .value = value };
	return r;
}

static void
add_measure(const struct detector *d, const struct measure *m)
{
	const char		*plural = tally_plural(m->tally);
	struct buf		 help = { 0 };
	struct option_row	*r;

	r = add(d, join(m->name, "-floor", ""), OPTION_INT,
	    keep_number(m->floor));
	r->min = 1;
	r->max = FLOOR_MAX;
	buf_addf(&help, "Of %s: fewer %s in a window are never looked at.",
	    whose[m->key], plural);
	r->help = keep(&help);
	r = add(d, join(m->name, "-share", ""), OPTION_NUMBER,
	    keep_number(m->share));
	r->max = SHARE_MAX;
	buf_addf(&help, "Of %s: the part that %s have in the budget, against "
	    "the others'; 0: none, they only add to other evidence.",
	    whose[m->key], plural);
	r->help = keep(&help);
}

static void
make(void)
{
	const struct detector	*d;

	for (size_t i = 0; (d = detector_at(i)) != NULL; i++) {
		add(d, "enabled", OPTION_BOOL, "true")->help = join(
		    "Whether it raises alerts: ", d->summary, ".");
		add(d, "shadow", OPTION_BOOL, "false")->help =
		    "Whether its alerts are listed, but told to nobody.";
		for (size_t m = 0; m < d->nmeasures; m++)
			add_measure(d, &d->measures[m]);
	}
}

const struct option_row *
option_detector_at(size_t i)
{
	(void)pthread_once(&once, make);
	return i < nmade ? &made[i] : NULL;
}

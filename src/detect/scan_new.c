/* SPDX-License-Identifier: Apache-2.0 */
/* A scan as its options make it: which stratum watches what. */
#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "weir/mem.h"
#include "scan_priv.h"

void
scan_options_init(struct scan_options *o)
{
	const struct detector	*d;

	*o = (struct scan_options){ .max_bytes = 128 << 20, .budget = 1,
	    .gate = 0.001, .young_us = 3 * USEC_PER_DAY,
	    .half_life_us = 21 * USEC_PER_DAY, .record = 0.9,
	    .bounces = 0.035, .joint_most = 1.5,
	    .joint_us = 2 * USEC_PER_HOUR,
	    .guessing_us = 24 * USEC_PER_HOUR, .new_source = 1,
	    .alarm_us = 24 * USEC_PER_HOUR };
	o->settings = xcalloc(detector_count(), sizeof(*o->settings));
	for (size_t i = 0; (d = detector_at(i)) != NULL; i++) {
		o->settings[i].enabled = true;
		for (size_t m = 0; m < d->nmeasures; m++) {
			o->settings[i].floor[m] = d->measures[m].floor;
			o->settings[i].share[m] = d->measures[m].share;
		}
	}
}

void
scan_options_done(struct scan_options *o)
{
	free(o->settings);
}

/* A window has one burst at a time, which is told to one stratum. */
static void
watch(struct scan *s, const struct measure *m, size_t stratum)
{
	uint8_t	*of = s->watch[m->key][m->tally];

	for (int w = 0; w < WINDOW_SPAN_COUNT; w++) {
		if (!(m->spans >> w & 1))
			continue;
		assert(of[w] == 0);
		of[w] = (uint8_t)(stratum + 1);
	}
	s->kept[m->key] |= 1u << m->tally;
	if (m->tally == TALLY_BOUNCES)
		s->kept[m->key] |= 1u << TALLY_RECIPIENTS;
	/* What was sent, for which these may come back. */
	if (m->tally == TALLY_NULL_SENDERS)
		s->kept[m->key == KEY_RECIPIENT_DOMAIN ? KEY_SENDER_DOMAIN :
		    m->key] |= 1u << TALLY_RECIPIENTS;
}

/* What a tally or a title asks for, whether a measure watches it or not. */
static const struct {
	enum alert_key_type	key;
	enum tally		tally;
} asked[] = {
	{ KEY_HOST, TALLY_ENCRYPTED },
	{ KEY_CLIENT_ADDRESS, TALLY_DENIED },
	{ KEY_CLIENT_NETWORK, TALLY_DENIED },
	{ KEY_CLIENT_ADDRESS, TALLY_STRANGE_DOMAINS },
	{ KEY_CLIENT_ADDRESS, TALLY_STRANGE_NAMES },
	{ KEY_SASL_USERNAME, TALLY_NEW_NETS },
};

/* Beside what is watched: who sends when makes the season. */
static void
keep_more(struct scan *s)
{
	for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++)
		s->kept[asked[i].key] |= 1u << asked[i].tally;
	for (int k = 0; k < KEY_TYPE_COUNT; k++) {
		if (profile_is_seasonal((enum alert_key_type)k))
			s->kept[k] |= 1u << TALLY_MESSAGES;
		s->kept[k] &= tally_of_key((enum alert_key_type)k);
		s->wanted |= (uint32_t)(s->kept[k] != 0) << k;
	}
}

static void
add_strata(struct scan *s, const struct detector *d,
    const struct scan_setting *set, double *shares)
{
	for (size_t m = 0; m < d->nmeasures; m++) {
		struct stratum *st = &s->strata[s->nstrata];

		assert(s->nstrata < SCAN_STRATA_MAX);
		*st = (struct stratum){ .detector = d,
		    .measure = &d->measures[m], .floor = set->floor[m],
		    .allowed = set->share[m], .shadow = set->shadow };
		*shares += set->share[m];
		watch(s, st->measure, s->nstrata++);
	}
}

struct profile *
scan_new_profile(const struct scan_options *o)
{
	struct profile	*p = profile_new(o->hash_key, o->max_bytes);

	profile_set_half_life(p, (double)o->half_life_us /
	    (double)USEC_PER_HOUR);
	return p;
}

struct scan *
scan_new(const struct scan_options *o)
{
	struct scan		*s = xcalloc(1, sizeof(*s));
	const struct detector	*d;
	double			 shares = 0;

	s->o = *o;
	s->o.settings = NULL;
	s->gate = log10(o->gate);
	s->profile = scan_new_profile(o);
	for (int k = 0; k < KEY_TYPE_COUNT; k++)
		s->alarmed[k] = -o->alarm_us;
	for (size_t i = 0; (d = detector_at(i)) != NULL; i++)
		if (o->settings[i].enabled)
			add_strata(s, d, &o->settings[i], &shares);
	keep_more(s);
	for (size_t i = 0; i < s->nstrata; i++)
		s->strata[i].allowed = log10(o->budget *
		    s->strata[i].allowed / shares);
	return s;
}

void
scan_free(struct scan *s)
{
	if (s == NULL)
		return;
	profile_free(s->profile);
	free(s);
}

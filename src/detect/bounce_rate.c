/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bounce-rate: of what an actor sends far more comes back than usual.
 */
#include "weir/scan.h"

static const struct measure measures[] = {
	{ "host", KEY_HOST, TALLY_BOUNCES,
	    40, 0.3, SPANS_ALL, EVIDENCE_OUTCOME, false },
};

static void
advise(const struct hit *h, const struct event *e, struct buf *out)
{
	(void)e;
	buf_addf(out, "1. See it: `weir query --since 2h %s %.*s`.\n",
	    h->key.type == KEY_RECIPIENT_DOMAIN ? "--domain" :
	    h->key.type == KEY_HOST || h->key.type == KEY_GLOBAL ?
	    "--class rejected #" : "--client", STRF(h->key.text));
}

const struct detector detector_bounce_rate = {
	.name = "bounce-rate",
	.summary = "far more mail is refused elsewhere than usual",
	.most = SEVERITY_WARNING,
	.measures = measures,
	.nmeasures = sizeof(measures) / sizeof(measures[0]),
	.lead = "Bounces",
	.advise = advise,
};

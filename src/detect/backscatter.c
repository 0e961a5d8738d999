/* SPDX-License-Identifier: Apache-2.0 */
/*
 * backscatter: bounces of mail that was never sent from here.
 */
#include "weir/scan.h"

static const struct measure measures[] = {
	{ "domain", KEY_RECIPIENT_DOMAIN, TALLY_NULL_SENDERS,
	    30, 1, SPANS_ALL, EVIDENCE_VOLUME, false },
	{ "host", KEY_HOST, TALLY_NULL_SENDERS,
	    60, 0.3, SPANS_ALL, EVIDENCE_VOLUME, false },
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

const struct detector detector_backscatter = {
	.name = "backscatter",
	.summary = "bounces of mail that was never sent from here",
	.most = SEVERITY_WARNING,
	.merges = MERGES_ALL,
	.measures = measures,
	.nmeasures = sizeof(measures) / sizeof(measures[0]),
	.lead = "Backscatter",
	.advise = advise,
};

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * snowshoe: many addresses of one network, each sending little.
 */
#include "weir/scan.h"

static const struct measure measures[] = {
	{ "addresses", KEY_CLIENT_NETWORK, TALLY_NEW_ADDRESSES,
	    8, 1, SPANS_ALL, EVIDENCE_SOURCE, false },
	{ "messages", KEY_CLIENT_NETWORK, TALLY_INBOUND,
	    60, 0.3, SPANS_ALL, EVIDENCE_VOLUME, true },
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

const struct detector detector_snowshoe = {
	.name = "snowshoe",
	.summary = "many addresses of one network, each sending little",
	.most = SEVERITY_WARNING,
	.measures = measures,
	.nmeasures = sizeof(measures) / sizeof(measures[0]),
	.lead = "Snowshoe",
	.advise = advise,
};

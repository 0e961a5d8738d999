/* SPDX-License-Identifier: Apache-2.0 */
/*
 * block-listed: remote hosts refuse this host's mail and name a list or policy.
 */
#include "weir/scan.h"

static const struct measure measures[] = {
	{ "host", KEY_HOST, TALLY_BLOCKED,
	    5, 1.5, SPANS_ALL, EVIDENCE_OUTCOME, false },
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

const struct detector detector_block_listed = {
	.name = "block-listed",
	.summary = "remote hosts say that this host is on a block list",
	.most = SEVERITY_WARNING,
	.merges = MERGES_ALL,
	.measures = measures,
	.nmeasures = sizeof(measures) / sizeof(measures[0]),
	.lead = "Block-listed",
	.advise = advise,
};

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * directory-harvest: somebody tries which addresses exist.
 */
#include "weir/scan.h"

static const struct measure measures[] = {
	{ "client", KEY_CLIENT_ADDRESS, TALLY_UNKNOWN_USERS,
	    25, 1, SPANS_ALL, EVIDENCE_GUESSING, false },
	{ "network", KEY_CLIENT_NETWORK, TALLY_UNKNOWN_USERS,
	    30, 0.5, SPANS_ALL, EVIDENCE_GUESSING, false },
	{ "domain", KEY_RECIPIENT_DOMAIN, TALLY_UNKNOWN_USERS,
	    50, 0.5, SPANS_ALL, EVIDENCE_GUESSING, false },
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

const struct detector detector_directory_harvest = {
	.name = "directory-harvest",
	.summary = "many recipients that do not exist",
	.most = SEVERITY_WARNING,
	.merges = MERGES_ALL,
	.attempts = true,
	.measures = measures,
	.nmeasures = sizeof(measures) / sizeof(measures[0]),
	.lead = "Address harvest",
	.advise = advise,
};

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * relay-probe: somebody tries whether this host relays, and is refused.  This
 * is common, so it only informs; what is then accepted is an open relay.
 */
#include "weir/scan.h"

static const struct measure measures[] = {
	{ "client", KEY_CLIENT_ADDRESS, TALLY_DENIED,
	    5, 0.5, SPANS_SHORT, EVIDENCE_GUESSING, false },
	{ "network", KEY_CLIENT_NETWORK, TALLY_DENIED,
	    8, 0.5, SPANS_SHORT, EVIDENCE_GUESSING, false },
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

const struct detector detector_relay_probe = {
	.name = "relay-probe",
	.summary = "attempts to relay that were refused",
	.most = SEVERITY_INFO,
	.merges = MERGES_ALL,
	.attempts = true,
	.measures = measures,
	.nmeasures = sizeof(measures) / sizeof(measures[0]),
	.lead = "Relay attempts, all refused",
	.advise = advise,
};

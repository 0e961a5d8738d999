/* SPDX-License-Identifier: Apache-2.0 */
/*
 * relay-spike: far more mail goes out for a client, a network or a host than is
 * usual there.
 */
#include "weir/scan.h"

static const struct measure measures[] = {
	{ "client", KEY_CLIENT_ADDRESS, TALLY_RECIPIENTS,
	    40, 1, SPANS_ALL, EVIDENCE_VOLUME, true },
	{ "network", KEY_CLIENT_NETWORK, TALLY_RECIPIENTS,
	    60, 0.5, SPANS_ALL, EVIDENCE_VOLUME, true },
	{ "host", KEY_HOST, TALLY_RECIPIENTS,
	    200, 0.3, SPANS_ALL, EVIDENCE_VOLUME, true },
	{ "all", KEY_GLOBAL, TALLY_RECIPIENTS,
	    200, 0.3, SPANS_ALL, EVIDENCE_VOLUME, true },
};

static void
advise(const struct hit *h, const struct event *e, struct buf *out)
{
	(void)e;
	buf_addf(out, "1. Who is it? `weir query --client %.*s --since 1d`.\n"
	    "2. Stop it: take the address out of mynetworks or block it in "
	    "the firewall: %.*s\n3. Hold what waits: `postqueue -p`, "
	    "`postsuper -h QUEUE-ID`.\n4. Clean the machine behind it before "
	    "it may send again.\n", STRF(h->key.text), STRF(h->key.text));
}

const struct detector detector_relay_spike = {
	.name = "relay-spike",
	.summary = "far more mail goes out than usual",
	.most = SEVERITY_CRITICAL,
	.measures = measures,
	.nmeasures = sizeof(measures) / sizeof(measures[0]),
	.lead = "Relay spike",
	.advise = advise,
};

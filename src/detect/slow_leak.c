/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slow-leak: little at a time, but for days.
 */
#include "weir/scan.h"

static const struct measure measures[] = {
	{ "account", KEY_SASL_USERNAME, TALLY_NEW_RECIPIENTS,
	    12, 0.5, SPANS_LONG, EVIDENCE_VOLUME, true },
	{ "local-user", KEY_LOCAL_USER, TALLY_NEW_RECIPIENTS,
	    12, 0.5, SPANS_LONG, EVIDENCE_VOLUME, true },
	{ "client", KEY_CLIENT_ADDRESS, TALLY_NEW_RECIPIENTS,
	    12, 0.5, SPANS_LONG, EVIDENCE_VOLUME, true },
};

static void
advise(const struct hit *h, const struct event *e, struct buf *out)
{
	(void)e;
	buf_addf(out, "1. Stop it: lock the account or change its password, "
	    "and end its sessions: ");
	finding_quote(out, h->key.text);
	buf_addf(out, ".\n2. Hold what waits: `postqueue -j | jq -r "
	    "'select(.sender==\"SENDER\") | .queue_id' | postsuper -h -`.\n"
	    "3. See from where and to whom: `weir query --user ");
	finding_quote(out, h->key.text);
	buf_addf(out, " --since 1d`.\n4. Ask the owner by another way than "
	    "mail whether it was them.\n5. After mending: flush or delete "
	    "what is held, and check block lists for this host.\n");
}

const struct detector detector_slow_leak = {
	.name = "slow-leak",
	.summary = "little by little, for days, more than usual",
	.most = SEVERITY_CRITICAL,
	.measures = measures,
	.nmeasures = sizeof(measures) / sizeof(measures[0]),
	.lead = "Slow leak",
	.advise = advise,
};

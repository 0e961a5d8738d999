/* SPDX-License-Identifier: Apache-2.0 */
/*
 * account-spike: a login sends far more than is usual for it.
 */
#include "weir/scan.h"

static const struct measure measures[] = {
	{ "messages", KEY_SASL_USERNAME, TALLY_MESSAGES,
	    30, 1, SPANS_ALL, EVIDENCE_VOLUME, true },
	{ "recipients", KEY_SASL_USERNAME, TALLY_RECIPIENTS,
	    40, 1, SPANS_ALL, EVIDENCE_VOLUME, true },
	{ "new-recipients", KEY_SASL_USERNAME, TALLY_NEW_RECIPIENTS,
	    25, 1, SPANS_SHORT, EVIDENCE_VOLUME, true },
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

const struct detector detector_account_spike = {
	.name = "account-spike",
	.summary = "a login sends far more than usual",
	.most = SEVERITY_CRITICAL,
	.measures = measures,
	.nmeasures = sizeof(measures) / sizeof(measures[0]),
	.lead = "Account spike",
	.advise = advise,
};

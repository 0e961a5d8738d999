/* SPDX-License-Identifier: Apache-2.0 */
/*
 * compromised-account: a login is used as its owner would not: from networks
 * new to it, under senders that are not from here, to recipients that refuse.
 * Evidence of several kinds adds up.
 */
#include "weir/scan.h"

static const struct measure measures[] = {
	{ "new-networks", KEY_SASL_USERNAME, TALLY_NEW_NETS,
	    3, 1, SPANS_ALL, EVIDENCE_SOURCE, false },
	{ "from-new-networks", KEY_SASL_USERNAME, TALLY_NEW_NET_MESSAGES,
	    4, 1.5, SPANS_ALL, EVIDENCE_SOURCE, false },
	{ "foreign-senders", KEY_SASL_USERNAME, TALLY_FOREIGN,
	    6, 1, SPANS_ALL, EVIDENCE_SENDER, false },
	{ "bounces", KEY_SASL_USERNAME, TALLY_BOUNCES,
	    5, 1, SPANS_SHORT, EVIDENCE_OUTCOME, false },
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

const struct detector detector_compromised_account = {
	.name = "compromised-account",
	.summary = "a login is used as its owner would not",
	.most = SEVERITY_CRITICAL,
	.measures = measures,
	.nmeasures = sizeof(measures) / sizeof(measures[0]),
	.lead = "Stolen account?",
	.advise = advise,
};

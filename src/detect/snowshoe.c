/* SPDX-License-Identifier: Apache-2.0 */
/*
 * snowshoe: many addresses of one network, each sending little.
 */
#include "weir/scan.h"
#include "weir/steps.h"

static const struct measure measures[] = {
	{ "addresses", KEY_CLIENT_NETWORK, TALLY_NEW_ADDRESSES,
	    8, 1, SPANS_ALL, EVIDENCE_SOURCE, JUDGE_USUAL },
	{ "messages", KEY_CLIENT_NETWORK, TALLY_INBOUND,
	    60, 0.3, SPANS_ALL, EVIDENCE_VOLUME, JUDGE_RECORD },
};

static void
advise(const struct hit *h, const struct event *e, struct buf *out)
{
	int	n = 0;

	(void)e;
	steps_look(out, &n, "Who they are and what they send: names, senders, "
	    "recipients", "--client", h->key.text);
	steps_begin(out, &n);
	buf_addf(out, "Whose network is it: `whois ");
	finding_quote(out, h->key.text);
	buf_addf(out, "`. A large provider's outgoing servers are no abuse: "
	    "`weir alerts resolve ID`.\n");
	steps_block(out, &n, h->key.text);
	steps_begin(out, &n);
	buf_addf(out, "For Postfix alone: `");
	finding_quote(out, h->key.text);
	buf_addf(out, " REJECT` in a cidr table named in check_client_access; "
	    "a block list of such networks does it for all of them.\n");
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

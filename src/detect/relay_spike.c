/* SPDX-License-Identifier: Apache-2.0 */
/*
 * relay-spike: far more mail goes out for a client, a network or a host than is
 * usual there.
 */
#include "weir/scan.h"
#include "weir/steps.h"

static const struct measure measures[] = {
	{ "client", KEY_CLIENT_ADDRESS, TALLY_RECIPIENTS,
	    40, 1, SPANS_ALL, EVIDENCE_VOLUME, JUDGE_RECORD },
	{ "network", KEY_CLIENT_NETWORK, TALLY_RECIPIENTS,
	    60, 0.5, SPANS_ALL, EVIDENCE_VOLUME, JUDGE_RECORD },
	{ "host", KEY_HOST, TALLY_RECIPIENTS,
	    200, 0.3, SPANS_ALL, EVIDENCE_VOLUME, JUDGE_RECORD },
	{ "all", KEY_GLOBAL, TALLY_RECIPIENTS,
	    200, 0.3, SPANS_ALL, EVIDENCE_VOLUME, JUDGE_RECORD },
};

static void
advise(const struct hit *h, const struct event *e, struct buf *out)
{
	struct str	key = h->key.text;
	bool		client = h->key.type == KEY_CLIENT_ADDRESS ||
			    h->key.type == KEY_CLIENT_NETWORK;
	int		n = 0;

	if (client) {
		steps_look(out, &n, "Who is it, and what does it send",
		    "--client", key);
		steps_block(out, &n, key);
		steps_hold(out, &n, "--client", key);
	} else {
		steps_begin(out, &n);
		buf_addf(out, "Nobody stands out alone. Who sends: `weir query "
		    "messages --host ");
		finding_quote(out, e->host);
		buf_addf(out, " --since 2h`, `qshape -s active`; the last "
		    "one: ");
		finding_quote(out, str_head(e->sender, 128));
		buf_addf(out, ".\n");
		steps_hold(out, &n, "--sender", str_head(e->sender, 128));
	}
	steps_begin(out, &n);
	buf_addf(out, "A newsletter or a flush after an outage is no abuse: "
	    "`weir alerts resolve ID`.\n");
	steps_lists(out, &n);
}

const struct detector detector_relay_spike = {
	.name = "relay-spike",
	.summary = "far more mail goes out than usual",
	.most = SEVERITY_CRITICAL,
	.measures = measures,
	.nmeasures = sizeof(measures) / sizeof(measures[0]),
	.advise = advise,
};

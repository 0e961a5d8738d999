/* SPDX-License-Identifier: Apache-2.0 */
/*
 * infected-host: a machine that may relay without logging in sends like a bot.
 */
#include "weir/scan.h"
#include "weir/steps.h"

static const struct measure measures[] = {
	{ "new-recipients", KEY_CLIENT_ADDRESS, TALLY_NEW_RECIPIENTS,
	    10, 1, SPANS_ALL, EVIDENCE_VOLUME, JUDGE_RECORD },
	{ "foreign-senders", KEY_CLIENT_ADDRESS, TALLY_FOREIGN,
	    6, 1, SPANS_ALL, EVIDENCE_SENDER, JUDGE_USUAL },
	{ "bounces", KEY_CLIENT_ADDRESS, TALLY_BOUNCES,
	    5, 1, SPANS_SHORT, EVIDENCE_OUTCOME, JUDGE_USUAL },
};

static void
advise(const struct hit *h, const struct event *e, struct buf *out)
{
	struct str	key = h->key.text;
	int		n = 0;

	(void)e;
	steps_look(out, &n, "Which machine is it, and what does it send",
	    "--client", key);
	steps_block(out, &n, key);
	steps_hold(out, &n, "--client", key);
	steps_begin(out, &n);
	buf_addf(out, "If many machines stand behind ");
	finding_quote(out, key);
	buf_addf(out, " (a gateway, a proxy, the host of a container), it "
	    "should not be in `postconf mynetworks`.\n");
	steps_begin(out, &n);
	buf_addf(out, "Clean the machine before it may send again.\n");
	steps_lists(out, &n);
}

const struct detector detector_infected_host = {
	.name = "infected-host",
	.summary = "a trusted machine sends like a bot",
	.most = SEVERITY_CRITICAL,
	.measures = measures,
	.nmeasures = sizeof(measures) / sizeof(measures[0]),
	.lead = "Infected machine?",
	.advise = advise,
};

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * infected-host: a machine that may relay without logging in sends like a bot.
 */
#include "weir/scan.h"

static const struct measure measures[] = {
	{ "new-recipients", KEY_CLIENT_ADDRESS, TALLY_NEW_RECIPIENTS,
	    10, 1, SPANS_SHORT, EVIDENCE_VOLUME, true },
	{ "foreign-senders", KEY_CLIENT_ADDRESS, TALLY_FOREIGN,
	    6, 1, SPANS_ALL, EVIDENCE_SENDER, false },
	{ "bounces", KEY_CLIENT_ADDRESS, TALLY_BOUNCES,
	    5, 1, SPANS_SHORT, EVIDENCE_OUTCOME, false },
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

const struct detector detector_infected_host = {
	.name = "infected-host",
	.summary = "a trusted machine sends like a bot",
	.most = SEVERITY_CRITICAL,
	.measures = measures,
	.nmeasures = sizeof(measures) / sizeof(measures[0]),
	.lead = "Infected machine?",
	.advise = advise,
};

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * compromised-account: a login is used as its owner would not: from networks
 * new to it, under senders that are not from here, to recipients that refuse.
 * Evidence of several kinds adds up.
 */
#include "weir/scan.h"
#include "weir/steps.h"

static const struct measure measures[] = {
	{ "new-networks", KEY_SASL_USERNAME, TALLY_NEW_NETS,
	    3, 1, SPANS_ALL, EVIDENCE_SOURCE, JUDGE_USUAL },
	{ "from-new-networks", KEY_SASL_USERNAME, TALLY_NEW_NET_MESSAGES,
	    4, 1.5, SPANS_ALL, EVIDENCE_SOURCE, JUDGE_USUAL },
	{ "foreign-senders", KEY_SASL_USERNAME, TALLY_FOREIGN,
	    6, 1, SPANS_ALL, EVIDENCE_SENDER, JUDGE_USUAL },
	{ "bounces", KEY_SASL_USERNAME, TALLY_BOUNCES,
	    5, 1, SPANS_SHORT, EVIDENCE_OUTCOME, JUDGE_USUAL },
};

static void
advise(const struct hit *h, const struct event *e, struct buf *out)
{
	struct str	login = h->key.text;
	int		n = 0;

	(void)e;
	steps_lock_login(out, &n, login);
	steps_hold(out, &n, "--user", login);
	steps_look(out, &n, "See from where and to whom", "--user", login);
	steps_begin(out, &n);
	buf_addf(out, "Ask the owner by another way than mail whether they "
	    "travel or have a new provider.\n");
	steps_lists(out, &n);
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

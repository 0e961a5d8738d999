/* SPDX-License-Identifier: Apache-2.0 */
/*
 * account-spike: a login sends far more than is usual for it.
 */
#include "weir/scan.h"
#include "weir/steps.h"

static const struct measure measures[] = {
	{ "messages", KEY_SASL_USERNAME, TALLY_MESSAGES,
	    30, 1, SPANS_ALL, EVIDENCE_VOLUME, JUDGE_RECORD },
	{ "recipients", KEY_SASL_USERNAME, TALLY_RECIPIENTS,
	    40, 1, SPANS_ALL, EVIDENCE_VOLUME, JUDGE_RECORD },
	{ "new-recipients", KEY_SASL_USERNAME, TALLY_NEW_RECIPIENTS,
	    25, 1, SPANS_DAY, EVIDENCE_VOLUME, JUDGE_RECORD },
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
	buf_addf(out, "Ask the owner by another way than mail whether it was "
	    "them: a first newsletter looks like this, too.\n");
	steps_lists(out, &n);
}

const struct detector detector_account_spike = {
	.name = "account-spike",
	.summary = "a login sends far more than usual",
	.most = SEVERITY_CRITICAL,
	.measures = measures,
	.nmeasures = sizeof(measures) / sizeof(measures[0]),
	.advise = advise,
};

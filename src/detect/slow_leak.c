/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slow-leak: little at a time, but for days.
 */
#include "weir/scan.h"
#include "weir/steps.h"

static const struct measure measures[] = {
	{ "account", KEY_SASL_USERNAME, TALLY_NEW_RECIPIENTS,
	    12, 1, SPANS_SLOW, EVIDENCE_VOLUME, JUDGE_RECORD },
	{ "local-user", KEY_LOCAL_USER, TALLY_NEW_RECIPIENTS,
	    12, 0.25, SPANS_LONG, EVIDENCE_VOLUME, JUDGE_RECORD },
	{ "client", KEY_CLIENT_ADDRESS, TALLY_NEW_RECIPIENTS,
	    12, 0.25, SPANS_LONG, EVIDENCE_VOLUME, JUDGE_RECORD },
};

static void
advise(const struct hit *h, const struct event *e, struct buf *out)
{
	struct str	key = h->key.text;
	int		n = 0;

	if (h->key.type == KEY_SASL_USERNAME) {
		steps_look(out, &n, "See from where and to whom, over days",
		    "--user", key);
		steps_lock_login(out, &n, key);
		steps_hold(out, &n, "--user", key);
	} else if (h->key.type == KEY_CLIENT_ADDRESS) {
		steps_look(out, &n, "See to whom, over days", "--client", key);
		steps_block(out, &n, key);
		steps_hold(out, &n, "--client", key);
	} else {
		steps_look(out, &n, "See to whom, over days",
		    "--class local_submission --host", e->host);
		steps_stop_user(out, &n, e->host, key);
	}
	steps_begin(out, &n);
	buf_addf(out, "Ask the owner: a list of addresses that somebody "
	    "works off by hand looks like this, too.\n");
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

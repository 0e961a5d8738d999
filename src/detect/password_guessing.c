/* SPDX-License-Identifier: Apache-2.0 */
/*
 * password-guessing: failed logins at one account, from one network, or spread
 * thin over both.
 */
#include "weir/scan.h"

static const struct measure measures[] = {
	{ "account", KEY_SASL_USERNAME, TALLY_AUTH_FAILURES,
	    40, 1, SPANS_ALL, EVIDENCE_GUESSING, false },
	{ "account-networks", KEY_SASL_USERNAME, TALLY_FAILED_NETS,
	    5, 1, SPANS_ALL, EVIDENCE_GUESSING, false },
	{ "client", KEY_CLIENT_ADDRESS, TALLY_AUTH_FAILURES,
	    25, 0.5, SPANS_ALL, EVIDENCE_GUESSING, false },
	{ "client-accounts", KEY_CLIENT_ADDRESS, TALLY_FAILED_USERS,
	    15, 0.5, SPANS_ALL, EVIDENCE_GUESSING, false },
	{ "network", KEY_CLIENT_NETWORK, TALLY_AUTH_FAILURES,
	    30, 0.3, SPANS_ALL, EVIDENCE_GUESSING, false },
	{ "all-networks", KEY_GLOBAL, TALLY_FAILED_NETS,
	    15, 0.5, SPANS_ALL, EVIDENCE_GUESSING, false },
	{ "all", KEY_GLOBAL, TALLY_AUTH_FAILURES,
	    100, 0.3, SPANS_ALL, EVIDENCE_GUESSING, false },
};

static void
advise(const struct hit *h, const struct event *e, struct buf *out)
{
	(void)e;
	buf_addf(out, "1. See it: `weir query --since 2h %s %.*s`.\n",
	    h->key.type == KEY_RECIPIENT_DOMAIN ? "--domain" :
	    h->key.type == KEY_HOST || h->key.type == KEY_GLOBAL ?
	    "--class rejected #" : "--client", STRF(h->key.text));
}

const struct detector detector_password_guessing = {
	.name = "password-guessing",
	.summary = "failed logins, far more than usual",
	.most = SEVERITY_WARNING,
	.attempts = true,
	.measures = measures,
	.nmeasures = sizeof(measures) / sizeof(measures[0]),
	.lead = "Password guessing",
	.advise = advise,
};

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * password-guessing: failed logins at one account, from one network, or spread
 * thin over both.
 */
#include "weir/scan.h"
#include "weir/steps.h"

static const struct measure measures[] = {
	{ "account", KEY_SASL_USERNAME, TALLY_AUTH_FAILURES,
	    40, 1, SPANS_ALL, EVIDENCE_GUESSING, JUDGE_USUAL },
	{ "account-networks", KEY_SASL_USERNAME, TALLY_FAILED_NETS,
	    5, 1, SPANS_ALL, EVIDENCE_GUESSING, JUDGE_USUAL },
	{ "client", KEY_CLIENT_ADDRESS, TALLY_AUTH_FAILURES,
	    25, 0.5, SPANS_ALL, EVIDENCE_GUESSING, JUDGE_USUAL },
	{ "client-accounts", KEY_CLIENT_ADDRESS, TALLY_FAILED_USERS,
	    15, 0.5, SPANS_ALL, EVIDENCE_GUESSING, JUDGE_USUAL },
	{ "network", KEY_CLIENT_NETWORK, TALLY_AUTH_FAILURES,
	    30, 0.3, SPANS_ALL, EVIDENCE_GUESSING, JUDGE_USUAL },
	{ "all", KEY_GLOBAL, TALLY_AUTH_FAILURES,
	    100, 0.3, SPANS_ALL, EVIDENCE_GUESSING, JUDGE_USUAL },
};

static void
advise(const struct hit *h, const struct event *e, struct buf *out)
{
	struct str	key = h->key.text;
	int		n = 0;

	(void)e;
	if (h->key.type == KEY_SASL_USERNAME) {
		steps_look(out, &n, "Was one right? Logins that succeeded",
		    "--kind auth --status ok --user", key);
		steps_look(out, &n, "Who tries", "--kind auth --status failed "
		    "--user", key);
		steps_begin(out, &n);
		buf_addf(out, "One that you do not know: lock the account at "
		    "once, see the next step; else only make sure that its "
		    "password is long and used nowhere else.\n");
		steps_lock_login(out, &n, key);
	} else if (h->key.type == KEY_GLOBAL) {
		steps_look(out, &n, "Was one right? Logins that succeeded",
		    "--kind auth --status", STR("ok"));
		steps_look(out, &n, "Who tries", "--kind auth --status",
		    STR("failed"));
	} else {
		steps_look(out, &n, "Was one right? Logins that succeeded",
		    "--kind auth --status ok --client", key);
		steps_block(out, &n, key);
	}
	steps_begin(out, &n);
	buf_addf(out, "Make it slow for all who do this: `postconf -e "
	    "smtpd_client_auth_rate_limit=10 && postfix reload` (Postfix 3.1; "
	    "clients in smtpd_client_event_limit_exceptions are excepted). "
	    "Undo: `postconf -X smtpd_client_auth_rate_limit && postfix "
	    "reload`.\n");
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

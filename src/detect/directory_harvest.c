/* SPDX-License-Identifier: Apache-2.0 */
/*
 * directory-harvest: somebody tries which addresses exist.
 */
#include "weir/scan.h"
#include "weir/steps.h"

static const struct measure measures[] = {
	{ "client", KEY_CLIENT_ADDRESS, TALLY_UNKNOWN_USERS,
	    25, 1, SPANS_ALL, EVIDENCE_GUESSING, JUDGE_USUAL },
	{ "network", KEY_CLIENT_NETWORK, TALLY_UNKNOWN_USERS,
	    30, 0.5, SPANS_ALL, EVIDENCE_GUESSING, JUDGE_USUAL },
	{ "domain", KEY_RECIPIENT_DOMAIN, TALLY_UNKNOWN_USERS,
	    50, 0.5, SPANS_ALL, EVIDENCE_GUESSING, JUDGE_USUAL },
};

static void
advise(const struct hit *h, const struct event *e, struct buf *out)
{
	int	n = 0;

	(void)e;
	if (h->key.type == KEY_RECIPIENT_DOMAIN)
		steps_look(out, &n, "Who tries", "--kind reject --domain",
		    h->key.text);
	else
		steps_look(out, &n, "What it tried, and what was taken",
		    "--client", h->key.text);
	if (h->key.type != KEY_RECIPIENT_DOMAIN)
		steps_block(out, &n, h->key.text);
	steps_begin(out, &n);
	buf_addf(out, "Make it slow for all who do this: `postconf -e "
	    "smtpd_soft_error_limit=3 smtpd_hard_error_limit=8 "
	    "disable_vrfy_command=yes && postfix reload`. Undo: `postconf -X "
	    "smtpd_soft_error_limit smtpd_hard_error_limit "
	    "disable_vrfy_command && postfix reload`.\n");
	steps_begin(out, &n);
	buf_addf(out, "A domain of ours that moved away or lost its list of "
	    "recipients looks like this, too: `postmap -q ADDRESS` in the "
	    "maps of `postconf local_recipient_maps "
	    "virtual_mailbox_maps relay_recipient_maps`.\n");
}

const struct detector detector_directory_harvest = {
	.name = "directory-harvest",
	.summary = "many recipients that do not exist",
	.most = SEVERITY_WARNING,
	.merges = MERGES_ALL,
	.attempts = true,
	.measures = measures,
	.nmeasures = sizeof(measures) / sizeof(measures[0]),
	.lead = "Address harvest",
	.advise = advise,
};

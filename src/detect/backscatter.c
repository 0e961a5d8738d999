/* SPDX-License-Identifier: Apache-2.0 */
/*
 * backscatter: bounces of mail that was never sent from here.
 */
#include "weir/scan.h"
#include "weir/steps.h"

static const struct measure measures[] = {
	{ "domain", KEY_RECIPIENT_DOMAIN, TALLY_NULL_SENDERS,
	    30, 1, SPANS_ALL, EVIDENCE_VOLUME, JUDGE_USUAL },
	{ "host", KEY_HOST, TALLY_NULL_SENDERS,
	    60, 0.3, SPANS_ALL, EVIDENCE_VOLUME, JUDGE_USUAL },
};

static void
advise(const struct hit *h, const struct event *e, struct buf *out)
{
	bool	domain = h->key.type == KEY_RECIPIENT_DOMAIN;
	int	n = 0;

	(void)e;
	steps_look(out, &n, "Is it mail of ours that comes back? Compare who "
	    "gets the bounces with who sent", "--sender '<>' --domain",
	    domain ? h->key.text : str_domain(e->recipient));
	steps_begin(out, &n);
	buf_addf(out, "If not, somebody forges senders of ");
	finding_quote(out, domain ? h->key.text : str_domain(e->recipient));
	buf_addf(out, ": nothing was sent from here. Look whether the domain "
	    "has SPF with -all and DMARC with p=reject: `dig +short TXT ");
	finding_quote(out, domain ? h->key.text : str_domain(e->recipient));
	buf_addf(out, "`.\n");
	steps_begin(out, &n);
	buf_addf(out, "If it hurts, slow senders of bounces down: `postconf "
	    "-e smtpd_client_message_rate_limit=30 && postfix reload`. Undo: "
	    "`postconf -X smtpd_client_message_rate_limit && postfix reload`"
	    ".\n");
	steps_begin(out, &n);
	buf_addf(out, "If it is ours, find the account: `weir alerts`, `weir "
	    "query messages --since 4h`.\n");
}

const struct detector detector_backscatter = {
	.name = "backscatter",
	.summary = "bounces of mail that was never sent from here",
	.most = SEVERITY_WARNING,
	.merges = MERGES_ALL,
	.measures = measures,
	.nmeasures = sizeof(measures) / sizeof(measures[0]),
	.lead = "Backscatter",
	.advise = advise,
};

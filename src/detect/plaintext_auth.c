/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plaintext-auth: somebody outside logged in without TLS, so the password could
 * be read on the way.  Only where the log tells of TLS otherwise (tally.c); one
 * alert for a host.
 */
#include "weir/scan.h"
#include "weir/steps.h"

static const struct measure measures[] = {
	{ "host", KEY_HOST, TALLY_UNENCRYPTED,
	    1, 0, 1u << WINDOW_24H, EVIDENCE_SOURCE, JUDGE_COUNT },
};

static enum alert_severity
grade(const struct hit *h)
{
	(void)h;
	return SEVERITY_WARNING;
}

static void
say(const struct hit *h, const struct event *e, struct buf *out)
{
	(void)h;
	buf_addf(out, "Password in the clear: %.*s logged in to %.*s from "
	    "%.*s without TLS (%.*s)", STRF(str_head(e->sasl_username, 128)),
	    STRF(e->host), STRF(e->client_address), STRF(e->sasl_method));
}

static void
advise(const struct hit *h, const struct event *e, struct buf *out)
{
	struct str	login = str_head(e->sasl_username, 128);
	int		n = 0;

	steps_look(out, &n, "Who else? Logins whose encryption_protocol is "
	    "empty (--format jsonl)", "--kind auth --status ok --host",
	    h->key.text);
	steps_begin(out, &n);
	buf_addf(out, "Offer logins over TLS only: `postconf -e "
	    "smtpd_tls_auth_only=yes && postfix reload`; clients without TLS "
	    "can then not send until they are set up anew. Undo: `postconf -X "
	    "smtpd_tls_auth_only && postfix reload`. Look at master.cf, too: "
	    "`postconf -P '*/*/smtpd_tls_auth_only' "
	    "'*/*/smtpd_tls_security_level' '*/*/smtpd_tls_loglevel'`; with "
	    "loglevel 0 there, that service does not tell of TLS.\n");
	steps_begin(out, &n);
	buf_addf(out, "Have ");
	finding_quote(out, login);
	buf_addf(out, " take another password, over TLS, and set TLS in the "
	    "client at ");
	finding_quote(out, e->client_address);
	buf_addf(out, ".\n");
}

const struct detector detector_plaintext_auth = {
	.name = "plaintext-auth",
	.summary = "logins from outside without TLS",
	.most = SEVERITY_WARNING,
	.measures = measures,
	.nmeasures = sizeof(measures) / sizeof(measures[0]),
	.say = say,
	.grade = grade,
	.advise = advise,
};

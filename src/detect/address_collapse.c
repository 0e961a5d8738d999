/* SPDX-License-Identifier: Apache-2.0 */
/*
 * address-collapse: one address stands for many.  A port forwarding, the proxy
 * of a container, a gateway without XCLIENT or the PROXY protocol: the MTA sees
 * 172.17.0.1, trusts it, and relays for whoever comes through.  What is counted
 * is in src/stats/tally.c (tally_door).
 *
 * A gateway that hands in mail for our domains only is no hole: weir merely
 * sees less than it could.  A filter that gives mail back on the host itself is
 * none of these.
 */
#include "weir/scan.h"
#include "weir/steps.h"

static const struct measure measures[] = {
	{ "relayed", KEY_CLIENT_ADDRESS, TALLY_STRANGERS,
	    8, 0, 1u << WINDOW_24H, EVIDENCE_SENDER, JUDGE_COUNT },
	{ "names", KEY_CLIENT_ADDRESS, TALLY_STRANGE_NAMES,
	    5, 0, 1u << WINDOW_24H, EVIDENCE_SOURCE, JUDGE_COUNT },
	{ "domains", KEY_CLIENT_ADDRESS, TALLY_STRANGE_DOMAINS,
	    15, 0, 1u << WINDOW_4D, EVIDENCE_SOURCE, JUDGE_COUNT },
};

static enum alert_severity
grade(const struct hit *h)
{
	switch (h->measure->tally) {
	case TALLY_STRANGERS:
		return SEVERITY_CRITICAL;
	case TALLY_STRANGE_NAMES:
		return SEVERITY_WARNING;
	default:
		return SEVERITY_INFO;
	}
}

static void
say(const struct hit *h, const struct event *e, struct buf *out)
{
	const char	*in = window_name(h->span);
	struct str	 key = h->key.text;

	switch (h->measure->tally) {
	case TALLY_STRANGERS:
		buf_addf(out, "Open relay behind %.*s: strangers come through "
		    "that trusted address, and %.*s took %u of their messages "
		    "to strangers in %s, each with another sender", STRF(key),
		    STRF(e->host), h->observed, in);
		break;
	case TALLY_STRANGE_NAMES:
		buf_addf(out, "%.*s hides strangers from %.*s, which trusts "
		    "it: %u machines and logins that are not from here in %s; "
		    "they may be let relay", STRF(key), STRF(e->host),
		    h->observed, in);
		break;
	default:
		buf_addf(out, "%.*s hands %.*s mail of %u foreign domains in "
		    "%s: weir sees the gateway's address, not the clients'",
		    STRF(key), STRF(e->host), h->observed, in);
		break;
	}
}

static void
advise(const struct hit *h, const struct event *e, struct buf *out)
{
	struct str	key = h->key.text;
	int		n = 0;

	steps_look(out, &n, "What comes through", "--client", key);
	if (h->measure->tally != TALLY_STRANGE_DOMAINS) {
		steps_begin(out, &n);
		buf_addf(out, "Close the hole on %.*s: take ", STRF(e->host));
		finding_quote(out, key);
		buf_addf(out, " out of `postconf mynetworks` (with "
		    "mynetworks_style or a whole private network it is in "
		    "there, too), `postfix reload`. Who then may not relay any "
		    "more has to log in. Undo: put it back.\n");
		steps_hold(out, &n, "--class authorised_relay --client", key);
	}
	steps_begin(out, &n);
	buf_addf(out, "Let Postfix see who comes: for a container switch the "
	    "userland proxy off or use the host's network; for a proxy "
	    "`smtpd_upstream_proxy_protocol = haproxy` and its send-proxy; for "
	    "a gateway that speaks SMTP `smtpd_authorized_xclient_hosts`; for "
	    "a port forwarding, no masquerading of what comes in.\n");
	if (h->measure->tally == TALLY_STRANGE_DOMAINS) {
		steps_begin(out, &n);
		buf_addf(out, "A mail gateway that only hands in mail for our "
		    "domains may stay as it is; all clients are one to weir "
		    "then: `weir alerts ack ID`.\n");
		return;
	}
	steps_lists(out, &n);
}

const struct detector detector_address_collapse = {
	.name = "address-collapse",
	.summary = "a trusted address hides strangers",
	.most = SEVERITY_CRITICAL,
	.of_host = true,
	.measures = measures,
	.nmeasures = sizeof(measures) / sizeof(measures[0]),
	.say = say,
	.grade = grade,
	.advise = advise,
};

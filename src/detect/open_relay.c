/* SPDX-License-Identifier: Apache-2.0 */
/*
 * open-relay: the MTA took a stranger's mail for a stranger.
 *
 * Fires at the first pair of class open_relay, whether it was delivered or
 * waits; one alert for each host and client network (/24, /64).  What errs: a
 * trusted network or a domain of ours that weir was not told of; the runbook
 * says how to tell it.
 */
#include <stdio.h>

#include "weir/detect.h"

static bool
open_relay_concerns(const struct event *e, enum alert_key_type *ret_type,
    char key[KEY_TEXT_MAX])
{
	struct ip	client;
	struct ip_net	net;
	char		text[IP_TEXT_MAX];

	if (e->kind != EVENT_DELIVERY || e->class != CLASS_OPEN_RELAY ||
	    !e->first || e->status == STATUS_DISCARDED)
		return false;
	if (!ip_parse(e->client_address, &client)) {
		*ret_type = KEY_CLIENT_ADDRESS;
		str_copy(e->client_address, key, KEY_TEXT_MAX);
		return true;
	}
	net = ip_net_of(&client, 24, 64);
	*ret_type = KEY_CLIENT_NETWORK;
	str_copy(ip_net_print(&net, text), key,
	    KEY_TEXT_MAX);
	return true;
}

/* "accepted by mx.example.net [192.0.2.1]", "waiting in the queue" ... */
static void
say_outcome(const struct event *e, struct buf *out)
{
	switch (e->status) {
	case STATUS_SENT:
		buf_addf(out, "accepted by %.*s", STRF(e->relay_host.n > 0 ?
		    e->relay_host : STR("its next hop")));
		break;
	case STATUS_BOUNCED:
	case STATUS_EXPIRED:
		buf_addf(out, "taken, but not delivered");
		break;
	case STATUS_HELD:
		buf_addf(out, "on hold in the queue");
		break;
	default:
		buf_addf(out, "waiting in the queue");
		break;
	}
}

static void
say_title(const struct event *e, bool sure, struct buf *out)
{
	buf_addf(out, "Open relay%s: %.*s sent mail through %.*s to %.*s "
	    "without logging in (", sure ? "" : " (policy not known)",
	    STRF(e->client_address), STRF(e->host),
	    STRF(str_head(e->recipient, 128)));
	say_outcome(e, out);
	buf_addf(out, ")");
	if (e->provenance == PROVENANCE_LOCAL_USER)
		buf_addf(out, "; any local user could have written this line");
}

static void
say_runbook(const struct event *e, const char *key, bool sure,
    struct buf *out)
{
	if (!sure)
		buf_addf(out, "0. weir has not been told what is yours. If "
		    "%.*s is one of your domains, or %s one of your networks, "
		    "this is legitimate: run `weir alerts fine ID`.\n",
		    STRF(str_domain(e->recipient)), key);
	buf_addf(out, "1. Stop it: block the client (nft or your firewall: "
	    "%s) or run `postfix stop` until the hole is closed.\n", key);
	buf_addf(out, "2. Look at what waits: `postqueue -p`; hold this "
	    "message: `postsuper -h ");
	finding_quote(out, e->queue_id);
	buf_addf(out, "`.\n3. Find the hole: `postconf mynetworks "
	    "smtpd_relay_restrictions smtpd_recipient_restrictions` and the "
	    "access maps they name; ask why ");
	finding_quote(out, e->client_address);
	buf_addf(out, " may send to ");
	finding_quote(out, str_head(e->recipient, 128));
	buf_addf(out, ".\n4. See how much: `weir query --class open_relay "
	    "--client %s`.\n", key);
	buf_addf(out, "5. After mending: `postfix reload`, flush or delete "
	    "what is left, and check block lists for this host's address.\n"
	    "6. If this is legitimate: `weir alerts fine ID` adds the domain "
	    "or the network to the policy.\n");
}

static void
open_relay_describe(const struct policy *p, const struct event *e,
    struct finding *ret)
{
	enum alert_key_type	type;
	struct alert_reason	*why = &ret->reasons[0];
	bool			sure;

	sure = policy_governs(p, POLICY_LOCAL_DOMAINS) != POLICY_LEARNT;
	(void)open_relay_concerns(e, &type, ret->key);
	ret->key_type = type;
	ret->severity = sure ? SEVERITY_CRITICAL : SEVERITY_WARNING;
	say_title(e, sure, &ret->title);
	say_runbook(e, ret->key, sure, &ret->runbook);
	(void)snprintf(why->name, sizeof(why->name),
	    "mail of strangers to strangers that was taken");
	(void)snprintf(why->window, sizeof(why->window), "first");
	why->observed = 1;
	why->expected = 0;
	why->threshold = 1;
	ret->nreasons = 1;
}

const struct detector detector_open_relay = {
	.name = "open-relay",
	.summary = "the MTA takes mail of strangers to strangers",
	.merges = MERGES_ON_HOST,
	.most = SEVERITY_CRITICAL,
	.of_host = true,
	.concerns = open_relay_concerns,
	.describe = open_relay_describe,
};

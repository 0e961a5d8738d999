/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The class of a message-recipient pair, from one event and the beliefs.
 *
 * The order of the questions matters: what is ours is answered before who
 * sent it, and a rewritten address is believed to be a forward only when its
 * local part is no route - the percent hack, the bang path and the quoted
 * local part that an open relay takes are rewritten too, and their original
 * address is at our own domain.
 */
#include "weir/policy.h"

bool
policy_is_routed(struct str address)
{
	size_t	at = str_rfind_char(address, '@');
	size_t	i, n = at == STR_NPOS ? address.n : at;

	for (i = 0; i < n; i++)
		if (address.p[i] == '%' || address.p[i] == '!' ||
		    address.p[i] == '@')
			return true;
	return false;
}

/* May whoever handed it in relay? */
static enum event_class
class_of_client(const struct policy *p, const struct event *e)
{
	struct ip client;

	if (e->sasl_username.n > 0)
		return CLASS_AUTHENTICATED_RELAY;
	if (e->origin == ORIGIN_LOCAL)
		return CLASS_LOCAL_SUBMISSION;
	if (e->origin != ORIGIN_CLIENT || !ip_parse(e->client_address, &client))
		return CLASS_UNKNOWN;
	if (policy_trusts(p, &client))
		return CLASS_AUTHORISED_RELAY;
	return CLASS_OPEN_RELAY;
}

/* Was the recipient rewritten by our own configuration? */
static bool
is_rewritten(const struct policy *p, const struct event *e)
{
	struct str domain = str_domain(e->original_recipient);

	if (!str_known(e->original_recipient) ||
	    str_eq_nocase(e->original_recipient, e->recipient) ||
	    policy_is_routed(e->original_recipient))
		return false;
	return domain.n == 0 || policy_is_local(p, domain) ||
	    policy_is_relay(p, domain) ||
	    policy_governs(p, POLICY_LOCAL_DOMAINS) == POLICY_LEARNT;
}

static enum event_class
class_of_delivery(const struct policy *p, const struct event *e)
{
	struct str		domain = str_domain(e->recipient);
	enum event_class	class = class_of_client(p, e);
	bool			learning;

	if (!str_known(e->recipient))
		return CLASS_UNKNOWN;
	if (e->origin == ORIGIN_BOUNCE)
		return CLASS_BOUNCE;
	if (e->local_hop || domain.n == 0 || policy_is_local(p, domain))
		return CLASS_INBOUND;
	learning = policy_governs(p, POLICY_RELAY_DOMAINS) == POLICY_LEARNT;
	if (policy_is_relay(p, domain) || (learning && e->relay_hop))
		return class == CLASS_OPEN_RELAY &&
		    policy_is_routed(e->recipient) ?
		    CLASS_OPEN_RELAY : CLASS_RELAY_DOMAIN;
	if (e->origin == ORIGIN_FORWARD || is_rewritten(p, e) ||
	    policy_is_copy(p, e->recipient))
		return CLASS_FORWARDED;
	return class;
}

enum event_class
policy_classify(const struct policy *p, const struct event *e)
{
	switch (e->kind) {
	case EVENT_DELIVERY:
		return class_of_delivery(p, e);
	case EVENT_REJECT:
		return str_ends(e->reply, STR("Relay access denied")) ?
		    CLASS_RELAY_DENIED : CLASS_REJECTED;
	case EVENT_AUTH:
		return e->status == STATUS_OK ?
		    CLASS_AUTH_SUCCESS : CLASS_AUTH_FAILURE;
	default:
		return e->class;
	}
}

/* SPDX-License-Identifier: Apache-2.0 */
/* See tally.h. */
#include "weir/tally.h"

#include "weir/profile.h"

#define BIT(k)		(1u << KEY_##k)
#define ACTORS		(BIT(SASL_USERNAME) | BIT(LOCAL_USER) |		\
			 BIT(CLIENT_ADDRESS))
#define SITE		(BIT(HOST) | BIT(GLOBAL))
#define TLS_TOLD	3	/* sessions with TLS: the log tells of them */
#define DOOR_SIGNS	5	/* of strangers behind a trusted address */

static const struct {
	const char	*name, *plural;
} tallies[] = {
#define X(name, text, plural) [TALLY_##name] = { text, plural },
	TALLIES(X)
#undef X
};

/* For whom each may be kept. */
static const uint32_t kept[TALLY_COUNT] = {
	[TALLY_MESSAGES] = ACTORS | BIT(CLIENT_NETWORK) | SITE,
	[TALLY_RECIPIENTS] = ACTORS | BIT(CLIENT_NETWORK) | SITE |
	    BIT(SENDER) | BIT(SENDER_DOMAIN) | BIT(RECIPIENT_DOMAIN),
	[TALLY_NEW_RECIPIENTS] = ACTORS,
	[TALLY_NEW_NET_MESSAGES] = BIT(SASL_USERNAME) | SITE,
	[TALLY_NEW_NETS] = BIT(SASL_USERNAME),
	[TALLY_FOREIGN] = ACTORS,
	[TALLY_BOUNCES] = ACTORS | BIT(RECIPIENT_DOMAIN) | SITE,
	[TALLY_DEFERRALS] = ACTORS | BIT(RECIPIENT_DOMAIN) | SITE,
	[TALLY_BLOCKED] = ACTORS | BIT(RECIPIENT_DOMAIN) | SITE,
	[TALLY_KILOBYTES] = ACTORS | SITE,
	[TALLY_OPEN_RELAYED] = BIT(CLIENT_ADDRESS) | BIT(CLIENT_NETWORK) |
	    SITE,
	[TALLY_INBOUND] = BIT(CLIENT_ADDRESS) | BIT(CLIENT_NETWORK) |
	    BIT(RECIPIENT_DOMAIN) | SITE,
	[TALLY_NEW_ADDRESSES] = BIT(CLIENT_NETWORK),
	[TALLY_NULL_SENDERS] = BIT(RECIPIENT_DOMAIN) | SITE,
	[TALLY_UNKNOWN_USERS] = BIT(CLIENT_ADDRESS) | BIT(CLIENT_NETWORK) |
	    BIT(RECIPIENT_DOMAIN) | SITE,
	[TALLY_REJECTS] = BIT(CLIENT_ADDRESS) | BIT(CLIENT_NETWORK) | SITE,
	[TALLY_DENIED] = BIT(CLIENT_ADDRESS) | BIT(CLIENT_NETWORK) | SITE,
	[TALLY_AUTH_FAILURES] = BIT(CLIENT_ADDRESS) | BIT(CLIENT_NETWORK) |
	    BIT(SASL_USERNAME) | SITE,
	[TALLY_FAILED_NETS] = BIT(SASL_USERNAME) | SITE,
	[TALLY_FAILED_USERS] = BIT(CLIENT_ADDRESS) | BIT(CLIENT_NETWORK),
	[TALLY_UNENCRYPTED] = BIT(SASL_USERNAME) | SITE,
	[TALLY_ENCRYPTED] = BIT(HOST),
	[TALLY_STRANGE_DOMAINS] = BIT(CLIENT_ADDRESS),
	[TALLY_STRANGE_NAMES] = BIT(CLIENT_ADDRESS),
	[TALLY_STRANGERS] = BIT(CLIENT_ADDRESS),
};

const char *
tally_name(enum tally t)
{
	return tallies[t].name;
}

const char *
tally_plural(enum tally t)
{
	return tallies[t].plural;
}

uint32_t
tally_of_key(enum alert_key_type k)
{
	uint32_t	set = 0;

	for (int t = 0; t < TALLY_COUNT; t++)
		set |= (kept[t] >> k & 1) << t;
	return set;
}

bool
tally_is_out(enum tally t)
{
	return t < TALLY_OPEN_RELAYED;
}

static void
count(struct facts *f, enum tally t, int64_t n)
{
	if (n <= 0)
		return;
	f->n[t] = n > UINT32_MAX ? UINT32_MAX : (uint32_t)n;
	f->present |= 1u << t;
}

static void
know(struct facts *f, struct hash_key k, enum alert_key_type type,
    struct str host, struct str text)
{
	if (text.n == 0 || !(f->wanted >> type & 1))
		return;
	f->keys[type] = key_make(k, type, host, text);
	f->known |= 1u << type;
}

/* The network that is new or known to a login: /16, /32. */
static uint32_t
wide_net(struct hash_key k, const struct ip *client)
{
	struct ip_net	net = ip_net_of(client, 16, 32);
	struct str	s = { (const char *)net.addr.b, sizeof(net.addr.b) };

	/* Inside is one place. */
	if (ip_is_private(client) || ip_is_loopback(client))
		return 1;
	return (uint32_t)hash_64(k, s) | 2;
}

/* *ret is the address; NULL: it is not known. */
static const struct ip *
know_client(struct facts *f, struct hash_key k, const struct policy *policy,
    const struct event *e, struct ip *ret)
{
	struct ip_net	net;

	know(f, k, KEY_CLIENT_ADDRESS, STR_NONE, e->client_address);
	if (!ip_parse(e->client_address, ret))
		return NULL;
	net = ip_net_of(ret, 24, 64);
	know(f, k, KEY_CLIENT_NETWORK, STR_NONE, ip_net_print(&net, f->net));
	f->trusted = policy_trusts(policy, ret);
	f->inside = ip_is_private(ret) && !ip_is_loopback(ret);
	return ret;
}

static void
know_domain(struct facts *f, struct hash_key k, enum alert_key_type type,
    struct str address, char text[KEY_TEXT_MAX])
{
	if (!(f->wanted >> type & 1))
		return;
	str_copy(str_domain(address), text, KEY_TEXT_MAX);
	know(f, k, type, STR_NONE, str_of(text));
}

/* The host and all of them, whose hashes are at hand. */
static void
know_site(struct facts *f, struct profile *p, struct str host)
{
	f->keys[KEY_GLOBAL] = profile_site(p, KEY_GLOBAL, STR("*"));
	f->known |= BIT(GLOBAL);
	if (host.n == 0)
		return;
	f->keys[KEY_HOST] = profile_site(p, KEY_HOST, host);
	f->known |= BIT(HOST);
}

/*
 * Who sends it, if it is sent through this host by somebody.  The class of a
 * message is not known when it comes in, that of a pair is.
 */
static enum alert_key_type
actor_of(const struct facts *f, const struct event *e)
{
	if (e->kind > EVENT_DELIVERY || e->origin == ORIGIN_BOUNCE ||
	    e->origin == ORIGIN_FORWARD || e->status == STATUS_FORWARDED ||
	    e->status == STATUS_FILTERED || (e->kind == EVENT_DELIVERY &&
	    (e->class == CLASS_BOUNCE || e->class == CLASS_FORWARDED)))
		return KEY_TYPE_COUNT;
	if (f->known & BIT(SASL_USERNAME))
		return KEY_SASL_USERNAME;
	if (e->origin == ORIGIN_LOCAL)
		return f->known & BIT(LOCAL_USER) ? KEY_LOCAL_USER : KEY_HOST;
	if ((f->known & BIT(CLIENT_ADDRESS)) && (f->trusted ||
	    (e->kind == EVENT_DELIVERY && (e->class == CLASS_OPEN_RELAY ||
	    e->class == CLASS_AUTHORISED_RELAY))))
		return KEY_CLIENT_ADDRESS;
	return KEY_TYPE_COUNT;
}

/* The domain itself or one below it. */
static bool
is_below(struct str domain, struct str of)
{
	size_t	at = domain.n - of.n;

	return of.n > 0 && of.n <= domain.n &&
	    (at == 0 || domain.p[at - 1] == '.') &&
	    str_eq_nocase(str_tail(domain, at), of);
}

/* Neither of a domain of ours nor of the login's own. */
static bool
is_foreign(const struct policy *policy, const struct event *e)
{
	struct str	domain = str_domain(e->sender);

	return domain.n > 0 && !policy_is_local(policy, domain) &&
	    !policy_is_relay(policy, domain) &&
	    !str_eq_nocase(domain, str_domain(e->sasl_username)) &&
	    !is_below(domain, e->host);
}

static void
tally_out_message(struct profile *p, const struct policy *policy,
    const struct event *e, const struct ip *client, struct facts *f)
{
	struct actor	*a;
	int		 news;

	count(f, TALLY_MESSAGES, e->repeat);
	count(f, TALLY_KILOBYTES, e->size / 1024 + (e->size % 1024 > 0));
	if (is_foreign(policy, e))
		count(f, TALLY_FOREIGN, e->repeat);
	if (f->actor != KEY_SASL_USERNAME)
		return;
	a = profile_actor(p, &f->keys[KEY_SASL_USERNAME], true);
	a->proven = f->proven = true;
	if (client == NULL)
		return;
	news = profile_net(p, a, wide_net(profile_hash_key(p), client),
	    e->at);
	f->new_source = news != 0;
	count(f, TALLY_NEW_NETS, news == 1);
	count(f, TALLY_NEW_NET_MESSAGES, news != 0);
	/* Guessed at last, or mistyped on a journey. */
	f->guessed = news == 1 && !profile_first(p,
	    &f->keys[KEY_CLIENT_ADDRESS], 'u',
	    f->keys[KEY_SASL_USERNAME].text, e->at);
}

/* What the last windows of a key hold. */
static uint32_t
sum_of(struct profile *p, const struct key *k, enum tally t,
    enum window_span w, int64_t at)
{
	struct series	*x = profile_find(p, k, t);

	return x == NULL ? 0 : window_sum(&x->windows[w], w, at);
}

static uint32_t
refused_before(struct profile *p, const struct facts *f)
{
	static const enum alert_key_type keys[] = { KEY_CLIENT_ADDRESS,
	    KEY_CLIENT_NETWORK };
	uint32_t	most = 0, n;

	for (size_t i = 0; i < 2; i++) {
		if (!(f->known >> keys[i] & 1))
			continue;
		n = sum_of(p, &f->keys[keys[i]], TALLY_DENIED, WINDOW_24H,
		    f->at);
		most = n > most ? n : most;
	}
	return most;
}

static void
tally_out_delivery(struct profile *p, const struct event *e, struct facts *f)
{
	const struct key *actor = &f->keys[f->actor];

	/* That detector knows by itself; it is no pattern to learn from. */
	if (e->class == CLASS_OPEN_RELAY) {
		if (e->counted)
			count(f, TALLY_OPEN_RELAYED, e->repeat);
		f->refused = refused_before(p, f);
		return;
	}
	if (e->counted) {
		count(f, TALLY_RECIPIENTS, e->repeat);
		f->recipient = key_pair(actor, 'r', e->recipient);
		if (f->actor != KEY_HOST && profile_first_pair(p, actor, 'r',
		    f->recipient, e->at))
			count(f, TALLY_NEW_RECIPIENTS, 1);
	}
	if (f->actor == KEY_SASL_USERNAME)
		f->proven = true;
	if (e->local_hop)
		return;
	if (e->status == STATUS_BOUNCED || e->status == STATUS_EXPIRED)
		count(f, TALLY_BOUNCES, e->repeat);
	if (e->status == STATUS_DEFERRED && e->first)
		count(f, TALLY_DEFERRALS, e->repeat);
	if ((e->status == STATUS_BOUNCED || e->status == STATUS_DEFERRED) &&
	    tally_is_listing(e->code, e->reply))
		count(f, TALLY_BLOCKED, 1);
}

static bool
is_null(const struct event *e)
{
	return str_known(e->sender) && e->sender.n == 0;
}

static void
tally_in(struct profile *p, const struct event *e, struct facts *f)
{
	if (e->kind == EVENT_DELIVERY) {
		if (is_null(e) && e->counted && (e->class == CLASS_INBOUND ||
		    e->class == CLASS_RELAY_DOMAIN))
			count(f, TALLY_NULL_SENDERS, e->repeat);
		return;
	}
	if (e->origin != ORIGIN_CLIENT)
		return;
	count(f, TALLY_INBOUND, e->repeat);
	if ((f->known & BIT(CLIENT_NETWORK)) && !is_null(e) &&
	    profile_first(p, &f->keys[KEY_CLIENT_NETWORK], 'a',
	    e->client_address, e->at))
		count(f, TALLY_NEW_ADDRESSES, 1);
}

static bool
is_unknown_user(const struct event *e)
{
	return str_eq(e->dsn, STR("5.1.1")) ||
	    str_find(e->reply, STR("User unknown")) != STR_NPOS;
}

static void
tally_reject(const struct event *e, struct facts *f)
{
	if (e->class == CLASS_RELAY_DENIED)
		count(f, TALLY_DENIED, e->repeat);
	else if (!is_unknown_user(e))
		count(f, TALLY_REJECTS, e->repeat);
	else if (is_null(e))
		count(f, TALLY_NULL_SENDERS, e->repeat);
	else
		count(f, TALLY_UNKNOWN_USERS, e->repeat);
}

/*
 * A password that anybody on the way could read.  Postfix says of a session
 * without TLS nothing at all; only a log that tells of TLS elsewhere tells by
 * its silence.
 */
static bool
is_in_clear(struct profile *p, const struct facts *f, const struct event *e,
    const struct ip *client)
{
	return e->encryption_protocol.n == 0 && !f->trusted && !f->inside &&
	    !ip_is_loopback(client) &&
	    (str_eq_nocase(e->sasl_method, STR("PLAIN")) ||
	    str_eq_nocase(e->sasl_method, STR("LOGIN")) ||
	    str_eq_nocase(e->sasl_method, STR("XOAUTH2")) ||
	    str_eq_nocase(e->sasl_method, STR("OAUTHBEARER"))) &&
	    sum_of(p, &f->keys[KEY_HOST], TALLY_ENCRYPTED, WINDOW_4D, f->at) >=
	    TLS_TOLD;
}

static void
tally_auth(struct profile *p, const struct policy *policy,
    const struct event *e, const struct ip *client, struct facts *f)
{
	struct hash_key	 k = profile_hash_key(p);
	uint32_t	 net = client != NULL ? wide_net(k, client) : 0;
	struct key	*user = &f->keys[KEY_SASL_USERNAME];
	struct actor	*a = NULL;
	bool		 named = f->known & BIT(SASL_USERNAME);

	if (named)
		a = profile_actor(p, user, e->status == STATUS_OK);
	if (e->status == STATUS_OK) {
		if (a != NULL)
			a->proven = f->proven = true;
		if (client != NULL && is_in_clear(p, f, e, client))
			count(f, TALLY_UNENCRYPTED, e->repeat);
		return;
	}
	f->proven = a != NULL && a->proven;
	f->ours = policy_is_local(policy, str_domain(e->sasl_username));
	count(f, TALLY_AUTH_FAILURES, e->repeat);
	/* A mistyped or old password at home is no guess at the account. */
	if (a != NULL && net != 0 && profile_has_net(a, net)) {
		f->known &= SITE;
		return;
	}
	if (named && (f->proven || f->ours) &&
	    (f->known & BIT(CLIENT_NETWORK)) && profile_first(p,
	    user, 'f', f->keys[KEY_CLIENT_NETWORK].text, e->at))
		count(f, TALLY_FAILED_NETS, 1);
	if (named && (f->known & BIT(CLIENT_ADDRESS)) && profile_first(p,
	    &f->keys[KEY_CLIENT_ADDRESS], 'u', user->text, e->at))
		count(f, TALLY_FAILED_USERS, 1);
}

/* A name that a machine gives itself and that is not from here. */
static bool
is_strange_name(const struct policy *policy, const struct event *e)
{
	struct str	name = e->helo_name;
	size_t		dot = str_find(name, STR("."));

	return name.n > 0 && !str_eq_nocase(name, e->host) &&
	    !policy_is_local(policy, name) && (dot == STR_NPOS ||
	    !policy_is_local(policy, (struct str){ name.p + dot + 1,
	    name.n - dot - 1 }));
}

/*
 * A trusted address may be a door: a gateway, a proxy, the host of a container
 * that hides who comes through.  Then what comes from there looks like the
 * whole internet: foreign domains that write to us, names of machines and
 * logins that nobody has here; and strangers' mail to strangers, which is let
 * through, since the door is trusted.  Such mail alone is no sign: a server
 * that sends for customers does that.  Sender and recipient are both new: it
 * is neither a copy to an archive nor one program's letters.
 */
static void
tally_door(struct profile *p, const struct policy *policy,
    const struct event *e, struct facts *f)
{
	const struct key *k = &f->keys[KEY_CLIENT_ADDRESS];
	bool		  foreign = is_foreign(policy, e);
	uint32_t	  domains, names;
	bool		  news;

	if (foreign && (e->kind == EVENT_REJECT ||
	    (e->kind == EVENT_DELIVERY && e->counted &&
	    (e->class == CLASS_INBOUND || e->class == CLASS_RELAY_DOMAIN))) &&
	    profile_first(p, k, 'd', str_domain(e->sender), f->at))
		count(f, TALLY_STRANGE_DOMAINS, 1);
	if (!f->trusted)
		return;
	domains = sum_of(p, k, TALLY_STRANGE_DOMAINS, WINDOW_4D, f->at);
	names = sum_of(p, k, TALLY_STRANGE_NAMES, WINDOW_4D, f->at);
	if (domains >= DOOR_SIGNS && ((e->kind == EVENT_REJECT && foreign &&
	    is_strange_name(policy, e) &&
	    profile_first(p, k, 'h', e->helo_name, f->at)) ||
	    (e->kind == EVENT_AUTH && e->status == STATUS_FAILED &&
	    !policy_is_local(policy, str_domain(e->sasl_username)) &&
	    e->sasl_username.n > 0 &&
	    profile_first(p, k, 'h', e->sasl_username, f->at))))
		count(f, TALLY_STRANGE_NAMES, 1);
	if (domains + names < DOOR_SIGNS || e->kind != EVENT_DELIVERY ||
	    !e->counted || e->class != CLASS_AUTHORISED_RELAY || !foreign)
		return;
	news = profile_first(p, k, 's', e->sender, f->at);
	if (profile_first(p, k, 't', e->recipient, f->at) && news)
		count(f, TALLY_STRANGERS, 1);
}

void
tally_event(struct profile *p, const struct policy *policy,
    const struct event *e, uint32_t wanted, struct facts *f)
{
	struct hash_key	 k = profile_hash_key(p);
	struct ip	 address;
	const struct ip	*client;

	memset(f, 0, offsetof(struct facts, net));
	f->at = e->at;
	f->wanted = wanted | ACTORS | BIT(CLIENT_NETWORK);
	f->actor = KEY_TYPE_COUNT;
	client = know_client(f, k, policy, e, &address);
	know(f, k, KEY_SASL_USERNAME, STR_NONE, e->sasl_username);
	if (e->origin == ORIGIN_LOCAL)
		know(f, k, KEY_LOCAL_USER, e->host, e->local_user);
	know_site(f, p, e->host);
	know(f, k, KEY_SENDER, STR_NONE, e->sender);
	know_domain(f, k, KEY_SENDER_DOMAIN, e->sender, f->domains[0]);
	know_domain(f, k, KEY_RECIPIENT_DOMAIN, e->recipient, f->domains[1]);
	f->actor = actor_of(f, e);
	switch (e->kind) {
	case EVENT_MESSAGE:
	case EVENT_DELIVERY:
		if (f->actor == KEY_TYPE_COUNT)
			tally_in(p, e, f);
		else if (e->kind == EVENT_MESSAGE)
			tally_out_message(p, policy, e, client, f);
		else
			tally_out_delivery(p, e, f);
		break;
	case EVENT_REJECT:
		tally_reject(e, f);
		break;
	case EVENT_AUTH:
		tally_auth(p, policy, e, client, f);
		break;
	default:
		break;
	}
	if (e->kind != EVENT_DELIVERY && e->encryption_protocol.n > 0)
		count(f, TALLY_ENCRYPTED, 1);
	if (client != NULL && !ip_is_loopback(client) &&
	    (f->trusted || f->inside) &&
	    (f->known & BIT(CLIENT_ADDRESS)) &&
	    (e->kind == EVENT_AUTH || e->sasl_username.n == 0))
		tally_door(p, policy, e, f);
}

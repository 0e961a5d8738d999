/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Beliefs: who may relay, what is ours, and where we know it from.
 *
 * Domains and addresses are keys of one map ("<key number><lower case>") with
 * a set of sources each; networks are short arrays.  For each key the highest
 * source that was declared governs, and what an operator confirmed always
 * counts on top of it.  How a class follows from beliefs is classify.c.
 */
#include <stdlib.h>

#include "weir/map.h"
#include "weir/mem.h"
#include "weir/policy.h"

#define DOMAINS_MAX	20000	/* learnt ones stop here */
#define NETS_MAX	4096
#define DOMAIN_KEY_MAX	321	/* longest address, and the key number */

struct belief_net {
	struct ip_net		net;
	enum policy_source	source;
};

struct own_address {
	struct ip		addr;
	struct ip_net		net;
};

struct policy {
	struct map		*names;		/* value: set of sources */
	size_t			 nlearnt;
	struct belief_net	*nets;
	size_t			 nnets;
	struct own_address	 own[64];
	size_t			 nown;
	enum policy_source	 governs[POLICY_KEY_COUNT];
	int64_t			 version;
	uint64_t		 changes;
};

static const char *const key_names[] = {
	[POLICY_TRUSTED_NETWORKS] = "trusted-networks",
	[POLICY_LOCAL_DOMAINS] = "local-domains",
	[POLICY_RELAY_DOMAINS] = "relay-domains",
	[POLICY_COPIES] = "copies",
};

static const char *const source_names[] = {
	[POLICY_LEARNT] = "learnt",
	[POLICY_FOUND] = "found",
	[POLICY_CONFIGURED] = "configured",
	[POLICY_CONFIRMED] = "confirmed",
};

struct policy *
policy_new(struct hash_key key)
{
	struct policy *p = xcalloc(1, sizeof(*p));

	p->names = map_new(key);
	p->version = 1;
	return p;
}

void
policy_free(struct policy *p)
{
	if (p == NULL)
		return;
	map_free(p->names, NULL);
	free(p->nets);
	free(p);
}

const char *
policy_key_name(enum policy_key k)
{
	return key_names[k];
}

const char *
policy_source_name(enum policy_source s)
{
	return source_names[s];
}

/* "<key><name in lower case>" in `out`; false when too long to be one. */
static bool
name_key(enum policy_key k, struct str name, char out[DOMAIN_KEY_MAX],
    struct str *ret)
{
	size_t i;

	if (name.n > 0 && name.p[name.n - 1] == '.')
		name.n--;
	if (name.n == 0 || name.n > DOMAIN_KEY_MAX - 1)
		return false;
	out[0] = (char)('0' + k);
	for (i = 0; i < name.n; i++) {
		char c = name.p[i];

		out[i + 1] = c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
	}
	*ret = (struct str){ out, name.n + 1 };
	return true;
}

static unsigned
name_sources(const struct policy *p, struct str key)
{
	return (unsigned)(uintptr_t)map_get(p->names, key);
}

void
policy_declare(struct policy *p, enum policy_key k, enum policy_source s)
{
	if (s > p->governs[k] && s != POLICY_CONFIRMED)
		p->governs[k] = s;
}

enum policy_source
policy_governs(const struct policy *p, enum policy_key k)
{
	return p->governs[k];
}

/*
 * May that network be believed without an operator's word?  Learnt: only
 * loopback and private ones.  Found: public ones up to a /24 or /64, or on an
 * own interface; wider than that is the hole itself.
 */
static int
net_believable(const struct policy *p, const struct ip_net *net,
    enum policy_source s, struct error *err)
{
	struct ip	first, last;
	char		text[IP_TEXT_MAX];
	bool		v4 = ip_is_v4(&net->addr) && net->bits >= 96;
	size_t		i;

	if (s >= POLICY_CONFIGURED)
		return 0;
	ip_net_range(net, &first, &last);
	if ((ip_is_loopback(&first) && ip_is_loopback(&last)) ||
	    (ip_is_private(&first) && ip_is_private(&last)))
		return 0;
	for (i = 0; i < p->nown; i++)
		if (net->bits >= p->own[i].net.bits &&
		    ip_net_has(&p->own[i].net, &net->addr))
			return 0;
	(void)ip_net_print(net, text);
	if (s == POLICY_LEARNT)
		return error_set(err, "%s is public: not learnt from a log",
		    text);
	if (net->bits < (v4 ? 120 : 64))
		return error_set(err, "%s is a public network wider than %s "
		    "and on no own interface: whoever is in it may relay",
		    text, v4 ? "/24" : "/64");
	return 0;
}

static int
add_net(struct policy *p, enum policy_source s, struct str value,
    struct error *err)
{
	struct ip_net	net;
	size_t		i;

	if (!ip_net_parse(value, &net))
		return error_set(err, "\"%.*s\" is not a network",
		    STRF(str_head(value, 80)));
	if (net_believable(p, &net, s, err) == -1)
		return -1;
	for (i = 0; i < p->nnets; i++)
		if (p->nets[i].source == s && ip_net_eq(&p->nets[i].net, &net))
			return 0;
	if (p->nnets == NETS_MAX)
		return error_set(err, "more than %d networks", NETS_MAX);
	p->nets = xreallocarray(p->nets, p->nnets + 1, sizeof(*p->nets));
	p->nets[p->nnets++] = (struct belief_net){ net, s };
	return 1;
}

int
policy_add(struct policy *p, enum policy_key k, enum policy_source s,
    struct str value, struct error *err)
{
	char		text[DOMAIN_KEY_MAX];
	struct str	key;
	unsigned	sources;
	int		rc;

	if (k == POLICY_TRUSTED_NETWORKS) {
		rc = add_net(p, s, value, err);
	} else {
		if (!name_key(k, value, text, &key))
			return error_set(err, "\"%.*s\" is not a name",
			    STRF(str_head(value, 80)));
		sources = name_sources(p, key);
		if (sources & 1u << s)
			return 0;
		if (s == POLICY_LEARNT && p->nlearnt >= DOMAINS_MAX)
			return 0;
		p->nlearnt += s == POLICY_LEARNT;
		map_put(p->names, key,
		    (void *)(uintptr_t)(sources | 1u << s));
		rc = 1;
	}
	policy_declare(p, k, s);
	p->changes += rc == 1;
	if (rc == 1 && s < p->governs[k])
		rc = 0;
	return rc;
}

void
policy_add_own(struct policy *p, const struct ip *own, int bits)
{
	if (p->nown == sizeof(p->own) / sizeof(p->own[0]))
		return;
	p->own[p->nown++] = (struct own_address){ *own,
	    ip_net_of(own, bits, bits) };
}

bool
policy_is_own(const struct policy *p, const struct ip *addr)
{
	size_t i;

	if (ip_is_loopback(addr))
		return true;
	for (i = 0; i < p->nown; i++)
		if (ip_eq(&p->own[i].addr, addr))
			return true;
	return false;
}

bool
policy_trusts(const struct policy *p, const struct ip *client)
{
	enum policy_source	governs = p->governs[POLICY_TRUSTED_NETWORKS];
	size_t			i;

	if (governs == POLICY_LEARNT &&
	    (policy_is_own(p, client) || ip_is_private(client)))
		return true;
	for (i = 0; i < p->nnets; i++)
		if ((p->nets[i].source == governs ||
		    p->nets[i].source == POLICY_CONFIRMED) &&
		    ip_net_has(&p->nets[i].net, client))
			return true;
	return false;
}

/* Is the name believed by who governs the key? */
static bool
name_held(const struct policy *p, enum policy_key k, struct str name)
{
	unsigned	holds = 1u << p->governs[k] | 1u << POLICY_CONFIRMED;
	char		text[DOMAIN_KEY_MAX];
	struct str	key;

	return name_key(k, name, text, &key) &&
	    (name_sources(p, key) & holds) != 0;
}

/* The domain, or ".parent" of any of its parents. */
static bool
domain_held(const struct policy *p, enum policy_key k, struct str domain)
{
	size_t dot;

	if (domain.n == 0)
		return false;
	if (name_held(p, k, domain))
		return true;
	while ((dot = str_find_char(domain, '.')) != STR_NPOS) {
		domain = str_tail(domain, dot);
		if (name_held(p, k, domain))
			return true;
		domain = str_tail(domain, 1);
	}
	return false;
}

/* "[192.0.2.25]": an address literal of an own interface is ours. */
static bool
literal_is_own(const struct policy *p, struct str domain)
{
	struct ip ip;

	return domain.n > 2 && domain.p[0] == '[' &&
	    domain.p[domain.n - 1] == ']' &&
	    ip_parse(str_tail(str_head(domain, domain.n - 1), 1), &ip) &&
	    policy_is_own(p, &ip);
}

bool
policy_is_local(const struct policy *p, struct str domain)
{
	return domain_held(p, POLICY_LOCAL_DOMAINS, domain) ||
	    literal_is_own(p, domain);
}

bool
policy_is_relay(const struct policy *p, struct str domain)
{
	return domain_held(p, POLICY_RELAY_DOMAINS, domain);
}

bool
policy_is_copy(const struct policy *p, struct str address)
{
	return address.n > 0 && name_held(p, POLICY_COPIES, address);
}

void
policy_learn(struct policy *p, const struct event *e)
{
	struct str	domain = str_domain(e->recipient);
	struct ip	client;
	struct ip_net	net;
	char		text[IP_TEXT_MAX];

	if (e->kind != EVENT_DELIVERY || e->provenance ==
	    PROVENANCE_LOCAL_USER)
		return;
	if (p->governs[POLICY_LOCAL_DOMAINS] == POLICY_LEARNT &&
	    e->local_hop && domain.n > 0 &&
	    (e->status == STATUS_SENT || e->status == STATUS_FORWARDED))
		(void)policy_add(p, POLICY_LOCAL_DOMAINS, POLICY_LEARNT,
		    domain, NULL);
	if (p->governs[POLICY_RELAY_DOMAINS] == POLICY_LEARNT &&
	    e->relay_hop && domain.n > 0)
		(void)policy_add(p, POLICY_RELAY_DOMAINS, POLICY_LEARNT,
		    domain, NULL);
	if (p->governs[POLICY_TRUSTED_NETWORKS] == POLICY_LEARNT &&
	    e->class == CLASS_AUTHORISED_RELAY &&
	    ip_parse(e->client_address, &client)) {
		net = ip_net_of(&client, 24, 64);
		(void)policy_add(p, POLICY_TRUSTED_NETWORKS, POLICY_LEARNT,
		    ip_net_print(&net, text), NULL);
	}
}

struct belief {
	enum policy_key		k;
	enum policy_source	s;
	struct str		value;
	char			text[IP_TEXT_MAX];
};

/* A network's text lies in the entry, which moves while it is sorted. */
static struct str
belief_value(const struct belief *b)
{
	return b->k == POLICY_TRUSTED_NETWORKS ? str_of(b->text) : b->value;
}

static int
belief_cmp(const void *a, const void *b)
{
	const struct belief *x = a, *y = b;

	if (x->k != y->k)
		return x->k < y->k ? -1 : 1;
	if (x->s != y->s)
		return x->s < y->s ? -1 : 1;
	return str_cmp(belief_value(x), belief_value(y));
}

void
policy_each(const struct policy *p, void (*fn)(void *, enum policy_key,
    enum policy_source, struct str), void *ctx)
{
	size_t		 cap = p->nnets + 4 * map_count(p->names), n = 0;
	size_t		 i, iter = 0;
	struct belief	*v = xcalloc(cap + 1, sizeof(*v));
	struct str	 key;
	void		*value;

	for (i = 0; i < p->nnets; i++, n++) {
		v[n].k = POLICY_TRUSTED_NETWORKS;
		v[n].s = p->nets[i].source;
		(void)ip_net_print(&p->nets[i].net, v[n].text);
	}
	while (map_next(p->names, &iter, &key, &value))
		for (i = 0; i < POLICY_SOURCE_COUNT; i++)
			if ((uintptr_t)value >> i & 1)
				v[n++] = (struct belief){ .k = key.p[0] - '0',
				    .s = i, .value = str_tail(key, 1) };
	qsort(v, n, sizeof(*v), belief_cmp);
	for (i = 0; i < n; i++)
		fn(ctx, v[i].k, v[i].s, belief_value(&v[i]));
	free(v);
}

int64_t
policy_version(const struct policy *p)
{
	return p->version;
}

void
policy_set_version(struct policy *p, int64_t version)
{
	p->version = version;
}

uint64_t
policy_changes(const struct policy *p)
{
	return p->changes;
}

static void
pack_one(void *ctx, enum policy_key k, enum policy_source s, struct str value)
{
	struct buf *b = ctx;

	/* What is configured or found is asked anew at each start. */
	if (s != POLICY_LEARNT && s != POLICY_CONFIRMED)
		return;
	buf_put_u8(b, (uint8_t)k);
	buf_put_u8(b, (uint8_t)s);
	buf_put_str(b, value);
}

void
policy_pack(const struct policy *p, struct buf *b)
{
	buf_put_u64(b, (uint64_t)p->version);
	policy_each(p, pack_one, b);
}

bool
policy_unpack(struct policy *p, struct buf_reader *r)
{
	int64_t		version = buf_get_i64(r);
	struct str	value;
	unsigned	k, s;

	while (!r->bad && r->rest.n > 0) {
		k = buf_get_u8(r);
		s = buf_get_u8(r);
		value = buf_get_str(r);
		if (r->bad || k >= POLICY_KEY_COUNT || s >= POLICY_SOURCE_COUNT)
			return false;
		(void)policy_add(p, k, s, value, NULL);
	}
	if (r->bad)
		return false;
	p->version = version;
	return true;
}

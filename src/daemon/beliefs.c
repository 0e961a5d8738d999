/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See beliefs.h.  Two values of the store: "policy" is the policy's own packed
 * form (learnt and confirmed beliefs and the version), "beliefs" all that is
 * not learnt, as it was at the last start: u8 key, u8 source, text.  The
 * second tells whether a start changes anything, and stands in for what is not
 * asked this time.
 */
#include "weir/beliefs.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "weir/status.h"

static const char *const config_keys[] = {
	[POLICY_TRUSTED_NETWORKS] = "trusted-networks",
	[POLICY_LOCAL_DOMAINS] = "local-domains",
	[POLICY_RELAY_DOMAINS] = "relay-domains",
	[POLICY_COPIES] = "copies",
};

static int
mask_bits(const uint8_t *p, size_t n)
{
	int	bits = 0;

	for (size_t i = 0; i < n; i++)
		for (int b = 7; b >= 0 && p[i] >> b & 1; b--)
			bits++;
	return bits;
}

static void
add_interface(struct policy *p, const struct ifaddrs *i)
{
	const struct sockaddr_in	*a4, *m4;
	const struct sockaddr_in6	*a6, *m6;
	struct ip			 ip = { 0 };

	if (i->ifa_addr == NULL || i->ifa_netmask == NULL ||
	    (i->ifa_flags & IFF_LOOPBACK))
		return;
	if (i->ifa_addr->sa_family == AF_INET) {
		a4 = (const void *)i->ifa_addr;
		m4 = (const void *)i->ifa_netmask;
		ip.b[10] = ip.b[11] = 0xff;
		memcpy(ip.b + 12, &a4->sin_addr, 4);
		policy_add_own(p, &ip,
		    96 + mask_bits((const void *)&m4->sin_addr, 4));
	} else if (i->ifa_addr->sa_family == AF_INET6) {
		a6 = (const void *)i->ifa_addr;
		m6 = (const void *)i->ifa_netmask;
		memcpy(ip.b, &a6->sin6_addr, 16);
		policy_add_own(p, &ip,
		    mask_bits((const void *)&m6->sin6_addr, 16));
	}
}

static void
add_own(struct policy *p)
{
	struct ifaddrs	*list;

	if (getifaddrs(&list) == -1)
		return;
	for (const struct ifaddrs *i = list; i != NULL; i = i->ifa_next)
		add_interface(p, i);
	freeifaddrs(list);
}

/* What the configuration lists; its reader has checked every entry. */
static void
add_configured(struct policy *p, const struct config *c)
{
	struct error	 err;
	const char	*value;

	for (int k = 0; k < POLICY_KEY_COUNT; k++) {
		if (!config_is_set(c, "policy", NULL, config_keys[k]))
			continue;
		policy_declare(p, k, POLICY_CONFIGURED);
		for (size_t i = 0; (value = config_list(c, "policy", NULL,
		    config_keys[k], i)) != NULL; i++)
			(void)policy_add(p, k, POLICY_CONFIGURED,
			    str_of(value), &err);
	}
}

/* Beliefs of one source as they were at the last start. */
static void
add_former(struct policy *p, struct str blob, enum policy_source from)
{
	struct buf_reader	r = { blob, false };
	struct str		value;
	uint8_t			k, s;

	while (r.rest.n > 0 && !r.bad) {
		k = buf_get_u8(&r);
		s = buf_get_u8(&r);
		value = buf_get_str(&r);
		if (r.bad || k >= POLICY_KEY_COUNT || s != from)
			continue;
		policy_declare(p, k, s);
		if (str_known(value))
			(void)policy_add(p, k, s, value, NULL);
	}
}

struct tell {
	struct policy	*policy;
	struct buf	*doubts;
};

static void
tell(void *ctx, enum policy_key k, struct str value)
{
	struct tell	*t = ctx;
	struct error	 err = { "" };

	policy_declare(t->policy, k, POLICY_FOUND);
	if (str_known(value) && t->doubts != NULL &&
	    policy_add(t->policy, k, POLICY_FOUND, value, &err) == -1)
		buf_addf(t->doubts, "%s\n", err.text);
}

static void
pack_one(void *ctx, enum policy_key k, enum policy_source s, struct str value)
{
	struct buf	*b = ctx;

	if (s == POLICY_LEARNT)
		return;
	buf_put_u8(b, (uint8_t)k);
	buf_put_u8(b, (uint8_t)s);
	buf_put_str(b, value);
}

/* All that is not learnt, and who governs each key even if it lists nothing. */
static void
pack(struct buf *b, const struct policy *p)
{
	for (int k = 0; k < POLICY_KEY_COUNT; k++)
		if (policy_governs(p, k) != POLICY_LEARNT) {
			buf_put_u8(b, (uint8_t)k);
			buf_put_u8(b, (uint8_t)policy_governs(p, k));
			buf_put_str(b, STR_NONE);
		}
	policy_each(p, pack_one, b);
}

int
beliefs_keep(struct store *s, const struct policy *p, struct error *err)
{
	struct buf	b = { 0 };
	int		rc;

	policy_pack(p, &b);
	rc = store_put_value(s, "policy", buf_str(&b));
	buf_done(&b);
	return rc == 0 ? 0 : error_set(err, "the policy cannot be stored");
}

/* Store the policy under its version, and what it believes. */
static int
put(struct store *s, const struct policy *p, struct str packed, int64_t now,
    struct error *err)
{
	char	*json = status_beliefs(p);
	int	 rc;

	rc = store_put_value(s, "beliefs", packed) == -1 ||
	    store_put_policy(s, policy_version(p), now,
	    str_of(json)) == -1 ? -1 : 0;
	free(json);
	if (rc == -1)
		return error_set(err, "the policy cannot be stored");
	return beliefs_keep(s, p, err);
}

int
beliefs_changed(struct store *s, struct policy *p, int64_t now,
    struct error *err)
{
	struct buf	b = { 0 };
	int		rc;

	policy_set_version(p, policy_version(p) + 1);
	pack(&b, p);
	rc = put(s, p, buf_str(&b), now, err);
	buf_done(&b);
	return rc;
}

static void
add_found(struct policy *p, const struct beliefs_options *o, struct str former,
    struct buf *doubts)
{
	struct buf	 ignored = { 0 };
	struct tell	 t = { p, doubts == NULL ? &ignored : doubts };
	struct error	 err = { "" };

	if (o->finder == NULL)
		add_former(p, former, POLICY_FOUND);
	else if (o->finder->find(o->finder->ctx, tell, &t, &err) == -1)
		/* It may be down just now: what it said last is better. */
		add_former(p, former, POLICY_FOUND);
	buf_done(&ignored);
}

struct policy *
beliefs_load(struct store *s, const struct beliefs_options *o,
    struct buf *doubts, struct error *err)
{
	struct policy		*p = policy_new(store_hash_key(s));
	struct buf		 blob = { 0 }, former = { 0 }, now = { 0 };
	struct buf_reader	 r;
	bool			 known;
	int			 rc = -1;

	if (o->this_host)
		add_own(p);
	known = store_get_value(s, "beliefs", &former);
	if (store_get_value(s, "policy", &blob)) {
		r = (struct buf_reader){ buf_str(&blob), false };
		if (!policy_unpack(p, &r)) {
			(void)error_set(err, "the stored policy is damaged");
			goto out;
		}
	}
	if (o->config == NULL || config_file(o->config, 0) == NULL)
		add_former(p, buf_str(&former), POLICY_CONFIGURED);
	else
		add_configured(p, o->config);
	add_found(p, o, buf_str(&former), doubts);
	pack(&now, p);
	if (known && str_eq(buf_str(&now), buf_str(&former))) {
		rc = 0;
		goto out;
	}
	if (known)
		policy_set_version(p, policy_version(p) + 1);
	rc = put(s, p, buf_str(&now), o->now, err);
out:
	buf_done(&blob);
	buf_done(&former);
	buf_done(&now);
	if (rc == 0)
		return p;
	policy_free(p);
	return NULL;
}

struct policy *
beliefs_again(struct store *s, const struct config *c)
{
	struct policy	*p = policy_new(store_hash_key(s));
	struct buf	 former = { 0 };

	(void)store_get_value(s, "beliefs", &former);
	for (int from = POLICY_FOUND; from < POLICY_SOURCE_COUNT; from++)
		if (from != POLICY_CONFIGURED || c == NULL ||
		    config_file(c, 0) == NULL)
			add_former(p, buf_str(&former),
			    (enum policy_source)from);
	if (c != NULL && config_file(c, 0) != NULL)
		add_configured(p, c);
	buf_done(&former);
	return p;
}

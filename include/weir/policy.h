/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who may relay and what is ours: the beliefs that turn an event into a class.
 *
 * A belief has a source.  What the configuration says is the whole truth for
 * its key; else what the running MTA said; else what the log taught, which is
 * never more than loopback, own-interface and private networks.
 */
#ifndef WEIR_POLICY_H
#define WEIR_POLICY_H

#include "weir/error.h"
#include "weir/event.h"
#include "weir/hash.h"
#include "weir/ip.h"

enum policy_key {
	POLICY_TRUSTED_NETWORKS,	/* may relay without logging in */
	POLICY_LOCAL_DOMAINS,		/* delivered or rewritten here */
	POLICY_RELAY_DOMAINS,		/* handed on to their own hosts */
	POLICY_COPIES,			/* recipients the MTA itself adds */
	POLICY_KEY_COUNT
};

enum policy_source {
	POLICY_LEARNT,			/* from the log */
	POLICY_FOUND,			/* the running MTA said so */
	POLICY_CONFIGURED,		/* configuration file */
	POLICY_CONFIRMED,		/* `weir alerts fine` */
	POLICY_SOURCE_COUNT
};

struct policy;

struct policy	*policy_new(struct hash_key key);
void		 policy_free(struct policy *p);
const char	*policy_key_name(enum policy_key k);
const char	*policy_source_name(enum policy_source s);

/*
 * Add one belief: a network, or a domain (".example.org" takes in all below,
 * "example.org" only itself).  1: new, 0: known already or of lower rank than
 * what governs the key, -1: not understood or (found, learnt) not believed,
 * with the reason.
 */
int	policy_add(struct policy *p, enum policy_key k, enum policy_source s,
	    struct str value, struct error *err);
/* Say that a source speaks for a key, even if it lists nothing. */
void	policy_declare(struct policy *p, enum policy_key k,
	    enum policy_source s);
/* Own interfaces: makes public networks on them believable. */
void	policy_add_own(struct policy *p, const struct ip *own, int bits);
/* Highest source that speaks for the key; POLICY_LEARNT when none does. */
enum policy_source	policy_governs(const struct policy *p,
			    enum policy_key k);

bool	policy_trusts(const struct policy *p, const struct ip *client);
/* Loopback or an own interface. */
bool	policy_is_own(const struct policy *p, const struct ip *addr);
bool	policy_is_local(const struct policy *p, struct str domain);
bool	policy_is_relay(const struct policy *p, struct str domain);
bool	policy_is_copy(const struct policy *p, struct str address);
/* Learn what an event shows (local and relay domains, private clients). */
void	policy_learn(struct policy *p, const struct event *e);

/* The class of a pair, from the event alone. */
enum event_class	policy_classify(const struct policy *p,
			    const struct event *e);
/* Is the local part a route: "u%d@", "d!u@", "\"u@d\"@"? (RFC 5321 app. C) */
bool	policy_is_routed(struct str address);

/* Each belief, in order of key, source and value. */
void	policy_each(const struct policy *p,
	    void (*fn)(void *ctx, enum policy_key, enum policy_source,
	    struct str value), void *ctx);
/*
 * Number of the stored version that events name; goes up with every change
 * that is not mere learning.
 */
int64_t	policy_version(const struct policy *p);
void	policy_set_version(struct policy *p, int64_t version);
/* Goes up with every belief that is new, learnt ones too. */
uint64_t	policy_changes(const struct policy *p);
void	policy_pack(const struct policy *p, struct buf *b);
bool	policy_unpack(struct policy *p, struct buf_reader *r);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whom something is known of, or an alert is about: a client address, a login,
 * a host ...  Text is kept by who needs it; statistics keep a keyed hash.
 */
#ifndef WEIR_KEY_H
#define WEIR_KEY_H

#include "weir/hash.h"
#include "weir/str.h"

#define KEY_TEXT_MAX	256	/* with its NUL; longer texts are cut */

/* X(name, text); where one incident has several, the first is its key. */
#define ALERT_KEY_TYPES(X)						\
	X(CLIENT_ADDRESS, "client_address")				\
	X(CLIENT_NETWORK, "client_network")				\
	X(SASL_USERNAME, "sasl_username")				\
	X(SENDER, "sender") X(SENDER_DOMAIN, "sender_domain")		\
	X(RECIPIENT_DOMAIN, "recipient_domain")				\
	X(LOCAL_USER, "local_user") X(HOST, "host")			\
	X(SOURCE, "source") X(GLOBAL, "global")

#define X(e, name) KEY_##e,
enum alert_key_type { ALERT_KEY_TYPES(X) KEY_TYPE_COUNT };
#undef X

struct key {
	enum alert_key_type	type;
	uint64_t		hash;	/* of type, host (if any) and text */
	struct str		text;	/* borrowed; ASCII case as it came */
	struct str		host;	/* where it is not the same on every */
};

const char	*key_type_name(enum alert_key_type k);
/* KEY_TYPE_COUNT when there is no such name. */
enum alert_key_type	key_type_of(struct str name);
/*
 * `host` is STR_NONE for what is the same everywhere; a local user is another
 * one on another host.  Case does not matter.
 */
struct key	key_make(struct hash_key k, enum alert_key_type type,
		    struct str host, struct str text);
/*
 * A hash of a pair: something in its relation to a key.  It is the same in
 * every database, so that what is taken for known by chance is so in each.
 */
uint64_t	key_pair(const struct key *k, char what, struct str text);
/* At most `max` bytes of a text, cut between characters. */
struct str	key_cut(struct str text, size_t max);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is counted of an event, and for which keys: the facts that profiles
 * are made of and detectors watch.
 *
 * "Out" is mail that somebody sends through this host: a login, a local user,
 * a client that may relay or did.  "In" is mail from elsewhere for what this
 * host is responsible for.
 */
#ifndef WEIR_TALLY_H
#define WEIR_TALLY_H

#include "weir/key.h"
#include "weir/policy.h"

struct profile;

/* X(name, text, plural as a reason says it) */
#define TALLIES(X)							\
	/* Out. */							\
	X(MESSAGES, "messages", "messages")				\
	X(RECIPIENTS, "recipients", "recipients")			\
	X(NEW_RECIPIENTS, "new_recipients",				\
	    "recipients not written to before")				\
	X(NEW_NET_MESSAGES, "new_network_messages",			\
	    "messages from networks new to it")				\
	X(NEW_NETS, "new_networks", "networks new to it")		\
	X(FOREIGN, "foreign_senders",					\
	    "messages under senders that are not from here")		\
	X(BOUNCES, "bounces", "recipients refused or unknown")		\
	X(DEFERRALS, "deferrals", "recipients put off")			\
	X(BLOCKED, "blocked", "replies that name a block list or policy")\
	X(KILOBYTES, "kilobytes", "kilobytes")				\
	X(OPEN_RELAYED, "open_relayed",					\
	    "recipients of strangers' mail to strangers")		\
	/* In. */							\
	X(INBOUND, "inbound", "messages received")			\
	X(NEW_ADDRESSES, "new_addresses",				\
	    "sending addresses not seen before")			\
	X(NULL_SENDERS, "null_senders", "bounces received")		\
	X(UNKNOWN_USERS, "unknown_users", "recipients that do not exist")\
	X(REJECTS, "rejects", "refused recipients")			\
	X(DENIED, "denied", "relay attempts that were refused")		\
	/* Logins. */							\
	X(AUTH_FAILURES, "auth_failures", "failed logins")		\
	X(FAILED_NETS, "failed_networks",				\
	    "networks with failed logins")				\
	X(FAILED_USERS, "failed_users", "login names that failed")	\
	X(UNENCRYPTED, "unencrypted_logins", "logins without TLS")	\
	X(ENCRYPTED, "encrypted_sessions", "sessions with TLS")		\
	/* Through an address inside that may hide who is behind it. */	\
	X(STRANGE_DOMAINS, "strange_domains",				\
	    "foreign sender domains not seen there before")		\
	X(STRANGE_NAMES, "strange_names",				\
	    "names of strangers not seen there before")			\
	X(STRANGERS, "strangers",					\
	    "strangers' messages to strangers")

enum tally {
#define X(name, text, plural) TALLY_##name,
	TALLIES(X)
#undef X
	TALLY_COUNT
};

/* Keys of one event; absent: text is not known. */
#define FACTS_KEYS	KEY_TYPE_COUNT

struct facts {
	int64_t		at;
	uint32_t	n[TALLY_COUNT];	/* 0: does not concern it */
	uint32_t	present;	/* bit i: n[i] > 0 */
	struct key	keys[FACTS_KEYS];	/* by type */
	uint32_t	known;		/* bit k: keys[k] is */
	uint32_t	wanted;		/* which of them may be */
	enum alert_key_type actor;	/* who sends; KEY_TYPE_COUNT: nobody */
	uint64_t	recipient;	/* a hash, of what is out */
	bool		new_source;	/* a network the login is new on */
	bool		trusted;	/* the client's network may relay */
	bool		inside;		/* nobody outside has that address */
	uint32_t	refused;	/* relay attempts of an open relay's
					 * client or network, a day back */
	bool		guessed;	/* the login failed there before */
	bool		proven;		/* the login has succeeded before, */
	bool		ours;		/* or is of a domain of ours */
	char		net[IP_TEXT_MAX];
	char		domains[2][KEY_TEXT_MAX];
};

const char	*tally_name(enum tally t);
const char	*tally_plural(enum tally t);
/* The tallies that make sense for a kind of key: a set of bits. */
uint32_t	 tally_of_key(enum alert_key_type k);
/* Is it of mail that somebody sends through this host? */
bool		 tally_is_out(enum tally t);
/*
 * Does a remote reply say that this host or its mail is on a list or against
 * a policy?  Error codes of a list and mere greylisting are no listing.
 */
bool		 tally_is_listing(int64_t code, struct str reply);
/*
 * The facts of an event.  Texts are borrowed from it and from *ret.  What is
 * remembered to tell new from known (networks of a login, recipients of a
 * sender) is in the profile and follows.  `wanted`: the kinds of keys that
 * anything is kept of, a set of bits; who sends and where is known anyhow.
 */
void		 tally_event(struct profile *p, const struct policy *policy,
		    const struct event *e, uint32_t wanted,
		    struct facts *ret);

#endif

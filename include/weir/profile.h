/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is known of each key, within a fixed amount of memory: a series for
 * each tally of each key, and for those who act something more.
 *
 * A key that anybody can make up (an address, a domain, a login that never
 * worked) gets a series when it came three times, and shares its room with
 * other such keys only: the accounts, local users and hosts that exist are
 * never pushed out by it.  In a full table the one that was idle longest goes;
 * what has a past or is in an alarm stays longer.
 */
#ifndef WEIR_PROFILE_H
#define WEIR_PROFILE_H

#include "weir/baseline.h"
#include "weir/hll.h"
#include "weir/tally.h"
#include "weir/topk.h"
#include "weir/window.h"

#define PROFILE_LEAST_BYTES	(1 << 20)	/* a lower cap counts as this */
#define PROFILE_NETS	32	/* networks remembered of a login */
/* A network stays new to a login for so long. */
#define PROFILE_NEW_US	(48 * USEC_PER_HOUR)
/* A pair is remembered for one to two of these (see seen.h). */
#define PROFILE_SEEN_US	(14 * USEC_PER_DAY)
/* Halves of the sliding sketches: recipients of an actor, parts of a sum. */
#define PROFILE_RECIPIENTS_US	(12 * USEC_PER_HOUR)
#define PROFILE_TOP_US		USEC_PER_HOUR

/* Kinds of evidence that add up when they meet at one actor. */
#define EVIDENCES(X)							\
	X(VOLUME, "volume") X(SOURCE, "new source")			\
	X(SENDER, "foreign sender") X(OUTCOME, "bad outcome")		\
	X(GUESSING, "guessing")

enum evidence {
#define X(e, name) EVIDENCE_##e,
	EVIDENCES(X)
#undef X
	EVIDENCE_COUNT
};

/* 352 bytes, and 8 to 16 of the index. */
struct series {
	uint64_t	 id;
	struct window	 windows[WINDOW_SPAN_COUNT];
	struct baseline	 base;
	float		 peak[WINDOW_SPAN_COUNT];	/* told to the peaks */
	uint32_t	 peak_hour[WINDOW_SPAN_COUNT];	/* it began */
	uint32_t	 tested[WINDOW_SPAN_COUNT];
	float		 most[WINDOW_SPAN_COUNT];	/* in this burst */
	float		 record[WINDOW_SPAN_COUNT];	/* in one before */
	int64_t		 alarmed;	/* last, 0: never */
	uint8_t		 tally, type, use;
	bool		 tame;		/* an alarmed source feeds it */
};

struct actor {
	uint64_t	 id;
	int64_t		 alarmed;	/* last, 0: never */
	float		 evidence[EVIDENCE_COUNT];	/* decades */
	int64_t		 evidence_at[EVIDENCE_COUNT];
	struct nets	*nets;		/* of a login */
	struct hll	*recipients;	/* different ones, from the second */
	uint8_t		 type, use;
	bool		 proven;	/* the login has succeeded */
};

struct profile_stats {
	size_t		series, actors, bytes, cap_bytes;
	uint64_t	evicted, refused;	/* series that made room; keys
						 * that came too seldom */
	uint64_t	forgotten_early;	/* turns of a full memory */
};

struct profile;

struct profile	*profile_new(struct hash_key key, size_t max_bytes);
void		 profile_free(struct profile *p);
/* What is so many hours old weighs half; three weeks unless it is set. */
void		 profile_set_half_life(struct profile *p, double hours);
struct hash_key	 profile_hash_key(const struct profile *p);
/* The key of a host or of all: mostly the same ones, whose hash is kept. */
struct key	 profile_site(struct profile *p, enum alert_key_type type,
		    struct str text);
/* When it began to learn, 0: not yet. */
int64_t		 profile_began(const struct profile *p);
void		 profile_begin(struct profile *p, int64_t at);
const struct season *profile_season(const struct profile *p);
/* Do its messages say when people send?  (A host's are the sum of them.) */
bool		 profile_is_seasonal(enum alert_key_type t);
/*
 * Count for a key.  NULL: it does not have a series (yet).  The pointer holds
 * until the next call.  `proven`: nobody can make this key up.
 */
struct series	*profile_count(struct profile *p, const struct key *k,
		    enum tally t, uint32_t n, int64_t at, bool proven,
		    bool tame);
/* The series if there is one. */
struct series	*profile_find(struct profile *p, const struct key *k,
		    enum tally t);
/* NULL unless `make`. */
struct actor	*profile_actor(struct profile *p, const struct key *k,
		    bool make);
/* Is this the first time? `what` names the relation. */
bool		 profile_first(struct profile *p, const struct key *k,
		    char what, struct str text, int64_t at);
/* The same of a pair that is hashed already (key_pair). */
bool		 profile_first_pair(struct profile *p, const struct key *k,
		    char what, uint64_t pair, int64_t at);
/*
 * A login was used from a network (a hash of it).  1: for the first time, 2:
 * the network is still new to it, 0: known, or the very first one.
 */
int		 profile_net(struct profile *p, struct actor *a, uint32_t net,
		    int64_t at);
/* Has the login ever succeeded from there? */
bool		 profile_has_net(const struct actor *a, uint32_t net);
size_t		 profile_nets(const struct actor *a);
/* An actor sent to a recipient (a hash of it). */
void		 profile_recipient(struct profile *p, struct actor *a,
		    uint64_t recipient, int64_t at);
/* How many different ones in half a day to a day; 0: not known. */
double		 profile_recipients(const struct actor *a, int64_t at);
/* Who makes up a tally of a host or of all; NULL unless `make`. */
struct topk	*profile_top(struct profile *p, const struct key *k,
		    enum tally t, bool make);
struct profile_stats profile_stats(const struct profile *p);
void		 profile_pack(struct buf *b, const struct profile *p);
bool		 profile_unpack(struct buf_reader *r, struct profile *p);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The scan: every event counts for its keys, and each measure of a count that
 * a detector watches is asked whether bursts this large come by themselves
 * more often than the false-alarm budget allows.
 *
 * For a window with x counted and m expected (baseline.h):
 *   1. x is at least the measure's floor;
 *   2. P(X >= x) is at most `gate` under a negative binomial;
 *   3. the burst's size is y = ln((x + c) / (max(m, record) + c)) with c a
 *      tenth of the floor and a half;
 *   4. E is the number of bursts of size y that a week brings to all keys of
 *      this measure when nothing is wrong (peaks.h);
 *   5. it is a hit when
 *        log10(budget * share / shares) - log10(E) + joint > 0
 *      where joint is what other kinds of evidence say of the same actor.
 * A measure that is a mere count (JUDGE_COUNT) is a hit at its floor.
 */
#ifndef WEIR_SCAN_H
#define WEIR_SCAN_H

#include "weir/detect.h"
#include "weir/exempt.h"

#define SCAN_HITS_MAX	16	/* of one event */
#define SCAN_PARTS_MAX	3	/* that are named of a sum */
#define SCAN_RECIPIENTS	20	/* so many are worth telling */

struct hit {
	const struct detector	*detector;
	const struct measure	*measure;
	enum window_span	 span;
	struct key		 key;		/* borrowed from the facts */
	uint32_t		 observed, floor;
	double			 expected, p_value, per_week;
	double			 usual;		/* what it may well be */
	double			 margin;	/* decades over the budget */
	double			 joint;		/* of these by other evidence */
	uint32_t		 evidence;	/* which: a set of bits */
	size_t			 nets;		/* new ones of a login, a day */
	double			 recipients;	/* different ones in a day;
						 * 0: unknown or few */
	/* Who makes most of it up, of late; of a host or of all. */
	struct topk_part	 parts[SCAN_PARTS_MAX];
	size_t			 nparts;
	uint64_t		 whole;		/* what they are parts of */
	bool			 new_source;
	bool			 shadow;
	const struct exemption	*exemption;	/* NULL: none */
};

/* What the configuration says of a detector. */
struct scan_setting {
	bool	enabled, shadow;
	double	floor[DETECTOR_MEASURES_MAX], share[DETECTOR_MEASURES_MAX];
};

struct scan_options {
	struct hash_key	 hash_key;
	size_t		 max_bytes;
	double		 budget;	/* false alarms a week */
	double		 gate;		/* step 2's probability */
	int64_t		 young_us;	/* before: no long windows */
	int64_t		 half_life_us;	/* of what is usual */
	double		 record;	/* so much of it is usual */
	double		 bounces;	/* of all recipients: usual */
	/* Decades that a kind of evidence adds at most, and how long. */
	double		 joint_most;
	int64_t		 joint_us, guessing_us;
	double		 new_source;	/* decades: a network new to it */
	int64_t		 alarm_us;	/* an alarm explains so long */
	struct exempt	*exempt;	/* outlives the scan; may be NULL */
	struct scan_setting *settings;	/* by detector; owned */
};

struct scan;

/* As the detectors' own tables say; scan_options_done frees. */
void		 scan_options_init(struct scan_options *o);
void		 scan_options_done(struct scan_options *o);
struct scan	*scan_new(const struct scan_options *o);
void		 scan_free(struct scan *s);
/*
 * Take an event in; one that comes more than ten minutes late is not.  Returns
 * the hits, at most SCAN_HITS_MAX, the best of the
 * most specific key first; they borrow from *facts and the event.
 */
size_t		 scan_event(struct scan *s, const struct policy *policy,
		    const struct event *e, struct facts *facts,
		    struct hit hits[SCAN_HITS_MAX]);
/*
 * A detector that is no scan found something under a key of this event, of
 * which people are told.
 */
void		 scan_alarm(struct scan *s, const struct facts *f,
		    enum alert_key_type type);
/* In words, for the alert floor. */
void		 scan_describe(const struct hit *h, const struct event *e,
		    struct finding *ret);
/* A further reason from another hit. */
void		 scan_reason(const struct hit *h, struct alert_reason *ret);
/* Time of the newest event that was taken in. */
int64_t		 scan_now(const struct scan *s);
struct profile_stats scan_stats(const struct scan *s);
/* The first event it learnt from; 0: none yet. */
int64_t		 scan_began(const struct scan *s);
void		 scan_pack(struct buf *b, const struct scan *s);
/* False: it is of another version or cap, or damaged; *s is as new. */
bool		 scan_unpack(struct buf_reader *r, struct scan *s);

#endif

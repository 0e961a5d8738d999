/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Detectors: one const entry each (src/detect/<name>.c).  Some know at one
 * event that something is wrong and say so by `concerns`; most name the
 * measures they watch and leave it to the scan (scan.h) what is unusual.  They
 * see values only; what becomes of a finding is the alert floor's business.
 */
#ifndef WEIR_DETECT_H
#define WEIR_DETECT_H

#include "weir/profile.h"

#define DETECTORS(X)							\
	X(open_relay) X(relay_spike) X(account_spike)			\
	X(compromised_account) X(slow_leak) X(relay_probe)		\
	X(password_guessing) X(local_script) X(infected_host)		\
	X(snowshoe) X(backscatter) X(directory_harvest)			\
	X(bounce_rate) X(block_listed) X(queue_growth)			\
	X(address_collapse) X(plaintext_auth)

#define DETECTOR_MEASURES_MAX	8
#define ALERT_REASONS_MAX	8

#define ALERT_SEVERITIES(X)						\
	X(INFO, "info") X(WARNING, "warning") X(CRITICAL, "critical")

#define X(e, name) SEVERITY_##e,
enum alert_severity { ALERT_SEVERITIES(X) SEVERITY_COUNT };
#undef X

/* Why: observed against expected.  Numbers that do not apply are NaN. */
struct alert_reason {
	char	name[96];
	char	window[16];
	double	observed, expected, threshold, p_value;
};

struct finding {
	const char		*detector;
	enum alert_severity	 severity;
	struct str		 host;
	enum alert_key_type	 key_type;
	char			 key[KEY_TEXT_MAX];
	struct buf		 title, runbook;
	struct alert_reason	 reasons[ALERT_REASONS_MAX];
	size_t			 nreasons;
	bool			 shadow;
};

#define SPANS_SHORT	(1u << WINDOW_5M | 1u << WINDOW_1H)
#define SPANS_DAY	(SPANS_SHORT | 1u << WINDOW_24H)
#define SPANS_SLOW	(1u << WINDOW_4D)
#define SPANS_LONG	(1u << WINDOW_24H | 1u << WINDOW_4D)
#define SPANS_ALL	(SPANS_SHORT | SPANS_LONG)

/* When is a count too much? */
enum judging {
	JUDGE_USUAL,	/* against what is usual for the key */
	JUDGE_RECORD,	/* and against the most it ever had (newsletters) */
	JUDGE_COUNT	/* at the floor: it should not be at all */
};

/*
 * A tally of a kind of key, scanned for what is unusual.  No two measures have
 * key, tally and a span in common.  Its options are "NAME-floor" and
 * "NAME-share".
 */
struct measure {
	const char		*name;
	enum alert_key_type	 key;
	enum tally		 tally;
	/* Fewer in a window than this are never looked at. */
	uint32_t		 floor;
	/* Its part of the false-alarm budget, kept free for a count. */
	double			 share;
	unsigned		 spans;		/* SPANS_ */
	enum evidence		 evidence;
	enum judging		 judging;
};

struct hit;

/* Whose keys are one incident while it goes on, beside the same key's. */
enum merges { MERGES_NOTHING, MERGES_ON_HOST, MERGES_ALL };

struct detector {
	const char	*name;		/* as in [detector NAME] */
	const char	*summary;	/* one line, for help */
	enum merges	 merges;
	/* It tells of a hole of the host, whatever else a client does. */
	bool		 of_host;
	/* It tells of attempts: abuse by the same actor takes its place. */
	bool		 attempts;
	enum alert_severity most;	/* never more severe than this */
	const struct measure *measures;
	size_t		 nmeasures;
	/*
	 * Words for what the scan found: the title's first, or all of it; how
	 * grave it is, unless by how rare; and the next steps.
	 */
	const char	*lead;
	void		(*say)(const struct hit *h, const struct event *e,
			    struct buf *title);
	enum alert_severity (*grade)(const struct hit *h);
	void		(*advise)(const struct hit *h, const struct event *e,
			    struct buf *runbook);
	/* Does this event concern it, and under which key?  May be NULL. */
	bool		(*concerns)(const struct event *e,
			    enum alert_key_type *ret_type,
			    char key[KEY_TEXT_MAX]);
	/* Words, reasons and severity for an alert that begins with it. */
	void		(*describe)(const struct policy *p,
			    const struct event *e, struct finding *ret);
};

const struct detector	*detector_at(size_t i);	/* NULL past the end */
size_t			 detector_count(void);
const struct detector	*detector_find(struct str name);
void			 finding_init(struct finding *f);
void			 finding_done(struct finding *f);
/* A text that may stand in a shell, between single quotes. */
void			 finding_quote(struct buf *out, struct str s);

#endif

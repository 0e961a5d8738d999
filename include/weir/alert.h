/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An alert: one abuse by one actor, with its life, reasons and evidence.
 * Pure values; who stores and sends them is no business of this module.
 */
#ifndef WEIR_ALERT_H
#define WEIR_ALERT_H

#include "weir/detect.h"

#define ALERT_EVIDENCE_MAX	20	/* event ids and raw lines kept */
/* Further keys of the incident; how many more there are, nobody counts. */
#define ALERT_RELATED_MAX	250

#define ALERT_STATES(X)							\
	X(OPEN, "open") X(ACKNOWLEDGED, "acknowledged")			\
	X(RESOLVED, "resolved")

/* What happened to it; names the webhook's "type". */
#define ALERT_TRANSITIONS(X)						\
	X(OPENED, "alert.opened")					\
	X(UPDATED, "alert.updated")	/* severity rose */		\
	X(COUNTED, "")			/* count only: nobody is told */\
	X(ACKNOWLEDGED, "alert.acknowledged")				\
	X(RESOLVED, "alert.resolved")					\
	X(TEST, "test")

#define X(e, name) ALERT_##e,
enum alert_state { ALERT_STATES(X) ALERT_STATE_COUNT };
#undef X
#define X(e, name) TRANSITION_##e,
enum alert_transition { ALERT_TRANSITIONS(X) TRANSITION_COUNT };
#undef X

struct alert_evidence {
	uint8_t	 event_id[EVENT_ID_SIZE];
	char	*line;		/* raw log lines of it, LF between; owned */
};

/* Another key of the same incident; the text is owned. */
struct alert_related {
	enum alert_key_type	 key_type;
	char			*key;
};

struct alert {
	uint8_t		 id[EVENT_ID_SIZE];
	int64_t		 version;	/* transitions so far; in webhook-id */
	char		*detector;	/* all char * are owned */
	enum alert_severity severity;
	enum alert_state state;
	char		*host;
	enum alert_key_type key_type;
	char		*key;
	int64_t		 opened;	/* usec, event time; shown as `time` */
	int64_t		 first_seen, last_seen;
	int64_t		 count;
	char		*title;
	char		*runbook;
	char		*acknowledged_by;
	char		*resolved_reason;
	char		*exempt;	/* why; NULL: it is not */
	bool		 historical, shadow;
	struct alert_reason	reasons[ALERT_REASONS_MAX];
	size_t			nreasons;
	struct alert_evidence	evidence[ALERT_EVIDENCE_MAX];
	size_t			nevidence;
	struct alert_related	*related;	/* owned */
	size_t			nrelated;
};

struct alert	*alert_new(void);
void		 alert_free(struct alert *a);
struct alert	*alert_copy(const struct alert *a);
void		 alert_add_evidence(struct alert *a,
		    const uint8_t id[EVENT_ID_SIZE], struct str line);
/* False: there are too many.  What is there already adds nothing. */
bool		 alert_add_related(struct alert *a, enum alert_key_type type,
		    struct str key);
/* Another reason; of one that is there, the larger observation stays. */
void		 alert_add_reason(struct alert *a,
		    const struct alert_reason *r);
/* The id: hash of detector, host, key and the opening event's id. */
void		 alert_make_id(struct alert *a,
		    const uint8_t event_id[EVENT_ID_SIZE]);
const char	*alert_state_name(enum alert_state s);
const char	*alert_severity_name(enum alert_severity s);
const char	*alert_transition_name(enum alert_transition t);
enum alert_state	alert_state_of(struct str name);
enum alert_severity	alert_severity_of(struct str name);
/* Packed form for the store's blob column. */
void		 alert_pack(struct buf *b, const struct alert *a);
struct alert	*alert_unpack(struct str blob);	/* NULL: damaged */

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Detectors: one const entry each (src/detect/<name>.c), told of every new
 * event, answering with a finding.  They see values only; what becomes of a
 * finding is the business of the alert floor.
 */
#ifndef WEIR_DETECT_H
#define WEIR_DETECT_H

#include "weir/policy.h"

#define DETECTORS(X) X(open_relay)

#define ALERT_REASONS_MAX	8

#define ALERT_SEVERITIES(X)						\
	X(INFO, "info") X(WARNING, "warning") X(CRITICAL, "critical")

#define ALERT_KEY_TYPES(X)						\
	X(CLIENT_ADDRESS, "client_address")				\
	X(CLIENT_NETWORK, "client_network")				\
	X(SASL_USERNAME, "sasl_username")				\
	X(SENDER, "sender") X(SENDER_DOMAIN, "sender_domain")		\
	X(RECIPIENT_DOMAIN, "recipient_domain")				\
	X(LOCAL_USER, "local_user") X(HOST, "host")			\
	X(SOURCE, "source") X(GLOBAL, "global")

#define X(e, name) SEVERITY_##e,
enum alert_severity { ALERT_SEVERITIES(X) SEVERITY_COUNT };
#undef X
#define X(e, name) KEY_##e,
enum alert_key_type { ALERT_KEY_TYPES(X) KEY_TYPE_COUNT };
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
	char			 key[256];
	struct buf		 title, runbook;
	struct alert_reason	 reasons[ALERT_REASONS_MAX];
	size_t			 nreasons;
};

struct detector {
	const char	*name;		/* as in [detector NAME] */
	const char	*summary;	/* one line, for help */
	/* Does this event concern it, and under which key? */
	bool		(*concerns)(const struct event *e,
			    enum alert_key_type *ret_type, char key[256]);
	/* Words, reasons and severity for an alert that begins with it. */
	void		(*describe)(const struct policy *p,
			    const struct event *e, struct finding *ret);
};

const struct detector	*detector_at(size_t i);	/* NULL past the end */
const struct detector	*detector_find(struct str name);
void			 finding_init(struct finding *f);
void			 finding_done(struct finding *f);

#endif

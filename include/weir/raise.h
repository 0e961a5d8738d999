/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Alerts of weir's own world: a log that may not be read, a belief that is too
 * wide.  One for each detector and key; a notice event opens and closes it.
 */
#ifndef WEIR_RAISE_H
#define WEIR_RAISE_H

#include "weir/pipeline.h"

struct raise {
	const char		*detector, *host, *key;
	enum alert_severity	 severity;
	enum alert_key_type	 key_type;
	const char		*notice;	/* kind of the event */
	const char		*title, *runbook;
	bool			 shadow;	/* nobody is told */
};

/* Opens the alert unless it is open. */
void	raise_open(struct pipeline *p, const struct raise *r);
/* Resolves it if it is open.  True: it was. */
bool	raise_resolve(struct pipeline *p, const char *detector,
	    const char *key, const char *reason);
/* Keys of a detector's open alerts, one a line. */
void	raise_keys(struct pipeline *p, const char *detector, struct buf *ret);
/* Something of weir's own world, as a stored event; ret_id may be NULL. */
void		 raise_notice(struct pipeline *p, const char *notice,
		    const char *host, struct str text, int64_t at,
		    uint8_t ret_id[EVENT_ID_SIZE]);

#endif

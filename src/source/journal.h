/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One entry of the journal as a line, and which entries are mail's.  Used by
 * the journal source only.
 */
#ifndef WEIR_SOURCE_JOURNAL_H
#define WEIR_SOURCE_JOURNAL_H

#include <sys/types.h>
#include <systemd/sd-journal.h>

#include "batch.h"

#define JOURNAL_IDENTIFIERS_MAX	256

/*
 * What the journal was seen to hold of mail programs' names, as matches:
 * "SYSLOG_IDENTIFIER=postfix/smtpd", "CONTAINER_NAME=mail".
 */
struct journal_names {
	char	*v[JOURNAL_IDENTIFIERS_MAX];
	size_t	 n;
};

/* Users that mail servers run as on this host. */
struct journal_users {
	uint32_t	v[8];
	size_t		n;
};

/* Whether the journal below that root ("": this host's) holds mail. */
bool	journal_has_mail(const char *root);
/* Look for more; returns how many are new. */
size_t	journal_find_names(sd_journal *j, struct journal_names *names);
void	journal_names_done(struct journal_names *names);
/* Only mail, and the journal's own word that it dropped something. */
int	journal_match(sd_journal *j, const struct journal_names *names);
void	journal_find_users(struct journal_users *users);

/*
 * Append the current entry to the batch's bytes as "stamp host ident[pid]:
 * text", read it and keep it.  The batch must have room for LINE_MAX_BYTES.
 * `users` is NULL for another host's journal.  Returns 0, or the negative
 * errno of a damaged entry.
 */
int	journal_take(sd_journal *j, struct batch *b, struct cutter *c,
	    const struct journal_users *users);

#endif

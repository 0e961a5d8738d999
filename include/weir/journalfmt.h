/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An entry of systemd's journal, field by field as sd-journal gives it or in
 * the journal export format, as a line; and what journald vouches for.
 */
#ifndef WEIR_JOURNALFMT_H
#define WEIR_JOURNALFMT_H

#include "weir/record.h"

#define JOURNALFMT_HEAD_MAX	1024	/* bytes before the message */
#define JOURNALFMT_BROKEN	((size_t)-1)

struct journal_entry {
	char		host[256], name[128], comm[64], pid[16], spid[16];
	char		uid[16], unit[256], transport[16], at[24], id[40];
	char		came[24], container[128], ordinal[16];
	struct str	message;	/* borrowed; the first one */
};

/* Take in "NAME=value"; all but MESSAGE is copied. */
void	journalfmt_field(struct journal_entry *e, struct str field);
/* The entry came at that time, if it does not say so itself. */
size_t	journalfmt_head(struct journal_entry *e, int64_t came,
	    const char *host, char ret[JOURNALFMT_HEAD_MAX]);
/* Is it no line of its own: of a container's long line not the first piece? */
bool	journalfmt_is_rest(const struct journal_entry *e);
/* Is it journald's word of loss in a unit that is no mail server's? */
bool	journalfmt_is_other_loss(const struct journal_entry *e);
/* `users` are those that mail servers run as. */
enum provenance	journalfmt_provenance(const struct journal_entry *e,
		    const uint32_t *users, size_t nusers);

/* Does an entry in export format begin here? */
static inline bool
journalfmt_begins(struct str s)
{
	return str_starts(s, STR("__CURSOR="));
}

/*
 * Bytes of the entry at the front of s, with the empty line behind it.  0: it
 * goes on behind s; JOURNALFMT_BROKEN: it is none.  `final`: s ends it, too.
 */
size_t	journalfmt_measure(struct str s, bool final);
/* Read an entry of that length; the message is a slice of it. */
void	journalfmt_read(struct str entry, struct journal_entry *ret);

/* Going past an entry that is longer than any that matters; {0} begins. */
struct journalfmt_skip {
	enum { JOURNALFMT_NAME, JOURNALFMT_TEXT, JOURNALFMT_SIZE,
	    JOURNALFMT_DATA } state;
	uint64_t	left;		/* of the data and the LF behind */
	bool		astray;		/* no field is one: lines are read */
};

/* Bytes gone past; *ret_done: the entry ended there. */
size_t	journalfmt_skip(struct journalfmt_skip *k, struct str s,
	    bool *ret_done);

#endif

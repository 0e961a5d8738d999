/* SPDX-License-Identifier: Apache-2.0 */
/* See steps.h.  The commands are of Postfix 3.1 and later. */
#include "weir/steps.h"

void
steps_begin(struct buf *out, int *n)
{
	buf_addf(out, "%d. ", ++*n);
}

void
steps_lock_login(struct buf *out, int *n, struct str login)
{
	steps_begin(out, n);
	buf_addf(out, "Stop it: change the password or lock the account, then "
	    "end its sessions: `doveadm kick ");
	finding_quote(out, login);
	buf_addf(out, "` (Dovecot) and `postfix reload`. Where you cannot: "
	    "`printf '%%s REJECT\\n' ");
	finding_quote(out, login);
	buf_addf(out, " >>/etc/postfix/locked && postconf -e "
	    "'smtpd_sender_restrictions=check_sasl_access "
	    "texthash:/etc/postfix/locked' && postfix reload` (before what "
	    "`postconf smtpd_sender_restrictions` shows now, and where "
	    "master.cf sets its own). Undo: take the line out again, "
	    "`postfix reload`.\n");
}

void
steps_stop_user(struct buf *out, int *n, struct str host, struct str user)
{
	steps_begin(out, n);
	buf_addf(out, "Stop it: on %.*s `postconf -e "
	    "\"authorized_submit_users=!$(id -nu ", STRF(host));
	finding_quote(out, user);
	buf_addf(out, "), static:all\"` keeps it from handing in mail. Undo: "
	    "`postconf -X authorized_submit_users`.\n");
}

void
steps_block(struct buf *out, int *n, struct str net)
{
	steps_begin(out, n);
	buf_addf(out, "Keep it away: `ip route add blackhole ");
	finding_quote(out, net);
	buf_addf(out, "`. Undo: `ip route del blackhole ");
	finding_quote(out, net);
	buf_addf(out, "`.\n");
}

static void
query(struct buf *out, const char *what, const char *filter, struct str value)
{
	buf_addf(out, "weir query %s %s ", what, filter);
	if (str_known(value))
		finding_quote(out, value);
	else
		buf_addf(out, "''");
	buf_addf(out, " --since 1d");
}

void
steps_hold(struct buf *out, int *n, const char *filter, struct str value)
{
	steps_begin(out, n);
	buf_addf(out, "Hold what still waits: `");
	query(out, "messages", filter, value);
	buf_addf(out, " --limit 0 --format jsonl | jq -r .queue_id | "
	    "postsuper -h -`. Undo: the same with `postsuper -H -`; spam goes "
	    "with `postsuper -d -`.\n");
}

void
steps_look(struct buf *out, int *n, const char *what, const char *filter,
    struct str value)
{
	steps_begin(out, n);
	buf_addf(out, "%s: `", what);
	query(out, "events", filter, value);
	buf_addf(out, "`.\n");
}

void
steps_lists(struct buf *out, int *n)
{
	steps_begin(out, n);
	buf_addf(out, "When it is over: check whether this host got onto block "
	    "lists: `weir query events --status bounced,deferred --since "
	    "1d`.\n");
}

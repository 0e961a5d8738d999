/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Programs that log beside a mail server and tell weir nothing: their lines
 * are known and ignored.  A name stands for the tag up to the first of
 * "/ - [ (" or a blank too: "amavis" is "amavis/smtp" as well.
 */
#include "weir/mta.h"

static const char *const names[] = {
	"dovecot", "amavis", "amavisd", "opendkim", "opendmarc", "openarc",
	"dkimpy", "policyd", "policyd-spf", "policyd-weight", "postgrey",
	"milter-greylist", "greyfix", "sqlgrey", "cbpolicyd", "rspamd",
	"rspamd_proxy", "spamd", "spamass-milter", "spampd", "spamassassin",
	"clamd", "clamav-milter", "clamsmtpd", "freshclam", "mailman",
	"mailman3", "sympa", "mlmmj", "fetchmail", "getmail", "procmail",
	"maildrop", "sieve", "imapd", "imapd-ssl", "imap-login", "pop3d",
	"pop3d-ssl", "pop3-login", "lmtp", "lmtpunix", "lmtpd", "cyrus",
	"imap", "imaps", "pop3", "pop3s", "nginx", "apache2", "httpd",
	"roundcube", "saslauthd", "auth", "authdaemond", "postsrsd",
	"pflogsumm", "logger", "logrotate", "cron", "CRON", "anacron",
	"sshd", "sudo", "su", "systemd", "systemd-logind", "kernel",
	"named", "unbound", "ntpd", "chronyd", "fail2ban", "sshguard",
	"mysqld", "mariadbd", "slapd", "lightmeter", "MailScanner", "last",
	"pymilter", "smf-spf", "smfs", "drweb", "kavmilter", "zmconfigd",
	"zimbra", "mopher", "perdition",
};

static bool
claims(struct str unit, struct line *ret)
{
	size_t n = 0;

	while (n < unit.n && unit.p[n] != '/' && unit.p[n] != '[' &&
	    unit.p[n] != '(' && unit.p[n] != ' ')
		n++;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (str_eq(str_head(unit, n), str_of(names[i]))) {
			ret->service = unit;
			return true;
		}
	return false;
}

static void
parse(const struct record *record, struct line *ret)
{
	(void)record;
	ret->kind = LINE_IGNORED;
}

const struct mta mta_neighbours = {
	.name = "neighbours",
	.claims = claims,
	.parse = parse,
};

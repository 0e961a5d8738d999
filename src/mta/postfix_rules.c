/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What Postfix' daemons write, from 2.2 to 3.10, by daemon; the sources' names
 * of the functions that write a line stand above its rules.  Every rule has a
 * sample in tests/lines/postfix.txt.
 */
#include "postfix_priv.h"

/*
 * What log_whatsup and its kin append: the context as far as it is known;
 * postscreen puts commas between.
 */
#define CONTEXT								\
	OPT(" from=" SENDER) OPT(",") OPT(" to=" RECIPIENT) OPT(",")	\
	OPT(" proto=" PROTO) OPT(",") OPT(" helo=" HELO)

/* smtpd_check: log_whatsup; the milters of smtpd and cleanup; postscreen */
#define WHATSUP								\
	{ ANY_QID ": " ACTION ": " STAGE " from " CLIENT ": " REPLY ";"	\
	    CONTEXT, LINE_ACTION, false },				\
	{ ANY_QID ": " ACTION ": " STAGE " from " CLIENT ": " REPLY,	\
	    LINE_ACTION, false }

/* cleanup_message: cleanup_act_log, for header_checks and body_checks. */
#define CHECKS								\
	{ ANY_QID ": " ACTION ": header Subject: " SUBJECT " from "	\
	    CLIENT ";" CONTEXT OPT(": " REMARK), LINE_SUBJECT, false },	\
	{ ANY_QID ": " ACTION ": header " ANY " from " CLIENT ";" CONTEXT \
	    OPT(": " REMARK), LINE_ACTION, false },			\
	{ ANY_QID ": " ACTION ": body " ANY " from " CLIENT ";" CONTEXT	\
	    OPT(": " REMARK), LINE_ACTION, false },			\
	{ ANY_QID ": " ACTION ": header " ANY, LINE_ACTION, true },	\
	{ ANY_QID ": " ACTION ": body " ANY, LINE_ACTION, true }

/* The session ended before its time. */
#define ENDED(how)							\
	{ OPT(ANY_QID ": ") how " after " STAGE " (" ANY ") from " CLIENT, \
	    LINE_IGNORED, false },					\
	{ OPT(ANY_QID ": ") how " after " STAGE " from " CLIENT,	\
	    LINE_IGNORED, false }

#define END	{ NULL, LINE_UNKNOWN, false }

const struct rule postfix_smtpd[] = {
	{ "connect from " CLIENT, LINE_CONNECT, false },
	{ "disconnect from " CLIENT OPT(" " PAIRS), LINE_DISCONNECT, false },
	/* smtpd: mail_open_stream; smtpd_sasl_glue: smtpd_sasl_mail_log */
	{ ANY_QID ": client=" CLIENT OPT(", sasl_method=" METHOD)
	    OPT(", sasl_username=" LOGIN) OPT(", orig_queue_id=" ORIG_QID)
	    OPT(", orig_client=" ORIG_CLIENT), LINE_CLIENT, false },
	{ ANY_QID ": client=" CLIENT OPT(", sasl_method=" METHOD)
	    OPT(", sasl_username=" LOGIN) ", sasl_sender=" SASL_SENDER,
	    LINE_CLIENT, false },
	{ ANY_QID ": client=" CLIENT OPT(", sasl_method=" METHOD)
	    ", sasl_username=" USERNAME, LINE_CLIENT, false },
	{ ANY_QID ": client=" CLIENT ANY, LINE_CLIENT, true },
	WHATSUP,
	/* smtpd_proxy: the before-queue filter's answer */
	{ OPT(ANY_QID ": ") "proxy-accept: " STAGE ": " REPLY ";" CONTEXT,
	    LINE_PROXY_ACCEPT, false },
	{ OPT(ANY_QID ": ") "proxy-accept: " STAGE ": " REPLY,
	    LINE_PROXY_ACCEPT, false },
	{ OPT(ANY_QID ": ") "proxy-reject: " STAGE ": " REPLY ";" CONTEXT,
	    LINE_REJECT, false },
	{ OPT(ANY_QID ": ") "proxy-reject: " STAGE ": " REPLY,
	    LINE_REJECT, false },
	/* smtpd_sasl_glue: smtpd_sasl_authenticate */
	{ "warning: " CLIENT ": SASL " WORD
	    " authentication failed: Connection lost to authentication"
	    " server" ANY, LINE_IGNORED, false },
	{ "warning: " CLIENT ": SASL " METHOD " authentication failed: "
	    REASON ", sasl_username=" USERNAME, LINE_AUTH_FAILED, false },
	{ "warning: " CLIENT ": SASL " METHOD " authentication failed: "
	    REASON, LINE_AUTH_FAILED, false },
	{ "warning: " CLIENT ": SASL " METHOD " authentication failed"
	    OPT(":"), LINE_AUTH_FAILED, false },
	{ "warning: " CLIENT ": SASL " ANY " authentication failed" ANY,
	    LINE_AUTH_FAILED, true },
	/* tls_server: tls_server_post_accept */
	{ OPT(WORD " ") "TLS connection established from " CLIENT ": "
	    TLS_PROTO " with cipher " CIPHER ANY, LINE_TLS, false },
	ENDED("lost connection"),
	ENDED("timeout"),
	ENDED("too many errors"),
	{ "improper command pipelining after " STAGE " from " CLIENT
	    OPT(":" ANY), LINE_IGNORED, false },
	{ "SSL_accept error from " CLIENT ": " ANY, LINE_IGNORED, false },
	{ "setting up TLS connection from " CLIENT, LINE_IGNORED, false },
	{ "discarding EHLO keywords: " ANY, LINE_IGNORED, false },
	{ "warning: hostname " ANY " does not resolve to address " ADDRESS
	    OPT(": " ANY), LINE_IGNORED, false },
	{ "warning: " ANY " limit exceeded: " NUMBER " from " CLIENT
	    " for service " WORD, LINE_IGNORED, false },
	/* smtpd: extract_addr, data_cmd: refused, the answer is not logged */
	{ "warning: Illegal address syntax from " CLIENT " in " STAGE
	    " command: " RECIPIENT, LINE_REJECT, false },
	{ "warning: Illegal address syntax from " CLIENT " in " STAGE
	    " command: " ANY, LINE_REJECT, false },
	{ "warning: " ANY_QID ": queue file size limit exceeded",
	    LINE_REJECT, false },
	END
};

const struct rule postfix_cleanup[] = {
	{ QID ": message-id=" MESSAGE_ID, LINE_MESSAGE_ID, false },
	{ QID ": resent-message-id=" RESENT_ID, LINE_MESSAGE_ID, false },
	CHECKS,
	WHATSUP,
	END
};

const struct rule postfix_qmgr[] = {
	{ QID ": removed", LINE_REMOVED, false },
	{ QID ": from=" SENDER ", " PAIRS " (queue " WORD ")", LINE_QUEUED,
	    false },
	{ QID ": from=" SENDER ", status=" STATUS ", returned to sender",
	    LINE_EXPIRED, false },
	{ QID ": from=" SENDER ", " PAIRS, LINE_QUEUED, false },
	{ QID ": from=" ANY, LINE_QUEUED, false },
	{ QID ": skipped, still being delivered", LINE_IGNORED, false },
	/* postsuper */
	{ QID ": placed on hold", LINE_ACTION, false },
	{ QID ": released from hold", LINE_IGNORED, false },
	{ QID ": requeued", LINE_IGNORED, false },
	{ QID ": expired", LINE_IGNORED, false },
	{ "Deleted: " NUMBER " message" OPT("s"), LINE_IGNORED, false },
	{ "Requeued: " NUMBER " message" OPT("s"), LINE_IGNORED, false },
	{ "Expired: " NUMBER " message" OPT("s"), LINE_IGNORED, false },
	{ "Placed on hold: " NUMBER " message" OPT("s"), LINE_IGNORED,
	    false },
	{ "Released from hold: " NUMBER " message" OPT("s"), LINE_IGNORED,
	    false },
	{ "Renamed to match inode number: " NUMBER " message" OPT("s"),
	    LINE_IGNORED, false },
	END
};

const struct rule postfix_pickup[] = {
	{ QID ": uid=" UID " from=" SENDER OPT(" orig_id=" ORIG_QID),
	    LINE_PICKUP, false },
	END
};

/* smtp, lmtp, local, virtual, pipe, error, retry, discard: log_adhoc */
const struct rule postfix_delivery[] = {
	{ QID ": to=" RECIPIENT ", " OPT("orig_to=" ORIG_RCPT ", ") PAIRS
	    "status=" STATUS " (" REPLY ")", LINE_DELIVERY, false },
	{ QID ": to=" RECIPIENT ", " OPT("orig_to=" ORIG_RCPT ", ") PAIRS
	    "status=" STATUS OPT(" (" REPLY), LINE_DELIVERY, false },
	{ QID ": to=" RECIPIENT ", " OPT("orig_to=" ORIG_RCPT ", ") PAIRS,
	    LINE_DELIVERY, false },
	{ QID ": to=" ANY, LINE_DELIVERY, false },
	/* smtp: not final, another host or a later attempt follows */
	{ QID ": host " PEER " said: " REPLY " (in reply to " STAGE
	    " command)", LINE_IGNORED, false },
	{ QID ": host " PEER " said: " REPLY, LINE_IGNORED, false },
	{ QID ": host " PEER " refused to talk to me: " REPLY, LINE_IGNORED,
	    false },
	{ QID ": SASL authentication failed; server " PEER " said: " REPLY,
	    LINE_IGNORED, false },
	{ "connect to " PEER ": " REASON, LINE_IGNORED, false },
	{ "SSL_connect error to " PEER ": " ANY, LINE_IGNORED, false },
	{ "certificate verification failed for " PEER ": " ANY, LINE_IGNORED,
	    false },
	{ "server certificate verification failed for " PEER ": " ANY,
	    LINE_IGNORED, false },
	{ QID ": enabling PIX " ANY, LINE_IGNORED, false },
	{ QID ": Cannot start TLS: " ANY, LINE_IGNORED, false },
	{ QID ": TLS is required, " ANY, LINE_IGNORED, false },
	{ QID ": Server certificate not " ANY, LINE_IGNORED, false },
	{ QID ": breaking line > " ANY, LINE_IGNORED, false },
	{ QID ": lost connection with " PEER " while " ANY, LINE_IGNORED,
	    false },
	{ QID ": conversation with " PEER " timed out while " ANY,
	    LINE_IGNORED, false },
	{ OPT(WORD " ") "TLS connection established to " PEER ": " TLS_PROTO
	    " with cipher " CIPHER ANY, LINE_IGNORED, false },
	{ OPT(WORD " ") "TLS connection established to " ANY, LINE_IGNORED,
	    false },
	{ OPT(WORD " ") "TLS connection reused to " ANY, LINE_IGNORED,
	    false },
	{ "Host offered STARTTLS: [" ANY, LINE_IGNORED, false },
	END
};

const struct rule postfix_bounce[] = {
	{ QID ": " WORD " " REASON " notification: " NEXT_QID,
	    LINE_NOTIFICATION, false },
	END
};

/* postscreen, tlsproxy, dnsblog */
const struct rule postfix_postscreen[] = {
	WHATSUP,
	{ "CONNECT from " CLIENT OPT(" to " ANY), LINE_IGNORED, false },
	{ "DISCONNECT " CLIENT, LINE_IGNORED, false },
	{ "PASS " WORD " " CLIENT, LINE_IGNORED, false },
	{ "WHITELISTED " CLIENT, LINE_IGNORED, false },
	{ "ALLOWLISTED " CLIENT, LINE_IGNORED, false },
	{ "BLACKLISTED " CLIENT, LINE_IGNORED, false },
	{ "DENYLISTED " CLIENT, LINE_IGNORED, false },
	{ "WHITELIST VETO " CLIENT, LINE_IGNORED, false },
	{ "ALLOWLIST VETO " CLIENT, LINE_IGNORED, false },
	{ "DNSBL rank " NUMBER " for " CLIENT, LINE_IGNORED, false },
	{ "HANGUP after " WORD " from " CLIENT " in tests " ANY,
	    LINE_IGNORED, false },
	{ "PREGREET " NUMBER " after " WORD " from " CLIENT ": " ANY,
	    LINE_IGNORED, false },
	{ "COMMAND " WORD " LIMIT from " CLIENT " after " STAGE,
	    LINE_IGNORED, false },
	{ "COMMAND PIPELINING from " CLIENT " after " STAGE ":" ANY,
	    LINE_IGNORED, false },
	{ "BARE NEWLINE from " CLIENT " after " STAGE, LINE_IGNORED, false },
	{ "NON-SMTP COMMAND from " CLIENT " after " STAGE ":" ANY,
	    LINE_IGNORED, false },
	{ "entering STRESS mode with " NUMBER " connections", LINE_IGNORED,
	    false },
	{ "leaving STRESS mode with " NUMBER " connections", LINE_IGNORED,
	    false },
	{ "addr " ADDRESS " listed by domain " ANY, LINE_IGNORED, false },
	END
};

/* What any of them writes, and those that never say a thing about mail. */
const struct rule postfix_other[] = {
	{ "statistics: " ANY, LINE_IGNORED, false },
	{ "warning: " QID ": " ANY, LINE_IGNORED, false },
	{ "warning: " ANY, LINE_IGNORED, false },
	{ "error: " ANY, LINE_IGNORED, false },
	{ "fatal: " ANY, LINE_IGNORED, false },
	{ "panic: " ANY, LINE_IGNORED, false },
	{ "cache " ANY " full cleanup: " ANY, LINE_IGNORED, false },
	{ "table " ANY " has changed -- restarting", LINE_IGNORED, false },
	{ "using backwards-compatible default setting " ANY, LINE_IGNORED,
	    false },
	{ "Postfix is running with backwards-compatible default settings",
	    LINE_IGNORED, false },
	{ "Postfix is using backwards-compatible default settings",
	    LINE_IGNORED, false },
	{ "See http://www.postfix.org/COMPATIBILITY_README.html for details",
	    LINE_IGNORED, false },
	{ "To disable backwards compatibility use " ANY, LINE_IGNORED,
	    false },
	{ "daemon started -- version " ANY, LINE_IGNORED, false },
	{ "reload -- version " ANY, LINE_IGNORED, false },
	{ "terminating on signal " NUMBER, LINE_IGNORED, false },
	{ ANY "the Postfix mail system" ANY, LINE_IGNORED, false },
	{ "open database " ANY, LINE_IGNORED, false },
	{ ANY "subject_CN=" ANY, LINE_IGNORED, false },
	{ "name_mask: " ANY, LINE_IGNORED, false },
	/* the dialogue, with -v */
	{ "< " ANY, LINE_IGNORED, false },
	{ "> " ANY, LINE_IGNORED, false },
	END
};

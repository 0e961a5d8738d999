/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What Postfix' daemons write about mail, from 2.2 to 3.10, by daemon; the
 * sources' names of the functions that write a line stand above its rules.
 * What is not about mail is in postfix_other.c.  Every rule has a sample in
 * tests/lines/postfix.txt; tests/lines/postfix-shapes.txt lists every line
 * that Postfix can write.
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
	    CONTEXT, LINE_ACTION, false }

/* Cut, or from before there was a context. */
#define WHATSUP_CUT							\
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
	{ ANY_QID ": " ACTION ": content " ANY " from " CLIENT ";"	\
	    CONTEXT OPT(": " REMARK), LINE_ACTION, false },		\
	{ ANY_QID ": " ACTION ": mime-error " ANY " from " CLIENT ";"	\
	    CONTEXT, LINE_ACTION, false },				\
	{ ANY_QID ": " ACTION ": header " ANY, LINE_ACTION, true },	\
	{ ANY_QID ": " ACTION ": body " ANY, LINE_ACTION, true },	\
	{ ANY_QID ": " ACTION ": content " ANY, LINE_ACTION, true },	\
	{ ANY_QID ": " ACTION ": mime-error " ANY, LINE_ACTION, true }

/* The session ended before its time. */
#define ENDED(how)							\
	{ OPT(ANY_QID ": ") how " after " STAGE " (" ANY ") from " CLIENT, \
	    LINE_SESSION, false },					\
	{ OPT(ANY_QID ": ") how " after " STAGE " from " CLIENT,	\
	    LINE_SESSION, false }

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
	/* 3.10 tells the login, too */
	{ ANY_QID ": " ACTION ": " STAGE " from " CLIENT ": " REPLY ";"
	    CONTEXT " sasl_method=" METHOD OPT(" sasl_username=" LOGIN)
	    OPT(" sasl_sender=" SASL_SENDER), LINE_ACTION, false },
	{ ANY_QID ": " ACTION ": " STAGE " from " CLIENT ": " REPLY ";"
	    CONTEXT " sasl_method=" METHOD " sasl_username=" USERNAME,
	    LINE_ACTION, false },
	WHATSUP_CUT,
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
	    " server" ANY, LINE_WARNING, false },
	{ "warning: " CLIENT ": SASL " METHOD " authentication failed: "
	    REASON ", sasl_username=" USERNAME, LINE_AUTH_FAILED, false },
	{ "warning: " CLIENT ": SASL " METHOD " authentication failed: "
	    REASON, LINE_AUTH_FAILED, false },
	{ "warning: " CLIENT ": SASL " METHOD " authentication failed"
	    OPT(":"), LINE_AUTH_FAILED, false },
	{ "warning: " CLIENT ": SASL " ANY " authentication failed" ANY,
	    LINE_AUTH_FAILED, true },
	/* tls_server: tls_server_post_accept */
	{ OPT(WORD " ") "TLS connection established from " CLIENT
	    OPT(" to " WORD) ": " TLS_PROTO " with cipher " CIPHER ANY,
	    LINE_TLS, false },
	ENDED("lost connection"),
	ENDED("timeout"),
	ENDED("too many errors"),
	/* 3.5.23, 3.6.13, 3.7.9 and 3.8.4; others reject with that */
	ENDED("bare <LF> received"),
	{ "improper command pipelining after " STAGE " from " CLIENT
	    OPT(":" ANY), LINE_SESSION, false },
	{ "discarding EHLO keywords: " ANY, LINE_SESSION, false },
	{ "mapping DSN status " WORD " into " ANY, LINE_SESSION, false },
	{ "warning: hostname " ANY " does not resolve to address " ADDRESS
	    OPT(": " ANY), LINE_WARNING, false },
	{ "warning: " ANY " limit exceeded: " NUMBER " from " CLIENT
	    " for service " WORD, LINE_WARNING, false },
	{ "warning: Refusing STARTTLS request from " CLIENT " for service "
	    WORD, LINE_WARNING, false },
	{ "warning: non-SMTP command from " CLIENT ": " ANY, LINE_WARNING,
	    false },
	/* smtpd: extract_addr, data_cmd: refused, the answer is not logged */
	{ "warning: Illegal address syntax from " CLIENT " in " STAGE
	    " command: " RECIPIENT, LINE_REJECT, false },
	{ "warning: Illegal address syntax from " CLIENT " in " STAGE
	    " command: " ANY, LINE_REJECT, false },
	{ "warning: " ANY_QID ": queue file size limit exceeded",
	    LINE_REJECT, false },
	{ "warning: " ANY_QID ": BDAT request from " CLIENT
	    " exceeds message size limit", LINE_REJECT, false },
	/* qmqpd: qmqpd_proto */
	{ ANY_QID ": " CLIENT ": " REASON " while " ANY, LINE_SESSION,
	    false },
	/* before 2.0 nothing stood before the action */
	{ "reject: " STAGE " from " CLIENT ": " REPLY ";" CONTEXT,
	    LINE_ACTION, false },
	{ "reject_warning: " ANY, LINE_WARNING, false },
	END
};

const struct rule postfix_cleanup[] = {
	{ QID ": message-id=" MESSAGE_ID, LINE_MESSAGE_ID, false },
	{ QID ": resent-message-id=" RESENT_ID, LINE_MESSAGE_ID, false },
	CHECKS,
	WHATSUP,
	WHATSUP_CUT,
	/* since 3.10, of what is not queued: cleanup_flush */
	{ QID ": removed (" REASON ")", LINE_REMOVED, false },
	{ QID ": " WORD " map lookup problem -- " REASON, LINE_WARNING,
	    false },
	END
};

const struct rule postfix_qmgr[] = {
	{ QID ": removed", LINE_REMOVED, false },
	{ QID ": from=" SENDER ", " PAIRS " (queue " WORD ")", LINE_QUEUED,
	    false },
	{ QID ": from=" SENDER ", status=" STATUS ", returned to sender",
	    LINE_EXPIRED, false },
	{ QID ": from=" SENDER ", status=" STATUS OPT("," ANY), LINE_EXPIRED,
	    false },
	{ QID ": from=" SENDER ", " PAIRS, LINE_QUEUED, false },
	{ QID ": from=" ANY, LINE_QUEUED, false },
	{ QID ": skipped, still being delivered", LINE_QUEUE, false },
	/* postsuper */
	{ QID ": placed on hold", LINE_ACTION, false },
	{ QID ": released from hold", LINE_QUEUE, false },
	{ QID ": requeued", LINE_QUEUE, false },
	{ QID ": expired", LINE_QUEUE, false },
	{ "Deleted: " NUMBER " message" OPT("s"), LINE_QUEUE, false },
	{ "Requeued: " NUMBER " message" OPT("s"), LINE_QUEUE, false },
	{ "Expired: " NUMBER " message" OPT("s"), LINE_QUEUE, false },
	{ "Force-expired: " NUMBER " message" OPT("s"), LINE_QUEUE, false },
	{ "Placed on hold: " NUMBER " message" OPT("s"), LINE_QUEUE,
	    false },
	{ "Released from hold: " NUMBER " message" OPT("s"), LINE_QUEUE,
	    false },
	{ "Renamed to match inode number: " NUMBER " message" OPT("s"),
	    LINE_QUEUE, false },
	END
};

const struct rule postfix_pickup[] = {
	{ QID ": uid=" UID " from=" SENDER OPT(" orig_id=" ORIG_QID),
	    LINE_PICKUP, false },
	{ QID ": uid=" UID " from=" ANY, LINE_PICKUP, false },
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
	    " command)", LINE_ATTEMPT, false },
	{ QID ": host " PEER " said: " REPLY, LINE_ATTEMPT, false },
	{ QID ": host " PEER " refused to talk to me: " REPLY, LINE_ATTEMPT,
	    false },
	{ QID ": SASL authentication failed; server " PEER " said: " REPLY,
	    LINE_ATTEMPT, false },
	{ QID ": SASL " OPT("[CACHED] ") "authentication failed" REASON,
	    LINE_ATTEMPT, false },
	{ "connect to " PEER ": " REASON, LINE_ATTEMPT, false },
	{ QID ": enabling PIX " ANY, LINE_ATTEMPT, false },
	{ QID ": Cannot start TLS: " REASON, LINE_ATTEMPT, false },
	{ QID ": TLS is required, " REASON, LINE_ATTEMPT, false },
	{ QID ": Sender requires " REASON, LINE_ATTEMPT, false },
	{ QID ": SMTPUTF8 is required, " REASON, LINE_ATTEMPT, false },
	{ QID ": Server certificate not " ANY, LINE_ATTEMPT, false },
	{ QID ": client TLS configuration problem", LINE_ATTEMPT, false },
	{ QID ": TLSA lookup error for " ANY, LINE_ATTEMPT, false },
	{ QID ": mail for " ANY " loops back to myself", LINE_ATTEMPT,
	    false },
	{ QID ": unexpected server message", LINE_ATTEMPT, false },
	{ QID ": unreadable mail queue entry", LINE_ATTEMPT, false },
	{ QID ": message size " NUMBER " exceeds size limit " ANY,
	    LINE_ATTEMPT, false },
	{ QID ": breaking line > " ANY, LINE_ATTEMPT, false },
	{ QID ": lost connection with " PEER " while " ANY, LINE_ATTEMPT,
	    false },
	{ QID ": conversation with " PEER " timed out while " ANY,
	    LINE_ATTEMPT, false },
	{ QID ": local data error while talking to " PEER, LINE_ATTEMPT,
	    false },
	/* smtp_header_checks and its kin */
	{ QID ": " ACTION ": header " ANY, LINE_ACTION, false },
	{ QID ": " ACTION ": body " ANY, LINE_ACTION, false },
	{ PEER ": replacing server reply " ANY, LINE_ATTEMPT, false },
	{ "host " PEER " offers SMTPUTF8 support, but not " ANY,
	    LINE_ATTEMPT, false },
	{ "skipping SRV lookup for " ANY, LINE_ATTEMPT, false },
	{ "network address conversion failed: " REASON, LINE_ATTEMPT,
	    false },
	{ OPT("S") OPT("s") "erver configuration error", LINE_ATTEMPT,
	    false },
	{ "SMTPS wrappermode (TCP port 465) requires setting " ANY,
	    LINE_SERVICE, false },
	{ OPT(WORD " ") "TLS connection established to " PEER ": " TLS_PROTO
	    " with cipher " CIPHER ANY, LINE_HANDSHAKE, false },
	{ OPT(WORD " ") "TLS connection established to " ANY, LINE_HANDSHAKE,
	    false },
	{ OPT(WORD " ") "TLS connection reused to " ANY, LINE_HANDSHAKE,
	    false },
	{ "Host offered STARTTLS: [" ANY, LINE_HANDSHAKE, false },
	/* tlsrpt_wrapper, since 3.10 */
	{ "TLSRPT: status=" WORD ", domain=" WORD ", receiving_mx=" PEER
	    OPT(", failure_type=" REASON), LINE_HANDSHAKE, false },
	/* deliver_pass; abounce, bounce */
	{ QID ": passing " RECIPIENT " to transport=" WORD, LINE_ATTEMPT,
	    false },
	{ QID ": status=" WORD " (" REASON ")", LINE_ATTEMPT, false },
	END
};

const struct rule postfix_bounce[] = {
	{ QID ": " WORD " " REASON " notification: " NEXT_QID,
	    LINE_NOTIFICATION, false },
	{ QID ": not sending trace/success notification for " REASON,
	    LINE_QUEUE, false },
	{ QID ": no trace file -- not sending a notification", LINE_QUEUE,
	    false },
	END
};

/* postscreen, tlsproxy, dnsblog */
const struct rule postfix_postscreen[] = {
	WHATSUP,
	WHATSUP_CUT,
	{ "CONNECT " WORD " " CLIENT OPT(" to " ANY), LINE_SCREEN, false },
	{ "DISCONNECT " CLIENT, LINE_SCREEN, false },
	{ "PASS " WORD " " CLIENT, LINE_SCREEN, false },
	{ "WHITELISTED " CLIENT, LINE_SCREEN, false },
	{ "ALLOWLISTED " CLIENT, LINE_SCREEN, false },
	{ "BLACKLISTED " CLIENT, LINE_SCREEN, false },
	{ "DENYLISTED " CLIENT, LINE_SCREEN, false },
	{ "WHITELIST VETO " CLIENT, LINE_SCREEN, false },
	{ "ALLOWLIST VETO " CLIENT, LINE_SCREEN, false },
	{ "DNSBL rank " NUMBER " for " CLIENT, LINE_SCREEN, false },
	{ "HANGUP after " WORD " from " CLIENT " in tests " ANY,
	    LINE_SCREEN, false },
	{ "PREGREET " NUMBER " after " WORD " from " CLIENT ": " ANY,
	    LINE_SCREEN, false },
	{ "COMMAND " WORD " LIMIT from " CLIENT " after " STAGE,
	    LINE_SCREEN, false },
	{ "COMMAND PIPELINING from " CLIENT " after " STAGE ":" ANY,
	    LINE_SCREEN, false },
	{ "BARE NEWLINE from " CLIENT " after " STAGE, LINE_SCREEN, false },
	{ "NON-SMTP COMMAND from " CLIENT " after " STAGE ":" ANY,
	    LINE_SCREEN, false },
	{ WORD " without valid RCPT from " CLIENT, LINE_SCREEN, false },
	/* the colon before the port is not there */
	{ "[" ADDRESS "]" WORD ": discarding EHLO keywords: " ANY,
	    LINE_SCREEN, false },
	{ "reject: " STAGE " from " CLIENT ": " REPLY, LINE_ACTION, false },
	{ "entering STRESS mode with " NUMBER " connections", LINE_SCREEN,
	    false },
	{ "leaving STRESS mode with " NUMBER " connections", LINE_SCREEN,
	    false },
	/* tlsproxy */
	{ "TLS handshake failed for service=" WORD " peer=" CLIENT,
	    LINE_HANDSHAKE, false },
	{ OPT(WORD " ") "TLS connection established from " CLIENT ANY,
	    LINE_HANDSHAKE, false },
	{ "addr " ADDRESS " listed by domain " ANY, LINE_SCREEN, false },
	END
};

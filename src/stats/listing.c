/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Replies of remote hosts that say: you are on a list, or your reputation is
 * bad.  The wordings are those of the large receivers' postmaster pages and of
 * the list operators' own examples.
 */
#include "weir/tally.h"

/* In lower case, with blanks as they are. */
static const char *const phrases[] = {
	"block list", "blocklist", "blacklist", "black list", "block-list",
	"black-list", "blocked using", "spamhaus", "spamcop", "barracuda",
	"sorbs", "uceprotect", "invaluement", "proofpoint.com/dnsbl",
	"dnsbl", "rbl", "senderscore", "talosintelligence", "cloudmark",
	"poor reputation", "low reputation", "bad reputation",
	"sender reputation", "ip reputation", "listed at", "listed in",
	"is listed", "your ip has been blocked", "ip address is blocked",
	"banned sending ip", "unsolicited mail", "unusual rate of",
	"temporarily deferred due to user complaints", "[tss", "tss0",
	"too much spam", "sending ip", "s3140", "s3150", "s77714",
	"dynamic ip", "not allowed to send", "policy reasons",
	"likely unsolicited",
};

/* What a list's own name server says when it was asked wrongly. */
static const char *const errors[] = {
	"127.255.255.", "error: open resolver", "query refused",
	"open resolver", "excessive number of queries", "greylist",
	"graylist", "grey-list", "postgrey", "mailbox full",
	"user unknown", "over quota", "no such user",
};

static bool
any(struct str text, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (str_find(text, str_of(list[i])) != STR_NPOS)
			return true;
	return false;
}

bool
tally_is_listing(int64_t code, struct str reply)
{
	char		low[1024];
	struct str	text;

	if (code != -1 && code != 0 && code < 400)
		return false;
	reply = str_head(reply, sizeof(low));
	for (size_t i = 0; i < reply.n; i++)
		low[i] = reply.p[i] >= 'A' && reply.p[i] <= 'Z' ?
		    (char)(reply.p[i] + ('a' - 'A')) : reply.p[i];
	text = (struct str){ low, reply.n };
	return any(text, phrases, sizeof(phrases) / sizeof(phrases[0])) &&
	    !any(text, errors, sizeof(errors) / sizeof(errors[0]));
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Replies of remote hosts that say: you are on a list, or your reputation is
 * bad.  The wordings are those of the large receivers' postmaster pages and of
 * the list operators' own examples.
 */
#include "weir/tally.h"

/* In lower case, with blanks as they are; each begins where a word does. */
static const char *const phrases[] = {
	"block list", "blocklist", "block-list", "blacklist", "black list",
	"black-list", "black listed", "blocked using", "spamhaus",
	"spamcop", "barracudacentral", "barracuda reputation", "sorbs",
	"uceprotect", "invaluement", "ipcheck.proofpoint", "dnsbl", "rbl",
	"senderscore", "talosintelligence", "csi.cloudmark",
	"poor reputation", "low reputation", "bad reputation",
	"sender reputation", "ip reputation", "reputation of the sending",
	"listed at", "listed by", "listed in", "listed on", "is listed",
	"due to listing", "rejected because bad ip", "_is_blocked",
	"your ip has been blocked", "ip address is blocked",
	"ip address has been blocked", "ip has been blocked",
	"banned sending ip", "unsolicited mail", "likely unsolicited",
	"deferred due to user complaints", "deferred due to unexpected",
	"tss0", "too much spam", "s3140", "s3150", "s77714", "dynamic ip",
	"policy reasons", "sender ip is blocked", "access denied, banned",
};

/*
 * What a list's own name server says when it was asked wrongly, what is about
 * the recipient or passes by itself, and what is about a record in the DNS.
 */
static const char *const errors[] = {
	"127.255.255.", "open resolver", "query refused",
	"excessive number of queries", "greylist", "graylist", "grey-list",
	"gray-list", "greylisting", "postgrey", "mailbox full",
	"mailbox is full", "user unknown", "over quota", "no such user",
	"unknown user", "not listed", "user doesn't exist",
	"user does not exist", "ptr record", "reverse dns",
};

static bool
is_letter(char c)
{
	return c >= 'a' && c <= 'z';
}

static bool
has(struct str text, struct str phrase)
{
	size_t	from = 0, at;

	while ((at = str_find(str_tail(text, from), phrase)) != STR_NPOS) {
		at += from;
		if (at == 0 || !is_letter(text.p[at - 1]))
			return true;
		from = at + phrase.n;
	}
	return false;
}

static bool
any(struct str text, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (has(text, str_of(list[i])))
			return true;
	return false;
}

bool
tally_is_listing(int64_t code, struct str reply)
{
	char		low[1024];
	struct str	text;

	/* What was not said by a remote host has no code. */
	if (code < 400)
		return false;
	reply = str_head(reply, sizeof(low));
	for (size_t i = 0; i < reply.n; i++)
		low[i] = reply.p[i] >= 'A' && reply.p[i] <= 'Z' ?
		    (char)(reply.p[i] + ('a' - 'A')) : reply.p[i];
	text = (struct str){ low, reply.n };
	return any(text, phrases, sizeof(phrases) / sizeof(phrases[0])) &&
	    !any(text, errors, sizeof(errors) / sizeof(errors[0]));
}

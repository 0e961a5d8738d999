/* SPDX-License-Identifier: Apache-2.0 */
/*
 * local-script: a local user (a web form, a script, a job) sends what it never
 * did.
 */
#include "weir/scan.h"

static const struct measure measures[] = {
	{ "messages", KEY_LOCAL_USER, TALLY_MESSAGES,
	    15, 1, SPANS_ALL, EVIDENCE_VOLUME, true },
	{ "recipients", KEY_LOCAL_USER, TALLY_RECIPIENTS,
	    20, 1, SPANS_ALL, EVIDENCE_VOLUME, true },
	{ "new-recipients", KEY_LOCAL_USER, TALLY_NEW_RECIPIENTS,
	    10, 1, SPANS_SHORT, EVIDENCE_VOLUME, true },
	{ "foreign-senders", KEY_LOCAL_USER, TALLY_FOREIGN,
	    6, 1, SPANS_ALL, EVIDENCE_SENDER, false },
	{ "bounces", KEY_LOCAL_USER, TALLY_BOUNCES,
	    5, 1, SPANS_SHORT, EVIDENCE_OUTCOME, false },
};

static void
advise(const struct hit *h, const struct event *e, struct buf *out)
{
	buf_addf(out, "1. Which program? On %.*s: `ps -fu ", STRF(e->host));
	finding_quote(out, h->key.text);
	buf_addf(out, "`, and its crontab and web forms.\n2. Stop it: "
	    "authorized_submit_users in main.cf keeps a user from handing in "
	    "mail.\n3. Hold what waits: `postqueue -p`, `postsuper -h "
	    "QUEUE-ID`.\n4. Look for files changed of late in what it may "
	    "write.\n");
}

const struct detector detector_local_script = {
	.name = "local-script",
	.summary = "a local user or web form sends unusually",
	.most = SEVERITY_CRITICAL,
	.measures = measures,
	.nmeasures = sizeof(measures) / sizeof(measures[0]),
	.lead = "Local script",
	.advise = advise,
};

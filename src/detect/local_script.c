/* SPDX-License-Identifier: Apache-2.0 */
/*
 * local-script: a local user (a web form, a script, a job) sends what it never
 * did.
 */
#include "weir/scan.h"
#include "weir/steps.h"

static const struct measure measures[] = {
	{ "messages", KEY_LOCAL_USER, TALLY_MESSAGES,
	    15, 1, SPANS_ALL, EVIDENCE_VOLUME, JUDGE_RECORD },
	{ "recipients", KEY_LOCAL_USER, TALLY_RECIPIENTS,
	    20, 1, SPANS_ALL, EVIDENCE_VOLUME, JUDGE_RECORD },
	{ "new-recipients", KEY_LOCAL_USER, TALLY_NEW_RECIPIENTS,
	    10, 1, SPANS_ALL, EVIDENCE_VOLUME, JUDGE_RECORD },
	{ "foreign-senders", KEY_LOCAL_USER, TALLY_FOREIGN,
	    6, 1, SPANS_ALL, EVIDENCE_SENDER, JUDGE_USUAL },
	{ "bounces", KEY_LOCAL_USER, TALLY_BOUNCES,
	    5, 1, SPANS_SHORT, EVIDENCE_OUTCOME, JUDGE_USUAL },
};

static void
advise(const struct hit *h, const struct event *e, struct buf *out)
{
	int	n = 0;

	steps_begin(out, &n);
	buf_addf(out, "Which program? On %.*s: `ps -fu ", STRF(e->host));
	finding_quote(out, h->key.text);
	buf_addf(out, "`, `crontab -lu ");
	finding_quote(out, h->key.text);
	buf_addf(out, "` (by name), the access log of its web sites.\n");
	steps_stop_user(out, &n, e->host, h->key.text);
	steps_begin(out, &n);
	buf_addf(out, "Hold what still waits: `weir query messages --class "
	    "local_submission --host ");
	finding_quote(out, e->host);
	buf_addf(out, " --sender ");
	finding_quote(out, str_head(e->sender, 128));
	buf_addf(out, " --since 1d --limit 0 --format jsonl | jq -r .queue_id "
	    "| postsuper -h -`. Undo: the same with `postsuper -H -`.\n");
	steps_begin(out, &n);
	buf_addf(out, "Look for files changed of late in what it may write: "
	    "`find /var/www /tmp /var/tmp -user ");
	finding_quote(out, h->key.text);
	buf_addf(out, " -mtime -3 -name '*.php'`.\n");
	steps_lists(out, &n);
}

const struct detector detector_local_script = {
	.name = "local-script",
	.summary = "a local user or web form sends unusually",
	.most = SEVERITY_CRITICAL,
	.measures = measures,
	.nmeasures = sizeof(measures) / sizeof(measures[0]),
	.advise = advise,
};

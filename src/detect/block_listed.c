/* SPDX-License-Identifier: Apache-2.0 */
/*
 * block-listed: remote hosts refuse this host's mail and name a list or policy.
 */
#include "weir/scan.h"
#include "weir/steps.h"

static const struct measure measures[] = {
	{ "host", KEY_HOST, TALLY_BLOCKED,
	    5, 1.5, SPANS_ALL, EVIDENCE_OUTCOME, JUDGE_USUAL },
};

static void
advise(const struct hit *h, const struct event *e, struct buf *out)
{
	int	n = 0;

	steps_begin(out, &n);
	buf_addf(out, "Who says so, and why: `weir query events --status "
	    "bounced,deferred --host ");
	finding_quote(out, h->key.text);
	buf_addf(out, " --since 1d`; the last one said: ");
	finding_quote(out, str_head(e->reply, 200));
	buf_addf(out, ".\n");
	steps_begin(out, &n);
	buf_addf(out, "Find the cause first: other alerts of these days "
	    "(`weir alerts`), the queue (`qshape active`, `qshape deferred`"
	    "). A host that asks to be taken off while it still sends spam is "
	    "listed for longer.\n");
	steps_begin(out, &n);
	buf_addf(out, "Check name and address: reverse name, SPF, DKIM. Then "
	    "ask the list that is named to take the address off.\n");
	steps_begin(out, &n);
	buf_addf(out, "Afterwards let the rest go: `postqueue -f`.\n");
}

const struct detector detector_block_listed = {
	.name = "block-listed",
	.summary = "remote hosts say that this host is on a block list",
	.most = SEVERITY_WARNING,
	.merges = MERGES_ALL,
	.measures = measures,
	.nmeasures = sizeof(measures) / sizeof(measures[0]),
	.lead = "Block-listed",
	.advise = advise,
};

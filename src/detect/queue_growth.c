/* SPDX-License-Identifier: Apache-2.0 */
/*
 * queue-growth: far more is put off by remote hosts than usual.
 */
#include "weir/scan.h"
#include "weir/steps.h"

static const struct measure measures[] = {
	{ "host", KEY_HOST, TALLY_DEFERRALS,
	    60, 0.3, SPANS_ALL, EVIDENCE_OUTCOME, JUDGE_USUAL },
};

static void
advise(const struct hit *h, const struct event *e, struct buf *out)
{
	int	n = 0;

	steps_begin(out, &n);
	buf_addf(out, "What waits: `qshape deferred` by recipients' domains, "
	    "`qshape -s deferred` by senders'.\n");
	steps_begin(out, &n);
	buf_addf(out, "Why: `weir query events --status deferred --host ");
	finding_quote(out, h->key.text);
	buf_addf(out, " --since 4h`; the last answer: ");
	finding_quote(out, str_head(e->reply, 200));
	buf_addf(out, ".\n");
	steps_begin(out, &n);
	buf_addf(out, "One destination that is down needs nothing. One sender "
	    "with many destinations is spam:\n");
	steps_hold(out, &n, "--sender", str_head(e->sender, 128));
	steps_begin(out, &n);
	buf_addf(out, "When it is over: `postqueue -f`.\n");
}

const struct detector detector_queue_growth = {
	.name = "queue-growth",
	.summary = "far more mail waits than usual",
	.most = SEVERITY_INFO,
	.measures = measures,
	.nmeasures = sizeof(measures) / sizeof(measures[0]),
	.lead = "Queue grows",
	.advise = advise,
};

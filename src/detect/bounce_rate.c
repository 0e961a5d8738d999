/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bounce-rate: of what an actor sends far more comes back than usual.
 */
#include "weir/scan.h"
#include "weir/steps.h"

static const struct measure measures[] = {
	{ "host", KEY_HOST, TALLY_BOUNCES,
	    40, 0.3, SPANS_ALL, EVIDENCE_OUTCOME, JUDGE_USUAL },
};

static void
advise(const struct hit *h, const struct event *e, struct buf *out)
{
	int	n = 0;

	steps_begin(out, &n);
	buf_addf(out, "Whose mail is refused, and why: `weir query events "
	    "--status bounced,expired --host ");
	finding_quote(out, h->key.text);
	buf_addf(out, " --since 4h`; the last one: ");
	finding_quote(out, str_head(e->sender, 128));
	buf_addf(out, " to ");
	finding_quote(out, str_head(e->recipient, 128));
	buf_addf(out, ".\n");
	steps_hold(out, &n, "--sender", str_head(e->sender, 128));
	steps_begin(out, &n);
	buf_addf(out, "One account or program: treat it as stolen until its "
	    "owner says otherwise. One destination: it may be down or refuse "
	    "this host; ask there.\n");
}

const struct detector detector_bounce_rate = {
	.name = "bounce-rate",
	.summary = "far more mail is refused elsewhere than usual",
	.most = SEVERITY_WARNING,
	.measures = measures,
	.nmeasures = sizeof(measures) / sizeof(measures[0]),
	.advise = advise,
};

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * queue-growth: far more is put off by remote hosts than usual.
 */
#include "weir/scan.h"

static const struct measure measures[] = {
	{ "host", KEY_HOST, TALLY_DEFERRALS,
	    60, 0.3, SPANS_ALL, EVIDENCE_OUTCOME, false },
};

static void
advise(const struct hit *h, const struct event *e, struct buf *out)
{
	(void)e;
	buf_addf(out, "1. See it: `weir query --since 2h %s %.*s`.\n",
	    h->key.type == KEY_RECIPIENT_DOMAIN ? "--domain" :
	    h->key.type == KEY_HOST || h->key.type == KEY_GLOBAL ?
	    "--class rejected #" : "--client", STRF(h->key.text));
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

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * relay-probe: somebody tries whether this host relays, and is refused.  This
 * is common, so it only informs; what is then accepted is an open relay, whose
 * alert takes this one's place and says how many were refused before.
 */
#include "weir/scan.h"
#include "weir/steps.h"

static const struct measure measures[] = {
	{ "client", KEY_CLIENT_ADDRESS, TALLY_DENIED,
	    8, 0.5, 1u << WINDOW_1H, EVIDENCE_GUESSING, JUDGE_COUNT },
	{ "network", KEY_CLIENT_NETWORK, TALLY_DENIED,
	    10, 0.5, 1u << WINDOW_1H, EVIDENCE_GUESSING, JUDGE_COUNT },
};

static enum alert_severity
grade(const struct hit *h)
{
	(void)h;
	return SEVERITY_INFO;
}

static void
say(const struct hit *h, const struct event *e, struct buf *out)
{
	buf_addf(out, "Relay attempts, all refused: %.*s tried %u times in %s "
	    "to send through %.*s, the last time to %.*s", STRF(h->key.text),
	    h->observed, window_name(h->span), STRF(e->host),
	    STRF(str_head(e->recipient, 128)));
}

static void
advise(const struct hit *h, const struct event *e, struct buf *out)
{
	int	n = 0;

	(void)e;
	steps_look(out, &n, "Nothing to mend: all were refused. What it tried",
	    "--class relay_denied --client", h->key.text);
	steps_look(out, &n, "Make sure that nothing was taken",
	    "--kind delivery --client", h->key.text);
	steps_block(out, &n, h->key.text);
}

const struct detector detector_relay_probe = {
	.name = "relay-probe",
	.summary = "attempts to relay that were refused",
	.most = SEVERITY_INFO,
	.merges = MERGES_ALL,
	.attempts = true,
	.measures = measures,
	.nmeasures = sizeof(measures) / sizeof(measures[0]),
	.say = say,
	.grade = grade,
	.advise = advise,
};

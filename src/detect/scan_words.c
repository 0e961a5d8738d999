/* SPDX-License-Identifier: Apache-2.0 */
/* A hit in words: title, reasons, what to do. */
#include "weir/scan.h"

#include <math.h>
#include <stdio.h>

#define CRITICAL_DECADES	1.0	/* over the budget */
#define PART_PERCENT		10	/* of a sum is worth a name */

/* "once in 40 weeks", "3 times a week" */
static void
say_often(double per_week, struct buf *out)
{
	if (per_week >= 1)
		buf_addf(out, "%.0f times a week", per_week);
	else if (per_week > 1 / 150.0)
		buf_addf(out, "once in %.0f weeks", 1 / per_week);
	else if (per_week > 1 / 5200.0)
		buf_addf(out, "once in %.0f years", 1 / per_week / 52);
	else
		buf_addf(out, "less than once in 100 years");
}

static void
say_evidence(const struct hit *h, struct buf *out)
{
	static const char *const said[] = {
		[EVIDENCE_VOLUME] = "more than usual",
		[EVIDENCE_SOURCE] = "from networks new to it",
		[EVIDENCE_SENDER] = "under senders that are not from here",
		[EVIDENCE_OUTCOME] = "much of it refused",
		[EVIDENCE_GUESSING] = "after failed logins",
	};

	for (int i = 0; i < EVIDENCE_COUNT; i++)
		if (h->evidence >> i & 1)
			buf_addf(out, ", %s", said[i]);
	if (h->new_source && !(h->evidence >> EVIDENCE_SOURCE & 1) &&
	    h->measure->evidence != EVIDENCE_SOURCE)
		buf_addf(out, ", from a network new to it");
}

/* "; most of it: 203.0.113.7 (41 %), bob@example.org (22 %)" */
static void
say_parts(const struct hit *h, struct buf *out)
{
	unsigned	percent;
	bool		said = false;

	for (size_t i = 0; i < h->nparts && h->whole > 0; i++) {
		percent = (unsigned)(h->parts[i].n * UINT64_C(100) /
		    h->whole);
		if (percent < PART_PERCENT)
			break;
		buf_addf(out, "%s%s (%u %%)", said ? ", " : "; most of it: ",
		    h->parts[i].text, percent);
		said = true;
	}
}

static void
say_title(const struct hit *h, struct buf *out)
{
	struct str	key = h->key.type == KEY_GLOBAL ? STR("all hosts") :
			    h->key.text;

	buf_addf(out, "%s: %.*s, %u %s in %s", h->detector->lead, STRF(key),
	    h->observed, tally_plural(h->measure->tally),
	    window_name(h->span));
	if (h->recipients > 0)
		buf_addf(out, h->measure->tally == TALLY_RECIPIENTS ?
		    " (some %.0f different in a day)" :
		    " (to some %.0f recipients in a day)", h->recipients);
	say_evidence(h, out);
	buf_addf(out, "; usual: up to %.0f; so much comes by itself ",
	    ceil(h->usual));
	say_often(h->per_week, out);
	say_parts(h, out);
}

void
scan_reason(const struct hit *h, struct alert_reason *ret)
{
	(void)snprintf(ret->name, sizeof(ret->name), "%s",
	    tally_plural(h->measure->tally));
	(void)snprintf(ret->window, sizeof(ret->window), "%s",
	    window_name(h->span));
	ret->observed = h->observed;
	ret->expected = h->expected;
	ret->threshold = h->floor;
	ret->p_value = h->p_value;
}

/* What it is about may be known and wanted. */
static void
say_exemption(const struct hit *h, struct buf *out)
{
	struct buf	section = { 0 };

	if (exempt_advise(h->detector->name, h->key.type, h->key.text,
	    "\n     ", &section))
		buf_addf(out, "If it is legitimate, in weir.conf:\n     "
		    "%.*s\n", STRF(buf_str(&section)));
	else
		buf_addf(out, "If it is legitimate, raise %s-floor in "
		    "[detector %s] of weir.conf, %.0f now.\n",
		    h->measure->name, h->detector->name, (double)h->floor);
	buf_done(&section);
}

void
scan_describe(const struct hit *h, const struct event *e, struct finding *ret)
{
	ret->detector = h->detector->name;
	ret->severity = h->margin >= CRITICAL_DECADES ? SEVERITY_CRITICAL :
	    SEVERITY_WARNING;
	if (ret->severity > h->detector->most)
		ret->severity = h->detector->most;
	ret->host = e->host;
	ret->key_type = h->key.type;
	str_copy(h->key.text, ret->key, sizeof(ret->key));
	ret->shadow = h->shadow;
	say_title(h, &ret->title);
	h->detector->advise(h, e, &ret->runbook);
	say_exemption(h, &ret->runbook);
	scan_reason(h, &ret->reasons[0]);
	ret->nreasons = 1;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* A hit in words: title, reasons, what to do. */
#include "weir/scan.h"

#include <math.h>
#include <stdio.h>

#define CRITICAL_DECADES	1.0	/* over the budget */
#define PART_PERCENT		10	/* of a sum is worth a name */

/* What the key did, after its name; %u is how many. */
static const char *const did[TALLY_COUNT] = {
	[TALLY_MESSAGES] = "sent %u messages",
	[TALLY_RECIPIENTS] = "sent to %u recipients",
	[TALLY_NEW_RECIPIENTS] =
	    "sent to %u recipients it had not written to before",
	[TALLY_NEW_NET_MESSAGES] = "sent %u messages from networks new to it",
	[TALLY_NEW_NETS] = "sent from %u networks new to it",
	[TALLY_FOREIGN] =
	    "sent %u messages under senders that are not from here",
	[TALLY_BOUNCES] = "had %u recipients refused elsewhere",
	[TALLY_DEFERRALS] = "had %u recipients put off elsewhere",
	[TALLY_BLOCKED] =
	    "was told %u times that it is on a block list or has a bad name",
	[TALLY_INBOUND] = "handed in %u messages",
	[TALLY_NEW_ADDRESSES] = "sent from %u addresses not seen before",
	[TALLY_NULL_SENDERS] = "got %u bounces",
	[TALLY_AUTH_FAILURES] = "had %u failed logins",
	[TALLY_FAILED_NETS] = "had failed logins from %u networks",
	[TALLY_FAILED_USERS] = "failed to log in under %u names",
};

static void
say_what(const struct hit *h, struct buf *out)
{
	enum tally	t = h->measure->tally;
	const char	*p = did[t];

	if (t == TALLY_UNKNOWN_USERS)
		p = h->key.type == KEY_RECIPIENT_DOMAIN ?
		    "got mail for %u recipients that do not exist" :
		    "tried %u recipients that do not exist";
	if (p == NULL) {
		buf_addf(out, "%u %s", h->observed, tally_plural(t));
		return;
	}
	for (; *p != '\0'; p++) {
		if (p[0] == '%' && p[1] == 'u') {
			buf_addf(out, "%u", h->observed);
			p++;
		} else {
			buf_add_char(out, *p);
		}
	}
}

/* How rare; what is not, is told for what else was seen. */
static void
say_often(double per_week, struct buf *out)
{
	if (per_week > 0.66)
		return;
	buf_addf(out, "; bursts this large: ");
	if (per_week > 1 / 150.0)
		buf_addf(out, "one in %.0f weeks", 1 / per_week);
	else if (per_week > 1 / 5200.0)
		buf_addf(out, "one in %.0f years", 1 / per_week / 52);
	else
		buf_addf(out, "less than one in 100 years");
}

static void
say_source(const struct hit *h, struct buf *out)
{
	if (h->nets > 1)
		buf_addf(out, "; from %zu networks never seen before", h->nets);
	else
		buf_addf(out, "; from a network new to it");
}

static void
say_evidence(const struct hit *h, struct buf *out)
{
	static const char *const said[] = {
		[EVIDENCE_VOLUME] = "more than usual",
		[EVIDENCE_SENDER] = "under senders that are not from here",
		[EVIDENCE_OUTCOME] = "much of it refused",
		[EVIDENCE_GUESSING] = "after failed logins",
	};
	bool	source = h->evidence >> EVIDENCE_SOURCE & 1;

	if ((source || h->new_source) &&
	    h->measure->evidence != EVIDENCE_SOURCE)
		say_source(h, out);
	for (int i = 0; i < EVIDENCE_COUNT; i++)
		if (said[i] != NULL && h->evidence >> i & 1)
			buf_addf(out, "; %s", said[i]);
}

/* Whole numbers: what is counted is. */
static void
say_usual(const struct hit *h, struct buf *out)
{
	double	low = floor(2 * h->expected - h->usual);

	buf_addf(out, "; usual %s: %.0f to %.0f", h->span < WINDOW_24H ?
	    "at this hour of the week" : "in that time", low > 0 ? low : 0,
	    ceil(h->usual));
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
say_title(const struct hit *h, const struct event *e, struct buf *out)
{
	if (h->detector->lead != NULL)
		buf_addf(out, "%s: ", h->detector->lead);
	switch (h->key.type) {
	case KEY_GLOBAL:
		buf_addf(out, "all hosts together ");
		break;
	case KEY_LOCAL_USER:
		buf_addf(out, "local user %.*s of %.*s ", STRF(h->key.text),
		    STRF(e->host));
		break;
	default:
		buf_addf(out, "%.*s ", STRF(h->key.text));
		break;
	}
	say_what(h, out);
	buf_addf(out, " in %s", window_name(h->span));
	if (h->recipients > 0 && h->measure->tally == TALLY_RECIPIENTS)
		buf_addf(out, " (some %.0f different in a day)",
		    h->recipients);
	else if (h->recipients > 0 && h->measure->tally == TALLY_MESSAGES)
		buf_addf(out, " (to some %.0f recipients in a day)",
		    h->recipients);
	say_usual(h, out);
	say_often(h->per_week, out);
	say_evidence(h, out);
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
	const struct detector	*d = h->detector;

	ret->detector = d->name;
	if (d->grade != NULL)
		ret->severity = d->grade(h);
	else
		ret->severity = h->margin >= CRITICAL_DECADES ?
		    SEVERITY_CRITICAL : SEVERITY_WARNING;
	if (ret->severity > d->most)
		ret->severity = d->most;
	ret->host = e->host;
	ret->key_type = h->key.type;
	str_copy(h->key.text, ret->key, sizeof(ret->key));
	ret->shadow = h->shadow;
	if (d->say != NULL)
		d->say(h, e, &ret->title);
	else
		say_title(h, e, &ret->title);
	d->advise(h, e, &ret->runbook);
	say_exemption(h, &ret->runbook);
	scan_reason(h, &ret->reasons[0]);
	ret->nreasons = 1;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines of mail servers: each is a tag, a blank and a text.  What is read lies
 * in the line, and a text reads the same wherever it lies.
 *
 * Covers: src/mta/rule.c src/mta/postfix.c src/mta/mta.c src/mta/weir_self.c
 * Covers: src/mta/neighbours.c src/mta/postfix_cut.c
 */
#include <assert.h>
#include <stdlib.h>

#include "weir/mem.h"
#include "weir/mta.h"
#include "weir/syslog.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* An action is weir's word, and so is what smtpd answered without a log. */
static bool
is_own_word(const struct line *l, enum field f)
{
	return f == FIELD_ACTION || (l->kind == LINE_REJECT &&
	    (f == FIELD_CODE || f == FIELD_DSN || f == FIELD_REPLY ||
	    f == FIELD_STAGE));
}

static void
check_text(struct str unit, struct str text)
{
	struct record r = { .unit = unit, .text = text };
	char *copy = xmemdup(text.p, text.n + 1);
	struct line l, again;

	mta_parse(&r, &l);
	r.text.p = copy;
	mta_parse(&r, &again);
	assert((unsigned)l.kind < LINE_KIND_COUNT);
	assert(mta_find(l.mta == NULL ? STR("none") : str_of(l.mta->name)) ==
	    l.mta);
	assert(l.kind == again.kind && l.rule == again.rule);
	assert(l.ambiguous == again.ambiguous && l.hop == again.hop);
	for (enum field f = 0; f < FIELD_COUNT; f++) {
		assert(str_known(l.f[f]) == str_known(again.f[f]));
		assert(str_eq(l.f[f], again.f[f]));
		/* A transport is the tag's. */
		if (str_known(l.f[f]) && !is_own_word(&l, f))
			assert(l.f[f].p >= (f == FIELD_TRANSPORT ? unit.p :
			    text.p) &&
			    l.f[f].p + l.f[f].n <= text.p + text.n);
	}
#ifdef WEIR_PLANTED_FAULT
	/* See tests/fuzz/planted: a byte too far, for a line no seed has. */
	if (l.kind == LINE_REJECT && str_eq(l.f[FIELD_STAGE], STR("TURN")))
		l.ambiguous = *(volatile char *)&copy[text.n + 1] == '\0';
#endif
	free(copy);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str rest = { (const char *)data, size }, line, unit;
	char *p;

	while (str_cut(&rest, '\n', &line)) {
		p = str_dup(line);
		line = (struct str){ p, syslog_clean(p, line.n) };
		p[line.n] = '\0';
		if (str_cut(&line, ' ', &unit))
			check_text(unit, line);
		free(p);
	}
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The list of detectors, and findings as values. */
#include <math.h>

#include "weir/detect.h"

#define X(n) extern const struct detector detector_##n;
DETECTORS(X)
#undef X

static const struct detector *const detectors[] = {
#define X(n) &detector_##n,
	DETECTORS(X)
#undef X
};

#define DETECTOR_COUNT	(sizeof(detectors) / sizeof(detectors[0]))

const struct detector *
detector_at(size_t i)
{
	return i < DETECTOR_COUNT ? detectors[i] : NULL;
}

size_t
detector_count(void)
{
	return DETECTOR_COUNT;
}

const struct detector *
detector_find(struct str name)
{
	size_t i;

	for (i = 0; i < DETECTOR_COUNT; i++)
		if (str_eq(str_of(detectors[i]->name), name))
			return detectors[i];
	return NULL;
}

void
finding_init(struct finding *f)
{
	size_t i;

	memset(f, 0, sizeof(*f));
	for (i = 0; i < ALERT_REASONS_MAX; i++)
		f->reasons[i] = (struct alert_reason){ .observed = NAN,
		    .expected = NAN, .threshold = NAN, .p_value = NAN };
}

void
finding_done(struct finding *f)
{
	buf_done(&f->title);
	buf_done(&f->runbook);
}

void
finding_quote(struct buf *out, struct str s)
{
	size_t i;

	buf_add_char(out, '\'');
	for (i = 0; i < s.n && i < KEY_TEXT_MAX; i++) {
		if (s.p[i] == '\'')
			buf_add_str(out, STR("'\\''"));
		else
			buf_add_char(out, s.p[i]);
	}
	buf_add_char(out, '\'');
}

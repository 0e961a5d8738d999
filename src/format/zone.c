/* SPDX-License-Identifier: Apache-2.0 */
/* Local time to UTC and back, by a table of transitions. */
#include <assert.h>

#include "weir/zone.h"

static const struct zone_span utc_span = { INT64_MIN, 0 };

const struct zone zone_utc = { "UTC", &utc_span, 1 };

/* The span that holds `at`. */
static const struct zone_span *
find_span(const struct zone *z, int64_t at)
{
	size_t lo = 0, hi = z->n;

	assert(z->n > 0);
	while (hi - lo > 1) {
		size_t mid = lo + (hi - lo) / 2;

		if (z->spans[mid].since <= at)
			lo = mid;
		else
			hi = mid;
	}
	return &z->spans[lo];
}

/*
 * Local clocks are at most a day off, so the span of that local time read as
 * UTC and its two neighbours are all that can hold it.  In a gap every span
 * is over or has not begun; the last that is over moves the time forward.
 */
int64_t
zone_to_utc(const struct zone *z, const struct civil *local, int64_t after)
{
	int64_t wall = usec_of_civil(local), first = 0, over = wall;
	const struct zone_span *s, *last = z->spans + z->n - 1;
	bool found = false;

	if (z->n == 1)
		return wall - z->spans[0].offset * USEC_PER_SEC;
	s = find_span(z, wall);
	if (s > z->spans)
		s--;
	for (int i = 0; i < 3 && s <= last; i++, s++) {
		int64_t at = wall - s->offset * USEC_PER_SEC;

		if (s < last && at >= s[1].since) {
			over = at;
		} else if (at >= s->since) {
			if (found && first < after - USEC_PER_MIN)
				return at;
			if (!found)
				first = at;
			found = true;
		}
	}
	return found ? first : over;
}

struct civil
zone_to_local(const struct zone *z, int64_t at)
{
	return usec_to_civil(at + find_span(z, at)->offset * USEC_PER_SEC);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* See window.h. */
#include "weir/window.h"

static const struct {
	const char	*name;
	int64_t		 slice_us;
} spans[] = {
#define X(name, text, slice) { text, (slice) * USEC_PER_SEC },
	WINDOW_SPANS(X)
#undef X
};

const char *
window_name(enum window_span s)
{
	return spans[s].name;
}

int64_t
window_us(enum window_span s)
{
	return spans[s].slice_us * WINDOW_SLICES;
}

static uint32_t
slice_of(enum window_span s, int64_t at)
{
	int64_t	slice = at / spans[s].slice_us;

	return slice < 0 ? 0 : slice > UINT32_MAX ? UINT32_MAX :
	    (uint32_t)slice;
}

static void
forward(struct window *w, uint32_t slice)
{
	if (slice <= w->slice)
		return;
	if (slice - w->slice >= WINDOW_SLICES || w->sum == 0) {
		memset(w->n, 0, sizeof(w->n));
		w->sum = 0;
		w->slice = slice;
		return;
	}
	while (w->slice < slice) {
		uint32_t	*n = &w->n[++w->slice % WINDOW_SLICES];

		w->sum -= *n;
		*n = 0;
	}
}

void
window_add(struct window *w, enum window_span s, int64_t at, uint32_t n)
{
	uint32_t	slice = slice_of(s, at);

	forward(w, slice);
	if (w->slice - slice >= WINDOW_SLICES)
		return;
	if (n > UINT32_MAX - w->sum)
		n = UINT32_MAX - w->sum;
	w->n[slice % WINDOW_SLICES] += n;
	w->sum += n;
}

uint32_t
window_sum(struct window *w, enum window_span s, int64_t now)
{
	forward(w, slice_of(s, now));
	return w->sum;
}

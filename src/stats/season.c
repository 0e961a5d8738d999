/* SPDX-License-Identifier: Apache-2.0 */
/* See season.h. */
#include "weir/season.h"

#include <math.h>

#include "weir/baseline.h"

#define SHRINK	20.0	/* events' worth of belief in the coarser profile */

static void
weigh(struct season *s)
{
	double	day[24] = { 0 }, all = 0, flat, w;
	int	i;

	for (i = 0; i < SEASON_SLOTS; i++) {
		day[i % 24] += (double)s->n[i];
		all += (double)s->n[i];
	}
	for (i = 0; i < 24; i++)
		day[i] = (day[i] + SHRINK) / (all / 24 + SHRINK);
	flat = all / SEASON_SLOTS;
	for (i = 0; i < SEASON_SLOTS; i++) {
		w = ((double)s->n[i] + SHRINK * day[i % 24]) / (flat + SHRINK);
		s->before[i + 1] = s->before[i] + w;
	}
}

void
season_init(struct season *s)
{
	memset(s, 0, sizeof(*s));
	s->half_life = BASELINE_HALF_LIFE_HOURS;
	weigh(s);
}

static void
forward(struct season *s, uint32_t hour)
{
	float	keep = (float)exp2(-(double)(hour - s->hour) / s->half_life);
	float	keep_1 = (float)exp2(-1 / s->half_life);

	s->n[s->hour % SEASON_SLOTS] += (float)s->fresh[0];
	if (s->fresh[1] > 0)
		s->n[(s->hour - 1) % SEASON_SLOTS] +=
		    (float)s->fresh[1] * keep_1;
	for (int i = 0; i < SEASON_SLOTS; i++)
		s->n[i] *= keep;
	s->fresh[0] = s->fresh[1] = 0;
	s->hour = hour;
	weigh(s);
}

void
season_add(struct season *s, uint32_t hour)
{
	if (hour > s->hour)
		forward(s, hour);
	if (s->hour - hour < 2 && s->fresh[s->hour - hour] < UINT32_MAX)
		s->fresh[s->hour - hour]++;
}

double
season_weight(const struct season *s, uint32_t hour)
{
	int	i = (int)(hour % SEASON_SLOTS);

	return s->before[i + 1] - s->before[i];
}

double
season_sum(const struct season *s, uint32_t first, uint32_t hours)
{
	uint32_t	from = first % SEASON_SLOTS;
	uint32_t	end = from + hours % SEASON_SLOTS;
	uint32_t	weeks = hours / SEASON_SLOTS;
	double		all = s->before[SEASON_SLOTS], sum = all * weeks;

	if (end <= SEASON_SLOTS)
		return sum + s->before[end] - s->before[from];
	return sum + all - s->before[from] + s->before[end - SEASON_SLOTS];
}

void
season_pack(struct buf *b, const struct season *s)
{
	buf_put_u32(b, s->hour);
	buf_put_u32(b, s->fresh[0]);
	buf_put_u32(b, s->fresh[1]);
	for (int i = 0; i < SEASON_SLOTS; i++)
		buf_put_f32(b, s->n[i]);
}

bool
season_unpack(struct buf_reader *r, struct season *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->half_life = BASELINE_HALF_LIFE_HOURS;
	ret->hour = buf_get_u32(r);
	ret->fresh[0] = buf_get_u32(r);
	ret->fresh[1] = buf_get_u32(r);
	for (int i = 0; i < SEASON_SLOTS; i++) {
		ret->n[i] = buf_get_f32(r);
		r->bad = r->bad || ret->n[i] < 0;
	}
	weigh(ret);
	return !r->bad;
}

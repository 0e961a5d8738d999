/* SPDX-License-Identifier: Apache-2.0 */
/* A scan as bytes, for the checkpoint. */
#include "scan_priv.h"

#define PACK_VERSION	1

void
scan_pack(struct buf *b, const struct scan *s)
{
	buf_put_u8(b, PACK_VERSION);
	buf_put_u64(b, (uint64_t)s->now);
	buf_put_u32(b, (uint32_t)s->nstrata);
	for (size_t i = 0; i < s->nstrata; i++) {
		buf_put_str(b, str_of(s->strata[i].detector->name));
		buf_put_str(b, str_of(s->strata[i].measure->name));
		for (int w = 0; w < WINDOW_SPAN_COUNT; w++)
			peaks_pack(b, &s->strata[i].peaks[w]);
	}
	profile_pack(b, s->profile);
}

/* A detector may be off now, or new. */
static struct stratum *
find_stratum(struct scan *s, struct str detector, struct str measure)
{
	for (size_t i = 0; i < s->nstrata; i++)
		if (str_eq(str_of(s->strata[i].detector->name), detector) &&
		    str_eq(str_of(s->strata[i].measure->name), measure))
			return &s->strata[i];
	return NULL;
}

static bool
unpack(struct buf_reader *r, struct scan *s)
{
	struct str	detector, measure;
	struct peaks	peaks;
	struct stratum	*st;

	if (buf_get_u8(r) != PACK_VERSION)
		return false;
	s->now = buf_get_i64(r);
	if (s->now < 0)
		return false;
	for (uint32_t n = buf_get_u32(r); n > 0 && !r->bad; n--) {
		detector = buf_get_str(r);
		measure = buf_get_str(r);
		st = find_stratum(s, detector, measure);
		for (int w = 0; w < WINDOW_SPAN_COUNT; w++) {
			peaks_unpack(r, &peaks);
			if (st != NULL)
				st->peaks[w] = peaks;
		}
	}
	for (int k = 0; k < KEY_TYPE_COUNT; k++)
		s->alarmed[k] = s->now;
	return !r->bad && profile_unpack(r, s->profile);
}

bool
scan_unpack(struct buf_reader *r, struct scan *s)
{
	if (unpack(r, s))
		return true;
	/* Half of it is worse than none. */
	profile_free(s->profile);
	s->profile = scan_new_profile(&s->o);
	for (size_t i = 0; i < s->nstrata; i++)
		memset(s->strata[i].peaks, 0, sizeof(s->strata[i].peaks));
	s->now = 0;
	return false;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lines that may be repeated, each packed, in order of age.  There are few:
 * a host is here only while its last line is a refusal or the like.
 */
#include <stdlib.h>

#include "weir/mem.h"
#include "weir/repeats.h"

#define HOSTS_MAX	32
#define BYTES_MAX	(64 * 1024)	/* but one line is always kept */

struct repeats {
	struct buf	 line[HOSTS_MAX];
	size_t		 n, bytes;
	bool		 changed;
};

struct repeats *
repeats_new(void)
{
	return xcalloc(1, sizeof(struct repeats));
}

void
repeats_free(struct repeats *t)
{
	size_t i;

	if (t == NULL)
		return;
	for (i = 0; i < HOSTS_MAX; i++)
		buf_done(&t->line[i]);
	free(t);
}

static void
pack_line(struct buf *b, const struct record *r)
{
	buf_put_str(b, r->host);
	buf_put_str(b, r->unit);
	buf_put_str(b, r->text);
	buf_put_str(b, r->raw);
	buf_put_u32(b, r->pid);
	buf_put_u8(b, (uint8_t)r->provenance);
}

/* Borrows from the blob. */
static bool
unpack_line(struct buf_reader *r, struct record *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->host = buf_get_str(r);
	ret->unit = buf_get_str(r);
	ret->text = buf_get_str(r);
	ret->raw = buf_get_str(r);
	ret->pid = buf_get_u32(r);
	ret->provenance = buf_get_u8(r);
	ret->repeat = 1;
	return !r->bad && ret->provenance <= PROVENANCE_LOCAL_USER;
}

/* t->n: it has none. */
static size_t
find(const struct repeats *t, struct str host)
{
	struct buf_reader r;
	size_t i;

	for (i = t->n; i > 0; i--) {
		r = (struct buf_reader){ buf_str(&t->line[i - 1]), false };
		if (str_eq(buf_get_str(&r), host))
			return i - 1;
	}
	return t->n;
}

/* Line i goes; its memory is the next one's. */
static void
drop(struct repeats *t, size_t i)
{
	struct buf gone = t->line[i];

	t->bytes -= gone.n;
	t->n--;
	memmove(&t->line[i], &t->line[i + 1],
	    (t->n - i) * sizeof(t->line[0]));
	buf_clear(&gone);
	t->line[t->n] = gone;
	t->changed = true;
}

void
repeats_clear(struct repeats *t, struct str host)
{
	size_t i = find(t, host);

	if (i < t->n)
		drop(t, i);
}

void
repeats_set(struct repeats *t, const struct record *r)
{
	struct buf *b;

	repeats_clear(t, r->host);
	if (t->n == HOSTS_MAX)
		drop(t, 0);
	b = &t->line[t->n++];
	pack_line(b, r);
	t->bytes += b->n;
	while (t->bytes > BYTES_MAX && t->n > 1)
		drop(t, 0);
	t->changed = true;
}

bool
repeats_get(const struct repeats *t, struct str host, struct record *ret)
{
	struct buf_reader r = { STR_NONE, false };
	size_t i = find(t, host);

	if (i == t->n)
		return false;
	r.rest = buf_str(&t->line[i]);
	return unpack_line(&r, ret);
}

bool
repeats_changed(const struct repeats *t)
{
	return t->changed;
}

void
repeats_pack(struct repeats *t, struct buf *b)
{
	size_t i;

	for (i = 0; i < t->n; i++)
		buf_add_str(b, buf_str(&t->line[i]));
	t->changed = false;
}

bool
repeats_unpack(struct repeats *t, struct str blob)
{
	struct buf_reader r = { blob, false };
	struct record line;

	while (r.rest.n > 0) {
		if (!unpack_line(&r, &line))
			return false;
		repeats_set(t, &line);
	}
	t->changed = false;
	return true;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the tests of the sources share: a directory of their own with real
 * files, lines that tell their number, and reading a source until it waits.
 */
#ifndef WEIR_TEST_SOURCE_UTIL_H
#define WEIR_TEST_SOURCE_UTIL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "weir/buf.h"
#include "weir/source.h"

#define UNUSED	__attribute__((unused))

static char dir[64];

static UNUSED int
enter(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/weir-source-XXXXXX");
	return mkdtemp(dir) == NULL || chdir(dir) == -1 ? -1 : 0;
}

static UNUSED int
leave(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf '%s'", dir);
	return chdir("/") == -1 ? -1 : system(command);
}

static UNUSED __attribute__((format(printf, 1, 2))) void
run(const char *fmt, ...)
{
	char command[4096];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(command, sizeof(command), fmt, ap);
	va_end(ap);
	if (system(command) != 0)
		fail_msg("failed: %s", command);
}

static UNUSED void
append(const char *path, const void *p, size_t n)
{
	FILE *f = fopen(path, "a");

	assert_non_null(f);
	assert_int_equal(fwrite(p, 1, n, f), n);
	assert_int_equal(fclose(f), 0);
}

/* The line of that number, with its end. */
static UNUSED const char *
line(int number)
{
	static char text[128];

	snprintf(text, sizeof(text), "2026-11-23T%02d:%02d:%02d.000000+00:00 "
	    "mx postfix/qmgr[7]: 4X%08XzZ: removed\n", number / 3600 % 24,
	    number / 60 % 60, number % 60, (unsigned)number);
	return text;
}

static UNUSED void
lines(const char *path, int first, int n)
{
	while (n-- > 0) {
		append(path, line(first), strlen(line(first)));
		first++;
	}
}

/* What was read, joined by LF, and all that was met on the way. */
struct seen {
	struct buf		text;
	struct batch_counts	counts;
	char			notices[2048];
	char			kinds[256];
	struct stream		stream;		/* the last that moved */
	size_t			nlines, batches;
	int64_t			last_at;
	struct error		err;
};

static UNUSED void
seen_clear(struct seen *s)
{
	buf_done(&s->text);
	memset(s, 0, sizeof(*s));
}

static UNUSED void
take_batch(struct seen *s, const struct batch *b)
{
	size_t i, n = strlen(s->notices);

	for (i = 0; i < b->nlines; i++) {
		buf_add_str(&s->text, b->lines[i].record.raw);
		buf_add_char(&s->text, '\n');
		s->last_at = b->lines[i].record.at;
	}
	s->nlines += b->nlines;
	s->batches++;
	s->counts.lines += b->counts.lines;
	s->counts.bytes += b->counts.bytes;
	s->counts.cut += b->counts.cut;
	s->counts.empty += b->counts.empty;
	s->counts.no_stamp += b->counts.no_stamp;
	s->counts.cleaned += b->counts.cleaned;
	s->counts.ignored += b->counts.ignored;
	s->counts.unknown += b->counts.unknown;
	s->counts.lost += b->counts.lost;
	if (b->stream.id != 0)
		s->stream = b->stream;
	snprintf(s->notices + n, sizeof(s->notices) - n, "%s%s", b->notice,
	    b->notice[0] != '\0' ? "\n" : "");
	n = strlen(s->kinds);
	snprintf(s->kinds + n, sizeof(s->kinds) - n, "%s", b->notice_kind);
}

/* Until nothing more is to be had now. */
static UNUSED enum source_state
read_all(struct source *src, struct seen *s)
{
	struct batch *b = batch_new();
	enum source_state state;
	int rounds = 0;

	do {
		state = source_read(src, b, &s->err);
		take_batch(s, b);
		assert_true(rounds++ < 100000);
	} while (state == SOURCE_READY);
	batch_free(b);
	return state;
}

/* Open, read to the end, close. */
static UNUSED enum source_state
read_path(const char *path, bool follow, struct streams *known,
    struct seen *s)
{
	struct source_options o = { .path = path, .follow = follow,
	    .host = "here" };
	struct source *src = source_open(&o, known, &s->err);
	enum source_state state;

	if (src == NULL)
		fail_msg("%s: %s", path, s->err.text);
	state = read_all(src, s);
	source_close(src);
	return state;
}

/* Were just the lines first to first + n - 1 read, in this order? */
static UNUSED void
assert_lines(const struct seen *s, int first, int n)
{
	struct buf want = { 0 };
	int i;

	for (i = 0; i < n; i++)
		buf_add_str(&want, str_of(line(first + i)));
	if (!str_eq(buf_str(&s->text), buf_str(&want)))
		fail_msg("got %zu lines:\n%.*s\nwant %d from %d\nnotices: %s",
		    s->nlines, STRF(buf_str(&s->text)), n, first, s->notices);
	buf_done(&want);
}

/* A followed file and what was seen of it. */
struct following {
	struct streams	 known;
	struct source	*src;
	struct seen	 seen;
};

static UNUSED void
begin(struct following *f, const char *path)
{
	struct source_options o = { .path = path, .follow = true,
	    .host = "here" };

	f->src = source_open(&o, &f->known, &f->seen.err);
	if (f->src == NULL)
		fail_msg("%s: %s", path, f->seen.err.text);
	assert_string_equal(f->src->type->name, "tail");
}

static UNUSED void
stop(struct following *f)
{
	source_close(f->src);
	f->src = NULL;
}

static UNUSED void
done(struct following *f)
{
	source_close(f->src);
	seen_clear(&f->seen);
	streams_done(&f->known);
	memset(f, 0, sizeof(*f));
}

static UNUSED enum source_state
look(struct following *f)
{
	return read_all(f->src, &f->seen);
}

#endif

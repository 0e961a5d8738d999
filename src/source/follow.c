/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every read also reads the file's first bytes and holds them against the
 * fingerprint, after the bytes wanted: if those were read before somebody
 * truncated and rewrote the file, the fingerprint tells, and they are dropped.
 *
 * A file whose beginning is the same but which is shorter than what was read
 * lost its end in a crash; it is gone on with where it ends now.
 */
#include <errno.h>
#include <time.h>
#include <unistd.h>

#include "file.h"
#include "fingerprint.h"
#include "follow.h"
#include "streams.h"

static ssize_t
read_at(int fd, char *p, size_t n, int64_t at)
{
	size_t got = 0;
	ssize_t r;

	while (got < n) {
		r = pread(fd, p + got, n - got, (off_t)at + (off_t)got);
		if (r == -1 && errno == EINTR)
			continue;
		if (r == -1)
			return got > 0 ? (ssize_t)got : -1;
		if (r == 0)
			break;
		got += (size_t)r;
	}
	return (ssize_t)got;
}

size_t
follow_head(int fd, char ret[STREAM_FINGERPRINT_SPAN])
{
	ssize_t n = read_at(fd, ret, STREAM_FINGERPRINT_SPAN, 0);

	return n > 0 ? (size_t)n : 0;
}

bool
follow_is_copy(const struct follow *f, const char *path)
{
	char a[STREAM_FINGERPRINT_SPAN], b[STREAM_FINGERPRINT_SPAN];
	size_t n = follow_head(f->fd, a), m = file_head(path, b);

	n = n < m ? n : m;
	return n > 0 && memcmp(a, b, n) == 0;
}

/* Was half a line taken in?  Then its other half is no line. */
static void
find_line(struct follow *f)
{
	char last = '\n';

	if (f->stream.offset > 0 &&
	    read_at(f->fd, &last, 1, f->stream.offset - 1) == 1)
		f->cutter.skipping = last != '\n';
}

void
follow_begin(struct follow *f, int fd, const struct stream *stream,
    const struct source_options *o, const struct streams *known,
    uint32_t chain)
{
	char head[STREAM_FINGERPRINT_SPAN];
	struct stat st = { 0 };

	f->fd = fd;
	f->seen.fingerprint_len = 0;
	fstat(fd, &st);
	f->dev = st.st_dev;
	f->ino = st.st_ino;
	if (stream != NULL) {
		f->stream = *stream;
		str_copy(str_of(o->path), f->stream.name,
		    sizeof(f->stream.name));
	} else {
		if (chain == 0 && st.st_size > 0)
			chain = fingerprint_chain((struct str){ head,
			    follow_head(fd, head) });
		streams_begin(&f->stream, o, o->path, chain);
	}
	batch_resume(&f->cutter, known, &f->stream, o->zone);
	find_line(f);
}

void
follow_close(struct follow *f)
{
	if (f->fd != -1)
		close(f->fd);
	f->fd = -1;
}

bool
follow_is(const struct follow *f, const struct stat *st)
{
	return f->fd != -1 && f->dev == st->st_dev && f->ino == st->st_ino;
}

void
follow_restart(struct follow *f, const struct source_options *o,
    const struct streams *known)
{
	follow_begin(f, f->fd, NULL, o, known, f->stream.chain);
}

static void
shrunk(struct follow *f, struct batch *b, int64_t size)
{
	batch_notice(b, "", "%s: lost its last %lld bytes, which had been "
	    "read", f->stream.name, (long long)(f->stream.offset - size));
	f->stream.offset = size;
	find_line(f);
}

/*
 * Is that another content than before?  What was seen may be more than what
 * was taken in, when a line is not finished.
 */
static bool
is_other(struct follow *f, struct str head)
{
	const struct stream *was = f->seen.fingerprint_len > 0 ? &f->seen :
	    &f->stream;

	if (was->fingerprint_len > 0 && !fingerprint_matches(was, head))
		return true;
	f->seen.offset = (int64_t)head.n;
	fingerprint_extend(&f->seen, head);
	return false;
}

enum follow_verdict
follow_read(struct follow *f, struct batch *b, struct streams *known,
    struct error *err)
{
	char head[STREAM_FINGERPRINT_SPAN];
	struct timespec now;
	struct stat st;
	struct str h;
	ssize_t n;
	bool full;

	n = read_at(f->fd, b->bytes, BATCH_BYTES, f->stream.offset);
	if (n == -1 || fstat(f->fd, &st) == -1) {
		error_set(err, "%s: %s", f->stream.name, strerror(errno));
		return FOLLOW_FAILED;
	}
	h = (struct str){ head, follow_head(f->fd, head) };
	if (is_other(f, h))
		return FOLLOW_OTHER;
	if (n == 0 && st.st_size < f->stream.offset)
		shrunk(f, b, st.st_size);
	if (n == 0) {
		f->caught_up = true;
		return FOLLOW_END;
	}
	b->n = (size_t)n;
	b->stream = f->stream;
	clock_gettime(CLOCK_REALTIME, &now);
	f->cutter.syslog.until = now.tv_sec * USEC_PER_SEC;
	f->cutter.syslog.fresh = f->caught_up;
	/* The same text an hour later may be another time. */
	f->cutter.syslog.stamp[0] = '\0';
	if (batch_cut(b, &f->cutter, false, &full) == 0) {
		b->stream.id = 0;
		return FOLLOW_END;
	}
	if (b->stream.chain == 0)
		b->stream.chain = fingerprint_chain(h);
	fingerprint_extend(&b->stream, h);
	b->stream.id = streams_put(known, &b->stream);
	f->stream = b->stream;
	return FOLLOW_MORE;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files that are read once: plain, gzip of any number of members, standard
 * input; one after the other.  What of a file was taken in before, under
 * whatever name, is gone past.
 *
 * A plain file's last line without its end is left for the next time, for
 * somebody may still write to it; that of a gzip or of standard input is
 * final.  A gzip that is cut off or damaged gives what was read before.
 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

#include "weir/mem.h"

#include "batch.h"
#include "file.h"
#include "fingerprint.h"
#include "streams.h"

#define GZ_BUFFER	(128 * 1024)

struct file {
	struct source		 source;
	struct source_options	 o;
	char			 host[256];
	struct streams		*known;
	struct paths		 paths;
	size_t			 next;		/* of paths */
	uint32_t		 chain, chain_given;

	/* The one that is open. */
	const char		*path;
	gzFile			 gz;
	bool			 final;		/* nobody writes to it */
	bool			 at_end;
	struct stream		 stream;
	struct cutter		 cutter;
	char			 head[STREAM_FINGERPRINT_SPAN];
	size_t			 nhead;
	char			*carry;		/* read and not yet cut */
	size_t			 ncarry;
};

static bool
is_stdin(const char *path)
{
	return strcmp(path, "-") == 0;
}

/* Fills up; the file ends, or is broken, where it comes out short. */
static size_t
fill(gzFile gz, char *p, size_t n)
{
	size_t got = 0;
	int r;

	while (got < n && (r = gzread(gz, p + got, (unsigned)(n - got))) > 0)
		got += (size_t)r;
	return got;
}

static gzFile
gz_open(const char *path)
{
	int fd = is_stdin(path) ? dup(STDIN_FILENO) :
	    open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	gzFile gz;

	if (fd == -1)
		return NULL;
	if ((gz = gzdopen(fd, "rb")) == NULL)
		close(fd);
	else
		gzbuffer(gz, GZ_BUFFER);
	return gz;
}

/* A pipe gives its bytes once: it is not looked into, and its end is final. */
static bool
is_regular(const char *path)
{
	struct stat st;

	return !is_stdin(path) && stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

size_t
file_head(const char *path, char ret[STREAM_FINGERPRINT_SPAN])
{
	gzFile gz;
	size_t n;

	if (!is_regular(path) || (gz = gz_open(path)) == NULL)
		return 0;
	n = fill(gz, ret, STREAM_FINGERPRINT_SPAN);
	gzclose(gz);
	return n;
}

uint32_t
file_chain(char *const *paths, size_t n, const struct streams *known)
{
	char head[STREAM_FINGERPRINT_SPAN];
	const struct stream *st;
	uint32_t first = 0;
	struct str h;
	size_t i;

	for (i = 0; i < n; i++) {
		h = (struct str){ head, file_head(paths[i], head) };
		if ((st = fingerprint_find(known, h)) != NULL)
			return st->chain;
		if (first == 0 && h.n > 0)
			first = fingerprint_chain(h);
	}
	return first;
}

static void
file_shut(struct file *f)
{
	if (f->gz != NULL)
		gzclose(f->gz);
	f->gz = NULL;
	f->ncarry = 0;
}

/* Keep n bytes for the next batch. */
static void
carry(struct file *f, const char *p, size_t n)
{
	if (n > 0 && f->carry == NULL)
		f->carry = xmalloc(BATCH_BYTES);
	assert(n <= BATCH_BYTES);
	if (n > 0)
		memmove(f->carry, p, n);
	f->ncarry = n;
}

/* Go to what was not taken in yet; `room` is the batch's, as scratch. */
static void
file_skip(struct file *f, struct batch *room)
{
	int64_t offset = f->stream.offset, at = (int64_t)f->nhead;
	char last = '\n';
	size_t n;

	if (offset <= at) {
		carry(f, f->head + offset, f->nhead - (size_t)offset);
		if (offset > 0)
			last = f->head[offset - 1];
	} else {
		/* To the byte before: is it the end of a line? */
		if (gzseek(f->gz, (z_off_t)(offset - 1), SEEK_SET) != -1)
			at = offset - 1;
		while (at < offset) {
			n = (size_t)(offset - at);
			n = fill(f->gz, room->bytes,
			    n > BATCH_BYTES ? BATCH_BYTES : n);
			if (n == 0)
				break;
			at += (int64_t)n;
			last = room->bytes[n - 1];
		}
	}
	/* Taken in half a line: its other half is no line. */
	f->cutter.skipping = last != '\n';
}

/* What it is packed with, when that is not gzip. */
static const char *
packed_with(const char *p, size_t n)
{
	static const struct { const char *magic; size_t n; const char *cat; }
	    kinds[] = {
		{ "\xfd" "7zXZ", 5, "xzcat" },
		{ "BZh", 3, "bzcat" },
		{ "\x28\xb5\x2f\xfd", 4, "zstdcat" },
	};
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (n >= kinds[i].n &&
		    memcmp(p, kinds[i].magic, kinds[i].n) == 0)
			return kinds[i].cat;
	return NULL;
}

bool
file_is_packed_from(const char *path, int fd)
{
	char head[STREAM_FINGERPRINT_SPAN];
	size_t n = file_head(path, head);
	struct stat packed, from;

	return n > 0 && packed_with(head, n) != NULL &&
	    stat(path, &packed) == 0 && fstat(fd, &from) == 0 &&
	    packed.st_mtim.tv_sec == from.st_mtim.tv_sec;
}

/* Text may hold a stray byte; a database of logins is full of them. */
static bool
is_binary(const char *p, size_t n)
{
	size_t i = 0, odd = 0;

	while (i < n && p[i] == '\0')
		i++;
	for (; i < n; i++)
		odd += (unsigned char)p[i] < 0x20 && p[i] != '\n' &&
		    p[i] != '\r' && p[i] != '\t';
	return odd > n / 8;
}

/*
 * No line is younger than this.  A copy may have lost the file's own time, but
 * not what rotation made of its name.
 */
static int64_t
file_until(const char *path)
{
	int64_t rotated = rotation_until(path), changed;
	struct timespec now;
	struct stat st;

	if (is_regular(path) && stat(path, &st) == 0) {
		changed = st.st_mtim.tv_sec * USEC_PER_SEC;
		return rotated != 0 && rotated < changed ? rotated : changed;
	}
	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec * USEC_PER_SEC;
}

/* Is this file the next of the run of the one before? */
static bool
goes_on(const struct file *f, size_t at)
{
	return at > 0 && rotation_same(f->paths.v[at - 1], f->paths.v[at]);
}

/* The run this file belongs to: that of the files of its log in the list. */
static uint32_t
run_of(struct file *f, size_t at)
{
	size_t end = at;

	if (f->chain_given != 0 || !is_regular(f->path))
		return f->chain_given;
	if (goes_on(f, at))
		return f->chain;
	while (end < f->paths.n &&
	    rotation_same(f->paths.v[end], f->paths.v[at]))
		end++;
	return file_chain(f->paths.v + at, end - at, f->known);
}

/*
 * A new stream.  Where the log goes on in another file, so does its time: the
 * hour that is there twice, and the years from the one that was given.
 */
static void
begin_stream(struct file *f, size_t at, struct str head)
{
	struct stream before = f->stream;

	streams_begin(&f->stream, &f->o, f->path, f->chain != 0 ? f->chain :
	    fingerprint_chain(head));
	if (!goes_on(f, at) || before.chain != f->chain ||
	    before.last_at == 0)
		return;
	f->stream.last_at = before.last_at;
	if (f->o.year != 0)
		f->stream.year = before.year;
}

/* False: nothing is to be read of it; a notice may say why. */
static bool
file_begin(struct file *f, struct batch *b)
{
	const struct stream *st;
	const char *cat;
	size_t at = f->next++;
	struct str head;

	f->path = f->paths.v[at];
	f->chain = run_of(f, at);
	if ((f->gz = gz_open(f->path)) == NULL) {
		batch_notice(b, "data_loss", "%s: %s", f->path,
		    strerror(errno));
		return false;
	}
	f->nhead = fill(f->gz, f->head, sizeof(f->head));
	f->at_end = false;
	f->final = !is_regular(f->path) || !gzdirect(f->gz);
	head = (struct str){ f->head, f->nhead };
	if ((cat = packed_with(head.p, head.n)) != NULL) {
		batch_notice(b, "", "%s: packed as weir cannot read it: "
		    "%s %s | weir import -", f->path, cat, f->path);
		return false;
	}
	if (f->paths.n > 1 && is_binary(head.p, head.n)) {
		batch_notice(b, "", "%s: not a text, left out", f->path);
		return false;
	}
	if ((st = fingerprint_find(f->known, head)) != NULL) {
		f->stream = *st;
		str_copy(str_of(f->path), f->stream.name,
		    sizeof(f->stream.name));
	} else {
		begin_stream(f, at, head);
	}
	batch_resume(&f->cutter, f->known, &f->stream, f->o.zone);
	f->cutter.syslog.until = file_until(f->path);
	file_skip(f, b);
	return true;
}

/* The file gave less than was asked for: is that all there is? */
static void
file_ends(struct file *f, struct batch *b)
{
	const char *why;
	int code;

	f->at_end = true;
	why = gzerror(f->gz, &code);
	if (code == Z_OK || code == Z_STREAM_END)
		return;
	/* What it stops in is not a whole line. */
	f->final = false;
	batch_notice(b, "data_loss", "%s: read %lld bytes of its content, "
	    "then: %s", f->path, (long long)f->stream.offset +
	    (long long)b->n, code == Z_ERRNO ? strerror(errno) : why);
}

/* Fill the batch from the open file.  False: the file has no more. */
static bool
file_more(struct file *f, struct batch *b)
{
	size_t want, got, used;
	bool full;

	if (f->ncarry > 0)
		memcpy(b->bytes, f->carry, f->ncarry);
	b->n = f->ncarry;
	if (!f->at_end) {
		want = BATCH_BYTES - b->n;
		got = fill(f->gz, b->bytes + b->n, want);
		b->n += got;
		if (got < want)
			file_ends(f, b);
	}
	b->stream = f->stream;
	used = batch_cut(b, &f->cutter, f->final && f->at_end, &full);
	carry(f, b->bytes + used, b->n - used);
	if (used > 0) {
		f->stream = b->stream;
		fingerprint_extend(&f->stream,
		    (struct str){ f->head, f->nhead });
		f->stream.id = streams_put(f->known, &f->stream);
		b->stream = f->stream;
	} else {
		b->stream.id = 0;
	}
	if (!f->at_end || full)
		return true;
	if (f->ncarry > 0)
		batch_notice(b, "", "%s: %zu bytes of an unfinished line are "
		    "left for the next time", f->path, f->ncarry);
	file_shut(f);
	return used > 0;
}

static enum source_state
file_read(struct source *s, struct batch *b, struct error *err)
{
	struct file *f = (struct file *)s;

	(void)err;
	batch_clear(b);
	for (;;) {
		if (f->gz != NULL && file_more(f, b))
			return SOURCE_READY;
		file_shut(f);
		/* One notice a batch: what was met is told before more. */
		if (b->notice[0] != '\0' && f->next < f->paths.n)
			return SOURCE_READY;
		if (f->next == f->paths.n)
			return SOURCE_ENDED;
		batch_clear(b);
		if (!file_begin(f, b))
			file_shut(f);
	}
}

static int
file_poll(struct source *s, int *ret_timeout_ms)
{
	(void)s;
	*ret_timeout_ms = 0;
	return -1;
}

static void
file_close(struct source *s)
{
	struct file *f = (struct file *)s;

	file_shut(f);
	paths_done(&f->paths);
	free(f->carry);
	free(f);
}

struct source *
file_open(const struct source_options *o, struct paths *list,
    struct streams *known, uint32_t chain)
{
	struct file *f = xcalloc(1, sizeof(*f));

	f->source.type = &source_file;
	f->o = *o;
	if (o->host != NULL) {
		str_copy(str_of(o->host), f->host, sizeof(f->host));
		f->o.host = f->host;
	}
	f->known = known;
	f->chain_given = chain;
	f->paths = *list;
	memset(list, 0, sizeof(*list));
	return &f->source;
}

int
source_check(const char *path, struct error *err)
{
	char head[STREAM_FINGERPRINT_SPAN];
	const char *cat;
	struct stat st;
	size_t n;
	int fd;

	if (is_stdin(path))
		return 0;
	if (stat(path, &st) == -1)
		return error_set(err, "%s: %s", path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return 0;
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) == -1)
		return error_set(err, "%s: %s", path, strerror(errno));
	close(fd);
	n = file_head(path, head);
	cat = n == 0 ? NULL : packed_with(head, n);
	if (cat != NULL)
		return error_set(err, "%s: packed as weir cannot read it: "
		    "%s %s | weir import -", path, cat, path);
	return 0;
}

static int
add_path(struct paths *list, const char *path, struct error *err)
{
	struct stat st;
	char **v;
	size_t i, n;

	if (source_check(path, err) == -1)
		return -1;
	if (is_stdin(path) || stat(path, &st) == -1 ||
	    !S_ISDIR(st.st_mode)) {
		paths_add(list, path);
		return 0;
	}
	if (source_expand(path, &v, &n, err) == -1)
		return -1;
	for (i = 0; i < n; i++) {
		paths_add(list, v[i]);
		free(v[i]);
	}
	free(v);
	return 0;
}

static struct source *
file_open_options(const struct source_options *o, struct streams *known,
    struct error *err)
{
	struct paths list = { 0 };
	size_t i;

	if (o->path != NULL && add_path(&list, o->path, err) == -1)
		goto out;
	for (i = 0; i < o->npaths; i++)
		if (add_path(&list, o->paths[i], err) == -1)
			goto out;
	if (list.n == 0) {
		error_set(err, "no file to read");
		goto out;
	}
	paths_sort(&list);
	return file_open(o, &list, known, 0);
out:
	paths_done(&list);
	return NULL;
}

const struct source_type source_file = {
	.name = "file",
	.open = file_open_options,
	.read = file_read,
	.poll = file_poll,
	.close = file_close,
};

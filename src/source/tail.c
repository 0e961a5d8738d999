/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file that is followed, through whatever log rotation does with it.
 *
 * The name leads to a file; the file is held by its descriptor and read to its
 * end.  Only then is the name looked at again:
 *
 *   the same file                  wait
 *   gone, or an empty new file     wait: the writer still has the old one
 *   another file with content      the writer has moved on: read the old one
 *                                  to its end once more, then change over
 *
 * After the change the old file is looked at for a while still, for a second
 * writer may be slow to move.  Files that came and went in between are found
 * by their names (x.1, x.2.gz ...) and read in order.  When the content of the
 * file changes under the descriptor (copytruncate), its copy is found the same
 * way, by its fingerprint, and read on from where the original was left.  At
 * start nothing is different: what was read last is found by its fingerprint
 * under whatever name it has now.
 *
 * inotify wakes: a watch on the directory tells of names and modes, one on
 * each file of content.  A look every half minute is the safety net, for what
 * inotify does not tell (a network file system, a directory not yet there).
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <time.h>
#include <unistd.h>

#include "weir/mem.h"

#include "file.h"
#include "fingerprint.h"
#include "follow.h"

#define NET_MS		30000
#define NO_INOTIFY_MS	1000
#define OLD_SECONDS	60

#define NAME_EVENTS	(IN_CREATE | IN_MOVED_FROM | IN_MOVED_TO |	\
			IN_DELETE | IN_ATTRIB | IN_DELETE_SELF |	\
			IN_MOVE_SELF | IN_ONLYDIR)
#define CONTENT_EVENTS	(IN_MODIFY | IN_ATTRIB)

struct tail {
	struct source		 source;
	struct source_options	 o;
	char			 path[PATH_MAX], host[256];
	struct streams		*known;
	int			 notify;	/* -1: no inotify */
	int			 name_wd, target_wd;	/* directories */
	struct follow		 now, old;
	time_t			 old_since;	/* monotonic */
	bool			 started;
	bool			 moved_on;	/* the name has other content */
	int64_t			 begun_at;	/* reading `now`, wall clock */
	struct source		*past;		/* files to read first */
	uint32_t		 chain;
};

static time_t
monotonic(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec;
}

static int64_t
usec_of(struct timespec t)
{
	return t.tv_sec * USEC_PER_SEC + t.tv_nsec / 1000;
}

/* The clock that files get their times from: it has a coarser step. */
static int64_t
file_clock(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME_COARSE, &t);
	return usec_of(t);
}

static int
watch_directory(struct tail *t, const char *path)
{
	const char *slash = strrchr(path, '/');
	char dir[PATH_MAX];

	if (slash == NULL)
		snprintf(dir, sizeof(dir), ".");
	else
		str_copy((struct str){ path, slash == path ? 1 :
		    (size_t)(slash - path) }, dir, sizeof(dir));
	return inotify_add_watch(t->notify, dir, NAME_EVENTS);
}

static void
watch_names(struct tail *t)
{
	char target[PATH_MAX];

	if (t->notify == -1)
		return;
	if (t->name_wd == -1)
		t->name_wd = watch_directory(t, t->path);
	/* Where a symbolic link leads; the same watch when it is none. */
	if (t->target_wd == -1 && realpath(t->path, target) != NULL)
		t->target_wd = watch_directory(t, target);
}

static void
watch_content(struct tail *t, int fd, int *ret_wd)
{
	char path[64];

	*ret_wd = -1;
	if (t->notify == -1)
		return;
	/* By the descriptor: the name may be another's by now. */
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	*ret_wd = inotify_add_watch(t->notify, path, CONTENT_EVENTS);
}

static void
forget(struct tail *t, struct follow *f)
{
	if (f->fd != -1 && f->wd != -1)
		inotify_rm_watch(t->notify, f->wd);
	f->wd = -1;
	follow_close(f);
}

/* All events mean the same: look.  Only lost directories are noted. */
static void
drain(struct tail *t)
{
	char buf[4096] __attribute__((aligned(8)));
	const struct inotify_event *e;
	ssize_t n;
	char *p;

	if (t->notify == -1)
		return;
	while ((n = read(t->notify, buf, sizeof(buf))) > 0)
		for (p = buf; p < buf + n; p += sizeof(*e) + e->len) {
			e = (const struct inotify_event *)(void *)p;
			if ((e->mask & (IN_IGNORED | IN_MOVE_SELF)) == 0)
				continue;
			if (e->wd == t->name_wd)
				t->name_wd = -1;
			if (e->wd == t->target_wd)
				t->target_wd = -1;
		}
}

/* What a file beside the followed one is to it. */
enum sibling {
	SIBLING_NONE,		/* empty or gone, or what the name leads to */
	SIBLING_NOW,		/* open here, and being read */
	SIBLING_HELD,		/* open here: what is older was read */
	SIBLING_KNOWN,		/* read before, perhaps not to its end */
	SIBLING_OLD,		/* written before the limit */
	SIBLING_NEW,
};

static enum sibling
sibling_of(struct tail *t, const char *path, const struct stat *live,
    int64_t limit, int64_t *ret_id)
{
	char head[STREAM_FINGERPRINT_SPAN];
	const struct stream *s;
	struct stat st;
	struct str h;

	if (stat(path, &st) == -1)
		return SIBLING_NONE;
	if (follow_is(&t->now, &st))
		return SIBLING_NOW;
	if (st.st_dev == live->st_dev && st.st_ino == live->st_ino)
		return SIBLING_NONE;
	if (follow_is(&t->old, &st))
		return SIBLING_HELD;
	if ((h = (struct str){ head, file_head(path, head) }).n == 0)
		return SIBLING_NONE;
	if ((s = fingerprint_find(t->known, h)) != NULL) {
		*ret_id = s->id;
		return SIBLING_KNOWN;
	}
	if (t->now.fd != -1 && file_is_packed_from(path, t->now.fd))
		return SIBLING_HELD;
	return usec_of(st.st_mtim) < limit ? SIBLING_OLD : SIBLING_NEW;
}

/*
 * Rotated files that were not read to their end go to t->past: back from the
 * youngest to the first that is known, that one included, or is held open, or
 * was written before `limit`.  Without any of these nothing is read: older
 * logs were not asked for.
 *
 * A copy of the file that is open now is older than that file, which may have
 * another name already; what is younger will be found when it is left.
 *
 * Returns the id of the known one, -1 for one held open, 0 for none.
 */
static int64_t
find_past(struct tail *t, const struct stat *live, int64_t limit, bool copy)
{
	struct paths all = { 0 }, list = { 0 };
	enum sibling what = SIBLING_NONE;
	int64_t id = 0;
	size_t i;

	rotation_siblings(t->path, &all, NULL);
	for (i = all.n; i > 0; i--) {
		what = sibling_of(t, all.v[i - 1], live, limit, &id);
		if (copy && (what == SIBLING_NEW || what == SIBLING_OLD) &&
		    follow_is_copy(&t->now, all.v[i - 1]))
			what = SIBLING_NOW;
		if (copy && what == SIBLING_NOW) {
			paths_done(&list);
			continue;
		}
		if (what == SIBLING_KNOWN || what == SIBLING_NEW)
			paths_add(&list, all.v[i - 1]);
		if (what != SIBLING_NEW && what != SIBLING_NONE)
			break;
	}
	if (what == SIBLING_NOW || what == SIBLING_HELD)
		id = i > 0 ? -1 : 0;
	if (list.n > 0 && (id != 0 || limit > 0)) {
		paths_sort(&list);
		t->past = file_open(&t->o, &list, t->known, t->chain);
	}
	paths_done(&list);
	paths_done(&all);
	return id;
}

/* The newest time of what was read under this log's names; 0: nothing. */
static int64_t
last_read(const struct tail *t)
{
	int64_t last = 0;
	size_t i;

	for (i = 0; i < t->known->n; i++)
		if (t->known->v[i].fingerprint_len > 0 &&
		    t->known->v[i].last_at > last &&
		    rotation_same(t->known->v[i].name, t->path))
			last = t->known->v[i].last_at;
	return last;
}

/* Find where reading stopped before this process began. */
static void
start(struct tail *t, struct batch *b)
{
	int64_t last = last_read(t);
	const struct stat none = { 0 };
	struct paths all = { 0 };
	char text[USEC_TEXT_MAX];
	struct stat st = { 0 };
	int64_t id;

	t->started = true;
	rotation_siblings(t->path, &all, NULL);
	t->chain = file_chain(all.v, all.n, t->known);
	paths_done(&all);
	stat(t->path, &st);
	if (sibling_of(t, t->path, &none, 0, &id) == SIBLING_KNOWN) {
		/* Then nothing was rotated; its elder may have got a rest. */
		find_past(t, &st, INT64_MAX, false);
		return;
	}
	if (find_past(t, &st, last, false) != 0 ||
	    last == 0)
		return;
	batch_notice(b, "data_loss", "%s: the log that was read up to %.*s is "
	    "gone; what was written to it after that is lost", t->path,
	    STRF(usec_print(last, text)));
}

/* The content of the open file is another now: truncated, or written anew. */
static void
truncated(struct tail *t, struct batch *b)
{
	struct stat st = { 0 };

	stat(t->path, &st);
	if (find_past(t, &st, 0, true) == t->now.stream.id)
		batch_notice(b, "", "%s: truncated", t->path);
	else
		batch_notice(b, "", "%s: truncated, and no copy of it found: "
		    "what was written right before is lost", t->path);
	follow_restart(&t->now, &t->o, t->known);
	t->begun_at = file_clock();
}

/*
 * Nothing was taken in yet of the file that is open.  Is what it holds now the
 * first of it, or was there something before that is in a copy already?  An
 * empty one that was changed since was written to and truncated again.
 */
static void
check_first(struct tail *t)
{
	int64_t now = file_clock();
	struct stat st = { 0 };
	bool empty;

	if (fstat(t->now.fd, &st) == -1)
		return;
	empty = st.st_size == 0;
	if (empty && usec_of(st.st_mtim) < t->begun_at)
		return;
	stat(t->path, &st);
	find_past(t, &st, t->begun_at, true);
	if (empty)
		t->begun_at = now;
}

/*
 * Which stream a file is that is met under the name.  While another is held
 * open, a beginning shorter than the span proves nothing: two logs may well
 * begin with the same line.
 */
static const struct stream *
stream_of(struct tail *t, int fd)
{
	char head[STREAM_FINGERPRINT_SPAN];
	const struct stream *s;
	struct stat st;

	s = fingerprint_find(t->known, (struct str){ head,
	    follow_head(fd, head) });
	if (s == NULL || t->now.fd == -1)
		return s;
	if (s->fingerprint_len < STREAM_FINGERPRINT_SPAN ||
	    (s->id == t->now.stream.id && fstat(t->now.fd, &st) == 0 &&
	    st.st_nlink > 0))
		return NULL;
	return s;
}

/* The name leads to another file: take it up, keep the one before a while. */
static void
change_over(struct tail *t, int fd, const struct stat *st)
{
	const struct stream *s = stream_of(t, fd);
	struct stat before;

	if (t->now.fd != -1) {
		if (t->now.stream.chain != 0)
			t->chain = t->now.stream.chain;
		if (fstat(t->now.fd, &before) == 0)
			find_past(t, st, usec_of(before.st_mtim), false);
		forget(t, &t->old);
		t->old = t->now;
		t->old_since = monotonic();
	}
	/* A new file, after all before it was read: its lines are new, too. */
	t->now.caught_up &= s == NULL;
	follow_begin(&t->now, fd, s, &t->o, t->known, t->chain);
	t->begun_at = file_clock();
	watch_content(t, fd, &t->now.wd);
	/* The link may lead elsewhere now. */
	if (t->target_wd != -1 && t->target_wd != t->name_wd)
		inotify_rm_watch(t->notify, t->target_wd);
	t->target_wd = -1;
	watch_names(t);
	t->moved_on = false;
}

static enum source_state
absent(struct tail *t, struct error *err)
{
	enum source_state state = errno == ENOENT || errno == ENOTDIR ?
	    SOURCE_MISSING : SOURCE_DENIED;

	error_set(err, "%s: %s", t->path, strerror(errno));
	return state;
}

/* Did a file come and go between the open one and the empty one `live`? */
static bool
is_passed(struct tail *t, const struct stat *live)
{
	enum sibling what = SIBLING_NONE;
	struct paths all = { 0 };
	int64_t id;
	size_t i;

	rotation_siblings(t->path, &all, NULL);
	for (i = all.n; i > 0 && what == SIBLING_NONE; i--) {
		what = sibling_of(t, all.v[i - 1], live, 0, &id);
		if (what == SIBLING_NEW &&
		    follow_is_copy(&t->now, all.v[i - 1]))
			what = SIBLING_NOW;
	}
	paths_done(&all);
	return what == SIBLING_NEW;
}

/*
 * All that was open is read: what does the name lead to?  SOURCE_READY: there
 * is something to read.
 */
static enum source_state
look(struct tail *t, struct error *err)
{
	struct follow swap;
	struct stat st;
	int fd, wd;

	if (stat(t->path, &st) == -1)
		return absent(t, err);
	if (follow_is(&t->now, &st)) {
		t->moved_on = false;
		return SOURCE_WAITING;
	}
	if (follow_is(&t->old, &st)) {
		/* Moved back. */
		swap = t->now;
		t->now = t->old;
		t->old = swap;
		t->old_since = monotonic();
		return SOURCE_READY;
	}
	if ((fd = open(t->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK |
	    O_NOCTTY)) == -1)
		return absent(t, err);
	fstat(fd, &st);
	if (t->now.fd != -1 && st.st_size == 0) {
		/* Its writer has not come over; its first byte will wake. */
		watch_content(t, fd, &wd);
		fstat(fd, &st);
		if (st.st_size == 0 && !is_passed(t, &st)) {
			close(fd);
			return SOURCE_WAITING;
		}
	}
	if (t->now.fd != -1 && !t->moved_on) {
		close(fd);
		t->moved_on = true;
		return SOURCE_READY;
	}
	change_over(t, fd, &st);
	return SOURCE_READY;
}

/* Something of a rotated file; false: they are read. */
static bool
read_past(struct tail *t, struct batch *b, struct error *err)
{
	char notice[sizeof(b->notice)], kind[sizeof(b->notice_kind)];
	enum source_state state;

	/* Reading clears the batch: what was to be told stays. */
	memcpy(notice, b->notice, sizeof(notice));
	memcpy(kind, b->notice_kind, sizeof(kind));
	state = source_read(t->past, b, err);
	if (notice[0] != '\0')
		batch_notice(b, kind, "%s", notice);
	if (state == SOURCE_READY)
		return true;
	source_close(t->past);
	t->past = NULL;
	return false;
}

static enum source_state
tail_read(struct source *s, struct batch *b, struct error *err)
{
	struct tail *t = (struct tail *)s;
	enum source_state state;
	bool checked = false;

	batch_clear(b);
	drain(t);
	watch_names(t);
	if (!t->started) {
		/* What was read of it cannot be told before it can be read. */
		if (faccessat(AT_FDCWD, t->path, R_OK, AT_EACCESS) == -1 &&
		    errno != ENOENT)
			return absent(t, err);
		start(t, b);
	}
	for (;;) {
		if (t->past != NULL && read_past(t, b, err))
			return SOURCE_READY;
		if (t->old.fd != -1) {
			switch (follow_read(&t->old, b, t->known, err)) {
			case FOLLOW_MORE:
				return SOURCE_READY;
			case FOLLOW_END:
				if (monotonic() - t->old_since < OLD_SECONDS)
					break;
				/* FALLTHROUGH */
			case FOLLOW_OTHER:
			case FOLLOW_FAILED:
				forget(t, &t->old);
				break;
			}
		}
		if (t->now.fd != -1) {
			if (t->now.stream.id == 0 && !checked) {
				checked = true;
				check_first(t);
				continue;
			}
			switch (follow_read(&t->now, b, t->known, err)) {
			case FOLLOW_MORE:
				return SOURCE_READY;
			case FOLLOW_END:
				break;
			case FOLLOW_OTHER:
				truncated(t, b);
				continue;
			case FOLLOW_FAILED:
				return SOURCE_DENIED;
			}
		}
		if ((state = look(t, err)) != SOURCE_READY)
			return state;
	}
}

static int
tail_poll(struct source *s, int *ret_timeout_ms)
{
	struct tail *t = (struct tail *)s;

	*ret_timeout_ms = t->notify == -1 ? NO_INOTIFY_MS : NET_MS;
	return t->notify;
}

static void
tail_close(struct source *s)
{
	struct tail *t = (struct tail *)s;

	source_close(t->past);
	follow_close(&t->now);
	follow_close(&t->old);
	if (t->notify != -1)
		close(t->notify);
	free(t);
}

static struct source *
tail_open(const struct source_options *o, struct streams *known,
    struct error *err)
{
	struct tail *t;
	struct stat st;

	if (strlen(o->path) >= sizeof(t->path)) {
		error_set(err, "%s: name too long", o->path);
		return NULL;
	}
	if (stat(o->path, &st) == 0 && !S_ISREG(st.st_mode)) {
		error_set(err, "%s: not a file; only a file can be followed",
		    o->path);
		return NULL;
	}
	t = xcalloc(1, sizeof(*t));
	t->source.type = &source_tail;
	t->o = *o;
	str_copy(str_of(o->path), t->path, sizeof(t->path));
	t->o.path = t->path;
	if (o->host != NULL) {
		str_copy(str_of(o->host), t->host, sizeof(t->host));
		t->o.host = t->host;
	}
	t->known = known;
	t->name_wd = t->target_wd = t->now.wd = t->old.wd = -1;
	t->now.fd = t->old.fd = -1;
	/* Without inotify a look now and then has to do. */
	t->notify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	return &t->source;
}

const struct source_type source_tail = {
	.name = "tail",
	.open = tail_open,
	.read = tail_read,
	.poll = tail_poll,
	.close = tail_close,
};

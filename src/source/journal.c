/* SPDX-License-Identifier: Apache-2.0 */
/*
 * journald's log, followed by cursor, or read once from a directory or a file.
 *
 * The cursor of the last entry taken in is stored with its batch.  When that
 * entry is no longer there at the next start, the journal was vacuumed past
 * it and what came between is lost; so that a quiet mail server beside a busy
 * journal does not come to that, the cursor moves on once an hour to the last
 * entry of any kind.
 *
 * journald writes a file for the system and one for each user, and libsystemd
 * looks at one after the other, in each for one alternative of the match after
 * the other.  An entry that is written where it has just looked is older than
 * one that it then finds elsewhere, and is passed over for good.  But when an
 * entry can be seen all those before it are written: so a live journal is
 * looked at anew from the last entry taken, up to the one that was the newest
 * before that look, and there it begins again.  That newest one may not be
 * written to its end: libsystemd leaves out a field whose object is just being
 * linked (journal-file.c, journal_file_check_object), the message too.  So it
 * gets a moment.  And who looks between an entry's being counted and its being
 * linked is not shown it before another is counted in that file (sd-journal.c,
 * next_beyond_location); so a change is followed by one more look anew.
 *
 * Without a cursor a live journal is begun an hour back, so that messages on
 * their way are known; a journal that is read once, at its beginning.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "weir/mem.h"

#include "fingerprint.h"
#include "journal.h"
#include "streams.h"

#define FIND_SECONDS	600	/* between looks for new names */
#define MOVE_SECONDS	3600	/* a quiet cursor is moved on */
#define SETTLE_US	20000	/* until an entry is written to its end */
#define AGAIN_SECONDS	2	/* at most, from a change to the look anew */
#define RETRY_MS	30000	/* a journal that is not there, or denied */

struct journal {
	struct source		 source;
	struct source_options	 o;
	char			 path[4096];	/* "": this host's */
	char			 host[256];
	struct streams		*known;
	sd_journal		*j;		/* NULL: not open yet */
	bool			 begun;
	bool			 pending;	/* at an entry not yet taken */
	char			*fence;		/* all is seen up to it */
	struct stream		 stream;
	struct cutter		 cutter;
	struct journal_names	 names;
	struct journal_users	 users;
	time_t			 found_at, moved_at;	/* monotonic */
	time_t			 again_at;		/* or 0 */
};

static time_t
monotonic(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec;
}

static int
failed(struct error *err, const char *what, int r)
{
	return error_set(err, "journal: %s: %s", what, strerror(-r));
}

/* Is any journal file in there?  *ret_readable: and may one be read? */
static bool
has_files(const char *dir, int depth, bool *ret_readable)
{
	char path[4096];
	struct dirent *d;
	DIR *dp = opendir(dir);
	bool found = false;

	if (dp == NULL)
		return errno == EACCES;
	while ((d = readdir(dp)) != NULL) {
		if (d->d_name[0] == '.' || snprintf(path, sizeof(path),
		    "%s/%s", dir, d->d_name) >= (int)sizeof(path))
			continue;
		if (depth > 0 && d->d_type == DT_DIR) {
			found |= has_files(path, depth - 1, ret_readable);
		} else if (str_eq(str_of(d->d_name), STR("system.journal"))) {
			found = true;
			*ret_readable |= faccessat(AT_FDCWD, path, R_OK,
			    AT_EACCESS) == 0;
		}
	}
	closedir(dp);
	return found;
}

/*
 * sd_journal_open succeeds when no file at all may be read: whoever may not
 * see the system's journal sees an empty one.
 */
static enum source_state
access_state(struct error *err)
{
	bool readable = false, there;

	there = has_files("/var/log/journal", 1, &readable);
	there |= has_files("/run/log/journal", 1, &readable);
	if (readable)
		return SOURCE_READY;
	if (there) {
		error_set(err, "journal: %s", strerror(EACCES));
		return SOURCE_DENIED;
	}
	error_set(err, "journal: this host has none (is journald running?)");
	return SOURCE_MISSING;
}

static enum source_state
journal_begin_reading(struct journal *s, struct error *err)
{
	const char *files[] = { s->path, NULL };
	enum source_state state;
	struct stat st;
	int r;

	if (s->path[0] == '\0') {
		if ((state = access_state(err)) != SOURCE_READY)
			return state;
		r = sd_journal_open(&s->j, SD_JOURNAL_SYSTEM |
		    SD_JOURNAL_LOCAL_ONLY);
	} else if (stat(s->path, &st) == 0 && S_ISDIR(st.st_mode)) {
		r = sd_journal_open_directory(&s->j, s->path, 0);
	} else {
		r = sd_journal_open_files(&s->j, files, 0);
	}
	if (r < 0) {
		s->j = NULL;
		failed(err, s->path[0] == '\0' ? "open" : s->path, r);
		return r == -ENOENT ? SOURCE_MISSING : SOURCE_DENIED;
	}
	sd_journal_set_data_threshold(s->j, LINE_MAX_BYTES);
	/* The watches are set before anything is read: nothing slips by. */
	if (s->o.follow)
		sd_journal_get_fd(s->j);
	journal_find_users(&s->users);
	journal_find_names(s->j, &s->names);
	s->found_at = s->moved_at = monotonic();
	return SOURCE_READY;
}

/*
 * Stand behind the cursor: `pending` when the next entry is there.  Returns
 * whether the cursor's own entry was met, or a negative errno.
 */
static int
seek(struct journal *s)
{
	int r;

	s->pending = false;
	if ((r = sd_journal_seek_cursor(s->j, s->stream.cursor)) < 0 ||
	    (r = sd_journal_next(s->j)) <= 0)
		return r;
	r = sd_journal_test_cursor(s->j, s->stream.cursor);
	s->pending = r == 0;
	return r;
}

static int
seek_first(struct journal *s)
{
	int64_t since = s->o.since;
	struct timespec now;
	int r;

	s->pending = false;
	if (since == 0 && s->o.follow) {
		clock_gettime(CLOCK_REALTIME, &now);
		since = now.tv_sec * USEC_PER_SEC - USEC_PER_HOUR;
	}
	r = since == 0 ? sd_journal_seek_head(s->j) :
	    sd_journal_seek_realtime_usec(s->j, (uint64_t)since);
	if (r >= 0 && (r = sd_journal_next(s->j)) > 0)
		s->pending = true;
	return r;
}

/* Stand behind the entry that was taken last. */
static int
go_back(struct journal *s)
{
	return s->stream.cursor[0] != '\0' ? seek(s) : seek_first(s);
}

static void
drop_fence(struct journal *s)
{
	free(s->fence);
	s->fence = NULL;
}

/*
 * Between two batches: is there anything more?  Then find up to where it can be
 * taken, and look anew.
 */
static int
find_fence(struct journal *s)
{
	int r;

	if (s->again_at != 0 && monotonic() >= s->again_at) {
		s->again_at = 0;
		if ((r = go_back(s)) < 0)
			return r;
	}
	if ((!s->pending && (r = sd_journal_next(s->j)) <= 0) ||
	    (r = sd_journal_seek_tail(s->j)) < 0 ||
	    (r = sd_journal_previous(s->j)) < 0 ||
	    (r > 0 && (r = sd_journal_get_cursor(s->j, &s->fence)) < 0) ||
	    (r = go_back(s)) < 0)
		return r;
	return 1;
}

/* What is between the cursor's time and the oldest entry of any kind. */
static void
vacuumed(struct journal *s, struct batch *b)
{
	char from[USEC_TEXT_MAX], to[USEC_TEXT_MAX];
	uint64_t oldest;

	if (sd_journal_seek_head(s->j) >= 0 && sd_journal_next(s->j) > 0 &&
	    sd_journal_get_realtime_usec(s->j, &oldest) >= 0 &&
	    (int64_t)oldest > s->stream.last_at)
		batch_notice(b, "data_loss", "journal: entries between %.*s "
		    "and %.*s are gone before they were read",
		    STRF(usec_print(s->stream.last_at, from)),
		    STRF(usec_print((int64_t)oldest, to)));
	else
		batch_notice(b, "data_loss", "journal: the entry read last, "
		    "of %.*s, is gone; what followed it may be lost",
		    STRF(usec_print(s->stream.last_at, from)));
}

/* Find where to go on. */
static int
begin(struct journal *s, struct batch *b, struct error *err)
{
	int r;

	if (s->stream.cursor[0] != '\0') {
		/* Among all entries: it may be one of another kind. */
		sd_journal_flush_matches(s->j);
		if ((r = seek(s)) <= 0)
			vacuumed(s, b);
		/* A cursor that is none at all leads nowhere. */
		if (r < 0)
			s->stream.cursor[0] = '\0';
	}
	if ((r = journal_match(s->j, &s->names)) < 0)
		return failed(err, "match", r);
	if ((r = go_back(s)) < 0)
		return failed(err, "seek", r);
	s->begun = true;
	return 0;
}

/* New names of mail programs: match them too, from where we stand. */
static int
find_names(struct journal *s, struct error *err)
{
	int r;

	s->found_at = monotonic();
	drop_fence(s);
	if (journal_find_names(s->j, &s->names) == 0 || !s->begun)
		return 0;
	if ((r = journal_match(s->j, &s->names)) < 0)
		return failed(err, "match", r);
	r = go_back(s);
	return r < 0 ? failed(err, "seek", r) : 0;
}

/* Remember the entry just taken as the last, in the batch and in the list. */
static void
remember(struct journal *s, struct batch *b, const char *cursor)
{
	s->stream.last_at = b->stream.last_at;
	str_copy(str_of(cursor), s->stream.cursor, sizeof(s->stream.cursor));
	s->stream.id = streams_put(s->known, &s->stream);
	b->stream = s->stream;
	s->moved_at = monotonic();
}

static int
remember_here(struct journal *s, struct batch *b, struct error *err)
{
	char *cursor;
	int r = sd_journal_get_cursor(s->j, &cursor);

	if (r < 0)
		return failed(err, "cursor", r);
	remember(s, b, cursor);
	free(cursor);
	return 0;
}

/*
 * All of mail's is read: go on to the last entry of any kind, unless one of
 * mail's came meanwhile; that is pending then.
 */
static int
move_on(struct journal *s, struct batch *b, struct error *err)
{
	char *last = NULL;
	uint64_t at;
	int r;

	s->moved_at = monotonic();
	if (s->stream.cursor[0] == '\0')
		return 0;
	sd_journal_flush_matches(s->j);
	if (sd_journal_seek_tail(s->j) < 0 || sd_journal_previous(s->j) <= 0 ||
	    sd_journal_get_cursor(s->j, &last) < 0)
		last = NULL;
	else if (sd_journal_get_realtime_usec(s->j, &at) >= 0)
		b->stream.last_at = (int64_t)at;
	if ((r = journal_match(s->j, &s->names)) >= 0)
		r = seek(s);
	/* The cursor's own entry may be mail's: what follows that one? */
	if (r >= 0 && !s->pending)
		s->pending = (r = sd_journal_next(s->j)) > 0;
	if (r >= 0 && !s->pending && last != NULL) {
		remember(s, b, last);
		r = seek(s);
	}
	free(last);
	return r < 0 ? failed(err, "seek", r) : 0;
}

static enum source_state
journal_idle(struct journal *s, struct batch *b, struct error *err)
{
	if (!s->o.follow)
		return SOURCE_ENDED;
	if (monotonic() - s->moved_at < MOVE_SECONDS)
		return SOURCE_WAITING;
	b->stream = s->stream;
	b->stream.id = 0;
	if (move_on(s, b, err) == -1)
		return SOURCE_DENIED;
	return s->pending ? SOURCE_READY : SOURCE_WAITING;
}

/* Is this the last one that can be taken now?  Then it is whole by now. */
static bool
at_fence(struct journal *s)
{
	struct timespec t;
	uint64_t came;
	int64_t age;

	if (s->fence == NULL || sd_journal_test_cursor(s->j, s->fence) <= 0)
		return false;
	if (sd_journal_get_realtime_usec(s->j, &came) < 0)
		return true;
	clock_gettime(CLOCK_REALTIME, &t);
	age = t.tv_sec * USEC_PER_SEC + t.tv_nsec / 1000 - (int64_t)came;
	if (age >= 0 && age < SETTLE_US)
		usleep((useconds_t)(SETTLE_US - age));
	return true;
}

/* Take entries until the batch is full.  Returns how many, or -1. */
static int
take(struct journal *s, struct batch *b, struct error *err)
{
	int r = 1, n = 0;
	bool last = false;

	b->stream = s->stream;
	if (s->o.follow && s->fence == NULL)
		r = find_fence(s);
	while (r > 0 && !last && b->n <= BATCH_BYTES &&
	    b->nlines < BATCH_LINES) {
		if (!s->pending && (r = sd_journal_next(s->j)) <= 0)
			break;
		s->pending = false;
		n++;
		last = at_fence(s);
		r = journal_take(s->j, b, &s->cutter,
		    s->path[0] == '\0' ? &s->users : NULL);
		if (r < 0) {
			/* One damaged entry is not the end of the log. */
			b->counts.lost++;
			batch_notice(b, "data_loss", "journal: an entry "
			    "cannot be read: %s", strerror(-r));
		}
		r = 1;
	}
	if (r == 0 || last)
		drop_fence(s);
	if (n == 0)
		b->stream.id = 0;
	if (r < 0 && n == 0)
		return failed(err, "read", r);
	b->stream.last_at = s->cutter.syslog.last_at;
	if (n > 0 && remember_here(s, b, err) == -1)
		return -1;
	return n;
}

/* What libsystemd has noticed: files came or went, entries were added. */
static int
process(struct journal *s, struct error *err)
{
	int r = sd_journal_process(s->j);

	if (r < 0)
		return failed(err, "watch", r);
	if (r != SD_JOURNAL_NOP && s->again_at == 0)
		s->again_at = monotonic() + AGAIN_SECONDS;
	if (r == SD_JOURNAL_INVALIDATE ||
	    monotonic() - s->found_at >= FIND_SECONDS)
		return find_names(s, err);
	return 0;
}

static void
shut(struct journal *s)
{
	sd_journal_close(s->j);
	s->j = NULL;
	s->begun = s->pending = false;
	drop_fence(s);
}

static enum source_state
journal_read(struct source *source, struct batch *b, struct error *err)
{
	struct journal *s = (struct journal *)source;
	enum source_state state;
	struct error e;
	int n;

	batch_clear(b);
	if (s->j == NULL &&
	    (state = journal_begin_reading(s, err)) != SOURCE_READY)
		return state;
	if ((s->o.follow && process(s, &e) == -1) ||
	    (!s->begun && begin(s, b, &e) == -1) ||
	    (n = take(s, b, &e)) == -1) {
		/* Opened anew at the next look, from the same cursor. */
		shut(s);
		error_set(err, "%s", e.text);
		if (s->o.follow)
			return SOURCE_DENIED;
		batch_notice(b, "data_loss", "%s: %s", s->stream.name, e.text);
		return SOURCE_ENDED;
	}
	return n > 0 ? SOURCE_READY : journal_idle(s, b, err);
}

static int
journal_poll(struct source *source, int *ret_timeout_ms)
{
	struct journal *s = (struct journal *)source;
	struct timespec now;
	uint64_t until;
	int64_t left;

	*ret_timeout_ms = RETRY_MS;
	if (s->j == NULL)
		return -1;
	*ret_timeout_ms = (s->again_at != 0 ? AGAIN_SECONDS : FIND_SECONDS) *
	    1000;
	if (sd_journal_get_timeout(s->j, &until) >= 0 &&
	    until != (uint64_t)-1) {
		clock_gettime(CLOCK_MONOTONIC, &now);
		left = (int64_t)(until / 1000) - (now.tv_sec * 1000 +
		    now.tv_nsec / 1000000);
		if (left < *ret_timeout_ms)
			*ret_timeout_ms = left < 0 ? 0 : (int)left;
	}
	return sd_journal_get_fd(s->j);
}

static void
journal_close(struct source *source)
{
	struct journal *s = (struct journal *)source;

	sd_journal_close(s->j);
	journal_names_done(&s->names);
	drop_fence(s);
	free(s);
}

/* The stream of that name, or a new one. */
static void
find_stream(struct journal *s, const char *path)
{
	char name[sizeof(s->stream.name)];
	size_t i;

	str_copy(str_of(path), name, sizeof(name));
	for (i = 0; i < s->known->n; i++)
		if (s->known->v[i].fingerprint_len == 0 &&
		    strcmp(s->known->v[i].name, name) == 0) {
			s->stream = s->known->v[i];
			return;
		}
	streams_begin(&s->stream, &s->o, name, fingerprint_chain(str_of(name)));
}

static struct source *
journal_open(const struct source_options *o, struct streams *known,
    struct error *err)
{
	struct journal *s = xcalloc(1, sizeof(*s));
	bool own = o->path == NULL || strcmp(o->path, "journal") == 0;

	s->source.type = &source_journal;
	s->o = *o;
	s->o.path = NULL;
	s->o.zone = &zone_utc;	/* of the lines that are made here */
	if (o->host != NULL) {
		str_copy(str_of(o->host), s->host, sizeof(s->host));
		s->o.host = s->host;
	}
	if (!own)
		str_copy(str_of(o->path), s->path, sizeof(s->path));
	s->known = known;
	find_stream(s, own ? "journal" : s->path);
	batch_resume(&s->cutter, known, &s->stream, &zone_utc);
	/* Read once, it is there now or it is an error. */
	if (!o->follow && journal_begin_reading(s, err) != SOURCE_READY) {
		journal_close(&s->source);
		return NULL;
	}
	return &s->source;
}

const struct source_type source_journal = {
	.name = "journal",
	.open = journal_open,
	.read = journal_read,
	.poll = journal_poll,
	.close = journal_close,
};

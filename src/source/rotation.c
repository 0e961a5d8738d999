/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An ending is a '.', '-' or '_' with digits and what joins them, then perhaps
 * the ending of a compressor; logrotate's `extension` puts it before the last
 * part of the name.  A number of four digits and more is a date, which grows
 * with time; a smaller one is an age, which shrinks.  The name without an
 * ending is the youngest; beside multilog's "@4000..." that is "current".
 *
 * What lies in a directory for old logs (`olddir`) of a usual name belongs to
 * the directory above it.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "weir/mem.h"
#include "weir/multilog.h"
#include "weir/source.h"

#include "rotation.h"

enum age { AGE_DATE, AGE_NUMBER, AGE_LIVE };

struct name {
	struct str	dir;		/* with its '/', or empty */
	struct str	stem, extension;	/* the log's own name */
	enum age	age;
	uint64_t	number;
	int64_t		at, until;	/* of the date; 0: not known */
	struct str	ending;
	bool		is_packed;
};

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_join(char c)
{
	return c == '.' || c == '-' || c == '_';
}

static int
number_of(const char *p, size_t n)
{
	int v = 0;

	while (n-- > 0)
		v = v * 10 + (*p++ - '0');
	return v;
}

/* "20261123", or "23112026"; the rest of the day is the caller's. */
static bool
take_day(const char *p, struct civil *c)
{
	c->year = number_of(p, 4);
	c->month = number_of(p + 4, 2);
	c->day = number_of(p + 6, 2);
	if (c->year >= 1980 && c->year < 2100 && c->month >= 1 &&
	    c->month <= 12 && c->day >= 1 && c->day <= 31)
		return true;
	c->day = number_of(p, 2);
	c->month = number_of(p + 2, 2);
	c->year = number_of(p + 4, 4);
	return c->year >= 1980 && c->year < 2100 && c->month >= 1 &&
	    c->month <= 12 && c->day >= 1 && c->day <= 31;
}

/* What dateformat may have made: a day, perhaps its time, or an epoch. */
static void
take_date(struct name *r)
{
	struct civil c = { 0 };
	char digits[16];
	size_t n = 0;

	for (size_t i = 0; i < r->ending.n && n < 14; i++)
		if (is_digit(r->ending.p[i]))
			digits[n++] = r->ending.p[i];
	r->until = 0;
	if (n >= 8 && take_day(digits, &c)) {
		if (n >= 10)
			c.hour = number_of(digits + 8, 2);
		if (n >= 12)
			c.minute = number_of(digits + 10, 2);
		r->at = usec_of_civil(&c);
		r->until = r->at + USEC_PER_DAY;
	} else if (n == 10 && digits[0] == '1') {
		r->at = number_of(digits, n) * USEC_PER_SEC;
		r->until = r->at;
	}
}

static bool
take_packed(struct str *s)
{
	static const char *const packed[] = { "gz", "xz", "bz2", "zst",
	    "lzma", "lz4", "lzo", "Z", "zip", "gzip", "bz", "zstd" };
	size_t dot = str_rfind_char(*s, '.');

	if (dot == STR_NPOS || dot == 0)
		return false;
	for (size_t i = 0; i < sizeof(packed) / sizeof(packed[0]); i++)
		if (str_eq_nocase(str_tail(*s, dot + 1), str_of(packed[i]))) {
			s->n = dot;
			return true;
		}
	return false;
}

/* Where an ending begins in s, or s.n. */
static size_t
find_ending(struct str s)
{
	size_t i = s.n;

	while (i > 0 && (is_digit(s.p[i - 1]) || is_join(s.p[i - 1]) ||
	    (s.p[i - 1] == 'T' && i < s.n && is_digit(s.p[i]))))
		i--;
	while (i + 1 < s.n && !(is_join(s.p[i]) && is_digit(s.p[i + 1])))
		i++;
	return i == 0 || i + 1 >= s.n ? s.n : i;
}

/* The ending's kind; false: it is none. */
static bool
take_ending(struct str s, size_t at, struct name *r)
{
	size_t digits = 0;

	if (at == s.n)
		return false;
	r->ending = str_tail(s, at + 1);
	while (digits < r->ending.n && is_digit(r->ending.p[digits]))
		digits++;
	r->number = 0;
	/* "x_1" is more likely another log than an old one. */
	if (digits < 4 && s.p[at] == '_' && digits == r->ending.n)
		return false;
	if (digits >= 4 || r->ending.n >= 8) {
		r->age = AGE_DATE;
		take_date(r);
	} else {
		r->age = AGE_NUMBER;
		str_to_u64(str_head(r->ending, digits), &r->number);
	}
	r->stem = str_head(s, at);
	return true;
}

/* "mail.1.log", "mail-20261123.log"; not "mx-1.log", "192.0.2.1.log" */
static bool
take_inside(struct str s, struct name *r)
{
	size_t dot = str_rfind_char(s, '.'), at;
	struct name in = *r;
	struct str head;

	if (dot == STR_NPOS || dot == 0 || dot + 1 == s.n ||
	    is_digit(s.p[dot + 1]) || s.n - dot > 8)
		return false;
	head = str_head(s, dot);
	at = find_ending(head);
	if (!take_ending(head, at, &in) || (in.age == AGE_DATE ?
	    in.until == 0 : head.p[at] != '.' ||
	    str_find_char(in.ending, '.') != STR_NPOS))
		return false;
	in.extension = str_tail(s, dot);
	*r = in;
	return true;
}

/* "@4000000066aa8e012cf4f304.s", and .u of one cut short */
static bool
take_label(struct str s, struct name *r)
{
	if (!multilog_take_label(&s, &r->at) || (s.n > 0 && s.p[0] != '.'))
		return false;
	r->stem = STR("current");
	r->ending = STR_NONE;
	r->age = AGE_DATE;
	r->until = r->at;
	return true;
}

/* The directory of the log: not that for old ones. */
static struct str
log_directory(struct str dir)
{
	static const char *const olds[] = { "old/", "OLD/", "olddir/",
	    "archive/", "archives/", "rotated/" };

	for (size_t i = 0; i < sizeof(olds) / sizeof(olds[0]); i++)
		if (str_eq(dir, str_of(olds[i])) || (str_ends(dir,
		    str_of(olds[i])) &&
		    dir.p[dir.n - strlen(olds[i]) - 1] == '/'))
			return str_head(dir, dir.n - strlen(olds[i]));
	return dir;
}

static struct name
name_parse(struct str path)
{
	struct name r = { .age = AGE_LIVE };
	size_t slash = str_rfind_char(path, '/');
	struct str s;

	r.dir = str_head(path, slash == STR_NPOS ? 0 : slash + 1);
	s = str_tail(path, r.dir.n);
	r.dir = log_directory(r.dir);
	if (take_label(s, &r))
		return r;
	if ((r.is_packed = take_packed(&s)))
		r.age = AGE_NUMBER;
	if (!take_ending(s, find_ending(s), &r) && !take_inside(s, &r))
		r.stem = s;
	return r;
}

void
rotation_log(const char *path, char *ret, size_t size)
{
	struct name n = name_parse(str_of(path));

	snprintf(ret, size, "%.*s%.*s%.*s", STRF(n.dir), STRF(n.stem),
	    STRF(n.extension));
}

/* Byte i of the log's own name; 0 behind its end. */
static unsigned char
name_at(const struct name *n, size_t i)
{
	if (i < n->stem.n)
		return (unsigned char)n->stem.p[i];
	i -= n->stem.n;
	return i < n->extension.n ? (unsigned char)n->extension.p[i] : 0;
}

static int
log_cmp(const struct name *a, const struct name *b)
{
	int r = str_cmp(a->dir, b->dir);

	for (size_t i = 0; r == 0; i++) {
		r = name_at(a, i) - name_at(b, i);
		if (name_at(a, i) == 0)
			break;
	}
	return r;
}

bool
rotation_same(const char *pa, const char *pb)
{
	struct name a = name_parse(str_of(pa)), b = name_parse(str_of(pb));

	return log_cmp(&a, &b) == 0;
}

int64_t
rotation_until(const char *path)
{
	return name_parse(str_of(path)).until;
}

static int
age_cmp(const struct name *a, const struct name *b)
{
	int r;

	if (a->age != b->age)
		return a->age < b->age ? -1 : 1;
	if (a->age == AGE_NUMBER && a->number != b->number)
		return a->number > b->number ? -1 : 1;
	if (a->age == AGE_DATE) {
		if (a->at != b->at)
			return a->at < b->at ? -1 : 1;
		if ((r = str_cmp(a->ending, b->ending)) != 0)
			return r;
	}
	/* Both are there while it is being packed: the whole one last. */
	if (a->is_packed != b->is_packed)
		return a->is_packed ? -1 : 1;
	return 0;
}

void
paths_done(struct paths *p)
{
	size_t i;

	for (i = 0; i < p->n; i++)
		free(p->v[i]);
	free(p->v);
	p->v = NULL;
	p->n = 0;
}

void
paths_add(struct paths *p, const char *path)
{
	p->v = xreallocarray(p->v, p->n + 1, sizeof(*p->v));
	p->v[p->n++] = xstrdup(path);
}

static int
by_log_and_age(const void *va, const void *vb)
{
	const char *pa = *(char *const *)va, *pb = *(char *const *)vb;
	struct name a = name_parse(str_of(pa)), b = name_parse(str_of(pb));
	int r = log_cmp(&a, &b);

	if (r == 0)
		r = age_cmp(&a, &b);
	return r != 0 ? r : strcmp(pa, pb);
}

void
paths_sort(struct paths *p)
{
	if (p->n > 1)
		qsort(p->v, p->n, sizeof(*p->v), by_log_and_age);
}

/* What multilog and svlogd keep beside their logs. */
static bool
is_no_log(const char *name)
{
	return strcmp(name, "lock") == 0 || strcmp(name, "config") == 0 ||
	    strcmp(name, "state") == 0 || strcmp(name, "newstate") == 0;
}

static int	add_directory(const char *dir, const char *log,
		    struct paths *ret, struct error *err);

/* One entry: a log, or the directory of old ones. */
static void
add_entry(const char *dir, const char *name, const char *log,
    struct paths *ret)
{
	char path[4096];
	struct stat st;
	int n;

	n = snprintf(path, sizeof(path), "%s/%s/",
	    strcmp(dir, "/") == 0 ? "" : dir, name);
	if (n >= (int)sizeof(path))
		return;
	if (stat(path, &st) == 0) {
		if (log_directory(str_of(path)).n < (size_t)n &&
		    log_directory(str_of(dir)).n == strlen(dir))
			add_directory(path, log, ret, NULL);
		return;
	}
	path[n - 1] = '\0';
	if (log == NULL ? is_no_log(name) : !rotation_same(path, log))
		return;
	if (stat(path, &st) == 0 && S_ISREG(st.st_mode))
		paths_add(ret, path);
}

/* All regular files of a directory, or those of one log. */
static int
add_directory(const char *dir, const char *log, struct paths *ret,
    struct error *err)
{
	char path[4096];
	struct dirent *d;
	DIR *dp = opendir(dir);

	if (dp == NULL)
		return error_set(err, "%s: %s", dir, strerror(errno));
	str_copy(str_of(dir), path, sizeof(path));
	if (path[0] != '\0' && strlen(path) > 1 &&
	    path[strlen(path) - 1] == '/')
		path[strlen(path) - 1] = '\0';
	while ((d = readdir(dp)) != NULL && ret->n < ROTATION_FILES_MAX)
		if (d->d_name[0] != '.')
			add_entry(path, d->d_name, log, ret);
	closedir(dp);
	paths_sort(ret);
	return 0;
}

int
rotation_siblings(const char *path, struct paths *ret, struct error *err)
{
	const char *slash = strrchr(path, '/');
	char dir[4096], log[4096];

	if (slash == NULL) {
		snprintf(log, sizeof(log), "./%s", path);
		return add_directory(".", log, ret, err);
	}
	str_copy((struct str){ path, slash == path ? 1 :
	    (size_t)(slash - path) }, dir, sizeof(dir));
	return add_directory(dir, path, ret, err);
}

int
source_expand(const char *path, char ***ret, size_t *ret_n, struct error *err)
{
	struct paths p = { 0 };
	struct stat st;
	int rc;

	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		rc = add_directory(path, NULL, &p, err);
	else
		rc = rotation_siblings(path, &p, err);
	if (rc == 0 && p.n == 0)
		rc = error_set(err, "%s: no log is there", path);
	if (rc == -1) {
		paths_done(&p);
		return -1;
	}
	*ret = p.v;
	*ret_n = p.n;
	return 0;
}

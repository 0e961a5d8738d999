/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An ending is a '.' or '-' with digits and what joins them, then perhaps the
 * ending of a compressor.  A number of four digits and more is a date, which
 * grows with time; a smaller one is an age, which shrinks.  The name without
 * an ending is the youngest.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "weir/mem.h"
#include "weir/source.h"

#include "rotation.h"

static const struct str packed[] = {
	{ ".gz", 3 }, { ".xz", 3 }, { ".bz2", 4 }, { ".zst", 4 },
};

enum age { AGE_DATE, AGE_NUMBER, AGE_LIVE };

struct name {
	struct str	base, ending;	/* ending without its first byte */
	enum age	age;
	uint64_t	number;
	bool		is_packed;
};

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static struct name
name_parse(struct str s)
{
	struct name r = { .base = s, .age = AGE_LIVE };
	size_t i, digits;

	for (i = 0; i < sizeof(packed) / sizeof(packed[0]); i++)
		if (str_ends(s, packed[i]) && s.n > packed[i].n) {
			s.n -= packed[i].n;
			r.is_packed = true;
			r.age = AGE_NUMBER;
			break;
		}
	r.base = s;
	for (i = s.n; i > 0 && (is_digit(s.p[i - 1]) ||
	    strchr(".-_", s.p[i - 1]) != NULL); i--)
		continue;
	while (i + 1 < s.n && !((s.p[i] == '.' || s.p[i] == '-') &&
	    is_digit(s.p[i + 1])))
		i++;
	if (i == 0 || i + 1 >= s.n || s.p[i - 1] == '/')
		return r;
	r.base = str_head(s, i);
	r.ending = str_tail(s, i + 1);
	for (digits = 0; digits < r.ending.n && is_digit(r.ending.p[digits]);)
		digits++;
	r.age = digits >= 4 ? AGE_DATE : AGE_NUMBER;
	if (r.age == AGE_NUMBER)
		str_to_u64(str_head(r.ending, digits), &r.number);
	return r;
}

struct str
rotation_base(const char *path)
{
	return name_parse(str_of(path)).base;
}

int
rotation_cmp(const char *pa, const char *pb)
{
	struct name a = name_parse(str_of(pa)), b = name_parse(str_of(pb));
	int r;

	if (a.age != b.age)
		return a.age < b.age ? -1 : 1;
	if (a.age == AGE_NUMBER && a.number != b.number)
		return a.number > b.number ? -1 : 1;
	if (a.age == AGE_DATE && (r = str_cmp(a.ending, b.ending)) != 0)
		return r;
	/* Both are there while it is being packed: the whole one last. */
	if (a.is_packed != b.is_packed)
		return a.is_packed ? -1 : 1;
	return strcmp(pa, pb);
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
by_log_and_age(const void *a, const void *b)
{
	const char *pa = *(char *const *)a, *pb = *(char *const *)b;
	int r = str_cmp(rotation_base(pa), rotation_base(pb));

	return r != 0 ? r : rotation_cmp(pa, pb);
}

void
paths_sort(struct paths *p)
{
	if (p->n > 1)
		qsort(p->v, p->n, sizeof(*p->v), by_log_and_age);
}

/* All regular files of a directory, or those of one log when base is known. */
static int
add_directory(const char *dir, struct str base, struct paths *ret,
    struct error *err)
{
	char path[4096];
	struct dirent *d;
	struct stat st;
	DIR *dp = opendir(dir);

	if (dp == NULL)
		return error_set(err, "%s: %s", dir, strerror(errno));
	while ((d = readdir(dp)) != NULL && ret->n < ROTATION_FILES_MAX) {
		if (d->d_name[0] == '.' || (str_known(base) &&
		    !str_eq(rotation_base(d->d_name), base)))
			continue;
		if (snprintf(path, sizeof(path), "%s/%s",
		    strcmp(dir, "/") == 0 ? "" : dir, d->d_name) >=
		    (int)sizeof(path))
			continue;
		if (stat(path, &st) == 0 && S_ISREG(st.st_mode))
			paths_add(ret, path);
	}
	closedir(dp);
	paths_sort(ret);
	return 0;
}

int
rotation_siblings(const char *path, struct paths *ret, struct error *err)
{
	const char *slash = strrchr(path, '/');
	char dir[4096];

	if (slash == NULL)
		return add_directory(".", rotation_base(path), ret, err);
	str_copy((struct str){ path, slash == path ? 1 :
	    (size_t)(slash - path) }, dir, sizeof(dir));
	return add_directory(dir, rotation_base(slash + 1), ret, err);
}

int
source_expand(const char *path, char ***ret, size_t *ret_n, struct error *err)
{
	struct paths p = { 0 };
	struct stat st;
	int rc;

	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		rc = add_directory(path, STR_NONE, &p, err);
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

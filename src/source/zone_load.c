/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A zone from the host's data, by asking libc: with TZ set to it, localtime
 * tells the offset at any time, and where it differs between two samples the
 * change is found by halving.  Samples are a week apart, from 1970 to 2040;
 * no zone changed there and back within a week.
 *
 * libc takes an unknown name for UTC without a word, so the file is looked
 * for first.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "weir/mem.h"
#include "weir/source.h"

#define SINCE	INT64_C(0)
#define UNTIL	INT64_C(2208988800)	/* 2040-01-01 */
#define STEP	(7 * INT64_C(86400))

static const char *
zone_directory(void)
{
	const char *dir = getenv("TZDIR");

	return dir != NULL && dir[0] != '\0' ? dir : "/usr/share/zoneinfo";
}

static bool
is_zone_file(const char *path)
{
	char magic[4];
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	bool r;

	if (fd == -1)
		return false;
	r = read(fd, magic, sizeof(magic)) == (ssize_t)sizeof(magic) &&
	    memcmp(magic, "TZif", sizeof(magic)) == 0;
	close(fd);
	return r;
}

/* A name that loads the host's own zone again; "localtime" always does. */
static void
own_name(char *ret, size_t size)
{
	char target[512], path[1024];
	const char *name = getenv("TZ"), *p;
	ssize_t n;

	if (name == NULL) {
		n = readlink("/etc/localtime", target, sizeof(target) - 1);
		target[n > 0 ? n : 0] = '\0';
		p = strstr(target, "zoneinfo/");
		name = p == NULL ? "" : p + strlen("zoneinfo/");
	}
	if (name[0] == ':')
		name++;
	snprintf(path, sizeof(path), "%s/%s", zone_directory(), name);
	if (name[0] == '\0' || name[0] == '/' || strstr(name, "..") != NULL ||
	    strlen(name) >= size || !is_zone_file(path))
		name = "localtime";
	snprintf(ret, size, "%s", name);
}

static int32_t
offset_at(int64_t second)
{
	time_t t = (time_t)second;
	struct tm tm;

	return localtime_r(&t, &tm) == NULL ? 0 : (int32_t)tm.tm_gmtoff;
}

static void
add_span(struct zone_span **spans, size_t *n, int64_t since, int32_t offset)
{
	*spans = xreallocarray(*spans, *n + 1, sizeof(**spans));
	(*spans)[(*n)++] = (struct zone_span){ since, offset };
}

/* The zone that TZ says. */
static struct zone_span *
sample(size_t *ret_n)
{
	struct zone_span *spans = NULL;
	int64_t at, lo, hi, mid;
	int32_t old = offset_at(SINCE), new;

	*ret_n = 0;
	add_span(&spans, ret_n, INT64_MIN, old);
	for (at = SINCE + STEP; at < UNTIL; at += STEP) {
		if ((new = offset_at(at)) == old)
			continue;
		for (lo = at - STEP, hi = at; hi - lo > 1;) {
			mid = lo + (hi - lo) / 2;
			if (offset_at(mid) == old)
				lo = mid;
			else
				hi = mid;
		}
		add_span(&spans, ret_n, hi * USEC_PER_SEC, new);
		old = new;
	}
	return spans;
}

/* The named zone, by setting TZ meanwhile; NULL: there is none. */
static struct zone_span *
load_named(const char *name, size_t *ret_n, struct error *err)
{
	const char *tz = getenv("TZ");
	struct zone_span *spans;
	char path[4096], *saved;

	snprintf(path, sizeof(path), ":%s/%s", zone_directory(), name);
	if (name[0] == '/' || strstr(name, "..") != NULL ||
	    !is_zone_file(path + 1)) {
		error_set(err, "'%s' is no time zone of this host (there is "
		    "no %s)", name, path + 1);
		return NULL;
	}
	saved = tz == NULL ? NULL : xstrdup(tz);
	setenv("TZ", path, 1);
	tzset();
	spans = sample(ret_n);
	if (saved != NULL)
		setenv("TZ", saved, 1);
	else
		unsetenv("TZ");
	tzset();
	free(saved);
	return spans;
}

int
zone_load(const char *name, struct zone *ret, struct error *err)
{
	struct zone z = { 0 };
	struct zone_span *spans;

	if (name != NULL && (name[0] == '\0' ||
	    strlen(name) >= sizeof(z.name)))
		return error_set(err, "'%s' is no name of a time zone", name);
	if (name == NULL || strcmp(name, "localtime") == 0) {
		own_name(z.name, sizeof(z.name));
		spans = sample(&z.n);
	} else if (strcmp(name, "UTC") == 0) {
		/* Known on a host without any zone files. */
		snprintf(z.name, sizeof(z.name), "UTC");
		z.n = zone_utc.n;
		spans = xmemdup(zone_utc.spans, z.n * sizeof(*spans));
	} else {
		snprintf(z.name, sizeof(z.name), "%s", name);
		spans = load_named(name, &z.n, err);
	}
	if (spans == NULL)
		return -1;
	z.spans = spans;
	*ret = z;
	return 0;
}

void
zone_done(struct zone *z)
{
	free((void *)z->spans);
	z->spans = NULL;
	z->n = 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See import.h.  Files given together are one source, read in order of time;
 * each journal and standard input is one of its own.
 */
#include "weir/import.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "weir/mem.h"
#include "weir/queue.h"

#define BATCHES		4

/* The last four bytes of gzip are the length, modulo 2^32 (RFC 1952). */
#define GZIP_WRAP	(INT64_C(1) << 32)

struct import {
	const struct import_options	*o;
	struct zone			 zone;
	struct streams			 known;
	char				**files;
	size_t				 nfiles;
	struct source			**sources;
	size_t				 nsources;
	struct queue			*queue;
	int64_t				 total_bytes;
};

void
import_add_counts(struct batch_counts *to, const struct batch_counts *add)
{
	to->lines += add->lines;
	to->bytes += add->bytes;
	to->cut += add->cut;
	to->empty += add->empty;
	to->no_stamp += add->no_stamp;
	to->cleaned += add->cleaned;
	to->ignored += add->ignored;
	to->unknown += add->unknown;
	to->lost += add->lost;
}

static void
add_stream(void *ctx, const struct stream *st)
{
	streams_add(ctx, st);
}

/* Open one source; what cannot be read is said, and the others go on. */
static bool
add_source(struct import *im, const char *path, char *const *paths,
    size_t npaths)
{
	struct source_options	 o = { 0 };
	struct source		*s;
	struct error		 err = { "" };

	o.name = path != NULL ? path : "files";
	o.path = path;
	o.paths = paths;
	o.npaths = npaths;
	o.zone = &im->zone;
	o.host = im->o->host;
	o.year = im->o->year;
	if ((s = source_open(&o, &im->known, &err)) == NULL) {
		im->o->say(im->o->ctx, err.text);
		return false;
	}
	im->sources = xreallocarray(im->sources, im->nsources + 1,
	    sizeof(*im->sources));
	im->sources[im->nsources++] = s;
	return true;
}

/* How long a log is when it is unpacked; a guess is enough. */
static int64_t
file_bytes(const char *path)
{
	uint8_t		 head[2] = { 0 }, tail[4] = { 0 };
	FILE		*f = fopen(path, "rb");
	int64_t		 size, unpacked;

	if (f == NULL)
		return 0;
	if (fread(head, 1, sizeof(head), f) != sizeof(head) ||
	    fseeko(f, 0, SEEK_END) == -1 || (size = ftello(f)) < 0)
		size = 0;
	unpacked = size;
	if (size > 18 && head[0] == 0x1f && head[1] == 0x8b &&
	    fseeko(f, -4, SEEK_END) == 0 &&
	    fread(tail, 1, sizeof(tail), f) == sizeof(tail)) {
		unpacked = tail[0] | tail[1] << 8 | tail[2] << 16 |
		    (int64_t)tail[3] << 24;
		while (unpacked < size)
			unpacked += GZIP_WRAP;
	}
	fclose(f);
	return unpacked;
}

/* One that cannot be read is said, and the others are read. */
static int
add_file(struct import *im, char *path)
{
	struct error	err = { "" };

	if (source_check(path, &err) == -1) {
		im->o->say(im->o->ctx, err.text);
		free(path);
		return 1;
	}
	im->total_bytes += file_bytes(path);
	im->files = xreallocarray(im->files, im->nfiles + 1,
	    sizeof(*im->files));
	im->files[im->nfiles++] = path;
	return 0;
}

/* Sort the paths into files to be read together and all else. */
static int
open_paths(struct import *im)
{
	const struct import_options	*o = im->o;
	struct stat			 st;
	char				**v;
	size_t				 n;
	int				 failed = 0;

	for (size_t i = 0; i < o->npaths; i++) {
		const char	*path = o->paths[i];

		if (strcmp(path, "-") == 0 || source_is_journal(path)) {
			failed += !add_source(im, path, NULL, 0);
		} else if (stat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
			struct error	err;

			if (source_expand(path, &v, &n, &err) == -1) {
				o->say(o->ctx, err.text);
				failed++;
				continue;
			}
			for (size_t j = 0; j < n; j++)
				failed += add_file(im, v[j]);
			free(v);
		} else {
			failed += add_file(im, xstrdup(path));
		}
	}
	if (im->nfiles > 0)
		failed += !add_source(im, NULL, im->files, im->nfiles);
	return failed;
}

/* The reader: every source to its end, one after another. */
static void *
reader(void *arg)
{
	struct import	*im = arg;

	for (size_t i = 0; i < im->nsources; i++) {
		enum source_state	state = SOURCE_READY;

		while (state == SOURCE_READY) {
			struct work	*w = queue_blank(im->queue);

			if (w == NULL)
				goto out;
			state = source_read(im->sources[i], w->batch,
			    &w->problem);
			w->source = i;
			w->state = state;
			queue_put(im->queue, w);
		}
	}
out:
	queue_close(im->queue);
	return NULL;
}

/* The judge: take in, commit every so many lines. */
static int
take_all(struct import *im, struct pipeline *p, struct import_progress *pr,
    int *failed, struct error *err)
{
	const struct import_options	*o = im->o;
	struct work			*w;
	int				 rc = 0;

	while (rc == 0 && !*o->stop &&
	    (w = queue_get(im->queue, true)) != NULL) {
		if (w->state == SOURCE_DENIED || w->state == SOURCE_MISSING) {
			o->say(o->ctx, w->problem.text);
			++*failed;
		}
		if (w->batch->notice[0] != '\0')
			o->say(o->ctx, w->batch->notice);
		pipeline_take(p, w->batch);
		import_add_counts(&pr->counts, &w->batch->counts);
		pr->at = engine_now(pipeline_engine(p));
		queue_release(im->queue, w);
		if (pipeline_pending(p) >= PIPELINE_IMPORT_LINES)
			rc = pipeline_commit(p, err);
		if (o->progress != NULL)
			o->progress(o->ctx, pr);
	}
	queue_stop(im->queue);
	return rc;
}

static void
import_done(struct import *im)
{
	for (size_t i = 0; i < im->nsources; i++)
		source_close(im->sources[i]);
	for (size_t i = 0; i < im->nfiles; i++)
		free(im->files[i]);
	free(im->sources);
	free(im->files);
	streams_done(&im->known);
	zone_done(&im->zone);
	queue_free(im->queue);
}

int
import_run(struct pipeline *p, const struct import_options *o,
    struct import_progress *ret, int *ret_failed, struct error *err)
{
	struct import	im = { .o = o };
	pthread_t	thread;
	int		failed, rc = -1;

	memset(ret, 0, sizeof(*ret));
	*ret_failed = 0;
	if (zone_load(o->timezone, &im.zone, err) == -1 ||
	    store_each_stream(pipeline_store(p), add_stream, &im.known,
	    err) == -1)
		goto out;
	failed = open_paths(&im);
	if (im.nsources == 0) {
		(void)error_set(err, "nothing could be read");
		goto out;
	}
	im.queue = queue_new(BATCHES);
	if (pthread_create(&thread, NULL, reader, &im) != 0) {
		(void)error_set(err, "no thread can be started");
		goto out;
	}
	ret->total_bytes = im.total_bytes;
	rc = take_all(&im, p, ret, &failed, err);
	pthread_join(thread, NULL);
	if (rc == 0)
		rc = pipeline_end(p, err);
	*ret_failed = failed;
out:
	import_done(&im);
	return rc;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The page: files that are part of the executable.  A name is looked up in
 * their table and nowhere else, so that no path reaches the file system.
 */
#include <stdio.h>

#include "weir/embed.h"
#include "weir/route.h"
#include "weir/suggest.h"

static void
not_found(const struct request *rq, struct reply *rp)
{
	const char *best = NULL, *p;
	char path[64];
	size_t i;

	str_copy(rq->path, path, sizeof(path));
	for (i = 0; (p = route_path(i)) != NULL; i++) {
		if (strchr(p, '*') == NULL)
			suggest_try(path, p, &best);
	}
	if (best == NULL)
		reply_problem(rp, 404, "there is no %s", path);
	else
		reply_problem(rp, 404, "there is no %s: did you mean %s?",
		    path, best);
}

void
asset_answer(const struct request *rq, struct reply *rp)
{
	const struct embed_file *f;
	char name[128];

	if (rq->tail.n + sizeof("web/") > sizeof(name)) {
		not_found(rq, rp);
		return;
	}
	snprintf(name, sizeof(name), "web/%.*s", STRF(rq->tail));
	f = embed_find(rq->tail.n == 0 ? "web/index.html" : name);
	if (f == NULL) {
		not_found(rq, rp);
		return;
	}
	rp->type = f->type;
	rp->asset = true;
	rp->gzipped = rq->gzip && f->gz_n < f->n;
	/* Another encoding is another representation: another ETag. */
	if (rp->gzipped)
		snprintf(rp->etag, sizeof(rp->etag), "%.*s-gz\"",
		    (int)strlen(f->etag) - 1, f->etag);
	else
		snprintf(rp->etag, sizeof(rp->etag), "%s", f->etag);
	rp->fixed = rp->gzipped ?
	    (struct str){ (const char *)f->gz, f->gz_n } :
	    (struct str){ (const char *)f->p, f->n };
	if (reply_matches(rq->if_none_match, rp->etag)) {
		rp->status = 304;
		rp->fixed = STR_NONE;
	}
}

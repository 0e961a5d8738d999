/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a request to a reply, without a network: the table of paths and what
 * answers each.  Knows nothing of libmicrohttpd; httpd carries the replies.
 */
#ifndef WEIR_ROUTE_H
#define WEIR_ROUTE_H

#include <jansson.h>

#include "weir/error.h"
#include "weir/snapshot.h"

#define ROUTE_ARGS_MAX	32
#define ROUTE_ETAG_MAX	64
/* A page ends early, with its cursor, when its texts are longer. */
#define ROUTE_PAGE_BYTES	(4 * 1024 * 1024)

struct route_arg {
	struct str	name, value;	/* decoded */
};

/* All slices are borrowed for the call. */
struct request {
	struct str		 path;
	struct str		 tail;		/* what "*" stands for */
	struct str		 if_none_match;
	bool			 gzip;		/* the client takes it */
	struct route_arg	 args[ROUTE_ARGS_MAX];
	size_t			 nargs;
	int64_t			 now;		/* wall clock */
	struct snapshot_box	*box;
	struct store		*store;	/* where the row asks for one */
};

struct reply {
	unsigned	 status;
	const char	*type;		/* static */
	struct buf	 body;		/* owned; reply_done frees it */
	struct str	 fixed;		/* static bytes instead of a body */
	bool		 gzipped;
	bool		 asset;		/* may be kept and revalidated */
	char		 etag[ROUTE_ETAG_MAX];	/* "": none */
	char		 allow[32];		/* of a 405 */
};

struct route {
	const char	*method, *path;	/* a path may end in "*" */
	bool		 store;		/* needs the database */
	void		(*answer)(const struct request *rq, struct reply *rp);
};

/*
 * The row that answers, or NULL with the problem in *rp.  A HEAD is answered
 * as a GET.  Sets rq->tail.
 */
const struct route	*route_find(struct str method, struct request *rq,
			    struct reply *rp);
/* The path of each row, for tests and suggestions; NULL past the end. */
const char		*route_path(size_t i);
/* Is this Host header a name of this machine for itself? */
bool	route_host_is_local(struct str host);
/* Does an Accept-Encoding header take gzip?  "gzip;q=0" does not. */
bool	route_takes_gzip(struct str accept);

void	reply_init(struct reply *rp);
void	reply_done(struct reply *rp);
/* Takes the reference.  Sets the ETag and answers 304 where it matches. */
void	reply_json(struct reply *rp, const struct request *rq, json_t *j);
/* {"items": items, "next": cursor or null}; takes the reference. */
void	reply_list(struct reply *rp, const struct request *rq, json_t *items,
	    const char *cursor);
/* RFC 9457: what was there before in *rp is dropped. */
void	reply_problem(struct reply *rp, unsigned status, const char *fmt, ...)
	    __attribute__((format(printf, 3, 4)));
/* Does an If-None-Match header name this ETag? (RFC 9110, section 13.1.2) */
bool	reply_matches(struct str if_none_match, const char *etag);

/* The answers, one in each api_*.c and asset.c. */
void	api_events(const struct request *rq, struct reply *rp);
void	api_messages(const struct request *rq, struct reply *rp);
void	api_alerts(const struct request *rq, struct reply *rp);
void	api_alert(const struct request *rq, struct reply *rp);
void	api_traffic(const struct request *rq, struct reply *rp);
void	api_status(const struct request *rq, struct reply *rp);
void	api_metrics(const struct request *rq, struct reply *rp);
void	api_health(const struct request *rq, struct reply *rp);
void	asset_answer(const struct request *rq, struct reply *rp);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libmicrohttpd around the routes: listens on loopback, refuses what a page of
 * another site could send, and puts replies on the wire.
 *
 * A browser can be made to ask any address by a name that its owner points at
 * 127.0.0.1 (DNS rebinding); such a request carries that name in Host, so only
 * this machine's names for itself are answered.  Everything is read-only, and
 * without CORS headers no other site's script sees an answer.
 *
 * Connections to the database are kept in a list: a request takes one and
 * gives it back, so that no two threads ever use one at the same time.
 */
#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "weir/httpd.h"
#include "weir/ip.h"
#include "weir/mem.h"
#include "weir/route.h"

#define THREADS_DEFAULT		2
#define CONNECTIONS_MAX		256
#define CONNECTION_BYTES	(32 * 1024)	/* request line and headers */

struct httpd {
	struct MHD_Daemon	*mhd;
	struct snapshot_box	*box;
	char			*db;
	int			 port;
	pthread_mutex_t		 lock;		/* of the two below */
	struct store		*idle[HTTPD_THREADS_MAX];
	size_t			 nidle;
};

/* On every answer.  The page's files are all its own. */
static const char *const headers[][2] = {
	{ "Content-Security-Policy", "default-src 'none'; script-src 'self'; "
	    "style-src 'self'; connect-src 'self'; img-src 'self' data:; "
	    "base-uri 'none'; frame-ancestors 'none'; form-action 'none'" },
	{ "X-Content-Type-Options", "nosniff" },
	{ "Referrer-Policy", "no-referrer" },
	{ "Cross-Origin-Resource-Policy", "same-origin" },
};

static struct store *
pool_take(struct httpd *h, struct error *err)
{
	struct store *s = NULL;

	pthread_mutex_lock(&h->lock);
	if (h->nidle > 0)
		s = h->idle[--h->nidle];
	pthread_mutex_unlock(&h->lock);
	return s != NULL ? s : store_open(h->db, STORE_READ, err);
}

/* One that failed is not kept: the database may be another one by now. */
static void
pool_give(struct httpd *h, struct store *s, bool failed)
{
	if (!failed) {
		pthread_mutex_lock(&h->lock);
		if (h->nidle < HTTPD_THREADS_MAX) {
			h->idle[h->nidle++] = s;
			s = NULL;
		}
		pthread_mutex_unlock(&h->lock);
	}
	store_close(s);
}

static struct str
header(struct MHD_Connection *c, const char *name)
{
	return str_of(MHD_lookup_connection_value(c, MHD_HEADER_KIND, name));
}

/* Called for each query parameter; stops when there are too many. */
static enum MHD_Result
add_arg(void *ctx, enum MHD_ValueKind kind, const char *name, size_t name_n,
    const char *value, size_t value_n)
{
	struct request *rq = ctx;

	(void)kind;
	if (rq->nargs > ROUTE_ARGS_MAX)
		return MHD_NO;
	if (rq->nargs < ROUTE_ARGS_MAX)
		rq->args[rq->nargs] = (struct route_arg){
		    { name == NULL ? "" : name, name_n },
		    { value == NULL ? "" : value, value_n } };
	rq->nargs++;
	return MHD_YES;
}

static int64_t
wall_clock(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return ts.tv_sec * USEC_PER_SEC + ts.tv_nsec / 1000;
}

static void
answer_route(struct httpd *h, const struct route *r, struct request *rq,
    struct reply *rp)
{
	struct error err;

	if (r->store) {
		rq->store = pool_take(h, &err);
		if (rq->store == NULL) {
			reply_problem(rp, 503, "%s", err.text);
			return;
		}
	}
	r->answer(rq, rp);
	if (r->store)
		pool_give(h, rq->store, rp->status >= 500);
}

/* Everything between the request's headers and the reply. */
static void
answer(struct httpd *h, struct MHD_Connection *c, const char *method,
    const char *path, struct reply *rp)
{
	struct request rq = {
		.path = str_of(path), .box = h->box, .now = wall_clock(),
		.if_none_match = header(c, MHD_HTTP_HEADER_IF_NONE_MATCH),
		.gzip = route_takes_gzip(header(c,
		    MHD_HTTP_HEADER_ACCEPT_ENCODING)),
	};
	struct str host = header(c, MHD_HTTP_HEADER_HOST);
	const struct route *r;

	if (!route_host_is_local(host)) {
		reply_problem(rp, 421, "weir answers to localhost, 127.0.0.1 "
		    "and [::1] only; a reverse proxy sets the Host header to "
		    "one of them");
		return;
	}
	r = route_find(str_of(method), &rq, rp);
	if (r == NULL)
		return;
	MHD_get_connection_values_n(c, MHD_GET_ARGUMENT_KIND, add_arg, &rq);
	if (rq.nargs > ROUTE_ARGS_MAX)
		reply_problem(rp, 400, "more than %d parameters",
		    ROUTE_ARGS_MAX);
	else
		answer_route(h, r, &rq, rp);
}

static struct MHD_Response *
make_response(struct reply *rp)
{
	struct MHD_Response *r;

	if (rp->fixed.p != NULL)
		return MHD_create_response_from_buffer(rp->fixed.n,
		    (void *)(uintptr_t)rp->fixed.p, MHD_RESPMEM_PERSISTENT);
	r = MHD_create_response_from_buffer(rp->body.n, rp->body.p,
	    MHD_RESPMEM_MUST_FREE);
	if (r != NULL)
		memset(&rp->body, 0, sizeof(rp->body));
	return r;
}

static enum MHD_Result
send_reply(struct MHD_Connection *c, struct reply *rp)
{
	struct MHD_Response *r = make_response(rp);
	enum MHD_Result ret;
	size_t i;

	if (r == NULL)
		return MHD_NO;
	for (i = 0; i < sizeof(headers) / sizeof(headers[0]); i++)
		MHD_add_response_header(r, headers[i][0], headers[i][1]);
	/* The page's files are asked for again each time, by ETag. */
	MHD_add_response_header(r, MHD_HTTP_HEADER_CACHE_CONTROL,
	    rp->asset ? "no-cache" : "no-store");
	if (rp->type != NULL && rp->status != 304)
		MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE,
		    rp->type);
	if (rp->etag[0] != '\0')
		MHD_add_response_header(r, MHD_HTTP_HEADER_ETAG, rp->etag);
	if (rp->asset)
		MHD_add_response_header(r, MHD_HTTP_HEADER_VARY,
		    MHD_HTTP_HEADER_ACCEPT_ENCODING);
	if (rp->gzipped && rp->status != 304)
		MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_ENCODING,
		    "gzip");
	if (rp->allow[0] != '\0')
		MHD_add_response_header(r, MHD_HTTP_HEADER_ALLOW, rp->allow);
	ret = MHD_queue_response(c, rp->status, r);
	MHD_destroy_response(r);
	return ret;
}

static bool
has_body(struct MHD_Connection *c)
{
	struct str n = header(c, MHD_HTTP_HEADER_CONTENT_LENGTH);

	return str_known(header(c, MHD_HTTP_HEADER_TRANSFER_ENCODING)) ||
	    (str_known(n) && !str_eq(n, STR("0")));
}

/*
 * libmicrohttpd calls this when the headers are there and again when the
 * request is complete.  An answer to the first call closes the connection
 * after it: that is for requests that bring a body, which nothing here takes.
 */
static enum MHD_Result
on_request(void *ctx, struct MHD_Connection *c, const char *path,
    const char *method, const char *version, const char *upload,
    size_t *upload_n, void **state)
{
	static int complete;
	struct httpd *h = ctx;
	struct reply rp;
	enum MHD_Result ret;
	bool body;

	(void)version;
	(void)upload;
	(void)upload_n;
	body = *state == NULL && has_body(c);
	if (*state == NULL && !body) {
		*state = &complete;
		return MHD_YES;
	}
	reply_init(&rp);
	answer(h, c, method, path, &rp);
	if (body && rp.status < 400)
		reply_problem(&rp, 413, "a request has no body here");
	ret = send_reply(c, &rp);
	reply_done(&rp);
	return ret;
}

/* "127.0.0.1:8425", "[::1]:0", "localhost:8425". */
static int
parse_listen(const char *listen, struct sockaddr_storage *ret,
    socklen_t *ret_n, struct error *err)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)ret;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)ret;
	struct str s = str_of(listen), name;
	size_t colon = str_rfind_char(s, ':');
	struct ip ip;
	uint64_t port;

	if (colon == STR_NPOS || !str_to_u64(str_tail(s, colon + 1), &port) ||
	    port > UINT16_MAX)
		return error_set(err, "listen = %s: want an address and a "
		    "port, such as 127.0.0.1:8425 or [::1]:8425", listen);
	name = str_head(s, colon);
	if (str_starts(name, STR("[")) && str_ends(name, STR("]")))
		name = (struct str){ name.p + 1, name.n - 2 };
	if (str_eq_nocase(name, STR("localhost")))
		name = STR("127.0.0.1");
	if (!ip_parse(name, &ip))
		return error_set(err, "listen = %s: '%.*s' is not an address",
		    listen, STRF(name));
	if (!ip_is_loopback(&ip))
		return error_set(err, "listen = %s: weir listens on loopback "
		    "only (127.0.0.1 or [::1]), for its answers name people; "
		    "put a reverse proxy with a login before it", listen);
	memset(ret, 0, sizeof(*ret));
	if (ip_is_v4(&ip)) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons((uint16_t)port);
		memcpy(&v4->sin_addr, ip.b + 12, 4);
		*ret_n = sizeof(*v4);
	} else {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons((uint16_t)port);
		memcpy(&v6->sin6_addr, ip.b, 16);
		*ret_n = sizeof(*v6);
	}
	return 0;
}

static int
bound_port(int fd)
{
	struct sockaddr_storage sa;
	socklen_t n = sizeof(sa);

	if (getsockname(fd, (struct sockaddr *)&sa, &n) == -1)
		return 0;
	return ntohs(sa.ss_family == AF_INET ?
	    ((struct sockaddr_in *)&sa)->sin_port :
	    ((struct sockaddr_in6 *)&sa)->sin6_port);
}

/* A listening socket, or -1: here and not in the library for the reason. */
static int
listen_on(const char *listen_text, struct error *err)
{
	struct sockaddr_storage sa;
	socklen_t n = 0;
	int fd, on = 1;

	if (parse_listen(listen_text, &sa, &n, err) == -1)
		return -1;
	fd = socket(sa.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
	    0);
	if (fd == -1)
		return error_set(err, "socket: %s", strerror(errno));
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&sa, n) == -1 ||
	    listen(fd, SOMAXCONN) == -1) {
		error_set(err, "listen = %s: %s", listen_text,
		    strerror(errno));
		close(fd);
		return -1;
	}
	return fd;
}

/* The threads take no signals: those are the loop's. */
static struct MHD_Daemon *
start_mhd(struct httpd *h, int fd, unsigned threads, unsigned timeout_s)
{
	struct MHD_Daemon *d;
	sigset_t all, old;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	d = MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD, 0, NULL, NULL,
	    on_request, h,
	    MHD_OPTION_LISTEN_SOCKET, fd,
	    MHD_OPTION_THREAD_POOL_SIZE, threads,
	    MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS_MAX,
	    MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_BYTES,
	    MHD_OPTION_CONNECTION_TIMEOUT, timeout_s,
	    MHD_OPTION_STRICT_FOR_CLIENT, 1,
	    MHD_OPTION_END);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return d;
}

struct httpd *
httpd_start(const struct httpd_options *o, struct error *err)
{
	struct httpd *h;
	int fd, threads = o->threads == 0 ? THREADS_DEFAULT : o->threads;

	fd = listen_on(o->listen, err);
	if (fd == -1)
		return NULL;
	if (threads < 2)	/* a pool is of two and more */
		threads = 2;
	if (threads > HTTPD_THREADS_MAX)
		threads = HTTPD_THREADS_MAX;
	h = xcalloc(1, sizeof(*h));
	pthread_mutex_init(&h->lock, NULL);
	h->box = o->box;
	h->db = xstrdup(o->db);
	h->port = bound_port(fd);
	h->mhd = start_mhd(h, fd, (unsigned)threads, (unsigned)
	    (o->timeout_s == 0 ? HTTPD_TIMEOUT_S : o->timeout_s));
	if (h->mhd == NULL) {
		error_set(err, "libmicrohttpd cannot start: %s",
		    strerror(errno));
		httpd_stop(h);
		return NULL;
	}
	return h;
}

int
httpd_port(const struct httpd *h)
{
	return h->port;
}

void
httpd_stop(struct httpd *h)
{
	if (h == NULL)
		return;
	if (h->mhd != NULL)
		MHD_stop_daemon(h->mhd);	/* closes the socket too */
	while (h->nidle > 0)
		store_close(h->idle[--h->nidle]);
	pthread_mutex_destroy(&h->lock);
	free(h->db);
	free(h);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* See serve.h. */
#include "weir/serve.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "weir/buf.h"
#include "weir/mem.h"

struct serve_peer {
	LIST_ENTRY(serve_peer)	 next;
	struct serve		*serve;
	int			 fd;
	sd_event_source		*io;
	struct buf		 in, out;
	char			 who[256];
	bool			 asked;		/* its request was read */
	bool			 last;		/* close when `out` is gone */
};

struct serve {
	struct serve_options		 o;
	char				 path[4096];
	int				 fd;
	sd_event_source			*io;
	LIST_HEAD(peers, serve_peer)	 peers;
	size_t				 npeers;
};

static void
peer_free(struct serve_peer *p)
{
	LIST_REMOVE(p, next);
	p->serve->npeers--;
	sd_event_source_disable_unref(p->io);
	close(p->fd);
	buf_done(&p->in);
	buf_done(&p->out);
	free(p);
}

static void
hang_up(struct serve_peer *p)
{
	if (p->asked && !p->last)
		p->serve->o.gone(p->serve->o.ctx, p);
	peer_free(p);
}

/* Send what can be sent; false when the peer was freed. */
static bool
flush(struct serve_peer *p)
{
	ssize_t	n;

	while (p->out.n > 0) {
		n = send(p->fd, p->out.p, p->out.n, MSG_NOSIGNAL |
		    MSG_DONTWAIT);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1 && errno == EAGAIN)
			break;
		if (n == -1) {
			hang_up(p);
			return false;
		}
		memmove(p->out.p, p->out.p + n, p->out.n - (size_t)n);
		p->out.n -= (size_t)n;
	}
	if (p->out.n == 0 && p->last) {
		peer_free(p);
		return false;
	}
	(void)sd_event_source_set_io_events(p->io, p->out.n > 0 ?
	    EPOLLIN | EPOLLOUT : EPOLLIN);
	return true;
}

void
serve_answer(struct serve_peer *p, json_t *line)
{
	char	*text = json_dumps(line, JSON_COMPACT);

	if (text != NULL) {
		buf_add_str(&p->out, str_of(text));
		buf_add_char(&p->out, '\n');
	}
	p->last = json_object_get(line, "ok") != NULL;
	free(text);
	json_decref(line);
	/* Sent from the loop, so that the peer outlives this call. */
	(void)sd_event_source_set_io_events(p->io, EPOLLIN | EPOLLOUT);
}

const char *
serve_who(const struct serve_peer *p)
{
	return p->who;
}

static void
take_request(struct serve_peer *p, struct str line)
{
	json_t	*j = json_loadb(line.p, line.n, 0, NULL);

	p->asked = true;
	if (json_is_object(j))
		p->serve->o.asked(p->serve->o.ctx, p, j);
	else
		serve_answer(p, json_pack("{s:b, s:s}", "ok", 0, "error",
		    "this is no JSON object"));
	json_decref(j);
}

static int
on_peer(sd_event_source *io, int fd, uint32_t events, void *arg)
{
	struct serve_peer	*p = arg;
	ssize_t			 n;
	size_t			 lf;

	(void)io;
	if ((events & EPOLLOUT) && !flush(p))
		return 0;
	if (!(events & (EPOLLIN | EPOLLHUP | EPOLLERR)))
		return 0;
	buf_reserve(&p->in, 4096);
	n = recv(fd, p->in.p + p->in.n, 4096, MSG_DONTWAIT);
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n <= 0 || p->in.n + (size_t)n > SERVE_REQUEST_MAX) {
		hang_up(p);
		return 0;
	}
	if (p->asked)		/* one request each; more is not read */
		return 0;
	p->in.n += (size_t)n;
	lf = str_find_char(buf_str(&p->in), '\n');
	if (lf != STR_NPOS)
		take_request(p, str_head(buf_str(&p->in), lf));
	return 0;
}

static void
identify(struct serve_peer *p)
{
	struct ucred		 cred;
	socklen_t		 n = sizeof(cred);
	const struct passwd	*pw;

	if (getsockopt(p->fd, SOL_SOCKET, SO_PEERCRED, &cred, &n) == -1) {
		snprintf(p->who, sizeof(p->who), "somebody");
		return;
	}
	if ((pw = getpwuid(cred.uid)) != NULL)
		snprintf(p->who, sizeof(p->who), "%s", pw->pw_name);
	else
		snprintf(p->who, sizeof(p->who), "uid %lu",
		    (unsigned long)cred.uid);
}

static int
on_connect(sd_event_source *io, int fd, uint32_t events, void *arg)
{
	struct serve		*s = arg;
	struct serve_peer	*p;
	int			 c = accept4(fd, NULL, NULL, SOCK_CLOEXEC |
				    SOCK_NONBLOCK);

	(void)io;
	(void)events;
	if (c == -1)
		return 0;
	if (s->npeers == SERVE_PEERS) {
		close(c);
		return 0;
	}
	p = xcalloc(1, sizeof(*p));
	p->serve = s;
	p->fd = c;
	if (sd_event_add_io(s->o.loop, &p->io, c, EPOLLIN, on_peer, p) < 0) {
		close(c);
		free(p);
		return 0;
	}
	identify(p);
	LIST_INSERT_HEAD(&s->peers, p, next);
	s->npeers++;
	return 0;
}

static int
listen_at(const char *path, struct error *err)
{
	struct sockaddr_un	sun = { .sun_family = AF_UNIX };
	int			fd;

	if (strlen(path) >= sizeof(sun.sun_path))
		return error_set(err, "%s: too long for a socket", path);
	memcpy(sun.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd == -1)
		return error_set(err, "socket: %s", strerror(errno));
	/* The database's lock is ours, so what lies here is left over. */
	(void)unlink(path);
	if (bind(fd, (const struct sockaddr *)&sun, sizeof(sun)) == -1 ||
	    chmod(path, 0660) == -1 || listen(fd, 8) == -1) {
		(void)error_set(err, "%s: %s", path, strerror(errno));
		close(fd);
		return -1;
	}
	return fd;
}

struct serve *
serve_new(const struct serve_options *o, struct error *err)
{
	struct serve	*s;
	int		 fd = listen_at(o->path, err);

	if (fd == -1)
		return NULL;
	s = xcalloc(1, sizeof(*s));
	s->o = *o;
	s->fd = fd;
	snprintf(s->path, sizeof(s->path), "%s", o->path);
	LIST_INIT(&s->peers);
	if (sd_event_add_io(o->loop, &s->io, fd, EPOLLIN, on_connect, s) < 0) {
		(void)error_set(err, "%s: the event loop refused it", o->path);
		serve_free(s);
		return NULL;
	}
	return s;
}

void
serve_free(struct serve *s)
{
	struct serve_peer	*p;

	if (s == NULL)
		return;
	while ((p = LIST_FIRST(&s->peers)) != NULL)
		peer_free(p);
	sd_event_source_disable_unref(s->io);
	close(s->fd);
	(void)unlink(s->path);
	free(s);
}

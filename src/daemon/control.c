/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See control.h: the daemon's socket, or the work itself where
 * no daemon runs.
 */
#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "weir/control.h"
#include "weir/order.h"

#define READ_SIZE	65536

void
control_path(const char *db, char *ret, size_t size)
{
	const char	*slash = strrchr(db, '/');

	snprintf(ret, size, "%.*scontrol", slash == NULL ? 0 :
	    (int)(slash + 1 - db), db);
}

static int
dial(const char *db)
{
	struct sockaddr_un	sun = { .sun_family = AF_UNIX };
	char			path[4096];
	int			fd;

	control_path(db, path, sizeof(path));
	if (strlen(path) >= sizeof(sun.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(sun.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return -1;
	if (connect(fd, (const struct sockaddr *)&sun, sizeof(sun)) == 0)
		return fd;
	close(fd);
	return -1;
}

bool
control_listens(const char *db)
{
	int	fd = dial(db);

	if (fd == -1)
		return false;
	close(fd);
	return true;
}

/* One line of the answer: progress, or the last one.  1: there is more. */
static int
take_line(const struct control_client *c, struct str line, json_t **ret,
    struct error *err)
{
	json_t	*j = json_loadb(line.p, line.n, 0, NULL), *ok;

	if (j == NULL)
		return error_set(err, "the daemon's answer is no JSON");
	ok = json_object_get(j, "ok");
	if (ok == NULL) {
		if (c->progress != NULL)
			c->progress(c->ctx, j);
		json_decref(j);
		return 1;
	}
	if (json_is_true(ok)) {
		*ret = j;
		return 0;
	}
	(void)error_set(err, "%s", json_string_value(json_object_get(j,
	    "error")) == NULL ? "the daemon refused" :
	    json_string_value(json_object_get(j, "error")));
	json_decref(j);
	return -1;
}

static int
converse(const struct control_client *c, int fd, struct str request,
    json_t **ret, struct error *err)
{
	struct buf	in = { 0 };
	ssize_t		n;
	size_t		lf;
	int		rc = 1;

	if (send(fd, request.p, request.n, MSG_NOSIGNAL) !=
	    (ssize_t)request.n) {
		buf_done(&in);
		return error_set(err, "the daemon does not listen: %s",
		    strerror(errno));
	}
	while (rc == 1) {
		lf = str_find_char(buf_str(&in), '\n');
		if (lf != STR_NPOS) {
			rc = take_line(c, str_head(buf_str(&in), lf), ret,
			    err);
			memmove(in.p, in.p + lf + 1, in.n - lf - 1);
			in.n -= lf + 1;
			continue;
		}
		buf_reserve(&in, READ_SIZE);
		n = read(fd, in.p + in.n, READ_SIZE);
		if (n <= 0)
			rc = error_set(err, "the daemon ended before it "
			    "answered");
		else
			in.n += (size_t)n;
	}
	buf_done(&in);
	return rc;
}

/* No daemon: do it here, with the lock taken. */
static int
do_it(const struct control_client *c, const json_t *request, json_t **ret,
    struct error *err)
{
	const char		*command = json_string_value(json_object_get(
				    request, "command"));
	const struct passwd	*pw = getpwuid(getuid());
	struct pipeline_options	 o = { 0 };
	struct pipeline		*p;
	struct order		*order;
	struct buf		 problems = { 0 };
	struct webhook		*hooks = NULL;
	json_t			*j;
	size_t			 n;
	int			 rc;

	if (command == NULL || !order_knows(command))
		return error_set(err, "no daemon watches %s", c->db);
	if (access(c->db, F_OK) == -1)
		return error_set(err, "%s: %s", c->db, strerror(errno));
	o.db = c->db;
	o.mode = STORE_WRITE;
	o.config = c->config;
	/* A hook that cannot be used was told of when the daemon began. */
	if (c->config != NULL && webhook_load(c->config, &hooks, &n,
	    &problems) == 0) {
		o.hooks = hooks;
		o.nhooks = n;
	}
	buf_done(&problems);
	if ((p = pipeline_open(&o, err)) == NULL) {
		webhook_free(hooks, o.nhooks);
		return -1;
	}
	/*
	 * What an import told provisionally is told for good: the operator has
	 * seen it, and the order may be about it.
	 */
	pipeline_begin(p);
	engine_finish(pipeline_engine(p));
	if (pipeline_commit(p, err) == -1) {
		pipeline_close(p);
		webhook_free(hooks, o.nhooks);
		return -1;
	}
	order = order_new(request, pw == NULL ? "somebody" : pw->pw_name);
	order_alone(order);
	while ((rc = order_step(order, p, &j)) == 1) {
		if (j != NULL && c->progress != NULL)
			c->progress(c->ctx, j);
		json_decref(j);
	}
	order_free(order);
	pipeline_close(p);
	webhook_free(hooks, o.nhooks);
	if (json_is_true(json_object_get(j, "ok"))) {
		*ret = j;
		return 0;
	}
	(void)error_set(err, "%s", json_string_value(json_object_get(j,
	    "error")));
	json_decref(j);
	return -1;
}

int
control_ask(const struct control_client *c, json_t *request, json_t **ret,
    struct error *err)
{
	struct buf	line = { 0 };
	char		*text;
	int		 fd = dial(c->db), rc;

	if (fd == -1 && (errno == EACCES || errno == ENAMETOOLONG))
		rc = error_set(err, "the daemon of %s cannot be asked: %s",
		    c->db, strerror(errno));
	else if (fd == -1)
		rc = do_it(c, request, ret, err);
	else {
		text = json_dumps(request, JSON_COMPACT);
		buf_addf(&line, "%s\n", text);
		free(text);
		rc = converse(c, fd, buf_str(&line), ret, err);
		close(fd);
	}
	buf_done(&line);
	json_decref(request);
	return rc;
}

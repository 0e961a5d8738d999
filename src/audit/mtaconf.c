/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The helper process and its parent.  The question is one byte; the answer is
 * a u32 of its length and then
 *
 *	u8 1, u32 beliefs, each: u8 key, str value, str where;
 *	    u8 incomplete for each key; u32 gaps, each: str
 *	u8 0, str why not
 *
 * so that a parent that was taken over can ask, and nothing else.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mtaconf_priv.h"
#include "weir/mem.h"
#include "weir/slurp.h"

#define FILE_MAX	(16 * 1024 * 1024)
#define ANSWER_MAX	(256 * 1024 * 1024)
#define INSTANCES_MAX	32

struct mtaconf {
	pid_t			 pid;
	int			 fd;		/* -1: given up */
	int64_t			 limit_us;
	struct mtaconf_answer	 last;
};

static int
read_table(void *ctx, const char *path, struct buf *ret, struct error *err)
{
	(void)ctx;
	return slurp_file(path, FILE_MAX, ret, err);
}

/* One instance; dir NULL: the default one. */
static int
ask_postconf(const char *path, char *dir, int64_t deadline,
    struct mtaconf_answer *a, struct error *err)
{
	const struct mtaconf_files files = { NULL, read_table };
	static char postconf[] = "postconf", expand[] = "-x", config[] = "-c";
	char *argv[64];
	struct buf text = { 0 };
	size_t n = 0, i;
	int rc;

	argv[n++] = postconf;
	if (dir != NULL) {
		argv[n++] = config;
		argv[n++] = dir;
	}
	argv[n++] = expand;
	for (i = 0; mtaconf_names[i] != NULL; i++)
		argv[n++] = (char *)(uintptr_t)mtaconf_names[i];
	argv[n] = NULL;
	rc = mtaconf_run(path, argv, deadline, &text, err);
	if (rc == 0)
		mtaconf_parse(a, buf_str(&text), &files);
	buf_done(&text);
	return rc == 0 ? 0 : -1;
}

static int
ask_all(const char *path, int64_t deadline, struct mtaconf_answer *a,
    struct error *err)
{
	static char postmulti[] = "postmulti", list[] = "-l";
	char *argv[] = { postmulti, list, NULL };
	char dirs[INSTANCES_MAX][256];
	struct buf text = { 0 };
	size_t n = 0, i;
	int rc = 0;

	if (mtaconf_run(path, argv, deadline, &text, err) == 0)
		n = mtaconf_instances(buf_str(&text), dirs, INSTANCES_MAX);
	buf_done(&text);
	if (n == 0)
		return ask_postconf(path, NULL, deadline, a, err);
	for (i = 0; i < n && rc == 0; i++)
		rc = ask_postconf(path, dirs[i], deadline, a, err);
	return rc;
}

static void
pack(struct buf *b, const struct mtaconf_answer *a)
{
	size_t i;

	buf_put_u8(b, 1);
	buf_put_u32(b, (uint32_t)a->n);
	for (i = 0; i < a->n; i++) {
		buf_put_u8(b, (uint8_t)a->beliefs[i].key);
		buf_put_str(b, str_of(a->beliefs[i].value));
		buf_put_str(b, str_of(a->beliefs[i].where));
	}
	for (i = 0; i < POLICY_KEY_COUNT; i++)
		buf_put_u8(b, a->incomplete[i]);
	buf_put_u32(b, (uint32_t)a->ngaps);
	for (i = 0; i < a->ngaps; i++)
		buf_put_str(b, str_of(a->gaps[i]));
}

static bool
unpack(struct buf_reader *r, struct mtaconf_answer *a)
{
	uint32_t n = buf_get_u32(r), i;
	unsigned k;

	if (n > r->rest.n)
		return false;
	a->beliefs = xcalloc((size_t)n + 1, sizeof(a->beliefs[0]));
	a->cap = (size_t)n + 1;
	for (i = 0; i < n && !r->bad; i++) {
		k = buf_get_u8(r);
		if (k >= POLICY_KEY_COUNT)
			return false;
		a->beliefs[a->n].key = (enum policy_key)k;
		a->beliefs[a->n].value = str_dup(buf_get_str(r));
		a->beliefs[a->n++].where = str_dup(buf_get_str(r));
	}
	for (k = 0; k < POLICY_KEY_COUNT; k++)
		a->incomplete[k] = buf_get_u8(r) != 0;
	n = buf_get_u32(r);
	if (r->bad || n > r->rest.n)
		return false;
	a->gaps = xcalloc((size_t)n + 1, sizeof(a->gaps[0]));
	for (i = 0; i < n && !r->bad; i++)
		a->gaps[a->ngaps++] = str_dup(buf_get_str(r));
	return !r->bad && r->rest.n == 0;
}

static int
send_all(int fd, struct str s)
{
	ssize_t n;

	while (s.n > 0) {
		n = send(fd, s.p, s.n, MSG_NOSIGNAL);
		if (n == -1 && errno != EINTR)
			return -1;
		s = str_tail(s, n > 0 ? (size_t)n : 0);
	}
	return 0;
}

/* Everything of the helper: answer until the parent is gone. */
static void
help(int fd, const char *path, int64_t limit_us)
{
	struct mtaconf_answer a;
	struct buf body = { 0 }, head = { 0 };
	struct error err;
	char question;

	while (read(fd, &question, 1) == 1) {
		a = (struct mtaconf_answer){ 0 };
		buf_clear(&body);
		buf_clear(&head);
		if (ask_all(path, mtaconf_clock() + limit_us, &a, &err) == 0)
			pack(&body, &a);
		else {
			buf_put_u8(&body, 0);
			buf_put_str(&body, str_of(err.text));
		}
		mtaconf_answer_done(&a);
		buf_put_u32(&head, (uint32_t)body.n);
		if (send_all(fd, buf_str(&head)) == -1 ||
		    send_all(fd, buf_str(&body)) == -1)
			break;
	}
}

/* The child keeps its own end of the socket and standard error. */
static void
become_helper(int fd, const char *path, int64_t limit_us)
{
	int null = open("/dev/null", O_RDWR);

	/* Beyond the reach of what is closed next. */
	if (null == -1 || dup2(null, 0) == -1 || dup2(null, 1) == -1 ||
	    dup2(fd, 3) == -1 || fcntl(3, F_SETFD, FD_CLOEXEC) == -1 ||
	    chdir("/") == -1)
		_exit(1);
	close_range(4, ~0U, 0);
	prctl(PR_SET_NAME, "weir-mtaconf");
	signal(SIGHUP, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_DFL);
	signal(SIGCHLD, SIG_DFL);
	help(3, path, limit_us);
	_exit(0);
}

struct mtaconf *
mtaconf_start(const char *path, int64_t limit_us, struct error *err)
{
	struct mtaconf *m;
	int fd[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd) == -1) {
		error_set(err, "the helper that asks the MTA: %s",
		    strerror(errno));
		return NULL;
	}
	pid = fork();
	if (pid == 0)
		become_helper(fd[1], path, limit_us);
	close(fd[1]);
	if (pid == -1) {
		error_set(err, "the helper that asks the MTA: %s",
		    strerror(errno));
		close(fd[0]);
		return NULL;
	}
	m = xcalloc(1, sizeof(*m));
	*m = (struct mtaconf){ .pid = pid, .fd = fd[0],
	    .limit_us = limit_us };
	return m;
}

/* Its end follows from the closed socket; one that hangs is left alone. */
static void
give_up(struct mtaconf *m)
{
	if (m->fd != -1)
		close(m->fd);
	m->fd = -1;
}

void
mtaconf_stop(struct mtaconf *m)
{
	if (m == NULL)
		return;
	if (m->fd != -1) {
		give_up(m);
		while (waitpid(m->pid, NULL, 0) == -1 && errno == EINTR)
			;
	}
	mtaconf_answer_done(&m->last);
	free(m);
}

/* Exactly n more bytes by the deadline. */
static int
receive(int fd, size_t n, int64_t deadline, struct buf *ret)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	int64_t left;
	ssize_t got;

	buf_reserve(ret, n);
	while (n > 0) {
		left = deadline - mtaconf_clock();
		if (left <= 0)
			return -1;
		if (poll(&p, 1, (int)(left / USEC_PER_MSEC) + 1) <= 0)
			continue;
		got = recv(fd, ret->p + ret->n, n, MSG_DONTWAIT);
		if (got == 0 || (got == -1 && errno != EINTR &&
		    errno != EAGAIN))
			return -1;
		ret->n += got > 0 ? (size_t)got : 0;
		n -= got > 0 ? (size_t)got : 0;
	}
	return 0;
}

static int
exchange(struct mtaconf *m, struct buf *ret)
{
	int64_t deadline = mtaconf_clock() + m->limit_us + USEC_PER_SEC;
	struct buf_reader r;
	uint32_t n;

	if (m->fd == -1 || send_all(m->fd, STR("?")) == -1 ||
	    receive(m->fd, 4, deadline, ret) == -1)
		return -1;
	r = (struct buf_reader){ buf_str(ret), false };
	n = buf_get_u32(&r);
	buf_clear(ret);
	return n <= ANSWER_MAX ? receive(m->fd, n, deadline, ret) : -1;
}

int
mtaconf_ask(struct mtaconf *m, struct mtaconf_answer *ret, struct error *err)
{
	struct mtaconf_answer a = { 0 };
	struct buf text = { 0 };
	struct buf_reader r;
	struct str why;
	int rc = -1;

	if (exchange(m, &text) == -1) {
		give_up(m);
		error_set(err, "the helper that asks the MTA does not answer");
		goto out;
	}
	r = (struct buf_reader){ buf_str(&text), false };
	if (buf_get_u8(&r) == 0) {
		why = buf_get_str(&r);
		error_set(err, "%.*s", STRF(why));
	} else if (!unpack(&r, &a))
		error_set(err, "the helper that asks the MTA talks nonsense");
	else {
		*ret = a;
		a = (struct mtaconf_answer){ 0 };
		rc = 0;
	}
out:
	mtaconf_answer_done(&a);
	buf_done(&text);
	return rc;
}

int
mtaconf_find(void *m, void (*tell)(void *ctx, enum policy_key k,
    struct str value), void *ctx, struct error *err)
{
	struct mtaconf *helper = m;
	struct mtaconf_answer a;
	enum policy_key k;
	size_t i;

	if (mtaconf_ask(helper, &a, err) == -1)
		return -1;
	mtaconf_answer_done(&helper->last);
	helper->last = a;
	for (k = 0; k < POLICY_KEY_COUNT; k++)
		if (!a.incomplete[k])
			tell(ctx, k, STR_NONE);
	for (i = 0; i < a.n; i++)
		if (!a.incomplete[a.beliefs[i].key] ||
		    a.beliefs[i].key == POLICY_COPIES)
			tell(ctx, a.beliefs[i].key,
			    str_of(a.beliefs[i].value));
	return 0;
}

const char *
mtaconf_gap(const struct mtaconf *m, size_t i)
{
	return i < m->last.ngaps ? m->last.gaps[i] : NULL;
}

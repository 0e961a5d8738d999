/* SPDX-License-Identifier: Apache-2.0 */
/* One program, its output, and an end to both. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "mtaconf_priv.h"

int64_t
mtaconf_clock(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * USEC_PER_SEC + ts.tv_nsec / 1000;
}

static bool
find_program(const char *path, const char *name, char *ret, size_t size)
{
	struct str rest = str_of(path), dir;

	while (str_cut(&rest, ':', &dir)) {
		snprintf(ret, size, "%.*s/%s", STRF(dir), name);
		if (dir.n > 0 && dir.p[0] == '/' && access(ret, X_OK) == 0)
			return true;
	}
	return false;
}

/* In the child: never returns. */
static void
become(const char *file, char *const argv[], const char *path, int out)
{
	char path_entry[1024];
	char lang[] = "LC_ALL=C";
	char *env[] = { path_entry, lang, NULL };
	int null = open("/dev/null", O_RDWR);

	snprintf(path_entry, sizeof(path_entry), "PATH=%s", path);
	setpgid(0, 0);
	if (null == -1 || dup2(null, 0) == -1 || dup2(out, 1) == -1 ||
	    dup2(null, 2) == -1)
		_exit(126);
	close_range(3, ~0U, 0);
	execve(file, argv, env);
	_exit(126);
}

/* Until its end, the deadline, or too much of it. */
static int
take_output(int fd, int64_t deadline, struct buf *ret, struct error *err)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	int64_t left;
	ssize_t n;

	for (;;) {
		left = deadline - mtaconf_clock();
		if (left <= 0)
			return error_set(err, "did not end in time");
		if (poll(&p, 1, (int)(left / USEC_PER_MSEC) + 1) == -1 &&
		    errno != EINTR)
			return error_set(err, "%s", strerror(errno));
		if (p.revents == 0)
			continue;
		buf_reserve(ret, 65536);
		n = read(fd, ret->p + ret->n, 65536);
		if (n == 0)
			return 0;
		if (n == -1 && errno != EINTR)
			return error_set(err, "%s", strerror(errno));
		ret->n += n > 0 ? (size_t)n : 0;
		if (ret->n > MTACONF_OUTPUT_MAX)
			return error_set(err, "says more than %d bytes",
			    MTACONF_OUTPUT_MAX);
	}
}

int
mtaconf_run(const char *path, char *const argv[], int64_t deadline,
    struct buf *ret, struct error *err)
{
	char file[1024];
	int out[2], status = 0, rc;
	pid_t pid;

	if (!find_program(path, argv[0], file, sizeof(file))) {
		error_set(err, "there is no %s in %s", argv[0], path);
		return 1;
	}
	if (pipe2(out, O_CLOEXEC) == -1)
		return error_set(err, "%s: %s", argv[0], strerror(errno));
	pid = fork();
	if (pid == 0)
		become(file, argv, path, out[1]);
	close(out[1]);
	if (pid == -1) {
		close(out[0]);
		return error_set(err, "%s: %s", argv[0], strerror(errno));
	}
	rc = take_output(out[0], deadline, ret, err);
	close(out[0]);
	/* It may have closed its output and stayed. */
	while (rc == 0 && waitpid(pid, &status, WNOHANG) == 0)
		if (mtaconf_clock() >= deadline)
			rc = error_set(err, "did not end in time");
		else
			usleep(1000);
	if (rc == -1) {
		/* Both: it may not have become its group's leader yet. */
		kill(-pid, SIGKILL);
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
		return error_add(err, "%s", file);
	}
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return error_set(err, "%s failed (%s %d)", file,
		    WIFEXITED(status) ? "status" : "signal",
		    WIFEXITED(status) ? WEXITSTATUS(status) :
		    WTERMSIG(status));
	return 0;
}

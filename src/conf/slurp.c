/* SPDX-License-Identifier: Apache-2.0 */
/* Reading a whole file that somebody else named. */
#include "weir/slurp.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

int
slurp_file(const char *path, size_t max, struct buf *ret, struct error *err)
{
	int fd, rc = -1;
	struct stat st;
	ssize_t n = 0;

	/* Non-blocking: a FIFO or terminal must not stop the daemon. */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd == -1) {
		rc = errno == ENOENT ? 1 : -1;
		error_set(err, "%s", strerror(errno));
		return rc;
	}
	if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode)) {
		error_set(err, "is not a regular file");
		goto out;
	}
	do {
		ret->n += (size_t)n;
		buf_reserve(ret, 65536);
		n = read(fd, ret->p + ret->n, 65536);
	} while (n > 0 && ret->n + (size_t)n <= max);
	if (n == -1)
		error_set(err, "%s", strerror(errno));
	else if (n > 0)
		error_set(err, "is longer than %zu bytes", max);
	else
		rc = 0;
out:
	close(fd);
	return rc;
}

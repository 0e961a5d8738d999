/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One message, one line, one write(2), so that lines of several threads do not
 * mix.  Control characters become '?': a message may quote what a stranger
 * wrote, and must not become two lines or drive a terminal.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "weir/log.h"

#define LINE_MAX_BYTES	2048

static enum log_level log_max = LOG_LEVEL_INFO;
static int log_prefixed;

static const struct {
	const char *prefix, *plain;
} heads[] = {
	[LOG_LEVEL_ERROR] = { "<3>", "weir: error: " },
	[LOG_LEVEL_WARN] = { "<4>", "weir: warning: " },
	[LOG_LEVEL_INFO] = { "<6>", "weir: " },
	[LOG_LEVEL_DEBUG] = { "<7>", "weir: debug: " },
};

void
log_init(enum log_level level, int prefixed)
{
	log_max = level;
	log_prefixed = prefixed;
}

static void __attribute__((format(printf, 2, 0)))
write_line(enum log_level level, const char *fmt, va_list ap)
{
	char line[LINE_MAX_BYTES];
	int saved = errno;
	ssize_t ignored;
	size_t n;

	if (level > log_max)
		return;
	n = (size_t)snprintf(line, sizeof(line), "%s",
	    log_prefixed ? heads[level].prefix : heads[level].plain);
	errno = saved;		/* for a %m */
	vsnprintf(line + n, sizeof(line) - n, fmt, ap);
	n = strlen(line);
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)line[i] < ' ' || line[i] == 0x7f)
			line[i] = '?';
	line[n++] = '\n';
	ignored = write(STDERR_FILENO, line, n);
	(void)ignored;
	errno = saved;
}

void
log_error(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	write_line(LOG_LEVEL_ERROR, fmt, ap);
	va_end(ap);
}

void
log_warn(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	write_line(LOG_LEVEL_WARN, fmt, ap);
	va_end(ap);
}

void
log_info(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	write_line(LOG_LEVEL_INFO, fmt, ap);
	va_end(ap);
}

void
log_debug(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	write_line(LOG_LEVEL_DEBUG, fmt, ap);
	va_end(ap);
}

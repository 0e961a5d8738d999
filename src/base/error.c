/* SPDX-License-Identifier: Apache-2.0 */
/* A sentence too long for its room is cut at the end. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "weir/error.h"

int
error_set(struct error *err, const char *fmt, ...)
{
	char text[sizeof(err->text)];
	va_list ap;

	if (err == NULL)
		return -1;
	/* By way of a copy: the old sentence may be an argument. */
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	memcpy(err->text, text, strlen(text) + 1);
	return -1;
}

int
error_add(struct error *err, const char *fmt, ...)
{
	char old[sizeof(err->text)];
	va_list ap;
	size_t n;

	if (err == NULL)
		return -1;
	memcpy(old, err->text, sizeof(old));
	va_start(ap, fmt);
	vsnprintf(err->text, sizeof(err->text), fmt, ap);
	va_end(ap);
	n = strlen(err->text);
	snprintf(err->text + n, sizeof(err->text) - n, ": %s", old);
	return -1;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Allocation that never returns NULL; a size of zero is taken as one. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "weir/mem.h"

static void *
checked(void *p)
{
	if (p == NULL) {
		fputs("weir: out of memory\n", stderr);
		abort();
	}
	return p;
}

void *
xmalloc(size_t n)
{
	return checked(malloc(n == 0 ? 1 : n));
}

void *
xcalloc(size_t n, size_t size)
{
	if (n == 0 || size == 0)
		n = size = 1;
	return checked(calloc(n, size));
}

void *
xreallocarray(void *p, size_t n, size_t size)
{
	if (n == 0 || size == 0)
		n = size = 1;
	if (n > SIZE_MAX / size)
		return checked(NULL);
	return checked(realloc(p, n * size));
}

char *
xstrdup(const char *s)
{
	return xmemdup(s, strlen(s) + 1);
}

void *
xmemdup(const void *p, size_t n)
{
	void *copy = xmalloc(n);

	if (n != 0)
		memcpy(copy, p, n);
	return copy;
}

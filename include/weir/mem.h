/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory that is there or the program ends: every function aborts when memory
 * is out.  Hard caps elsewhere keep that theoretical.  Free with free(3).
 */
#ifndef WEIR_MEM_H
#define WEIR_MEM_H

#include <stddef.h>

void	*xmalloc(size_t n);
void	*xcalloc(size_t n, size_t size);
/* Resize to n members of `size` bytes; aborts on overflow too. */
void	*xreallocarray(void *p, size_t n, size_t size);
char	*xstrdup(const char *s);
void	*xmemdup(const void *p, size_t n);

#endif

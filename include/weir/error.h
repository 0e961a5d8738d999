/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is wrong with the world, as a sentence built up on the way.  Functions
 * that can fail return 0, or -1 with the error filled; a NULL error is allowed.
 */
#ifndef WEIR_ERROR_H
#define WEIR_ERROR_H

struct error {
	char	text[1024];
};

/* Set the sentence.  Returns -1, so that `return error_set(...)` reads well. */
int	error_set(struct error *err, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));
/* Put "fmt: " before the sentence.  Returns -1. */
int	error_add(struct error *err, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));

#endif

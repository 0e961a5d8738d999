/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes as lower-case hexadecimal digits and back. */
#ifndef WEIR_HEX_H
#define WEIR_HEX_H

#include "weir/str.h"

/* Writes 2 * n digits and a NUL. */
void	hex_print(const uint8_t *p, size_t n, char *out);
/* Exactly 2 * n digits of either case; false leaves `ret` undefined. */
bool	hex_parse(struct str s, uint8_t *ret, size_t n);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* Keeps requests of others' naming away from loopback and private networks. */
#ifndef WEIR_GUARD_H
#define WEIR_GUARD_H

#include <curl/curl.h>

#include "weir/ip.h"

/* Loopback, private, or no address a receiver on the Internet can have. */
bool	guard_is_inside(const struct ip *ip);
/*
 * The transfer fails before a byte is sent when its address is inside; then
 * *ret_refused, which must live as long as the transfer, turns true.  There
 * must be no proxy: the guard sees the proxy's address only.
 */
void	guard_set(CURL *c, bool *ret_refused);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Server-side request forgery: whoever may name a target must not reach what
 * only this host can reach.  The guard looks at the address that a connection
 * is made to, not at the name, so that a name which leads inside, now or
 * later, is refused as well.
 */
#include "weir/guard.h"

#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

bool
guard_is_inside(const struct ip *ip)
{
	static const char *const nets[] = {
		"0.0.0.0/8", "192.0.0.0/24", "224.0.0.0/4", "240.0.0.0/4",
		"::/128", "ff00::/8",
		"64:ff9b:1::/48",	/* RFC 8215, translates locally */
	};
	static const uint8_t nat64[12] = { 0, 0x64, 0xff, 0x9b };
	struct ip v4 = *ip;
	struct ip_net net;
	size_t i;

	/* RFC 6052: what a NAT64 gateway makes of it is what counts. */
	if (memcmp(ip->b, nat64, sizeof(nat64)) == 0) {
		memset(v4.b, 0, 10);
		v4.b[10] = v4.b[11] = 0xff;
		ip = &v4;
	}
	for (i = 0; i < sizeof(nets) / sizeof(nets[0]); i++)
		if (ip_net_parse(str_of(nets[i]), &net) &&
		    ip_net_has(&net, ip))
			return true;
	return ip_is_loopback(ip) || ip_is_private(ip);
}

static bool
is_allowed(const struct curl_sockaddr *a)
{
	struct ip ip = { { [10] = 0xff, [11] = 0xff } };
	struct sockaddr_in6 in6;
	struct sockaddr_in in;

	if (a->family == AF_INET) {
		memcpy(&in, &a->addr, sizeof(in));
		memcpy(ip.b + 12, &in.sin_addr, 4);
	} else if (a->family == AF_INET6) {
		memcpy(&in6, &a->addr, sizeof(in6));
		memcpy(ip.b, &in6.sin6_addr, 16);
	} else
		return false;
	return !guard_is_inside(&ip);
}

static curl_socket_t
open_socket(void *user, curlsocktype purpose, struct curl_sockaddr *a)
{
	bool *refused = user;

	(void)purpose;
	if (!is_allowed(a)) {
		*refused = true;
		return CURL_SOCKET_BAD;
	}
	return socket(a->family, a->socktype | SOCK_CLOEXEC, a->protocol);
}

/*
 * A connection that was kept may be one that another webhook was allowed to
 * make; before anything is sent it is looked at again.
 */
static int
before_request(void *user, char *ip_text, char *local, int port,
    int local_port)
{
	bool *refused = user;
	struct ip ip;

	(void)local;
	(void)port;
	(void)local_port;
	if (ip_parse(str_of(ip_text), &ip) && !guard_is_inside(&ip))
		return CURL_PREREQFUNC_OK;
	*refused = true;
	return CURL_PREREQFUNC_ABORT;
}

void
guard_set(CURL *c, bool *ret_refused)
{
	curl_easy_setopt(c, CURLOPT_OPENSOCKETFUNCTION, open_socket);
	curl_easy_setopt(c, CURLOPT_OPENSOCKETDATA, ret_refused);
	curl_easy_setopt(c, CURLOPT_PREREQFUNCTION, before_request);
	curl_easy_setopt(c, CURLOPT_PREREQDATA, ret_refused);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of paths, and what all answers have in common: JSON with an ETag,
 * lists with a cursor, problems after RFC 9457.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "weir/hash.h"
#include "weir/hex.h"
#include "weir/ip.h"
#include "weir/mem.h"
#include "weir/route.h"
#include "weir/suggest.h"
#include "weir/wire.h"

/* The first row that fits answers. */
static const struct route routes[] = {
	{ "GET", "/api/v1/events", true, api_events },
	{ "GET", "/api/v1/messages", true, api_messages },
	{ "GET", "/api/v1/alerts", true, api_alerts },
	{ "GET", "/api/v1/alerts/*", true, api_alert },
	{ "GET", "/api/v1/traffic", true, api_traffic },
	{ "GET", "/api/v1/status", false, api_status },
	{ "GET", "/metrics", true, api_metrics },
	{ "GET", "/healthz", false, api_health },
	{ "GET", "/*", false, asset_answer },
};

#define NROUTES	(sizeof(routes) / sizeof(routes[0]))

const char *
route_path(size_t i)
{
	return i < NROUTES ? routes[i].path : NULL;
}

static bool
fits(const char *pattern, struct str path, struct str *ret_tail)
{
	struct str p = str_of(pattern);

	*ret_tail = STR_NONE;
	if (!str_ends(p, STR("*")))
		return str_eq(p, path);
	p.n--;
	*ret_tail = str_tail(path, p.n);
	return str_starts(path, p);
}

/* Add a method to an Allow header: "GET, HEAD". */
static void
allow(struct reply *rp, const char *method)
{
	size_t n = strlen(rp->allow);

	if (strstr(rp->allow, method) != NULL)
		return;
	snprintf(rp->allow + n, sizeof(rp->allow) - n, "%s%s%s",
	    n == 0 ? "" : ", ", method,
	    strcmp(method, "GET") == 0 ? ", HEAD" : "");
}

const struct route *
route_find(struct str method, struct request *rq, struct reply *rp)
{
	struct str wanted = str_eq(method, STR("HEAD")) ? STR("GET") : method;
	size_t i;

	for (i = 0; i < NROUTES; i++) {
		if (!fits(routes[i].path, rq->path, &rq->tail))
			continue;
		if (str_eq(wanted, str_of(routes[i].method)))
			return &routes[i];
		allow(rp, routes[i].method);
	}
	if (rp->allow[0] != '\0')
		reply_problem(rp, 405, "%.*s is not a method of this path; "
		    "it takes %s", STRF(str_head(method, 32)), rp->allow);
	else
		reply_problem(rp, 404, "there is no such path");
	return NULL;
}

bool
route_host_is_local(struct str host)
{
	struct str name, port;
	struct ip ip;
	size_t end;
	uint64_t n;

	if (str_starts(host, STR("["))) {
		end = str_find_char(host, ']');
		if (end == STR_NPOS)
			return false;
		name = (struct str){ host.p + 1, end - 1 };
		port = str_tail(host, end + 1);
	} else {
		end = str_find_char(host, ':');
		name = str_head(host, end == STR_NPOS ? host.n : end);
		port = str_tail(host, name.n);
	}
	if (port.n > 0 && (port.p[0] != ':' ||
	    !str_to_u64(str_tail(port, 1), &n) || n > UINT16_MAX))
		return false;
	if (str_eq_nocase(name, STR("localhost")))
		return true;
	return ip_parse(name, &ip) && ip_is_loopback(&ip);
}

bool
route_takes_gzip(struct str accept)
{
	struct str one, coding;

	while (str_cut(&accept, ',', &one)) {
		coding = STR("");
		str_cut(&one, ';', &coding);
		if (!str_eq_nocase(str_trim(coding), STR("gzip")))
			continue;
		one = str_trim(one);	/* what is after the ';' */
		return !str_eq(one, STR("q=0")) &&
		    !str_starts(one, STR("q=0.0"));
	}
	return false;
}

void
reply_init(struct reply *rp)
{
	memset(rp, 0, sizeof(*rp));
	rp->status = 200;
}

void
reply_done(struct reply *rp)
{
	buf_done(&rp->body);
}

bool
reply_matches(struct str if_none_match, const char *etag)
{
	struct str one;

	while (str_cut(&if_none_match, ',', &one)) {
		one = str_trim(one);
		if (str_eq(one, STR("*")))
			return true;
		if (str_starts(one, STR("W/")))
			one = str_tail(one, 2);
		if (str_eq(one, str_of(etag)))
			return true;
	}
	return false;
}

void
reply_json(struct reply *rp, const struct request *rq, json_t *j)
{
	uint8_t hash[16];

	wire_print(j, &rp->body);
	json_decref(j);
	buf_add_char(&rp->body, '\n');
	rp->type = "application/json";
	hash_128(HASH_KEY_FIXED, buf_str(&rp->body), hash);
	rp->etag[0] = '"';
	hex_print(hash, sizeof(hash), rp->etag + 1);
	strcat(rp->etag, "\"");
	if (reply_matches(rq->if_none_match, rp->etag)) {
		rp->status = 304;
		buf_clear(&rp->body);
	}
}

void
reply_list(struct reply *rp, const struct request *rq, json_t *items,
    const char *cursor)
{
	json_t *o = json_object();

	json_object_set_new(o, "items", items);
	json_object_set_new(o, "next",
	    cursor[0] == '\0' ? json_null() : json_string(cursor));
	reply_json(rp, rq, o);
}

static const char *
title(unsigned status)
{
	switch (status) {
	case 400:
		return "Bad Request";
	case 404:
		return "Not Found";
	case 405:
		return "Method Not Allowed";
	case 413:
		return "Content Too Large";
	case 421:
		return "Misdirected Request";
	case 503:
		return "Service Unavailable";
	default:
		return "Internal Server Error";
	}
}

void
reply_problem(struct reply *rp, unsigned status, const char *fmt, ...)
{
	char detail[1024], *p;
	va_list ap;
	json_t *o = json_object(), *text;

	va_start(ap, fmt);
	vsnprintf(detail, sizeof(detail), fmt, ap);
	va_end(ap);
	text = json_string(detail);
	if (text == NULL) {	/* what the client sent is not UTF-8 */
		for (p = detail; *p != '\0'; p++) {
			if ((unsigned char)*p >= 0x80)
				*p = '?';
		}
		text = json_string(detail);
	}
	json_object_set_new(o, "type", json_string("about:blank"));
	json_object_set_new(o, "title", json_string(title(status)));
	json_object_set_new(o, "status", json_integer(status));
	json_object_set_new(o, "detail", text);
	buf_clear(&rp->body);
	wire_print(o, &rp->body);
	buf_add_char(&rp->body, '\n');
	json_decref(o);
	rp->status = status;
	rp->type = "application/problem+json";
	rp->fixed = STR_NONE;
	rp->gzipped = rp->asset = false;
	rp->etag[0] = '\0';
}

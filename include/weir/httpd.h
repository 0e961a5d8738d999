/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HTTP on loopback: the API, metrics, health and one page.  libmicrohttpd's
 * pool, each request with a read-only connection that no other thread uses.
 */
#ifndef WEIR_HTTPD_H
#define WEIR_HTTPD_H

#include "weir/error.h"
#include "weir/snapshot.h"

#define HTTPD_THREADS_MAX	16
#define HTTPD_TIMEOUT_S		15

struct httpd;

struct httpd_options {
	const char		*listen;	/* "127.0.0.1:8425" */
	const char		*db;		/* path of the database */
	struct snapshot_box	*box;
	int			 threads;	/* 0: two */
	int			 timeout_s;	/* of idle clients */
};

/* The strings are copied; the box stays the caller's and must outlive it. */
struct httpd	*httpd_start(const struct httpd_options *o, struct error *err);
/* The port that was bound (useful with ":0"). */
int		 httpd_port(const struct httpd *h);
/* Waits for requests in work.  NULL is allowed. */
void		 httpd_stop(struct httpd *h);

#endif

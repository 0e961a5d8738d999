/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HTTP on loopback: the API, metrics, health and one page.  libmicrohttpd's
 * pool, each thread with a read-only connection of its own.
 */
#ifndef WEIR_HTTPD_H
#define WEIR_HTTPD_H

#include "weir/error.h"
#include "weir/snapshot.h"

struct httpd;

struct httpd_options {
	const char		*listen;	/* "127.0.0.1:8425", "[::1]:0" */
	const char		*db;		/* path of the database */
	struct snapshot_box	*box;
	int			 threads;
};

struct httpd	*httpd_start(const struct httpd_options *o, struct error *err);
/* The port that was bound (useful with ":0"). */
int		 httpd_port(const struct httpd *h);
void		 httpd_stop(struct httpd *h);

#endif

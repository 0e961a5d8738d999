/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events, alerts and status as JSON and CSV: one place for the command line,
 * HTTP and webhooks.  Names and forms are CONTRACT's; what is not known is
 * left out.
 */
#ifndef WEIR_WIRE_H
#define WEIR_WIRE_H

#include <jansson.h>

#include "weir/alert.h"

/* New references. */
json_t	*wire_event(const struct event *e);
json_t	*wire_alert(const struct alert *a);
/* {"type", "timestamp", "data"}; `at` is the transition's time. */
json_t	*wire_hook(const char *type, int64_t at, json_t *data);
/* One line of JSON without LF, keys in insertion order. */
void	 wire_print(const json_t *j, struct buf *out);
/* CSV (RFC 4180): header line, then one line an event. */
void	 wire_csv_header(struct buf *out);
void	 wire_csv_event(const struct event *e, struct buf *out);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* The snapshot as JSON, as text for a person, and as OpenMetrics. */
#ifndef WEIR_STATUS_H
#define WEIR_STATUS_H

#include <jansson.h>

#include "weir/snapshot.h"

/* New reference. */
json_t	*status_json(const struct snapshot *s);
/* First line "OK: ..." or "NOT WATCHING: why"; `j` is status_json's form. */
void	 status_text(const json_t *j, struct buf *out);
void	 status_metrics(const struct snapshot *s, struct buf *out);

#endif

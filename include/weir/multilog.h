/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What multilog and svlogd put before a line, and in the names of the files
 * they have rotated: "@4000000066aa8e012cf4f304", a TAI64N label.
 */
#ifndef WEIR_MULTILOG_H
#define WEIR_MULTILOG_H

#include "weir/usec.h"

#define MULTILOG_LABEL	25	/* bytes of a label */

/* Cut a label off the front of *rest; false leaves both alone. */
bool	multilog_take_label(struct str *rest, int64_t *ret_at);

#endif

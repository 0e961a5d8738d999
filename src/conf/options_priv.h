/* SPDX-License-Identifier: Apache-2.0 */
/* Between options.c (all sections) and options_detector.c (what detectors are
 * asked for). */
#ifndef CONF_OPTIONS_PRIV_H
#define CONF_OPTIONS_PRIV_H

#include "weir/options.h"

/* Rows that follow from the detectors' tables; NULL past the end. */
const struct option_row	*option_detector_at(size_t i);

#endif

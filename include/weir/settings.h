/* SPDX-License-Identifier: Apache-2.0 */
/* What the configuration says to the engine. */
#ifndef WEIR_SETTINGS_H
#define WEIR_SETTINGS_H

#include "weir/config.h"
#include "weir/engine.h"

/*
 * Options that the engine was given its defaults of.  What is exempt, for which
 * the caller calls exempt_free after the engine is gone, is in eo->scan.
 */
void		 settings_engine(const struct config *c,
		    struct engine_options *eo);
/* The [exempt] sections; NULL: there are none. */
struct exempt	*settings_exempt(const struct config *c);

#endif

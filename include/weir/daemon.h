/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The service: sources, engine, store, notifier and HTTP joined by one event
 * loop.  Under systemd it is Type=notify with a watchdog; SIGHUP reads the
 * configuration anew, SIGTERM and SIGINT end it after a last commit.
 */
#ifndef WEIR_DAEMON_H
#define WEIR_DAEMON_H

#include "weir/error.h"

/*
 * Runs until a signal ends it.  config NULL: the usual place.  -1: it could
 * not start, with the reason.
 */
int	daemon_run(const char *config, struct error *err);

#endif

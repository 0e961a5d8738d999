/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Commands that change something, and what only the daemon knows.  The daemon
 * listens on the socket "control" beside its database: one line of JSON asks,
 * any number of lines tell of progress, and one line with "ok" answers.  Where
 * no daemon runs, the same functions do the work in the asking process.
 *
 *	{"command": "status"}				-> "status"
 *	{"command": "acknowledge", "id", "note"}	-> "alert", "text"
 *	{"command": "resolve", "id", "note"}		-> "alert", "text"
 *	{"command": "fine", "id", "what", "note"}	-> "alert", "text"
 *	{"command": "reclassify", "since"}		-> "events", "revised"
 *	{"command": "test"}				-> "stages", "text"
 *	{"command": "reload"}				-> "text"
 *
 * "id" may be shortened to six digits; "what" is "domain" or "network", and
 * when it is left out the alert's evidence decides; "since" is microseconds.
 * "text" is the sentence to show.  A failure answers "ok": false, "error".
 */
#ifndef WEIR_CONTROL_H
#define WEIR_CONTROL_H

#include <jansson.h>

#include "weir/config.h"

struct control_client {
	const char		*db;		/* path of the database */
	const struct config	*config;	/* for work without a daemon */
	/*
	 * May be NULL: {"text"}, or {"done", "total", "revised"} while it
	 * works: events gone over, of about how many, with another class.
	 */
	void	(*progress)(void *ctx, const json_t *line);
	void	*ctx;
};

/* The socket of that database's daemon. */
void	control_path(const char *db, char *ret, size_t size);
/* Does a daemon listen beside that database? */
bool	control_listens(const char *db);
/*
 * Ask and wait.  Takes over `request`.  0 with the answer, a new reference;
 * -1 when it could not be done, with the reason.
 */
int	control_ask(const struct control_client *c, json_t *request,
	    json_t **ret, struct error *err);

#endif

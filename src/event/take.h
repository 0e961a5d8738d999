/* SPDX-License-Identifier: Apache-2.0 */
/* Taking lines: shared by take.c, take_session.c and take_queue.c. */
#ifndef WEIR_EVENT_TAKE_H
#define WEIR_EVENT_TAKE_H

#include "correlate_priv.h"

struct str	take_field(const struct take *t, enum field f);
/* A whole number, or -1. */
int64_t		take_number(const struct take *t, enum field f);
/* The message key of a queue id; lives until the next one is made. */
struct str	take_key(const struct take *t, enum field f);
/* The message of a queue id, or NULL. */
struct message	*take_find(const struct take *t, enum field f);
/* What every event of this line says, and its client, and its delivery. */
void	take_event(const struct take *t, enum event_kind kind,
	    struct event *e);
void	take_client_of(const struct take *t, struct event *e);
void	take_delivery_of(const struct take *t, struct event *e);
/* Classify and tell an event that stands for itself. */
void	take_emit(const struct take *t, struct event *e);
/* A message begins under this line's queue id. */
struct message	*take_open(const struct take *t, struct str key);
void	take_add_line(const struct take *t, struct message *m);
/* The message of this line; one that nobody introduced waits for a parent. */
struct message	*take_known(const struct take *t);

/* One for each kind of line that does something. */
void	take_action(const struct take *t);
void	take_client(const struct take *t);
void	take_proxy_client(const struct take *t);
void	take_proxy_accept(const struct take *t);
void	take_pickup(const struct take *t);
void	take_message_id(const struct take *t);
void	take_subject(const struct take *t);
void	take_queued(const struct take *t);
void	take_delivery(const struct take *t);
void	take_expired(const struct take *t);
void	take_removed(const struct take *t);
void	take_notification(const struct take *t);
void	take_tls(const struct take *t);
void	take_disconnect(const struct take *t);
void	take_reject(const struct take *t);
void	take_auth_failed(const struct take *t);
void	take_log_loss(const struct take *t);
void	take_connect(const struct take *t);

#endif

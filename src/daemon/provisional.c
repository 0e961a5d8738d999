/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See provisional.h.  The list is the value "provisional": entries of a letter
 * and a packed value, undone from the last to the first.
 *
 *	e	an event that was added, packed
 *	c	a message's event with the class it had before, packed
 *	a	an alert as it was before, packed, or only its id when new
 */
#include "weir/provisional.h"

#include <stdlib.h>

#include "weir/hex.h"
#include "weir/mem.h"

#define VALUE	"provisional"

static void
add(struct provisional *v, char kind, struct str packed)
{
	buf_put_u8(&v->list, (uint8_t)kind);
	buf_put_str(&v->list, packed);
}

static void
add_event(struct provisional *v, char kind, const struct event *e)
{
	struct buf b = { 0 };

	event_pack(&b, e);
	add(v, kind, buf_str(&b));
	buf_done(&b);
}

void
provisional_event(struct provisional *v, const struct event *e)
{
	if (v->on)
		add_event(v, 'e', e);
}

void
provisional_class(struct provisional *v, struct store *s,
    const struct event *e)
{
	struct event before = *e;

	if (v->on && store_class_of(s, e, &before.class) == 1)
		add_event(v, 'c', &before);
}

void
provisional_alert(struct provisional *v, struct store *s,
    const struct alert *a)
{
	char		 hex[2 * EVENT_ID_SIZE + 1];
	struct alert	*before = NULL;
	struct buf	 b = { 0 };

	if (!v->on)
		return;
	hex_print(a->id, EVENT_ID_SIZE, hex);
	if (store_get_alert(s, str_of(hex), &before, NULL) == 0)
		alert_pack(&b, before);
	else
		buf_add(&b, a->id, EVENT_ID_SIZE);
	add(v, 'a', buf_str(&b));
	buf_done(&b);
	alert_free(before);
}

int
provisional_keep(struct provisional *v, struct store *s)
{
	int rc = 0;

	if (v->list.n > 0)
		rc = store_put_value(s, VALUE, buf_str(&v->list));
	buf_done(&v->list);
	memset(v, 0, sizeof(*v));
	return rc;
}

static int
undo(struct store *s, char kind, struct str packed)
{
	struct buf_reader	 r = { packed, false };
	struct event		 e;
	struct alert		*a;
	int			 rc;

	if (kind == 'a') {
		if (packed.n == EVENT_ID_SIZE)
			return store_remove_alert(s,
			    (const uint8_t *)packed.p);
		a = alert_unpack(packed);
		rc = a == NULL ? 0 : store_put_alert(s, a);
		alert_free(a);
		return rc;
	}
	if (!event_unpack(&r, &e))
		return 0;
	return kind == 'e' ? store_remove_event(s, &e) :
	    store_reset_class(s, &e);
}

int
provisional_undo(struct store *s)
{
	struct buf		 list = { 0 };
	struct buf_reader	 r;
	struct { char kind; struct str packed; } *v = NULL;
	size_t			 n = 0;
	int			 rc = 0;

	if (!store_get_value(s, VALUE, &list) || list.n == 0)
		goto out;
	r = (struct buf_reader){ buf_str(&list), false };
	while (r.rest.n > 0) {
		v = xreallocarray(v, n + 1, sizeof(*v));
		v[n].kind = (char)buf_get_u8(&r);
		v[n].packed = buf_get_str(&r);
		if (r.bad)
			break;
		n++;
	}
	while (n-- > 0 && rc != -1)
		rc = undo(s, v[n].kind, v[n].packed);
	if (rc != -1)
		rc = store_put_value(s, VALUE, STR(""));
out:
	free(v);
	buf_done(&list);
	return rc == -1 ? -1 : 0;
}

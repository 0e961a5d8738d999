/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events as CSV (RFC 4180): one table of columns gives header and rows.  A
 * field that is not known is empty, one that is known to be empty is "".
 *
 * Text of a log that a spreadsheet would take for a formula gets a leading
 * apostrophe (OWASP, "CSV injection"): the log is written by strangers.
 */
#include <inttypes.h>

#include "weir/hex.h"
#include "weir/usec.h"
#include "weir/wire.h"

/* After id, seq, kind, time, class, counted and status. */
#define TEXTS(X)							\
	X(host) X(mta) X(instance) X(queue_id) X(origin_queue_id)	\
	X(message_id) X(subject) X(client_address) X(client_name)	\
	X(helo_name) X(sasl_method) X(sasl_username)			\
	X(encryption_protocol) X(protocol_name) X(local_user)		\
	X(sender) X(recipient) X(original_recipient) X(transport)	\
	X(relay_host) X(relay_address) X(dsn) X(reply) X(notice)
#define NUMBERS(X)							\
	X(client_port) X(relay_port) X(code) X(size)			\
	X(recipient_count) X(repeat)

static void
add_text(struct buf *out, struct str s)
{
	size_t i;

	buf_add_char(out, ',');
	if (!str_known(s))
		return;
	buf_add_char(out, '"');
	if (s.n > 0 && strchr("=+-@\t\r", s.p[0]) != NULL)
		buf_add_char(out, '\'');
	for (i = 0; i < s.n; i++) {
		if (s.p[i] == '"')
			buf_add_char(out, '"');
		buf_add_char(out, s.p[i]);
	}
	buf_add_char(out, '"');
}

static void
add_number(struct buf *out, int64_t v)
{
	buf_add_char(out, ',');
	if (v != -1)
		buf_addf(out, "%" PRId64, v);
}

void
wire_csv_header(struct buf *out)
{
	buf_add_str(out, STR("id,seq,kind,time,class,counted,status"));
#define X(m) buf_add_str(out, STR("," #m));
	TEXTS(X)
	NUMBERS(X)
#undef X
	buf_add_str(out, STR(",delay\r\n"));
}

void
wire_csv_event(const struct event *e, struct buf *out)
{
	char hex[2 * EVENT_ID_SIZE + 1], time[USEC_TEXT_MAX];

	hex_print(e->id, sizeof(e->id), hex);
	buf_addf(out, "%s,%" PRId64 ",%s,%.*s,%s,%d,%s", hex, e->seq,
	    event_kind_name(e->kind), STRF(usec_print(e->at, time)),
	    event_class_name(e->class), e->counted,
	    event_status_name(e->status));
#define X(m) add_text(out, e->m);
	TEXTS(X)
#undef X
#define X(m) add_number(out, e->m);
	NUMBERS(X)
#undef X
	buf_add_char(out, ',');
	if (e->delay_us != -1)
		buf_addf(out, "%.6g", (double)e->delay_us / USEC_PER_SEC);
	buf_add_str(out, STR("\r\n"));
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The schema of the database: whose file it is, the numbered migrations of
 * schema/ applied in order in one transaction, and the views an analyst reads
 * with the sqlite3 shell, which have the names and forms of the API.
 *
 * PRAGMA application_id says that a file is weir's, user_version which
 * migration was applied last.  A file that is not ours is never touched.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "weir/embed.h"
#include "store_priv.h"

/* Older ones are left out of the views: SQLite joins no more than 500. */
#define VIEW_PARTITIONS_MAX	400

/* The number in "schema/0001_init.sql", 0 for another file. */
static int
migration_number(const struct embed_file *f)
{
	struct str name = str_of(f->name);

	if (!str_starts(name, STR("schema/")) || !str_ends(name, STR(".sql")))
		return 0;
	return atoi(f->name + 7);
}

static int
latest_version(void)
{
	const struct embed_file *f;
	size_t i;
	int n, max = 0;

	for (i = 0; (f = embed_at(i)) != NULL; i++)
		if ((n = migration_number(f)) > max)
			max = n;
	return max;
}

static int
migrate_steps(struct store *s, int from, struct error *err)
{
	const struct embed_file *f;
	char pragma[96];
	size_t i;

	for (i = 0; (f = embed_at(i)) != NULL; i++) {
		if (migration_number(f) <= from)
			continue;
		if (store_exec(s, err, f->name, (const char *)f->p) == -1)
			return -1;
	}
	snprintf(pragma, sizeof(pragma), "PRAGMA application_id = %d;"
	    "PRAGMA user_version = %d", STORE_APPLICATION_ID,
	    latest_version());
	return store_exec(s, err, "mark it as weir's", pragma);
}

static int
migrate(struct store *s, int from, struct error *err)
{
	/* What changes the file before the transaction: only when new. */
	if (from == 0 && store_exec(s, err, "make it",
	    "PRAGMA page_size = 8192; PRAGMA auto_vacuum = INCREMENTAL; "
	    "PRAGMA journal_mode = WAL") == -1)
		return -1;
	if (store_exec(s, err, "write to it", "BEGIN IMMEDIATE") == -1)
		return -1;
	if (migrate_steps(s, from, err) == -1) {
		sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
		return -1;
	}
	return store_exec(s, err, "write to it", "COMMIT");
}

static int
refuse_foreign(struct store *s, struct error *err)
{
	return error_set(err, "%s is the database of another program: "
	    "give weir a file of its own; nothing was changed", s->path);
}

int
schema_check(struct store *s, struct error *err)
{
	int64_t app, version, objects;
	int latest = latest_version();

	if (store_number(s, "PRAGMA application_id", &app, err) == -1 ||
	    store_number(s, "PRAGMA user_version", &version, err) == -1 ||
	    store_number(s, "SELECT count(*) FROM sqlite_schema", &objects,
	    err) == -1)
		return -1;
	if (app != STORE_APPLICATION_ID) {
		if (app != 0 || version != 0 || objects != 0)
			return refuse_foreign(s, err);
		if (s->mode == STORE_READ)
			return error_set(err, "%s is empty: nothing was "
			    "stored in it yet", s->path);
	}
	if (version > latest)
		return error_set(err, "%s was written by a newer weir (its "
		    "schema is %" PRId64 ", this one knows up to %d): use "
		    "that version; nothing was changed", s->path, version,
		    latest);
	if (version == latest)
		return 0;
	if (s->mode == STORE_READ)
		return error_set(err, "%s was written by an older weir (its "
		    "schema is %" PRId64 ", this one reads %d): the next "
		    "`weir daemon` or `weir import` brings it up to date",
		    s->path, version, latest);
	return migrate(s, (int)version, err);
}

static void
add_names(struct buf *b, const char *column, const char *as, int n,
    const char *(*name)(int))
{
	int i;

	buf_addf(b, "CASE %s", column);
	for (i = 0; i < n; i++)
		if (*name(i) != '\0')
			buf_addf(b, " WHEN %d THEN '%s'", i, name(i));
	buf_addf(b, " END AS %s,\n", as);
}

#define NAME(f, type)							\
static const char *							\
name_##f(int i)								\
{									\
	return f##_name((enum type)i);					\
}
NAME(event_kind, event_kind)
NAME(event_class, event_class)
NAME(event_status, event_status)
NAME(alert_severity, alert_severity)
NAME(alert_state, alert_state)
NAME(key_type, alert_key_type)
#undef NAME

static void
add_time(struct buf *b, const char *column, const char *as)
{
	buf_addf(b, "strftime('%%Y-%%m-%%dT%%H:%%M:%%S', %s / 1000000, "
	    "'unixepoch') || printf('.%%06dZ', %s %% 1000000) AS %s,\n",
	    column, column, as);
}

static void
add_events_view(struct buf *b)
{
	buf_addf(b, "DROP VIEW IF EXISTS events;"
	    "CREATE VIEW events AS SELECT lower(hex(id)) AS id, seq,\n");
	add_names(b, "kind", "kind", EVENT_KIND_COUNT, name_event_kind);
	add_time(b, "at", "time");
	add_names(b, "class", "class", CLASS_COUNT, name_event_class);
	add_names(b, "status", "status", STATUS_COUNT, name_event_status);
	buf_addf(b, "flags >> 9 & 1 AS counted");
#define X(m) buf_addf(b, ", " #m);
	EVENT_TEXTS(X)
#undef X
#define X(m) buf_addf(b, strcmp(#m, "delay_us") == 0 ?			\
    ", delay_us / 1000000.0 AS delay" : ", " #m);
	EVENT_NUMBERS(X)
#undef X
	buf_addf(b, " FROM events_all;"
	    "DROP VIEW IF EXISTS messages; CREATE VIEW messages AS "
	    "SELECT * FROM events WHERE kind = 'message';"
	    "DROP VIEW IF EXISTS deliveries; CREATE VIEW deliveries AS "
	    "SELECT * FROM events WHERE kind = 'delivery';");
}

static void
add_alerts_view(struct buf *b)
{
	buf_addf(b, "DROP VIEW IF EXISTS alerts;"
	    "CREATE VIEW alerts AS SELECT lower(hex(id)) AS id, detector,\n");
	add_names(b, "severity", "severity", SEVERITY_COUNT,
	    name_alert_severity);
	add_names(b, "state", "state", ALERT_STATE_COUNT, name_alert_state);
	buf_addf(b, "host, ");
	add_names(b, "key_type", "key_type", KEY_TYPE_COUNT,
	    name_key_type);
	buf_addf(b, "key, ");
	add_time(b, "opened", "time");
	add_time(b, "first_seen", "first_seen");
	add_time(b, "last_seen", "last_seen");
	buf_addf(b, "count, title, historical, shadow FROM alert;");
}

int
schema_views(struct store *s, struct error *err)
{
	struct buf b = { 0 };
	size_t i, first;
	int rc;

	first = s->nparts > VIEW_PARTITIONS_MAX ?
	    s->nparts - VIEW_PARTITIONS_MAX : 0;
	buf_addf(&b, "DROP VIEW IF EXISTS events_all;"
	    "CREATE VIEW events_all AS ");
	for (i = first; i < s->nparts; i++)
		buf_addf(&b, "%sSELECT * FROM %s_%06" PRId64,
		    i == first ? "" : " UNION ALL ",
		    s->parts[i].shape == SHAPE_PLAIN ? "events" : "shown",
		    s->parts[i].id);
	buf_addf(&b, ";");
	add_events_view(&b);
	add_alerts_view(&b);
	rc = store_exec(s, err, "make its views", buf_cstr(&b));
	buf_done(&b);
	return rc;
}

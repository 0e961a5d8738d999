/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A store in memory for the time in which the one on disk cannot be written.
 * It begins with what the last commit left of the small tables, so that the
 * engine goes on from there and the webhooks still go out; of events it keeps
 * the newest.  When there is room again it is dropped, and only what it learnt
 * of the world goes over: which webhooks were told.  All else comes back by
 * reading the log again from where the last commit left it.
 */
#include <sys/statvfs.h>

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "weir/mem.h"
#include "store_priv.h"

#define STANDIN_ROWS	20000	/* of a partition; two are kept */
/* Free before the disk is tried: so much, or a sixteenth of a small one. */
#define ROOM_BYTES	(8 << 20)
#define ROOM_PART	16

static int
copy_tables(struct store *s, const struct store *disk, struct error *err)
{
	static const char copy[] =
	    "BEGIN IMMEDIATE;"
	    "INSERT INTO value SELECT * FROM disk.value;"
	    "INSERT INTO kept SELECT * FROM disk.kept;"
	    "INSERT INTO stream SELECT * FROM disk.stream;"
	    "INSERT INTO alert SELECT * FROM disk.alert;"
	    "INSERT INTO outbox SELECT * FROM disk.outbox;"
	    "INSERT INTO policy SELECT * FROM disk.policy;"
	    "COMMIT;"
	    "DETACH disk;";
	sqlite3_stmt *st;
	int rc;

	if ((st = store_prepare(s, "ATTACH ?1 AS disk", err)) == NULL)
		return -1;
	store_bind_str(st, 1, str_of(disk->path));
	rc = store_run(s, st, err);
	sqlite3_finalize(st);
	return rc == -1 ? -1 : store_exec(s, err, "copy it to memory", copy);
}

struct store *
store_open_standin(const struct store *disk, struct error *err)
{
	struct store *s = xcalloc(1, sizeof(*s));

	s->path = xstrdup(":memory:");
	s->mode = STORE_WRITE;
	s->lock_fd = -1;
	s->partition_rows = STANDIN_ROWS;
	s->is_standin = true;
	if (store_open_db(s, err) == -1 || schema_check(s, err) == -1 ||
	    copy_tables(s, disk, err) == -1 || store_begin_writing(s, err)
	    == -1) {
		store_close(s);
		return NULL;
	}
	/* Numbers go on, though the partitions stay behind. */
	if (s->seq < disk->seq)
		s->seq = disk->seq;
	return s;
}

/* Rows that were settled, or given up, become so on disk. */
static int
settle(struct store *disk, struct store *standin, struct error *err)
{
	sqlite3_stmt *from, *to;
	int rc, i;

	if ((from = store_stmt(standin, ST_SETTLED, err)) == NULL ||
	    (to = store_stmt(disk, ST_SETTLE, err)) == NULL)
		return -1;
	while ((rc = sqlite3_step(from)) == SQLITE_ROW) {
		for (i = 0; i < sqlite3_column_count(from); i++)
			sqlite3_bind_value(to, i + 1,
			    sqlite3_column_value(from, i));
		if (store_run(disk, to, err) == -1)
			break;
	}
	sqlite3_reset(from);
	return rc == SQLITE_DONE ? 0 : -1;
}

static bool
has_room(const struct store *s)
{
	struct statvfs v;

	return statvfs(s->path, &v) == -1 ||
	    (uint64_t)v.f_bavail * v.f_frsize >= ROOM_BYTES ||
	    v.f_bavail >= v.f_blocks / ROOM_PART;
}

int
store_leave_standin(struct store *disk, struct store *standin,
    struct error *err)
{
	assert(standin->is_standin && !disk->in_tx);
	if (!has_room(disk))
		return error_set(err, "%s: the disk is full: free space on its "
		    "file system; nothing was changed", disk->path);
	if (store_begin(disk, err) == -1)
		return -1;
	if (settle(disk, standin, err) == -1) {
		store_rollback(disk);
		return -1;
	}
	return store_commit(disk, err);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keeping the write-ahead log (WAL) short.
 *
 * What was committed lies in the file "<database>-wal" until it is written back
 * into the database; the file is begun anew when all of it is written back and
 * nobody reads from it.  SQLite's own way tries that at a commit and lets go
 * when somebody reads, so readers that take turns without a pause would let it
 * grow for ever.  So beyond twice the usual length the commit waits a moment
 * for the readers of that time: later ones then read the database alone.  Was
 * that in vain, the next try comes after as much again, and waits longer.  Who
 * reads for long cannot be waited for; weir's own readers go page by page.
 */
#include "store_priv.h"

/* To be written back when it has so many; live it must not take long. */
#define WAL_PAGES	1000
#define WAL_PAGES_BULK	4000
#define WAIT_MS		50	/* for readers, at first; */
#define WAIT_MAX_MS	400	/* twice as long after each try in vain */

static int
count_pages(void *ctx, sqlite3 *db, const char *name, int pages)
{
	struct store *s = ctx;

	(void)db;
	(void)name;
	s->wal_pages = pages;
	return SQLITE_OK;
}

static int
usual_pages(const struct store *s)
{
	return s->mode == STORE_BULK ? WAL_PAGES_BULK : WAL_PAGES;
}

static void
write_back(struct store *s)
{
	(void)sqlite3_wal_checkpoint_v2(s->db, NULL,
	    SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
	if (s->wal_pages < s->wal_wait)
		return;
	sqlite3_busy_timeout(s->db, s->wal_wait_ms);
	if (sqlite3_wal_checkpoint_v2(s->db, NULL, SQLITE_CHECKPOINT_RESTART,
	    NULL, NULL) == SQLITE_OK) {
		s->wal_wait = 2 * usual_pages(s);
		s->wal_wait_ms = WAIT_MS;
	} else {	/* not at each commit */
		s->wal_wait = s->wal_pages + usual_pages(s);
		if (s->wal_wait_ms < WAIT_MAX_MS)
			s->wal_wait_ms *= 2;
	}
	sqlite3_busy_timeout(s->db, STORE_BUSY_MS);
}

void
wal_init(struct store *s)
{
	s->wal_wait = 2 * usual_pages(s);
	s->wal_wait_ms = WAIT_MS;
	if (s->mode != STORE_READ)
		sqlite3_wal_hook(s->db, count_pages, s);
}

void
wal_committed(struct store *s)
{
	if (s->wal_pages < usual_pages(s))
		return;
	if (s->writer != NULL)
		writer_start(s, write_back);
	else
		write_back(s);
}

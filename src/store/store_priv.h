/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of the store share: the handle, the catalogue of partitions
 * in memory, prepared statements and the way errors become sentences.
 *
 * Whatever is in memory only (catalogue, sums of traffic, last sequence
 * number) is written by store_flush before a commit and read again after a
 * rollback; between the two it is ahead of the database.
 */
#ifndef WEIR_STORE_PRIV_H
#define WEIR_STORE_PRIV_H

#include <stdatomic.h>

#include <sqlite3.h>

#include "weir/hash.h"
#include "weir/ip.h"
#include "weir/store.h"

#define STORE_APPLICATION_ID	0x77656972	/* "weir" */
#define STORE_SUMS		64	/* hours and classes between flushes */
#define STORE_SQL_MAX		256
#define STORE_BUSY_MS		5000

/* Statements that do not depend on a partition: X(name, sql) */
#define STORE_STATEMENTS(X)						\
	X(BEGIN, "BEGIN IMMEDIATE")					\
	X(COMMIT, "COMMIT")						\
	X(PARTITIONS, "SELECT id, first_seq, last_seq, min_at, max_at,"	\
	    " rows, closed, keyed, shape FROM partition"		\
	    " ORDER BY id")						\
	X(PUT_PARTITION, "INSERT OR REPLACE INTO partition"		\
	    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)")		\
	X(LAST_REVISION, "SELECT max(seq) FROM revision")		\
	X(ADD_REVISION, "INSERT INTO revision"				\
	    " VALUES (?1, ?2, ?3, ?4, ?5, ?6)")				\
	X(ADD_TRAFFIC, "INSERT INTO traffic VALUES (?1, ?2, ?3)"	\
	    " ON CONFLICT DO UPDATE SET n = n + excluded.n")		\
	X(TRAFFIC, "SELECT hour, class, n FROM traffic"			\
	    " WHERE hour >= ?1 AND hour < ?2 ORDER BY hour, class")	\
	X(KEEP, "INSERT INTO kept VALUES (?1, ?2, ?3, ?4)"		\
	    " ON CONFLICT (key) DO UPDATE SET at = excluded.at,"	\
	    " due = excluded.due, blob = excluded.blob")		\
	X(UNKEEP, "DELETE FROM kept WHERE key = ?1")			\
	X(RECALL, "SELECT blob FROM kept WHERE key = ?1")		\
	X(KEPT_KEYS, "SELECT key FROM kept")				\
	X(DUE, "SELECT key FROM kept WHERE due <> 0 ORDER BY due, key")	\
	X(FORGET, "DELETE FROM kept WHERE at < ?1")			\
	X(PUT_ALERT, "INSERT INTO alert VALUES (?1, ?2, ?3, ?4, ?5, ?6,"\
	    " ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)"		\
	    " ON CONFLICT (id) DO UPDATE SET detector = ?2,"		\
	    " severity = ?3, state = ?4, host = ?5, key_type = ?6,"	\
	    " key = ?7, opened = ?8, first_seen = ?9, last_seen = ?10,"	\
	    " count = ?11, title = ?12, historical = ?13, shadow = ?14,"\
	    " blob = ?15")						\
	X(REMOVE_ALERT, "DELETE FROM alert WHERE id = ?1")		\
	X(GET_ALERT, "SELECT blob FROM alert WHERE id BETWEEN ?1 AND ?2"\
	    " LIMIT 2")							\
	X(ADD_STREAM, "INSERT INTO stream VALUES (NULL, ?2, ?3, ?4, ?5,"\
	    " ?6, ?7, ?8, ?9, ?10, ?11)")				\
	X(PUT_STREAM, "INSERT OR REPLACE INTO stream VALUES (?1, ?2,"	\
	    " ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)")			\
	X(STREAMS, "SELECT * FROM stream ORDER BY id")			\
	X(PUT_VALUE, "INSERT OR REPLACE INTO value VALUES (?1, ?2)")	\
	X(GET_VALUE, "SELECT value FROM value WHERE name = ?1")		\
	X(PUT_POLICY, "INSERT OR REPLACE INTO policy"			\
	    " VALUES (?1, ?2, ?3)")					\
	X(ADD_OUTBOX, "INSERT INTO outbox VALUES (NULL, ?1, ?2, ?3, ?4,"\
	    " ?5, 0, ?6, ?7, NULL, ?8, ?9, ?10) ON CONFLICT DO NOTHING")\
	X(OUTBOX, "SELECT id, webhook, webhook_id, type, alert, body,"	\
	    " created, next_try, attempts, last_code, last_error"	\
	    " FROM outbox WHERE state = 0 AND next_try <= ?1"		\
	    " ORDER BY next_try, id LIMIT ?2")				\
	X(OUTBOX_DUE, "SELECT min(next_try) FROM outbox WHERE state = 0")\
	X(OUTBOX_RESULT, "UPDATE outbox SET state = ?2, next_try = ?3,"	\
	    " settled = ?4, attempts = attempts + 1, last_code = ?5,"	\
	    " last_error = ?6 WHERE id = ?1")				\
	X(OUTBOX_STATE, "SELECT id, webhook, webhook_id, type, alert,"	\
	    " body, created, next_try, attempts, last_code, last_error,"\
	    " state FROM outbox WHERE webhook_id = ?1"			\
	    " ORDER BY state = 1 DESC, id LIMIT 1")			\
	X(SETTLED, "SELECT webhook, webhook_id, type, alert, body,"	\
	    " state, created, next_try, settled, attempts, last_code,"	\
	    " last_error FROM outbox WHERE state <> 0")			\
	X(SETTLE, "INSERT INTO outbox VALUES (NULL, ?1, ?2, ?3, ?4, ?5,"\
	    " ?6, ?7, ?8, ?9, ?10, ?11, ?12) ON CONFLICT (webhook_id,"	\
	    " webhook) DO UPDATE SET state = ?6, settled = ?9,"		\
	    " attempts = ?10, last_code = ?11, last_error = ?12")	\
	X(OUTBOX_PRUNE, "DELETE FROM outbox"				\
	    " WHERE state <> 0 AND settled < ?1")			\
	X(REVISION_PRUNE, "DELETE FROM revision WHERE seq < ?1")	\
	X(COUNTS, "SELECT (SELECT count(*) FROM outbox WHERE state = 0),"\
	    " (SELECT count(*) FROM outbox WHERE state = 2),"		\
	    " (SELECT count(*) FROM alert WHERE state = 0"		\
	    " AND NOT shadow)")

enum store_statement {
#define X(name, sql) ST_##name,
	STORE_STATEMENTS(X)
#undef X
	ST_COUNT
};

/* Columns before the texts and numbers of the event's own tables. */
#define HEAD_COLUMNS(X)							\
	X(seq, "INTEGER PRIMARY KEY")					\
	X(id, "BLOB NOT NULL")						\
	X(at, "INTEGER NOT NULL")					\
	X(kind, "INTEGER NOT NULL")					\
	X(class, "INTEGER NOT NULL")					\
	X(status, "INTEGER NOT NULL")					\
	/* origin, provenance, first, counted, hops: EVENT_FLAGS. */	\
	X(flags, "INTEGER NOT NULL")

enum store_column {
#define X(m, type) COLUMN_##m,
	HEAD_COLUMNS(X)
#undef X
#define X(m) COLUMN_##m,
	EVENT_TEXTS(X)
	EVENT_NUMBERS(X)
#undef X
	COLUMN_COUNT
};

#define DICT_COLUMNS	(COLUMN_client_port - COLUMN_host)	/* all texts */

/* Where they lie in `flags`: X(member, shift, mask) */
#define EVENT_FLAGS(X)							\
	X(origin, 0, 15) X(provenance, 4, 15)				\
	X(first, 8, 1) X(counted, 9, 1)					\
	X(local_hop, 10, 1) X(relay_hop, 11, 1)

/* Of these some events consist: X(member) */
#define CHAIN_TEXTS(X)							\
	X(host) X(queue_id) X(origin_queue_id) X(message_id)

/* What events are looked up by; numbers are stored. */
enum key_type {
	BY_CLASS, BY_QUEUE, BY_MESSAGE, BY_CLIENT4, BY_CLIENT6,
	BY_SENDER, BY_RECIPIENT, BY_USER, BY_RELAY, BY_STATUS, BY_HOST,
	BY_TYPES
};

struct key_range {
	enum key_type	type;
	uint32_t	lo, hi;
};

/* Sequence numbers of rows that were found. */
struct rows {
	int64_t		*v;
	size_t		 n, cap;
};

/* One of many keys to look for. */
struct key_needle {
	uint32_t	key;
	size_t		found;		/* rows, so far */
};

struct keys {
	uint64_t	*v;
	size_t		 n, cap;
};

/* How the rows of a partition are written; numbers are stored. */
enum shape {
	SHAPE_PLAIN = 1,	/* texts as they are, indexes by id and time */
	SHAPE_DICT = 2		/* store_dict.c; one index by time and id; */
				/* shown_N is a view of it with texts */
};

/* Sequence numbers from a partition's first that its keys can name. */
#define STORE_KEYS_SPAN	((1 << 28) - 1)

struct batch;
struct dict;
struct kept;
struct writer;

struct partition {
	int64_t		 id, first_seq, last_seq, rows;
	int64_t		 min_at, max_at;	/* of an empty one: max < min */
	/*
	 * The same of what is in the table or on its way there, and of that
	 * what the spare batch does not hold any more.
	 */
	int64_t		 stored_min, stored_max, older_min, older_max;
	bool		 closed, dirty;
	enum shape	 shape;
	/* Keys of rows up to `keyed` are stored, of later ones in `fresh`. */
	int64_t		 keyed, unkeyed, unkeyed_last;
	struct keys	 fresh, late;
	uint64_t	*seen;		/* store_keys_many.c; may be NULL */
	bool		 keys_dirty;	/* the writer's, in a word of its own */
	sqlite3_stmt	*find;		/* by id */
};

/* Where a stored event lies, and what its revision has to know. */
struct stored {
	struct partition *partition;
	int64_t		 seq, repeat;
	int		 class, kind;
	bool		 counted;
};

struct traffic_sum {
	int64_t	hour, n;
	int	class;
};

struct store {
	sqlite3			*db;
	char			*path;
	enum store_mode		 mode;
	int			 lock_fd;
	struct hash_key		 hash_key;
	bool			 in_tx;
	bool			 begin_due;	/* in_tx; BEGIN is to come */
	atomic_bool		 failed;
	struct error		 error;		/* the first of a transaction */
	int64_t			 seq, partition_rows;
	bool			 is_standin;
	struct partition	*parts;
	size_t			 nparts;
	sqlite3_stmt		*stmts[ST_COUNT];
	/* Of the newest partition. */
	sqlite3_stmt		*insert, *revise, *reclass;
	sqlite3_stmt		*judge;		/* of partition judge_id */
	int64_t			 judge_id;
	struct batch		*batch;		/* NULL: a reader */
	struct batch		*spare;		/* in bulk: written last */
	const struct batch	*written;	/* that is being written */
	struct dict		*dict;		/* of the newest partition */
	struct kept		*kept;
	struct writer		*writer;	/* in bulk only */
	int			 wal_pages;	/* after a commit */
	int			 wal_wait;	/* wait for readers then, */
	int			 wal_wait_ms;	/* so long */
	struct traffic_sum	 sums[STORE_SUMS];
	size_t			 nsums;
};

/* store.c */

/* Say what the database's last error means.  Returns -1. */
int	store_fail(struct store *s, struct error *err, const char *doing);
/* A sentence of our own, made to stick.  Returns -1. */
int	store_fail_text(struct store *s, struct error *err, const char *text);
/*
 * The connection is ours, and in the transaction that it should be in.  Done by
 * store_stmt, store_prepare and store_exec; before a statement kept elsewhere.
 */
int	store_connection(struct store *s, struct error *err);
/* Ready to bind; NULL when it cannot be prepared (the failure sticks). */
sqlite3_stmt	*store_stmt(struct store *s, enum store_statement st,
		    struct error *err);
sqlite3_stmt	*store_prepare(struct store *s, const char *sql,
		    struct error *err);
/* Step once and reset: for statements that give no rows. */
int	store_run(struct store *s, sqlite3_stmt *st, struct error *err);
/* SQL without results; doing: "create a partition". */
int	store_exec(struct store *s, struct error *err, const char *doing,
	    const char *sql);
/* The one number of the one row. */
int	store_number(struct store *s, const char *sql, int64_t *ret,
	    struct error *err);
/* Borrowed until the statement is reset. */
void	store_bind_str(sqlite3_stmt *st, int i, struct str v);
void	store_bind_blob(sqlite3_stmt *st, int i, struct str v);
struct str	store_column_str(sqlite3_stmt *st, int i);
/* Copied into a C array, cut to fit. */
void	store_column_copy(sqlite3_stmt *st, int i, char *dst, size_t size);
/* Append the one column of the one row; false: there is none. */
bool	store_append_blob(struct store *s, sqlite3_stmt *st,
	    struct buf *ret);
/* Write what is only in memory. */
int	store_flush(struct store *s, struct error *err);

/* The connection, with its settings. */
int	store_open_db(struct store *s, struct error *err);
/* Key, batch, catalogue and a first partition. */
int	store_begin_writing(struct store *s, struct error *err);

/* store_schema.c */

/* Is it ours, whole and of this version?  A writer creates or migrates. */
int	schema_check(struct store *s, struct error *err);
/* Make the views anew over the partitions there are. */
int	schema_views(struct store *s, struct error *err);

/* store_partition.c */

int	partition_load(struct store *s, struct error *err);
void	partition_unload(struct store *s);
int	partition_flush(struct store *s, struct error *err);
/* The one that takes events; made when there is none or it is full. */
struct partition	*partition_current(struct store *s,
			    struct error *err);
/* May what lies between min and max hold one of the millisecond of `at`? */
bool	partition_covers(int64_t min, int64_t max, int64_t at);
/* 1: found, 0, -1. */
int	partition_find(struct store *s, struct partition *p,
	    const struct event *e, struct stored *ret);
/* Close the newest and begin another. */
int	partition_next(struct store *s, struct error *err);
int	partition_drop(struct store *s, size_t i, struct error *err);
/* Statements made for the newest partition are of no use any more. */
void	partition_drop_statements(struct store *s);

/* store_event.c */

/* Columns of a partition, in the order of insert, with their types or not. */
void	event_columns(struct buf *sql, bool with_types);
/* The same as a select gives them back; named: " AS column" behind texts. */
void	event_select(struct buf *sql, const struct partition *p, bool named);
/* Read the columns before the texts; the others are not known. */
void	event_head_of_row(sqlite3_stmt *st, struct event *ret);
/* Read one row of those columns; text is borrowed from the row. */
void	event_of_row(sqlite3_stmt *st, struct event *ret);
/* Its place in the order of a query. */
void	event_place(sqlite3_stmt *st, int64_t *ret_at, int64_t *ret_seq);
/* Where an event is stored, by its id and time.  1, 0, -1. */
int	event_find(struct store *s, const struct event *e,
	    struct stored *ret);
/* Take a stored event out of the traffic. */
int	event_uncount(struct store *s, const struct event *e,
	    const struct stored *at);
int	event_flush_traffic(struct store *s, struct error *err);
/* Give that column of a row that is to be inserted; unknown gives nothing. */
void	event_to_row(const struct event *e, int column, sqlite3_context *ctx);
/* Take over the fields that a revision changes; texts are borrowed. */
void	event_revise(struct event *e, const struct event *by);

/* store_batch.c */

int	batch_init(struct store *s, struct error *err);
void	batch_done(struct store *s);
/* The event's texts are copied.  What is full is written first. */
int	batch_add(struct store *s, const struct event *e, struct error *err);
/* NULL: it is not in the batch that is being filled. */
struct event	*batch_find(struct store *s, const uint8_t id[EVENT_ID_SIZE]);
/* Is it in that one, or in the spare one? */
bool	batch_has(const struct store *s, const uint8_t id[EVENT_ID_SIZE]);
/*
 * Rewrite a row that batch_find gave: class, or all a revision changes.
 * 1: done; 0: it had to be written and is in the table now; -1.
 */
int	batch_revise(struct store *s, struct event *row,
	    const struct event *by, bool whole, struct error *err);
/* Write all rows to the newest partition. */
int	batch_flush(struct store *s, struct error *err);
void	batch_forget(struct store *s);

/* store_dict.c */

void	dict_done(struct store *s);
/* Number the texts of rows that go into the newest partition; n <= max. */
int	dict_take(struct store *s, const struct event *rows, size_t n,
	    size_t max, struct error *err);
/* Of one of those rows and the i-th text: its number, or 0 for as it is. */
uint32_t	dict_number(const struct store *s, size_t row, int text);
/* Append the expression that gives the text of a column. */
void	dict_column(struct buf *sql, const struct partition *p,
	    const char *column);

/* store_kept.c */

/* After the key of the hash is known. */
int	kept_init(struct store *s);
void	kept_done(struct store *s);
/* Write what was kept and forgotten since the last time. */
int	kept_flush(struct store *s, struct error *err);
/* Undo it. */
void	kept_forget(struct store *s);

/* store_writer.c */

/* For STORE_BULK; nothing for the other modes, as all that follows. */
int	writer_init(struct store *s, struct error *err);
void	writer_done(struct store *s);
/* Run it beside; a failure sticks.  The last one must have been waited for. */
void	writer_start(struct store *s, void (*job)(struct store *s));
/* Until it is done; called by that job itself, not at all. */
void	writer_wait(struct store *s);

/* store_wal.c */

void	wal_init(struct store *s);
/* After each commit; in bulk the writer does the work. */
void	wal_committed(struct store *s);

/* store_keys.c */

struct key_range	keys_text(const struct store *s, enum key_type type,
			    struct str text);
/* Those of a partition's shape. */
struct key_range	keys_address(const struct store *s,
			    const struct partition *p, enum key_type type,
			    struct str address);
/* A number below 64: a class, a status. */
struct key_range	keys_small(const struct partition *p,
			    enum key_type type, uint32_t n);
/* All addresses of a domain. */
struct key_range	keys_domain(const struct store *s,
			    enum key_type type, struct str domain);
struct key_range	keys_net(const struct store *s,
			    const struct ip_net *net);
/* The keys of a row that went into the table. */
void	keys_add(struct store *s, struct partition *p, const struct event *e);
/* Those a revision gives it. */
int	keys_revise(struct store *s, struct partition *p, int64_t seq,
	    const struct event *e);
/* That of a new class. */
int	keys_reclass(struct store *s, struct partition *p, int64_t seq,
	    enum event_class class);
/* Write what is enough for a block. */
int	keys_flush(struct store *s, struct error *err);
/* Keys of rows that are in no block yet. */
int	keys_load(struct store *s, struct partition *p, struct error *err);
void	keys_done(struct partition *p);
/*
 * Append the sequence numbers of a range's rows in blocks.  1; 0: they are
 * more than max with those that were there; -1.
 */
int	keys_find(struct store *s, const struct partition *p,
	    const struct key_range *r, size_t max, struct rows *rows,
	    struct error *err);

/* store_keys_many.c */

/*
 * Append the rows of any of n needles, whose keys grow.  Of each no more than
 * max are appended, but all are counted.
 */
int	keys_find_many(struct store *s, struct partition *p,
	    enum key_type type, struct key_needle *v, size_t n, size_t max,
	    struct rows *rows, struct error *err);
/* What it remembers from one call to the next. */
void	keys_forget_seen(struct store *s);

#endif

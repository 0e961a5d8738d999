/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The handle of the store: opening, the writer's lock, transactions, and what
 * a failure of SQLite means in words.
 *
 * The lock is flock(2) on "<database>.lock", so it goes with its process; the
 * file holds the writer's pid for the sentence the next one is told, and
 * stays behind empty of meaning.  Durability is WAL with synchronous=NORMAL:
 * a crash of weir loses nothing that was committed, a loss of power may lose
 * the last commits but never tears one.  Positions of the sources lie in the
 * same transaction, so what is lost is read again.
 */
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "weir/mem.h"
#include "store_priv.h"

#define PRAGMAS_ALL							\
	"PRAGMA foreign_keys = OFF;"					\
	"PRAGMA trusted_schema = OFF;"
/* cache_size below zero is KiB. */
#define PRAGMAS_READ							\
	PRAGMAS_ALL							\
	"PRAGMA cache_size = -4096;"					\
	"PRAGMA query_only = ON;"
#define PRAGMAS_WRITE							\
	PRAGMAS_ALL							\
	"PRAGMA cache_size = -24576;"					\
	"PRAGMA synchronous = NORMAL;"					\
	"PRAGMA secure_delete = FAST;"					\
	"PRAGMA journal_size_limit = 67108864;"

static const char *const statements[] = {
#define X(name, sql) sql,
	STORE_STATEMENTS(X)
#undef X
};

static void
fail_sentence(struct store *s, struct error *err, const char *doing)
{
	int code = sqlite3_errcode(s->db) & 0xff;
	const char *msg = sqlite3_errmsg(s->db);

	switch (code) {
	case SQLITE_FULL:
		error_set(err, "%s: the disk is full: free space on its file "
		    "system; nothing was changed", s->path);
		break;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		error_set(err, "%s is damaged (cannot %s: %s): move it away "
		    "or put back a copy; weir leaves it as it is",
		    s->path, doing, msg);
		break;
	case SQLITE_READONLY:
	case SQLITE_PERM:
		error_set(err, "%s may not be written (cannot %s: %s): check "
		    "its owner and mode and those of its directory",
		    s->path, doing, msg);
		break;
	case SQLITE_CANTOPEN:
		error_set(err, "%s cannot be opened (%s): check that it and "
		    "its directory may be read and written", s->path, msg);
		break;
	case SQLITE_IOERR:
		error_set(err, "%s: the disk failed (cannot %s: %s, %s)",
		    s->path, doing, msg,
		    strerror(sqlite3_system_errno(s->db)));
		break;
	default:
		error_set(err, "%s: cannot %s: %s", s->path, doing, msg);
	}
}

/* The first failure of a transaction is the one that is told. */
static void
fail_stick(struct store *s, const struct error *e)
{
	if (s->failed)
		return;
	s->error = *e;
	s->failed = s->in_tx;	/* after the error: see store_writer.c */
}

int
store_fail(struct store *s, struct error *err, const char *doing)
{
	struct error e;

	fail_sentence(s, &e, doing);
	fail_stick(s, &e);
	return error_set(err, "%s", e.text);
}

int
store_fail_text(struct store *s, struct error *err, const char *text)
{
	struct error e;

	error_set(&e, "%s: %s", s->path, text);
	fail_stick(s, &e);
	return error_set(err, "%s", e.text);
}

const char *
store_error(const struct store *s)
{
	return s->error.text;
}

int
store_connection(struct store *s, struct error *err)
{
	writer_wait(s);
	if (!s->begin_due)
		return 0;
	s->begin_due = false;
	if (sqlite3_exec(s->db, "BEGIN IMMEDIATE", NULL, NULL, NULL) ==
	    SQLITE_OK)
		return 0;
	return store_fail(s, err, "write to it");
}

sqlite3_stmt *
store_prepare(struct store *s, const char *sql, struct error *err)
{
	sqlite3_stmt *st;

	if (store_connection(s, err) == -1)
		return NULL;
	if (sqlite3_prepare_v3(s->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &st,
	    NULL) == SQLITE_OK)
		return st;
	store_fail(s, err, "read its tables");
	return NULL;
}

sqlite3_stmt *
store_stmt(struct store *s, enum store_statement st, struct error *err)
{
	if (s->stmts[st] == NULL)
		s->stmts[st] = store_prepare(s, statements[st], err);
	else if (store_connection(s, err) == -1)
		return NULL;
	return s->stmts[st];
}

int
store_run(struct store *s, sqlite3_stmt *st, struct error *err)
{
	int rc = sqlite3_step(st);

	if (rc != SQLITE_DONE && rc != SQLITE_ROW) {
		store_fail(s, err, "write to it");
		sqlite3_reset(st);
		return -1;
	}
	sqlite3_reset(st);
	return 0;
}

int
store_exec(struct store *s, struct error *err, const char *doing,
    const char *sql)
{
	if (store_connection(s, err) == -1)
		return -1;
	if (sqlite3_exec(s->db, sql, NULL, NULL, NULL) == SQLITE_OK)
		return 0;
	return store_fail(s, err, doing);
}

int
store_number(struct store *s, const char *sql, int64_t *ret,
    struct error *err)
{
	sqlite3_stmt *st;
	int rc;

	if (store_connection(s, err) == -1)
		return -1;
	if (sqlite3_prepare_v2(s->db, sql, -1, &st, NULL) != SQLITE_OK)
		return store_fail(s, err, "read its header");
	rc = sqlite3_step(st);
	if (rc == SQLITE_ROW)
		*ret = sqlite3_column_int64(st, 0);
	sqlite3_finalize(st);
	return rc == SQLITE_ROW ? 0 : store_fail(s, err, "read its header");
}

void
store_bind_str(sqlite3_stmt *st, int i, struct str v)
{
	if (v.p == NULL)
		sqlite3_bind_null(st, i);
	else
		sqlite3_bind_text(st, i, v.p, (int)v.n, SQLITE_STATIC);
}

void
store_bind_blob(sqlite3_stmt *st, int i, struct str v)
{
	if (v.n == 0)
		sqlite3_bind_zeroblob(st, i, 0);
	else
		sqlite3_bind_blob(st, i, v.p, (int)v.n, SQLITE_STATIC);
}

struct str
store_column_str(sqlite3_stmt *st, int i)
{
	const void *p;

	if (sqlite3_column_type(st, i) == SQLITE_NULL)
		return STR_NONE;
	p = sqlite3_column_blob(st, i);
	return (struct str){ p == NULL ? "" : p,
	    (size_t)sqlite3_column_bytes(st, i) };
}

void
store_column_copy(sqlite3_stmt *st, int i, char *dst, size_t size)
{
	str_copy(store_column_str(st, i), dst, size);
}

/* Take the lock or say who has it. */
static int
lock_take(struct store *s, struct error *err)
{
	char file[4096], pid[32];
	ssize_t n;

	snprintf(file, sizeof(file), "%s.lock", s->path);
	s->lock_fd = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
	if (s->lock_fd == -1)
		return error_set(err, "%s cannot be opened for writing: %s",
		    file, strerror(errno));
	if (flock(s->lock_fd, LOCK_EX | LOCK_NB) == -1) {
		if (errno != EWOULDBLOCK)
			return error_set(err, "%s cannot be locked: %s",
			    file, strerror(errno));
		n = read(s->lock_fd, pid, sizeof(pid) - 1);
		pid[n > 0 ? n : 0] = '\0';
		return error_set(err, "%s is being written by process %d: "
		    "it has to end first (one writer at a time)", s->path,
		    atoi(pid));
	}
	n = snprintf(pid, sizeof(pid), "%d\n", (int)getpid());
	/* On a full disk the next one is not told who has it. */
	if ((ftruncate(s->lock_fd, 0) == -1 ||
	    pwrite(s->lock_fd, pid, (size_t)n, 0) != n) && errno != ENOSPC)
		return error_set(err, "%s cannot be written: %s", file,
		    strerror(errno));
	return 0;
}

/*
 * SQLite would create the file by umask; it holds addresses, so others are
 * kept out from the first.  An existing file is left as it is.
 */
static int
create_file(struct store *s, struct error *err)
{
	int fd;

	fd = open(s->path, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
	if (fd == -1)
		return error_set(err, "%s cannot be opened for writing: %s",
		    s->path, strerror(errno));
	close(fd);
	return 0;
}

/* A database that lost its end would be found out only when it is read. */
static int
check_length(struct store *s, struct error *err)
{
	uint8_t h[32];
	int64_t want;
	struct stat sb, wal;
	char file[4096];
	int fd, page;
	ssize_t n;

	if ((fd = open(s->path, O_RDONLY | O_CLOEXEC)) == -1)
		return error_set(err, errno == ENOENT ?
		    "%s does not exist%s" : "%s cannot be read: %s", s->path,
		    errno == ENOENT ? "" : strerror(errno));
	n = fstat(fd, &sb) == -1 ? -1 : pread(fd, h, sizeof(h), 0);
	close(fd);
	if (n != -1 && !S_ISREG(sb.st_mode))
		return error_set(err, "%s is not a regular file", s->path);
	snprintf(file, sizeof(file), "%s-wal", s->path);
	if (n < (ssize_t)sizeof(h) || memcmp(h, "SQLite format 3", 16) != 0 ||
	    (stat(file, &wal) == 0 && wal.st_size > 0))
		return 0;	/* empty, or for SQLite to judge */
	page = h[16] << 8 | h[17];
	want = (int64_t)h[28] << 24 | h[29] << 16 | h[30] << 8 | h[31];
	want *= page == 1 ? 65536 : page;
	if (sb.st_size < want)
		return error_set(err, "%s is damaged: %lld bytes of %lld are "
		    "there; put back a copy or move it away, weir leaves it "
		    "as it is", s->path, (long long)sb.st_size,
		    (long long)want);
	return 0;
}

/* weir_ip(text): the 16 bytes of an address, so that it can be compared. */
static void
sql_ip(sqlite3_context *ctx, int argc, sqlite3_value **argv)
{
	const void *p = sqlite3_value_text(argv[0]);
	struct ip ip;

	(void)argc;
	if (p != NULL && ip_parse((struct str){ p,
	    (size_t)sqlite3_value_bytes(argv[0]) }, &ip))
		sqlite3_result_blob(ctx, ip.b, sizeof(ip.b),
		    SQLITE_TRANSIENT);
}

int
store_open_db(struct store *s, struct error *err)
{
	int flags;

	/* Else each allocation takes a lock; refused once SQLite is in use. */
	sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	flags = s->mode == STORE_READ ? SQLITE_OPEN_READONLY :
	    SQLITE_OPEN_READWRITE;
	if (sqlite3_open_v2(s->path, &s->db, flags | SQLITE_OPEN_NOMUTEX,
	    NULL) != SQLITE_OK)
		return store_fail(s, err, "open it");
	sqlite3_extended_result_codes(s->db, 1);
	sqlite3_busy_timeout(s->db, STORE_BUSY_MS);
	sqlite3_db_config(s->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	if (sqlite3_create_function(s->db, "weir_ip", 1, SQLITE_UTF8 |
	    SQLITE_DETERMINISTIC, NULL, sql_ip, NULL, NULL) != SQLITE_OK)
		return store_fail(s, err, "open it");
	if (store_exec(s, err, "open it", s->mode == STORE_READ ?
	    PRAGMAS_READ : PRAGMAS_WRITE) == -1)
		return -1;
	wal_init(s);
	return 0;
}

/* The key is made once; two databases do not share it. */
static int
load_hash_key(struct store *s, struct error *err)
{
	struct buf b = { 0 };
	int rc = -1;

	if (!store_get_value(s, "hash-key", &b)) {
		if (s->mode == STORE_READ) {
			store_fail_text(s, err, "damaged: its key is missing");
			goto out;
		}
		if (getrandom(&s->hash_key, sizeof(s->hash_key), 0) !=
		    sizeof(s->hash_key)) {
			store_fail_text(s, err, "no random numbers");
			goto out;
		}
		if (store_put_value(s, "hash-key", (struct str){
		    (const char *)&s->hash_key, sizeof(s->hash_key) }) == -1) {
			error_set(err, "%s", s->error.text);
			goto out;
		}
	} else if (b.n != sizeof(s->hash_key)) {
		store_fail_text(s, err, "damaged: its key is cut");
		goto out;
	} else
		memcpy(&s->hash_key, b.p, b.n);
	rc = 0;
out:
	buf_done(&b);
	return rc;
}

/* There is always a partition, so that the views have something to show. */
static int
begin_first(struct store *s, struct error *err)
{
	if (s->mode == STORE_READ || s->nparts > 0)
		return 0;
	if (store_begin(s, err) == -1)
		return -1;
	if (partition_current(s, err) == NULL) {
		store_rollback(s);
		return -1;
	}
	return store_commit(s, err);
}

int
store_begin_writing(struct store *s, struct error *err)
{
	return load_hash_key(s, err) == -1 || kept_init(s) == -1 ||
	    batch_init(s, err) == -1 || writer_init(s, err) == -1 ||
	    partition_load(s, err) == -1 ? -1 : begin_first(s, err);
}

struct store *
store_open(const char *path, enum store_mode mode, struct error *err)
{
	struct store *s;

	s = xcalloc(1, sizeof(*s));
	s->path = xstrdup(path);
	s->mode = mode;
	s->lock_fd = -1;
	s->partition_rows = STORE_PARTITION_ROWS;
	if ((mode != STORE_READ && (lock_take(s, err) == -1 ||
	    create_file(s, err) == -1)) || check_length(s, err) == -1 ||
	    store_open_db(s, err) == -1 || schema_check(s, err) == -1 ||
	    store_begin_writing(s, err) == -1) {
		store_close(s);
		return NULL;
	}
	return s;
}

void
store_close(struct store *s)
{
	size_t i;

	if (s == NULL)
		return;
	store_rollback(s);
	writer_done(s);
	partition_unload(s);
	for (i = 0; i < ST_COUNT; i++)
		sqlite3_finalize(s->stmts[i]);
	sqlite3_close(s->db);
	batch_done(s);
	kept_done(s);
	if (s->lock_fd != -1)
		close(s->lock_fd);
	free(s->path);
	free(s);
}

const char *
store_path(const struct store *s)
{
	return s->path;
}

struct hash_key
store_hash_key(const struct store *s)
{
	return s->hash_key;
}

void
store_set_partition_rows(struct store *s, int64_t rows)
{
	assert(rows > 0);
	s->partition_rows = rows;
}

int
store_begin(struct store *s, struct error *err)
{
	sqlite3_stmt *st;

	assert(!s->in_tx && s->mode != STORE_READ);
	s->failed = false;
	if (s->writer != NULL) {
		s->begin_due = true;
	} else if ((st = store_stmt(s, ST_BEGIN, err)) == NULL ||
	    store_run(s, st, err) == -1) {
		return -1;
	}
	s->in_tx = true;
	return 0;
}

int
store_flush(struct store *s, struct error *err)
{
	return batch_flush(s, err) == -1 || kept_flush(s, err) == -1 ||
	    keys_flush(s, err) == -1 || event_flush_traffic(s, err) == -1 ?
	    -1 : partition_flush(s, err);
}

int
store_commit(struct store *s, struct error *err)
{
	sqlite3_stmt *st;

	assert(s->in_tx);
	if (!s->failed && store_flush(s, NULL) == 0 &&
	    (st = store_stmt(s, ST_COMMIT, NULL)) != NULL &&
	    store_run(s, st, NULL) == 0) {
		s->in_tx = false;
		wal_committed(s);
		return 0;
	}
	error_set(err, "%s", s->error.text);
	store_rollback(s);
	return -1;
}

void
store_rollback(struct store *s)
{
	writer_wait(s);
	if (!s->in_tx)
		return;
	partition_drop_statements(s);
	/* A full disk or an I/O error may have rolled back already. */
	if (!sqlite3_get_autocommit(s->db))
		sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
	s->in_tx = s->begin_due = false;
	s->failed = false;
	s->nsums = 0;
	batch_forget(s);
	kept_forget(s);
	partition_load(s, NULL);
}

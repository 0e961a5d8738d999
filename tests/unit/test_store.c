/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The store as a file: transactions, partitions, one writer, readers beside
 * it, a writer that dies, a disk that fails, and files that are refused.
 */
#include <sys/resource.h>
#include <errno.h>

#include "test_store.h"

static void
add_many(struct store *s, int from, int to)
{
	struct event e;
	int i;

	for (i = from; i < to; i++) {
		test_event(&e, T0 + i * 1000, (uint64_t)i, EVENT_REJECT);
		e.class = CLASS_REJECTED;
		test_add(s, &e);
	}
}

static void
adds_once_and_counts_on(void **state)
{
	struct store *s = test_open(STORE_WRITE);
	struct event e;

	(void)state;
	test_begin(s);
	add_many(s, 0, 10);
	test_event(&e, T0 + 3000, 3, EVENT_REJECT);
	assert_int_equal(store_add_event(s, &e), 0);
	assert_int_equal(e.seq, 0);
	test_commit(s);
	store_close(s);

	s = test_open(STORE_WRITE);
	test_begin(s);
	assert_int_equal(store_add_event(s, &e), 0);
	test_event(&e, T0 + 99, 99, EVENT_MESSAGE);
	test_add(s, &e);
	assert_int_equal(e.seq, 11);
	test_commit(s);
	assert_int_equal(test_count(s), 11);
	store_close(s);
}

static void
knows_ids_of_closed_partitions(void **state)
{
	struct store *s = test_open(STORE_WRITE);
	struct store_totals t;
	struct error err;
	struct event e;
	int i;

	(void)state;
	store_set_partition_rows(s, 4);
	test_begin(s);
	add_many(s, 0, 30);
	test_commit(s);
	test_begin(s);
	for (i = 0; i < 30; i++) {
		test_event(&e, T0 + i * 1000, (uint64_t)i, EVENT_REJECT);
		assert_int_equal(store_add_event(s, &e), 0);
	}
	/* The same millisecond, another id; then a time before all. */
	test_event(&e, T0 + 5 * 1000, 1000, EVENT_REJECT);
	test_add(s, &e);
	test_event(&e, T0 - USEC_PER_DAY, 1001, EVENT_REJECT);
	test_add(s, &e);
	test_commit(s);
	assert_int_equal(store_totals(s, &t, &err), 0);
	assert_int_equal(t.events, 32);
	assert_int_equal(t.partitions, 8);
	assert_int_equal(t.seq, 32);
	assert_int_equal(t.first_at, T0 - USEC_PER_DAY);
	assert_int_equal(t.last_at, T0 + 29 * 1000);
	assert_true(t.bytes > 0);
	assert_int_equal(test_count(s), 32);
	store_close(s);
}

static void
rollback_forgets_all(void **state)
{
	struct store *s = test_open(STORE_WRITE);
	struct store_totals t;
	struct error err;

	(void)state;
	store_set_partition_rows(s, 4);
	test_begin(s);
	add_many(s, 0, 10);
	store_rollback(s);
	assert_int_equal(test_count(s), 0);
	assert_int_equal(store_totals(s, &t, &err), 0);
	assert_int_equal(t.partitions, 1);
	assert_int_equal(t.seq, 0);
	test_begin(s);
	add_many(s, 0, 1);
	test_commit(s);
	assert_int_equal(store_totals(s, &t, &err), 0);
	assert_int_equal(t.seq, 1);
	store_close(s);
}

/* Killed in the middle: what was committed is there, the rest is not. */
static void
a_dead_writer_leaves_the_last_commit(void **state)
{
	struct store *s;
	struct event e;
	int status;
	pid_t pid;

	(void)state;
	if ((pid = fork()) == 0) {
		s = test_open(STORE_WRITE);
		store_set_partition_rows(s, 8);
		test_begin(s);
		add_many(s, 0, 20);
		test_commit(s);
		test_begin(s);
		add_many(s, 20, 5000);
		kill(getpid(), SIGKILL);
		_exit(1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	s = test_open(STORE_WRITE);
	assert_int_equal(test_count(s), 20);
	test_begin(s);
	test_event(&e, T0 + 19 * 1000, 19, EVENT_REJECT);
	assert_int_equal(store_add_event(s, &e), 0);
	add_many(s, 20, 21);
	test_commit(s);
	assert_int_equal(test_count(s), 21);
	store_close(s);
}

static void
a_second_writer_is_refused(void **state)
{
	struct store *s = test_open(STORE_WRITE);
	struct error err;
	char want[64];

	(void)state;
	assert_null(store_open(test_db, STORE_WRITE, &err));
	snprintf(want, sizeof(want), "by process %d", (int)getpid());
	assert_non_null(strstr(err.text, want));
	assert_null(store_open(test_db, STORE_BULK, &err));
	store_close(s);
	s = test_open(STORE_BULK);
	store_close(s);
}

static void
a_reader_sees_commits_only(void **state)
{
	struct store *w = test_open(STORE_WRITE), *r;
	struct store_totals t;
	struct error err;
	int i;

	(void)state;
	store_set_partition_rows(w, 3);
	test_begin(w);
	add_many(w, 0, 2);
	test_commit(w);
	r = test_open(STORE_READ);
	for (i = 1; i < 10; i++) {
		test_begin(w);
		add_many(w, 2 * i, 2 * i + 2);
		assert_int_equal(test_count(r), 2 * i);
		test_commit(w);
		assert_int_equal(test_count(r), 2 * i + 2);
	}
	assert_int_equal(store_totals(r, &t, &err), 0);
	assert_int_equal(t.events, 20);
	store_close(r);
	store_close(w);
}

static void
the_file_is_not_for_others(void **state)
{
	mode_t old = umask(0);
	struct stat sb;

	(void)state;
	store_close(test_open(STORE_WRITE));
	umask(old);
	assert_int_equal(stat(test_db, &sb), 0);
	assert_int_equal(sb.st_mode & 0777, 0640);
}

static void
a_failing_disk_is_told_and_outlived(void **state)
{
	struct store *s = test_open(STORE_WRITE);
	struct rlimit old, small;
	struct error err;
	struct event e;
	int i, rc = 1;

	(void)state;
	test_begin(s);
	add_many(s, 0, 10);
	test_commit(s);
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	small = old;
	small.rlim_cur = 256 * 1024;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	test_begin(s);
	for (i = 10; i < 200000 && rc == 1; i++) {
		test_event(&e, T0 + i * 1000, (uint64_t)i, EVENT_REJECT);
		rc = store_add_event(s, &e);
	}
	/* Whatever fails first: a write while adding, or the commit. */
	if (rc != 1) {
		assert_int_equal(rc, -1);
		assert_int_equal(store_keep(s, STR("k"), 1, 0, STR("b")), -1);
	}
	assert_int_equal(store_commit(s, &err), -1);
	assert_non_null(strstr(err.text, "disk"));
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_int_equal(test_count(s), 10);
	test_begin(s);
	add_many(s, 10, 20);
	test_commit(s);
	assert_int_equal(test_count(s), 20);
	store_close(s);
}

static size_t
read_file(const char *path, char **ret)
{
	struct stat sb;
	int fd = open(path, O_RDONLY);

	assert_int_not_equal(fd, -1);
	assert_int_equal(fstat(fd, &sb), 0);
	*ret = xmalloc((size_t)sb.st_size + 1);
	assert_int_equal(read(fd, *ret, (size_t)sb.st_size), sb.st_size);
	close(fd);
	return (size_t)sb.st_size;
}

static void
write_at(const char *path, off_t at, const void *p, size_t n)
{
	int fd = open(path, O_RDWR | O_CREAT, 0600);

	assert_int_not_equal(fd, -1);
	assert_int_equal(pwrite(fd, p, n, at), (ssize_t)n);
	close(fd);
}

/* Refused in every mode with these words, and not one byte is changed. */
static void
assert_refused(const char *words)
{
	static const enum store_mode modes[] = { STORE_READ, STORE_WRITE,
	    STORE_BULK };
	char *before, *after;
	struct error err;
	size_t i, n;

	n = read_file(test_db, &before);
	for (i = 0; i < 3; i++) {
		strcpy(err.text, "");
		assert_null(store_open(test_db, modes[i], &err));
		if (strstr(err.text, words) == NULL)
			fail_msg("got '%s', want '%s'", err.text, words);
		assert_non_null(strstr(err.text, test_db));
		assert_int_equal(read_file(test_db, &after), n);
		assert_memory_equal(before, after, n);
		free(after);
	}
	free(before);
}

static void
fill_and_close(void)
{
	struct store *s = test_open(STORE_WRITE);

	test_begin(s);
	add_many(s, 0, 500);
	test_commit(s);
	store_close(s);
}

static void
a_newer_version_is_refused(void **state)
{
	(void)state;
	fill_and_close();
	write_at(test_db, 60, "\0\0\3\347", 4);	/* user_version 999 */
	assert_refused("newer weir");
}

static void
a_foreign_database_is_refused(void **state)
{
	(void)state;
	fill_and_close();
	write_at(test_db, 68, "\1\2\3\4", 4);	/* application_id */
	assert_refused("another program");
}

static void
other_files_are_refused(void **state)
{
	char text[4096];

	(void)state;
	memset(text, 'x', sizeof(text));
	write_at(test_db, 0, text, sizeof(text));
	assert_refused("damaged");
}

static void
a_cut_file_is_refused(void **state)
{
	(void)state;
	fill_and_close();
	assert_int_equal(truncate(test_db, 3 * 8192 + 100), 0);
	assert_refused("damaged");
}

static void
a_damaged_schema_is_refused(void **state)
{
	char junk[4096];

	(void)state;
	fill_and_close();
	memset(junk, 0xa5, sizeof(junk));
	write_at(test_db, 100, junk, sizeof(junk));	/* past the header */
	assert_refused("damaged");
}

/* Damage deep inside is found when it is met, and told; no crash. */
static void
deep_damage_is_told(void **state)
{
	struct store *s;
	struct query q;
	struct error err = { "" };
	struct stat sb;
	char junk[4096];
	off_t at;
	size_t n = 0;

	(void)state;
	fill_and_close();
	memset(junk, 0xa5, sizeof(junk));
	assert_int_equal(stat(test_db, &sb), 0);
	/* All but the schema's root page and the catalogues behind it. */
	for (at = sb.st_size - 8192; at > sb.st_size / 2; at -= 8192)
		write_at(test_db, at, junk, sizeof(junk));
	if ((s = store_open(test_db, STORE_READ, &err)) != NULL) {
		query_init(&q);
		q.limit = 0;
		assert_int_equal(store_query(s, &q, test_count_one, &n, NULL,
		    &err), -1);
		query_done(&q);
		store_close(s);
	}
	assert_non_null(strstr(err.text, "damaged"));
}

static void
absent_and_empty_are_told_apart(void **state)
{
	struct error err;

	(void)state;
	assert_null(store_open(test_db, STORE_READ, &err));
	assert_non_null(strstr(err.text, "does not exist"));
	assert_int_equal(access(test_db, F_OK), -1);
	write_at(test_db, 0, "", 0);
	assert_null(store_open(test_db, STORE_READ, &err));
	assert_non_null(strstr(err.text, "is empty"));
	store_close(test_open(STORE_WRITE));	/* becomes one */
	store_close(test_open(STORE_READ));
}

static void
each_database_has_its_key(void **state)
{
	struct store *s = test_open(STORE_WRITE);
	struct hash_key a = store_hash_key(s), b;

	(void)state;
	assert_string_equal(store_path(s), test_db);
	store_close(s);
	s = test_open(STORE_READ);
	b = store_hash_key(s);
	store_close(s);
	assert_true(a.k0 == b.k0 && a.k1 == b.k1);
	assert_int_equal(unlink(test_db), 0);
	s = test_open(STORE_WRITE);
	b = store_hash_key(s);
	store_close(s);
	assert_false(a.k0 == b.k0 && a.k1 == b.k1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, test_setup, test_teardown)
		T(adds_once_and_counts_on),
		T(knows_ids_of_closed_partitions),
		T(rollback_forgets_all),
		T(a_dead_writer_leaves_the_last_commit),
		T(a_second_writer_is_refused),
		T(a_reader_sees_commits_only),
		T(the_file_is_not_for_others),
		T(a_failing_disk_is_told_and_outlived),
		T(a_newer_version_is_refused),
		T(a_foreign_database_is_refused),
		T(other_files_are_refused),
		T(a_cut_file_is_refused),
		T(a_damaged_schema_is_refused),
		T(deep_damage_is_told),
		T(absent_and_empty_are_told_apart),
		T(each_database_has_its_key),
#undef T
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

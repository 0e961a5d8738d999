/* SPDX-License-Identifier: Apache-2.0 */
/* Journals of other making: of containers, exported, of another machine. */
#include "journal_util.h"

/* As Docker's journald driver does, and any program with fields of its own. */
static void
log_fields(const char *fields)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX,
	    .sun_path = "/run/systemd/journal/socket" };
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	ssize_t n = (ssize_t)strlen(fields);

	assert_int_equal(sendto(fd, fields, (size_t)n, 0, (void *)&to,
	    sizeof(to)), n);
	close(fd);
}

/* What a container wrote has a header of its own; other containers' has not. */
static void
containers(void **state)
{
	struct streams known = { 0 };
	struct seen seen = { 0 };
	struct source *s;

	(void)state;
	log_fields("PRIORITY=6\nCONTAINER_ID=1f2e3d4c5b6a\n"
	    "CONTAINER_NAME=mailserver\nCONTAINER_TAG=1f2e3d4c5b6a\n"
	    "IMAGE_NAME=example/any\nSYSLOG_IDENTIFIER=1f2e3d4c5b6a\n"
	    "MESSAGE=Jan  1 00:00:00 mail.example postfix/qmgr[9]: "
	    "4X00000020zZ: removed\n");
	log_fields("CONTAINER_NAME=web\nIMAGE_NAME=example/web\n"
	    "MESSAGE=Jan  1 00:00:00 mail.example postfix/qmgr[9]: "
	    "4X00000021zZ: removed\n");
	log_fields("CONTAINER_NAME=a1\nIMAGE_NAME=boky/postfix:v4\n"
	    "MESSAGE=postfix/qmgr[9]: 4X00000022zZ: removed\n");
	usleep(500000);
	s = follow(&known);
	while (strstr(buf_cstr(&seen.text), "4X00000022zZ") == NULL)
		read_until(s, &seen, seen.nlines + 1);
	/* The stamp and host of the journal before what it wrote. */
	assert_non_null(strstr(buf_cstr(&seen.text), " Jan  1 00:00:00 "
	    "mail.example postfix/qmgr[9]: 4X00000020zZ: removed"));
	assert_null(strstr(buf_cstr(&seen.text), "1f2e3d4c5b6a"));
	assert_null(strstr(buf_cstr(&seen.text), "4X00000021zZ"));
	source_close(s);
	seen_clear(&seen);
	streams_done(&known);
}

/* What journalctl writes of a journal gives the lines of the journal. */
static void
exported(void **state)
{
	static const char *const ways[] = { ">x", "|gzip >x", "|(cat; echo) "
	    ">x" };
	char dir_name[] = "/tmp/weir-journal-XXXXXX", path[64];
	struct seen journal = { 0 };
	struct streams known = { 0 };

	(void)state;
	if (access("/usr/bin/journalctl", X_OK) == -1)
		skip();
	assert_non_null(mkdtemp(dir_name));
	log_as(0, "postfix/qmgr", LOG_MAIL, "4X00000030zZ: of\ntwo lines");
	log_as(1234, "postfix/qmgr", LOG_MAIL, "4X00000031zZ: removed");
	usleep(500000);
	read_path("/run/log/journal", false, &known, &journal);
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		struct streams other = { 0 };
		struct seen s = { 0 };

		run("cd %s && journalctl -q -D /run/log/journal -o export "
		    "SYSLOG_FACILITY=2 + SYSLOG_IDENTIFIER=postfix-out/qmgr + "
		    "CONTAINER_NAME=mailserver + IMAGE_NAME=boky/postfix:v4 "
		    "%s", dir_name, ways[i]);
		snprintf(path, sizeof(path), "%s/x", dir_name);
		read_path(path, false, &other, &s);
		/* All but what journald itself said. */
		assert_true(s.nlines > 2);
		if (strstr(buf_cstr(&journal.text), "Suppressed") == NULL &&
		    !str_eq(buf_str(&s.text), buf_str(&journal.text)))
			fail_msg("export:\n%.*s\njournal:\n%.*s",
			    STRF(buf_str(&s.text)),
			    STRF(buf_str(&journal.text)));
		seen_clear(&s);
		streams_done(&other);
	}
	run("rm -r %s", dir_name);
	seen_clear(&journal);
	streams_done(&known);
}

/* A directory of journals that was copied from another machine. */
static void
elsewhere(void **state)
{
	char dir_name[] = "/tmp/weir-journal-XXXXXX", path[64];
	struct streams known = { 0 };
	struct seen s = { 0 };

	(void)state;
	assert_non_null(mkdtemp(dir_name));
	stop_journald();
	run("rm -rf /run/log/journal");
	assert_int_equal(unshare(CLONE_NEWUTS), 0);
	assert_int_equal(sethostname("mx7.example", 11), 0);
	assert_int_equal(start_journald(), 0);
	log_as(0, "postfix/qmgr", LOG_MAIL, "4X00000040zZ: removed");
	usleep(500000);
	assert_int_equal(sethostname("here.example", 12), 0);
	stop_journald();
	snprintf(path, sizeof(path), "%s/copy", dir_name);
	run("mkdir %s && cp -r /run/log/journal/* %s/"
	    "00112233445566778899aabbccddeeff", path, path);
	assert_true(source_is_journal(path));
	read_path(path, false, &known, &s);
	assert_non_null(strstr(buf_cstr(&s.text), " mx7.example "
	    "postfix/qmgr[42]: 4X00000040zZ: removed"));
	assert_null(strstr(buf_cstr(&s.text), "here"));
	run("rm -r %s", dir_name);
	seen_clear(&s);
	streams_done(&known);
	assert_int_equal(start_journald(), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(containers), cmocka_unit_test(exported),
		cmocka_unit_test(elsewhere),
	};

	if (!begin_journald())
		return 0;
	return cmocka_run_group_tests(tests, NULL, group_done);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file that is followed while the real logrotate (and svlogd) rotate it,
 * under each of the options that matter: every line once, in its order, however
 * far it was read before, and whether somebody was looking or not.
 */
#include "source_util.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "weir/mem.h"

#define LOGROTATE	"/usr/sbin/logrotate"
#define ROUNDS		12

struct scheme {
	const char	*name, *options;
	bool		 truncates;	/* the writer keeps its file */
	bool		 once_a_second;	/* the name has a time in it */
};

static const struct scheme schemes[] = {
	{ "create", "create 0644\nrotate 20\n", false, false },
	{ "compress", "create 0644\nrotate 20\ncompress\n", false, false },
	{ "delaycompress", "create 0644\nrotate 20\ncompress\n"
	    "delaycompress\n", false, false },
	{ "start 0", "create 0644\nrotate 20\nstart 0\ncompress\n"
	    "delaycompress\n", false, false },
	{ "start 7", "create 0644\nrotate 20\nstart 7\n", false, false },
	{ "nocreate", "nocreate\nrotate 20\ncompress\ndelaycompress\n",
	    false, false },
	{ "copytruncate", "copytruncate\nrotate 20\n", true, false },
	{ "copytruncate compress", "copytruncate\nrotate 20\ncompress\n",
	    true, false },
	{ "copy", "copy\nrotate 20\n", true, false },
	{ "dateext", "create 0644\nrotate 20\ndateext\n"
	    "dateformat -%Y%m%d-%s\ncompress\ndelaycompress\n", false, true },
	{ "epoch", "create 0644\nrotate 20\ndateext\ndateformat .%s\n"
	    "compress\n", false, true },
	{ "day first", "create 0644\nrotate 20\ndateext\n"
	    "dateformat -%d%m%Y-%H%M%S\n", false, true },
	{ "extension", "create 0644\nrotate 20\nextension .log\ncompress\n"
	    "delaycompress\n", false, false },
	{ "dateext extension", "create 0644\nrotate 20\nextension .log\n"
	    "dateext\ndateformat -%Y%m%d-%s\n", false, true },
	{ "olddir", "create 0644\nrotate 20\nolddir old\ncreateolddir 755\n"
	    "compress\ndelaycompress\n", false, false },
	{ "olddir copytruncate", "copytruncate\nrotate 20\nolddir archive\n"
	    "createolddir 755\ncompress\n", true, false },
	{ "shred", "create 0644\nrotate 20\ncompress\nshred\n"
	    "shredcycles 1\n", false, false },
	{ "other suffix", "create 0644\nrotate 20\ncompress\n"
	    "compresscmd /bin/gzip\ncompressext .GZ\ndelaycompress\n",
	    false, false },
	{ "sharedscripts", "create 0644\nrotate 20\nsharedscripts\n"
	    "prerotate\ntrue\nendscript\npostrotate\ntrue\nendscript\n",
	    false, false },
};

static void
rotate(const struct scheme *s)
{
	FILE *f = fopen("conf", "w");

	fprintf(f, "%s/mail.log {\nmissingok\n%s}\n", dir, s->options);
	fclose(f);
	chmod("conf", 0644);
	if (s->once_a_second)
		usleep(1010000);
	run("%s -f -s state conf 2>err || { cat err; false; }", LOGROTATE);
}

/* What the writer has open, until it is told to open the name again. */
static void
put(int fd, int *number, int n)
{
	while (n-- > 0) {
		const char *l = line((*number)++);

		assert_int_equal(write(fd, l, strlen(l)), strlen(l));
	}
}

static int
reopen(int fd)
{
	if (fd != -1)
		close(fd);
	fd = open("mail.log", O_WRONLY | O_APPEND | O_CREAT, 0644);
	assert_int_not_equal(fd, -1);
	return fd;
}

static void
follow_scheme(const struct scheme *s)
{
	struct following f = { 0 };
	int number = 0, fd = reopen(-1), round;
	int rounds = s->once_a_second ? 4 : ROUNDS;

	chmod(dir, 0755);
	begin(&f, "mail.log");
	look(&f);
	for (round = 0; round < rounds; round++) {
		/* Down now and then, over one rotation or over two. */
		if (round % 4 == 1)
			stop(&f);
		put(fd, &number, 15 + round % 3);
		if (f.src != NULL && round % 3 == 0)
			look(&f);
		rotate(s);
		if (f.src != NULL && round % 2 == 0)
			look(&f);
		/* The last to the old file, before the writer comes over. */
		if (!s->truncates) {
			if (strstr(s->options, "compress") == NULL ||
			    strstr(s->options, "delay") != NULL)
				put(fd, &number, 2);
			fd = reopen(fd);
		}
		put(fd, &number, 12);
		if (f.src == NULL && round % 8 != 1)
			begin(&f, "mail.log");
		if (f.src != NULL)
			look(&f);
	}
	if (f.src == NULL)
		begin(&f, "mail.log");
	look(&f);
	look(&f);
	close(fd);
	print_message("%s\n", s->name);
	assert_lines(&f.seen, 0, number);
	assert_null(strstr(f.seen.kinds, "data_loss"));
	done(&f);

	/* And all of it from the directory, once. */
	read_path(".", false, &f.known, &f.seen);
	if (strcmp(s->name, "copy") != 0)
		assert_lines(&f.seen, 0, number);
	done(&f);
	run("rm -rf ./*");
}

/* Packed as weir cannot read it: that is all right, for it was read before. */
static void
packed_otherwise(void **state)
{
	static const char *const commands[] = { "/usr/bin/xz", "/bin/bzip2",
	    "/usr/bin/zstd" };
	char options[256];

	(void)state;
	if (access(LOGROTATE, X_OK) == -1)
		skip();
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		struct scheme s = { commands[i], options, false, false };
		struct following f = { 0 };
		int number = 0, fd = reopen(-1), round;

		if (access(commands[i], X_OK) == -1)
			continue;
		snprintf(options, sizeof(options), "create 0644\nrotate 20\n"
		    "compress\ncompresscmd %s\ncompressext .%s\n",
		    commands[i], i == 0 ? "xz" : i == 1 ? "bz2" : "zst");
		chmod(dir, 0755);
		begin(&f, "mail.log");
		for (round = 0; round < 6; round++) {
			put(fd, &number, 20);
			look(&f);
			rotate(&s);
			look(&f);
			fd = reopen(fd);
			put(fd, &number, 20);
			look(&f);
		}
		assert_lines(&f.seen, 0, number);
		assert_string_equal(f.seen.notices, "");
		/* Down meanwhile, it is told what to do. */
		stop(&f);
		put(fd, &number, 20);
		rotate(&s);
		fd = reopen(fd);
		put(fd, &number, 20);
		begin(&f, "mail.log");
		look(&f);
		assert_non_null(strstr(f.seen.notices, "cat ./mail.log.1."));
		assert_non_null(strstr(f.seen.notices, "| weir import -"));
		close(fd);
		done(&f);
		run("rm -f ./*");
	}
}

static void
by_logrotate(void **state)
{
	(void)state;
	if (access(LOGROTATE, X_OK) == -1)
		skip();
	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++)
		follow_scheme(&schemes[i]);
}

/* svlogd rotates by itself, by size; its stamps are before the line. */
static void
by_svlogd(void **state)
{
	static const struct { const char *flags, *config; } ways[] = {
		{ "", "s3000\nn100\n" }, { "-t", "s3000\nn100\n" },
		{ "-tt", "s4000\nn100\n" }, { "-ttt", "s2500\nn100\n" },
		{ "-tt", "s4000\nn100\n!gzip\n" },
	};

	(void)state;
	if (access("/usr/bin/svlogd", X_OK) == -1)
		skip();
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		struct following f = { 0 };
		int number = 0, round;
		char command[64];
		FILE *p;

		run("mkdir x");
		append("x/config", ways[i].config, strlen(ways[i].config));
		snprintf(command, sizeof(command), "svlogd -l 1000 %s x "
		    "2>/dev/null", ways[i].flags);
		p = popen(command, "w");
		for (round = 0; round < 12; round++) {
			for (int n = 20 + round; n > 0; n--)
				fputs(line(number++), p);
			fflush(p);
			usleep(30000);
			if (round == 1)
				begin(&f, "x/current");
			if (round == 6)
				stop(&f);
			if (round == 9)
				begin(&f, "x/current");
			if (f.src != NULL)
				look(&f);
		}
		pclose(p);
		look(&f);
		/* Begun late: what was there before was not asked for. */
		print_message("svlogd %s: %zu of %d\n", ways[i].flags,
		    f.seen.nlines, number);
		assert_null(strstr(f.seen.kinds, "data_loss"));
		read_path("x", false, &f.known, &f.seen);
		assert_int_equal(f.seen.counts.lines, number);
		assert_int_equal(f.seen.nlines, number);
		done(&f);
		run("rm -r x");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(by_logrotate, enter, leave),
		cmocka_unit_test_setup_teardown(packed_otherwise, enter,
		    leave),
		cmocka_unit_test_setup_teardown(by_svlogd, enter, leave),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

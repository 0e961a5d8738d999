/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The fold over recorded stories: a run that is killed and taken up again at
 * any line, with next to no memory, ends with the same events and alerts as a
 * quiet one; reading a story twice adds nothing.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>

#include "fold.h"

static const char *const stories[] = {
	"normal", "open-relay", "forwards", "bounces", "filter-plain",
	"filter-amavis", "filter-xforward", "proxy-filter", "bcc-maps",
	"access-actions", "two-instances", "repeated", "folded",
	"hostile-filtered",
};

struct story {
	char	**lines;
	size_t	 n;
};

static void
read_story(const char *name, struct story *ret)
{
	char	path[128];
	char	*line = NULL;
	size_t	cap = 0;
	ssize_t	n;
	FILE	*f;

	memset(ret, 0, sizeof(*ret));
	(void)snprintf(path, sizeof(path), "tests/stories/%s.log", name);
	if ((f = fopen(path, "r")) == NULL)
		skip();
	while ((n = getline(&line, &cap, f)) > 0) {
		if (line[n - 1] == '\n')
			line[n - 1] = '\0';
		ret->lines = xreallocarray(ret->lines, ret->n + 1,
		    sizeof(*ret->lines));
		ret->lines[ret->n++] = xstrdup(line);
	}
	free(line);
	(void)fclose(f);
}

static void
free_story(struct story *s)
{
	while (s->n > 0)
		free(s->lines[--s->n]);
	free(s->lines);
}

static void
believe(struct fold *f)
{
	fold_believe(f, POLICY_TRUSTED_NETWORKS, "127.0.0.0/8");
	fold_believe(f, POLICY_TRUSTED_NETWORKS, "::1");
	fold_believe(f, POLICY_TRUSTED_NETWORKS, "10.20.0.0/24");
	fold_believe(f, POLICY_LOCAL_DOMAINS, "example.org");
	fold_believe(f, POLICY_LOCAL_DOMAINS, "alias.example");
	fold_believe(f, POLICY_RELAY_DOMAINS, "backup.example.net");
}

/* Play it; every `every` lines on average the engine is killed. */
static char *
play(const struct story *s, unsigned every, size_t messages_max, int times)
{
	struct syslog_stream	 stream;
	struct fold		 f;
	unsigned		 seed = 1 + every;
	char			*world;
	int			 time;
	size_t			 i;

	fold_init(&f);
	f.options.messages_max = messages_max;
	believe(&f);
	fold_start(&f);
	for (time = 0; time < times; time++) {
		memset(&stream, 0, sizeof(stream));
		stream.zone = &zone_utc;
		stream.host = STR("mx1");
		stream.until = INT64_C(1798761600000000);
		for (i = 0; i < s->n; i++) {
			fold_feed(&f, &stream, str_of(s->lines[i]));
			seed = seed * 1103515245 + 12345;
			if (every > 0 && (seed >> 8) % every == 0) {
				engine_flush(f.engine);
				engine_free(f.engine);
				fold_start(&f);
			}
		}
		engine_finish(f.engine);
		engine_flush(f.engine);
		if (time + 1 < times) {
			engine_free(f.engine);
			map_free(f.kept, fold_free_str);
			f.kept = map_new(HASH_KEY_FIXED);
			fold_start(&f);
		}
	}
	world = fold_world(&f);
	fold_done(&f);
	return world;
}

static void
test_restarts_change_nothing(void **state)
{
	static const unsigned every[] = { 1, 3, 17 };
	size_t i, j;

	(void)state;
	for (i = 0; i < sizeof(stories) / sizeof(stories[0]); i++) {
		struct story	 s;
		char		*quiet, *killed;

		read_story(stories[i], &s);
		quiet = play(&s, 0, 8000, 1);
		for (j = 0; j < sizeof(every) / sizeof(every[0]); j++) {
			killed = play(&s, every[j], 8000, 1);
			if (strcmp(quiet, killed) != 0)
				print_error("%s, killed every %u lines\n",
				    stories[i], every[j]);
			assert_string_equal(killed, quiet);
			free(killed);
		}
		free(quiet);
		free_story(&s);
	}
}

static void
test_little_memory_changes_nothing(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(stories) / sizeof(stories[0]); i++) {
		struct story	 s;
		char		*quiet, *narrow;

		read_story(stories[i], &s);
		quiet = play(&s, 0, 8000, 1);
		narrow = play(&s, 0, 20, 1);
		if (strcmp(quiet, narrow) != 0)
			print_error("%s\n", stories[i]);
		assert_string_equal(narrow, quiet);
		free(narrow);
		free(quiet);
		free_story(&s);
	}
}

static void
test_second_reading_adds_nothing(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(stories) / sizeof(stories[0]); i++) {
		struct story	 s;
		char		*once, *twice;

		read_story(stories[i], &s);
		once = play(&s, 0, 8000, 1);
		twice = play(&s, 0, 8000, 2);
		assert_string_equal(twice, once);
		free(once);
		free(twice);
		free_story(&s);
	}
}

/* Behind "last message repeated" stands the refusal or failed login before. */
static const char *const repeats[] = {
	"Mar  1 10:00:00 mx postfix/smtpd[7]: warning: unknown[192.0.2.7]: "
	    "SASL LOGIN authentication failed: UGFzc3dvcmQ6",
	"Mar  1 10:00:30 mx last message repeated 3 times",
	"Mar  1 10:02:30 mx last message repeated 40 times",
	/* another host's, and one with a line between: of nothing known */
	"Mar  1 10:02:31 mx2 last message repeated 500 times",
	"Mar  1 10:02:32 mx postfix/anvil[8]: statistics: max cache size 1 at",
	"Mar  1 10:03:30 mx last message repeated 500 times",
	"Mar  1 10:04:00 mx postfix/smtpd[7]: NOQUEUE: reject: RCPT from "
	    "unknown[192.0.2.7]: 554 5.7.1 <a@far.example>: Relay access "
	    "denied; from=<> to=<a@far.example> proto=SMTP helo=<x>",
	"Mar  1 10:04:01 mx last message repeated 2 times",
	"Mar  1 10:04:01 mx last message repeated 2 times",
	"Mar  1 10:05:00 mx postfix/smtpd[7]: connect from unknown[192.0.2.7]",
	"Mar  1 10:05:01 mx last message repeated 500 times",
	/* of its own host, whatever others say between */
	"Mar  1 10:06:00 mx postfix/smtpd[7]: warning: unknown[192.0.2.7]: "
	    "SASL LOGIN authentication failed: UGFzc3dvcmQ6",
	"Mar  1 10:06:01 mx2 postfix/smtpd[9]: NOQUEUE: reject: RCPT from "
	    "unknown[192.0.2.7]: 554 5.7.1 <a@far.example>: Relay access "
	    "denied; from=<> to=<a@far.example> proto=SMTP helo=<x>",
	"Mar  1 10:06:02 mx3 postfix/smtpd[9]: connect from unknown[192.0.2.9]",
	"Mar  1 10:06:30 mx last message repeated 6 times",
	"Mar  1 10:06:31 mx2 last message repeated 4 times",
	"Mar  1 10:06:31 mx3 last message repeated 500 times",
	"Mar  1 10:06:32 mx2 postfix/smtpd[9]: disconnect from "
	    "unknown[192.0.2.7] ehlo=1 mail=1 rcpt=0/5 quit=1 commands=3/8",
	"Mar  1 10:06:33 mx2 last message repeated 500 times",
	"Mar  1 10:06:34 mx last message repeated 1 time",
	/* rsyslog says the message again */
	"Mar  1 10:06:35 mx2 postfix/smtpd[9]: message repeated 7 times: [ "
	    "NOQUEUE: reject: RCPT from unknown[192.0.2.7]: 554 5.7.1 "
	    "<a@far.example>: Relay access denied; from=<> to=<a@far.example> "
	    "proto=SMTP helo=<x>]",
};

static int64_t
repeated(unsigned every, enum event_kind kind, size_t *ret_n)
{
	struct syslog_stream	 stream = { .zone = &zone_utc,
				    .until = INT64_C(1798761600000000) };
	int64_t			 sum = 0;
	struct fold		 f;
	struct str		 key;
	void			*value;
	size_t			 i, iter = 0;

	fold_init(&f);
	believe(&f);
	fold_start(&f);
	for (i = 0; i < sizeof(repeats) / sizeof(repeats[0]); i++) {
		fold_feed(&f, &stream, str_of(repeats[i]));
		if (every > 0 && i % every == 0) {
			engine_flush(f.engine);
			engine_free(f.engine);
			fold_start(&f);
		}
	}
	*ret_n = 0;
	while (map_next(f.events, &iter, &key, &value)) {
		const struct event *e = &((struct fold_event *)value)->e;

		if (e->kind != kind)
			continue;
		assert_string_equal(str_known(e->client_address) ?
		    e->client_address.p : "", "192.0.2.7");
		sum += e->repeat;
		++*ret_n;
	}
	fold_done(&f);
	return sum;
}

static void
test_repeats_are_counted(void **state)
{
	unsigned every;
	size_t n;

	(void)state;
	for (every = 0; every < 4; every++) {
		assert_int_equal(repeated(every, EVENT_AUTH, &n),
		    1 + 3 + 40 + 1 + 6 + 1);
		assert_int_equal(n, 6);
		assert_int_equal(repeated(every, EVENT_REJECT, &n),
		    1 + 2 + 2 + 1 + 4 + 7);
		assert_int_equal(n, 6);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_restarts_change_nothing),
		cmocka_unit_test(test_little_memory_changes_nothing),
		cmocka_unit_test(test_second_reading_adds_nothing),
		cmocka_unit_test(test_repeats_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

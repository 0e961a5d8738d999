/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the tests of floor daemon have in common: a directory, a configuration,
 * a pipeline on a real database, and a log with one open relay in it.
 */
#ifndef WEIR_TEST_DAEMON_UTIL_H
#define WEIR_TEST_DAEMON_UTIL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "weir/pipeline.h"

#define RELAY_EVENTS	2	/* the message and its delivery */
#define STAMP		"2026-01-01T00:00:0"
#define RELAY_LOG(id, client, rcpt)					\
	STAMP "0Z mx1 postfix/smtpd[9]: connect from unknown[" client "]\n" \
	STAMP "1Z mx1 postfix/smtpd[9]: " id ": client=unknown[" client	\
	    "]\n"							\
	STAMP "1Z mx1 postfix/cleanup[8]: " id ": message-id=<" id	\
	    "@spam.example>\n"						\
	STAMP "1Z mx1 postfix/qmgr[2]: " id ": from=<x@spam.example>, "	\
	    "size=900, nrcpt=1 (queue active)\n"			\
	STAMP "1Z mx1 postfix/smtpd[9]: disconnect from unknown[" client \
	    "] ehlo=1 mail=1 rcpt=1 data=1 quit=1 commands=5\n"		\
	STAMP "2Z mx1 postfix/smtp[7]: " id ": to=<" rcpt ">, "		\
	    "relay=mx.far.example[198.51.100.9]:25, delay=1, "		\
	    "delays=0.1/0/0.4/0.5, dsn=2.0.0, status=sent (250 ok)\n"	\
	STAMP "2Z mx1 postfix/qmgr[2]: " id ": removed\n"
#define POLICY								\
	"[policy]\ntrusted-networks = 127.0.0.0/8\n"			\
	"local-domains = example.org\nrelay-domains = backup.example\n"

struct place {
	char			 dir[64], db[128], log[128], conf[128];
	struct config		*config;
	struct pipeline_options	 o;
	struct pipeline		*p;
};

static inline void
place_write(const char *path, const char *mode, const char *text)
{
	FILE	*f = fopen(path, mode);

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

/* A directory, with the configuration of that text in it. */
static inline void
place_init(struct place *at, const char *config)
{
	struct buf	problems = { 0 };

	memset(at, 0, sizeof(*at));
	strcpy(at->dir, "/tmp/weir-test.XXXXXX");
	assert_non_null(mkdtemp(at->dir));
	snprintf(at->db, sizeof(at->db), "%s/weir.db", at->dir);
	snprintf(at->log, sizeof(at->log), "%s/mail.log", at->dir);
	snprintf(at->conf, sizeof(at->conf), "%s/weir.conf", at->dir);
	place_write(at->conf, "w", config);
	at->config = config_load(at->conf, &problems);
	if (at->config == NULL)
		fail_msg("%s", buf_cstr(&problems));
	buf_done(&problems);
	at->o.db = at->db;
	at->o.mode = STORE_WRITE;
	at->o.config = at->config;
}

static inline void
place_open(struct place *at)
{
	struct error	err = { "" };

	at->p = pipeline_open(&at->o, &err);
	if (at->p == NULL)
		fail_msg("%s", err.text);
}

static inline void
place_done(struct place *at)
{
	char	command[128];

	pipeline_close(at->p);
	config_free(at->config);
	snprintf(command, sizeof(command), "rm -rf %s", at->dir);
	assert_int_equal(system(command), 0);
}

static inline void
place_add_stream(void *ctx, const struct stream *st)
{
	streams_add(ctx, st);
}

/* Take in a text as the daemon would a file, without the commit. */
static inline void
place_feed(struct place *at, const char *text)
{
	struct source_options	 o = { .path = at->log, .host = "mx1" };
	struct streams		 known = { 0 };
	struct batch		*b = batch_new();
	struct error		 err = { "" };
	struct source		*s;
	enum source_state	 state = SOURCE_READY;

	place_write(at->log, "w", text);
	assert_int_equal(store_each_stream(pipeline_store(at->p),
	    place_add_stream, &known, &err), 0);
	s = source_open(&o, &known, &err);
	if (s == NULL)
		fail_msg("%s", err.text);
	while (state == SOURCE_READY) {
		batch_clear(b);
		state = source_read(s, b, &err);
		pipeline_take(at->p, b);
	}
	engine_finish(pipeline_engine(at->p));
	source_close(s);
	batch_free(b);
	streams_done(&known);
}

static inline void
place_commit(struct place *at)
{
	struct error	err = { "" };

	if (pipeline_commit(at->p, &err) == -1)
		fail_msg("%s", err.text);
}

static inline int
place_count_one(void *ctx, const struct event *e)
{
	(void)e;
	++*(size_t *)ctx;
	return 0;
}

/* How many stored events have that class. */
static inline size_t
place_count(struct place *at, enum event_class class)
{
	char		cursor[QUERY_CURSOR_MAX];
	struct query	q;
	size_t		n = 0;

	query_init(&q);
	q.classes = 1u << class;
	q.limit = 0;
	assert_int_equal(store_query(pipeline_store(at->p), &q,
	    place_count_one, &n, cursor, NULL), 0);
	query_done(&q);
	return n;
}

static inline int
place_first_alert(void *ctx, const struct alert *a)
{
	*(struct alert **)ctx = alert_copy(a);
	return 1;
}

/* The oldest alert of a detector, or NULL; the caller frees it. */
static inline struct alert *
place_alert(struct place *at, const char *detector)
{
	struct alert_filter	 f = { 0 };
	struct alert		*a = NULL;

	snprintf(f.detector, sizeof(f.detector), "%s", detector);
	assert_int_equal(store_each_alert(pipeline_store(at->p), &f,
	    place_first_alert, &a, NULL, NULL), 0);
	return a;
}

#endif

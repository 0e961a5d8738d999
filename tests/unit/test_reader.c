/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon_util.h"

#include "weir/reader.h"

struct reading {
	struct queue		*q;
	struct reader		*r;
	struct source_options	 o[2];
	char			 path[2][160];
	size_t			 lines[2];
	enum source_state	 state[2];
	struct str		 token;
};

static void
start(struct reading *g, struct place *at)
{
	struct streams	known = { 0 };
	struct error	err = { "" };

	memset(g, 0, sizeof(*g));
	for (size_t i = 0; i < 2; i++) {
		snprintf(g->path[i], sizeof(g->path[i]), "%s/%zu.log",
		    at->dir, i);
		place_write(g->path[i], "w", "");
		g->o[i].path = g->path[i];
		g->o[i].host = "mx1";
		g->o[i].follow = true;
	}
	g->q = queue_new(2);
	g->r = reader_start(g->q, &known, g->o, 2, &err);
	if (g->r == NULL)
		fail_msg("%s", err.text);
}

static void
stop(struct reading *g)
{
	reader_stop(g->r);
	queue_free(g->q);
}

/* Take one thing; false when nothing came within a while. */
static bool
take(struct reading *g, int ms)
{
	struct work	*w = queue_get_within(g->q, ms);

	if (w == NULL)
		return false;
	g->lines[w->source] += w->batch->counts.lines;
	g->state[w->source] = w->state;
	if (w->made) {
		assert_int_equal(w->batch->nlines, 1);
		assert_int_equal(w->batch->lines[0].line.kind, LINE_DRILL);
		assert_int_equal(w->batch->stream.id, 0);
		assert_true(str_eq(w->batch->lines[0].line.f[FIELD_TOKEN],
		    STR("0123abcd")));
		g->token = STR("0123abcd");
	}
	queue_release(g->q, w);
	return true;
}

static void
test_two_files(void **state)
{
	struct reading	g;
	struct place	at;

	(void)state;
	place_init(&at, POLICY);
	start(&g, &at);
	place_write(g.path[0], "a",
	    RELAY_LOG("4ABCDEF012", "192.0.2.66", "v@far.example"));
	place_write(g.path[1], "a",
	    STAMP "1Z mx1 postfix/smtpd[9]: connect from a[192.0.2.1]\n");
	for (int i = 0; i < 100 && g.lines[0] + g.lines[1] < 8; i++)
		(void)take(&g, 100);
	assert_int_equal(g.lines[0], 7);
	assert_int_equal(g.lines[1], 1);
	/* Nothing new: nothing comes. */
	while (take(&g, 300))
		;
	assert_int_equal(g.state[0], SOURCE_WAITING);
	stop(&g);
	place_done(&at);
}

static void
test_inject_and_pause(void **state)
{
	struct reading	g;
	struct place	at;

	(void)state;
	place_init(&at, POLICY);
	start(&g, &at);
	reader_pause(g.r, 1);
	reader_inject(g.r, 0, "0123abcd");
	for (int i = 0; i < 100 && g.token.n == 0; i++)
		(void)take(&g, 100);
	assert_true(g.token.n > 0);
	place_write(g.path[1], "a",
	    STAMP "1Z mx1 postfix/smtpd[9]: connect from a[192.0.2.1]\n");
	while (take(&g, 300))
		;
	assert_int_equal(g.lines[1], 0);
	stop(&g);
	place_done(&at);
}

/* The queue is full and nobody takes: the reader still ends. */
static void
test_stop_while_full(void **state)
{
	struct reading	g;
	struct place	at;
	FILE		*f;

	(void)state;
	place_init(&at, POLICY);
	start(&g, &at);
	f = fopen(g.path[0], "a");
	assert_non_null(f);
	for (int i = 0; i < 40000; i++)
		fprintf(f, STAMP "1Z mx1 postfix/smtpd[%d]: connect from "
		    "a[192.0.2.1]\n", i);
	fclose(f);
	usleep(50000);
	stop(&g);
	place_done(&at);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_two_files),
		cmocka_unit_test(test_inject_and_pause),
		cmocka_unit_test(test_stop_while_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

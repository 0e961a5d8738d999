/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The notifier against a real receiver (tests/run/receiver.py) that checks
 * signatures by itself.  Run from the top of the tree.
 */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "weir/deliver.h"
#include "weir/mem.h"
#include "weir/usec.h"

#define SECRET	"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
#define OLD	"whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

struct receiver {
	pid_t	pid;
	int	port;
	char	log[128];
};

static char dir[64];
static struct receiver plain, tls;

static void
start_receiver(struct receiver *r, const char *name, bool with_tls)
{
	char cert[128], key[128];
	int out[2];
	FILE *f;

	snprintf(r->log, sizeof(r->log), "%s/%s.log", dir, name);
	snprintf(cert, sizeof(cert), "%s/cert.pem", dir);
	snprintf(key, sizeof(key), "%s/key.pem", dir);
	assert_int_equal(pipe(out), 0);
	r->pid = fork();
	assert_int_not_equal(r->pid, -1);
	if (r->pid == 0) {
		dup2(out[1], 1);
		close(out[0]);
		close(out[1]);
		execlp("python3", "python3", "tests/run/receiver.py", r->log,
		    "--secret", SECRET, with_tls ? "--tls" : NULL, cert, key,
		    NULL);
		_exit(127);
	}
	close(out[1]);
	f = fdopen(out[0], "r");
	assert_int_equal(fscanf(f, "%d", &r->port), 1);
	fclose(f);
}

static int
setup(void **state)
{
	char command[512];

	(void)state;
	strcpy(dir, "/tmp/weir-deliver-XXXXXX");
	if (mkdtemp(dir) == NULL)
		return -1;
	snprintf(command, sizeof(command), "openssl req -x509 -newkey "
	    "rsa:2048 -nodes -days 2 -subj /CN=localhost -addext "
	    "subjectAltName=DNS:localhost -keyout %s/key.pem -out "
	    "%s/cert.pem 2>/dev/null", dir, dir);
	if (system(command) != 0)
		return -1;
	start_receiver(&plain, "plain", false);
	start_receiver(&tls, "tls", true);
	return 0;
}

static int
teardown(void **state)
{
	char command[128];

	(void)state;
	kill(plain.pid, SIGTERM);
	kill(tls.pid, SIGTERM);
	waitpid(plain.pid, NULL, 0);
	waitpid(tls.pid, NULL, 0);
	snprintf(command, sizeof(command), "rm -r %s", dir);
	return system(command);
}

static struct webhook
hook_to(const struct receiver *r, const char *path)
{
	struct webhook h = { .name = "h", .format = "standard",
	    .allow_private = true, .timeout_us = 10 * USEC_PER_SEC,
	    .nsecrets = 2 };
	struct error err;

	snprintf(h.url, sizeof(h.url), "%s://localhost:%d/%s",
	    r == &tls ? "https" : "http", r->port, path);
	hook_secret_parse(STR(OLD), &h.secrets[0], &err);
	hook_secret_parse(STR(SECRET), &h.secrets[1], &err);
	return h;
}

static struct outbox_row
a_row(int64_t id)
{
	static char body[] = "{\"type\":\"test\"}";
	struct outbox_row row = { .id = id, .webhook = "h", .type = "test",
	    .body = body };

	snprintf(row.webhook_id, sizeof(row.webhook_id), "row-%lld",
	    (long long)id);
	return row;
}

static struct deliver *
new(const struct webhook *h, size_t n)
{
	struct error err;
	struct deliver *d = deliver_new(h, n, &err);

	if (d == NULL)
		fail_msg("%s", err.text);
	return d;
}

static struct deliver_result
wait_result(struct deliver *d)
{
	struct pollfd p = { .fd = deliver_fd(d), .events = POLLIN };
	struct deliver_result r;

	while (!deliver_next_result(d, &r))
		assert_int_equal(poll(&p, 1, 30000), 1);
	return r;
}

static struct deliver_result
send_one(const struct webhook *h, int attempts)
{
	struct deliver *d = new(h, 1);
	struct outbox_row row = a_row(7);
	struct deliver_result r;

	row.attempts = attempts;
	assert_true(deliver_send(d, &row));
	r = wait_result(d);
	assert_int_equal(r.row, 7);
	deliver_free(d);
	return r;
}

/* The receiver's last note; NULL when there is none. */
static json_t *
last_note(const struct receiver *r)
{
	char line[8192], last[8192] = "";
	FILE *f = fopen(r->log, "r");

	if (f == NULL)
		return NULL;
	while (fgets(line, sizeof(line), f) != NULL)
		strcpy(last, line);
	fclose(f);
	return json_loads(last, 0, NULL);
}

static long
notes(const struct receiver *r)
{
	FILE *f = fopen(r->log, "r");
	long n = 0;
	int c;

	if (f == NULL)
		return 0;
	while ((c = getc(f)) != EOF)
		n += c == '\n';
	fclose(f);
	return n;
}

static void
delivered(void **state)
{
	struct webhook h = hook_to(&plain, "ok");
	struct deliver_result r = send_one(&h, 0);
	json_t *note = last_note(&plain);

	(void)state;
	assert_int_equal(r.outcome, OUTBOX_DELIVERED);
	assert_int_equal(r.code, 204);
	assert_string_equal(r.error, "");
	assert_true(r.latency_us > 0);
	assert_true(json_is_true(json_object_get(note, "verified")));
	assert_int_equal(json_integer_value(json_object_get(note,
	    "signatures")), 2);
	assert_string_equal(json_string_value(json_object_get(note, "id")),
	    "row-7");
	assert_string_equal(json_string_value(json_object_get(note, "type")),
	    "application/json");
	assert_string_equal(json_string_value(json_object_get(note, "body")),
	    "{\"type\":\"test\"}");
	json_decref(note);
}

/* What each answer leads to, and when it is tried again. */
static void
answers(void **state)
{
	static const struct {
		const char *path;
		int attempts;
		enum outbox_outcome want;
		int code;
		int64_t min_us;
		const char *error;	/* a part of it */
	} cases[] = {
		{ "200", 0, OUTBOX_DELIVERED, 200, 0, "" },
		{ "half", 0, OUTBOX_DELIVERED, 200, 0, "" },
		{ "endless", 0, OUTBOX_DELIVERED, 200, 0, "" },
		{ "500", 0, OUTBOX_RETRY, 500, 5 * USEC_PER_SEC, "HTTP 500" },
		{ "500", 2, OUTBOX_RETRY, 500, 30 * USEC_PER_MIN,
		    "HTTP 500" },
		{ "404", 40, OUTBOX_RETRY, 404, 24 * USEC_PER_HOUR,
		    "HTTP 404" },
		{ "410", 0, OUTBOX_DEAD, 410, 0, "HTTP 410" },
		{ "429", 3, OUTBOX_RETRY, 429, 2 * USEC_PER_SEC, "HTTP 429" },
		{ "503", 3, OUTBOX_RETRY, 503, 2 * USEC_PER_SEC, "HTTP 503" },
		{ "redirect", 1, OUTBOX_RETRY, 302, 5 * USEC_PER_MIN,
		    "redirects are not followed" },
		{ "cut", 0, OUTBOX_RETRY, 0, 5 * USEC_PER_SEC, "mpty reply" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct webhook h = hook_to(&plain, cases[i].path);
		long before = notes(&plain);
		struct deliver_result r = send_one(&h, cases[i].attempts);
		int64_t wait = r.next_try - r.at;

		if (r.outcome != cases[i].want || r.code != cases[i].code ||
		    strstr(r.error, cases[i].error) == NULL)
			fail_msg("%s: got %d, %d, '%s'", cases[i].path,
			    r.outcome, r.code, r.error);
		assert_int_equal(notes(&plain), before + 1);
		if (r.outcome != OUTBOX_RETRY)
			continue;
		assert_in_range(wait, cases[i].min_us,
		    cases[i].min_us + cases[i].min_us / 10);
	}
}

static void
timeouts(void **state)
{
	struct webhook h = hook_to(&plain, "hang");
	struct deliver_result r;

	(void)state;
	h.timeout_us = 300 * USEC_PER_MSEC;
	r = send_one(&h, 0);
	assert_int_equal(r.outcome, OUTBOX_RETRY);
	assert_int_equal(r.code, 0);
	assert_non_null(strstr(r.error, "timed out"));
}

static void
refused(void **state)
{
	struct webhook h = hook_to(&plain, "ok");
	struct deliver_result r;

	(void)state;
	snprintf(h.url, sizeof(h.url), "http://127.0.0.1:1/");
	r = send_one(&h, 0);
	assert_int_equal(r.outcome, OUTBOX_RETRY);
	assert_int_equal(r.code, 0);
	assert_string_not_equal(r.error, "");
}

/* By name and by every spelling of the address; no byte gets there. */
static void
guarded(void **state)
{
	static const char *const hosts[] = { "localhost", "127.0.0.1",
	    "127.1", "2130706433", "0x7f000001", "[::1]",
	    "[::ffff:127.0.0.1]", "0.0.0.0", "[::]", "10.255.255.1",
	    "169.254.169.254", "[fd00::1]", "[fe80::1]", "224.0.0.1",
	    "[64:ff9b::127.0.0.1]" };
	long before = notes(&plain);
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
		struct webhook h = hook_to(&plain, "ok");
		struct deliver_result r;

		h.allow_private = false;
		snprintf(h.url, sizeof(h.url), "http://%s:%d/ok", hosts[i],
		    plain.port);
		r = send_one(&h, 0);
		assert_int_equal(r.outcome, OUTBOX_RETRY);
		if (strstr(r.error, "allow-private = true") == NULL)
			fail_msg("%s: '%s'", hosts[i], r.error);
	}
	assert_int_equal(notes(&plain), before);
}

/* Nor over a connection that another webhook was allowed to make. */
static void
guarded_when_kept(void **state)
{
	struct webhook h[2] = { hook_to(&plain, "ok"),
	    hook_to(&plain, "ok") };
	struct deliver *d;
	struct outbox_row row = a_row(1);
	struct deliver_result r;
	long before = notes(&plain);

	(void)state;
	h[1].allow_private = false;
	strcpy(h[1].name, "inside");
	d = new(h, 2);
	assert_true(deliver_send(d, &row));
	assert_int_equal(wait_result(d).code, 204);
	row = a_row(2);
	strcpy(row.webhook, "inside");
	assert_true(deliver_send(d, &row));
	r = wait_result(d);
	assert_int_equal(r.outcome, OUTBOX_RETRY);
	assert_non_null(strstr(r.error, "allow-private = true"));
	assert_int_equal(notes(&plain), before + 1);
	deliver_free(d);
}

static void
other_schemes(void **state)
{
	struct webhook h = hook_to(&plain, "ok");

	(void)state;
	snprintf(h.url, sizeof(h.url), "file:///etc/passwd");
	assert_int_equal(send_one(&h, 0).outcome, OUTBOX_RETRY);
	snprintf(h.url, sizeof(h.url), "gopher://127.0.0.1:%d/", plain.port);
	assert_int_equal(send_one(&h, 0).outcome, OUTBOX_RETRY);
}

/* A proxy of the environment would hide the target from the guard. */
static void
no_proxy(void **state)
{
	struct webhook h = hook_to(&plain, "ok");

	(void)state;
	setenv("http_proxy", "http://127.0.0.1:1", 1);
	assert_int_equal(send_one(&h, 0).code, 204);
	unsetenv("http_proxy");
}

static void
certificates(void **state)
{
	struct webhook h = hook_to(&tls, "ok");
	struct deliver_result r;

	(void)state;
	r = send_one(&h, 0);
	assert_int_equal(r.outcome, OUTBOX_RETRY);
	assert_non_null(strstr(r.error, "certificate"));
	assert_int_equal(notes(&tls), 0);
	snprintf(h.ca_file, sizeof(h.ca_file), "%s/cert.pem", dir);
	r = send_one(&h, 0);
	assert_int_equal(r.code, 204);
	assert_int_equal(notes(&tls), 1);
	/* The certificate's name is not 127.0.0.1. */
	snprintf(h.url, sizeof(h.url), "https://127.0.0.1:%d/ok", tls.port);
	r = send_one(&h, 0);
	assert_int_equal(r.outcome, OUTBOX_RETRY);
	assert_int_equal(notes(&tls), 1);
}

static void
connection_is_kept(void **state)
{
	struct webhook h = hook_to(&plain, "ok");
	struct deliver *d = new(&h, 1);
	json_t *first = NULL, *note;
	int i;

	(void)state;
	for (i = 1; i <= 5; i++) {
		struct outbox_row row = a_row(i);

		assert_true(deliver_send(d, &row));
		assert_int_equal(wait_result(d).code, 204);
		note = last_note(&plain);
		if (first == NULL)
			first = json_incref(note);
		assert_true(json_equal(json_object_get(note, "connection"),
		    json_object_get(first, "connection")));
		json_decref(note);
	}
	json_decref(first);
	deliver_free(d);
}

/* A receiver that hangs fills its own places and nobody else's. */
static void
bounded(void **state)
{
	struct webhook h[2] = { hook_to(&plain, "hang"),
	    hook_to(&plain, "ok") };
	struct deliver *d;
	struct outbox_row row;
	struct deliver_result r;
	int i;

	(void)state;
	h[0].timeout_us = 60 * USEC_PER_SEC;
	strcpy(h[1].name, "fast");
	d = new(h, 2);
	for (i = 0; i < DELIVER_PER_HOOK; i++) {
		row = a_row(100 + i);
		assert_true(deliver_send(d, &row));
		assert_false(deliver_send(d, &row));
	}
	row = a_row(99);
	assert_false(deliver_send(d, &row));
	strcpy(row.webhook, "fast");
	/* Once its result was taken, a row may be sent again. */
	for (i = 0; i < 3; i++) {
		assert_true(deliver_send(d, &row));
		assert_false(deliver_send(d, &row));
		r = wait_result(d);
		assert_int_equal(r.row, 99);
		assert_int_equal(r.code, 204);
	}
	assert_false(deliver_next_result(d, &r));
	deliver_free(d);
}

static void
not_configured(void **state)
{
	struct webhook h = hook_to(&plain, "ok");
	struct deliver *d = new(&h, 1);
	struct outbox_row row = a_row(1);
	struct deliver_result r;

	(void)state;
	strcpy(row.webhook, "gone");
	assert_true(deliver_send(d, &row));
	r = wait_result(d);
	assert_int_equal(r.outcome, OUTBOX_RETRY);
	assert_string_equal(r.error,
	    "[webhook gone] is not in the configuration");
	deliver_free(d);
	d = new(NULL, 0);
	deliver_free(d);
	deliver_free(NULL);
}

/* What ended within the grace is told, the rest is not, and it ends. */
static void
stops(void **state)
{
	struct webhook h[2] = { hook_to(&plain, "hang"),
	    hook_to(&plain, "ok") };
	struct outbox_row row = a_row(1);
	struct timespec a, b;
	struct deliver_result r;
	struct deliver *d;

	(void)state;
	h[0].timeout_us = 60 * USEC_PER_SEC;
	strcpy(h[1].name, "fast");
	d = new(h, 2);
	assert_true(deliver_send(d, &row));
	row = a_row(2);
	strcpy(row.webhook, "fast");
	assert_true(deliver_send(d, &row));
	wait_result(d);
	clock_gettime(CLOCK_MONOTONIC, &a);
	deliver_stop(d);
	clock_gettime(CLOCK_MONOTONIC, &b);
	/* Far from the transfer's own limit. */
	assert_true(b.tv_sec - a.tv_sec < 30);
	row = a_row(3);
	assert_false(deliver_send(d, &row));
	assert_false(deliver_next_result(d, &r));
	deliver_free(d);
}

static void
backoff(void **state)
{
	static const struct {
		int attempts;
		int64_t after, want;
	} cases[] = {
		{ 1, 0, 5 * USEC_PER_SEC }, { 2, 0, 5 * USEC_PER_MIN },
		{ 3, 0, 30 * USEC_PER_MIN }, { 4, 0, 2 * USEC_PER_HOUR },
		{ 5, 0, 5 * USEC_PER_HOUR }, { 6, 0, 10 * USEC_PER_HOUR },
		{ 7, 0, 14 * USEC_PER_HOUR }, { 8, 0, 20 * USEC_PER_HOUR },
		{ 9, 0, 24 * USEC_PER_HOUR }, { 10, 0, 24 * USEC_PER_HOUR },
		{ INT_MAX, 0, 24 * USEC_PER_HOUR },
		{ 9, 3 * USEC_PER_SEC, 3 * USEC_PER_SEC },
		{ 1, 99 * USEC_PER_DAY, USEC_PER_DAY },
		{ 1, INT64_MAX, USEC_PER_DAY },
	};
	uint64_t seed;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int64_t min = INT64_MAX, max = 0;

		for (seed = 0; seed < 1000; seed++) {
			int64_t got = deliver_backoff(cases[i].attempts,
			    cases[i].after, seed);

			min = got < min ? got : min;
			max = got > max ? got : max;
			assert_int_equal(got, deliver_backoff(
			    cases[i].attempts, cases[i].after, seed));
		}
		assert_in_range(min, cases[i].want,
		    cases[i].want + cases[i].want / 100);
		assert_in_range(max, cases[i].want + cases[i].want * 9 / 100,
		    cases[i].want + cases[i].want / 10);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(backoff),
		cmocka_unit_test(delivered),
		cmocka_unit_test(answers),
		cmocka_unit_test(timeouts),
		cmocka_unit_test(refused),
		cmocka_unit_test(guarded),
		cmocka_unit_test(guarded_when_kept),
		cmocka_unit_test(other_schemes),
		cmocka_unit_test(no_proxy),
		cmocka_unit_test(certificates),
		cmocka_unit_test(connection_is_kept),
		cmocka_unit_test(bounded),
		cmocka_unit_test(not_configured),
		cmocka_unit_test(stops),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}

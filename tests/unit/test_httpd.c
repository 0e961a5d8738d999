/* SPDX-License-Identifier: Apache-2.0 */
/* The server itself: where it listens, whom it answers, what it survives. */
#include "test_http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>

#define CLIENTS		8

static void
listens_on_loopback_only(void **state)
{
	static const struct {
		const char	*listen, *want;
	} cases[] = {
		{ "0.0.0.0:0", "loopback only" },
		{ "[::]:0", "loopback only" },
		{ "192.0.2.1:8425", "loopback only" },
		{ "[2001:db8::1]:8425", "loopback only" },
		{ "127.0.0.1", "an address and a port" },
		{ "127.0.0.1:", "an address and a port" },
		{ "127.0.0.1:65536", "an address and a port" },
		{ "", "an address and a port" },
		{ "mail.example.org:80", "is not an address" },
		{ ":8425", "is not an address" },
	};
	struct httpd_options o = { .db = test_db, .box = box };
	struct httpd *h;
	struct error err;
	char busy[64];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		o.listen = cases[i].listen;
		assert_null(httpd_start(&o, &err));
		if (strstr(err.text, cases[i].want) == NULL)
			fail_msg("%s: %s", cases[i].listen, err.text);
	}
	snprintf(busy, sizeof(busy), "127.0.0.1:%d", httpd_port(server));
	o.listen = busy;
	assert_null(httpd_start(&o, &err));
	assert_non_null(strstr(err.text, "Address already in use"));
	o.listen = "localhost:0";
	h = httpd_start(&o, &err);
	assert_non_null(h);
	assert_int_not_equal(httpd_port(h), 0);
	httpd_stop(h);
	httpd_stop(NULL);
}

static void
page_and_its_headers(void **state)
{
	struct got g, again;
	char etag[128], *p;

	(void)state;
	ask(NULL, "/", NULL, &g);
	assert_int_equal(g.status, 200);
	assert_true(has(&g, "content-type: text/html; charset=utf-8\r\n"));
	assert_true(has(&g, "content-security-policy: default-src 'none'; "
	    "script-src 'self'; style-src 'self'; connect-src 'self'; "
	    "img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'; "
	    "form-action 'none'\r\n"));
	assert_true(has(&g, "x-content-type-options: nosniff\r\n"));
	assert_true(has(&g, "cache-control: no-cache\r\n"));
	assert_true(has(&g, "vary: accept-encoding\r\n"));
	assert_false(has(&g, "content-encoding"));
	assert_false(has(&g, "access-control-"));
	p = strcasestr(buf_cstr(&g.head), "\netag: ");
	assert_non_null(p);
	snprintf(etag, sizeof(etag), "If-None-Match: %.*s",
	    (int)strcspn(p + 7, "\r"), p + 7);
	ask(NULL, "/", etag, &again);
	assert_int_equal(again.status, 304);
	assert_int_equal(again.body.n, 0);
	got_done(&again);
	/* Packed: other bytes, another tag. */
	ask(NULL, "/", "Accept-Encoding: br, gzip", &again);
	assert_int_equal(again.status, 200);
	assert_true(has(&again, "content-encoding: gzip\r\n"));
	assert_true(again.body.n < g.body.n);
	assert_memory_equal(again.body.p, "\x1f\x8b", 2);
	assert_false(has(&again, etag + strlen("If-None-Match: ")));
	got_done(&again);
	ask(NULL, "/", "Accept-Encoding: gzip;q=0", &again);
	assert_false(has(&again, "content-encoding"));
	got_done(&again);
	got_done(&g);
}

static void
head_is_get_without_body(void **state)
{
	static const char *const paths[] = {
		"/", "/api/v1/events?limit=3", "/api/v1/status", "/metrics",
	};
	struct got get, head;
	char length[64];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(paths); i++) {
		ask(NULL, paths[i], NULL, &get);
		ask("HEAD", paths[i], NULL, &head);
		assert_int_equal(head.status, get.status);
		assert_int_equal(head.body.n, 0);
		/* The metrics' ages may have grown by a digit. */
		snprintf(length, sizeof(length), "content-length: %zu\r\n",
		    get.body.n);
		if (strcmp(paths[i], "/metrics") != 0)
			assert_true(has(&head, length));
		got_done(&get);
		got_done(&head);
	}
}

/* A connection to the server; the caller closes it. */
static int
dial(void)
{
	struct sockaddr_in sa = { .sin_family = AF_INET };
	struct timeval limit = { .tv_sec = 60 };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	sa.sin_port = htons((uint16_t)httpd_port(server));
	sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	assert_int_equal(connect(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	return fd;
}

/* All that the server says to these bytes until it closes; 0: nothing. */
static int
raw(const char *bytes, size_t n, struct buf *ret)
{
	char part[4096];
	ssize_t r;
	int fd = dial(), status = 0;

	/* The server may answer and close before it read all of it. */
	(void)!send(fd, bytes, n, MSG_NOSIGNAL);
	shutdown(fd, SHUT_WR);
	buf_clear(ret);
	while ((r = read(fd, part, sizeof(part))) > 0)
		buf_add(ret, part, (size_t)r);
	close(fd);
	if (sscanf(buf_cstr(ret), "HTTP/1.%*d %d", &status) != 1)
		return 0;
	return status;
}

static void
foreign_hosts_are_refused(void **state)
{
	static const struct {
		const char	*host;
		int		 want;
	} cases[] = {
		{ "Host: localhost\r\n", 200 },
		{ "Host: 127.0.0.1:8425\r\n", 200 },
		{ "Host: [::1]\r\n", 200 },
		{ "Host: rebind.attacker.example\r\n", 421 },
		{ "Host: rebind.attacker.example:8425\r\n", 421 },
		{ "Host: 192.0.2.1\r\n", 421 },
		{ "Host: \r\n", 421 },
	};
	char request[256];
	struct buf out = {0};
	size_t i;
	int n, status;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		n = snprintf(request, sizeof(request),
		    "GET /api/v1/status HTTP/1.1\r\n%s"
		    "Connection: close\r\n\r\n", cases[i].host);
		status = raw(request, (size_t)n, &out);
		if (status != cases[i].want)
			fail_msg("%s: %d", cases[i].host, status);
		assert_int_equal(strstr(buf_cstr(&out), "\"watching\"") !=
		    NULL, status == 200);
	}
	buf_done(&out);
}

static void
hostile_requests(void **state)
{
	static const char *const requests[] = {
		"", "\r\n\r\n", "GET\r\n\r\n", "\x16\x03\x01\x02",
		"GET / HTTP/1.1\r\n\r\n",	/* no Host */
		"GET / HTTP/9.9\r\nHost: localhost\r\n\r\n",
		"GET /%zz%00 HTTP/1.1\r\nHost: localhost\r\n\r\n",
		"POST /api/v1/events HTTP/1.1\r\nHost: localhost\r\n"
		    "Content-Length: 5\r\n\r\nhello",
		"GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n"
		    "Content-Length: 5\r\n\r\nhello",
		"GET / HTTP/1.1\r\nHost: localhost\r\n"
		    "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: localhost\r\n"
		    "Content-Length: 99999999999999999999\r\n\r\n",
	};
	struct buf big = {0}, out = {0};
	struct got g;
	size_t i;
	int status;

	(void)state;
	for (i = 0; i < COUNT(requests); i++) {
		status = raw(requests[i], strlen(requests[i]), &out);
		if (status != 0 && (status < 400 || status > 505) &&
		    !(status == 200 && strstr(requests[i], "9.9") != NULL))
			fail_msg("request %zu: %d", i, status);
	}
	assert_int_equal(raw(requests[8], strlen(requests[8]), &out), 413);
	assert_int_equal(raw(requests[7], strlen(requests[7]), &out), 405);
	/* Longer than a connection's memory. */
	buf_addf(&big, "GET /api/v1/events?sender=");
	for (i = 0; i < 100000; i++)
		buf_add_char(&big, 'a');
	buf_addf(&big, " HTTP/1.1\r\nHost: localhost\r\n\r\n");
	status = raw(big.p, big.n, &out);
	assert_true(status == 0 || status == 414 || status == 431);
	/* More parameters than there are filters. */
	buf_clear(&big);
	buf_addf(&big, "/api/v1/events?");
	for (i = 0; i < 100; i++)
		buf_addf(&big, "limit=1&");
	ask(NULL, buf_cstr(&big), NULL, &g);
	assert_int_equal(g.status, 400);
	assert_non_null(strstr(text(g.json, "detail"), "more than 32"));
	got_done(&g);
	/* It is still there. */
	ask(NULL, "/api/v1/events?limit=1", NULL, &g);
	assert_int_equal(g.status, 200);
	got_done(&g);
	buf_done(&big);
	buf_done(&out);
}

/* Half a request holds up nobody, and is not waited for without end. */
static void
slow_clients(void **state)
{
	static const char half[] = "GET /api/v1/status HTTP/1.1\r\nHost: lo";
	int fds[20];
	struct got g;
	char c;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(fds); i++) {
		fds[i] = dial();
		assert_int_equal(send(fds[i], half, sizeof(half) - 1,
		    MSG_NOSIGNAL), sizeof(half) - 1);
	}
	ask(NULL, "/api/v1/events?limit=1", NULL, &g);
	assert_int_equal(g.status, 200);
	got_done(&g);
	for (i = 0; i < COUNT(fds); i++) {
		assert_true(read(fds[i], &c, 1) <= 0 && errno != EAGAIN);
		close(fds[i]);
	}
}

/* cmocka's asserts belong to the main thread: clients count what is wrong. */
static void *
client(void *ctx)
{
	static const char *const paths[] = {
		"/api/v1/events?limit=20", "/api/v1/messages?limit=5",
		"/api/v1/alerts?state=open", "/api/v1/status", "/metrics",
		"/api/v1/traffic", "/", "/api/v1/events?class=open_relay",
	};
	uintptr_t wrong = 0;
	struct got g;
	size_t i;

	for (i = 0; i < 40; i++) {
		ask(NULL, paths[(i + (uintptr_t)ctx) % COUNT(paths)], NULL,
		    &g);
		if (g.status != 200 || g.body.n == 0)
			wrong++;
		got_done(&g);
	}
	return (void *)wrong;
}

static void
many_clients_while_writing(void **state)
{
	pthread_t threads[CLIENTS];
	void *wrong;
	size_t i;

	(void)state;
	for (i = 0; i < CLIENTS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, client,
		    (void *)i), 0);
	for (i = 0; i < 50; i++) {
		add_events(20);
		publish(i % 2 == 0);
	}
	for (i = 0; i < CLIENTS; i++) {
		pthread_join(threads[i], &wrong);
		assert_null(wrong);
	}
}

/* Without a database it says so, and goes on when there is one. */
static void
database_comes_later(void **state)
{
	char path[128];
	struct httpd_options o = { .listen = "127.0.0.1:0", .db = path,
	    .box = box };
	struct httpd *first = server;
	struct store *s;
	struct error err;
	struct got g;

	(void)state;
	snprintf(path, sizeof(path), "%s/later.db", test_dir);
	server = httpd_start(&o, &err);
	assert_non_null(server);
	ask(NULL, "/api/v1/events", NULL, &g);
	assert_int_equal(g.status, 503);
	assert_non_null(strstr(text(g.json, "detail"), "later.db"));
	got_done(&g);
	ask(NULL, "/", NULL, &g);
	assert_int_equal(g.status, 200);
	got_done(&g);
	s = store_open(path, STORE_WRITE, &err);
	assert_non_null(s);
	ask(NULL, "/api/v1/events", NULL, &g);
	assert_int_equal(g.status, 200);
	assert_int_equal(items(&g), 0);
	got_done(&g);
	store_close(s);
	httpd_stop(server);
	server = first;
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, start, stop)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(listens_on_loopback_only),
		TEST(page_and_its_headers),
		TEST(head_is_get_without_body),
		TEST(foreign_hosts_are_refused),
		TEST(hostile_requests),
		TEST(slow_clients),
		TEST(many_clients_while_writing),
		TEST(database_comes_later),
	};

	curl_global_init(CURL_GLOBAL_DEFAULT);
	return cmocka_run_group_tests_name("httpd", tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The real server with a real store, spoken to over real sockets. */
#include "test_store.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <errno.h>
#include <jansson.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>

#include "weir/httpd.h"
#include "weir/route.h"

#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))
#define NEVENTS		250
#define CLIENTS		8
#define NOON	(INT64_C(1795435200) * USEC_PER_SEC)	/* 2026-11-23, UTC */

static struct snapshot_box *box;
static struct httpd *server;
static struct store *writer;
static uint64_t added;

/* One answer. */
struct got {
	long		status;
	struct buf	head, body;
	json_t		*json;
};

static void
got_done(struct got *g)
{
	buf_done(&g->head);
	buf_done(&g->body);
	json_decref(g->json);
	memset(g, 0, sizeof(*g));
}

static size_t
take(char *p, size_t size, size_t n, void *ctx)
{
	buf_add(ctx, p, size * n);
	return size * n;
}

/* `header` may be NULL; `method` NULL is a GET. */
static void
ask(const char *method, const char *path, const char *header, struct got *g)
{
	CURL *c = curl_easy_init();
	struct curl_slist *headers = NULL;
	char url[2048];
	CURLcode rc;

	memset(g, 0, sizeof(*g));
	snprintf(url, sizeof(url), "http://127.0.0.1:%d%s",
	    httpd_port(server), path);
	curl_easy_setopt(c, CURLOPT_URL, url);
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c, CURLOPT_NOPROXY, "*");
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, take);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, &g->body);
	curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, take);
	curl_easy_setopt(c, CURLOPT_HEADERDATA, &g->head);
	if (method != NULL && strcmp(method, "HEAD") == 0)
		curl_easy_setopt(c, CURLOPT_NOBODY, 1L);
	else if (method != NULL)
		curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, method);
	if (header != NULL)
		headers = curl_slist_append(NULL, header);
	curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers);
	rc = curl_easy_perform(c);
	if (rc != CURLE_OK)
		fail_msg("%s: %s", url, curl_easy_strerror(rc));
	curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &g->status);
	curl_slist_free_all(headers);
	curl_easy_cleanup(c);
	g->json = json_loadb(g->body.p == NULL ? "" : g->body.p, g->body.n, 0,
	    NULL);
}

static bool
has(struct got *g, const char *header)
{
	return strcasestr(buf_cstr(&g->head), header) != NULL;
}

static size_t
items(const struct got *g)
{
	return json_array_size(json_object_get(g->json, "items"));
}

static const char *
text(const json_t *j, const char *key)
{
	const char *s = json_string_value(json_object_get(j, key));

	return s == NULL ? "" : s;
}

/* n more events: every tenth is an open relay, the rest are inbound. */
static void
add_events(size_t n)
{
	struct event e;
	char sender[64];

	test_begin(writer);
	for (; n > 0; n--, added++) {
		test_event(&e, NOON + (int64_t)added * USEC_PER_SEC, added,
		    added % 5 == 0 ? EVENT_MESSAGE : EVENT_DELIVERY);
		e.class = added % 10 == 1 ? CLASS_OPEN_RELAY : CLASS_INBOUND;
		e.status = e.kind == EVENT_DELIVERY ? STATUS_SENT :
		    STATUS_NONE;
		e.counted = e.kind == EVENT_DELIVERY;
		e.client_address = added % 10 == 1 ? STR("198.51.100.7") :
		    STR("192.0.2.1");
		snprintf(sender, sizeof(sender), "user%d@example.org",
		    (int)(added % 7));
		e.sender = str_of(sender);
		e.recipient = STR("<script>alert(1)</script>@example.net");
		test_add(writer, &e);
	}
	test_commit(writer);
}

static void
add_alert(uint64_t n, enum alert_severity severity, enum alert_state st)
{
	struct alert *a = alert_new();
	struct event e;

	test_event(&e, NOON + (int64_t)n * USEC_PER_MIN, n, EVENT_DELIVERY);
	a->detector = xstrdup("open-relay");
	a->host = xstrdup(n == 0 ? "mx2.example.org" : "mx1.example.org");
	a->key_type = KEY_CLIENT_NETWORK;
	a->key = xstrdup("198.51.100.0/24");
	a->title = xstrdup("title \"of\" <b>one</b>");
	a->runbook = xstrdup("1. Stop it.");
	a->severity = severity;
	a->state = st;
	a->opened = a->first_seen = a->last_seen = e.at;
	a->count = 1;
	alert_add_evidence(a, e.id, STR("line one\nline two"));
	alert_make_id(a, e.id);
	test_begin(writer);
	assert_int_equal(store_put_alert(writer, a), 0);
	test_commit(writer);
	alert_free(a);
}

static void
publish(bool watching)
{
	struct snapshot *s = xcalloc(1, sizeof(*s));

	s->watching = watching;
	str_copy(STR("0.1.0"), s->version, sizeof(s->version));
	str_copy(STR("no log may be read"), s->why_not, sizeof(s->why_not));
	s->nsources = 1;
	str_copy(STR("journal"), s->sources[0].name,
	    sizeof(s->sources[0].name));
	s->sources[0].state = watching ? SOURCE_WAITING : SOURCE_DENIED;
	s->sources[0].counts.lines = 100;
	snapshot_publish(box, s);
	free(s);
}

static int
start(void **state)
{
	struct httpd_options o = { .listen = "127.0.0.1:0", .threads = 4,
	    .timeout_s = 2 };
	struct error err = { "" };

	if (test_setup(state) != 0)
		return -1;
	writer = test_open(STORE_WRITE);
	added = 0;
	add_events(NEVENTS);
	add_alert(0, SEVERITY_CRITICAL, ALERT_OPEN);
	add_alert(1, SEVERITY_WARNING, ALERT_OPEN);
	add_alert(2, SEVERITY_CRITICAL, ALERT_ACKNOWLEDGED);
	add_alert(3, SEVERITY_INFO, ALERT_RESOLVED);
	box = snapshot_box_new();
	o.box = box;
	o.db = test_db;
	server = httpd_start(&o, &err);
	if (server == NULL)
		fail_msg("%s", err.text);
	return 0;
}

static int
stop(void **state)
{
	httpd_stop(server);
	server = NULL;
	store_close(writer);
	snapshot_box_free(box);
	return test_teardown(state);
}

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

static void
filters(void **state)
{
	static const struct {
		const char	*path;
		size_t		 want;
	} cases[] = {
		{ "/api/v1/events", 100 },
		{ "/api/v1/events?limit=7", 7 },
		{ "/api/v1/events?limit=1000", NEVENTS },
		{ "/api/v1/events?class=open_relay", NEVENTS / 10 },
		{ "/api/v1/events?class=open_relay&limit=3", 3 },
		{ "/api/v1/events?class=bounce", 0 },
		{ "/api/v1/events?client=198.51.100.0%2F24",
		    NEVENTS / 10 },
		{ "/api/v1/events?sender=user3%40example.org",
		    (NEVENTS + 3) / 7 },
		{ "/api/v1/events?domain=example.org&limit=1000", NEVENTS },
		{ "/api/v1/events?kind=delivery&limit=1000",
		    NEVENTS - NEVENTS / 5 },
		{ "/api/v1/events?until=2026-11-23T12:00:10Z", 10 },
		{ "/api/v1/events?since=2026-11-23T12:00:05Z"
		    "&until=2026-11-23T12:00:10Z", 5 },
		{ "/api/v1/messages?limit=1000", NEVENTS / 5 },
		{ "/api/v1/messages?kind=message&limit=2", 2 },
		{ "/api/v1/alerts", 4 },
		{ "/api/v1/alerts?state=open", 2 },
		{ "/api/v1/alerts?state=open,acknowledged", 3 },
		{ "/api/v1/alerts?severity=critical", 2 },
		{ "/api/v1/alerts?severity=critical&state=open", 1 },
		{ "/api/v1/alerts?host=mx2.example.org", 1 },
		{ "/api/v1/alerts?detector=open-relay", 4 },
		{ "/api/v1/alerts?detector=other", 0 },
		{ "/api/v1/alerts?key=198.51.100.0%2F24", 4 },
		{ "/api/v1/alerts?since=2026-11-23T12:02:00Z", 2 },
		{ "/api/v1/alerts?limit=1", 1 },
	};
	struct got g;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		ask(NULL, cases[i].path, NULL, &g);
		if (g.status != 200 || items(&g) != cases[i].want)
			fail_msg("%s: status %ld, %zu items, want %zu: %s",
			    cases[i].path, g.status, items(&g),
			    cases[i].want, buf_cstr(&g.body));
		assert_true(has(&g, "cache-control: no-store\r\n"));
		assert_true(has(&g, "content-type: application/json\r\n"));
		got_done(&g);
	}
}

static void
problems(void **state)
{
	static const struct {
		const char	*method, *path;
		long		 status;
		const char	*detail;
	} cases[] = {
		{ "GET", "/api/v1/events?sendr=a", 400,
		    "unknown filter 'sendr': did you mean 'sender'?" },
		{ "GET", "/api/v1/events?class=open_rely", 400,
		    "did you mean 'open_relay'?" },
		{ "GET", "/api/v1/events?client=nonsense", 400, "client" },
		{ "GET", "/api/v1/events?since=nonsense", 400, "since" },
		{ "GET", "/api/v1/events?limit=0", 400, "from 1 to 1000" },
		{ "GET", "/api/v1/events?limit=1001", 400,
		    "from 1 to 1000" },
		{ "GET", "/api/v1/events?limit=-1", 400, "limit" },
		{ "GET", "/api/v1/events?cursor=zzz", 400, "cursor" },
		{ "GET", "/api/v1/events?=", 400, "unknown filter" },
		{ "GET", "/api/v1/events?sender=%00", 400, "NUL" },
		{ "GET", "/api/v1/events?%ff=%fe", 400, "unknown filter" },
		{ "GET", "/api/v1/messages?kind=auth", 400,
		    "messages are the events of kind message" },
		{ "GET", "/api/v1/alerts?stat=open", 400,
		    "unknown filter 'stat': did you mean 'state'?" },
		{ "GET", "/api/v1/alerts?sender=x", 400,
		    "unknown filter 'sender'" },
		{ "GET", "/api/v1/alerts?state=opne", 400, "is no state" },
		{ "GET", "/api/v1/alerts?severity=", 400, "is missing" },
		{ "GET", "/api/v1/alerts?severity=bad", 400,
		    "is no severity" },
		{ "GET", "/api/v1/alerts?cursor=zzz", 400, "cursor" },
		{ "GET", "/api/v1/alerts?limit=0", 400, "from 1 to 1000" },
		{ "GET", "/api/v1/alerts/xyz", 404, "no alert id" },
		{ "GET", "/api/v1/alerts/0123456789", 404, "no alert" },
		{ "GET", "/api/v1/alerts/012345?x=y", 400, "no filters" },
		{ "GET", "/api/v1/traffic?class=inbound", 400,
		    "traffic has since and until" },
		{ "GET", "/api/v1/traffic?since=2026-01-01T00:00:00Z"
		    "&until=2026-06-01T00:00:00Z", 400, "at most 31 days" },
		{ "GET", "/api/v1/traffic?since=2026-01-02T00:00:00Z"
		    "&until=2026-01-01T00:00:00Z", 400, "not before" },
		{ "GET", "/api/v1/alert", 404,
		    "did you mean /api/v1/alerts?" },
		{ "GET", "/api/v2/events", 404,
		    "did you mean /api/v1/events?" },
		{ "GET", "/../../etc/passwd", 404, "there is no" },
		{ "GET", "/healthz", 503, "NOT WATCHING: weir is starting" },
		{ "POST", "/api/v1/events", 405, "it takes GET, HEAD" },
		{ "DELETE", "/api/v1/alerts/0123", 405, "GET, HEAD" },
		{ "BREW", "/", 405, "BREW is not a method" },
		{ "OPTIONS", "/api/v1/events", 405, "GET, HEAD" },
	};
	struct got g;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		ask(cases[i].method, cases[i].path, NULL, &g);
		if (g.status != cases[i].status || strstr(text(g.json,
		    "detail"), cases[i].detail) == NULL)
			fail_msg("%s: %ld %s", cases[i].path, g.status,
			    buf_cstr(&g.body));
		assert_true(has(&g,
		    "content-type: application/problem+json\r\n"));
		assert_int_equal(json_integer_value(json_object_get(g.json,
		    "status")), g.status);
		assert_int_equal(g.status == 405, has(&g,
		    "\nallow: GET, HEAD\r\n"));
		got_done(&g);
	}
}

/* Each event that was there at the start comes once, in order. */
static void
pages_while_inserting(void **state)
{
	struct got g;
	const json_t *e;
	char path[256], next[128] = "", last[64] = "z";
	size_t i, seen = 0, pages = 0;

	(void)state;
	do {
		snprintf(path, sizeof(path), "/api/v1/events?limit=40%s%s",
		    next[0] == '\0' ? "" : "&cursor=", next);
		ask(NULL, path, NULL, &g);
		assert_int_equal(g.status, 200);
		json_array_foreach(json_object_get(g.json, "items"), i, e) {
			assert_true(strcmp(text(e, "time"), last) < 0);
			snprintf(last, sizeof(last), "%s", text(e, "time"));
			seen++;
		}
		snprintf(next, sizeof(next), "%s", text(g.json, "next"));
		got_done(&g);
		add_events(13);
		pages++;
	} while (next[0] != '\0' && pages < 100);
	assert_int_equal(seen, NEVENTS);
	assert_int_equal(pages, 7);
}

/* What an attacker writes long makes pages short, and nothing is left out. */
static void
pages_are_bounded(void **state)
{
	struct got g;
	struct event e;
	struct alert *a;
	char *text_60k = xmalloc(60000), path[256], next[128] = "";
	size_t i, k, seen = 0, pages = 0;

	(void)state;
	memset(text_60k, 'x', 60000);
	test_begin(writer);
	for (i = 0; i < 100; i++) {
		test_event(&e, NOON - USEC_PER_HOUR, 1000 + i, EVENT_REJECT);
		e.reply = (struct str){ text_60k, 60000 };
		test_add(writer, &e);
	}
	for (i = 0; i < 5; i++) {
		a = alert_new();
		a->detector = xstrdup("long");
		a->host = xstrdup("h");
		a->key = xstrdup("k");
		a->title = xstrdup("t");
		test_event(&e, NOON, i, EVENT_DELIVERY);
		for (k = 0; k < ALERT_EVIDENCE_MAX; k++)
			alert_add_evidence(a, e.id,
			    (struct str){ text_60k, 60000 });
		alert_make_id(a, e.id);
		assert_int_equal(store_put_alert(writer, a), 0);
		alert_free(a);
	}
	test_commit(writer);
	do {
		snprintf(path, sizeof(path), "/api/v1/events?kind=reject"
		    "&limit=1000%s%s", next[0] == '\0' ? "" : "&cursor=",
		    next);
		ask(NULL, path, NULL, &g);
		assert_int_equal(g.status, 200);
		assert_true(g.body.n < 2 * ROUTE_PAGE_BYTES);
		seen += items(&g);
		snprintf(next, sizeof(next), "%s", text(g.json, "next"));
		got_done(&g);
		pages++;
	} while (next[0] != '\0' && pages < 10);
	assert_int_equal(seen, 100);
	assert_int_equal(pages, 2);
	ask(NULL, "/api/v1/alerts?detector=long", NULL, &g);
	assert_int_equal(items(&g), 4);
	snprintf(path, sizeof(path), "/api/v1/alerts?detector=long&cursor=%s",
	    text(g.json, "next"));
	got_done(&g);
	ask(NULL, path, NULL, &g);
	assert_int_equal(items(&g), 1);
	got_done(&g);
	free(text_60k);
}

static void
pages_of_alerts(void **state)
{
	struct got g;
	char path[256], next[128] = "", titles = 0;
	int i;

	(void)state;
	for (i = 0; i < 4; i++) {
		snprintf(path, sizeof(path), "/api/v1/alerts?limit=1%s%s",
		    i == 0 ? "" : "&cursor=", next);
		ask(NULL, path, NULL, &g);
		assert_int_equal(items(&g), 1);
		titles++;
		snprintf(next, sizeof(next), "%s", text(g.json, "next"));
		assert_int_equal(next[0] == '\0', i == 3);
		got_done(&g);
	}
	assert_int_equal(titles, 4);
}

static void
one_alert(void **state)
{
	struct got list, g;
	const json_t *a, *e;
	char path[128], tag[128], *p;

	(void)state;
	ask(NULL, "/api/v1/alerts?host=mx2.example.org", NULL, &list);
	a = json_array_get(json_object_get(list.json, "items"), 0);
	snprintf(path, sizeof(path), "/api/v1/alerts/%.8s", text(a, "id"));
	ask(NULL, path, NULL, &g);
	assert_int_equal(g.status, 200);
	assert_true(json_equal(a, g.json));
	assert_string_equal(text(g.json, "title"), "title \"of\" <b>one</b>");
	e = json_array_get(json_object_get(g.json, "evidence"), 0);
	assert_int_equal(json_array_size(json_object_get(e, "lines")), 2);
	p = strcasestr(buf_cstr(&g.head), "\netag: ");
	assert_non_null(p);
	snprintf(tag, sizeof(tag), "If-None-Match: %.*s",
	    (int)strcspn(p + 7, "\r"), p + 7);
	got_done(&g);
	ask(NULL, path, tag, &g);
	assert_int_equal(g.status, 304);
	got_done(&g);
	got_done(&list);
}

static void
traffic_by_hour(void **state)
{
	struct got g;
	const json_t *hour, *classes;
	int64_t n = 0;
	size_t i;

	(void)state;
	ask(NULL, "/api/v1/traffic?since=2026-11-23T10:00:00Z"
	    "&until=2026-11-23T12:30:00Z", NULL, &g);
	assert_int_equal(g.status, 200);
	assert_int_equal(items(&g), 3);
	assert_string_equal(text(g.json, "until"),
	    "2026-11-23T13:00:00.000000Z");
	json_array_foreach(json_object_get(g.json, "items"), i, hour) {
		classes = json_object_get(hour, "classes");
		assert_int_equal(json_object_size(classes) > 0, i == 2);
		n += json_integer_value(json_object_get(classes, "inbound"));
		n += json_integer_value(json_object_get(classes,
		    "open_relay"));
	}
	assert_int_equal(n, NEVENTS - NEVENTS / 5);
	got_done(&g);
	ask(NULL, "/api/v1/traffic", NULL, &g);
	assert_int_equal(items(&g), 24);
	got_done(&g);
}

static void
health_status_metrics(void **state)
{
	struct got g;

	(void)state;
	publish(true);
	ask(NULL, "/healthz", NULL, &g);
	assert_int_equal(g.status, 200);
	assert_string_equal(buf_cstr(&g.body), "OK: watching journal\n");
	assert_true(has(&g, "content-type: text/plain"));
	got_done(&g);
	publish(false);
	ask(NULL, "/healthz", NULL, &g);
	assert_int_equal(g.status, 503);
	assert_string_equal(text(g.json, "detail"),
	    "NOT WATCHING: no log may be read");
	got_done(&g);
	ask(NULL, "/api/v1/status", NULL, &g);
	assert_int_equal(g.status, 200);
	assert_string_equal(text(g.json, "why_not"), "no log may be read");
	got_done(&g);
	ask(NULL, "/metrics", NULL, &g);
	assert_int_equal(g.status, 200);
	assert_true(has(&g, "content-type: application/openmetrics-text; "
	    "version=1.0.0; charset=utf-8\r\n"));
	buf_cstr(&g.body);
	assert_non_null(strstr(g.body.p, "\nweir_watching 0\n"));
	assert_non_null(strstr(g.body.p,
	    "\nweir_alerts_open{severity=\"critical\"} 1\n"));
	assert_non_null(strstr(g.body.p,
	    "\nweir_alerts_open{severity=\"warning\"} 1\n"));
	assert_non_null(strstr(g.body.p, "\nweir_resident_memory_bytes "));
	assert_true(str_ends(buf_str(&g.body), STR("\n# EOF\n")));
	got_done(&g);
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
		TEST(filters),
		TEST(problems),
		TEST(pages_while_inserting),
		TEST(pages_are_bounded),
		TEST(pages_of_alerts),
		TEST(one_alert),
		TEST(traffic_by_hour),
		TEST(health_status_metrics),
		TEST(foreign_hosts_are_refused),
		TEST(hostile_requests),
		TEST(slow_clients),
		TEST(many_clients_while_writing),
		TEST(database_comes_later),
	};

	curl_global_init(CURL_GLOBAL_DEFAULT);
	return cmocka_run_group_tests_name("httpd", tests, NULL, NULL);
}

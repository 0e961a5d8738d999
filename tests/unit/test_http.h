/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of HTTP share: a server with data, and a client. */
#ifndef WEIR_TEST_HTTP_H
#define WEIR_TEST_HTTP_H

#include "test_store.h"

#include <curl/curl.h>
#include <jansson.h>

#include "weir/httpd.h"

#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))
#define NEVENTS		250
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

static inline void
got_done(struct got *g)
{
	buf_done(&g->head);
	buf_done(&g->body);
	json_decref(g->json);
	memset(g, 0, sizeof(*g));
}

static inline size_t
take(char *p, size_t size, size_t n, void *ctx)
{
	buf_add(ctx, p, size * n);
	return size * n;
}

/* `header` may be NULL; `method` NULL is a GET. */
static inline void
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

static inline bool
has(struct got *g, const char *header)
{
	return strcasestr(buf_cstr(&g->head), header) != NULL;
}

static inline size_t
items(const struct got *g)
{
	return json_array_size(json_object_get(g->json, "items"));
}

static inline const char *
text(const json_t *j, const char *key)
{
	const char *s = json_string_value(json_object_get(j, key));

	return s == NULL ? "" : s;
}

/* n more events: every tenth is an open relay, the rest are inbound. */
static inline void
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

static inline void
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

static inline void
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

static inline int
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

static inline int
stop(void **state)
{
	httpd_stop(server);
	server = NULL;
	store_close(writer);
	snapshot_box_free(box);
	return test_teardown(state);
}

#endif

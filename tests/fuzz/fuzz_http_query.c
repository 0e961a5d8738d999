/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A request to the API: method, path and query on the first line, Host on the
 * second, If-None-Match on the third.  Any bytes get an answer that is whole:
 * JSON, an asset or a problem with a sentence, and never a fault of the
 * server's.
 *
 * Covers: src/httpd/route.c src/httpd/api_event.c src/httpd/api_alert.c
 * Covers: src/httpd/api_traffic.c src/httpd/asset.c src/store/query.c
 */
#include <assert.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "weir/mem.h"
#include "weir/query.h"
#include "weir/route.h"

#define NOW	(INT64_C(1795435200) * USEC_PER_SEC)	/* 2026-11-23, UTC */

static char dir[] = "/tmp/weir-fuzz-XXXXXX";
static struct store *writer, *reader;
static struct snapshot_box *box;

int	LLVMFuzzerInitialize(int *argc, char ***argv);
int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
clean(void)
{
	static const char *const names[] = { "weir.db", "weir.db-wal",
	    "weir.db-shm", "weir.db.lock", "weir.lock" };
	char path[128];
	size_t i;

	store_close(reader);
	store_close(writer);
	snapshot_box_free(box);
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		unlink(path);
	}
	rmdir(dir);
}

static void
fill(void)
{
	struct error err;
	struct event e;
	struct alert *a;
	int i;

	assert(store_begin(writer, &err) == 0);
	for (i = 0; i < 50; i++) {
		event_init(&e);
		e.at = NOW - i * USEC_PER_MIN;
		e.id[15] = (uint8_t)i;
		e.kind = (enum event_kind)(i % EVENT_KIND_COUNT);
		e.class = (enum event_class)(i % CLASS_COUNT);
		e.host = STR("mx.example.org");
		e.sender = STR("a@example.org");
		e.client_address = STR("192.0.2.1");
		assert(store_add_event(writer, &e) == 1);
	}
	for (i = 0; i < 5; i++) {
		a = alert_new();
		a->detector = xstrdup("open-relay");
		a->host = xstrdup("mx.example.org");
		a->key = xstrdup("192.0.2.0/24");
		a->title = xstrdup("t");
		a->opened = NOW - i * USEC_PER_MIN;
		a->state = (enum alert_state)(i % ALERT_STATE_COUNT);
		memset(a->id, 0x11 * (i + 1), sizeof(a->id));
		assert(store_put_alert(writer, a) == 0);
		alert_free(a);
	}
	assert(store_commit(writer, &err) == 0);
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	struct snapshot s = { .watching = true };
	char path[128];
	struct error err;

	(void)argc;
	(void)argv;
	assert(mkdtemp(dir) != NULL);
	atexit(clean);
	snprintf(path, sizeof(path), "%s/weir.db", dir);
	writer = store_open(path, STORE_WRITE, &err);
	assert(writer != NULL);
	fill();
	reader = store_open(path, STORE_READ, &err);
	assert(reader != NULL);
	box = snapshot_box_new();
	snapshot_publish(box, &s);
	return 0;
}

/* As libmicrohttpd hands it over: cut at '&' and '=', then unescaped. */
static void
read_args(struct request *rq, struct str query, char *memory)
{
	struct str one, name;
	char *p = memory;

	while (rq->nargs < ROUTE_ARGS_MAX && str_cut(&query, '&', &one)) {
		name = STR("");
		str_cut(&one, '=', &name);
		memcpy(p, name.p, name.n);
		p[name.n] = '\0';
		rq->args[rq->nargs].name = (struct str){ p,
		    MHD_http_unescape(p) };
		p += name.n + 1;
		if (one.n > 0)
			memcpy(p, one.p, one.n);
		p[one.n] = '\0';
		rq->args[rq->nargs].value = (struct str){ p,
		    MHD_http_unescape(p) };
		p += one.n + 1;
		rq->nargs++;
	}
}

static void
judge(const struct reply *rp)
{
	json_t *j;

	assert(rp->status == 200 || rp->status == 304 || rp->status == 400 ||
	    rp->status == 404 || rp->status == 405);
	if (rp->status == 304) {
		assert(rp->body.n == 0 && rp->fixed.n == 0);
		return;
	}
	assert(rp->type != NULL);
	if (strstr(rp->type, "json") == NULL)
		return;
	j = json_loadb(rp->body.p, rp->body.n, 0, NULL);
	assert(j != NULL);
	if (rp->status >= 400)
		assert(json_string_length(json_object_get(j, "detail")) > 0);
	else if (json_object_get(j, "items") != NULL)
		assert(json_array_size(json_object_get(j, "items")) <=
		    QUERY_LIMIT_MAX);
	json_decref(j);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str rest = { (const char *)data, size }, line = STR(""),
	    host = STR(""), method = STR(""), path = STR("");
	struct request rq = { .now = NOW, .box = box, .store = reader };
	const struct route *r;
	struct reply rp;
	char *memory = xmalloc(2 * size + 2 * ROUTE_ARGS_MAX + 2);

	str_cut(&rest, '\n', &line);
	str_cut(&rest, '\n', &host);
	rq.if_none_match = rest;
	(void)route_host_is_local(host);
	rq.gzip = route_takes_gzip(rest);
	str_cut(&line, ' ', &method);
	str_cut(&line, '?', &path);
	rq.path = path;
	read_args(&rq, line, memory);
	reply_init(&rp);
	r = route_find(method, &rq, &rp);
	assert((r == NULL) == (rp.status >= 400));
	if (r != NULL)
		r->answer(&rq, &rp);
	judge(&rp);
	reply_done(&rp);
	free(memory);
	return 0;
}

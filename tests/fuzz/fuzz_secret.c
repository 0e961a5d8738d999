/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Secrets of webhooks, one a line, as their file holds them.  One that is read
 * has a length that is allowed and signs; why another one is not never quotes
 * it.  As the text of an alert the same line makes a body.
 *
 * Covers: src/notify/hook.c
 */
#include <assert.h>

#include "weir/hook.h"
#include "weir/mem.h"
#include "weir/syslog.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_body(struct str line)
{
	struct alert *a = alert_new();
	struct buf body = { 0 };
	struct error err;
	char id[128];
	int t;

	a->title = str_dup(line);
	a->title[syslog_clean(a->title, line.n)] = '\0';
	a->detector = xstrdup("open-relay");
	a->host = xstrdup(a->title);
	a->key = xstrdup(a->title);
	for (t = 0; t < TRANSITION_COUNT; t++) {
		hook_id(a, t, id, sizeof(id));
		assert(id[0] != '\0');
		buf_clear(&body);
		if (t == TRANSITION_COUNTED)	/* nobody is told */
			continue;
		assert(hook_body("standard", a, t, 1, &body, &err) == 0);
		assert(body.n > 2 && body.p[0] == '{' &&
		    body.p[body.n - 1] == '}');
	}
	assert(hook_body("none", a, 0, 1, &body, &err) == -1);
	buf_done(&body);
	alert_free(a);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str rest = { (const char *)data, size }, line;
	char signature[HOOK_SIGNATURE_MAX];
	struct hook_secret secret;
	struct error err;

	while (str_cut(&rest, '\n', &line)) {
		check_body(line);
		memset(&err, 0, sizeof(err));
		if (hook_secret_parse(line, &secret, &err) == -1) {
			assert(err.text[0] != '\0');
			assert(line.n < 24 || str_find(str_of(err.text),
			    line) == STR_NPOS);
			continue;
		}
		assert(secret.n >= HOOK_SECRET_MIN);
		assert(secret.n <= HOOK_SECRET_MAX);
		hook_sign(&secret, 1, "id", 1795000000, STR("{}"), signature);
		assert(str_starts(str_of(signature), STR("v1,")));
		assert(strlen(signature) == 3 + 44);
	}
	return 0;
}

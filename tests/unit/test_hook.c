/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <jansson.h>

#include "weir/hex.h"
#include "weir/hook.h"
#include "weir/mem.h"
#include "weir/usec.h"

#define SECRET	"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
#define OTHER	"whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

static struct hook_secret
secret(const char *text)
{
	struct hook_secret s;
	struct error err;

	if (hook_secret_parse(str_of(text), &s, &err) == -1)
		fail_msg("%s", err.text);
	return s;
}

/* The test vector of the specification's reference libraries. */
static void
published_vector(void **state)
{
	struct hook_secret s[2] = { secret(SECRET), secret(OTHER) };
	char got[HOOK_SIGNATURE_MAX];

	(void)state;
	hook_sign(s, 1, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330,
	    STR("{\"test\": 2432232314}"), got);
	assert_string_equal(got,
	    "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
	hook_sign(s, 2, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330,
	    STR("{\"test\": 2432232314}"), got);
	assert_memory_equal(got,
	    "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE= v1,", 51);
	assert_int_equal(strlen(got), 47 + 1 + 47);
	assert_string_not_equal(got + 48, got);
}

/* Whatever is signed changes the signature. */
static void
all_is_signed(void **state)
{
	struct hook_secret s[HOOK_SECRETS_MAX];
	char a[HOOK_SIGNATURE_MAX], b[HOOK_SIGNATURE_MAX];
	size_t i;

	(void)state;
	for (i = 0; i < HOOK_SECRETS_MAX; i++)
		s[i] = secret(SECRET);
	hook_sign(s, 1, "x", 1, STR("body"), a);
	hook_sign(s, 1, "y", 1, STR("body"), b);
	assert_string_not_equal(a, b);
	hook_sign(s, 1, "x", 2, STR("body"), b);
	assert_string_not_equal(a, b);
	hook_sign(s, 1, "x", 1, STR("bodz"), b);
	assert_string_not_equal(a, b);
	hook_sign(s, HOOK_SECRETS_MAX, "x", 1, STR("body"), b);
	assert_int_equal(strlen(b), HOOK_SECRETS_MAX * 48 - 1);
	assert_memory_equal(a, b, 47);
	assert_memory_equal(a, b + 3 * 48, 47);
}

static void
secrets(void **state)
{
	static const struct {
		const char *text, *want;	/* NULL: taken */
		size_t n;
	} cases[] = {
		{ SECRET, NULL, 24 },
		{ "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWYwMTIzNDU2"
		    "Nzg5YWJjZGVmMDEyMzQ1Njc4OWFiY2RlZg==", NULL, 64 },
		{ "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWYwMTIzNDU2"
		    "Nzg5YWJjZGVmMDEyMzQ1Njc4OWFiY2RlZjA=",
		    "the secret has 65 bytes in place of 24 to 64", 0 },
		{ "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY=",
		    "the secret has 23 bytes in place of 24 to 64", 0 },
		{ "whsec_", "the secret has 0 bytes in place of 24 to 64",
		    0 },
		{ "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
		    "a secret begins with whsec_", 0 },
		{ "", "a secret begins with whsec_", 0 },
		{ "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLa!!",
		    "what follows whsec_ is not base64", 0 },
		{ "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwA",
		    "what follows whsec_ is not base64", 0 },
		{ "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWYwMTIzNDU2"
		    "Nzg5YWJjZGVmMDEyMzQ1Njc4OWFiY2RlZjAxMjM0",
		    "the secret is longer than 64 bytes", 0 },
	};
	struct hook_secret s;
	struct error err;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int rc = hook_secret_parse(str_of(cases[i].text), &s, &err);

		assert_int_equal(rc, cases[i].want == NULL ? 0 : -1);
		if (rc == 0)
			assert_int_equal(s.n, cases[i].n);
		else
			assert_string_equal(err.text, cases[i].want);
	}
}

static struct alert *
an_alert(void)
{
	struct alert *a = alert_new();

	hex_parse(STR("00112233445566778899aabbccddeeff"), a->id,
	    EVENT_ID_SIZE);
	a->version = 3;
	free(a->detector);
	a->detector = xstrdup("open-relay");
	free(a->title);
	a->title = xstrdup("\"quoted\" <b>\x01");
	a->severity = SEVERITY_CRITICAL;
	return a;
}

static void
ids(void **state)
{
	struct alert *a = an_alert();
	char id[128];

	(void)state;
	hook_id(a, TRANSITION_OPENED, id, sizeof(id));
	assert_string_equal(id, "00112233445566778899aabbccddeeff-3-opened");
	hook_id(a, TRANSITION_RESOLVED, id, sizeof(id));
	assert_string_equal(id,
	    "00112233445566778899aabbccddeeff-3-resolved");
	hook_id(a, TRANSITION_TEST, id, sizeof(id));
	assert_string_equal(id, "00112233445566778899aabbccddeeff-3-test");
	alert_free(a);
}

static void
body(void **state)
{
	const int64_t at = INT64_C(1767225600000001);
	struct alert *a = an_alert();
	struct buf b = { 0 };
	struct error err;
	json_t *whole, *j;

	(void)state;
	assert_int_equal(hook_body("standard", a, TRANSITION_OPENED, at, &b,
	    &err), 0);
	assert_true(str_starts(buf_str(&b), STR("{\"type\":\"alert.opened\","
	    "\"timestamp\":\"2026-01-01T00:00:00.000001Z\",\"data\":{")));
	whole = json_loadb(b.p, b.n, 0, NULL);
	assert_non_null(whole);
	j = json_object_get(whole, "data");
	assert_string_equal(json_string_value(json_object_get(j, "id")),
	    "00112233445566778899aabbccddeeff");
	assert_string_equal(json_string_value(json_object_get(j, "title")),
	    a->title);
	assert_string_equal(json_string_value(json_object_get(j,
	    "severity")), "critical");
	json_decref(whole);
	assert_int_equal(hook_body("standard", a, TRANSITION_COUNTED, at, &b,
	    &err), -1);
	assert_int_equal(hook_body("slack", a, TRANSITION_OPENED, at, &b,
	    &err), -1);
	assert_string_equal(err.text, "there is no webhook format \"slack\"");
	buf_done(&b);
	alert_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(published_vector),
		cmocka_unit_test(all_is_signed),
		cmocka_unit_test(secrets),
		cmocka_unit_test(ids),
		cmocka_unit_test(body),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

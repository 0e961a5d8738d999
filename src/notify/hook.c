/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Standard Webhooks 1.0.0.  A request carries
 *
 *	webhook-id: 4f1c...9a-1-opened
 *	webhook-timestamp: 1614265330
 *	webhook-signature: v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=
 *
 * where the signature is HMAC-SHA256 over "id.timestamp.body", once for each
 * secret so that a receiver can change its own at leisure.
 */
#include "weir/hook.h"

#include <assert.h>
#include <inttypes.h>
#include <nettle/base64.h>
#include <nettle/hmac.h>
#include <stdio.h>
#include <string.h>

#include "weir/hex.h"
#include "weir/wire.h"

#define PREFIX		STR("whsec_")
#define TEXT_MAX	BASE64_ENCODE_RAW_LENGTH(HOOK_SECRET_MAX)

int
hook_secret_parse(struct str s, struct hook_secret *ret, struct error *err)
{
	uint8_t key[BASE64_DECODE_LENGTH(TEXT_MAX)];
	struct base64_decode_ctx ctx;
	size_t n = sizeof(key);
	int rc = -1;

	if (!str_starts(s, PREFIX))
		return error_set(err, "a secret begins with whsec_");
	s = str_tail(s, PREFIX.n);
	if (s.n > TEXT_MAX)
		return error_set(err, "the secret is longer than %d bytes",
		    HOOK_SECRET_MAX);
	base64_decode_init(&ctx);
	if (!base64_decode_update(&ctx, &n, key, s.n, s.p) ||
	    !base64_decode_final(&ctx))
		error_set(err, "what follows whsec_ is not base64");
	else if (n < HOOK_SECRET_MIN || n > HOOK_SECRET_MAX)
		error_set(err, "the secret has %zu bytes in place of %d to "
		    "%d", n, HOOK_SECRET_MIN, HOOK_SECRET_MAX);
	else {
		memcpy(ret->key, key, n);
		ret->n = n;
		rc = 0;
	}
	explicit_bzero(key, sizeof(key));
	return rc;
}

void
hook_id(const struct alert *a, enum alert_transition t, char *ret, size_t size)
{
	const char *type = alert_transition_name(t);
	const char *dot = strrchr(type, '.');
	char id[2 * EVENT_ID_SIZE + 1];

	hex_print(a->id, EVENT_ID_SIZE, id);
	snprintf(ret, size, "%s-%" PRId64 "-%s", id, a->version,
	    dot == NULL ? type : dot + 1);
}

int
hook_body(const char *format, const struct alert *a, enum alert_transition t,
    int64_t at, struct buf *ret, struct error *err)
{
	const char *type = alert_transition_name(t);
	json_t *j;

	if (strcmp(format, "standard") != 0)
		return error_set(err, "there is no webhook format \"%s\"",
		    format);
	if (type[0] == '\0')
		return error_set(err, "nobody is told of a mere count");
	j = wire_hook(type, at, wire_alert(a));
	wire_print(j, ret);
	json_decref(j);
	return 0;
}

void
hook_sign(const struct hook_secret *secrets, size_t n, const char *id,
    int64_t timestamp, struct str body, char ret[HOOK_SIGNATURE_MAX])
{
	char head[160], text[BASE64_ENCODE_RAW_LENGTH(SHA256_DIGEST_SIZE)];
	uint8_t digest[SHA256_DIGEST_SIZE];
	struct hmac_sha256_ctx ctx;
	size_t i, used = 0;
	int nhead;

	assert(n <= HOOK_SECRETS_MAX);
	nhead = snprintf(head, sizeof(head), "%s.%" PRId64 ".", id, timestamp);
	assert(nhead > 0 && (size_t)nhead < sizeof(head));
	ret[0] = '\0';
	for (i = 0; i < n; i++) {
		hmac_sha256_set_key(&ctx, secrets[i].n, secrets[i].key);
		hmac_sha256_update(&ctx, (size_t)nhead, (uint8_t *)head);
		hmac_sha256_update(&ctx, body.n, (const uint8_t *)body.p);
		hmac_sha256_digest(&ctx, sizeof(digest), digest);
		base64_encode_raw(text, sizeof(digest), digest);
		used += (size_t)snprintf(ret + used,
		    HOOK_SIGNATURE_MAX - used, "%sv1,%.*s",
		    i == 0 ? "" : " ", (int)sizeof(text), text);
	}
	explicit_bzero(&ctx, sizeof(ctx));
}

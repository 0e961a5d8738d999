/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From an alert to a webhook request: body, Standard Webhooks headers and
 * signature (standardwebhooks.com, version 1.0.0).  Pure: no network.
 */
#ifndef WEIR_HOOK_H
#define WEIR_HOOK_H

#include "weir/alert.h"
#include "weir/error.h"

#define HOOK_SECRETS_MAX	4	/* current and former, for rotation */
#define HOOK_SECRET_MIN		24	/* bytes */
#define HOOK_SECRET_MAX		64
#define HOOK_SIGNATURE_MAX	256

struct hook_secret {
	uint8_t	key[HOOK_SECRET_MAX];
	size_t	n;
};

/* "whsec_" and base64 of 24 to 64 bytes.  No error ever quotes it. */
int	hook_secret_parse(struct str s, struct hook_secret *ret,
	    struct error *err);
/*
 * One for each alert and transition, the same after every restart: alert id,
 * version and the transition's word, "4f...9a-1-opened".  No dots: those
 * separate what is signed.
 */
void	hook_id(const struct alert *a, enum alert_transition t,
	    char *ret, size_t size);
/* The body in `format` ("standard"). */
int	hook_body(const char *format, const struct alert *a,
	    enum alert_transition t, int64_t at, struct buf *ret,
	    struct error *err);
/* "v1,BASE64 v1,BASE64" over "id.timestamp.body"; timestamp in seconds. */
void	hook_sign(const struct hook_secret *secrets, size_t n, const char *id,
	    int64_t timestamp, struct str body, char ret[HOOK_SIGNATURE_MAX]);

#endif

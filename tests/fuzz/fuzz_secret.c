/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Secrets of webhooks, one a line, as their file holds them.  One that is read
 * has a length that is allowed and signs; why another one is not never quotes
 * it.
 *
 * Covers: src/notify/hook.c
 */
#include <assert.h>

#include "weir/hook.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str rest = { (const char *)data, size }, line;
	char signature[HOOK_SIGNATURE_MAX];
	struct hook_secret secret;
	struct error err;

	while (str_cut(&rest, '\n', &line)) {
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

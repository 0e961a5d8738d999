/* SPDX-License-Identifier: Apache-2.0 */
/* The webhooks of the configuration, with their secrets. */
#ifndef WEIR_WEBHOOK_H
#define WEIR_WEBHOOK_H

#include "weir/config.h"
#include "weir/hook.h"

struct webhook {
	char			name[64];
	char			url[1024];
	char			format[32];
	struct hook_secret	secrets[HOOK_SECRETS_MAX];
	size_t			nsecrets;
	bool			allow_private;
	int64_t			timeout_us;
	char			ca_file[1024];	/* "": the system's */
};

/*
 * Every [webhook NAME], secrets read.  -1 when one cannot be used; problems
 * get a line each, and with 0 a line for what is worth a warning.
 */
int	webhook_load(const struct config *c, struct webhook **ret,
	    size_t *ret_n, struct buf *problems);
/* Frees them and wipes the secrets. */
void	webhook_free(struct webhook *hooks, size_t n);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * [webhook NAME] as a value.  A secret file holds one secret a line, the
 * newest first; blank lines and what follows a # are nothing.
 */
#include "weir/webhook.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "weir/mem.h"
#include "weir/slurp.h"

#define SECRET_FILE_MAX	16384

static int
take_secrets(struct webhook *h, const char *path, struct str text,
    struct buf *problems)
{
	struct error err;
	struct str line;
	int n = 0;

	while (str_cut(&text, '\n', &line)) {
		n++;
		line = str_trim(str_head(line, str_find_char(line, '#')));
		if (line.n == 0)
			continue;
		if (h->nsecrets == HOOK_SECRETS_MAX) {
			buf_addf(problems, "%s:%d: more than %d secrets\n",
			    path, n, HOOK_SECRETS_MAX);
			return -1;
		}
		if (hook_secret_parse(line, &h->secrets[h->nsecrets],
		    &err) == -1) {
			buf_addf(problems, "%s:%d: %s\n", path, n, err.text);
			return -1;
		}
		h->nsecrets++;
	}
	if (h->nsecrets > 0)
		return 0;
	buf_addf(problems, "%s: holds no secret\n", path);
	return -1;
}

static int
read_secrets(struct webhook *h, const char *path, struct buf *problems)
{
	struct buf text = { 0 };
	struct error err;
	struct stat st;
	int rc = -1;

	/* Its final size at once: growing would leave copies behind. */
	buf_reserve(&text, 4 * SECRET_FILE_MAX + 65536);
	if (slurp_file(path, SECRET_FILE_MAX, &text, &err) != 0)
		buf_addf(problems, "%s: %s%s\n", path, err.text,
		    access(path, R_OK) == -1 && errno == EACCES ?
		    "; let the daemon's user read it: chgrp weir and "
		    "chmod 640" : "");
	else
		rc = take_secrets(h, path, buf_str(&text), problems);
	if (rc == 0 && stat(path, &st) == 0 && (st.st_mode & S_IROTH) != 0)
		buf_addf(problems, "%s: everybody may read this secret; "
		    "mend it with: chmod o= %s\n", path, path);
	explicit_bzero(text.p, text.cap);
	buf_done(&text);
	return rc;
}

static int
load_one(const struct config *c, const char *name, struct webhook *h,
    struct buf *problems)
{
	const char *ca = config_text(c, "webhook", name, "ca-file");

	str_copy(str_of(name), h->name, sizeof(h->name));
	str_copy(str_of(config_text(c, "webhook", name, "url")), h->url,
	    sizeof(h->url));
	str_copy(str_of(config_text(c, "webhook", name, "format")),
	    h->format, sizeof(h->format));
	if (ca != NULL && strlen(ca) >= sizeof(h->ca_file)) {
		buf_addf(problems, "%s: ca-file: the path is too long\n",
		    config_origin(c, "webhook", name, "ca-file"));
		return -1;
	}
	str_copy(str_of(ca), h->ca_file, sizeof(h->ca_file));
	h->allow_private = config_bool(c, "webhook", name, "allow-private");
	h->timeout_us = config_number(c, "webhook", name, "timeout");
	return read_secrets(h, config_text(c, "webhook", name, "secret-file"),
	    problems);
}

int
webhook_load(const struct config *c, struct webhook **ret, size_t *ret_n,
    struct buf *problems)
{
	struct webhook *hooks;
	const char *name;
	size_t n = 0;
	int rc = 0;

	while (config_section(c, "webhook", n) != NULL)
		n++;
	hooks = xcalloc(n + 1, sizeof(hooks[0]));
	for (n = 0; (name = config_section(c, "webhook", n)) != NULL; n++)
		if (load_one(c, name, &hooks[n], problems) == -1)
			rc = -1;
	if (rc == 0) {
		*ret = hooks;
		*ret_n = n;
	} else
		webhook_free(hooks, n);
	return rc;
}

void
webhook_free(struct webhook *hooks, size_t n)
{
	if (hooks != NULL)
		explicit_bzero(hooks, n * sizeof(hooks[0]));
	free(hooks);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What postconf prints and what stands in its tables.  The input is cut at
 * byte 1: postconf's output, then the text of every file that it names.
 *
 * Covers: src/audit/mtaconf_parse.c
 */
#include <assert.h>

#include "weir/mtaconf.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int
read_rest(void *ctx, const char *path, struct buf *ret, struct error *err)
{
	const struct str *rest = ctx;

	assert(path[0] == '/');
	if (!str_known(*rest))
		return error_set(err, "No such file or directory");
	buf_add_str(ret, *rest);
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str rest = { (const char *)data, size }, text;
	struct mtaconf_files files = { &rest, read_rest };
	struct mtaconf_answer a = { 0 };
	char dirs[4][256];
	size_t i, n;

	if (!str_cut(&rest, '\1', &text))
		return 0;
	if (rest.n == 0)
		rest = STR_NONE;
	mtaconf_parse(&a, text, &files);
	assert(a.n <= MTACONF_BELIEFS_MAX);
	for (i = 0; i < a.n; i++) {
		assert(a.beliefs[i].value[0] != '\0');
		assert(strstr(a.beliefs[i].where, "/main.cf") != NULL);
	}
	mtaconf_answer_done(&a);
	n = mtaconf_instances(text, dirs, 4);
	for (i = 0; i < n; i++)
		assert(dirs[i][0] == '/');
	return 0;
}

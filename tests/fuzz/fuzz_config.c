/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The configuration file: any bytes are either adopted without a word or
 * refused with one, and what was adopted can be asked for and printed.
 *
 * Covers: src/conf/config_read.c src/conf/config_value.c
 */
#include <assert.h>
#include <stdlib.h>

#include "weir/config.h"
#include "weir/mem.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
ask_all(const struct config *c)
{
	const struct option_row *r;
	const char *name;
	size_t i, n;

	for (n = 0; (r = option_at(n)) != NULL; n++) {
		if (option_section_named(r->section)) {
			name = r->name != NULL ? r->name :
			    config_section(c, r->section, 0);
			if (name == NULL)
				continue;
		} else
			name = NULL;
		assert(config_origin(c, r->section, name, r->key) != NULL);
		if (r->type == OPTION_LIST)
			for (i = 0; config_list(c, r->section, name, r->key,
			    i) != NULL; i++)
				;
		else if (config_is_set(c, r->section, name, r->key))
			assert(config_text(c, r->section, name, r->key) !=
			    NULL);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf problems = { 0 }, out = { 0 };
	char *text = xmemdup(data, size);
	struct config *c;
	size_t i;

	/* Lists come from beside the file, not from all over the disk. */
	for (i = 1; i < size; i++)
		if (text[i - 1] == '@' &&
		    (text[i] == '/' || text[i] == '.'))
			text[i] = '_';
	c = config_parse("tests/fuzz/conf/weir.conf",
	    (struct str){ text, size }, &problems);
	assert((c == NULL) == (problems.n > 0));
	if (c != NULL) {
		ask_all(c);
		config_print(c, &out);
	}
	config_free(c);
	buf_done(&problems);
	buf_done(&out);
	free(text);
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Embedded files: their bytes, both forms, types and tags. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>
#include <zlib.h>

#include "weir/embed.h"

static void
each_file_has_both_forms(void **state)
{
	static unsigned char plain[1 << 20];
	const struct embed_file *f, *last = NULL;
	z_stream z;
	size_t i;

	(void)state;
	for (i = 0; (f = embed_at(i)) != NULL; i++) {
		assert_ptr_equal(embed_find(f->name), f);
		assert_int_equal(f->p[f->n], 0);
		assert_int_equal(strlen(f->etag), 18);
		assert_true(f->etag[0] == '"' && f->etag[17] == '"');
		assert_non_null(strchr(f->type, '/'));
		if (last != NULL)
			assert_true(strcmp(last->name, f->name) < 0);
		last = f;
		memset(&z, 0, sizeof(z));
		assert_int_equal(inflateInit2(&z, 16 + MAX_WBITS), Z_OK);
		z.next_in = (unsigned char *)(uintptr_t)f->gz;
		z.avail_in = (unsigned)f->gz_n;
		z.next_out = plain;
		z.avail_out = sizeof(plain);
		assert_int_equal(inflate(&z, Z_FINISH), Z_STREAM_END);
		assert_int_equal(z.total_out, f->n);
		assert_memory_equal(plain, f->p, f->n);
		inflateEnd(&z);
	}
	assert_true(i > 0);
}

static void
names_are_whole(void **state)
{
	const struct embed_file *f = embed_find("schema/0001_init.sql");

	(void)state;
	assert_non_null(f);
	assert_string_equal(f->type, "text/plain; charset=utf-8");
	assert_non_null(strstr((const char *)f->p, "CREATE TABLE partition"));
	assert_null(embed_find("schema"));
	assert_null(embed_find(""));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_file_has_both_forms),
		cmocka_unit_test(names_are_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

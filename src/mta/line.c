/* SPDX-License-Identifier: Apache-2.0 */
/* The names of line kinds and fields. */
#include <assert.h>

#include "weir/line.h"

const char *
line_kind_name(enum line_kind k)
{
	static const char *const names[] = {
#define X(e, name, help) [LINE_##e] = name,
		LINE_KINDS(X)
#undef X
	};

	assert((unsigned)k < LINE_KIND_COUNT);
	return names[k];
}

const char *
line_field_name(enum field f)
{
	static const char *const names[] = {
#define X(e, name) [FIELD_##e] = name,
		FIELDS(X)
#undef X
	};

	assert((unsigned)f < FIELD_COUNT);
	return names[f];
}

enum field
line_field_of(struct str name)
{
	enum field f;

	for (f = 0; f < FIELD_COUNT; f++)
		if (str_eq(name, str_of(line_field_name(f))))
			break;
	return f;
}

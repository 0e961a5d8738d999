/* SPDX-License-Identifier: Apache-2.0 */
/* Looking up embedded files; the bytes are in the table embed.sh writes. */
#include <string.h>

#include "embed_priv.h"

const struct embed_file *
embed_at(size_t i)
{
	return i < embed_count ? &embed_files[i] : NULL;
}

const struct embed_file *
embed_find(const char *name)
{
	size_t i;

	for (i = 0; i < embed_count; i++)
		if (strcmp(embed_files[i].name, name) == 0)
			return &embed_files[i];
	return NULL;
}

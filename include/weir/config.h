/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The configuration: weir.conf and conf.d read by inih through the options
 * table.  Every mistake is reported with file, line and what was meant; the
 * result is adopted only when there is none.  A reload loads a second one and
 * the caller swaps.
 */
#ifndef WEIR_CONFIG_H
#define WEIR_CONFIG_H

#include "weir/buf.h"
#include "weir/error.h"
#include "weir/options.h"

#define CONFIG_PATH	"/etc/weir/weir.conf"

struct config;

/*
 * Reads `path`, then conf.d/<name>.conf beside it, in order of name; a later
 * file's value takes the place of an earlier one's.  path NULL: CONFIG_PATH,
 * and its absence is an empty configuration; a named file that is missing is
 * a mistake.  Mistakes are appended to `problems` one a line ("FILE:LINE: ..."
 * or "FILE: ...") and NULL is returned.
 */
struct config	*config_load(const char *path, struct buf *problems);
/* As config_load, of one file with this text; for tests and fuzzing. */
struct config	*config_parse(const char *path, struct str text,
		    struct buf *problems);
void		 config_free(struct config *c);	/* NULL is allowed */
/* Files that were read, lists by @FILE too; NULL past the end. */
const char	*config_file(const struct config *c, size_t i);
/* What was passed over, "FILE:LINE: ..."; NULL past the end. */
const char	*config_warning(const struct config *c, size_t i);

/* Names of the sections of a kind, in order; NULL past the end. */
const char	*config_section(const struct config *c, const char *kind,
		    size_t i);
/* Was the key set (not defaulted)?  name is NULL for unnamed sections. */
bool		 config_is_set(const struct config *c, const char *kind,
		    const char *name, const char *key);
/*
 * Values; asking for a key that the table has not is a program error.  Text is
 * NULL, a number 0 when the key is neither set nor defaulted.
 */
const char	*config_text(const struct config *c, const char *kind,
		    const char *name, const char *key);
int64_t		 config_number(const struct config *c, const char *kind,
		    const char *name, const char *key);
/* Of a number with decimals. */
double		 config_real(const struct config *c, const char *kind,
		    const char *name, const char *key);
bool		 config_bool(const struct config *c, const char *kind,
		    const char *name, const char *key);
/* Entries of a list, @FILE taken in; NULL past the end. */
const char	*config_list(const struct config *c, const char *kind,
		    const char *name, const char *key, size_t i);
/* Where the value is from: "FILE:LINE" or "default". */
const char	*config_origin(const struct config *c, const char *kind,
		    const char *name, const char *key);
/*
 * As `weir config show` prints it: every value, in the form of the file, with
 * where it came from as a comment.
 */
void		 config_print(const struct config *c, struct buf *out);

#endif

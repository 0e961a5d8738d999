/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The configuration: weir.conf and conf.d read by inih through the options
 * table.  Every mistake is reported with file, line and what was meant; the
 * result is adopted only when there is none.
 */
#ifndef WEIR_CONFIG_H
#define WEIR_CONFIG_H

#include "weir/buf.h"
#include "weir/error.h"
#include "weir/options.h"

#define CONFIG_PATH	"/etc/weir/weir.conf"

struct config;

/*
 * path NULL: CONFIG_PATH and its conf.d; a missing default file is an empty
 * configuration, a missing named file is an error.  Problems are appended to
 * `problems` one a line ("FILE:LINE: ...") and -1 is returned.
 */
struct config	*config_load(const char *path, struct buf *problems);
void		 config_free(struct config *c);
/* Files that were read; NULL past the end. */
const char	*config_file(const struct config *c, size_t i);

/* Names of the sections of a kind, in order; NULL past the end. */
const char	*config_section(const struct config *c, const char *kind,
		    size_t i);
/* Was the key set (not defaulted)?  name is NULL for unnamed sections. */
bool		 config_is_set(const struct config *c, const char *kind,
		    const char *name, const char *key);
/* Values; asking for a key that the table has not is a program error. */
const char	*config_text(const struct config *c, const char *kind,
		    const char *name, const char *key);
int64_t		 config_number(const struct config *c, const char *kind,
		    const char *name, const char *key);
bool		 config_bool(const struct config *c, const char *kind,
		    const char *name, const char *key);
/* Entries of a list, @FILE taken in; NULL past the end. */
const char	*config_list(const struct config *c, const char *kind,
		    const char *name, const char *key, size_t i);
/* As `weir config show` prints it: every value and where it came from. */
void		 config_print(const struct config *c, struct buf *out);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading one file by inih.  inih itself cuts a line at its buffer's end and a
 * section's name at 49 bytes, takes an indented "key = value" as more of the
 * value above it, never mentions a section without keys, and tells the number
 * of the first bad line only.  So it gets its lines from take_line(), which
 * counts them, keeps the sections, refuses what inih would take amiss and
 * gives it an empty line instead.
 *
 *	trusted-networks = 10.0.0.0/8, @networks
 *		192.0.2.0/24			; goes on, indented
 */
#include <ctype.h>
#include <ini.h>
#include <stdio.h>
#include <stdlib.h>

#include "config_priv.h"
#include "weir/mem.h"
#include "weir/slurp.h"
#include "weir/suggest.h"

struct reader {
	struct config	*c;
	const char	*path;
	struct str	 rest;		/* lines not taken yet */
	size_t		 file;
	int		 line;
	bool		 indented;	/* the line inih works on */
	const char	*kind, *name;	/* of the section; NULL: none, or
					 * one that is passed over */
	bool		 in_section, key_seen;
	struct setting	*last;		/* what an indented line adds to */
	char		 where[4200];	/* "FILE:LINE" */
};

/* `file` as seen from the directory of the configuration file. */
static char *
beside(const char *path, struct str file)
{
	size_t slash = str_rfind_char(str_of(path), '/');
	struct buf b = { 0 };

	if (file.n > 0 && file.p[0] != '/' && slash != STR_NPOS)
		buf_add(&b, path, slash + 1);
	buf_add_str(&b, file);
	buf_cstr(&b);
	return b.p;
}

static void
add_entry(struct reader *r, struct setting *s, const char *where,
    struct str entry)
{
	struct error err;

	if (s->row->check != NULL && s->row->check(entry, &err) == -1)
		config_problem(r->c, where, "%s: %s", s->row->key, err.text);
	else
		text_list_add(&s->list, entry);
}

/* The lines of @FILE; blank ones and what follows a # are nothing. */
static void
add_entries_of(struct reader *r, struct setting *s, struct str file)
{
	char *path = beside(r->path, file);
	struct buf text = { 0 };
	struct str rest, line;
	char where[4200];
	struct error err;
	int n = 0;

	if (slurp_file(path, CONFIG_LIST_FILE_MAX, &text, &err) != 0) {
		config_problem(r->c, r->where, "%s: %s: %s", s->row->key,
		    path, err.text);
		goto out;
	}
	text_list_add(&r->c->files, str_of(path));
	rest = buf_str(&text);
	while (str_cut(&rest, '\n', &line)) {
		n++;
		line = str_trim(str_head(line, str_find_char(line, '#')));
		if (line.n == 0)
			continue;
		snprintf(where, sizeof(where), "%s:%d", path, n);
		add_entry(r, s, where, line);
	}
out:
	buf_done(&text);
	free(path);
}

static void
add_list(struct reader *r, struct setting *s, struct str text)
{
	struct str entry;

	while (str_cut(&text, ',', &entry)) {
		entry = str_trim(entry);
		if (entry.n > 1 && entry.p[0] == '@')
			add_entries_of(r, s, str_tail(entry, 1));
		else if (entry.n > 0)
			add_entry(r, s, r->where, entry);
	}
}

/* Which key was meant, or in which section it belongs. */
static void
unknown_key(struct reader *r, const char *key)
{
	const char *best = NULL, *home = NULL;
	const struct option_row *row;

	for (size_t i = 0; (row = option_at(i)) != NULL; i++) {
		if (strcmp(row->section, r->kind) == 0) {
			if (row->name == NULL ||
			    strcmp(row->name, r->name) == 0)
				suggest_try(key, row->key, &best);
		} else if (strcmp(row->key, key) == 0)
			home = row->section;
	}
	if (home != NULL)
		config_problem(r->c, r->where, "\"%s\" is not an option of "
		    "[%s]; it belongs into [%s]", key, r->kind, home);
	else if (best != NULL)
		config_problem(r->c, r->where, "\"%s\" is not an option of "
		    "[%s]; is \"%s\" meant?", key, r->kind, best);
	else
		config_problem(r->c, r->where, "\"%s\" is not an option of "
		    "[%s]; `weir config options` lists them", key, r->kind);
}

/* The setting to fill, emptied of an earlier file's value; NULL: twice. */
static struct setting *
begin_setting(struct reader *r, const struct option_row *row)
{
	struct setting *s = config_find(r->c, row, r->name);
	struct config *c = r->c;

	if (s != NULL && s->file == r->file) {
		config_problem(c, r->where, "%s is set already, at %s",
		    row->key, s->origin);
		return NULL;
	}
	if (s == NULL) {
		if (c->nsettings == c->settings_cap) {
			c->settings_cap = 2 * c->settings_cap + 16;
			c->settings = xreallocarray(c->settings,
			    c->settings_cap, sizeof(c->settings[0]));
		}
		s = &c->settings[c->nsettings++];
		*s = (struct setting){ .row = row, .name = xstrdup(r->name) };
	}
	setting_clear(s);
	s->file = r->file;
	s->origin = xstrdup(r->where);
	return s;
}

static void
set_scalar(struct reader *r, struct setting *s, const char *value)
{
	struct error err;

	if (config_value(s->row, value, &s->number, &err) == -1)
		config_problem(r->c, r->where, "%s: %s", s->row->key,
		    err.text);
	if (s->row->type == OPTION_PATH || s->row->type == OPTION_SECRET_FILE)
		s->text = beside(r->path, str_of(value));
	else
		s->text = xstrdup(value);
}

static void
set_key(struct reader *r, const char *key, const char *value)
{
	const struct option_row *row;

	r->last = NULL;
	if (!r->in_section) {
		config_problem(r->c, r->where, "\"%s\" stands before any "
		    "[section]", key);
		return;
	}
	if (r->kind == NULL)
		return;
	row = option_find(r->kind, r->name, key);
	if (row == NULL) {
		unknown_key(r, key);
		return;
	}
	r->last = begin_setting(r, row);
	if (r->last == NULL)
		return;
	if (row->type == OPTION_LIST)
		add_list(r, r->last, str_of(value));
	else
		set_scalar(r, r->last, value);
}

/* inih's handler: one key, or one more line of the key before. */
static int
handle(void *user, const char *section, const char *key, const char *value)
{
	struct reader *r = user;

	(void)section;		/* cut at 49 bytes; take_line has it whole */
	if (r->kind != NULL && (value[0] == '#' ||
	    strstr(value, " #") != NULL || strstr(value, "\t#") != NULL))
		config_problem(r->c, r->where, "a comment behind a value "
		    "begins with ;");
	else if (!r->indented)
		set_key(r, key, value);
	else if (r->last->row->type == OPTION_LIST)
		add_list(r, r->last, str_of(value));
	else
		config_problem(r->c, r->where, "%s takes one value, and this "
		    "indented line would be more of it", r->last->row->key);
	return 1;
}

static void
add_section(struct reader *r, const char *kind, const char *name)
{
	struct config *c = r->c;
	struct section *s;
	size_t i;

	for (i = 0; i < c->nsections; i++) {
		s = &c->sections[i];
		if (strcmp(s->kind, kind) == 0 && strcmp(s->name, name) == 0)
			goto out;
	}
	if (c->nsections == CONFIG_SECTIONS_MAX) {
		config_problem(c, r->where, "more than %d sections",
		    CONFIG_SECTIONS_MAX);
		return;
	}
	if (c->sections == NULL)
		c->sections = xcalloc(CONFIG_SECTIONS_MAX,
		    sizeof(c->sections[0]));
	s = &c->sections[c->nsections++];
	*s = (struct section){ xstrdup(kind), xstrdup(name),
	    xstrdup(r->where) };
out:
	r->kind = s->kind;
	r->name = s->name;
}

static void
unknown_section(struct reader *r, const char *kind, const char *name)
{
	const char *best = NULL;
	const struct option_row *row;
	bool known = option_section_known(kind);

	for (size_t i = 0; (row = option_at(i)) != NULL; i++)
		if (!known)
			suggest_try(kind, row->section, &best);
		else if (row->name != NULL && strcmp(row->section, kind) == 0)
			suggest_try(name, row->name, &best);
	if (best == NULL)
		config_problem(r->c, r->where, "there is no section [%s%s%s]; "
		    "`weir config options` lists them", kind,
		    name[0] == '\0' ? "" : " ", name);
	else
		config_problem(r->c, r->where, "there is no section [%s%s%s]; "
		    "is [%s%s%s] meant?", kind, name[0] == '\0' ? "" : " ",
		    name, known ? kind : best, known ? " " : "",
		    known ? best : "");
}

static bool
is_name(const char *name)
{
	return strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTU"
	    "VWXYZ0123456789-_.") == strlen(name);
}

/* What stands between the brackets. */
static void
enter_section(struct reader *r, struct str inside)
{
	char kind[CONFIG_NAME_MAX + 1], name[CONFIG_NAME_MAX + 1];
	struct buf text = { 0 };
	const char *later;
	struct str k;

	inside = str_trim(inside);
	if (!str_cut(&inside, ' ', &k))
		k = STR("");
	inside = str_trim(inside);
	str_copy(k, kind, sizeof(kind));
	str_copy(inside, name, sizeof(name));
	if (!is_name(kind) || !is_name(name) || k.n > CONFIG_NAME_MAX ||
	    inside.n > CONFIG_NAME_MAX || k.n == 0) {
		config_problem(r->c, r->where, "a section is [kind] or "
		    "[kind name], each of at most %d letters, digits, - _ "
		    "and .", CONFIG_NAME_MAX);
		return;
	}
	later = option_section_later(kind, name);
	if (later != NULL) {
		buf_addf(&text, "%s: [%s%s%s]: %s", r->where, kind,
		    name[0] == '\0' ? "" : " ", name, later);
		text_list_add(&r->c->warnings, buf_str(&text));
		buf_done(&text);
	} else if (!option_section_known(kind))
		unknown_section(r, kind, name);
	else if (option_section_named(kind) && name[0] == '\0')
		config_problem(r->c, r->where, "[%s] needs a name: [%s NAME]",
		    kind, kind);
	else if (!option_section_named(kind) && name[0] != '\0')
		config_problem(r->c, r->where, "[%s] takes no name", kind);
	else if (!option_name_known(kind, name))
		unknown_section(r, kind, name);
	else
		add_section(r, kind, name);
}

static bool
is_comment(struct str s)
{
	return s.n == 0 || s.p[0] == '#' || s.p[0] == ';';
}

static void
take_section(struct reader *r, struct str line)
{
	size_t end = str_find_char(line, ']');

	r->kind = r->name = NULL;
	r->in_section = true;
	r->key_seen = false;
	if (end == STR_NPOS)
		config_problem(r->c, r->where, "the ] of the section is "
		    "missing");
	else if (!is_comment(str_trim(str_tail(line, end + 1))))
		config_problem(r->c, r->where, "after [section] the line "
		    "ends");
	else
		enter_section(r, str_head(str_tail(line, 1), end - 1));
}

/* Does the line begin with "key ="? */
static bool
begins_key(struct str line)
{
	size_t n = 0;

	while (n < line.n && (isalnum((unsigned char)line.p[n]) ||
	    line.p[n] == '-' || line.p[n] == '_'))
		n++;
	return n > 0 && str_starts(str_trim(str_tail(line, n)), STR("="));
}

/* Is the indented line a key or section of its own rather than a value? */
static bool
looks_own(struct str line)
{
	if (line.p[0] == '[')		/* [2001:db8::1] is a value */
		return str_find_char(line, ':') == STR_NPOS;
	return begins_key(line);
}

/* What no line may hold.  Returns whether there was a mistake. */
static bool
is_unreadable(struct reader *r, struct str raw, size_t max)
{
	size_t i;

	for (i = 0; i < raw.n; i++)
		if (((unsigned char)raw.p[i] < ' ' && raw.p[i] != '\t') ||
		    raw.p[i] == 0x7f) {
			config_problem(r->c, r->where,
			    "holds a control character");
			return true;
		}
	if (raw.n > max)
		config_problem(r->c, r->where, "the line is %zu bytes long "
		    "and %zu can be read; a list may go on on indented lines "
		    "or be put in a file, @FILE", raw.n, max);
	return raw.n > max;
}

/* False when inih shall not see the line: it is a mistake, or of no use. */
static bool
take_indented(struct reader *r, struct str line)
{
	int n = line.n < 40 ? (int)line.n : 40;

	if (looks_own(line))
		config_problem(r->c, r->where, "an indented line goes on with "
		    "the value above it; take the blanks before \"%.*s\" away",
		    n, line.p);
	else if (!r->key_seen)
		config_problem(r->c, r->where, "\"%.*s\" is indented, but no "
		    "list stands above it", n, line.p);
	else
		return r->last != NULL;
	return false;
}

static bool
take_key(struct reader *r, struct str line)
{
	if (begins_key(line))
		return true;
	config_problem(r->c, r->where, "\"%.*s\" is neither [section] nor "
	    "key = value; a list goes on on indented lines",
	    line.n < 40 ? (int)line.n : 40, line.p);
	return false;
}

/* Up to a comment; inih leaves one on an indented line in the value. */
static struct str
cut_comment(struct str raw)
{
	size_t i;

	for (i = 1; i < raw.n; i++)
		if (raw.p[i] == ';' &&
		    (raw.p[i - 1] == ' ' || raw.p[i - 1] == '\t'))
			return str_head(raw, i);
	return raw;
}

/* inih's reader, in the place of fgets(3). */
static char *
take_line(char *ret, int size, void *user)
{
	struct reader *r = user;
	struct str raw, line;

	if (r->rest.n == 0 || !str_cut(&r->rest, '\n', &raw))
		return NULL;
	r->line++;
	snprintf(r->where, sizeof(r->where), "%s:%d", r->path, r->line);
	if (raw.n > 0 && raw.p[raw.n - 1] == '\r')
		raw.n--;
	if (r->line == 1 && str_starts(raw, STR("\xef\xbb\xbf")))
		raw = str_tail(raw, 3);
	line = str_trim(raw);
	ret[0] = '\0';
	if (is_comment(line))
		return ret;
	r->indented = raw.p[0] == ' ' || raw.p[0] == '\t';
	if (!r->indented) {
		r->last = NULL;
		r->key_seen = true;
	}
	if (is_unreadable(r, raw, (size_t)size - 1))
		return ret;
	if (r->indented) {
		if (take_indented(r, line))
			str_copy(cut_comment(raw), ret, (size_t)size);
	} else if (line.p[0] == '[') {
		/* inih needs to know only that another one begins. */
		take_section(r, line);
		str_copy(STR("[section]"), ret, (size_t)size);
	} else if (take_key(r, line))
		str_copy(raw, ret, (size_t)size);
	return ret;
}

void
config_read(struct config *c, const char *path, struct str text)
{
	struct reader r = { .c = c, .path = path, .rest = text,
	    .file = c->files.n };
	int rc;

	text_list_add(&c->files, str_of(path));
	rc = ini_parse_stream(take_line, &r, handle, &r);
	if (rc != 0) {
		snprintf(r.where, sizeof(r.where), "%s:%d", path, rc);
		config_problem(c, r.where, "cannot be understood");
	}
}

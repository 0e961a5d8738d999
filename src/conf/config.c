/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is set: sections in the order of their first mention, settings with
 * their value and their origin, defaults from the options table.  How a file
 * is read is config_read.c's.
 */
#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "config_priv.h"
#include "weir/mem.h"
#include "weir/slurp.h"
#include "weir/usec.h"

void
text_list_add(struct text_list *l, struct str s)
{
	if (l->n == l->cap) {
		l->cap = l->cap == 0 ? 8 : 2 * l->cap;
		l->v = xreallocarray(l->v, l->cap, sizeof(l->v[0]));
	}
	l->v[l->n++] = str_dup(s);
}

void
text_list_done(struct text_list *l)
{
	while (l->n > 0)
		free(l->v[--l->n]);
	free(l->v);
	*l = (struct text_list){ 0 };
}

void
setting_clear(struct setting *s)
{
	free(s->origin);
	free(s->text);
	s->origin = s->text = NULL;
	s->number = 0;
	text_list_done(&s->list);
}

void
config_problem(struct config *c, const char *where, const char *fmt, ...)
{
	char text[1200];
	va_list ap;

	if (c->nproblems++ > CONFIG_PROBLEMS_MAX)
		return;
	if (c->nproblems > CONFIG_PROBLEMS_MAX) {
		buf_addf(c->problems, "%s: and more mistakes\n", where);
		return;
	}
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	buf_addf(c->problems, "%s: %s\n", where, text);
}

struct setting *
config_find(const struct config *c, const struct option_row *row,
    const char *name)
{
	size_t i;

	for (i = 0; i < c->nsettings; i++)
		if (c->settings[i].row == row &&
		    strcmp(c->settings[i].name, name) == 0)
			return &c->settings[i];
	return NULL;
}

static int64_t
clock_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return t.tv_sec * USEC_PER_SEC;
}

/* Is there an entry?  An empty list would make the exemption a wider one. */
static bool
check_exempt_list(struct config *c, const struct section *s, const char *key)
{
	bool any = config_list(c, s->kind, s->name, key, 0) != NULL;

	if (!any && config_is_set(c, s->kind, s->name, key))
		config_problem(c, config_origin(c, s->kind, s->name, key),
		    "%s: is empty; leave it out for any", key);
	return any;
}

static void
check_exempt(struct config *c, const struct section *s)
{
	static const char *const lists[] = { "user", "sender", "client",
		"network", "detectors" };
	struct buf text = { 0 };
	int64_t until;
	size_t i, n = 0;

	if (!config_is_set(c, s->kind, s->name, "reason"))
		config_problem(c, s->origin, "[exempt %s] needs a reason: why "
		    "is it no abuse?", s->name);
	for (i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		n += check_exempt_list(c, s, lists[i]) &&
		    strcmp(lists[i], "detectors") != 0;
	if (n == 0)
		config_problem(c, s->origin, "[exempt %s] says nobody: it "
		    "needs a user, sender, client or network", s->name);
	if (config_text(c, s->kind, s->name, "until") == NULL ||
	    !option_until_parse(str_of(config_text(c, s->kind, s->name,
	    "until")), &until) || until > clock_now())
		return;
	buf_addf(&text, "%s: [exempt %s] is over, since %s; take it out or "
	    "give it a later day", config_origin(c, s->kind, s->name,
	    "until"), s->name, config_text(c, s->kind, s->name, "until"));
	text_list_add(&c->warnings, buf_str(&text));
	buf_done(&text);
}

/* What a section cannot do without, once every file has been read. */
static void
check_sections(struct config *c)
{
	const struct section *s;
	size_t i;

	for (i = 0; i < c->nsections; i++) {
		s = &c->sections[i];
		if (strcmp(s->kind, "source") == 0 &&
		    strcmp(s->name, "journal") != 0 &&
		    !config_is_set(c, s->kind, s->name, "path"))
			config_problem(c, s->origin, "[source %s] needs a "
			    "path; only [source journal] goes without",
			    s->name);
		if (strcmp(s->kind, "exempt") == 0)
			check_exempt(c, s);
		if (strcmp(s->kind, "webhook") != 0)
			continue;
		if (!config_is_set(c, s->kind, s->name, "url"))
			config_problem(c, s->origin,
			    "[webhook %s] needs a url", s->name);
		if (!config_is_set(c, s->kind, s->name, "secret-file"))
			config_problem(c, s->origin, "[webhook %s] needs a "
			    "secret-file; make one with: (umask 077; echo "
			    "whsec_$(head -c 32 /dev/urandom | base64) "
			    "> FILE)", s->name);
	}
}

static int
is_conf(const struct dirent *d)
{
	return d->d_name[0] != '.' &&
	    str_ends(str_of(d->d_name), STR(".conf"));
}

/* By byte, whatever the locale: the order must not depend on who starts. */
static int
by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static void
load_file(struct config *c, const char *path, bool may_miss)
{
	struct buf text = { 0 };
	struct error err;

	switch (slurp_file(path, CONFIG_FILE_MAX, &text, &err)) {
	case 0:
		config_read(c, path, buf_str(&text));
		break;
	case 1:
		if (may_miss)
			break;
		/* FALLTHROUGH */
	default:
		config_problem(c, path, "%s", err.text);
	}
	buf_done(&text);
}

static void
load_directory(struct config *c, const char *main_path)
{
	size_t slash = str_rfind_char(str_of(main_path), '/');
	struct buf path = { 0 };
	struct dirent **d;
	size_t base;
	int i, n;

	if (slash != STR_NPOS)
		buf_add(&path, main_path, slash + 1);
	buf_add_str(&path, STR("conf.d"));
	n = scandir(buf_cstr(&path), &d, is_conf, by_name);
	if (n == -1 && errno != ENOENT && errno != ENOTDIR)
		config_problem(c, buf_cstr(&path), "%s", strerror(errno));
	buf_add_char(&path, '/');
	base = path.n;
	for (i = 0; i < n; i++) {
		path.n = base;
		buf_add_str(&path, str_of(d[i]->d_name));
		load_file(c, buf_cstr(&path), false);
		free(d[i]);
	}
	if (n >= 0)
		free(d);
	buf_done(&path);
}

/* NULL when there was a mistake. */
static struct config *
adopt(struct config *c)
{
	check_sections(c);
	c->problems = NULL;
	if (c->nproblems == 0)
		return c;
	config_free(c);
	return NULL;
}

struct config *
config_load(const char *path, struct buf *problems)
{
	struct config *c = xcalloc(1, sizeof(*c));
	const char *main_path = path == NULL ? CONFIG_PATH : path;

	c->problems = problems;
	load_file(c, main_path, path == NULL);
	load_directory(c, main_path);
	return adopt(c);
}

struct config *
config_parse(const char *path, struct str text, struct buf *problems)
{
	struct config *c = xcalloc(1, sizeof(*c));

	c->problems = problems;
	config_read(c, path, text);
	return adopt(c);
}

void
config_free(struct config *c)
{
	size_t i;

	if (c == NULL)
		return;
	for (i = 0; i < c->nsections; i++) {
		free(c->sections[i].kind);
		free(c->sections[i].name);
		free(c->sections[i].origin);
	}
	for (i = 0; i < c->nsettings; i++) {
		setting_clear(&c->settings[i]);
		free(c->settings[i].name);
	}
	free(c->sections);
	free(c->settings);
	text_list_done(&c->files);
	text_list_done(&c->warnings);
	free(c);
}

const char *
config_file(const struct config *c, size_t i)
{
	return i < c->files.n ? c->files.v[i] : NULL;
}

const char *
config_warning(const struct config *c, size_t i)
{
	return i < c->warnings.n ? c->warnings.v[i] : NULL;
}

const char *
config_section(const struct config *c, const char *kind, size_t i)
{
	size_t k;

	for (k = 0; k < c->nsections; k++)
		if (strcmp(c->sections[k].kind, kind) == 0 && i-- == 0)
			return c->sections[k].name;
	return NULL;
}

static const struct option_row *
row_of(const char *kind, const char *name, const char *key)
{
	const struct option_row *row = option_find(kind, name, key);

	assert(row != NULL);
	return row;
}

bool
config_is_set(const struct config *c, const char *kind, const char *name,
    const char *key)
{
	return config_find(c, row_of(kind, name, key),
	    name == NULL ? "" : name) != NULL;
}

const char *
config_text(const struct config *c, const char *kind, const char *name,
    const char *key)
{
	const struct option_row *row = row_of(kind, name, key);
	const struct setting *s;

	assert(row->type != OPTION_LIST);
	s = config_find(c, row, name == NULL ? "" : name);
	return s == NULL ? row->value : s->text;
}

int64_t
config_number(const struct config *c, const char *kind, const char *name,
    const char *key)
{
	const struct option_row *row = row_of(kind, name, key);
	const struct setting *s;
	int64_t n;

	assert(row->type == OPTION_BOOL || row->type == OPTION_INT ||
	    row->type == OPTION_NUMBER || row->type == OPTION_SPAN ||
	    row->type == OPTION_SIZE);
	s = config_find(c, row, name == NULL ? "" : name);
	if (s != NULL)
		return s->number;
	if (row->value == NULL)
		return 0;
	if (config_value(row, row->value, &n, NULL) == -1)
		assert(!"a default is not of its own type");
	return n;
}

bool
config_bool(const struct config *c, const char *kind, const char *name,
    const char *key)
{
	assert(row_of(kind, name, key)->type == OPTION_BOOL);
	return config_number(c, kind, name, key) != 0;
}

double
config_real(const struct config *c, const char *kind, const char *name,
    const char *key)
{
	assert(row_of(kind, name, key)->type == OPTION_NUMBER);
	return (double)config_number(c, kind, name, key) /
	    (double)OPTION_NUMBER_ONE;
}

const char *
config_list(const struct config *c, const char *kind, const char *name,
    const char *key, size_t i)
{
	const struct option_row *row = row_of(kind, name, key);
	const struct setting *s;

	assert(row->type == OPTION_LIST);
	s = config_find(c, row, name == NULL ? "" : name);
	return s != NULL && i < s->list.n ? s->list.v[i] : NULL;
}

const char *
config_origin(const struct config *c, const char *kind, const char *name,
    const char *key)
{
	const struct setting *s;

	s = config_find(c, row_of(kind, name, key), name == NULL ? "" : name);
	return s == NULL ? "default" : s->origin;
}

static void
print_row(const struct config *c, const struct option_row *row,
    const char *name, struct buf *out)
{
	const struct setting *s = config_find(c, row, name);
	size_t i;

	if (s == NULL && row->value == NULL) {
		buf_addf(out, "; %s is not set\n", row->key);
		return;
	}
	buf_addf(out, "%s =", row->key);
	if (row->type != OPTION_LIST)
		buf_addf(out, " %s", s == NULL ? row->value : s->text);
	else if (s != NULL && s->list.n == 1)
		buf_addf(out, " %s", s->list.v[0]);
	buf_addf(out, " ; %s\n", s == NULL ? "default" : s->origin);
	for (i = 0; s != NULL && s->list.n > 1 && i < s->list.n; i++)
		buf_addf(out, "\t%s\n", s->list.v[i]);
}

static void
print_section(const struct config *c, const char *kind, const char *name,
    struct buf *out)
{
	const struct option_row *r;
	size_t i;

	buf_addf(out, "%s[%s%s%s]\n", out->n == 0 ? "" : "\n", kind,
	    name[0] == '\0' ? "" : " ", name);
	for (i = 0; (r = option_at(i)) != NULL; i++)
		if (strcmp(r->section, kind) == 0 && (r->name == NULL ||
		    strcmp(r->name, name) == 0))
			print_row(c, r, name, out);
}

static bool
same_name(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

/* A section's defaults show even where no file names it. */
void
config_print(const struct config *c, struct buf *out)
{
	const struct option_row *r, *last = NULL;
	const char *name;
	size_t i, n;

	for (n = 0; (r = option_at(n)) != NULL; n++, last = r) {
		if (last != NULL && strcmp(last->section, r->section) == 0 &&
		    same_name(last->name, r->name))
			continue;
		if (!option_section_named(r->section))
			print_section(c, r->section, "", out);
		else if (r->name != NULL)
			print_section(c, r->section, r->name, out);
		else for (i = 0; (name = config_section(c, r->section, i)) !=
		    NULL; i++)
			print_section(c, r->section, name, out);
	}
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From `postconf -x` to beliefs.  Pure: files are read through a function of
 * the caller's.
 *
 * A pattern list (postconf(5), mynetworks and mydestination) is separated by
 * blanks and commas outside of braces; an entry is
 *
 *	10.0.0.0/8  [2001:db8::]/32  example.org  .example.org
 *	/etc/postfix/file		the patterns in it
 *	hash:/etc/postfix/table		the keys in it
 *	!10.1.2.3			not that one
 *
 * A table of an indexed type has its text beside the index, without a suffix;
 * that text is what the operator edits, and what is read here.  LDAP, SQL and
 * regular expressions cannot be listed: the key is then incomplete.
 */
#include <stdio.h>
#include <stdlib.h>

#include "weir/mem.h"
#include "weir/mtaconf.h"

#define DEPTH_MAX	4		/* files that name files */
#define GAPS_MAX	32
#define VALUE_MAX	512

enum {
	CONFIG_DIRECTORY, MYNETWORKS, MYDESTINATION, VIRTUAL_ALIAS_DOMAINS,
	VIRTUAL_MAILBOX_DOMAINS, PROXY_INTERFACES, RELAY_DOMAINS, ALWAYS_BCC,
	RECIPIENT_BCC_MAPS, SENDER_BCC_MAPS, MYORIGIN, PARENT_MATCHES,
	NAME_COUNT
};

const char *const mtaconf_names[] = {
	[CONFIG_DIRECTORY] = "config_directory",
	[MYNETWORKS] = "mynetworks",
	[MYDESTINATION] = "mydestination",
	[VIRTUAL_ALIAS_DOMAINS] = "virtual_alias_domains",
	[VIRTUAL_MAILBOX_DOMAINS] = "virtual_mailbox_domains",
	[PROXY_INTERFACES] = "proxy_interfaces",
	[RELAY_DOMAINS] = "relay_domains",
	[ALWAYS_BCC] = "always_bcc",
	[RECIPIENT_BCC_MAPS] = "recipient_bcc_maps",
	[SENDER_BCC_MAPS] = "sender_bcc_maps",
	[MYORIGIN] = "myorigin",
	[PARENT_MATCHES] = "parent_domain_matches_subdomains",
	NULL
};

struct parse {
	struct mtaconf_answer		*a;
	const struct mtaconf_files	*files;
	struct str			 params[NAME_COUNT];
	struct buf			 origin;	/* for bare addresses */
	bool				 subdomains;	/* of relay_domains */
	enum policy_key			 key;
	int				 param;		/* being read */
	struct str			 table;		/* in it; or none */
	int				 depth;
};

void
mtaconf_answer_done(struct mtaconf_answer *a)
{
	size_t i;

	for (i = 0; i < a->n; i++) {
		free(a->beliefs[i].value);
		free(a->beliefs[i].where);
	}
	for (i = 0; i < a->ngaps; i++)
		free(a->gaps[i]);
	free(a->beliefs);
	free(a->gaps);
	*a = (struct mtaconf_answer){ 0 };
}

/* "mynetworks in DIR/main.cf (hash:/x)"; the caller frees. */
static char *
where(const struct parse *p)
{
	struct buf b = { 0 };

	buf_addf(&b, "%s in %.*s/main.cf", mtaconf_names[p->param],
	    STRF(str_head(p->params[CONFIG_DIRECTORY], 256)));
	if (str_known(p->table))
		buf_addf(&b, " (%.*s)", STRF(str_head(p->table, 256)));
	buf_cstr(&b);
	return b.p;
}

/* `what` is the entry that was not understood or cannot be listed. */
static void
add_gap(struct parse *p, struct str what, const char *why)
{
	struct mtaconf_answer *a = p->a;
	struct buf b = { 0 };
	char *w = where(p);

	if (a->ngaps < GAPS_MAX) {
		buf_addf(&b, "%s: \"%.*s\" %s", w, STRF(str_head(what, 256)),
		    why);
		buf_cstr(&b);
		a->gaps = xreallocarray(a->gaps, a->ngaps + 1,
		    sizeof(a->gaps[0]));
		a->gaps[a->ngaps++] = b.p;
	}
	free(w);
}

static void
cannot_list(struct parse *p, struct str what, const char *why)
{
	p->a->incomplete[p->key] = true;
	add_gap(p, what, why);
}

static void
add_belief(struct parse *p, struct str value)
{
	struct mtaconf_answer *a = p->a;

	if (value.n == 0 || value.n > VALUE_MAX ||
	    memchr(value.p, '\0', value.n) != NULL)
		return;
	if (a->n == MTACONF_BELIEFS_MAX) {
		if (!a->incomplete[p->key])
			cannot_list(p, value, "and more are too many");
		return;
	}
	if (a->n == a->cap) {
		a->cap = 2 * a->cap + 16;
		a->beliefs = xreallocarray(a->beliefs, a->cap,
		    sizeof(a->beliefs[0]));
	}
	a->beliefs[a->n++] = (struct mtaconf_belief){ p->key, str_dup(value),
	    where(p) };
}

/* An address to which Postfix adds its own domain where there is none. */
static void
add_copy(struct parse *p, struct str value)
{
	struct buf b = { 0 };

	buf_add_str(&b, value);
	if (str_find_char(value, '@') == STR_NPOS && p->origin.n > 0) {
		buf_add_char(&b, '@');
		buf_add_str(&b, buf_str(&p->origin));
	}
	add_belief(p, buf_str(&b));
	buf_done(&b);
}

static void
add_domain(struct parse *p, struct str value)
{
	struct buf b = { 0 };

	add_belief(p, value);
	if (p->key == POLICY_RELAY_DOMAINS && p->subdomains &&
	    value.p[0] != '.' && value.p[0] != '[') {
		buf_add_char(&b, '.');
		buf_add_str(&b, value);
		add_belief(p, buf_str(&b));
		buf_done(&b);
	}
}

static bool
is_separator(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == ',';
}

/* The next entry of a list; braces keep what is in them together. */
static bool
next_entry(struct str *rest, struct str *ret)
{
	size_t n = 0;
	int level = 0;

	while (rest->n > 0 && is_separator(rest->p[0]))
		*rest = str_tail(*rest, 1);
	for (; n < rest->n; n++) {
		if (rest->p[n] == '{')
			level++;
		else if (rest->p[n] == '}' && level > 0)
			level--;
		else if (level == 0 && is_separator(rest->p[n]))
			break;
	}
	*ret = str_head(*rest, n);
	*rest = str_tail(*rest, n);
	return n > 0;
}

/* What stands in braces, all of it. */
static bool
unbrace(struct str s, struct str *ret)
{
	s = str_trim(s);
	if (s.n < 2 || s.p[0] != '{' || s.p[s.n - 1] != '}')
		return false;
	*ret = (struct str){ s.p + 1, s.n - 2 };
	return true;
}

/* One row of a table: its left side speaks, for copies its right side. */
static void
take_pair(struct parse *p, struct str left, struct str right)
{
	struct ip_net net;
	struct str entry;

	if (p->key == POLICY_COPIES)
		while (next_entry(&right, &entry))
			add_copy(p, entry);
	else if (p->key == POLICY_TRUSTED_NETWORKS) {
		if (ip_net_parse(left, &net))
			add_belief(p, left);
		else if (left.n > 0 && left.p[0] == '!')
			add_gap(p, left, "takes addresses out again, which "
			    "is not followed");
	} else if (str_find_char(left, '@') == STR_NPOS && left.n > 0)
		add_domain(p, left);
}

/* "{ a=b, { c = d e } }" */
static void
take_inline(struct parse *p, struct str whole, struct str text)
{
	struct str pair, inner, left;

	if (!unbrace(text, &text)) {
		cannot_list(p, whole, "is not understood");
		return;
	}
	while (next_entry(&text, &pair)) {
		if (unbrace(pair, &inner))
			pair = inner;
		if (str_cut(&pair, '=', &left))
			take_pair(p, str_trim(left), str_trim(pair));
	}
}

/* The first word, quoted or not, of a row of a table's text. */
static struct str
first_word(struct str line)
{
	size_t n = 0;

	if (line.n > 0 && line.p[0] == '"') {
		n = str_find_char(str_tail(line, 1), '"');
		if (n != STR_NPOS)
			return str_head(line, n + 2);
		n = 0;
	}
	while (n < line.n && line.p[n] != ' ' && line.p[n] != '\t')
		n++;
	return str_head(line, n);
}

/* Is the line nothing, a comment, or more of the row above? */
static bool
goes_on(struct str line)
{
	return str_trim(line).n == 0 || line.p[0] == '#' ||
	    line.p[0] == ' ' || line.p[0] == '\t';
}

/* postmap(1): a row goes on on lines that begin with a blank. */
static void
take_text(struct parse *p, struct str text)
{
	struct str line, more, left, right, quoted;
	struct buf row = { 0 };

	while (str_cut(&text, '\n', &line)) {
		if (goes_on(line))
			continue;
		buf_clear(&row);
		buf_add_str(&row, line);
		more = text;
		while (str_cut(&more, '\n', &line) && goes_on(line)) {
			line = str_trim(line);
			if (line.n > 0 && line.p[0] != '#') {
				buf_add_char(&row, ' ');
				buf_add_str(&row, line);
			}
			text = more;
		}
		left = first_word(buf_str(&row));
		right = str_trim(str_tail(buf_str(&row), left.n));
		quoted = left;
		if (left.n > 1 && left.p[0] == '"')
			quoted = (struct str){ left.p + 1, left.n - 2 };
		take_pair(p, quoted, right);
	}
	buf_done(&row);
}

static bool
read_file(struct parse *p, struct str path, struct buf *ret)
{
	char name[VALUE_MAX + 1];
	struct buf why = { 0 };
	struct error err;

	if (path.n >= sizeof(name) || path.n == 0 || path.p[0] != '/' ||
	    memchr(path.p, '\0', path.n) != NULL) {
		cannot_list(p, path, "is not the path of a file");
		return false;
	}
	str_copy(path, name, sizeof(name));
	if (p->files->read(p->files->ctx, name, ret, &err) == 0)
		return true;
	buf_addf(&why, "cannot be read: %s", err.text);
	cannot_list(p, path, buf_cstr(&why));
	buf_done(&why);
	return false;
}

static bool
is_one_of(struct str word, const char *const *words)
{
	for (; *words != NULL; words++)
		if (str_eq(word, str_of(*words)))
			return true;
	return false;
}

static void
take_table(struct parse *p, struct str whole)
{
	static const char *const indexed[] = { "hash", "btree", "lmdb", "cdb",
	    "dbm", "sdbm", "texthash", NULL };
	struct str name = whole, type, outer = p->table, inner;
	struct buf text = { 0 };

	str_cut(&name, ':', &type);
	while (str_eq(type, STR("proxy")) && str_cut(&name, ':', &type))
		;
	p->table = whole;
	if (is_one_of(type, indexed) || (str_eq(type, STR("cidr")) &&
	    p->key == POLICY_TRUSTED_NETWORKS)) {
		if (read_file(p, name, &text))
			take_text(p, buf_str(&text));
	} else if (str_eq(type, STR("inline")))
		take_inline(p, whole, name);
	else if (str_eq(type, STR("static")) && p->key == POLICY_COPIES)
		take_pair(p, name, unbrace(name, &inner) ? inner : name);
	else if (str_eq(type, STR("static")))
		cannot_list(p, whole, "stands for whatever is asked");
	else if (!str_eq(type, STR("fail")))
		cannot_list(p, whole, "is of a kind that cannot be listed");
	p->table = outer;
	buf_done(&text);
}

static bool
is_table(struct str s)
{
	size_t n = 0;

	while (n < s.n && ((s.p[n] >= 'a' && s.p[n] <= 'z') ||
	    s.p[n] == '_' || (s.p[n] >= '0' && s.p[n] <= '9')))
		n++;
	return n > 0 && n < s.n && s.p[n] == ':';
}

static void	take_list(struct parse *p, struct str text);

static void
take_file(struct parse *p, struct str path)
{
	struct buf text = { 0 };
	struct str rest, line;

	if (p->depth == DEPTH_MAX) {
		cannot_list(p, path, "is nested too deep");
		return;
	}
	p->depth++;
	if (read_file(p, path, &text)) {
		rest = buf_str(&text);
		while (str_cut(&rest, '\n', &line))
			if (!str_starts(str_trim(line), STR("#")))
				take_list(p, line);
	}
	p->depth--;
	buf_done(&text);
}

/* A list of patterns; for copies one of tables. */
static void
take_list(struct parse *p, struct str text)
{
	struct str s;

	while (next_entry(&text, &s)) {
		if (s.p[0] == '!')
			add_gap(p, s, "takes something out again, which is "
			    "not followed");
		else if (s.p[0] == '/')
			take_file(p, s);
		else if (is_table(s))
			take_table(p, s);
		else if (p->key == POLICY_TRUSTED_NETWORKS)
			add_belief(p, s);
		else if (p->key == POLICY_COPIES)
			cannot_list(p, s, "is not understood");
		else
			add_domain(p, s);
	}
}

/* Addresses of this host on the far side of a NAT: [192.0.2.1] is ours. */
static void
take_literals(struct parse *p, struct str text)
{
	struct buf b = { 0 };
	struct str s;
	struct ip ip;

	while (next_entry(&text, &s)) {
		if (s.n > 2 && s.p[0] == '[' && s.p[s.n - 1] == ']')
			s = (struct str){ s.p + 1, s.n - 2 };
		if (!ip_parse(s, &ip))
			continue;
		buf_clear(&b);
		buf_addf(&b, "[%.*s]", STRF(s));
		add_belief(p, buf_str(&b));
	}
	buf_done(&b);
}

/* myorigin may be the path of a file, Debian's /etc/mailname. */
static void
find_origin(struct parse *p)
{
	struct str s = str_trim(p->params[MYORIGIN]), line;
	struct buf text = { 0 };

	if (str_trim(p->params[ALWAYS_BCC]).n == 0 &&
	    str_trim(p->params[RECIPIENT_BCC_MAPS]).n == 0 &&
	    str_trim(p->params[SENDER_BCC_MAPS]).n == 0)
		return;
	p->param = MYORIGIN;
	p->key = POLICY_COPIES;
	if (s.n > 0 && s.p[0] == '/') {
		s = STR_NONE;
		if (read_file(p, str_trim(p->params[MYORIGIN]), &text)) {
			line = buf_str(&text);
			if (str_cut(&line, '\n', &s))
				s = str_trim(s);
		}
	}
	buf_add_str(&p->origin, s);
	buf_done(&text);
}

static void
take_params(struct parse *p)
{
	static const struct {
		int		param;
		enum policy_key	key;
		void		(*take)(struct parse *p, struct str value);
	} plan[] = {
		{ MYNETWORKS, POLICY_TRUSTED_NETWORKS, take_list },
		{ MYDESTINATION, POLICY_LOCAL_DOMAINS, take_list },
		{ VIRTUAL_ALIAS_DOMAINS, POLICY_LOCAL_DOMAINS, take_list },
		{ VIRTUAL_MAILBOX_DOMAINS, POLICY_LOCAL_DOMAINS, take_list },
		{ PROXY_INTERFACES, POLICY_LOCAL_DOMAINS, take_literals },
		{ RELAY_DOMAINS, POLICY_RELAY_DOMAINS, take_list },
		{ ALWAYS_BCC, POLICY_COPIES, add_copy },
		{ RECIPIENT_BCC_MAPS, POLICY_COPIES, take_list },
		{ SENDER_BCC_MAPS, POLICY_COPIES, take_list },
	};
	struct str value;
	size_t i;

	for (i = 0; i < sizeof(plan) / sizeof(plan[0]); i++) {
		p->param = plan[i].param;
		p->key = plan[i].key;
		value = str_trim(p->params[p->param]);
		if (value.n > 0)
			plan[i].take(p, value);
	}
}

void
mtaconf_parse(struct mtaconf_answer *a, struct str text,
    const struct mtaconf_files *files)
{
	struct parse p = { .a = a, .files = files };
	struct str line, name, s;
	int i;

	while (str_cut(&text, '\n', &line)) {
		if (!str_cut(&line, '=', &name))
			continue;
		for (i = 0; i < NAME_COUNT; i++)
			if (str_eq(str_trim(name), str_of(mtaconf_names[i])))
				p.params[i] = line;
	}
	p.params[CONFIG_DIRECTORY] = str_trim(p.params[CONFIG_DIRECTORY]);
	s = p.params[PARENT_MATCHES];
	while (next_entry(&s, &name))
		if (str_eq(name, STR("relay_domains")))
			p.subdomains = true;
	find_origin(&p);
	take_params(&p);
	buf_done(&p.origin);
}

/* "-  -  y  /etc/postfix": name, group, enabled, directory. */
size_t
mtaconf_instances(struct str text, char (*ret)[256], size_t max)
{
	struct str line, word[4];
	size_t n = 0, i;

	while (n < max && str_cut(&text, '\n', &line)) {
		for (i = 0; i < 4 && next_entry(&line, &word[i]); i++)
			;
		if (i < 4 || !str_eq(word[2], STR("y")) ||
		    word[3].p[0] != '/' || word[3].n >= sizeof(ret[0]) ||
		    memchr(word[3].p, '\0', word[3].n) != NULL)
			continue;
		str_copy(word[3], ret[n++], sizeof(ret[0]));
	}
	return n;
}

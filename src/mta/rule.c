/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The matcher of line rules: one walk over the pattern beside one over the
 * text.  Most holes end by themselves (their alphabet ends); only free text,
 * OPT and addresses out of quoted form have a choice, and come back to it
 * when the rest does not match.
 */
#include <assert.h>

#include "weir/rule.h"

#define OPT_OPEN	0x01
#define OPT_CLOSE	0x02
#define HOLE_FIRST	0x80
/* Places tried for one rule: what bounds the time on a hostile line. */
#define TRIES		256
/* What is behind it is not read: no logger writes such lines. */
#define TEXT_MAX	16384

enum hole_type { QUEUE_ID, HOST, MAIL_ADDRESS, HELO_NAME, PAIR_LIST, SPAN,
	TEXT };
enum side { FIRST, LAST };

enum {			/* alphabets */
	C_HEX = 1,	/* digits and A to F */
	C_B52 = 2,	/* Postfix' long queue ids: no vowels */
	C_DIGIT = 4,
	C_WORD = 8,	/* letters, digits, - _ . / + */
	C_ADDR = 16,	/* what stands in [ ]: addresses, socket paths */
	C_NAME = 32,	/* host names, whatever the resolver made of them */
	C_VALUE = 64,	/* no blank, no comma */
	C_PLAIN = 128,	/* no angle bracket */
	C_MAIL = 256,	/* no angle bracket, no quote */
	C_IDENT = 512,	/* lower case, digits, _ */
};

#define TEXTUAL	(C_VALUE | C_PLAIN | C_MAIL)
#define NAMING	(TEXTUAL | C_NAME)
#define VOWEL	(NAMING | C_WORD | C_ADDR)
#define CONS	(VOWEL | C_B52)
#define SMALL	(VOWEL | C_IDENT)

static const uint16_t classes[256] = {
	[' '] = C_PLAIN | C_MAIL, ['!'] = NAMING,
	['"'] = C_VALUE | C_PLAIN, ['#' ... '$'] = NAMING,
	['%'] = NAMING | C_ADDR, ['&' ... '\''] = NAMING,
	['(' ... ')'] = TEXTUAL, ['*'] = NAMING, ['+'] = NAMING | C_WORD,
	[','] = C_PLAIN | C_MAIL, ['-' ... '/'] = VOWEL,
	['0' ... '9'] = CONS | C_DIGIT | C_HEX | C_IDENT,
	[':'] = NAMING | C_ADDR, [';'] = TEXTUAL, ['<'] = C_VALUE,
	['='] = TEXTUAL, ['>'] = C_VALUE, ['?' ... '@'] = NAMING,
	['A'] = VOWEL | C_HEX, ['B' ... 'D'] = CONS | C_HEX,
	['E'] = VOWEL | C_HEX, ['F'] = CONS | C_HEX,
	['G' ... 'H'] = CONS, ['I'] = VOWEL, ['J' ... 'N'] = CONS,
	['O'] = VOWEL, ['P' ... 'T'] = CONS, ['U'] = VOWEL,
	['V' ... 'Z'] = CONS,
	['['] = TEXTUAL, ['\\'] = NAMING, [']'] = TEXTUAL,
	['^'] = NAMING, ['_'] = VOWEL | C_IDENT, ['`'] = NAMING,
	['a'] = SMALL, ['b' ... 'd'] = SMALL | C_B52, ['e'] = SMALL,
	['f' ... 'h'] = SMALL | C_B52, ['i'] = SMALL,
	['j' ... 'n'] = SMALL | C_B52, ['o'] = SMALL,
	['p' ... 't'] = SMALL | C_B52, ['u'] = SMALL,
	['v' ... 'z'] = SMALL | C_B52,
	['{' ... '~'] = NAMING,
	[0x80 ... 0xff] = NAMING,
};

struct hole {
	enum hole_type	type;
	enum field	field;		/* FIELD_COUNT: none */
	enum side	side;		/* of TEXT */
	uint16_t	class;		/* of SPAN and TEXT; 0: anything */
};

static const struct hole holes[] = {
	{ QUEUE_ID, FIELD_QUEUE_ID, FIRST, 0 },
	{ QUEUE_ID, FIELD_QUEUE_ID, FIRST, 0 },		/* ANY_QID */
	{ QUEUE_ID, FIELD_NEXT_QUEUE_ID, FIRST, 0 },
	{ QUEUE_ID, FIELD_ORIG_QUEUE_ID, FIRST, 0 },
	{ HOST, FIELD_CLIENT_NAME, FIRST, 0 },
	{ HOST, FIELD_ORIG_CLIENT_NAME, FIRST, 0 },
	{ HOST, FIELD_RELAY_HOST, FIRST, 0 },
	{ MAIL_ADDRESS, FIELD_SENDER, FIRST, 0 },
	{ MAIL_ADDRESS, FIELD_RECIPIENT, FIRST, 0 },
	{ MAIL_ADDRESS, FIELD_ORIGINAL_RECIPIENT, FIRST, 0 },
	{ HELO_NAME, FIELD_HELO_NAME, FIRST, 0 },
	{ PAIR_LIST, FIELD_COUNT, FIRST, 0 },
	{ SPAN, FIELD_SASL_METHOD, FIRST, C_WORD },
	{ SPAN, FIELD_SASL_USERNAME, FIRST, C_VALUE },	/* LOGIN */
	{ TEXT, FIELD_SASL_USERNAME, FIRST, 0 },
	{ TEXT, FIELD_SASL_SENDER, FIRST, 0 },
	{ SPAN, FIELD_PROTOCOL_NAME, FIRST, C_WORD },
	{ SPAN, FIELD_ENCRYPTION_PROTOCOL, FIRST, C_WORD },
	{ SPAN, FIELD_ENCRYPTION_CIPHER, FIRST, C_WORD },
	{ SPAN, FIELD_LOCAL_USER, FIRST, C_DIGIT },
	{ SPAN, FIELD_STATUS, FIRST, C_WORD },
	{ SPAN, FIELD_ACTION, FIRST, C_WORD },
	{ TEXT, FIELD_STAGE, FIRST, C_PLAIN },
	{ TEXT, FIELD_REASON, FIRST, 0 },
	{ TEXT, FIELD_REASON, FIRST, C_PLAIN },		/* REMARK */
	{ TEXT, FIELD_REPLY, LAST, 0 },
	{ TEXT, FIELD_SUBJECT, LAST, 0 },
	{ TEXT, FIELD_MESSAGE_ID, LAST, 0 },
	{ TEXT, FIELD_RESENT_MESSAGE_ID, LAST, 0 },
	{ SPAN, FIELD_TOKEN, FIRST, C_WORD },
	{ SPAN, FIELD_LOST, FIRST, C_DIGIT },
	{ SPAN, FIELD_COUNT, FIRST, C_WORD },		/* WORD */
	{ SPAN, FIELD_COUNT, FIRST, C_DIGIT },		/* NUMBER */
	{ SPAN, FIELD_CLIENT_ADDRESS, FIRST, C_ADDR },	/* ADDRESS */
	{ TEXT, FIELD_COUNT, LAST, 0 },			/* ANY */
	{ SPAN, FIELD_COUNT, FIRST, C_IDENT },		/* FUNCTION */
};

#define NHOLES	(sizeof(holes) / sizeof(holes[0]))

/* The names PAIRS knows; others are read over. */
static const struct {
	struct str	name;
	enum field	field;
} keys[] = {
	{ { "relay", 5 }, FIELD_RELAY },
	{ { "delay", 5 }, FIELD_DELAY },
	{ { "delays", 6 }, FIELD_DELAYS },
	{ { "dsn", 3 }, FIELD_DSN },
	{ { "size", 4 }, FIELD_SIZE },
	{ { "nrcpt", 5 }, FIELD_RECIPIENT_COUNT },
	{ { "conn_use", 8 }, FIELD_CONN_USE },
	{ { "rcpt", 4 }, FIELD_RCPT_ACCEPTED },
	{ { "data", 4 }, FIELD_DATA_ACCEPTED },
};

struct match {
	struct line	*line;
	const char	*start, *end;
	const char	*id_end;	/* of the id at the start, or NULL */
	uint64_t	 set;		/* fields filled by this rule */
	int		 tries;		/* left */
	bool		 lenient;	/* addresses out of quoted form too */
	bool		 strict_failed;	/* so a lenient walk is worth it */
};

_Static_assert(FIELD_COUNT <= 64, "struct match keeps them in 64 bits");

static bool	match(struct match *m, const char *pat, const char *t);

static void
set(struct match *m, enum field f, const char *p, const char *end)
{
	if (f == FIELD_COUNT)
		return;
	m->line->f[f] = (struct str){ p, (size_t)(end - p) };
	m->set |= UINT64_C(1) << f;
}

/* Forget what was filled since `before`. */
static void
restore(struct match *m, uint64_t before)
{
	uint64_t later = m->set & ~before;

	for (; later != 0; later &= later - 1)
		m->line->f[__builtin_ctzll(later)] = STR_NONE;
	m->set = before;
}

static const char *
span(const struct match *m, const char *t, unsigned class)
{
	const char *end = m->end;

	while (t < end && (classes[(uint8_t)*t] & class) != 0)
		t++;
	return t;
}

static inline bool
is_literal(char c)
{
	return (uint8_t)(c - ' ') < HOLE_FIRST - ' ';
}

/* The literal text of a pattern up to the next hole. */
static struct str
literal(const char *pat)
{
	size_t n = 0;

	while (is_literal(pat[n]))
		n++;
	return (struct str){ pat, n };
}

static bool
at_literal(const struct match *m, const char *t, struct str lit)
{
	return (size_t)(m->end - t) >= lit.n && *t == *lit.p &&
	    memcmp(t, lit.p, lit.n) == 0;
}

/*
 * Short ids are upper-case hexadecimal, long ones (enable_long_queue_ids) are
 * of base 52 and begin with a digit, as seconds since 1970 do until 2090.
 */
static const char *
skip_queue_id(const struct match *m, const char *t)
{
	unsigned all = C_HEX | C_B52;
	const char *e = t;

	while (e < m->end && (classes[(uint8_t)*e] & (C_HEX | C_B52)) != 0)
		all &= classes[(uint8_t)*e++];
	if (e - t < 5 || ((all & C_HEX) == 0 && ((all & C_B52) == 0 ||
	    e - t < 10 || (classes[(uint8_t)*t] & C_DIGIT) == 0)))
		return NULL;
	return e;
}

/* Most lines begin with one, and many rules do: it is cut once. */
static const char *
take_queue_id(struct match *m, enum field f, bool any, const char *t)
{
	const char *e = t == m->start ? m->id_end : skip_queue_id(m, t);

	if (e != NULL)
		set(m, f, t, e);
	else if (any && str_starts((struct str){ t, (size_t)(m->end - t) },
	    STR("NOQUEUE")))
		e = t + strlen("NOQUEUE");
	return e;
}

/* name[address]:port; f is the name, the next fields are the others. */
static const char *
take_host(struct match *m, enum field f, const char *t)
{
	const char *name = t, *open, *close, *port;

	open = span(m, t, C_NAME);
	if (open == m->end || *open != '[')
		return open - name == strlen("local") &&
		    at_literal(m, name, STR("local")) ? open : NULL;
	close = span(m, open + 1, C_ADDR);
	if (close == m->end || *close != ']')
		return NULL;
	if (open > name)
		set(m, f, name, open);
	if (!str_eq((struct str){ open + 1, (size_t)(close - open) - 1 },
	    STR("unknown")))
		set(m, f + 1, open + 1, close);
	if (close + 1 == m->end || close[1] != ':')
		return close + 1;
	port = close + 2;
	t = span(m, port, C_DIGIT);
	if (t == port)
		return at_literal(m, port, STR("unknown")) ?
		    port + strlen("unknown") : close + 1;
	if (f != FIELD_ORIG_CLIENT_NAME)
		set(m, f + 2, port, t);
	return t;
}

/* Behind the closing quote of a string that opens at t, or NULL. */
static const char *
skip_quoted(const struct match *m, const char *t)
{
	for (t++; t < m->end; t++) {
		if (*t == '\\')
			t++;
		else if (*t == '"')
			return t + 1;
	}
	return NULL;
}

/* An address in quoted form, <...>, or without brackets one word. */
static const char *
take_address(struct match *m, enum field f, const char *t)
{
	const char *p = t, *e;

	if (t == m->end || *t != '<') {
		e = span(m, t, C_VALUE);
		set(m, f, t, e);
		return e == t ? NULL : e;
	}
	e = p = t + 1;
	m->strict_failed = true;
	if (e < m->end && *e == '"') {
		e = skip_quoted(m, e);
		if (e == NULL || e == m->end || (*e != '@' && *e != '>'))
			return NULL;
	}
	e = span(m, e, e > p ? C_NAME | C_ADDR : C_MAIL);
	if (e == m->end || *e != '>')
		return NULL;
	set(m, f, p, e);
	return e + 1;
}

static const char *
take_helo(struct match *m, enum field f, const char *t)
{
	const char *e;

	if (t == m->end || *t != '<')
		return t;
	for (e = t + 1; e < m->end && *e != '>' && *e != '<'; e++)
		;
	if (e == m->end || *e != '>')
		return NULL;
	set(m, f, t + 1, e);
	return e + 1;
}

static void
set_pair(struct match *m, struct str key, const char *p, const char *end)
{
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (key.n == keys[i].name.n && *key.p == *keys[i].name.p &&
		    str_eq(keys[i].name, key)) {
			set(m, keys[i].field, p, end);
			return;
		}
}

/* Ends before the literal that follows in the pattern. */
static const char *
take_pairs(struct match *m, struct str lit, const char *t)
{
	while (t < m->end) {
		const char *key = t, *eq, *e;

		if (lit.n > 0 && at_literal(m, t, lit))
			break;
		eq = span(m, t, C_WORD);
		if (eq == m->end && lit.n == 0)
			return eq;	/* a cut line */
		if (eq == key || eq == m->end || *eq != '=')
			return NULL;
		e = span(m, eq + 1, C_VALUE);
		set_pair(m, (struct str){ key, (size_t)(eq - key) }, eq + 1,
		    e);
		t = e;
		if (lit.n > 0 && at_literal(m, t, lit))
			break;
		if (t < m->end && *t == ',')
			t++;
		if (t < m->end && *t == ' ')
			t++;
		if (t == e)
			break;
	}
	return t;
}

/* Does nothing behind this point of a pattern take hostile text? */
static bool
tame(const char *pat)
{
	for (; *pat != '\0'; pat++)
		if ((uint8_t)*pat >= HOLE_FIRST) {
			switch (holes[(uint8_t)*pat - HOLE_FIRST].type) {
			case MAIL_ADDRESS:
			case HELO_NAME:
			case TEXT:
				return false;
			default:
				break;
			}
		}
	return true;
}

/* In quoted form after all, or else it ends at some bracket. */
static bool
match_lenient(struct match *m, const struct hole *h, const char *pat,
    const char *t)
{
	bool known = tame(pat), was = m->line->ambiguous;
	uint64_t before = m->set;
	const char *strict = take_address(m, h->field, t);

	if (strict != NULL && match(m, pat, strict))
		return true;
	restore(m, before);
	for (const char *e = m->end; e-- > t + 1; ) {
		if (*e != '>')
			continue;
		if (m->tries-- <= 0)
			return false;
		if (known)
			set(m, h->field, t + 1, e);
		else
			m->line->ambiguous = true;
		if (match(m, pat, e + 1)) {
			if (!known)
				restore(m, before);
			return true;
		}
		restore(m, before);
		m->line->ambiguous = was;
	}
	return false;
}

/* The place before `from` (LAST) or behind it (FIRST) where lit stands. */
static const char *
find_literal(const struct match *m, enum side side, const char *t,
    const char *from, struct str lit)
{
	if (side == FIRST) {
		for (; from < m->end; from++) {
			from = memchr(from, lit.p[0],
			    (size_t)(m->end - from));
			if (from == NULL)
				return NULL;
			if (at_literal(m, from, lit))
				return from;
		}
		return NULL;
	}
	while (from > t) {
		from = memrchr(t, lit.p[0], (size_t)(from - t));
		if (from == NULL)
			return NULL;
		if (at_literal(m, from, lit))
			return from;
	}
	return NULL;
}

static bool
match_text(struct match *m, const struct hole *h, const char *pat,
    const char *t)
{
	struct str lit;
	const char *limit = h->class == 0 ? m->end : span(m, t, h->class);
	const char *e = h->side == FIRST ? t : m->end;
	uint64_t before = m->set;

	while (*pat == OPT_CLOSE)
		pat++;
	if (*pat == '\0') {
		if (limit != m->end)
			return false;
		set(m, h->field, t, m->end);
		return true;
	}
	lit = literal(pat);
	assert(lit.n > 0);
	while ((e = find_literal(m, h->side, t, e, lit)) != NULL) {
		if (m->tries-- <= 0 || (h->side == FIRST && e > limit))
			return false;
		set(m, h->field, t, e);
		if (e <= limit && match(m, pat, e))
			return true;
		restore(m, before);
		if (h->side == FIRST)
			e++;
	}
	return false;
}

static const char *
skip_opt(const char *pat)
{
	while (*pat != OPT_CLOSE)
		pat++;
	return pat + 1;
}

/* With the optional part, else without. */
static bool
match_opt(struct match *m, const char *pat, const char *t)
{
	uint64_t before = m->set;

	if (match(m, pat, t))
		return true;
	restore(m, before);
	return match(m, skip_opt(pat), t);
}

static const char *
take(struct match *m, const struct hole *h, const char *pat, const char *t)
{
	const char *e;

	switch (h->type) {
	case QUEUE_ID:
		return take_queue_id(m, h->field, *pat == ANY_QID[0], t);
	case HOST:
		return take_host(m, h->field, t);
	case MAIL_ADDRESS:
		return take_address(m, h->field, t);
	case HELO_NAME:
		return take_helo(m, h->field, t);
	case PAIR_LIST:
		return take_pairs(m, literal(pat + 1), t);
	default:
		e = span(m, t, h->class);
		/* "192.0.2.44: text" */
		if (h->class == C_ADDR && e > t && e[-1] == ':')
			e--;
		/* A function's name has an underscore, a queue id has none. */
		if (e == t || (h->class == C_IDENT &&
		    memchr(t, '_', (size_t)(e - t)) == NULL))
			return NULL;
		set(m, h->field, t, e);
		return e;
	}
}

/* Does the pattern match the text from t to its end? */
static bool
match(struct match *m, const char *pat, const char *t)
{
	const char *end = m->end;

	for (;;) {
		for (; is_literal(*pat); pat++, t++)
			if (t == end || *t != *pat)
				return false;
		if ((uint8_t)*pat >= HOLE_FIRST) {
			const struct hole *h =
			    &holes[(uint8_t)*pat - HOLE_FIRST];

			assert(h < holes + NHOLES);
			if (h->type == TEXT)
				return match_text(m, h, pat + 1, t);
			if (h->type == MAIL_ADDRESS && m->lenient &&
			    t < end && *t == '<')
				return match_lenient(m, h, pat + 1, t);
			t = take(m, h, pat, t);
			if (t == NULL)
				return false;
			pat++;
		} else if (*pat == OPT_OPEN) {
			if (is_literal(pat[1]) &&
			    (t == end || *t != pat[1]))
				pat = skip_opt(pat);
			else
				return match_opt(m, pat + 1, t);
		} else if (*pat == OPT_CLOSE) {
			pat++;
		} else {
			return t == end;
		}
	}
}

static bool
match_rule(struct match *m, const char *pat, const char *t)
{
	m->tries = TRIES;
	m->lenient = m->strict_failed = false;
	if (match(m, pat, t))
		return true;
	restore(m, 0);
	if (!m->strict_failed)
		return false;
	m->lenient = true;
	if (match(m, pat, t))
		return true;
	restore(m, 0);
	return false;
}

bool
rule_parse(const struct rule *rules, struct str text, struct line *ret)
{
	struct match m = { .line = ret, .start = text.p };

	if (text.n == 0)
		return false;
	m.end = text.p + (text.n < TEXT_MAX ? text.n : TEXT_MAX);
	m.id_end = skip_queue_id(&m, text.p);
	for (const struct rule *r = rules; r->pattern != NULL; r++) {
		if (is_literal(r->pattern[0]) ? r->pattern[0] != text.p[0] :
		    r->pattern[0] == QID[0] && m.id_end == NULL)
			continue;
		if (match_rule(&m, r->pattern, text.p)) {
			ret->kind = r->kind;
			ret->rule = r;
			ret->ambiguous |= r->ambiguous;
			return true;
		}
	}
	return false;
}

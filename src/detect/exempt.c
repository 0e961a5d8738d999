/* SPDX-License-Identifier: Apache-2.0 */
/* See exempt.h. */
#include "weir/exempt.h"

#include <stdlib.h>

#include "weir/mem.h"

struct exempt {
	struct exemption	*v;
	size_t			 n;
};

struct exempt *
exempt_new(void)
{
	return xcalloc(1, sizeof(struct exempt));
}

static void
free_texts(struct exempt_texts *t)
{
	for (size_t i = 0; i < t->n; i++)
		free(t->v[i]);
	free(t->v);
}

void
exempt_free(struct exempt *x)
{
	if (x == NULL)
		return;
	for (size_t i = 0; i < x->n; i++) {
		free(x->v[i].name);
		free(x->v[i].reason);
		free_texts(&x->v[i].users);
		free_texts(&x->v[i].senders);
		free(x->v[i].clients);
		free(x->v[i].detectors);
	}
	free(x->v);
	free(x);
}

struct exemption *
exempt_add(struct exempt *x, const char *name, const char *reason)
{
	struct exemption	*m;

	x->v = xreallocarray(x->v, x->n + 1, sizeof(*x->v));
	m = &x->v[x->n++];
	*m = (struct exemption){ .name = xstrdup(name),
	    .reason = xstrdup(reason) };
	return m;
}

static void
add_text(struct exempt_texts *t, struct str s)
{
	t->v = xreallocarray(t->v, t->n + 1, sizeof(*t->v));
	t->v[t->n++] = str_dup(s);
}

void
exempt_add_user(struct exemption *m, struct str user)
{
	add_text(&m->users, user);
}

void
exempt_add_sender(struct exemption *m, struct str sender)
{
	add_text(&m->senders, sender);
}

void
exempt_add_client(struct exemption *m, const struct ip_net *net)
{
	m->clients = xreallocarray(m->clients, m->nclients + 1,
	    sizeof(*m->clients));
	m->clients[m->nclients++] = *net;
}

void
exempt_add_detector(struct exemption *m, const struct detector *d)
{
	m->detectors = xreallocarray(m->detectors, m->ndetectors + 1,
	    sizeof(*m->detectors));
	m->detectors[m->ndetectors++] = d;
}

static bool
has_text(const struct exempt_texts *t, struct str s)
{
	for (size_t i = 0; s.n > 0 && i < t->n; i++)
		if (str_eq_nocase(str_of(t->v[i]), s))
			return true;
	return false;
}

/* A login that failed is a word of whoever tried it. */
static bool
is_logged_in(const struct event *e)
{
	return e->sasl_username.n > 0 &&
	    (e->kind != EVENT_AUTH || e->status == STATUS_OK);
}

static bool
has_user(const struct exemption *m, const struct exempt_case *c)
{
	if ((c->key_type == KEY_SASL_USERNAME ||
	    c->key_type == KEY_LOCAL_USER) && has_text(&m->users, c->key))
		return true;
	if (c->event->origin == ORIGIN_LOCAL &&
	    has_text(&m->users, c->event->local_user))
		return true;
	return is_logged_in(c->event) &&
	    has_text(&m->users, c->event->sasl_username);
}

static bool
is_of(struct str domain, const struct exempt_texts *t)
{
	for (size_t i = 0; domain.n > 0 && i < t->n; i++)
		if (t->v[i][0] == '@' &&
		    str_eq_nocase(str_of(t->v[i] + 1), domain))
			return true;
	return false;
}

static bool
has_sender(const struct exemption *m, const struct exempt_case *c)
{
	struct str	sender = c->event->sender;

	if (c->key_type == KEY_SENDER)
		sender = c->key;
	else if (c->key_type == KEY_SENDER_DOMAIN)
		return is_of(c->key, &m->senders);
	else if (!c->trusted && c->event->origin != ORIGIN_LOCAL &&
	    !is_logged_in(c->event))
		return false;
	return has_text(&m->senders, sender) ||
	    is_of(str_domain(sender), &m->senders);
}

/* Is all of the network that the finding is about, or the client, in it? */
static bool
has_client(const struct exemption *m, const struct exempt_case *c)
{
	struct ip_net	net;
	struct ip	client;
	bool		of_net = c->key_type == KEY_CLIENT_NETWORK &&
			    ip_net_parse(c->key, &net);
	bool		of_client = ip_parse(c->event->client_address,
			    &client);

	for (size_t i = 0; i < m->nclients; i++)
		if ((of_client && ip_net_has(&m->clients[i], &client)) ||
		    (of_net && m->clients[i].bits <= net.bits &&
		    ip_net_has(&m->clients[i], &net.addr)))
			return true;
	return false;
}

/* May it stand in a list of the configuration as it is? */
static bool
is_plain(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!((s.p[i] >= 'a' && s.p[i] <= 'z') ||
		    (s.p[i] >= 'A' && s.p[i] <= 'Z') ||
		    (s.p[i] >= '0' && s.p[i] <= '9') ||
		    (s.p[i] != '\0' && strchr("@._+-:/=", s.p[i]) != NULL)))
			return false;
	return s.n > 0 && s.p[0] != '@';
}

bool
exempt_advise(const char *detector, enum alert_key_type type, struct str key,
    const char *sep, struct buf *out)
{
	static const char *const options[KEY_TYPE_COUNT] = {
		[KEY_SASL_USERNAME] = "user", [KEY_LOCAL_USER] = "user",
		[KEY_SENDER] = "sender", [KEY_SENDER_DOMAIN] = "sender",
		[KEY_CLIENT_ADDRESS] = "client",
		[KEY_CLIENT_NETWORK] = "client",
	};

	if (options[type] == NULL)
		return false;
	if (!is_plain(key))
		key = STR("WHO");
	buf_addf(out, "[exempt NAME]%s%s = %s%.*s%sdetectors = %s%s"
	    "reason = WHY", sep, options[type], type == KEY_SENDER_DOMAIN ?
	    "@" : "", STRF(key), sep, detector, sep);
	return true;
}

static bool
has_detector(const struct exemption *m, const struct detector *d)
{
	for (size_t i = 0; i < m->ndetectors; i++)
		if (m->detectors[i] == d)
			return true;
	return m->ndetectors == 0;
}

static bool
covers(const struct exemption *m, const struct exempt_case *c)
{
	if (m->users.n + m->senders.n + m->nclients == 0 ||
	    (m->until != 0 && c->event->at >= m->until))
		return false;
	return has_detector(m, c->detector) &&
	    (m->users.n == 0 || has_user(m, c)) &&
	    (m->senders.n == 0 || has_sender(m, c)) &&
	    (m->nclients == 0 || has_client(m, c));
}

const struct exemption *
exempt_find(const struct exempt *x, const struct exempt_case *c)
{
	for (size_t i = 0; x != NULL && i < x->n; i++)
		if (covers(&x->v[i], c))
			return &x->v[i];
	return NULL;
}

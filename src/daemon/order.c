/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See order.h.  "fine" is the one with several steps of its own: the policy
 * learns what the operator confirms, then history is judged anew, and the
 * alert follows its events.
 */
#include "weir/order.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "weir/mem.h"
#include "weir/reclassify.h"
#include "weir/wire.h"

#define FINE_DOMAINS	16	/* confirmed at once, at most */
#define FINE_EVENTS	1000	/* looked at for domains */

struct order {
	json_t			*request;
	char			*who;
	bool			 alone;
	bool			 going;		/* `re` is in work */
	struct reclassify	 re;
	char			 confirmed[512];	/* by "fine" */
};

static const char *const names[] = {
	"acknowledge", "resolve", "fine", "reclassify",
};

bool
order_knows(const char *command)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(names[i], command) == 0)
			return true;
	return false;
}

struct order *
order_new(const json_t *request, const char *who)
{
	struct order	*o = xcalloc(1, sizeof(*o));

	o->request = json_deep_copy(request);
	o->who = xstrdup(who);
	return o;
}

void
order_free(struct order *o)
{
	if (o == NULL)
		return;
	if (o->going)
		reclassify_done(&o->re);
	json_decref(o->request);
	free(o->who);
	free(o);
}

void
order_alone(struct order *o)
{
	o->alone = true;
}

static const char *
text_of(const struct order *o, const char *key)
{
	const char	*s = json_string_value(json_object_get(o->request,
			    key));

	return s == NULL ? "" : s;
}

static json_t *
refuse(const struct error *err)
{
	return json_pack("{s:b, s:s}", "ok", 0, "error", err->text);
}

static struct alert *
find_alert(const struct order *o, struct pipeline *p, struct error *err)
{
	struct alert	*a;

	if (store_get_alert(pipeline_store(p), str_of(text_of(o, "id")), &a,
	    err) == -1)
		return NULL;
	return a;
}

/* The answer about an alert as it is stored now. */
static json_t *
answer(const struct order *o, struct pipeline *p, const char *did)
{
	struct error	 err = { "" };
	struct alert	*a = find_alert(o, p, &err);
	json_t		*j;

	if (a == NULL)
		return refuse(&err);
	j = json_pack("{s:b, s:o, s:o}", "ok", 1,
	    "text", json_sprintf("%s: %s", did, a->title),
	    "alert", wire_alert(a));
	alert_free(a);
	return j;
}

/* Acknowledge or resolve. */
static int
change(struct order *o, struct pipeline *p, bool resolve, json_t **ret)
{
	const char	*note = text_of(o, "note");
	struct error	 err = { "" };
	struct alert	*a = find_alert(o, p, &err);
	char		 who[512];
	int		 rc;

	if (a == NULL) {
		*ret = refuse(&err);
		return 0;
	}
	snprintf(who, sizeof(who), *note == '\0' || resolve ? "%s" :
	    "%s (%s)", o->who, note);
	pipeline_begin(p);
	if (resolve)
		rc = engine_resolve(pipeline_engine(p), a, o->who,
		    *note == '\0' ? "resolved by hand" : note, &err);
	else
		rc = engine_acknowledge(pipeline_engine(p), a, who, &err);
	alert_free(a);
	if (pipeline_commit(p, rc == -1 ? NULL : &err) == -1) {
		*ret = refuse(&err);
		return -1;
	}
	*ret = rc == -1 ? refuse(&err) : answer(o, p,
	    resolve ? "resolved" : "acknowledged");
	return 0;
}

struct domains {
	char	v[FINE_DOMAINS][256];
	size_t	n;
	bool	more;
};

static int
add_domain(void *ctx, const struct event *e)
{
	struct domains	*d = ctx;
	struct str	 domain = str_domain(e->recipient);

	if (domain.n == 0 || domain.n >= sizeof(d->v[0]))
		return 0;
	for (size_t i = 0; i < d->n; i++)
		if (str_eq_nocase(str_of(d->v[i]), domain))
			return 0;
	if (d->n == FINE_DOMAINS)
		d->more = true;
	else
		str_copy(domain, d->v[d->n++], sizeof(d->v[0]));
	return 0;
}

/* What is no matter of the policy; what to do then. */
static int
refuse_fine(const struct alert *a, struct error *err)
{
	struct buf	section = { 0 };
	int		rc;

	if (exempt_advise(a->detector, a->key_type, str_of(a->key), " | ",
	    &section))
		rc = error_set(err, "the policy has no say in %s; write an "
		    "exemption into weir.conf, one line for each part: %s",
		    a->detector, buf_cstr(&section));
	else
		rc = error_set(err, "the policy has no say in %s; set its "
		    "floors or shadow in [detector %s] of weir.conf",
		    a->detector, a->detector);
	buf_done(&section);
	return rc;
}

/* Whom the alert's events were for, and the network they came from. */
static int
look(struct pipeline *p, const struct alert *a, struct domains *d,
    struct query *q, struct error *err)
{
	char	cursor[QUERY_CURSOR_MAX];

	query_init(q);
	if (strcmp(a->detector, "open-relay") != 0)
		return refuse_fine(a, err);
	q->has_client = (a->key_type == KEY_CLIENT_NETWORK ||
	    a->key_type == KEY_CLIENT_ADDRESS) &&
	    ip_net_parse(str_of(a->key), &q->client);
	if (!q->has_client)
		return error_set(err, "this alert is about no client: correct "
		    "[policy] in the configuration and reclassify");
	q->classes = 1u << CLASS_OPEN_RELAY;
	q->since = a->first_seen;
	q->until = a->last_seen + 1;
	q->limit = FINE_EVENTS;
	return store_query(pipeline_store(p), q, add_domain, d, cursor, err);
}

/* Whether to confirm the domains: asked for, or what the evidence says. */
static int
choose(const struct order *o, const struct domains *d, bool *ret_domain,
    struct error *err)
{
	const char	*what = text_of(o, "what");

	*ret_domain = strcmp(what, "domain") == 0 ||
	    (*what == '\0' && d->n == 1);
	if (!*ret_domain)
		return 0;
	if (d->n == 0)
		return error_set(err, "no event of this alert names a "
		    "recipient's domain; confirm the client's network "
		    "instead (--network)");
	if (d->more)
		return error_set(err, "the mail went to more than %d domains; "
		    "confirm the client's network instead (--network)",
		    FINE_DOMAINS);
	return 0;
}

static int
confirm(struct order *o, struct pipeline *p, const struct alert *a,
    const struct domains *d, bool domain, struct error *err)
{
	struct policy	*policy = pipeline_policy(p);
	struct buf	 words = { 0 };
	int		 rc = 0;

	buf_addf(&words, domain ? "relay domain" : "trusted network");
	if (!domain) {
		rc = policy_add(policy, POLICY_TRUSTED_NETWORKS,
		    POLICY_CONFIRMED, str_of(a->key), err);
		buf_addf(&words, " %s", a->key);
	}
	for (size_t i = 0; domain && rc != -1 && i < d->n; i++) {
		rc = policy_add(policy, POLICY_RELAY_DOMAINS,
		    POLICY_CONFIRMED, str_of(d->v[i]), err);
		buf_addf(&words, "%s %s", i == 0 ? "" : ",", d->v[i]);
	}
	snprintf(o->confirmed, sizeof(o->confirmed), "%s", buf_cstr(&words));
	buf_done(&words);
	return rc == -1 ? -1 : pipeline_put_policy(p, err);
}

/* The first step: the policy; the others go over history. */
static int
fine(struct order *o, struct pipeline *p, json_t **ret)
{
	struct error	 err = { "" };
	struct domains	*d = xcalloc(1, sizeof(*d));
	struct alert	*a = find_alert(o, p, &err);
	struct query	 q;
	bool		 domain;
	int		 rc = 0;

	query_init(&q);
	if (a == NULL || look(p, a, d, &q, &err) == -1 ||
	    choose(o, d, &domain, &err) == -1) {
		*ret = refuse(&err);
		goto out;
	}
	pipeline_begin(p);
	if (confirm(o, p, a, d, domain, &err) == -1 ||
	    pipeline_commit(p, &err) == -1) {
		*ret = refuse(&err);
		rc = -1;
		goto out;
	}
	q.since = q.until = 0;
	q.classes = 0;
	q.has_client = !domain;
	if (domain && d->n == 1)
		q.domain = xstrdup(d->v[0]);
	if (reclassify_init(&o->re, p, &q, &err) == -1) {
		*ret = refuse(&err);
		goto out;
	}
	query_init(&q);
	o->going = true;
	*ret = json_pack("{s:o}", "text", json_sprintf("confirmed as %s",
	    o->confirmed));
	rc = 1;
out:
	query_done(&q);
	alert_free(a);
	free(d);
	return rc;
}

static int
reclassify(struct order *o, struct pipeline *p, json_t **ret)
{
	struct error	err = { "" };
	struct query	q;

	query_init(&q);
	q.since = json_integer_value(json_object_get(o->request, "since"));
	if (reclassify_init(&o->re, p, &q, &err) == -1) {
		query_done(&q);
		*ret = refuse(&err);
		return 0;
	}
	o->going = true;
	*ret = NULL;
	return 1;
}

/* All events were judged anew: what to say of it. */
static json_t *
finish(const struct order *o, struct pipeline *p)
{
	struct error	 err = { "" };
	struct alert	*a;
	json_t		*j, *text;

	if (strcmp(text_of(o, "command"), "reclassify") == 0)
		return json_pack("{s:b, s:I, s:I, s:o}", "ok", 1,
		    "events", (json_int_t)o->re.events,
		    "revised", (json_int_t)o->re.revised,
		    "text", json_sprintf("%lld events judged anew, %lld have "
		    "another class now", (long long)o->re.events,
		    (long long)o->re.revised));
	if ((a = find_alert(o, p, &err)) == NULL)
		return refuse(&err);
	text = json_sprintf("confirmed as %s; %lld events have another class "
	    "now and the alert is %s: %s", o->confirmed,
	    (long long)o->re.revised, a->state == ALERT_RESOLVED ? "resolved" :
	    "still open for the rest", a->title);
	j = json_pack("{s:b, s:o, s:o, s:I}", "ok", 1, "text", text,
	    "alert", wire_alert(a), "revised", (json_int_t)o->re.revised);
	alert_free(a);
	return j;
}

static int
go_on(struct order *o, struct pipeline *p, json_t **ret)
{
	struct error	err = { "" };
	int		rc;

	if (o->alone)
		o->re.step = RECLASSIFY_ALONE;
	rc = reclassify_step(&o->re, p, &err);
	if (rc == -1)
		*ret = refuse(&err);
	else if (rc == 0)
		*ret = finish(o, p);
	else
		*ret = json_pack("{s:I, s:I, s:I}",
		    "done", (json_int_t)o->re.done,
		    "total", (json_int_t)o->re.total,
		    "revised", (json_int_t)o->re.revised);
	return rc;
}

int
order_step(struct order *o, struct pipeline *p, json_t **ret)
{
	const char	*command = text_of(o, "command");
	struct error	 err;

	if (pipeline_engine(p) == NULL) {
		(void)error_set(&err, "the database cannot be written now");
		*ret = refuse(&err);
		return 0;
	}
	if (o->going)
		return go_on(o, p, ret);
	if (strcmp(command, "fine") == 0)
		return fine(o, p, ret);
	if (strcmp(command, "reclassify") == 0)
		return reclassify(o, p, ret);
	return change(o, p, strcmp(command, "resolve") == 0, ret);
}

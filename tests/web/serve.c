/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The page's server with made-up data, for the tests in a browser and for the
 * README's picture: the real httpd over a real store in DIR.
 *
 *	serve DIR PORT demo|empty|blind|hostile|missing
 *
 * Prints the port and serves until standard input ends; each line of input
 * lets the newest alert count one more event.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "weir/httpd.h"
#include "weir/mem.h"
#include "weir/usec.h"

#define HOURS	24

/* Runs a weekday's curve through 24 hours; per mille of the busiest. */
static const int curve[HOURS] = {
	210, 160, 140, 130, 150, 190, 300, 520, 800, 930, 980, 1000,
	900, 880, 960, 940, 860, 700, 540, 450, 400, 360, 310, 260,
};

/* Events in the busiest hour, by class. */
static const struct {
	enum event_class	class;
	enum event_kind		kind;
	enum event_status	status;
	int			most;
} mix[] = {
	{ CLASS_INBOUND, EVENT_DELIVERY, STATUS_SENT, 410 },
	{ CLASS_AUTHENTICATED_RELAY, EVENT_DELIVERY, STATUS_SENT, 180 },
	{ CLASS_AUTHORISED_RELAY, EVENT_DELIVERY, STATUS_SENT, 66 },
	{ CLASS_LOCAL_SUBMISSION, EVENT_DELIVERY, STATUS_SENT, 14 },
	{ CLASS_FORWARDED, EVENT_DELIVERY, STATUS_SENT, 23 },
	{ CLASS_BOUNCE, EVENT_DELIVERY, STATUS_SENT, 6 },
	{ CLASS_RELAY_DENIED, EVENT_REJECT, STATUS_REJECTED, 17 },
	{ CLASS_REJECTED, EVENT_REJECT, STATUS_REJECTED, 120 },
	{ CLASS_AUTH_SUCCESS, EVENT_AUTH, STATUS_OK, 150 },
	{ CLASS_AUTH_FAILURE, EVENT_AUTH, STATUS_FAILED, 38 },
};

static struct store *store;
static struct error err;
static int64_t now;
static uint64_t serial;

static void
die(const char *what)
{
	fprintf(stderr, "serve: %s: %s\n", what, err.text);
	exit(1);
}

static void
add_event(int64_t at, enum event_class class, enum event_kind kind,
    enum event_status status)
{
	struct event e;
	int i;

	event_init(&e);
	serial++;
	for (i = 0; i < 6; i++)
		e.id[i] = (uint8_t)((uint64_t)(at / 1000) >> (40 - 8 * i));
	for (i = 0; i < 8; i++)
		e.id[15 - i] = (uint8_t)(serial >> (8 * i));
	e.at = at;
	e.kind = kind;
	e.class = class;
	e.status = status;
	e.counted = kind == EVENT_DELIVERY;
	e.host = STR("mx1.example.org");
	e.mta = STR("postfix");
	if (store_add_event(store, &e) != 1)
		die("add an event");
}

/* A day of traffic up to now; the same every time but for the hour. */
static void
add_day(void)
{
	int64_t hour = now - now % USEC_PER_HOUR, at;
	uint32_t seed = 1;
	time_t sec;
	struct tm tm;
	size_t m;
	int h, i, n;

	for (h = HOURS - 1; h >= 0; h--) {
		at = hour - h * USEC_PER_HOUR;
		sec = (time_t)(at / USEC_PER_SEC);
		gmtime_r(&sec, &tm);
		for (m = 0; m < sizeof(mix) / sizeof(mix[0]); m++) {
			seed = seed * 1103515245 + 12345;
			n = mix[m].most * curve[tm.tm_hour] / 1000;
			n = n * (int)(800 + (seed >> 16) % 400) / 1000;
			for (i = 0; i < n; i++)
				add_event(at + i, mix[m].class, mix[m].kind,
				    mix[m].status);
		}
	}
	for (i = 0; i < 212; i++)
		add_event(hour + i, CLASS_OPEN_RELAY, EVENT_DELIVERY,
		    STATUS_SENT);
	for (i = 0; i < 3; i++)
		add_event(hour - 6 * USEC_PER_HOUR + i, CLASS_OPEN_RELAY,
		    EVENT_DELIVERY, STATUS_SENT);
}

struct sample {
	enum alert_severity	 severity;
	enum alert_state	 state;
	int64_t			 since_us, last_us, count;
	const char		*key, *title, *runbook, *who, *lines;
};

static const struct sample relay = {
	SEVERITY_CRITICAL, ALERT_OPEN, 14 * USEC_PER_MIN, 8 * USEC_PER_SEC,
	212, "198.51.100.0/24",
	"Open relay: 198.51.100.77 sent mail through mx1.example.org to "
	"a.miller@example.net without logging in (accepted by "
	"mx.example.net)",
	"1. Stop it: block the client (nft or your firewall: "
	"198.51.100.0/24) or run `postfix stop` until the hole is closed.\n"
	"2. Look at what waits: `postqueue -p`; hold this message: "
	"`postsuper -h '4F2B81C0D3'`.\n"
	"3. Find the hole: `postconf mynetworks smtpd_relay_restrictions "
	"smtpd_recipient_restrictions` and the access maps they name; ask "
	"why '198.51.100.77' may send to 'a.miller@example.net'.\n"
	"4. See how much: `weir query --class open_relay --client "
	"198.51.100.0/24`.\n"
	"5. After mending: `postfix reload`, flush or delete what is left, "
	"and check block lists for this host's address.\n"
	"6. If this is legitimate: `weir alerts fine ID` adds the domain or "
	"the network to the policy.\n", NULL,
	"postfix/smtpd[2211]: 4F2B81C0D3: client=unknown[198.51.100.77]\n"
	"postfix/qmgr[811]: 4F2B81C0D3: from=<billing@invoices.example.com>, "
	"size=4811, nrcpt=1 (queue active)\n"
	"postfix/smtp[2214]: 4F2B81C0D3: to=<a.miller@example.net>, "
	"relay=mx.example.net[203.0.113.25]:25, delay=0.9, "
	"delays=0.31/0.01/0.2/0.38, dsn=2.0.0, status=sent (250 2.0.0 Ok: "
	"queued as 9C1D)",
};

static const struct sample scanner = {
	SEVERITY_WARNING, ALERT_ACKNOWLEDGED, 6 * USEC_PER_HOUR,
	6 * USEC_PER_HOUR, 3, "2001:db8:7:1::/64",
	"Open relay (policy not known): 2001:db8:7:1::25 sent mail through "
	"mx1.example.org to archive@example.net without logging in "
	"(accepted by mx.example.net)",
	"1. See whose printer this is.\n", "kim",
	"postfix/smtpd[991]: 7D1A2B3C4D: client=scan[2001:db8:7:1::25]",
};

static const struct sample old = {
	SEVERITY_CRITICAL, ALERT_RESOLVED, 30 * USEC_PER_HOUR,
	29 * USEC_PER_HOUR, 40, "203.0.113.0/24",
	"Open relay: 203.0.113.9 sent mail through mx1.example.org to "
	"b@example.net without logging in (waiting in the queue)",
	"1. Nothing.\n", NULL, "postfix/smtpd[1]: 1: client=x[203.0.113.9]",
};

/* Markup, a way out of an attribute, bidi, a control, a long word. */
static const struct sample hostile = {
	SEVERITY_CRITICAL, ALERT_OPEN, USEC_PER_MIN, USEC_PER_SEC, 1,
	"\"><svg onload=pwned=1>",
	"<img src=x onerror=\"window.pwned=1\"><b>bold</b> \xe2\x80\xaegnp.exe "
	"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
	"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
	"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
	"1. Run `<script>window.pwned=1</script>`.\n",
	"<i>who</i>", "helo=<script>window.pwned=1</script> \x1b[2J end",
};

static struct alert *newest;

static void
put_alert(const struct alert *a)
{
	if (store_put_alert(store, a) == -1)
		die("put an alert");
}

static void
add_alert(const struct sample *s)
{
	struct alert *a = alert_new();
	uint8_t id[EVENT_ID_SIZE] = { (uint8_t)++serial };

	a->detector = xstrdup("open-relay");
	a->severity = s->severity;
	a->state = s->state;
	a->host = xstrdup("mx1.example.org");
	a->key_type = KEY_CLIENT_NETWORK;
	a->key = xstrdup(s->key);
	a->opened = a->first_seen = now - s->since_us;
	a->last_seen = now - s->last_us;
	a->count = s->count;
	a->title = xstrdup(s->title);
	a->runbook = xstrdup(s->runbook);
	if (s->who != NULL)
		a->acknowledged_by = xstrdup(s->who);
	if (s->state == ALERT_RESOLVED)
		a->resolved_reason = xstrdup("mended");
	alert_add_evidence(a, id, str_of(s->lines));
	alert_make_id(a, id);
	put_alert(a);
	alert_free(newest);
	newest = a;
}

static void
set(char *dst, size_t size, const char *s)
{
	str_copy(str_of(s), dst, size);
}

static void
publish(struct snapshot_box *box, const char *mode)
{
	static char beliefs[] =
	    "[{\"key\":\"trusted-networks\",\"source\":\"found\","
	    "\"value\":\"127.0.0.0/8\"},{\"key\":\"trusted-networks\","
	    "\"source\":\"found\",\"value\":\"10.20.0.0/24\"},"
	    "{\"key\":\"local-domains\",\"source\":\"found\","
	    "\"value\":\"example.org\"},{\"key\":\"local-domains\","
	    "\"source\":\"found\",\"value\":\"lists.example.org\"},"
	    "{\"key\":\"relay-domains\",\"source\":\"configured\","
	    "\"value\":\"backup.example.net\"}]";
	struct snapshot *s = xcalloc(1, sizeof(*s));
	struct snapshot_source *src = &s->sources[0];

	set(s->version, sizeof(s->version), WEIR_VERSION);
	set(s->host, sizeof(s->host), "mx1.example.org");
	s->started_at = now - 12 * USEC_PER_DAY;
	s->published_at = s->committed_at = now;
	s->watching = strcmp(mode, "blind") != 0;
	s->beliefs_json = beliefs;
	s->nsources = 1;
	set(src->name, sizeof(src->name), "maillog");
	set(src->path, sizeof(src->path), "/var/log/mail.log");
	if (store != NULL && store_totals(store, &s->store, &err) == -1)
		die("count");
	if (s->watching) {
		src->state = SOURCE_WAITING;
		src->counts.lines = 1284332;
		src->counts.unknown = 23;
		src->last_line_at = now;
		s->nunknown = 1;
		s->unknown[0].lines = 23;
		set(s->unknown[0].program, sizeof(s->unknown[0].program),
		    "postfix/tlsproxy");
		set(s->unknown[0].sample, sizeof(s->unknown[0].sample),
		    "CONNECT from [198.51.100.9]:51422");
		s->hooks_delivered = 41;
	} else {
		src->state = SOURCE_DENIED;
		set(s->why_not, sizeof(s->why_not),
		    "/var/log/mail.log may not be read");
		set(src->problem, sizeof(src->problem),
		    "open /var/log/mail.log: Permission denied");
		set(src->mend, sizeof(src->mend),
		    "usermod -a -G adm weir && systemctl restart weir");
	}
	snapshot_publish(box, s);
	free(s);
}

static void
fill(const char *mode)
{
	if (store_begin(store, &err) == -1)
		die("begin");
	if (strcmp(mode, "demo") == 0 || strcmp(mode, "hostile") == 0)
		add_day();
	if (strcmp(mode, "demo") == 0) {
		add_alert(&old);
		add_alert(&scanner);
		add_alert(&relay);
	} else if (strcmp(mode, "hostile") == 0)
		add_alert(&hostile);
	if (store_commit(store, &err) == -1)
		die("commit");
}

int
main(int argc, char **argv)
{
	char db[512], listen[32], line[16];
	struct httpd_options o = { .listen = listen, .db = db };
	struct httpd *h;
	struct timespec ts;

	if (argc != 4)
		return 2;
	clock_gettime(CLOCK_REALTIME, &ts);
	now = ts.tv_sec * USEC_PER_SEC;
	snprintf(db, sizeof(db), "%s/weir.db", argv[1]);
	snprintf(listen, sizeof(listen), "127.0.0.1:%s", argv[2]);
	if (strcmp(argv[3], "missing") != 0) {
		store = store_open(db, STORE_WRITE, &err);
		if (store == NULL)
			die("open");
		fill(argv[3]);
	}
	o.box = snapshot_box_new();
	publish(o.box, argv[3]);
	h = httpd_start(&o, &err);
	if (h == NULL)
		die("start");
	printf("%d\n", httpd_port(h));
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin) != NULL && newest != NULL) {
		newest->count++;
		if (store_begin(store, &err) == -1)
			die("begin");
		put_alert(newest);
		if (store_commit(store, &err) == -1)
			die("commit");
	}
	httpd_stop(h);
	snapshot_box_free(o.box);
	alert_free(newest);
	store_close(store);
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* See daemon.h: start, reload and stop, each part in the order of its needs. */
#include "weir/daemon.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "weir/log.h"
#include "weir/mem.h"
#include "weir/raise.h"

#include "daemon_priv.h"

void
daemon_arm(struct daemon *d, sd_event_source **timer, int64_t at,
    sd_event_time_handler_t fn)
{
	if (*timer == NULL) {
		(void)sd_event_add_time(d->loop, timer, CLOCK_REALTIME,
		    (uint64_t)at, 1000, fn, d);
		return;
	}
	(void)sd_event_source_set_time(*timer, (uint64_t)at);
	(void)sd_event_source_set_enabled(*timer, SD_EVENT_ONESHOT);
}

void
daemon_disarm(sd_event_source *timer)
{
	if (timer != NULL)
		(void)sd_event_source_set_enabled(timer, SD_EVENT_OFF);
}

/* Log text of several lines. */
static void
log_lines(void (*log)(const char *, ...), struct str text)
{
	struct str	line;

	while (str_cut(&text, '\n', &line))
		if (line.n > 0)
			log("%.*s", STRF(line));
}

static enum log_level
level_of(const struct config *c)
{
	static const char *const names[] = {
		[LOG_LEVEL_ERROR] = "error", [LOG_LEVEL_WARN] = "warn",
		[LOG_LEVEL_INFO] = "info", [LOG_LEVEL_DEBUG] = "debug",
	};
	const char	*s = config_text(c, "weir", NULL, "log-level");

	for (int i = LOG_LEVEL_ERROR; i <= LOG_LEVEL_DEBUG; i++)
		if (strcmp(names[i], s) == 0)
			return i;
	return LOG_LEVEL_INFO;
}

/* Configuration and webhooks: both or nothing. */
static int
load_config(const char *path, struct config **ret, struct webhook **ret_hooks,
    size_t *ret_n, struct error *err)
{
	struct buf	 problems = { 0 };
	struct config	*c = config_load(path, &problems);
	int		 rc = -1;

	if (c != NULL)
		rc = webhook_load(c, ret_hooks, ret_n, &problems);
	log_lines(rc == 0 ? log_warn : log_error, buf_str(&problems));
	for (size_t i = 0; c != NULL && config_warning(c, i) != NULL; i++)
		log_warn("%s", config_warning(c, i));
	if (rc == -1) {
		config_free(c);
		(void)error_set(err, "the configuration has mistakes: %.*s",
		    STRF(str_head(str_trim(buf_str(&problems)), 900)));
	} else {
		*ret = c;
	}
	buf_done(&problems);
	return rc;
}

/* The state directory, made and given to the user if need be. */
static int
make_state_dir(const char *dir, const struct passwd *pw, struct error *err)
{
	struct stat	st;

	if (mkdir(dir, 0750) == -1 && errno != EEXIST)
		return error_set(err, "%s: %s", dir, strerror(errno));
	if (stat(dir, &st) == -1)
		return error_set(err, "%s: %s", dir, strerror(errno));
	if (pw == NULL || st.st_uid == pw->pw_uid)
		return 0;
	if (chown(dir, pw->pw_uid, pw->pw_gid) == -1)
		return error_set(err, "%s belongs to another user, and cannot "
		    "be given to %s: %s", dir, pw->pw_name, strerror(errno));
	return 0;
}

/* As root: become the user of the configuration, for good. */
static int
become_user(const struct config *c, struct error *err)
{
	const char		*dir = config_text(c, "weir", NULL,
				    "state-dir");
	const char		*user = config_text(c, "weir", NULL, "user");
	const struct passwd	*pw;

	if (geteuid() != 0)
		return make_state_dir(dir, NULL, err);
	if ((pw = getpwnam(user)) == NULL) {
		log_warn("there is no user %s: weir goes on as root", user);
		return make_state_dir(dir, NULL, err);
	}
	if (make_state_dir(dir, pw, err) == -1)
		return -1;
	if (initgroups(user, pw->pw_gid) == -1 || setgid(pw->pw_gid) == -1 ||
	    setuid(pw->pw_uid) == -1)
		return error_set(err, "weir cannot become the user %s: %s",
		    user, strerror(errno));
	return 0;
}

static void
tell_found(const struct daemon *d)
{
	const char	*file;
	struct buf	 files = { 0 };

	for (size_t i = 0; (file = config_file(d->config, i)) != NULL; i++)
		buf_addf(&files, "%s%s", i == 0 ? "" : ", ", file);
	log_info("weir %s, configuration: %s, database: %s", WEIR_VERSION,
	    files.n == 0 ? "none" : buf_cstr(&files), d->db);
	for (size_t i = 0; i < d->watch.n; i++)
		log_info("source: %s%s", d->watch.v[i].path, d->watch.found ?
		    " (found; none is configured)" : "");
	for (size_t i = 0; i < d->nhooks; i++)
		log_info("webhook: %s", d->hooks[i].name);
	if (d->nhooks == 0)
		log_warn("no [webhook] is configured: alerts are shown by "
		    "`weir alerts` and over HTTP, and nobody is told");
	buf_done(&files);
}

struct keys {
	struct buf	text[POLICY_KEY_COUNT];
	size_t		n[POLICY_KEY_COUNT];
};

static void
add_belief(void *ctx, enum policy_key k, enum policy_source s,
    struct str value)
{
	struct keys	*keys = ctx;

	if (keys->n[k]++ < 20)
		buf_addf(&keys->text[k], "%s%.*s (%s)",
		    keys->n[k] == 1 ? "" : ", ", STRF(value),
		    policy_source_name(s));
}

/* Which networks and domains are believed, and why. */
static void
tell_beliefs(struct daemon *d)
{
	const struct policy	*p = pipeline_policy(d->pipeline);
	struct keys		*keys = xcalloc(1, sizeof(*keys));
	const char		*gap;

	log_lines(log_warn, pipeline_doubts(d->pipeline));
	if (d->no_mta.text[0] != '\0')
		log_info("the running mail server was not asked: %s",
		    d->no_mta.text);
	for (size_t i = 0; d->mta != NULL &&
	    (gap = mtaconf_gap(d->mta, i)) != NULL; i++)
		log_info("%s", gap);
	policy_each(p, add_belief, keys);
	for (int k = 0; k < POLICY_KEY_COUNT; k++) {
		log_info("%s: %s%s", policy_key_name(k), keys->n[k] == 0 ?
		    policy_governs(p, k) == POLICY_LEARNT ?
		    "not known yet, learnt from the log" : "none" :
		    buf_cstr(&keys->text[k]), keys->n[k] > 20 ? ", ..." : "");
		buf_done(&keys->text[k]);
	}
	free(keys);
}

/*
 * A public network that was found and is not believed is the hole itself: an
 * alert for each, until the mail server no longer says so.
 */
static void
raise_doubts(struct daemon *d)
{
	static const char	detector[] = "policy";
	struct raise		r = { 0 };
	struct buf		keys = { 0 };
	struct str		text = pipeline_doubts(d->pipeline), line;
	struct ip_net		net;
	char			key[IP_TEXT_MAX], title[1024];

	raise_keys(d->pipeline, detector, &keys);
	for (struct str k = buf_str(&keys); str_cut(&k, '\n', &line);)
		if (line.n > 0 && str_find(text, line) == STR_NPOS) {
			str_copy(line, key, sizeof(key));
			(void)raise_resolve(d->pipeline, detector, key,
			    "the mail server no longer trusts it");
		}
	while (str_cut(&text, '\n', &line)) {
		str_copy(str_head(line, str_find_char(line, ' ')), key,
		    sizeof(key));
		if (!ip_net_parse(str_of(key), &net))
			continue;
		str_copy(line, title, sizeof(title));
		r.detector = detector;
		r.host = d->watch.host;
		r.key = key;
		r.severity = SEVERITY_WARNING;
		r.key_type = KEY_CLIENT_NETWORK;
		r.notice = "policy";
		r.title = title;
		r.runbook = "postconf mynetworks smtpd_relay_restrictions";
		raise_open(d->pipeline, &r);
	}
	buf_done(&keys);
	intake_commit(d);
}

static void
start_http(struct daemon *d)
{
	struct httpd_options	o = { 0 };
	struct error		err = { "" };

	snprintf(d->listen, sizeof(d->listen), "%s",
	    config_bool(d->config, "http", NULL, "enabled") ?
	    config_text(d->config, "http", NULL, "listen") : "");
	if (d->listen[0] == '\0')
		return;
	o.listen = d->listen;
	o.db = d->db;
	o.box = d->box;
	if ((d->http = httpd_start(&o, &err)) == NULL)
		log_error("%s; mail is watched without HTTP", err.text);
	else
		log_info("HTTP on %s, port %d", d->listen,
		    httpd_port(d->http));
}

/*
 * Whatever depends on the configuration, but store, socket and loop.  `broken`
 * is why the store cannot be written just now, or NULL.
 */
static int
start_parts(struct daemon *d, const struct error *broken, struct error *err)
{
	d->stopping = false;
	d->broken = broken != NULL;
	if (outbox_start(d, err) == -1)
		return -1;
	start_http(d);
	tell_found(d);
	if (d->broken) {
		intake_fail(d, broken);
		return 0;
	}
	tell_beliefs(d);
	raise_doubts(d);
	intake_start(d);
	intake_publish(d);
	return 0;
}

static void
stop_parts(struct daemon *d)
{
	d->stopping = true;
	drill_stop(d);
	intake_stop(d);
	outbox_stop(d);
	httpd_stop(d->http);
	d->http = NULL;
}

static void
set_pipeline_options(struct daemon *d)
{
	d->po.db = d->db;
	d->po.mode = STORE_WRITE;
	d->po.live = true;
	d->po.this_host = true;
	d->po.config = d->config;
	d->po.finder = d->mta == NULL ? NULL : &d->finder;
	d->po.hooks = d->hooks;
	d->po.nhooks = d->nhooks;
}

/*
 * The parts are stopped after a last commit and started with the new
 * configuration, as at a start; a configuration with mistakes changes nothing.
 */
int
daemon_reload(struct daemon *d, struct error *err)
{
	struct config	*c;
	struct webhook	*hooks;
	struct watch	 w;
	struct error	 later = { "" };
	char		 db[4096];
	size_t		 n;

	if (load_config(d->config_path, &c, &hooks, &n, err) == -1)
		return -1;
	if (watch_load(&w, c, err) == -1) {
		watch_done(&w);
		webhook_free(hooks, n);
		config_free(c);
		return -1;
	}
	pipeline_db_path(c, NULL, db, sizeof(db));
	if (strcmp(db, d->db) != 0)
		log_warn("state-dir: another database is used only after a "
		    "restart");
	stop_parts(d);
	watch_done(&d->watch);
	webhook_free(d->hooks, d->nhooks);
	config_free(d->config);
	d->watch = w;
	d->config = c;
	d->hooks = hooks;
	d->nhooks = n;
	log_init(level_of(c), getenv("JOURNAL_STREAM") != NULL);
	set_pipeline_options(d);
	if (pipeline_restart(d->pipeline, &d->po, &later) == -1)
		return start_parts(d, &later, err);
	return start_parts(d, NULL, err);
}

static int
on_reload(sd_event_source *s, const struct signalfd_siginfo *si, void *ctx)
{
	struct daemon	*d = ctx;
	struct error	 err = { "" };
	struct timespec	 t;

	(void)s;
	(void)si;
	clock_gettime(CLOCK_MONOTONIC, &t);
	(void)sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%lld",
	    (long long)t.tv_sec * 1000000 + t.tv_nsec / 1000);
	if (daemon_reload(d, &err) == -1)
		log_error("%s; the configuration before it stays in force",
		    err.text);
	else
		log_info("the configuration was read anew");
	(void)sd_notify(0, "READY=1");
	return 0;
}

static int
on_end(sd_event_source *s, const struct signalfd_siginfo *si, void *ctx)
{
	struct daemon	*d = ctx;

	(void)s;
	log_info("ending on signal %d", (int)si->ssi_signo);
	return sd_event_exit(d->loop, 0);
}

static int
start_loop(struct daemon *d, struct error *err)
{
	sigset_t	set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	(void)signal(SIGPIPE, SIG_IGN);
	if (sd_event_default(&d->loop) < 0 ||
	    sd_event_add_signal(d->loop, NULL, SIGTERM, on_end, d) < 0 ||
	    sd_event_add_signal(d->loop, NULL, SIGINT, on_end, d) < 0 ||
	    sd_event_add_signal(d->loop, NULL, SIGHUP, on_reload, d) < 0 ||
	    sd_event_set_watchdog(d->loop, 1) < 0)
		return error_set(err, "the event loop cannot be set up");
	return 0;
}

static int
ask_mta(void *ctx, void (*tell)(void *tell_ctx, enum policy_key k,
    struct str value), void *tell_ctx, struct error *err)
{
	struct daemon	*d = ctx;

	d->no_mta.text[0] = '\0';
	if (mtaconf_find(d->mta, tell, tell_ctx, &d->no_mta) == 0)
		return 0;
	return error_set(err, "%s", d->no_mta.text);
}

/* Nothing was stored since then; a daemon that ended may have been the last. */
static int64_t
last_stored(struct daemon *d)
{
	int64_t now = pipeline_clock();
	int64_t at = engine_now(pipeline_engine(d->pipeline));

	return at > 0 && at < now ? at : now;
}

static int
start(struct daemon *d, struct error *err)
{
	if (load_config(d->config_path, &d->config, &d->hooks, &d->nhooks,
	    err) == -1)
		return -1;
	log_init(level_of(d->config), getenv("JOURNAL_STREAM") != NULL);
	/* Before the rights are given up, and before there are threads. */
	d->finder = (struct beliefs_finder){ d, ask_mta };
	d->mta = mtaconf_start(MTACONF_PATH, MTACONF_LIMIT, &d->no_mta);
	if (become_user(d->config, err) == -1 ||
	    watch_load(&d->watch, d->config, err) == -1 ||
	    start_loop(d, err) == -1)
		return -1;
	pipeline_db_path(d->config, NULL, d->db, sizeof(d->db));
	set_pipeline_options(d);
	if ((d->pipeline = pipeline_open(&d->po, err)) == NULL)
		return -1;
	if (pipeline_has_standin(d->pipeline))
		intake_standin(d, err, last_stored(d));
	d->box = snapshot_box_new();
	snprintf(d->snap.version, sizeof(d->snap.version), "%s",
	    WEIR_VERSION);
	memcpy(d->snap.host, d->watch.host, sizeof(d->snap.host));
	d->snap.started_at = pipeline_clock();
	return answer_start(d, err) == -1 ? -1 : start_parts(d, NULL, err);
}

static void
stop(struct daemon *d)
{
	if (d->pipeline != NULL && d->box != NULL)
		stop_parts(d);
	answer_stop(d);
	pipeline_close(d->pipeline);
	watch_done(&d->watch);
	mtaconf_stop(d->mta);
	webhook_free(d->hooks, d->nhooks);
	config_free(d->config);
	snapshot_box_free(d->box);
	sd_event_unref(d->loop);
}

int
daemon_run(const char *config, struct error *err)
{
	struct daemon	*d = xcalloc(1, sizeof(*d));
	int		 rc = -1;

	d->config_path = config;
	log_init(LOG_LEVEL_INFO, getenv("JOURNAL_STREAM") != NULL);
	if (start(d, err) == 0) {
		(void)sd_notify(0, "READY=1");
		rc = sd_event_loop(d->loop) < 0 ?
		    error_set(err, "the event loop failed") : 0;
		(void)sd_notify(0, "STOPPING=1");
	}
	stop(d);
	free(d);
	return rc;
}

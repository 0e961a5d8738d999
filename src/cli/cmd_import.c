/* SPDX-License-Identifier: Apache-2.0 */
/* weir import: whole logs into the database, judged as if they were live. */
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "weir/cli.h"
#include "weir/import.h"
#include "weir/mtaconf.h"
#include "weir/print.h"
#include "weir/mem.h"

#define TITLES		10	/* alerts named at the end */
#define BAR_EVERY_US	(200 * USEC_PER_MSEC)

struct run {
	bool		 bar;		/* a terminal is there to draw on */
	int64_t		 began, drawn;	/* wall clock */
	struct alert	*top[TITLES];	/* most serious first */
	size_t		 ntop;
	uint64_t	 opened[SEVERITY_COUNT];
};

static volatile sig_atomic_t stop;

static void
on_signal(int sig)
{
	(void)sig;
	stop = 1;
}

#define BAR_WIDTH	20

/* "[#####               ]  27 %, 1:05 left": of files that tell how long. */
static void
print_bar(const struct import_progress *p, double seconds)
{
	double	 part = (double)p->counts.bytes / (double)p->total_bytes;
	int	 full, left;

	if (part > 0.99)
		part = 0.99;	/* a gzip of several members tells too little */
	full = (int)(part * BAR_WIDTH);
	fprintf(stderr, "[%.*s%*s] %2.0f %%, ", full, "####################",
	    BAR_WIDTH - full, "", part * 100);
	if (part <= 0 || seconds < 1)
		return;
	left = (int)(seconds / part * (1 - part));
	if (left >= 3600)
		fprintf(stderr, "%d:%02d:%02d left, ", left / 3600,
		    left / 60 % 60, left % 60);
	else
		fprintf(stderr, "%d:%02d left, ", left / 60, left % 60);
}

static void
draw(void *ctx, const struct import_progress *p)
{
	struct run	*r = ctx;
	int64_t		 now = pipeline_clock();
	char		 at[USEC_TEXT_MAX];
	double		 seconds = (double)(now - r->began) / USEC_PER_SEC;

	if (!r->bar || now - r->drawn < BAR_EVERY_US)
		return;
	r->drawn = now;
	usec_print(p->at, at);
	fprintf(stderr, "\r\033[K");
	if (p->total_bytes > 0)
		print_bar(p, seconds);
	fprintf(stderr, "%" PRIu64 " lines, %.0f lines/s, at %.19s",
	    p->counts.lines, seconds > 0 ?
	    (double)p->counts.lines / seconds : 0, at);
}

static void
say(void *ctx, const char *text)
{
	struct run	*r = ctx;

	fprintf(stderr, "%sweir: %s\n", r->bar ? "\r\033[K" : "", text);
}

static void
drop(struct run *r, const struct alert *a)
{
	for (size_t i = 0; i < r->ntop; i++) {
		if (memcmp(r->top[i]->id, a->id, sizeof(a->id)) != 0)
			continue;
		alert_free(r->top[i]);
		memmove(r->top + i, r->top + i + 1,
		    (r->ntop - i - 1) * sizeof(*r->top));
		r->ntop--;
		return;
	}
}

/* Keep the most serious ones, the earliest of them first. */
static void
alerted(void *ctx, const struct alert *a, enum alert_transition t)
{
	struct run	*r = ctx;
	size_t		 i;

	if (a->shadow)
		return;
	if (t == TRANSITION_OPENED)
		r->opened[a->severity]++;
	drop(r, a);
	if (t == TRANSITION_RESOLVED || a->state == ALERT_RESOLVED)
		return;
	for (i = r->ntop; i > 0; i--)
		if (r->top[i - 1]->severity > a->severity ||
		    (r->top[i - 1]->severity == a->severity &&
		    r->top[i - 1]->opened <= a->opened))
			break;
	if (i == TITLES)
		return;
	if (r->ntop == TITLES)
		alert_free(r->top[--r->ntop]);
	memmove(r->top + i + 1, r->top + i, (r->ntop - i) * sizeof(*r->top));
	r->top[i] = alert_copy(a);
	r->ntop++;
}

static void
print_alerts(const struct run *r)
{
	uint64_t	all = 0;

	for (int i = 0; i < SEVERITY_COUNT; i++)
		all += r->opened[i];
	printf("Alerts: %" PRIu64, all);
	for (int i = SEVERITY_COUNT - 1; all > 0 && i >= 0; i--)
		if (r->opened[i] > 0)
			printf(", %" PRIu64 " %s", r->opened[i],
			    alert_severity_name(i));
	printf("\n");
	for (size_t i = 0; i < r->ntop; i++) {
		printf("  %-8s  ", alert_severity_name(r->top[i]->severity));
		/* Strangers' words are in it. */
		print_text(str_of(r->top[i]->title));
		printf("\n");
	}
	if (all > r->ntop && r->ntop > 0)
		printf("  ... `weir alerts` lists all\n");
}

static void
print_summary(const struct run *r, const struct engine_stats *st,
    const struct import_progress *pr)
{
	const struct batch_counts	*c = &pr->counts;
	double	 seconds = (double)(pipeline_clock() - r->began) /
		    USEC_PER_SEC;
	double	 lines = (double)c->lines;
	uint64_t events = 0;

	for (int i = 0; i < EVENT_KIND_COUNT; i++)
		events += st->events[i];
	printf("Lines:  %" PRIu64 " in %.1f s (%.0f a second)\n", c->lines,
	    seconds, seconds > 0 ? lines / seconds : 0);
	if (c->lines > 0)
		printf("        %.2f %% understood, %" PRIu64 " unknown to "
		    "weir, %" PRIu64 " without a time\n", 100 - 100 *
		    (double)(c->unknown + c->no_stamp) / lines, c->unknown,
		    c->no_stamp);
	if (c->cut + c->cleaned > 0)
		printf("        %" PRIu64 " cut for their length, %" PRIu64
		    " cleaned of bytes that are no text\n", c->cut,
		    c->cleaned);
	printf("Events: %" PRIu64 " new", events);
	if (st->duplicates > 0)
		printf(", %" PRIu64 " were there already", st->duplicates);
	printf("\n");
	print_alerts(r);
}

struct arguments {
	const char	*config, *db;
	bool		 this_host;
	struct import_options	import;
};

static int
parse(int argc, char **argv, struct arguments *a)
{
	static const struct option options[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "db", required_argument, NULL, 'd' },
		{ "year", required_argument, NULL, 'y' },
		{ "timezone", required_argument, NULL, 'z' },
		{ "host", required_argument, NULL, 'h' },
		{ "this-host", no_argument, NULL, 't' },
		{ NULL, 0, NULL, 0 },
	};
	uint64_t	year;
	int		c;

	optind = 0;
	while ((c = getopt_long(argc, argv, "c:", options, NULL)) != -1)
		switch (c) {
		case 'c':
			a->config = optarg;
			break;
		case 'd':
			a->db = optarg;
			break;
		case 'y':
			if (!str_to_u64(str_of(optarg), &year) ||
			    year < 1970 || year > 2100) {
				fprintf(stderr, "weir: \"%s\" is not a year "
				    "of 1970 to 2100\n", optarg);
				return -1;
			}
			a->import.year = (int)year;
			break;
		case 'z':
			a->import.timezone = optarg;
			break;
		case 'h':
			a->import.host = optarg;
			break;
		case 't':
			a->this_host = true;
			break;
		default:
			return -1;
		}
	if (optind == argc) {
		fprintf(stderr, "weir: import needs a PATH (or - for standard "
		    "input)\n");
		return -1;
	}
	a->import.paths = argv + optind;
	a->import.npaths = (size_t)(argc - optind);
	return 0;
}

/* A first Ctrl-C ends with a commit, a second one at once. */
static void
catch_signals(void)
{
	struct sigaction	sa = { 0 };

	sa.sa_handler = on_signal;
	sa.sa_flags = (int)SA_RESETHAND | SA_RESTART;
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
}

/* Takes over the pipeline: closing it is part of the work that is timed. */
static int
import(struct pipeline *p, const struct import_options *o, struct run *r)
{
	struct import_progress	pr;
	struct engine_stats	stats;
	struct error		err = { "" };
	int			failed, rc;

	rc = import_run(p, o, &pr, &failed, &err);
	stats = *engine_stats(pipeline_engine(p));
	pipeline_close(p);
	if (r->bar)
		fprintf(stderr, "\r\033[K");
	if (rc == -1) {
		fprintf(stderr, "weir: %s\n", err.text);
		return EXIT_WORLD;
	}
	print_summary(r, &stats, &pr);
	if (stop)
		fprintf(stderr, "weir: stopped; what is counted above is "
		    "stored, and the same command goes on from there\n");
	return failed > 0 || stop ? EXIT_WORLD : EXIT_OK;
}

static int
run(int argc, char **argv)
{
	struct arguments	 a = { 0 };
	struct run		 r = { 0 };
	struct pipeline_options	 po = { 0 };
	struct beliefs_finder	 finder;
	struct mtaconf		*mta = NULL;
	struct pipeline		*p;
	struct config		*config;
	struct buf		 problems = { 0 };
	struct error		 err = { "" };
	char			 db[4096];
	int			 rc = EXIT_WORLD;

	if (parse(argc, argv, &a) == -1)
		return EXIT_USAGE;
	if ((config = config_load(a.config, &problems)) == NULL) {
		fprintf(stderr, "%s", buf_cstr(&problems));
		goto out;
	}
	pipeline_db_path(config, a.db, db, sizeof(db));
	po.db = db;
	po.mode = STORE_BULK;
	po.config = config;
	po.alerted = alerted;
	po.ctx = &r;
	if (a.this_host && (mta = mtaconf_start(MTACONF_PATH, MTACONF_LIMIT,
	    &err)) == NULL) {
		cli_fail(&err);
		goto out;
	}
	po.this_host = a.this_host;
	finder = (struct beliefs_finder){ mta, mtaconf_find };
	po.finder = mta == NULL ? NULL : &finder;
	r.bar = isatty(STDERR_FILENO);
	r.began = pipeline_clock();
	if ((p = pipeline_open(&po, &err)) == NULL) {
		fprintf(stderr, "weir: %s\n", err.text);
		goto out;
	}
	catch_signals();
	a.import.stop = &stop;
	a.import.progress = draw;
	a.import.say = say;
	a.import.ctx = &r;
	rc = import(p, &a.import, &r);
out:
	mtaconf_stop(mta);
	for (size_t i = 0; i < r.ntop; i++)
		alert_free(r.top[i]);
	config_free(config);
	buf_done(&problems);
	return rc;
}

const struct command cmd_import = {
	"import",
	"[-c FILE] [--db FILE] [--year Y] [--timezone TZ] [--host H] "
	    "[--this-host] PATH...",
	"take in logs: plain, .gz, a directory of rotated ones, a journal, -",
	"  -c, --config FILE  configuration (default: /etc/weir/weir.conf)\n"
	"  --db FILE          database (default: in the state directory)\n"
	"  --year Y           year of the first line, where lines name none\n"
	"  --timezone TZ      zone of stamps that name none\n"
	"  --host H           host of lines that name none\n"
	"  --this-host        the logs are of this host: ask its mail server\n"
	"                     and its interfaces what is trusted\n",
	run,
};

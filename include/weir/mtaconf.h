/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the Postfix of this host says of itself: who may relay, what is local,
 * which addresses it adds.  A helper process, started before the daemon gives
 * up its rights, runs postmulti and postconf, reads the tables that can be
 * listed, and answers over a socket.  It changes nothing, takes no arguments
 * from its parent and uses no shell.
 */
#ifndef WEIR_MTACONF_H
#define WEIR_MTACONF_H

#include "weir/policy.h"
#include "weir/usec.h"

#define MTACONF_PATH	"/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin"
#define MTACONF_LIMIT	(5 * USEC_PER_SEC)
#define MTACONF_BELIEFS_MAX	200000

struct mtaconf_belief {
	enum policy_key	 key;
	char		*value;		/* "10.0.0.0/8", "example.org" ... */
	char		*where;		/* "mynetworks in DIR/main.cf" */
};

struct mtaconf_answer {
	struct mtaconf_belief	*beliefs;
	size_t			 n, cap;
	/* A table of that key could not be listed: more is true than told. */
	bool			 incomplete[POLICY_KEY_COUNT];
	char			**gaps;		/* a sentence each */
	size_t			 ngaps;
};

void	mtaconf_answer_done(struct mtaconf_answer *a);

struct mtaconf;

/* path: where programs are looked for; limit_us: for one question in all. */
struct mtaconf	*mtaconf_start(const char *path, int64_t limit_us,
		    struct error *err);
void		 mtaconf_stop(struct mtaconf *m);	/* NULL is allowed */
/*
 * Blocks until the answer, at most a second longer than the limit.  -1 with a
 * sentence when there is no Postfix or it did not answer.
 */
int		 mtaconf_ask(struct mtaconf *m, struct mtaconf_answer *ret,
		    struct error *err);
/*
 * Ask and tell each belief, in the form of struct beliefs_finder (`m` is a
 * struct mtaconf).  Of an incomplete key nothing is told, copies excepted: what
 * is missing would make its mail look like an open relay, so the log teaches
 * it.  A complete key that lists nothing is told once, with STR_NONE.
 */
int		 mtaconf_find(void *m, void (*tell)(void *ctx,
		    enum policy_key k, struct str value), void *ctx,
		    struct error *err);
/* Sentences on what the last answer could not tell; NULL past the end. */
const char	*mtaconf_gap(const struct mtaconf *m, size_t i);

/* How the parser reads a file; as slurp_file, without its limit. */
struct mtaconf_files {
	void	*ctx;
	int	(*read)(void *ctx, const char *path, struct buf *ret,
		    struct error *err);
};

/*
 * The pure part: add what postconf printed ("name = value" lines, $names
 * expanded) to the answer.
 */
void	mtaconf_parse(struct mtaconf_answer *a, struct str text,
	    const struct mtaconf_files *files);
/* The names to ask postconf for, NULL at the end. */
extern const char *const mtaconf_names[];
/* Directories of the enabled instances in postmulti -l's output. */
size_t	mtaconf_instances(struct str text, char (*ret)[256], size_t max);

#endif

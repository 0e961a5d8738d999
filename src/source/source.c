/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kinds of source, which of them a path asks for, and what this host has
 * when nobody says.
 */
#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "journal.h"

static const char journal_magic[8] = { 'L', 'P', 'K', 'S', 'H', 'H', 'R',
	'H' };

static bool
is_journal_file(const char *path)
{
	char got[sizeof(journal_magic)];
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	bool r;

	if (fd == -1)
		return false;
	r = pread(fd, got, sizeof(got), 0) == (ssize_t)sizeof(got) &&
	    memcmp(got, journal_magic, sizeof(got)) == 0;
	close(fd);
	return r;
}

/* A directory of journal files, or /var/log/journal with one a machine. */
static bool
is_journal_directory(const char *path, int depth)
{
	char sub[4096];
	struct dirent *d;
	DIR *dp = opendir(path);
	bool r = false;

	if (dp == NULL)
		return false;
	while (!r && (d = readdir(dp)) != NULL) {
		if (d->d_name[0] == '.' || snprintf(sub, sizeof(sub), "%s/%s",
		    path, d->d_name) >= (int)sizeof(sub))
			continue;
		if (str_ends(str_of(d->d_name), STR(".journal")))
			r = is_journal_file(sub);
		else if (depth > 0 && d->d_type == DT_DIR)
			r = is_journal_directory(sub, depth - 1);
	}
	closedir(dp);
	return r;
}

bool
source_is_journal(const char *path)
{
	struct stat st;

	if (path == NULL || strcmp(path, "journal") == 0)
		return true;
	if (strcmp(path, "-") == 0 || stat(path, &st) == -1)
		return false;
	return S_ISDIR(st.st_mode) ? is_journal_directory(path, 1) :
	    S_ISREG(st.st_mode) && is_journal_file(path);
}

struct source *
source_open(const struct source_options *options, struct streams *known,
    struct error *err)
{
	struct source_options o = *options;
	const struct source_type *type;
	struct source *s;
	size_t i;

	if (o.path == NULL && o.npaths == 1) {
		o.path = o.paths[0];
		o.npaths = 0;
	}
	for (i = 0; i < o.npaths; i++)
		if (source_is_journal(o.paths[i])) {
			error_set(err, "%s: a journal is read by itself, "
			    "not together with other paths", o.paths[i]);
			return NULL;
		}
	if (o.npaths == 0 && source_is_journal(o.path))
		type = &source_journal;
	else if (o.follow && o.npaths == 0 && strcmp(o.path, "-") != 0)
		type = &source_tail;
	else
		type = &source_file;
	if ((s = type->open(&o, known, err)) == NULL)
		return NULL;
	assert(s->type == type);
	str_copy(str_of(o.name != NULL ? o.name : o.path != NULL ? o.path :
	    type->name), s->name, sizeof(s->name));
	return s;
}

enum source_state
source_read(struct source *s, struct batch *b, struct error *err)
{
	return s->type->read(s, b, err);
}

int
source_poll(struct source *s, int *ret_timeout_ms)
{
	return s->type->poll(s, ret_timeout_ms);
}

void
source_close(struct source *s)
{
	if (s != NULL)
		s->type->close(s);
}

int
source_find(char *ret, size_t size, struct error *err)
{
	return source_find_in("", ret, size, err);
}

int
source_find_in(const char *root, char *ret, size_t size, struct error *err)
{
	static const char *const logs[] = {
		"/var/log/mail.log", "/var/log/maillog", "/var/log/mail",
		"/var/log/mail/mail.log", "/var/log/mail/info",
		"/var/log/postfix.log", "/var/log/postfix/postfix.log",
	};
	char path[4096];
	struct stat st;
	size_t i;

	if (journal_has_mail(root)) {
		snprintf(ret, size, "journal");
		return 0;
	}
	for (i = 0; i < sizeof(logs) / sizeof(logs[0]); i++) {
		snprintf(path, sizeof(path), "%s%s", root, logs[i]);
		if (stat(path, &st) == 0 && S_ISREG(st.st_mode)) {
			snprintf(ret, size, "%s", path);
			return 0;
		}
	}
	return error_set(err, "no mail log on this host: the journal holds no "
	    "mail, and there is none of /var/log/mail.log, /var/log/maillog "
	    "and their like");
}

/* The user's primary or other groups hold that one already. */
static bool
is_member(const char *user, gid_t group)
{
	gid_t groups[256];
	int n = sizeof(groups) / sizeof(groups[0]);
	struct passwd pw, *found;
	char buf[4096];

	if (getpwnam_r(user, &pw, buf, sizeof(buf), &found) != 0 ||
	    found == NULL || getgrouplist(user, pw.pw_gid, groups, &n) == -1)
		return false;
	while (n > 0)
		if (groups[--n] == group)
			return true;
	return false;
}

static bool
group_name(gid_t group, char *ret, size_t size)
{
	struct group gr, *found;
	char buf[16384];

	if (getgrgid_r(group, &gr, buf, sizeof(buf), &found) != 0 ||
	    found == NULL)
		return false;
	return snprintf(ret, size, "%s", gr.gr_name) < (int)size;
}

/* A word of a shell command. */
static void
quote(const char *path, char *ret, size_t size)
{
	size_t n = 0;

	if (strspn(path, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "0123456789/._-+@") == strlen(path)) {
		snprintf(ret, size, "%s", path);
		return;
	}
	ret[n++] = '\'';
	for (; *path != '\0' && n + 6 < size; path++) {
		if (*path == '\'')
			n += (size_t)snprintf(ret + n, size - n, "'\\''");
		else
			ret[n++] = *path;
	}
	ret[n++] = '\'';
	ret[n] = '\0';
}

/*
 * The first directory on the way, or the file itself, that keeps the user
 * out, as far as modes tell; false: none of them does.
 */
static bool
find_barrier(const char *path, const char *user, char *ret, size_t size,
    struct stat *st)
{
	mode_t need, bits;
	const char *p = path;

	do {
		p += strspn(p, "/");
		p += strcspn(p, "/");
		str_copy((struct str){ path, (size_t)(p - path) }, ret, size);
		if (stat(ret, st) == -1)
			return false;
		need = S_ISDIR(st->st_mode) ? 1 : 4;
		bits = is_member(user, st->st_gid) ? st->st_mode >> 3 :
		    st->st_mode;
		if ((bits & need) == 0)
			return true;
	} while (*p != '\0');
	return false;
}

void
source_mend(const char *path, const char *user, char *ret, size_t size)
{
	char at[4096], word[4096], group[64];
	struct stat st = { 0 };
	bool barrier;

	if (path == NULL || strcmp(path, "journal") == 0) {
		snprintf(ret, size, "usermod -aG systemd-journal %s", user);
		return;
	}
	barrier = find_barrier(path, user, at, sizeof(at), &st);
	quote(barrier ? at : path, word, sizeof(word));
	if (barrier && (st.st_mode & (S_ISDIR(st.st_mode) ? 0010 : 0040)) &&
	    st.st_gid != 0 && !is_member(user, st.st_gid) &&
	    group_name(st.st_gid, group, sizeof(group)))
		snprintf(ret, size, "usermod -aG %s %s", group, user);
	else
		snprintf(ret, size, "setfacl -m u:%s:r%s %s", user,
		    barrier && S_ISDIR(st.st_mode) ? "x" : "", word);
}

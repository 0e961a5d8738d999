/* SPDX-License-Identifier: Apache-2.0 */
#include <stdatomic.h>
#include "daemon_util.h"

#include <pthread.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "weir/control.h"
#include "weir/serve.h"

/* A loop in a thread of its own, that answers by the command's name. */
struct desk {
	struct place		 at;
	char			 path[160];
	sd_event		*loop;
	struct serve		*serve;
	struct serve_peer	*waits;
	char			 who[256];
	atomic_int		 gone;	/* counted by the loop */
	pthread_t		 thread;
};

static void
asked(void *ctx, struct serve_peer *peer, const json_t *request)
{
	struct desk	*d = ctx;
	const char	*command = json_string_value(json_object_get(request,
			    "command"));

	snprintf(d->who, sizeof(d->who), "%s", serve_who(peer));
	if (command != NULL && strcmp(command, "end") == 0) {
		serve_answer(peer, json_pack("{s:b}", "ok", 1));
		sd_event_exit(d->loop, 0);
	} else if (command != NULL && strcmp(command, "wait") == 0) {
		d->waits = peer;
	} else if (command != NULL && strcmp(command, "long") == 0) {
		for (int i = 0; i < 3; i++)
			serve_answer(peer, json_pack("{s:i}", "done", i));
		serve_answer(peer, json_pack("{s:b, s:o}", "ok", 1, "text",
		    json_sprintf("%*s", 1000000, "x")));
	} else {
		serve_answer(peer, json_pack("{s:b, s:s}", "ok", 0, "error",
		    "not that"));
	}
}

static void
gone(void *ctx, struct serve_peer *peer)
{
	struct desk	*d = ctx;

	d->gone += d->waits == peer;
}

static void *
run(void *arg)
{
	struct desk	*d = arg;

	(void)sd_event_loop(d->loop);
	serve_free(d->serve);
	sd_event_unref(d->loop);
	return NULL;
}

static void
start(struct desk *d)
{
	struct serve_options	o = { 0 };
	struct error		err = { "" };

	memset(d, 0, sizeof(*d));
	place_init(&d->at, POLICY);
	control_path(d->at.db, d->path, sizeof(d->path));
	assert_true(sd_event_new(&d->loop) >= 0);
	o.loop = d->loop;
	o.path = d->path;
	o.asked = asked;
	o.gone = gone;
	o.ctx = d;
	d->serve = serve_new(&o, &err);
	if (d->serve == NULL)
		fail_msg("%s", err.text);
	assert_int_equal(pthread_create(&d->thread, NULL, run, d), 0);
}

static void
count_line(void *ctx, const json_t *line)
{
	(void)line;
	++*(int *)ctx;
}

static int
ask(struct desk *d, const char *command, int *ret_lines, json_t **ret,
    struct error *err)
{
	struct control_client	c = { 0 };

	*ret_lines = 0;
	*ret = NULL;
	c.db = d->at.db;
	c.progress = count_line;
	c.ctx = ret_lines;
	return control_ask(&c, json_pack("{s:s}", "command", command), ret,
	    err);
}

static void
end(struct desk *d)
{
	struct error	err = { "" };
	json_t		*j;
	int		 lines;

	if (ask(d, "end", &lines, &j, &err) == 0)
		json_decref(j);
	pthread_join(d->thread, NULL);
	assert_int_equal(access(d->path, F_OK), -1);
	place_done(&d->at);
}

static void
test_answers(void **state)
{
	const struct passwd	*pw = getpwuid(getuid());
	struct error		 err = { "" };
	struct desk		 d;
	struct stat		 st;
	json_t			*j;
	int			 lines;

	(void)state;
	start(&d);
	assert_int_equal(stat(d.path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0660);
	assert_true(control_listens(d.at.db));
	assert_int_equal(ask(&d, "long", &lines, &j, &err), 0);
	assert_int_equal(lines, 3);
	assert_int_equal(json_string_length(json_object_get(j, "text")),
	    1000000);
	json_decref(j);
	if (pw != NULL)
		assert_string_equal(d.who, pw->pw_name);
	assert_int_equal(ask(&d, "nonsense", &lines, &j, &err), -1);
	assert_string_equal(err.text, "not that");
	end(&d);
}

/* Raw bytes over the socket, and what comes back. */
static void
send_raw(struct desk *d, const char *p, size_t n, char *ret, size_t size)
{
	struct sockaddr_un	sun = { .sun_family = AF_UNIX };
	int			fd = socket(AF_UNIX, SOCK_STREAM, 0);
	ssize_t			r = 0;

	memcpy(sun.sun_path, d->path, strlen(d->path) + 1);
	assert_int_equal(connect(fd, (const struct sockaddr *)&sun,
	    sizeof(sun)), 0);
	while (n > 0 && (r = send(fd, p, n, MSG_NOSIGNAL)) > 0) {
		p += r;
		n -= (size_t)r;
	}
	if (ret != NULL) {
		r = recv(fd, ret, size - 1, 0);
		ret[r > 0 ? r : 0] = '\0';
	}
	close(fd);
}

static void
test_hostile(void **state)
{
	char		 answer[256], *big = malloc(2 * SERVE_REQUEST_MAX);
	struct desk	 d;

	(void)state;
	start(&d);
	send_raw(&d, "}{\n", 3, answer, sizeof(answer));
	assert_non_null(strstr(answer, "no JSON object"));
	send_raw(&d, "[1]\n", 4, answer, sizeof(answer));
	assert_non_null(strstr(answer, "no JSON object"));
	memset(big, 'x', 2 * SERVE_REQUEST_MAX);
	send_raw(&d, big, 2 * SERVE_REQUEST_MAX, answer, sizeof(answer));
	assert_string_equal(answer, "");
	/* It hangs up while its order is in work, or before it asked. */
	send_raw(&d, "{\"command\": \"wait\"}\n", 20, NULL, 0);
	send_raw(&d, "{\"comm", 6, NULL, 0);
	for (int i = 0; i < 100 && d.gone == 0; i++)
		usleep(20000);
	free(big);
	end(&d);
	assert_int_equal(d.gone, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_hostile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

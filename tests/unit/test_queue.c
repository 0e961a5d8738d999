/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon_util.h"

#include <poll.h>
#include <pthread.h>

#include "weir/queue.h"

static bool
readable(const struct queue *q)
{
	struct pollfd	p = { .fd = queue_fd(q), .events = POLLIN };

	return poll(&p, 1, 0) == 1;
}

static void
test_order_and_descriptor(void **state)
{
	struct queue	*q = queue_new(3);
	struct work	*w;

	(void)state;
	assert_false(readable(q));
	assert_null(queue_get(q, false));
	for (size_t i = 0; i < 3; i++) {
		w = queue_blank(q);
		w->source = i;
		queue_put(q, w);
	}
	for (size_t i = 0; i < 3; i++) {
		assert_true(readable(q));
		w = queue_get(q, false);
		assert_int_equal(w->source, i);
		queue_release(q, w);
	}
	assert_false(readable(q));
	assert_null(queue_get_within(q, 1));
	queue_free(q);
}

static void
test_blank_is_blank(void **state)
{
	struct queue	*q = queue_new(1);
	struct work	*w = queue_blank(q);

	(void)state;
	w->made = true;
	w->source = 7;
	w->state = SOURCE_DENIED;
	w->batch->stream.id = 4;
	(void)error_set(&w->problem, "denied");
	queue_release(q, w);
	w = queue_blank(q);
	assert_false(w->made);
	assert_int_equal(w->source, 0);
	assert_int_equal(w->state, SOURCE_READY);
	assert_int_equal(w->batch->stream.id, 0);
	assert_string_equal(w->problem.text, "");
	queue_free(q);
}

/* Puts as many as it can; the queue holds it back. */
static void *
producer(void *arg)
{
	struct queue	*q = arg;
	struct work	*w;
	size_t		 n = 0;

	while ((w = queue_blank(q)) != NULL) {
		w->source = n++;
		queue_put(q, w);
		if (n == 1000)
			break;
	}
	queue_close(q);
	return NULL;
}

static void
test_two_threads(void **state)
{
	struct queue	*q = queue_new(2);
	struct work	*w;
	pthread_t	 t;
	size_t		 n = 0;

	(void)state;
	assert_int_equal(pthread_create(&t, NULL, producer, q), 0);
	while ((w = queue_get(q, true)) != NULL) {
		assert_int_equal(w->source, n);
		n++;
		queue_release(q, w);
	}
	assert_int_equal(n, 1000);
	assert_true(queue_closed(q));
	pthread_join(t, NULL);
	queue_free(q);
}

static void
test_stop_wakes_the_reader(void **state)
{
	struct queue	*q = queue_new(1);
	pthread_t	 t;

	(void)state;
	assert_int_equal(pthread_create(&t, NULL, producer, q), 0);
	queue_stop(q);
	pthread_join(t, NULL);
	assert_true(queue_stopped(q));
	assert_null(queue_blank(q));
	queue_free(q);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order_and_descriptor),
		cmocka_unit_test(test_blank_is_blank),
		cmocka_unit_test(test_two_threads),
		cmocka_unit_test(test_stop_wakes_the_reader),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

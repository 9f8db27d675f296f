/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Which notice of a channel goes next, and when.
 */
#include "notify/queue.h"
#include "notify/retry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>

static const struct attempt delivered = { OUTCOME_DELIVERED, RETRY_NONE, "", false };
static const struct attempt failed = { OUTCOME_RETRY, RETRY_NONE, "", false };
static const struct attempt refused = { OUTCOME_REFUSED, RETRY_NONE, "", false };

static int
setup(void **state)
{
	struct queue *q = malloc(sizeof(*q));

	queue_init(q);
	*state = q;
	return 0;
}

static int
teardown(void **state)
{
	free(*state);
	return 0;
}

static struct notice
notice_of(uint64_t n, enum priority p)
{
	return (struct notice){ .key = { 1, n }, .priority = p };
}

static int
take(struct queue *q, uint64_t n, enum priority p, int64_t t_ms)
{
	struct notice notice = notice_of(n, p);

	return queue_take(q, &notice, false, t_ms);
}

static void
beat(struct queue *q, uint64_t n)
{
	struct notice notice = notice_of(n, PRIORITY_NONE);

	assert_int_equal(queue_take(q, &notice, true, 0), 0);
}

static struct held *
next(struct queue *q, enum lane lane, int64_t t_ms, uint64_t n)
{
	struct held *h = queue_next(q, lane, t_ms);

	assert_non_null(h);
	assert_int_equal(h->notice.key.n, n);
	return h;
}

static void
the_more_urgent_goes_first_and_then_the_older(void **state)
{
	struct queue *q = *state;
	static const uint64_t order[] = { 3, 5, 1, 4, 2 };

	assert_int_equal(take(q, 1, PRIORITY_LOW, 0), 0);
	assert_int_equal(take(q, 2, PRIORITY_NONE, 0), 0);
	assert_int_equal(take(q, 3, PRIORITY_MEDIUM, 0), 0);
	assert_int_equal(take(q, 4, PRIORITY_LOW, 0), 0);
	assert_int_equal(take(q, 5, PRIORITY_MEDIUM, 0), 0);
	for (int i = 0; i < 5; i++)
		queue_done(q, next(q, LANE_OTHER, 0, order[i]), &delivered, 0,
		    0);
	assert_null(queue_next(q, LANE_OTHER, 0));
	assert_int_equal(q->n, 0);
}

static void
a_high_notice_waits_for_no_lower_one_under_way(void **state)
{
	struct queue *q = *state;

	assert_int_equal(take(q, 1, PRIORITY_MEDIUM, 0), 0);
	next(q, LANE_OTHER, 0, 1);
	assert_int_equal(queue_due_ms(q), QUEUE_NEVER);
	assert_int_equal(take(q, 2, PRIORITY_MEDIUM, 0), 0);
	assert_int_equal(queue_due_ms(q), QUEUE_NEVER);
	assert_null(queue_next(q, LANE_OTHER, 99));
	assert_int_equal(take(q, 3, PRIORITY_HIGH, 5), 0);
	assert_int_equal(queue_due_ms(q), 5);
	next(q, LANE_HIGH, 5, 3);
}

static void
a_failed_notice_waits_longer_each_time(void **state)
{
	struct queue *q = *state;
	int64_t t_ms = 100;

	assert_int_equal(take(q, 1, PRIORITY_HIGH, t_ms), 0);
	for (int64_t step = 500; step <= 4000; step *= 2) {
		queue_done(q, next(q, LANE_HIGH, t_ms, 1), &failed, t_ms, 0);
		assert_int_equal(queue_due_ms(q), t_ms + step);
		assert_null(queue_next(q, LANE_HIGH, t_ms + step - 1));
		t_ms += step;
	}
	queue_done(q, next(q, LANE_HIGH, t_ms, 1), &refused, t_ms, 0);
	assert_int_equal(queue_due_ms(q), t_ms + 30000);
}

static void
a_new_notice_is_tried_at_once_on_a_channel_that_fails(void **state)
{
	struct queue *q = *state;
	struct attempt busy = { OUTCOME_RETRY, 60000, "", false };

	assert_int_equal(take(q, 1, PRIORITY_LOW, 0), 0);
	queue_done(q, next(q, LANE_OTHER, 0, 1), &busy, 0, 0);
	assert_int_equal(queue_due_ms(q), 60000);
	assert_int_equal(take(q, 2, PRIORITY_LOW, 10), 0);
	queue_done(q, next(q, LANE_OTHER, 10, 2), &failed, 10, 0);
	/* Its second attempt does wait for the time that was named. */
	assert_int_equal(queue_due_ms(q), 60000);
	next(q, LANE_OTHER, 60000, 1);
}

static void
an_untried_notice_goes_before_a_failed_one_of_its_priority(void **state)
{
	struct queue *q = *state;

	assert_int_equal(take(q, 1, PRIORITY_LOW, 0), 0);
	queue_done(q, next(q, LANE_OTHER, 0, 1), &failed, 0, 0);
	assert_int_equal(take(q, 2, PRIORITY_LOW, 9000), 0);
	next(q, LANE_OTHER, 9000, 2);
}

static void
once_the_receiver_is_back_everything_is_due(void **state)
{
	struct queue *q = *state;
	struct notice out;
	int64_t t_ms = 0;

	assert_int_equal(take(q, 1, PRIORITY_HIGH, 0), 0);
	assert_int_equal(take(q, 2, PRIORITY_LOW, 0), 0);
	for (int i = 0; i < 8; i++) {
		t_ms += RETRY_MOST_MS;
		queue_done(q, next(q, LANE_HIGH, t_ms, 1), &failed, t_ms,
		    UINT32_MAX);
		queue_done(q, next(q, LANE_OTHER, t_ms, 2), &failed, t_ms,
		    UINT32_MAX);
	}
	assert_true(queue_due_ms(q) > t_ms + RETRY_MOST_MS / 2);
	beat(q, 9);
	assert_true(queue_next_beat(q, t_ms, &out));
	queue_beat_done(q, &delivered, t_ms + 1);
	next(q, LANE_HIGH, t_ms + 1, 1);
	next(q, LANE_OTHER, t_ms + 1, 2);
}

static void
what_was_refused_is_not_hurried_by_the_success_of_another(void **state)
{
	struct queue *q = *state;

	assert_int_equal(take(q, 1, PRIORITY_LOW, 0), 0);
	queue_done(q, next(q, LANE_OTHER, 0, 1), &refused, 0, 0);
	assert_int_equal(take(q, 2, PRIORITY_LOW, 1), 0);
	queue_done(q, next(q, LANE_OTHER, 1, 2), &delivered, 1, 0);
	assert_int_equal(queue_due_ms(q), 30000);
}

static void
the_same_key_is_held_once_and_delivered_once(void **state)
{
	struct queue *q = *state;

	assert_int_equal(take(q, 1, PRIORITY_LOW, 0), 0);
	assert_int_equal(take(q, 1, PRIORITY_LOW, 0), -EALREADY);
	assert_int_equal(q->n, 1);
	queue_done(q, next(q, LANE_OTHER, 0, 1), &delivered, 0, 0);
	assert_int_equal(take(q, 1, PRIORITY_LOW, 0), -EEXIST);
	assert_int_equal(q->n, 0);
}

static void
a_heartbeat_replaces_the_one_that_was_not_sent(void **state)
{
	struct queue *q = *state;
	struct notice out;

	beat(q, 1);
	beat(q, 2);
	assert_true(queue_next_beat(q, 0, &out));
	assert_int_equal(out.key.n, 2);
	beat(q, 3);
	assert_false(queue_next_beat(q, 0, &out));
	queue_beat_done(q, &failed, 0);
	/* Heartbeat 2 is not tried again; 3 is the next. */
	assert_true(queue_next_beat(q, 0, &out));
	assert_int_equal(out.key.n, 3);
	queue_beat_done(q, &delivered, 0);
	assert_false(queue_next_beat(q, 0, &out));
	assert_int_equal(queue_due_ms(q), QUEUE_NEVER);
}

static void
a_heartbeat_keeps_away_while_the_receiver_wants_quiet(void **state)
{
	struct queue *q = *state;
	struct attempt busy = { OUTCOME_RETRY, 20000, "", false };
	struct notice out;

	beat(q, 1);
	assert_true(queue_next_beat(q, 0, &out));
	queue_beat_done(q, &busy, 100);
	beat(q, 2);
	assert_int_equal(queue_due_ms(q), 20100);
	assert_false(queue_next_beat(q, 20099, &out));
	assert_true(queue_next_beat(q, 20100, &out));
}

static void
a_full_queue_turns_away_and_asks_again_when_there_is_room(void **state)
{
	struct queue *q = *state;

	for (uint64_t i = 1; i <= QUEUE_MAX; i++)
		assert_int_equal(take(q, i, PRIORITY_LOW, 0), 0);
	assert_false(queue_room_again(q));
	assert_int_equal(take(q, 1000, PRIORITY_HIGH, 0), -ENOBUFS);
	assert_false(queue_room_again(q));
	for (uint64_t i = 1; i <= QUEUE_MAX / 2; i++)
		queue_done(q, next(q, LANE_OTHER, 0, i), &delivered, 0, 0);
	assert_true(queue_room_again(q));
	assert_false(queue_room_again(q));
	assert_int_equal(take(q, 1000, PRIORITY_HIGH, 0), 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_more_urgent_goes_first_and_then_the_older),
		TEST(a_high_notice_waits_for_no_lower_one_under_way),
		TEST(a_failed_notice_waits_longer_each_time),
		TEST(a_new_notice_is_tried_at_once_on_a_channel_that_fails),
		TEST(an_untried_notice_goes_before_a_failed_one_of_its_priority),
		TEST(once_the_receiver_is_back_everything_is_due),
		TEST(what_was_refused_is_not_hurried_by_the_success_of_another),
		TEST(the_same_key_is_held_once_and_delivered_once),
		TEST(a_heartbeat_replaces_the_one_that_was_not_sent),
		TEST(a_heartbeat_keeps_away_while_the_receiver_wants_quiet),
		TEST(a_full_queue_turns_away_and_asks_again_when_there_is_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

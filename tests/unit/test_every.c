/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Timers that keep to their grid.  The loop here is a real one; its periods
 * are short and the test waits for the timer, not for a guess.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <time.h>

#include "daemon/every.h"

static void
a_late_turn_does_not_move_the_next(void **state)
{
	(void)state;
	assert_int_equal(every_next(5000, 2000, 5000), 7000);
	assert_int_equal(every_next(5000, 2000, 6999), 7000);
}

static void
what_is_past_is_left_out_and_the_grid_stays(void **state)
{
	(void)state;
	assert_int_equal(every_next(5000, 2000, 7000), 9000);
	assert_int_equal(every_next(5000, 2000, 7001), 9000);
	assert_int_equal(every_next(5000, 2000, 1000999), 1001000);
}

struct beats {
	uint64_t due[5];
	size_t n;
	int error;
};

static int
on_beat(sd_event_source *s, uint64_t usec, void *arg)
{
	struct beats *b = arg;
	struct timespec busy = { 0, 3000000 };

	b->due[b->n++] = usec;
	if (b->n == 5)
		return sd_event_exit(sd_event_source_get_event(s), 0);
	nanosleep(&busy, NULL);
	b->error = every_again(s, usec, 10);
	return b->error;
}

static void
a_busy_handler_costs_no_time(void **state)
{
	struct beats b = { .n = 0 };
	sd_event_source *s = NULL;
	sd_event *loop = NULL;

	(void)state;
	assert_true(sd_event_new(&loop) >= 0);
	assert_true(sd_event_add_time_relative(loop, &s, CLOCK_BOOTTIME, 1000,
	    1, on_beat, &b) >= 0);
	assert_int_equal(sd_event_loop(loop), 0);
	assert_true(b.error >= 0);
	for (size_t i = 1; i < 5; i++) {
		assert_int_equal((b.due[i] - b.due[0]) % 10000, 0);
		assert_true(b.due[i] > b.due[i - 1]);
	}
	sd_event_source_disable_unref(s);
	sd_event_unref(loop);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_late_turn_does_not_move_the_next),
		cmocka_unit_test(what_is_past_is_left_out_and_the_grid_stays),
		cmocka_unit_test(a_busy_handler_costs_no_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

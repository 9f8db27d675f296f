/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Which rows are live, by when they come and the times that stand in them.
 *
 * Easy to get wrong: what comes late is not what was stored, though both come at
 * once.
 */
#include "drivers/trend.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

/* The monitor's clock when ours is 0. */
#define AHEAD_MS INT64_C(1514531959000)

static struct trend s;

/* A row that comes at t_ms with the time of what was measured at 'of'. */
static enum trend_row
row(int64_t t_ms, int64_t of_ms)
{
	return trend_take(&s, t_ms, (AHEAD_MS + of_ms) / 1000 * 1000, 0);
}

static void
start(void)
{
	s = (struct trend){ 0 };
	assert_int_equal(row(0, 0), TREND_UNSURE);
	assert_int_equal(row(2000, 2000), TREND_LIVE);
}

static void
rows_at_the_pace_of_their_times_are_live(void **state)
{
	(void)state;
	for (int64_t every_ms = 1500; every_ms <= 6000; every_ms += 500) {
		s = (struct trend){ 0 };
		assert_int_equal(row(0, 0), TREND_UNSURE);
		for (int64_t t = every_ms; t < 100000; t += every_ms)
			assert_int_equal(row(t + t % 7 * 50, t), TREND_LIVE);
	}
}

static void
rows_one_behind_the_other_are_stored(void **state)
{
	(void)state;
	start();
	for (int i = 0; i < 100; i++)
		assert_int_equal(row(60000 + 30 * i, -500000 + 4000 * i),
		    TREND_STORED);
	assert_int_equal(row(70000, 70000), TREND_LIVE);
	/* On a fresh port only the first could be live. */
	s = (struct trend){ 0 };
	assert_int_equal(row(0, 0), TREND_UNSURE);
	for (int i = 1; i < 100; i++)
		assert_int_equal(row(30 * i, 2000 * i), TREND_STORED);
}

/* Whenever the reader goes on: of the rows that came meanwhile the first is late,
 * those behind it are not live, and the next one is. */
static void
rows_that_were_held_up_cost_no_more_than_themselves(void **state)
{
	(void)state;
	for (int64_t late_ms = 0; late_ms < 2000; late_ms += 100) {
		start();
		assert_int_equal(row(4000, 4000), TREND_LIVE);
		(void)row(12000 + late_ms, 6000);
		(void)row(12000 + late_ms, 8000);
		assert_int_equal(row(12000 + late_ms, 10000), TREND_STORED);
		(void)row(12000 + late_ms, 12000);
		for (int64_t t = 14000; t < 30000; t += 2000)
			assert_int_equal(row(t, t), TREND_LIVE);
	}
}

static void
a_clock_that_is_set_costs_one_row_at_the_most(void **state)
{
	(void)state;
	for (int64_t by_ms = -7200000; by_ms <= 7200000; by_ms += 3600000) {
		start();
		assert_int_equal(row(4000, 4000 + by_ms), by_ms < 0 ?
		    TREND_STORED : by_ms > 0 ? TREND_UNSURE : TREND_LIVE);
		assert_int_equal(row(6000, 6000 + by_ms), TREND_LIVE);
		assert_int_equal(row(8000, 8000 + by_ms), TREND_LIVE);
	}
}

static void
times_without_a_date_begin_anew_each_day(void **state)
{
	static const int64_t day_ms = 86400000;

	(void)state;
	s = (struct trend){ 0 };
	(void)trend_take(&s, 0, day_ms - 3000, day_ms);
	for (int64_t t = 2000; t < 3 * day_ms + 6000; t += 2000)
		assert_int_equal(trend_take(&s, t + t % 7 * 50,
		    (day_ms - 3000 + t) % day_ms, day_ms), TREND_LIVE);
	/* Those of an hour ago are older, also from before midnight. */
	assert_int_equal(trend_take(&s, 3 * day_ms + 10000, day_ms - 3600000,
	    day_ms), TREND_STORED);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_at_the_pace_of_their_times_are_live),
		cmocka_unit_test(rows_one_behind_the_other_are_stored),
		cmocka_unit_test(
		    rows_that_were_held_up_cost_no_more_than_themselves),
		cmocka_unit_test(
		    a_clock_that_is_set_costs_one_row_at_the_most),
		cmocka_unit_test(times_without_a_date_begin_anew_each_day),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

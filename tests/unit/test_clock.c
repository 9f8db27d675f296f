/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Texts of moments, and where local days begin.  Zones are spelt as rules, so
 * that no tz database is needed; the figures were taken from date(1) with the
 * real zones.
 */
#include "daemon/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdlib.h>
#include <time.h>

#define BERLIN "CET-1CEST,M3.5.0,M10.5.0/3"
#define CAIRO "EET-2EEST,M4.5.5/0,M10.5.4/24"
#define HAVANA "CST5CDT,M3.2.0/0,M11.1.0/1"

static void
set_zone(const char *zone)
{
	assert_int_equal(setenv("TZ", zone, 1), 0);
	tzset();
}

static void
a_moment_is_written_in_utc_with_milliseconds(void **state)
{
	char text[CLOCK_TEXT];

	(void)state;
	set_zone("JST-9");		/* must not matter */
	clock_format_utc(INT64_C(1795269751123), text);
	assert_string_equal(text, "2026-11-21T14:02:31.123Z");
	clock_format_utc(INT64_C(2147483648007), text);
	assert_string_equal(text, "2038-01-19T03:14:08.007Z");
	clock_format_utc(-1, text);
	assert_string_equal(text, "1969-12-31T23:59:59.999Z");
	clock_format_utc(INT64_MIN, text);
	assert_string_equal(text, "-292275055-05-16T16:47:04.192Z");
}

static void
people_read_local_time(void **state)
{
	char text[CLOCK_TEXT];

	(void)state;
	set_zone(BERLIN);
	clock_format_local(INT64_C(1795269751123), text);
	assert_string_equal(text, "15:02:31");
	set_zone("UTC");
	clock_format_local(INT64_C(1795269751123), text);
	assert_string_equal(text, "14:02:31");
}

static void
the_day_before_a_change_of_clocks_has_its_own_length(void **state)
{
	int64_t today, yesterday;

	(void)state;
	set_zone(BERLIN);
	/* 2026-03-30 12:00 CEST; the day before had 23 hours. */
	clock_midnights(INT64_C(1774864800000), &today, &yesterday);
	assert_int_equal(today, INT64_C(1774821600000));
	assert_int_equal(today - yesterday, 23 * INT64_C(3600000));
	/* 2026-10-26 12:00 CET; the day before had 25. */
	clock_midnights(INT64_C(1793012400000), &today, &yesterday);
	assert_int_equal(today, INT64_C(1792969200000));
	assert_int_equal(today - yesterday, 25 * INT64_C(3600000));
	/* 2027-01-01 00:00:00: across a year, and midnight is of its day. */
	clock_midnights(INT64_C(1798758000000), &today, &yesterday);
	assert_int_equal(today, INT64_C(1798758000000));
	assert_int_equal(yesterday, INT64_C(1798671600000));
}

static void
a_day_without_a_midnight_begins_at_one_o_clock(void **state)
{
	int64_t today, yesterday;

	(void)state;
	set_zone(CAIRO);
	/* Friday 2026-04-24: 00:00 became 01:00 (22:00 UTC the day before). */
	clock_midnights(INT64_C(1777025000000), &today, &yesterday);
	assert_int_equal(today, INT64_C(1776981600000));
	assert_int_equal(today - yesterday, 24 * INT64_C(3600000));
	/* Thursday 2026-10-29 ended with 23:00 a second time: 25 hours. */
	clock_midnights(INT64_C(1793350000000), &today, &yesterday);
	assert_int_equal(today, INT64_C(1793311200000));
	assert_int_equal(today - yesterday, 25 * INT64_C(3600000));
	set_zone(HAVANA);
	/* Sunday 2026-11-01: 01:00 became 00:00, which thus came twice; the
	 * first is where the day begins, whatever was asked before. */
	clock_midnights(INT64_C(1768500000000), &today, &yesterday);
	clock_midnights(INT64_C(1793556000000), &today, &yesterday);
	assert_int_equal(today, INT64_C(1793505600000));
}

static void
ages_are_of_a_clock_that_only_goes_forward(void **state)
{
	struct timespec boot;
	struct now a, b;

	(void)state;
	a = clock_now();
	assert_int_equal(clock_gettime(CLOCK_BOOTTIME, &boot), 0);
	b = clock_now();
	assert_true(a.t_ms <= boot.tv_sec * 1000 + boot.tv_nsec / 1000000);
	assert_true(b.t_ms >= boot.tv_sec * 1000 + boot.tv_nsec / 1000000);
	assert_true(a.wall_ms / 1000 >= time(NULL) - 2);
	assert_true(a.wall_ms / 1000 <= time(NULL) + 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_moment_is_written_in_utc_with_milliseconds),
		cmocka_unit_test(people_read_local_time),
		cmocka_unit_test(
		    the_day_before_a_change_of_clocks_has_its_own_length),
		cmocka_unit_test(
		    a_day_without_a_midnight_begins_at_one_o_clock),
		cmocka_unit_test(ages_are_of_a_clock_that_only_goes_forward),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * When a notice is tried again.
 */
#include "notify/retry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <time.h>

static void
a_busy_receiver_is_asked_again_and_a_refusal_is_told_apart(void **state)
{
	(void)state;
	assert_int_equal(retry_outcome(200), OUTCOME_DELIVERED);
	assert_int_equal(retry_outcome(299), OUTCOME_DELIVERED);
	assert_int_equal(retry_outcome(429), OUTCOME_RETRY);
	assert_int_equal(retry_outcome(408), OUTCOME_RETRY);
	assert_int_equal(retry_outcome(425), OUTCOME_RETRY);
	assert_int_equal(retry_outcome(500), OUTCOME_RETRY);
	assert_int_equal(retry_outcome(503), OUTCOME_RETRY);
	assert_int_equal(retry_outcome(400), OUTCOME_REFUSED);
	assert_int_equal(retry_outcome(401), OUTCOME_REFUSED);
	assert_int_equal(retry_outcome(404), OUTCOME_REFUSED);
	assert_int_equal(retry_outcome(410), OUTCOME_REFUSED);
}

static void
a_redirect_and_an_unknown_status_deliver_nothing(void **state)
{
	(void)state;
	assert_int_equal(retry_outcome(302), OUTCOME_RETRY);
	assert_int_equal(retry_outcome(308), OUTCOME_RETRY);
	assert_int_equal(retry_outcome(100), OUTCOME_RETRY);
	assert_int_equal(retry_outcome(0), OUTCOME_RETRY);
	assert_int_equal(retry_outcome(999), OUTCOME_RETRY);
}

static void
the_wait_doubles_from_a_second_to_a_minute(void **state)
{
	static const int64_t steps_ms[] = {
		1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000, 60000,
	};

	(void)state;
	for (unsigned i = 0; i < 9; i++) {
		int64_t least = retry_delay_ms(i + 1, OUTCOME_RETRY, RETRY_NONE,
		    0);
		int64_t most = retry_delay_ms(i + 1, OUTCOME_RETRY, RETRY_NONE,
		    UINT32_MAX);

		assert_int_equal(least, steps_ms[i] / 2);
		assert_int_equal(most, steps_ms[i] - 1);
	}
	assert_int_equal(retry_delay_ms(UINT32_MAX, OUTCOME_RETRY, RETRY_NONE,
	    UINT32_MAX), 59999);
}

static void
the_jitter_uses_all_of_its_half(void **state)
{
	(void)state;
	assert_int_equal(retry_delay_ms(1, OUTCOME_RETRY, RETRY_NONE,
	    UINT32_C(1) << 31), 750);
	assert_int_equal(retry_delay_ms(3, OUTCOME_RETRY, RETRY_NONE,
	    UINT32_C(1) << 30), 2500);
}

static void
a_refusal_is_tried_again_slowly_from_the_first(void **state)
{
	(void)state;
	assert_int_equal(retry_delay_ms(1, OUTCOME_REFUSED, RETRY_NONE, 0),
	    30000);
	assert_int_equal(retry_delay_ms(9, OUTCOME_REFUSED, RETRY_NONE,
	    UINT32_MAX), 59999);
}

static void
a_time_named_by_the_receiver_is_taken(void **state)
{
	(void)state;
	assert_int_equal(retry_delay_ms(1, OUTCOME_RETRY, 7000, 99), 7000);
	assert_int_equal(retry_delay_ms(9, OUTCOME_RETRY, 2000, 99), 2000);
	/* "At once" does not mean an endless loop. */
	assert_int_equal(retry_delay_ms(9, OUTCOME_RETRY, 0, 99), 500);
}

static void
retry_after_in_seconds_is_clamped(void **state)
{
	(void)state;
	assert_int_equal(retry_after_ms("0", 0), 0);
	assert_int_equal(retry_after_ms("7", 0), 7000);
	assert_int_equal(retry_after_ms("60", 0), 60000);
	assert_int_equal(retry_after_ms("61", 0), 60000);
	assert_int_equal(retry_after_ms("86400", 0), 60000);
	assert_int_equal(retry_after_ms("99999999999999999999999999", 0), 60000);
}

static void
retry_after_as_a_date_is_measured_from_the_wall_clock(void **state)
{
	/* Every day of some years, leap years and 2000 among them, against
	 * the C library's calendar. */
	static const int64_t starts[] = { 0, 951000000, 1709000000, 4102444800 };
	char text[64];

	(void)state;
	for (size_t i = 0; i < 4; i++)
		for (int64_t day = 0; day < 800; day++) {
			time_t t = starts[i] + day * 86400 + 50551;
			struct tm tm;

			gmtime_r(&t, &tm);
			assert_int_equal(strftime(text, sizeof(text),
			    "%a, %d %b %Y %H:%M:%S GMT", &tm), 29);
			assert_int_equal(retry_after_ms(text,
			    (t - 12) * 1000), 12000);
			assert_int_equal(retry_after_ms(text,
			    (t - 12) * 1000 + 500), 11500);
		}
	assert_int_equal(retry_after_ms("Sat, 21 Nov 2026 14:02:31 GMT",
	    INT64_C(1800000000000)), 0);
	assert_int_equal(retry_after_ms("Sat, 21 Nov 9999 14:02:31 GMT", 0),
	    60000);
}

static void
a_retry_after_that_is_neither_is_no_time(void **state)
{
	static const char *const bad[] = {
		"", " ", "soon", "-1", "1.5", "7s", "7 ", "0x7",
		"Sat, 21 Nov 2026 14:02:31", "Sat, 21 Nov 2026 14:02:31 UTC",
		"Sat, 21 Now 2026 14:02:31 GMT", "Sat, 00 Nov 2026 14:02:31 GMT",
		"Sat, 32 Nov 2026 14:02:31 GMT", "Sat, 21 Nov 2026 24:02:31 GMT",
		"Sat, 21 Nov 2026 14:60:31 GMT", "Sat, 21 Nov 2026 14:02:61 GMT",
		"Sat, 21 Nov 1969 14:02:31 GMT", "Sat, 2x Nov 2026 14:02:31 GMT",
		"Sat  21 Nov 2026 14:02:31 GMT",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(retry_after_ms(bad[i], 0), RETRY_NONE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_busy_receiver_is_asked_again_and_a_refusal_is_told_apart),
		cmocka_unit_test(a_redirect_and_an_unknown_status_deliver_nothing),
		cmocka_unit_test(the_wait_doubles_from_a_second_to_a_minute),
		cmocka_unit_test(the_jitter_uses_all_of_its_half),
		cmocka_unit_test(a_refusal_is_tried_again_slowly_from_the_first),
		cmocka_unit_test(a_time_named_by_the_receiver_is_taken),
		cmocka_unit_test(retry_after_in_seconds_is_clamped),
		cmocka_unit_test(retry_after_as_a_date_is_measured_from_the_wall_clock),
		cmocka_unit_test(a_retry_after_that_is_neither_is_no_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

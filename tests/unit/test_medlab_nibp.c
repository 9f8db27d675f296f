/* SPDX-License-Identifier: BSD-2-Clause
 *
 * When the Medlab driver asks, and which measurements it takes for new.
 *
 * Easy to get wrong: pressures that are told unasked carry no check, so one
 * damaged character among them must not make a measurement.
 */
#include "drivers/stream.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

static struct stream s;
static uint8_t buf[TX_MAX];

static void
start(void)
{
	stream_init(&s, driver_find("medlab-nibp"), NULL, 0);
	assert_int_equal(stream_request(&s, 0, buf), 0);
}

static bool
asks(int64_t t_ms)
{
	size_t n = stream_request(&s, t_ms, buf);

	if (n == 0)
		return false;
	assert_int_equal(n, 8);
	assert_memory_equal(buf, "\x02" "18;;DF\x03", 8);
	assert_true(tx_allowed(s.driver, buf, n));
	return true;
}

static struct decoded
feed(int64_t t_ms, const char *p)
{
	struct decoded d = { 0 };
	size_t n = strlen(p);

	assert_int_equal(stream_feed(&s, t_ms, (const uint8_t *)p, n), n);
	assert_true(stream_next(&s, &d));
	return d;
}

static void
pressure(int64_t t_ms, int mmhg, int kind)
{
	char x[20];

	snprintf(x, sizeof x, "\x02%03dC0S%d\x03\r", mmhg, kind);
	assert_int_equal(feed(t_ms, x).result, DECODE_IGNORED);
}

/* An answer of so much over 75 (92); how many readings it gave. */
static size_t
answer_of(int64_t t_ms, int state, int message, int sys)
{
	char x[64], y[80];
	unsigned sum = 0;

	snprintf(x, sizeof x, "S%d;A0;C00;M%02d;P%03d075092;R087;T0030;;",
	    state, message, sys);
	for (const char *c = x; *c != '\0'; c++)
		sum += (unsigned char)*c;
	snprintf(y, sizeof y, "\x02%s%02X\x03\r", x, sum & 0xff);
	return feed(t_ms, y).readings.n;
}

static size_t
answer(int64_t t_ms, int state, int message)
{
	return answer_of(t_ms, state, message, 135);
}

static void
it_asks_every_five_seconds(void **state)
{
	(void)state;
	start();
	assert_false(asks(4999));
	assert_true(asks(5000));
	assert_false(asks(9999));
	assert_true(asks(10000));
}

static void
nothing_is_asked_while_a_cuff_is_up(void **state)
{
	(void)state;
	start();
	for (int64_t t = 1000; t < 30000; t += 500) {
		pressure(t, 120, 3);
		assert_false(asks(t + 250));
	}
	/* The pressures stopped without an end. */
	assert_false(asks(32499));
	assert_true(asks(32500));
}

static void
the_end_of_a_cuff_is_asked_about_at_once(void **state)
{
	(void)state;
	start();
	assert_int_equal(answer(1000, 1, 0), 0);
	pressure(2000, 120, 3);
	pressure(2200, 110, 3);
	pressure(2400, 999, 3);
	assert_true(asks(2410));
	assert_false(asks(2420));
	/* The same numbers as before, and yet a new result. */
	assert_int_equal(answer(2500, 1, 0), 4);
	assert_false(asks(2510));
	assert_int_equal(answer(7500, 1, 0), 0);
}

static void
a_message_other_than_00_is_no_result(void **state)
{
	(void)state;
	start();
	answer(1000, 1, 0);
	pressure(2000, 120, 3);
	pressure(2200, 110, 3);
	pressure(2400, 999, 3);
	assert_int_equal(answer(2500, 1, 6), 3);
	assert_int_equal(answer(7500, 1, 6), 0);
	assert_int_equal(answer(12500, 1, 0), 0);
}

static void
numbers_while_it_measures_are_no_result(void **state)
{
	(void)state;
	start();
	answer(1000, 1, 0);
	assert_int_equal(answer_of(6000, 3, 0, 160), 0);
	assert_int_equal(answer(11000, 1, 0), 4);
}

static void
numbers_count_when_the_module_is_at_rest(void **state)
{
	(void)state;
	for (int other = 0; other < 10; other++) {
		if (other == 1 || other == 3)
			continue;
		start();
		answer(1000, 1, 0);
		assert_int_equal(answer_of(20000, other, 0, 160), 0);
		assert_int_equal(answer_of(25000, other, 6, 160), 0);
		assert_int_equal(answer_of(30000, 1, 0, 160), 4);
		/* Nor is it the end of a measurement. */
		answer_of(40000, 3, 0, 0);
		assert_int_equal(answer_of(45000, other, 0, 0), 0);
		assert_int_equal(answer_of(50000, 1, 0, 160), 4);
	}
}

static void
a_failure_that_only_the_answers_tell_is_told_once(void **state)
{
	(void)state;
	start();
	/* At first sight it may be from yesterday. */
	assert_int_equal(answer(5000, 1, 6), 0);
	assert_int_equal(answer(10000, 1, 6), 0);
	assert_int_equal(answer(15000, 1, 7), 3);
	assert_int_equal(answer(20000, 1, 7), 0);
	start();
	assert_int_equal(answer(5000, 1, 0), 0);
	assert_int_equal(answer_of(30000, 1, 6, 0), 3);
	assert_int_equal(answer_of(35000, 1, 6, 0), 0);
	/* It goes away, and the numbers are those of before. */
	assert_int_equal(answer(40000, 1, 0), 0);
	assert_int_equal(answer_of(60000, 1, 0, 150), 4);
	/* Seen to end as well, it is one failure. */
	assert_int_equal(answer_of(70000, 3, 0, 0), 0);
	assert_int_equal(answer_of(75000, 1, 6, 0), 3);
	assert_int_equal(answer_of(80000, 1, 6, 0), 0);
	assert_int_equal(answer_of(90000, 3, 0, 0), 0);
	assert_int_equal(answer_of(95000, 1, 6, 0), 3);
}

static void
one_damaged_pressure_makes_no_measurement(void **state)
{
	(void)state;
	start();
	answer(1000, 1, 0);
	/* A check of the hoses, one of its frames read as a measurement. */
	pressure(2000, 120, 7);
	pressure(2200, 110, 3);
	pressure(2400, 999, 7);
	assert_int_equal(answer(2500, 1, 0), 0);
	/* 199 read as the end: it is asked, and says that it measures. */
	pressure(20000, 180, 3);
	pressure(20200, 999, 3);
	assert_true(asks(20210));
	assert_int_equal(answer(20300, 3, 0), 0);
	pressure(20400, 160, 3);
	assert_false(asks(20500));
	pressure(30000, 999, 3);
	assert_int_equal(answer(30100, 1, 0), 4);
}

static void
a_question_that_comes_back_is_no_sign_of_life(void **state)
{
	(void)state;
	start();
	assert_int_equal(feed(5000, "\x02" "18;;DF\x03").result,
	    DECODE_BAD_VALUE);
	assert_true(stream_silent(&s, 20000));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_asks_every_five_seconds),
		cmocka_unit_test(nothing_is_asked_while_a_cuff_is_up),
		cmocka_unit_test(the_end_of_a_cuff_is_asked_about_at_once),
		cmocka_unit_test(a_message_other_than_00_is_no_result),
		cmocka_unit_test(numbers_while_it_measures_are_no_result),
		cmocka_unit_test(numbers_count_when_the_module_is_at_rest),
		cmocka_unit_test(
		    a_failure_that_only_the_answers_tell_is_told_once),
		cmocka_unit_test(one_damaged_pressure_makes_no_measurement),
		cmocka_unit_test(a_question_that_comes_back_is_no_sign_of_life),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

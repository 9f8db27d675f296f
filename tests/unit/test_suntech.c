/* SPDX-License-Identifier: BSD-2-Clause
 *
 * When the SunTech driver asks, and what it says of errors.  What it reads is
 * told by its captures.
 *
 * Easy to get wrong: another host may be asking; then nothing of ours may come
 * in between.
 */
#include "drivers/stream.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

static struct stream s;
static uint8_t buf[TX_MAX];

static void
start(void)
{
	stream_init(&s, driver_find("suntech"), NULL, 0);
}

/* Whether it asks at that time; it can ask but one thing. */
static bool
asks(int64_t t_ms)
{
	static const uint8_t want[] = { 0x3a, 0x79, 0x03, 0x00, 0x4a };
	size_t n = stream_request(&s, t_ms, buf);

	if (n == 0)
		return false;
	assert_int_equal(n, sizeof want);
	assert_memory_equal(buf, want, sizeof want);
	assert_true(tx_allowed(s.driver, buf, n));
	return true;
}

static struct decoded
feed(int64_t t_ms, const uint8_t *p, size_t n)
{
	struct decoded d = { 0 };

	assert_int_equal(stream_feed(&s, t_ms, p, n), n);
	assert_true(stream_next(&s, &d));
	return d;
}

static const uint8_t pressure[] = { 0x3e, 0x05, 0x98, 0x00, 0x25 };

/* A measurement of that systolic pressure and error. */
static struct decoded
result(int64_t t_ms, uint8_t sys, uint8_t error)
{
	uint8_t m[24] = { 0x3e, 0x18, sys, 0, 74, 0, 30, [16] = 85, 0, 88 };
	uint8_t sum = 0;

	m[20] = error;
	for (size_t i = 0; i < 23; i++)
		sum = (uint8_t)(sum + m[i]);
	m[23] = (uint8_t)-sum;
	return feed(t_ms, m, sizeof m);
}

static void
it_listens_before_it_asks(void **state)
{
	(void)state;
	start();
	assert_false(asks(1000));
	assert_false(asks(6999));
	assert_true(asks(7000));
	assert_false(asks(7001));
	assert_false(asks(12999));
	assert_true(asks(13000));
}

static void
an_answer_puts_the_next_question_off(void **state)
{
	(void)state;
	start();
	assert_false(asks(0));
	assert_true(asks(6000));
	result(6100, 115, 0);
	assert_false(asks(12099));
	assert_true(asks(12100));
}

static void
two_answers_that_are_lost_are_no_silence(void **state)
{
	(void)state;
	start();
	assert_false(asks(0));
	assert_true(asks(6000));
	result(6100, 115, 0);
	assert_true(asks(12200));
	assert_true(asks(18300));
	assert_true(asks(24400));
	assert_false(stream_silent(&s, 24500));
}

static void
nothing_is_asked_while_another_host_asks(void **state)
{
	(void)state;
	start();
	assert_false(asks(0));
	for (int64_t t = 200; t < 60000; t += 200) {
		assert_int_equal(feed(t, pressure, sizeof pressure).result,
		    DECODE_IGNORED);
		assert_false(asks(t + 100));
	}
}

/* The slowest that is known asks every 5 s. */
static void
nothing_is_asked_between_the_questions_of_a_slow_host(void **state)
{
	uint8_t damaged[] = { 0x3e, 0x05, 0x98, 0x01, 0x25 };

	(void)state;
	start();
	assert_false(asks(0));
	for (int64_t t = 5000; t < 60000; t += 5000) {
		feed(t, pressure, sizeof pressure);
		assert_false(asks(t + 4999));
	}
	assert_int_equal(feed(60000, damaged, sizeof damaged).result,
	    DECODE_BAD_CHECK);
	assert_false(asks(64999));
}

static void
a_line_opened_anew_is_listened_to_first(void **state)
{
	(void)state;
	start();
	assert_false(asks(0));
	assert_true(asks(6000));
	stream_reset(&s, 10000);
	assert_false(asks(10000));
	assert_true(asks(16000));
}

static void
an_error_is_told_with_both_numbers_until_it_is_gone(void **state)
{
	struct decoded d;

	(void)state;
	start();
	result(0, 115, 0);
	d = result(3000, 0, 87);
	assert_int_equal(d.readings.n, 3);
	assert_int_equal(d.readings.alarms.n, 1);
	assert_string_equal(d.readings.alarms.item[0].text,
	    "cuff error 87 (hex 57): loose cuff or leak");
	d = result(6000, 0, 87);
	assert_int_equal(d.readings.n, 0);
	assert_int_equal(d.readings.alarms.n, 1);
	d = result(9000, 0, 133);
	assert_string_equal(d.readings.alarms.item[0].text,
	    "cuff error 133 (hex 85): unknown");
	d = result(12000, 0, 4);
	assert_string_equal(d.readings.alarms.item[0].text,
	    "cuff error 4 (hex 4): it took too long");
	d = result(15000, 120, 0);
	assert_true(d.readings.alarms.told);
	assert_int_equal(d.readings.alarms.n, 0);
}

/* A measurement of sys/74 with so many beats; how many readings it tells. */
static size_t
beats(int64_t t_ms, uint8_t sys, uint8_t n)
{
	uint8_t m[24] = { 0x3e, 0x18, sys, 0, 74, 0, n, [16] = 85, 0, 88 };
	uint8_t sum = 0;

	for (size_t i = 0; i < 23; i++)
		sum = (uint8_t)(sum + m[i]);
	m[23] = (uint8_t)-sum;
	return feed(t_ms, m, sizeof m).readings.n;
}

static void
other_beats_make_no_result_of_the_same_numbers(void **state)
{
	(void)state;
	start();
	assert_int_equal(beats(0, 120, 30), 0);
	assert_int_equal(beats(3000, 120, 0), 0);
	assert_int_equal(beats(6000, 120, 0), 0);
	for (uint8_t n = 0; n < 8; n++)
		assert_int_equal(beats(9000 + 3000 * n, 120, n), 0);
	assert_int_equal(beats(33000, 150, 27), 4);
	assert_int_equal(beats(36000, 150, 27), 0);
	assert_int_equal(beats(39000, 150, 31), 0);
	assert_int_equal(beats(42000, 150, 31), 0);
}

static void
another_rate_alone_makes_a_result(void **state)
{
	uint8_t m[24] = { 0x3e, 0x18, 115, 0, 74, 0, 30, [16] = 84, 0, 88 };
	uint8_t sum = 0;

	(void)state;
	start();
	result(0, 115, 0);
	result(6000, 115, 0);
	for (size_t i = 0; i < 23; i++)
		sum = (uint8_t)(sum + m[i]);
	m[23] = (uint8_t)-sum;
	assert_int_equal(feed(20000, m, sizeof m).readings.n, 4);
	assert_int_equal(feed(26000, m, sizeof m).readings.n, 0);
}

static void
an_error_that_goes_away_makes_no_result_of_old_numbers(void **state)
{
	(void)state;
	start();
	result(0, 150, 0);
	assert_int_equal(result(20000, 0, 87).readings.n, 3);
	assert_int_equal(result(40000, 150, 0).readings.n, 0);
	/* With the numbers beside it, too. */
	assert_int_equal(result(60000, 150, 2).readings.n, 3);
	assert_int_equal(result(80000, 150, 0).readings.n, 0);
	assert_int_equal(result(100000, 151, 0).readings.n, 4);
	assert_int_equal(result(120000, 151, 2).readings.n, 3);
	assert_int_equal(result(140000, 152, 0).readings.n, 4);
}

/* The module showed an error when the line was opened. */
static void
the_first_numbers_after_nothing_but_errors_are_doubtful(void **state)
{
	struct decoded d;

	(void)state;
	start();
	result(0, 0, 87);
	d = result(6000, 150, 0);
	assert_int_equal(d.readings.n, 4);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(d.readings.item[i].quality,
		    QUALITY_QUESTIONABLE);
	assert_int_equal(result(20000, 140, 0).readings.item[0].quality,
	    QUALITY_GOOD);
	start();
	result(0, 0, 0);
	result(6000, 0, 87);
	assert_int_equal(result(12000, 150, 0).readings.item[0].quality,
	    QUALITY_GOOD);
}

/* What stood there at first sight may be from yesterday; a failure too. */
static void
a_failure_at_first_sight_is_none(void **state)
{
	(void)state;
	start();
	assert_int_equal(result(0, 0, 87).readings.n, 0);
	start();
	assert_int_equal(result(0, 115, 0).readings.n, 0);
}

static void
a_result_after_an_hour_unseen_says_how_old_it_may_be(void **state)
{
	struct decoded d;

	(void)state;
	start();
	result(0, 115, 0);
	result(3000, 115, 0);
	d = result(3603000, 121, 0);
	assert_int_equal(d.readings.n, 4);
	assert_int_equal(d.readings.item[0].age_ms, 3600000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_listens_before_it_asks),
		cmocka_unit_test(an_answer_puts_the_next_question_off),
		cmocka_unit_test(two_answers_that_are_lost_are_no_silence),
		cmocka_unit_test(nothing_is_asked_while_another_host_asks),
		cmocka_unit_test(
		    nothing_is_asked_between_the_questions_of_a_slow_host),
		cmocka_unit_test(a_line_opened_anew_is_listened_to_first),
		cmocka_unit_test(
		    an_error_is_told_with_both_numbers_until_it_is_gone),
		cmocka_unit_test(
		    other_beats_make_no_result_of_the_same_numbers),
		cmocka_unit_test(another_rate_alone_makes_a_result),
		cmocka_unit_test(
		    an_error_that_goes_away_makes_no_result_of_old_numbers),
		cmocka_unit_test(
		    the_first_numbers_after_nothing_but_errors_are_doubtful),
		cmocka_unit_test(a_failure_at_first_sight_is_none),
		cmocka_unit_test(
		    a_result_after_an_hour_unseen_says_how_old_it_may_be),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

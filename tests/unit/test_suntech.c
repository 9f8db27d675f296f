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
	assert_false(asks(3999));
	assert_true(asks(4000));
	assert_false(asks(4001));
	assert_false(asks(6999));
	assert_true(asks(7000));
}

static void
an_answer_puts_the_next_question_off(void **state)
{
	(void)state;
	start();
	assert_false(asks(0));
	assert_true(asks(3000));
	result(3100, 115, 0);
	assert_false(asks(6099));
	assert_true(asks(6100));
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

static void
a_line_opened_anew_is_listened_to_first(void **state)
{
	(void)state;
	start();
	assert_false(asks(0));
	assert_true(asks(3000));
	stream_reset(&s, 10000);
	assert_false(asks(10000));
	assert_true(asks(13000));
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

/* A measurement of 115/74 with so many beats; whether it is told. */
static bool
beats(int64_t t_ms, uint8_t n)
{
	uint8_t m[24] = { 0x3e, 0x18, 115, 0, 74, 0, n, [16] = 85, 0, 88 };
	uint8_t sum = 0;

	for (size_t i = 0; i < 23; i++)
		sum = (uint8_t)(sum + m[i]);
	m[23] = (uint8_t)-sum;
	return feed(t_ms, m, sizeof m).readings.n > 0;
}

static void
beats_that_are_being_counted_make_no_result_of_old_numbers(void **state)
{
	(void)state;
	start();
	assert_false(beats(0, 30));
	assert_false(beats(3000, 30));
	for (uint8_t n = 0; n < 8; n++)
		assert_false(beats(20000 + 3000 * n, n));
	assert_false(beats(44000, 27));
	assert_true(beats(47000, 27));
	assert_false(beats(50000, 27));
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
		cmocka_unit_test(nothing_is_asked_while_another_host_asks),
		cmocka_unit_test(a_line_opened_anew_is_listened_to_first),
		cmocka_unit_test(
		    an_error_is_told_with_both_numbers_until_it_is_gone),
		cmocka_unit_test(
		    beats_that_are_being_counted_make_no_result_of_old_numbers),
		cmocka_unit_test(a_failure_at_first_sight_is_none),
		cmocka_unit_test(
		    a_result_after_an_hour_unseen_says_how_old_it_may_be),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

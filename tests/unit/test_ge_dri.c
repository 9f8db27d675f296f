/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the GE driver asks for, and when.  What it reads is told by its
 * captures.
 *
 * Easy to get wrong: request() is called now and then; it must not rely on
 * being called at any exact time.
 */
#include "tests/unit/recording.h"

static struct stream s;
static uint8_t buf[TX_MAX];

/* The interval asked for at that time; 0 is the stop, -1 nothing. */
static int
asked(int64_t t_ms)
{
	size_t n = stream_request(&s, t_ms, buf);

	if (n == 0)
		return -1;
	assert_true(tx_allowed(s.driver, buf, n));
	return buf[42];
}

static void
open_with(uint16_t interval_s)
{
	struct driver_options o = { .interval_s = interval_s };

	stream_init(&s, driver_find("ge-dri"), &o, 0);
}

/* Byte for byte as GE's own encoder gives them: multiparameter.md B8, G1 and
 * G4; written here in full, not computed as the driver does it. */
static void
the_requests_are_those_of_the_specification(void **state)
{
	static const uint8_t every_5s[52] = {
		0x7e, 0x31, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
		0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
		0x00, 0x00, 0xff, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
		0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
		0x00, 0x01, 0x05, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
		0x36, 0x7e,
	};
	static const uint8_t stop[52] = {
		0x7e, 0x31, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
		0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
		0x00, 0x00, 0xff, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
		0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
		0x00, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
		0x31, 0x7e,
	};
	static const uint16_t set[] = { 1, 5, 10 };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		uint8_t sum = 0;

		open_with(set[i]);
		assert_int_equal(stream_request(&s, 0, buf), 52);
		assert_memory_equal(buf, stop, 52);
		assert_int_equal(stream_request(&s, 300, buf), 52);
		for (size_t k = 1; k < 50; k++)
			sum = (uint8_t)(sum + buf[k]);
		assert_int_equal(buf[50], sum);
		buf[42] = 5;
		buf[50] = 0x36;
		assert_memory_equal(buf, every_5s, 52);
	}
}

static void
an_old_subscription_is_stopped_before_values_are_asked_for(void **state)
{
	(void)state;
	open_with(0);
	assert_int_equal(asked(1000), 0);
	assert_int_equal(asked(1100), -1);
	assert_int_equal(asked(1299), -1);
	assert_int_equal(asked(1300), 5);
	assert_int_equal(asked(2000), -1);
}

static void
values_are_asked_for_at_the_interval_that_is_set(void **state)
{
	static const uint16_t set[] = { 1, 5, 10, 0, 7 };
	static const int want[] = { 1, 5, 10, 5, 5 };

	(void)state;
	for (size_t i = 0; i < 5; i++) {
		open_with(set[i]);
		assert_int_equal(asked(0), 0);
		assert_int_equal(asked(300), want[i]);
	}
}

static void
silence_makes_it_ask_again(void **state)
{
	(void)state;
	open_with(1);
	assert_int_equal(asked(0), 0);
	assert_int_equal(asked(500), 1);
	assert_int_equal(asked(15499), -1);
	assert_int_equal(asked(15500), 1);
	assert_int_equal(asked(30499), -1);
	assert_int_equal(asked(30500), 1);
	open_with(10);
	assert_int_equal(asked(0), 0);
	assert_int_equal(asked(500), 10);
	assert_int_equal(asked(30499), -1);
	assert_int_equal(asked(30500), 10);
}

static void
a_line_opened_anew_begins_with_the_stop(void **state)
{
	(void)state;
	open_with(5);
	assert_int_equal(asked(0), 0);
	assert_int_equal(asked(300), 5);
	stream_reset(&s, 1000);
	assert_int_equal(asked(1000), 0);
	assert_int_equal(asked(1300), 5);
}

/* Any one frame that is recorded with values in it. */
static void
feed_values(int64_t t_ms)
{
	struct recording r = { 0 };
	struct decoded d;
	unsigned headers = 0;

	recording_load(&r, "tests/captures/ge-dri/no-value.cap", "ge-dri",
	    &headers);
	assert_int_equal(stream_feed(&s, t_ms, r.byte, 322), 322);
	assert_true(stream_next(&s, &d));
	assert_int_equal(d.result, DECODE_OK);
	recording_free(&r);
}

static void
values_that_arrive_put_off_the_next_request(void **state)
{
	(void)state;
	open_with(5);
	assert_int_equal(asked(0), 0);
	assert_int_equal(asked(300), 5);
	feed_values(10000);
	assert_int_equal(asked(24999), -1);
	assert_int_equal(asked(25000), 5);
}

static void
our_own_request_come_back_is_no_sign_of_life(void **state)
{
	struct decoded d;

	(void)state;
	open_with(5);
	assert_int_equal(asked(0), 0);
	assert_int_equal(stream_feed(&s, 100, buf, 52), 52);
	assert_true(stream_next(&s, &d));
	assert_int_equal(d.result, DECODE_BAD_VALUE);
	assert_true(stream_silent(&s, 15000));
}

/* Without bit 7 a sum modulo 256 stays right wherever an even number of bytes had
 * it; the values would be other ones. */
static void
a_stream_without_its_eighth_bits_gives_no_values(void **state)
{
	static const char *const name[] = {
		"capnometer", "cuff-cycle", "no-value", "sim-mishaps"
	};
	size_t passed = 0;

	(void)state;
	for (size_t i = 0; i < sizeof name / sizeof name[0]; i++) {
		struct recording r = { 0 };
		struct events e = { 0 };
		unsigned headers = 0;
		char path[100];

		snprintf(path, sizeof path, "tests/captures/ge-dri/%s.cap",
		    name[i]);
		recording_load(&r, path, "ge-dri", &headers);
		for (size_t k = 0; k < r.n; k++)
			r.byte[k] &= 0x7F;
		recording_run(&r, driver_find("ge-dri"), 0, 0, &e, NULL, NULL);
		assert_int_equal(e.n, 0);
		passed += e.count.frames[DECODE_BAD_LENGTH];
		recording_free(&r);
		free(e.item);
	}
	assert_true(passed > 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_requests_are_those_of_the_specification),
		cmocka_unit_test(
		    an_old_subscription_is_stopped_before_values_are_asked_for),
		cmocka_unit_test(
		    values_are_asked_for_at_the_interval_that_is_set),
		cmocka_unit_test(silence_makes_it_ask_again),
		cmocka_unit_test(a_line_opened_anew_begins_with_the_stop),
		cmocka_unit_test(values_that_arrive_put_off_the_next_request),
		cmocka_unit_test(our_own_request_come_back_is_no_sign_of_life),
		cmocka_unit_test(
		    a_stream_without_its_eighth_bits_gives_no_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the CAPNOSTAT driver sends, when it holds its tongue, and what it forgets.
 * What it reads is told by its captures.
 *
 * Easy to get wrong: a sensor that streams belongs to the monitor that started
 * it.
 */
#include "tests/unit/recording.h"

static struct stream s;
static uint8_t buf[TX_MAX];

static void
open_line(void)
{
	stream_init(&s, driver_find("capnostat"), NULL, 0);
}

/* Whether the waveform is asked for at that time. */
static bool
asks(int64_t t_ms)
{
	static const uint8_t waveform[] = { 0x80, 0x02, 0x00, 0x7e };
	size_t n = stream_request(&s, t_ms, buf);

	if (n == 0)
		return false;
	assert_int_equal(n, sizeof(waveform));
	assert_memory_equal(buf, waveform, n);
	assert_true(tx_allowed(s.driver, buf, n));
	return true;
}

static enum decode
hear(int64_t t_ms, const uint8_t *p, size_t n)
{
	struct decoded d;

	assert_int_equal(stream_feed(&s, t_ms, p, n), n);
	assert_true(stream_next(&s, &d));
	return d.result;
}

static void
hear_wave(int64_t t_ms)
{
	static const uint8_t wave[] = { 0x80, 0x04, 0x10, 0x25, 0x59, 0x6e };

	assert_int_equal(hear(t_ms, wave, sizeof(wave)), DECODE_IGNORED);
}

/* Well; then 38.0 mmHg and 14/min: the readings that these give. */
static void
hear_status(int64_t t_ms)
{
	static const uint8_t well[] = {
		0x80, 0x0a, 0x01, 0x07, 0x68, 0x01, 0, 0, 0, 0, 0, 0x05,
	};

	assert_int_equal(hear(t_ms, well, sizeof(well)), DECODE_IGNORED);
}

static size_t
hear_numbers(int64_t t_ms)
{
	static const uint8_t etco2[] = {
		0x80, 0x07, 0x11, 0x07, 0x68, 0x02, 0x02, 0x7c, 0x79,
	};
	static const uint8_t rr[] = {
		0x80, 0x07, 0x12, 0x08, 0x7e, 0x03, 0x00, 0x0e, 0x50,
	};
	struct decoded d;

	assert_int_equal(hear(t_ms, etco2, sizeof(etco2)), DECODE_IGNORED);
	assert_int_equal(stream_feed(&s, t_ms, rr, sizeof(rr)), sizeof(rr));
	assert_true(stream_next(&s, &d));
	return d.readings.n;
}

static void
a_status_does_not_outlive_a_silence(void **state)
{
	static const uint8_t echo[] = { 0x80, 0x02, 0x00, 0x7e };

	(void)state;
	open_line();
	hear_status(0);
	assert_int_equal(hear_numbers(0), 2);
	/* Waves alone are no silence. */
	for (int64_t t = 1000; t <= 20000; t += 1000)
		hear_wave(t);
	assert_int_equal(hear_numbers(23999), 2);
	/* Nor does the echo of what we ask end one. */
	for (int64_t t = 26000; t < 84000; t += 3000)
		assert_int_equal(hear(t, echo, sizeof(echo)),
		    DECODE_BAD_VALUE);
	assert_int_equal(hear_numbers(84000), 0);
	assert_int_equal(hear_numbers(84500), 0);
	hear_status(85000);
	assert_int_equal(hear_numbers(85000), 2);
	assert_int_equal(hear_numbers(89000), 0);
}

static void
a_silent_sensor_is_asked_after_3_s_and_again(void **state)
{
	(void)state;
	open_line();
	assert_false(asks(1000));
	assert_false(asks(3999));
	assert_true(asks(4000));
	assert_false(asks(4000));
	assert_false(asks(6999));
	assert_true(asks(7000));
}

static void
a_sensor_that_streams_is_sent_nothing(void **state)
{
	(void)state;
	open_line();
	assert_false(asks(0));
	for (int64_t t = 0; t < 60000; t += 20) {
		hear_wave(t);
		assert_false(asks(t));
	}
	assert_false(asks(62979));
	assert_true(asks(62980));
}

/* A refusal is no waveform. */
static void
a_sensor_that_refuses_is_asked_again(void **state)
{
	static const uint8_t refusal[] = { 0xc8, 0x02, 0x01, 0x35 };

	(void)state;
	open_line();
	assert_false(asks(0));
	assert_true(asks(3000));
	assert_int_equal(hear(3100, refusal, sizeof(refusal)), DECODE_IGNORED);
	assert_true(asks(6000));
}

static void
nothing_is_set_zeroed_reset_or_stopped(void **state)
{
	static const uint8_t never[][5] = {
		{ 3, 0x82, 0x01, 0x7d },	/* zero */
		{ 3, 0xf8, 0x01, 0x07 },	/* reset */
		{ 3, 0xc9, 0x01, 0x36 },	/* stop */
		{ 4, 0x84, 0x02, 0x01, 0x79 },	/* a setting */
	};
	static const uint8_t pressure[] = { 0x84, 0x04, 0x01, 0x05, 0x78, 0x7a };

	(void)state;
	open_line();
	for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++)
		assert_false(tx_allowed(s.driver, never[i] + 1, never[i][0]));
	assert_false(tx_allowed(s.driver, pressure, sizeof(pressure)));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_status_does_not_outlive_a_silence),
		cmocka_unit_test(a_silent_sensor_is_asked_after_3_s_and_again),
		cmocka_unit_test(a_sensor_that_streams_is_sent_nothing),
		cmocka_unit_test(a_sensor_that_refuses_is_asked_again),
		cmocka_unit_test(nothing_is_set_zeroed_reset_or_stopped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the CAPNOSTAT driver sends, and when it holds its tongue.  What it reads
 * is told by its captures.
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
		cmocka_unit_test(a_silent_sensor_is_asked_after_3_s_and_again),
		cmocka_unit_test(a_sensor_that_streams_is_sent_nothing),
		cmocka_unit_test(a_sensor_that_refuses_is_asked_again),
		cmocka_unit_test(nothing_is_set_zeroed_reset_or_stopped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

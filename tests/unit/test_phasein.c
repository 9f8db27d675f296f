/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What captures do not show of the PHASEIN driver: the alarm of no breath, and
 * that a flood of equal frames becomes one reading a second.
 *
 * Easy to get wrong: whatever is sent to such a sensor changes its state.
 */
#include "tests/unit/recording.h"

static struct stream s;

static void
open_line(void)
{
	stream_init(&s, driver_find("phasein"), NULL, 0);
}

static struct decoded
hear(int64_t t_ms, uint8_t id, uint8_t status, uint8_t first)
{
	static struct decoded d;
	uint8_t frame[21] = { 0xaa, 0x55, id, status, [14] = first,
		[18] = 0x03, [19] = 0xf5 };
	uint8_t sum = 0;

	for (int i = 2; i < 20; i++)
		sum = (uint8_t)(sum + frame[i]);
	frame[20] = (uint8_t)-sum;
	assert_int_equal(stream_feed(&s, t_ms, frame, sizeof(frame)), 21);
	assert_true(stream_next(&s, &d));
	return d;
}

static void
no_breath_is_told_as_the_sensors_own_alarm(void **state)
{
	struct decoded d;

	(void)state;
	open_line();
	d = hear(0, 1, 0x02, 0xff);
	assert_false(d.readings.alarms.told);
	d = hear(50, 3, 0x02, 0xff);
	assert_true(d.readings.alarms.told);
	assert_int_equal(d.readings.alarms.n, 1);
	assert_int_equal(d.readings.alarms.item[0].priority, PRIORITY_MEDIUM);
	assert_string_equal(d.readings.alarms.item[0].text, "no breath");
	d = hear(100, 3, 0x01, 14);
	assert_true(d.readings.alarms.told);
	assert_int_equal(d.readings.alarms.n, 0);
}

static void
equal_frames_become_one_reading_a_second(void **state)
{
	size_t readings = 0;

	(void)state;
	open_line();
	for (int64_t t = 0; t < 10000; t += 100) {
		hear(t, 1, 0, 51);
		readings += hear(t + 50, 3, 0, 14).readings.n;
	}
	assert_int_equal(readings, 10 * 2);
	/* What is new is told at once. */
	assert_int_equal(hear(10000, 3, 0, 15).readings.n, 2);
}

static void
nothing_is_ever_sent(void **state)
{
	static const uint8_t measure[] = { 0xaa, 0x55, 0x00, 0x02, 0xfe };

	(void)state;
	open_line();
	assert_null(s.driver->tx);
	assert_null(s.driver->request);
	assert_false(tx_allowed(s.driver, measure, sizeof(measure)));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_breath_is_told_as_the_sensors_own_alarm),
		cmocka_unit_test(equal_frames_become_one_reading_a_second),
		cmocka_unit_test(nothing_is_ever_sent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

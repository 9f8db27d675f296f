/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the Datex 3900 driver passes on of the monitor's own alarms, and what
 * damage does to its lines, which have no checksum.
 *
 * Easy to get wrong: a line without a message says that the monitor alarms of
 * nothing now; a line that is not read says nothing of alarms either.
 */
#include "drivers/stream.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

static struct stream s;
static struct decoded got;

/* Whether there was a sound line that is live. */
static bool
feed(int64_t t_ms, const char *p, size_t n)
{
	struct decoded d;
	bool found = false;

	assert_int_equal(stream_feed(&s, t_ms, (const uint8_t *)p, n), n);
	while (stream_next(&s, &d)) {
		if (d.result == DECODE_OK) {
			got = d;
			found = true;
		}
	}
	return found;
}

static bool
feed_line(int64_t t_ms, const char *p)
{
	return feed(t_ms, p, strlen(p));
}

/* Two lines, at 0 and 2 s: of the first it is not known whether it is live. */
static void
start(void)
{
	stream_init(&s, driver_find("datex-3900"), NULL, 0);
	assert_false(feed_line(0, "14:01:09 SpO2= 97 PR= 70 PIr=1.56\r\n"));
	assert_true(feed_line(2000, "14:01:11 SpO2= 97 PR= 70 PIr=1.56\r\n"));
}

/* Whether the bytes hold a sound line; those from 'half' on come later_ms
 * later. */
static bool
sound_in_halves(const char *p, size_t n, size_t half, int64_t later_ms)
{
	start();
	assert_false(feed(4000, p, half));
	return feed(4000 + later_ms, p + half, n - half);
}

static bool
sound(const char *p, size_t n)
{
	return sound_in_halves(p, n, 1, 10);
}

static void
check_alarm(const char *line, const char *text)
{
	assert_true(sound(line, strlen(line)));
	assert_true(got.readings.alarms.told);
	assert_int_equal(got.readings.alarms.n, text != NULL);
	if (text == NULL)
		return;
	assert_string_equal(got.readings.alarms.item[0].text, text);
	assert_int_equal(got.readings.alarms.item[0].priority,
	    PRIORITY_MEDIUM);
}

static void
the_message_is_an_alarm_of_the_monitors_own(void **state)
{
	(void)state;
	check_alarm("14:01:13 SpO2= 80 PR= 70 PIr=1.38 ** LOW SpO2\r\n",
	    "LOW SpO2");
	check_alarm("14:01:13 SpO2= --- PR= --- PIr= --- ** NO SENSOR\r\n",
	    "NO SENSOR");
	check_alarm("14:01:13 SpO2= 97 PR= 70 PIr=1.56\r\n", NULL);
}

static void
check_message(const char *message, enum quality q)
{
	char x[100] = "14:01:13 SpO2= 96 PR= 70 PIr=1.38 ** ";

	strcat(x, message);
	strcat(x, "\r\n");
	assert_true(sound(x, strlen(x)));
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(got.readings.item[i].quality, q);
}

static void
only_limits_of_a_number_leave_it_good(void **state)
{
	static const char *const limits[] = {
		"LOW SpO2", "HIGH SpO2", "LOW PR", "HIGH PULSE",
		"HIGH PULSE RATE", "LOW SPO2 ",
	}, *const doubts[] = {
		"LOW QUALITY SIGNAL", "HIGH", "LOW", "LOW PULSE AMPLITUDE",
		"LOW PRESSURE", "LOWER THE LIGHT", "HIGH AMBIENT LIGHT",
		"PULSE", "INTERFERENCE", "VERY LOW SpO2",
	};

	(void)state;
	for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++)
		check_message(limits[i], QUALITY_GOOD);
	for (size_t i = 0; i < sizeof doubts / sizeof doubts[0]; i++)
		check_message(doubts[i], QUALITY_QUESTIONABLE);
}

static void
a_message_about_the_sensor_takes_the_numbers_away(void **state)
{
	(void)state;
	check_message("NO SENSOR", QUALITY_NO_SENSOR);
	check_message("SENSOR OFF", QUALITY_SENSOR_OFF);
	check_message("CHECK SENSOR", QUALITY_SENSOR_OFF);
	check_message("LOW SENSOR SIGNAL", QUALITY_SENSOR_OFF);
}

static void
a_line_that_is_not_read_tells_of_no_alarm(void **state)
{
	static const char line[] =
	    "14:01:13 SpO2= 80 PR= 7O PIr=1.38 ** LOW SpO2\r\n";
	struct decoded d;

	(void)state;
	start();
	assert_int_equal(stream_feed(&s, 4000, (const uint8_t *)line,
	    sizeof line - 1), sizeof line - 1);
	assert_true(stream_next(&s, &d));
	assert_int_equal(d.result, DECODE_BAD_VALUE);
	assert_false(d.readings.alarms.told);
}

/* The longest message that a line has room for is cut, not overrun. */
static void
a_message_longer_than_an_alarm_is_cut(void **state)
{
	char line[200] = "14:01:13 SpO2= 80 PR= 70 PIr=1.38 ** ";
	size_t n = strlen(line);

	(void)state;
	memset(line + n, 'X', 80);
	memcpy(line + n + 80, "\r\n", 2);
	assert_true(sound(line, n + 82));
	assert_int_equal(got.readings.alarms.n, 1);
	assert_int_equal(strlen(got.readings.alarms.item[0].text),
	    MONITOR_ALARM_TEXT - 1);
}

static const char line[] = "14:01:13 SpO2= 97 PR= 70 PIr=1.56\r\n";
#define LINE (sizeof line - 1)

static void
check_numbers(void)
{
	assert_int_equal(got.readings.n, 2);
	assert_int_equal(got.readings.item[0].value, 9700);
	assert_int_equal(got.readings.item[0].quality, QUALITY_GOOD);
	assert_int_equal(got.readings.item[1].value, 70);
	assert_int_equal(got.readings.item[1].quality, QUALITY_GOOD);
}

static void
lost_bytes_make_no_other_number(void **state)
{
	(void)state;
	for (size_t n = 1; n < 30; n++) {
		for (size_t i = 0; i + n <= LINE; i++) {
			char x[LINE];

			memcpy(x, line, i);
			memcpy(x + i, line + i + n, LINE - i - n);
			if (sound(x, LINE - n))
				check_numbers();
		}
	}
}

/* A digit put in beside others cannot be told from one that was sent. */
static void
a_byte_put_in_makes_no_other_number(void **state)
{
	static const char some[] = "-.:= PRS*";

	(void)state;
	for (size_t i = 0; i <= LINE; i++) {
		for (const char *c = some; *c != '\0'; c++) {
			char x[LINE + 1];

			memcpy(x, line, i);
			x[i] = *c;
			memcpy(x + i + 1, line + i, LINE - i);
			if (sound(x, LINE + 1))
				check_numbers();
		}
	}
}

static void
a_line_with_a_pause_in_it_is_none(void **state)
{
	(void)state;
	for (size_t half = 1; half < LINE - 2; half++) {
		assert_true(sound_in_halves(line, LINE, half, 300));
		assert_false(sound_in_halves(line, LINE, half, 301));
	}
}

/* Every 6 s of the last hour, at 9600 baud; then it goes on as before. */
static void
stored_lines_are_not_taken_for_what_is_now(void **state)
{
	char x[] = "13:00:00 SpO2= 80 PR= 70 PIr=1.56\r\n";

	(void)state;
	for (int fresh = 0; fresh < 2; fresh++) {
		start();
		if (fresh)
			stream_init(&s, driver_find("datex-3900"), NULL, 0);
		for (int i = 0; i < 590; i++) {
			x[3] = (char)('0' + i / 100);
			x[4] = (char)('0' + i / 10 % 10);
			x[6] = (char)('0' + i % 10 * 6 / 10);
			x[7] = (char)('0' + i % 10 * 6 % 10);
			assert_false(feed_line(4000 + 60 * i, x));
		}
		(void)feed_line(60000, "14:02:09 SpO2= 97 PR= 70 PIr=1.56\r\n");
		assert_true(feed_line(62000,
		    "14:02:11 SpO2= 97 PR= 70 PIr=1.56\r\n"));
		assert_int_equal(got.readings.item[0].quality, QUALITY_GOOD);
	}
}

static void
lines_go_on_over_midnight(void **state)
{
	(void)state;
	stream_init(&s, driver_find("datex-3900"), NULL, 0);
	(void)feed_line(0, "23:59:56 SpO2= 97 PR= 70 PIr=1.56\r\n");
	assert_true(feed_line(2000, "23:59:58 SpO2= 97 PR= 70 PIr=1.56\r\n"));
	assert_true(feed_line(4000, "00:00:00 SpO2= 97 PR= 70 PIr=1.56\r\n"));
	assert_int_equal(got.readings.item[0].quality, QUALITY_GOOD);
	assert_true(feed_line(6000, "00:00:02 SpO2= 97 PR= 70 PIr=1.56\r\n"));
	assert_int_equal(got.readings.item[0].quality, QUALITY_GOOD);
}

static void
a_clock_that_is_set_casts_doubt_on_a_line(void **state)
{
	(void)state;
	start();
	assert_true(feed_line(4000, "16:01:13 SpO2= 97 PR= 70 PIr=1.56\r\n"));
	assert_int_equal(got.readings.item[0].quality, QUALITY_QUESTIONABLE);
	assert_true(feed_line(6000, "16:01:15 SpO2= 97 PR= 70 PIr=1.56\r\n"));
	assert_int_equal(got.readings.item[0].quality, QUALITY_GOOD);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_message_is_an_alarm_of_the_monitors_own),
		cmocka_unit_test(only_limits_of_a_number_leave_it_good),
		cmocka_unit_test(
		    a_message_about_the_sensor_takes_the_numbers_away),
		cmocka_unit_test(a_line_that_is_not_read_tells_of_no_alarm),
		cmocka_unit_test(a_message_longer_than_an_alarm_is_cut),
		cmocka_unit_test(lost_bytes_make_no_other_number),
		cmocka_unit_test(a_byte_put_in_makes_no_other_number),
		cmocka_unit_test(a_line_with_a_pause_in_it_is_none),
		cmocka_unit_test(stored_lines_are_not_taken_for_what_is_now),
		cmocka_unit_test(lines_go_on_over_midnight),
		cmocka_unit_test(a_clock_that_is_set_casts_doubt_on_a_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

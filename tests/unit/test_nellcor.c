/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the captures of the Nellcor driver do not show: damage to rows without
 * a checksum, rows of stored trends, and what the monitor alarms of.
 *
 * Easy to get wrong: the first row only teaches where the fields end, so
 * every test begins with two.
 */
#include "drivers/stream.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

static const char row[] =
    "29-Dec-17 07:19:23    98     120     120    MO\r\n";
#define ROW (sizeof row - 1)

static struct stream s;
static struct decoded got;
static size_t sound;

static void
feed(int64_t t_ms, const char *p, size_t n)
{
	struct decoded d;

	assert_int_equal(stream_feed(&s, t_ms, (const uint8_t *)p, n), n);
	while (stream_next(&s, &d)) {
		if (d.result == DECODE_OK) {
			got = d;
			sound++;
		}
	}
}

static void
feed_line(int64_t t_ms, const char *line)
{
	feed(t_ms, line, strlen(line));
}

/* Two sound rows, at 0 and 2 s. */
static void
start(void)
{
	stream_init(&s, driver_find("nellcor"), NULL, 0);
	feed_line(0, "29-Dec-17 07:19:19    98     119     120\r\n");
	feed_line(2000, "29-Dec-17 07:19:21    98     119     120\r\n");
	sound = 0;
}

/* No number but those of the row, if any, and none without its flag. */
static void
check_numbers(void)
{
	if (sound == 0)
		return;
	assert_int_equal(got.readings.n, 2);
	assert_int_equal(got.readings.item[0].value, 9800);
	assert_int_equal(got.readings.item[1].value, 120);
	assert_int_equal(got.readings.item[0].quality, QUALITY_QUESTIONABLE);
}

static void
lost_bytes_make_no_other_number(void **state)
{
	(void)state;
	for (size_t n = 1; n < 20; n++) {
		/* The code itself may be lost whole: then nothing says so. */
		for (size_t i = 0; i + n <= ROW - 4; i++) {
			char x[ROW];

			start();
			memcpy(x, row, i);
			memcpy(x + i, row + i + n, ROW - i - n);
			feed(4000, x, ROW - n);
			check_numbers();
		}
	}
}

static void
a_byte_put_in_makes_no_other_number(void **state)
{
	static const char some[] = "0189-* X";

	(void)state;
	for (size_t i = 0; i < ROW; i++) {
		for (const char *c = some; *c != '\0'; c++) {
			char x[ROW + 1];

			start();
			memcpy(x, row, i);
			x[i] = *c;
			memcpy(x + i + 1, row + i, ROW - i);
			feed(4000, x, ROW + 1);
			check_numbers();
		}
	}
}

static void
a_row_with_a_pause_in_it_is_none(void **state)
{
	static const int64_t pause_ms[] = { 300, 301, 3000 };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		start();
		feed(4000 - pause_ms[i], row, 30);
		feed(4000, row + 30, ROW - 30);
		assert_int_equal(sound, i == 0);
	}
}

static void
zeroes_while_it_searches_are_no_reading(void **state)
{
	(void)state;
	start();
	feed_line(4000, "29-Dec-17 07:19:23     0       0     ---    PS\r\n");
	assert_int_equal(sound, 1);
	assert_int_equal(got.readings.item[0].quality, QUALITY_SEARCHING);
	assert_int_equal(got.readings.item[1].quality, QUALITY_SEARCHING);
	feed_line(6000, "29-Dec-17 07:19:25    96      63     ---\r\n");
	assert_int_equal(got.readings.item[0].quality, QUALITY_QUESTIONABLE);
}

/* At 9600 baud, 40 ms each; the monitor was in its menu for a while. */
static void
stored_trends_are_not_taken_for_what_is_now(void **state)
{
	char x[] = "29-Dec-17 03:00:00    80     119     120\r\n";

	(void)state;
	start();
	feed_line(30000, "Interactive Mode\r\n");
	for (int i = 0; i < 60; i++) {
		x[13] = (char)('0' + i / 10);
		x[14] = (char)('0' + i % 10);
		feed_line(40000 + 40 * i, x);
	}
	assert_int_equal(sound, 0);
	feed_line(44000, "29-Dec-17 07:20:03    98     119     120\r\n");
	assert_int_equal(sound, 1);
	assert_int_equal(got.readings.item[0].value, 9800);
}

/* All of them, when nothing live came before. */
static void
stored_trends_are_not_taken_for_live_on_a_fresh_port(void **state)
{
	char x[] = "29-Dec-17 03:00:00    80     119     120\r\n";

	(void)state;
	start();
	stream_reset(&s, 0);
	for (int i = 0; i < 60; i++) {
		x[13] = (char)('0' + i / 10);
		x[14] = (char)('0' + i % 10);
		feed_line(30000 + 30 * i, x);
	}
	assert_int_equal(sound, 0);
}

static void
a_clock_that_is_set_back_costs_a_row(void **state)
{
	(void)state;
	start();
	feed_line(4000, "29-Dec-17 06:19:23    98     119     120\r\n");
	assert_int_equal(sound, 0);
	feed_line(6000, "29-Dec-17 06:19:25    98     119     120\r\n");
	feed_line(8000, "29-Dec-17 06:19:27    98     119     120\r\n");
	assert_int_equal(sound, 2);
}

/* What stands in the list after a row with that end, '|' between. */
static const char *
alarms(const char *end)
{
	static char all[600];
	char line[100] = "29-Dec-17 07:19:23    98";

	start();
	strcat(line, end);
	feed_line(4000, line);
	assert_int_equal(sound, 1);
	assert_true(got.readings.alarms.told);
	all[0] = '\0';
	for (size_t i = 0; i < got.readings.alarms.n; i++) {
		if (i > 0)
			strcat(all, "|");
		strcat(all, got.readings.alarms.item[i].text);
	}
	return all;
}

static void
the_monitors_own_alarms_are_told_in_words(void **state)
{
	(void)state;
	assert_string_equal(alarms("     119     120\r\n"), "");
	assert_string_equal(alarms("     119     120          AS\r\n"), "");
	assert_string_equal(alarms("*    119     120    MO SL\r\n"),
	    "SpO2 below its limit");
	assert_string_equal(alarms("*    119     120    SH\r\n"),
	    "SpO2 above its limit");
	assert_string_equal(alarms("*    119     120\r\n"),
	    "SpO2 beyond its limits");
	assert_string_equal(alarms("     119*    120    PL\r\n"),
	    "pulse rate below its limit");
	assert_string_equal(alarms("     119*    120    PH LB AO\r\n"),
	    "pulse rate above its limit|battery low|"
	    "alarms are switched off on the monitor");
	assert_string_equal(alarms("     119*    120\r\n"),
	    "pulse rate beyond its limits");
	assert_string_equal(alarms("     ---     ---    LP\r\n"), "pulse lost");
	assert_string_equal(alarms("     ---     ---    LM\r\n"), "pulse lost");
	assert_int_equal(got.readings.alarms.item[0].priority,
	    PRIORITY_MEDIUM);
}

/* The cable was out, or the port opened: columns are learned anew. */
static void
a_line_opened_anew_begins_with_a_row_that_only_teaches(void **state)
{
	(void)state;
	start();
	stream_reset(&s, 3000);
	feed_line(4000, "29-Dec-17 07:19:23    98     119     120\r\n");
	assert_int_equal(sound, 0);
	feed_line(6000, "29-Dec-17 07:19:25    98     119     120\r\n");
	assert_int_equal(sound, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lost_bytes_make_no_other_number),
		cmocka_unit_test(a_byte_put_in_makes_no_other_number),
		cmocka_unit_test(a_row_with_a_pause_in_it_is_none),
		cmocka_unit_test(zeroes_while_it_searches_are_no_reading),
		cmocka_unit_test(stored_trends_are_not_taken_for_what_is_now),
		cmocka_unit_test(
		    stored_trends_are_not_taken_for_live_on_a_fresh_port),
		cmocka_unit_test(a_clock_that_is_set_back_costs_a_row),
		cmocka_unit_test(the_monitors_own_alarms_are_told_in_words),
		cmocka_unit_test(
		    a_line_opened_anew_begins_with_a_row_that_only_teaches),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

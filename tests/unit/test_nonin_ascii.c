/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What damage does to a line of the Nonin text driver, which has no checksum.
 *
 * Easy to get wrong: a line that is refused is no danger; one that says another
 * number is.
 */
#include "drivers/stream.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

static const char line[] = "10:15:30 SPO2=097 HR=131 *\r\n";
#define LINE (sizeof line - 1)

static struct stream s;

static struct decoded got;

static size_t
feed(int64_t t_ms, const char *p, size_t n)
{
	size_t found = 0;
	struct decoded d;

	assert_int_equal(stream_feed(&s, t_ms, (const uint8_t *)p, n), n);
	while (stream_next(&s, &d)) {
		if (d.result != DECODE_OK)
			continue;
		assert_int_equal(d.readings.n, 2);
		got = d;
		found++;
	}
	return found;
}

/* How many sound lines there are in the bytes that follow a whole one, each of
 * which must say 97 and 131; those from 'half' on come later_ms later. */
static size_t
sound(const char *p, size_t n, size_t half, int64_t later_ms)
{
	size_t found;

	stream_init(&s, driver_find("nonin-ascii"), NULL, 0);
	assert_int_equal(feed(0, line, LINE), 1);
	assert_int_equal(feed(1000, p, half), 0);
	found = feed(1000 + later_ms, p + half, n - half);
	assert_int_equal(got.readings.item[0].value, 9700);
	assert_int_equal(got.readings.item[1].value, 131);
	return found;
}

static void
a_whole_line_gives_its_numbers(void **state)
{
	(void)state;
	assert_int_equal(sound(line, LINE, LINE / 2, 15), 1);
}

/* The line without n bytes from i on. */
static void
lose(char x[LINE], size_t i, size_t n)
{
	memcpy(x, line, i);
	memcpy(x + i, line + i + n, LINE - i - n);
}

static void
lost_bytes_make_no_other_number(void **state)
{
	(void)state;
	for (size_t n = 1; n < 20; n++) {
		for (size_t i = 0; i + n <= LINE; i++) {
			char x[LINE];

			lose(x, i, n);
			sound(x, LINE - n, 1, 15);
		}
	}
}

static void
a_byte_put_in_makes_no_other_number(void **state)
{
	static const char some[] = "0189-=: F*\0";

	(void)state;
	for (size_t i = 0; i <= LINE; i++) {
		for (size_t k = 0; k < sizeof some - 1; k++) {
			char x[LINE + 1];

			memcpy(x, line, i);
			x[i] = some[k];
			memcpy(x + i + 1, line + i, LINE - i);
			sound(x, LINE + 1, 1, 15);
		}
	}
}

/* As if it were the first line ever, so that nothing is known of the device. */
static void
a_first_line_that_lost_bytes_makes_no_other_number_good(void **state)
{
	(void)state;
	for (size_t n = 1; n < 20; n++) {
		for (size_t i = 0; i + n <= LINE; i++) {
			char x[LINE];

			lose(x, i, n);
			stream_init(&s, driver_find("nonin-ascii"), NULL, 0);
			if (feed(0, x, LINE - n) == 0)
				continue;
			assert_true(got.readings.item[0].value == 9700 ||
			    got.readings.item[0].quality != QUALITY_GOOD);
			assert_true(got.readings.item[1].value == 131 ||
			    got.readings.item[1].quality != QUALITY_GOOD);
		}
	}
}

static void
check_line(int64_t t_ms, const char *text, enum quality q, int32_t spo2,
    int32_t pr)
{
	assert_int_equal(feed(t_ms, text, strlen(text)), 1);
	assert_int_equal(got.readings.item[0].value, spo2);
	assert_int_equal(got.readings.item[1].value, pr);
	assert_int_equal(got.readings.item[0].quality, q);
	assert_int_equal(got.readings.item[1].quality, q);
}

static void
numbers_that_are_never_filled_up_count_from_the_second_line_on(void **state)
{
	(void)state;
	stream_init(&s, driver_find("nonin-ascii"), NULL, 0);
	check_line(0, "SPO2=100 HR=101\r\n", QUALITY_GOOD, 10000, 101);
	check_line(1000, "SPO2=99 HR=101\r\n", QUALITY_QUESTIONABLE, 9900, 101);
	check_line(2000, "10:15:30 SPO2=97 HR=72*\r\n", QUALITY_GOOD, 9700, 72);
	assert_int_equal(feed(3000, "SPO2=--- HR=---\r\n", 17), 1);
	check_line(4000, "SPO2=97 HR=72 F\r\n", QUALITY_QUESTIONABLE, 9700, 72);
	/* It does fill up: whoever says less has lost something. */
	check_line(5000, "SPO2=097 HR=072\r\n", QUALITY_GOOD, 9700, 72);
	for (int i = 0; i < 3; i++)
		assert_int_equal(feed(6000, "SPO2=097 HR=72\r\n", 16), 0);
	assert_int_equal(feed(7000, "SPO2=97 HR=72\r\n", 15), 0);
	check_line(8000, "SPO2=097 HR=072\r\n", QUALITY_GOOD, 9700, 72);
	assert_int_equal(feed(9000, "SPO2=97 HR=72\r\n", 15), 0);
	/* Twice in a row: it is another device; but none says 09. */
	check_line(10000, "SPO2=97 HR=72\r\n", QUALITY_GOOD, 9700, 72);
	assert_int_equal(feed(11000, "SPO2=09 HR=72\r\n", 15), 0);
}

/* The cable was out for some seconds: the halves are not of one line. */
static void
a_line_with_a_pause_in_it_is_none(void **state)
{
	(void)state;
	for (size_t half = 1; half < LINE - 2; half++) {
		assert_int_equal(sound(line, LINE, half, 300), 1);
		assert_int_equal(sound(line, LINE, half, 301), 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_whole_line_gives_its_numbers),
		cmocka_unit_test(lost_bytes_make_no_other_number),
		cmocka_unit_test(
		    a_first_line_that_lost_bytes_makes_no_other_number_good),
		cmocka_unit_test(
	    numbers_that_are_never_filled_up_count_from_the_second_line_on),
		cmocka_unit_test(a_byte_put_in_makes_no_other_number),
		cmocka_unit_test(a_line_with_a_pause_in_it_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

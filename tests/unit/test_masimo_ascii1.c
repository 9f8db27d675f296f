/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What damage does to a line of the Masimo driver, which has no checksum.
 *
 * Easy to get wrong: a line that says less than the whole one is no danger; one
 * that says another number, or the same with a better quality, is.
 */
#include "drivers/stream.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

static const char line[] =
    "02/22/16 22:47:45 SN=0000056661 SPO2=098% BPM=097 PI=03.60% "
    "SPCO=--.-% SPMET=--.-% DESAT=-- PIDELTA=+-- ALARM=0000 EXC=000800\r\n";
#define LINE (sizeof line - 1)

static struct stream s;
static struct decoded got;

/* How many sound lines there are in the bytes; the second half of them comes
 * later_ms later. */
static size_t
sound(const char *p, size_t n, int64_t later_ms)
{
	size_t found = 0, half = n / 2;
	struct decoded d;

	stream_init(&s, driver_find("masimo-ascii1"), NULL, 0);
	assert_int_equal(stream_feed(&s, 0, (const uint8_t *)p, half), half);
	assert_false(stream_next(&s, &d));
	assert_int_equal(stream_feed(&s, later_ms, (const uint8_t *)p + half,
	    n - half), n - half);
	while (stream_next(&s, &d)) {
		if (d.result == DECODE_OK) {
			got = d;
			found++;
		}
	}
	return found;
}

static void
check_numbers(void)
{
	static const int32_t want[] = { 9800, 97, 360 };

	assert_int_equal(got.readings.n, 3);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(got.readings.item[i].value, want[i]);
		assert_int_equal(got.readings.item[i].quality, QUALITY_GOOD);
	}
}

static void
a_whole_line_gives_its_numbers(void **state)
{
	(void)state;
	assert_int_equal(sound(line, LINE, 70), 1);
	check_numbers();
}

static void
lost_bytes_make_no_other_number(void **state)
{
	(void)state;
	for (size_t n = 1; n < 20; n++) {
		for (size_t i = 0; i + n <= LINE; i++) {
			char x[LINE];

			memcpy(x, line, i);
			memcpy(x + i, line + i + n, LINE - i - n);
			if (sound(x, LINE - n, 70) > 0 && i + n < LINE - 9)
				check_numbers();
		}
	}
}

static void
a_byte_put_in_makes_no_other_number(void **state)
{
	static const char some[] = "0189.%-=+ ";

	(void)state;
	for (size_t i = 0; i <= LINE; i++) {
		for (const char *c = some; *c != '\0'; c++) {
			char x[LINE + 1];

			memcpy(x, line, i);
			x[i] = *c;
			memcpy(x + i + 1, line + i, LINE - i);
			if (sound(x, LINE + 1, 70) > 0 && i < LINE - 8)
				check_numbers();
		}
	}
}

static void
exceptions_that_lost_a_digit_are_none(void **state)
{
	char x[LINE];

	(void)state;
	memcpy(x, line, LINE);
	memcpy(x + LINE - 8, "00020\r\n", 7);
	assert_int_equal(sound(x, LINE - 1, 70), 0);
	memcpy(x + LINE - 8, "0020\r\n", 6);
	assert_int_equal(sound(x, LINE - 2, 70), 0);
}

/* The cable was out for some seconds: the halves are not of one line. */
static void
a_line_with_a_pause_in_it_is_none(void **state)
{
	(void)state;
	assert_int_equal(sound(line, LINE, 300), 1);
	assert_int_equal(sound(line, LINE, 301), 0);
	assert_int_equal(sound(line, LINE, 3000), 0);
}

/* Wherever the key stands; it is a sign of life all the same. */
static void
a_line_of_a_root_is_passed_over(void **state)
{
	static const char chan[] = " CHAN=1";

	(void)state;
	for (size_t i = 17; i < LINE; i++) {
		char x[LINE + sizeof chan - 1];

		if (line[i] != ' ' && line[i] != '\r')
			continue;
		memcpy(x, line, i);
		memcpy(x + i, chan, sizeof chan - 1);
		memcpy(x + i + sizeof chan - 1, line + i, LINE - i);
		assert_int_equal(sound(x, sizeof x, 70), 0);
		assert_int_equal(s.count.frames[DECODE_IGNORED], 1);
	}
}

/* With INPCK, that is how a byte with a framing error reads. */
static void
a_byte_read_as_zero_costs_the_line(void **state)
{
	(void)state;
	for (size_t i = 0; i < LINE - 2; i++) {
		char x[LINE];

		memcpy(x, line, LINE);
		x[i] = '\0';
		assert_int_equal(sound(x, LINE, 70), 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_whole_line_gives_its_numbers),
		cmocka_unit_test(lost_bytes_make_no_other_number),
		cmocka_unit_test(a_byte_put_in_makes_no_other_number),
		cmocka_unit_test(exceptions_that_lost_a_digit_are_none),
		cmocka_unit_test(a_line_with_a_pause_in_it_is_none),
		cmocka_unit_test(a_line_of_a_root_is_passed_over),
		cmocka_unit_test(a_byte_read_as_zero_costs_the_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

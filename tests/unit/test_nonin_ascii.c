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

/* How many sound lines there are in the bytes, each of which must say 97 and
 * 131; those from 'half' on come later_ms later. */
static size_t
sound(const char *p, size_t n, size_t half, int64_t later_ms)
{
	size_t found = 0;
	struct decoded d;

	stream_init(&s, driver_find("nonin-ascii"), NULL, 0);
	assert_int_equal(stream_feed(&s, 0, (const uint8_t *)p, half), half);
	assert_false(stream_next(&s, &d));
	assert_int_equal(stream_feed(&s, later_ms, (const uint8_t *)p + half,
	    n - half), n - half);
	while (stream_next(&s, &d)) {
		if (d.result != DECODE_OK)
			continue;
		assert_int_equal(d.readings.n, 2);
		assert_int_equal(d.readings.item[0].value, 9700);
		assert_int_equal(d.readings.item[1].value, 131);
		found++;
	}
	return found;
}

static void
a_whole_line_gives_its_numbers(void **state)
{
	(void)state;
	assert_int_equal(sound(line, LINE, LINE / 2, 15), 1);
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
		cmocka_unit_test(a_byte_put_in_makes_no_other_number),
		cmocka_unit_test(a_line_with_a_pause_in_it_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Nonin's formats 1 and 8, bursts of three and four bytes that carry no
 * checksum: what is read of one by the other's driver, and of damage.
 *
 * Easy to get wrong: format 8 begins with a whole burst of format 1.
 */
#include "drivers/stream.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

static const uint8_t burst[4] = { 0x80, 0x48, 0x61, 0x00 };	/* 72, 97 */

static struct stream s;
static size_t valued, told;
static int64_t now_ms;

static void
start(const char *driver)
{
	valued = told = 0;
	now_ms = 1000;
	stream_init(&s, driver_find(driver), NULL, 0);
}

/* Bytes after a second of quiet.  A value that is read must be the burst's. */
static void
feed(const uint8_t *p, size_t n)
{
	struct decoded d;

	assert_int_equal(stream_feed(&s, now_ms, p, n), n);
	now_ms += 1000;
	while (stream_next(&s, &d)) {
		told += d.readings.n > 0;
		for (size_t i = 0; i < d.readings.n; i++) {
			if (!reading_has_value(&d.readings.item[i]))
				continue;
			assert_int_equal(d.readings.item[i].value,
			    d.readings.item[i].vital == VITAL_PR ? 72 : 9700);
			valued++;
		}
	}
}

static size_t
length(const char *driver)
{
	return strcmp(driver, "nonin-1") == 0 ? 3 : 4;
}

static const char *const formats[] = { "nonin-1", "nonin-8" };

static void
readings_begin_with_the_fourth_burst(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		start(formats[i]);
		for (int k = 1; k <= 10; k++) {
			feed(burst, length(formats[i]));
			assert_int_equal(told, k < 4 ? 0 : k - 3);
		}
		assert_false(stream_silent(&s, now_ms));
	}
}

static void
neither_driver_reads_the_other_format(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		start(formats[i]);
		for (int k = 0; k < 100; k++)
			feed(burst, length(formats[1 - i]));
		assert_int_equal(told, 0);
		assert_int_equal(s.count.frames[DECODE_OK], 0);
		assert_true(stream_silent(&s, now_ms));
	}
}

/* Whatever becomes of one burst among sound ones. */
static void
a_damaged_burst_gives_no_other_number(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		size_t n = length(formats[i]);

		start(formats[i]);
		for (size_t bit = 0; bit < n * 8; bit++) {
			uint8_t x[4];

			/* Small steps within the burst cannot be told from
			 * the patient's own. */
			if (bit / 8 == 1 && bit % 8 < 5)
				continue;
			if (bit / 8 == 2 && bit % 8 < 4)
				continue;
			memcpy(x, burst, sizeof x);
			x[bit / 8] ^= (uint8_t)(1u << bit % 8);
			for (int k = 0; k < 5; k++)
				feed(burst, n);
			feed(x, n);
		}
		assert_true(valued > 50);
	}
}

static void
a_burst_counts_only_after_half_a_second_of_quiet(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		for (int64_t quiet_ms = 499; quiet_ms <= 500; quiet_ms++) {
			start(formats[i]);
			for (int k = 0; k < 20; k++) {
				feed(burst, length(formats[i]));
				now_ms += quiet_ms - 1000;
			}
			assert_int_equal(told, quiet_ms < 500 ? 0 : 17);
		}
	}
}

/* What is read of something else now and then is no stream of bursts. */
static void
a_burst_that_comes_late_begins_anew(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		for (int64_t quiet_ms = 1500; quiet_ms <= 1501; quiet_ms++) {
			start(formats[i]);
			for (int k = 0; k < 20; k++) {
				feed(burst, length(formats[i]));
				now_ms += quiet_ms - 1000;
			}
			assert_int_equal(told, quiet_ms > 1500 ? 0 : 17);
			assert_int_equal(s.count.frames[DECODE_BAD_SEQUENCE],
			    quiet_ms > 1500 ? 20 : 1);
		}
	}
}

static void
half_a_burst_is_not_completed_a_second_later(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		start(formats[i]);
		for (int k = 0; k < 20; k++) {
			feed(burst, 2);
			feed(burst + 2, length(formats[i]) - 2);
		}
		assert_int_equal(told, 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(readings_begin_with_the_fourth_burst),
		cmocka_unit_test(neither_driver_reads_the_other_format),
		cmocka_unit_test(a_damaged_burst_gives_no_other_number),
		cmocka_unit_test(
		    a_burst_counts_only_after_half_a_second_of_quiet),
		cmocka_unit_test(a_burst_that_comes_late_begins_anew),
		cmocka_unit_test(half_a_burst_is_not_completed_a_second_later),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What captures do not show of the Welch Allyn driver: damage at every place of
 * a packet, the longest one, and that a stream of waves is a sign of life.
 *
 * Easy to get wrong: the CRC is two digits, so damage makes other characters
 * that may be digits too.
 */
#include "tests/unit/recording.h"

static struct stream s;
static size_t sound, told;

static void
open_line(void)
{
	stream_init(&s, driver_find("welchallyn-co2"), NULL, 0);
	sound = told = 0;
}

static void
hear(int64_t t_ms, const void *p, size_t n)
{
	struct decoded d;

	assert_int_equal(stream_feed(&s, t_ms, p, n), n);
	while (stream_next(&s, &d)) {
		sound += d.result <= DECODE_IGNORED;
		told += d.readings.n;
	}
}

/* The manual's: 39 mmHg, 12/min. */
#define PACKET "\x02" "Z270C001A\x03"

/* Any byte at any place becomes any other. */
static void
a_packet_with_another_byte_is_none(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof PACKET - 1; i++) {
		for (unsigned other = 0; other < 256; other++) {
			uint8_t p[] = PACKET;

			if (p[i] == other)
				continue;
			p[i] = (uint8_t)other;
			open_line();
			hear(0, p, sizeof p - 1);
			assert_int_equal(sound, 0);
		}
	}
}

static void
a_packet_that_lost_a_byte_or_has_one_more_is_none(void **state)
{
	const char *p = PACKET;
	size_t n = sizeof PACKET - 1;

	(void)state;
	for (size_t i = 0; i < n; i++) {
		char x[20];

		memcpy(x, p, i);
		memcpy(x + i, p + i + 1, n - i - 1);
		open_line();
		hear(0, x, n - 1);
		assert_int_equal(sound, 0);
		/* A start or an end twice harms nothing. */
		memcpy(x, p, i + 1);
		memcpy(x + i + 1, p + i, n - i);
		open_line();
		hear(0, x, n + 1);
		assert_int_equal(sound, i == 0 || i + 1 == n);
		/* Nor is the next one lost. */
		hear(1000, p, n);
		assert_int_equal(sound, 1u + (i == 0 || i + 1 == n));
	}
}

/* Twenty digits, as the manual has it; and one more. */
static void
the_longest_packet_has_25_bytes(void **state)
{
	(void)state;
	open_line();
	hear(0, "\x02" "X0123456789ABCDEF0123D0\x03", 25);
	assert_int_equal(sound, 1);
	open_line();
	hear(0, "\x02" "X0123456789ABCDEF012344B\x03", 26);
	assert_int_equal(sound, 0);
	assert_int_equal(s.count.garbage, 26);
}

static void
waves_alone_are_a_sign_of_life(void **state)
{
	(void)state;
	open_line();
	assert_true(stream_silent(&s, 11000));
	for (int64_t t = 0; t < 20000; t += 31)
		hear(t, "\x02" "W258079\x03", 9);
	assert_int_equal(told, 0);
	assert_false(stream_silent(&s, 29000));
	assert_true(stream_silent(&s, 31000));
}

static void
what_the_host_says_is_no_sign_of_life(void **state)
{
	(void)state;
	open_line();
	hear(0, "\x02" "C2776\x03", 7);
	hear(1000, "\x02" "M239B\x03", 7);
	assert_int_equal(s.count.frames[DECODE_BAD_VALUE], 2);
	assert_int_equal(sound, 0);
}

static void
equal_breaths_become_one_reading_a_second(void **state)
{
	(void)state;
	open_line();
	for (int64_t t = 0; t < 10000; t += 200)
		hear(t, PACKET, sizeof PACKET - 1);
	assert_int_equal(told, 10 * 2);
}

static void
nothing_is_ever_sent(void **state)
{
	(void)state;
	open_line();
	assert_null(s.driver->tx);
	assert_null(s.driver->request);
	assert_false(tx_allowed(s.driver, (const uint8_t *)"\x02" "C2776\x03",
	    7));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_packet_with_another_byte_is_none),
		cmocka_unit_test(
		    a_packet_that_lost_a_byte_or_has_one_more_is_none),
		cmocka_unit_test(the_longest_packet_has_25_bytes),
		cmocka_unit_test(waves_alone_are_a_sign_of_life),
		cmocka_unit_test(what_the_host_says_is_no_sign_of_life),
		cmocka_unit_test(equal_breaths_become_one_reading_a_second),
		cmocka_unit_test(nothing_is_ever_sent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

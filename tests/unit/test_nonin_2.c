/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Packets of the Nonin driver that its captures cannot show: frames that are
 * lost without a trace of their own, and perfusion between two pulses.
 *
 * Easy to get wrong: a frame carries no number; only counting from SYNC says
 * what its value means.
 */
#include "drivers/stream.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

static struct stream s;
static struct readings last;
static size_t packets;

static int
start(void **state)
{
	(void)state;
	packets = 0;
	stream_init(&s, driver_find("nonin-2"), NULL, 0);
	return 0;
}

static void
feed(const uint8_t *p, size_t n)
{
	struct decoded d;

	while (n > 0) {
		size_t taken = stream_feed(&s, 0, p, n);

		assert_true(taken > 0);
		p += taken;
		n -= taken;
		while (stream_next(&s, &d)) {
			if (d.result != DECODE_OK)
				continue;
			packets++;
			last = d.readings;
		}
	}
}

/* One packet of 97 %, 61/min; the first byte of frame 'lost' (from 1; 0: none)
 * is damaged, and each status has 'bits' besides. */
static void
feed_packet(unsigned lost, uint8_t bits)
{
	for (unsigned i = 1; i <= 25; i++) {
		uint8_t f[5] = { 0x01, (uint8_t)(0x80 | bits | (i == 1)), 40,
			i == 1 ? 0 : i == 2 ? 61 : i == 3 ? 97 : 41, 0 };

		f[4] = (uint8_t)(f[0] + f[1] + f[2] + f[3]);
		if (i == lost)
			f[0] = 0x00;
		feed(f, sizeof f);
	}
}

static void
each_whole_packet_gives_its_numbers(void **state)
{
	(void)state;
	feed_packet(0, 0);
	feed_packet(0, 0);
	assert_int_equal(packets, 2);
	assert_int_equal(last.item[0].value, 9700);
	assert_int_equal(last.item[1].value, 61);
}

static void
a_frame_lost_to_its_first_byte_costs_the_packet(void **state)
{
	(void)state;
	for (unsigned i = 1; i <= 25; i++) {
		start(NULL);
		feed_packet(i, 0);
		assert_int_equal(packets, 0);
		feed_packet(0, 0);
		assert_int_equal(packets, 1);
		assert_int_equal(last.item[0].value, 9700);
	}
}

/* Together they are 25 frames again, of which the third holds no
 * saturation. */
static void
two_lost_frames_do_not_make_up_for_each_other(void **state)
{
	(void)state;
	feed_packet(2, 0);
	feed_packet(1, 0);
	assert_int_equal(packets, 0);
	assert_true(s.count.frames[DECODE_BAD_SEQUENCE] > 0);
}

static void
perfusion_stays_poor_until_a_pulse_says_otherwise(void **state)
{
	enum { RED = 4, GREEN = 2, SENSOR_ALARM = 8 };

	(void)state;
	feed_packet(0, RED);
	assert_int_equal(last.item[0].quality, QUALITY_QUESTIONABLE);
	feed_packet(0, 0);
	assert_int_equal(last.item[0].quality, QUALITY_QUESTIONABLE);
	feed_packet(0, RED | GREEN);
	assert_int_equal(last.item[0].quality, QUALITY_GOOD);
	feed_packet(0, RED);
	feed_packet(0, SENSOR_ALARM);
	assert_int_equal(last.item[0].quality, QUALITY_SENSOR_OFF);
	feed_packet(0, 0);
	assert_int_equal(last.item[0].quality, QUALITY_GOOD);
	assert_int_equal(packets, 6);
}

int
main(void)
{
#define NONIN_TEST(f) cmocka_unit_test_setup(f, start)
	const struct CMUnitTest tests[] = {
		NONIN_TEST(each_whole_packet_gives_its_numbers),
		NONIN_TEST(a_frame_lost_to_its_first_byte_costs_the_packet),
		NONIN_TEST(two_lost_frames_do_not_make_up_for_each_other),
		NONIN_TEST(perfusion_stays_poor_until_a_pulse_says_otherwise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Where frames of Nonin's format 7 begin, which no byte of them says.
 *
 * Easy to get wrong: one frame in 256 that begins in the wrong place has a
 * right sum; a whole packet of such frames must still yield nothing.
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
	stream_init(&s, driver_find("nonin-7"), NULL, 0);
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

/* One packet of 97 %, 61/min; a byte of frame 'lost' (from 1; 0: none) is
 * missing. */
static void
feed_packet(unsigned lost, uint16_t pleth)
{
	for (unsigned i = 1; i <= 25; i++) {
		uint8_t f[5] = { (uint8_t)(0x80 | (i == 1)),
			(uint8_t)(pleth >> 8), (uint8_t)pleth,
			i == 1 ? 0 : i == 2 ? 61 : i == 3 ? 97 : 41, 0 };

		f[4] = (uint8_t)(f[0] + f[1] + f[2] + f[3]);
		feed(f, i == lost ? 4 : 5);
		pleth += 777;
	}
}

static void
each_whole_packet_gives_its_numbers(void **state)
{
	(void)state;
	feed_packet(0, 0x7FA0);
	feed_packet(0, 0x8000);
	assert_int_equal(packets, 2);
	assert_int_equal(last.item[0].value, 9700);
	assert_int_equal(last.item[1].value, 61);
	assert_int_equal(s.count.garbage, 0);
}

/* And not the next one too, though its first frames are needed to find step
 * again; whatever the waveform looks like. */
static void
a_lost_byte_costs_its_packet_alone(void **state)
{
	(void)state;
	for (unsigned i = 1; i <= 25; i++) {
		for (unsigned pleth = 0; pleth < 65536; pleth += 999) {
			start(NULL);
			feed_packet(0, (uint16_t)pleth);
			feed_packet(i, (uint16_t)pleth);
			assert_int_equal(packets, 1);
			feed_packet(0, (uint16_t)pleth);
			assert_int_equal(packets, 2);
			assert_int_equal(last.item[0].value, 9700);
			assert_int_equal(last.item[1].value, 61);
		}
	}
}

/* The sum of 80 80 00 00 00 is right from the second byte on, too. */
static void
a_waveform_that_stands_still_does_not_pass_for_a_packet(void **state)
{
	static const uint8_t frame[5] = { 0x80, 0x80, 0, 0, 0 };

	(void)state;
	feed(frame + 1, 4);
	for (int i = 0; i < 1000; i++)
		feed(frame, 5);
	assert_int_equal(packets, 0);
}

int
main(void)
{
#define NONIN_TEST(f) cmocka_unit_test_setup(f, start)
	const struct CMUnitTest tests[] = {
		NONIN_TEST(each_whole_packet_gives_its_numbers),
		NONIN_TEST(a_lost_byte_costs_its_packet_alone),
		NONIN_TEST(
		    a_waveform_that_stands_still_does_not_pass_for_a_packet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The packet of five bytes that Contec's and Berry's oximeters share: what
 * damage does to it, and where the two differ.
 *
 * Easy to get wrong: there is no checksum.  What keeps a byte that was lost or
 * put in from making another number is the next packet's first byte.
 */
#include "drivers/stream.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

static const uint8_t packet[5] = { 0x86, 0x34, 0x05, 0x48, 0x61 };

#define PACKET_MS 16

static const char *const both[] = { "contec-v5", "berry-bci" };

static struct stream s;
static int64_t now_ms;
static size_t readings, odd;
static enum quality last;

/* Every reading counts here, also one that says the same again. */
static struct driver driver;

static void
start(const char *name)
{
	now_ms = 1000;
	readings = odd = 0;
	driver = *driver_find(name);
	driver.repeat_ms = 0;
	stream_init(&s, &driver, NULL, 0);
}

/* Counts the readings, and those that are not 97 or 72 and good. */
static void
feed(const uint8_t *p, size_t n)
{
	struct decoded d;

	now_ms += PACKET_MS;
	assert_int_equal(stream_feed(&s, now_ms, p, n), n);
	while (stream_next(&s, &d)) {
		for (size_t i = 0; i < d.readings.n; i++) {
			const struct reading *r = &d.readings.item[i];

			last = r->quality;
			readings++;
			odd += r->quality != QUALITY_GOOD || r->value !=
			    (r->vital == VITAL_PR ? 72 : 9700);
		}
	}
}

static void
feed_good(int n)
{
	while (n-- > 0)
		feed(packet, sizeof packet);
}

/* As of another monitor that happens to have the pattern. */
static void
packets_with_pauses_between_are_no_oximeters(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		start(both[i]);
		for (int k = 0; k < 50; k++) {
			now_ms += 200 - PACKET_MS;
			feed_good(1);
		}
		assert_int_equal(readings, 0);
		assert_int_equal(s.count.frames[DECODE_OK], 0);
	}
}

/* Five and the first byte of a sixth; of the five the third is the first that
 * two others speak for. */
static void
nothing_is_read_before_five_packets_are_in_step(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		start(both[i]);
		feed(packet + 2, 3);
		feed_good(5);
		assert_int_equal(readings, 0);
		feed_good(1);
		assert_int_equal(readings, 2 * 3);
		assert_int_equal(s.count.garbage, 3);
	}
}

static void
a_lost_byte_makes_no_other_number(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		start(both[i]);
		for (size_t k = 0; k < 5; k++) {
			feed_good(10);
			feed(packet, k);
			feed(packet + k + 1, 4 - k);
		}
		assert_int_equal(odd, 0);
		assert_true(readings > 50);
	}
}

static void
a_byte_put_in_makes_no_other_number(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		start(both[i]);
		for (unsigned byte = 0; byte < 256; byte++) {
			for (size_t k = 1; k < 5; k++) {
				uint8_t b = (uint8_t)byte;

				feed_good(10);
				feed(packet, k);
				feed(&b, 1);
				feed(packet + k, 5 - k);
			}
		}
		assert_int_equal(odd, 0);
		assert_true(readings > 5000);
	}
}

static void
a_rate_far_from_the_one_before_must_be_said_three_times(void **state)
{
	static const uint8_t far[5] = { 0x86, 0x34, 0x45, 0x16, 0x61 };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		start(both[i]);
		feed_good(10);
		feed(far, 5);
		feed_good(10);
		feed(far, 5);
		feed(far, 5);
		feed_good(10);
		assert_int_equal(odd, 0);
		for (int k = 0; k < 4; k++)
			feed(far, 5);
		assert_int_equal(odd, 1);
	}
}

static void
bit_5_is_an_unplugged_probe_with_berry_alone(void **state)
{
	static const uint8_t x[5] = { 0xA6, 0x34, 0x05, 0x48, 0x61 };
	static const enum quality want[] = {
		QUALITY_GOOD, QUALITY_NO_SENSOR
	};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		start(both[i]);
		for (int k = 0; k < 8; k++)
			feed(x, 5);
		assert_int_equal(last, want[i]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    nothing_is_read_before_five_packets_are_in_step),
		cmocka_unit_test(packets_with_pauses_between_are_no_oximeters),
		cmocka_unit_test(a_lost_byte_makes_no_other_number),
		cmocka_unit_test(a_byte_put_in_makes_no_other_number),
		cmocka_unit_test(
		    a_rate_far_from_the_one_before_must_be_said_three_times),
		cmocka_unit_test(bit_5_is_an_unplugged_probe_with_berry_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

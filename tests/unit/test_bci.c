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

/* Times are in us here: a packet takes 16.7 ms, or 10. */
#define CONTEC_US 16667
#define BERRY_US 10000

static const char *const both[] = { "contec-v5", "berry-bci" };

static struct stream s;
static int64_t now_us, packet_us;
static size_t readings, odd;
static enum quality last;

/* Every reading counts here, also one that says the same again. */
static struct driver driver;

static void
start(const char *name)
{
	now_us = 1000000;
	packet_us = CONTEC_US;
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

	now_us += packet_us;
	assert_int_equal(stream_feed(&s, now_us / 1000, p, n), n);
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
			now_us += 200000 - packet_us;
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

static const uint8_t bit_5[5] = { 0xA6, 0x34, 0x05, 0x48, 0x61 };

/* The quality of that packet after so long at that pace, read every read_ms. */
static enum quality
after(const char *name, int64_t ms, int64_t us, int64_t read_ms)
{
	static uint8_t piece[5 * 400];
	size_t n = 0;
	int64_t begun_us;

	start(name);
	begun_us = now_us;
	for (int64_t sent = 0; sent * us < ms * 1000; sent++) {
		memcpy(piece + n, bit_5, 5);
		n += 5;
		if (sent * us / 1000 % read_ms + us / 1000 < read_ms)
			continue;
		now_us = begun_us + (sent + 1) * us - packet_us;
		while (n > 0) {
			size_t k = n < 100 ? n : 100;

			feed(piece, k);
			now_us -= packet_us;
			memmove(piece, piece + k, n - k);
			n -= k;
		}
	}
	return last;
}

static void
bit_5_is_what_the_maker_says_at_the_makers_pace(void **state)
{
	(void)state;
	for (int64_t read_ms = 1; read_ms < 1000; read_ms *= 5) {
		assert_int_equal(after("contec-v5", 4000, CONTEC_US, read_ms),
		    QUALITY_GOOD);
		assert_int_equal(after("berry-bci", 4000, BERRY_US, read_ms),
		    QUALITY_NO_SENSOR);
	}
}

/* An unplugged probe must not pass for a good number, nor a saturation that falls
 * for an unplugged probe. */
static void
bit_5_casts_doubt_at_any_other_pace(void **state)
{
	static const int64_t us[] = { 8000, 12500, 25000, 100000 };

	(void)state;
	assert_int_equal(after("contec-v5", 4000, BERRY_US, 20),
	    QUALITY_QUESTIONABLE);
	assert_int_equal(after("berry-bci", 4000, CONTEC_US, 20),
	    QUALITY_QUESTIONABLE);
	for (size_t i = 0; i < 2; i++) {
		for (size_t k = 0; k < 4; k++)
			assert_int_equal(after(both[i], 4000, us[k], 20),
			    QUALITY_QUESTIONABLE);
		/* And while none is known. */
		assert_int_equal(after(both[i], 900, i == 0 ? CONTEC_US :
		    BERRY_US, 20), QUALITY_QUESTIONABLE);
	}
}

/* Whoever reads late gets many packets at once, which were sent all the time. */
static void
a_reader_that_stalls_makes_no_other_pace(void **state)
{
	static uint8_t piece[5 * 20];

	(void)state;
	(void)after("contec-v5", 4000, CONTEC_US, 20);
	assert_int_equal(last, QUALITY_GOOD);
	for (int i = 0; i < 20; i++)
		memcpy(piece + 5 * i, bit_5, 5);
	readings = 0;
	for (int stall = 0; stall < 10; stall++) {
		now_us += 2000000;
		for (int i = 0; i < 6; i++) {
			feed(piece, sizeof piece);
			now_us -= packet_us;
			assert_int_equal(last, QUALITY_GOOD);
		}
		for (int i = 0; i < 30 + stall; i++) {
			feed(bit_5, 5);
			assert_int_equal(last, QUALITY_GOOD);
		}
	}
	assert_true(readings > 2000);
}

/* Six of ten are left of Berry's hundred: that is not Contec's sixty. */
static void
damage_makes_no_slower_pace(void **state)
{
	static const uint8_t damaged[5] = { 0 };

	(void)state;
	start("contec-v5");
	packet_us = BERRY_US;
	for (int i = 0; i < 100; i++) {
		for (int k = 0; k < 10; k++)
			feed(k < 6 ? bit_5 : damaged, 5);
		assert_true(readings == 0 || last == QUALITY_QUESTIONABLE);
	}
	assert_true(readings > 500);
}

/* The cable was in another oximeter in between, or bytes were lost. */
static void
a_pause_makes_the_pace_unknown(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		(void)after(both[i], 4000, i == 0 ? CONTEC_US : BERRY_US, 20);
		now_us += 3100000;
		for (int k = 0; k < 6; k++)
			feed(bit_5, 5);
		assert_int_equal(last, QUALITY_QUESTIONABLE);
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
		cmocka_unit_test(bit_5_is_what_the_maker_says_at_the_makers_pace),
		cmocka_unit_test(bit_5_casts_doubt_at_any_other_pace),
		cmocka_unit_test(a_reader_that_stalls_makes_no_other_pace),
		cmocka_unit_test(damage_makes_no_slower_pace),
		cmocka_unit_test(a_pause_makes_the_pace_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

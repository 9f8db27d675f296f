/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What damage does to a packet of the Biolight driver, which has no checksum,
 * and what stands in a packet and is not read.
 *
 * Easy to get wrong: a wave may hold any byte, the start of a packet included,
 * so only the lengths say where a block ends.
 */
#include "drivers/stream.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

static struct stream s;
static struct decoded got;
static size_t sound, bad;
static uint8_t packet[4200];
static size_t packet_n;

/* Values that are none of those that were sent. */
static size_t invented;

static bool
was_sent(const struct reading *r)
{
	static const struct { enum vital vital; int32_t value; } sent[] = {
		{ VITAL_HR, 80 }, { VITAL_SPO2, 9900 }, { VITAL_PR, 81 },
		{ VITAL_TEMP, 3720 }, { VITAL_NIBP_SYS, 120 },
		{ VITAL_NIBP_DIA, 80 }, { VITAL_NIBP_MAP, 90 },
		{ VITAL_NIBP_SYS, 138 }, { VITAL_NIBP_DIA, 82 },
		{ VITAL_NIBP_MAP, 101 },
	};

	for (size_t i = 0; i < sizeof sent / sizeof sent[0]; i++) {
		if (r->vital == sent[i].vital && r->value == sent[i].value)
			return true;
	}
	return !reading_has_value(r);
}

static void
feed(int64_t t_ms, const uint8_t *p, size_t n)
{
	struct decoded d;

	while (n > 0) {
		size_t taken = stream_feed(&s, t_ms, p, n);

		p += taken;
		n -= taken;
		while (stream_next(&s, &d)) {
			if (d.result != DECODE_OK) {
				bad += d.result > DECODE_IGNORED;
				continue;
			}
			got = d;
			sound++;
			for (size_t i = 0; i < d.readings.n; i++)
				invented += !was_sent(&d.readings.item[i]);
		}
	}
}

static void
open_line(void)
{
	stream_init(&s, driver_find("biolight-a8"), NULL, 0);
	sound = bad = invented = 0;
}

static void
begin(void)
{
	static const uint8_t start[] = {
		0xff, 0xd1, 0, 0, 0, 0xf1, 0, 0, 0, 0x31
	};

	memcpy(packet, start, sizeof start);
	packet_n = sizeof start;
}

static void
block(uint8_t type, uint8_t subtype, const uint8_t *data, size_t n)
{
	uint8_t head[4] = { type, subtype, (uint8_t)(n >> 7), n & 0x7f };

	memcpy(packet + packet_n, head, 4);
	memcpy(packet + packet_n + 4, data, n);
	packet_n += n + 4;
	packet[7] = (uint8_t)((packet_n - 9) >> 7);
	packet[8] = (packet_n - 9) & 0x7f;
}

static const uint8_t ecg[] = {
	0x08, 0x61, 0x00, 0x00, 80, 0x3f, 0x5a, 0x3f, 0x67, 0xbf
};
static const uint8_t saturation[] = { 0x00, 99, 0, 0, 0, 0x0c, 0x51, 0 };
static const uint8_t pulse[] = { 81, 0, 2 };
static const uint8_t warm[] = { 0x00, 0x74, 0x02 };
static const uint8_t first[] = {
	0x00, 0x01, 0, 0, 0x30, 0x09, 0x04, 0x07, 0x20, 0x06
};
static const uint8_t second[] = {
	0x00, 0x01, 0, 0, 0x68, 0x0a, 0x75, 0x07, 0x38, 0x06
};

/* In the order of the real ones. */
static void
compose(const uint8_t cuff[10])
{
	begin();
	block(0xe0, 0x01, ecg, sizeof ecg);
	block(0xe4, 0x32, warm, 3);
	block(0xe4, 0x33, warm, 3);
	block(0xe1, 0x02, saturation, sizeof saturation);
	block(0xe2, 0x0b, pulse, 3);
	block(0xe5, 0x03, cuff, 10);
}

static const struct reading *
find(enum vital v)
{
	for (size_t i = 0; i < got.readings.n; i++) {
		if (got.readings.item[i].vital == v)
			return &got.readings.item[i];
	}
	return NULL;
}

static void
a_packet_is_read_and_its_first_cuff_result_is_none(void **state)
{
	(void)state;
	open_line();
	compose(first);
	feed(0, packet, packet_n);
	assert_int_equal(sound, 1);
	assert_int_equal(got.length, packet_n);
	assert_int_equal(got.readings.n, 4);
	assert_int_equal(find(VITAL_HR)->value, 80);
	assert_int_equal(find(VITAL_SPO2)->value, 9900);
	assert_int_equal(find(VITAL_PR)->value, 81);
	assert_int_equal(find(VITAL_TEMP)->value, 3720);
	assert_int_equal(find(VITAL_TEMP)->flags, 0);
	feed(1000, packet, packet_n);
	assert_int_equal(got.readings.n, 4);
	compose(second);
	feed(2000, packet, packet_n);
	assert_null(find(VITAL_NIBP_SYS));
	feed(3000, packet, packet_n);
	assert_int_equal(find(VITAL_NIBP_SYS)->value, 138);
	assert_int_equal(find(VITAL_NIBP_DIA)->value, 82);
	assert_int_equal(find(VITAL_NIBP_MAP)->value, 101);
	feed(4000, packet, packet_n);
	assert_null(find(VITAL_NIBP_SYS));
}

static void
one_damaged_byte_makes_no_cuff_result(void **state)
{
	(void)state;
	for (size_t i = 0; i < 10; i++) {
		uint8_t x[10];

		memcpy(x, first, 10);
		x[i] ^= 4;
		open_line();
		compose(first);
		feed(0, packet, packet_n);
		feed(1000, packet, packet_n);
		compose(x);
		feed(20000, packet, packet_n);
		assert_null(find(VITAL_NIBP_SYS));
		compose(first);
		feed(21000, packet, packet_n);
		feed(22000, packet, packet_n);
		assert_null(find(VITAL_NIBP_SYS));
		compose(second);
		feed(26000, packet, packet_n);
		feed(27000, packet, packet_n);
		assert_int_equal(find(VITAL_NIBP_SYS)->value, 138);
	}
}

static void
a_packet_in_a_wave_is_none(void **state)
{
	uint8_t wave[200] = { 0x08, 0x61, 0x00, 0x00, 80 };
	size_t n;

	(void)state;
	begin();
	block(0xe2, 0x0b, (const uint8_t[]){ 120, 0, 2 }, 3);
	n = packet_n;
	memcpy(wave + 5, packet, n);
	begin();
	block(0xe0, 0x01, wave, n + 5);
	block(0xe1, 0x02, saturation, sizeof saturation);
	block(0xe2, 0x0b, pulse, 3);
	open_line();
	feed(0, packet, packet_n);
	assert_int_equal(sound, 1);
	assert_int_equal(find(VITAL_PR)->value, 81);
}

/* Each byte in turn is lost, or comes twice. */
static void
a_byte_lost_or_twice_makes_no_other_number(void **state)
{
	static uint8_t x[1200];
	size_t kept = 0;

	(void)state;
	for (int twice = 0; twice < 2; twice++) {
		compose(second);
		for (size_t i = 0; i < packet_n; i++) {
			size_t n = twice ? packet_n + 1 : packet_n - 1;

			open_line();
			compose(first);
			feed(0, packet, packet_n);
			compose(second);
			memcpy(x, packet, i + 1);
			memcpy(x + (twice ? i + 1 : i),
			    packet + (twice ? i : i + 1), packet_n - i -
			    (twice ? 0 : 1));
			feed(20000, x, n);
			kept += sound > 1;
			feed(21000, packet, packet_n);
			feed(22000, packet, packet_n);
			assert_int_equal(invented, 0);
			assert_in_range(sound, 3, 4);
		}
	}
	/* What harms none: the first or the last byte comes twice, and a byte
	 * of the cuff, which makes its numbers none. */
	assert_in_range(kept, 2, 12);
}

static void
a_block_of_another_length_costs_the_packet(void **state)
{
	static const struct { uint8_t type, subtype; size_t from, to; } known[] = {
		{ 0xe0, 0x01, 5, 1000 }, { 0xe1, 0x02, 5, 1000 },
		{ 0xe2, 0x0b, 3, 3 }, { 0xe4, 0x32, 3, 3 },
		{ 0xe5, 0x03, 10, 10 },
	};
	static const uint8_t data[21] = { 0 };

	(void)state;
	for (size_t k = 0; k < sizeof known / sizeof known[0]; k++) {
		for (size_t n = 0; n < sizeof data; n++) {
			open_line();
			begin();
			block(known[k].type, known[k].subtype, data, n);
			feed(0, packet, packet_n);
			assert_int_equal(sound, n >= known[k].from &&
			    n <= known[k].to);
			assert_int_equal(bad, 1 - sound);
		}
	}
}

static void
a_block_that_comes_twice_costs_the_packet(void **state)
{
	(void)state;
	open_line();
	compose(first);
	block(0xe2, 0x0b, pulse, 3);
	feed(0, packet, packet_n);
	assert_int_equal(sound, 0);
	compose(first);
	/* Two more temperatures are only two more temperatures. */
	block(0xe4, 0x33, warm, 3);
	block(0xe4, 0x34, warm, 3);
	feed(1000, packet, packet_n);
	assert_int_equal(sound, 1);
}

static void
halves_of_two_packets_are_none(void **state)
{
	(void)state;
	open_line();
	compose(first);
	feed(0, packet, 20);
	feed(1001, packet + 20, packet_n - 20);
	assert_int_equal(sound, 0);
	assert_int_equal(bad, 1);
	feed(3000, packet, 20);
	feed(4000, packet + 20, packet_n - 20);
	assert_int_equal(sound, 1);
}

static void
no_pulse_without_a_saturation_and_no_rate_of_breathing(void **state)
{
	static const uint8_t breath[] = { 17, 0x0a, 0, 4, 0 };

	(void)state;
	open_line();
	begin();
	block(0xe2, 0x0b, pulse, 3);
	block(0xe3, 0x04, breath, sizeof breath);
	feed(0, packet, packet_n);
	assert_int_equal(got.readings.n, 1);
	assert_int_equal(find(VITAL_PR)->quality, QUALITY_NO_VALUE);
	begin();
	block(0xe3, 0x04, breath, sizeof breath);
	feed(1000, packet, packet_n);
	assert_int_equal(sound, 1);
	assert_int_equal(s.count.frames[DECODE_IGNORED], 1);
}

/* The mark that there is none, and the number that is none. */
static void
a_temperature_once_seen_is_missed(void **state)
{
	static const uint8_t none[] = { 0x04, 0x74, 0x02 };
	static const uint8_t most[] = { 0x00, 0x7f, 0x3f };

	(void)state;
	open_line();
	begin();
	block(0xe4, 0x32, none, 3);
	feed(0, packet, packet_n);
	assert_int_equal(sound, 1);
	assert_int_equal(got.readings.n, 0);
	compose(first);
	feed(1000, packet, packet_n);
	begin();
	block(0xe4, 0x32, none, 3);
	feed(2000, packet, packet_n);
	assert_int_equal(find(VITAL_TEMP)->quality, QUALITY_NO_VALUE);
	begin();
	block(0xe4, 0x32, most, 3);
	feed(3000, packet, packet_n);
	assert_int_equal(find(VITAL_TEMP)->quality, QUALITY_NO_VALUE);
}

static void
each_byte_of_the_start_counts(void **state)
{
	(void)state;
	for (size_t i = 0; i < 7; i++) {
		open_line();
		compose(first);
		packet[i] ^= 0x10;
		feed(0, packet, packet_n);
		assert_int_equal(sound, 0);
	}
}

static void
the_longest_packet_has_4096_bytes(void **state)
{
	static uint8_t wave[4096] = { 0x08, 0x61, 0x00, 0x00, 80 };

	(void)state;
	open_line();
	begin();
	block(0xe0, 0x01, wave, 4096 - 14);
	assert_int_equal(packet_n, 4096);
	feed(0, packet, packet_n);
	assert_int_equal(sound, 1);
	open_line();
	begin();
	block(0xe0, 0x01, wave, 4096 - 13);
	feed(0, packet, packet_n);
	assert_int_equal(sound, 0);
	assert_int_equal(s.count.garbage, packet_n);
}

static void
nothing_is_ever_sent(void **state)
{
	(void)state;
	assert_null(driver_find("biolight-a8")->tx);
	assert_null(driver_find("biolight-a8")->request);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    a_packet_is_read_and_its_first_cuff_result_is_none),
		cmocka_unit_test(one_damaged_byte_makes_no_cuff_result),
		cmocka_unit_test(a_packet_in_a_wave_is_none),
		cmocka_unit_test(a_byte_lost_or_twice_makes_no_other_number),
		cmocka_unit_test(a_block_of_another_length_costs_the_packet),
		cmocka_unit_test(a_block_that_comes_twice_costs_the_packet),
		cmocka_unit_test(halves_of_two_packets_are_none),
		cmocka_unit_test(
		    no_pulse_without_a_saturation_and_no_rate_of_breathing),
		cmocka_unit_test(a_temperature_once_seen_is_missed),
		cmocka_unit_test(each_byte_of_the_start_counts),
		cmocka_unit_test(the_longest_packet_has_4096_bytes),
		cmocka_unit_test(nothing_is_ever_sent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

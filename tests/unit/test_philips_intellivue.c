/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the IntelliVue driver says, and when.  What it reads is told by its
 * captures.
 *
 * Easy to get wrong: request() may be called at any time; the messages of a
 * monitor here are framed by the test's own code, not the driver's.
 */
#include "drivers/philips_apdu.h"
#include "tests/unit/recording.h"

enum said { NOTHING, RELEASE, ASSOCIATE, RESULT, VALUES, ALARMS, SYSTEM, LABELS };

static struct stream s;
static struct monitor_alarms heard;	/* in the last message, */
static struct readings seen;		/* and what was read there */
static uint8_t buf[TX_MAX];
static size_t buf_n;

static uint16_t
crc_of(const uint8_t *p, size_t n)
{
	uint16_t crc = 0xFFFF;

	for (size_t i = 0; i < n; i++) {
		crc = (uint16_t)(crc ^ p[i]);
		for (int k = 0; k < 8; k++)
			crc = (uint16_t)((crc & 1) != 0 ?
			    crc >> 1 ^ 0x8408 : crc >> 1);
	}
	return crc ^ 0xFFFF;
}

/* The frame without its ends and escapes, its check tested; the length of the
 * message in it, which begins at out[4]. */
static size_t
open_frame(const uint8_t *p, size_t n, uint8_t out[TX_MAX])
{
	size_t k = 0;

	assert_int_equal(p[0], 0xC0);
	assert_int_equal(p[n - 1], 0xC1);
	for (size_t i = 1; i + 1 < n; i++) {
		assert_true(p[i] != 0xC0 && p[i] != 0xC1);
		if (p[i] == 0x7D)
			out[k++] = p[++i] ^ 0x20;
		else
			out[k++] = p[i];
	}
	assert_int_equal(crc_of(out, k - 2), out[k - 2] | out[k - 1] << 8);
	assert_int_equal(out[0] << 8 | out[1], 0x1101);
	assert_int_equal(out[2] << 8 | out[3], k - 6);
	return k - 6;
}

/* What it asks for at that time. */
static enum said
says(int64_t t_ms)
{
	uint8_t m[TX_MAX];
	size_t n;

	buf_n = stream_request(&s, t_ms, buf);
	if (buf_n == 0)
		return NOTHING;
	assert_true(tx_allowed(s.driver, buf, buf_n));
	n = open_frame(buf, buf_n, m);
	switch (m[4]) {
	case 0x09:
		return RELEASE;
	case 0x0D:
		return ASSOCIATE;
	default:
		break;
	}
	assert_int_equal(m[4], 0xE1);
	if (m[9] == 2) {
		assert_int_equal(n, 28);
		return RESULT;
	}
	assert_int_equal(n, 36);
	switch (m[37] << 16 | m[38] << 8 | m[39]) {
	case 0x060803:
		return VALUES;
	case 0x360801:
		return ALARMS;
	case 0x21080A:
		return SYSTEM;
	case 0x060000:
		return LABELS;
	default:
		fail_msg("an unknown poll");
		return NOTHING;
	}
}

static enum decode
hear(int64_t t_ms, const uint8_t *apdu, size_t n)
{
	uint8_t plain[1200], wire[2600];
	size_t k = 0;
	struct decoded d = { .result = DECODE_BAD_CHECK };
	uint16_t crc;

	assert_true(n + 6 <= sizeof plain);
	plain[0] = 0x11;
	plain[1] = 0x01;
	plain[2] = (uint8_t)(n >> 8);
	plain[3] = (uint8_t)n;
	memcpy(plain + 4, apdu, n);
	crc = crc_of(plain, n + 4);
	plain[n + 4] = (uint8_t)crc;
	plain[n + 5] = (uint8_t)(crc >> 8);
	wire[k++] = 0xC0;
	for (size_t i = 0; i < n + 6; i++) {
		bool escape = plain[i] == 0xC0 || plain[i] == 0xC1 ||
		    plain[i] == 0x7D;

		if (escape)
			wire[k++] = 0x7D;
		wire[k++] = escape ? plain[i] ^ 0x20 : plain[i];
	}
	wire[k++] = 0xC1;
	assert_int_equal(stream_feed(&s, t_ms, wire, k), k);
	assert_true(stream_next(&s, &d));
	heard = d.readings.alarms;
	seen = d.readings;
	return d.result;
}

static void
put32(uint8_t *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> (24 - 8 * i));
}

/* P16, with the period (in 1/8 ms) and message length that are granted. */
static enum decode
grant(int64_t t_ms, uint32_t period, uint32_t mtu)
{
	static const uint8_t mark[] = {
		0xBE, 0x80, 0x28, 0x80, 0x02, 0x01, 0x02, 0x81, 0x48
	};
	uint8_t apdu[208] = { 0x0E, 0xCE };
	uint8_t *info = apdu + 120;

	memcpy(apdu + 111, mark, sizeof mark);
	put32(info, 0x80000000);
	put32(info + 28, 0x00010028);
	put32(info + 36, period);
	put32(info + 40, mtu);
	put32(info + 44, mtu);
	return hear(t_ms, apdu, sizeof apdu);
}

/* The event that follows, with that id and no attribute. */
static enum decode
create(int64_t t_ms, uint16_t id)
{
	uint8_t apdu[38] = {
		0xE1, 0, 0, 2, 0, 1, 0, 30, (uint8_t)(id >> 8), (uint8_t)id,
		0, 1, 0, 24, 0, 0x21, 0, 0, 0, 0, 0x0D, 0x58, 0xB8, 0x00,
		0x0D, 0x06, 0, 10, 0, 0x21,
	};

	return hear(t_ms, apdu, sizeof apdu);
}

/* A reply without objects to the poll that was asked last; state 0 is a plain
 * one, else a part of a linked one. */
static enum decode
reply(int64_t t_ms, uint8_t state, uint8_t count)
{
	uint8_t apdu[50] = { 0xE1, 0, 0, 2, 0, state != 0 ? 5 : 2 };
	size_t at = 8;

	if (state != 0) {
		apdu[at++] = state;
		apdu[at++] = count;
	}
	apdu[at + 1] = buf[14];
	apdu[at + 3] = 7;
	apdu[at + 5] = 34;
	apdu[at + 7] = 0x21;
	apdu[at + 12] = 0x0C;
	apdu[at + 13] = 0x16;
	apdu[at + 15] = 24;
	apdu[at + 17] = buf[34];
	memset(apdu + at + 22, 0xFF, 8);
	apdu[at + 31] = 1;
	memcpy(apdu + at + 32, buf + 37, 4);
	apdu[7] = (uint8_t)(at + 40 - 8);
	return hear(t_ms, apdu, at + 40);
}

static enum decode
refuse_poll_with(int64_t t_ms, uint8_t error)
{
	uint8_t apdu[14] = { 0xE1, 0, 0, 2, 0, 3, 0, 6, 0, buf[14], 0, error };

	return hear(t_ms, apdu, sizeof apdu);
}

static enum decode
refuse_poll(int64_t t_ms)
{
	return refuse_poll_with(t_ms, 0);
}

/* A reply to the poll of alarms that was asked last: both lists are empty; or
 * the second states a length that it has not. */
static enum decode
reply_alarms(int64_t t_ms, bool sound)
{
	uint8_t apdu[90] = {
		0xE1, 0, 0, 2, 0, 2, 0, 82, 0, buf[14], 0, 7, 0, 76, 0, 0x21,
		0, 0, 0, 0, 0x0C, 0x16, 0, 66, 0, buf[34], 0, 0, 0, 0,
		0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0, 1, 0, 0x36,
		0x08, 0x01, 0, 1, 0, 42, 0, 0, 0, 1, 0, 36, 0x84, 0x01, 0, 3,
		0, 30, 0x09, 0x16, 0, 10, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0,
		0x09, 0x02, 0, 4, 0, 0, 0, 0, 0x09, 0x04, 0, 4, 0, 0, 0,
		sound ? 0 : 1,
	};

	return hear(t_ms, apdu, sizeof apdu);
}

static enum decode
refuse(int64_t t_ms)
{
	return hear(t_ms, (const uint8_t *)"\x0C\x00", 2);
}

static enum decode
abort_it(int64_t t_ms)
{
	return hear(t_ms, (const uint8_t *)"\x19\x00", 2);
}

static int
start(void **state)
{
	(void)state;
	stream_init(&s, driver_find("philips-intellivue"), NULL, 0);
	return 0;
}

/* As far as the first poll may be: at 2100. */
static void
associate(void)
{
	assert_int_equal(says(0), RELEASE);
	assert_int_equal(says(1000), ASSOCIATE);
	assert_int_equal(grant(2000, 8000, 1000), DECODE_IGNORED);
	assert_int_equal(create(2002, 1), DECODE_IGNORED);
	assert_int_equal(says(2002), RESULT);
}

static void
an_association_is_asked_for_until_it_is_answered(void **state)
{
	(void)state;
	assert_int_equal(says(0), RELEASE);
	assert_int_equal(says(999), NOTHING);
	assert_int_equal(says(1000), ASSOCIATE);
	assert_int_equal(buf_n, 247);
	assert_int_equal(says(3999), NOTHING);
	assert_int_equal(says(4000), ASSOCIATE);
	assert_int_equal(grant(5000, 8000, 1000), DECODE_IGNORED);
	assert_int_equal(says(9999), NOTHING);
}

static void
a_refused_association_is_asked_for_again_after_ten_seconds(void **state)
{
	(void)state;
	assert_int_equal(says(0), RELEASE);
	assert_int_equal(says(1000), ASSOCIATE);
	assert_int_equal(refuse(1200), DECODE_BAD_SEQUENCE);
	assert_int_equal(says(11199), NOTHING);
	assert_int_equal(says(11200), ASSOCIATE);
}

static void
an_aborted_association_is_asked_for_again_soon(void **state)
{
	(void)state;
	associate();
	assert_int_equal(says(2100), VALUES);
	assert_int_equal(abort_it(2200), DECODE_BAD_SEQUENCE);
	assert_int_equal(says(3699), NOTHING);
	assert_int_equal(says(3700), ASSOCIATE);
}

/* As at a network client of the same name: it goes, we come again. */
static void
a_release_by_the_monitor_ends_the_association(void **state)
{
	(void)state;
	associate();
	assert_int_equal(hear(2500, (const uint8_t *)"\x0A\x00", 2),
	    DECODE_IGNORED);
	assert_int_equal(says(3499), NOTHING);
	assert_int_equal(says(3500), ASSOCIATE);
}

/* The first ask and its repetition may both be answered. */
static void
a_late_refusal_does_not_end_an_association(void **state)
{
	(void)state;
	associate();
	assert_int_equal(refuse(2050), DECODE_BAD_SEQUENCE);
	assert_int_equal(says(2100), VALUES);
}

static void
a_monitor_that_only_turns_us_away_is_silent(void **state)
{
	(void)state;
	for (int64_t t = 0; t < 60000; t += 100) {
		if (says(t) == ASSOCIATE)
			refuse(t + 50);
	}
	assert_true(stream_silent(&s, 60000));
}

/* P4 byte for byte, but for the time, which is 0 here, and so the check. */
static void
the_event_is_answered_at_once(void **state)
{
	static const uint8_t want[33] = {
		0xC0, 0x11, 0x01, 0x00, 0x1C, 0xE1, 0x00, 0x00, 0x02, 0x00,
		0x02, 0x00, 0x14, 0x00, 0x01, 0x00, 0x01, 0x00, 0x0E, 0x00,
		0x21, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x0D,
		0x06, 0x00, 0x00,
	};

	(void)state;
	associate();
	assert_int_equal(buf_n, 36);
	assert_memory_equal(buf, want, sizeof want);
	/* And again, should the monitor not have heard it. */
	assert_int_equal(create(2010, 1), DECODE_IGNORED);
	assert_int_equal(says(2010), RESULT);
	assert_int_equal(says(2060), VALUES);
}

static void
the_check_is_that_of_x25_for_each_byte(void **state)
{
	struct wire r = { .n = 256 };
	uint16_t crc = PHILIPS_CRC_BEGIN;

	(void)state;
	for (unsigned b = 0; b < 256; b++) {
		uint8_t byte = (uint8_t)b;

		assert_int_equal(philips_crc(PHILIPS_CRC_BEGIN, byte) ^ 0xFFFF,
		    crc_of(&byte, 1));
		crc = philips_crc(crc, byte);
		r.byte[b] = byte;
	}
	assert_int_equal(crc ^ 0xFFFF, crc_of(r.byte, 256));
	assert_int_equal(philips_crc_wire(PHILIPS_CRC_BEGIN, &r), crc);
	/* The check's own published example. */
	assert_int_equal(crc_of((const uint8_t *)"123456789", 9), 0x906E);
}

/* An escape would make it longer than its template; and from 8403 on the answer
 * could hold what other boxes take for a command. */
static void
the_event_is_answered_unless_its_id_needs_an_escape_or_is_too_great(void **state)
{
	(void)state;
	associate();
	for (unsigned id = 0; id < 0x10000; id++) {
		uint8_t high = (uint8_t)(id >> 8), low = (uint8_t)id;
		bool escaped = high == 0xC0 || high == 0xC1 || high == 0x7D ||
		    low == 0xC0 || low == 0xC1 || low == 0x7D;

		assert_int_equal(create(2010, (uint16_t)id), DECODE_IGNORED);
		if (escaped || id > 0x83FF) {
			assert_int_equal(says(2010), NOTHING);
			continue;
		}
		assert_int_equal(says(2010), RESULT);
		assert_int_equal(buf_n, 36);
		assert_int_equal(buf[13] << 8 | buf[14], id);
	}
}

static void
an_association_whose_event_does_not_come_is_begun_anew(void **state)
{
	(void)state;
	assert_int_equal(says(0), RELEASE);
	assert_int_equal(says(1000), ASSOCIATE);
	assert_int_equal(grant(2000, 8000, 1000), DECODE_IGNORED);
	assert_int_equal(says(6999), NOTHING);
	assert_int_equal(says(7000), RELEASE);
	assert_int_equal(says(8000), ASSOCIATE);
}

/* The answer may have been damaged on the way; the event tells the same. */
static void
the_event_alone_shows_that_there_is_an_association(void **state)
{
	(void)state;
	assert_int_equal(says(0), RELEASE);
	assert_int_equal(says(1000), ASSOCIATE);
	assert_int_equal(create(2002, 1), DECODE_IGNORED);
	assert_int_equal(says(2002), RESULT);
	assert_int_equal(says(2052), VALUES);
}

static void
a_grant_that_no_poll_fits_into_is_none(void **state)
{
	(void)state;
	assert_int_equal(says(0), RELEASE);
	assert_int_equal(says(1000), ASSOCIATE);
	assert_int_equal(grant(2000, 8000, 40), DECODE_BAD_VALUE);
	assert_int_equal(says(4000), ASSOCIATE);
}

static void
one_poll_waits_for_its_answer_or_three_seconds(void **state)
{
	(void)state;
	associate();
	assert_int_equal(says(2051), NOTHING);
	assert_int_equal(says(2052), VALUES);
	assert_int_equal(says(3000), NOTHING);
	assert_int_equal(reply(3000, 0, 0), DECODE_OK);
	assert_int_equal(says(3000), ALARMS);
	assert_int_equal(says(5999), NOTHING);
	assert_int_equal(says(6000), SYSTEM);
}

static void
an_answer_to_something_else_is_not_the_one_waited_for(void **state)
{
	(void)state;
	associate();
	assert_int_equal(says(2100), VALUES);
	buf[14]++;
	assert_int_equal(reply(2500, 0, 0), DECODE_OK);
	assert_int_equal(says(2600), NOTHING);
	buf[14]--;
	assert_int_equal(reply(2700, 0, 0), DECODE_OK);
	assert_int_equal(says(2700), ALARMS);
}

static void
a_reply_in_parts_is_waited_for_to_its_end(void **state)
{
	(void)state;
	associate();
	assert_int_equal(says(2100), VALUES);
	assert_int_equal(reply(5000, 1, 1), DECODE_OK);
	assert_int_equal(says(5001), NOTHING);
	assert_int_equal(reply(7900, 3, 2), DECODE_OK);
	assert_int_equal(says(10000), NOTHING);
	assert_int_equal(reply(10001, 0, 0), DECODE_OK);
	assert_int_equal(says(10001), ALARMS);
}

/* Answers everything after so long; counts what was asked within a minute. */
static void
poll_a_minute(int64_t answer_ms, unsigned count[LABELS + 1],
    int64_t *longest_ms)
{
	int64_t values_ms = 2002, due_ms = -1, sent[4] = { 0 };

	*longest_ms = 0;
	for (int64_t t = 2052; t < 62052; t += 4) {
		enum said said;

		if (due_ms >= 0 && t >= due_ms) {
			if (buf[38] == 0x36)
				reply_alarms(t, true);
			else
				reply(t, 0, 0);
			due_ms = -1;
		}
		said = says(t);
		if (said == NOTHING)
			continue;
		assert_true(said >= VALUES && due_ms < 0);
		count[said]++;
		due_ms = t + answer_ms;
		/* At most four frames in 128 ms. */
		assert_true(t - sent[0] > 128);
		memmove(sent, sent + 1, sizeof sent - sizeof sent[0]);
		sent[3] = t;
		if (said != VALUES)
			continue;
		if (t - values_ms > *longest_ms)
			*longest_ms = t - values_ms;
		values_ms = t;
	}
}

static void
values_are_polled_every_second_and_alarms_every_two(void **state)
{
	unsigned count[LABELS + 1] = { 0 };
	int64_t longest_ms = 0;

	(void)state;
	associate();
	poll_a_minute(20, count, &longest_ms);
	assert_in_range(count[VALUES], 58, 60);
	assert_in_range(count[ALARMS], 29, 30);
	assert_int_equal(count[SYSTEM], 2);
	assert_int_equal(count[LABELS], 1);
	assert_in_range(longest_ms, 1000, 1100);
}

/* A monitor answers at its ticks of 1.024 s: then nothing starves. */
static void
a_slow_monitor_is_asked_for_everything_in_turn(void **state)
{
	unsigned count[LABELS + 1] = { 0 };
	int64_t longest_ms = 0;

	(void)state;
	associate();
	poll_a_minute(1024, count, &longest_ms);
	assert_true(count[VALUES] >= 28);
	assert_true(count[ALARMS] >= 18);
	assert_int_equal(count[SYSTEM], 2);
	assert_int_equal(count[LABELS], 1);
	assert_true(longest_ms <= 5000);
}

static void
the_period_that_the_monitor_grants_is_kept(void **state)
{
	static const struct { uint32_t period; unsigned least, most; } how[] = {
		{ 1000, 58, 60 }, { 16000, 29, 31 },
		/* Values of 40 s ago would be of no use. */
		{ 320000, 14, 16 },
	};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		unsigned count[LABELS + 1] = { 0 };
		int64_t longest_ms = 0;

		start(NULL);
		assert_int_equal(says(0), RELEASE);
		assert_int_equal(says(1000), ASSOCIATE);
		assert_int_equal(grant(2000, how[i].period, 1456),
		    DECODE_IGNORED);
		assert_int_equal(create(2002, 1), DECODE_IGNORED);
		assert_int_equal(says(2002), RESULT);
		poll_a_minute(20, count, &longest_ms);
		assert_in_range(count[VALUES], how[i].least, how[i].most);
	}
}

static void
three_polls_without_an_answer_end_the_association(void **state)
{
	(void)state;
	associate();
	assert_int_equal(says(2100), VALUES);
	assert_int_equal(says(5100), ALARMS);
	assert_int_equal(says(8100), SYSTEM);
	assert_int_equal(says(11099), NOTHING);
	assert_int_equal(says(11100), RELEASE);
	assert_int_equal(says(12100), ASSOCIATE);
}

static void
an_answer_in_between_keeps_the_association(void **state)
{
	(void)state;
	associate();
	assert_int_equal(says(2100), VALUES);
	assert_int_equal(says(5100), ALARMS);
	assert_int_equal(reply(5200, 0, 0), DECODE_OK);
	assert_int_equal(says(5200), SYSTEM);
	assert_int_equal(says(8200), LABELS);
	assert_int_equal(says(11200), VALUES);
	assert_int_equal(says(14200), RELEASE);
}

/* Answers come, but to polls that are given up already: it lives. */
static void
a_monitor_not_heard_within_the_timeout_is_lost(void **state)
{
	(void)state;
	associate();
	assert_int_equal(says(2100), VALUES);
	/* Nothing was called for a while: the machine was busy. */
	assert_int_equal(says(12002), RELEASE);
}

static void
a_poll_that_the_monitor_does_not_know_is_not_asked_again(void **state)
{
	unsigned count[LABELS + 1] = { 0 };
	int64_t longest_ms = 0;

	(void)state;
	associate();
	assert_int_equal(says(2100), VALUES);
	assert_int_equal(reply(2150, 0, 0), DECODE_OK);
	assert_int_equal(says(2150), ALARMS);
	assert_int_equal(refuse_poll(2200), DECODE_IGNORED);
	assert_int_equal(says(2200), SYSTEM);
	assert_int_equal(reply(2250, 0, 0), DECODE_IGNORED);
	poll_a_minute(20, count, &longest_ms);
	assert_int_equal(count[ALARMS], 0);
	assert_true(count[VALUES] >= 57);
	/* The next association may know it. */
	assert_int_equal(abort_it(63000), DECODE_BAD_SEQUENCE);
	assert_int_equal(says(64500), ASSOCIATE);
	assert_int_equal(create(65000, 1), DECODE_IGNORED);
	assert_int_equal(says(65000), RESULT);
	assert_int_equal(says(65100), VALUES);
	assert_int_equal(reply(65100, 0, 0), DECODE_OK);
	assert_int_equal(says(65200), ALARMS);
}

/* As far as a list of alarms that was told, at 2200. */
static void
hear_alarms(void)
{
	associate();
	assert_int_equal(says(2100), VALUES);
	assert_int_equal(reply(2110, 0, 0), DECODE_OK);
	assert_int_equal(says(2160), ALARMS);
	assert_int_equal(reply_alarms(2200, true), DECODE_OK);
	assert_true(heard.told && !heard.unknown);
}

enum mood { ANSWERS, SAYS_NOTHING, SPEAKS_NONSENSE };

/* What became of alarms within so long. */
struct minutes {
	unsigned asked, unknown, told;	/* questions, lists */
	unsigned values;		/* polls of them */
	unsigned asked_before;		/* the list was unknown */
	int64_t longest_ms;		/* between polls of values */
};

/* A monitor that answers all else within 20 ms. */
static struct minutes
run(int64_t from_ms, int64_t to_ms, enum mood mood)
{
	struct minutes x = { 0 };
	int64_t values_ms = from_ms;

	for (int64_t t = from_ms; t < to_ms; t += 20) {
		enum said said = says(t);

		assert_true(said == NOTHING || said >= VALUES);
		if (said == NOTHING)
			continue;
		if (said == VALUES) {
			x.values++;
			if (t - values_ms > x.longest_ms)
				x.longest_ms = t - values_ms;
			values_ms = t;
		}
		if (said == ALARMS) {
			x.asked++;
			if (mood == SAYS_NOTHING)
				continue;
			assert_int_equal(reply_alarms(t + 10,
			    mood == ANSWERS), mood == ANSWERS ? DECODE_OK :
			    DECODE_BAD_VALUE);
		} else {
			(void)reply(t + 10, 0, 0);
		}
		if (heard.unknown)
			x.asked_before = x.asked;
		x.unknown += heard.unknown;
		x.told += heard.told;
	}
	return x;
}

static void
a_refused_poll_of_alarms_makes_them_unknown_at_once(void **state)
{
	(void)state;
	for (uint8_t error = 0; error <= 10; error += 10) {
		start(NULL);
		hear_alarms();
		(void)says(2300);
		(void)reply(2310, 0, 0);
		for (int64_t t = 2400; says(t) != ALARMS; t += 100)
			(void)reply(t, 0, 0);
		assert_int_equal(refuse_poll_with(5000, error), DECODE_OK);
		assert_true(heard.unknown && !heard.told);
		/* And once only. */
		assert_int_equal(says(5100), VALUES);
		assert_int_equal(refuse_poll_with(5200, error), DECODE_IGNORED);
		assert_false(heard.unknown);
	}
}

static void
a_poll_of_alarms_that_fails_is_tried_again_after_a_minute(void **state)
{
	struct minutes x;

	(void)state;
	hear_alarms();
	(void)run(2300, 4100, ANSWERS);
	for (int64_t t = 4120; says(t) != ALARMS; t += 20)
		(void)reply(t, 0, 0);
	assert_int_equal(refuse_poll_with(5000, 10), DECODE_OK);
	x = run(5020, 65000, ANSWERS);
	assert_int_equal(x.asked, 0);
	assert_true(x.values >= 58);
	x = run(65000, 75000, ANSWERS);
	assert_in_range(x.asked, 5, 6);
	assert_int_equal(x.told, x.asked);
}

/* Three questions, then one a minute; values wait for each as long as for any
 * poll. */
static void
alarms_without_an_answer_are_unknown_and_seldom_asked_for(void **state)
{
	struct minutes x;

	(void)state;
	hear_alarms();
	x = run(2300, 302300, SAYS_NOTHING);
	assert_int_equal(x.unknown, 1);
	assert_int_equal(x.asked_before, 4);
	assert_in_range(x.asked, 8, 9);
	assert_true(x.values >= 270);
	assert_true(x.longest_ms <= 4000);
	x = run(302300, 372300, ANSWERS);
	assert_int_equal(x.unknown, 0);
	assert_true(x.told > 5);
}

static void
lists_of_alarms_that_cannot_be_read_are_unknown(void **state)
{
	struct minutes x;

	(void)state;
	hear_alarms();
	x = run(2300, 302300, SPEAKS_NONSENSE);
	assert_int_equal(x.unknown, 1);
	assert_int_equal(x.asked_before, 4);
	assert_in_range(x.asked, 8, 9);
	/* That there was some answer is enough to go on. */
	assert_true(x.values >= 290);
	assert_true(x.longest_ms <= 1100);
}

static void
values_that_failed_once_come_as_before(void **state)
{
	struct minutes x;

	(void)state;
	associate();
	assert_int_equal(says(2100), VALUES);
	assert_int_equal(refuse_poll_with(2110, 10), DECODE_IGNORED);
	x = run(2200, 62200, ANSWERS);
	assert_true(x.values >= 54);
}

static void
refused_values_are_asked_for_again_less_often(void **state)
{
	(void)state;
	associate();
	for (int64_t t = 2100; t < 2500; t += 100) {
		if (says(t) == VALUES)
			assert_int_equal(refuse_poll(t + 10), DECODE_IGNORED);
		else
			(void)reply(t + 10, 0, 0);
	}
	assert_int_equal(says(3100), VALUES);
	assert_int_equal(refuse_poll(3110), DECODE_IGNORED);
	for (int64_t t = 3200; t < 8100; t += 100) {
		enum said said = says(t);

		assert_int_not_equal(said, VALUES);
		if (said != NOTHING)
			(void)reply(t, 0, 0);
	}
	assert_int_equal(says(8100), VALUES);
}

/* All polls are P6 but for counters, class, group and check; no escape makes
 * one longer, and no two that follow each other have the same id. */
static void
polls_are_those_of_the_dossier_and_need_no_escape(void **state)
{
	static const uint8_t p6[44] = {
		0xC0, 0x11, 0x01, 0x00, 0x24, 0xE1, 0x00, 0x00, 0x02, 0x00,
		0x01, 0x00, 0x1C, 0x00, 0x03, 0x00, 0x07, 0x00, 0x16, 0x00,
		0x21, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x0C,
		0x16, 0x00, 0x08, 0x00, 0x03, 0x00, 0x01, 0x00, 0x06, 0x08,
		0x03, 0xB6, 0xA8, 0xC1,
	};
	uint8_t last = 0;
	unsigned asked = 0;
	bool same = false;

	(void)state;
	associate();
	for (int64_t t = 2100; t < 1000000; t += 100) {
		if (says(t) == NOTHING)
			continue;
		assert_int_equal(buf_n, 44);
		assert_int_not_equal(buf[14], last);
		assert_in_range(buf[14], 1, 124);
		assert_int_equal(buf[34], buf[14]);
		for (size_t i = 1; i < 43; i++)
			assert_true(buf[i] != 0xC0 && buf[i] != 0xC1 &&
			    buf[i] != 0x7D);
		same = same || memcmp(buf, p6, sizeof p6) == 0;
		last = buf[14];
		(void)reply(t, 0, 0);
		for (size_t i = 0; i < 41; i++) {
			if (i != 14 && i != 34 && i != 38 && i != 39 && i != 40)
				assert_int_equal(buf[i], p6[i]);
		}
		asked++;
	}
	assert_true(asked > 1000);
	assert_true(same);
}

/* Only polls of numerics, alarms and the system, one result, one association,
 * one release: no SET, no patient. */
static void
nothing_else_is_listed(void **state)
{
	static const uint8_t class[] = { 0x06, 0x36, 0x21, 0x06 };
	const struct tx_template *t = driver_find("philips-intellivue")->tx;
	size_t n = 0, polls = 0;

	(void)state;
	for (; t[n].name != NULL; n++) {
		const uint8_t *m = t[n].bytes;

		if (m[5] != 0xE1) {
			assert_true(m[5] == 0x09 || m[5] == 0x0D);
			assert_null(t[n].field[0].name);
			continue;
		}
		if (m[10] == 2) {
			assert_int_equal(m[16], 1);
			continue;
		}
		assert_int_equal(m[10], 1);
		assert_int_equal(m[16], 7);
		assert_int_equal(m[29] << 8 | m[30], 0x0C16);
		assert_int_equal(m[38], class[polls++]);
	}
	assert_int_equal(n, 7);
	assert_int_equal(polls, 4);
}

/* P10 in full. */
static void
leave_is_taken_of_a_monitor_that_was_talked_to(void **state)
{
	static const uint8_t p10[35] = {
		0xC0, 0x11, 0x01, 0x00, 0x1A, 0x09, 0x18, 0x7D, 0xE1, 0x16,
		0x61, 0x80, 0x30, 0x80, 0x02, 0x01, 0x01, 0xA0, 0x80, 0x62,
		0x80, 0x80, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
		0x00, 0x00, 0x41, 0x08, 0xC1,
	};

	(void)state;
	assert_int_equal(stream_release(&s, 0, buf), 0);
	associate();
	assert_int_equal(stream_release(&s, 3000, buf), sizeof p10);
	assert_memory_equal(buf, p10, sizeof p10);
	assert_true(tx_allowed(s.driver, buf, sizeof p10));
	assert_int_equal(stream_release(&s, 3001, buf), 0);
}

static void
a_line_opened_anew_begins_with_a_new_association(void **state)
{
	(void)state;
	associate();
	assert_int_equal(says(2100), VALUES);
	stream_reset(&s, 5000);
	assert_int_equal(says(5000), RELEASE);
	assert_int_equal(says(6000), ASSOCIATE);
}

static void
our_own_messages_come_back_are_no_sign_of_life(void **state)
{
	(void)state;
	for (int64_t t = 0; t < 20000; t += 100) {
		struct decoded d;

		if (says(t) == NOTHING)
			continue;
		assert_int_equal(stream_feed(&s, t, buf, buf_n), buf_n);
		assert_true(stream_next(&s, &d));
		assert_int_equal(d.result, DECODE_BAD_VALUE);
	}
	assert_true(stream_silent(&s, 20000));
}

/* A cuff result, 118/76 (90), as a message with its time stamp; and the clock,
 * both of 2026-11-21. */
static size_t
see_cuff(int64_t t_ms, uint8_t minute)
{
	uint8_t apdu[118] = {
		0xE1, 0, 0, 2, 0, 2, 0, 110, 0, 99, 0, 7, 0, 104, 0, 0x21,
		0, 0, 0, 0, 0x0C, 0x16, 0, 94, 0, 0, 0, 0, 0, 0,
		0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0, 1, 0, 6,
		0x08, 0x03, 0, 1, 0, 70, 0, 1, 0, 1, 0, 64,
		0x82, 0x6A, 0, 3, 0, 58, 0x09, 0x90, 0, 8,
		0x20, 0x26, 0x11, 0x21, 0x21, minute, 0, 0, 0x09, 0x4B, 0, 34,
		0, 3, 0, 30, 0x4A, 0x05, 0, 0, 0x0F, 0x20, 0, 0, 0, 118,
		0x4A, 0x06, 0, 0, 0x0F, 0x20, 0, 0, 0, 76,
		0x4A, 0x07, 0, 0, 0x0F, 0x20, 0, 0, 0, 90, 0x09, 0x24, 0, 4,
		0, 2, 0x4A, 0x04,
	};
	uint64_t before = s.count.readings;

	put32(apdu + 26, (uint32_t)t_ms * 8);
	assert_int_equal(hear(t_ms, apdu, sizeof apdu), DECODE_OK);
	return s.count.readings - before;
}

static void
see_clock(int64_t t_ms, uint8_t minute)
{
	uint8_t apdu[72] = {
		0xE1, 0, 0, 2, 0, 2, 0, 64, 0, 98, 0, 7, 0, 58, 0, 0x21,
		0, 0, 0, 0, 0x0C, 0x16, 0, 48, 0, 0, 0, 0, 0, 0,
		0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0, 1, 0, 0x21,
		0x08, 0x0A, 0, 1, 0, 24, 0, 0, 0, 1, 0, 18, 0, 0, 0, 1, 0, 12,
		0x09, 0x87, 0, 8, 0x20, 0x26, 0x11, 0x21, 0x21, minute, 0, 0,
	};

	put32(apdu + 26, (uint32_t)t_ms * 8);
	assert_int_equal(hear(t_ms, apdu, sizeof apdu), DECODE_IGNORED);
}

static void
a_result_at_first_sight_is_old_unless_it_is_ours(void **state)
{
	(void)state;
	/* Without a clock nobody knows. */
	assert_int_equal(says(0), RELEASE);
	assert_int_equal(see_cuff(1000, 0x45), 0);
	/* The line was opened at 21:45: 21:44 was before that, 21:46 after. */
	stream_reset(&s, 0);
	assert_int_equal(says(0), RELEASE);
	see_clock(120000, 0x47);
	assert_int_equal(see_cuff(120100, 0x44), 0);
	stream_reset(&s, 0);
	assert_int_equal(says(0), RELEASE);
	see_clock(120000, 0x47);
	assert_int_equal(see_cuff(120100, 0x46), 3);
	assert_int_equal(see_cuff(121100, 0x46), 0);
	assert_int_equal(see_cuff(122100, 0x47), 3);
}

/* A heart rate of 72, or its object without a value; returns how many readings
 * it gives. */
static size_t
see_rate(int64_t t_ms, bool has)
{
	uint8_t apdu[74] = {
		0xE1, 0, 0, 2, 0, 2, 0, has ? 66 : 52, 0, 99, 0, 7,
		0, has ? 60 : 46, 0, 0x21, 0, 0, 0, 0, 0x0C, 0x16,
		0, has ? 50 : 36, 0, 0, 0, 0, 0, 0,
		0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0, 1, 0, 6,
		0x08, 0x03, 0, 1, 0, has ? 26 : 12, 0, 1, 0, 1,
		0, has ? 20 : 6, 0x82, 0xB3, 0, has, 0, has ? 14 : 0,
		0x09, 0x50, 0, 10, 0x41, 0x82, 0, 0, 0x0A, 0xA0, 0, 0, 0, 72,
	};
	uint64_t before = s.count.readings;

	assert_int_equal(hear(t_ms, apdu, has ? 74 : 60), DECODE_OK);
	return s.count.readings - before;
}

/* The event that announces a monitor, with its mode. */
static void
create_in_mode(int64_t t_ms, uint16_t mode)
{
	uint8_t apdu[44] = {
		0xE1, 0, 0, 2, 0, 1, 0, 36, 0, 1, 0, 1, 0, 30, 0, 0x21,
		0, 0, 0, 0, 0, 0, 0, 0, 0x0D, 0x06, 0, 16, 0, 0x21,
		0, 0, 0, 0, 0, 1, 0, 6, 0x09, 0x46, 0, 2,
		(uint8_t)(mode >> 8), (uint8_t)mode,
	};

	assert_int_equal(hear(t_ms, apdu, sizeof apdu), DECODE_IGNORED);
}

static void
what_a_monitor_in_demo_mode_says_is_marked_whatever_its_state(void **state)
{
	(void)state;
	associate();
	assert_int_equal(says(2100), VALUES);
	create_in_mode(2150, 0x2000);
	assert_int_equal(see_rate(2200, true), 1);
	assert_int_equal(seen.item[0].quality, QUALITY_GOOD);
	assert_true((seen.item[0].flags & READING_DEMO) != 0);
	create_in_mode(2250, 0x4000);
	assert_int_equal(see_rate(2300, true), 1);
	assert_int_equal(seen.item[0].flags & READING_DEMO, 0);
	create_in_mode(2350, 0x1000);
	assert_int_equal(see_rate(2400, true), 1);
	assert_int_equal(seen.item[0].quality, QUALITY_QUESTIONABLE);
}

static void
a_handle_means_nothing_in_another_association(void **state)
{
	(void)state;
	associate();
	assert_int_equal(see_rate(2100, false), 0);
	assert_int_equal(see_rate(2200, true), 1);
	assert_int_equal(see_rate(2300, false), 1);
	/* The event said again changes nothing. */
	assert_int_equal(create(2350, 1), DECODE_IGNORED);
	assert_int_equal(see_rate(2400, false), 1);
	assert_int_equal(abort_it(2500), DECODE_BAD_SEQUENCE);
	assert_int_equal(create(5000, 1), DECODE_IGNORED);
	assert_int_equal(see_rate(5100, false), 0);
}

int
main(void)
{
#define PHILIPS(f) cmocka_unit_test_setup(f, start)
	const struct CMUnitTest tests[] = {
		PHILIPS(an_association_is_asked_for_until_it_is_answered),
		PHILIPS(
		    a_refused_association_is_asked_for_again_after_ten_seconds),
		PHILIPS(an_aborted_association_is_asked_for_again_soon),
		PHILIPS(a_release_by_the_monitor_ends_the_association),
		PHILIPS(a_late_refusal_does_not_end_an_association),
		PHILIPS(a_monitor_that_only_turns_us_away_is_silent),
		PHILIPS(the_event_is_answered_at_once),
		PHILIPS(
	    the_event_is_answered_unless_its_id_needs_an_escape_or_is_too_great),
		PHILIPS(an_association_whose_event_does_not_come_is_begun_anew),
		PHILIPS(the_event_alone_shows_that_there_is_an_association),
		PHILIPS(a_grant_that_no_poll_fits_into_is_none),
		PHILIPS(one_poll_waits_for_its_answer_or_three_seconds),
		PHILIPS(an_answer_to_something_else_is_not_the_one_waited_for),
		PHILIPS(a_reply_in_parts_is_waited_for_to_its_end),
		PHILIPS(values_are_polled_every_second_and_alarms_every_two),
		PHILIPS(a_slow_monitor_is_asked_for_everything_in_turn),
		PHILIPS(the_period_that_the_monitor_grants_is_kept),
		PHILIPS(three_polls_without_an_answer_end_the_association),
		PHILIPS(an_answer_in_between_keeps_the_association),
		PHILIPS(a_monitor_not_heard_within_the_timeout_is_lost),
		PHILIPS(a_poll_that_the_monitor_does_not_know_is_not_asked_again),
		PHILIPS(refused_values_are_asked_for_again_less_often),
		PHILIPS(a_refused_poll_of_alarms_makes_them_unknown_at_once),
		PHILIPS(a_poll_of_alarms_that_fails_is_tried_again_after_a_minute),
		PHILIPS(alarms_without_an_answer_are_unknown_and_seldom_asked_for),
		PHILIPS(lists_of_alarms_that_cannot_be_read_are_unknown),
		PHILIPS(values_that_failed_once_come_as_before),
		PHILIPS(the_check_is_that_of_x25_for_each_byte),
		PHILIPS(polls_are_those_of_the_dossier_and_need_no_escape),
		PHILIPS(nothing_else_is_listed),
		PHILIPS(leave_is_taken_of_a_monitor_that_was_talked_to),
		PHILIPS(a_line_opened_anew_begins_with_a_new_association),
		PHILIPS(our_own_messages_come_back_are_no_sign_of_life),
		PHILIPS(a_result_at_first_sight_is_old_unless_it_is_ours),
		PHILIPS(a_handle_means_nothing_in_another_association),
		PHILIPS(
	    what_a_monitor_in_demo_mode_says_is_marked_whatever_its_state),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

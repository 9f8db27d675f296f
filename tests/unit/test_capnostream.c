/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the Capnostream driver sends, and when; and the monitor's own alarms.
 * What it reads is told by its captures.
 *
 * Easy to get wrong: a monitor that was switched off and on has forgotten that
 * somebody listens, and must be enabled anew; and what speaks in its frames may
 * be a MicroPod, which "somebody listens" restarts.
 */
#include "tests/sim/oridion.h"
#include "tests/unit/recording.h"

static struct stream s;
static uint8_t buf[TX_MAX];

enum { NOTHING = -1, ENABLE = 1, START = 4, STOP = 5, ALIVE = 6 };

static void
open_line(void)
{
	stream_init(&s, driver_find("capnostream"), NULL, 0);
}

/* The command that it sends at that time. */
static int
sends(int64_t t_ms)
{
	size_t n = stream_request(&s, t_ms, buf);

	if (n == 0)
		return NOTHING;
	assert_int_equal(n, 4);
	assert_true(tx_allowed(s.driver, buf, n));
	return buf[2];
}

/* One frame of the monitor, and what became of it. */
static struct decoded
hear(int64_t t_ms, uint8_t code, const uint8_t *data, size_t n)
{
	static struct decoded d;
	uint8_t frame[200];
	size_t length = oridion_put(frame, code, data, n);

	assert_int_equal(stream_feed(&s, t_ms, frame, length), length);
	assert_true(stream_next(&s, &d));
	assert_int_equal(d.length, length);
	return d;
}

static void
hear_name(int64_t t_ms)
{
	hear(t_ms, 4, (const uint8_t *)"V45.67", 6);
}

/* 38 mmHg, 14/min, 97 %, 72/min, with these status bytes. */
static struct decoded
hear_numerics(int64_t t_ms, uint8_t slow, uint8_t co2_alarms,
    uint8_t spo2_alarms)
{
	uint8_t data[27] = { 0x65, 0x53, 0xf1, 0x00, 38, 0, 14, 97, 72, slow,
		[13] = co2_alarms, [14] = spo2_alarms, [25] = 1 };

	return hear(t_ms, 1, data, sizeof(data));
}

static void
it_is_enabled_until_it_answers_then_started(void **state)
{
	(void)state;
	open_line();
	assert_int_equal(sends(1000), ENABLE);
	assert_int_equal(sends(1000), NOTHING);
	assert_int_equal(sends(1999), NOTHING);
	assert_int_equal(sends(2000), ENABLE);
	hear_name(2100);
	assert_int_equal(sends(2100), START);
	assert_int_equal(sends(2100), ALIVE);
	assert_int_equal(sends(2100), NOTHING);
}

static void
it_is_told_every_5_s_that_somebody_listens(void **state)
{
	(void)state;
	open_line();
	assert_int_equal(sends(0), ENABLE);
	hear_name(100);
	assert_int_equal(sends(100), START);
	assert_int_equal(sends(350), ALIVE);
	for (int64_t t = 600; t < 60000; t += 250) {
		if (t % 1000 == 600)
			hear_numerics(t, 0, 0, 0);
		assert_int_equal(sends(t), t % 5000 == 350 ? ALIVE : NOTHING);
	}
}

/* Waves are no sign of it: a MicroPod has the same. */
static void
a_monitor_that_stops_sending_values_is_enabled_and_started_again(void **state)
{
	uint8_t wave[4] = { 0 };

	(void)state;
	open_line();
	assert_int_equal(sends(0), ENABLE);
	hear_name(100);
	assert_int_equal(sends(100), START);
	assert_int_equal(sends(100), ALIVE);
	hear_numerics(1500, 0, 0, 0);
	assert_int_equal(sends(5100), ALIVE);
	hear(10100, 0, wave, sizeof(wave));
	assert_int_equal(sends(11499), NOTHING);
	assert_int_equal(sends(11500), ENABLE);
	hear(11600, 0, wave, sizeof(wave));
	assert_int_equal(sends(12500), ENABLE);
	hear_name(12600);
	assert_int_equal(sends(12600), START);
	assert_int_equal(sends(12600), ALIVE);
}

/* Whoever is late with values is told late that somebody listens. */
static void
only_a_monitor_that_sends_values_is_told_that_somebody_listens(void **state)
{
	(void)state;
	open_line();
	assert_int_equal(sends(0), ENABLE);
	hear_name(100);
	assert_int_equal(sends(100), START);
	assert_int_equal(sends(100), ALIVE);
	hear_numerics(1000, 0, 0, 0);
	assert_int_equal(sends(5100), NOTHING);
	assert_int_equal(sends(9000), NOTHING);
	hear_numerics(9500, 0, 0, 0);
	assert_int_equal(sends(9500), ALIVE);
}

static void
a_monitor_that_fell_silent_is_enabled_again(void **state)
{
	(void)state;
	open_line();
	assert_int_equal(sends(0), ENABLE);
	hear_name(100);
	assert_int_equal(sends(100), START);
	assert_int_equal(sends(100), ALIVE);
	hear_numerics(1000, 0, 0, 0);
	assert_int_equal(sends(10999), NOTHING);
	assert_int_equal(sends(11000), ENABLE);
	assert_int_equal(sends(12000), ENABLE);
	hear_name(12100);
	assert_int_equal(sends(12100), START);
}

static void
a_micropod_on_the_line_is_asked_the_first_question_and_no_other(void **state)
{
	uint8_t wave[4] = { 0, 38 }, breath[3] = { 38, 1, 14 }, well[2] = { 0 };

	(void)state;
	open_line();
	for (int64_t t = 0; t < 60000; t += 1000) {
		assert_int_equal(sends(t), ENABLE);
		hear(t, 0x00, wave, sizeof(wave));
		hear(t, 0x01, breath, sizeof(breath));
		hear(t, 0x11, breath, sizeof(breath));
		hear(t, 0x0c, well, sizeof(well));
		hear(t, 0x05, well, sizeof(well));
		hear(t, 0x62, (const uint8_t *)"MP 1.2", 6);
		assert_int_equal(sends(t + 500), NOTHING);
	}
	assert_int_equal(stream_release(&s, 60000, buf), 0);
}

static void
what_we_say_come_back_is_no_answer(void **state)
{
	(void)state;
	open_line();
	for (int64_t t = 0; t < 20000; t += 1000) {
		assert_int_equal(sends(t), ENABLE);
		hear(t, ENABLE, NULL, 0);
		hear(t, START, NULL, 0);
		hear(t, ALIVE, NULL, 0);
		assert_int_equal(sends(t), NOTHING);
	}
}

static void
a_damaged_frame_is_no_answer(void **state)
{
	static const uint8_t bad[] = { 0x85, 0x01, 0x04, 0x06 };
	struct decoded d;

	(void)state;
	open_line();
	assert_int_equal(sends(0), ENABLE);
	assert_int_equal(stream_feed(&s, 100, bad, sizeof(bad)), sizeof(bad));
	assert_true(stream_next(&s, &d));
	assert_int_equal(d.result, DECODE_BAD_CHECK);
	assert_int_equal(sends(1000), ENABLE);
}

static void
leave_is_taken_once_of_a_monitor_that_answered(void **state)
{
	static const uint8_t leave[] = {
		0x85, 0x01, 0x05, 0x04, 0x85, 0x01, 0x02, 0x03,
	};

	(void)state;
	open_line();
	assert_int_equal(stream_release(&s, 0, buf), 0);
	assert_int_equal(sends(0), ENABLE);
	assert_int_equal(stream_release(&s, 100, buf), 0);
	hear_name(200);
	assert_int_equal(stream_release(&s, 500, buf), sizeof(leave));
	assert_memory_equal(buf, leave, sizeof(leave));
	assert_true(tx_allowed(s.driver, buf, sizeof(leave)));
	assert_int_equal(stream_release(&s, 500, buf), 0);
	/* Who knows what is there after a silence. */
	hear_name(1000);
	assert_int_equal(stream_release(&s, 11000, buf), 0);
}

/* Byte for byte as in the dossier. */
static void
the_messages_are_those_of_the_specification(void **state)
{
	static const uint8_t want[3][4] = {
		{ 0x85, 0x01, 0x01, 0x00 }, { 0x85, 0x01, 0x04, 0x05 },
		{ 0x85, 0x01, 0x06, 0x07 },
	};

	(void)state;
	open_line();
	assert_int_equal(sends(0), ENABLE);
	assert_memory_equal(buf, want[0], 4);
	hear_name(100);
	assert_int_equal(sends(100), START);
	assert_memory_equal(buf, want[1], 4);
	assert_int_equal(sends(100), ALIVE);
	assert_memory_equal(buf, want[2], 4);
}

static void
names_and_limits_are_never_set(void **state)
{
	static const uint8_t never[] = { 3, 7, 8, 9, 10, 11, 54, 60, 61, 62 };
	uint8_t m[64], data[20] = { 1, 2 };

	(void)state;
	open_line();
	for (size_t i = 0; i < sizeof(never); i++) {
		for (size_t n = 0; n <= sizeof(data); n++)
			assert_false(tx_allowed(s.driver, m,
			    oridion_put(m, never[i], data, n)));
	}
}

static void
assert_alarm(const struct decoded *d, size_t i, enum priority p,
    const char *text)
{
	assert_true(d->readings.alarms.told);
	assert_true(i < d->readings.alarms.n);
	assert_int_equal(d->readings.alarms.item[i].priority, p);
	assert_string_equal(d->readings.alarms.item[i].text, text);
}

static void
each_alarm_bit_is_said_in_words(void **state)
{
	static const struct { uint8_t co2, spo2; const char *text; } bits[] = {
		{ 0x01, 0, "no breath" }, { 0x02, 0, "EtCO2 high" },
		{ 0x04, 0, "EtCO2 low" }, { 0x08, 0, "RR high" },
		{ 0x10, 0, "RR low" }, { 0x20, 0, "FiCO2 high" },
		{ 0, 0x01, "pulse not found" }, { 0, 0x02, "SpO2 high" },
		{ 0, 0x04, "SpO2 low" }, { 0, 0x08, "pulse rate high" },
		{ 0, 0x10, "pulse rate low" },
		{ 0, 0x20, "SpO2 sensor off the patient" },
		{ 0, 0x40, "SpO2 sensor disconnected" },
	};

	(void)state;
	open_line();
	for (size_t i = 0; i < sizeof(bits) / sizeof(bits[0]); i++) {
		struct decoded d = hear_numerics(1000 * (int64_t)i, 0x08,
		    bits[i].co2, bits[i].spo2);

		assert_int_equal(d.readings.alarms.n, 1);
		assert_alarm(&d, 0, PRIORITY_HIGH, bits[i].text);
	}
}

static void
no_alarm_is_told_as_such(void **state)
{
	uint8_t wave[4] = { 0 };
	struct decoded d;

	(void)state;
	open_line();
	d = hear_numerics(0, 0, 0, 0);
	assert_true(d.readings.alarms.told);
	assert_int_equal(d.readings.alarms.n, 0);
	d = hear(50, 0, wave, sizeof(wave));
	assert_false(d.readings.alarms.told);
}

static void
alarms_rank_as_the_monitor_says(void **state)
{
	static const struct { uint8_t slow; enum priority rank; } say[] = {
		{ 0x08, PRIORITY_HIGH }, { 0x38, PRIORITY_HIGH },
		{ 0x10, PRIORITY_LOW }, { 0x20, PRIORITY_LOW },
		/* Silenced: it does not say. */
		{ 0x00, PRIORITY_MEDIUM }, { 0x02, PRIORITY_MEDIUM },
		{ 0x84, PRIORITY_MEDIUM },
	};

	(void)state;
	open_line();
	for (size_t i = 0; i < sizeof(say) / sizeof(say[0]); i++) {
		struct decoded d = hear_numerics(1000 * (int64_t)i,
		    say[i].slow, 0x01, 0);

		assert_alarm(&d, 0, say[i].rank, "no breath");
	}
}

static void
when_all_alarm_at_once_the_most_pressing_are_told(void **state)
{
	struct decoded d;

	(void)state;
	open_line();
	d = hear_numerics(0, 0x08, 0x3f, 0x7f);
	assert_int_equal(d.readings.alarms.n, MONITOR_ALARMS_MAX);
	assert_alarm(&d, 0, PRIORITY_HIGH, "no breath");
	assert_alarm(&d, 1, PRIORITY_HIGH, "SpO2 low");
}

static void
a_shifted_body_tells_no_alarm_either(void **state)
{
	uint8_t shifted[28] = { 0x65, 0x53, 0xf1, 0x00, 0x55, 38, 0, 14, 97, 72,
		0x80, [14] = 0x01, [25] = 1, [26] = 1 };
	struct decoded d;

	(void)state;
	open_line();
	hear_numerics(0, 0, 0, 0);
	d = hear(1000, 1, shifted, sizeof(shifted));
	assert_int_equal(d.result, DECODE_BAD_SEQUENCE);
	assert_int_equal(d.readings.n, 0);
	assert_false(d.readings.alarms.told);
	d = hear_numerics(2000, 0, 0, 0);
	assert_int_equal(d.result, DECODE_OK);
	assert_int_equal(d.readings.n, 4);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_enabled_until_it_answers_then_started),
		cmocka_unit_test(it_is_told_every_5_s_that_somebody_listens),
		cmocka_unit_test(
	    a_monitor_that_stops_sending_values_is_enabled_and_started_again),
		cmocka_unit_test(
	    only_a_monitor_that_sends_values_is_told_that_somebody_listens),
		cmocka_unit_test(
	    a_micropod_on_the_line_is_asked_the_first_question_and_no_other),
		cmocka_unit_test(what_we_say_come_back_is_no_answer),
		cmocka_unit_test(a_monitor_that_fell_silent_is_enabled_again),
		cmocka_unit_test(a_damaged_frame_is_no_answer),
		cmocka_unit_test(
		    leave_is_taken_once_of_a_monitor_that_answered),
		cmocka_unit_test(the_messages_are_those_of_the_specification),
		cmocka_unit_test(names_and_limits_are_never_set),
		cmocka_unit_test(each_alarm_bit_is_said_in_words),
		cmocka_unit_test(no_alarm_is_told_as_such),
		cmocka_unit_test(alarms_rank_as_the_monitor_says),
		cmocka_unit_test(
		    when_all_alarm_at_once_the_most_pressing_are_told),
		cmocka_unit_test(a_shifted_body_tells_no_alarm_either),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the GE driver asks for, and when; and what of a record is doubted.  What
 * else it reads is told by its captures.
 *
 * Easy to get wrong: request() is called now and then; it must not rely on
 * being called at any exact time.
 */
#include "tests/unit/recording.h"

static struct stream s;
static uint8_t buf[TX_MAX];

#define NOTHING (-1)
#define CHANGES (-2)	/* of the alarms */
#define ALARMS (-3)	/* as they are now */

/* What is asked for at that time: values at so many seconds, 0 being the stop,
 * or one of those above. */
static int
asked(int64_t t_ms)
{
	size_t n = stream_request(&s, t_ms, buf);

	if (n == 0)
		return NOTHING;
	assert_true(tx_allowed(s.driver, buf, n));
	if (n == 52)
		return buf[42];
	assert_int_equal(n, 55);
	return buf[41] == 2 ? CHANGES : ALARMS;
}

static void
open_with(uint16_t interval_s)
{
	struct driver_options o = { .interval_s = interval_s };

	stream_init(&s, driver_find("ge-dri"), &o, 0);
}

/* Byte for byte as GE's own encoder gives them: multiparameter.md B8, G1 and
 * G4; written here in full, not computed as the driver does it. */
static void
the_requests_are_those_of_the_specification(void **state)
{
	static const uint8_t every_5s[52] = {
		0x7e, 0x31, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
		0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
		0x00, 0x00, 0xff, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
		0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
		0x00, 0x01, 0x05, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
		0x36, 0x7e,
	};
	static const uint8_t stop[52] = {
		0x7e, 0x31, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
		0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
		0x00, 0x00, 0xff, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
		0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
		0x00, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
		0x31, 0x7e,
	};
	static const uint16_t set[] = { 1, 5, 10 };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		uint8_t sum = 0;

		open_with(set[i]);
		assert_int_equal(stream_request(&s, 0, buf), 52);
		assert_memory_equal(buf, stop, 52);
		assert_int_equal(stream_request(&s, 300, buf), 52);
		for (size_t k = 1; k < 50; k++)
			sum = (uint8_t)(sum + buf[k]);
		assert_int_equal(buf[50], sum);
		buf[42] = 5;
		buf[50] = 0x36;
		assert_memory_equal(buf, every_5s, 52);
	}
}

static void
an_old_subscription_is_stopped_before_values_are_asked_for(void **state)
{
	(void)state;
	open_with(0);
	assert_int_equal(asked(1000), 0);
	assert_int_equal(asked(1100), -1);
	assert_int_equal(asked(1299), -1);
	assert_int_equal(asked(1300), 5);
	assert_int_equal(asked(2000), -1);
}

static void
values_are_asked_for_at_the_interval_that_is_set(void **state)
{
	static const uint16_t set[] = { 1, 5, 10, 0, 7 };
	static const int want[] = { 1, 5, 10, 5, 5 };

	(void)state;
	for (size_t i = 0; i < 5; i++) {
		open_with(set[i]);
		assert_int_equal(asked(0), 0);
		assert_int_equal(asked(300), want[i]);
	}
}

static void
silence_makes_it_ask_again(void **state)
{
	(void)state;
	open_with(1);
	assert_int_equal(asked(0), 0);
	assert_int_equal(asked(500), 1);
	assert_int_equal(asked(15499), -1);
	assert_int_equal(asked(15500), 1);
	assert_int_equal(asked(30499), -1);
	assert_int_equal(asked(30500), 1);
	open_with(10);
	assert_int_equal(asked(0), 0);
	assert_int_equal(asked(500), 10);
	assert_int_equal(asked(30499), -1);
	assert_int_equal(asked(30500), 10);
}

static void
a_line_opened_anew_begins_with_the_stop(void **state)
{
	(void)state;
	open_with(5);
	assert_int_equal(asked(0), 0);
	assert_int_equal(asked(300), 5);
	stream_reset(&s, 1000);
	assert_int_equal(asked(1000), 0);
	assert_int_equal(asked(1300), 5);
}

/* One frame of that recording, from 'at' on, as it stands there. */
static struct decoded
feed(int64_t t_ms, const char *path, size_t at, size_t n)
{
	struct recording r = { 0 };
	struct decoded d = { 0 };
	unsigned headers = 0;

	recording_load(&r, path, "ge-dri", &headers);
	assert_in_range(at + n, n, r.n);
	assert_int_equal(stream_feed(&s, t_ms, r.byte + at, n), n);
	assert_true(stream_next(&s, &d));
	recording_free(&r);
	return d;
}

/* Any one frame that is recorded with values in it, of level 10. */
static struct decoded
feed_values(int64_t t_ms)
{
	struct decoded d = feed(t_ms, "tests/captures/ge-dri/no-value.cap", 0,
	    322);

	assert_int_equal(d.result, DECODE_OK);
	assert_true(d.readings.n > 0);
	return d;
}

/* G11: "SpO2 LOW", red. */
static void
feed_alarms(int64_t t_ms)
{
	struct decoded d = feed(t_ms, "tests/captures/ge-dri/worked-alarms.cap",
	    323, 553);

	assert_int_equal(d.result, DECODE_OK);
	assert_true(d.readings.alarms.told);
	assert_int_equal(d.readings.alarms.n, 1);
	assert_string_equal(d.readings.alarms.item[0].text, "SpO2 LOW");
}

/* Values are running since 1 s. */
static void
open_running(void)
{
	open_with(5);
	assert_int_equal(asked(0), 0);
	assert_int_equal(asked(300), 5);
	assert_int_equal(asked(900), NOTHING);
	feed_values(1000);
}

/* Some bytes of the values, little-endian, by their offset in the 278. */
struct patch {
	uint16_t at;
	uint8_t n;
	int32_t value;
};
#define PATCHES 6
#define INVALID (-32767)

/* What is read of a record of values (72/min, 97 %, 14 breaths) with these
 * changed. */
static const struct readings *
read_values(const struct patch patch[PATCHES])
{
	static struct decoded d;
	struct recording r = { 0 };
	uint8_t record[319], wire[700];
	size_t n = 0, m = 0;
	unsigned headers = 0;

	recording_load(&r, "tests/captures/ge-dri/no-value.cap", "ge-dri",
	    &headers);
	for (size_t i = 1; n < 318; i++)
		record[n++] = r.byte[i] != 0x7d ? r.byte[i] :
		    r.byte[++i] | 0x20;
	recording_free(&r);
	for (size_t k = 0; k < PATCHES; k++) {
		for (size_t i = 0; i < patch[k].n; i++)
			record[40 + patch[k].at + i] =
			    (uint8_t)((uint32_t)patch[k].value >> 8 * i);
	}
	record[318] = 0;
	for (size_t i = 0; i < 318; i++)
		record[318] = (uint8_t)(record[318] + record[i]);
	wire[m++] = 0x7e;
	for (size_t i = 0; i < 319; i++) {
		bool escape = record[i] == 0x7d || record[i] == 0x7e;

		if (escape)
			wire[m++] = 0x7d;
		wire[m++] = escape ? record[i] & 0xdf : record[i];
	}
	wire[m++] = 0x7e;
	open_with(5);
	assert_int_equal(stream_feed(&s, 1000, wire, m), m);
	assert_true(stream_next(&s, &d));
	assert_int_equal(d.result, DECODE_OK);
	return &d.readings;
}

/* That the record says this of that vital. */
static void
assert_reads(const struct patch patch[PATCHES], enum vital v, enum quality q,
    int32_t value)
{
	const struct readings *r = read_values(patch);
	size_t i = 0;

	while (i < r->n && r->item[i].vital != v)
		i++;
	assert_true(i < r->n);
	assert_int_equal(r->item[i].quality, q);
	if (quality_has_value(q))
		assert_int_equal(r->item[i].value, value);
}

/* Bits 0-2 of the label say who counts the breaths: 2 is the chest. */
#define CO2(status, label, et, rr, chest) { { 136, 4, status }, \
	{ 140, 2, label }, { 142, 2, et }, { 146, 2, rr }, { 18, 2, chest } }

static void
a_closed_airway_is_no_breath_though_the_chest_moves(void **state)
{
	static const struct patch apnoea[][PATCHES] = {
		CO2(0x07, 0x0a, 0, 0, 15), CO2(0x07, 0x0a, 500, INVALID, 15),
		CO2(0x07, 0x0a, 500, 15, 15), CO2(0x07, 0x08, 500, -32764, 15),
		CO2(0x07, 0x09, 500, INVALID, 15),
		/* Without the bit: the rate itself. */
		CO2(0x03, 0x0a, 0, 0, 15), CO2(0x107, 0x0a, 0, 0, 15),
	};

	(void)state;
	for (size_t i = 0; i < sizeof apnoea / sizeof apnoea[0]; i++)
		assert_reads(apnoea[i], VITAL_RR, QUALITY_QUESTIONABLE, 0);
	for (size_t i = 0; i < 5; i++)
		assert_reads(apnoea[i], VITAL_ETCO2, QUALITY_QUESTIONABLE,
		    i == 0 ? 0 : 380);
}

static void
a_rate_beside_an_apnoea_that_the_monitor_tells_is_doubted(void **state)
{
	static const struct patch own[PATCHES] = CO2(0x07, 9, 500, 14, 15),
	    blind[PATCHES] = CO2(0x27, 9, 500, 14, 15),
	    inactive[PATCHES] = CO2(0x05, 9, 500, 14, 15),
	    chest[PATCHES] = CO2(0x83, 0x0a, 500, 15, 15),
	    none[PATCHES] = CO2(0x80, 0, INVALID, INVALID, INVALID),
	    off[PATCHES] = CO2(0x187, 0x0a, 500, 15, 15);

	(void)state;
	assert_reads(own, VITAL_RR, QUALITY_QUESTIONABLE, 14);
	assert_reads(blind, VITAL_RR, QUALITY_QUESTIONABLE, 15);
	assert_reads(inactive, VITAL_RR, QUALITY_QUESTIONABLE, 15);
	assert_reads(chest, VITAL_RR, QUALITY_QUESTIONABLE, 15);
	assert_reads(chest, VITAL_ETCO2, QUALITY_GOOD, 380);
	assert_reads(none, VITAL_RR, QUALITY_QUESTIONABLE, 0);
	/* Detection is off: the bits say nothing. */
	assert_reads(off, VITAL_RR, QUALITY_GOOD, 15);
	assert_reads(off, VITAL_ETCO2, QUALITY_GOOD, 380);
}

static void
a_heart_rate_beside_asystole_is_doubted_and_none_is_zero(void **state)
{
	static const struct patch number[PATCHES] = { { 4, 4, 0x0f } },
	    none[PATCHES] = { { 4, 4, 0x0f }, { 10, 2, INVALID } },
	    pleth[PATCHES] = { { 4, 4, 0x37 }, { 230, 2, 41 } };
	/* Channel 2 off; artefact; learning. */
	static const int32_t besides[] = { 1 << 12, 1 << 8, 1 << 9 };

	(void)state;
	for (size_t i = 0; i < sizeof besides / sizeof besides[0]; i++) {
		const struct patch told[PATCHES] = {
			{ 4, 4, 0x0f | besides[i] }, { 10, 2, INVALID }
		};

		assert_reads(told, VITAL_HR, QUALITY_QUESTIONABLE, 0);
	}
	assert_reads(number, VITAL_HR, QUALITY_QUESTIONABLE, 72);
	assert_reads(none, VITAL_HR, QUALITY_QUESTIONABLE, 0);
	assert_reads(pleth, VITAL_HR, QUALITY_QUESTIONABLE, 41);
}

static void
only_a_temperature_of_the_body_is_given(void **state)
{
	static const char body[] = "bbbbbbb....bbbbb.bb";

	(void)state;
	for (int label = 0; label < (int)sizeof body - 1; label++) {
		const struct patch place[PATCHES] = { { 94, 2, label } };

		assert_reads(place, VITAL_TEMP, body[label] == 'b' ?
		    QUALITY_GOOD : QUALITY_NOT_MEASURED, 3650);
	}
}

static void
a_saturation_without_a_pulse_is_doubted(void **state)
{
	static const int16_t none[] = { INVALID, -32766, -32764, -32763, 0 };

	(void)state;
	for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
		const struct patch pulse[PATCHES] = { { 130, 2, none[i] } };

		assert_reads(pulse, VITAL_SPO2, QUALITY_QUESTIONABLE, 9700);
	}
}

static void
values_that_arrive_put_off_the_next_request(void **state)
{
	(void)state;
	open_with(5);
	assert_int_equal(asked(0), 0);
	assert_int_equal(asked(300), 5);
	feed_values(10000);
	assert_int_equal(asked(10000), CHANGES);
	assert_int_equal(asked(12000), ALARMS);
	assert_int_equal(asked(24999), -1);
	assert_int_equal(asked(25000), 5);
}

/* Byte for byte those of multiparameter.md B8, G5 and G6. */
static void
the_questions_about_alarms_are_those_of_the_dossier(void **state)
{
	static const uint8_t changes[55] = {
		0x7e, 0x34, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
		0x00, 0x00, 0x00, 0x00, 0x00, 0x04, 0x00, 0x00, 0x00, 0x00,
		0x00, 0x00, 0xff, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
		0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
		0x00, 0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
		0x00, 0x00, 0x00, 0x39, 0x7e,
	};

	(void)state;
	open_running();
	assert_int_equal(asked(1000), CHANGES);
	assert_memory_equal(buf, changes, 55);
	assert_int_equal(asked(3000), ALARMS);
	assert_int_equal(buf[41], 0);
	assert_int_equal(buf[53], 0x37);
	buf[41] = 2;
	buf[53] = 0x39;
	assert_memory_equal(buf, changes, 55);
}

/* multiparameter.md B8, G4 and G7. */
static void
what_was_asked_for_is_stopped_when_the_port_is_closed_for_good(void **state)
{
	static const uint8_t end[107] = {
		0x7e, 0x31, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
		0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
		0x00, 0x00, 0xff, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
		0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
		0x00, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
		0x31, 0x7e,
		0x7e, 0x34, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
		0x00, 0x00, 0x00, 0x00, 0x00, 0x04, 0x00, 0x00, 0x00, 0x00,
		0x00, 0x00, 0xff, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
		0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
		0x00, 0x03, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
		0x00, 0x00, 0x00, 0x3a, 0x7e,
	};

	(void)state;
	open_with(5);
	assert_int_equal(stream_release(&s, 0, buf), 0);
	assert_int_equal(asked(0), 0);
	assert_int_equal(stream_release(&s, 100, buf), 0);
	assert_int_equal(asked(300), 5);
	assert_int_equal(stream_release(&s, 400, buf), 52);
	assert_memory_equal(buf, end, 52);
	assert_int_equal(stream_release(&s, 400, buf), 0);
	/* The differential mode of alarms, once it was entered. */
	open_running();
	assert_int_equal(asked(1000), CHANGES);
	assert_int_equal(asked(16000), 5);
	assert_int_equal(stream_release(&s, 17000, buf), sizeof end);
	assert_memory_equal(buf, end, sizeof end);
	assert_true(tx_allowed(s.driver, buf, sizeof end));
	assert_int_equal(stream_release(&s, 17000, buf), 0);
}

static void
alarms_are_asked_for_once_values_run_and_not_before(void **state)
{
	(void)state;
	open_with(5);
	assert_int_equal(asked(0), 0);
	assert_int_equal(asked(300), 5);
	for (int64_t t = 400; t < 15300; t += 100)
		assert_int_equal(asked(t), NOTHING);
	open_running();
	assert_int_equal(asked(1000), CHANGES);
	assert_int_equal(asked(2999), NOTHING);
	assert_int_equal(asked(3000), ALARMS);
}

static void
a_monitor_below_level_ten_is_not_asked_about_alarms(void **state)
{
	struct recording r = { 0 };
	struct decoded d;
	unsigned headers = 0;

	(void)state;
	open_with(5);
	assert_int_equal(asked(0), 0);
	assert_int_equal(asked(300), 5);
	recording_load(&r, "tests/captures/ge-dri/no-value.cap", "ge-dri",
	    &headers);
	r.byte[4] -= 1;		/* the level, and so the sum */
	r.byte[320] -= 1;
	assert_int_equal(stream_feed(&s, 1000, r.byte, 322), 322);
	assert_true(stream_next(&s, &d));
	assert_int_equal(d.result, DECODE_OK);
	recording_free(&r);
	for (int64_t t = 1000; t < 16000; t += 100)
		assert_int_equal(asked(t), NOTHING);
}

/* A record that was lost would leave a list that is wrong until the next
 * change. */
static void
the_list_is_asked_for_anew_when_nothing_was_heard_of_it_for_half_a_minute(
    void **state)
{
	(void)state;
	open_running();
	assert_int_equal(asked(1000), CHANGES);
	assert_int_equal(asked(3000), ALARMS);
	feed_alarms(3500);
	for (int64_t t = 4000; t < 33500; t += 100) {
		if (t % 5000 == 0)
			feed_values(t);
		assert_int_equal(asked(t), NOTHING);
	}
	assert_int_equal(asked(33500), ALARMS);
}

static void
values_that_resume_make_it_ask_about_alarms_anew(void **state)
{
	(void)state;
	open_running();
	assert_int_equal(asked(1000), CHANGES);
	assert_int_equal(asked(3000), ALARMS);
	feed_alarms(3500);
	assert_int_equal(asked(16000), 5);
	assert_int_equal(asked(20000), NOTHING);
	feed_values(20000);
	assert_int_equal(asked(20000), CHANGES);
	assert_int_equal(asked(22000), ALARMS);
}

/* G11 with another byte there. */
static struct decoded
feed_changed_alarms(size_t at, uint8_t value)
{
	struct recording r = { 0 };
	struct decoded d = { 0 };
	unsigned headers = 0;

	recording_load(&r, "tests/captures/ge-dri/worked-alarms.cap", "ge-dri",
	    &headers);
	r.byte[323 + 551] = (uint8_t)(r.byte[323 + 551] + value -
	    r.byte[323 + 1 + 40 + at]);
	r.byte[323 + 1 + 40 + at] = value;
	assert_int_equal(stream_feed(&s, 1000, r.byte + 323, 553), 553);
	assert_true(stream_next(&s, &d));
	recording_free(&r);
	assert_int_equal(d.result, DECODE_OK);
	return d;
}

static void
what_is_silenced_on_the_monitor_is_told_last_and_low(void **state)
{
	struct decoded d;

	(void)state;
	open_with(5);
	for (uint8_t code = 1; code < 10; code++) {
		d = feed_changed_alarms(8, code);
		assert_int_equal(d.readings.alarms.n, 2);
		assert_int_equal(d.readings.alarms.item[0].priority,
		    PRIORITY_HIGH);
		assert_int_equal(d.readings.alarms.item[1].priority,
		    PRIORITY_LOW);
		assert_non_null(strstr(d.readings.alarms.item[1].text,
		    code > 7 ? "may be silenced" : "are silenced"));
	}
	d = feed_changed_alarms(8, 0);
	assert_int_equal(d.readings.alarms.n, 1);
}

static void
the_colour_is_the_rank_and_a_text_without_one_is_low(void **state)
{
	static const enum priority want[] = { PRIORITY_LOW, PRIORITY_LOW,
		PRIORITY_MEDIUM, PRIORITY_HIGH };

	(void)state;
	open_with(5);
	for (uint8_t colour = 0; colour < 4; colour++) {
		struct decoded d = feed_changed_alarms(10 + 82, colour);

		assert_int_equal(d.readings.alarms.n, 1);
		assert_int_equal(d.readings.alarms.item[0].priority,
		    want[colour]);
	}
}

static void
alarms_alone_do_not_put_off_asking_for_values(void **state)
{
	(void)state;
	open_running();
	assert_int_equal(asked(1000), CHANGES);
	for (int64_t t = 2000; t < 16000; t += 2000)
		feed_alarms(t);
	assert_int_equal(asked(15999), NOTHING);
	assert_int_equal(asked(16000), 5);
}

/* It is asked three times more, and seldom after that; values go on. */
static void
a_list_that_is_told_no_more_is_unknown(void **state)
{
	unsigned questions = 0, unknown = 0;

	(void)state;
	open_running();
	assert_int_equal(asked(1000), CHANGES);
	assert_int_equal(asked(3000), ALARMS);
	feed_alarms(3500);
	for (int64_t t = 5000; t < 400000; t += 5000) {
		int what = asked(t);
		bool was = feed_values(t).readings.alarms.unknown;

		assert_true(what == NOTHING || what == ALARMS);
		questions += what == ALARMS;
		unknown += was;
		if (was)
			assert_int_equal(questions, 4);
	}
	assert_int_equal(unknown, 1);
	assert_int_equal(questions, 4);
	feed_values(425000);
	assert_int_equal(asked(425000), ALARMS);
	/* And when it is told again, it counts again. */
	feed_alarms(425500);
	assert_false(feed_values(450000).readings.alarms.unknown);
	assert_int_equal(asked(455499), NOTHING);
	assert_int_equal(asked(455500), ALARMS);
}

static void
a_monitor_that_answers_nothing_about_alarms_loses_no_values(void **state)
{
	unsigned questions = 0;

	(void)state;
	open_running();
	for (int64_t t = 1000; t < 600000; t += 1000) {
		int what = asked(t);

		assert_true(what == NOTHING || what == CHANGES ||
		    what == ALARMS);
		questions += what != NOTHING;
		assert_false(feed_values(t).readings.alarms.unknown);
	}
	assert_in_range(questions, 4, 7);
}

static void
our_own_request_come_back_is_no_sign_of_life(void **state)
{
	struct decoded d;

	(void)state;
	open_with(5);
	assert_int_equal(asked(0), 0);
	assert_int_equal(stream_feed(&s, 100, buf, 52), 52);
	assert_true(stream_next(&s, &d));
	assert_int_equal(d.result, DECODE_BAD_VALUE);
	assert_true(stream_silent(&s, 15000));
}

/* Without bit 7 a sum modulo 256 stays right wherever an even number of bytes had
 * it; the values would be other ones. */
static void
a_stream_without_its_eighth_bits_gives_no_values(void **state)
{
	static const char *const name[] = {
		"capnometer", "cuff-cycle", "no-value", "sim-mishaps"
	};
	size_t passed = 0;

	(void)state;
	for (size_t i = 0; i < sizeof name / sizeof name[0]; i++) {
		struct recording r = { 0 };
		struct events e = { 0 };
		unsigned headers = 0;
		char path[100];

		snprintf(path, sizeof path, "tests/captures/ge-dri/%s.cap",
		    name[i]);
		recording_load(&r, path, "ge-dri", &headers);
		for (size_t k = 0; k < r.n; k++)
			r.byte[k] &= 0x7F;
		recording_run(&r, driver_find("ge-dri"), 0, 0, &e, NULL, NULL);
		assert_int_equal(e.n, 0);
		passed += e.count.frames[DECODE_BAD_LENGTH];
		recording_free(&r);
		free(e.item);
	}
	assert_true(passed > 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_requests_are_those_of_the_specification),
		cmocka_unit_test(
		    an_old_subscription_is_stopped_before_values_are_asked_for),
		cmocka_unit_test(
		    values_are_asked_for_at_the_interval_that_is_set),
		cmocka_unit_test(silence_makes_it_ask_again),
		cmocka_unit_test(a_line_opened_anew_begins_with_the_stop),
		cmocka_unit_test(
		    a_closed_airway_is_no_breath_though_the_chest_moves),
		cmocka_unit_test(
		    a_rate_beside_an_apnoea_that_the_monitor_tells_is_doubted),
		cmocka_unit_test(
		    a_heart_rate_beside_asystole_is_doubted_and_none_is_zero),
		cmocka_unit_test(only_a_temperature_of_the_body_is_given),
		cmocka_unit_test(a_saturation_without_a_pulse_is_doubted),
		cmocka_unit_test(values_that_arrive_put_off_the_next_request),
		cmocka_unit_test(
		    the_questions_about_alarms_are_those_of_the_dossier),
		cmocka_unit_test(
		    what_was_asked_for_is_stopped_when_the_port_is_closed_for_good),
		cmocka_unit_test(
		    alarms_are_asked_for_once_values_run_and_not_before),
		cmocka_unit_test(
		    a_monitor_below_level_ten_is_not_asked_about_alarms),
		cmocka_unit_test(
		    the_list_is_asked_for_anew_when_nothing_was_heard_of_it_for_half_a_minute),
		cmocka_unit_test(
		    values_that_resume_make_it_ask_about_alarms_anew),
		cmocka_unit_test(
		    what_is_silenced_on_the_monitor_is_told_last_and_low),
		cmocka_unit_test(
		    the_colour_is_the_rank_and_a_text_without_one_is_low),
		cmocka_unit_test(alarms_alone_do_not_put_off_asking_for_values),
		cmocka_unit_test(a_list_that_is_told_no_more_is_unknown),
		cmocka_unit_test(
		    a_monitor_that_answers_nothing_about_alarms_loses_no_values),
		cmocka_unit_test(our_own_request_come_back_is_no_sign_of_life),
		cmocka_unit_test(
		    a_stream_without_its_eighth_bits_gives_no_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

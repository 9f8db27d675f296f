/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Text by rules: framing, fields, numbers, checksums, cuff results, polls.  The
 * rules are written as a person writes them; the examples of
 * docs/line-driver.md are captures (tests/captures/line).
 *
 * Easy to get wrong: a definition with little literal text holds its first two
 * lines back, so that most rules here have enough of it.
 */
#include "tests/unit/real_recording.h"

#include <math.h>
#include <string.h>

#include "daemon/config.h"
#include "drivers/danger.h"
#include "drivers/stream.h"
#include "tests/sim/sim.h"

static struct config *config;
static struct stream stream;
static int64_t now_ms;

static int
forget(void **state)
{
	(void)state;
	config_free(config);
	config = NULL;
	return 0;
}

static void
start(void)
{
	const struct config_port *p = &config->ports[0];

	now_ms = 1000;
	stream_init(&stream, p->driver, &p->options, now_ms);
	stream_reset(&stream, now_ms);
}

/* Rules "r", given as what stands below their name, four blanks indented. */
static void
with_rules(const char *rules)
{
	static struct complaints complaints;
	char text[8192];

	config_free(config);
	snprintf(text, sizeof text, "beds:\n  - id: A\n    monitors:\n"
	    "      - {name: m, driver: line, rules: r, port: /dev/ttyS0}\n"
	    "line-rules:\n  r:\n%s", rules);
	config = config_parse(text, strlen(text), &complaints);
	if (config == NULL)
		fail_msg("%u:%u: %s", complaints.item[0].line,
		    complaints.item[0].column, complaints.item[0].text);
	start();
}

/* Feeds bytes a second after the last; the last frame among them. */
static struct decoded
feed(const char *p, size_t n)
{
	struct decoded d, last = { .result = DECODES };

	now_ms += 1000;
	while (n > 0) {
		size_t taken = stream_feed(&stream, now_ms,
		    (const uint8_t *)p, n);

		p += taken;
		n -= taken;
		while (stream_next(&stream, &d))
			last = d;
	}
	return last;
}

static struct decoded
line(const char *text)
{
	return feed(text, strlen(text));
}

static const struct reading *
find(const struct decoded *d, enum vital v)
{
	for (size_t i = 0; i < d->readings.n; i++) {
		if (d->readings.item[i].vital == v)
			return &d->readings.item[i];
	}
	return NULL;
}

static void
must_read(const struct decoded *d, enum vital v, int32_t value)
{
	const struct reading *r = find(d, v);

	assert_int_equal(d->result, DECODE_OK);
	assert_non_null(r);
	assert_true(reading_has_value(r));
	assert_int_equal(r->value, value);
}

static void
must_lack(const struct decoded *d, enum vital v, enum quality q)
{
	const struct reading *r = find(d, v);

	assert_int_equal(d->result, DECODE_OK);
	assert_non_null(r);
	assert_int_equal(r->quality, q);
	assert_int_equal(r->value, 0);
}

static void
without_rules_nothing_is_claimed(void **state)
{
	struct decoded d;
	uint8_t out[TX_MAX];

	(void)state;
	stream_init(&stream, driver_find("line"), NULL, 0);
	d = line("SPO2=097 HR=072\r\nP: 97, 72,131, 94, 78,000,000,000, 2\r\n");
	assert_int_equal(d.result, DECODES);
	assert_int_equal(stream.count.garbage + window_length(&stream.window),
	    stream.count.bytes);
	assert_int_equal(stream_request(&stream, 0, out), 0);
	assert_null(driver_find("line")->tx);
}

/* --- values --------------------------------------------------------------- */

static void
a_number_is_read_in_any_usual_form(void **state)
{
	static const struct {
		const char *text;
		int32_t value;	/* hundredths of a degree */
	} good[] = {
		{ "37.2", 3720 }, { "  37.2  ", 3720 }, { "037.25", 3725 },
		{ "37,2", 3720 }, { "37", 3700 }, { "+37.0", 3700 },
		{ "36.996", 3700 }, { "36.994", 3699 },
	};
	static const char *const bad[] = {
		"37.", ".5", "3 7", "37.2C", "x", "37..2", "1e2", "0x25",
		"123456789", "37.00001", "+-37",
	};
	struct decoded d;
	char text[40];

	(void)state;
	with_rules("    match:\n      - prefix: \"TEMP=\"\n"
	    "        values: {temp: {at: 1}}\n");
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		snprintf(text, sizeof text, "TEMP=%s\r\n", good[i].text);
		d = line(text);
		must_read(&d, VITAL_TEMP, good[i].value);
	}
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		snprintf(text, sizeof text, "TEMP=%s\r\n", bad[i]);
		d = line(text);
		assert_int_equal(d.result, DECODE_BAD_VALUE);
		assert_int_equal(d.readings.n, 0);
	}
}

static void
values_are_scaled_and_converted_as_the_rules_say(void **state)
{
	static const struct {
		const char *rule, *text;
		enum vital vital;
		int32_t value;
	} cases[] = {
		{ "temp: {at: 1, divide: 10}", "372", VITAL_TEMP, 3720 },
		{ "temp: {at: 1, unit: F}", "98.6", VITAL_TEMP, 3700 },
		{ "temp: {at: 1, unit: C}", "36.6", VITAL_TEMP, 3660 },
		{ "etco2: {at: 1, unit: kPa}", "5.1", VITAL_ETCO2, 383 },
		{ "etco2: {at: 1, unit: mmHg}", "38", VITAL_ETCO2, 380 },
		{ "spo2: {at: 1, multiply: 10, divide: 10}", "97", VITAL_SPO2,
		    9700 },
		{ "temp: {at: 1, divide: 100, add: 30}", "-25", VITAL_TEMP,
		    2975 },
		{ "hr: {at: 1, number: hex}", "4b", VITAL_HR, 75 },
		{ "pr: {at: 1, strip: \"*F%\"}", "*72* F", VITAL_PR, 72 },
	};
	struct decoded d;
	char text[400];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		snprintf(text, sizeof text, "    match:\n      - prefix: "
		    "\"VALUE:\"\n        values: {%s}\n", cases[i].rule);
		with_rules(text);
		snprintf(text, sizeof text, "VALUE:%s\r\n", cases[i].text);
		d = line(text);
		must_read(&d, cases[i].vital, cases[i].value);
	}
}

static void
a_number_out_of_the_rules_range_is_no_value(void **state)
{
	struct decoded d;

	(void)state;
	with_rules("    match:\n      - prefix: \"VALUE:\"\n        values: "
	    "{hr: {at: 1, minimum: 20, maximum: 240}}\n");
	d = line("VALUE:19\r\n");
	must_lack(&d, VITAL_HR, QUALITY_OUT_OF_RANGE);
	d = line("VALUE:241\r\n");
	must_lack(&d, VITAL_HR, QUALITY_OUT_OF_RANGE);
	d = line("VALUE:99999999\r\n");
	must_lack(&d, VITAL_HR, QUALITY_OUT_OF_RANGE);
	d = line("VALUE:240\r\n");
	must_read(&d, VITAL_HR, 240);
}

static void
none_is_what_each_value_says_it_is(void **state)
{
	static const char *const none[] = {
		"", "   ", "-", "---", "- - -", "--.-", "-- %", "**", "127",
		" 1 2 7 ",
	};
	struct decoded d;
	char text[40];

	(void)state;
	with_rules("    match:\n      - prefix: \"VALUES:\"\n"
	    "        separator: \";\"\n        fields: 2\n        values:\n"
	    "          spo2: {at: 1, missing: [\"127\", \"**\"]}\n"
	    "          etco2: {at: 2}\n");
	for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
		snprintf(text, sizeof text, "VALUES:%s;127\r\n", none[i]);
		d = line(text);
		must_lack(&d, VITAL_SPO2, QUALITY_NO_VALUE);
		must_read(&d, VITAL_ETCO2, 1270);
	}
	d = line("VALUES:**;**\r\n");
	assert_int_equal(d.result, DECODE_BAD_VALUE);
	d = line("VALUES:96;0\r\n");
	must_read(&d, VITAL_ETCO2, 0);
}

/* --- places --------------------------------------------------------------- */

static void
columns_keys_and_joined_blanks_find_their_text(void **state)
{
	struct decoded d;

	(void)state;
	/* NPB-290: 12-NOV-98 14:00:05 100 120 50 */
	with_rules("    ignore: [\"TIME\", \"NPB\"]\n    match:\n"
	    "      - line: \"{:2}-{:3}-{:2} {:8} {}\"\n        values:\n"
	    "          spo2: {column: 20, width: 3, strip: \"*\"}\n"
	    "          pr: {column: 24, width: 3}\n");
	(void)line("TIME                 %SpO2   BPM     PA     Status\r\n");
	(void)line("12-NOV-98 14:00:03 100 120 50\r\n");
	(void)line("12-NOV-98 14:00:05 100 120 50\r\n");
	d = line("12-NOV-98 14:00:07  99 121 50\r\n");
	must_read(&d, VITAL_SPO2, 9900);
	must_read(&d, VITAL_PR, 121);
	d = line("12-NOV-98 14:00:09  99\r\n");
	assert_int_equal(d.result, DECODE_BAD_VALUE);

	with_rules("    match:\n      - prefix: \"SN=\"\n        values:\n"
	    "          spo2: {key: \"SPO2\", strip: \"%\"}\n"
	    "          pr: {key: \"BPM\"}\n"
	    "      - prefix: \"VALUES \"\n        separator: \" \"\n"
	    "        repeated: true\n        fields: 3\n"
	    "        values: {rr: {at: 2}}\n");
	start();
	for (int i = 0; i < 3; i++)
		d = line("SN=0 XSPO2=11 SPO2=098% BPM= 097 PI=03.60%\r\n");
	must_read(&d, VITAL_SPO2, 9800);
	must_read(&d, VITAL_PR, 97);
	d = line("VALUES   1   15    3   \r\n");
	must_read(&d, VITAL_RR, 15);
	d = line("VALUES 1 15 3 4\r\n");
	assert_int_equal(d.result, DECODE_BAD_VALUE);
	d = line("SN=0 SPO2=098%\r\n");
	assert_int_equal(d.result, DECODE_BAD_VALUE);
}

static void
a_captured_line_must_be_all_there(void **state)
{
	struct decoded d;

	(void)state;
	with_rules("    match:\n      - line: \"HEART={hr:3}\"\n");
	d = line("HEART=072\r\n");
	must_read(&d, VITAL_HR, 72);
	d = line("HEART=0720\r\n");
	assert_int_equal(d.result, DECODE_BAD_VALUE);
	with_rules("    match:\n      - line: \"{:8} SpO2={spo2} PR={pr} "
	    "PIr={pi} ** {}\"\n        status:\n          - {at: 5, is: "
	    "\"NO SENSOR\", means: no-sensor, of: [spo2, pr, pi]}\n"
	    "      - line: \"{:8} SpO2={spo2} PR={pr} PIr={pi}\"\n");
	(void)line("14:01:11 SpO2= 97 PR= 70 PIr=1.56\r\n");
	d = line("14:01:13 SpO2= 97 PR= 70 PIr=1.56\r\n");
	must_read(&d, VITAL_SPO2, 9700);
	must_read(&d, VITAL_PR, 70);
	must_read(&d, VITAL_PI, 156);
	d = line("14:01:31 SpO2= 80 PR= 70 PIr=1.38 ** LOW SpO2\r\n");
	must_read(&d, VITAL_SPO2, 8000);
	d = line("14:00:49 SpO2= - - - PR= --- PIr= --- ** NO SENSOR\r\n");
	must_lack(&d, VITAL_SPO2, QUALITY_NO_SENSOR);
	d = line("14:01:13 SpO2= 97 PR= 70\r\n");
	assert_int_equal(d.result, DECODE_BAD_VALUE);
	d = line("x14:01:13 SpO2= 97 PR= 70 PIr=1.56\r\n");
	assert_int_equal(d.result, DECODE_BAD_VALUE);
	d = line("14:01:13 SpO2= 97 PR= 70 PIr=1.56  \r\n");
	must_read(&d, VITAL_PI, 156);
	d = line("14:01:13 SpO2= 97 PR= 70 PIr=1.56 x\r\n");
	assert_int_equal(d.result, DECODE_BAD_VALUE);
}

static void
a_heading_says_where_columns_are_or_that_they_are_not(void **state)
{
	struct decoded d;

	(void)state;
	with_rules("    match:\n      - heading: \"TIME\"\n"
	    "        separator: \";\"\n        fields: 6\n        values: "
	    "{spo2: {title: SpO2, at: 2}, pr: {title: PR, at: 3}}\n");
	(void)line("10:00;97;72;;;\r\n");
	d = line("10:00;97;72;;;\r\n");
	must_read(&d, VITAL_SPO2, 9700);
	(void)line("TIME; PR;SpO2 ;;;\r\n");
	d = line("10:00;72;97;;;\r\n");
	must_read(&d, VITAL_SPO2, 9700);
	must_read(&d, VITAL_PR, 72);
	/* One that names it otherwise says that it is somewhere else. */
	(void)line("TIME;PR;%SpO2;;;\r\n");
	d = line("10:00;72;97;;;\r\n");
	assert_int_equal(d.result, DECODE_BAD_VALUE);
	assert_int_equal(d.readings.n, 0);
}

static void
a_status_that_names_an_alarm_is_told_with_what_it_said(void **state)
{
	struct decoded d;

	(void)state;
	with_rules("    match:\n      - prefix: \"VALUES:\"\n"
	    "        separator: \",\"\n        fields: 2\n"
	    "        values: {hr: {at: 1}}\n        status:\n"
	    "          - {at: 2, bit: 0, alarm: medium, text: \"lead off\", "
	    "means: sensor-off, of: [hr]}\n"
	    "          - {at: 2, nonzero: true, alarm: low, text: \"status\"}\n");
	d = line("VALUES:80,005\r\n");
	must_lack(&d, VITAL_HR, QUALITY_SENSOR_OFF);
	assert_true(d.readings.alarms.told);
	assert_int_equal(d.readings.alarms.n, 2);
	assert_string_equal(d.readings.alarms.item[0].text, "lead off");
	assert_int_equal(d.readings.alarms.item[0].priority, PRIORITY_MEDIUM);
	assert_string_equal(d.readings.alarms.item[1].text, "status 005");
	d = line("VALUES:80,000\r\n");
	must_read(&d, VITAL_HR, 80);
	assert_true(d.readings.alarms.told);
	assert_int_equal(d.readings.alarms.n, 0);
	d = line("VALUES:80,OK\r\n");
	assert_int_equal(d.result, DECODE_BAD_VALUE);
	assert_false(d.readings.alarms.told);
}

/* --- frames --------------------------------------------------------------- */

#define HR_LINE "    match:\n      - prefix: \"HR\"\n        separator: \",\"\n" \
	"        fields: 4\n        values: {hr: {at: 2}}\n"

static void
what_has_no_end_within_the_longest_is_dropped(void **state)
{
	struct decoded d;
	char long_line[400];

	(void)state;
	with_rules("    longest: 64\n    match:\n      - prefix: \"VALUE:\"\n"
	    "        values: {hr: {at: 1}}\n");
	memset(long_line, 'x', sizeof long_line);
	d = feed(long_line, sizeof long_line);
	assert_int_equal(d.result, DECODES);
	assert_true(stream.count.garbage >= sizeof long_line - 64);
	(void)line("\r\n");
	d = line("VALUE:80\r\n");
	must_read(&d, VITAL_HR, 80);
	assert_true(stream_size(config->ports[0].driver) <
	    stream_size(driver_find("masimo-ascii1")));
}

static void
half_a_frame_does_not_spoil_the_next(void **state)
{
	struct decoded d;

	(void)state;
	with_rules("    start: \"<02>\"\n    end: \"<03>\"\n"
	    "    checksum: {kind: xor}\n" HR_LINE);
	d = line("\x02HR,80,0,\x02HR,81,0,23\x03\r");
	assert_int_equal(d.result, DECODE_BAD_CHECK);
	/* 'H'^'R'^','^'8'^'1'^','^'0'^',' */
	d = line("\x02HR,80,0,\x02HR,81,0,0F\x03\r");
	must_read(&d, VITAL_HR, 81);
	with_rules("    start: \"$$\"\n" HR_LINE);
	d = line("$$HR,80,0,$$HR,81,0,0\r");
	must_read(&d, VITAL_HR, 81);
	assert_int_equal(stream.count.frames[DECODE_BAD_VALUE], 0);
}

static void
a_damaged_line_counts_as_one_and_not_as_one_for_each_character(void **state)
{
	struct decoded d;

	(void)state;
	with_rules("    checksum: {kind: sum}\n" HR_LINE);
	(void)line("\r\n");
	d = line("HR,81,0,B7\r\n");
	must_read(&d, VITAL_HR, 81);
	(void)line("HR,82,0,B7\r\n");
	assert_int_equal(stream.count.frames[DECODE_BAD_CHECK], 1);
	assert_int_equal(stream.count.frames[DECODE_BAD_VALUE], 1);
	d = line("HR,81,0,B7\r\n");
	must_read(&d, VITAL_HR, 81);
}

static void
each_checksum_is_checked(void **state)
{
	/* 'H' 'R' ',' '8' '1' ',' '0' ',': their sum is 1B7 hex. */
	static const struct {
		const char *rule;
		unsigned right;
	} cases[] = {
		{ "sum", 0xB7 }, { "xor", 0x0F }, { "twos-complement", 0x49 },
		{ "not-sum", 0x48 },
	};
	struct decoded d;
	char text[600];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		unsigned right = cases[i].right;

		snprintf(text, sizeof text, "    start: \"<02>\"\n    end: "
		    "\"<03>\"\n    checksum: {kind: %s}\n" HR_LINE,
		    cases[i].rule);
		with_rules(text);
		snprintf(text, sizeof text, "\x02HR,81,0,%02X\x03", right);
		d = line(text);
		must_read(&d, VITAL_HR, 81);
		snprintf(text, sizeof text, "\x02HR,81,0,%02x\x03",
		    (right + 1) & 0xff);
		d = line(text);
		assert_int_equal(d.result, DECODE_BAD_CHECK);
		d = line("\x02HR,81,0,\x03");
		assert_int_equal(d.result, DECODE_BAD_CHECK);
		assert_int_equal(config->ports[0].driver->evidence,
		    EVIDENCE_CHECKSUM);
	}
}

static void
a_crc8_is_that_of_the_welch_allyn_module(void **state)
{
	struct decoded d;

	(void)state;
	with_rules("    start: \"<02>\"\n    end: \"<03>\"\n    checksum: "
	    "{kind: crc8, polynomial: 161, initial: 255}\n    match:\n"
	    "      - line: \"Z{etco2:2}{rr:2}{:2}\"\n        values:\n"
	    "          etco2: {number: hex}\n          rr: {number: hex}\n");
	d = line("\x02Z270C001A\x03");
	must_read(&d, VITAL_ETCO2, 390);
	must_read(&d, VITAL_RR, 12);
	d = line("\x02Z211803A0\x03");
	must_read(&d, VITAL_ETCO2, 330);
	must_read(&d, VITAL_RR, 24);
	d = line("\x02Z211803A1\x03");
	assert_int_equal(d.result, DECODE_BAD_CHECK);
}

static void
a_frame_of_a_fixed_length_may_end_in_a_byte_of_checksum(void **state)
{
	struct decoded d;

	(void)state;
	with_rules("    start: \"$$\"\n    length: 9\n    checksum: {kind: sum, "
	    "written: byte, leave: 1}\n    match:\n"
	    "      - line: \"HR{hr:3}*\"\n");
	/* H R 0 8 0 = 48+52+30+38+30 hex */
	d = feed("$$HR080*\x32", 9);
	must_read(&d, VITAL_HR, 80);
	d = feed("$$HR080*\x33", 9);
	assert_int_equal(d.result, DECODE_BAD_CHECK);
	d = feed("x$$HR081*\x33", 10);
	must_read(&d, VITAL_HR, 81);
}

static void
a_line_that_lost_its_beginning_is_not_read(void **state)
{
	struct decoded d;

	(void)state;
	with_rules("    match:\n      - separator: \",\"\n        fields: 6\n"
	    "        values: {spo2: {at: 1}, pr: {at: 2}}\n");
	/* The line was opened in the middle of 097. */
	d = line("7,072,0,0,0,0\r\n");
	assert_int_equal(d.result, DECODE_BAD_VALUE);
	d = line("097,072,0,0,0,0\r\n");
	must_read(&d, VITAL_SPO2, 9700);
	/* A byte of noise, and the line begins after it. */
	d = line("0\x80" "97,072,0,0,0,0\r\n");
	assert_int_equal(d.result, DECODE_BAD_VALUE);
	d = line("097,072,0,0,0,0\r\n");
	must_read(&d, VITAL_SPO2, 9700);
	/* After a silence it begins at its beginning. */
	(void)line("09");
	now_ms += 20000;
	d = line("098,072,0,0,0,0\r\n");
	must_read(&d, VITAL_SPO2, 9800);
}

static void
with_little_to_go_by_three_lines_must_agree(void **state)
{
	struct decoded d;

	(void)state;
	with_rules("    match:\n      - prefix: \"H\"\n"
	    "        values: {hr: {at: 1}}\n");
	assert_int_equal(config->ports[0].driver->evidence, EVIDENCE_PATTERN);
	d = line("H80\r\n");
	assert_int_equal(d.result, DECODE_OK);
	assert_int_equal(d.readings.n, 0);
	d = line("H80\r\n");
	assert_int_equal(d.readings.n, 0);
	d = line("H81\r\n");
	must_read(&d, VITAL_HR, 81);
	with_rules("    match:\n      - prefix: \"HEART\"\n"
	    "        values: {hr: {at: 1}}\n");
	assert_int_equal(config->ports[0].driver->evidence, EVIDENCE_WORDS);
	d = line("HEART80\r\n");
	must_read(&d, VITAL_HR, 80);
}

static void
unknown_lines_are_counted_and_those_to_ignore_are_not(void **state)
{
	(void)state;
	with_rules("    ignore: [\"# \", \"Ready\"]\n    match:\n"
	    "      - prefix: \"VALUE:\"\n        values: {hr: {at: 1}}\n");
	(void)line("# a banner\r\nReady\r\n   \r\nVALUE:80\r\nVALUES:80\r\n"
	    "HELLO\r\n");
	assert_int_equal(stream.count.frames[DECODE_OK], 1);
	assert_int_equal(stream.count.frames[DECODE_IGNORED], 3);
	assert_int_equal(stream.count.frames[DECODE_BAD_VALUE], 2);
}

static void
silence_is_what_the_rules_say(void **state)
{
	(void)state;
	with_rules("    silent-after: 60s\n    match:\n      - prefix: "
	    "\"VALUE:\"\n        values: {hr: {at: 1}}\n");
	(void)line("VALUE:80\r\n");
	assert_false(stream_silent(&stream, now_ms + 59999));
	assert_true(stream_silent(&stream, now_ms + 60000));
	/* What is not understood is no sign of life. */
	(void)line("NONSENSE\r\n");
	assert_true(stream_silent(&stream, now_ms - 1000 + 60000));
}

/* --- the cuff ------------------------------------------------------------- */

#define CUFF_LINE(rule) \
	"    match:\n      - prefix: \"BP:\"\n        separator: \",\"\n" \
	"        fields: 4\n        values: {nibp_sys: {at: 1}, nibp_dia: " \
	"{at: 2}, nibp_map: {at: 3}}\n        cuff: " rule "\n"

/* Whether the line gave that systolic pressure, so old. */
static void
must_give_cuff(const char *text, int32_t sys, int64_t age_ms)
{
	struct decoded d = line(text);
	const struct reading *r = find(&d, VITAL_NIBP_SYS);

	must_read(&d, VITAL_NIBP_SYS, sys);
	assert_int_equal(r->age_ms, age_ms);
}

static void
must_give_no_cuff(const char *text)
{
	struct decoded d = line(text);

	assert_int_equal(d.result, DECODE_OK);
	assert_null(find(&d, VITAL_NIBP_SYS));
}

static void
a_result_is_new_when_its_age_falls(void **state)
{
	(void)state;
	with_rules(CUFF_LINE("{new: age, at: 4}"));
	must_give_no_cuff("BP:131,78,94,7\r\n");
	must_give_no_cuff("BP:131,78,94,8\r\n");
	must_give_cuff("BP:131,78,94,0\r\n", 131, 0);
	must_give_no_cuff("BP:131,78,94,1\r\n");
	must_give_cuff("BP:125,75,92,1\r\n", 125, 60000);
	must_give_no_cuff("BP:---,--,--,--\r\n");
	must_give_no_cuff("BP:125,75,92,2\r\n");
	/* Measured while nothing was heard. */
	now_ms += 600000;
	must_give_cuff("BP:125,75,92,4\r\n", 125, 240000);
	/* The age in another unit. */
	with_rules(CUFF_LINE("{new: age, at: 4, unit: s}"));
	must_give_no_cuff("BP:131,78,94,40\r\n");
	must_give_cuff("BP:131,78,94,3\r\n", 131, 3000);
}

static void
a_result_is_new_when_its_time_is_another(void **state)
{
	(void)state;
	with_rules(CUFF_LINE("{new: time, at: 4}"));
	must_give_no_cuff("BP:131,78,94,10:05\r\n");
	must_give_no_cuff("BP:131,78,94,10:05\r\n");
	must_give_cuff("BP:131,78,94,10:15\r\n", 131, 0);
	must_give_no_cuff("BP:131,78,94,--:--\r\n");
	must_give_no_cuff("BP:131,78,94,10:15\r\n");
	must_give_cuff("BP:135,78,94,10:15\r\n", 135, 0);
}

static void
a_result_is_new_when_the_state_says_so(void **state)
{
	struct decoded d;

	(void)state;
	with_rules(CUFF_LINE("{new: state, at: 4, to: \"R\"}"));
	must_give_no_cuff("BP:131,78,94,R\r\n");
	must_give_no_cuff("BP:131,78,94,M\r\n");
	must_give_cuff("BP:131,78,94,R\r\n", 131, 0);
	must_give_no_cuff("BP:131,78,94,R\r\n");
	must_give_no_cuff("BP:131,78,94,M\r\n");
	d = line("BP:,,,R\r\n");
	must_lack(&d, VITAL_NIBP_SYS, QUALITY_NO_VALUE);
	with_rules(CUFF_LINE("{new: state, at: 4, from: \"M\", to: \"R\"}"));
	must_give_no_cuff("BP:131,78,94,X\r\n");
	must_give_no_cuff("BP:131,78,94,R\r\n");
}

static void
a_result_is_new_when_the_numbers_change_or_with_each_line(void **state)
{
	(void)state;
	with_rules(CUFF_LINE("{new: change}"));
	must_give_no_cuff("BP:131,78,94,\r\n");
	must_give_no_cuff("BP:131,78,94,\r\n");
	must_give_cuff("BP:125,78,94,\r\n", 125, 0);
	now_ms += 300000;
	must_give_cuff("BP:126,78,94,\r\n", 126, 301000);
	with_rules(CUFF_LINE("{new: line}"));
	must_give_cuff("BP:131,78,94,\r\n", 131, 0);
	must_give_cuff("BP:131,78,94,\r\n", 131, 0);
}

static void
numbers_that_contradict_each_other_are_no_result(void **state)
{
	struct decoded d;

	(void)state;
	with_rules(CUFF_LINE("{new: line}"));
	d = line("BP:120,80,45,\r\n");
	must_lack(&d, VITAL_NIBP_SYS, QUALITY_OUT_OF_RANGE);
	d = line("BP:80,120,90,\r\n");
	must_lack(&d, VITAL_NIBP_SYS, QUALITY_OUT_OF_RANGE);
}

/* --- asking --------------------------------------------------------------- */

#define POLLS \
	"    poll:\n      - {send: \"P\", every: 2s}\n" \
	"      - {send: \"L<CR>\", every: 10s}\n" \
	"    polls-confirmed-by: \"A. Example\"\n"

/* What is asked now, as text. */
static const char *
asked(void)
{
	static char text[TX_MAX + 1];
	uint8_t out[TX_MAX];
	size_t n = stream_request(&stream, now_ms, out);

	if (n > 0)
		assert_true(tx_allowed(config->ports[0].driver, out, n));
	memcpy(text, out, n);
	text[n] = '\0';
	return text;
}

static void
polls_go_out_at_their_intervals_and_not_at_once(void **state)
{
	(void)state;
	with_rules(POLLS "    poll-gap: 500ms\n" HR_LINE);
	assert_string_equal(asked(), "P");
	assert_string_equal(asked(), "");
	now_ms += 499;
	assert_string_equal(asked(), "");
	now_ms += 1;
	assert_string_equal(asked(), "L\r");
	now_ms += 1499;
	assert_string_equal(asked(), "");
	now_ms += 1;
	assert_string_equal(asked(), "P");
	now_ms += 8000;
	assert_string_equal(asked(), "P");
	now_ms += 500;
	assert_string_equal(asked(), "L\r");
}

static void
a_poll_waits_for_the_prompt_but_not_for_ever(void **state)
{
	(void)state;
	with_rules(POLLS "    prompt: \">\"\n    poll-timeout: 4s\n" HR_LINE);
	assert_string_equal(asked(), "");
	(void)line("\r\n>");
	assert_string_equal(asked(), "P");
	now_ms += 2000;
	assert_string_equal(asked(), "");
	(void)line("HR,80,0,\r\n");
	assert_string_equal(asked(), "");
	(void)line(">");
	assert_string_equal(asked(), "L\r");
	now_ms += 3999;
	assert_string_equal(asked(), "");
	now_ms += 1;
	assert_string_equal(asked(), "P");
}

static void
a_port_may_send_its_polls_and_nothing_else(void **state)
{
	const struct driver *d;

	(void)state;
	with_rules(POLLS HR_LINE);
	d = config->ports[0].driver;
	assert_true(tx_allowed(d, (const uint8_t *)"P", 1));
	assert_true(tx_allowed(d, (const uint8_t *)"L\r", 2));
	assert_false(tx_allowed(d, (const uint8_t *)"L", 1));
	assert_false(tx_allowed(d, (const uint8_t *)"G", 1));
	assert_false(tx_allowed(d, (const uint8_t *)"PP", 2));
	assert_false(tx_allowed(driver_find("line"), (const uint8_t *)"P", 1));
	with_rules(HR_LINE);
	assert_null(config->ports[0].driver->tx);
	assert_null(config->ports[0].driver->request);
}

/* --- what must never be sent ---------------------------------------------- */

static const char *
harm(const char *a, size_t a_n, const char *b, size_t b_n)
{
	struct danger_message m[2] = {
		{ (const uint8_t *)a, a_n }, { (const uint8_t *)b, b_n },
	};
	size_t which = 9;

	return danger_of(m, b_n > 0 ? 2 : 1, &which);
}

static void
what_starts_a_cuff_is_found_anywhere_in_a_message(void **state)
{
	(void)state;
	assert_non_null(harm("\x55\xAA\x04\x02\x01\xF8", 6, "", 0));
	assert_non_null(harm("\x55\xAA\x04\x0B\x01\xEF", 6, "", 0));
	assert_non_null(harm("\x3A\x20\xA6", 3, "", 0));
	assert_non_null(harm("\x3A\x87\x3F", 3, "", 0));
	assert_non_null(harm("\x3A\x28\x9E", 3, "", 0));
	assert_non_null(harm("\x02" "01;;D7\x03", 8, "", 0));
	assert_non_null(harm("\x02" "17;;DE\x03", 8, "", 0));
	assert_non_null(harm("\x02" "14;;DB\x03", 8, "", 0));
	assert_non_null(harm("\xCC\x80\x03\x03\x01\x02\x00\x03", 8, "", 0));
	assert_non_null(harm("abc\x3A\x20\xA6xyz", 9, "", 0));
	assert_non_null(harm("\x3A\x3A\x20\xA6", 4, "", 0));
}

/* Its manual's commands; what asks it for a breath or its state is none. */
static void
what_changes_a_welch_allyn_module_is_found(void **state)
{
	static const char *const changes[] = {
		"\x02M239B\x03", "\x02" "C10BD\x03", "\x02" "C8005\x03",
		"\x02" "A0F12\x03", "\x02" "F209612\x03", "\x02G2612\x03",
		"\x02L0604199812\x03", "\x02N0112\x03", "\x02O4012\x03",
		"\x02Q01112\x03",
	};

	(void)state;
	for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++)
		assert_non_null(harm(changes[i], strlen(changes[i]), "", 0));
	assert_null(harm("\x02" "C2776\x03", 7, "\x02" "C00FD\x03", 7));
}

/* Whether its document's 60 to 62 are hexadecimal is not said. */
static void
a_capnostreams_limits_are_found_in_either_reading(void **state)
{
	static const uint8_t codes[] = { 60, 61, 62, 0x60, 0x61, 0x62 };
	uint8_t m[5] = { 0x85, 0x02, 0, 0x01, 0 };

	(void)state;
	for (size_t i = 0; i < sizeof codes; i++) {
		m[2] = codes[i];
		m[4] = (uint8_t)(m[1] ^ m[2] ^ m[3]);
		assert_non_null(harm((const char *)m, sizeof m, "", 0));
	}
}

static void
two_polls_that_make_one_together_are_found(void **state)
{
	(void)state;
	assert_non_null(harm("x\x3A", 2, "\x20\xA6", 2));
	assert_non_null(harm("\x20\xA6", 2, "x\x3A", 2));
	assert_non_null(harm("\x02" "0", 2, "1;;D7\x03", 6));
	assert_null(harm("\x02", 1, "0", 1));
	assert_null(harm("\x3A\x20", 2, "x\xA6", 2));
}

static void
what_only_reads_may_be_sent(void **state)
{
	(void)state;
	assert_null(harm("\x02" "18;;DF\x03", 8, "", 0));
	assert_null(harm("\x3A\x79\x03\x00\x4A", 5,
	    "\x3A\x79\x05\x00\x48", 5));
	assert_null(harm("P", 1, "L", 1));
	assert_null(harm("\x55\xAA\x04\xFC\x00\xFF", 6, "", 0));
	assert_null(harm("Time: 12", 8, "", 0));
}

/* --- a simulated monitor ---------------------------------------------------- */

static struct decoded heard;

static void
hear(void *arg, struct monitor *m, int64_t t_ms, const uint8_t *p, size_t n)
{
	(void)arg;
	(void)m;
	now_ms = t_ms - 1000;
	heard = feed((const char *)p, n);
}

static void with_file(const char *path);

static void
a_simulated_capnograph_is_read(void **state)
{
	static struct sim sim;
	struct patient *p = &sim.bed[0];

	(void)state;
	with_file("tests/captures/line/capnostream.yaml");
	patient_init(p, "BED", 11);
	p->variability = 0;
	sim.beds_n = sim.monitors_n = 1;
	monitor_init(&sim.monitor[0], "m", sim_driver_find("line"), p, 5);
	sim_set_clock(&sim, 1767225600000);
	sim_run(&sim, 10000, hear, NULL);
	must_read(&heard, VITAL_SPO2, 9700);
	assert_int_equal(find(&heard, VITAL_PR)->value,
	    monitor_shows(&sim.monitor[0], VITAL_PR, 10000, 1));
	assert_int_equal(find(&heard, VITAL_RR)->value,
	    monitor_shows(&sim.monitor[0], VITAL_RR, 10000, 1));
	assert_int_equal(find(&heard, VITAL_ETCO2)->value,
	    monitor_shows(&sim.monitor[0], VITAL_ETCO2, 10000, 1) * 10);
	monitor_probe(&sim.monitor[0], 10000, PROBE_OFF);
	sim_run(&sim, 15000, hear, NULL);
	must_lack(&heard, VITAL_SPO2, QUALITY_NO_VALUE);
	assert_true(reading_has_value(find(&heard, VITAL_RR)));
}

/* --- real recordings ------------------------------------------------------ */

static void
with_file(const char *path)
{
	static struct complaints complaints;

	config_free(config);
	config = config_load(path, &complaints);
	assert_non_null(config);
	start();
}

static void
the_ivy_recording_gives_its_27_messages(void **state)
{
	FILE *f = open_recording("ivy450c-ansarb.bin");
	char byte[16384];
	size_t n = fread(byte, 1, sizeof byte, f), found = 0;
	struct decoded d;

	(void)state;
	fclose(f);
	assert_int_equal(n, 15426);
	with_file("tests/captures/line/ivy-450c.yaml");
	for (size_t at = 0; at < n; at += 100) {
		d = feed(byte + at, n - at < 100 ? n - at : 100);
		now_ms -= 900;
		if (d.result != DECODE_OK)
			continue;
		found++;
		must_read(&d, VITAL_HR, 80);
		must_read(&d, VITAL_RR, 35);
		must_lack(&d, VITAL_ETCO2, QUALITY_NO_VALUE);
		must_read(&d, VITAL_SPO2, 10000);
		must_read(&d, VITAL_PR, 80);
		assert_null(find(&d, VITAL_NIBP_SYS));
	}
	assert_int_equal(found, 27);
	/* The 252 bytes before the first, but for two ends of lines. */
	assert_int_equal(stream.count.garbage, 250);
}

static void
the_masimo_recording_is_read_by_rules_too(void **state)
{
	static const int want[4] = { 96, 96, 96, 97 };
	FILE *f = open_recording("masimo-rad8-ascii1-a.txt");
	char byte[4096];
	size_t n = fread(byte, 1, sizeof byte, f), found = 0;
	struct decoded d;

	(void)state;
	fclose(f);
	with_rules("    longest: 400\n    match:\n"
	    "      - line: \"{:17} SN={} SPO2={spo2}% BPM={pr} PI={pi}% {}\"\n");
	for (size_t at = 0; at < n; at++) {
		d = feed(byte + at, 1);
		now_ms -= 999;
		if (d.result != DECODE_OK)
			continue;
		assert_true(found < 4);
		must_read(&d, VITAL_SPO2, 9800);
		must_read(&d, VITAL_PR, want[found++]);
	}
	/* It may begin anywhere in the first of the five. */
	assert_int_equal(found, 4);
}

int
main(void)
{
#define T(f) cmocka_unit_test_teardown(f, forget)
	const struct CMUnitTest tests[] = {
		T(without_rules_nothing_is_claimed),
		T(a_number_is_read_in_any_usual_form),
		T(values_are_scaled_and_converted_as_the_rules_say),
		T(a_number_out_of_the_rules_range_is_no_value),
		T(none_is_what_each_value_says_it_is),
		T(columns_keys_and_joined_blanks_find_their_text),
		T(a_captured_line_must_be_all_there),
		T(a_heading_says_where_columns_are_or_that_they_are_not),
		T(a_status_that_names_an_alarm_is_told_with_what_it_said),
		T(what_has_no_end_within_the_longest_is_dropped),
		T(half_a_frame_does_not_spoil_the_next),
		T(a_damaged_line_counts_as_one_and_not_as_one_for_each_character),
		T(each_checksum_is_checked),
		T(a_crc8_is_that_of_the_welch_allyn_module),
		T(a_frame_of_a_fixed_length_may_end_in_a_byte_of_checksum),
		T(a_line_that_lost_its_beginning_is_not_read),
		T(with_little_to_go_by_three_lines_must_agree),
		T(unknown_lines_are_counted_and_those_to_ignore_are_not),
		T(silence_is_what_the_rules_say),
		T(a_result_is_new_when_its_age_falls),
		T(a_result_is_new_when_its_time_is_another),
		T(a_result_is_new_when_the_state_says_so),
		T(a_result_is_new_when_the_numbers_change_or_with_each_line),
		T(numbers_that_contradict_each_other_are_no_result),
		T(polls_go_out_at_their_intervals_and_not_at_once),
		T(a_poll_waits_for_the_prompt_but_not_for_ever),
		T(a_port_may_send_its_polls_and_nothing_else),
		T(what_starts_a_cuff_is_found_anywhere_in_a_message),
		T(what_changes_a_welch_allyn_module_is_found),
		T(a_capnostreams_limits_are_found_in_either_reading),
		T(two_polls_that_make_one_together_are_found),
		T(what_only_reads_may_be_sent),
		T(a_simulated_capnograph_is_read),
		T(the_ivy_recording_gives_its_27_messages),
		T(the_masimo_recording_is_read_by_rules_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

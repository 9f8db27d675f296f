/* SPDX-License-Identifier: BSD-2-Clause
 *
 * HL7: framing where captures do not reach (long messages, silence), what is
 * acknowledged, which source is followed, and the query of Mindray PDS.
 *
 * Easy to get wrong: the streams are played without a port, so requests are
 * asked for by hand, as the port does after each read.
 */
#include "drivers/hl7_frame.h"
#include "drivers/hl7_observe.h"
#include "drivers/stream.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

static struct stream s;
static struct decoded got[32];
static size_t got_n;
static int64_t now_ms;

static void
begin(const char *driver)
{
	stream_init(&s, driver_find(driver), NULL, 0);
	got_n = 0;
	now_ms = 0;
}

static void
take(void)
{
	while (got_n < 32 && stream_next(&s, &got[got_n]))
		got_n++;
}

static void
feed(const char *p, size_t n)
{
	while (n > 0) {
		size_t taken = stream_feed(&s, now_ms, (const uint8_t *)p, n);

		p += taken;
		n -= taken;
		take();
	}
}

/* A message in its block; in the text a newline stands for CR. */
static void
hear(const char *text)
{
	char block[4000];
	size_t n = (size_t)snprintf(block, sizeof block, "\x0b%s\x1c\r", text);

	assert_true(n < sizeof block);
	for (size_t i = 0; i < n; i++) {
		if (block[i] == '\n')
			block[i] = '\r';
	}
	got_n = 0;
	feed(block, n);
	assert_int_equal(got_n, 1);
}

#define HEAD "MSH|^~\\&|X||||20240102030405||ORU^R01|7|P|2.6\n"
#define SPO2(channel, value) "OBX||NM|150456^MDC_PULS_OXIM_SAT_O2^MDC|1.3." \
	channel ".150456|" value "|262688^MDC_DIM_PERCENT^MDC|||||R\n"
#define PDS(control) "MSH|^~\\&|||||||ORU^R01|" control "|P|2.3.1|\n"

static const struct reading *
find(enum vital v)
{
	for (size_t i = 0; i < got[0].readings.n; i++) {
		if (got[0].readings.item[i].vital == v)
			return &got[0].readings.item[i];
	}
	return NULL;
}

static int32_t
value(enum vital v)
{
	const struct reading *r = find(v);

	return r != NULL && reading_has_value(r) ? r->value : -1;
}

static void
a_message_that_is_too_long_does_not_break_the_next(void **state)
{
	static char waves[2 * HL7_LONGEST];
	const char *starts[] = { ("\x0b" HEAD), HEAD, "<ORU_R01>" };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		begin("hl7");
		memset(waves, '1', sizeof waves);
		memcpy(waves, starts[i], strlen(starts[i]));
		feed(waves, sizeof waves);
		assert_int_equal(got_n, 0);
		hear(HEAD SPO2("1", "97"));
		assert_int_equal(value(VITAL_SPO2), 9700);
		assert_int_equal(s.count.garbage, sizeof waves);
	}
}

static void
a_message_of_almost_the_longest_size_is_read(void **state)
{
	static char text[HL7_LONGEST];
	size_t n = 0;

	(void)state;
	begin("hl7");
	text[n++] = 0x0B;
	n += (size_t)sprintf(text + n, "%sNTE|", HEAD);
	while (n < sizeof text - 120)
		text[n++] = 'x';
	n += (size_t)sprintf(text + n, "\n%s\x1c\r", SPO2("1", "97"));
	for (size_t i = 0; i < n; i++) {
		if (text[i] == '\n')
			text[i] = '\r';
	}
	feed(text, n);
	assert_int_equal(got_n, 1);
	assert_int_equal(value(VITAL_SPO2), 9700);
}

static void
silence_ends_a_bare_message_but_no_block(void **state)
{
	static const char bare[] = "MSH|^~\\&|X||||||ORU^R01|7|P|2.6\r"
	    "OBX||NM|150456^^MDC||97|%|||||R\r";

	(void)state;
	begin("hl7");
	feed(bare, sizeof bare - 1);
	stream_quiet(&s, 299);
	take();
	assert_int_equal(got_n, 0);
	stream_quiet(&s, 300);
	take();
	assert_int_equal(got_n, 1);
	assert_int_equal(got[0].t_ms, 0);
	assert_int_equal(value(VITAL_SPO2), 9700);
	begin("hl7");
	feed("\x0b", 1);
	feed(bare, sizeof bare - 1);
	stream_quiet(&s, 900);
	take();
	assert_int_equal(got_n, 0);
	now_ms = 950;
	feed("\x1c\r", 2);
	assert_int_equal(got_n, 1);
	assert_int_equal(value(VITAL_SPO2), 9700);
}

static void
a_segment_that_does_not_end_is_not_read(void **state)
{
	static const char bare[] = "MSH|^~\\&|X||||||ORU^R01|7|P|2.6\r"
	    "OBX||NM|149530^^MDC||70|/min|||||R\r"
	    "OBX||NM|150456^^MDC||9";

	(void)state;
	begin("hl7");
	feed(bare, sizeof bare - 1);
	stream_quiet(&s, 300);
	take();
	assert_int_equal(got_n, 1);
	assert_int_equal(value(VITAL_PR), 70);
	assert_null(find(VITAL_SPO2));
}

/* Without its last characters this stamp would be of another zone. */
static void
a_stamp_that_is_cut_off_is_not_read(void **state)
{
	static const char bare[] = "MSH|^~\\&|X||||20250609175157+0000||ORU^R01|"
	    "7|P|2.6\r"
	    "OBX||NM|150301^^MDC||120|266016|||||R|||20250610015127+0800\r"
	    "OBX||NM|150302^^MDC||80|266016|||||R|||20250610015127+0800\r";

	(void)state;
	for (size_t cut = 0; cut <= 6; cut++) {
		begin("hl7");
		feed(bare, sizeof bare - 1 - cut);
		stream_quiet(&s, 300);
		take();
		assert_int_equal(got_n, 1);
		assert_int_equal(value(VITAL_NIBP_SYS), cut == 0 ? 120 : -1);
	}
}

static void
the_second_sensor_counts_only_until_the_first_one_shows(void **state)
{
	(void)state;
	begin("hl7");
	hear(HEAD SPO2("1", "") SPO2("2", "91"));
	assert_int_equal(value(VITAL_SPO2), 9100);
	hear(HEAD SPO2("2", "92") SPO2("1", "97"));
	assert_int_equal(value(VITAL_SPO2), 9700);
	hear(HEAD SPO2("2", "91") SPO2("1", ""));
	assert_int_equal(value(VITAL_SPO2), -1);
	assert_non_null(find(VITAL_SPO2));
	now_ms = 3600000;
	hear(HEAD SPO2("2", "91"));
	assert_null(find(VITAL_SPO2));
	hear(HEAD SPO2("2", ""));
	assert_null(find(VITAL_SPO2));
}

static void
a_better_source_takes_over_with_its_first_value(void **state)
{
	(void)state;
	begin("hl7-pds");
	hear(PDS("204") "OBX||NM|201^T2|2104|36.1||||||F\n");
	assert_int_equal(value(VITAL_TEMP), 3610);
	hear(PDS("204") "OBX||NM|200^T1|2104|-100||||||F\n");
	assert_null(find(VITAL_TEMP));
	hear(PDS("204") "OBX||NM|200^T1|2104|37.0||||||F\n");
	assert_int_equal(value(VITAL_TEMP), 3700);
	hear(PDS("204") "OBX||NM|201^T2|2104|36.1||||||F\n");
	assert_null(find(VITAL_TEMP));
}

static void
only_numbers_are_measurements(void **state)
{
	(void)state;
	begin("hl7-pds");
	hear(PDS("204") "OBX||ST|101^HR|2101|60||||||F\n");
	assert_null(find(VITAL_HR));
	hear(PDS("204") "OBX||NM|101^HR|2101|60||||||F\n");
	assert_int_equal(value(VITAL_HR), 60);
}

/* Edan's XML. */
#define XML(fields) "<ORU_R01><OBX>" fields "</OBX></ORU_R01>"
#define XML_HR "<OBX.2>NM</OBX.2><OBX.3>HR</OBX.3><OBX.5>60</OBX.5>"

static void
an_observation_in_xml_lies_within_its_tags_in_their_order(void **state)
{
	static const char *const none[] = {
		XML(XML_HR "<OBX.3>SpO2</OBX.3>"),
		XML(XML_HR "<OBX.5>61</OBX.5>"),
		XML("<OBX.2>NM</OBX.2><OBX.5>60</OBX.5><OBX.3>HR</OBX.3>"),
		XML("<OBX.2>NM</OBX.2><NTE></NTE><OBX.3>HR</OBX.3>"
		    "<OBX.5>60</OBX.5>"),
		XML("</OBX><O BX>" XML_HR),
		XML("<OBX.2>NM</OBX.2><OBX.3>HR</OBX.3><OBX.5/>60"),
	};

	(void)state;
	begin("hl7");
	hear(XML(XML_HR));
	assert_int_equal(value(VITAL_HR), 60);
	hear(XML("<OBX.2>NM</OBX.2><OBX.3 x=\"1\">HR</OBX.3><OBX.5>61</OBX.5>"));
	assert_int_equal(value(VITAL_HR), 61);
	for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
		hear(none[i]);
		assert_int_equal(value(VITAL_HR), -1);
		assert_null(find(VITAL_SPO2));
	}
}

/* PDS names nobody in its header; a gateway may well speak 2.3.1, too. */
static void
a_gateway_of_the_same_version_is_not_taken_for_pds(void **state)
{
	(void)state;
	begin("hl7");
	hear("MSH|^~\\&|CM100||||20130101000000||ORU^R01|204|P|2.3.1\n"
	    "OBX||NM|161^SpO2|2103|98|%|||||F\n");
	assert_int_equal(value(VITAL_SPO2), 9800);
	assert_null(find(VITAL_PR));
}

static void
no_heart_rate_is_made_of_a_pulse(void **state)
{
	(void)state;
	begin("hl7");
	hear(HEAD "OBX||NM|149530^MDC_PULS_OXIM_PULS_RATE^MDC|1.3.1.1|70|"
	    "264864^MDC_DIM_BEAT_PER_MIN^MDC|||||R\n");
	assert_int_equal(value(VITAL_PR), 70);
	assert_null(find(VITAL_HR));
}

#define CUFF(sent, at) "MSH|^~\\&|X||||" sent "||ORU^R01|7|P|2.6\n" \
	"OBX||NM|150301^^MDC|1.1.9.1|120|266016|||||R|||" at "\n" \
	"OBX||NM|150302^^MDC|1.1.9.2|80|266016|||||R|||" at "\n"

static void
a_cuff_result_that_is_stamped_as_it_is_sent_is_not_repeated(void **state)
{
	(void)state;
	begin("hl7");
	hear(CUFF("20240102030405", "20240102030405"));
	assert_null(find(VITAL_NIBP_SYS));
	hear(CUFF("20240102030406", "20240102030406"));
	assert_null(find(VITAL_NIBP_SYS));
	/* One that was measured just then shows its age next time. */
	hear(CUFF("20240102030407", "20240102030406"));
	assert_int_equal(value(VITAL_NIBP_SYS), 120);
	assert_int_equal(find(VITAL_NIBP_SYS)->age_ms, 1000);
	hear(CUFF("20240102030408", "20240102030406"));
	assert_null(find(VITAL_NIBP_SYS));
}

static void
a_cuff_result_from_the_future_has_no_age(void **state)
{
	(void)state;
	begin("hl7");
	hear(CUFF("20240102030405", "20240102030900"));
	assert_null(find(VITAL_NIBP_SYS));
	hear(CUFF("20240102030406", "20240102030900"));
	assert_null(find(VITAL_NIBP_SYS));
	hear(CUFF("20240102030407", "20240102030930"));
	assert_int_equal(value(VITAL_NIBP_SYS), 120);
	assert_int_equal(find(VITAL_NIBP_SYS)->age_ms, 0);
}

/* Messages of a monitor at now_ms; its clock is 03:00:00 at the beginning. */
static const char *
clock_at(int64_t t_ms)
{
	static char text[4][48];
	static unsigned next;
	char *p = text[next++ % 4];
	int64_t t_s = t_ms / 1000;

	snprintf(p, sizeof text[0], "20240102%02d%02d%02d",
	    (int)(3 + t_s / 3600), (int)(t_s / 60 % 60), (int)(t_s % 60));
	return p;
}

static void
hear_pulse(void)
{
	char text[400];

	snprintf(text, sizeof text, "MSH|^~\\&|X||||%s||ORU^R01|7|P|2.6\n"
	    SPO2("1", "97"), clock_at(now_ms));
	hear(text);
	assert_int_equal(value(VITAL_SPO2), 9700);
	assert_null(find(VITAL_NIBP_SYS));
}

/* sys over 80; whether it is told as a result of now. */
static bool
hear_cuff(int sys, const char *at)
{
	char text[600];

	snprintf(text, sizeof text, "MSH|^~\\&|X||||%s||ORU^R01|7|P|2.6\n"
	    SPO2("1", "97")
	    "OBX||NM|150301^^MDC|1.1.9.1|%d|266016|||||R|||%s\n"
	    "OBX||NM|150302^^MDC|1.1.9.2|80|266016|||||R|||%s\n",
	    clock_at(now_ms), sys, at, at);
	hear(text);
	if (find(VITAL_NIBP_SYS) == NULL)
		return false;
	assert_int_equal(value(VITAL_NIBP_SYS), sys);
	assert_int_equal(find(VITAL_NIBP_SYS)->age_ms, 0);
	return true;
}

static void
hear_pulse_until(int64_t t_ms)
{
	for (; now_ms < t_ms; now_ms += 1000)
		hear_pulse();
}

/* A cuff after five minutes without one, stamped as it is sent. */
static bool
hear_cuff_after_a_pause(int sys)
{
	now_ms += 1000;
	hear_pulse_until(now_ms + 300000);
	return hear_cuff(sys, clock_at(now_ms));
}

#define PDS_PULSE PDS("204") "OBX||NM|161^PR|2103|70||||||F\n"
#define PDS_CUFF(at) PDS("503") \
	"OBX||NM|170^S|2105|120||||||F||APERIODIC|" at "\n" \
	"OBX||NM|171^D|2105|80||||||F||APERIODIC|" at "\n"

/* Plays a second of it each, then a result; whether that is told as one of
 * now. */
static bool
is_told_after(int64_t for_ms, const char *message)
{
	int64_t until_ms = now_ms + for_ms;

	for (; now_ms < until_ms; now_ms += 1000)
		hear(message);
	hear(PDS_CUFF("20070106191915"));
	return find(VITAL_NIBP_SYS) != NULL &&
	    find(VITAL_NIBP_SYS)->age_ms == 0;
}

static void
values_without_a_cuff_show_that_there_is_no_result_yet(void **state)
{
	(void)state;
	begin("hl7-pds");
	assert_true(is_told_after(600000, PDS_PULSE));
	assert_false(is_told_after(1000, PDS_PULSE));
	begin("hl7-pds");
	assert_true(is_told_after(11000, PDS_PULSE));
	/* Not yet; from now on, a new stamp is. */
	begin("hl7-pds");
	assert_false(is_told_after(10000, PDS_PULSE));
	assert_false(is_told_after(60000, PDS_PULSE));
	hear(PDS_CUFF("20070106192015"));
	assert_int_equal(value(VITAL_NIBP_SYS), 120);
}

static void
only_values_that_come_without_a_pause_show_it(void **state)
{
	(void)state;
	begin("hl7-pds");
	assert_false(is_told_after(600000, PDS("106")));
	begin("hl7-pds");
	assert_false(is_told_after(600000, PDS("54")));
	begin("hl7-pds");
	hear(PDS_PULSE);
	now_ms = 61000;
	assert_false(is_told_after(3000, PDS_PULSE));
}

#define PRESSURES(sys) HEAD "OBX||NM|150301^^MDC||" sys "|266016|||||R\n" \
	"OBX||NM|150302^^MDC||80|266016|||||R\n"

static void
a_first_result_without_a_stamp_is_told_as_well(void **state)
{
	(void)state;
	begin("hl7");
	hear_pulse_until(600000);
	assert_true(hear_cuff(120, ""));
	/* Who leaves out what was there before shows nothing by that. */
	now_ms += 1000;
	hear_pulse_until(now_ms + 300000);
	hear(PRESSURES("130"));
	assert_int_equal(value(VITAL_NIBP_SYS), 130);
	assert_int_equal(find(VITAL_NIBP_SYS)->age_ms, 301000);
	begin("hl7");
	hear_pulse_until(3000);
	assert_false(hear_cuff(120, ""));
}

static void
a_result_sent_once_as_it_is_measured_is_told_each_time(void **state)
{
	(void)state;
	begin("hl7");
	hear_pulse_until(600000);
	assert_true(hear_cuff(120, clock_at(now_ms)));
	now_ms += 1000;
	hear_pulse_until(900000);
	assert_true(hear_cuff(120, clock_at(now_ms)));
	/* But not for ever: that would be the last result sent again. */
	for (int i = 0; i < 10; i++)
		assert_false(hear_cuff_after_a_pause(120));
	assert_true(hear_cuff_after_a_pause(121));
	assert_true(hear_cuff_after_a_pause(121));
}

static void
a_silence_is_no_time_without_a_cuff(void **state)
{
	(void)state;
	begin("hl7");
	hear_pulse_until(120000);
	assert_true(hear_cuff(120, clock_at(now_ms)));
	now_ms += 1000;
	hear_pulse_until(now_ms + 30000);
	now_ms += 300000;
	assert_false(hear_cuff(120, clock_at(now_ms)));
}

/* In every message, or in some between others. */
static void
a_sender_that_stamps_all_with_the_time_of_sending_has_no_new_results(
    void **state)
{
	(void)state;
	for (int others = 0; others <= 30; others += 10) {
		begin("hl7");
		hear_pulse_until(120000);
		assert_true(hear_cuff(120, clock_at(now_ms)));
		for (int i = 0; i < 100; i++) {
			now_ms += 1000;
			hear_pulse_until(now_ms + 1000 * others);
			assert_false(hear_cuff(120, clock_at(now_ms)));
		}
		now_ms += 1000;
		assert_true(hear_cuff(121, clock_at(now_ms)));
		/* It is known by now. */
		assert_false(hear_cuff_after_a_pause(121));
	}
}

/* Results in a row, a message sent twice, one that ages and then another: each
 * time it is told of the same numbers five minutes later. */
static void
a_sender_is_not_taken_for_such_a_one_by_chance(void **state)
{
	(void)state;
	for (int how = 0; how < 3; how++) {
		begin("hl7");
		hear_pulse_until(120000);
		assert_true(hear_cuff(120, clock_at(now_ms)));
		if (how == 1)
			assert_false(hear_cuff(120, clock_at(now_ms)));
		now_ms += 15000;
		if (how == 0)
			assert_true(hear_cuff(122, clock_at(now_ms)));
		if (how == 2) {
			assert_false(hear_cuff(120, clock_at(120000)));
			now_ms += 5000;
			assert_true(hear_cuff(120, clock_at(now_ms)));
		}
		assert_true(hear_cuff_after_a_pause(121));
		assert_true(hear_cuff_after_a_pause(121));
	}
}

/* Nor is what stood there at first sight. */
static void
numbers_of_first_sight_sent_again_are_no_result(void **state)
{
	(void)state;
	begin("hl7");
	for (int i = 0; i < 10; i++) {
		assert_false(hear_cuff(120, clock_at(now_ms)));
		now_ms += 1000;
		hear_pulse_until(now_ms + 300000);
	}
}

static void
a_sender_that_dates_its_results_is_believed_at_once(void **state)
{
	(void)state;
	begin("hl7");
	/* First as it is sent, then as it ages; so its age is known. */
	assert_false(hear_cuff(120, clock_at(0)));
	now_ms = 12000;
	hear(CUFF("20240102030012", "20240102030000"));
	assert_int_equal(value(VITAL_NIBP_SYS), 120);
	for (now_ms = 13000; now_ms < 300000; now_ms += 1000)
		assert_false(hear_cuff(120, clock_at(0)));
	assert_true(hear_cuff(120, clock_at(now_ms)));
	for (now_ms = 301000; now_ms < 600000; now_ms += 1000)
		assert_false(hear_cuff(120, clock_at(300000)));
	assert_true(hear_cuff(120, clock_at(now_ms)));
}

#define PRESSURE(code, value) "OBX||NM|" code "^^MDC|1.1.9." code "|" value \
	"|266016|||||R|||20240102030400\n"

static void
two_sets_of_codes_for_a_cuff_are_not_mixed(void **state)
{
	(void)state;
	begin("hl7");
	hear(HEAD PRESSURE("150021", "130") PRESSURE("150301", "120")
	    PRESSURE("150302", "80") PRESSURE("150022", "90"));
	assert_int_equal(value(VITAL_NIBP_SYS), 120);
	assert_int_equal(value(VITAL_NIBP_DIA), 80);
	begin("hl7");
	hear(HEAD PRESSURE("150021", "130") PRESSURE("150302", "80"));
	assert_null(find(VITAL_NIBP_SYS));
}

static void
a_cuff_result_without_its_time_where_one_belongs_is_none(void **state)
{
	(void)state;
	begin("hl7-pds");
	hear(PDS("503") "OBX||NM|170^S|2105|-100||||||F|||00000000000000\n"
	    "OBX||NM|171^D|2105|-100||||||F|||00000000000000\n");
	hear(PDS("503") "OBX||NM|170^S|2105|120||||||F|||00000000000000\n"
	    "OBX||NM|171^D|2105|80||||||F|||00000000000000\n");
	assert_null(find(VITAL_NIBP_SYS));
}

static uint8_t sent[TX_MAX + 1];

/* What is to be sent now, as text; "" for nothing. */
static const char *
asks(void)
{
	size_t n = stream_request(&s, now_ms, sent);

	assert_true(n <= TX_MAX);
	assert_true(n == 0 || tx_allowed(s.driver, sent, n));
	sent[n] = '\0';
	return (const char *)sent;
}

#define WITH_ID(id, accept, answer) "MSH|^~\\&|X||||20240102030405||ORU^R01|" \
	id "|P|2.6|||" accept "|" answer "\n" SPO2("1", "97")

static void
a_message_is_acknowledged_once_where_it_asks_for_it(void **state)
{
	static const char ack[] = "\x0bMSH|^~\\&|||||||ACK^R01|1914|P|2.6\r"
	    "MSA|AA|1914\r\x1c\r";

	(void)state;
	begin("hl7");
	assert_string_equal(asks(), "");
	hear(WITH_ID("1914", "AL", "NE"));
	assert_string_equal(asks(), ack);
	assert_string_equal(asks(), "");
	hear(WITH_ID("1914", "NE", "AL"));
	assert_string_equal(asks(), ack);
	hear(WITH_ID("1914", "", ""));
	assert_string_equal(asks(), "");
	hear(WITH_ID("1914", "NE", "NE"));
	assert_string_equal(asks(), "");
	/* Of a kind that is not read: else it would be sent again and again. */
	hear("MSH|^~\\&|X||||||ORU^W01|1914|P|2.6|||AL|\n");
	assert_string_equal(asks(), ack);
}

#define ID48 "123456789012345678901234567890123456789012345678"

static void
an_id_that_does_not_fit_is_not_acknowledged(void **state)
{
	(void)state;
	begin("hl7");
	hear(WITH_ID(ID48, "AL", ""));
	assert_string_equal(asks(), "\x0bMSH|^~\\&|||||||ACK^R01|" ID48
	    "|P|2.6\rMSA|AA|" ID48 "\r\x1c\r");
	hear(WITH_ID(ID48 "9", "AL", ""));
	assert_int_equal(value(VITAL_SPO2), 9700);
	assert_string_equal(asks(), "");
	hear(WITH_ID("", "AL", ""));
	assert_string_equal(asks(), "");
	hear(WITH_ID("a^b", "AL", ""));
	assert_string_equal(asks(), "");
	hear(WITH_ID("a\xc3\xa9", "AL", ""));
	assert_string_equal(asks(), "");
}

static void
a_message_that_is_damaged_is_not_acknowledged(void **state)
{
	(void)state;
	begin("hl7");
	hear("MSH|^~\\&|X||||||ORU^R01|1|P|2.6|||AL|\n\x01\n");
	assert_int_equal(got[0].result, DECODE_BAD_VALUE);
	assert_string_equal(asks(), "");
	hear("MSH|^~\\&|||||||ACK^R01|1|P|2.6|||AL|\nMSA|AA|1\n");
	assert_string_equal(asks(), "");
}

static void
pds_is_never_acknowledged(void **state)
{
	(void)state;
	begin("hl7-pds");
	(void)asks();
	(void)asks();
	hear(WITH_ID("1914", "AL", "AL"));
	assert_string_equal(asks(), "");
}

#define ECHO_TEXT "\x0bMSH|^~\\&|||||||ORU^R01|106|P|2.3.1|\r\x1c\r"

/* Whether it is the query with that number. */
static bool
is_query(const char *text, char number)
{
	char want[] = "\rQRD|20000101000000000|R|I|Q000000|||||RES\r";

	want[33] = number;
	return strncmp(text, "\x0bMSH|^~\\&|||||||QRY^R02|1203|P|2.3.1\r", 37) ==
	    0 && strncmp(text + 36, want, sizeof want - 1) == 0;
}

static void
pds_is_asked_at_once_and_told_every_second_that_we_are_here(void **state)
{
	(void)state;
	begin("hl7-pds");
	assert_true(is_query(asks(), '0'));
	assert_non_null(strstr((char *)sent,
	    "QRF|MON||||0&0^1^1^0^101&151&160&161\r"));
	assert_string_equal(asks(), ECHO_TEXT);
	assert_string_equal(asks(), "");
	now_ms = 999;
	assert_string_equal(asks(), "");
	now_ms = 1000;
	assert_string_equal(asks(), ECHO_TEXT);
	assert_string_equal(asks(), "");
	now_ms = 2100;
	assert_string_equal(asks(), ECHO_TEXT);
}

static void
pds_is_asked_again_after_its_first_echo_only(void **state)
{
	(void)state;
	begin("hl7-pds");
	(void)asks();
	(void)asks();
	now_ms = 400;
	hear(PDS("106"));
	assert_int_equal(got[0].result, DECODE_IGNORED);
	assert_true(is_query(asks(), '1'));
	assert_string_equal(asks(), "");
	now_ms = 900;
	hear(PDS("106"));
	assert_string_equal(asks(), "");
}

static void
pds_is_asked_again_when_values_fail_to_come(void **state)
{
	(void)state;
	begin("hl7-pds");
	(void)asks();
	now_ms = 10000;
	hear(PDS("204") "OBX||NM|101^HR|2101|60||||||F\n");
	(void)asks();
	/* A monitor that only echoes, or only alarms, gives no values. */
	now_ms = 24000;
	hear(PDS("106"));
	assert_true(is_query(asks(), '1'));	/* its first echo */
	now_ms = 30000;
	hear(PDS("54"));
	now_ms = 38999;
	hear(PDS("106"));
	assert_string_equal(asks(), ECHO_TEXT);
	now_ms = 39000;
	assert_true(is_query(asks(), '2'));
	assert_string_equal(asks(), "");
}

static void
the_number_of_a_query_is_one_digit(void **state)
{
	(void)state;
	begin("hl7-pds");
	for (int i = 0; i < 12; i++) {
		assert_true(is_query(asks(), (char)('0' + i % 10)));
		now_ms += 15000;
	}
}

static void
lines_of_pds_alarms_come_with_the_monitors_rank(void **state)
{
	const struct monitor_alarms *a = &got[0].readings.alarms;

	(void)state;
	begin("hl7-pds");
	hear(PDS("54")
	    "OBX||CE|2|1|10033^**SpO2 TOO LOW||||||F|||20200418190201\n"
	    "OBX||CE|2|0|10010^***Asystole||||||F\n"
	    "OBX||CE|2|2|10011^*RR too \\T\\ high\xc3\xa9||||||F\n"
	    "OBX||CE|2|1|10012^HR high||||||F\n"
	    "OBX||CE|2040||0^||||||F\n");
	assert_int_equal(got[0].result, DECODE_OK);
	assert_true(a->told);
	assert_int_equal(a->list, 1);
	assert_int_equal(a->n, 4);
	assert_int_equal(a->item[0].priority, PRIORITY_MEDIUM);
	assert_string_equal(a->item[0].text, "SpO2 TOO LOW");
	assert_int_equal(a->item[1].priority, PRIORITY_HIGH);
	assert_string_equal(a->item[1].text, "Asystole");
	assert_int_equal(a->item[2].priority, PRIORITY_LOW);
	assert_string_equal(a->item[2].text, "RR too & high  ");
	assert_int_equal(a->item[3].priority, PRIORITY_MEDIUM);
	hear(PDS("56") "OBX||CE|4||205^SpO2 Sensor Off||||||F\n"
	    "OBX||CE|2||206^of the other list||||||F\n");
	assert_int_equal(a->list, 2);
	assert_int_equal(a->n, 1);
	assert_int_equal(a->item[0].priority, PRIORITY_LOW);
	hear(PDS("54"));
	assert_true(a->told);
	assert_int_equal(a->n, 0);
	hear(PDS("204") "OBX||NM|101^HR|2101|60||||||F\n");
	assert_false(a->told);
}

static void
more_alarms_than_fit_do_no_harm(void **state)
{
	char text[4000] = PDS("54");

	(void)state;
	begin("hl7-pds");
	for (int i = 0; i < 20; i++)
		strcat(text, "OBX||CE|2|1|1^**An alarm with a text that is much "
		    "longer than any that a monitor would show on its screen\n");
	hear(text);
	assert_int_equal(got[0].readings.alarms.n, MONITOR_ALARMS_MAX);
	assert_int_equal(strlen(got[0].readings.alarms.item[7].text),
	    MONITOR_ALARM_TEXT - 1);
}

static void
what_a_monitor_alarms_of_is_no_value(void **state)
{
	(void)state;
	begin("hl7-pds");
	hear(PDS("54") "OBX||NM|160^SpO2|2103|50||||||F\n");
	assert_int_equal(got[0].readings.n, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    a_message_that_is_too_long_does_not_break_the_next),
		cmocka_unit_test(a_message_of_almost_the_longest_size_is_read),
		cmocka_unit_test(silence_ends_a_bare_message_but_no_block),
		cmocka_unit_test(a_segment_that_does_not_end_is_not_read),
		cmocka_unit_test(
		    the_second_sensor_counts_only_until_the_first_one_shows),
		cmocka_unit_test(a_stamp_that_is_cut_off_is_not_read),
		cmocka_unit_test(a_better_source_takes_over_with_its_first_value),
		cmocka_unit_test(only_numbers_are_measurements),
		cmocka_unit_test(
		    an_observation_in_xml_lies_within_its_tags_in_their_order),
		cmocka_unit_test(
		    a_gateway_of_the_same_version_is_not_taken_for_pds),
		cmocka_unit_test(two_sets_of_codes_for_a_cuff_are_not_mixed),
		cmocka_unit_test(
		    a_cuff_result_without_its_time_where_one_belongs_is_none),
		cmocka_unit_test(no_heart_rate_is_made_of_a_pulse),
		cmocka_unit_test(
	    a_cuff_result_that_is_stamped_as_it_is_sent_is_not_repeated),
		cmocka_unit_test(a_cuff_result_from_the_future_has_no_age),
		cmocka_unit_test(
		    values_without_a_cuff_show_that_there_is_no_result_yet),
		cmocka_unit_test(only_values_that_come_without_a_pause_show_it),
		cmocka_unit_test(a_first_result_without_a_stamp_is_told_as_well),
		cmocka_unit_test(
		    a_result_sent_once_as_it_is_measured_is_told_each_time),
		cmocka_unit_test(
	a_sender_that_stamps_all_with_the_time_of_sending_has_no_new_results),
		cmocka_unit_test(a_sender_is_not_taken_for_such_a_one_by_chance),
		cmocka_unit_test(a_silence_is_no_time_without_a_cuff),
		cmocka_unit_test(numbers_of_first_sight_sent_again_are_no_result),
		cmocka_unit_test(
		    a_sender_that_dates_its_results_is_believed_at_once),
		cmocka_unit_test(
		    a_message_is_acknowledged_once_where_it_asks_for_it),
		cmocka_unit_test(an_id_that_does_not_fit_is_not_acknowledged),
		cmocka_unit_test(a_message_that_is_damaged_is_not_acknowledged),
		cmocka_unit_test(pds_is_never_acknowledged),
		cmocka_unit_test(
	    pds_is_asked_at_once_and_told_every_second_that_we_are_here),
		cmocka_unit_test(pds_is_asked_again_after_its_first_echo_only),
		cmocka_unit_test(pds_is_asked_again_when_values_fail_to_come),
		cmocka_unit_test(the_number_of_a_query_is_one_digit),
		cmocka_unit_test(
		    lines_of_pds_alarms_come_with_the_monitors_rank),
		cmocka_unit_test(more_alarms_than_fit_do_no_harm),
		cmocka_unit_test(what_a_monitor_alarms_of_is_no_value),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

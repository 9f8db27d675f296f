/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What damage does to a message of the Ivy driver, which has no checksum, and
 * which of its words are alarms.
 *
 * Easy to get wrong: a wave may take any value but two, so only its place
 * says what is a wave and what is text.
 */
#include "drivers/stream.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#define LINES \
    "HR=1;80;ECG-II-DIAG;\rRR=1;35;APNEA: 20 SEC;\rETCO2=1;;;\r" \
    "SPO2=1;100;PR=80 ;\rNIBP=4;121;75;92;80;;\rP1=3;111;73;88;;\r" \
    "P2=3;;;;NO TRANSDUCER;\rT1=1;;;\rT2=1;;;\r"

static struct stream s;
static struct decoded got;
static size_t sound;
static uint8_t message[1200];

/* Counts the sound messages. */
static void
feed_at(int64_t t_ms, const uint8_t *p, size_t n)
{
	struct decoded d;

	while (n > 0) {
		size_t taken = stream_feed(&s, t_ms, p, n);

		p += taken;
		n -= taken;
		while (stream_next(&s, &d)) {
			if (d.result == DECODE_OK) {
				got = d;
				sound++;
			}
		}
	}
}

static void
feed(const uint8_t *p, size_t n)
{
	feed_at(0, p, n);
}

/* A message of that text; the waves hold all bytes that they may. */
static size_t
compose(const char *text)
{
	size_t n = strlen(text);

	message[0] = 0xff;
	memcpy(message + 1, "ANSAR-B ", 8);
	for (size_t i = 0; i < 400; i++)
		message[9 + i] = (uint8_t)(i % 0xfe);
	memcpy(message + 409, text, n);
	message[409 + n] = 0xfe;
	return n + 410;
}

static void
hear(const char *text)
{
	size_t n = compose(text);

	stream_init(&s, driver_find("ivy-ansarb"), NULL, 0);
	sound = 0;
	feed(message, n);
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
a_message_is_read_whatever_the_waves_hold(void **state)
{
	(void)state;
	hear(LINES);
	assert_int_equal(sound, 1);
	assert_int_equal(got.length, 562);
	assert_int_equal(find(VITAL_HR)->value, 80);
	assert_int_equal(find(VITAL_RR)->value, 35);
	assert_int_equal(find(VITAL_SPO2)->value, 10000);
	assert_int_equal(find(VITAL_PR)->value, 80);
	assert_null(find(VITAL_TEMP));
	assert_null(find(VITAL_ETCO2));
	assert_null(find(VITAL_NIBP_SYS));
}

static void
labels_are_no_alarms(void **state)
{
	(void)state;
	hear(LINES);
	assert_true(got.readings.alarms.told);
	assert_int_equal(got.readings.alarms.n, 0);
	assert_int_equal(find(VITAL_RR)->quality, QUALITY_GOOD);
}

static void
alarms_are_told_with_their_line(void **state)
{
	(void)state;
	hear("HR=1;140;ECG-II-DIAG;HIGH\rNIBP=4;;;;;;CUFF LEAK\r"
	    "P2=3;;;;NO TRANSDUCER;ZERO\rCO=1;;;LOW\r");
	assert_int_equal(sound, 1);
	assert_int_equal(got.readings.alarms.n, 4);
	assert_string_equal(got.readings.alarms.item[0].text, "HR: HIGH");
	assert_string_equal(got.readings.alarms.item[1].text,
	    "NIBP: CUFF LEAK");
	assert_string_equal(got.readings.alarms.item[2].text, "P2: ZERO");
	assert_string_equal(got.readings.alarms.item[3].text, "CO: LOW");
	assert_int_equal(find(VITAL_HR)->quality, QUALITY_QUESTIONABLE);
}

/* The systolic pressure that a message with that line tells; 0: none. */
static int32_t
cuff(int64_t t_ms, const char *nibp)
{
	char text[100] = "HR=1;80;;\r";

	strcat(strcat(text, nibp), "\r");
	feed_at(t_ms, message, compose(text));
	return find(VITAL_NIBP_SYS) != NULL ? find(VITAL_NIBP_SYS)->value : 0;
}

static void
one_damaged_digit_makes_no_cuff_result(void **state)
{
	(void)state;
	stream_init(&s, driver_find("ivy-ansarb"), NULL, 0);
	assert_int_equal(cuff(1000, "NIBP=4;121;75;92;80;;"), 0);
	assert_int_equal(cuff(2000, "NIBP=4;121;75;92;80;;"), 0);
	assert_int_equal(cuff(20000, "NIBP=4;171;75;92;80;;"), 0);
	assert_int_equal(cuff(21000, "NIBP=4;121;75;92;80;;"), 0);
	assert_int_equal(cuff(22000, "NIBP=4;121;75;92;80;;"), 0);
	assert_int_equal(cuff(26000, "NIBP=4;160;95;117;84;;"), 0);
	assert_int_equal(cuff(27000, "NIBP=4;160;95;117;184;;"), 160);
	assert_null(find(VITAL_NIBP_PR));
	assert_int_equal(cuff(28000, "NIBP=4;160;95;117;84;;"), 0);
	assert_int_equal(cuff(60000, "NIBP=4;131;79;96;80;;"), 0);
	assert_int_equal(cuff(61000, "NIBP=4;131;79;96;80;;"), 131);
	assert_int_equal(find(VITAL_NIBP_PR)->value, 80);
}

static void
an_alarm_beside_a_cuff_result_makes_it_doubtful(void **state)
{
	/* In both messages that show it, or in one of them. */
	static const char *const shown[][2] = {
		{ "NIBP=4;150;75;100;80;;ARTIFACT",
		    "NIBP=4;150;75;100;80;;ARTIFACT" },
		{ "NIBP=4;150;75;100;80;;ARTIFACT", "NIBP=4;150;75;100;80;;" },
		{ "NIBP=4;150;75;100;80;;", "NIBP=4;150;75;100;80;;ARTIFACT" },
		{ "NIBP=4;150;75;100;80;ADULT;", "NIBP=4;150;75;100;80;ADULT;" },
	};

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		stream_init(&s, driver_find("ivy-ansarb"), NULL, 0);
		cuff(1000, "NIBP=4;;;;;;");
		cuff(2000, "NIBP=4;;;;;;");
		assert_int_equal(cuff(3000, shown[i][0]), 0);
		assert_int_equal(cuff(4000, shown[i][1]), 150);
		for (enum vital v = VITAL_NIBP_SYS; v <= VITAL_NIBP_PR; v++)
			assert_int_equal(find(v)->quality, i < 3 ?
			    QUALITY_QUESTIONABLE : QUALITY_GOOD);
	}
}

/* Of messages whose waves or name have lost bytes, none is read. */
static void
lost_bytes_move_no_text_into_another_place(void **state)
{
	static uint8_t x[1200];
	size_t length = compose(LINES);

	(void)state;
	for (size_t n = 1; n < 40; n++) {
		for (size_t i = 0; i + n <= 409; i++) {
			stream_init(&s, driver_find("ivy-ansarb"), NULL, 0);
			sound = 0;
			memcpy(x, message, i);
			memcpy(x + i, message + i + n, length - i - n);
			feed(x, length - n);
			assert_int_equal(sound, 0);
		}
	}
}

static void
a_line_with_a_part_too_few_or_too_many_costs_the_message(void **state)
{
	static const char *const bad[] = {
		"HR=1;80;ECG-II-DIAG\rRR=1;35;;\r",
		"HR=1;80;ECG-II-DIAG;;\rRR=1;35;;\r",
		"HR=1;80;ECG-II-DIAG;RR=1;35;;\r",
		"HR=1;80;;\rNIBP=4;121;75;92;80;\r",
		"HR=1;80;;\rNIBP=4;121;75;92;80;;;\r",
		"HR=1;80;;\rP1=3;111;73;88;\r",
		"HR=1;80;;\rCO=1;;\r",
		"HR=;80;;\rRR=1;35;;\r",
		"HR=1;8 0;;\rRR=1;35;;\r",
		"HR=1;80;;\rRR1;35;;\r",
		"RR=1;35;;\rHR=1;80;;\r",
		"HR=1;80;;\rHR=1;80;;\r",
		"HR=1;80;;\rRR=1;35;;",
		"",
	};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		hear(bad[i]);
		assert_int_equal(sound, 0);
	}
	hear("HR=1;80;;\rRR=1;35;;\r");
	assert_int_equal(sound, 1);
}

/* A hundred times the first of them is 97.04 % in 32 bits. */
static void
a_number_that_is_too_long_costs_the_message(void **state)
{
	static const char *const bad[] = {
		"HR=1;80;;\rSPO2=1;42949770;PR=80 ;\r",
		"HR=1;80;;\rSPO2=1;99999999;PR=80 ;\r",
		"HR=1;100000;;\r",
		"HR=1;80;;\rT1=1;1000.00;;\r",
	};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		hear(bad[i]);
		assert_int_equal(sound, 0);
	}
	hear("HR=1;80;;\rSPO2=1;99999;PR=80 ;\r");
	assert_int_equal(sound, 1);
	assert_int_equal(find(VITAL_SPO2)->quality, QUALITY_OUT_OF_RANGE);
}

static void
a_temperature_once_seen_is_missed(void **state)
{
	(void)state;
	hear("HR=1;80;;\rT1=1;36.8;;\r");
	assert_int_equal(find(VITAL_TEMP)->value, 3680);
	feed(message, compose("HR=1;80;;\rT1=1;;;\r"));
	assert_int_equal(sound, 2);
	assert_int_equal(find(VITAL_TEMP)->quality, QUALITY_NO_VALUE);
}

static void
a_start_that_was_not_seen_is_no_message(void **state)
{
	size_t n = compose(LINES);

	(void)state;
	stream_init(&s, driver_find("ivy-ansarb"), NULL, 0);
	sound = 0;
	feed(message + 1, n - 1);
	assert_int_equal(sound, 0);
	assert_int_equal(s.count.garbage, n - 1);
	feed(message, n);
	assert_int_equal(sound, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_message_is_read_whatever_the_waves_hold),
		cmocka_unit_test(labels_are_no_alarms),
		cmocka_unit_test(alarms_are_told_with_their_line),
		cmocka_unit_test(one_damaged_digit_makes_no_cuff_result),
		cmocka_unit_test(
		    an_alarm_beside_a_cuff_result_makes_it_doubtful),
		cmocka_unit_test(lost_bytes_move_no_text_into_another_place),
		cmocka_unit_test(
		    a_line_with_a_part_too_few_or_too_many_costs_the_message),
		cmocka_unit_test(a_number_that_is_too_long_costs_the_message),
		cmocka_unit_test(a_temperature_once_seen_is_missed),
		cmocka_unit_test(a_start_that_was_not_seen_is_no_message),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

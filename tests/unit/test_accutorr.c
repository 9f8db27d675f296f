/* SPDX-License-Identifier: BSD-2-Clause
 *
 * When the Accutorr driver sends its two letters, and what damage does to
 * answers without a checksum.
 *
 * Easy to get wrong: one letter for each prompt, and none without.
 */
#include "drivers/stream.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

static struct stream s;
static uint8_t buf[TX_MAX];
static struct decoded got;
static size_t sound;

/* The letter that it sends at that time; 0: none. */
static int
sends(int64_t t_ms)
{
	size_t n = stream_request(&s, t_ms, buf);

	if (n == 0)
		return 0;
	assert_int_equal(n, 1);
	assert_true(tx_allowed(s.driver, buf, 1));
	return buf[0];
}

static void
feed(int64_t t_ms, const char *p, size_t n)
{
	struct decoded d;

	while (n > 0) {
		size_t taken = stream_feed(&s, t_ms, (const uint8_t *)p, n);

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
say(int64_t t_ms, const char *p)
{
	feed(t_ms, p, strlen(p));
}

static void
start(void)
{
	stream_init(&s, driver_find("accutorr"), NULL, 0);
	sound = 0;
}

static void
two_letters_may_be_sent_and_no_other(void **state)
{
	(void)state;
	start();
	for (int c = 0; c < 256; c++) {
		uint8_t one = (uint8_t)c;

		assert_int_equal(tx_allowed(s.driver, &one, 1),
		    c == 'P' || c == 0x03);
	}
}

static void
a_prompt_is_asked_for_only_where_none_came(void **state)
{
	(void)state;
	start();
	assert_int_equal(sends(0), 0);
	assert_int_equal(sends(4999), 0);
	assert_int_equal(sends(5000), 0x03);
	assert_int_equal(sends(5001), 0);
	say(5100, "\r\n>");
	assert_int_equal(sends(5200), 0);
	assert_int_equal(sends(6000), 'P');
	assert_int_equal(sends(6001), 0);
}

static void
each_prompt_is_good_for_one_letter(void **state)
{
	(void)state;
	start();
	assert_int_equal(sends(0), 0);
	say(100, "ACCUTORR PC Interface is ready\r\n>");
	assert_int_equal(sends(1000), 'P');
	for (int64_t t = 1001; t < 5000; t += 100)
		assert_int_equal(sends(t), 0);
	say(5000, "P: 97, 72,131, 94, 78,000,000,000, 2\r\n");
	assert_int_equal(sends(5100), 0);
	say(5200, ">");
	assert_int_equal(sends(5300), 'P');
	/* Nothing came back. */
	assert_int_equal(sends(10299), 0);
	assert_int_equal(sends(10300), 0x03);
}

static void
a_prompt_amid_other_bytes_is_none(void **state)
{
	(void)state;
	start();
	assert_int_equal(sends(0), 0);
	say(1000, "\x90>\x91>\x92");
	assert_int_equal(sends(4000), 0);
	assert_true(stream_silent(&s, 8000));
	say(4100, ">");
	assert_int_equal(sends(4200), 'P');
}

#define ANSWER "P: 97,120,131, 94, 78,000,000,000, 2\r\n>"

static const struct reading *
find(enum vital v)
{
	for (size_t i = 0; i < got.readings.n; i++) {
		if (got.readings.item[i].vital == v)
			return &got.readings.item[i];
	}
	return NULL;
}

/* Whether the readings are of ANSWER, or doubtful, or no values. */
static bool
is_answer_or_doubtful(void)
{
	for (size_t i = 0; i < got.readings.n; i++) {
		const struct reading *r = &got.readings.item[i];

		if (r->quality == QUALITY_GOOD && r->value !=
		    (r->vital == VITAL_SPO2 ? 9700 : 120))
			return false;
	}
	return got.readings.n == 2;
}

static void
a_number_that_lost_bytes_is_doubtful(void **state)
{
	static const char line[] = ANSWER;
	size_t length = sizeof line - 1;

	(void)state;
	for (size_t n = 1; n < 12; n++) {
		for (size_t i = 0; i + n < length; i++) {
			char x[sizeof line];

			start();
			say(0, ANSWER);
			say(1000, ANSWER);
			assert_int_equal(sound, 1);
			memcpy(x, line, i);
			memcpy(x + i, line + i + n, length - i - n);
			feed(2000, x, length - n);
			assert_true(is_answer_or_doubtful());
			say(3000, ANSWER);
			assert_true(is_answer_or_doubtful());
			say(4000, ANSWER);
			assert_int_equal(got.readings.item[0].quality,
			    QUALITY_GOOD);
			assert_int_equal(got.readings.item[0].value, 9700);
			assert_int_equal(got.readings.item[1].quality,
			    QUALITY_GOOD);
			assert_int_equal(got.readings.item[1].value, 120);
		}
	}
}

/* As the manual's example has it, with and without padding. */
static void
numbers_need_no_padding(void **state)
{
	static const char *const answer[] = {
		"P:97,72,131,94,78,0,0,0,2\r\n>",
		"P: 97, 72,131, 94, 78,  0,  0,  0,  2\r\n>",
		"P:097,072,131,094,078,000,000,000,002\r\n>",
		"P:97,72,131, 94, 78,000,00,0, 2\r\n>",
	};

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		start();
		say(0, answer[i]);
		say(1000, answer[i]);
		assert_int_equal(sound, 1);
		assert_int_equal(find(VITAL_SPO2)->value, 9700);
		assert_int_equal(find(VITAL_SPO2)->quality, QUALITY_GOOD);
		assert_int_equal(find(VITAL_PR)->value, 72);
		assert_int_equal(find(VITAL_PR)->quality, QUALITY_GOOD);
	}
}

/* No answer is lost for it, and no other number doubted. */
static void
a_number_that_gets_longer_is_doubtful_once(void **state)
{
	(void)state;
	start();
	say(0, "P:99,99,131,94,78,0,0,0,2\r\n>");
	say(1000, "P:99,99,131,94,78,0,0,0,2\r\n>");
	say(2000, "P:99,100,131,94,78,0,0,0,2\r\n>");
	assert_int_equal(find(VITAL_PR)->value, 100);
	assert_int_equal(find(VITAL_PR)->quality, QUALITY_QUESTIONABLE);
	assert_int_equal(find(VITAL_SPO2)->quality, QUALITY_GOOD);
	say(3000, "P:99,101,131,94,78,0,0,0,2\r\n>");
	assert_int_equal(find(VITAL_PR)->value, 101);
	assert_int_equal(find(VITAL_PR)->quality, QUALITY_GOOD);
	/* What a state says of both may be another, too. */
	say(4000, "P:99,101,131,94,78,16,0,0,2\r\n>");
	say(5000, "P:99,101,131,94,78,0,0,0,2\r\n>");
	assert_int_equal(find(VITAL_SPO2)->quality, QUALITY_QUESTIONABLE);
	assert_int_equal(find(VITAL_PR)->quality, QUALITY_QUESTIONABLE);
	assert_int_equal(sound, 5);
}

static void
an_answer_of_other_than_nine_fields_is_none(void **state)
{
	static const char *const bad[] = {
		"P: 97, 72,131, 94, 78,000,000,000\r\n>",
		"P: 97, 72,131, 94, 78,000,000,000, 2,\r\n>",
		"P: 97, 72,131, 94, 78,000,000,, 2\r\n>",
		"P: 97, 72,131, 94, 78,000,--,000, 2\r\n>",
		"P: 97, 72,131, 94, 78,000,256,000, 2\r\n>",
		"P: 97, 72,131, 94, 78,0 0,000,000, 2\r\n>",
	};

	(void)state;
	start();
	say(0, ANSWER);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		say(1000 + 1000 * (int64_t)i, bad[i]);
		assert_int_equal(sound, 0);
	}
}

/* Whether a result came with any of four equal answers from t_ms on. */
static bool
cuff_after(int64_t t_ms, const char *answer)
{
	bool came = false;

	for (int i = 0; i < 4; i++) {
		say(t_ms + i * 1000, answer);
		came = came || find(VITAL_NIBP_SYS) != NULL;
	}
	return came;
}

static void
a_cuff_counts_when_its_minutes_begin_anew(void **state)
{
	(void)state;
	start();
	assert_false(cuff_after(0,
	    "P: 97, 72,131, 94, 78,000,000,000, 2\r\n>"));
	assert_false(cuff_after(60000,
	    "P: 97, 72,131, 94, 78,000,000,000, 3\r\n>"));
	assert_true(cuff_after(120000,
	    "P: 97, 72,131, 94, 78,000,000,000, 0\r\n>"));
	assert_false(cuff_after(180000,
	    "P: 97, 72,131, 94, 78,000,000,000, 1\r\n>"));
}

static void
one_answer_alone_makes_no_result(void **state)
{
	static const char *const damaged[] = {
		"P: 97, 72,181, 94, 78,000,000,000, 2\r\n>",
		"P: 97, 72,131, 94, 38,000,000,000, 2\r\n>",
		"P: 97, 72,131, 94, 78,000,000,000, 0\r\n>",
		"P: 97, 72,131, 94, 78,000,000,001, 2\r\n>",
	};

	(void)state;
	start();
	cuff_after(0, "P: 97, 72,131, 94, 78,000,000,000, 2\r\n>");
	for (size_t i = 0; i < 4; i++) {
		say(20000 + 20000 * (int64_t)i, damaged[i]);
		assert_null(find(VITAL_NIBP_SYS));
		assert_false(cuff_after(21000 + 20000 * (int64_t)i,
		    "P: 97, 72,131, 94, 78,000,000,000, 2\r\n>"));
	}
}

static void
the_greater_of_mean_and_diastolic_is_the_mean(void **state)
{
	static const char *const order[] = {
		"P: 97, 72,131, 94, 78,000,000,000, 0\r\n>",
		"P: 97, 72,131, 78, 94,000,000,000, 0\r\n>",
	};
	/* In the order that the manual does not list, it is a guess. */
	static const enum quality quality[] = {
		QUALITY_GOOD, QUALITY_QUESTIONABLE,
	};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		start();
		cuff_after(0, "P: 97, 72, --, --, --,000,000,000, -\r\n>");
		say(10000, order[i]);
		say(11000, order[i]);
		assert_int_equal(find(VITAL_NIBP_SYS)->value, 131);
		assert_int_equal(find(VITAL_NIBP_SYS)->quality, quality[i]);
		assert_int_equal(find(VITAL_NIBP_DIA)->quality, quality[i]);
		assert_int_equal(find(VITAL_NIBP_MAP)->quality, quality[i]);
		assert_int_equal(find(VITAL_NIBP_DIA)->value, 78);
		assert_int_equal(find(VITAL_NIBP_MAP)->value, 94);
	}
}

static void
where_the_order_cannot_be_told_there_is_no_result(void **state)
{
	(void)state;
	start();
	cuff_after(0, "P: 97, 72, --, --, --,000,000,000, -\r\n>");
	/* One of the two is missing: which? */
	assert_false(cuff_after(20000,
	    "P: 97, 72,131, --, 78,000,000,000, 0\r\n>"));
	/* Both are the same, or above the systolic one. */
	say(40000, "P: 97, 72,131, 78, 78,000,000,000, 0\r\n>");
	say(41000, "P: 97, 72,131, 78, 78,000,000,000, 0\r\n>");
	assert_int_equal(find(VITAL_NIBP_DIA)->quality, QUALITY_OUT_OF_RANGE);
	say(60000, "P: 97, 72,131, 78,141,000,000,000, 0\r\n>");
	say(61000, "P: 97, 72,131, 78,141,000,000,000, 0\r\n>");
	assert_int_equal(find(VITAL_NIBP_SYS)->quality, QUALITY_OUT_OF_RANGE);
}

static int64_t
age_of(int64_t t_ms, const char *answer)
{
	say(t_ms, answer);
	say(t_ms + 1000, answer);
	assert_non_null(find(VITAL_NIBP_SYS));
	return find(VITAL_NIBP_SYS)->age_ms;
}

static void
a_result_is_as_old_as_its_minutes(void **state)
{
	(void)state;
	start();
	cuff_after(0, "P: 97, 72,131, 94, 78,000,000,000, 9\r\n>");
	assert_int_equal(age_of(20000,
	    "P: 97, 72,141, 94, 78,000,000,000, 0\r\n>"), 0);
	assert_int_equal(age_of(40000,
	    "P: 97, 72,151, 94, 78,000,000,000, 3\r\n>"), 180000);
	/* Less than a minute is 0 to the monitor, but it was held back. */
	say(44000, "P: 97, 72,155, 94, 78,000,000,000, 0\r\n>");
	say(45000, "P: 97, 72,155, 94, 78,000,000,000, 0\r\n>");
	assert_null(find(VITAL_NIBP_SYS));
	say(54000, "P: 97, 72,155, 94, 78,000,000,000, 0\r\n>");
	assert_int_equal(find(VITAL_NIBP_SYS)->value, 155);
	assert_int_equal(find(VITAL_NIBP_SYS)->age_ms, 9000);
	/* Without them, it may be from any moment that nobody was looking. */
	assert_int_equal(age_of(3600000,
	    "P: 97, 72,141, 94, 78,000,000,000,--\r\n>"), 3547000);
	assert_int_equal(age_of(3620000,
	    "P: 97, 72,151, 94, 78,000,000,000,--\r\n>"), 0);
}

static void
states_are_told_in_words(void **state)
{
	(void)state;
	start();
	say(0, ANSWER);
	say(1000, "P: 97,120,131, 94, 78,096,010,003, 2\r\n>");
	assert_int_equal(got.readings.alarms.n, 6);
	assert_string_equal(got.readings.alarms.item[0].text, "no pulse");
	assert_string_equal(got.readings.alarms.item[1].text,
	    "check the sensor's site");
	assert_string_equal(got.readings.alarms.item[2].text,
	    "SpO2 not calibrated");
	assert_string_equal(got.readings.alarms.item[3].text,
	    "oximeter failure");
	assert_string_equal(got.readings.alarms.item[4].text,
	    "cuff overpressure");
	assert_string_equal(got.readings.alarms.item[5].text,
	    "motion during the cuff measurement");
	say(2000, ANSWER);
	assert_true(got.readings.alarms.told);
	assert_int_equal(got.readings.alarms.n, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    two_letters_may_be_sent_and_no_other),
		cmocka_unit_test(a_prompt_is_asked_for_only_where_none_came),
		cmocka_unit_test(each_prompt_is_good_for_one_letter),
		cmocka_unit_test(a_prompt_amid_other_bytes_is_none),
		cmocka_unit_test(a_number_that_lost_bytes_is_doubtful),
		cmocka_unit_test(numbers_need_no_padding),
		cmocka_unit_test(a_number_that_gets_longer_is_doubtful_once),
		cmocka_unit_test(an_answer_of_other_than_nine_fields_is_none),
		cmocka_unit_test(a_cuff_counts_when_its_minutes_begin_anew),
		cmocka_unit_test(one_answer_alone_makes_no_result),
		cmocka_unit_test(the_greater_of_mean_and_diastolic_is_the_mean),
		cmocka_unit_test(
		    where_the_order_cannot_be_told_there_is_no_result),
		cmocka_unit_test(a_result_is_as_old_as_its_minutes),
		cmocka_unit_test(states_are_told_in_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

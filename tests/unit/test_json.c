/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The JSON forms of daemon/json.h.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/json.h"

static void
assert_text(int32_t value, unsigned decimals, const char *text)
{
	char shown[24], *dumped;
	json_t *n = json_scaled(value, decimals);
	json_t *list = json_pack("[o]", n);

	json_scaled_text(value, decimals, shown);
	assert_string_equal(shown, text);
	dumped = json_dumps(list, JSON_STYLE);
	assert_non_null(dumped);
	dumped[strlen(dumped) - 1] = '\0';
	assert_string_equal(dumped + 1, text);
	free(dumped);
	json_decref(list);
}

static void
scaled_numbers_are_written_as_the_monitor_shows_them(void **state)
{
	(void)state;
	assert_text(97, 0, "97");
	assert_text(0, 0, "0");
	assert_text(-3, 0, "-3");
	assert_text(986, 1, "98.6");
	assert_text(360, 1, "36.0");
	assert_text(-5, 1, "-0.5");
	assert_text(-15, 1, "-1.5");
	assert_text(-1234, 1, "-123.4");
	assert_text(1234567, 2, "12345.67");
	assert_text(INT32_MAX, 3, "2147483.647");
	assert_text(INT32_MIN, 3, "-2147483.648");
	assert_text(INT32_MIN, 0, "-2147483648");
}

static void
assert_cut(const char *text, const char *left)
{
	char s[32];

	strcpy(s, text);
	json_cut(s);
	assert_string_equal(s, left);
}

static void
half_a_character_is_taken_off_and_a_whole_one_stays(void **state)
{
	(void)state;
	assert_cut("", "");
	assert_cut("abc", "abc");
	assert_cut("ab\xc3", "ab");
	assert_cut("ab\xc3\xa9", "ab\xc3\xa9");
	assert_cut("\xe2\x82", "");
	assert_cut("\xe2\x82\xac", "\xe2\x82\xac");
	assert_cut("x\xf0\x9f\x98", "x");
	assert_cut("x\xf0\x9f\x98\x80", "x\xf0\x9f\x98\x80");
}

static void
an_event_that_is_none_is_null(void **state)
{
	struct event_id none = { 5, 0 }, one = { 0xabc, 17 };
	json_t *s = json_event_id(one);

	(void)state;
	assert_true(json_is_null(json_event_id(none)));
	assert_string_equal(json_string_value(s), "0000000000000abc-17");
	json_decref(s);
}

static void
before_the_infusion_there_is_no_infusion_time(void **state)
{
	json_t *n = json_infusion(0);

	(void)state;
	assert_true(json_is_null(json_infusion(INFUSION_NONE)));
	assert_int_equal(json_integer_value(n), 0);
	json_decref(n);
}

static struct alarm_change
an_alarm(void)
{
	return (struct alarm_change){ .event = { 0xabc, 1 },
		.condition = "spo2-low", .tier = "spo2-very-low",
		.phase = ALARM_START, .state = ALARM_ACTIVE,
		.priority = PRIORITY_HIGH, .level = PRIORITY_HIGH,
		.bed = "CHAIR3", .session = "20261121-CHAIR3-1",
		.infusion_ms = INFUSION_NONE, .has_value = true,
		.vital = VITAL_SPO2, .value = 86, .limit = 88,
		.value_age_ms = 1200, .since_ms = 4000, .text = "SpO2 86 %" };
}

static void
an_alarm_says_how_long_it_lasts_and_its_value_in_its_unit(void **state)
{
	struct alarm_change c = an_alarm();
	json_t *o = json_alarm(&c, 9000);

	(void)state;
	assert_int_equal(json_integer_value(json_object_get(o, "lasts_ms")),
	    5000);
	assert_int_equal(json_integer_value(json_object_get(o, "value")), 86);
	assert_int_equal(json_integer_value(json_object_get(o, "limit")), 88);
	assert_string_equal(json_string_value(json_object_get(o, "unit")), "%");
	assert_string_equal(json_string_value(json_object_get(o, "vital")),
	    "spo2");
	assert_true(json_is_null(json_object_get(o, "infusion_ms")));
	json_decref(o);
}

static void
an_alarm_without_a_value_says_null_and_not_zero(void **state)
{
	static const char *const field[] = { "vital", "value", "limit", "unit",
		"age_ms" };
	struct alarm_change c = an_alarm();
	json_t *o;

	(void)state;
	c.has_value = false;
	o = json_alarm(&c, 9000);
	for (size_t i = 0; i < 5; i++)
		assert_true(json_is_null(json_object_get(o, field[i])));
	json_decref(o);
}

static void
a_limit_reads_back_as_it_was_written(void **state)
{
	struct limit l = { .on = true, .priority = PRIORITY_HIGH, .limit = -30,
		.clear = -25, .delay_ms = 15000 }, back = { 0 };
	char error[128];
	json_t *o = json_limit(&l);

	(void)state;
	assert_true(json_read_limit(o, &back, error, sizeof error));
	assert_true(back.on);
	assert_int_equal(back.priority, PRIORITY_HIGH);
	assert_int_equal(back.limit, -30);
	assert_int_equal(back.clear, -25);
	assert_int_equal(back.delay_ms, 15000);
	json_object_del(o, "clear");
	assert_false(json_read_limit(o, &back, error, sizeof error));
	json_decref(o);
	assert_false(json_read_limit(NULL, &back, error, sizeof error));
}

static void
a_baseline_reads_back_with_what_is_unknown_left_out(void **state)
{
	struct baseline b = { 0 }, back = { 0 };
	char error[128];
	json_t *o;

	(void)state;
	b.has[SUBJECT_SPO2] = true;
	b.value[SUBJECT_SPO2] = 97;
	b.has[SUBJECT_NIBP_SYS] = true;
	b.value[SUBJECT_NIBP_SYS] = 128;
	o = json_baseline(&b);
	assert_int_equal(json_object_size(o), 2);
	assert_true(json_read_baseline(o, &back, error, sizeof error));
	json_decref(o);
	assert_memory_equal(&b, &back, sizeof b);
}

static void
refuse_baseline(const char *text, const char *why)
{
	struct baseline b = { .value = { 77 } };
	char error[128] = "";
	json_t *o = json_loads(text, 0, NULL);

	assert_non_null(o);
	assert_false(json_read_baseline(o, &b, error, sizeof error));
	assert_non_null(strstr(error, why));
	assert_int_equal(b.value[0], 77);
	json_decref(o);
}

static void
a_baseline_that_is_none_is_refused_with_a_sentence(void **state)
{
	(void)state;
	refuse_baseline("[97]", "must be an object");
	refuse_baseline("{\"spo3\": 97}", "\"spo3\" is no part of a baseline");
	refuse_baseline("{\"spo2\": 97.5}", "spo2 must be a whole number of %");
	refuse_baseline("{\"spo2\": 0}", "whole number");
	refuse_baseline("{\"spo2\": \"97\"}", "whole number");
	refuse_baseline("{\"rr\": 401}", "whole number");
}

static void
a_sentence_about_a_long_name_is_still_a_text(void **state)
{
	struct baseline b;
	char error[256] = "";
	json_t *o, *s;

	(void)state;
	/* Wherever it is cut, one of these would be cut in a letter. */
	for (int blanks = 0; blanks < 2; blanks++) {
		char key[200] = "x";

		for (int i = blanks; i < 60; i++)
			strcat(key, "\xc3\xa9");
		o = json_pack("{s:i}", key + blanks, 1);
		assert_non_null(o);
		assert_false(json_read_baseline(o, &b, error, sizeof error));
		s = json_string(error);
		assert_non_null(s);
		json_decref(s);
		json_decref(o);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    scaled_numbers_are_written_as_the_monitor_shows_them),
		cmocka_unit_test(
		    half_a_character_is_taken_off_and_a_whole_one_stays),
		cmocka_unit_test(an_event_that_is_none_is_null),
		cmocka_unit_test(before_the_infusion_there_is_no_infusion_time),
		cmocka_unit_test(
		    an_alarm_says_how_long_it_lasts_and_its_value_in_its_unit),
		cmocka_unit_test(
		    an_alarm_without_a_value_says_null_and_not_zero),
		cmocka_unit_test(a_limit_reads_back_as_it_was_written),
		cmocka_unit_test(
		    a_baseline_reads_back_with_what_is_unknown_left_out),
		cmocka_unit_test(
		    a_baseline_that_is_none_is_refused_with_a_sentence),
		cmocka_unit_test(a_sentence_about_a_long_name_is_still_a_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

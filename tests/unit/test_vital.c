/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The vocabulary: the plausibility gate, rounding as monitors show it, and the
 * words that the log and scripts rely on.
 */
#include "schemas/code.h"
#include "schemas/vital.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <string.h>

static void
every_vital_is_found_by_its_own_name(void **state)
{
	(void)state;
	for (int i = 0; i < VITALS; i++) {
		assert_non_null(vital_info[i].name);
		assert_int_equal(vital_find(vital_info[i].name), i);
		assert_true(vital_info[i].decimals >= vital_info[i].shown);
		/* A level must go stale, an event cannot. */
		assert_int_equal(vital_info[i].episodic,
		    vital_info[i].fresh_ms == 0);
	}
	assert_int_equal(vital_find("dose"), -1);
	assert_int_equal(vital_find(""), -1);
}

static void
a_heart_rate_of_zero_is_relayed_as_doubtful(void **state)
{
	(void)state;
	assert_int_equal(vital_judge(VITAL_HR, 0, QUALITY_GOOD),
	    QUALITY_QUESTIONABLE);
	assert_int_equal(vital_judge(VITAL_HR, -1, QUALITY_GOOD),
	    QUALITY_OUT_OF_RANGE);
	assert_int_equal(vital_judge(VITAL_HR, 72, QUALITY_GOOD), QUALITY_GOOD);
	assert_int_equal(vital_judge(VITAL_HR, 251, QUALITY_GOOD),
	    QUALITY_QUESTIONABLE);
	assert_int_equal(vital_judge(VITAL_HR, 351, QUALITY_GOOD),
	    QUALITY_OUT_OF_RANGE);
}

static void
apnoea_is_a_good_respiratory_rate_of_zero(void **state)
{
	(void)state;
	assert_int_equal(vital_judge(VITAL_RR, 0, QUALITY_GOOD), QUALITY_GOOD);
	assert_int_equal(vital_judge(VITAL_RR, 61, QUALITY_GOOD),
	    QUALITY_QUESTIONABLE);
}

static void
a_saturation_or_pulse_of_zero_is_no_measurement(void **state)
{
	(void)state;
	assert_int_equal(vital_judge(VITAL_SPO2, 0, QUALITY_GOOD),
	    QUALITY_OUT_OF_RANGE);
	assert_int_equal(vital_judge(VITAL_PR, 0, QUALITY_GOOD),
	    QUALITY_OUT_OF_RANGE);
	assert_int_equal(vital_judge(VITAL_SPO2, 10000, QUALITY_GOOD),
	    QUALITY_GOOD);
	assert_int_equal(vital_judge(VITAL_SPO2, 10001, QUALITY_GOOD),
	    QUALITY_OUT_OF_RANGE);
	assert_int_equal(vital_judge(VITAL_SPO2, 4999, QUALITY_GOOD),
	    QUALITY_QUESTIONABLE);
}

static void
judging_never_improves_what_the_monitor_says(void **state)
{
	(void)state;
	for (int q = 0; q < QUALITIES; q++) {
		int judged = vital_judge(VITAL_HR, 72, (enum quality)q);

		assert_int_equal(judged, q);
	}
	assert_int_equal(vital_judge(VITAL_HR, 999, QUALITY_NO_SENSOR),
	    QUALITY_NO_SENSOR);
	assert_int_equal(vital_judge(VITAL_HR, 999, QUALITY_QUESTIONABLE),
	    QUALITY_OUT_OF_RANGE);
}

static void
values_are_shown_as_the_monitor_rounds_them(void **state)
{
	(void)state;
	assert_int_equal(vital_shown(VITAL_SPO2, 9160), 92);
	assert_int_equal(vital_shown(VITAL_SPO2, 9149), 91);
	assert_int_equal(vital_shown(VITAL_SPO2, 9150), 92);
	assert_int_equal(vital_shown(VITAL_TEMP, 3675), 368);
	assert_int_equal(vital_shown(VITAL_TEMP, -5), -1);
	assert_int_equal(vital_shown(VITAL_ETCO2, 354), 35);
	assert_int_equal(vital_shown(VITAL_PI, 55), 55);
	assert_int_equal(vital_shown(VITAL_HR, 72), 72);
	assert_int_equal(vital_shown(VITAL_SPO2, INT32_MAX), 21474836);
}

/* A word that was forgotten in its table would be empty. */
static void
assert_word(const char *word)
{
	assert_non_null(word);
	assert_true(word[0] != '\0');
}

/* The compiler drops the NUL of a word that fits exactly without it. */
static void
no_word_of_a_vital_fills_its_array(void **state)
{
	(void)state;
	for (int v = 0; v < VITALS; v++) {
		const struct vital_info *i = &vital_info[v];

		assert_word(i->name);
		assert_word(i->label);
		assert_non_null(memchr(i->name, '\0', sizeof i->name));
		assert_non_null(memchr(i->label, '\0', sizeof i->label));
		assert_non_null(memchr(i->ucum, '\0', sizeof i->ucum));
		assert_non_null(memchr(i->unit, '\0', sizeof i->unit));
		assert_non_null(memchr(i->loinc, '\0', sizeof i->loinc));
	}
}

static void
words_are_whole_distinct_and_found_again(void **state)
{
	(void)state;
	for (int i = 0; i < PRIORITIES; i++)
		assert_int_equal(
		    priority_find(priority_name((enum priority)i)), i);
	for (int i = 0; i < STATEMENT_KINDS; i++)
		for (int j = 0; j < i; j++)
			assert_string_not_equal(
			    statement_name((enum statement_kind)i),
			    statement_name((enum statement_kind)j));
	for (int i = 0; i < EVENT_KINDS; i++) {
		assert_word(event_name((enum event_kind)i));
		for (int j = 0; j < i; j++)
			assert_string_not_equal(
			    event_name((enum event_kind)i),
			    event_name((enum event_kind)j));
	}
	for (int i = 0; i < QUALITIES; i++)
		assert_word(quality_name((enum quality)i));
	for (int i = 0; i < PHASES; i++)
		assert_word(phase_name((enum phase)i));
	for (int i = 0; i < ALARM_PHASES; i++)
		assert_word(alarm_phase_name((enum alarm_phase)i));
	for (int i = 0; i < ALARM_STATES; i++)
		assert_word(alarm_state_name((enum alarm_state)i));
	for (int i = 0; i < OUTCOMES; i++)
		assert_word(outcome_name((enum outcome)i));
	assert_int_equal(priority_find("urgent"), -1);
	assert_string_equal(priority_sign(PRIORITY_HIGH), "***");
	assert_string_equal(alarm_type_code(ALARM_TECHNICAL), "ST");
}

static void
a_step_that_no_body_takes_is_known_by_size_and_time(void **state)
{
	(void)state;
	assert_true(vital_steps(VITAL_HR, 72, 133, 2000));
	assert_true(vital_steps(VITAL_PR, 133, 72, 0));
	assert_false(vital_steps(VITAL_HR, 72, 132, 1000));
	assert_false(vital_steps(VITAL_HR, 72, 180, 2001));
	assert_true(vital_steps(VITAL_SPO2, 9800, 8299, 1000));
	assert_false(vital_steps(VITAL_SPO2, 9800, 8300, 1000));
	assert_false(vital_steps(VITAL_RR, 10, 60, 0));
	assert_false(vital_steps(VITAL_NIBP_SYS, 90, 200, 0));
	assert_false(vital_steps((enum vital)VITALS, 0, 9000, 0));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_vital_is_found_by_its_own_name),
		cmocka_unit_test(a_heart_rate_of_zero_is_relayed_as_doubtful),
		cmocka_unit_test(apnoea_is_a_good_respiratory_rate_of_zero),
		cmocka_unit_test(
		    a_saturation_or_pulse_of_zero_is_no_measurement),
		cmocka_unit_test(judging_never_improves_what_the_monitor_says),
		cmocka_unit_test(values_are_shown_as_the_monitor_rounds_them),
		cmocka_unit_test(no_word_of_a_vital_fills_its_array),
		cmocka_unit_test(words_are_whole_distinct_and_found_again),
		cmocka_unit_test(
		    a_step_that_no_body_takes_is_known_by_size_and_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

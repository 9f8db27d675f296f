/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The two numbers of an oximeter beside each other.  That each driver gives them
 * so is seen in its captures.
 *
 * Easy to get wrong: a rate that the device prints may be one that no body has;
 * then it is no value, and the saturation stands alone.
 */
#include "drivers/oximeter.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

static struct readings out;

/* Both as the device says, each with its quality. */
static bool
add(enum quality spo2_q, int32_t spo2, enum quality pr_q, int32_t pr)
{
	out.n = 0;
	return oximeter_readings(&out, spo2_q, spo2, pr_q, pr);
}

static void
check(size_t i, enum vital v, enum quality q, int32_t value)
{
	assert_int_equal(out.n, 2);
	assert_int_equal(out.item[i].vital, v);
	assert_int_equal(out.item[i].quality, q);
	assert_int_equal(out.item[i].value, value);
}

static void
both_numbers_are_as_good_as_the_device_says(void **state)
{
	(void)state;
	assert_true(add(QUALITY_GOOD, 9700, QUALITY_GOOD, 72));
	check(0, VITAL_SPO2, QUALITY_GOOD, 9700);
	check(1, VITAL_PR, QUALITY_GOOD, 72);
	assert_true(add(QUALITY_GOOD, 9700, QUALITY_QUESTIONABLE, 72));
	check(0, VITAL_SPO2, QUALITY_GOOD, 9700);
	check(1, VITAL_PR, QUALITY_QUESTIONABLE, 72);
}

static void
one_number_without_the_other_is_doubted_and_not_hidden(void **state)
{
	(void)state;
	for (int q = QUALITY_NO_VALUE; q < QUALITIES; q++) {
		assert_false(add(QUALITY_GOOD, 8000, (enum quality)q, 72));
		check(0, VITAL_SPO2, QUALITY_QUESTIONABLE, 8000);
		check(1, VITAL_PR, (enum quality)q, 0);
		assert_false(add((enum quality)q, 8000, QUALITY_GOOD, 72));
		check(0, VITAL_SPO2, (enum quality)q, 0);
		check(1, VITAL_PR, QUALITY_QUESTIONABLE, 72);
	}
	/* Judged, not only said: no pulse has this rate. */
	assert_false(add(QUALITY_GOOD, 9700, QUALITY_GOOD, 400));
	check(0, VITAL_SPO2, QUALITY_QUESTIONABLE, 9700);
}

static void
what_was_measured_beside_one_alone_is_doubted_too(void **state)
{
	(void)state;
	assert_int_equal(oximeter_quality(QUALITY_GOOD, true), QUALITY_GOOD);
	assert_int_equal(oximeter_quality(QUALITY_GOOD, false),
	    QUALITY_QUESTIONABLE);
	assert_int_equal(oximeter_quality(QUALITY_NO_SENSOR, false),
	    QUALITY_NO_SENSOR);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_numbers_are_as_good_as_the_device_says),
		cmocka_unit_test(
		    one_number_without_the_other_is_doubted_and_not_hidden),
		cmocka_unit_test(
		    what_was_measured_beside_one_alone_is_doubted_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

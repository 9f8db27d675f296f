/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The shipped preset and the check of an edited one.
 *
 * Easy to get wrong: the table below repeats clinical.md 1.7 by hand, so that a
 * slip of a number in alerts/rule.c shows.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "alerts/rule.h"

static void
the_shipped_preset_is_that_of_the_clinical_reference(void **state)
{
	static const struct {
		const char *name;
		const char *sign;
		int32_t limit, clear, delay_s;
		enum priority priority;
		int row;
	} want[] = {
		{ "nibp-baseline-sys", ">", 140, 140, 0, PRIORITY_LOW, 1 },
		{ "nibp-baseline-dia", ">", 90, 90, 0, PRIORITY_LOW, 1 },
		{ "nibp-rise-sys", ">=", 40, 29, 0, PRIORITY_MEDIUM, 2 },
		{ "nibp-rise-dia", ">=", 25, 14, 0, PRIORITY_MEDIUM, 2 },
		{ "nibp-sys-high", ">", 160, 155, 0, PRIORITY_MEDIUM, 3 },
		{ "nibp-dia-high", ">", 100, 95, 0, PRIORITY_MEDIUM, 4 },
		{ "nibp-severe-sys", ">", 180, 170, 0, PRIORITY_HIGH, 5 },
		{ "nibp-severe-dia", ">", 110, 105, 0, PRIORITY_HIGH, 5 },
		{ "nibp-extreme-sys", ">=", 200, 170, 0, PRIORITY_HIGH, 6 },
		{ "nibp-extreme-dia", ">=", 120, 105, 0, PRIORITY_HIGH, 6 },
		{ "nibp-sys-low", "<=", 90, 95, 0, PRIORITY_MEDIUM, 7 },
		{ "nibp-sys-very-low", "<", 80, 90, 0, PRIORITY_HIGH, 8 },
		{ "nibp-map-low", "<", 60, 65, 0, PRIORITY_MEDIUM, 9 },
		{ "hr-high", ">", 120, 115, 15, PRIORITY_MEDIUM, 12 },
		{ "hr-very-high", ">", 130, 125, 10, PRIORITY_HIGH, 13 },
		{ "hr-low", "<", 50, 53, 15, PRIORITY_MEDIUM, 14 },
		{ "hr-very-low", "<=", 40, 45, 10, PRIORITY_HIGH, 15 },
		{ "spo2-low", "<", 92, 93, 15, PRIORITY_MEDIUM, 17 },
		{ "spo2-very-low", "<", 88, 90, 10, PRIORITY_HIGH, 18 },
		{ "spo2-desaturation", "<=", 80, 88, 0, PRIORITY_HIGH, 19 },
		{ "rr-low", "<", 10, 11, 20, PRIORITY_MEDIUM, 21 },
		{ "rr-very-low", "<=", 8, 10, 15, PRIORITY_HIGH, 22 },
		{ "rr-high", ">", 30, 28, 30, PRIORITY_MEDIUM, 23 },
	};
	struct limit_set s;
	size_t on = 0;

	(void)state;
	limit_set_default(&s);
	for (int i = 0; i < TIERS; i++)
		on += s.tier[i].on;
	assert_int_equal(on, sizeof want / sizeof want[0]);
	for (size_t i = 0; i < sizeof want / sizeof want[0]; i++) {
		int t = tier_find(want[i].name);

		assert_true(t >= 0);
		assert_true(s.tier[t].on);
		assert_string_equal(comparison_sign(tier_info[t].comparison),
		    want[i].sign);
		assert_int_equal(s.tier[t].limit, want[i].limit);
		assert_int_equal(s.tier[t].clear, want[i].clear);
		assert_int_equal(s.tier[t].delay_ms, want[i].delay_s * 1000);
		assert_int_equal(s.tier[t].priority, want[i].priority);
		assert_int_equal(tier_info[t].row, want[i].row);
		/* A second reading: the cuff's rows but "extreme" and "very
		 * low". */
		assert_int_equal(tier_info[t].confirm, want[i].row < 12 &&
		    want[i].row != 6 && want[i].row != 8);
		assert_int_equal(tier_info[t].baseline_only,
		    want[i].row == 1);
	}
}

static void
the_shipped_preset_makes_sense_and_is_unconfirmed(void **state)
{
	struct limit_set s;
	struct limit_fault f;

	(void)state;
	limit_set_default(&s);
	assert_true(limit_set_check(&s, &f));
	assert_string_equal(s.name, "ketamine-adult-draft");
	assert_string_equal(s.confirmed_by, "");
	/* And with every row on that is shipped off. */
	for (int i = 0; i < TIERS; i++)
		s.tier[i].on = true;
	assert_true(limit_set_check(&s, &f));
}

static void
refused(enum tier t, struct limit l, int against, const char *part)
{
	struct limit_set s;
	struct limit_fault f = { TIERS, -2, "" };

	limit_set_default(&s);
	s.tier[t] = l;
	assert_false(limit_set_check(&s, &f));
	assert_int_equal(f.tier, against > (int)t ? against : (int)t);
	assert_int_equal(f.against, against > (int)t ? (int)t : against);
	if (!strstr(f.what, part))
		fail_msg("'%s' does not speak of '%s'", f.what, part);
}

static void
a_set_that_contradicts_itself_is_refused_by_name(void **state)
{
	const int32_t s = 1000;

	(void)state;
	/* A limit above its escalation, both ways. */
	refused(TIER_SPO2_VERY_LOW, (struct limit){ true, PRIORITY_HIGH, 93, 94,
	    10 * s }, TIER_SPO2_LOW, "below");
	refused(TIER_SPO2_LOW, (struct limit){ true, PRIORITY_MEDIUM, 85, 93,
	    15 * s }, TIER_SPO2_VERY_LOW, "below");
	refused(TIER_HR_HIGH, (struct limit){ true, PRIORITY_MEDIUM, 140, 115,
	    15 * s }, TIER_HR_VERY_HIGH, "above");
	/* Rows 5 and 6: ">199" and ">=200" are one limit. */
	refused(TIER_NIBP_SEVERE_SYS, (struct limit){ true, PRIORITY_HIGH, 199,
	    170, 0 }, TIER_NIBP_EXTREME_SYS, "above");
	refused(TIER_HR_VERY_HIGH, (struct limit){ true, PRIORITY_LOW, 130, 125,
	    10 * s }, TIER_HR_HIGH, "less urgent");
	refused(TIER_HR_LOW, (struct limit){ true, PRIORITY_MEDIUM, 125, 126,
	    15 * s }, TIER_HR_HIGH, "every value");
	refused(TIER_SPO2_LOW, (struct limit){ true, PRIORITY_MEDIUM, 92, 91,
	    15 * s }, -1, "clear");
	refused(TIER_HR_VERY_LOW, (struct limit){ true, PRIORITY_HIGH, 40, 40,
	    15 * s }, -1, "clear");
	refused(TIER_SPO2_LOW, (struct limit){ true, PRIORITY_MEDIUM, 1, 93,
	    15 * s }, -1, "beyond");
	refused(TIER_NIBP_EXTREME_SYS, (struct limit){ true, PRIORITY_HIGH, 301,
	    170, 0 }, -1, "beyond");
	refused(TIER_RR_HIGH, (struct limit){ true, PRIORITY_MEDIUM, 30, 28,
	    601 * s }, -1, "delay");
	refused(TIER_RR_HIGH, (struct limit){ true, PRIORITY_MEDIUM, 30, 28,
	    -1 }, -1, "delay");
	refused(TIER_NIBP_SYS_LOW, (struct limit){ true, PRIORITY_MEDIUM, 90, 95,
	    1 }, -1, "cuff");
	refused(TIER_RR_HIGH, (struct limit){ true, PRIORITY_NONE, 30, 28, 0 },
	    -1, "priority");
	refused(TIER_NIBP_RISE_SYS, (struct limit){ true, PRIORITY_MEDIUM, -40,
	    -50, 0 }, -1, "side");
	refused(TIER_NIBP_RISE_SYS, (struct limit){ true, PRIORITY_MEDIUM, 0,
	    -1, 0 }, -1, "side");
	refused(TIER_HR_LOW, (struct limit){ true, PRIORITY_MEDIUM, 122, 123,
	    15 * s }, TIER_HR_HIGH, "every value");
	refused(TIER_HR_FALL, (struct limit){ true, PRIORITY_LOW, -100, -25, 0 },
	    -1, "99");
}

static void
what_is_off_is_not_checked(void **state)
{
	struct limit_set s;
	struct limit_fault f;

	(void)state;
	limit_set_default(&s);
	s.tier[TIER_SPO2_VERY_LOW].on = false;
	s.tier[TIER_SPO2_VERY_LOW].limit = 99;
	assert_true(limit_set_check(&s, &f));
}

static void
a_limit_is_inclusive_or_not_exactly_as_it_is_written(void **state)
{
	(void)state;
	assert_true(comparison_beyond(BELOW, 91, 92));
	assert_false(comparison_beyond(BELOW, 92, 92));
	assert_true(comparison_beyond(AT_OR_BELOW, 80, 80));
	assert_false(comparison_beyond(AT_OR_BELOW, 81, 80));
	assert_true(comparison_beyond(ABOVE, 161, 160));
	assert_false(comparison_beyond(ABOVE, 160, 160));
	assert_true(comparison_beyond(AT_OR_ABOVE, 200, 200));
	assert_false(comparison_beyond(AT_OR_ABOVE, 199, 200));
	assert_true(comparison_clear(BELOW, 93, 93));
	assert_false(comparison_clear(BELOW, 92, 93));
	assert_true(comparison_clear(ABOVE, 155, 155));
	assert_false(comparison_clear(ABOVE, 156, 155));
}

/* The compiler drops the NUL of a name that fits exactly without it. */
static void
no_name_fills_its_array(void **state)
{
	(void)state;
	for (int t = 0; t < TIERS; t++) {
		assert_true(tier_info[t].name[0] != '\0');
		assert_non_null(memchr(tier_info[t].name, '\0',
		    sizeof tier_info[t].name));
	}
	for (int l = 0; l < LADDERS; l++) {
		assert_true(ladder_name[l][0] != '\0');
		assert_non_null(memchr(ladder_name[l], '\0',
		    sizeof ladder_name[l]));
	}
	for (int i = 0; i < SUBJECTS; i++) {
		assert_true(subject_name[i][0] != '\0');
		assert_non_null(memchr(subject_name[i], '\0',
		    sizeof subject_name[i]));
	}
}

static void
names_of_tiers_are_found_and_unknown_ones_are_not(void **state)
{
	(void)state;
	for (int i = 0; i < TIERS; i++) {
		assert_non_null(tier_info[i].name);
		assert_int_equal(tier_find(tier_info[i].name), i);
	}
	assert_int_equal(tier_find("spo2-lo"), -1);
	assert_int_equal(tier_find(""), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    the_shipped_preset_is_that_of_the_clinical_reference),
		cmocka_unit_test(
		    the_shipped_preset_makes_sense_and_is_unconfirmed),
		cmocka_unit_test(
		    a_set_that_contradicts_itself_is_refused_by_name),
		cmocka_unit_test(what_is_off_is_not_checked),
		cmocka_unit_test(
		    a_limit_is_inclusive_or_not_exactly_as_it_is_written),
		cmocka_unit_test(no_name_fills_its_array),
		cmocka_unit_test(
		    names_of_tiers_are_found_and_unknown_ones_are_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

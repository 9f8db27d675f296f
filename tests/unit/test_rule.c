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

/* The other one is -1 where a tier is wrong by itself.  'nearest' is what its
 * number may be instead. */
static void
refused(enum tier t, struct limit l, int against, enum limit_wrong what,
    int32_t nearest)
{
	struct limit_set s;
	struct limit_fault f = { .tier = TIERS };
	bool later = against > (int)t;

	limit_set_default(&s);
	s.tier[t] = l;
	assert_false(limit_set_check(&s, &f));
	assert_int_equal(f.tier, later ? against : (int)t);
	assert_int_equal(f.against, later ? (int)t : against);
	assert_int_equal(f.what, what);
	if (what == LIMIT_PRIORITY || what == LIMIT_URGENCY)
		return;
	if (later)
		assert_int_equal(f.most, nearest);
	else if (f.least != nearest)
		assert_int_equal(f.most, nearest);
	if (what == LIMIT_DELAY)
		l.delay_ms = nearest;
	else if (what == LIMIT_CLEAR)
		l.clear = nearest;
	else
		limit_move(t, &l, nearest);
	s.tier[t] = l;
	assert_true(limit_set_check(&s, &f));
}

static void
a_set_that_contradicts_itself_is_refused_with_what_would_do(void **state)
{
	const int32_t s = 1000;

	(void)state;
	/* A limit above its escalation, both ways. */
	refused(TIER_SPO2_VERY_LOW, (struct limit){ true, PRIORITY_HIGH, 93, 94,
	    10 * s }, TIER_SPO2_LOW, LIMIT_ORDER, 91);
	refused(TIER_SPO2_LOW, (struct limit){ true, PRIORITY_MEDIUM, 85, 93,
	    15 * s }, TIER_SPO2_VERY_LOW, LIMIT_ORDER, 89);
	refused(TIER_HR_HIGH, (struct limit){ true, PRIORITY_MEDIUM, 140, 115,
	    15 * s }, TIER_HR_VERY_HIGH, LIMIT_ORDER, 129);
	/* Rows 5 and 6: ">199" and ">=200" are one limit. */
	refused(TIER_NIBP_SEVERE_SYS, (struct limit){ true, PRIORITY_HIGH, 199,
	    170, 0 }, TIER_NIBP_EXTREME_SYS, LIMIT_ORDER, 198);
	refused(TIER_HR_VERY_HIGH, (struct limit){ true, PRIORITY_LOW, 130, 125,
	    10 * s }, TIER_HR_HIGH, LIMIT_URGENCY, 0);
	/* "<122" and ">120" leave 121 to neither. */
	refused(TIER_HR_LOW, (struct limit){ true, PRIORITY_MEDIUM, 125, 126,
	    15 * s }, TIER_HR_HIGH, LIMIT_APART, 120);
	refused(TIER_HR_LOW, (struct limit){ true, PRIORITY_MEDIUM, 121, 123,
	    15 * s }, TIER_HR_HIGH, LIMIT_APART, 120);
	refused(TIER_SPO2_LOW, (struct limit){ true, PRIORITY_MEDIUM, 92, 91,
	    15 * s }, -1, LIMIT_CLEAR, 92);
	refused(TIER_HR_VERY_LOW, (struct limit){ true, PRIORITY_HIGH, 40, 40,
	    15 * s }, -1, LIMIT_CLEAR, 41);
	/* No saturation of 101 % ends it. */
	refused(TIER_SPO2_LOW, (struct limit){ true, PRIORITY_MEDIUM, 92, 101,
	    15 * s }, -1, LIMIT_CLEAR, 100);
	refused(TIER_NIBP_EXTREME_SYS, (struct limit){ true, PRIORITY_HIGH, 301,
	    170, 0 }, -1, LIMIT_RANGE, 300);
	refused(TIER_SPO2_DROP, (struct limit){ true, PRIORITY_LOW, 5, 7,
	    30 * s }, -1, LIMIT_RANGE, -1);
	refused(TIER_RR_HIGH, (struct limit){ true, PRIORITY_MEDIUM, 30, 28,
	    601 * s }, -1, LIMIT_DELAY, 600 * s);
	refused(TIER_RR_HIGH, (struct limit){ true, PRIORITY_MEDIUM, 30, 28,
	    -1 }, -1, LIMIT_DELAY, 0);
	refused(TIER_NIBP_SYS_LOW, (struct limit){ true, PRIORITY_MEDIUM, 90, 95,
	    1 }, -1, LIMIT_DELAY, 0);
	refused(TIER_RR_HIGH, (struct limit){ true, PRIORITY_NONE, 30, 28, 0 },
	    -1, LIMIT_PRIORITY, 0);
	refused(TIER_NIBP_RISE_SYS, (struct limit){ true, PRIORITY_MEDIUM, -40,
	    -50, 0 }, -1, LIMIT_RANGE, 1);
	refused(TIER_NIBP_RISE_SYS, (struct limit){ true, PRIORITY_MEDIUM, 0,
	    -1, 0 }, -1, LIMIT_RANGE, 1);
	refused(TIER_HR_FALL, (struct limit){ true, PRIORITY_LOW, -100, -25, 0 },
	    -1, LIMIT_RANGE, -99);
}

static void
what_is_off_is_checked_by_itself_but_not_beside_others(void **state)
{
	struct limit_set s;
	struct limit_fault f;

	(void)state;
	limit_set_default(&s);
	s.tier[TIER_SPO2_VERY_LOW].on = false;
	s.tier[TIER_SPO2_VERY_LOW].limit = 99;
	s.tier[TIER_SPO2_VERY_LOW].clear = 100;
	assert_true(limit_set_check(&s, &f));
	assert_false(s.tier[TIER_HR_FALL].on);
	s.tier[TIER_HR_FALL].limit = 30;
	assert_false(limit_set_check(&s, &f));
	assert_int_equal(f.tier, TIER_HR_FALL);
	assert_int_equal(f.what, LIMIT_RANGE);
}

static void
a_clear_value_moves_with_its_limit_as_far_as_a_value_can_come(void **state)
{
	static const struct { enum tier t; int32_t limit, clear; } want[] = {
		{ TIER_HR_HIGH, 110, 105 },
		{ TIER_HR_HIGH, 125, 120 },
		{ TIER_HR_LOW, 45, 48 },
		{ TIER_SPO2_LOW, 94, 95 },
		{ TIER_SPO2_LOW, 100, 100 },
		{ TIER_SPO2_DESATURATION, 95, 100 },
		/* Back at the baseline it is over. */
		{ TIER_NIBP_RISE_SYS, 20, 9 },
		{ TIER_NIBP_RISE_SYS, 5, 0 },
		{ TIER_HR_FALL, -40, -35 },
		{ TIER_SPO2_DROP, -1, 0 },
	};
	struct limit_set s;

	(void)state;
	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		struct limit *l = &s.tier[want[i].t];

		limit_set_default(&s);
		limit_move(want[i].t, l, want[i].limit);
		assert_int_equal(l->limit, want[i].limit);
		assert_int_equal(l->clear, want[i].clear);
	}
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
		    a_set_that_contradicts_itself_is_refused_with_what_would_do),
		cmocka_unit_test(
		    what_is_off_is_checked_by_itself_but_not_beside_others),
		cmocka_unit_test(
		    a_clear_value_moves_with_its_limit_as_far_as_a_value_can_come),
		cmocka_unit_test(
		    a_limit_is_inclusive_or_not_exactly_as_it_is_written),
		cmocka_unit_test(no_name_fills_its_array),
		cmocka_unit_test(
		    names_of_tiers_are_found_and_unknown_ones_are_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * When a cuff result is new, and when its numbers are none.
 *
 * Easy to get wrong: the watch begins all zero, so the first frame that it
 * sees is first sight.
 */
#include "drivers/cuff.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

static struct cuff_watch w;

static int
start(void **state)
{
	(void)state;
	w = (struct cuff_watch){ 0 };
	return 0;
}

/* The age of what was shown last. */
static int64_t told_ms;

/* A frame that shows sys/76 (90). */
static enum cuff_news
see(int64_t t_ms, int32_t sys, bool measuring, bool old)
{
	struct cuff c = {
		.sys = sys, .dia = 76, .map = 90, .pr = CUFF_NONE,
		.measuring = measuring, .old = old, .old_ms = 60000,
	};
	enum cuff_news news = cuff_judge(&w, t_ms, &c);

	told_ms = c.old ? c.old_ms : 0;
	return news;
}

static void
numbers_at_first_sight_are_no_result(void **state)
{
	(void)state;
	assert_int_equal(see(0, 118, false, false), CUFF_NOTHING);
	assert_int_equal(see(5000, 118, false, false), CUFF_NOTHING);
	assert_int_equal(see(90000, 118, false, true), CUFF_NOTHING);
}

static void
new_numbers_count_once_though_the_cuff_still_measures(void **state)
{
	(void)state;
	assert_int_equal(see(0, 118, false, true), CUFF_NOTHING);
	assert_int_equal(see(5000, 118, true, true), CUFF_NOTHING);
	assert_int_equal(see(30000, 126, true, false), CUFF_RESULT);
	assert_int_equal(see(32000, 126, false, false), CUFF_NOTHING);
	assert_int_equal(see(92000, 126, false, true), CUFF_NOTHING);
}

static void
numbers_corrected_within_one_cycle_are_given_when_they_settled(void **state)
{
	(void)state;
	assert_int_equal(see(0, 118, true, true), CUFF_NOTHING);
	assert_int_equal(see(20000, 126, true, false), CUFF_RESULT);
	assert_int_equal(see(21000, 127, true, false), CUFF_NOTHING);
	assert_int_equal(see(22000, 127, false, false), CUFF_NOTHING);
	assert_int_equal(see(29999, 127, false, false), CUFF_NOTHING);
	assert_int_equal(see(30000, 127, false, false), CUFF_RESULT);
	assert_int_equal(told_ms, 9000);
	assert_int_equal(see(31000, 127, false, false), CUFF_NOTHING);
	assert_int_equal(see(82000, 127, false, true), CUFF_NOTHING);
}

/* A monitor that never says that it measures, nor how old a result is. */
static enum cuff_news
see_bare(int64_t t_ms, int32_t sys)
{
	struct cuff c = {
		.sys = sys, .dia = 76, .map = 90, .pr = CUFF_NONE,
	};
	enum cuff_news news = cuff_judge(&w, t_ms, &c);

	told_ms = c.old ? c.old_ms : 0;
	return news;
}

static void
numbers_too_soon_after_a_result_are_given_later_with_their_age(void **state)
{
	(void)state;
	assert_int_equal(see_bare(0, 118), CUFF_NOTHING);
	assert_int_equal(see_bare(30000, 171), CUFF_RESULT);
	assert_int_equal(told_ms, 0);
	assert_int_equal(see_bare(36000, 160), CUFF_NOTHING);
	assert_int_equal(see_bare(39999, 160), CUFF_NOTHING);
	assert_int_equal(see_bare(41000, 160), CUFF_RESULT);
	assert_int_equal(told_ms, 5000);
	assert_int_equal(see_bare(60000, 160), CUFF_NOTHING);
	/* Not looked at for a while, it is as old as that. */
	assert_int_equal(see_bare(90000, 131), CUFF_RESULT);
	assert_int_equal(see_bare(91000, 133), CUFF_NOTHING);
	assert_int_equal(see_bare(200000, 133), CUFF_RESULT);
	assert_int_equal(told_ms, 109000);
}

static void
of_numbers_held_back_those_that_stand_at_the_end_are_given(void **state)
{
	(void)state;
	assert_int_equal(see_bare(0, 118), CUFF_NOTHING);
	assert_int_equal(see_bare(30000, 126), CUFF_RESULT);
	assert_int_equal(see_bare(32000, 127), CUFF_NOTHING);
	assert_int_equal(see_bare(36000, 128), CUFF_NOTHING);
	/* Away for a moment, they come back no younger. */
	assert_int_equal(see_bare(38000, CUFF_NONE), CUFF_NOTHING);
	assert_int_equal(see_bare(41000, CUFF_NONE), CUFF_NOTHING);
	assert_int_equal(see_bare(42000, 128), CUFF_RESULT);
	assert_int_equal(told_ms, 6000);
	/* Back to what was given, there is nothing to give. */
	assert_int_equal(see_bare(44000, 151), CUFF_NOTHING);
	assert_int_equal(see_bare(45000, 128), CUFF_NOTHING);
	assert_int_equal(see_bare(60000, 128), CUFF_NOTHING);
}

static void
numbers_held_back_end_no_cycle_that_began_since(void **state)
{
	(void)state;
	for (int32_t sys = 127; sys < 140; sys += 10) {
		bool same = sys == 127;

		w = (struct cuff_watch){ 0 };
		assert_int_equal(see(0, 118, true, true), CUFF_NOTHING);
		assert_int_equal(see(20000, 126, true, false), CUFF_RESULT);
		assert_int_equal(see(21000, 127, true, false), CUFF_NOTHING);
		assert_int_equal(see(22000, 127, false, false), CUFF_NOTHING);
		assert_int_equal(see(24000, 127, true, false), CUFF_NOTHING);
		assert_int_equal(see(30000, 127, true, false), CUFF_RESULT);
		assert_int_equal(see(38000, sys, true, false),
		    same ? CUFF_NOTHING : CUFF_RESULT);
		assert_int_equal(see(50000, sys, false, false),
		    same ? CUFF_FAILED : CUFF_NOTHING);
	}
}

static void
a_cycle_seen_to_begin_counts_however_fast_it_is_played(void **state)
{
	(void)state;
	assert_int_equal(see(0, 118, true, true), CUFF_NOTHING);
	assert_int_equal(see(1, 126, true, false), CUFF_RESULT);
	assert_int_equal(see(2, 126, false, false), CUFF_NOTHING);
	assert_int_equal(see(3, 126, true, false), CUFF_NOTHING);
	assert_int_equal(see(4, 131, true, false), CUFF_RESULT);
	assert_int_equal(see(5, 131, false, false), CUFF_NOTHING);
}

static void
the_same_numbers_with_their_age_renewed_are_a_result(void **state)
{
	(void)state;
	assert_int_equal(see(0, 118, false, true), CUFF_NOTHING);
	assert_int_equal(see(5000, 118, true, true), CUFF_NOTHING);
	assert_int_equal(see(30000, 118, true, false), CUFF_RESULT);
	assert_int_equal(see(31000, 118, false, false), CUFF_NOTHING);
}

static void
an_age_renewed_by_the_start_of_a_cycle_is_no_result(void **state)
{
	(void)state;
	assert_int_equal(see(0, 118, false, true), CUFF_NOTHING);
	assert_int_equal(see(5000, 118, true, false), CUFF_NOTHING);
	assert_int_equal(see(30000, 126, true, false), CUFF_RESULT);
	assert_int_equal(see(32000, 126, false, false), CUFF_NOTHING);
}

static void
a_cycle_that_changes_nothing_has_no_confirmed_result(void **state)
{
	(void)state;
	assert_int_equal(see(0, 118, false, true), CUFF_NOTHING);
	assert_int_equal(see(5000, 118, true, true), CUFF_NOTHING);
	assert_int_equal(see(30000, 118, false, true), CUFF_FAILED);
	assert_int_equal(see(35000, 118, false, true), CUFF_NOTHING);
}

static void
a_cycle_that_nobody_saw_is_known_by_its_numbers(void **state)
{
	(void)state;
	assert_int_equal(see(0, 118, false, true), CUFF_NOTHING);
	assert_int_equal(see(300000, 126, false, true), CUFF_RESULT);
	/* A second one, of which even the end was missed. */
	assert_int_equal(see(330000, 126, true, false), CUFF_NOTHING);
	assert_int_equal(see(360000, 121, true, false), CUFF_RESULT);
	assert_int_equal(see(390000, 131, true, false), CUFF_RESULT);
}

/* As for a board that says nothing of age (left), and one that says "younger
 * than a minute" or "older" (right). */
static void
a_result_from_a_time_unseen_is_not_given_as_new(void **state)
{
	static const struct {
		bool old;
		int64_t old_ms, unseen_ms, age_ms;
	} row[] = {
		{ false, 0, 60000, 0 }, { false, 0, 600000, 600000 },
		{ false, 60000, 600000, 60000 }, { false, 60000, 5000, 0 },
		{ true, 60000, 5000, 60000 }, { true, 60000, 600000, 600000 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
		struct cuff c = {
			.sys = 118, .dia = 76, .map = 90, .pr = CUFF_NONE,
			.old = row[i].old, .old_ms = row[i].old_ms,
		};
		struct readings r = { .n = 0 };

		w = (struct cuff_watch){ 0 };
		assert_int_equal(cuff_judge(&w, 1000, &c), CUFF_NOTHING);
		c.sys = 126;
		assert_int_equal(cuff_judge(&w, 1000 + row[i].unseen_ms, &c),
		    CUFF_RESULT);
		readings_add_cuff(&r, QUALITY_GOOD, &c);
		assert_int_equal(r.item[0].value, 126);
		assert_int_equal(r.item[0].age_ms, row[i].age_ms);
	}
}

static void
a_mean_that_goes_and_comes_back_is_no_result(void **state)
{
	struct cuff c = {
		.sys = 118, .dia = 76, .map = 90, .pr = CUFF_NONE,
	};

	(void)state;
	assert_int_equal(cuff_judge(&w, 0, &c), CUFF_NOTHING);
	c.map = CUFF_NONE;
	assert_int_equal(cuff_judge(&w, 60000, &c), CUFF_NOTHING);
	c.map = 90;
	assert_int_equal(cuff_judge(&w, 120000, &c), CUFF_NOTHING);
	c.map = 91;
	assert_int_equal(cuff_judge(&w, 180000, &c), CUFF_RESULT);
}

static void
numbers_that_come_back_after_a_pause_are_no_result(void **state)
{
	(void)state;
	assert_int_equal(see(0, 118, true, true), CUFF_NOTHING);
	cuff_pause(&w);
	assert_int_equal(see(60000, 118, false, false), CUFF_NOTHING);
	assert_int_equal(see(61000, CUFF_NONE, false, false), CUFF_NOTHING);
	assert_int_equal(see(62000, 118, false, false), CUFF_NOTHING);
}

static void
add(struct readings *r, int32_t sys, int32_t dia, int32_t map, int32_t pr)
{
	struct cuff c = { .sys = sys, .dia = dia, .map = map, .pr = pr };

	r->n = 0;
	readings_add_cuff(r, QUALITY_GOOD, &c);
}

static void
numbers_that_contradict_each_other_are_no_measurement(void **state)
{
	static const int32_t bad[][3] = {
		{ 80, 80, 80 }, { 76, 118, 90 }, { 118, 76, 118 },
		{ 118, 76, 76 }, { 118, 76, 70 }, { 310, 76, 90 },
		{ 118, 5, 90 }, { 118, 76, 10 },
	};
	struct readings r;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		add(&r, bad[i][0], bad[i][1], bad[i][2], 70);
		assert_int_equal(r.n, 3);
		for (size_t k = 0; k < r.n; k++)
			assert_int_equal(r.item[k].quality,
			    QUALITY_OUT_OF_RANGE);
	}
}

static void
doubtful_numbers_are_marked(void **state)
{
	struct readings r;

	(void)state;
	add(&r, 118, 76, 90, 70);
	assert_int_equal(r.n, 4);
	for (size_t k = 0; k < r.n; k++)
		assert_int_equal(r.item[k].quality, QUALITY_GOOD);
	add(&r, 118, 76, 106, CUFF_NONE);
	assert_int_equal(r.n, 3);
	assert_int_equal(r.item[0].quality, QUALITY_GOOD);
	assert_int_equal(r.item[2].quality, QUALITY_QUESTIONABLE);
	add(&r, 82, 76, 78, CUFF_NONE);
	assert_int_equal(r.item[0].quality, QUALITY_QUESTIONABLE);
	add(&r, 118, 76, CUFF_NONE, CUFF_NONE);
	assert_int_equal(r.n, 2);
}

static void
an_old_result_says_how_old_it_is(void **state)
{
	struct cuff c = {
		.sys = 118, .dia = 76, .map = 90, .pr = 70,
		.old = true, .old_ms = 60000,
	};
	struct readings r = { .n = 0 };

	(void)state;
	readings_add_cuff(&r, QUALITY_GOOD, &c);
	for (size_t k = 0; k < r.n; k++)
		assert_int_equal(r.item[k].age_ms, 60000);
	r.n = 0;
	readings_add_cuff(&r, QUALITY_NO_VALUE, &c);
	assert_int_equal(r.n, 3);
	assert_int_equal(r.item[0].age_ms, 0);
}

/* The same, as a monitor shows it that stamps its measurements; age_ms < 0: it
 * does not say how old they are. */
static struct cuff shown;

static enum cuff_news
see_stamp(int64_t t_ms, int32_t sys, uint64_t stamp, int64_t age_ms)
{
	bool measuring = shown.measuring, ours = shown.ours;

	shown = (struct cuff){
		.sys = sys, .dia = 76, .map = 90, .pr = CUFF_NONE,
		.stamp = stamp, .measuring = measuring, .ours = ours,
		.old = age_ms >= 0, .old_ms = age_ms >= 0 ? age_ms : 0,
	};
	return cuff_judge(&w, t_ms, &shown);
}

static void
a_new_stamp_is_a_result_though_the_numbers_are_the_same(void **state)
{
	(void)state;
	shown = (struct cuff){ 0 };
	assert_int_equal(see_stamp(0, 118, 100, -1), CUFF_NOTHING);
	assert_int_equal(see_stamp(1000, 118, 100, -1), CUFF_NOTHING);
	assert_int_equal(see_stamp(2000, 118, 101, -1), CUFF_RESULT);
	assert_int_equal(see_stamp(3000, 118, 101, -1), CUFF_NOTHING);
	/* Nor is anything else one. */
	assert_int_equal(see_stamp(90000, 126, 101, -1), CUFF_NOTHING);
}

static void
a_stamp_from_after_the_opening_is_a_result_at_first_sight(void **state)
{
	(void)state;
	shown = (struct cuff){ .ours = true };
	assert_int_equal(see_stamp(60000, 118, 100, 30000), CUFF_RESULT);
	assert_true(shown.old);
	assert_int_equal(shown.old_ms, 30000);
	assert_int_equal(see_stamp(61000, 118, 100, 31000), CUFF_NOTHING);
}

static void
a_stamp_that_just_came_is_new_whatever_the_clocks_say(void **state)
{
	(void)state;
	shown = (struct cuff){ 0 };
	assert_int_equal(see_stamp(0, 118, 100, 5000), CUFF_NOTHING);
	assert_int_equal(see_stamp(1000, 126, 101, 45000), CUFF_RESULT);
	assert_false(shown.old);
	/* Not looked at for two minutes: then its clock counts, ... */
	assert_int_equal(see_stamp(121000, 130, 102, 70000), CUFF_RESULT);
	assert_true(shown.old);
	assert_int_equal(shown.old_ms, 70000);
	/* ... no further back than the last look, ... */
	assert_int_equal(see_stamp(241000, 131, 103, 900000), CUFF_RESULT);
	assert_int_equal(shown.old_ms, 120000);
	/* ... and without it the last look does. */
	assert_int_equal(see_stamp(361000, 132, 104, -1), CUFF_RESULT);
	assert_int_equal(shown.old_ms, 120000);
}

static void
a_stamp_that_comes_before_its_numbers_is_waited_for(void **state)
{
	(void)state;
	shown = (struct cuff){ 0 };
	assert_int_equal(see_stamp(0, 118, 100, -1), CUFF_NOTHING);
	shown.measuring = true;
	/* The old numbers, then none, while it works. */
	assert_int_equal(see_stamp(1000, 118, 101, -1), CUFF_NOTHING);
	assert_int_equal(see_stamp(2000, CUFF_NONE, 101, -1), CUFF_NOTHING);
	assert_int_equal(see_stamp(30000, 126, 101, -1), CUFF_RESULT);
	shown.measuring = false;
	assert_int_equal(see_stamp(31000, 126, 101, -1), CUFF_NOTHING);
}

static void
a_stamp_without_numbers_is_a_failure_told_once(void **state)
{
	(void)state;
	shown = (struct cuff){ 0 };
	assert_int_equal(see_stamp(0, 118, 100, -1), CUFF_NOTHING);
	assert_int_equal(see_stamp(1000, CUFF_NONE, 101, -1), CUFF_FAILED);
	assert_int_equal(see_stamp(2000, CUFF_NONE, 101, -1), CUFF_NOTHING);
	/* Its numbers were late: here they are. */
	assert_int_equal(see_stamp(3000, 126, 101, -1), CUFF_RESULT);
	assert_int_equal(see_stamp(4000, 126, 101, -1), CUFF_NOTHING);
}

static bool
twice(int32_t sys, int32_t map, bool measuring)
{
	struct cuff c = {
		.sys = sys, .dia = 76, .map = map, .pr = 70,
		.measuring = measuring,
	};

	return cuff_shown_twice(&w, &c);
}

static void
what_no_check_guards_counts_when_two_frames_running_show_it(void **state)
{
	(void)state;
	assert_false(twice(118, 90, false));
	assert_true(twice(118, 90, false));
	assert_true(twice(118, 90, false));
	/* One frame is damaged. */
	assert_false(twice(178, 90, false));
	assert_false(twice(118, 90, false));
	assert_true(twice(118, 90, false));
	assert_false(twice(118, 92, false));
	assert_false(twice(118, CUFF_NONE, false));
	assert_true(twice(118, CUFF_NONE, false));
	assert_false(twice(118, CUFF_NONE, true));
	assert_false(twice(CUFF_NONE, CUFF_NONE, true));
	assert_true(twice(CUFF_NONE, CUFF_NONE, true));
}

static void
a_pulse_rate_that_was_another_in_the_frame_before_is_none(void **state)
{
	static const int32_t shown_pr[] = { 70, 170, 70, 70 };
	static const int32_t read_pr[] = { 0, CUFF_NONE, CUFF_NONE, 70 };

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct cuff c = {
			.sys = 118, .dia = 76, .map = 90, .pr = shown_pr[i],
		};

		assert_int_equal(cuff_shown_twice(&w, &c), i > 0);
		if (i > 0)
			assert_int_equal(c.pr, read_pr[i]);
	}
}

int
main(void)
{
#define CUFF_TEST(f) cmocka_unit_test_setup(f, start)
	const struct CMUnitTest tests[] = {
		CUFF_TEST(numbers_at_first_sight_are_no_result),
		CUFF_TEST(
		    new_numbers_count_once_though_the_cuff_still_measures),
		CUFF_TEST(
		    numbers_corrected_within_one_cycle_are_given_when_they_settled),
		CUFF_TEST(
		    numbers_too_soon_after_a_result_are_given_later_with_their_age),
		CUFF_TEST(
		    of_numbers_held_back_those_that_stand_at_the_end_are_given),
		CUFF_TEST(numbers_held_back_end_no_cycle_that_began_since),
		CUFF_TEST(a_cycle_seen_to_begin_counts_however_fast_it_is_played),
		CUFF_TEST(the_same_numbers_with_their_age_renewed_are_a_result),
		CUFF_TEST(an_age_renewed_by_the_start_of_a_cycle_is_no_result),
		CUFF_TEST(a_cycle_that_changes_nothing_has_no_confirmed_result),
		CUFF_TEST(a_cycle_that_nobody_saw_is_known_by_its_numbers),
		CUFF_TEST(a_result_from_a_time_unseen_is_not_given_as_new),
		CUFF_TEST(a_mean_that_goes_and_comes_back_is_no_result),
		CUFF_TEST(numbers_that_come_back_after_a_pause_are_no_result),
		CUFF_TEST(
		    numbers_that_contradict_each_other_are_no_measurement),
		CUFF_TEST(doubtful_numbers_are_marked),
		CUFF_TEST(an_old_result_says_how_old_it_is),
		CUFF_TEST(
		    a_new_stamp_is_a_result_though_the_numbers_are_the_same),
		CUFF_TEST(
		    a_stamp_from_after_the_opening_is_a_result_at_first_sight),
		CUFF_TEST(a_stamp_that_just_came_is_new_whatever_the_clocks_say),
		CUFF_TEST(a_stamp_that_comes_before_its_numbers_is_waited_for),
		CUFF_TEST(a_stamp_without_numbers_is_a_failure_told_once),
		CUFF_TEST(
		    what_no_check_guards_counts_when_two_frames_running_show_it),
		CUFF_TEST(
		    a_pulse_rate_that_was_another_in_the_frame_before_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Moments and spans, at the ends of the range of time above all.
 *
 * Easy to get wrong: built with -fsanitize=undefined, an overflow fails here
 * even where its result happens to be right.
 */
#include "alerts/moment.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static void
ordinary_times_are_reckoned_exactly(void **state)
{
	(void)state;
	assert_int_equal(moment_after(1000, 500), 1500);
	assert_int_equal(moment_after(-1000, 500), -500);
	assert_int_equal(moment_after(1000, -500), 500);
	assert_int_equal(moment_between(1000, 1500), 500);
	assert_int_equal(moment_between(1500, 1000), -500);
	assert_int_equal(moment_between(-1000, 1000), 2000);
}

static void
nothing_comes_after_never(void **state)
{
	(void)state;
	assert_true(moment_after(MOMENT_NEVER, 0) == MOMENT_NEVER);
	assert_true(moment_after(MOMENT_NEVER, INT32_MAX) == MOMENT_NEVER);
	assert_true(moment_after(MOMENT_NEVER, -1) == MOMENT_NEVER);
	assert_true(moment_after(MOMENT_NEVER - 1, 2) == MOMENT_NEVER);
	assert_true(moment_after(0, INT64_MAX) == MOMENT_NEVER);
}

static void
no_reckoning_leaves_the_range(void **state)
{
	static const int64_t ends[] = { INT64_MIN, INT64_MIN + 1, -MOMENT_FAR,
		-1, 0, 1, MOMENT_FAR, INT64_MAX - 1, INT64_MAX };

	(void)state;
	for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
		for (size_t j = 0; j < sizeof ends / sizeof ends[0]; j++) {
			int64_t span = moment_between(ends[i], ends[j]);

			assert_true(i <= j ? span >= 0 : span <= 0);
			assert_true(ends[j] < 0 || moment_after(ends[i],
			    ends[j]) >= moment_bounded(ends[i]));
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ordinary_times_are_reckoned_exactly),
		cmocka_unit_test(nothing_comes_after_never),
		cmocka_unit_test(no_reckoning_leaves_the_range),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * How much of a session was watched, and why not.
 *
 * Easy to get wrong: SpO2 of ge-dri stays fresh for max(FRESH, its
 * silent_after_ms); the tests take that from the tables, as the code does.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/driver.h"
#include "review/coverage.h"

#define READINGS 200
#define END 100000

struct scene {
	struct log_session s;
	struct log_port port[2];
	struct log_reading reading[READINGS];
	struct log_gap gap[4];
	struct coverage c[COVEREDS];
};

static int64_t
fresh(const char *driver)
{
	int64_t a = vital_info[VITAL_SPO2].fresh_ms;
	int64_t b = driver_find(driver)->silent_after_ms;

	return a > b ? a : b;
}

static int
setup(void **state)
{
	struct scene *x = calloc(1, sizeof *x);

	assert_non_null(x);
	strcpy(x->port[0].driver, "ge-dri");
	strcpy(x->port[1].driver, "nonin-2");
	x->s.ports = x->port;
	x->s.ports_n = 2;
	x->s.readings = x->reading;
	x->s.gaps = x->gap;
	*state = x;
	return 0;
}

static int
teardown(void **state)
{
	free(*state);
	return 0;
}

static struct log_reading *
put(struct scene *x, int64_t ms, uint16_t port, enum vital v, enum quality q)
{
	struct log_reading *r = &x->reading[x->s.readings_n++];

	*r = (struct log_reading){ .x_ms = ms, .port = port,
		.vital = (uint8_t)v, .quality = (uint8_t)q, .value = 97 };
	return r;
}

static void
put_gap(struct scene *x, int64_t from, int64_t to)
{
	x->gap[x->s.gaps_n++] = (struct log_gap){ from, to };
}

static const struct coverage *
find(struct scene *x, enum covered which)
{
	coverage_find(&x->s, 0, END, x->c);
	return &x->c[which];
}

static void
a_value_is_watched_until_it_is_stale_not_until_the_next(void **state)
{
	struct scene *x = *state;
	const struct coverage *c;

	put(x, 10000, 0, VITAL_SPO2, QUALITY_GOOD);
	put(x, 80000, 0, VITAL_SPO2, QUALITY_GOOD);
	c = find(x, COVERED_SPO2);
	assert_true(c->seen);
	assert_int_equal(c->watched_ms, 2 * fresh("ge-dri"));
	assert_int_equal(c->absent_ms[ABSENCE_NO_DATA],
	    END - 2 * fresh("ge-dri"));
	assert_int_equal(c->longest_gap_ms, 70000 - fresh("ge-dri"));
}

static void
an_old_value_is_watched_for_what_is_left_of_its_freshness(void **state)
{
	struct scene *x = *state;

	put(x, 10000, 0, VITAL_SPO2, QUALITY_GOOD)->age_ms = 3000;
	assert_int_equal(find(x, COVERED_SPO2)->watched_ms,
	    fresh("ge-dri") - 3000);
}

static void
a_monitor_takes_its_own_value_back(void **state)
{
	struct scene *x = *state;
	const struct coverage *c;

	put(x, 10000, 0, VITAL_SPO2, QUALITY_GOOD);
	put(x, 12000, 0, VITAL_SPO2, QUALITY_SENSOR_OFF);
	c = find(x, COVERED_SPO2);
	assert_int_equal(c->watched_ms, 2000);
	assert_int_equal(c->absent_ms[ABSENCE_SENSOR], fresh("ge-dri"));
}

static void
the_other_monitors_probe_takes_nothing_back(void **state)
{
	struct scene *x = *state;

	put(x, 10000, 0, VITAL_SPO2, QUALITY_GOOD);
	put(x, 10500, 1, VITAL_SPO2, QUALITY_GOOD);
	put(x, 11000, 1, VITAL_SPO2, QUALITY_SENSOR_OFF);
	assert_int_equal(find(x, COVERED_SPO2)->watched_ms, fresh("ge-dri"));
}

static void
a_pulse_covers_for_a_lost_ecg(void **state)
{
	struct scene *x = *state;

	put(x, 10000, 0, VITAL_PR, QUALITY_GOOD);
	put(x, 10000, 0, VITAL_HR, QUALITY_NO_SENSOR);
	assert_int_equal(find(x, COVERED_HEART_RATE)->watched_ms,
	    fresh("ge-dri"));
}

static void
one_long_absence_is_one_gap_however_often_it_is_repeated(void **state)
{
	struct scene *x = *state;
	const struct coverage *c;

	for (int i = 0; i < 50; i++)
		put(x, i * 1000, 0, VITAL_SPO2, QUALITY_SENSOR_OFF);
	for (int i = 50; i < 100; i++)
		put(x, i * 1000, 0, VITAL_SPO2, QUALITY_GOOD);
	c = find(x, COVERED_SPO2);
	assert_int_equal(c->gaps_n, 1);
	assert_int_equal(c->longest_gap_ms, 50000);
	assert_int_equal(c->absent_ms[ABSENCE_SENSOR], 50000);
	assert_int_equal(c->watched_ms, 50000);
}

static void
nothing_is_watched_while_vitalsd_does_not_run(void **state)
{
	struct scene *x = *state;
	const struct coverage *c;

	put(x, 10000, 0, VITAL_SPO2, QUALITY_GOOD);
	put_gap(x, 10100, 11000);
	c = find(x, COVERED_SPO2);
	/* The value would still be fresh after the gap, and is not known. */
	assert_int_equal(c->watched_ms, 100);
	assert_int_equal(c->absent_ms[ABSENCE_NOT_RUNNING], 900);
	assert_int_equal(c->absent_ms[ABSENCE_NO_DATA], END - 1000);
}

static void
a_cuff_counts_from_when_it_measured(void **state)
{
	struct scene *x = *state;
	const struct coverage *c;

	put(x, 5000, 0, VITAL_NIBP_SYS, QUALITY_GOOD)->age_ms = 20000;
	put(x, 40000, 0, VITAL_NIBP_SYS, QUALITY_GOOD)->age_ms = 10000;
	put(x, 50000, 0, VITAL_NIBP_SYS, QUALITY_ARTEFACT);
	c = find(x, COVERED_NIBP);
	/* The first was made before the session, the last failed. */
	assert_int_equal(c->measurements, 1);
	assert_int_equal(c->longest_wait_ms, 70000);
}

static void
an_empty_session_was_not_watched(void **state)
{
	struct scene *x = *state;
	const struct coverage *c = find(x, COVERED_SPO2);

	assert_false(c->seen);
	assert_int_equal(c->watched_ms, 0);
	assert_int_equal(c->absent_ms[ABSENCE_NO_DATA], END);
	coverage_find(&x->s, END, END, x->c);
	assert_int_equal(x->c[COVERED_SPO2].absent_ms[ABSENCE_NO_DATA], 0);
}

static void
fill_at_random(struct scene *x, unsigned *seed)
{
	static const enum vital some[] = { VITAL_HR, VITAL_PR, VITAL_SPO2,
		VITAL_RR, VITAL_NIBP_SYS };
	int64_t t = -5000;

	x->s.readings_n = x->s.gaps_n = 0;
	for (int i = 0; i < READINGS; i++) {
		struct log_reading *r;

		t += rand_r(seed) % 5 ? rand_r(seed) % 300 :
		    rand_r(seed) % 20000;
		r = put(x, t, (uint16_t)(rand_r(seed) % 2),
		    some[rand_r(seed) % 5],
		    (enum quality)(rand_r(seed) % QUALITIES));
		r->age_ms = rand_r(seed) % 4 ? 0 : rand_r(seed) % 30000;
	}
	for (int i = 0, at = 0; i < 4; i++) {
		int from = at + rand_r(seed) % 30000;

		at = from + rand_r(seed) % 9000;
		put_gap(x, from - rand_r(seed) % 2000, at);
	}
}

static void
watched_and_absent_add_up_whatever_happened(void **state)
{
	struct scene *x = *state;
	unsigned seed = 20261122;

	for (int i = 0; i < 2000; i++) {
		int64_t from, to;

		fill_at_random(x, &seed);
		from = rand_r(&seed) % END;
		to = from + rand_r(&seed) % END;
		coverage_find(&x->s, from, to, x->c);
		for (int k = 0; k < COVERED_NIBP; k++) {
			int64_t sum = x->c[k].watched_ms;

			assert_true(sum >= 0);
			for (int a = 0; a < ABSENCES; a++) {
				assert_true(x->c[k].absent_ms[a] >= 0);
				sum += x->c[k].absent_ms[a];
			}
			assert_int_equal(sum, to - from);
			assert_true(x->c[k].longest_gap_ms <=
			    to - from - x->c[k].watched_ms);
		}
	}
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_value_is_watched_until_it_is_stale_not_until_the_next),
		T(an_old_value_is_watched_for_what_is_left_of_its_freshness),
		T(a_monitor_takes_its_own_value_back),
		T(the_other_monitors_probe_takes_nothing_back),
		T(a_pulse_covers_for_a_lost_ecg),
		T(one_long_absence_is_one_gap_however_often_it_is_repeated),
		T(nothing_is_watched_while_vitalsd_does_not_run),
		T(a_cuff_counts_from_when_it_measured),
		T(an_empty_session_was_not_watched),
		T(watched_and_absent_add_up_whatever_happened),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Phases, values by phase and cuff measurements of a session.
 *
 * Easy to get wrong: a pause is part of the infusion here, as the values in it
 * are those of a patient under the drug.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "review/summary.h"

struct scene {
	struct log_session s;
	struct log_port port[2];
	struct log_reading reading[8];
	struct summary m;
};

static void
state(struct scene *x, enum statement_kind kind, int64_t ms)
{
	struct statement st = { .id = { 0xa2, x->s.session.n + 1 },
		.kind = kind, .session = "S", .bed = "B", .at_ms = ms };

	session_apply(&x->s.session, &st);
	x->s.end_ms = ms;
}

static void
put(struct scene *x, int64_t ms, uint16_t port, enum vital v, int32_t value)
{
	x->reading[x->s.readings_n++] = (struct log_reading){ .x_ms = ms,
		.port = port, .vital = (uint8_t)v, .value = value };
}

static int
setup(void **out)
{
	struct scene *x = calloc(1, sizeof *x);

	assert_non_null(x);
	x->s.ports = x->port;
	x->s.ports_n = 2;
	x->s.readings = x->reading;
	state(x, STATEMENT_SESSION_START, 0);
	*out = x;
	return 0;
}

static int
teardown(void **out)
{
	struct scene *x = *out;

	summary_free(&x->m);
	free(x);
	return 0;
}

static void
expect(const struct stretch *t, enum phase p, int64_t from, int64_t to)
{
	assert_int_equal(t->phase, p);
	assert_int_equal(t->from_ms, from);
	assert_int_equal(t->to_ms, to);
}

static void
pauses_and_further_intervals_are_stretches_of_their_own(void **out)
{
	struct scene *x = *out;

	state(x, STATEMENT_INFUSION_START, 100);
	state(x, STATEMENT_INFUSION_PAUSE, 200);
	state(x, STATEMENT_INFUSION_RESUME, 250);
	state(x, STATEMENT_INFUSION_STOP, 400);
	state(x, STATEMENT_INFUSION_START, 500);
	state(x, STATEMENT_SESSION_ABORT, 600);
	assert_int_equal(summary_make(&x->s, &x->m), 0);
	assert_int_equal(x->m.stretches_n, 6);
	expect(&x->m.stretches[0], PHASE_BASELINE, 0, 100);
	expect(&x->m.stretches[2], PHASE_PAUSED, 200, 250);
	expect(&x->m.stretches[4], PHASE_RECOVERY, 400, 500);
	expect(&x->m.stretches[5], PHASE_INFUSION, 500, 600);
	assert_int_equal(x->m.infusion_start_ms, 100);
	assert_int_equal(x->m.infusion_stop_ms, 600);
	assert_int_equal(part_at(&x->s, 220), PART_INFUSION);
}

static void
a_withdrawn_start_leaves_no_infusion(void **out)
{
	struct scene *x = *out;

	state(x, STATEMENT_INFUSION_START, 100);
	x->s.session.step[1].withdrawn = true;
	x->s.end_ms = 300;
	assert_int_equal(summary_make(&x->s, &x->m), 0);
	assert_int_equal(x->m.stretches_n, 1);
	expect(&x->m.stretches[0], PHASE_BASELINE, 0, 300);
	assert_int_equal(x->m.infusion_start_ms, INT64_MIN);
}

static void
values_fall_into_the_phase_as_corrected(void **out)
{
	struct scene *x = *out;
	const struct vital_summary *v;

	put(x, 50, 0, VITAL_HR, 70);
	put(x, 150, 0, VITAL_HR, 90);
	put(x, 160, 0, VITAL_HR, 80);
	state(x, STATEMENT_INFUSION_START, 155);
	x->s.session.step[1].at_ms = 100;
	x->s.end_ms = 300;
	assert_int_equal(summary_make(&x->s, &x->m), 0);
	assert_int_equal(x->m.vitals_n, 1);
	v = &x->m.vitals[0];
	assert_int_equal(v->part[PART_BASELINE].n, 1);
	assert_int_equal(v->part[PART_INFUSION].n, 2);
	assert_int_equal(v->part[PART_INFUSION].least, 80);
	assert_int_equal(v->part[PART_INFUSION].most, 90);
	assert_int_equal(v->part[PART_INFUSION].most_ms, 150);
}

static void
a_measurement_is_what_has_one_time_and_port(void **out)
{
	struct scene *x = *out;

	put(x, 50, 0, VITAL_NIBP_SYS, 120);
	put(x, 50, 0, VITAL_NIBP_DIA, 80);
	put(x, 50, 0, VITAL_NIBP_MAP, 93);
	put(x, 50, 1, VITAL_NIBP_SYS, 130);
	put(x, 90, 0, VITAL_NIBP_SYS, 140);
	x->reading[4].age_ms = 30;
	x->s.end_ms = 300;
	assert_int_equal(summary_make(&x->s, &x->m), 0);
	assert_int_equal(x->m.cuffs_n, 3);
	assert_int_equal(x->m.cuffs[0].sys, 120);
	assert_int_equal(x->m.cuffs[0].dia, 80);
	assert_int_equal(x->m.cuffs[0].map, 93);
	assert_false(x->m.cuffs[1].has_dia);
	assert_int_equal(x->m.cuffs[2].measured_ms, 60);
}

static void
an_infusion_with_which_the_log_ends_is_still_told(void **out)
{
	struct scene *x = *out;

	state(x, STATEMENT_INFUSION_START, 100);
	x->s.open = true;
	assert_int_equal(summary_make(&x->s, &x->m), 0);
	assert_int_equal(x->m.stretches_n, 2);
	expect(&x->m.stretches[1], PHASE_INFUSION, 100, 100);
	assert_int_equal(x->m.infusion_start_ms, 100);
}

static void
an_empty_session_has_nothing_to_tell(void **out)
{
	struct scene *x = *out;

	assert_int_equal(summary_make(&x->s, &x->m), 0);
	assert_int_equal(x->m.stretches_n, 0);
	assert_int_equal(x->m.vitals_n + x->m.cuffs_n + x->m.alarms_n, 0);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(pauses_and_further_intervals_are_stretches_of_their_own),
		T(a_withdrawn_start_leaves_no_infusion),
		T(values_fall_into_the_phase_as_corrected),
		T(a_measurement_is_what_has_one_time_and_port),
		T(an_infusion_with_which_the_log_ends_is_still_told),
		T(an_empty_session_has_nothing_to_tell),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

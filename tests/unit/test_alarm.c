/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The two small state machines by themselves: one tier's gauge, and the life
 * of one event.
 *
 * Easy to get wrong: a gauge is fed with how the value stands, not the value.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "alerts/alarm.h"

#define DELAY 10000
#define CLEAR 5000

static enum alarm_state
at(struct gauge *g, int64_t t_ms, enum stand stand)
{
	gauge_level(g, t_ms, stand, DELAY, CLEAR);
	return g->state;
}

static void
a_gauge_fires_when_the_delay_has_passed(void **state)
{
	struct gauge g = { 0 };

	(void)state;
	assert_int_equal(at(&g, 0, STAND_CLEAR), ALARM_INACTIVE);
	assert_int_equal(gauge_next(&g, DELAY, CLEAR), ALARM_NEVER);
	assert_int_equal(at(&g, 100, STAND_BEYOND), ALARM_PENDING);
	assert_int_equal(gauge_next(&g, DELAY, CLEAR), 10100);
	assert_int_equal(at(&g, 10099, STAND_BEYOND), ALARM_PENDING);
	assert_int_equal(at(&g, 10100, STAND_BEYOND), ALARM_ACTIVE);
	assert_int_equal(g.since_ms, 100);
	assert_int_equal(gauge_next(&g, DELAY, CLEAR), ALARM_NEVER);
}

static void
a_gauge_without_delay_fires_at_once(void **state)
{
	struct gauge g = { 0 };

	(void)state;
	gauge_level(&g, 7, STAND_BEYOND, 0, CLEAR);
	assert_int_equal(g.state, ALARM_ACTIVE);
}

static void
a_pending_gauge_resets_inside_and_holds_on_the_unknown(void **state)
{
	struct gauge g = { 0 };

	(void)state;
	(void)at(&g, 0, STAND_BEYOND);
	assert_int_equal(at(&g, 1000, STAND_UNKNOWN), ALARM_PENDING);
	/* It does not fire on nothing, ... */
	assert_int_equal(gauge_next(&g, DELAY, CLEAR), ALARM_NEVER);
	assert_int_equal(at(&g, 20000, STAND_UNKNOWN), ALARM_PENDING);
	/* ... but the next value beyond is the one too many. */
	assert_int_equal(at(&g, 20001, STAND_BEYOND), ALARM_ACTIVE);
	g = (struct gauge){ 0 };
	(void)at(&g, 0, STAND_BEYOND);
	assert_int_equal(at(&g, 9999, STAND_BETWEEN), ALARM_INACTIVE);
	(void)at(&g, 10001, STAND_BEYOND);
	assert_int_equal(at(&g, 20000, STAND_BEYOND), ALARM_PENDING);
}

static void
only_five_seconds_of_clear_without_a_break_clear_a_gauge(void **state)
{
	static const enum stand breaks[] = { STAND_UNKNOWN, STAND_BETWEEN,
		STAND_BEYOND };
	struct gauge g = { .state = ALARM_ACTIVE, .inside_ms = ALARM_NEVER };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		int64_t t = (int64_t)i * 100000;

		(void)at(&g, t, STAND_CLEAR);
		assert_int_equal(gauge_next(&g, DELAY, CLEAR), t + 5000);
		assert_int_equal(at(&g, t + 4999, breaks[i]), ALARM_ACTIVE);
		assert_int_equal(gauge_next(&g, DELAY, CLEAR), ALARM_NEVER);
		assert_int_equal(at(&g, t + 5000, STAND_CLEAR), ALARM_ACTIVE);
		assert_int_equal(at(&g, t + 9999, STAND_CLEAR), ALARM_ACTIVE);
		(void)at(&g, t + 9999, STAND_UNKNOWN);
	}
	(void)at(&g, 400000, STAND_CLEAR);
	assert_int_equal(at(&g, 405000, STAND_CLEAR), ALARM_INACTIVE);
}

static void
a_tier_that_is_switched_off_is_gone(void **state)
{
	struct gauge g = { .state = ALARM_ACTIVE };

	(void)state;
	assert_int_equal(at(&g, 0, STAND_OFF), ALARM_INACTIVE);
	g.state = ALARM_ACTIVE;
	gauge_measured(&g, 0, STAND_OFF, true, 20000, 300000);
	assert_int_equal(g.state, ALARM_INACTIVE);
}

static void
the_measurement_after_the_first_confirms_if_it_is_soon(void **state)
{
	struct gauge g = { 0 };

	(void)state;
	gauge_measured(&g, 0, STAND_BEYOND, true, 20000, 300000);
	assert_int_equal(g.state, ALARM_ACTIVE);
	assert_false(g.confirmed);
	gauge_measured(&g, 100000, STAND_BETWEEN, true, 20000, 300000);
	assert_false(g.confirmed);
	gauge_measured(&g, 300001, STAND_BEYOND, true, 20000, 300000);
	assert_false(g.confirmed);
	gauge_measured(&g, 600001, STAND_BEYOND, true, 20000, 300000);
	assert_true(g.confirmed);
	gauge_measured(&g, 700000, STAND_CLEAR, true, 20000, 300000);
	assert_int_equal(g.state, ALARM_INACTIVE);
	/* The next time, all begins anew. */
	gauge_measured(&g, 800000, STAND_BEYOND, true, 20000, 300000);
	assert_false(g.confirmed);
}

static struct id_source ids = { .start = 5 };

static struct alarm
an_alarm(enum alarm_type type)
{
	struct alarm a;

	alarm_init(&a, type, true);
	return a;
}

static void
what_does_not_latch_signals_what_it_is(void **state)
{
	struct alarm a = an_alarm(ALARM_TECHNICAL);

	(void)state;
	assert_int_equal(alarm_move(&a, PRIORITY_NONE, 0, &ids),
	    ALARM_UNCHANGED);
	assert_int_equal(alarm_move(&a, PRIORITY_MEDIUM, 0, &ids), ALARM_START);
	assert_int_equal(alarm_move(&a, PRIORITY_MEDIUM, 0, &ids),
	    ALARM_UNCHANGED);
	assert_int_equal(alarm_move(&a, PRIORITY_HIGH, 0, &ids),
	    ALARM_ESCALATE);
	assert_int_equal(alarm_move(&a, PRIORITY_MEDIUM, 0, &ids),
	    ALARM_DEESCALATE);
	assert_int_equal(a.priority, PRIORITY_MEDIUM);
	assert_int_equal(alarm_move(&a, PRIORITY_HIGH, 0, &ids),
	    ALARM_ESCALATE);
	assert_int_equal(alarm_move(&a, PRIORITY_NONE, 0, &ids), ALARM_END);
	assert_false(alarm_is_open(&a));
}

static void
a_deeper_cause_at_high_breaks_through_and_at_medium_only_updates(void **state)
{
	struct alarm a = an_alarm(ALARM_PHYSIOLOGICAL);

	(void)state;
	assert_int_equal(alarm_move(&a, PRIORITY_MEDIUM, 3, &ids), ALARM_START);
	assert_int_equal(alarm_acknowledge(&a), ALARM_ACKNOWLEDGE);
	assert_int_equal(alarm_move(&a, PRIORITY_MEDIUM, 4, &ids),
	    ALARM_UPDATE);
	assert_true(a.acknowledged);
	assert_int_equal(alarm_move(&a, PRIORITY_HIGH, 5, &ids),
	    ALARM_ESCALATE);
	assert_int_equal(alarm_acknowledge(&a), ALARM_ACKNOWLEDGE);
	assert_int_equal(alarm_move(&a, PRIORITY_HIGH, 6, &ids),
	    ALARM_ESCALATE);
	assert_false(a.acknowledged);
	assert_int_equal(alarm_move(&a, PRIORITY_HIGH, 5, &ids),
	    ALARM_DEESCALATE);
	/* At medium, it still signals high, and going up again is news. */
	assert_int_equal(alarm_move(&a, PRIORITY_MEDIUM, 3, &ids),
	    ALARM_DEESCALATE);
	assert_int_equal(a.priority, PRIORITY_HIGH);
	assert_int_equal(alarm_move(&a, PRIORITY_NONE, 0, &ids), ALARM_LATCH);
	assert_int_equal(alarm_move(&a, PRIORITY_NONE, 0, &ids),
	    ALARM_UNCHANGED);
	assert_int_equal(alarm_move(&a, PRIORITY_MEDIUM, 3, &ids),
	    ALARM_CONTINUE);
	assert_int_equal(a.priority, PRIORITY_HIGH);
	assert_int_equal(a.level, PRIORITY_MEDIUM);
	assert_int_equal(alarm_finish(&a), ALARM_END);
	assert_int_equal(alarm_finish(&a), ALARM_UNCHANGED);
	assert_int_equal(alarm_acknowledge(&a), ALARM_UNCHANGED);
}

static void
no_event_id_is_given_twice(void **state)
{
	struct id_source source = { .start = 9 };
	struct event_id a = id_next(&source), b = id_next(&source);

	(void)state;
	assert_int_equal(a.start, 9);
	assert_int_equal(a.n, 1);	/* 0 is none */
	assert_false(event_id_equal(a, b));
}

static void
a_pause_withholds_calls_and_what_ends_them(void **state)
{
	static const enum alarm_phase calls[] = { ALARM_START, ALARM_CONTINUE,
		ALARM_UPDATE, ALARM_ESCALATE };
	static const enum alarm_phase others[] = { ALARM_DEESCALATE,
		ALARM_LATCH, ALARM_ACKNOWLEDGE, ALARM_END, ALARM_RESET };
	struct alarm a = an_alarm(ALARM_PHYSIOLOGICAL);
	struct alarm_change c = { 0 };

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		alarm_tell(&a, calls[i], true, &c);
		assert_true(c.paused);
	}
	for (size_t i = 0; i < 5; i++) {
		alarm_tell(&a, others[i], true, &c);
		assert_true(c.paused);
	}
	/* Once announced, its end is news for those who were called. */
	alarm_tell(&a, ALARM_CONTINUE, false, &c);
	assert_false(c.paused);
	for (size_t i = 0; i < 5; i++) {
		alarm_tell(&a, others[i], true, &c);
		assert_false(c.paused);
	}
	/* And if it gets worse now, that waits. */
	alarm_tell(&a, ALARM_ESCALATE, true, &c);
	assert_true(c.paused);
	alarm_tell(&a, ALARM_UPDATE, true, &c);
	assert_true(c.paused);
	alarm_tell(&a, ALARM_END, true, &c);
	assert_false(c.paused);
	/* What cannot be paused is not. */
	a.pausable = false;
	alarm_tell(&a, ALARM_START, true, &c);
	assert_false(c.paused);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test(name)
		T(a_gauge_fires_when_the_delay_has_passed),
		T(a_gauge_without_delay_fires_at_once),
		T(a_pending_gauge_resets_inside_and_holds_on_the_unknown),
		T(only_five_seconds_of_clear_without_a_break_clear_a_gauge),
		T(a_tier_that_is_switched_off_is_gone),
		T(the_measurement_after_the_first_confirms_if_it_is_soon),
		T(what_does_not_latch_signals_what_it_is),
		T(a_deeper_cause_at_high_breaks_through_and_at_medium_only_updates),
		T(no_event_id_is_given_twice),
		T(a_pause_withholds_calls_and_what_ends_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

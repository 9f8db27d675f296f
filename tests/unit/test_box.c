/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The conditions of the box itself.
 *
 * Easy to get wrong: they run without any session.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "alerts/box.h"

#define TOLD_MAX 64
#define BEDS 40		/* and one channel */

static struct {
	struct box box;
	struct box_slot slot[BOX_SLOTS(BEDS, 1)];
	struct id_source ids;
	struct alarm_change told[TOLD_MAX];
	int64_t at[TOLD_MAX];
	size_t n;
} x;

static void
on_alarm(void *arg, int64_t t_ms, const struct alarm_change *c)
{
	(void)arg;
	assert_true(x.n < TOLD_MAX);
	x.at[x.n] = t_ms;
	x.told[x.n++] = *c;
}

static int
a_box(void **state)
{
	static const struct board_sink sink = { .alarm = on_alarm };

	(void)state;
	memset(&x, 0, sizeof x);
	x.ids.start = 0xb0;
	box_init(&x.box, x.slot, BOX_SLOTS(BEDS, 1), &sink, &x.ids);
	return 0;
}

static size_t
view(struct alarm_change *out, size_t cap)
{
	size_t from = 0;

	return box_view(&x.box, &from, out, cap);
}

static const struct alarm_change *
last(size_t n, const char *condition, enum alarm_phase phase, enum priority p)
{
	const struct alarm_change *c;

	assert_int_equal(x.n, n);
	c = &x.told[n - 1];
	assert_string_equal(c->condition, condition);
	assert_int_equal(c->phase, phase);
	assert_int_equal(c->priority, p);
	assert_int_equal(c->type, ALARM_TECHNICAL);
	assert_false(c->paused);
	return c;
}

static void
a_failing_log_is_high_and_ends_when_it_is_written_again(void **state)
{
	struct alarm_change open[2];
	const struct alarm_change *c;

	(void)state;
	box_set(&x.box, 1000, BOX_LOG_FAILING, "", true, "the disk is full");
	c = last(1, "log-failing", ALARM_START, PRIORITY_HIGH);
	assert_string_equal(c->text, "the disk is full");
	assert_string_equal(c->bed, "");
	assert_int_equal(c->since_ms, 1000);
	/* Said again, it is the same event; only the sentence changes. */
	box_set(&x.box, 2000, BOX_LOG_FAILING, "", true, "the disk is gone");
	assert_int_equal(x.n, 1);
	assert_int_equal(view(open, 2), 1);
	assert_string_equal(open[0].text, "the disk is gone");
	assert_int_equal(open[0].since_ms, 1000);
	box_set(&x.box, 3000, BOX_LOG_FAILING, "", false, "");
	c = last(2, "log-failing", ALARM_END, PRIORITY_HIGH);
	assert_string_equal(c->text, "the log is written again");
	assert_int_equal(view(open, 2), 0);
	/* What does not hold cannot end. */
	box_set(&x.box, 4000, BOX_LOG_FAILING, "", false, "");
	assert_int_equal(x.n, 2);
}

static void
each_channel_and_each_bed_has_an_alarm_of_its_own(void **state)
{
	(void)state;
	box_set(&x.box, 0, BOX_UNDELIVERED, "station", true, "no answer");
	(void)last(1, "undelivered:station", ALARM_START, PRIORITY_MEDIUM);
	box_set(&x.box, 0, BOX_UNDELIVERED, "pager", true, "no answer");
	(void)last(2, "undelivered:pager", ALARM_START, PRIORITY_MEDIUM);
	box_set(&x.box, 0, BOX_UNDELIVERED, "station", false, "");
	assert_string_equal(last(3, "undelivered:station", ALARM_END,
	    PRIORITY_MEDIUM)->text, "notices are delivered again: station");
	box_set(&x.box, 0, BOX_RESTARTED, "CHAIR3", true, "restarted");
	assert_string_equal(last(4, "restarted:CHAIR3", ALARM_START,
	    PRIORITY_MEDIUM)->bed, "CHAIR3");
}

static void
a_step_of_the_clock_is_told_for_a_minute(void **state)
{
	(void)state;
	box_set(&x.box, 5000, BOX_CLOCK_STEPPED, "", true, "by 3 s");
	(void)last(1, "clock-stepped", ALARM_START, PRIORITY_LOW);
	assert_int_equal(box_next_ms(&x.box), 65000);
	/* Another one begins the minute anew. */
	box_set(&x.box, 15000, BOX_CLOCK_STEPPED, "", true, "by -2 s");
	assert_int_equal(box_next_ms(&x.box), 75000);
	box_tick(&x.box, 74999);
	assert_int_equal(x.n, 1);
	/* Told with its own time, however late the tick. */
	box_tick(&x.box, 99000);
	(void)last(2, "clock-stepped", ALARM_END, PRIORITY_LOW);
	assert_int_equal(x.at[1], 75000);
	assert_int_equal(box_next_ms(&x.box), BOARD_NEVER);
}

static void
a_restart_is_over_when_acknowledged_or_after_5_minutes(void **state)
{
	(void)state;
	box_set(&x.box, 0, BOX_RESTARTED, "A", true, "restarted");
	box_set(&x.box, 0, BOX_RESTARTED, "B", true, "restarted");
	assert_true(box_ack(&x.box, 10, x.told[0].event, "nina"));
	assert_string_equal(last(3, "restarted:A", ALARM_RESET,
	    PRIORITY_MEDIUM)->by, "nina");
	assert_false(box_ack(&x.box, 20, x.told[0].event, "nina"));
	box_tick(&x.box, 300000);
	(void)last(4, "restarted:B", ALARM_END, PRIORITY_MEDIUM);
	assert_int_equal(box_next_ms(&x.box), BOARD_NEVER);
}

static void
a_replaced_log_stays_until_somebody_acknowledges_it(void **state)
{
	(void)state;
	box_set(&x.box, 0, BOX_LOG_REPLACED, "", true, "moved aside");
	(void)last(1, "log-replaced", ALARM_START, PRIORITY_HIGH);
	box_tick(&x.box, 3600000);
	assert_int_equal(x.n, 1);
	box_set(&x.box, 3600000, BOX_LOG_REPLACED, "", false, "");
	assert_int_equal(last(2, "log-replaced", ALARM_LATCH,
	    PRIORITY_HIGH)->state, ALARM_LATCHED);
	assert_true(box_ack(&x.box, 3600001, x.told[0].event, "it"));
	(void)last(3, "log-replaced", ALARM_RESET, PRIORITY_HIGH);
}

static void
other_conditions_last_although_acknowledged(void **state)
{
	struct alarm_change open[2];

	(void)state;
	box_set(&x.box, 0, BOX_DISK_LOW, "", true, "4 % left");
	assert_true(box_ack(&x.box, 1, x.told[0].event, "it"));
	(void)last(2, "disk-low", ALARM_ACKNOWLEDGE, PRIORITY_HIGH);
	assert_int_equal(view(open, 2), 1);
	assert_true(open[0].acknowledged);
	assert_string_equal(open[0].by, "it");
	open[0].event.n = 0;
	assert_int_equal(view(open, 0), 0);
	assert_int_equal(open[0].event.n, 0);
	box_set(&x.box, 2, BOX_DISK_LOW, "", false, "");
	(void)last(3, "disk-low", ALARM_END, PRIORITY_HIGH);
}

static void
however_many_beds_are_in_trouble_the_log_has_its_place(void **state)
{
	char name[BOX_SUBJECT_MAX];

	(void)state;
	for (int i = 0; i < 60; i++) {
		snprintf(name, sizeof name, "BED%d", i);
		box_set(&x.box, i, BOX_RESTARTED, name, true, "restarted");
	}
	assert_int_equal(x.n, BEDS + 1);
	box_set(&x.box, 100, BOX_LOG_FAILING, "", true, "full");
	(void)last(BEDS + 2, "log-failing", ALARM_START, PRIORITY_HIGH);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup(name, a_box)
		T(a_failing_log_is_high_and_ends_when_it_is_written_again),
		T(each_channel_and_each_bed_has_an_alarm_of_its_own),
		T(a_step_of_the_clock_is_told_for_a_minute),
		T(a_restart_is_over_when_acknowledged_or_after_5_minutes),
		T(a_replaced_log_stays_until_somebody_acknowledges_it),
		T(other_conditions_last_although_acknowledged),
		T(however_many_beds_are_in_trouble_the_log_has_its_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

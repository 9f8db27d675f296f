/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The alarm conditions of one bed, told as what happens on a ward.
 *
 * Easy to get wrong: the simulated monitor speaks once a second, so a value
 * that is set now is first seen at the next full second.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "alerts/board.h"

#define SEEN_MAX 600
#define MIN_S 60
#define NONE (-1)	/* the monitor has no such value */

struct told {
	int64_t t_ms;
	struct alarm_change c;
};

/* One bed with one or two monitors, and what was told of it. */
static struct ward {
	struct board board;
	struct port_state port[BOARD_PORTS];
	char by[SLOTS][BY_MAX];
	uint8_t sample[SUBJECT_LEVELS][SAMPLES];
	struct id_source ids;
	struct limit_set limits;
	int64_t t_ms;
	int hr, spo2, rr;	/* what the first monitor shows, or NONE */
	enum quality why;	/* why it shows none */
	enum quality quality;	/* of what it shows */
	uint8_t flags;
	bool silent;
	struct told told[SEEN_MAX];
	size_t told_n, read_n;
	size_t armed_n, sources_n;
	int source[SUBJECTS];
} w;

static const struct board_room room = { w.port, w.by,
	{ w.sample[0], w.sample[1], w.sample[2] } };

static void
on_alarm(void *arg, int64_t t_ms, const struct alarm_change *c)
{
	(void)arg;
	assert_true(w.told_n < SEEN_MAX);
	assert_true(w.told_n == 0 || w.told[w.told_n - 1].t_ms <= t_ms);
	w.told[w.told_n++] = (struct told){ t_ms, *c };
}

static void
on_source(void *arg, int64_t t_ms, enum subject s, int port)
{
	(void)arg, (void)t_ms;
	w.sources_n++;
	w.source[s] = port;
}

static void
on_armed(void *arg, int64_t t_ms, enum ladder l)
{
	(void)arg, (void)t_ms, (void)l;
	w.armed_n++;
}

static const struct board_sink sink = { NULL, on_alarm, on_source, on_armed };
static const struct board_port ports[2] = {
	{ .name = "ge", .silent_after_ms = 12000 },
	{ .name = "masimo", .silent_after_ms = 5000 },
};

static void
read_from(size_t port, enum vital v, int32_t value, enum quality q,
    int64_t age_ms)
{
	struct reading r = { .vital = v, .quality = q, .flags = w.flags,
		.value = value, .age_ms = age_ms };

	board_reading(&w.board, w.t_ms, port, &r);
}

static void
show(enum vital v, int value, int scale)
{
	if (value == NONE)
		read_from(0, v, 0, w.why, 0);
	else
		read_from(0, v, value * scale, w.quality, 0);
}

/* So many seconds pass, with the first monitor speaking each second. */
static void
pass(int seconds)
{
	for (int i = 0; i < seconds; i++) {
		w.t_ms += 1000;
		board_tick(&w.board, w.t_ms);
		if (w.silent)
			continue;
		board_frame(&w.board, w.t_ms, 0, true);
		show(VITAL_HR, w.hr, 1);
		show(VITAL_SPO2, w.spo2, 100);
		if (w.rr != NONE)
			show(VITAL_RR, w.rr, 1);
	}
}

static void
cuff(int sys, int dia, int map)
{
	read_from(0, VITAL_NIBP_SYS, sys, QUALITY_GOOD, 0);
	read_from(0, VITAL_NIBP_DIA, dia, QUALITY_GOOD, 0);
	read_from(0, VITAL_NIBP_MAP, map, QUALITY_GOOD, 0);
	board_tick(&w.board, w.t_ms);
}

/* A bed with so many monitors, a healthy patient, no session. */
static void
a_bed(size_t ports_n)
{
	memset(&w, 0, sizeof w);
	w.ids.start = 0xabcd;
	w.t_ms = 1000000;
	w.hr = 72;
	w.spo2 = 97;
	w.rr = NONE;
	w.why = QUALITY_NO_SENSOR;
	limit_set_default(&w.limits);
	board_init(&w.board, &w.limits, ports, ports_n, &room, &sink, &w.ids,
	    w.t_ms);
	board_link(&w.board, w.t_ms, 0, LINE_OPEN);
}

/* The same in a session whose continuous vitals are armed. */
static void
a_session(void)
{
	a_bed(1);
	pass(1);
	board_open(&w.board, w.t_ms, &w.limits);
	board_phase(&w.board, w.t_ms, PHASE_BASELINE);
	pass(31);
	assert_int_equal(w.told_n, 0);
}

static void
nothing_more(void)
{
	if (w.read_n < w.told_n)
		fail_msg("unexpected: %s %s",
		    w.told[w.read_n].c.condition,
		    alarm_phase_name(w.told[w.read_n].c.phase));
}

/* The next thing told; what it is about, and what kind of change. */
static const struct alarm_change *
next(const char *condition, enum alarm_phase phase, enum priority p)
{
	const struct alarm_change *c;

	if (w.read_n >= w.told_n)
		fail_msg("nothing told, but %s %s was due", condition,
		    alarm_phase_name(phase));
	c = &w.told[w.read_n++].c;
	assert_string_equal(c->condition, condition);
	assert_string_equal(alarm_phase_name(c->phase),
	    alarm_phase_name(phase));
	assert_int_equal(c->priority, p);
	return c;
}

static int64_t
told_at(void)
{
	return w.told[w.read_n - 1].t_ms;
}

static size_t
open_now(struct alarm_change *out, size_t cap)
{
	return board_view(&w.board, out, cap);
}

static void
a_lasting_dip_is_raised_once(void **state)
{
	const struct alarm_change *c;
	int64_t crossed;

	(void)state;
	a_session();
	w.spo2 = 90;
	pass(1);
	crossed = w.t_ms;
	pass(60);
	c = next("spo2-low", ALARM_START, PRIORITY_MEDIUM);
	assert_int_equal(told_at(), crossed + 15000);
	assert_int_equal(c->since_ms, crossed);
	assert_string_equal(c->tier, "spo2-low");
	assert_string_equal(c->text, "SpO2 90 % (<92)");
	assert_int_equal(c->state, ALARM_ACTIVE);
	assert_int_equal(c->type, ALARM_PHYSIOLOGICAL);
	assert_int_equal(c->value, 90);
	assert_int_equal(c->limit, 92);
	assert_true(c->confirmed);
	nothing_more();
}

static void
a_dip_shorter_than_the_delay_raises_nothing(void **state)
{
	(void)state;
	a_session();
	w.spo2 = 90;
	pass(14);
	w.spo2 = 92;	/* inside the limit, though not at "clear" */
	pass(1);
	w.spo2 = 90;
	pass(14);
	w.spo2 = 97;
	pass(60);
	nothing_more();
}

/* At its limit, up and down: by the second, and as slowly as hurts most. */
static void
a_value_that_flaps_makes_no_storm_of_alarms(void **state)
{
	(void)state;
	a_session();
	for (int i = 0; i < 600; i++) {
		w.spo2 = i % 2 ? 91 : 92;
		pass(1);
	}
	nothing_more();
	for (int i = 0; i < 600 / 22; i++) {
		w.spo2 = 90;
		pass(16);	/* its delay is 15 s */
		w.spo2 = 97;
		pass(6);	/* and 5 s end it */
		(void)next("spo2-low", ALARM_START, PRIORITY_MEDIUM);
		(void)next("spo2-low", ALARM_END, PRIORITY_MEDIUM);
	}
	nothing_more();
	/* A high one latches: one event, however often. */
	w.told_n = w.read_n = 0;
	for (int i = 0; i < 600 / 22; i++) {
		w.spo2 = 84;
		pass(16);
		w.spo2 = 97;
		pass(6);
	}
	assert_in_range(w.told_n, 2, 2 * (600 / 22) + 2);
	for (size_t i = 1; i < w.told_n; i++)
		assert_true(event_id_equal(w.told[i].c.event,
		    w.told[0].c.event));
}

static void
a_value_is_judged_as_the_monitor_shows_it(void **state)
{
	(void)state;
	a_session();
	for (int i = 0; i < 40; i++) {
		w.t_ms += 1000;
		board_frame(&w.board, w.t_ms, 0, true);
		read_from(0, VITAL_SPO2, 9160, QUALITY_GOOD, 0);
		read_from(0, VITAL_HR, 72, QUALITY_GOOD, 0);
	}
	nothing_more();
}

static void
a_medium_alarm_ends_by_itself_after_5_s_at_its_clear_value(void **state)
{
	struct event_id first;

	(void)state;
	a_session();
	w.spo2 = 91;
	pass(20);
	first = next("spo2-low", ALARM_START, PRIORITY_MEDIUM)->event;
	w.spo2 = 92;	/* between: neither beyond nor clear */
	pass(60);
	w.spo2 = 93;
	pass(4);
	w.spo2 = 92;	/* the 5 s begin anew */
	pass(1);
	w.spo2 = 93;
	pass(5);
	nothing_more();
	pass(1);
	assert_string_equal(next("spo2-low", ALARM_END, PRIORITY_MEDIUM)->text,
	    "SpO2 93 %, was <92");
	/* If it comes back, that is another event. */
	w.spo2 = 91;
	pass(20);
	assert_false(event_id_equal(first,
	    next("spo2-low", ALARM_START, PRIORITY_MEDIUM)->event));
	nothing_more();
}

static void
a_fall_from_medium_to_high_escalates_the_same_event(void **state)
{
	const struct alarm_change *c;
	struct event_id event;

	(void)state;
	a_session();
	w.spo2 = 90;
	pass(20);
	event = next("spo2-low", ALARM_START, PRIORITY_MEDIUM)->event;
	w.spo2 = 86;
	pass(12);
	c = next("spo2-low", ALARM_ESCALATE, PRIORITY_HIGH);
	assert_true(event_id_equal(c->event, event));
	assert_string_equal(c->tier, "spo2-very-low");
	assert_string_equal(c->text, "SpO2 86 % (<88)");
	/* 80 % at once, also on the same event. */
	w.spo2 = 80;
	pass(1);
	c = next("spo2-low", ALARM_ESCALATE, PRIORITY_HIGH);
	assert_int_equal(told_at(), w.t_ms);
	assert_string_equal(c->tier, "spo2-desaturation");
	/* Getting better: the signal stays high, the level is shown. */
	w.spo2 = 90;
	pass(10);
	c = next("spo2-low", ALARM_DEESCALATE, PRIORITY_HIGH);
	assert_int_equal(c->level, PRIORITY_MEDIUM);
	assert_string_equal(c->tier, "spo2-low");
	assert_true(event_id_equal(c->event, event));
	nothing_more();
}

static struct event_id
a_high_alarm(void)
{
	struct event_id event;

	w.hr = 38;
	pass(11);
	event = next("hr-low", ALARM_START, PRIORITY_HIGH)->event;
	return event;
}

static void
a_high_alarm_latches_until_somebody_acknowledges_it(void **state)
{
	struct alarm_change open[4];
	const struct alarm_change *c;
	struct event_id event;

	(void)state;
	a_session();
	event = a_high_alarm();
	w.hr = 60;
	pass(10);
	c = next("hr-low", ALARM_LATCH, PRIORITY_HIGH);
	assert_int_equal(c->state, ALARM_LATCHED);
	assert_int_equal(c->level, PRIORITY_NONE);
	pass(10 * MIN_S);
	nothing_more();
	assert_int_equal(open_now(open, 4), 1);
	assert_int_equal(open[0].state, ALARM_LATCHED);
	assert_true(board_ack(&w.board, w.t_ms, event, "Dr. Lind"));
	c = next("hr-low", ALARM_RESET, PRIORITY_HIGH);
	assert_string_equal(c->by, "Dr. Lind");
	assert_true(c->acknowledged);
	assert_int_equal(c->state, ALARM_INACTIVE);
	assert_int_equal(open_now(open, 4), 0);
	assert_false(board_ack(&w.board, w.t_ms, event, "Dr. Lind"));
	nothing_more();
}

static void
what_returns_while_latched_is_the_same_event(void **state)
{
	struct event_id event;
	const struct alarm_change *c;

	(void)state;
	a_session();
	event = a_high_alarm();
	w.hr = 60;
	pass(10);
	(void)next("hr-low", ALARM_LATCH, PRIORITY_HIGH);
	w.hr = 38;
	pass(12);
	c = next("hr-low", ALARM_CONTINUE, PRIORITY_HIGH);
	assert_true(event_id_equal(c->event, event));
	assert_int_equal(c->state, ALARM_ACTIVE);
	nothing_more();
}

static void
acknowledged_while_active_it_ends_when_it_is_over(void **state)
{
	const struct alarm_change *c;
	struct alarm_change open[1];
	struct event_id event;

	(void)state;
	a_session();
	event = a_high_alarm();
	assert_int_equal(open_now(open, 1), 1);
	assert_string_equal(open[0].by, "");
	assert_true(board_ack(&w.board, w.t_ms, event, "nina"));
	c = next("hr-low", ALARM_ACKNOWLEDGE, PRIORITY_HIGH);
	assert_true(c->acknowledged);
	assert_int_equal(c->state, ALARM_ACTIVE);
	/* Once is enough. */
	assert_true(board_ack(&w.board, w.t_ms, event, "omar"));
	nothing_more();
	assert_int_equal(open_now(open, 1), 1);
	assert_string_equal(open[0].by, "nina");
	w.hr = 60;
	pass(10);
	c = next("hr-low", ALARM_END, PRIORITY_HIGH);
	assert_int_equal(c->level, PRIORITY_NONE);
	assert_string_equal(c->by, "");	/* she did not end it */
	nothing_more();
}

static void
a_higher_priority_breaks_through_an_acknowledgement(void **state)
{
	struct event_id event;
	const struct alarm_change *c;

	(void)state;
	a_session();
	w.hr = 48;
	pass(20);
	event = next("hr-low", ALARM_START, PRIORITY_MEDIUM)->event;
	assert_true(board_ack(&w.board, w.t_ms, event, "nina"));
	assert_true(next("hr-low", ALARM_ACKNOWLEDGE,
	    PRIORITY_MEDIUM)->acknowledged);
	w.hr = 39;
	pass(11);
	c = next("hr-low", ALARM_ESCALATE, PRIORITY_HIGH);
	assert_false(c->acknowledged);
	assert_true(event_id_equal(c->event, event));
	/* Acknowledged again, the signal follows the condition down. */
	assert_true(board_ack(&w.board, w.t_ms, event, "nina"));
	(void)next("hr-low", ALARM_ACKNOWLEDGE, PRIORITY_HIGH);
	w.hr = 49;
	pass(7);
	c = next("hr-low", ALARM_DEESCALATE, PRIORITY_MEDIUM);
	assert_true(c->acknowledged);
	nothing_more();
}

static void
a_probe_off_while_pending_becomes_technical(void **state)
{
	const struct alarm_change *c;

	(void)state;
	a_session();
	w.spo2 = 86;
	pass(6);
	w.spo2 = NONE;
	pass(40);
	c = next("no-value:spo2", ALARM_START, PRIORITY_MEDIUM);
	assert_int_equal(c->type, ALARM_TECHNICAL);
	assert_string_equal(c->text,
	    "SpO2 without a value for 30 s: no sensor");
	nothing_more();
	/* What was pending is forgotten by then: 86 % must last again. */
	w.spo2 = 86;
	pass(1);
	(void)next("no-value:spo2", ALARM_END, PRIORITY_MEDIUM);
	pass(9);
	nothing_more();
	pass(2);
	(void)next("spo2-low", ALARM_START, PRIORITY_HIGH);
}

static void
pending_holds_while_a_value_is_missing(void **state)
{
	(void)state;
	a_session();
	w.spo2 = 86;
	pass(6);
	w.spo2 = NONE;
	pass(10);	/* no value: nothing fires, nothing is forgotten */
	nothing_more();
	w.spo2 = 86;
	pass(1);
	(void)next("spo2-low", ALARM_START, PRIORITY_HIGH);
	assert_int_equal(told_at(), w.t_ms);
}

static void
a_missing_or_rejected_value_clears_nothing(void **state)
{
	(void)state;
	a_session();
	w.spo2 = 90;
	pass(20);
	(void)next("spo2-low", ALARM_START, PRIORITY_MEDIUM);
	w.spo2 = NONE;
	pass(20);
	w.spo2 = 127;	/* a sentinel, no saturation */
	pass(5);
	nothing_more();
	w.spo2 = 97;
	pass(6);
	(void)next("spo2-low", ALARM_END, PRIORITY_MEDIUM);
	nothing_more();
}

static void
a_questionable_value_starts_an_alarm_but_clears_none(void **state)
{
	(void)state;
	a_session();
	w.quality = QUALITY_QUESTIONABLE;
	w.spo2 = 90;
	pass(17);
	(void)next("spo2-low", ALARM_START, PRIORITY_MEDIUM);
	w.spo2 = 97;
	pass(60);
	nothing_more();
	/* Nor does it count as a part of the 5 s. */
	w.quality = QUALITY_GOOD;
	pass(3);
	w.quality = QUALITY_QUESTIONABLE;
	pass(1);
	w.quality = QUALITY_GOOD;
	pass(5);
	nothing_more();
	pass(1);
	(void)next("spo2-low", ALARM_END, PRIORITY_MEDIUM);
}

static void
a_heart_rate_of_zero_is_an_alarm_and_not_a_gap(void **state)
{
	(void)state;
	a_session();
	w.hr = 0;
	pass(12);
	assert_string_equal(next("hr-low", ALARM_START, PRIORITY_HIGH)->text,
	    "HR 0 /min (<=40)");
	nothing_more();
}

static void
alarms_are_armed_after_30_s_of_valid_data(void **state)
{
	(void)state;
	a_bed(1);
	pass(1);
	board_open(&w.board, w.t_ms, &w.limits);
	w.spo2 = 70;	/* the probe is just being put on */
	pass(28);
	assert_false(board_armed(&w.board, LADDER_SPO2_LOW));
	assert_int_equal(w.armed_n, 0);
	nothing_more();
	w.spo2 = NONE;	/* drop-outs do not count ... */
	pass(20);
	assert_false(board_armed(&w.board, LADDER_SPO2_LOW));
	assert_true(board_armed(&w.board, LADDER_HR_LOW));
	w.spo2 = 85;	/* ... and take nothing away */
	pass(2);
	assert_true(board_armed(&w.board, LADDER_SPO2_LOW));
	/* What has lasted all the time is raised at that moment. */
	(void)next("spo2-low", ALARM_START, PRIORITY_HIGH);
	/* Once armed, it stays so. */
	w.spo2 = NONE;
	pass(10 * MIN_S);
	assert_true(board_armed(&w.board, LADDER_SPO2_LOW));
	assert_false(board_armed(&w.board, LADDER_RR_LOW));
	assert_false(board_armed(&w.board, LADDER_NIBP_HIGH));
	/* A ladder that is off is never called armed. */
	assert_false(board_armed(&w.board, LADDER_SPO2_DROP));
}

static void
a_second_cuff_reading_confirms(void **state)
{
	const struct alarm_change *c;
	struct event_id event;

	(void)state;
	a_session();
	board_phase(&w.board, w.t_ms, PHASE_INFUSION);
	assert_false(board_armed(&w.board, LADDER_NIBP_HIGH));
	cuff(185, 95, 125);
	assert_true(board_armed(&w.board, LADDER_NIBP_HIGH));
	c = next("nibp-high", ALARM_START, PRIORITY_HIGH);
	event = c->event;
	assert_false(c->confirmed);
	assert_string_equal(c->tier, "nibp-severe-sys");
	assert_string_equal(c->text,
	    "NIBP sys 185 mmHg (>180), unconfirmed: measure again");
	pass(4 * MIN_S);
	cuff(184, 95, 125);
	c = next("nibp-high", ALARM_UPDATE, PRIORITY_HIGH);
	assert_true(c->confirmed);
	assert_true(event_id_equal(c->event, event));
	nothing_more();
	/* Better, but not at "clear" (170): it stays. */
	pass(60);
	cuff(175, 95, 120);
	nothing_more();
	pass(60);
	cuff(150, 85, 110);
	(void)next("nibp-high", ALARM_LATCH, PRIORITY_HIGH);
	nothing_more();
}

/* A cuff result, made so long ago. */
static void
aged_cuff(int sys, int64_t age_ms)
{
	read_from(0, VITAL_NIBP_SYS, sys, QUALITY_GOOD, age_ms);
	read_from(0, VITAL_NIBP_DIA, 95, QUALITY_GOOD, age_ms);
	read_from(0, VITAL_NIBP_MAP, 125, QUALITY_GOOD, age_ms);
	board_tick(&w.board, w.t_ms);
}

static void
a_reading_that_is_told_again_confirms_nothing(void **state)
{
	(void)state;
	a_session();
	board_phase(&w.board, w.t_ms, PHASE_INFUSION);
	pass(60);
	aged_cuff(185, 1000);
	assert_false(next("nibp-high", ALARM_START, PRIORITY_HIGH)->confirmed);
	/* The line was opened anew; the monitor's clock shows whole seconds. */
	pass(30);
	aged_cuff(185, 30000);
	aged_cuff(185, 28000);
	nothing_more();
	/* Other numbers of another time are another measurement. */
	aged_cuff(184, 5000);
	assert_true(next("nibp-high", ALARM_UPDATE, PRIORITY_HIGH)->confirmed);
	nothing_more();
}

/* Its monitor showed 190 and a moment later what it really was. */
static void
a_corrected_cuff_result_does_not_confirm_the_first(void **state)
{
	(void)state;
	a_session();
	board_phase(&w.board, w.t_ms, PHASE_INFUSION);
	cuff(190, 90, 120);
	assert_false(next("nibp-high", ALARM_START, PRIORITY_HIGH)->confirmed);
	pass(10);
	cuff(186, 90, 120);
	pass(19);
	nothing_more();
	/* Counted from the corrected one. */
	cuff(188, 90, 120);
	nothing_more();
	pass(20);
	cuff(187, 90, 120);
	assert_true(next("nibp-high", ALARM_UPDATE, PRIORITY_HIGH)->confirmed);
	nothing_more();
}

static void
the_same_numbers_of_another_time_confirm(void **state)
{
	(void)state;
	a_session();
	board_phase(&w.board, w.t_ms, PHASE_INFUSION);
	pass(60);
	aged_cuff(185, 1000);
	assert_false(next("nibp-high", ALARM_START, PRIORITY_HIGH)->confirmed);
	pass(60);
	aged_cuff(185, 1000);
	assert_true(next("nibp-high", ALARM_UPDATE, PRIORITY_HIGH)->confirmed);
	nothing_more();
}

static void
a_second_reading_after_more_than_5_minutes_confirms_nothing(void **state)
{
	(void)state;
	a_session();
	board_phase(&w.board, w.t_ms, PHASE_INFUSION);
	cuff(165, 90, 115);
	assert_false(next("nibp-high", ALARM_START,
	    PRIORITY_MEDIUM)->confirmed);
	pass(5 * MIN_S + 1);
	cuff(165, 90, 115);
	nothing_more();
	pass(5 * MIN_S);
	cuff(165, 90, 115);
	assert_true(next("nibp-high", ALARM_UPDATE,
	    PRIORITY_MEDIUM)->confirmed);
}

static void
an_extreme_pressure_needs_no_second_reading(void **state)
{
	const struct alarm_change *c;

	(void)state;
	a_session();
	board_phase(&w.board, w.t_ms, PHASE_INFUSION);
	cuff(205, 124, 150);
	/* One measurement, one change, however many limits it crosses. */
	c = next("nibp-high", ALARM_START, PRIORITY_HIGH);
	assert_int_equal(tier_info[tier_find(c->tier)].row, 6);
	assert_true(c->confirmed);
	nothing_more();
}

static void
the_age_of_a_cuff_reading_is_told(void **state)
{
	const struct alarm_change *c;
	struct alarm_change open[2];

	(void)state;
	a_session();
	board_phase(&w.board, w.t_ms, PHASE_INFUSION);
	read_from(0, VITAL_NIBP_SYS, 85, QUALITY_GOOD, 20000);
	board_tick(&w.board, w.t_ms);
	c = next("nibp-low", ALARM_START, PRIORITY_MEDIUM);
	assert_int_equal(c->value_age_ms, 20000);
	assert_int_equal(c->since_ms, w.t_ms - 20000);
	pass(60);
	assert_int_equal(open_now(open, 2), 1);
	assert_int_equal(open[0].value_age_ms, 80000);
}

static void
a_cuff_reading_of_before_the_session_is_not_of_this_patient(void **state)
{
	(void)state;
	a_session();
	read_from(0, VITAL_NIBP_SYS, 210, QUALITY_GOOD, 10 * MIN_S * 1000);
	board_tick(&w.board, w.t_ms);
	nothing_more();
	assert_false(board_armed(&w.board, LADDER_NIBP_HIGH));
}

/* A monitor that is heard anew tells its last result once more. */
static void
a_cuff_reading_of_before_the_session_is_not_of_it_after_a_restart(
    void **state)
{
	bool armed[LADDERS] = { false };
	struct baseline none = { 0 };

	(void)state;
	a_bed(1);
	board_restore(&w.board, w.t_ms, w.t_ms - MIN_S * 1000, &w.limits,
	    armed, &none);
	read_from(0, VITAL_NIBP_SYS, 210, QUALITY_GOOD, MIN_S * 1000 + 1);
	board_tick(&w.board, w.t_ms);
	nothing_more();
	read_from(0, VITAL_NIBP_SYS, 210, QUALITY_GOOD, MIN_S * 1000);
	board_tick(&w.board, w.t_ms);
	(void)next("nibp-advisory", ALARM_START, PRIORITY_LOW);
	(void)next("nibp-high", ALARM_START, PRIORITY_HIGH);
	nothing_more();
}

static void
an_absurd_age_is_no_reason_to_fall_over(void **state)
{
	bool armed[LADDERS] = { false };
	struct baseline none = { 0 };

	(void)state;
	a_bed(1);
	board_restore(&w.board, w.t_ms, INT64_MIN, &w.limits, armed, &none);
	read_from(0, VITAL_NIBP_SYS, 210, QUALITY_GOOD, INT64_MAX);
	read_from(0, VITAL_SPO2, 7000, QUALITY_GOOD, INT64_MAX);
	board_tick(&w.board, w.t_ms);
	assert_true(next("nibp-advisory", ALARM_START,
	    PRIORITY_LOW)->value_age_ms > 0);
	(void)next("nibp-high", ALARM_START, PRIORITY_HIGH);
	/* From the future: as of now. */
	read_from(0, VITAL_SPO2, 9700, QUALITY_GOOD, INT64_MIN);
	assert_int_equal(board_source(&w.board, SUBJECT_SPO2), 0);
	nothing_more();
}

static void
a_cuff_that_failed_or_doubts_clears_nothing(void **state)
{
	(void)state;
	a_session();
	board_phase(&w.board, w.t_ms, PHASE_INFUSION);
	cuff(85, 50, 62);
	(void)next("nibp-low", ALARM_START, PRIORITY_MEDIUM);
	pass(60);
	read_from(0, VITAL_NIBP_SYS, 0, QUALITY_ARTEFACT, 0);
	pass(60);
	read_from(0, VITAL_NIBP_SYS, 120, QUALITY_QUESTIONABLE, 0);
	pass(60);
	nothing_more();
	cuff(120, 70, 85);
	(void)next("nibp-low", ALARM_END, PRIORITY_MEDIUM);
}

static void
relative_limits_wait_for_a_confirmed_baseline(void **state)
{
	struct baseline v = { .has[SUBJECT_NIBP_SYS] = true,
		.value[SUBJECT_NIBP_SYS] = 105 };
	const struct alarm_change *c;

	(void)state;
	a_session();
	board_phase(&w.board, w.t_ms, PHASE_INFUSION);
	cuff(146, 70, 90);
	nothing_more();
	board_baseline(&w.board, w.t_ms, &v);
	nothing_more();
	pass(60);
	cuff(144, 70, 90);
	nothing_more();
	pass(60);
	cuff(145, 70, 90);
	c = next("nibp-high", ALARM_START, PRIORITY_MEDIUM);
	assert_string_equal(c->tier, "nibp-rise-sys");
	assert_int_equal(c->limit, 145);
	assert_string_equal(c->text, "NIBP sys 145 mmHg (>=145, baseline 105)"
	    ", unconfirmed: measure again");
	pass(60);
	cuff(135, 70, 90);	/* +30 */
	nothing_more();
	pass(60);
	cuff(134, 70, 90);
	(void)next("nibp-high", ALARM_END, PRIORITY_MEDIUM);
}

static void
a_percentage_of_the_baseline_is_exact(void **state)
{
	struct baseline v = { .has[SUBJECT_HEART_RATE] = true,
		.value[SUBJECT_HEART_RATE] = 71 };

	(void)state;
	a_bed(1);
	w.limits.tier[TIER_HR_RISE].on = true;
	board_open(&w.board, w.t_ms, &w.limits);
	board_baseline(&w.board, w.t_ms, &v);
	pass(31);
	w.hr = 92;	/* 71 + 30 % is 92.3 */
	pass(60);
	nothing_more();
	w.hr = 93;
	pass(31);
	assert_int_equal(next("hr-relative", ALARM_START, PRIORITY_LOW)->limit,
	    93);
	w.hr = 72;
	pass(10);
	(void)next("hr-relative", ALARM_END, PRIORITY_LOW);
	v.value[SUBJECT_HEART_RATE] = 70;	/* 91 to the dot */
	board_baseline(&w.board, w.t_ms, &v);
	w.hr = 91;
	pass(31);
	assert_int_equal(next("hr-relative", ALARM_START, PRIORITY_LOW)->limit,
	    91);
}

static void
the_baseline_advisory_ends_with_the_baseline(void **state)
{
	const struct alarm_change *c;

	(void)state;
	a_session();
	cuff(150, 85, 105);
	c = next("nibp-advisory", ALARM_START, PRIORITY_LOW);
	assert_int_equal(c->type, ALARM_ADVISORY);
	pass(10);
	board_phase(&w.board, w.t_ms, PHASE_INFUSION);
	(void)next("nibp-advisory", ALARM_END, PRIORITY_LOW);
	pass(60);
	cuff(150, 85, 105);
	nothing_more();
}

static void
a_pause_ends_by_itself_and_announces_what_still_holds(void **state)
{
	const struct alarm_change *c;
	int64_t until;

	(void)state;
	a_session();
	until = board_pause(&w.board, w.t_ms, 10 * MIN_S * 1000);
	assert_int_equal(until, w.t_ms + 120000);
	assert_int_equal(board_paused_until(&w.board), until);
	w.spo2 = 90;
	pass(20);
	c = next("spo2-low", ALARM_START, PRIORITY_MEDIUM);
	assert_true(c->paused);
	w.hr = 38;
	pass(15);
	assert_true(next("hr-low", ALARM_START, PRIORITY_HIGH)->paused);
	/* Pausing again gives no more than the rest. */
	assert_int_equal(board_pause(&w.board, w.t_ms, 120000), until);
	/* What came and went in the pause needs no notice. */
	w.spo2 = 97;
	pass(10);
	assert_true(next("spo2-low", ALARM_END, PRIORITY_MEDIUM)->paused);
	pass(80);
	c = next("hr-low", ALARM_CONTINUE, PRIORITY_HIGH);
	assert_int_equal(told_at(), until);
	assert_false(c->paused);
	assert_int_equal(board_paused_until(&w.board), 0);
	nothing_more();
}

static void
an_alarm_of_before_the_pause_is_ended_for_those_who_were_told(void **state)
{
	(void)state;
	a_session();
	w.spo2 = 90;
	pass(20);
	assert_false(next("spo2-low", ALARM_START, PRIORITY_MEDIUM)->paused);
	assert_int_equal(board_pause(&w.board, w.t_ms, 60000), w.t_ms + 60000);
	w.spo2 = 97;
	pass(10);
	assert_false(next("spo2-low", ALARM_END, PRIORITY_MEDIUM)->paused);
	/* Zero ends a pause at once. */
	assert_int_equal(board_pause(&w.board, w.t_ms, 0), w.t_ms);
	assert_int_equal(board_paused_until(&w.board), 0);
	nothing_more();
}

static void
the_loss_of_a_monitor_cannot_be_paused(void **state)
{
	(void)state;
	a_session();
	(void)board_pause(&w.board, w.t_ms, 120000);
	w.silent = true;
	pass(20);
	assert_false(next("no-data:ge", ALARM_START, PRIORITY_MEDIUM)->paused);
	nothing_more();
}

static void
a_silent_monitor_is_one_alarm_and_high_in_the_infusion(void **state)
{
	const struct alarm_change *c;
	int64_t last;

	(void)state;
	a_session();
	w.rr = 14;
	pass(5);
	board_phase(&w.board, w.t_ms, PHASE_INFUSION);
	last = w.t_ms;
	w.silent = true;
	pass(11);
	nothing_more();	/* its driver allows 12 s, more than the preset's 10 */
	pass(3 * MIN_S);
	c = next("no-data:ge", ALARM_START, PRIORITY_MEDIUM);
	assert_int_equal(told_at(), last + 12000);
	assert_string_equal(c->text, "no data from ge for 12 s: the line is "
	    "open, nothing readable comes (off? wrong driver or speed?)");
	(void)next("no-data:ge", ALARM_ESCALATE, PRIORITY_HIGH);
	assert_int_equal(told_at(), last + 60000);
	/* SpO2, heart rate and respiration are missing for that very cause. */
	nothing_more();
	board_link(&w.board, w.t_ms, 0, LINE_GONE);
	c = next("no-data:ge", ALARM_UPDATE, PRIORITY_HIGH);
	assert_non_null(strstr(c->text, "its cable or adapter is gone"));
	/* It ends by itself, and never latches. */
	w.silent = false;
	pass(1);
	assert_string_equal(next("no-data:ge", ALARM_END, PRIORITY_HIGH)->text,
	    "data again from ge");
	nothing_more();
}

static void
a_line_that_is_not_open_is_missed_for_what_is_wrong_with_it(void **state)
{
	static const struct { enum line_state line; const char *words; } of[] = {
		{ LINE_GONE, "its cable or adapter is gone" },
		{ LINE_IN_USE, "another program has its port" },
		{ LINE_SHARED, "it is the port of D1/left too" },
		{ LINE_NO_PERMISSION, "no permission to open its port" },
		{ LINE_NO_PEER, "nobody is at its socket" },
		{ LINE_NOT_OPENED, "its port cannot be opened" },
	};
	char text[TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof of / sizeof of[0]; i++) {
		a_session();
		w.silent = true;
		board_shares(&w.board, 0, "D1/left");
		board_link(&w.board, w.t_ms, 0, of[i].line);
		pass(15);
		snprintf(text, sizeof text, "no data from ge for 12 s: %s",
		    of[i].words);
		assert_string_equal(next("no-data:ge", ALARM_START,
		    PRIORITY_MEDIUM)->text, text);
		nothing_more();
	}
}

/* It would be of the moment when the bed last had something to tell. */
static void
what_is_looked_at_says_no_duration_of_its_own(void **state)
{
	static const char *const text[] = {
		"no data from ge: the line is open, nothing readable comes "
		"(off? wrong driver or speed?)",
		"SpO2 without a value: no sensor",
		"no blood pressure, expected every 5 min",
		"no number of ge changes: frozen?",
	};
	struct alarm_change open[SLOTS];
	size_t n;
	int seen = 0;

	(void)state;
	a_session();
	w.limits.nibp_due_baseline_ms = 300000;
	w.rr = 14;
	w.why = QUALITY_NO_SENSOR;
	pass(5 * MIN_S);
	for (int i = 0; i < 3; i++) {
		w.silent = i == 0;
		w.spo2 = i == 1 ? NONE : 97;
		pass(5 * MIN_S);
		n = open_now(open, SLOTS);
		assert_int_equal(n, 2);
		for (size_t j = 0; j < n; j++) {
			for (int k = 0; k < 4; k++)
				seen |= strcmp(open[j].text, text[k]) == 0 ?
				    1 << k : 0;
		}
	}
	assert_int_equal(seen, 0xf);
}

static void
a_loose_plug_is_told_once_and_not_at_each_contact(void **state)
{
	(void)state;
	a_session();
	for (int event = 0; event < 2; event++) {
		w.silent = true;
		pass(15);
		(void)next("no-data:ge", ALARM_START, PRIORITY_MEDIUM);
		for (int i = 0; i < 60; i++) {
			board_link(&w.board, w.t_ms, 0, i % 2 == 1 ?
			    LINE_OPEN : LINE_GONE);
			pass(1);
		}
		(void)next("no-data:ge", ALARM_UPDATE, PRIORITY_MEDIUM);
		w.silent = false;
		pass(1);
		(void)next("no-data:ge", ALARM_END, PRIORITY_MEDIUM);
		nothing_more();
	}
}

/* Another patient's monitor in this bed's socket: nobody waits for that. */
static void
another_device_in_the_port_is_told_at_once_and_until_data_come(void **state)
{
	const struct alarm_change *c;
	int64_t told;

	(void)state;
	a_session();
	pass(5);
	w.silent = true;
	board_link(&w.board, w.t_ms, 0, LINE_GONE);
	pass(1);
	nothing_more();
	board_link(&w.board, w.t_ms, 0, LINE_OTHER_DEVICE);
	told = w.t_ms;
	c = next("no-data:ge", ALARM_START, PRIORITY_MEDIUM);
	assert_int_equal(told_at(), told);
	assert_string_equal(c->text, "no data from ge for 1 s: another device "
	    "is plugged in at its port, and is not read");
	/* That it is pulled is no cure, and what is there is told once. */
	for (int i = 0; i < 5; i++) {
		board_link(&w.board, w.t_ms, 0, LINE_GONE);
		pass(1);
		board_link(&w.board, w.t_ms, 0, LINE_OTHER_DEVICE);
		pass(1);
	}
	c = next("no-data:ge", ALARM_UPDATE, PRIORITY_MEDIUM);
	assert_non_null(strstr(c->text, "its cable or adapter is gone"));
	c = next("no-data:ge", ALARM_UPDATE, PRIORITY_MEDIUM);
	assert_non_null(strstr(c->text, "another device"));
	nothing_more();
	board_link(&w.board, w.t_ms, 0, LINE_OPEN);
	nothing_more();
	w.silent = false;
	pass(1);
	(void)next("no-data:ge", ALARM_END, PRIORITY_MEDIUM);
	/* And all is as before: silence has its time again. */
	w.silent = true;
	pass(11);
	nothing_more();
}

static void
another_device_in_the_port_is_told_to_each_session_that_opens(void **state)
{
	(void)state;
	a_bed(1);
	w.silent = true;
	board_link(&w.board, w.t_ms, 0, LINE_OTHER_DEVICE);
	pass(60);
	nothing_more();
	board_open(&w.board, w.t_ms, &w.limits);
	(void)next("no-data:ge", ALARM_START, PRIORITY_MEDIUM);
	assert_int_equal(told_at(), w.t_ms);
}

/* For those who are called to high alarms only. */
static void
a_change_says_how_high_its_event_has_been(void **state)
{
	struct alarm_change open;

	(void)state;
	a_session();
	w.spo2 = 90;
	pass(20);
	assert_int_equal(next("spo2-low", ALARM_START, PRIORITY_MEDIUM)->peak,
	    PRIORITY_MEDIUM);
	w.spo2 = 86;
	pass(12);
	assert_int_equal(next("spo2-low", ALARM_ESCALATE, PRIORITY_HIGH)->peak,
	    PRIORITY_HIGH);
	assert_int_equal(open_now(&open, 1), 1);
	assert_true(board_ack(&w.board, w.t_ms, open.event, "nina"));
	(void)next("spo2-low", ALARM_ACKNOWLEDGE, PRIORITY_HIGH);
	w.spo2 = 91;
	pass(10);
	(void)next("spo2-low", ALARM_DEESCALATE, PRIORITY_MEDIUM);
	w.spo2 = 97;
	pass(10);
	assert_int_equal(next("spo2-low", ALARM_END, PRIORITY_MEDIUM)->peak,
	    PRIORITY_HIGH);
	w.spo2 = 91;
	pass(17);
	assert_int_equal(next("spo2-low", ALARM_START, PRIORITY_MEDIUM)->peak,
	    PRIORITY_MEDIUM);
	nothing_more();
}

static void
each_monitor_is_missed_by_its_own_name(void **state)
{
	const struct alarm_change *c;

	(void)state;
	a_bed(2);
	board_open(&w.board, w.t_ms, &w.limits);
	pass(11);	/* the second one never spoke */
	c = next("no-data:masimo", ALARM_START, PRIORITY_MEDIUM);
	assert_non_null(strstr(c->text, "its cable or adapter is gone"));
	board_link(&w.board, w.t_ms, 1, LINE_OPEN);
	c = next("no-data:masimo", ALARM_UPDATE, PRIORITY_MEDIUM);
	assert_non_null(strstr(c->text, "nothing readable comes"));
	nothing_more();
}

static void
a_bed_without_a_monitor_misses_its_values(void **state)
{
	(void)state;
	a_bed(0);
	board_open(&w.board, w.t_ms, &w.limits);
	w.silent = true;
	pass(31);
	(void)next("no-value:heart-rate", ALARM_START, PRIORITY_MEDIUM);
	(void)next("no-value:spo2", ALARM_START, PRIORITY_MEDIUM);
	nothing_more();
}

static void
two_systolic_values_are_two_measurements(void **state)
{
	(void)state;
	a_session();
	board_phase(&w.board, w.t_ms, PHASE_INFUSION);
	read_from(0, VITAL_NIBP_SYS, 165, QUALITY_GOOD, 0);
	read_from(0, VITAL_NIBP_SYS, 185, QUALITY_GOOD, 0);
	board_tick(&w.board, w.t_ms);
	assert_false(next("nibp-high", ALARM_START,
	    PRIORITY_MEDIUM)->confirmed);
	assert_false(next("nibp-high", ALARM_ESCALATE,
	    PRIORITY_HIGH)->confirmed);
	nothing_more();
}

static void
values_that_stay_away_after_the_link_is_back_are_missing(void **state)
{
	(void)state;
	a_session();
	w.silent = true;
	pass(60);
	(void)next("no-data:ge", ALARM_START, PRIORITY_MEDIUM);
	w.silent = false;
	w.spo2 = NONE;
	pass(30);
	(void)next("no-data:ge", ALARM_END, PRIORITY_MEDIUM);
	nothing_more();
	pass(2);
	(void)next("no-value:spo2", ALARM_START, PRIORITY_MEDIUM);
	nothing_more();
}

static void
respiration_is_missed_only_where_it_was_seen(void **state)
{
	(void)state;
	a_session();
	pass(5 * MIN_S);
	nothing_more();
	w.rr = 14;
	pass(5);
	w.rr = NONE;
	pass(80);	/* the monitor sends it no more: stale, then missing */
	(void)next("no-value:rr", ALARM_START, PRIORITY_LOW);
	nothing_more();
}

static void
an_oximeter_on_the_cuffs_arm_is_given_a_minute(void **state)
{
	const struct board_port arm = { "ge", 12000, .same_limb = true };

	(void)state;
	a_bed(1);
	board_init(&w.board, &w.limits, &arm, 1, &room, &sink, &w.ids, w.t_ms);
	board_open(&w.board, w.t_ms, &w.limits);
	pass(40);
	w.spo2 = NONE;
	w.hr = NONE;	/* the ECG has nothing to do with the arm */
	pass(60);
	(void)next("no-value:heart-rate", ALARM_START, PRIORITY_MEDIUM);
	nothing_more();
	pass(2);
	(void)next("no-value:spo2", ALARM_START, PRIORITY_MEDIUM);
}

static void
an_overdue_cuff_is_low_and_then_medium(void **state)
{
	int64_t from;
	const struct alarm_change *c;

	(void)state;
	a_session();
	pass(30 * MIN_S);
	nothing_more();		/* none is demanded in the baseline */
	cuff(120, 70, 85);
	from = w.t_ms;
	board_phase(&w.board, w.t_ms, PHASE_INFUSION);
	pass(21 * MIN_S);
	c = next("nibp-overdue", ALARM_START, PRIORITY_LOW);
	assert_int_equal(told_at(), from + 15 * MIN_S * 1000);
	assert_string_equal(c->text,
	    "no blood pressure for 15 min, expected every 10 min");
	(void)next("nibp-overdue", ALARM_ESCALATE, PRIORITY_MEDIUM);
	assert_int_equal(told_at(), from + 20 * MIN_S * 1000);
	cuff(120, 70, 85);
	(void)next("nibp-overdue", ALARM_END, PRIORITY_MEDIUM);
	nothing_more();
}

static void
damaged_data_are_told_by_their_share(void **state)
{
	const struct alarm_change *c;

	(void)state;
	a_session();
	for (int i = 0; i < 120; i++) {
		pass(1);
		if (i % 5 == 0)
			board_frame(&w.board, w.t_ms, 0, false);
	}
	c = next("damaged-data:ge", ALARM_START, PRIORITY_LOW);
	/* The first minute of whole slices with more than a tenth. */
	assert_int_equal(told_at(), w.board.opened_ms + 71000);
	assert_string_equal(c->text,
	    "damaged data from ge: 8 of 68 messages in a minute");
	nothing_more();
	pass(2 * MIN_S);
	(void)next("damaged-data:ge", ALARM_END, PRIORITY_LOW);
	/* One in a while is nothing. */
	board_frame(&w.board, w.t_ms, 0, false);
	pass(2 * MIN_S);
	nothing_more();
}

/* They are another driver's, most likely, and that is told as missing data. */
static void
a_minute_without_one_sound_frame_is_no_damage(void **state)
{
	(void)state;
	a_session();
	w.silent = true;
	pass(70);
	(void)next("no-data:ge", ALARM_START, PRIORITY_MEDIUM);
	for (int i = 0; i < 50; i++) {
		pass(1);
		board_frame(&w.board, w.t_ms, 0, false);
	}
	nothing_more();
}

/* Those of monitors without a checksum. */
static void
frames_that_were_lost_as_garbage_count_as_damaged(void **state)
{
	const struct alarm_change *c;

	(void)state;
	a_session();
	for (int i = 0; i < 120; i++) {
		pass(1);
		board_lost(&w.board, w.t_ms, 0, i % 10 == 0 ? 2 : 0);
	}
	c = next("damaged-data:ge", ALARM_START, PRIORITY_LOW);
	assert_string_equal(c->text,
	    "damaged data from ge: 8 of 68 messages in a minute");
	nothing_more();
	board_lost(&w.board, w.t_ms, BOARD_PORTS, 9);
}

static void
numbers_that_never_move_are_told_as_frozen(void **state)
{
	(void)state;
	a_session();
	w.rr = 14;
	pass(1);
	pass(119);
	nothing_more();
	pass(2);
	(void)next("frozen:ge", ALARM_START, PRIORITY_LOW);
	w.hr++;
	pass(1);
	(void)next("frozen:ge", ALARM_END, PRIORITY_LOW);
	nothing_more();
}

static void
an_oximeter_whose_two_numbers_stay_is_not_frozen(void **state)
{
	(void)state;
	a_session();
	pass(10 * MIN_S);
	nothing_more();
}

static void
another_source_is_told_and_clears_nothing_by_itself(void **state)
{
	(void)state;
	a_bed(2);
	board_open(&w.board, w.t_ms, &w.limits);
	for (int i = 0; i < 60; i++) {
		pass(1);
		w.spo2 = i > 40 ? 86 : 97;
		board_frame(&w.board, w.t_ms, 1, true);
		read_from(1, VITAL_SPO2, 9700, QUALITY_GOOD, 0);
	}
	(void)next("spo2-low", ALARM_START, PRIORITY_HIGH);
	assert_int_equal(board_source(&w.board, SUBJECT_SPO2), 0);
	assert_int_equal(board_source(&w.board, SUBJECT_RR), -1);
	w.spo2 = NONE;
	for (int i = 0; i < 5; i++) {
		pass(1);
		board_frame(&w.board, w.t_ms, 1, true);
		read_from(1, VITAL_SPO2, 9700, QUALITY_GOOD, 0);
		assert_int_equal(w.source[SUBJECT_SPO2], 1);
	}
	nothing_more();	/* the other has to be inside for 5 s of its own */
}

static void
a_good_value_of_the_second_monitor_beats_a_doubtful_one(void **state)
{
	(void)state;
	a_bed(2);
	w.quality = QUALITY_QUESTIONABLE;
	pass(1);
	assert_int_equal(board_source(&w.board, SUBJECT_SPO2), 0);
	read_from(1, VITAL_SPO2, 9700, QUALITY_GOOD, 0);
	assert_int_equal(board_source(&w.board, SUBJECT_SPO2), 1);
}

static void
the_pulse_stands_in_for_the_heart_rate_but_the_cuffs_does_not(void **state)
{
	const struct alarm_change *c;

	(void)state;
	a_session();
	w.hr = NONE;
	for (int i = 0; i < 20; i++) {
		pass(1);
		read_from(0, VITAL_PR, 38, QUALITY_GOOD, 0);
		read_from(0, VITAL_NIBP_PR, 20, QUALITY_GOOD, 0);
	}
	c = next("hr-low", ALARM_START, PRIORITY_HIGH);
	assert_int_equal(c->vital, VITAL_PR);
	assert_string_equal(c->text, "PR 38 /min (<=40)");
	nothing_more();
}

static void
a_stale_value_feeds_nothing(void **state)
{
	(void)state;
	a_session();
	for (int i = 0; i < 20; i++) {
		w.t_ms += 1000;
		board_frame(&w.board, w.t_ms, 0, true);
		read_from(0, VITAL_HR, 72, QUALITY_GOOD, 0);
		/* The monitor repeats what it measured long ago. */
		read_from(0, VITAL_SPO2, 7000, QUALITY_GOOD, 60000);
	}
	assert_int_equal(board_source(&w.board, SUBJECT_SPO2), -1);
	nothing_more();
}

static void
without_a_session_only_an_advisory_is_raised(void **state)
{
	const struct alarm_change *c;

	(void)state;
	a_bed(1);
	w.spo2 = 70;
	w.hr = 180;
	pass(100);
	w.silent = true;
	pass(60);	/* nobody is told of a monitor that is switched off */
	nothing_more();
	w.silent = false;
	pass(122);
	c = next("vitals-without-session", ALARM_START, PRIORITY_LOW);
	assert_int_equal(c->type, ALARM_ADVISORY);
	nothing_more();
	board_open(&w.board, w.t_ms, &w.limits);
	(void)next("vitals-without-session", ALARM_END, PRIORITY_LOW);
	nothing_more();
}

static void
closing_a_session_ends_its_alarms_with_the_reason(void **state)
{
	(void)state;
	a_session();
	(void)a_high_alarm();
	w.hr = 60;
	pass(10);
	(void)next("hr-low", ALARM_LATCH, PRIORITY_HIGH);
	w.spo2 = 90;
	pass(20);
	(void)next("spo2-low", ALARM_START, PRIORITY_MEDIUM);
	board_close(&w.board, w.t_ms, "the session was closed");
	assert_string_equal(next("hr-low", ALARM_END, PRIORITY_HIGH)->text,
	    "HR 60 /min, was <=40: the session was closed");
	assert_string_equal(next("spo2-low", ALARM_END, PRIORITY_MEDIUM)->text,
	    "SpO2 90 %, was <92: the session was closed");
	pass(60);
	nothing_more();
	assert_false(board_armed(&w.board, LADDER_SPO2_LOW));
}

/* The board looks at what it was handed until it is handed another. */
static void
take_limits(const struct limit_set *l)
{
	static struct limit_set kept[2];
	static int at;

	at = !at;
	kept[at] = *l;
	board_limits(&w.board, w.t_ms, &kept[at]);
}

static void
a_sessions_limits_do_not_survive_into_the_next(void **state)
{
	struct limit_set own;
	struct baseline v = { .has[SUBJECT_NIBP_SYS] = true,
		.value[SUBJECT_NIBP_SYS] = 100 };

	(void)state;
	a_session();
	own = w.limits;
	own.tier[TIER_SPO2_LOW].limit = 90;
	own.tier[TIER_SPO2_LOW].clear = 91;
	take_limits(&own);
	board_baseline(&w.board, w.t_ms, &v);
	w.spo2 = 91;
	pass(60);
	nothing_more();
	board_close(&w.board, w.t_ms, "the session was closed");
	board_open(&w.board, w.t_ms, &w.limits);
	pass(31);
	(void)next("spo2-low", ALARM_START, PRIORITY_MEDIUM);
	cuff(140, 70, 90);	/* +40 over the other patient's baseline */
	nothing_more();
}

static void
a_changed_limit_takes_effect_at_once(void **state)
{
	struct limit_set own;

	(void)state;
	a_session();
	w.spo2 = 91;
	pass(20);
	(void)next("spo2-low", ALARM_START, PRIORITY_MEDIUM);
	own = w.limits;
	own.tier[TIER_SPO2_LOW].on = false;
	take_limits(&own);
	(void)next("spo2-low", ALARM_END, PRIORITY_MEDIUM);
	own.tier[TIER_HR_HIGH].limit = 70;
	own.tier[TIER_HR_HIGH].clear = 65;
	take_limits(&own);
	pass(15);
	(void)next("hr-high", ALARM_START, PRIORITY_MEDIUM);
	nothing_more();
}

/* A patient recovers by way of the lower tier; what is left to be acknowledged
 * is the worst of it. */
static void
a_latched_event_says_the_limit_that_made_it_high(void **state)
{
	const struct alarm_change *c;

	(void)state;
	a_session();
	w.spo2 = 86;
	pass(12);
	(void)next("spo2-low", ALARM_START, PRIORITY_HIGH);
	w.spo2 = 91;
	pass(10);
	c = next("spo2-low", ALARM_DEESCALATE, PRIORITY_HIGH);
	assert_string_equal(c->text, "SpO2 91 % (<92)");
	w.spo2 = 97;
	pass(10);
	c = next("spo2-low", ALARM_LATCH, PRIORITY_HIGH);
	assert_string_equal(c->text, "SpO2 97 %, was <88");
	assert_string_equal(c->tier, "spo2-very-low");
	assert_int_equal(c->limit, 88);
	nothing_more();
}

static void
a_latched_event_forgets_what_was_acknowledged(void **state)
{
	struct alarm_change open;

	(void)state;
	a_session();
	w.spo2 = 79;
	pass(2);
	(void)next("spo2-low", ALARM_START, PRIORITY_HIGH);
	assert_int_equal(open_now(&open, 1), 1);
	assert_true(board_ack(&w.board, w.t_ms, open.event, "nina"));
	(void)next("spo2-low", ALARM_ACKNOWLEDGE, PRIORITY_HIGH);
	w.spo2 = 91;
	pass(16);
	(void)next("spo2-low", ALARM_DEESCALATE, PRIORITY_MEDIUM);
	w.spo2 = 87;
	pass(12);
	(void)next("spo2-low", ALARM_ESCALATE, PRIORITY_HIGH);
	w.spo2 = 97;
	pass(10);
	assert_string_equal(next("spo2-low", ALARM_LATCH, PRIORITY_HIGH)->text,
	    "SpO2 97 %, was <88");
	nothing_more();
}

/* 79 % calls at once, the tier above it would wait for 15 s. */
static void
an_event_does_not_seem_over_while_a_lower_tier_waits(void **state)
{
	(void)state;
	a_session();
	w.spo2 = 79;
	pass(2);
	(void)next("spo2-low", ALARM_START, PRIORITY_HIGH);
	w.spo2 = 91;
	pass(60);
	assert_string_equal(next("spo2-low", ALARM_DEESCALATE,
	    PRIORITY_HIGH)->text, "SpO2 91 % (<92)");
	nothing_more();
}

static void
an_event_keeps_the_limit_that_was_crossed(void **state)
{
	struct limit_set own;
	struct alarm_change open;

	(void)state;
	a_session();
	w.spo2 = 86;
	pass(12);
	assert_string_equal(next("spo2-low", ALARM_START, PRIORITY_HIGH)->text,
	    "SpO2 86 % (<88)");
	own = w.limits;
	own.tier[TIER_SPO2_VERY_LOW].limit = 90;
	own.tier[TIER_SPO2_VERY_LOW].clear = 91;
	take_limits(&own);
	pass(5);
	assert_int_equal(open_now(&open, 1), 1);
	assert_string_equal(open.text, "SpO2 86 % (<88)");
	w.spo2 = 89;	/* beyond the new one alone */
	pass(5);
	assert_int_equal(open_now(&open, 1), 1);
	assert_string_equal(open.text, "SpO2 89 % (<90)");
	w.spo2 = 98;
	pass(10);
	(void)next("spo2-low", ALARM_LATCH, PRIORITY_HIGH);
	own.tier[TIER_SPO2_VERY_LOW].limit = 91;
	take_limits(&own);
	assert_int_equal(open_now(&open, 1), 1);
	assert_string_equal(open.text, "SpO2 98 %, was <90");
	assert_int_equal(open.limit, 90);
	nothing_more();
}

static void
a_value_that_is_not_beyond_its_limit_is_not_said_to_be(void **state)
{
	struct alarm_change open;

	(void)state;
	a_session();
	w.spo2 = 91;
	pass(17);
	(void)next("spo2-low", ALARM_START, PRIORITY_MEDIUM);
	w.spo2 = 92;
	pass(2);
	assert_int_equal(open_now(&open, 1), 1);
	assert_string_equal(open.text, "SpO2 92 % (was <92)");
	w.spo2 = 97;
	pass(10);
	(void)next("spo2-low", ALARM_END, PRIORITY_MEDIUM);
	/* 79 and then 94: whoever measured again need not do so once more. */
	cuff(79, 55, 65);
	(void)next("nibp-low", ALARM_START, PRIORITY_HIGH);
	pass(90);
	cuff(94, 63, 77);
	assert_string_equal(next("nibp-low", ALARM_DEESCALATE,
	    PRIORITY_HIGH)->text, "NIBP sys 94 mmHg (was <=90)");
	nothing_more();
}

static void
the_limits_baseline_is_the_one_that_it_was_made_of(void **state)
{
	struct baseline v = { .has[SUBJECT_NIBP_SYS] = true,
		.value[SUBJECT_NIBP_SYS] = 110 };
	struct alarm_change open;

	(void)state;
	a_session();
	board_phase(&w.board, w.t_ms, PHASE_INFUSION);
	board_baseline(&w.board, w.t_ms, &v);
	cuff(152, 80, 100);
	(void)next("nibp-high", ALARM_START, PRIORITY_MEDIUM);
	v.value[SUBJECT_NIBP_SYS] = 120;
	board_baseline(&w.board, w.t_ms, &v);
	assert_int_equal(open_now(&open, 1), 1);
	assert_string_equal(open.text, "NIBP sys 152 mmHg (>=150, baseline "
	    "110), unconfirmed: measure again");
}

static void
from_systolic_to_diastolic_is_news(void **state)
{
	const struct alarm_change *c;

	(void)state;
	a_session();
	board_phase(&w.board, w.t_ms, PHASE_INFUSION);
	cuff(185, 95, 120);
	(void)next("nibp-high", ALARM_START, PRIORITY_HIGH);
	pass(60);
	cuff(165, 114, 130);
	c = next("nibp-high", ALARM_UPDATE, PRIORITY_HIGH);
	assert_string_equal(c->tier, "nibp-severe-dia");
	assert_string_equal(c->text,
	    "NIBP dia 114 mmHg (>110), unconfirmed: measure again");
	nothing_more();
}

static void
a_monitor_freezes_also_without_its_ecg(void **state)
{
	(void)state;
	a_session();
	w.hr = NONE;	/* the leads are off: the pulse is the rate */
	w.rr = 14;
	for (int i = 0; i < 130; i++) {
		pass(1);
		read_from(0, VITAL_PR, 72, QUALITY_GOOD, 0);
	}
	(void)next("frozen:ge", ALARM_START, PRIORITY_LOW);
	nothing_more();
}

static void
respiration_that_was_seen_before_a_restart_is_missed_after_it(void **state)
{
	bool armed[LADDERS] = { [LADDER_RR_LOW] = true };
	struct baseline none = { 0 };

	(void)state;
	a_bed(1);
	board_restore(&w.board, w.t_ms, w.t_ms - MIN_S * 1000, &w.limits,
	    armed, &none);
	pass(62);
	(void)next("no-value:rr", ALARM_START, PRIORITY_LOW);
	nothing_more();
}

/* The cuff blows up on the oximeter's arm in the middle of a dip. */
static void
a_dip_is_remembered_for_as_long_as_a_cuff_may_hide_it(void **state)
{
	static const struct board_port arm[1] = {
		{ .name = "ge", .silent_after_ms = 12000, .same_limb = true },
	};

	(void)state;
	a_bed(1);
	board_init(&w.board, &w.limits, arm, 1, &room, &sink, &w.ids, w.t_ms);
	board_open(&w.board, w.t_ms, &w.limits);
	pass(40);
	w.spo2 = 90;
	pass(5);
	w.spo2 = NONE;
	pass(45);
	nothing_more();
	w.spo2 = 90;
	pass(1);
	(void)next("spo2-low", ALARM_START, PRIORITY_MEDIUM);
	nothing_more();
}

/* Around the limit it would otherwise come and go every 10 s. */
static void
damaged_data_are_over_at_half_the_rate(void **state)
{
	(void)state;
	a_session();
	for (int i = 0; i < 600; i++) {
		pass(1);
		if (i % 8 == 0)
			board_frame(&w.board, w.t_ms, 0, false);
	}
	(void)next("damaged-data:ge", ALARM_START, PRIORITY_LOW);
	for (int i = 0; i < 600; i++) {
		pass(1);
		if (i % 12 == 0)
			board_frame(&w.board, w.t_ms, 0, false);
	}
	nothing_more();
	pass(2 * MIN_S);
	(void)next("damaged-data:ge", ALARM_END, PRIORITY_LOW);
	nothing_more();
}

static void
each_ladder_is_armed_once(void **state)
{
	(void)state;
	a_session();
	assert_int_equal(w.armed_n, 3);	/* hr-high, hr-low, spo2-low */
	cuff(120, 70, 85);
	assert_int_equal(w.armed_n, 6);	/* and the three of the cuff */
	pass(60);
	cuff(120, 70, 85);
	w.spo2 = NONE;
	pass(60);
	w.spo2 = 97;
	pass(60);
	assert_int_equal(w.armed_n, 6);
}

static void
a_cuffs_source_is_told_too(void **state)
{
	(void)state;
	a_bed(2);
	board_open(&w.board, w.t_ms, &w.limits);
	assert_int_equal(board_source(&w.board, SUBJECT_NIBP_SYS), -1);
	read_from(1, VITAL_NIBP_SYS, 120, QUALITY_GOOD, 0);
	read_from(1, VITAL_NIBP_MAP, 90, QUALITY_GOOD, 0);
	board_tick(&w.board, w.t_ms);
	assert_int_equal(w.sources_n, 2);
	assert_int_equal(w.source[SUBJECT_NIBP_SYS], 1);
	assert_int_equal(w.source[SUBJECT_NIBP_MAP], 1);
	assert_int_equal(board_source(&w.board, SUBJECT_NIBP_SYS), 1);
	assert_int_equal(board_source(&w.board, SUBJECT_NIBP_DIA), -1);
}

static void
a_cuff_that_failed_is_no_measurement(void **state)
{
	(void)state;
	a_session();
	board_phase(&w.board, w.t_ms, PHASE_INFUSION);
	cuff(120, 70, 85);
	pass(14 * MIN_S);
	read_from(0, VITAL_NIBP_SYS, 0, QUALITY_ARTEFACT, 0);
	nothing_more();
	pass(60);
	(void)next("nibp-overdue", ALARM_START, PRIORITY_LOW);
}

static void
from_the_ecg_to_the_oximeter_the_five_seconds_begin_anew(void **state)
{
	(void)state;
	a_session();
	w.hr = 48;
	pass(20);
	(void)next("hr-low", ALARM_START, PRIORITY_MEDIUM);
	w.hr = 60;
	pass(4);
	w.hr = NONE;
	read_from(0, VITAL_PR, 60, QUALITY_GOOD, 0);
	pass(5);
	nothing_more();
	pass(1);
	assert_int_equal(next("hr-low", ALARM_END, PRIORITY_MEDIUM)->vital,
	    VITAL_PR);
}

static void
a_missing_rate_says_why_in_the_monitors_words(void **state)
{
	(void)state;
	a_session();
	w.rr = 14;
	pass(5);
	w.rr = NONE;
	w.hr = NONE;
	w.why = QUALITY_SENSOR_OFF;
	for (int i = 0; i < 62; i++) {
		pass(1);
		read_from(0, VITAL_RR, 0, QUALITY_SEARCHING, 0);
	}
	assert_string_equal(next("no-value:heart-rate", ALARM_START,
	    PRIORITY_MEDIUM)->text,
	    "heart rate without a value for 30 s: "
	    "the sensor is off the patient");
	assert_string_equal(next("no-value:rr", ALARM_START,
	    PRIORITY_LOW)->text,
	    "respiratory rate without a value for 60 s: "
	    "the monitor is searching");
	nothing_more();
}

static void
a_baseline_beyond_any_patient_is_none(void **state)
{
	struct baseline v = { .has = { true, true }, .value = { -1, 40000 } };

	(void)state;
	a_bed(1);
	w.limits.tier[TIER_HR_RISE].on = true;
	w.limits.tier[TIER_SPO2_DROP].on = true;
	board_open(&w.board, w.t_ms, &w.limits);
	board_baseline(&w.board, w.t_ms, &v);
	pass(2 * MIN_S);
	nothing_more();
	assert_false(board_armed(&w.board, LADDER_HR_RELATIVE));
	assert_false(board_armed(&w.board, LADDER_SPO2_DROP));
}

static void
what_the_bed_has_no_port_for_is_ignored(void **state)
{
	(void)state;
	a_session();
	w.silent = true;
	pass(5);
	board_frame(&w.board, w.t_ms, 1, true);
	board_frame(&w.board, w.t_ms, BOARD_PORTS, true);
	board_link(&w.board, w.t_ms, BOARD_PORTS, LINE_OPEN);
	read_from(1, VITAL_SPO2, 7000, QUALITY_GOOD, 0);
	read_from(BOARD_PORTS, VITAL_SPO2, 7000, QUALITY_GOOD, 0);
	assert_int_equal(board_source(&w.board, SUBJECT_SPO2), 0);
	nothing_more();
	pass(15);
	(void)next("no-data:ge", ALARM_START, PRIORITY_MEDIUM);
	nothing_more();
}

static void
a_view_takes_no_more_room_than_it_is_given(void **state)
{
	struct alarm_change open[2] = { { .text = "" }, { .text = "kept" } };

	(void)state;
	a_session();
	w.spo2 = 86;
	w.hr = 38;
	pass(20);
	assert_int_equal(open_now(open, 1), 1);
	assert_string_equal(open[1].text, "kept");
	assert_int_equal(open_now(open, 2), 2);
}

static void
demo_data_never_look_real(void **state)
{
	(void)state;
	a_session();
	w.flags = READING_DEMO;
	w.spo2 = 90;
	pass(20);
	assert_true(next("spo2-low", ALARM_START, PRIORITY_MEDIUM)->demo);
}

/* Samples are kept as bytes. */
static void
no_good_level_is_too_large_for_a_sample(void **state)
{
	static const enum vital levels[] = { VITAL_HR, VITAL_PR, VITAL_SPO2,
		VITAL_RR };
	struct baseline v;

	(void)state;
	for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++) {
		const struct vital_info *info = &vital_info[levels[i]];

		assert_in_range(vital_shown(levels[i], info->doubt_below), 0,
		    SAMPLE_NONE - 1);
		assert_in_range(vital_shown(levels[i], info->doubt_above), 0,
		    SAMPLE_NONE - 1);
	}
	a_session();
	w.hr = 250;
	pass(120);
	board_suggest(&w.board, w.t_ms, &v);
	assert_int_equal(v.value[SUBJECT_HEART_RATE], 250);
	w.hr = 300;	/* doubtful: kept out, not cut short */
	pass(40);
	board_suggest(&w.board, w.t_ms, &v);
	assert_int_equal(v.value[SUBJECT_HEART_RATE], 250);
}

/* The memory of the values is not cleared between patients. */
static void
a_suggestion_holds_nothing_of_the_session_before(void **state)
{
	struct baseline v;

	(void)state;
	a_session();
	w.hr = 110;
	pass(4 * MIN_S);
	board_close(&w.board, w.t_ms, "closed");
	board_open(&w.board, w.t_ms, &w.limits);
	board_suggest(&w.board, w.t_ms, &v);
	assert_int_equal(v.value[SUBJECT_HEART_RATE], 110);	/* as of now */
	w.hr = 64;
	pass(3);
	board_suggest(&w.board, w.t_ms, &v);
	assert_int_equal(v.value[SUBJECT_HEART_RATE], 64);
}

static void
the_suggested_baseline_is_the_median_of_5_minutes(void **state)
{
	struct baseline v;

	(void)state;
	a_session();
	w.hr = 60;
	pass(2 * MIN_S);
	w.hr = 70;
	pass(2 * MIN_S);
	w.hr = 170;	/* a wave to the nurse */
	pass(5);
	w.hr = 62;
	w.quality = QUALITY_QUESTIONABLE;
	pass(30);
	cuff(118, 72, 88);
	board_suggest(&w.board, w.t_ms, &v);
	assert_true(v.has[SUBJECT_HEART_RATE]);
	assert_int_equal(v.value[SUBJECT_HEART_RATE], 70);
	assert_int_equal(v.value[SUBJECT_SPO2], 97);
	assert_false(v.has[SUBJECT_RR]);
	assert_int_equal(v.value[SUBJECT_NIBP_SYS], 118);
	/* A cuff reading of the infusion is no baseline. */
	board_phase(&w.board, w.t_ms, PHASE_INFUSION);
	pass(30);
	cuff(140, 80, 95);
	board_suggest(&w.board, w.t_ms, &v);
	assert_int_equal(v.value[SUBJECT_NIBP_SYS], 118);
}

/* As the log tells them after a restart. */
static struct alarm_change
before_the_restart(enum alarm_state s, bool acknowledged)
{
	struct alarm_change c = {
		.event = { 0x1111, 7 }, .condition = "spo2-low",
		.tier = "spo2-very-low", .type = ALARM_PHYSIOLOGICAL,
		.phase = ALARM_START, .state = s, .priority = PRIORITY_HIGH,
		.level = s == ALARM_ACTIVE ? PRIORITY_HIGH : PRIORITY_NONE,
		.acknowledged = acknowledged, .confirmed = true,
		.since_ms = INT64_C(1) << 40,	/* another boot's clock */
	};

	return c;
}

static void
restart(const struct alarm_change *c)
{
	bool armed[LADDERS] = { [LADDER_SPO2_LOW] = true };
	struct baseline none = { 0 };

	a_bed(1);
	board_restore(&w.board, w.t_ms, w.t_ms - MIN_S * 1000, &w.limits,
	    armed, &none);
	board_phase(&w.board, w.t_ms, PHASE_INFUSION);
	board_adopt(&w.board, w.t_ms, c);
	assert_true(board_armed(&w.board, LADDER_SPO2_LOW));
	assert_false(board_armed(&w.board, LADDER_HR_LOW));
}

static void
an_event_outlives_a_restart_and_nobody_is_told_twice(void **state)
{
	struct alarm_change c = before_the_restart(ALARM_ACTIVE, false);
	struct alarm_change open[2];
	const struct alarm_change *told;

	(void)state;
	restart(&c);
	w.spo2 = 86;
	pass(60);
	nothing_more();
	assert_int_equal(open_now(open, 2), 1);
	assert_true(event_id_equal(open[0].event, c.event));
	assert_true(open[0].since_ms <= w.t_ms);
	w.spo2 = 90;
	pass(8);
	told = next("spo2-low", ALARM_DEESCALATE, PRIORITY_HIGH);
	assert_true(event_id_equal(told->event, c.event));
	w.spo2 = 97;
	pass(8);
	(void)next("spo2-low", ALARM_LATCH, PRIORITY_HIGH);
	assert_true(board_ack(&w.board, w.t_ms, c.event, "nina"));
	(void)next("spo2-low", ALARM_RESET, PRIORITY_HIGH);
	nothing_more();
}

static void
an_acknowledgement_and_a_latch_outlive_a_restart(void **state)
{
	struct alarm_change c = before_the_restart(ALARM_ACTIVE, true);
	struct alarm_change latched = before_the_restart(ALARM_LATCHED, false);

	(void)state;
	restart(&c);
	pass(8);
	(void)next("spo2-low", ALARM_END, PRIORITY_HIGH);
	nothing_more();
	restart(&latched);
	pass(60);
	nothing_more();
	assert_true(board_ack(&w.board, w.t_ms, latched.event, "nina"));
	(void)next("spo2-low", ALARM_RESET, PRIORITY_HIGH);
}

/* Who was not called by it is not told how it ends, restart or not. */
static void
how_high_an_event_has_been_outlives_a_restart(void **state)
{
	struct alarm_change c = before_the_restart(ALARM_ACTIVE, true);

	(void)state;
	c.priority = c.level = c.peak = PRIORITY_MEDIUM;
	strcpy(c.tier, "spo2-low");
	restart(&c);
	pass(8);
	assert_int_equal(next("spo2-low", ALARM_END, PRIORITY_MEDIUM)->peak,
	    PRIORITY_MEDIUM);
	c.peak = PRIORITY_HIGH;
	restart(&c);
	pass(8);
	assert_int_equal(next("spo2-low", ALARM_END, PRIORITY_MEDIUM)->peak,
	    PRIORITY_HIGH);
	strcpy(c.condition, "no-data:ge");
	c.tier[0] = '\0';
	c.peak = PRIORITY_MEDIUM;
	restart(&c);
	assert_int_equal(next("no-data:ge", ALARM_END, PRIORITY_MEDIUM)->peak,
	    PRIORITY_MEDIUM);
	nothing_more();
}

static void
a_technical_event_ends_at_a_restart(void **state)
{
	struct alarm_change c = before_the_restart(ALARM_ACTIVE, false);

	(void)state;
	strcpy(c.condition, "no-data:ge");
	strcpy(c.text, "no data from ge for 15 s");
	strcpy(c.by, "nina");	/* had acknowledged it */
	c.tier[0] = '\0';
	restart(&c);
	assert_string_equal(next("no-data:ge", ALARM_END, PRIORITY_HIGH)->text,
	    "no data from ge for 15 s: vitalsd was restarted");
	assert_string_equal(w.told[0].c.by, "");
	assert_int_equal(w.told[0].c.state, ALARM_INACTIVE);
	nothing_more();
}

static void
what_a_pause_withheld_is_announced_after_a_restart(void **state)
{
	struct alarm_change c = before_the_restart(ALARM_ACTIVE, false);

	(void)state;
	c.paused = true;
	restart(&c);
	assert_false(next("spo2-low", ALARM_CONTINUE, PRIORITY_HIGH)->paused);
	nothing_more();
}

/* Announced, acknowledged, confirmed in a pause; then vitalsd restarts. */
static void
the_end_is_told_also_when_a_pause_and_a_restart_lie_before_it(void **state)
{
	struct alarm_change c = before_the_restart(ALARM_ACTIVE, true);

	(void)state;
	c.paused = true;
	restart(&c);
	nothing_more();
	pass(8);
	assert_false(next("spo2-low", ALARM_END, PRIORITY_HIGH)->paused);
	nothing_more();
	strcpy(c.condition, "nibp-overdue");
	c.tier[0] = '\0';
	restart(&c);
	assert_false(next("nibp-overdue", ALARM_END, PRIORITY_HIGH)->paused);
	nothing_more();
}

static void
a_frame_that_waited_in_a_buffer_does_no_harm(void **state)
{
	(void)state;
	a_session();
	board_tick(&w.board, w.t_ms + 500);
	board_frame(&w.board, w.t_ms, 0, true);
	read_from(0, VITAL_SPO2, 9700, QUALITY_GOOD, 0);
	assert_true(board_next_ms(&w.board) > w.t_ms + 500);
	nothing_more();
}

/* --- board_next_ms() is exact ------------------------------------------- */

static uint32_t seed;

static uint32_t
roll(uint32_t sides)
{
	seed ^= seed << 13;
	seed ^= seed >> 17;
	seed ^= seed << 5;
	return seed % sides;
}

static void
random_reading(void)
{
	static const enum vital kind[] = { VITAL_HR, VITAL_PR, VITAL_SPO2,
		VITAL_RR, VITAL_SPO2, VITAL_NIBP_SYS, VITAL_NIBP_DIA };
	static const int32_t low[VITALS] = { [VITAL_HR] = 30,
		[VITAL_PR] = 30, [VITAL_SPO2] = 7500, [VITAL_RR] = 4,
		[VITAL_NIBP_SYS] = 70, [VITAL_NIBP_DIA] = 40 };
	static const uint32_t span[VITALS] = { [VITAL_HR] = 120,
		[VITAL_PR] = 120, [VITAL_SPO2] = 2500, [VITAL_RR] = 30,
		[VITAL_NIBP_SYS] = 150, [VITAL_NIBP_DIA] = 90 };
	enum vital v = kind[roll(7)];
	int32_t value = low[v];

	/* Mostly the same again, so that things last and numbers freeze. */
	if (roll(3) == 0)
		value += (int32_t)roll(span[v]);
	read_from(roll(2), v, value,
	    roll(4) ? QUALITY_GOOD : (enum quality)roll(QUALITIES),
	    roll(8) ? 0 : (int64_t)roll(20000));
}

static void
random_input(void)
{
	struct limit_set own = w.limits;
	struct alarm_change open[SLOTS];
	size_t n;

	switch (roll(60)) {
	case 0:
		board_phase(&w.board, w.t_ms, (enum phase)(1 + roll(4)));
		break;
	case 1:
		(void)board_pause(&w.board, w.t_ms, roll(150000));
		break;
	case 2:
		board_tick(&w.board, w.t_ms);
		n = board_view(&w.board, open, SLOTS);
		if (n > 0)
			assert_true(board_ack(&w.board, w.t_ms,
			    open[roll((uint32_t)n)].event, "x"));
		break;
	case 3:
		own.tier[TIER_SPO2_LOW].on = roll(2);
		own.clear_ms = (int32_t)roll(9000);
		take_limits(&own);
		break;
	case 4:
		board_link(&w.board, w.t_ms, roll(2),
		    (enum line_state)roll(LINE_STATES));
		break;
	case 5:
		if (roll(20) == 0)
			board_close(&w.board, w.t_ms, "closed");
		else if (roll(20) == 0)
			board_open(&w.board, w.t_ms, &w.limits);
		break;
	default:
		board_frame(&w.board, w.t_ms, roll(2), roll(6) > 0);
		for (uint32_t i = roll(5); i > 0; i--)
			random_reading();
	}
}

/* The same input; between two of them time passes as 'every' says: so many ms
 * at a time, or (0) from one board_next_ms() to the next, or (-1) not at all. */
static void
play(uint32_t start, int every)
{
	a_bed(2);
	w.limits.no_value_ms = 6000;
	w.limits.no_rr_ms = 9000;
	w.limits.frozen_ms = 5000;
	w.limits.nibp_due_baseline_ms = 1000;
	board_open(&w.board, w.t_ms, &w.limits);
	seed = start;
	for (int i = 0; i < 1200 && w.told_n < SEEN_MAX - 40; i++) {
		int64_t to = w.t_ms + (roll(50) ? roll(2500) : roll(90000));
		int64_t t = w.t_ms, due;

		board_tick(&w.board, w.t_ms);
		while (every > 0 && t + every < to)
			board_tick(&w.board, t += every);
		while (every == 0 && (due = board_next_ms(&w.board)) < to) {
			assert_true(due > t);
			board_tick(&w.board, t = due);
		}
		w.t_ms = to;
		random_input();
	}
	board_tick(&w.board, w.t_ms + 600000);
}

static void
next_ms_names_every_moment_at_which_something_changes(void **state)
{
	static struct told one[SEEN_MAX];
	static const int ways[] = { 97, 1000, -1 };
	size_t all = 0;

	(void)state;
	for (uint32_t run = 1; run <= 24; run++) {
		size_t n;

		play(run * 2654435761u, 0);
		n = w.told_n;
		all += n;
		memcpy(one, w.told, sizeof one);
		for (size_t k = 0; k < 3; k++) {
			play(run * 2654435761u, ways[k]);
			assert_int_equal(w.told_n, n);
			for (size_t i = 0; i < n; i++) {
				assert_int_equal(w.told[i].t_ms, one[i].t_ms);
				assert_memory_equal(&w.told[i].c, &one[i].c,
				    sizeof one[i].c);
			}
		}
	}
	assert_true(all > 1000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test(name)
		T(a_lasting_dip_is_raised_once),
		T(a_dip_shorter_than_the_delay_raises_nothing),
		T(a_value_that_flaps_makes_no_storm_of_alarms),
		T(a_value_is_judged_as_the_monitor_shows_it),
		T(a_medium_alarm_ends_by_itself_after_5_s_at_its_clear_value),
		T(a_fall_from_medium_to_high_escalates_the_same_event),
		T(a_high_alarm_latches_until_somebody_acknowledges_it),
		T(what_returns_while_latched_is_the_same_event),
		T(acknowledged_while_active_it_ends_when_it_is_over),
		T(a_higher_priority_breaks_through_an_acknowledgement),
		T(a_probe_off_while_pending_becomes_technical),
		T(pending_holds_while_a_value_is_missing),
		T(a_missing_or_rejected_value_clears_nothing),
		T(a_questionable_value_starts_an_alarm_but_clears_none),
		T(a_heart_rate_of_zero_is_an_alarm_and_not_a_gap),
		T(alarms_are_armed_after_30_s_of_valid_data),
		T(a_second_cuff_reading_confirms),
		T(a_reading_that_is_told_again_confirms_nothing),
		T(a_corrected_cuff_result_does_not_confirm_the_first),
		T(the_same_numbers_of_another_time_confirm),
		T(a_second_reading_after_more_than_5_minutes_confirms_nothing),
		T(an_extreme_pressure_needs_no_second_reading),
		T(the_age_of_a_cuff_reading_is_told),
		T(a_cuff_reading_of_before_the_session_is_not_of_this_patient),
		T(a_cuff_reading_of_before_the_session_is_not_of_it_after_a_restart),
		T(an_absurd_age_is_no_reason_to_fall_over),
		T(a_cuff_that_failed_or_doubts_clears_nothing),
		T(relative_limits_wait_for_a_confirmed_baseline),
		T(a_percentage_of_the_baseline_is_exact),
		T(the_baseline_advisory_ends_with_the_baseline),
		T(a_pause_ends_by_itself_and_announces_what_still_holds),
		T(an_alarm_of_before_the_pause_is_ended_for_those_who_were_told),
		T(the_loss_of_a_monitor_cannot_be_paused),
		T(a_silent_monitor_is_one_alarm_and_high_in_the_infusion),
		T(a_line_that_is_not_open_is_missed_for_what_is_wrong_with_it),
		T(what_is_looked_at_says_no_duration_of_its_own),
		T(a_loose_plug_is_told_once_and_not_at_each_contact),
		T(another_device_in_the_port_is_told_at_once_and_until_data_come),
		T(another_device_in_the_port_is_told_to_each_session_that_opens),
		T(a_change_says_how_high_its_event_has_been),
		T(each_monitor_is_missed_by_its_own_name),
		T(a_bed_without_a_monitor_misses_its_values),
		T(two_systolic_values_are_two_measurements),
		T(values_that_stay_away_after_the_link_is_back_are_missing),
		T(respiration_is_missed_only_where_it_was_seen),
		T(an_oximeter_on_the_cuffs_arm_is_given_a_minute),
		T(an_overdue_cuff_is_low_and_then_medium),
		T(damaged_data_are_told_by_their_share),
		T(a_minute_without_one_sound_frame_is_no_damage),
		T(frames_that_were_lost_as_garbage_count_as_damaged),
		T(numbers_that_never_move_are_told_as_frozen),
		T(an_oximeter_whose_two_numbers_stay_is_not_frozen),
		T(another_source_is_told_and_clears_nothing_by_itself),
		T(a_good_value_of_the_second_monitor_beats_a_doubtful_one),
		T(the_pulse_stands_in_for_the_heart_rate_but_the_cuffs_does_not),
		T(a_stale_value_feeds_nothing),
		T(without_a_session_only_an_advisory_is_raised),
		T(closing_a_session_ends_its_alarms_with_the_reason),
		T(a_sessions_limits_do_not_survive_into_the_next),
		T(a_changed_limit_takes_effect_at_once),
		T(a_latched_event_says_the_limit_that_made_it_high),
		T(a_latched_event_forgets_what_was_acknowledged),
		T(an_event_does_not_seem_over_while_a_lower_tier_waits),
		T(an_event_keeps_the_limit_that_was_crossed),
		T(a_value_that_is_not_beyond_its_limit_is_not_said_to_be),
		T(the_limits_baseline_is_the_one_that_it_was_made_of),
		T(from_systolic_to_diastolic_is_news),
		T(a_monitor_freezes_also_without_its_ecg),
		T(respiration_that_was_seen_before_a_restart_is_missed_after_it),
		T(a_dip_is_remembered_for_as_long_as_a_cuff_may_hide_it),
		T(damaged_data_are_over_at_half_the_rate),
		T(each_ladder_is_armed_once),
		T(a_cuffs_source_is_told_too),
		T(a_cuff_that_failed_is_no_measurement),
		T(from_the_ecg_to_the_oximeter_the_five_seconds_begin_anew),
		T(a_missing_rate_says_why_in_the_monitors_words),
		T(a_baseline_beyond_any_patient_is_none),
		T(what_the_bed_has_no_port_for_is_ignored),
		T(a_view_takes_no_more_room_than_it_is_given),
		T(demo_data_never_look_real),
		T(no_good_level_is_too_large_for_a_sample),
		T(a_suggestion_holds_nothing_of_the_session_before),
		T(the_suggested_baseline_is_the_median_of_5_minutes),
		T(an_event_outlives_a_restart_and_nobody_is_told_twice),
		T(an_acknowledgement_and_a_latch_outlive_a_restart),
		T(how_high_an_event_has_been_outlives_a_restart),
		T(a_technical_event_ends_at_a_restart),
		T(what_a_pause_withheld_is_announced_after_a_restart),
		T(the_end_is_told_also_when_a_pause_and_a_restart_lie_before_it),
		T(a_frame_that_waited_in_a_buffer_does_no_harm),
		T(next_ms_names_every_moment_at_which_something_changes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

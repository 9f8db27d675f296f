/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Hours on a ward: one bed, a patient whose numbers wander and a monitor that
 * has its mishaps, staff who acknowledge, pause, change limits, and a daemon
 * that is restarted.  Not what is told at which moment (test_board.c says that),
 * but what must hold at every moment, whatever happens.
 *
 * Easy to get wrong: the oracle counts only what needs no knowledge of the
 * engine: runs of sound values beyond a limit, or well inside all of them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "daemon/hub.h"

#define EVENTS_MAX 2000
#define OPEN_MAX 64
#define SILENT_S 12
#define RUNS 6
/* An episode in six minutes, each begun, acknowledged and ended: measured at
 * 92 %, the limit itself (20 events, 59 notices); elsewhere far fewer. */
#define NOTICES_MAX 80

struct event_seen {
	struct alarm_change last;
	bool open;	/* as the log has it */
	bool known;	/* as a receiver of notices has it */
};

static const struct driver monitor = {
	.name = "stand-in", .title = "Stand-in monitor",
	.silent_after_ms = SILENT_S * 1000,
};

static struct ward {
	struct hub hub;
	struct hub_bed bed[1];
	struct hub_port port[1];
	int64_t next[2 * 1];
	struct session_head ended[1];
	struct session_step step[HUB_STEPS(1)];
	struct limit_set own_limits[1];
	struct hub_value value[VITALS * 1];
	uint8_t sample[SUBJECT_LEVELS * 1][SAMPLES];
	char by[1][SLOTS][BY_MAX];
	struct port_state board_port[1];
	struct box_slot slot[BOX_SLOTS(1, 4)];
	struct now now;
	uint64_t start;
	uint32_t random;
	struct event_seen event[EVENTS_MAX];
	size_t events_n;
	size_t notices[PRIORITIES], starts;
	bool loud;
	int64_t pause_until_ms;

	/* The patient and the monitor. */
	double spo2, hr, rr, noise[3];
	int bad_s[SUBJECT_LEVELS];	/* so long without a value */
	int silent_s;
	/* The oracle: for so many seconds in a row... */
	int beyond_s[TIERS], well_s[LADDERS], missing_s[SUBJECT_LEVELS];
	int quiet_s, since_cuff_s, valid_s[SUBJECT_LEVELS];
	bool rr_seen;
} w;

static uint32_t
dice(uint32_t sides)
{
	w.random = w.random * 1664525u + 1013904223u;
	return (w.random >> 8) % sides;
}

/* About normal, of variance 1. */
static double
gauss(void)
{
	double sum = 0;

	for (int i = 0; i < 12; i++)
		sum += (double)dice(10000) / 10000.0;
	return sum - 6;
}

static void
on_reading(void *arg, const struct now *now, size_t port,
    const struct reading *r)
{
	(void)arg, (void)now, (void)port, (void)r;
}

static void
on_record(void *arg, const struct now *now, const struct record *r,
    bool urgent)
{
	(void)arg, (void)now, (void)r, (void)urgent;
}

static void
on_changed(void *arg, size_t bed)
{
	(void)arg, (void)bed;
}

static struct event_seen *
seen(struct event_id id)
{
	for (size_t i = w.events_n; i > 0; i--)
		if (event_id_equal(w.event[i - 1].last.event, id))
			return &w.event[i - 1];
	return NULL;
}

/* A sentence may call a value beyond a limit only if it is. */
static void
check_sentence(const struct alarm_change *c)
{
	int tier = tier_find(c->tier);
	bool is_beyond;

	if (tier < 0 || !c->has_value || c->state != ALARM_ACTIVE)
		return;
	is_beyond = comparison_beyond(tier_info[tier].comparison, c->value,
	    c->limit);
	if (is_beyond == (strstr(c->text, "(was ") != NULL))
		fail_msg("says \"%s\" of %d and %d", c->text, (int)c->value,
		    (int)c->limit);
}

static void
on_alarm(void *arg, const struct now *now, const struct alarm_change *c,
    const char *label)
{
	struct event_seen *e = seen(c->event);
	bool over = c->phase == ALARM_END || c->phase == ALARM_RESET;
	bool calls = c->phase == ALARM_START || c->phase == ALARM_CONTINUE ||
	    c->phase == ALARM_UPDATE || c->phase == ALARM_ESCALATE;

	(void)arg, (void)label;
	if (c->phase == ALARM_START) {
		assert_null(e);
		assert_true(w.events_n < EVENTS_MAX);
		e = &w.event[w.events_n++];
		w.starts++;
	} else if (e == NULL || !e->open) {
		fail_msg("%s of an event that is not open: %s",
		    alarm_phase_name(c->phase), c->text);
	}
	e->last = *c;
	e->open = !over;
	assert_true(over == (c->state == ALARM_INACTIVE));
	assert_true(c->priority >= c->level);
	assert_true(c->since_ms <= now->t_ms);
	assert_true(c->text[0] != '\0');
	check_sentence(c);
	if (calls && now->t_ms < w.pause_until_ms &&
	    strncmp(c->condition, "no-data", 7) != 0 && c->bed[0] != '\0' &&
	    strncmp(c->condition, "restarted", 9) != 0)
		assert_true(c->paused);
	if (c->paused)
		return;
	w.notices[c->priority]++;
	if (calls)
		e->known = true;
	if (over)
		e->known = false;
	if (w.loud)
		printf("%6lld s %-10s %s %s\n",
		    (long long)(now->t_ms / 1000), alarm_phase_name(c->phase),
		    priority_name(c->priority), c->text);
}

static void
begin_process(void)
{
	static const struct hub_sink sink = { &w, on_reading, on_record,
		on_alarm, on_changed };
	static const struct hub_bed_config bed = { "CHAIR1", "Chair 1" };
	static const struct hub_port_config port = { "ge", 0, &monitor, false,
		0 };
	struct limit_set site;

	memset(&w.hub, 0, sizeof w.hub);
	w.hub.bed = w.bed;
	w.hub.beds_n = 1;
	w.hub.port = w.port;
	w.hub.ports_n = 1;
	w.hub.next_ms = w.next;
	w.hub.ended = w.ended;
	w.hub.step = w.step;
	w.hub.limits = w.own_limits;
	w.hub.value = w.value;
	w.hub.sample = w.sample;
	w.hub.by = w.by;
	w.hub.board_port = w.board_port;
	w.hub.box_slot = w.slot;
	w.hub.box_slots_n = BOX_SLOTS(1, 4);
	limit_set_default(&site);
	hub_init(&w.hub, &w.now, ++w.start, &site, &bed, &port, &sink);
	hub_link(&w.hub, &w.now, 0, LINE_OPEN, "open");
}

static void
state(enum statement_kind kind)
{
	struct statement st = { .kind = kind, .at_ms = w.now.t_ms,
		.at_wall_ms = w.now.wall_ms };

	strcpy(st.user, "anna");
	strcpy(st.session, "20261121-CHAIR1-1");
	assert_int_equal(hub_state(&w.hub, &w.now, 0, &st), REFUSAL_NONE);
}

static void
open_ward(uint32_t seed, double spo2)
{
	memset(&w, 0, sizeof w);
	w.now = (struct now){ 1000000, 1795000000000, true };
	w.random = seed;
	w.start = 0xabc0;
	w.spo2 = spo2;
	w.hr = 74;
	w.rr = 15;
	begin_process();
	state(STATEMENT_SESSION_START);
}

/* kill -9, and the log read back. */
static void
restart(void)
{
	static struct alarm_change open[OPEN_MAX];
	struct session session;
	struct limit_set limits = *w.bed[0].board.limits;
	bool armed[LADDERS];
	size_t n = 0;

	hub_session(&w.hub, 0, &session);
	for (int i = 0; i < LADDERS; i++)
		armed[i] = board_armed(&w.bed[0].board, (enum ladder)i);
	for (size_t i = 0; i < w.events_n; i++) {
		if (!w.event[i].open)
			continue;
		if (w.event[i].last.bed[0] == '\0' || strncmp(
		    w.event[i].last.condition, "restarted", 9) == 0)
			w.event[i].open = w.event[i].known = false;
		else if (n < OPEN_MAX)
			open[n++] = w.event[i].last;
	}
	w.now.t_ms += 2000;
	w.now.wall_ms += 2000;
	w.pause_until_ms = 0;
	w.quiet_s = w.silent_s = w.since_cuff_s = 0;
	memset(w.missing_s, 0, sizeof w.missing_s);
	memset(w.beyond_s, 0, sizeof w.beyond_s);
	memset(w.well_s, 0, sizeof w.well_s);
	memset(w.valid_s, 0, sizeof w.valid_s);
	w.rr_seen = armed[LADDER_RR_LOW];
	begin_process();
	hub_restore(&w.hub, &w.now, 0, &session, &limits, armed, NULL, open,
	    n);
}

static const enum vital level_vital[SUBJECT_LEVELS] = {
	[SUBJECT_HEART_RATE] = VITAL_HR,
	[SUBJECT_SPO2] = VITAL_SPO2,
	[SUBJECT_RR] = VITAL_RR,
};

static void
judge_value(enum subject s, bool has, int32_t value)
{
	bool well[LADDERS];

	for (int i = 0; i < LADDERS; i++)
		well[i] = has;
	w.missing_s[s] = has ? 0 : w.missing_s[s] + 1;
	w.valid_s[s] += has;
	w.rr_seen = w.rr_seen || (has && s == SUBJECT_RR);
	for (int i = 0; i < TIERS; i++) {
		const struct limit *l = &w.bed[0].board.limits->tier[i];

		if (tier_info[i].subject != s)
			continue;
		w.beyond_s[i] = has && l->on && comparison_beyond(
		    tier_info[i].comparison, value, l->limit) ?
		    w.beyond_s[i] + 1 : 0;
		if (!l->on)
			continue;
		if (!comparison_clear(tier_info[i].comparison, value,
		    l->clear))
			well[tier_info[i].ladder] = false;
	}
	for (int i = 0; i < TIERS; i++) {
		enum ladder l = tier_info[i].ladder;

		if (tier_info[i].subject == s &&
		    (i == 0 || tier_info[i - 1].ladder != l))
			w.well_s[l] = well[l] ? w.well_s[l] + 1 : 0;
	}
}

static void
hear(void)
{
	struct decoded d = { .t_ms = w.now.t_ms, .result = DECODE_OK };
	int32_t value[SUBJECT_LEVELS];

	for (int i = 0; i < 3; i++)
		w.noise[i] = 0.9 * w.noise[i] + 0.44 * gauss();
	value[SUBJECT_HEART_RATE] = (int32_t)(w.hr + 2 * w.noise[0]);
	value[SUBJECT_SPO2] = (int32_t)(w.spo2 + 0.7 * w.noise[1] + 0.5);
	value[SUBJECT_RR] = (int32_t)(w.rr + w.noise[2]);
	if (value[SUBJECT_SPO2] > 100)
		value[SUBJECT_SPO2] = 100;
	for (int s = 0; s < SUBJECT_LEVELS; s++) {
		bool has = w.bad_s[s] == 0;

		if (!has)
			w.bad_s[s]--;
		readings_add(&d.readings, level_vital[s], has ? QUALITY_GOOD :
		    QUALITY_SENSOR_OFF, value[s] *
		    (s == SUBJECT_SPO2 ? 100 : 1));
		judge_value((enum subject)s, has, value[s]);
	}
	hub_frame(&w.hub, &w.now, 0, &d);
	w.quiet_s = 0;
}

static void
cuff(int sys, int dia)
{
	struct decoded d = { .t_ms = w.now.t_ms, .result = DECODE_OK };

	readings_add(&d.readings, VITAL_NIBP_SYS, QUALITY_GOOD, sys);
	readings_add(&d.readings, VITAL_NIBP_DIA, QUALITY_GOOD, dia);
	readings_add(&d.readings, VITAL_NIBP_MAP, QUALITY_GOOD,
	    dia + (sys - dia) / 3);
	hub_frame(&w.hub, &w.now, 0, &d);
	w.since_cuff_s = 0;
}

static const struct alarm_change *
find_open(const struct alarm_change *open, size_t n, const char *condition)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(open[i].condition, condition) == 0)
			return &open[i];
	return NULL;
}

static void
check_levels(const struct alarm_change *open, size_t n)
{
	for (int i = 0; i < TIERS; i++) {
		const struct limit *l = &w.bed[0].board.limits->tier[i];
		const struct alarm_change *c;

		if (tier_info[i].subject >= SUBJECT_LEVELS ||
		    w.valid_s[tier_info[i].subject] < 35 ||
		    w.beyond_s[i] * 1000 < l->delay_ms + 2000)
			continue;
		c = find_open(open, n, ladder_name[tier_info[i].ladder]);
		if (c == NULL || c->level < l->priority)
			fail_msg("%s: beyond for %d s, but not told",
			    tier_info[i].name, w.beyond_s[i]);
	}
	for (int i = 0; i < LADDERS; i++) {
		const struct alarm_change *c = find_open(open, n,
		    ladder_name[i]);

		if (c != NULL && w.well_s[i] >= 7 && c->state == ALARM_ACTIVE)
			fail_msg("%s: well for %d s, but not over",
			    ladder_name[i], w.well_s[i]);
	}
}

static void
check_technical(const struct alarm_change *open, size_t n)
{
	static const char *const missing[SUBJECT_LEVELS] = {
		"no-value:heart-rate", "no-value:spo2", "no-value:rr" };
	bool silent = find_open(open, n, "no-data:ge") != NULL;

	if (silent != (w.quiet_s >= SILENT_S))
		fail_msg("silent for %d s, told: %d", w.quiet_s, silent);
	for (int s = 0; s < SUBJECT_LEVELS; s++) {
		bool told = find_open(open, n, missing[s]) != NULL;

		if (!silent && w.quiet_s == 0 && !told && w.missing_s[s] >
		    (s == SUBJECT_RR ? 61 : 31) &&
		    (s != SUBJECT_RR || w.rr_seen))
			fail_msg("%s for %d s, but not told", missing[s],
			    w.missing_s[s]);
		if (w.missing_s[s] == 0 && w.quiet_s == 0 && !silent)
			assert_false(told);
	}
	if (hub_stamp(&w.hub, 0, w.now.t_ms).phase == PHASE_INFUSION)
		assert_true((w.since_cuff_s >= 15 * 60) == (find_open(open, n,
		    "nibp-overdue") != NULL));
}

/* What the log has open is what the screens show, and no more. */
static void
check_events(const struct alarm_change *open, size_t n)
{
	size_t of_bed = 0;

	for (size_t i = 0; i < w.events_n; i++)
		of_bed += w.event[i].open && w.event[i].last.bed[0] != '\0' &&
		    strncmp(w.event[i].last.condition, "restarted", 9) != 0;
	assert_int_equal(of_bed, n);
	for (size_t i = 0; i < n; i++) {
		const struct event_seen *e = seen(open[i].event);

		assert_non_null(e);
		assert_true(e->open);
		assert_int_equal(e->last.priority, open[i].priority);
		check_sentence(&open[i]);
	}
}

static void
second(void)
{
	int64_t until = w.now.t_ms + 1000;
	static struct alarm_change open[OPEN_MAX];
	size_t n;

	while (hub_next_ms(&w.hub) <= until) {
		int64_t next = hub_next_ms(&w.hub);

		if (next > w.now.t_ms) {
			w.now.wall_ms += next - w.now.t_ms;
			w.now.t_ms = next;
		}
		hub_tick(&w.hub, &w.now);
	}
	w.now.wall_ms += until - w.now.t_ms;
	w.now.t_ms = until;
	w.since_cuff_s++;
	/* Silence that is told explains what is missing, whose time begins
	 * anew when it ends. */
	if (++w.quiet_s >= SILENT_S)
		memset(w.missing_s, 0, sizeof w.missing_s);
	if (w.silent_s > 0) {
		w.silent_s--;
		memset(w.beyond_s, 0, sizeof w.beyond_s);
		memset(w.well_s, 0, sizeof w.well_s);
	} else {
		hear();
	}
	hub_tick(&w.hub, &w.now);
	n = hub_alarms(&w.hub, 0, open, OPEN_MAX);
	check_levels(open, n);
	check_technical(open, n);
	check_events(open, n);
}

static void
acknowledge_all(void)
{
	static struct alarm_change open[OPEN_MAX];
	size_t n = hub_alarms(&w.hub, 0, open, OPEN_MAX);

	for (size_t i = 0; i < n; i++) {
		struct statement st = { .kind = STATEMENT_ALARM_ACK };

		strcpy(st.user, "anna");
		assert_true(hub_ack(&w.hub, &w.now, open[i].event, &st));
	}
}

static void
move_limit(void)
{
	static const enum tier tiers[] = { TIER_SPO2_LOW, TIER_SPO2_VERY_LOW,
		TIER_HR_HIGH, TIER_RR_LOW };
	enum tier t = tiers[dice(4)];
	struct limit l;
	struct statement st = { .kind = STATEMENT_LIMIT_SET };
	struct limit_set shipped;
	int by = (int)dice(5) - 2;

	limit_set_default(&shipped);
	l = shipped.tier[t];
	l.limit += by;
	l.clear += by;
	assert_int_equal(hub_limit(&w.hub, &w.now, 0, &st, t, &l),
	    REFUSAL_NONE);
	memset(w.beyond_s, 0, sizeof w.beyond_s);
	memset(w.well_s, 0, sizeof w.well_s);
}

/* What may happen in any second. */
static void
mishap(void)
{
	struct statement st = { 0 };

	switch (dice(240)) {
	case 0: case 1:
		w.spo2 = 84 + dice(14);
		break;
	case 2:
		w.hr = 36 + dice(110);
		break;
	case 3:
		w.rr = 5 + dice(30);
		break;
	case 4: case 5:
		w.bad_s[dice(SUBJECT_LEVELS)] = (int)dice(90);
		break;
	case 6:
		w.silent_s = (int)dice(40);
		break;
	case 7: case 8:
		if (w.silent_s == 0)
			cuff(70 + (int)dice(150), 45 + (int)dice(20));
		break;
	case 9: case 10: case 11:
		acknowledge_all();
		break;
	case 12:
		w.pause_until_ms = 0;	/* it may be ended by that */
		w.pause_until_ms = hub_pause(&w.hub, &w.now, 0,
		    1000 * (int64_t)dice(200), &st);
		break;
	case 13:
		move_limit();
		break;
	case 14:
		if (dice(4) == 0)
			restart();
		break;
	default:
		break;
	}
}

static void
whatever_happens_nothing_is_missed_and_nothing_stays(void **unused)
{
	size_t all = 0;

	(void)unused;
	for (uint32_t run = 1; run <= RUNS; run++) {
		open_ward(run * 2654435761u, 96);
		for (int s = 0; s < 7200; s++) {
			if (s == 900)
				state(STATEMENT_INFUSION_START);
			if (s == 5400)
				state(STATEMENT_INFUSION_STOP);
			mishap();
			second();
		}
		state(STATEMENT_SESSION_END);
		for (size_t i = 0; i < w.events_n; i++) {
			if (w.event[i].open && strcmp(
			    w.event[i].last.condition, "restarted:CHAIR1"))
				fail_msg("open after the end: %s",
				    w.event[i].last.text);
			if (w.event[i].known && !w.event[i].open)
				fail_msg("a receiver still has: %s",
				    w.event[i].last.text);
		}
		all += w.events_n;
	}
	assert_true(all > 300);
}

/* An infusion of 40 min and recovery, a patient who stays around one value for
 * all of it, and staff who come to each high alarm after a minute. */
static size_t
sessions_notices(double spo2, uint32_t seed)
{
	size_t n = 0;

	open_ward(seed, spo2);
	w.loud = getenv("LOUD") != NULL;
	for (int s = 0; s < 7200; s++) {
		if (s == 600)
			state(STATEMENT_INFUSION_START);
		if (s == 3000)
			state(STATEMENT_INFUSION_STOP);
		if (s % 600 == 5)
			cuff(128 + (int)dice(20), 78);
		if (s % 60 == 0)
			acknowledge_all();
		second();
	}
	for (int i = 0; i < PRIORITIES; i++)
		n += w.notices[i];
	if (w.loud)
		printf("SpO2 about %g: %zu events, %zu notices (%zu high)\n",
		    spo2, w.starts, n, w.notices[PRIORITY_HIGH]);
	return n;
}

static void
a_value_that_wanders_around_its_limit_does_not_flood(void **unused)
{
	(void)unused;
	for (int i = 86; i <= 97; i++)
		assert_in_range(sessions_notices(i, 7u * (uint32_t)i), 0,
		    i >= 94 ? 0 : NOTICES_MAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    whatever_happens_nothing_is_missed_and_nothing_stays),
		cmocka_unit_test(
		    a_value_that_wanders_around_its_limit_does_not_flood),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The hub as a ward would see it: one bed, one oximeter, time passed in.
 *
 * Easy to get wrong: the driver here is a stand-in; frames are made by hand.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "daemon/hub.h"
#include "daemon/hub_out.h"

struct ward {
	struct hub hub;
	struct hub_bed bed[2];
	struct hub_port port[2];
	int64_t next[2 * 2];
	struct session_head ended[2];
	struct session_step step[HUB_STEPS(2)];
	struct limit_set own_limits[2];
	struct hub_value value[VITALS * 2];
	uint8_t sample[SUBJECT_LEVELS * 2][SAMPLES];
	char by[2][SLOTS][BY_MAX];
	struct port_state board_port[2];
	struct box_slot slot[BOX_SLOTS(2, 4)];
	struct hub_relay relay[1];
	struct now now;
	struct record record[400];
	size_t records;
	size_t readings, alarms, changes;
	struct alarm_change last;
	char last_label[BED_MAX];
	bool alarm_before_record;
};

static const struct driver oximeter = {
	.name = "stand-in", .title = "Stand-in oximeter",
	.silent_after_ms = 3000,
};

static const struct driver monitor = {
	.name = "stand-in", .title = "Stand-in monitor that tells its alarms",
	.silent_after_ms = 3000, .relays_alarms = true,
};

static void
take_reading(void *arg, const struct now *now, size_t port,
    const struct reading *r)
{
	struct ward *w = arg;

	(void)now, (void)port, (void)r;
	w->readings++;
}

static void
take_record(void *arg, const struct now *now, const struct record *r,
    bool urgent)
{
	struct ward *w = arg;

	(void)now, (void)urgent;
	assert_true(w->records < 400);
	w->record[w->records++] = *r;
}

static void
take_alarm(void *arg, const struct now *now, const struct alarm_change *c,
    const char *label)
{
	struct ward *w = arg;

	(void)now;
	w->alarms++;
	w->last = *c;
	strcpy(w->last_label, label);
	/* Logged in the same turn, before it is handed out. */
	assert_true(w->records > 0);
	assert_int_equal(w->record[w->records - 1].class, RECORD_ALARM);
}

static void
take_change(void *arg, size_t bed)
{
	struct ward *w = arg;

	(void)bed;
	w->changes++;
}

static void
open_ward_with(struct ward *w, int64_t t_ms, const struct driver *first)
{
	struct limit_set site;
	struct hub_bed_config beds[2] = { { "CHAIR1", "Chair 1" },
		{ "CHAIR2", "Chair 2" } };
	struct hub_port_config ports[2] = {
		{ "CHAIR1/a", 0, first, false, 0 },
		{ "CHAIR2/a", 1, &oximeter, false, 0 },
	};
	struct hub_sink sink = { w, take_reading, take_record, take_alarm,
		take_change };

	memset(w, 0, sizeof *w);
	w->now = (struct now){ t_ms, 1795000000000 + t_ms, true };
	w->hub.bed = w->bed;
	w->hub.beds_n = 2;
	w->hub.port = w->port;
	w->hub.ports_n = 2;
	w->hub.next_ms = w->next;
	w->hub.ended = w->ended;
	w->hub.step = w->step;
	w->hub.limits = w->own_limits;
	w->hub.value = w->value;
	w->hub.sample = w->sample;
	w->hub.by = w->by;
	w->hub.board_port = w->board_port;
	w->hub.box_slot = w->slot;
	w->hub.box_slots_n = BOX_SLOTS(2, 4);
	w->hub.relay = w->relay;
	w->hub.relays_n = 1;
	limit_set_default(&site);
	hub_init(&w->hub, &w->now, 0xabcdef, &site, beds, ports, &sink);
	for (size_t i = 0; i < 2; i++)
		hub_link(&w->hub, &w->now, i, LINE_OPEN, "open");
}

static void
open_ward_at(struct ward *w, int64_t t_ms)
{
	open_ward_with(w, t_ms, &oximeter);
}

static void
open_ward(struct ward *w)
{
	open_ward_at(w, 1000000);
}

static void
pass_to(struct ward *w, int64_t ms)
{
	while (hub_next_ms(&w->hub) <= w->now.t_ms + ms) {
		int64_t step = hub_next_ms(&w->hub) - w->now.t_ms;

		if (step < 0)
			step = 0;
		w->now.t_ms += step;
		w->now.wall_ms += step;
		ms -= step;
		hub_tick(&w->hub, &w->now);
	}
	w->now.t_ms += ms;
	w->now.wall_ms += ms;
}

static void
hear(struct ward *w, size_t port, int spo2, int pr)
{
	struct decoded d = { .t_ms = w->now.t_ms, .result = DECODE_OK };

	readings_add(&d.readings, VITAL_SPO2, QUALITY_GOOD, spo2 * 100);
	readings_add(&d.readings, VITAL_PR, QUALITY_GOOD, pr);
	hub_frame(&w->hub, &w->now, port, &d);
}

static void
hear_for(struct ward *w, size_t port, int spo2, int seconds)
{
	for (int i = 0; i < seconds; i++) {
		hear(w, port, spo2, 70 + i % 2);
		pass_to(w, 1000);
	}
}

static enum refusal
state(struct ward *w, size_t bed, enum statement_kind kind, int64_t at_ms)
{
	struct statement st = { .kind = kind };

	strcpy(st.user, "anna");
	strcpy(st.session, "20261121-CHAIR1-1");
	st.at_ms = at_ms;
	st.at_wall_ms = w->now.wall_ms - (w->now.t_ms - at_ms);
	return hub_state(&w->hub, &w->now, bed, &st);
}

static size_t
count(const struct ward *w, enum event_kind kind)
{
	size_t n = 0;

	for (size_t i = 0; i < w->records; i++)
		n += w->record[i].class == RECORD_EVENT &&
		    w->record[i].event.kind == kind;
	return n;
}

static void
a_crossing_is_stamped_with_the_infusion_clock(void **unused)
{
	static struct ward w;

	(void)unused;
	open_ward(&w);
	assert_int_equal(state(&w, 0, STATEMENT_SESSION_START, w.now.t_ms), 0);
	hear_for(&w, 0, 97, 40);
	assert_int_equal(state(&w, 0, STATEMENT_INFUSION_START, w.now.t_ms),
	    0);
	hear_for(&w, 0, 97, 10);
	hear_for(&w, 0, 85, 30);
	assert_string_equal(w.last.condition, "spo2-low");
	assert_string_equal(w.last.bed, "CHAIR1");
	assert_string_equal(w.last.session, "20261121-CHAIR1-1");
	assert_string_equal(w.last_label, "Chair 1");
	assert_int_equal(w.last.session_phase, PHASE_INFUSION);
	assert_in_range(w.last.infusion_ms, 10000, 40000);
	assert_int_equal(w.last.priority, PRIORITY_HIGH);
}

static void
another_beds_alarms_are_not_mixed_in(void **unused)
{
	static struct ward w;
	struct alarm_change open[8];

	(void)unused;
	open_ward(&w);
	assert_int_equal(state(&w, 0, STATEMENT_SESSION_START, w.now.t_ms), 0);
	hear_for(&w, 0, 97, 40);
	for (int i = 0; i < 60; i++) {
		hear(&w, 0, 97, 70 + i % 2);
		hear(&w, 1, 60, 40);
		pass_to(&w, 1000);
	}
	assert_int_equal(hub_alarms(&w.hub, 0, open, 8), 0);
}

static void
a_late_start_moves_the_clock_without_touching_what_was_stored(void **unused)
{
	static struct ward w;
	size_t before;
	int64_t late;

	(void)unused;
	open_ward(&w);
	assert_int_equal(state(&w, 0, STATEMENT_SESSION_START, w.now.t_ms), 0);
	hear_for(&w, 0, 97, 300);
	late = w.now.t_ms - 120000;
	before = w.readings;
	assert_int_equal(state(&w, 0, STATEMENT_INFUSION_START, late), 0);
	assert_int_equal(hub_stamp(&w.hub, 0, w.now.t_ms).infusion_ms, 120000);
	assert_int_equal(hub_stamp(&w.hub, 0, late - 1).phase, PHASE_BASELINE);
	assert_int_equal(w.readings, before);
}

static void
a_monitor_that_falls_silent_is_noted_once_and_its_return_too(void **unused)
{
	static struct ward w;

	(void)unused;
	open_ward(&w);
	hear_for(&w, 0, 97, 5);
	assert_int_equal(count(&w, EVENT_LINK_UP), 1);
	pass_to(&w, 60000);
	assert_int_equal(count(&w, EVENT_LINK_DOWN), 1);
	hear_for(&w, 0, 97, 5);
	assert_int_equal(count(&w, EVENT_LINK_UP), 2);
	assert_int_equal(count(&w, EVENT_LINK_DOWN), 1);
}

static void
a_refused_statement_leaves_no_record(void **unused)
{
	static struct ward w;
	size_t before;

	(void)unused;
	open_ward(&w);
	before = w.records;
	assert_int_equal(state(&w, 0, STATEMENT_INFUSION_STOP, w.now.t_ms),
	    REFUSAL_NO_SESSION);
	assert_int_equal(state(&w, 0, STATEMENT_SESSION_START, w.now.t_ms), 0);
	assert_int_equal(w.records, before + 1);
	assert_int_equal(state(&w, 0, STATEMENT_INFUSION_STOP, w.now.t_ms),
	    REFUSAL_NO_INFUSION);
	assert_int_equal(w.records, before + 1);
}

static void
closing_a_session_ends_its_alarms_under_its_own_id(void **unused)
{
	static struct ward w;

	(void)unused;
	open_ward(&w);
	assert_int_equal(state(&w, 0, STATEMENT_SESSION_START, w.now.t_ms), 0);
	hear_for(&w, 0, 97, 40);
	hear_for(&w, 0, 85, 30);
	assert_int_equal(w.last.state, ALARM_ACTIVE);
	assert_int_equal(state(&w, 0, STATEMENT_SESSION_END, w.now.t_ms), 0);
	assert_int_equal(w.last.phase, ALARM_END);
	assert_string_equal(w.last.session, "20261121-CHAIR1-1");
	assert_non_null(strstr(w.last.text, "closed"));
	assert_int_equal(hub_sessions(&w.hub), 0);
}

static void
what_is_open_at_the_end_of_a_session_is_not_said_to_be_over(void **unused)
{
	static struct ward w;

	(void)unused;
	open_ward(&w);
	assert_int_equal(state(&w, 0, STATEMENT_SESSION_START, w.now.t_ms), 0);
	assert_int_equal(state(&w, 0, STATEMENT_INFUSION_START, w.now.t_ms),
	    0);
	hear_for(&w, 0, 97, 16 * 60);
	assert_string_equal(w.last.condition, "nibp-overdue");
	assert_int_equal(state(&w, 0, STATEMENT_SESSION_ABORT, w.now.t_ms), 0);
	assert_int_equal(w.last.phase, ALARM_END);
	assert_string_equal(w.last.text, "no blood pressure for 16 min, "
	    "expected every 10 min: the session was aborted");
}

static void
acknowledging_names_the_person_and_what_is_not_open_cannot_be(void **unused)
{
	static struct ward w;
	struct statement st = { .kind = STATEMENT_ALARM_ACK };
	struct alarm_change open[8];
	struct event_id none = { 1, 1 };

	(void)unused;
	open_ward(&w);
	assert_int_equal(state(&w, 0, STATEMENT_SESSION_START, w.now.t_ms), 0);
	hear_for(&w, 0, 97, 40);
	hear_for(&w, 0, 85, 30);
	assert_int_equal(hub_alarms(&w.hub, 0, open, 8), 1);
	strcpy(st.user, "anna");
	assert_false(hub_ack(&w.hub, &w.now, none, &st));
	assert_true(hub_ack(&w.hub, &w.now, open[0].event, &st));
	assert_int_equal(w.last.phase, ALARM_ACKNOWLEDGE);
	assert_string_equal(w.last.by, "anna");
	assert_int_equal(hub_alarms(&w.hub, 0, open, 8), 1);
	assert_true(open[0].acknowledged);
}

static const struct statement *
last_statement(const struct ward *w)
{
	for (size_t i = w->records; i-- > 0;)
		if (w->record[i].class == RECORD_STATEMENT)
			return &w->record[i].statement;
	return NULL;
}

static void
a_late_correction_reaches_the_session_that_has_ended(void **unused)
{
	static struct ward w;
	struct statement st = { .kind = STATEMENT_AMEND };
	struct session ended;
	struct event_id start;
	int64_t began;

	(void)unused;
	open_ward(&w);
	assert_int_equal(state(&w, 0, STATEMENT_SESSION_START, w.now.t_ms), 0);
	pass_to(&w, 600000);
	began = w.now.t_ms;
	assert_int_equal(state(&w, 0, STATEMENT_INFUSION_START, began), 0);
	start = last_statement(&w)->id;
	pass_to(&w, 600000);
	assert_int_equal(state(&w, 0, STATEMENT_INFUSION_STOP, w.now.t_ms), 0);
	assert_int_equal(state(&w, 0, STATEMENT_SESSION_END, w.now.t_ms), 0);
	st.amends = start;
	st.at_ms = began - 120000;
	assert_int_equal(hub_amend(&w.hub, &w.now, 0, &st), REFUSAL_NONE);
	assert_int_equal(last_statement(&w)->kind, STATEMENT_AMEND);
	assert_string_equal(last_statement(&w)->session, "20261121-CHAIR1-1");
	hub_load_session(&w.hub, 0, HUB_ENDED, &ended);
	assert_int_equal(session_at(&ended, began).infusion_ms,
	    120000);
	/* The next session is another matter. */
	pass_to(&w, 60000);
	assert_int_equal(state(&w, 0, STATEMENT_SESSION_START, w.now.t_ms), 0);
	assert_int_equal(hub_stamp(&w.hub, 0, w.now.t_ms).phase, PHASE_BASELINE);
	st.at_ms = began - 60000;
	assert_int_equal(hub_amend(&w.hub, &w.now, 0, &st), REFUSAL_NONE);
	assert_int_equal(hub_stamp(&w.hub, 0, w.now.t_ms).phase, PHASE_BASELINE);
	st.amends.n += 1000;
	assert_int_equal(hub_amend(&w.hub, &w.now, 0, &st),
	    REFUSAL_UNKNOWN_STATEMENT);
}

static enum refusal
amend(struct ward *w, struct event_id statement, int64_t at_ms)
{
	struct statement st = { .kind = STATEMENT_AMEND, .amends = statement,
		.at_ms = at_ms };

	return hub_amend(&w->hub, &w->now, 0, &st);
}

/* A whole session of ten minutes; its start's id. */
static struct event_id
whole_session(struct ward *w)
{
	struct event_id start;

	assert_int_equal(state(w, 0, STATEMENT_SESSION_START, w->now.t_ms),
	    0);
	start = last_statement(w)->id;
	pass_to(w, 600000);
	assert_int_equal(state(w, 0, STATEMENT_SESSION_END, w->now.t_ms), 0);
	return start;
}

static void
no_session_reaches_into_the_one_before_on_its_bed(void **unused)
{
	static struct ward w;
	struct event_id second, third, end;
	int64_t ended, again;

	(void)unused;
	open_ward(&w);
	(void)whole_session(&w);
	ended = w.now.t_ms;
	pass_to(&w, 60000);
	assert_int_equal(state(&w, 0, STATEMENT_SESSION_START, ended - 1),
	    REFUSAL_OVERLAP);
	assert_string_equal(hub_reached(&w.hub, 0, (struct event_id){ 0, 0 })
	    .id, "20261121-CHAIR1-1");
	assert_int_equal(hub_reached(&w.hub, 0, (struct event_id){ 0, 0 })
	    .end_ms, ended);
	second = whole_session(&w);
	again = w.now.t_ms;
	end = last_statement(&w)->id;
	assert_int_equal(amend(&w, second, ended - 1), REFUSAL_OVERLAP);
	assert_int_equal(hub_reached(&w.hub, 0, second).end_ms, ended);
	assert_int_equal(amend(&w, second, ended), REFUSAL_NONE);
	pass_to(&w, 60000);
	/* From its very end on the next patient may lie there. */
	assert_int_equal(state(&w, 0, STATEMENT_SESSION_START, again),
	    REFUSAL_NONE);
	third = last_statement(&w)->id;
	assert_int_equal(amend(&w, third, again - 1), REFUSAL_OVERLAP);
	assert_int_equal(hub_reached(&w.hub, 0, third).end_ms, again);
	/* Nor does the one before reach into it. */
	assert_int_equal(amend(&w, end, again + 1), REFUSAL_NEXT);
	assert_int_equal(amend(&w, end, again), REFUSAL_NONE);
	/* Another bed has nothing to do with it. */
	assert_int_equal(state(&w, 1, STATEMENT_SESSION_START, ended - 60000),
	    REFUSAL_NONE);
}

static void
limits_of_a_session_do_not_survive_it(void **unused)
{
	static struct ward w;
	struct statement st = { .kind = STATEMENT_LIMIT_SET };
	struct limit l;

	(void)unused;
	open_ward(&w);
	l = w.hub.site->tier[TIER_SPO2_LOW];
	l.limit = 90;
	assert_int_equal(hub_limit(&w.hub, &w.now, 0, &st, TIER_SPO2_LOW, &l),
	    REFUSAL_NO_SESSION);
	assert_int_equal(state(&w, 0, STATEMENT_SESSION_START, w.now.t_ms), 0);
	assert_int_equal(hub_limit(&w.hub, &w.now, 0, &st, TIER_SPO2_LOW, &l),
	    REFUSAL_NONE);
	assert_int_equal(w.bed[0].board.limits->tier[TIER_SPO2_LOW].limit, 90);
	assert_int_equal(w.bed[1].board.limits->tier[TIER_SPO2_LOW].limit, 92);
	assert_int_equal(state(&w, 0, STATEMENT_SESSION_END, w.now.t_ms), 0);
	assert_int_equal(w.bed[0].board.limits->tier[TIER_SPO2_LOW].limit, 92);
}

/* Beds share the site's limits, but not across a reload. */
static void
a_session_keeps_its_limits_through_any_number_of_reloads(void **unused)
{
	static struct ward w;
	struct limit_set site;

	(void)unused;
	open_ward(&w);
	assert_int_equal(state(&w, 0, STATEMENT_SESSION_START, w.now.t_ms), 0);
	for (int i = 0; i < 4; i++) {
		limit_set_default(&site);
		site.tier[TIER_SPO2_LOW].limit = 80 + i;
		hub_site_limits(&w.hub, &site);
		assert_int_equal(w.hub.site->tier[TIER_SPO2_LOW].limit, 80 + i);
		assert_int_equal(
		    w.bed[0].board.limits->tier[TIER_SPO2_LOW].limit, 92);
		assert_int_equal(
		    w.bed[1].board.limits->tier[TIER_SPO2_LOW].limit, 80 + i);
	}
	assert_int_equal(state(&w, 0, STATEMENT_SESSION_END, w.now.t_ms), 0);
	assert_int_equal(w.bed[0].board.limits->tier[TIER_SPO2_LOW].limit, 83);
}

static void
a_session_goes_on_after_a_restart_with_its_alarm(void **unused)
{
	size_t from = 0;
	static struct ward before, after;
	struct alarm_change open[8];
	bool armed[LADDERS] = { false };
	struct session s;
	size_t n;
	struct event_id event;

	(void)unused;
	open_ward(&before);
	assert_int_equal(state(&before, 0, STATEMENT_SESSION_START,
	    before.now.t_ms), 0);
	hear_for(&before, 0, 97, 40);
	assert_int_equal(state(&before, 0, STATEMENT_INFUSION_START,
	    before.now.t_ms), 0);
	hear_for(&before, 0, 85, 30);
	n = hub_alarms(&before.hub, 0, open, 8);
	assert_int_equal(n, 1);
	event = open[0].event;
	armed[LADDER_SPO2_LOW] = true;

	open_ward_at(&after, before.now.t_ms + 2000);
	hub_session(&before.hub, 0, &s);
	hub_restore(&after.hub, &after.now, 0, &s,
	    before.bed[0].board.limits, armed, NULL, open, n);
	assert_int_equal(hub_stamp(&after.hub, 0, after.now.t_ms).phase,
	    PHASE_INFUSION);
	n = hub_alarms(&after.hub, 0, open, 8);
	assert_int_equal(n, 1);
	assert_true(event_id_equal(open[0].event, event));
	assert_int_equal(open[0].priority, PRIORITY_HIGH);
	/* The restart itself is an alarm of the box about this bed. */
	n = box_view(&after.hub.box, &from, open, 8);
	assert_int_equal(n, 1);
	assert_non_null(strstr(open[0].condition, "restarted"));
	assert_string_equal(open[0].bed, "CHAIR1");
}

static void
the_deadline_is_never_later_than_a_board_needs(void **unused)
{
	static struct ward w;

	(void)unused;
	open_ward(&w);
	assert_int_equal(state(&w, 0, STATEMENT_SESSION_START, w.now.t_ms), 0);
	for (int i = 0; i < 200; i++) {
		hear(&w, (size_t)i % 2, 97 - i % 14, 60 + i % 5);
		for (size_t b = 0; b < 2; b++)
			assert_true(hub_next_ms(&w.hub) <=
			    board_next_ms(&w.bed[b].board));
		pass_to(&w, 700);
	}
}

static void
a_reload_takes_labels_and_the_limits_of_idle_beds(void **unused)
{
	static struct ward w;
	struct limit_set site;
	struct alarm_change open[4];

	(void)unused;
	open_ward(&w);
	limit_set_default(&site);
	site.idle_vitals_ms = 20000;
	hub_site_limits(&w.hub, &site);
	hub_label(&w.hub, 0, "Room 5");
	hear_for(&w, 0, 97, 18);
	assert_int_equal(hub_alarms(&w.hub, 0, open, 4), 0);
	hear_for(&w, 0, 97, 5);
	assert_int_equal(hub_alarms(&w.hub, 0, open, 4), 1);
	assert_string_equal(w.last_label, "Room 5");
}

/* The finger is in and out each second. */
static void
waggle(struct ward *w, int seconds)
{
	for (int i = 0; i < seconds; i++) {
		struct decoded d = { .result = DECODE_OK };

		pass_to(w, 1000);
		d.t_ms = w->now.t_ms;
		readings_add(&d.readings, VITAL_SPO2, i % 2 ? QUALITY_GOOD :
		    QUALITY_NO_SENSOR, 9700);
		hub_frame(&w->hub, &w->now, 0, &d);
	}
}

static void
a_source_that_comes_and_goes_is_told_ten_times_a_minute_and_at_last(void **u)
{
	static struct ward w;
	const struct event *last = NULL;
	int64_t told = 0, untold = 0;

	(void)u;
	open_ward(&w);
	hear_for(&w, 0, 97, 5);
	w.records = 0;
	waggle(&w, 240);	/* it ends with a value */
	assert_in_range(count(&w, EVENT_SOURCE), 4 * 10, 5 * 11);
	for (int i = 0; i < 120; i++) {
		pass_to(&w, 1000);
		hear(&w, 0, 97, 70);
	}
	for (size_t i = 0; i < w.records; i++) {
		if (w.record[i].class != RECORD_EVENT ||
		    w.record[i].event.kind != EVENT_SOURCE ||
		    strcmp(w.record[i].event.text, "spo2") != 0)
			continue;
		last = &w.record[i].event;
		told++;
		untold += last->count;
	}
	assert_int_equal(told + untold, 240);
	assert_non_null(last);
	assert_string_equal(last->port, "CHAIR1/a");
	assert_true(untold > 180);
}

/* --- what the monitors themselves alarm of ------------------------------- */

static void
open_relaying(struct ward *w)
{
	open_ward_with(w, 1000000, &monitor);
}

/* Which of its lists a monitor tells; 0: it has but one. */
static uint8_t list_told;

/* The monitor's whole list in one frame: "high SpO2 LOW", ... */
static void
monitor_says(struct ward *w, size_t port, size_t n, const char *const *list)
{
	struct decoded d = { .t_ms = w->now.t_ms, .result = DECODE_OK };

	d.readings.alarms.told = true;
	d.readings.alarms.list = list_told;
	for (size_t i = 0; i < n; i++) {
		char word[16];
		struct monitor_alarm *a;
		int at = 0;

		assert_int_equal(sscanf(list[i], "%15s %n", word, &at), 1);
		a = readings_add_alarm(&d.readings,
		    (enum priority)priority_find(word));
		for (const char *c = list[i] + at; *c != '\0'; c++)
			monitor_alarm_put(a, (uint8_t)*c);
	}
	hub_frame(&w->hub, &w->now, port, &d);
}

#define SAYS(w, ...) monitor_says(w, 0, \
    sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(const char *), \
    (const char *const[]){ __VA_ARGS__ })

/* The records about it since the last look: "high: SpO2 LOW, ..." */
static const char *
told(struct ward *w)
{
	static char text[4096];
	static size_t looked;
	char count[32];

	text[0] = '\0';
	if (looked > w->records)
		looked = 0;
	for (; looked < w->records; looked++) {
		const struct event *e = &w->record[looked].event;

		if (w->record[looked].class != RECORD_EVENT ||
		    e->kind != EVENT_MONITOR_ALARM)
			continue;
		assert_string_equal(e->bed, "CHAIR1");
		assert_string_equal(e->port, "CHAIR1/a");
		assert_string_equal(e->session, w->bed[0].session.id);
		if (text[0] != '\0')
			strcat(text, ", ");
		strcat(text, e->text);
		snprintf(count, sizeof count, " (%d)", (int)e->count);
		if (e->count > 0)
			strcat(text, count);
	}
	return text;
}

static void
a_monitors_alarm_is_told_when_it_appears_and_when_it_is_over(void **unused)
{
	static struct ward w;

	(void)unused;
	open_relaying(&w);
	assert_int_equal(state(&w, 0, STATEMENT_SESSION_START, w.now.t_ms), 0);
	monitor_says(&w, 0, 0, NULL);
	assert_string_equal(told(&w), "");
	SAYS(&w, "high SpO2 LOW");
	assert_string_equal(told(&w), "high: SpO2 LOW");
	pass_to(&w, 2000);
	SAYS(&w, "high SpO2 LOW");
	assert_string_equal(told(&w), "");
	SAYS(&w, "low LEADS OFF", "high SpO2 LOW");
	assert_string_equal(told(&w), "low: LEADS OFF");
	pass_to(&w, 1000);
	SAYS(&w, "low LEADS OFF", "medium HR HIGH");
	assert_string_equal(told(&w), "over: SpO2 LOW, medium: HR HIGH");
	/* It is ranked anew: that is told, and that it is over is not. */
	SAYS(&w, "high LEADS OFF", "medium HR HIGH");
	assert_string_equal(told(&w), "high: LEADS OFF");
	monitor_says(&w, 0, 0, NULL);
	assert_string_equal(told(&w), "over: LEADS OFF, over: HR HIGH");
	/* None of it is an alarm of ours. */
	assert_int_equal(w.alarms, 0);
}

static void
the_list_is_kept_worst_first_with_the_time_since_when(void **unused)
{
	static struct ward w;
	const struct hub_relay *r = &w.relay[0];
	int64_t first_ms;
	size_t changes;

	(void)unused;
	open_relaying(&w);
	assert_false(r->now.told);
	first_ms = w.now.t_ms;
	SAYS(&w, "low LEADS OFF");
	pass_to(&w, 2000);
	SAYS(&w, "low LEADS OFF", "high APNEA", "medium HR HIGH", "low APNEA");
	assert_true(r->now.told);
	assert_int_equal(r->now.n, 3);
	assert_string_equal(r->now.item[0].text, "APNEA");
	assert_int_equal(r->now.item[0].priority, PRIORITY_HIGH);
	assert_int_equal(r->since_ms[0], first_ms + 2000);
	assert_string_equal(r->now.item[1].text, "HR HIGH");
	assert_string_equal(r->now.item[2].text, "LEADS OFF");
	assert_int_equal(r->since_ms[2], first_ms);
	/* What is no change is no news for the screens. */
	changes = w.changes;
	SAYS(&w, "high APNEA", "medium HR HIGH", "low LEADS OFF");
	assert_int_equal(w.changes, changes);
	SAYS(&w, "medium HR HIGH", "low LEADS OFF");
	assert_true(w.changes > changes);
}

static void
of_lists_that_are_sent_apart_one_leaves_the_other_alone(void **unused)
{
	static struct ward w;

	(void)unused;
	open_relaying(&w);
	list_told = 1;
	SAYS(&w, "high SpO2 LOW");
	list_told = 2;
	SAYS(&w, "low LEADS OFF", "low CHECK CUFF");
	assert_string_equal(told(&w),
	    "high: SpO2 LOW, low: LEADS OFF, low: CHECK CUFF");
	list_told = 1;
	monitor_says(&w, 0, 0, NULL);
	assert_string_equal(told(&w), "over: SpO2 LOW");
	list_told = 2;
	SAYS(&w, "low LEADS OFF");
	assert_string_equal(told(&w), "over: CHECK CUFF");
	assert_int_equal(w.relay[0].now.n, 1);
	list_told = 0;
	monitor_says(&w, 0, 0, NULL);
	assert_string_equal(told(&w), "over: LEADS OFF");
}

static void
a_frame_that_tells_no_list_leaves_the_last_one(void **unused)
{
	static struct ward w;

	(void)unused;
	open_relaying(&w);
	SAYS(&w, "high SpO2 LOW");
	hear_for(&w, 0, 85, 30);
	assert_int_equal(w.relay[0].now.n, 1);
	assert_string_equal(told(&w), "high: SpO2 LOW");
}

static void
a_lost_or_silent_port_leaves_the_list_unknown_and_says_so_once(void **unused)
{
	static struct ward w;

	(void)unused;
	open_relaying(&w);
	SAYS(&w, "high SpO2 LOW", "low LEADS OFF");
	told(&w);
	pass_to(&w, 60000);
	assert_string_equal(told(&w), "unknown: the monitor is silent");
	assert_false(w.relay[0].now.told);
	assert_int_equal(w.relay[0].now.n, 0);
	hub_link(&w.hub, &w.now, 0, false, "unplugged");
	assert_string_equal(told(&w), "");
	hub_link(&w.hub, &w.now, 0, true, "open");
	SAYS(&w, "high SpO2 LOW");
	assert_string_equal(told(&w), "high: SpO2 LOW");
	assert_int_equal(w.relay[0].since_ms[0], w.now.t_ms);
	hub_link(&w.hub, &w.now, 0, false, "unplugged");
	assert_string_equal(told(&w), "unknown: the line is gone");
	/* An empty list is forgotten without a word. */
	hub_link(&w.hub, &w.now, 0, true, "open");
	monitor_says(&w, 0, 0, NULL);
	assert_true(w.relay[0].now.told);
	hub_link(&w.hub, &w.now, 0, false, "unplugged");
	assert_false(w.relay[0].now.told);
	assert_string_equal(told(&w), "");
}

static void
a_monitor_that_tells_its_alarms_no_more_leaves_them_unknown(void **unused)
{
	static struct ward w;
	struct decoded d = { .result = DECODE_OK };

	(void)unused;
	open_relaying(&w);
	SAYS(&w, "high SpO2 LOW");
	told(&w);
	d.t_ms = w.now.t_ms;
	d.readings.alarms.unknown = true;
	hub_frame(&w.hub, &w.now, 0, &d);
	assert_string_equal(told(&w),
	    "unknown: the monitor tells its alarms no more");
	assert_int_equal(w.relay[0].now.n, 0);
}

static void
an_alarm_that_flaps_does_not_fill_the_log(void **unused)
{
	static struct ward w;

	(void)unused;
	open_relaying(&w);
	for (int i = 0; i < 25; i++) {
		SAYS(&w, "high ARTEFACT");
		assert_int_equal(w.relay[0].now.n, 1);
		pass_to(&w, 1000);
		monitor_says(&w, 0, 0, NULL);
		assert_int_equal(w.relay[0].now.n, 0);
		pass_to(&w, 1000);
	}
	assert_int_equal(count(&w, EVENT_MONITOR_ALARM), 10);
	told(&w);
	/* It stays now, which is told when the minute is over. */
	SAYS(&w, "high ARTEFACT");
	for (int i = 0; i < 9; i++) {
		pass_to(&w, 1000);
		SAYS(&w, "high ARTEFACT");
	}
	assert_string_equal(told(&w), "");
	pass_to(&w, 1000);
	assert_string_equal(told(&w), "high: ARTEFACT (40)");
}

static void
flapping_that_led_back_is_counted_all_the_same(void **unused)
{
	static struct ward w;

	(void)unused;
	open_relaying(&w);
	for (int i = 0; i < 8; i++) {
		SAYS(&w, "high ARTEFACT");
		pass_to(&w, 100);
		monitor_says(&w, 0, 0, NULL);
		pass_to(&w, 100);
	}
	told(&w);
	for (int i = 0; i < 60; i++) {
		pass_to(&w, 1000);
		monitor_says(&w, 0, 0, NULL);
	}
	assert_string_equal(told(&w), "same: as before (6)");
	/* And a new minute has its own ten. */
	SAYS(&w, "high ARTEFACT");
	assert_string_equal(told(&w), "high: ARTEFACT");
}

static void
a_session_that_begins_holds_what_the_monitor_alarms_of(void **unused)
{
	static struct ward w;

	(void)unused;
	open_relaying(&w);
	SAYS(&w, "high SpO2 LOW");
	assert_string_equal(told(&w), "high: SpO2 LOW");
	assert_int_equal(state(&w, 0, STATEMENT_SESSION_START, w.now.t_ms), 0);
	assert_string_equal(told(&w), "high: SpO2 LOW");
	monitor_says(&w, 0, 0, NULL);
	assert_string_equal(told(&w), "over: SpO2 LOW");
}

static void
a_monitor_whose_driver_relays_none_costs_no_memory(void **unused)
{
	static struct ward w;

	(void)unused;
	open_relaying(&w);
	assert_int_equal(w.port[0].relay, 1);
	assert_int_equal(w.port[1].relay, 0);
	monitor_says(&w, 1, 1, (const char *const[]){ "high SpO2 LOW" });
	assert_string_equal(told(&w), "");
	assert_int_equal(w.relay[0].now.n, 0);
	/* Nor does it without memory, as in a replay. */
	open_relaying(&w);
	w.hub.relays_n = 0;
	SAYS(&w, "high SpO2 LOW");
	assert_string_equal(told(&w), "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_crossing_is_stamped_with_the_infusion_clock),
		cmocka_unit_test(another_beds_alarms_are_not_mixed_in),
		cmocka_unit_test(a_late_start_moves_the_clock_without_touching_what_was_stored),
		cmocka_unit_test(a_monitor_that_falls_silent_is_noted_once_and_its_return_too),
		cmocka_unit_test(a_refused_statement_leaves_no_record),
		cmocka_unit_test(closing_a_session_ends_its_alarms_under_its_own_id),
		cmocka_unit_test(what_is_open_at_the_end_of_a_session_is_not_said_to_be_over),
		cmocka_unit_test(acknowledging_names_the_person_and_what_is_not_open_cannot_be),
		cmocka_unit_test(a_late_correction_reaches_the_session_that_has_ended),
		cmocka_unit_test(no_session_reaches_into_the_one_before_on_its_bed),
		cmocka_unit_test(limits_of_a_session_do_not_survive_it),
		cmocka_unit_test(
		    a_session_keeps_its_limits_through_any_number_of_reloads),
		cmocka_unit_test(a_session_goes_on_after_a_restart_with_its_alarm),
		cmocka_unit_test(
		    a_source_that_comes_and_goes_is_told_ten_times_a_minute_and_at_last),
		cmocka_unit_test(the_deadline_is_never_later_than_a_board_needs),
		cmocka_unit_test(
		    a_reload_takes_labels_and_the_limits_of_idle_beds),
		cmocka_unit_test(
		    a_monitors_alarm_is_told_when_it_appears_and_when_it_is_over),
		cmocka_unit_test(
		    the_list_is_kept_worst_first_with_the_time_since_when),
		cmocka_unit_test(
		    of_lists_that_are_sent_apart_one_leaves_the_other_alone),
		cmocka_unit_test(
		    a_frame_that_tells_no_list_leaves_the_last_one),
		cmocka_unit_test(
		    a_lost_or_silent_port_leaves_the_list_unknown_and_says_so_once),
		cmocka_unit_test(
		    a_monitor_that_tells_its_alarms_no_more_leaves_them_unknown),
		cmocka_unit_test(an_alarm_that_flaps_does_not_fill_the_log),
		cmocka_unit_test(
		    flapping_that_led_back_is_counted_all_the_same),
		cmocka_unit_test(
		    a_session_that_begins_holds_what_the_monitor_alarms_of),
		cmocka_unit_test(
		    a_monitor_whose_driver_relays_none_costs_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

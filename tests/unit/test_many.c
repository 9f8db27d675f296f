/* SPDX-License-Identifier: BSD-2-Clause
 *
 * As many beds and monitors as one vitalsd carries: the configuration, the
 * deadlines and the alarms of the last bed are as right as those of the first.
 *
 * Easy to get wrong: nothing here measures time; what must be quick at so many
 * is in tests/bench.
 */
#include "daemon/config.h"
#include "daemon/hub.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define CHANNELS 2

/* --- the configuration --------------------------------------------------- */

static struct complaints why;

/* "beds:" with so many beds of so many monitors each; malloc'ed. */
static char *
beds_text(size_t beds, size_t monitors)
{
	char *text = malloc(CONFIG_FILE_MAX);
	size_t n;

	assert_non_null(text);
	n = (size_t)sprintf(text, "beds:\n");
	for (size_t i = 0; i < beds; i++) {
		n += (size_t)sprintf(text + n, "  - id: B%zu\n    monitors:\n",
		    i + 1);
		for (size_t j = 0; j < monitors; j++)
			n += (size_t)sprintf(text + n, "      - name: m%zu\n"
			    "        driver: nonin-2\n"
			    "        port: /dev/serial/by-path/b%zu-m%zu\n",
			    j + 1, i + 1, j + 1);
	}
	return text;
}

static struct config *
parse(const char *text)
{
	return config_parse(text, strlen(text), &why);
}

static struct config *
parse_beds(size_t beds, size_t monitors)
{
	char *text = beds_text(beds, monitors);
	struct config *c = parse(text);

	free(text);
	return c;
}

static void
a_thousand_monitors_are_a_configuration_however_they_are_spread(void **state)
{
	struct config *c = parse_beds(1000, 1);

	(void)state;
	assert_non_null(c);
	assert_int_equal(c->beds_n, 1000);
	assert_int_equal(c->ports_n, 1000);
	assert_string_equal(c->ports[999].name, "B1000/m1");
	assert_int_equal(c->ports[999].bed, 999);
	assert_int_equal(c->ports[999].line.baud, 9600);
	config_free(c);
	c = parse_beds(250, 4);
	assert_non_null(c);
	assert_int_equal(c->ports_n, 1000);
	assert_string_equal(c->ports[999].name, "B250/m4");
	assert_int_equal(c->beds[249].port[3], 999);
	config_free(c);
}

static void
the_monitor_beyond_a_thousand_is_refused(void **state)
{
	(void)state;
	assert_null(parse_beds(251, 4));
	assert_int_equal(why.n, 1);
	assert_int_equal(why.item[0].line, 1 + 250 * 14 + 3);
	assert_string_equal(why.item[0].text, "monitors: one too many; "
	    "expected at most 1000 of all beds together");
}

static void
the_last_of_a_thousand_monitors_may_not_be_on_the_first_ones_port(void **state)
{
	char *text = beds_text(1000, 1), *last;

	(void)state;
	last = strstr(text, "by-path/b1000-m1");
	assert_non_null(last);
	memcpy(last, "by-path/b1-m1   ", 16);
	assert_null(parse(text));
	free(text);
	assert_int_equal(why.n, 1);
	assert_int_equal(why.item[0].line, 1 + 999 * 5 + 5);
	assert_non_null(strstr(why.item[0].text, "is that of B1/m1 too "
	    "(line 6)"));
}

static void
a_reload_with_another_bed_among_a_thousand_needs_a_restart(void **state)
{
	struct config *a = parse_beds(1000, 1), *b = parse_beds(999, 1);
	struct config *c = parse_beds(1000, 1);

	(void)state;
	assert_non_null(strstr(config_reloadable(a, b), "beds: "));
	assert_null(config_reloadable(a, c));
	free((void *)c->ports[999].path);
	c->ports[999].path = strdup("/dev/serial/by-path/other");
	assert_non_null(strstr(config_reloadable(a, c), "beds[].monitors: "));
	config_free(a);
	config_free(b);
	config_free(c);
}

/* --- the hub ------------------------------------------------------------- */

static const struct driver oximeter = {
	.name = "stand-in", .title = "Stand-in oximeter",
	.silent_after_ms = 3000,
};

static struct clinic {
	struct hub hub;
	struct now now;
	size_t alarms, links_down;
	struct alarm_change last;
	char last_down[PORT_NAME_MAX];
} w;

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
	(void)arg, (void)now, (void)urgent;
	if (r->class == RECORD_EVENT && r->event.kind == EVENT_LINK_DOWN) {
		w.links_down++;
		strcpy(w.last_down, r->event.port);
	}
}

static void
on_alarm(void *arg, const struct now *now, const struct alarm_change *c,
    const char *label)
{
	(void)arg, (void)now, (void)label;
	w.alarms++;
	w.last = *c;
}

static void
on_changed(void *arg, size_t bed)
{
	(void)arg, (void)bed;
}

static void
open_clinic(size_t beds_n, size_t each)
{
	static const struct hub_sink sink = { &w, on_reading, on_record,
		on_alarm, on_changed };
	struct hub_bed_config *beds = calloc(beds_n, sizeof *beds);
	struct hub_port_config *ports = calloc(beds_n * each, sizeof *ports);
	char (*name)[PORT_NAME_MAX] = calloc(beds_n * each, sizeof *name);
	struct limit_set site;
	struct hub *h = &w.hub;

	memset(&w, 0, sizeof w);
	w.now = (struct now){ 1000000, 1795000000000, true };
	h->beds_n = beds_n;
	h->ports_n = beds_n * each;
	h->bed = calloc(beds_n, sizeof *h->bed);
	h->ended = calloc(beds_n, sizeof *h->ended);
	h->step = calloc(HUB_STEPS(beds_n), sizeof *h->step);
	h->limits = calloc(beds_n, sizeof *h->limits);
	h->sample = calloc(SUBJECT_LEVELS * beds_n, sizeof *h->sample);
	h->value = calloc(VITALS * h->ports_n, sizeof *h->value);
	h->by = calloc(beds_n, sizeof *h->by);
	h->port = calloc(h->ports_n, sizeof *h->port);
	h->board_port = calloc(h->ports_n, sizeof *h->board_port);
	h->next_ms = calloc(2 * beds_n, sizeof *h->next_ms);
	h->box_slots_n = BOX_SLOTS(beds_n, CHANNELS);
	h->box_slot = calloc(h->box_slots_n, sizeof *h->box_slot);
	assert_true(beds && ports && name && h->bed && h->port &&
	    h->ended && h->step && h->limits && h->value && h->sample && h->by && h->board_port &&
	    h->next_ms && h->box_slot);
	for (size_t i = 0; i < h->ports_n; i++) {
		snprintf(name[i], sizeof name[i], "B%zu/m%zu", i / each + 1,
		    i % each + 1);
		ports[i] = (struct hub_port_config){ name[i], i / each,
			&oximeter, false, 0 };
		if (i % each == 0) {
			char id[PORT_NAME_MAX];

			snprintf(id, sizeof id, "B%zu", i / each + 1);
			beds[i / each] = (struct hub_bed_config){ strdup(id),
				"" };
		}
	}
	limit_set_default(&site);
	hub_init(h, &w.now, 0xabc, &site, beds, ports, &sink);
	for (size_t i = 0; i < h->ports_n; i++)
		hub_link(h, &w.now, i, LINE_OPEN, "open");
	for (size_t i = 0; i < beds_n; i++)
		free((char *)beds[i].id);
	free(beds);
	free(ports);
	free(name);
}

static void
close_clinic(void)
{
	free(w.hub.bed);
	free(w.hub.ended);
	free(w.hub.step);
	free(w.hub.limits);
	free(w.hub.value);
	free(w.hub.sample);
	free(w.hub.by);
	free(w.hub.board_port);
	free(w.hub.port);
	free(w.hub.next_ms);
	free(w.hub.box_slot);
}

static void
hear(size_t port, int spo2)
{
	struct decoded d = { .t_ms = w.now.t_ms, .result = DECODE_OK };

	readings_add(&d.readings, VITAL_SPO2, QUALITY_GOOD, spo2 * 100);
	readings_add(&d.readings, VITAL_PR, QUALITY_GOOD, 60 + spo2 % 7);
	hub_frame(&w.hub, &w.now, port, &d);
}

static void
pass(int64_t ms)
{
	w.now.t_ms += ms;
	w.now.wall_ms += ms;
}

static void
open_session(size_t bed)
{
	struct statement st = { .kind = STATEMENT_SESSION_START,
		.at_ms = w.now.t_ms, .at_wall_ms = w.now.wall_ms };

	snprintf(st.session, sizeof st.session, "20261122-B%zu-1", bed + 1);
	strcpy(st.user, "anna");
	assert_int_equal(hub_state(&w.hub, &w.now, bed, &st), REFUSAL_NONE);
}

/* The slow way. */
static int64_t
least_deadline(void)
{
	int64_t least = box_next_ms(&w.hub.box);

	for (size_t i = 0; i < w.hub.beds_n; i++) {
		const struct hub_bed *b = &w.hub.bed[i];
		int64_t t = board_next_ms(&b->board);

		for (size_t j = 0; j < b->ports_n; j++) {
			const struct hub_port *p = &w.hub.port[b->port[j]];

			if (!p->silent && p->frame_ms != STREAM_NEVER &&
			    p->frame_ms + p->silent_after_ms + 1 < t)
				t = p->frame_ms + p->silent_after_ms + 1;
		}
		if (t < least)
			least = t;
	}
	return least;
}

static void
deadlines_are_the_least_of_all(size_t beds, size_t each)
{
	uint32_t random = 12345;

	open_clinic(beds, each);
	for (size_t i = 0; i < beds; i += 3)
		open_session(i);
	for (int i = 0; i < 400; i++) {
		random = random * 1664525 + 1013904223;
		hear((random >> 8) % w.hub.ports_n, 90 + i % 9);
		if (i % 50 == 0)
			hub_box(&w.hub, &w.now, BOX_CLOCK_STEPPED, "", true,
			    "stepped");
		assert_int_equal(hub_next_ms(&w.hub), least_deadline());
		pass((random >> 4) % 40);
		if (hub_next_ms(&w.hub) <= w.now.t_ms) {
			hub_tick(&w.hub, &w.now);
			assert_true(hub_next_ms(&w.hub) > w.now.t_ms);
		}
		assert_int_equal(hub_next_ms(&w.hub), least_deadline());
	}
	close_clinic();
}

static void
the_next_deadline_is_the_least_of_all_beds(void **state)
{
	(void)state;
	deadlines_are_the_least_of_all(1, 1);
	deadlines_are_the_least_of_all(2, 1);
	deadlines_are_the_least_of_all(7, 2);
	deadlines_are_the_least_of_all(250, 4);
	deadlines_are_the_least_of_all(1000, 1);
}

static void
the_one_monitor_of_a_thousand_that_falls_silent_is_named(void **state)
{
	(void)state;
	open_clinic(1000, 1);
	for (int s = 0; s < 6; s++) {
		for (size_t i = 0; i < 1000; i++)
			if (i != 999 || s < 2)
				hear(i, 97);
		pass(1000);
		if (hub_next_ms(&w.hub) <= w.now.t_ms)
			hub_tick(&w.hub, &w.now);
	}
	assert_int_equal(w.links_down, 1);
	assert_string_equal(w.last_down, "B1000/m1");
	close_clinic();
}

static void
a_restart_in_a_thousand_sessions_is_told_of_each(void **state)
{
	struct alarm_change open[HUB_BED_ALARMS];
	struct limit_set site;
	size_t n, all = 0, from = 0;
	struct statement st = { 0 };
	struct event_id last;

	(void)state;
	open_clinic(1000, 1);
	limit_set_default(&site);
	for (size_t i = 0; i < 1000; i++) {
		const bool armed[LADDERS] = { false };
		struct session s;

		open_session(i);
		hub_session(&w.hub, i, &s);
		hub_restore(&w.hub, &w.now, i, &s, &site, armed, NULL, NULL,
		    0);
		assert_int_equal(w.alarms, i + 1);
		assert_string_equal(w.last.bed, w.hub.bed[i].id);
	}
	assert_string_equal(w.last.condition, "restarted:B1000");
	last = w.last.event;
	/* With channels stuck and the log failing as well, none is hidden. */
	hub_box(&w.hub, &w.now, BOX_UNDELIVERED, "station", true, "x");
	hub_box(&w.hub, &w.now, BOX_UNDELIVERED, "pager", true, "x");
	hub_box(&w.hub, &w.now, BOX_LOG_FAILING, "", true, "x");
	assert_int_equal(w.alarms, 1003);
	assert_int_equal(hub_worst(&w.hub), PRIORITY_HIGH);
	while ((n = box_view(&w.hub.box, &from, open, HUB_BED_ALARMS)) > 0)
		all += n;
	assert_int_equal(all, 1003);
	/* The last bed's can be acknowledged. */
	assert_true(hub_ack(&w.hub, &w.now, last, &st));
	assert_string_equal(w.last.bed, "B1000");
	assert_int_equal(w.last.phase, ALARM_RESET);
	/* And the others end after five minutes. */
	pass(5 * 60 * 1000);
	hub_tick(&w.hub, &w.now);
	for (from = 0, all = 0; (n = box_view(&w.hub.box, &from, open,
	    HUB_BED_ALARMS)) > 0; )
		all += n;
	assert_int_equal(all, 3);
	close_clinic();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test(name)
		T(a_thousand_monitors_are_a_configuration_however_they_are_spread),
		T(the_monitor_beyond_a_thousand_is_refused),
		T(the_last_of_a_thousand_monitors_may_not_be_on_the_first_ones_port),
		T(a_reload_with_another_bed_among_a_thousand_needs_a_restart),
		T(the_next_deadline_is_the_least_of_all_beds),
		T(the_one_monitor_of_a_thousand_that_falls_silent_is_named),
		T(a_restart_in_a_thousand_sessions_is_told_of_each),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

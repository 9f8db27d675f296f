/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the bedside board shows, as screens of text, and when it rings.
 *
 * Easy to get wrong: NOW is the moment of the state; a test that lets time pass
 * adds to it.
 */
#include "cli/board_bell.h"
#include "cli/board_view.h"

#include <jansson.h>
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define NOW 1000000
#define WALL INT64_C(1795269751000)	/* 2026-11-21 14:02:31 UTC */

#define READING(v, shown, age) "{\"vital\":\"" v "\",\"port\":\"ge\"," \
	"\"quality\":\"good\",\"value\":1,\"shown\":\"" shown "\"," \
	"\"unit\":\"\",\"age_ms\":" age ",\"stale\":false,\"demo\":false}"
#define MISSING(v, quality) "{\"vital\":\"" v "\",\"port\":\"ge\"," \
	"\"quality\":\"" quality "\",\"value\":null,\"shown\":null," \
	"\"unit\":\"\",\"age_ms\":900,\"stale\":false,\"demo\":false}"
#define CUFF READING("nibp_sys", "128", "180000") "," \
	READING("nibp_dia", "79", "180000") "," \
	READING("nibp_map", "95", "180000")
#define GOOD READING("spo2", "97", "900") "," READING("hr", "72", "800") \
	"," CUFF "," READING("rr", "14", "1200")
#define ALARM(n, pri, text, since, rest) "{\"event\":" \
	"\"9f86d081884c7d65-" n "\",\"type\":\"SP\",\"priority\":\"" pri \
	"\",\"level\":\"" pri "\",\"state\":\"active\",\"acknowledged\":" \
	"false,\"text\":\"" text "\",\"since_ms\":" since rest "}"
#define BED(name, rest) "{\"bed\":\"" name "\",\"label\":\"" name "\"," \
	"\"session\":\"20261121-" name "-1\",\"since_start_ms\":1900000," rest
#define INFUSION "\"phase\":\"infusion\",\"infusion_ms\":1391000," \
	"\"interval\":1,"
#define UP(name) "\"ports\":[{\"port\":\"" name "/ge\",\"link\":\"up\"," \
	"\"age_ms\":500}],"

static const char *const six =
"{\"t_ms\":1000000,\"wall\":\"2026-11-21T14:02:31Z\","
"\"log\":{\"failing\":false},\"clock\":{\"synced\":true},"
"\"notifier\":{\"connected\":true,\"undelivered\":0},"
"\"box\":{\"alarms\":[]},\"beds\":["
BED("CHAIR1", INFUSION UP("CHAIR1") "\"vitals\":[" GOOD "],\"alarms\":[],"
    "\"armed\":{\"spo2-low\":true,\"nibp-advisory\":false}},")
BED("CHAIR2", INFUSION UP("CHAIR2") "\"vitals\":["
    READING("spo2", "86", "900") "," READING("hr", "72", "800") "," CUFF
    "],\"alarms\":["
    ALARM("1", "low", "RR numeric absent", "960000", "") ","
    ALARM("2", "medium", "NIBP sys 172 mmHg (>160), unconfirmed", "810000",
	",\"acknowledged\":true,\"by\":\"Ana\"") ","
    ALARM("3", "high", "SpO2 86 % (<88)", "986000", "") "]},")
BED("CHAIR3", "\"phase\":\"baseline\",\"infusion_ms\":null," UP("CHAIR3")
    "\"vitals\":[" MISSING("spo2", "sensor-off") ","
    READING("pr", "88", "700") "],\"alarms\":[],\"armed\":{\"spo2-low\":"
    "false,\"hr-high\":false,\"nibp-low\":false,\"rr-low\":true}},")
"{\"bed\":\"CHAIR4\",\"label\":\"CHAIR4\",\"session\":null,\"phase\":\"idle\","
    "\"vitals\":[],\"alarms\":[],\"ports\":[{\"port\":\"CHAIR4/ge\","
    "\"link\":\"down\",\"age_ms\":null,\"why\":\"no such device\"}]},"
"{\"bed\":\"CHAIR5\",\"label\":\"Fauteuil pr\u00e8s du mur\",\"session\":"
    "\"20261121-CHAIR5-1\",\"since_start_ms\":1900000,"
    "\"phase\":\"recovery\",\"infusion_ms\":1391000,"
    "\"interval\":1,\"recovery_ms\":600000,\"paused_until_ms\":1077000,"
    "\"ports\":[{\"port\":\"CHAIR5/ge\",\"link\":\"silent\",\"age_ms\":42000"
    "}],\"vitals\":[" READING("spo2", "97", "42000") "," CUFF "],"
    "\"alarms\":[" ALARM("4", "medium", "no data from ge", "968000", "")
    "]},"
BED("CHAIR6", "\"phase\":\"paused\",\"infusion_ms\":1391000,\"interval\":2,"
    UP("CHAIR6") "\"vitals\":[" GOOD "],\"alarms\":["
    ALARM("5", "high", "HR 131 /min (>130)", "905000",
	",\"state\":\"latched\"") "]}")
"]}";

struct screen {
	struct cell cell[GRID_CELLS];
	struct grid grid;
	struct state *state;
	struct board_view view;
};

static struct screen *
screen_new(const char *text, int rows, int columns)
{
	struct screen *s = calloc(1, sizeof(*s));
	json_t *o = json_loads(text, 0, NULL);

	assert_non_null(o);
	s->state = state_parse(o);
	assert_non_null(s->state);
	json_decref(o);
	s->grid = (struct grid){ .rows = rows, .columns = columns,
	    .cell = s->cell };
	s->view = (struct board_view){
		.state = s->state, .now_ms = NOW, .wall_ms = WALL,
		.heard_ms = NOW, .trouble = "", .message = "", .by = "Ana",
	};
	return s;
}

static void
screen_free(struct screen *s)
{
	state_free(s->state);
	free(s);
}

static void
assert_screen(struct screen *s, const char *const *want)
{
	char row[4096];
	bool bad = false;

	board_draw(&s->grid, &s->view);
	for (int i = 0; i < s->grid.rows; i++) {
		grid_row(&s->grid, i, row, sizeof(row));
		if (getenv("SHOW_SCREENS"))
			printf("\t\"%s\",\n", row);
		else if (strcmp(row, want[i]) != 0)
			bad = true;
		if (bad)
			fail_msg("row %d is\n%s\nnot\n%s", i, row, want[i]);
	}
}

/* Whether the text stands anywhere on the screen. */
static bool
shows(struct screen *s, const char *text)
{
	char row[4096];

	board_draw(&s->grid, &s->view);
	for (int i = 0; i < s->grid.rows; i++) {
		grid_row(&s->grid, i, row, sizeof(row));
		if (strstr(row, text))
			return true;
	}
	return false;
}

static void
six_beds_fit_an_ordinary_terminal(void **state)
{
	static const char *const want[] = {
#include "tests/unit/board_six.inc"
	};
	struct screen *s = screen_new(six, 24, 80);

	(void)state;
	assert_screen(s, want);
	screen_free(s);
}

/* The cuff may have measured before: that is in the log. */
static void
after_a_restart_no_cuff_result_is_not_called_none_yet(void **state)
{
	static const char *const resumed =
	    "{\"t_ms\":1000000,\"wall\":\"2026-11-21T14:02:31Z\","
	    "\"log\":{\"failing\":false},\"clock\":{\"synced\":true},"
	    "\"notifier\":{\"connected\":true,\"undelivered\":0},"
	    "\"box\":{\"alarms\":[]},\"beds\":["
	    BED("CHAIR1", "\"restarted\":true," INFUSION UP("CHAIR1")
	    "\"vitals\":[" READING("spo2", "97", "900") "],\"alarms\":[]}")
	    "]}";
	struct screen *s = screen_new(resumed, 24, 80);

	(void)state;
	assert_true(shows(s, "NIBP     -- none"));
	assert_false(shows(s, "NIBP     -- none yet"));
	assert_true(shows(s, "      since the restart"));
	screen_free(s);
}

static void
no_contact_takes_the_whole_screen_after_five_seconds(void **state)
{
	static const char *const want[] = {
#include "tests/unit/board_no_contact.inc"
	};
	struct screen *s = screen_new(six, 24, 80);

	(void)state;
	s->view.now_ms = NOW + BOARD_SILENT_MS - 1;
	assert_true(shows(s, "SpO2"));
	s->view.now_ms = NOW + 67000;
	s->view.wall_ms = WALL + 67000;
	s->view.trouble = "vitalsd closed the connection";
	assert_screen(s, want);
	/* Also when it never answered at all. */
	s->view.state = NULL;
	s->view.heard_ms = -1;
	assert_true(shows(s, "nothing heard from it yet"));
	screen_free(s);
}

static void
a_stale_value_is_gone_and_says_for_how_long(void **state)
{
	struct screen *s = screen_new(six, 24, 80);

	(void)state;
	/* vitalsd still ticks, but sends nothing new. */
	s->view.heard_ms = NOW + 30000;
	s->view.now_ms = NOW + 30000;
	assert_false(shows(s, "97"));
	assert_false(shows(s, "86 %   "));
	assert_true(shows(s, "SpO2     -- no data 00:30"));
	/* A cuff result is an event and stays, with its time. */
	assert_true(shows(s, "NIBP  128/79 (95)"));
	assert_true(shows(s, "at 13:59, 3 min ago"));
	screen_free(s);
}

static void
an_escalation_changes_sign_and_word_as_well_as_colour(void **state)
{
	struct screen *s = screen_new(six, 24, 80);
	struct state_alarm *a = &s->state->bed[4].alarm[0];

	(void)state;
	assert_true(shows(s, "** MED"));
	assert_true(shows(s, "**  no data from ge  00:32"));
	a->priority = PRIORITY_HIGH;
	assert_false(shows(s, "** MED"));
	assert_true(shows(s, "*** no data from ge  00:32"));
	a->acknowledged = true;
	assert_true(shows(s, "*** no data from ge   seen"));
	a->acknowledged = false;
	a->paused = true;
	assert_true(shows(s, "*** no data from ge paused"));
	screen_free(s);
}

static void
an_alarm_flashes_until_it_is_seen(void **state)
{
	struct board_view v = { .now_ms = 0 };

	(void)state;
	assert_int_equal(board_style(&v, PRIORITY_HIGH, false), STYLE_HIGH);
	assert_int_equal(board_style(&v, PRIORITY_HIGH, true),
	    STYLE_HIGH_TEXT);
	v.now_ms = 250;
	assert_int_equal(board_style(&v, PRIORITY_HIGH, false),
	    STYLE_HIGH_TEXT);
	assert_int_equal(board_style(&v, PRIORITY_MEDIUM, false),
	    STYLE_MEDIUM);
	assert_int_equal(board_style(&v, PRIORITY_LOW, false),
	    STYLE_LOW_TEXT);
}

static void
the_selection_follows_its_event_not_its_place(void **state)
{
	struct screen *s = screen_new(six, 24, 80);
	const struct state_bed *b = &s->state->bed[1];

	(void)state;
	snprintf(s->view.choice.event, EVENT_ID_TEXT, "9f86d081884c7d65-1");
	/* Most urgent first, seen last. */
	assert_string_equal(b->alarm[0].event, "9f86d081884c7d65-3");
	assert_string_equal(b->alarm[2].event, "9f86d081884c7d65-2");
	assert_int_equal(board_selected(&s->view, b->alarm, b->alarms_n), 1);
	snprintf(s->view.choice.event, EVENT_ID_TEXT, "gone");
	assert_int_equal(board_selected(&s->view, b->alarm, b->alarms_n), 0);
	screen_free(s);
}

static void
tab_stays_with_the_most_urgent_until_they_are_seen(void **state)
{
	struct screen *s = screen_new(six, 24, 80);
	struct board_choice c = { .bed = 3 };
	static const int beds[] = { 1, 5, 1, 5 };

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		assert_true(board_choice_calling(&c, s->state));
		assert_int_equal(c.bed, beds[i]);
	}
	assert_true(board_choice_calling(&c, s->state));
	assert_string_equal(c.event, "9f86d081884c7d65-3");
	/* Also when the only high alarm is selected before the first Tab. */
	s->state->bed[5].alarm[0].acknowledged = true;
	assert_true(board_choice_calling(&c, s->state));
	assert_int_equal(c.bed, 1);
	assert_string_equal(c.event, "9f86d081884c7d65-3");
	/* What was seen or is paused does not call. */
	s->state->bed[1].alarm[0].acknowledged = true;
	assert_true(board_choice_calling(&c, s->state));
	assert_int_equal(c.bed, 4);
	s->state->bed[4].alarm[0].paused = true;
	assert_true(board_choice_calling(&c, s->state));
	assert_string_equal(c.event, "9f86d081884c7d65-1");
	s->state->bed[1].alarm[1].acknowledged = true;
	assert_false(board_choice_calling(&c, s->state));
	assert_int_equal(c.bed, 1);
	screen_free(s);
}

/* Two alarms of one bed that are as urgent: Tab reaches both. */
static void
tab_reaches_the_second_alarm_of_a_bed(void **state)
{
	struct screen *s = screen_new(six, 24, 80);
	struct board_choice c = { .bed = 1 };

	(void)state;
	s->state->bed[5].alarm[0].acknowledged = true;
	s->state->bed[1].alarm[1].priority = PRIORITY_HIGH;
	assert_true(board_choice_calling(&c, s->state));
	assert_string_equal(c.event, "9f86d081884c7d65-3");
	assert_true(board_choice_calling(&c, s->state));
	assert_string_equal(c.event, "9f86d081884c7d65-1");
	screen_free(s);
}

static void
the_choice_says_when_its_event_is_gone(void **state)
{
	struct screen *s = screen_new(six, 24, 80);
	struct board_choice c = { .bed = 1 };

	(void)state;
	board_choice_alarm(&c, s->state, 0);
	board_choice_alarm(&c, s->state, 1);
	assert_string_equal(c.event, "9f86d081884c7d65-1");
	assert_false(board_choice_follow(&c, s->state));
	memcpy(s->state->bed[1].alarm[1].event, "new", 4);
	assert_true(board_choice_follow(&c, s->state));
	assert_string_equal(c.event, "9f86d081884c7d65-3");
	/* Round by the box. */
	c.bed = 0;
	board_choice_bed(&c, s->state, -1);
	assert_int_equal(c.bed, BOARD_BOX);
	board_choice_bed(&c, s->state, -1);
	assert_int_equal(c.bed, 5);
	board_choice_bed(&c, s->state, 1);
	assert_int_equal(c.bed, BOARD_BOX);
	assert_string_equal(c.event, "");
	screen_free(s);
}

static void
no_label_leaves_its_place(void **state)
{
	struct screen *s = screen_new(six, 24, 80);

	(void)state;
	s->view.choice.bed = 2;
	/* Wide characters in 23 bytes at most, and broken UTF-8. */
	snprintf(s->state->bed[0].label, BED_MAX, "\u6f22\u6f22\u6f22\u6f22"
	    "\u6f22\u6f22\u6f22");
	assert_true(shows(s, " \u6f22\u6f22\u6f22\u6f22\u6f22\u6f22\u6f22"
	    "   INFUSION\u2502 CHAIR2"));
	memcpy(s->state->bed[0].label, "a\x1b[31m\xff\xe6z", 10);
	assert_true(shows(s, " a?[31m??z        INFUSION\u2502 CHAIR2"));
	s->grid.ascii = true;
	assert_true(shows(s, "| Fauteui~ ** MED  RECOVERY|"));
	screen_free(s);
}

static void
beds_that_do_not_fit_are_named_when_they_call(void **state)
{
	struct screen *s = screen_new(six, 13, 80);

	(void)state;
	/* Three of six fit; CHAIR6 has a high alarm. */
	assert_true(shows(s, "CHAIR3"));
	assert_true(shows(s, "NOT SHOWN: CHAIR6 *** (beds 1-3 of 6)"));
	s->view.choice.bed = 5;
	assert_true(shows(s, "NOT SHOWN: CHAIR2 *** (beds 4-6 of 6)"));
	screen_free(s);
}

static void
every_size_of_window_is_drawn_within_its_edges(void **state)
{
	struct screen *s = screen_new(six, 1, 1);

	(void)state;
	for (int rows = 1; rows <= 90; rows += rows < 20 ? 1 : 7) {
		for (int columns = 1; columns <= 300; columns +=
		    columns < 30 ? 1 : 13) {
			s->grid.rows = rows;
			s->grid.columns = columns;
			memset(s->cell, 0x55, sizeof(s->cell[0]) *
			    ((size_t)(rows * columns) + 1));
			s->view.heard_ms = columns % 2 ? NOW : -1;
			board_draw(&s->grid, &s->view);
			assert_int_equal(s->cell[rows * columns].c,
			    0x55555555);
		}
	}
	screen_free(s);
}

static void
a_long_alarm_takes_two_rows_where_there_are_two(void **state)
{
	struct screen *s = screen_new(six, 40, 80);

	(void)state;
	assert_true(shows(s, "\u2502**  NIBP sys 172 mmHg (>160),"));
	assert_true(shows(s, "\u2502    unconfirmed                    seen"));
	screen_free(s);
}

static void
a_large_screen_has_digits_to_be_read_from_afar(void **state)
{
	static const char *const want[] = {
		"SpO2     86 %          0 s",
		"  \u2588\u2588\u2588 \u2588\u2588\u2588",
		"  \u2588 \u2588 \u2588",
		"  \u2588\u2588\u2588 \u2588\u2588\u2588",
		"  \u2588 \u2588 \u2588 \u2588",
		"  \u2588\u2588\u2588 \u2588\u2588\u2588",
		"HR       72 /min       0 s",
	};
	struct screen *s = screen_new(six, 20, 26);
	struct area a = { 0, 0, 20, 26 };
	char row[512];

	(void)state;
	grid_clear(&s->grid, STYLE_NORMAL);
	board_draw_tile(&s->grid, a, &s->view, &s->state->bed[1], false);
	for (int i = 0; i < 7; i++) {
		grid_row(&s->grid, i + 2, row, sizeof(row));
		assert_string_equal(row, want[i]);
	}
	screen_free(s);
}

#define SAYS(pri, text, since) "{\"port\":\"CHAIR1/ge\",\"priority\":\"" \
	pri "\",\"text\":\"" text "\",\"since_ms\":" since "}"
#define SAYING(alarms) \
	"{\"t_ms\":1000000,\"wall\":\"2026-11-21T14:02:31Z\"," \
	"\"log\":{\"failing\":false},\"clock\":{\"synced\":true}," \
	"\"notifier\":{\"connected\":true,\"undelivered\":0}," \
	"\"box\":{\"alarms\":[]},\"beds\":[" \
	BED("CHAIR1", INFUSION UP("CHAIR1") "\"vitals\":[" GOOD "]," \
	    "\"alarms\":[" alarms "],\"monitor_alarms\":[" \
	    SAYS("low", "LEADS OFF", "100") "," \
	    SAYS("high", "SpO2 LOW", "900000") "," \
	    SAYS("high", "APNEA", "800000") "]}") "]}"

/* One tile of so many rows, from its n-th row on. */
static void
assert_tile(struct screen *s, int rows, int from, const char *const *want,
    size_t n)
{
	struct area a = { 0, 0, rows, s->grid.columns };
	char row[512];

	grid_clear(&s->grid, STYLE_NORMAL);
	board_draw_tile(&s->grid, a, &s->view, &s->state->bed[0], false);
	for (size_t i = 0; i < n; i++) {
		grid_row(&s->grid, from + (int)i, row, sizeof(row));
		assert_string_equal(row, want[i]);
	}
}

static void
what_the_monitor_says_stands_apart_and_calls_nobody(void **state)
{
	static const char *const head[] = { " CHAIR1           INFUSION" };
	static const char *const said[] = {
		"RR       14 /min       1 s",
		"monitor says: APNEA",
		"monitor says: SpO2 LOW",
		"monitor says: LEADS OFF",
		"",
	};
	struct screen *s = screen_new(SAYING(""), 12, 26);
	uint32_t n = 0;

	(void)state;
	assert_tile(s, 12, 0, head, 1);
	assert_tile(s, 12, 6, said, 5);
	assert_int_equal(s->cell[7 * 26].style, STYLE_NORMAL);
	assert_int_equal(state_calling(s->state, &n), PRIORITY_NONE);
	assert_int_equal(n, 0);
	screen_free(s);
}

static void
the_smallest_tile_has_a_row_for_the_monitors_worst(void **state)
{
	static const char *const flat[] = {
		"RR       14 /min       1 s",
		"*** SpO2 86 % (<88)  00:14",
		"*   RR numeric absent",
		"monitor says (+2): APNEA",
	};
	static const char *const taller[] = {
		"monitor says: APNEA",
		"monitor says (+1): SpO2 L\u2026",
	};
	struct screen *s = screen_new(SAYING(
	    ALARM("1", "low", "RR numeric absent", "960000", "") ","
	    ALARM("3", "high", "SpO2 86 % (<88)", "986000", "")), 20, 26);

	(void)state;
	assert_tile(s, 10, 6, flat, 4);
	assert_tile(s, 12, 10, taller, 2);
	screen_free(s);
}

static void
a_failing_log_and_demo_data_are_on_the_screen(void **state)
{
	struct screen *s = screen_new(six, 24, 80);

	(void)state;
	s->state->log_failing = true;
	s->state->bed[0].reading[0].demo = true;
	assert_true(shows(s, "log FAILING"));
	assert_true(shows(s, "DEMO DATA, NO PATIENT"));
	screen_free(s);
}

/* The cable may well be in: another program may have the port. */
static void
a_port_that_is_not_open_is_not_called_unplugged(void **state)
{
	struct screen *s = screen_new(six, 24, 80);

	(void)state;
	for (size_t i = 0; i < s->state->beds_n; i++) {
		for (size_t j = 0; j < s->state->bed[i].ports_n; j++)
			s->state->bed[i].port[j].open = false;
	}
	assert_true(shows(s, "ge down 00:42"));
	assert_false(shows(s, "unplugged"));
	screen_free(s);
}

static int
strokes(struct bell *b, int64_t from, int64_t to, enum priority p, uint32_t n)
{
	int rung = 0;

	for (int64_t t = from; t < to; t += 125)
		rung += bell_due(b, t, p, n);
	return rung;
}

static void
the_bell_tells_priorities_by_number(void **state)
{
	struct bell b = { .priority = PRIORITY_NONE };

	(void)state;
	assert_int_equal(strokes(&b, 0, 60000, PRIORITY_NONE, 0), 0);
	assert_int_equal(strokes(&b, 60000, 120000, PRIORITY_LOW, 1), 1);
	assert_int_equal(strokes(&b, 120000, 122000, PRIORITY_MEDIUM, 2), 3);
	assert_int_equal(strokes(&b, 122000, 132000, PRIORITY_MEDIUM, 2), 0);
	assert_int_equal(strokes(&b, 132000, 140000, PRIORITY_MEDIUM, 2), 3);
	/* Higher: at once, and again every five seconds after the burst. */
	assert_int_equal(strokes(&b, 140000, 142000, PRIORITY_HIGH, 3), 5);
	assert_int_equal(strokes(&b, 142000, 148000, PRIORITY_HIGH, 3), 5);
	/* One more of the same: at once; one fewer: no new burst. */
	assert_int_equal(strokes(&b, 148000, 149500, PRIORITY_HIGH, 4), 5);
	assert_int_equal(strokes(&b, 149500, 151000, PRIORITY_HIGH, 3), 0);
	assert_int_equal(strokes(&b, 151000, 160000, PRIORITY_NONE, 0), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(six_beds_fit_an_ordinary_terminal),
		cmocka_unit_test(
		    after_a_restart_no_cuff_result_is_not_called_none_yet),
		cmocka_unit_test(
		    no_contact_takes_the_whole_screen_after_five_seconds),
		cmocka_unit_test(a_stale_value_is_gone_and_says_for_how_long),
		cmocka_unit_test(
		    an_escalation_changes_sign_and_word_as_well_as_colour),
		cmocka_unit_test(an_alarm_flashes_until_it_is_seen),
		cmocka_unit_test(
		    the_selection_follows_its_event_not_its_place),
		cmocka_unit_test(tab_stays_with_the_most_urgent_until_they_are_seen),
		cmocka_unit_test(tab_reaches_the_second_alarm_of_a_bed),
		cmocka_unit_test(the_choice_says_when_its_event_is_gone),
		cmocka_unit_test(no_label_leaves_its_place),
		cmocka_unit_test(
		    beds_that_do_not_fit_are_named_when_they_call),
		cmocka_unit_test(
		    every_size_of_window_is_drawn_within_its_edges),
		cmocka_unit_test(
		    a_long_alarm_takes_two_rows_where_there_are_two),
		cmocka_unit_test(
		    a_large_screen_has_digits_to_be_read_from_afar),
		cmocka_unit_test(
		    a_failing_log_and_demo_data_are_on_the_screen),
		cmocka_unit_test(a_port_that_is_not_open_is_not_called_unplugged),
		cmocka_unit_test(
		    what_the_monitor_says_stands_apart_and_calls_nobody),
		cmocka_unit_test(
		    the_smallest_tile_has_a_row_for_the_monitors_worst),
		cmocka_unit_test(the_bell_tells_priorities_by_number),
	};
	setenv("TZ", "UTC", 1);
	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * One bed on the board: who and in which phase, the clock, each value with its
 * age, what is wrong with the hearing, and the alarms.
 *
 *	>CHAIR3 *** HIGH  INFUSION	1 head; flashes while an alarm calls
 *	infusion 0:23:11		1
 *	SpO2     86 %          2 s	5 values; a cuff's with its own time
 *	...
 *	not armed: RR			1 or more: pause, links, arming
 *	*** SpO2 86 % (<88)  00:14	the rest: alarms
 *	monitor says: SpO2 LOW	last, 1 or more: the monitors' own
 *
 * Easy to get wrong: "--" with how long, never the last value, when a level is
 * stale; a cuff result is an event, so it stays with the time it was measured.
 */
#include "cli/board_view.h"

#include <stdio.h>
#include <string.h>

#include "daemon/clock.h"

#define NOTES 6

struct tile {
	struct grid *g;
	const struct board_view *v;
	const struct state_bed *b;
	struct area a;
	int64_t later_ms;	/* since the state's own time */
	int row;		/* the next one, within the area */
	bool large;		/* room for digits that are read from afar */
};
#define LARGE_ROWS 20

static void
draw_head(struct tile *t, bool selected)
{
	static const char *const word[PRIORITIES] = {
		"", "* LOW", "** MED", "*** HIGH",
	};
	const struct state_bed *b = t->b;
	enum priority p = board_calling(b->alarm, b->alarms_n);
	enum style style = p > PRIORITY_LOW ? board_style(t->v, p, false) :
	    STYLE_BAR;
	char phase[16], *c;
	int room, used, width;

	snprintf(phase, sizeof(phase), "%s", phase_name(b->phase));
	for (c = phase; *c; c++)
		*c = *c >= 'a' && *c <= 'z' ? (char)(*c - 'a' + 'A') : *c;
	grid_fill(t->g, t->a.row, t->a.column, t->a.columns, style);
	width = (int)strlen(phase);
	grid_right(t->g, t->a.row, t->a.column + t->a.columns - width - 1,
	    width + 1, style, phase);
	/* The label gives way to the alarm's word, not the other way round. */
	room = t->a.columns - width - 2 - 1;
	if (p)
		room -= (int)strlen(word[p]) + 1;
	grid_text(t->g, t->a.row, t->a.column, 1, style, selected ? ">" : " ");
	used = grid_text(t->g, t->a.row, t->a.column + 1, room, style,
	    b->label);
	if (p)
		grid_text(t->g, t->a.row, t->a.column + 1 + used + 1,
		    (int)strlen(word[p]), style, word[p]);
}

static void
line(struct tile *t, enum style style, const char *text)
{
	if (t->row < t->a.rows)
		grid_text(t->g, t->a.row + t->row++, t->a.column,
		    t->a.columns, style, text);
}

/* With its hours, so that it is not read as a time of day. */
static void
long_clock(int64_t ms, char out[24])
{
	int64_t s = ms < 0 ? 0 : ms / 1000;

	snprintf(out, 24, "%lld:%02d:%02d", (long long)(s / 3600),
	    (int)(s / 60 % 60), (int)(s % 60));
}

static void
draw_clock(struct tile *t)
{
	const struct state_bed *b = t->b;
	char text[80], clock[24], other[24];

	if (!b->session[0]) {
		line(t, STYLE_DIM, "no session: no alarms");
		return;
	}
	long_clock(b->since_start_ms + t->later_ms, clock);
	snprintf(text, sizeof(text), "session %s", clock);
	if (b->infusion_ms != INFUSION_NONE) {
		long_clock(b->infusion_ms + t->later_ms, clock);
		if (b->interval > 1)
			snprintf(text, sizeof(text), "infusion %s (no. %u)",
			    clock, b->interval);
		else
			snprintf(text, sizeof(text), "infusion %s", clock);
	}
	if (b->recovery_ms != INFUSION_NONE) {
		long_clock(b->recovery_ms + t->later_ms, other);
		snprintf(text, sizeof(text), "recovery %s", other);
	}
	line(t, STYLE_NORMAL, text);
}

/* Under its line, the same value five rows high. */
static void
draw_large(struct tile *t, const char *value)
{
	int pixel = t->a.columns >= 30 ? 2 : 1;

	grid_big(t->g, t->a.row + t->row, t->a.column + 2, pixel,
	    STYLE_STRONG, value);
	t->row += GRID_BIG_ROWS;
}

/* "SpO2     97 %          2 s", or "SpO2     -- no data 00:42". */
static void
draw_level(struct tile *t, enum vital v, const struct state_reading *r)
{
	int row = t->a.row + t->row, column = t->a.column;
	bool large = t->large && (v == VITAL_SPO2 || v == VITAL_HR ||
	    v == VITAL_PR);
	char text[48], clock[24];

	if (t->row >= t->a.rows)
		return;
	t->row++;
	grid_text(t->g, row, column, 5, STYLE_NORMAL, vital_info[v].label);
	if (r && state_reading_valid(r, t->later_ms)) {
		snprintf(text, sizeof(text), "%s%s", r->shown,
		    r->quality == QUALITY_QUESTIONABLE ? "?" : "");
		grid_right(t->g, row, column + 5, 6, STYLE_STRONG, text);
		if (large)
			draw_large(t, text);
		grid_text(t->g, row, column + 12, 6, STYLE_DIM,
		    t->g->ascii && v == VITAL_TEMP ? "C" : vital_info[v].unit);
		snprintf(text, sizeof(text), "%lld s",
		    (long long)((r->age_ms + t->later_ms) / 1000));
		grid_right(t->g, row, column + BOARD_TILE_COLUMNS - 6, 6,
		    STYLE_DIM, text);
		return;
	}
	grid_right(t->g, row, column + 5, 6, STYLE_STRONG, "--");
	if (large)
		draw_large(t, "--");
	if (!r)
		snprintf(text, sizeof(text), "none yet");
	else if (r->shown[0] || r->stale) {
		board_clock(r->age_ms + t->later_ms, clock);
		snprintf(text, sizeof(text), "no data %s", clock);
	} else
		snprintf(text, sizeof(text), "%s",
		    state_quality_words(r->quality));
	grid_text(t->g, row, column + 12, t->a.columns - 12, STYLE_NORMAL,
	    text);
}

/* Two rows: the pressures, and when they were measured. */
static void
draw_cuff(struct tile *t)
{
	const struct state_reading *sys = state_reading(t->b, VITAL_NIBP_SYS,
	    t->later_ms);
	const struct state_reading *dia = state_reading(t->b, VITAL_NIBP_DIA,
	    t->later_ms);
	const struct state_reading *map = state_reading(t->b, VITAL_NIBP_MAP,
	    t->later_ms);
	bool valid = sys && dia && state_reading_valid(sys, t->later_ms) &&
	    state_reading_valid(dia, t->later_ms);
	char text[64], at[CLOCK_TEXT], clock[24];
	int64_t age;

	if (t->row + 2 > t->a.rows)
		return;
	grid_text(t->g, t->a.row + t->row, t->a.column, 5, STYLE_NORMAL,
	    "NIBP");
	if (valid) {
		snprintf(text, sizeof(text), "%s/%s", sys->shown, dia->shown);
		if (map && state_reading_valid(map, t->later_ms))
			snprintf(text + strlen(text),
			    sizeof(text) - strlen(text), " (%s)", map->shown);
		if (sys->quality == QUALITY_QUESTIONABLE)
			snprintf(text + strlen(text),
			    sizeof(text) - strlen(text), "?");
		grid_text(t->g, t->a.row + t->row, t->a.column + 6,
		    t->a.columns - 6, STYLE_STRONG, text);
	} else {
		grid_right(t->g, t->a.row + t->row, t->a.column + 5, 6,
		    STYLE_STRONG, "--");
		grid_text(t->g, t->a.row + t->row, t->a.column + 12,
		    t->a.columns - 12, STYLE_NORMAL, !sys ?
		    t->b->restarted ? "none" : "none yet" :
		    sys->shown[0] ? "too old" :
		    state_quality_words(sys->quality));
	}
	t->row++;
	text[0] = '\0';
	if (sys && sys->shown[0]) {
		age = sys->age_ms + t->later_ms;
		clock_format_local(t->v->wall_ms - age, at);
		if (age < 60000)
			snprintf(clock, sizeof(clock), "<1 min");
		else if (age < 3600000)
			snprintf(clock, sizeof(clock), "%d min",
			    (int)(age / 60000));
		else
			snprintf(clock, sizeof(clock), "%lld h %d min",
			    (long long)(age / 3600000),
			    (int)(age / 60000 % 60));
		snprintf(text, sizeof(text), "      %s %.5s, %s ago",
		    valid ? "at" : "last", at, clock);
	}
	/* There may be results; the review has them. */
	if (!sys && t->b->restarted)
		snprintf(text, sizeof(text), "      since the restart");
	line(t, valid ? STYLE_DIM : STYLE_NORMAL, text);
}

/* HR of the ECG, else the oximeter's pulse; and it says which. */
static void
draw_rate(struct tile *t)
{
	const struct state_reading *hr = state_reading(t->b, VITAL_HR,
	    t->later_ms);
	const struct state_reading *pr = state_reading(t->b, VITAL_PR,
	    t->later_ms);
	bool pulse = (!hr || !state_reading_valid(hr, t->later_ms)) && pr &&
	    state_reading_valid(pr, t->later_ms);

	if (pulse || !hr)
		draw_level(t, pr ? VITAL_PR : VITAL_HR, pr);
	else
		draw_level(t, VITAL_HR, hr);
}

/* What limits the trust in this tile, weightiest first. */
static size_t
notes_collect(const struct tile *t, char note[NOTES][64])
{
	static const char *const what[STATE_ARMED] = {
		[ARMED_NIBP] = " NIBP", [ARMED_HR] = " HR",
		[ARMED_SPO2] = " SpO2", [ARMED_RR] = " RR",
	};
	const struct state_bed *b = t->b;
	char clock[24], list[32] = "";
	size_t n = 0;

	if (state_demo(b))
		snprintf(note[n++], 64, STATE_DEMO);
	if (b->paused_until_ms > t->v->now_ms) {
		board_clock(b->paused_until_ms - t->v->now_ms + 999, clock);
		snprintf(note[n++], 64, "alarms PAUSED %s", clock);
	}
	for (size_t i = 0; i < b->ports_n && n < NOTES - 1; i++) {
		const struct state_port *p = &b->port[i];
		const char *name = strrchr(p->port, '/');

		if (p->up)
			continue;
		name = name ? name + 1 : p->port;
		if (p->age_ms >= 0) {
			board_clock(p->age_ms + t->later_ms, clock);
			snprintf(note[n++], 64, "%.20s %s %s", name,
			    p->open ? "silent" : "down", clock);
		} else {
			snprintf(note[n++], 64, "%.20s %s", name, p->open ?
			    "not heard yet" : "not there");
		}
	}
	for (int i = 0; i < STATE_ARMED; i++) {
		if (b->session[0] && b->unarmed[i])
			strcat(list, what[i]);
	}
	if (list[0])
		snprintf(note[n++], 64, "not armed:%s", list);
	return n;
}

/* In rows of their own where there is room, else in one row. */
static void
draw_notes(struct tile *t, int rows)
{
	char note[NOTES][64], all[NOTES * 66];
	size_t n = notes_collect(t, note);

	all[0] = '\0';
	for (size_t i = 0; i < n; i++) {
		if ((int)n <= rows) {
			line(t, STYLE_NORMAL, note[i]);
			continue;
		}
		if (i > 0)
			strcat(all, ", ");
		strcat(all, note[i]);
	}
	if ((int)n > rows)
		line(t, STYLE_NORMAL, all);
}

static void
draw_alarms(struct tile *t, bool selected)
{
	const struct state_bed *b = t->b;
	int rows = t->a.rows - t->row;
	size_t room = rows > 0 ? (size_t)rows : 0, chosen, first = 0, left;

	chosen = board_selected(t->v, b->alarm, b->alarms_n);
	if (selected && room > 0 && chosen >= room)
		first = chosen + 1 - room;
	for (size_t i = first; i < b->alarms_n && i < first + room; i++) {
		/* Each of those to come keeps a row of its own. */
		left = b->alarms_n - 1 - i;
		rows = t->a.rows - t->row - (int)left;
		t->row += board_draw_alarm(t->g, t->a.row + t->row,
		    t->a.column, t->a.columns, rows, t->v, &b->alarm[i],
		    i + 1 == first + room ? b->alarms_n - room : 0,
		    selected && i == chosen);
	}
}

/* What the monitors themselves alarm of, the worst first: plain, since nothing
 * of it calls from here, and how many there was no row for. */
static void
draw_relayed(struct tile *t)
{
	const struct state_bed *b = t->b;
	size_t room = t->a.rows > t->row ? (size_t)(t->a.rows - t->row) : 0;
	char text[128];

	for (size_t i = 0; i < b->relayed_n && i < room; i++) {
		size_t more = i + 1 == room ? b->relayed_n - room : 0;

		if (more > 0)
			snprintf(text, sizeof(text), "monitor says (+%zu): %s",
			    more, b->relayed[i].text);
		else
			snprintf(text, sizeof(text), "monitor says: %s",
			    b->relayed[i].text);
		line(t, STYLE_NORMAL, text);
	}
}

void
board_draw_tile(struct grid *g, struct area a, const struct board_view *v,
    const struct state_bed *b, bool selected)
{
	static const enum vital more[] = { VITAL_ETCO2, VITAL_TEMP };
	struct tile t = {
		.g = g, .v = v, .b = b, .a = a, .row = 1,
		.large = a.rows >= LARGE_ROWS,
		.later_ms = v->now_ms > v->state->t_ms ?
		    v->now_ms - v->state->t_ms : 0,
	};
	const struct state_reading *r;
	int alarms = b->alarms_n < 1 ? 1 : (int)b->alarms_n;
	int relayed = b->relayed_n > 0;	/* one row of it is always there */

	t.a.rows -= relayed;
	draw_head(&t, selected);
	draw_clock(&t);
	draw_level(&t, VITAL_SPO2, state_reading(b, VITAL_SPO2, t.later_ms));
	draw_rate(&t);
	draw_cuff(&t);
	draw_level(&t, VITAL_RR, state_reading(b, VITAL_RR, t.later_ms));
	for (size_t i = 0; i < sizeof(more) / sizeof(more[0]); i++) {
		r = state_reading(b, more[i], t.later_ms);
		/* Alarms and notes come before what has no alarm. */
		if (r && t.row + 1 + alarms < t.a.rows)
			draw_level(&t, more[i], r);
	}
	draw_notes(&t, t.a.rows - t.row - alarms > 1 ?
	    t.a.rows - t.row - alarms : 1);
	draw_alarms(&t, selected);
	t.a.rows += relayed;
	draw_relayed(&t);
}

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The bedside board laid out; see board_view.h.
 *
 * Easy to get wrong: without contact nothing of the old state may look alive,
 * so the whole screen says so and shows no value at all.
 */
#include "cli/board_view.h"

#include <stdio.h>
#include <string.h>

#include "daemon/clock.h"

/* High flashes twice a second, medium every two seconds, low is steady. */
#define FLASH_HIGH_MS 250
#define FLASH_MEDIUM_MS 1000

void
board_clock(int64_t ms, char out[24])
{
	int64_t s = ms < 0 ? 0 : ms / 1000;

	if (s < 3600)
		snprintf(out, 24, "%02d:%02d", (int)(s / 60), (int)(s % 60));
	else
		snprintf(out, 24, "%lld:%02d:%02d", (long long)(s / 3600),
		    (int)(s / 60 % 60), (int)(s % 60));
}

bool
board_contact(const struct board_view *v)
{
	return v->state && v->heard_ms >= 0 &&
	    v->now_ms - v->heard_ms < BOARD_SILENT_MS;
}

enum style
board_style(const struct board_view *v, enum priority p, bool seen)
{
	switch (p) {
	case PRIORITY_HIGH:
		return seen || v->now_ms / FLASH_HIGH_MS % 2 ?
		    STYLE_HIGH_TEXT : STYLE_HIGH;
	case PRIORITY_MEDIUM:
		return seen || v->now_ms / FLASH_MEDIUM_MS % 2 ?
		    STYLE_MEDIUM_TEXT : STYLE_MEDIUM;
	case PRIORITY_LOW:
		return STYLE_LOW_TEXT;
	case PRIORITY_NONE:
		break;
	}
	return STYLE_NORMAL;
}

size_t
board_selected(const struct board_view *v, const struct state_alarm *a,
    size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(a[i].event, v->choice.event) == 0)
			return i;
	}
	return 0;
}

enum priority
board_calling(const struct state_alarm *a, size_t n)
{
	enum priority worst = PRIORITY_NONE;

	for (size_t i = 0; i < n; i++) {
		if (!a[i].acknowledged && !a[i].paused &&
		    a[i].priority > worst)
			worst = a[i].priority;
	}
	return worst;
}

/* What became of it, and how many more there are. */
static void
alarm_suffix(const struct board_view *v, const struct state_alarm *a,
    size_t more, bool clock, char out[64])
{
	char count[24] = "", since[24] = "";

	if (more > 0)
		snprintf(count, sizeof(count), " +%zu", more);
	if (clock)
		board_clock(v->now_ms - a->since_ms, since);
	snprintf(out, 64, "%s%s%s", a->acknowledged ? " seen" :
	    a->paused ? " paused" : a->latched ? " OVER" : clock ? " " : "",
	    a->acknowledged || a->paused || a->latched ? "" : since, count);
}

/* A text over two rows, broken at a blank; 'taken' cells at the end of the
 * second are another's. */
static void
draw_two_rows(struct grid *g, int row, int column, int columns, int taken,
    enum style style, const char *text)
{
	char first[TEXT_MAX];
	size_t n = strlen(text), at = 0;

	for (size_t i = 0; i < n && i < sizeof(first); i++) {
		memcpy(first, text, i);
		first[i] = '\0';
		if (text[i] == ' ' && grid_width(g, first) <= columns)
			at = i;
	}
	if (grid_width(g, text) <= columns)
		at = n;
	memcpy(first, text, at);
	first[at] = '\0';
	grid_text(g, row, column, columns, style, first);
	grid_text(g, row + 1, column, columns - taken, style,
	    text + at + (at < n && at > 0));
}

int
board_draw_alarm(struct grid *g, int row, int column, int columns, int rows,
    const struct board_view *v, const struct state_alarm *a, size_t more,
    bool selected)
{
	enum style style = board_style(v, a->priority,
	    a->acknowledged || a->paused);
	int text = grid_width(g, a->text), width, used = 1;
	char suffix[64];

	alarm_suffix(v, a, more, true, suffix);
	width = (int)strlen(suffix);
	if (text > columns - 4 - width && rows > 1) {
		used = 2;
	} else if (text > columns - 4 - width) {
		/* Value and limit matter more than since when. */
		alarm_suffix(v, a, more, false, suffix);
		width = (int)strlen(suffix);
	}
	for (int i = 0; i < used; i++)
		grid_fill(g, row + i, column, columns, style);
	grid_text(g, row, column, 4, style, priority_sign(a->priority));
	if (used == 1)
		grid_text(g, row, column + 4, columns - 4 - width, style,
		    a->text);
	else
		draw_two_rows(g, row, column + 4, columns - 4, width, style,
		    a->text);
	grid_right(g, row + used - 1, column + columns - width, width, style,
	    suffix);
	for (int i = 0; selected && i < used; i++)
		grid_underline(g, row + i, column, columns);
	return used;
}

/* As many columns as leave the tiles most like the wanted shape. */
struct board_layout
board_layout(const struct grid *g, size_t beds_n, int selected)
{
	struct board_layout best = { .columns = 1, .rows = 1 };
	int rows = g->rows - 3, score, most = -1;
	size_t page;

	for (int columns = 1; columns <= 10; columns++) {
		int width = (g->columns + 1) / columns - 1;
		int fit = rows / BOARD_TILE_ROWS > 0 ?
		    rows / BOARD_TILE_ROWS : 1;
		int need = ((int)beds_n + columns - 1) / columns;
		int tiles = need < fit ? need : fit;
		int height = tiles > 0 ? rows / tiles : rows;
		int shown = tiles * columns < (int)beds_n ? tiles * columns :
		    (int)beds_n;

		if (columns > 1 && (width < BOARD_TILE_COLUMNS ||
		    columns > (int)beds_n))
			break;
		/* First of all every bed; then tiles that are neither too
		 * narrow nor too flat. */
		score = width * BOARD_TILE_ROWS < height * BOARD_TILE_COLUMNS ?
		    width * BOARD_TILE_ROWS : height * BOARD_TILE_COLUMNS;
		score += shown * 100000;
		if (score > most) {
			most = score;
			best = (struct board_layout){
				.columns = columns, .rows = tiles,
				.width = width, .height = height,
				.shown_n = (size_t)shown,
			};
		}
	}
	page = (size_t)(best.columns * best.rows);
	if (page > 0 && selected > 0)
		best.first = (size_t)selected / page * page;
	if (best.first + best.shown_n > beds_n)
		best.shown_n = beds_n - best.first;
	return best;
}

static void
centre(struct grid *g, int row, enum style style, const char *text)
{
	int n = (int)strlen(text), column = (g->columns - n) / 2;

	grid_text(g, row, column > 0 ? column : 0, g->columns, style, text);
}

/* Nothing is known: loud, and what to do. */
static void
draw_no_contact(struct grid *g, const struct board_view *v)
{
	enum style style = board_style(v, PRIORITY_HIGH, false);
	int row = g->rows - GRID_BIG_ROWS - 10, pixel = g->columns / 42;
	char text[200], clock[24], at[CLOCK_TEXT] = "";

	for (size_t i = 0; v->state && i < v->state->beds_n; i++)
		row -= v->state->bed[i].session[0] != '\0';
	row = row > 0 ? row / 2 : 0;
	grid_clear(g, style);
	if (pixel > 0 && g->rows >= 2 * GRID_BIG_ROWS) {
		grid_big(g, row, (g->columns - 39 * pixel) / 2, pixel, style,
		    "NO CONTACT");
		row += GRID_BIG_ROWS + 1;
	}
	centre(g, row, style, "***   NO CONTACT WITH VITALSD   ***");
	if (v->heard_ms < 0) {
		snprintf(text, sizeof(text), "nothing heard from it yet");
	} else {
		board_clock(v->now_ms - v->heard_ms, clock);
		clock_format_local(v->wall_ms - (v->now_ms - v->heard_ms), at);
		snprintf(text, sizeof(text), "last heard at %.8s, %s ago", at,
		    clock);
	}
	centre(g, row + 2, style, text);
	centre(g, row + 4, style,
	    "There are NO alarms from this screen: watch the monitors.");
	centre(g, row + 5, style, "Trying again by itself.");
	centre(g, row + 7, style, v->trouble);
	for (size_t i = 0; v->state && i < v->state->beds_n; i++) {
		const struct state_bed *b = &v->state->bed[i];

		if (!b->session[0])
			continue;
		snprintf(text, sizeof(text), "%s: %s when last heard",
		    b->label, phase_name(b->phase));
		centre(g, row++ + 9, style, text);
	}
	if (v->message[0])
		grid_text(g, g->rows - 1, 0, g->columns, style, v->message);
}

/* How many alarms call, by priority, everywhere. */
static void
count_calling(const struct state_alarm *a, size_t n, int count[PRIORITIES])
{
	for (size_t i = 0; i < n; i++) {
		if (!a[i].acknowledged)
			count[a[i].priority]++;
	}
}

static void
draw_title(struct grid *g, const struct board_view *v)
{
	const struct state *s = v->state;
	int count[PRIORITIES] = { 0 };
	char text[160], at[CLOCK_TEXT];

	count_calling(s->alarm, s->alarms_n, count);
	for (size_t i = 0; i < s->beds_n; i++)
		count_calling(s->bed[i].alarm, s->bed[i].alarms_n, count);
	clock_format_local(v->wall_ms, at);
	snprintf(text, sizeof(text), " %.8s  not seen: %d ***  %d **  %d *%s",
	    at, count[PRIORITY_HIGH], count[PRIORITY_MEDIUM],
	    count[PRIORITY_LOW], v->quiet ? "   BELL OFF" : "");
	grid_fill(g, 0, 0, g->columns, STYLE_BAR);
	grid_text(g, 0, 0, g->columns, STYLE_BAR, text);
	grid_right(g, 0, g->columns - 24, 24, STYLE_BAR,
	    "second notice only ");
}

static void
draw_box(struct grid *g, const struct board_view *v)
{
	const struct state *s = v->state;
	bool selected = v->choice.bed == BOARD_BOX;
	struct state_alarm a;
	size_t i;
	char text[320];

	if (s->alarms_n > 0) {
		i = selected ? board_selected(v, s->alarm, s->alarms_n) : 0;
		a = s->alarm[i];
		if (a.bed[0])
			snprintf(a.text, sizeof(a.text), "%s: %.480s", a.bed,
			    s->alarm[i].text);
		grid_text(g, 1, 0, 5, STYLE_NORMAL, selected ? ">box" : " box");
		board_draw_alarm(g, 1, 5, g->columns - 5, 1, v, &a,
		    s->alarms_n - 1, selected);
		return;
	}
	snprintf(text, sizeof(text), "%cbox  log %s, notices %s%s",
	    selected ? '>' : ' ', s->log_failing ? "FAILING" : "ok",
	    !s->notifier_connected ? "NOT SENT (no vitals-notify)" :
	    s->undelivered > 0 ? "WAITING" : "ok",
	    s->clock_synced ? "" : ", clock not synchronised");
	grid_text(g, 1, 0, g->columns, STYLE_DIM, text);
}

/* What the beds that are not on this page call for. */
static void
draw_elsewhere(struct grid *g, const struct board_view *v,
    const struct board_layout *l)
{
	const struct state *s = v->state;
	enum priority worst = PRIORITY_NONE, p;
	const char *label = "";
	char text[160];

	if (l->shown_n == s->beds_n)
		return;
	for (size_t i = 0; i < s->beds_n; i++) {
		if (i >= l->first && i < l->first + l->shown_n)
			continue;
		p = board_calling(s->bed[i].alarm, s->bed[i].alarms_n);
		if (p > worst) {
			worst = p;
			label = s->bed[i].label;
		}
	}
	if (worst)
		snprintf(text, sizeof(text), " NOT SHOWN: %s %s (beds %zu-%zu "
		    "of %zu) ", label, priority_sign(worst), l->first + 1,
		    l->first + l->shown_n, s->beds_n);
	else
		snprintf(text, sizeof(text), " beds %zu-%zu of %zu ",
		    l->first + 1, l->first + l->shown_n, s->beds_n);
	grid_right(g, g->rows - 1, 0, g->columns,
	    worst ? board_style(v, worst, false) : STYLE_DIM, text);
}

static void
draw_keys(struct grid *g, const struct board_view *v)
{
	char text[200];

	if (v->message[0]) {
		grid_fill(g, g->rows - 1, 0, g->columns, STYLE_BAR);
		grid_text(g, g->rows - 1, 0, g->columns, STYLE_BAR,
		    v->message);
		return;
	}
	snprintf(text, sizeof(text), " arrows: bed, alarm   a: seen by %s   "
	    "Tab: what calls   q: quit", v->by[0] ? v->by : "this login");
	grid_text(g, g->rows - 1, 0, g->columns, STYLE_DIM, text);
}

void
board_draw(struct grid *g, const struct board_view *v)
{
	struct board_layout l;

	grid_clear(g, STYLE_NORMAL);
	if (!board_contact(v)) {
		draw_no_contact(g, v);
		return;
	}
	if (g->rows < 3 + BOARD_TILE_ROWS || g->columns < BOARD_TILE_COLUMNS) {
		draw_title(g, v);
		grid_text(g, 1, 0, g->columns, STYLE_STRONG,
		    "window too small: at least 26x13");
		return;
	}
	draw_title(g, v);
	draw_box(g, v);
	draw_keys(g, v);
	l = board_layout(g, v->state->beds_n, v->choice.bed);
	draw_elsewhere(g, v, &l);
	for (size_t i = 0; i < l.shown_n; i++) {
		int column = (int)i % l.columns * (l.width + 1);
		int row = 2 + (int)i / l.columns * l.height;
		struct area a = { row, column, l.height, l.width };
		size_t bed = l.first + i;

		board_draw_tile(g, a, v, &v->state->bed[bed],
		    v->choice.bed == (int)bed);
		for (int r = 0; column > 0 && r < l.height; r++)
			grid_text(g, row + r, column - 1, 1, STYLE_DIM,
			    g->ascii ? "|" : "\u2502");
	}
}

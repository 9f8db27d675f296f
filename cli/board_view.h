/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The bedside board laid out: a state, the time and what the person has
 * selected, into a grid of characters.  It reads no clock, no socket and no
 * keyboard.
 *
 * Easy to get wrong: what is on the screen is read from across a room and
 * believed.  A value that is not known now is not on it; beds keep their
 * places; a sign and a word stand beside every colour.
 */
#ifndef CLI_BOARD_VIEW_H
#define CLI_BOARD_VIEW_H

#include "cli/board_choice.h"
#include "cli/grid.h"
#include "cli/state.h"

#define BOARD_SILENT_MS 5000	/* then there is no contact (ticks: 2 s) */
#define BOARD_TILE_ROWS 10
#define BOARD_TILE_COLUMNS 26

struct board_view {
	const struct state *state;	/* NULL before the first */
	int64_t now_ms;			/* CLOCK_BOOTTIME */
	int64_t wall_ms;
	int64_t heard_ms;		/* last word from vitalsd, CLOCK_BOOTTIME;
					 * -1: never */
	const char *trouble;		/* why there is no contact; "" */
	struct board_choice choice;
	const char *by;			/* who acknowledges; "": the login */
	const char *message;		/* for the last line; "": the keys */
	bool quiet;			/* the bell is off */
};

bool board_contact(const struct board_view *v);

/* Lays the whole screen out. */
void board_draw(struct grid *g, const struct board_view *v);

/* The tiles of one screen. */
struct board_layout {
	int columns, rows;		/* of tiles */
	int width, height;		/* of each, in cells */
	size_t first, shown_n;		/* the beds on this page */
};
struct board_layout board_layout(const struct grid *g, size_t beds_n,
    int selected);

/* One bed (cli/board_tile.c). */
void board_draw_tile(struct grid *g, struct area a,
    const struct board_view *v, const struct state_bed *b, bool selected);

/* One alarm: sign, text, and what became of it, in one row, or in two of the
 * 'rows' that there are where one is too narrow; returns how many it took. */
int board_draw_alarm(struct grid *g, int row, int column, int columns,
    int rows, const struct board_view *v, const struct state_alarm *a,
    size_t more, bool selected);

/* The style of an alarm at this moment: it flashes until someone has seen it. */
enum style board_style(const struct board_view *v, enum priority p,
    bool seen);

/* The index of the selected alarm among n, 0 where the event is gone. */
size_t board_selected(const struct board_view *v, const struct state_alarm *a,
    size_t n);

/* The most urgent that calls for someone, PRIORITY_NONE if none does. */
enum priority board_calling(const struct state_alarm *a, size_t n);

/* "03:07", "1:02:07" */
void board_clock(int64_t ms, char out[24]);

#endif

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A screen as a value: a grid of characters, each with a style.  What draws a
 * board writes here, and only cli/board.c paints it; so tests can read it.
 *
 * Easy to get wrong: a text never leaves the width that it is given: it is cut
 * between characters, with a mark, and a wide character takes two cells.
 */
#ifndef CLI_GRID_H
#define CLI_GRID_H

#include <wchar.h>

#include "schemas/vital.h"

enum style {
	STYLE_NORMAL,
	STYLE_DIM,
	STYLE_STRONG,		/* digits */
	STYLE_BAR,		/* the head of a tile */
	STYLE_HIGH,		/* filled: calls for someone */
	STYLE_HIGH_TEXT,	/* not filled: seen, or the flash's other half */
	STYLE_MEDIUM,
	STYLE_MEDIUM_TEXT,
	STYLE_LOW_TEXT,
};
#define STYLES 9

struct cell {
	wchar_t c;		/* 0: the second half of a wide character */
	uint8_t style;
	bool underline;		/* what the arrows have selected */
};

#define GRID_CELLS 65536

struct grid {
	int rows, columns;	/* rows * columns <= GRID_CELLS */
	bool ascii;		/* the terminal shows nothing else */
	struct cell *cell;	/* the caller's, rows * columns of them */
};

struct area {
	int row, column, rows, columns;
};

void grid_clear(struct grid *g, enum style style);

/* Blanks of that style in one row. */
void grid_fill(struct grid *g, int row, int column, int columns,
    enum style style);

/* How many cells a text takes. */
int grid_width(const struct grid *g, const char *text);

/* A text in at most 'columns' cells; returns how many it took. */
int grid_text(struct grid *g, int row, int column, int columns,
    enum style style, const char *text);

/* The same, ending where the columns end. */
void grid_right(struct grid *g, int row, int column, int columns,
    enum style style, const char *text);

/* Digits and a few letters five rows high, to be read from across the room;
 * 'pixel' is how many cells wide a dot is.  A character without a big form is a
 * blank.  The width of n characters: (4 n - 1) pixel. */
#define GRID_BIG_ROWS 5
void grid_big(struct grid *g, int row, int column, int pixel,
    enum style style, const char *text);

void grid_underline(struct grid *g, int row, int column, int columns);

/* One row as UTF-8, without the blanks at its end; for tests. */
void grid_row(const struct grid *g, int row, char *out, size_t n);

#endif

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A screen as a value; see grid.h.
 *
 * Easy to get wrong: every write goes through grid_cell(), which knows the
 * edges; nothing else indexes the array.
 */
#include "cli/grid.h"

#include <limits.h>
#include <string.h>

static struct cell *
grid_cell(const struct grid *g, int row, int column)
{
	if (row < 0 || row >= g->rows || column < 0 || column >= g->columns)
		return NULL;
	return &g->cell[row * g->columns + column];
}

static void
grid_set(struct grid *g, int row, int column, enum style style, wchar_t c)
{
	struct cell *cell = grid_cell(g, row, column);

	if (cell)
		*cell = (struct cell){ .c = c, .style = (uint8_t)style };
}

void
grid_clear(struct grid *g, enum style style)
{
	for (int i = 0; i < g->rows; i++)
		grid_fill(g, i, 0, g->columns, style);
}

void
grid_fill(struct grid *g, int row, int column, int columns, enum style style)
{
	for (int i = 0; i < columns; i++)
		grid_set(g, row, column + i, style, L' ');
}

/* The next character as this terminal can show it. */
static size_t
character_next(const struct grid *g, const char *s, wchar_t *out)
{
	mbstate_t state = { 0 };
	size_t n = mbrtowc(out, s, strlen(s), &state);

	if (n == 0 || n > MB_LEN_MAX) {
		*out = L'?';
		return 1;
	}
	if (wcwidth(*out) < 0 || (g->ascii && *out > 126))
		*out = L'?';
	return n;
}

int
grid_width(const struct grid *g, const char *text)
{
	int width = 0;
	wchar_t c;

	while (*text) {
		text += character_next(g, text, &c);
		width += wcwidth(c);
	}
	return width;
}

int
grid_text(struct grid *g, int row, int column, int columns, enum style style,
    const char *text)
{
	bool cut = grid_width(g, text) > columns;
	int room = cut ? columns - 1 : columns, used = 0, width;
	wchar_t c;

	if (columns <= 0)
		return 0;
	while (*text) {
		text += character_next(g, text, &c);
		width = wcwidth(c);
		if (used + width > room)
			break;
		if (width == 0)
			continue;	/* a mark on its predecessor */
		grid_set(g, row, column + used, style, c);
		if (width == 2)
			grid_set(g, row, column + used + 1, style, 0);
		used += width;
	}
	if (cut)
		grid_set(g, row, column + used++, style,
		    g->ascii ? L'~' : L'\u2026');
	return used;
}

void
grid_right(struct grid *g, int row, int column, int columns, enum style style,
    const char *text)
{
	int width = grid_width(g, text);
	int blank = width < columns ? columns - width : 0;

	grid_text(g, row, column + blank, columns - blank, style, text);
}

void
grid_underline(struct grid *g, int row, int column, int columns)
{
	for (int i = 0; i < columns; i++) {
		struct cell *c = grid_cell(g, row, column + i);

		if (c)
			c->underline = true;
	}
}

void
grid_row(const struct grid *g, int row, char *out, size_t n)
{
	size_t used = 0, end = 0;
	char bytes[MB_LEN_MAX];

	for (int i = 0; i < g->columns; i++) {
		const struct cell *c = grid_cell(g, row, i);
		mbstate_t state = { 0 };
		size_t k;

		if (!c || c->c == 0)
			continue;
		k = wcrtomb(bytes, c->c, &state);
		if (k > sizeof(bytes) || used + k + 1 > n)
			break;
		memcpy(out + used, bytes, k);
		used += k;
		if (c->c != L' ')
			end = used;
	}
	out[end] = '\0';
}

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

/* The next character as this terminal can show it.  Texts are UTF-8 whatever
 * the locale is; what is not, or is no character to show, becomes '?'. */
static size_t
character_next(const struct grid *g, const char *s, wchar_t *out)
{
	unsigned char first = (unsigned char)s[0];
	size_t n = first < 0xc2 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 :
	    first < 0xf5 ? 4 : 1;
	unsigned long c = n == 1 ? first : first & (0x7fu >> n);

	if (n == 1 && first > 127)
		c = 0;
	for (size_t i = 1; i < n; i++) {
		if (((unsigned char)s[i] & 0xc0) != 0x80) {
			*out = L'?';
			return i;
		}
		c = c << 6 | ((unsigned char)s[i] & 0x3f);
	}
	*out = (wchar_t)c;
	if (c == 0 || wcwidth(*out) < 0 || (g->ascii && c > 126))
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
grid_big(struct grid *g, int row, int column, int pixel, enum style style,
    const char *text)
{
	/* Three dots a row, the topmost row in the highest three bits. */
	static const char known[] = "0123456789-?NOCTA";
	static const uint16_t dots[] = {
		075557, 026227, 071747, 071717, 055711, 074717, 074757,
		071111, 075757, 075717, 000700, 071302, 057775, 075557,
		074447, 072222, 075755,
	};
	const char *at;

	for (; *text; text++, column += 4 * pixel) {
		at = strchr(known, *text);
		for (int i = 0; at && i < 15; i++) {
			if (!(dots[at - known] >> (14 - i) & 1))
				continue;
			for (int k = 0; k < pixel; k++)
				grid_set(g, row + i / 3, column + i % 3 *
				    pixel + k, style, g->ascii ? L'#' :
				    L'\u2588');
		}
	}
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

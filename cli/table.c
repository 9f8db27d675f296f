/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Tables and JSON lines; see table.h.
 *
 * Easy to get wrong: wcwidth() knows only what the locale knows, so main()
 * calls setlocale() before anything is measured.
 */
#include "cli/table.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#define TABLE_INDENT 5	/* of a note */
#define TABLE_CELL 512	/* bytes; texts of the protocol are no longer */

/* The next character of a text: its bytes, or 1 and '?' for what no terminal
 * should see. */
static size_t
character_next(const char *s, wchar_t *out)
{
	mbstate_t state = { 0 };
	size_t n = mbrtowc(out, s, strlen(s), &state);

	if (n == (size_t)-1 || n == (size_t)-2 || n == 0 ||
	    wcwidth(*out) < 0) {
		*out = L'?';
		return n == 0 || n > MB_LEN_MAX ? 1 : n;
	}
	return n;
}

size_t
table_width(const char *text)
{
	size_t width = 0;
	wchar_t c;

	while (*text) {
		text += character_next(text, &c);
		width += (size_t)wcwidth(c);
	}
	return width;
}

void
table_clean(const char *text, char *out, size_t n)
{
	size_t used = 0, taken;
	wchar_t c;

	while (*text) {
		taken = character_next(text, &c);
		if (c == L'?') {
			if (used + 2 > n)
				break;
			out[used++] = '?';
		} else {
			if (used + taken + 1 > n)
				break;
			memcpy(out + used, text, taken);
			used += taken;
		}
		text += taken;
	}
	out[used] = '\0';
}

static void
table_keep(struct table *t, const char *text)
{
	char clean[TABLE_CELL];
	size_t cap = t->cap ? t->cap * 2 : 64;
	char **cell;

	if (t->cells_n == t->cap) {
		cell = reallocarray(t->cell, cap, sizeof(*cell));
		if (!cell) {
			t->short_of_memory = true;
			return;
		}
		t->cell = cell;
		t->cap = cap;
	}
	table_clean(text, clean, sizeof(clean));
	t->cell[t->cells_n] = strdup(clean);
	if (t->cell[t->cells_n])
		t->cells_n++;
	else
		t->short_of_memory = true;
}

void
table_init(struct table *t, size_t columns_n, const char *const *title)
{
	*t = (struct table){ .columns_n = columns_n };
	for (size_t i = 0; i < columns_n; i++)
		table_keep(t, title[i]);
}

void
table_free(struct table *t)
{
	for (size_t i = 0; i < t->cells_n; i++)
		free(t->cell[i]);
	for (size_t i = 0; i < t->notes_n; i++)
		free(t->note[i]);
	free(t->cell);
	free(t->note);
	*t = (struct table){ 0 };
}

void
table_cell(struct table *t, const char *format, ...)
{
	char text[TABLE_CELL];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	table_keep(t, text);
}

/* The note of a row, made if it is new; NULL when memory is short. */
static char **
note_of(struct table *t, size_t row)
{
	while (t->notes_n <= row) {
		char **note = reallocarray(t->note, t->notes_n + 1,
		    sizeof(*note));

		if (note == NULL)
			return NULL;
		t->note = note;
		t->note[t->notes_n++] = NULL;
	}
	return &t->note[row];
}

/* How many bytes of whole words fit into so many columns; at least a word. */
static size_t
line_length(const char *text, size_t room)
{
	size_t end = 0, n = 0, width = 0;
	wchar_t c;

	while (text[n] != '\0') {
		size_t taken = character_next(text + n, &c);

		if (c == L' ')
			end = n;
		width += (size_t)wcwidth(c);
		if (width > room && end > 0)
			return end;
		n += taken;
	}
	return n;
}

void
table_note(struct table *t, const char *label, const char *text)
{
	size_t row = t->cells_n == 0 ? 0 : (t->cells_n - 1) / t->columns_n;
	size_t indent = table_width(label) + TABLE_INDENT;
	char **note = note_of(t, row), clean[TABLE_CELL], *all = NULL;
	const char *p = clean;
	size_t size = 0;
	FILE *f = note != NULL ? open_memstream(&all, &size) : NULL;

	if (f == NULL) {
		t->short_of_memory = true;
		return;
	}
	table_clean(text, clean, sizeof(clean));
	fprintf(f, "%s%*s%s ", *note != NULL ? *note : "", TABLE_INDENT - 1, "",
	    label);
	while (*p != '\0') {
		size_t n = line_length(p, TABLE_LINE - indent);

		fprintf(f, "%*s%.*s\n", p == clean ? 0 : (int)indent, "",
		    (int)n, p);
		p += n;
		while (*p == ' ')
			p++;
	}
	if (fclose(f) != 0) {
		free(all);
		t->short_of_memory = true;
		return;
	}
	free(*note);
	*note = all;
}

int
table_print(const struct table *t, FILE *out)
{
	size_t width[TABLE_COLUMNS] = { 0 };
	size_t column, w;

	for (size_t i = 0; i < t->cells_n; i++) {
		column = i % t->columns_n;
		w = table_width(t->cell[i]);
		if (column < TABLE_COLUMNS && w > width[column])
			width[column] = w;
	}
	for (size_t i = 0; i < t->cells_n; i++) {
		column = i % t->columns_n;
		fputs(t->cell[i], out);
		if (column + 1 == t->columns_n) {
			fputc('\n', out);
			if (i / t->columns_n < t->notes_n &&
			    t->note[i / t->columns_n] != NULL)
				fputs(t->note[i / t->columns_n], out);
			continue;
		}
		w = table_width(t->cell[i]);
		fprintf(out, "%*s", (int)(width[column] - w + 2), "");
	}
	return t->short_of_memory ? -ENOMEM : 0;
}

void
table_json(FILE *out, const char *class, const char *time, const json_t *o)
{
	json_t *line = json_pack("{s:s, s:s}", "class", class, "time", time);

	if (line)
		json_object_update_missing(line, (json_t *)o);
	json_dumpf(line, out, JSON_COMPACT);
	fputc('\n', out);
	json_decref(line);
}

void
table_span(int64_t ms, char out[TABLE_SPAN])
{
	int64_t s = ms < 0 ? 0 : ms / 1000;

	if (s < 60)
		snprintf(out, TABLE_SPAN, "%d s", (int)s);
	else if (s < 3600)
		snprintf(out, TABLE_SPAN, "%d min %d s", (int)(s / 60),
		    (int)(s % 60));
	else if (s < 3600 * 100)
		snprintf(out, TABLE_SPAN, "%d h %02d min", (int)(s / 3600),
		    (int)(s / 60 % 60));
	else
		snprintf(out, TABLE_SPAN, "more than 4 days");
}

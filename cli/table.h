/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What lists print: a table for people, or one JSON object a line for scripts.
 *
 * Easy to get wrong: columns are counted as a terminal shows them, not in
 * bytes; and a control character in a text must never reach the terminal.
 */
#ifndef CLI_TABLE_H
#define CLI_TABLE_H

#include <jansson.h>
#include <stdio.h>

#include "schemas/vital.h"

#define TABLE_COLUMNS 16

struct table {
	size_t columns_n;
	char **cell;		/* rows of columns_n, the titles first */
	size_t cells_n, cap;
	char **note;		/* of each row, NULL if it has none */
	size_t notes_n;
	bool short_of_memory;
};

/* Titles and cells are copied.  Exactly columns_n cells make a row. */
void table_init(struct table *t, size_t columns_n, const char *const *title);
void table_free(struct table *t);
void table_cell(struct table *t, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Puts a sentence under the row that was begun last, after its label: indented,
 * in lines of at most TABLE_LINE columns. */
#define TABLE_LINE 79
void table_note(struct table *t, const char *label, const char *text);

/* Prints it, two blanks between columns; 0 or -ENOMEM when a cell was lost. */
int table_print(const struct table *t, FILE *out) MUST_CHECK;

/* Prints one line: `class` and `time` first, then the members of 'o' (which
 * stays the caller's); their own "class" and "time" are left out. */
void table_json(FILE *out, const char *class, const char *time,
    const json_t *o);

/* How many terminal columns a text takes; and the text itself with control
 * characters and broken UTF-8 as '?', in at most n bytes, whole characters. */
size_t table_width(const char *text);
void table_clean(const char *text, char *out, size_t n);

/* "42 s", "3 min 5 s", "2 h 07 min": a length of time for people. */
#define TABLE_SPAN 24
void table_span(int64_t ms, char out[TABLE_SPAN]);

#endif

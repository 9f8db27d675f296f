/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Tables line up whatever is in them, and JSON lines begin as scripts expect.
 */
#include "cli/table.h"

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static void
columns_line_up_by_what_a_terminal_shows(void **state)
{
	static const char *const title[] = { "BED", "TEMP", "NOTE" };
	struct table t;
	char *text = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&text, &n);

	(void)state;
	table_init(&t, 3, title);
	table_cell(&t, "Fauteuil d\u2019\u00e9t\u00e9");
	table_cell(&t, "%s", "36.6 \u00b0C");
	table_cell(&t, "%d", 1);
	table_cell(&t, "C1");
	table_cell(&t, "--");
	table_cell(&t, "two");
	assert_int_equal(table_print(&t, f), 0);
	fclose(f);
	assert_string_equal(text,
	    "BED             TEMP     NOTE\n"
	    "Fauteuil d\u2019\u00e9t\u00e9  36.6 \u00b0C  1\n"
	    "C1              --       two\n");
	free(text);
	table_free(&t);
}

static void
no_control_character_reaches_the_terminal(void **state)
{
	char out[32];

	(void)state;
	table_clean("a\033[31mb\nc\x7f", out, sizeof(out));
	assert_string_equal(out, "a?[31mb?c?");
	table_clean("x\xff\xc3", out, sizeof(out));
	assert_string_equal(out, "x??");
	/* Cut between characters, never within one. */
	table_clean("ab\u00e9\u00e9", out, 6);
	assert_string_equal(out, "ab\u00e9");
	assert_int_equal(table_width("\u00e9\u6f22"), 3);
}

static void
class_and_time_come_first_in_json(void **state)
{
	char *text = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&text, &n);
	json_t *o = json_pack("{s:i, s:s, s:s}", "a", 1, "time", "inner",
	    "text", "line\nbreak");

	(void)state;
	table_json(f, "alarm", "2026-11-21T14:02:31.000Z", o);
	fclose(f);
	assert_string_equal(text, "{\"class\":\"alarm\",\"time\":"
	    "\"2026-11-21T14:02:31.000Z\",\"a\":1,\"text\":\"line\\nbreak\"}\n");
	free(text);
	json_decref(o);
}

static void
a_note_stands_under_its_row_and_keeps_to_the_width(void **state)
{
	static const char *const title[] = { "A", "B" };
	static const char ten[] = "ninechars ninechars ninechars ninechars "
	    "ninechars ninechars ninechars ninechars tail";
	char *text = NULL, *line;
	size_t n = 0;
	FILE *f = open_memstream(&text, &n);
	struct table t;

	(void)state;
	table_init(&t, 2, title);
	table_cell(&t, "1");
	table_cell(&t, "2");
	table_note(&t, "why:", ten);
	table_note(&t, "do:", "a\x1b[2J");
	table_cell(&t, "3");
	table_cell(&t, "4");
	assert_int_equal(table_print(&t, f), 0);
	fclose(f);
	assert_string_equal(text, "A  B\n1  2\n"
	    "    why: ninechars ninechars ninechars ninechars ninechars "
	    "ninechars ninechars\n"
	    "         ninechars tail\n"
	    "    do: a?[2J\n"
	    "3  4\n");
	for (line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n"))
		assert_true(strlen(line) <= TABLE_LINE);
	free(text);
	table_free(&t);
}

static void
spans_are_said_in_the_unit_that_helps(void **state)
{
	static const struct { int64_t ms; const char *text; } row[] = {
		{ -5, "0 s" }, { 59999, "59 s" }, { 60000, "1 min 0 s" },
		{ 3599999, "59 min 59 s" }, { 7620000, "2 h 07 min" },
		{ INT64_MAX, "more than 4 days" },
	};
	char out[TABLE_SPAN];

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		table_span(row[i].ms, out);
		assert_string_equal(out, row[i].text);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(columns_line_up_by_what_a_terminal_shows),
		cmocka_unit_test(no_control_character_reaches_the_terminal),
		cmocka_unit_test(class_and_time_come_first_in_json),
		cmocka_unit_test(a_note_stands_under_its_row_and_keeps_to_the_width),
		cmocka_unit_test(spans_are_said_in_the_unit_that_helps),
	};
	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}

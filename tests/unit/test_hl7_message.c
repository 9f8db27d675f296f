/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Segments, fields and components of HL7, and tags of its XML.
 *
 * Easy to get wrong: what is read lies in a window, and not at its start.
 */
#include "drivers/hl7_message.h"
#include "drivers/hl7_xml.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

static struct window w;

/* Puts the text behind some bytes that are consumed already. */
static struct text_span
hold(const char *text)
{
	size_t n = strlen(text);

	window_clear(&w);
	w.capacity = WINDOW_CAPACITY;
	assert_int_equal(window_add(&w, 0, (const uint8_t *)"xyz", 3), 3);
	assert_int_equal(window_add(&w, 0, (const uint8_t *)text, n), n);
	window_drop(&w, 3);
	return (struct text_span){ 0, n };
}

static bool
opens(const char *text, struct hl7_message *m)
{
	struct text_span s = hold(text);

	return hl7_open(&w, s.from, s.to, m);
}

static void
check(struct text_span s, const char *text)
{
	assert_int_equal(s.to - s.from, strlen(text));
	for (size_t i = 0; i < strlen(text); i++)
		assert_int_equal(window_at(&w, s.from + i), text[i]);
}

static void
fields_of_a_message_header_count_the_separator(void **state)
{
	struct hl7_message m;
	struct hl7_segment s;

	(void)state;
	assert_true(opens("MSH|^~\\&|A|B\r\nOBX|1|NM|\r", &m));
	assert_true(hl7_next(&w, &m, &s));
	check(s.field[0], "MSH");
	check(s.field[1], "|");
	check(s.field[2], "^~\\&");
	check(s.field[3], "A");
	check(s.field[4], "B");
	check(s.field[5], "");
	assert_true(hl7_next(&w, &m, &s));
	check(s.field[0], "OBX");
	check(s.field[1], "1");
	check(s.field[2], "NM");
	check(s.field[3], "");
	assert_false(hl7_next(&w, &m, &s));
}

static void
a_message_names_its_own_separators(void **state)
{
	struct hl7_message m;
	struct hl7_segment s;

	(void)state;
	assert_true(opens("MSH!$*%?!A\rOBX!a$b*c$d!e?f\r", &m));
	assert_true(hl7_next(&w, &m, &s));
	assert_true(hl7_next(&w, &m, &s));
	check(hl7_component(&w, &m, s.field[1], 2), "b");
	check(hl7_part(&w, s.field[1], m.repetition, 2), "c$d");
	check(hl7_part(&w, s.field[2], m.sub, 2), "f");
}

static void
separators_that_are_none_open_nothing(void **state)
{
	static const char *const none[] = {
		"MSH|^~\\^|A\r", "MSH|^~\\|A\r", "MSH|^~\\&A\r", "MSH|^~\\&",
		"MSH|1~\\&|A\r", "MSH| ~\\&|A\r", "MSH.^~\\&.A\r", "MSX|^~\\&|A\r",
		"MSH", "",
	};
	struct hl7_message m;

	(void)state;
	for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
		assert_false(opens(none[i], &m));
}

static void
more_fields_than_are_looked_at_do_no_harm(void **state)
{
	char text[200] = "MSH|^~\\&|A\rOBX";
	struct hl7_message m;
	struct hl7_segment s;

	(void)state;
	for (size_t i = 0; i < 100; i++)
		strcat(text, "|");
	strcat(text, "x\rZ|y\r");
	assert_true(opens(text, &m));
	assert_true(hl7_next(&w, &m, &s));
	assert_true(hl7_next(&w, &m, &s));
	check(s.field[HL7_FIELDS - 1], "");
	assert_true(hl7_next(&w, &m, &s));
	check(s.field[1], "y");
}

static void
a_part_that_is_not_there_is_empty(void **state)
{
	struct text_span s = hold("a^^c");

	(void)state;
	check(hl7_part(&w, s, '^', 1), "a");
	check(hl7_part(&w, s, '^', 2), "");
	check(hl7_part(&w, s, '^', 3), "c");
	check(hl7_part(&w, s, '^', 4), "");
	check(hl7_part(&w, hold(""), '^', 1), "");
}

static void
words_are_compared_whole(void **state)
{
	struct text_span s = hold("PULS_RATE");

	(void)state;
	assert_true(hl7_is(&w, s, "PULS_RATE"));
	assert_false(hl7_is(&w, s, "PULS_RAT"));
	assert_false(hl7_is(&w, s, "PULS_RATES"));
	assert_true(hl7_ends(&w, s, "RATE"));
	assert_true(hl7_ends(&w, s, ""));
	assert_false(hl7_ends(&w, s, "PULS"));
	assert_false(hl7_ends(&w, s, "XPULS_RATE"));
}

static void
a_number_fills_its_field_or_is_none(void **state)
{
	static const struct {
		const char *text;
		unsigned decimals;
		int32_t value;		/* -1: none */
	} cases[] = {
		{ "60", 0, 60 }, { "60", 2, 6000 }, { "0.94", 2, 94 },
		{ "12.000", 2, 1200 }, { "36.825", 2, 3683 },
		{ "36.824", 2, 3682 }, { "59.5", 0, 60 }, { "59.49", 0, 59 },
		{ "0", 0, 0 }, { "00000060", 0, 60 }, { "99999999", 0, 99999999 },
		{ "9999999", 2, 999999900 }, { "999999999", 0, -1 },
		{ "99999999", 2, -1 }, { "1.123456789", 0, -1 },
		{ "-100", 0, -1 }, { "-100.00", 2, -1 }, { "+60", 0, -1 },
		{ " 60", 0, -1 }, { "60 ", 0, -1 }, { "60~61", 0, -1 },
		{ "60&1", 0, -1 }, { "6O", 0, -1 }, { ".5", 1, -1 },
		{ "5.", 1, -1 }, { "5.5.5", 1, -1 }, { "1e2", 0, -1 },
		{ "---", 0, -1 }, { "", 0, -1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		int32_t value = -1;
		bool is = hl7_number(&w, hold(cases[i].text), cases[i].decimals,
		    &value);

		assert_int_equal(is, cases[i].value >= 0);
		assert_int_equal(value, cases[i].value);
	}
}

static struct hl7_time
time_of(const char *text)
{
	return hl7_time(&w, hold(text));
}

static void
a_time_is_read_with_its_zone(void **state)
{
	struct hl7_time t = time_of("20250610015127+0800");

	(void)state;
	assert_true(t.known && t.zoned);
	assert_int_equal(t.zone_min, 480);
	/* 2025-06-10 01:51:27, as printed. */
	assert_int_equal(t.ms / 1000, 1749520287);
	t = time_of("20250610015127.123-0330");
	assert_true(t.known && t.zoned);
	assert_int_equal(t.zone_min, -210);
	t = time_of("20250610015127000");
	assert_true(t.known && !t.zoned);
}

static void
what_is_no_time_is_unknown(void **state)
{
	static const char *const none[] = {
		"", "2025", "202506100151", "00000000000000", "20251310015127",
		"20250610015127+08", "20250610015127+08000", "20250610015127Z",
		"20250610015127+1900", "2025061001512x",
	};

	(void)state;
	for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
		assert_false(time_of(none[i]).known);
}

static void
times_are_compared_by_zones_only_if_both_have_one(void **state)
{
	struct hl7_time a = time_of("20250610015127+0800");
	struct hl7_time b = time_of("20250609175157+0000");
	struct hl7_time c = time_of("20250610015130");

	(void)state;
	assert_int_equal(hl7_later_ms(&a, &b), 30000);
	assert_int_equal(hl7_later_ms(&b, &a), -30000);
	assert_int_equal(hl7_later_ms(&a, &c), 3000);
}

static void
escapes_are_undone_character_by_character(void **state)
{
	static const char want[] = "a|^~\\& b";
	struct hl7_message m;
	char got[20] = "";
	size_t i = 0, n = 0;
	struct text_span s;

	(void)state;
	assert_true(opens("MSH|^~\\&|A\r", &m));
	s = hold("a\\F\\\\S\\\\R\\\\E\\\\T\\\\X0D\\b");
	while (i < s.to && n < sizeof got - 1)
		got[n++] = (char)hl7_char(&w, &m, &i, s.to);
	assert_string_equal(got, want);
	/* One that does not end is a blank, and hides nothing. */
	s = hold("\\Fx");
	i = 0;
	assert_int_equal(hl7_char(&w, &m, &i, s.to), ' ');
	assert_int_equal(hl7_char(&w, &m, &i, s.to), 'F');
	assert_int_equal(hl7_char(&w, &m, &i, s.to), 'x');
}

static void
tags_come_with_their_content(void **state)
{
	struct text_span s = hold("<OBX>\n<OBX.3>HR</OBX.3><OBX.5/></OBX");
	struct hl7_tag t;
	size_t at = s.from;

	(void)state;
	assert_true(hl7_xml_next(&w, &at, s.to, &t));
	check(t.name, "OBX");
	check(t.content, "\n");
	assert_true(hl7_xml_next(&w, &at, s.to, &t));
	check(t.name, "OBX.3");
	check(t.content, "HR");
	assert_false(t.closes);
	assert_true(hl7_xml_next(&w, &at, s.to, &t));
	check(t.name, "OBX.3");
	assert_true(t.closes);
	assert_true(hl7_xml_next(&w, &at, s.to, &t));
	check(t.name, "OBX.5");
	check(t.content, "");
	assert_false(hl7_xml_next(&w, &at, s.to, &t));
}

static void
a_tag_within_a_tag_ends_the_reading(void **state)
{
	struct text_span s = hold("<OBX <OBX.3>HR</OBX.3>");
	struct hl7_tag t;
	size_t at = s.from;

	(void)state;
	assert_false(hl7_xml_next(&w, &at, s.to, &t));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields_of_a_message_header_count_the_separator),
		cmocka_unit_test(a_message_names_its_own_separators),
		cmocka_unit_test(separators_that_are_none_open_nothing),
		cmocka_unit_test(more_fields_than_are_looked_at_do_no_harm),
		cmocka_unit_test(a_part_that_is_not_there_is_empty),
		cmocka_unit_test(words_are_compared_whole),
		cmocka_unit_test(a_number_fills_its_field_or_is_none),
		cmocka_unit_test(a_time_is_read_with_its_zone),
		cmocka_unit_test(what_is_no_time_is_unknown),
		cmocka_unit_test(
		    times_are_compared_by_zones_only_if_both_have_one),
		cmocka_unit_test(escapes_are_undone_character_by_character),
		cmocka_unit_test(tags_come_with_their_content),
		cmocka_unit_test(a_tag_within_a_tag_ends_the_reading),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The text form of captures.
 *
 * Easy to get wrong: what cannot be read must be named with its column, since
 * captures are edited by hand.
 */
#include "drivers/capture.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

static struct capture_line c;

static void
parse(const char *line)
{
	capture_parse(line, strlen(line), &c);
}

static void
a_data_line_tells_time_direction_and_bytes(void **state)
{
	static const uint8_t want[] = { 0xA5, 0x00, 0x61 };

	(void)state;
	parse("@3012 < a5 00 61");
	assert_int_equal(c.kind, CAPTURE_DATA);
	assert_int_equal(c.ms, 3012);
	assert_false(c.sent);
	assert_int_equal(c.n, 3);
	assert_memory_equal(c.byte, want, 3);
	parse("@0    > A5 00\t61 \r");
	assert_int_equal(c.kind, CAPTURE_DATA);
	assert_true(c.sent);
	assert_memory_equal(c.byte, want, 3);
}

static void
a_header_has_a_key_and_a_text(void **state)
{
	(void)state;
	parse("# device:  Nonin Xpod 3012: bench ");
	assert_int_equal(c.kind, CAPTURE_HEADER);
	assert_string_equal(c.key, "device");
	assert_string_equal(c.text, "Nonin Xpod 3012: bench");
	parse("#          note: goes on");
	assert_int_equal(c.kind, CAPTURE_HEADER);
	assert_string_equal(c.key, "");
	assert_string_equal(c.text, "note: goes on");
	parse("#");
	assert_int_equal(c.kind, CAPTURE_HEADER);
	parse("   ");
	assert_int_equal(c.kind, CAPTURE_BLANK);
	parse("");
	assert_int_equal(c.kind, CAPTURE_BLANK);
}

static void
what_cannot_be_read_is_named_with_its_column(void **state)
{
	static const struct {
		const char *line;
		size_t column;
	} bad[] = {
		{ "12 < 00", 1 },
		{ "@ < 00", 2 },
		{ "@-5 < 00", 2 },
		{ "@1234567890123456 < 00", 17 },
		{ "@12 00", 5 },
		{ "@12 <", 6 },
		{ "@12 < 0", 7 },
		{ "@12 < 00 1", 10 },
		{ "@12 < 0011", 7 },
		{ "@12 < 00 zz", 10 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		parse(bad[i].line);
		assert_int_equal(c.kind, CAPTURE_BAD);
		assert_int_equal(c.column, bad[i].column);
		assert_non_null(c.error);
		assert_int_equal(c.n, 0);
	}
}

static void
a_line_holds_64_bytes_and_no_more(void **state)
{
	char line[4 + 66 * 3 + 1] = "@0 <";

	(void)state;
	for (int i = 0; i < 64; i++)
		strcat(line, " 7e");
	parse(line);
	assert_int_equal(c.kind, CAPTURE_DATA);
	assert_int_equal(c.n, CAPTURE_LINE_BYTES);
	strcat(line, " 7e");
	parse(line);
	assert_int_equal(c.kind, CAPTURE_BAD);
}

static void
a_header_too_long_to_keep_is_refused(void **state)
{
	char line[240];

	(void)state;
	memset(line, 'x', sizeof line);
	memcpy(line, "# notes: ", 9);
	capture_parse(line, 9 + 199, &c);
	assert_int_equal(c.kind, CAPTURE_HEADER);
	assert_int_equal(strlen(c.text), 199);
	capture_parse(line, 9 + 200, &c);
	assert_int_equal(c.kind, CAPTURE_BAD);
}

static void
what_is_written_reads_the_same(void **state)
{
	static const int64_t times[] = { 0, 12, 9999, 10000, 999999999999999 };
	uint8_t bytes[CAPTURE_LINE_BYTES];
	char line[CAPTURE_LINE_TEXT];

	(void)state;
	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (uint8_t)(i * 37);
	for (size_t i = 0; i < 5; i++) {
		size_t n = i == 0 ? 1 : sizeof bytes;
		size_t length = capture_format(line, times[i], i % 2 == 1,
		    bytes, n);

		assert_int_equal(length, strlen(line));
		assert_int_equal(line[length - 1], '\n');
		capture_parse(line, length - 1, &c);
		assert_int_equal(c.kind, CAPTURE_DATA);
		assert_int_equal(c.ms, times[i]);
		assert_int_equal(c.sent, i % 2 == 1);
		assert_int_equal(c.n, n);
		assert_memory_equal(c.byte, bytes, n);
	}
	capture_format(line, 12, false, bytes, 2);
	assert_string_equal(line, "@12   < 00 25\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_data_line_tells_time_direction_and_bytes),
		cmocka_unit_test(a_header_has_a_key_and_a_text),
		cmocka_unit_test(what_cannot_be_read_is_named_with_its_column),
		cmocka_unit_test(a_line_holds_64_bytes_and_no_more),
		cmocka_unit_test(a_header_too_long_to_keep_is_refused),
		cmocka_unit_test(what_is_written_reads_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

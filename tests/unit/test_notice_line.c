/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The line that goes before a notice's body.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "daemon/notice_line.h"

static void
a_notice_reads_as_it_was_written(void **state)
{
	struct notice n = { .key = { 0xabc, 3 }, .channel = "station",
		.priority = PRIORITY_HIGH }, read = { 0 };
	char line[NOTICE_LINE_MAX];
	bool heartbeat = true;

	(void)state;
	assert_int_equal(notice_line_put(line, &n, false), 44);
	assert_string_equal(line,
	    "notice 0000000000000abc-3 station high alarm");
	assert_true(notice_line_parse(line, &read, &heartbeat));
	assert_true(event_id_equal(read.key, n.key));
	assert_string_equal(read.channel, "station");
	assert_int_equal(read.priority, PRIORITY_HIGH);
	assert_false(heartbeat);
	n.priority = PRIORITY_NONE;
	(void)notice_line_put(line, &n, true);
	assert_string_equal(line,
	    "notice 0000000000000abc-3 station none heartbeat");
	assert_true(notice_line_parse(line, &read, &heartbeat));
	assert_true(heartbeat);
	assert_int_equal(read.priority, PRIORITY_NONE);
}

static void
the_longest_words_fit(void **state)
{
	struct notice n = { .key = { UINT64_MAX, UINT64_MAX },
		.priority = PRIORITY_MEDIUM }, read = { 0 };
	char line[NOTICE_LINE_MAX];
	bool heartbeat;
	size_t length;

	(void)state;
	memset(n.channel, 'c', sizeof n.channel - 1);
	length = notice_line_put(line, &n, true);
	assert_int_equal(length, strlen(line));
	assert_true(notice_line_parse(line, &read, &heartbeat));
	assert_true(event_id_equal(read.key, n.key));
	assert_string_equal(read.channel, n.channel);
	assert_true(heartbeat);
}

static void
what_is_almost_a_notice_is_none(void **state)
{
	static const char *const line[] = {
		"", "notice", "notice ", "Notice 0000000000000abc-3 s high alarm",
		"notice 0000000000000abc-3", "notice 0000000000000abc-3 s high",
		"notice 0000000000000abc-3 s high ",
		"notice 0000000000000abc-3 s high alarm ",
		"notice 0000000000000abc-3 s high alarm x",
		"notice  0000000000000abc-3 s high alarm",
		"notice 0000000000000abc-3  high alarm",
		"notice 0000000000000abc-0 s high alarm",
		"notice abc-3 s high alarm",
		"notice 0000000000000abc-3 s HIGH alarm",
		"notice 0000000000000abc-3 s higher alarm",
		"notice 0000000000000abc-3 s high alarms",
		"notice 0000000000000abc-3 s high",
		"notice 0000000000000abc-3 "
		    "cccccccccccccccccccccccccccccccc high alarm",
		"notice 0000000000000abc-3 s high alarm\r",
		"notice\t0000000000000abc-3 s high alarm",
	};
	struct notice n;
	bool heartbeat;

	(void)state;
	for (size_t i = 0; i < sizeof line / sizeof line[0]; i++)
		if (notice_line_parse(line[i], &n, &heartbeat))
			fail_msg("taken: \"%s\"", line[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_notice_reads_as_it_was_written),
		cmocka_unit_test(the_longest_words_fit),
		cmocka_unit_test(what_is_almost_a_notice_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The message that carries a notice, written and read without a library: the
 * library has to agree.
 */
#include "daemon/notice_line.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <jansson.h>
#include <string.h>

static struct notice
a_notice(const char *body)
{
	struct notice n = { .key = { 0x9f86d081884c7d65, 1842 },
		.channel = "station", .priority = PRIORITY_HIGH };

	n.length = strlen(body);
	memcpy(n.body, body, n.length + 1);
	return n;
}

static const char *const bodies[] = {
	"{}",
	"{\"text\":\"[HIGH] Chair 3 SpO2 85 % (<88)\",\"value\":85}",
	"{\"bed\":\"B\\\"1\\\\\"}",
	"{\"bed\":\"K\xc3\xbc" "che \xf0\x9f\x9b\x8f\"}",
	"\\", "\"", "\\\"\\\"",
};

static void
the_library_reads_what_is_written(void **state)
{
	char line[NOTICE_LINE_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
		struct notice n = a_notice(bodies[i]);
		const char *key, *channel, *priority, *body, *method;
		int beat = -1;
		json_t *m;
		size_t length = notice_line_write(line, &n, i % 2 == 1);

		assert_int_equal(length, strlen(line));
		m = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
		assert_non_null(m);
		assert_int_equal(json_unpack(m, "{s:s, s:{s:s, s:s, s:s, s:b, "
		    "s:s !}}", "method", &method, "params", "key", &key,
		    "channel", &channel, "priority", &priority, "heartbeat",
		    &beat, "body", &body), 0);
		assert_string_equal(method, "notice");
		assert_string_equal(key, "9f86d081884c7d65-1842");
		assert_string_equal(channel, "station");
		assert_string_equal(priority, "high");
		assert_int_equal(beat, i % 2 == 1);
		assert_string_equal(body, bodies[i]);
		json_decref(m);
	}
}

static void
what_is_written_is_read_again(void **state)
{
	char line[NOTICE_LINE_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
		struct notice n = a_notice(bodies[i]), out;
		bool beat = i % 2 == 0;
		size_t length = notice_line_write(line, &n, i % 2 == 1);

		memset(&out, 0xff, sizeof out);
		assert_true(notice_line_read(line, length, &out, &beat));
		assert_true(event_id_equal(out.key, n.key));
		assert_string_equal(out.channel, n.channel);
		assert_int_equal(out.priority, n.priority);
		assert_int_equal(out.event.n, 0);
		assert_int_equal(out.length, n.length);
		assert_string_equal(out.body, n.body);
		assert_int_equal(beat, i % 2 == 1);
	}
}

static void
the_longest_notice_fits(void **state)
{
	char line[NOTICE_LINE_MAX];
	struct notice n = a_notice("{}"), out;
	bool beat;
	size_t length;

	(void)state;
	n.key = (struct event_id){ UINT64_MAX, UINT64_MAX };
	memset(n.channel, 'c', sizeof n.channel - 1);
	memset(n.body, '"', sizeof n.body - 1);
	n.length = sizeof n.body - 1;
	length = notice_line_write(line, &n, false);
	assert_true(length < sizeof line);
	assert_true(notice_line_read(line, length, &out, &beat));
	assert_int_equal(out.length, n.length);
	assert_memory_equal(out.body, n.body, n.length);
}

static void
anything_else_is_left_to_the_library(void **state)
{
	static const char *const others[] = {
		"",
		"{\"jsonrpc\":\"2.0\",\"method\":\"ping\",\"params\":{}}",
		/* a blank; another order; an escape; a number for a text */
		"{\"jsonrpc\":\"2.0\", \"method\":\"notice\",\"params\":{\"key\":\"1-1\","
		"\"channel\":\"c\",\"priority\":\"low\",\"heartbeat\":false,\"body\":\"{}\"}}",
		"{\"jsonrpc\":\"2.0\",\"method\":\"notice\",\"params\":{\"channel\":\"c\","
		"\"key\":\"1-1\",\"priority\":\"low\",\"heartbeat\":false,\"body\":\"{}\"}}",
		"{\"jsonrpc\":\"2.0\",\"method\":\"notice\",\"params\":{\"key\":"
		"\"9f86d081884c7d65-1\",\"channel\":\"c\",\"priority\":\"low\","
		"\"heartbeat\":false,\"body\":\"\\u0041\"}}",
		"{\"jsonrpc\":\"2.0\",\"method\":\"notice\",\"params\":{\"key\":"
		"\"9f86d081884c7d65-1\",\"channel\":\"c\",\"priority\":\"huge\","
		"\"heartbeat\":false,\"body\":\"{}\"}}",
	};
	char line[NOTICE_LINE_MAX];
	struct notice n = a_notice(bodies[2]), out;
	bool beat;
	size_t length = notice_line_write(line, &n, false);

	(void)state;
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
		assert_false(notice_line_read(others[i], strlen(others[i]),
		    &out, &beat));
	for (size_t i = 0; i < length; i++)
		assert_false(notice_line_read(line, i, &out, &beat));
	line[length] = '}';
	assert_false(notice_line_read(line, length + 1, &out, &beat));
}

static void
what_is_too_long_is_refused(void **state)
{
	char line[NOTICE_LINE_MAX + 64];
	struct notice n = a_notice("{}"), out;
	bool beat;
	size_t length;
	char *at;

	(void)state;
	memset(n.body, 'x', sizeof n.body - 1);
	n.length = sizeof n.body - 1;
	length = notice_line_write(line, &n, false);
	assert_true(notice_line_read(line, length, &out, &beat));
	at = strstr(line, "xx");
	memmove(at + 1, at, strlen(at) + 1);
	assert_false(notice_line_read(line, length + 1, &out, &beat));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_library_reads_what_is_written),
		cmocka_unit_test(what_is_written_is_read_again),
		cmocka_unit_test(the_longest_notice_fits),
		cmocka_unit_test(anything_else_is_left_to_the_library),
		cmocka_unit_test(what_is_too_long_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

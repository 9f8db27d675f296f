/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Event ids as text: what is written is read back, and nothing else is.
 */
#include "schemas/record.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <string.h>

static void
an_event_id_is_read_back_from_its_text(void **state)
{
	static const struct {
		struct event_id id;
		const char *text;
	} cases[] = {
		{ { 0x9f86d081884c7d65, 1842 }, "9f86d081884c7d65-1842" },
		{ { 0, 1 }, "0000000000000000-1" },
		{ { UINT64_MAX, UINT64_MAX },
		    "ffffffffffffffff-18446744073709551615" },
		{ { 0xabcdef, 10 }, "0000000000abcdef-10" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[EVENT_ID_TEXT];
		struct event_id back = { 7, 7 };

		assert_int_equal(event_id_format(text, cases[i].id),
		    strlen(cases[i].text));
		assert_string_equal(text, cases[i].text);
		assert_true(event_id_parse(text, &back));
		assert_true(event_id_equal(back, cases[i].id));
	}
}

static void
a_text_that_no_id_has_is_refused(void **state)
{
	static const char *const bad[] = {
		"", "-", "9f86d081884c7d65", "9f86d081884c7d65-",
		"9f86d081884c7d65-0", "9f86d081884c7d65-01",
		"9F86D081884C7D65-1", "9f86d081884c7d6-1", "9f86d081884c7d655-1",
		"9f86d081884c7d65-1x", "9f86d081884c7d65--1",
		"9f86d081884c7d65 1", " 9f86d081884c7d65-1",
		"9f86d081884c7d65-18446744073709551616",
		"9f86d081884c7d65-99999999999999999999",
		"9f86d081884c7d65-100000000000000000000",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct event_id out = { 3, 4 };

		assert_false(event_id_parse(bad[i], &out));
		assert_true(out.start == 3 && out.n == 4);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_event_id_is_read_back_from_its_text),
		cmocka_unit_test(a_text_that_no_id_has_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

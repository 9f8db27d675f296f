/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Pages of many beds become one state again.
 *
 * Easy to get wrong: a bed that a page does not hold has grown older meanwhile;
 * its values must not stay fresh for as long as nobody speaks of it.
 */
#include "cli/pages.h"
#include "cli/state.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

static json_t *
load(const char *text)
{
	json_t *o = json_loads(text, 0, NULL);

	assert_non_null(o);
	return o;
}

static json_t *
merged(const char *const *pages)
{
	json_t *whole = NULL;

	for (; *pages != NULL; pages++) {
		json_t *page = load(*pages);

		pages_merge(&whole, page);
		json_decref(page);
	}
	return whole;
}

static void
expect(const char *const *pages, const char *expected)
{
	json_t *whole = merged(pages);
	char *text = json_dumps(whole, JSON_COMPACT | JSON_SORT_KEYS);

	assert_string_equal(text, expected);
	free(text);
	json_decref(whole);
}

static void
a_bed_is_replaced_by_its_name_and_keeps_its_place(void **state)
{
	static const char *const pages[] = {
		"{\"beds\":[{\"bed\":\"A\",\"x\":1},{\"bed\":\"B\",\"x\":1}],"
		"\"t_ms\":1}",
		"{\"beds\":[{\"bed\":\"C\",\"x\":1}],\"t_ms\":2}",
		"{\"beds\":[{\"bed\":\"C\",\"x\":2},{\"bed\":\"A\",\"x\":3}],"
		"\"t_ms\":3}",
		NULL };

	(void)state;
	expect(pages, "{\"beds\":[{\"bed\":\"A\",\"x\":3},{\"bed\":\"B\","
	    "\"x\":1},{\"bed\":\"C\",\"x\":2}],\"t_ms\":3}");
}

static void
what_the_box_says_of_a_bed_goes_with_the_page_of_that_bed(void **state)
{
	static const char *const pages[] = {
		"{\"beds\":[{\"bed\":\"A\"}],\"box\":{\"alarms\":["
		"{\"bed\":\"A\",\"n\":1},{\"bed\":\"\",\"n\":2}]}}",
		"{\"beds\":[{\"bed\":\"B\"}],\"box\":{\"alarms\":["
		"{\"bed\":\"B\",\"n\":3},{\"bed\":\"\",\"n\":2}]}}",
		"{\"beds\":[{\"bed\":\"A\"}],\"box\":{\"alarms\":["
		"{\"bed\":\"\",\"n\":4}]}}",
		NULL };

	(void)state;
	/* A's was acknowledged, the box's own is another now. */
	expect(pages, "{\"beds\":[{\"bed\":\"A\"},{\"bed\":\"B\"}],\"box\":"
	    "{\"alarms\":[{\"bed\":\"\",\"n\":4},{\"bed\":\"B\",\"n\":3}]}}");
}

static void
lists_of_devices_and_of_alarms_grow(void **state)
{
	static const char *const pages[] = {
		"{\"devices\":[1,2],\"next\":32}",
		"{\"devices\":[3],\"next\":null}", NULL };

	(void)state;
	expect(pages, "{\"devices\":[1,2,3],\"next\":null}");
}

static void
a_bed_that_nobody_speaks_of_grows_older(void **state)
{
	static const char *const pages[] = {
		"{\"t_ms\":1000,\"beds\":[{\"bed\":\"A\",\"t_ms\":1000,"
		"\"session\":\"S\",\"phase\":\"infusion\","
		"\"since_start_ms\":500,\"infusion_ms\":400,"
		"\"vitals\":[{\"vital\":\"spo2\",\"shown\":\"97\","
		"\"quality\":\"good\",\"age_ms\":100,\"fresh_ms\":5000}],"
		"\"ports\":[{\"port\":\"A/m\",\"link\":\"up\","
		"\"age_ms\":100}]}]}",
		"{\"t_ms\":9000,\"beds\":[{\"bed\":\"B\",\"t_ms\":9000}]}",
		NULL };
	json_t *whole = merged(pages);
	struct state *s = state_parse(whole);

	(void)state;
	assert_non_null(s);
	assert_int_equal(s->beds_n, 2);
	assert_int_equal(s->bed[0].reading[0].age_ms, 8100);
	assert_false(state_reading_valid(&s->bed[0].reading[0], 0));
	assert_int_equal(s->bed[0].port[0].age_ms, 8100);
	assert_int_equal(s->bed[0].since_start_ms, 8500);
	assert_int_equal(s->bed[0].infusion_ms, 8400);
	state_free(s);
	json_decref(whole);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test(name)
		T(a_bed_is_replaced_by_its_name_and_keeps_its_place),
		T(what_the_box_says_of_a_bed_goes_with_the_page_of_that_bed),
		T(lists_of_devices_and_of_alarms_grow),
		T(a_bed_that_nobody_speaks_of_grows_older),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

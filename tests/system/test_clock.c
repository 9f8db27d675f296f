/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A wall clock that somebody sets while a session runs, as a machine without a
 * battery does when it first reaches a time server: back to 2019, past 2038.
 *
 * Easy to get wrong: the kernel's own clock stays as it is (tests/shim/
 * faultshim.c shifts what vitalsd is told), so vitalsd finds it at its next
 * look, a second later at most, not at once.
 */
#include "tests/system/ward.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define WORDS(...) ((const char *const[]){ __VA_ARGS__, NULL })
#define IN_2019 1546300800LL	/* 2019-01-01 00:00:00 */
#define LAST_32_BIT 2147483647LL

static const char quick[] =
    "limits:\n"
    "  arm-after: 1s\n"
    "  clear-after: 1s\n"
    "  spo2-low: {delay: 1s}\n"
    "  spo2-very-low: {delay: 1s}\n";

static int64_t
infusion_ms(struct ward *w)
{
	json_t *bed = ward_bed(w);
	int64_t ms = json_integer_value(json_object_get(bed, "infusion_ms"));

	json_decref(bed);
	return ms;
}

static void
set_clock(const struct ward *w, long long unix_s)
{
	char text[32];

	snprintf(text, sizeof text, "%lld", unix_s - (long long)time(NULL));
	ward_write(w, "faults/wall", text);
}

/* The infusion's clock goes on as ours does, from when it was asked to begin, or
 * when that was answered, to before it is asked, or after. */
static void
clock_goes_on(struct ward *w, const int64_t began_ms[2])
{
	int64_t before_ms = ward_now_ms(), is = infusion_ms(w);
	int64_t least = before_ms - began_ms[1], most = ward_now_ms() -
	    began_ms[0];

	if (is < least - 500 || is > most + 500)
		ward_fail(w, "the infusion's clock is at %lld ms, not between "
		    "%lld and %lld", (long long)is, (long long)least,
		    (long long)most);
}

static void
a_clock_that_is_set_moves_no_duration_and_is_told(void **state)
{
	struct ward *w = *state;
	char *config = ward_config(w, quick), *out;
	int64_t began_ms[2], first, last;

	ward_preload_faults(w);
	ward_write(w, "faults/wall", "0");
	ward_start_sim(w, ward_scenario, WORDS("ox"));
	ward_start_vitalsd(w, config);
	free(config);
	json_decref(ward_ask(w, "session.start", NULL));
	ward_wait_sql(w, "SELECT count(*) FROM event WHERE kind = 15 AND "
	    "text = 'spo2-low'", 1, 20);
	began_ms[0] = ward_now_ms();
	json_decref(ward_ask(w, "infusion.start", NULL));
	began_ms[1] = ward_now_ms();

	set_clock(w, IN_2019);
	json_decref(ward_wait_alarm(w, "clock-stepped", "active", "low", 3));
	clock_goes_on(w, began_ms);
	set_clock(w, LAST_32_BIT - 1);
	ward_nap(2500);		/* over the edge */
	clock_goes_on(w, began_ms);
	ward_wait_sql(w, "SELECT count(*) FROM event WHERE kind = 9 AND "
	    "abs(count) > 200000000000", 2, 3);

	/* Delays run as ever, and no bed was said to be silent. */
	ward_sim(w, "CHAIR1 spo2 85");
	json_decref(ward_wait_alarm(w, "spo2-low", "active", "high", 5));
	assert_int_equal(ward_sql(w, "SELECT count(*) FROM alarms WHERE "
	    "condition LIKE 'no-%'"), 0);
	/* The order is that of arrival, whatever the clock said. */
	first = ward_sql(w, "SELECT t_ms FROM reading_000001 ORDER BY rowid "
	    "LIMIT 1");
	last = ward_sql(w, "SELECT t_ms FROM reading_000001 ORDER BY rowid "
	    "DESC LIMIT 1");
	assert_in_range(last - first, 3000, 30000);

	/* A kill in 2038, and it goes on from where it was. */
	ward_kill(&w->vitalsd, SIGKILL);
	ward_restart_vitalsd(w);
	clock_goes_on(w, began_ms);
	json_decref(ward_ask(w, "infusion.stop", NULL));
	json_decref(ward_ask(w, "session.end", NULL));
	ward_wait_sql(w, "SELECT count(*) FROM event WHERE kind = 16", 1, 10);
	assert_int_equal(ward_ctl(w, &out, WORDS("review", "last")), 0);
	if (strstr(out, "stepped") == NULL)
		ward_fail(w, "the review does not tell: %s", out);
	free(out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WARD_TEST(a_clock_that_is_set_moves_no_duration_and_is_told),
	};

	cmocka_set_test_filter(getenv("ONLY"));
	return cmocka_run_group_tests(tests, NULL, NULL);
}

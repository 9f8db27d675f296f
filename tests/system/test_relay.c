/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What a monitor itself alarms of, from the simulated monitor's own limits to
 * the screens, the log and the review.
 *
 * Easy to get wrong: the patient's SpO2 crosses a limit of vitalsd, too.  That
 * is another alarm, with notices of its own; the monitor's has none.
 */
#include "tests/system/ward.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORDS(...) ((const char *const[]){ __VA_ARGS__, NULL })

static const char scenario[] =
    "seed: 7\n"
    "beds:\n"
    "  CHAIR1:\n"
    "    baseline: {hr: 70, nibp_sys: 122, nibp_dia: 76, spo2: 97, rr: 14}\n"
    "    monitors:\n"
    "      ge: {driver: ge-dri}\n";

static void
start(struct ward *w)
{
	char *config = NULL;

	assert_true(asprintf(&config,
	    "beds:\n"
	    "  - id: CHAIR1\n"
	    "    monitors:\n"
	    "      - name: ge\n"
	    "        driver: ge-dri\n"
	    "        interval: 1s\n"
	    "        transport: pty\n"
	    "        port: %s/tty/ge\n"
	    "notify:\n"
	    "  channels:\n"
	    "    - name: station\n"
	    "      at-least: low\n"
	    "limits:\n"
	    "  arm-after: 1s\n"
	    "  spo2-low: {delay: 1s}\n"
	    "  spo2-very-low: {delay: 1s}\n", w->dir) > 0);
	ward_start_sim(w, scenario, WORDS("ge"));
	ward_start_receiver(w, "ok");
	ward_start_vitalsd(w, config);
	ward_start_notify(w);
	free(config);
	json_decref(ward_ask(w, "session.start", NULL));
	json_decref(ward_ask(w, "infusion.start", NULL));
	ward_wait_sql(w, "SELECT count(*) FROM event WHERE kind = 15 AND "
	    "text = 'spo2-low'", 1, 20);
}

/* So many records with that text. */
static void
wait_told(struct ward *w, const char *text, int64_t n)
{
	char query[200];

	snprintf(query, sizeof query, "SELECT count(*) FROM events WHERE "
	    "event = 'monitor-alarm' AND port = 'CHAIR1/ge' AND bed = 'CHAIR1' "
	    "AND session <> '' AND text = '%s'", text);
	ward_wait_sql(w, query, n, 20);
	assert_int_equal(ward_sql(w, query), n);
}

/* What vitalsctl prints holds that text. */
static void
prints(struct ward *w, const char *const *words, const char *text)
{
	char *out = NULL;

	assert_int_equal(ward_ctl(w, &out, words), 0);
	if (strstr(out, text) == NULL)
		ward_fail(w, "%s is not in\n%s", text, out);
	free(out);
}

static size_t
shown(struct ward *w, const char *text)
{
	json_t *bed = ward_bed(w), *list, *a;
	size_t i, n = 0;

	list = json_object_get(bed, "monitor_alarms");
	assert_true(json_is_array(list));
	json_array_foreach(list, i, a)
		n += strcmp(json_string_value(json_object_get(a, "text")),
		    text) == 0;
	json_decref(bed);
	return n;
}

static void
a_monitors_own_alarm_goes_from_its_limits_to_the_review(void **state)
{
	struct ward *w = *state;

	start(w);
	assert_int_equal(shown(w, "SpO2 LOW"), 0);
	ward_sim(w, "CHAIR1 spo2 84");
	wait_told(w, "high: SpO2 LOW", 1);
	assert_int_equal(shown(w, "SpO2 LOW"), 1);
	prints(w, WORDS("status"), "\n  monitor says: SpO2 LOW  (high, "
	    "CHAIR1/ge, for ");
	/* Our own alarm of the same saturation is another one. */
	json_decref(ward_wait_alarm(w, "spo2-low", "active", "high", 20));
	json_decref(ward_ask(w, "alarm.ack", json_pack("{s:s}", "bed",
	    "CHAIR1")));
	assert_int_equal(shown(w, "SpO2 LOW"), 1);
	/* The line is gone, and with it what was known. */
	ward_sim(w, "ge cable out");
	wait_told(w, "unknown: the line is gone", 1);
	assert_int_equal(shown(w, "SpO2 LOW"), 0);
	ward_sim(w, "ge cable in");
	wait_told(w, "high: SpO2 LOW", 2);
	ward_sim(w, "CHAIR1 spo2 back");
	wait_told(w, "over: SpO2 LOW", 1);
	assert_int_equal(shown(w, "SpO2 LOW"), 0);
	json_decref(ward_ask(w, "session.abort", NULL));
	prints(w, WORDS("review", "last"), "\nWHAT THE MONITORS ALARMED OF ");
	prints(w, WORDS("review", "last"),
	    "  high    SpO2 LOW  (CHAIR1/ge; not known after ");
	prints(w, WORDS("review", "last"),
	    "  high    SpO2 LOW  (CHAIR1/ge; lasted ");
	prints(w, WORDS("export", "last", "--json"),
	    "\"event\":\"monitor-alarm\",\"bed\":\"CHAIR1\",\"port\":"
	    "\"CHAIR1/ge\"");
	/* Nothing of it went out, while our own did. */
	ward_wait_received(w, "SpO2 ", 1, 20);
	assert_int_equal(ward_sql(w, "SELECT count(*) FROM notice WHERE "
	    "body LIKE '%SpO2 LOW%'"), 0);
}

static void
a_monitor_that_is_not_understood_about_alarms_gives_its_values(void **state)
{
	struct ward *w = *state;
	int64_t rows;

	start(w);
	/* Its records of alarms are damaged, as every second byte is. */
	ward_sim(w, "ge noise 0.5");
	ward_sim(w, "CHAIR1 spo2 84");
	ward_nap(5000);
	assert_int_equal(shown(w, "SpO2 LOW"), 0);
	rows = ward_sql(w, "SELECT count(*) FROM reading_000001");
	ward_sim(w, "ge noise 0");
	ward_wait_sql(w, "SELECT count(*) FROM reading_000001", rows + 12, 20);
	/* The lost record is made good by asking. */
	ward_wait_sql(w, "SELECT count(*) FROM events WHERE event = "
	    "'monitor-alarm' AND text = 'high: SpO2 LOW'", 1, 60);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WARD_TEST(a_monitors_own_alarm_goes_from_its_limits_to_the_review),
		WARD_TEST(
		    a_monitor_that_is_not_understood_about_alarms_gives_its_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

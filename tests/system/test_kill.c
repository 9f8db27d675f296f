/* SPDX-License-Identifier: BSD-2-Clause
 *
 * kill -9 of vitalsd and of vitals-notify: what was promised is there, the
 * session goes on, and no alarm is lost or told twice as new.  Kills at random
 * moments, by the hundred: tests/torture/test_kills.c.
 *
 * Easy to get wrong: a notice may leave before its record is on the disk, and
 * be offered again under another key after the kill; what must never happen is
 * a record that was reported durable and is gone.
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
#include <unistd.h>

#define WORDS(...) ((const char *const[]){ __VA_ARGS__, NULL })

static const char quick[] =
    "limits:\n"
    "  arm-after: 1s\n"
    "  clear-after: 1s\n"
    "  undelivered: 3s\n"
    "  spo2-low: {delay: 1s}\n"
    "  spo2-very-low: {delay: 1s}\n";

static void
start_all(struct ward *w)
{
	char *config = ward_config(w, quick);

	ward_start_sim(w, ward_scenario, WORDS("ox"));
	ward_start_receiver(w, "ok");
	ward_start_vitalsd(w, config);
	ward_start_notify(w);
	free(config);
}

/* The answer must say that its record is on the disk. */
static json_t *
durable(struct ward *w, const char *method, json_t *params)
{
	json_t *r = ward_ask(w, method, params);

	if (!json_is_true(json_object_get(r, "durable")))
		ward_fail(w, "%s was not durable", method);
	return r;
}

static void
begin_infusion(struct ward *w, char session[64])
{
	json_t *r = durable(w, "session.start", NULL);

	snprintf(session, 64, "%s", json_string_value(json_object_get(r,
	    "session")));
	json_decref(r);
	ward_wait_sql(w, "SELECT count(*) FROM event WHERE kind = 15 AND "
	    "text = 'spo2-low'", 1, 20);
	json_decref(durable(w, "infusion.start", NULL));
}

static int64_t
infusion_ms(struct ward *w)
{
	json_t *bed = ward_bed(w);
	int64_t ms = json_integer_value(json_object_get(bed, "infusion_ms"));

	json_decref(bed);
	return ms;
}

/* The records of each table, added up: what a kill must not make fewer. */
static const char everything[] =
    "SELECT (SELECT count(*) FROM statement) + (SELECT count(*) FROM alarm) +"
    " (SELECT count(*) FROM notice) + (SELECT count(*) FROM delivery) +"
    " (SELECT count(*) FROM event) + (SELECT count(*) FROM reading_000001)";

static void
nothing_is_undelivered(struct ward *w)
{
	ward_wait_sql(w, "SELECT count(*) = 0 FROM notices WHERE delivered_at "
	    "IS NULL", 1, 75);
}

/* Every notice in the log has come to the receiver, each under its own key. */
static void
every_notice_arrived(struct ward *w)
{
	int64_t n = ward_sql(w, "SELECT count(*) FROM notice");

	nothing_is_undelivered(w);
	for (int64_t i = 0; i < n; i++) {
		char query[128], *key;

		snprintf(query, sizeof query, "SELECT key FROM notice ORDER BY "
		    "seq LIMIT 1 OFFSET %lld", (long long)i);
		key = ward_sql_text(w, query);
		assert_non_null(key);
		if (ward_received(w, key) == 0)
			ward_fail(w, "notice %s is called delivered, but never "
			    "arrived", key);
		free(key);
	}
}

static void
a_session_goes_on_after_a_kill_with_its_alarm_and_clock(void **state)
{
	struct ward *w = *state;
	char session[64], event[64], query[256];
	json_t *a, *bed;
	int64_t before, clock_before, clock_after, t_ms[4];

	start_all(w);
	begin_infusion(w, session);
	ward_sim(w, "CHAIR1 spo2 85");
	a = ward_wait_alarm(w, "spo2-low", "active", "high", 20);
	snprintf(event, sizeof event, "%s", json_string_value(
	    json_object_get(a, "event")));
	json_decref(a);
	json_decref(durable(w, "mark", json_pack("{s:s}", "text", "a word")));
	nothing_is_undelivered(w);
	t_ms[0] = ward_now_ms();
	clock_before = infusion_ms(w);
	t_ms[1] = ward_now_ms();
	before = ward_sql(w, everything);
	ward_kill(&w->vitalsd, SIGKILL);
	ward_restart_vitalsd(w);

	assert_true(ward_sql(w, everything) >= before);
	snprintf(query, sizeof query, "SELECT count(*) FROM statement WHERE "
	    "kind = 7 AND text = 'a word' AND session = '%s'", session);
	assert_int_equal(ward_sql(w, query), 1);
	bed = ward_bed(w);
	assert_string_equal(json_string_value(json_object_get(bed,
	    "session")), session);
	assert_string_equal(json_string_value(json_object_get(bed, "phase")),
	    "infusion");
	json_decref(bed);
	t_ms[2] = ward_now_ms();
	clock_after = infusion_ms(w);
	t_ms[3] = ward_now_ms();
	assert_true(clock_after - clock_before >= t_ms[2] - t_ms[1] - 500 &&
	    clock_after - clock_before <= t_ms[3] - t_ms[0] + 500);
	ward_wait_sql(w, "SELECT count(*) FROM event WHERE kind = 7 AND "
	    "text LIKE '%killed%' AND to_ms > from_ms", 1, 5);
	json_decref(ward_wait_alarm(w, "restarted", "active", "medium", 5));

	/* The same event, in the log and on the screen, and no second start. */
	a = ward_wait_alarm(w, "spo2-low", "active", "high", 20);
	assert_string_equal(json_string_value(json_object_get(a, "event")),
	    event);
	json_decref(a);
	ward_sim(w, "CHAIR1 spo2 97");
	json_decref(ward_wait_alarm(w, "spo2-low", "latched", "high", 20));
	json_decref(durable(w, "alarm.ack", json_pack("{s:s}", "event",
	    event)));
	(void)ward_wait_alarm(w, "spo2-low", "", "none", 20);
	nothing_is_undelivered(w);
	assert_int_equal(ward_sql(w, "SELECT count(*) FROM alarms WHERE "
	    "condition = 'spo2-low' AND phase = 'start'"), 1);
	assert_int_equal(ward_sql(w, "SELECT count(DISTINCT event) FROM alarm "
	    "WHERE condition = 'spo2-low'"), 1);
	every_notice_arrived(w);
	json_decref(durable(w, "infusion.stop", NULL));
	json_decref(durable(w, "session.end", NULL));
}

static void
a_killed_notifier_is_missed_and_loses_no_notice(void **state)
{
	struct ward *w = *state;
	char session[64], *key;
	int64_t killed_ms;

	start_all(w);
	begin_infusion(w, session);
	nothing_is_undelivered(w);
	/* It is missed although nothing waits for it. */
	ward_kill(&w->notify, SIGKILL);
	json_decref(ward_wait_alarm(w, "undelivered:station", "active",
	    "medium", 10));
	ward_start_notify(w);
	(void)ward_wait_alarm(w, "undelivered:station", "", "none", 20);
	nothing_is_undelivered(w);
	ward_receiver_mode(w, "500");
	ward_sim(w, "CHAIR1 spo2 90");
	json_decref(ward_wait_alarm(w, "spo2-low", "active", "medium", 20));
	ward_wait_sql(w, "SELECT count(*) FROM delivery WHERE outcome = 1", 1,
	    10);
	key = ward_sql_text(w, "SELECT key FROM notice ORDER BY seq DESC "
	    "LIMIT 1");
	assert_non_null(key);
	assert_int_equal(ward_received(w, key), 0);
	ward_kill(&w->notify, SIGKILL);
	killed_ms = ward_now_ms();
	json_decref(ward_wait_alarm(w, "undelivered:station", "active",
	    "medium", 10));
	assert_true(ward_now_ms() - killed_ms < 6000);

	/* What is raised meanwhile waits, on the disk. */
	ward_sim(w, "CHAIR1 spo2 85");
	json_decref(ward_wait_alarm(w, "spo2-low", "active", "high", 20));
	ward_wait_sql(w, "SELECT count(*) FROM deliveries WHERE outcome = "
	    "'no-notifier'", 1, 5);
	ward_receiver_mode(w, "ok");
	ward_start_notify(w);
	(void)ward_wait_alarm(w, "undelivered:station", "", "none", 20);
	every_notice_arrived(w);
	assert_true(ward_received(w, key) >= 1);
	free(key);
}

static void
what_waited_when_both_were_killed_is_delivered_after(void **state)
{
	struct ward *w = *state;
	char session[64], *key;
	int64_t waiting;

	start_all(w);
	begin_infusion(w, session);
	nothing_is_undelivered(w);
	ward_receiver_mode(w, "500");
	ward_sim(w, "CHAIR1 spo2 85");
	json_decref(ward_wait_alarm(w, "spo2-low", "active", "high", 20));
	ward_wait_sql(w, "SELECT count(*) FROM notice WHERE body LIKE "
	    "'%spo2-low%'", 1, 5);
	key = ward_sql_text(w, "SELECT key FROM notice WHERE body LIKE "
	    "'%spo2-low%' LIMIT 1");
	assert_non_null(key);
	ward_kill(&w->vitalsd, SIGKILL);
	ward_kill(&w->notify, SIGKILL);
	waiting = ward_sql(w, "SELECT count(*) FROM notices WHERE "
	    "delivered_at IS NULL");
	assert_true(waiting >= 1);
	ward_receiver_mode(w, "ok");
	ward_restart_vitalsd(w);
	ward_start_notify(w);
	every_notice_arrived(w);
	assert_true(ward_received(w, key) >= 1);
	free(key);
}

/* As in a machine that is suspended. */
static void
a_vitalsd_that_got_no_time_has_a_gap_in_a_session_entered_later(void **state)
{
	struct ward *w = *state;
	char *review, at[16];
	time_t then;
	struct tm tm;

	start_all(w);
	ward_wait_sql(w, "SELECT count(*) > 5 FROM reading_000001", 1, 10);
	then = time(NULL);
	localtime_r(&then, &tm);
	strftime(at, sizeof at, "%H:%M:%S", &tm);
	assert_int_equal(kill(w->vitalsd, SIGSTOP), 0);
	sleep(6);
	assert_int_equal(kill(w->vitalsd, SIGCONT), 0);
	ward_wait_sql(w, "SELECT count(*) FROM event WHERE kind = 7 AND "
	    "session = '' AND count >= 5000", 1, 10);
	json_decref(durable(w, "session.start", json_pack("{s:s}", "at", at)));
	assert_int_equal(ward_ctl(w, &review, WORDS("review", "last")), 0);
	if (strstr(review, "vitalsd was not running from ") == NULL ||
	    strstr(review, "no alarms were judged before ") == NULL)
		ward_fail(w, "the review lacks something: %s", review);
	free(review);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WARD_TEST(
		    a_session_goes_on_after_a_kill_with_its_alarm_and_clock),
		WARD_TEST(a_killed_notifier_is_missed_and_loses_no_notice),
		WARD_TEST(what_waited_when_both_were_killed_is_delivered_after),
		WARD_TEST(
		    a_vitalsd_that_got_no_time_has_a_gap_in_a_session_entered_later
		),
	};

	cmocka_set_test_filter(getenv("ONLY"));
	return cmocka_run_group_tests(tests, NULL, NULL);
}

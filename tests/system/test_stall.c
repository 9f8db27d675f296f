/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What vitalsd leans on stands still: the disk, a receiver, the whole machine.
 * Alarms go on, systemd's watchdog is fed, an end in order takes no time, and
 * what was promised is there.
 *
 * Easy to get wrong: a disk that hangs returns no error.  Nothing fails, the
 * thread is simply gone; only time tells.
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

#define WORDS(...) ((const char *const[]){ __VA_ARGS__, NULL })
#define WATCHDOG_MS 4500	/* it is fed three times in that time */
#define STORE_HUNG_MS 5000

static const char quick[] =
    "limits:\n"
    "  arm-after: 1s\n"
    "  clear-after: 1s\n"
    "  spo2-low: {delay: 1s}\n"
    "  spo2-very-low: {delay: 1s}\n";

/* The longest time without WATCHDOG=1 between two moments. */
static int64_t
longest_hunger_ms(const struct ward *w, int64_t from_ms, int64_t to_ms)
{
	FILE *f = fopen(ward_path(w, "systemd"), "r");
	int64_t last_ms = from_ms, longest = 0;
	long long t_ms;
	char word[64];

	assert_non_null(f);
	while (fscanf(f, "%lld %63[^\n]", &t_ms, word) == 2) {
		if (strcmp(word, "WATCHDOG=1") != 0 || t_ms < from_ms ||
		    t_ms > to_ms)
			continue;
		if (t_ms - last_ms > longest)
			longest = t_ms - last_ms;
		last_ms = t_ms;
	}
	fclose(f);
	return to_ms - last_ms > longest ? to_ms - last_ms : longest;
}

static void
start_all(struct ward *w)
{
	char *config = ward_config(w, quick);

	ward_start_sim(w, ward_scenario, WORDS("ox"));
	ward_start_receiver(w, "ok");
	ward_start_vitalsd(w, config);
	ward_start_notify(w);
	free(config);
	json_decref(ward_ask(w, "session.start", NULL));
	ward_wait_sql(w, "SELECT count(*) FROM event WHERE kind = 15 AND "
	    "text = 'spo2-low'", 1, 20);
}

static void
a_hung_disk_is_an_alarm_and_holds_up_nothing(void **state)
{
	struct ward *w = *state;
	int64_t hung_ms, raised_ms;
	json_t *r;

	ward_be_systemd(w, WATCHDOG_MS);
	ward_preload_faults(w);
	start_all(w);
	ward_write(w, "faults/hang", "");
	hung_ms = ward_now_ms();
	/* At once, although its record cannot be written. */
	ward_sim(w, "CHAIR1 spo2 85");
	json_decref(ward_wait_alarm(w, "spo2-low", "active", "high", 5));
	ward_wait_received(w, "\"condition\":\"spo2-low\"", 1, 2);
	assert_true(ward_now_ms() - hung_ms < 4500);
	json_decref(ward_wait_alarm(w, "log-failing", "active", "high", 8));
	raised_ms = ward_now_ms();
	assert_in_range(raised_ms - hung_ms, STORE_HUNG_MS - 1500,
	    STORE_HUNG_MS + 2500);
	ward_wait_received(w, "\"condition\":\"log-failing\"", 1, 3);
	r = ward_ask(w, "mark", json_pack("{s:s}", "text", "while it hung"));
	assert_true(json_is_false(json_object_get(r, "durable")));
	json_decref(r);
	if (longest_hunger_ms(w, hung_ms, ward_now_ms()) >= WATCHDOG_MS)
		ward_fail(w, "the watchdog was not fed");

	ward_mend(w, "faults/hang");
	(void)ward_wait_alarm(w, "log-failing", "", "none", 10);
	ward_wait_sql(w, "SELECT count(*) FROM statement WHERE text = 'while "
	    "it hung'", 1, 5);
	assert_int_equal(ward_sql(w, "SELECT count(*) FROM alarms WHERE "
	    "condition = 'spo2-low' AND phase = 'start'"), 1);
	ward_wait_sql(w, "SELECT count(*) FROM alarms WHERE condition = "
	    "'log-failing' AND phase = 'end'", 1, 5);
	assert_int_equal(ward_sql(w, "SELECT count(*) FROM start"), 1);
}

/* Readings of the only port, on the disk or not yet. */
static int64_t
read_so_far(struct ward *w)
{
	json_t *r = ward_ask(w, "devices", NULL);
	int64_t n = json_integer_value(json_object_get(json_array_get(
	    json_object_get(r, "devices"), 0), "readings"));

	json_decref(r);
	return n;
}

/* Both in one: while one waits, the other would, too. */
static void
an_end_in_order_takes_no_time_whatever_hangs(void **state)
{
	struct ward *w = *state;
	int64_t rows;
	char *key;

	ward_be_systemd(w, WATCHDOG_MS);
	ward_preload_faults(w);
	/* What is timed is the program, not a sanitizer's search for leaks. */
	ward_env(w, "ASAN_OPTIONS=verify_asan_link_order=0:detect_leaks=0");
	start_all(w);
	ward_wait_sql(w, "SELECT count(*) = 0 FROM notices WHERE delivered_at "
	    "IS NULL", 1, 10);
	ward_receiver_mode(w, "slow:30000");
	ward_sim(w, "CHAIR1 spo2 85");
	json_decref(ward_wait_alarm(w, "spo2-low", "active", "high", 5));
	ward_wait_sql(w, "SELECT count(*) FROM notice WHERE body LIKE "
	    "'%spo2-low%'", 1, 5);
	key = ward_sql_text(w, "SELECT key FROM notice WHERE body LIKE "
	    "'%spo2-low%' ORDER BY seq DESC LIMIT 1");
	assert_non_null(key);

	/* The receiver hangs. */
	rows = read_so_far(w);
	for (int i = 0; i < 2000 && read_so_far(w) == rows; i++)
		ward_nap(10);
	ward_stop(w, &w->vitalsd, 2000);
	ward_stop(w, &w->notify, 2000);
	ward_wait_lines(w, "systemd", "STOPPING=1", 1, 2);
	/* What had come within the last 100 ms is there, too. */
	assert_true(ward_sql(w, "SELECT count(*) FROM reading_000001") > rows);
	assert_int_equal(ward_sql(w, "SELECT count(*) FROM event WHERE kind = "
	    "1"), 1);
	assert_true(ward_sql(w, "SELECT count(*) FROM notices WHERE "
	    "delivered_at IS NULL") >= 1);

	/* The disk hangs. */
	ward_restart_vitalsd(w);
	ward_wait_sql(w, "SELECT count(*) FROM start", 2, 5);
	ward_write(w, "faults/hang", "");
	ward_nap(300);
	ward_stop(w, &w->vitalsd, 2000);
	ward_mend(w, "faults/hang");

	ward_receiver_mode(w, "ok");
	ward_restart_vitalsd(w);
	ward_start_notify(w);
	ward_wait_sql(w, "SELECT count(*) = 0 FROM notices WHERE delivered_at "
	    "IS NULL", 1, 20);
	assert_true(ward_received(w, key) >= 1);
	free(key);
}

/* A suspended machine, or one that swaps for so long. */
static void
a_daemon_that_was_frozen_says_so_once_and_goes_on(void **state)
{
	struct ward *w = *state;
	int64_t alarms, changes, rows;

	start_all(w);
	rows = ward_sql(w, "SELECT count(*) FROM reading_000001");
	alarms = ward_sql(w, "SELECT count(*) FROM alarm");
	assert_int_equal(kill(w->vitalsd, SIGSTOP), 0);
	ward_nap(12500);
	assert_int_equal(kill(w->vitalsd, SIGCONT), 0);
	(void)ward_wait_alarm(w, "no-data", "", "none", 10);
	ward_nap(1500);
	(void)ward_wait_alarm(w, "no-data", "", "none", 1);
	/* What waited in the buffer was not taken for what came now: two
	 * readings a second. */
	rows = ward_sql(w, "SELECT count(*) FROM reading_000001") - rows;
	if (rows > 12)
		ward_fail(w, "%lld readings", (long long)rows);
	/* The gap is told: an alarm, and its end. */
	ward_wait_sql(w, "SELECT count(*) FROM event WHERE kind = 7 AND "
	    "session <> '' AND count BETWEEN 10000 AND 20000 AND "
	    "to_ms - from_ms = count", 1, 5);
	changes = ward_sql(w, "SELECT count(*) FROM alarm") - alarms;
	if (changes > 2)
		ward_fail(w, "%lld changes of alarms", (long long)changes);
	ward_sim(w, "CHAIR1 spo2 85");
	json_decref(ward_wait_alarm(w, "spo2-low", "active", "high", 10));
}

/* The tenth message or so finds no room, where systemd does not read. */
static void
a_systemd_that_does_not_read_holds_up_nothing(void **state)
{
	struct ward *w = *state;
	int64_t until;
	size_t fed;

	ward_be_systemd(w, 300);
	start_all(w);
	assert_int_equal(kill(w->systemd, SIGSTOP), 0);
	until = ward_now_ms() + 5000;
	while (ward_now_ms() < until) {
		int64_t asked_ms = ward_now_ms();

		json_decref(ward_ask(w, "alarm.list", NULL));
		assert_true(ward_now_ms() - asked_ms < 1000);
		ward_nap(100);
	}
	fed = ward_lines(w, "systemd", "WATCHDOG=1");
	assert_int_equal(kill(w->systemd, SIGCONT), 0);
	/* More than can have waited in the queue. */
	ward_wait_lines(w, "systemd", "WATCHDOG=1", fed + 20, 20);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WARD_TEST(a_hung_disk_is_an_alarm_and_holds_up_nothing),
		WARD_TEST(an_end_in_order_takes_no_time_whatever_hangs),
		WARD_TEST(a_systemd_that_does_not_read_holds_up_nothing),
		WARD_TEST(a_daemon_that_was_frozen_says_so_once_and_goes_on),
	};

	cmocka_set_test_filter(getenv("ONLY"));
	return cmocka_run_group_tests(tests, NULL, NULL);
}

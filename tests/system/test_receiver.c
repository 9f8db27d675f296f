/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A receiver that is down, slow, broken or busy, or answers nonsense: alarms
 * are raised all the same, people are told in time that nobody hears, and
 * nothing is lost.
 *
 * Easy to get wrong: a receiver that took a notice and then failed to say so
 * gets it again; only where it never took one may "once" be asked for.
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

static const char quick[] =
    "limits:\n"
    "  arm-after: 1s\n"
    "  clear-after: 1s\n"
    "  spo2-low: {delay: 1s}\n"
    "  spo2-very-low: {delay: 1s}\n";

static const struct fault {
	const char *mode;	/* NULL: it is down */
	bool may_repeat;	/* it takes a notice although it fails */
	const char *detail;	/* in the log of the failed attempt */
} faults[] = {
	{ NULL, false, "" },
	{ "500", false, "500" },
	{ "429:3", false, "429" },
	{ "garbage", false, "" },
	{ "reset", true, "" },
	{ "slow:30000", true, "" },
	{ "captive", false, "lacks the expected header" },
	{ "drip", false, "" },
	{ "redirect", false, "302" },
};
#define FAULTS (sizeof faults / sizeof faults[0])

/* One ward for each fault; they wait together. */
static int
open_wards(void **state)
{
	struct ward *w = calloc(FAULTS, sizeof *w);

	if (w == NULL)
		return -1;
	for (size_t i = 0; i < FAULTS; i++)
		ward_open(&w[i]);
	*state = w;
	return 0;
}

static int
close_wards(void **state)
{
	struct ward *w = *state;

	for (size_t i = 0; i < FAULTS; i++)
		ward_close(&w[i]);
	free(w);
	return 0;
}

static void
start_all(struct ward *w, const char *limits)
{
	char *config = ward_config(w, limits);

	ward_start_sim(w, ward_scenario, WORDS("ox"));
	w->receiver_port = ward_free_port();	/* for when it comes back */
	ward_start_receiver(w, "ok");
	ward_start_vitalsd(w, config);
	ward_start_notify(w);
	free(config);
	json_decref(ward_ask(w, "session.start", NULL));
}

static void
wait_armed_and_delivered(struct ward *w)
{
	ward_wait_sql(w, "SELECT count(*) FROM event WHERE kind = 15 AND "
	    "text = 'spo2-low'", 1, 20);
	ward_wait_sql(w, "SELECT count(*) = 0 FROM notices WHERE delivered_at "
	    "IS NULL", 1, 20);
}

static void
break_receiver(struct ward *w, const struct fault *f)
{
	if (f->mode == NULL)
		ward_kill(&w->receiver, SIGKILL);
	else
		ward_receiver_mode(w, f->mode);
}

static void
mend_receiver(struct ward *w, const struct fault *f)
{
	if (f->mode == NULL)
		ward_start_receiver(w, "ok");
	else
		ward_receiver_mode(w, "ok");
}

/* Each notice in the log is at the receiver; and once, unless it took one and
 * failed after. */
static void
arrived(struct ward *w, const struct fault *f)
{
	int64_t n;

	ward_wait_sql(w, "SELECT count(*) = 0 FROM notices WHERE delivered_at "
	    "IS NULL", 1, 60);
	n = ward_sql(w, "SELECT count(*) FROM notice");
	assert_true(n >= 4);
	for (int64_t i = 0; i < n; i++) {
		char query[128], quoted[80], *key;
		size_t times;

		snprintf(query, sizeof query, "SELECT key FROM notice ORDER BY "
		    "seq LIMIT 1 OFFSET %lld", (long long)i);
		key = ward_sql_text(w, query);
		assert_non_null(key);
		snprintf(quoted, sizeof quoted, "\"key\":\"%s\",\"repeated\"",
		    key);
		times = ward_received(w, quoted);
		if (times == 0 || (times > 1 && !f->may_repeat))
			ward_fail(w, "%s: notice %s arrived %zu times",
			    f->mode ? f->mode : "down", key, times);
		free(key);
	}
}

static void
no_alarm_is_lost_whatever_the_receiver_does(void **state)
{
	struct ward *w = *state;
	int64_t raised_ms[FAULTS];

	for (size_t i = 0; i < FAULTS; i++)
		start_all(&w[i], quick);
	for (size_t i = 0; i < FAULTS; i++) {
		wait_armed_and_delivered(&w[i]);
		break_receiver(&w[i], &faults[i]);
		ward_sim(&w[i], "CHAIR1 spo2 90");
	}
	for (size_t i = 0; i < FAULTS; i++) {
		json_decref(ward_wait_alarm(&w[i], "spo2-low", "active",
		    "medium", 10));
		raised_ms[i] = ward_now_ms();
	}
	for (size_t i = 0; i < FAULTS; i++) {
		json_t *a = ward_wait_alarm(&w[i], "undelivered:station",
		    "active", "medium", 15);

		json_decref(a);
		if (ward_now_ms() - raised_ms[i] > 15000)
			ward_fail(&w[i], "%s: T8 after %lld ms", faults[i].mode,
			    (long long)(ward_now_ms() - raised_ms[i]));
		/* T8 does not hold up what comes next. */
		ward_sim(&w[i], "CHAIR1 spo2 85");
	}
	for (size_t i = 0; i < FAULTS; i++)
		json_decref(ward_wait_alarm(&w[i], "spo2-low", "active",
		    "high", 10));
	for (size_t i = 0; i < FAULTS; i++) {
		char query[200];

		snprintf(query, sizeof query, "SELECT count(*) FROM deliveries "
		    "WHERE outcome = 'retry' AND detail LIKE '%%%s%%'",
		    faults[i].detail);
		ward_wait_sql(&w[i], query, 1, 5);
		mend_receiver(&w[i], &faults[i]);
	}
	for (size_t i = 0; i < FAULTS; i++) {
		(void)ward_wait_alarm(&w[i], "undelivered:station", "",
		    "none", 60);
		arrived(&w[i], &faults[i]);
		/* Whose answer was lost: again, under the same key. */
		if (faults[i].may_repeat)
			assert_true(ward_received(&w[i], "\"repeated\":true")
			    > 0);
	}
	/* Heartbeats went on, and none was ever sent again. */
	for (size_t i = 0; i < FAULTS; i++) {
		ward_wait_received(&w[i], "\"kind\":\"heartbeat\"", 2, 15);
		assert_int_equal(ward_sql(&w[i], "SELECT count(*) FROM notice "
		    "WHERE body LIKE '%heartbeat%'"), 0);
		assert_int_equal(ward_received(&w[i], "\"repeated\":true,"
		    "\"text\":\"{\\\"notice\\\":1,\\\"kind\\\":\\\"heartbeat"),
		    0);
	}
}

static void
a_receiver_with_another_secret_notices_and_is_noticed(void **state)
{
	struct ward *w = *state;
	FILE *f;
	char line[512];
	bool said = false;

	ward_write(w, "credentials/webhook", "another-secret-than-theirs\n");
	/* A clock that is not synchronised is a notice, on every machine. */
	ward_preload_faults(w);
	ward_write(w, "faults/sync", "0");
	start_all(w, "limits: {undelivered: 2s}\n");
	json_decref(ward_wait_alarm(w, "undelivered:station", "active",
	    "medium", 15));
	ward_wait_sql(w, "SELECT count(*) FROM deliveries WHERE outcome = "
	    "'refused' AND detail LIKE '%401%'", 1, 10);
	assert_int_equal(ward_received(w, "key"), 0);
	f = fopen(ward_path(w, "receiver.out"), "r");
	assert_non_null(f);
	while (fgets(line, sizeof line, f) != NULL)
		said |= strstr(line, "a wrong signature") != NULL;
	fclose(f);
	assert_true(said);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    no_alarm_is_lost_whatever_the_receiver_does, open_wards,
		    close_wards),
		WARD_TEST(a_receiver_with_another_secret_notices_and_is_noticed),
	};

	cmocka_set_test_filter(getenv("ONLY"));
	return cmocka_run_group_tests(tests, NULL, NULL);
}

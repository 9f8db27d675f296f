/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Retention: what is removed, what never is, and what is known afterwards.
 *
 * Easy to get wrong: the store looks once when it begins to write, and then
 * every minute; so each of these opens a store at the time that it is about.
 */
#include "tests/unit/sealed_log.h"

#include "cli/cli.h"
#include "cli/verbs.h"
#include "daemon/seal.h"
#include "review/verify.h"

#define DAY (24 * HOUR_MS)

static void
open_at(struct fixture *f, int64_t t_ms, bool synced)
{
	f->options.now = at(t_ms);
	f->options.now.synced = synced;
	open_store(f);
}

/* The store has looked for what is to be removed, and written since. */
static void
let_it_look(struct fixture *f, int64_t t_ms)
{
	for (int i = 0; i < 3; i++)
		await(f, put_hr(f, t_ms + i, 60));
}

static void
await_removals(struct fixture *f, const char *n)
{
	int64_t until = real_ms() + 5000;

	while (strcmp(ask(f, "SELECT count(*) FROM removals"), n) != 0) {
		if (real_ms() > until)
			fail_msg("not %s removals", n);
		poll(NULL, 0, 10);
	}
}

/* Sessions of day 0 and day 1, each in a segment of its own; then day 12. */
static void
twelve_days(struct fixture *f)
{
	f->options.segment_ms = HOUR_MS;
	f->options.keep_days = 10;
	run_sealed_session(f, "one", 2000);
	run_sealed_session(f, "two", DAY);
	open_at(f, 12 * DAY, true);
	let_it_look(f, 12 * DAY);
}

static void
say(void *arg, enum verify_kind kind, const char *session, const char *text)
{
	char *out = arg;
	size_t n = strlen(out);

	snprintf(out + n, 4096 - n, "%s %s: %s\n", kind == VERIFY_FAULT ?
	    "FAULT" : "note", session, text);
}

static bool
go_on(void *arg, const char *what, int64_t done, int64_t total)
{
	(void)arg, (void)what, (void)done, (void)total;
	return true;
}

static const char *
verified(struct fixture *f, const char *session)
{
	static char text[4096];
	const struct verify_watch w = { say, go_on, text };
	struct verify_result x;
	char path[128], error[LOG_ERROR] = "";
	sqlite3 *db;

	text[0] = '\0';
	snprintf(path, sizeof path, "%s/log.db", f->dir);
	if (log_open(&db, path, error) < 0 ||
	    verify_log(db, session, true, &w, &x, error) < 0)
		fail_msg("%s", error);
	log_close(db);
	return text;
}

static void
old_readings_are_removed_and_leave_a_record(void **state)
{
	struct fixture *f = *state;

	twelve_days(f);
	await_removals(f, "1");
	assert_string_equal(ask(f, "SELECT segment || ' ' || readings || ' ' ||"
	    " began_at || ' ' || ended_at || ' ' || setting FROM removals"),
	    "1 20 2026-11-20T23:00:02.000Z 2026-11-20T23:00:11.000Z "
	    "keep-days: 10");
	assert_string_equal(ask(f, "SELECT group_concat(name, ' ') FROM"
	    " sqlite_schema WHERE type = 'table' AND name LIKE 'reading%'"),
	    "reading_000002 reading_000003");
	assert_string_equal(ask(f, "SELECT count(*) FROM readings"), "23");
	/* Everything that people and machine stated is there. */
	assert_string_equal(ask(f, "SELECT (SELECT count(*) FROM statement) ||"
	    " ' ' || (SELECT count(*) FROM alarm) || ' ' || (SELECT count(*)"
	    " FROM notice) || ' ' || (SELECT count(*) FROM delivery) || ' ' ||"
	    " (SELECT count(*) FROM event WHERE kind = 6)"), "6 2 2 2 2");
	assert_string_equal(ask(f, "SELECT count(*) FROM segment"), "3");
}

static void
what_is_left_still_matches_the_seals(void **state)
{
	struct fixture *f = *state;
	sqlite3 *db;

	twelve_days(f);
	await_removals(f, "1");
	assert_non_null(strstr(verified(f, NULL), "note : the readings of 20"));
	assert_non_null(strstr(verified(f, NULL), "(20 of them) were removed "
	    "on "));
	assert_null(strstr(verified(f, NULL), "FAULT"));
	assert_string_equal(verified(f, "one"), "note one: its readings in "
	    "reading_000001 were removed by retention\n");
	close_store(f, 12 * DAY + 5000);
	db = reader(f->dir, SQLITE_OPEN_READWRITE);
	assert_int_equal(seal_verify(db, "one"), 1);
	assert_int_equal(seal_verify(db, "two"), 1);
	assert_int_equal(sqlite3_exec(db, "DROP TRIGGER statement_update;"
	    "UPDATE statement SET text = 'x' WHERE text = 'mark-of-one'",
	    NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	assert_non_null(strstr(verified(f, NULL), "FAULT one: its statement "
	    "records were changed after it was sealed"));
}

static void
without_the_setting_everything_is_kept(void **state)
{
	struct fixture *f = *state;

	f->options.segment_ms = HOUR_MS;
	run_sealed_session(f, "one", 2000);
	run_sealed_session(f, "two", DAY);
	open_at(f, 4000 * DAY, true);
	let_it_look(f, 4000 * DAY);
	assert_string_equal(ask(f, "SELECT count(*) FROM removals"), "0");
	assert_string_equal(ask(f, "SELECT count(*) FROM readings"), "43");
}

static void
nothing_is_removed_by_a_clock_that_is_not_synchronised(void **state)
{
	struct fixture *f = *state;
	struct now now = at(4000 * DAY);
	struct reading r = { .vital = VITAL_HR, .value = 60 };

	f->options.segment_ms = HOUR_MS;
	f->options.keep_days = 10;
	run_sealed_session(f, "one", 2000);
	run_sealed_session(f, "two", DAY);
	open_at(f, now.t_ms, false);
	now.synced = false;
	for (int i = 0; i < 3; i++)
		await(f, store_reading(f->store, &now, 0, &r));
	assert_string_equal(ask(f, "SELECT count(*) FROM removals"), "0");
}

/* At its start a box may take every day for 1970. */
static void
a_segment_begun_by_a_wrong_clock_makes_no_other_old(void **state)
{
	struct fixture *f = *state;
	struct now wrong = { .t_ms = 11 * DAY, .wall_ms = 5000 };
	struct reading r = { .vital = VITAL_HR, .value = 60 };

	f->options.segment_ms = HOUR_MS;
	f->options.keep_days = 10;
	run_sealed_session(f, "one", 10 * DAY);
	f->options.now = wrong;
	open_store(f);
	await(f, store_reading(f->store, &wrong, 0, &r));
	close_store(f, 11 * DAY + 1000);
	open_at(f, 12 * DAY, true);
	let_it_look(f, 12 * DAY);
	assert_string_equal(ask(f, "SELECT count(*) FROM segment"), "3");
	assert_string_equal(ask(f, "SELECT count(*) FROM removals"), "0");
}

static void
readings_of_an_open_session_stay_and_those_after_them(void **state)
{
	struct fixture *f = *state;

	f->options.segment_ms = HOUR_MS;
	f->options.keep_days = 10;
	open_at(f, 1000, true);
	put_statement(f, STATEMENT_SESSION_START, 1, 2000, 2000);
	await(f, put_hr(f, 3000, 60));
	close_store(f, 4000);
	run_sealed_session(f, "one", DAY);
	run_sealed_session(f, "two", 2 * DAY);
	open_at(f, 13 * DAY, true);
	let_it_look(f, 13 * DAY);
	assert_string_equal(ask(f, "SELECT count(*) FROM removals"), "0");
	/* Ended and sealed by the stop: now it may go. */
	await(f, put_statement(f, STATEMENT_SESSION_END, 2, 13 * DAY + 100,
	    13 * DAY + 100));
	close_store(f, 13 * DAY + 200);
	open_at(f, 13 * DAY + 1000, true);
	await_removals(f, "2");
}

static void
all_that_is_old_goes_and_a_restart_goes_on(void **state)
{
	struct fixture *f = *state;
	char id[32];

	f->options.segment_ms = HOUR_MS;
	for (int i = 0; i < 6; i++) {
		snprintf(id, sizeof id, "s%d", i);
		run_sealed_session(f, id, 2000 + i * DAY);
	}
	f->options.keep_days = 10;
	open_at(f, 13 * DAY + 5000, true);
	await_removals(f, "3");
	close_store(f, 13 * DAY + 6000);
	open_at(f, 14 * DAY + 5000, true);
	await_removals(f, "4");
	assert_string_equal(ask(f, "SELECT group_concat(segment, ' ') FROM"
	    " removals"), "1 2 3 4");
	assert_null(strstr(verified(f, NULL), "FAULT"));
	/* A start stated for long ago finds what is left. */
	await(f, put_statement(f, STATEMENT_SESSION_START, 900, 1000,
	    14 * DAY + 6000));
	assert_string_equal(ask(f, "SELECT group_concat(segment, ' ') FROM"
	    " spans WHERE session = '20261121-CHAIR3-1'"), "5 6");
}

/* Of the two segments of a session only the first is so old. */
static void
a_session_whose_readings_are_partly_removed_is_verified_for_the_rest(
    void **state)
{
	struct fixture *f = *state;
	sqlite3 *db;

	f->options.segment_ms = 5000;
	run_sealed_session(f, "one", 2000);
	assert_string_equal(ask(f, "SELECT count(*) FROM spans"), "2");
	f->options.segment_ms = HOUR_MS;
	f->options.keep_days = 10;
	open_at(f, 10 * DAY + 7500, true);
	let_it_look(f, 10 * DAY + 7500);
	await_removals(f, "1");
	assert_string_equal(verified(f, "one"), "note one: its readings in "
	    "reading_000001 were removed by retention\n");
	close_store(f, 10 * DAY + 8000);
	db = reader(f->dir, SQLITE_OPEN_READWRITE);
	assert_int_equal(sqlite3_exec(db, "DROP TRIGGER reading_000002_update;"
	    "UPDATE reading_000002 SET value = 1 WHERE row = 1", NULL, NULL,
	    NULL), SQLITE_OK);
	sqlite3_close(db);
	assert_non_null(strstr(verified(f, "one"), "FAULT one: its readings "
	    "in reading_000002 were changed after it was sealed"));
}

static char *
ctl(struct fixture *f, const char *verb, const char *option)
{
	char state[] = "--state", one[] = "one", word[32], opt[32];
	char *words[] = { state, f->dir, word, one, opt };
	char *text = NULL;
	size_t n = 0;
	FILE *out = open_memstream(&text, &n);

	snprintf(word, sizeof word, "%s", verb);
	snprintf(opt, sizeof opt, "%s", option ? option : "");
	assert_int_equal(cli_run(verbs, option ? 5 : 4, words, stdin, out,
	    out), EXIT_OK);
	fclose(out);
	return text;
}

static void
the_review_and_the_export_say_what_was_removed(void **state)
{
	struct fixture *f = *state;
	char *text;

	twelve_days(f);
	await_removals(f, "1");
	text = ctl(f, "review", NULL);
	assert_non_null(strstr(text, "*** READINGS REMOVED: 10 readings from "
	    "23:00:02 to 23:00:11 were removed on 2026-12-02"));
	assert_non_null(strstr(text, "keep-days: 10"));
	assert_non_null(strstr(text, "its readings were removed by retention"));
	assert_non_null(strstr(text, "none are left"));
	assert_non_null(strstr(text, "alarm-of-one"));
	assert_null(strstr(text, "never measured"));
	free(text);
	text = ctl(f, "export", "--json");
	assert_non_null(strstr(text, "{\"class\":\"removed\",\"time\":"
	    "\"2026-11-20T23:00:02.000Z\",\"session_ms\":0,"));
	assert_non_null(strstr(text, "\"readings\":10,"));
	free(text);
	text = ctl(f, "export", "--csv");
	assert_non_null(strstr(text, "retention removed readings"));
	free(text);
}

#define KEEP_TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		KEEP_TEST(old_readings_are_removed_and_leave_a_record),
		KEEP_TEST(what_is_left_still_matches_the_seals),
		KEEP_TEST(without_the_setting_everything_is_kept),
		KEEP_TEST(
		    nothing_is_removed_by_a_clock_that_is_not_synchronised),
		KEEP_TEST(a_segment_begun_by_a_wrong_clock_makes_no_other_old),
		KEEP_TEST(
		    readings_of_an_open_session_stay_and_those_after_them),
		KEEP_TEST(all_that_is_old_goes_and_a_restart_goes_on),
		KEEP_TEST(
    a_session_whose_readings_are_partly_removed_is_verified_for_the_rest),
		KEEP_TEST(the_review_and_the_export_say_what_was_removed),
	};

	setenv("TZ", "UTC", 1);
	tzset();
	cmocka_set_test_filter(getenv("ONLY"));
	return cmocka_run_group_tests(tests, NULL, NULL);
}

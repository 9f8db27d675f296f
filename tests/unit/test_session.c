/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Sessions and the infusion clock, as DESIGN.md section 7 has them.
 *
 * Easy to get wrong: statements are stated in one order and happen in another;
 * the tests give both times wherever they differ.
 */
#include "daemon/session.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <string.h>

#define MIN(n) ((int64_t)(n) * 60 * 1000)
#define HOUR(n) ((int64_t)(n) * 3600 * 1000)
#define NOW HOUR(100)

/* States something, after asking whether it may be stated. */
static struct event_id
state_at(struct session *s, enum statement_kind kind, int64_t at_ms)
{
	struct statement st = { .kind = kind, .at_ms = at_ms,
		.session = "20261121-CHAIR3-1", .bed = "CHAIR3",
		.subject = "K-014" };

	st.id = (struct event_id){ 7, (uint64_t)s->n + 1 };
	assert_int_equal(session_check(s, kind, at_ms, NOW), REFUSAL_NONE);
	session_apply(s, &st);
	return st.id;
}

static struct event_id
amend(struct session *s, struct event_id id, bool withdraw, int64_t at_ms)
{
	struct statement st = { .kind = STATEMENT_AMEND, .at_ms = at_ms,
		.amends = id, .withdrawn = withdraw };

	assert_int_equal(session_check_amend(s, id, withdraw, at_ms, NOW),
	    REFUSAL_NONE);
	session_apply(s, &st);
	return id;
}

/* A refusal must say which verb is missing. */
static void
refused(enum refusal r, enum refusal expected, const char *verb)
{
	assert_int_equal(r, expected);
	assert_non_null(strstr(refusal_text(r), verb));
}

static const struct session none;

static struct session
begun(void)
{
	struct session s = none;

	state_at(&s, STATEMENT_SESSION_START, NOW - HOUR(2));
	return s;
}

static struct session
infusing(void)
{
	struct session s = begun();

	state_at(&s, STATEMENT_INFUSION_START, NOW - HOUR(1));
	return s;
}

static void
a_bed_without_a_session_is_idle(void **state)
{
	(void)state;
	assert_int_equal(session_phase(&none), PHASE_IDLE);
	assert_int_equal(session_at(&none, NOW).phase, PHASE_IDLE);
	assert_true(session_at(&none, NOW).infusion_ms == INFUSION_NONE);
	assert_true(session_end_ms(&none) == INT64_MAX);
}

static void
a_session_runs_from_baseline_to_its_close(void **state)
{
	struct session s = begun();

	(void)state;
	assert_string_equal(s.id, "20261121-CHAIR3-1");
	assert_string_equal(s.bed, "CHAIR3");
	assert_string_equal(s.subject, "K-014");
	assert_int_equal(session_phase(&s), PHASE_BASELINE);
	state_at(&s, STATEMENT_INFUSION_START, NOW - MIN(100));
	assert_int_equal(session_phase(&s), PHASE_INFUSION);
	state_at(&s, STATEMENT_INFUSION_PAUSE, NOW - MIN(80));
	assert_int_equal(session_phase(&s), PHASE_PAUSED);
	state_at(&s, STATEMENT_INFUSION_RESUME, NOW - MIN(70));
	assert_int_equal(session_phase(&s), PHASE_INFUSION);
	state_at(&s, STATEMENT_INFUSION_STOP, NOW - MIN(40));
	assert_int_equal(session_phase(&s), PHASE_RECOVERY);
	assert_true(session_end_ms(&s) == INT64_MAX);
	state_at(&s, STATEMENT_SESSION_END, NOW - MIN(5));
	assert_int_equal(session_phase(&s), PHASE_CLOSED);
	assert_true(session_begin_ms(&s) == NOW - HOUR(2));
	assert_true(session_end_ms(&s) == NOW - MIN(5));
}

static void
a_session_may_end_without_any_infusion(void **state)
{
	struct session s = begun();

	(void)state;
	state_at(&s, STATEMENT_SESSION_END, NOW);
	assert_int_equal(session_phase(&s), PHASE_CLOSED);
}

static void
a_session_can_be_aborted_from_every_open_phase(void **state)
{
	static const enum statement_kind path[] = {
		STATEMENT_SESSION_START, STATEMENT_INFUSION_START,
		STATEMENT_INFUSION_PAUSE, STATEMENT_INFUSION_STOP };

	(void)state;
	for (size_t n = 1; n <= 4; n++) {
		struct session s = none;

		for (size_t i = 0; i < n; i++)
			state_at(&s, path[i], NOW - MIN(10));
		state_at(&s, STATEMENT_SESSION_ABORT, NOW);
		assert_int_equal(session_phase(&s), PHASE_ABORTED);
		assert_true(session_end_ms(&s) == NOW);
	}
}

static void
ending_during_an_infusion_asks_for_its_stop(void **state)
{
	struct session s = infusing();

	(void)state;
	refused(session_check(&s, STATEMENT_SESSION_END, NOW, NOW),
	    REFUSAL_INFUSION_RUNNING, "infusion stop");
	state_at(&s, STATEMENT_INFUSION_PAUSE, NOW);
	refused(session_check(&s, STATEMENT_SESSION_END, NOW, NOW),
	    REFUSAL_INFUSION_RUNNING, "infusion stop");
}

static void
a_bed_has_at_most_one_open_session(void **state)
{
	struct session s = begun();

	(void)state;
	refused(session_check(&s, STATEMENT_SESSION_START, NOW, NOW),
	    REFUSAL_SESSION_OPEN, "session end");
	state_at(&s, STATEMENT_SESSION_END, NOW - MIN(5));
	refused(session_check(&s, STATEMENT_SESSION_START, NOW - MIN(6), NOW),
	    REFUSAL_BEFORE_PREVIOUS, "--at");
	state_at(&s, STATEMENT_SESSION_START, NOW - MIN(5));
	assert_int_equal(session_phase(&s), PHASE_BASELINE);
	assert_int_equal(s.n, 1);
}

static void
nothing_is_stated_without_an_open_session(void **state)
{
	struct session closed = begun();

	(void)state;
	state_at(&closed, STATEMENT_SESSION_END, NOW);
	for (int k = STATEMENT_INFUSION_START; k < STATEMENT_KINDS; k++) {
		refused(session_check(&none, (enum statement_kind)k, NOW, NOW),
		    REFUSAL_NO_SESSION, "session start");
		refused(session_check(&closed, (enum statement_kind)k, NOW,
		    NOW), REFUSAL_NO_SESSION, "session start");
	}
}

static void
stop_pause_and_resume_ask_for_a_start(void **state)
{
	struct session s = begun();

	(void)state;
	refused(session_check(&s, STATEMENT_INFUSION_STOP, NOW, NOW),
	    REFUSAL_NO_INFUSION, "infusion start");
	refused(session_check(&s, STATEMENT_INFUSION_PAUSE, NOW, NOW),
	    REFUSAL_NO_INFUSION, "infusion start");
	refused(session_check(&s, STATEMENT_INFUSION_RESUME, NOW, NOW),
	    REFUSAL_NO_INFUSION, "infusion start");
	state_at(&s, STATEMENT_INFUSION_START, NOW);
	state_at(&s, STATEMENT_INFUSION_STOP, NOW);
	refused(session_check(&s, STATEMENT_INFUSION_RESUME, NOW, NOW),
	    REFUSAL_NO_INFUSION, "infusion start");
}

static void
a_running_infusion_is_neither_started_nor_resumed(void **state)
{
	struct session s = infusing();

	(void)state;
	refused(session_check(&s, STATEMENT_INFUSION_START, NOW, NOW),
	    REFUSAL_INFUSION_RUNNING, "infusion stop");
	refused(session_check(&s, STATEMENT_INFUSION_RESUME, NOW, NOW),
	    REFUSAL_NOT_PAUSED, "infusion pause");
}

static void
a_paused_infusion_asks_for_resume_or_stop(void **state)
{
	struct session s = infusing();

	(void)state;
	state_at(&s, STATEMENT_INFUSION_PAUSE, NOW);
	refused(session_check(&s, STATEMENT_INFUSION_PAUSE, NOW, NOW),
	    REFUSAL_PAUSED, "infusion resume");
	refused(session_check(&s, STATEMENT_INFUSION_START, NOW, NOW),
	    REFUSAL_PAUSED, "infusion stop");
}

static void
a_statement_is_about_the_past_12_hours(void **state)
{
	struct session s = begun();

	(void)state;
	refused(session_check(&s, STATEMENT_INFUSION_START, NOW + 1, NOW),
	    REFUSAL_FUTURE, "--at");
	assert_int_equal(session_check(&none, STATEMENT_SESSION_START,
	    NOW - HOUR(12), NOW), REFUSAL_NONE);
	refused(session_check(&none, STATEMENT_SESSION_START,
	    NOW - HOUR(12) - 1, NOW), REFUSAL_TOO_OLD, "mark");
	refused(session_check(&none, STATEMENT_SESSION_START, NOW + 1, NOW),
	    REFUSAL_FUTURE, "--at");
}

static void
a_statement_lies_within_the_session_and_after_the_last(void **state)
{
	struct session s = begun();

	(void)state;
	refused(session_check(&s, STATEMENT_INFUSION_START,
	    NOW - HOUR(2) - 1, NOW), REFUSAL_BEFORE_START, "session amend");
	refused(session_check(&s, STATEMENT_MARK, NOW - HOUR(2) - 1, NOW),
	    REFUSAL_BEFORE_START, "session amend");
	state_at(&s, STATEMENT_INFUSION_START, NOW - HOUR(1));
	refused(session_check(&s, STATEMENT_INFUSION_STOP, NOW - HOUR(1) - 1,
	    NOW), REFUSAL_BEFORE_PREVIOUS, "session amend");
	/* A mark may well be late. */
	assert_int_equal(session_check(&s, STATEMENT_MARK, NOW - MIN(90), NOW),
	    REFUSAL_NONE);
	assert_int_equal(session_check(&s, STATEMENT_INFUSION_STOP,
	    NOW - HOUR(1), NOW), REFUSAL_NONE);
}

static void
a_full_session_can_still_be_stopped_and_ended(void **state)
{
	struct session s = infusing();

	(void)state;
	while (session_check(&s, STATEMENT_INFUSION_PAUSE, NOW, NOW) ==
	    REFUSAL_NONE) {
		state_at(&s, STATEMENT_INFUSION_PAUSE, NOW);
		if (session_check(&s, STATEMENT_INFUSION_RESUME, NOW, NOW) !=
		    REFUSAL_NONE)
			break;
		state_at(&s, STATEMENT_INFUSION_RESUME, NOW);
	}
	assert_int_equal(s.n, SESSION_STATEMENTS_MAX - 2);
	refused(session_check(&s, session_phase(&s) == PHASE_PAUSED ?
	    STATEMENT_INFUSION_RESUME : STATEMENT_INFUSION_PAUSE, NOW, NOW),
	    REFUSAL_FULL, "session end");
	state_at(&s, STATEMENT_INFUSION_STOP, NOW);
	state_at(&s, STATEMENT_SESSION_END, NOW);
	assert_int_equal(session_phase(&s), PHASE_CLOSED);
}

static void
the_infusion_clock_counts_from_the_first_start(void **state)
{
	struct session s = infusing();
	struct session_stamp t = { 0 };

	(void)state;
	state_at(&s, STATEMENT_INFUSION_PAUSE, NOW - MIN(50));
	state_at(&s, STATEMENT_INFUSION_RESUME, NOW - MIN(45));
	state_at(&s, STATEMENT_INFUSION_STOP, NOW - MIN(30));
	state_at(&s, STATEMENT_INFUSION_START, NOW - MIN(20));

	assert_int_equal(session_at(&s, NOW - HOUR(2) - 1).phase, PHASE_IDLE);
	t = session_at(&s, NOW - HOUR(1) - 1);
	assert_int_equal(t.phase, PHASE_BASELINE);
	assert_true(t.infusion_ms == INFUSION_NONE);
	assert_true(t.interval_ms == INFUSION_NONE);
	assert_int_equal(t.interval, 0);
	t = session_at(&s, NOW - HOUR(1));
	assert_int_equal(t.phase, PHASE_INFUSION);
	assert_true(t.infusion_ms == 0);
	assert_int_equal(t.interval, 1);
	/* A pause stops neither clock, and a resume starts no interval. */
	t = session_at(&s, NOW - MIN(47));
	assert_int_equal(t.phase, PHASE_PAUSED);
	assert_true(t.infusion_ms == MIN(13));
	t = session_at(&s, NOW - MIN(40));
	assert_int_equal(t.phase, PHASE_INFUSION);
	assert_true(t.interval_ms == MIN(20));
	assert_int_equal(t.interval, 1);
	t = session_at(&s, NOW - MIN(25));
	assert_int_equal(t.phase, PHASE_RECOVERY);
	assert_true(t.infusion_ms == MIN(35));
	t = session_at(&s, NOW - MIN(15));
	assert_int_equal(t.phase, PHASE_INFUSION);
	assert_true(t.infusion_ms == MIN(45));
	assert_true(t.interval_ms == MIN(5));
	assert_int_equal(t.interval, 2);
}

static void
a_correction_moves_the_stamps(void **state)
{
	struct session s = begun();
	struct event_id start = state_at(&s, STATEMENT_INFUSION_START,
	    NOW - HOUR(1));

	(void)state;
	assert_int_equal(session_at(&s, NOW - MIN(70)).phase, PHASE_BASELINE);
	amend(&s, start, false, NOW - MIN(80));
	assert_int_equal(session_at(&s, NOW - MIN(70)).phase, PHASE_INFUSION);
	assert_true(session_at(&s, NOW - MIN(70)).infusion_ms == MIN(10));
	/* The next statement must follow the corrected one. */
	assert_int_equal(session_check(&s, STATEMENT_INFUSION_STOP,
	    NOW - MIN(75), NOW), REFUSAL_NONE);
}

static void
a_withdrawn_start_never_happened(void **state)
{
	struct session s = begun();
	struct event_id start = state_at(&s, STATEMENT_INFUSION_START,
	    NOW - HOUR(1));

	(void)state;
	amend(&s, start, true, 0);
	assert_int_equal(session_phase(&s), PHASE_BASELINE);
	assert_true(session_at(&s, NOW).infusion_ms == INFUSION_NONE);
	refused(session_check_amend(&s, start, false, NOW, NOW),
	    REFUSAL_WITHDRAWN, "--at");
	state_at(&s, STATEMENT_INFUSION_START, NOW - MIN(90));
	assert_true(session_at(&s, NOW).infusion_ms == MIN(90));
}

static void
a_correction_must_leave_sense_behind(void **state)
{
	struct session s = begun();
	struct event_id begin = s.step[0].id, start = { 0 }, end = { 0 };

	(void)state;
	start = state_at(&s, STATEMENT_INFUSION_START, NOW - HOUR(1));
	refused(session_check_amend(&none, start, false, NOW, NOW),
	    REFUSAL_NO_SESSION, "session start");
	state_at(&s, STATEMENT_INFUSION_STOP, NOW - MIN(30));
	end = state_at(&s, STATEMENT_SESSION_END, NOW - MIN(10));
	refused(session_check_amend(&s, start, false, NOW - MIN(29), NOW),
	    REFUSAL_ORDER, "session amend");
	refused(session_check_amend(&s, start, true, 0, NOW),
	    REFUSAL_ORDER, "session amend");
	refused(session_check_amend(&s, start, false, NOW - HOUR(2) - 1, NOW),
	    REFUSAL_BEFORE_START, "session amend");
	refused(session_check_amend(&s, start, false, NOW + 1, NOW),
	    REFUSAL_FUTURE, "--at");
	refused(session_check_amend(&s, start, false, NOW - HOUR(13), NOW),
	    REFUSAL_TOO_OLD, "mark");
	refused(session_check_amend(&s, begin, false, NOW - MIN(59), NOW),
	    REFUSAL_ORDER, "session amend");
	refused(session_check_amend(&s, begin, true, 0, NOW),
	    REFUSAL_NOT_AMENDABLE, "session abort");
	refused(session_check_amend(&s, end, true, 0, NOW),
	    REFUSAL_NOT_AMENDABLE, "--at");
	refused(session_check_amend(&s, (struct event_id){ 7, 99 }, true, 0,
	    NOW), REFUSAL_UNKNOWN_STATEMENT, "review");
	amend(&s, end, false, NOW - MIN(20));
	assert_true(session_end_ms(&s) == NOW - MIN(20));
	amend(&s, begin, false, NOW - HOUR(3));
	assert_true(session_begin_ms(&s) == NOW - HOUR(3));
}

static void
marks_and_the_subject_change_no_phase(void **state)
{
	struct session s = infusing();
	struct statement st = { .kind = STATEMENT_MARK, .at_ms = NOW };

	(void)state;
	session_apply(&s, &st);
	st = (struct statement){ .kind = STATEMENT_SUBJECT,
		.subject = "K-015" };
	session_apply(&s, &st);
	assert_int_equal(s.n, 2);
	assert_int_equal(session_phase(&s), PHASE_INFUSION);
	assert_string_equal(s.subject, "K-015");
}

/* 2026-11-21 00:00 in some place; the hours are what counts. */
#define MIDNIGHT INT64_C(1795215600000)

static void
parsed(const char *text, int64_t now_ms, int64_t expected_ms)
{
	enum refusal why = REFUSAL_NONE;
	int64_t got = 0;

	assert_true(session_parse_at(text, MIDNIGHT + now_ms, MIDNIGHT,
	    MIDNIGHT - HOUR(24), &got, &why));
	assert_true(got == MIDNIGHT + expected_ms);
}

static void
not_parsed(const char *text, int64_t now_ms, enum refusal expected,
    const char *verb)
{
	enum refusal why = REFUSAL_NONE;
	int64_t got = 42;

	assert_false(session_parse_at(text, MIDNIGHT + now_ms, MIDNIGHT,
	    MIDNIGHT - HOUR(24), &got, &why));
	refused(why, expected, verb);
	assert_true(got == 42);
}

static void
a_time_of_day_is_its_latest_moment(void **state)
{
	(void)state;
	parsed("14:30", HOUR(15), HOUR(14) + MIN(30));
	parsed("14:30:15", HOUR(15), HOUR(14) + MIN(30) + 15000);
	parsed("15:00", HOUR(15), HOUR(15));
	parsed("03:00", HOUR(15), HOUR(3));
	/* After midnight, late hours are yesterday's. */
	parsed("23:50", MIN(10), -MIN(10));
	parsed("00:10", MIN(10), MIN(10));
	parsed("12:10", MIN(10), MIN(10) - HOUR(12));
}

static void
a_time_to_come_or_long_past_is_refused(void **state)
{
	(void)state;
	not_parsed("15:01", HOUR(15), REFUSAL_FUTURE, "--at");
	not_parsed("15:00:01", HOUR(15), REFUSAL_FUTURE, "--at");
	not_parsed("02:59:59", HOUR(15), REFUSAL_TOO_OLD, "mark");
	not_parsed("12:09:59", MIN(10), REFUSAL_FUTURE, "--at");
}

static void
yesterday_may_be_of_another_length(void **state)
{
	enum refusal why = REFUSAL_NONE;
	int64_t got = 0;

	(void)state;
	/* The clocks were put forward: yesterday began 23 hours ago. */
	assert_true(session_parse_at("23:00", MIDNIGHT + MIN(10), MIDNIGHT,
	    MIDNIGHT - HOUR(24) + HOUR(1), &got, &why));
	assert_true(got == MIDNIGHT);
}

static void
what_is_no_time_of_day_is_refused(void **state)
{
	static const char *const bad[] = { "", "9:05", "24:00", "12:60",
		"12:30:60", "12-30", "12:3", "12:30:", "12:30:1", "12:30:15 ",
		"1230", "ab:cd", "12:30pm", "-1:30", "12:30-15", "+1:30" };

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		not_parsed(bad[i], HOUR(15), REFUSAL_NO_TIME, "HH:MM");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_bed_without_a_session_is_idle),
		cmocka_unit_test(a_session_runs_from_baseline_to_its_close),
		cmocka_unit_test(a_session_may_end_without_any_infusion),
		cmocka_unit_test(a_session_can_be_aborted_from_every_open_phase),
		cmocka_unit_test(ending_during_an_infusion_asks_for_its_stop),
		cmocka_unit_test(a_bed_has_at_most_one_open_session),
		cmocka_unit_test(nothing_is_stated_without_an_open_session),
		cmocka_unit_test(stop_pause_and_resume_ask_for_a_start),
		cmocka_unit_test(
		    a_running_infusion_is_neither_started_nor_resumed),
		cmocka_unit_test(a_paused_infusion_asks_for_resume_or_stop),
		cmocka_unit_test(a_statement_is_about_the_past_12_hours),
		cmocka_unit_test(
		    a_statement_lies_within_the_session_and_after_the_last),
		cmocka_unit_test(a_full_session_can_still_be_stopped_and_ended),
		cmocka_unit_test(the_infusion_clock_counts_from_the_first_start),
		cmocka_unit_test(a_correction_moves_the_stamps),
		cmocka_unit_test(a_withdrawn_start_never_happened),
		cmocka_unit_test(a_correction_must_leave_sense_behind),
		cmocka_unit_test(marks_and_the_subject_change_no_phase),
		cmocka_unit_test(a_time_of_day_is_its_latest_moment),
		cmocka_unit_test(a_time_to_come_or_long_past_is_refused),
		cmocka_unit_test(yesterday_may_be_of_another_length),
		cmocka_unit_test(what_is_no_time_of_day_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

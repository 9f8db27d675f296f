/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The review as a person sees it, of a small session that the store wrote.
 *
 * Easy to get wrong: clock times are local; the tests fix TZ to UTC.
 */
#include "tests/unit/store_help.h"

#include "cli/cli.h"
#include "cli/verbs.h"

#define SESSION "20261121-CHAIR3-1"

static char *
review(struct fixture *f, const char *verb, int expected)
{
	char state[] = "--state", last[] = "last", name[32];
	char *words[] = { state, f->dir, name, last };
	char *text = NULL;
	size_t n = 0;
	FILE *out = open_memstream(&text, &n);

	assert_non_null(out);
	snprintf(name, sizeof name, "%s", verb);
	assert_int_equal(cli_run(verbs, 4, words, stdin, out, out), expected);
	fclose(out);
	return text;
}

static void
put_change(struct fixture *f, int64_t t_ms, enum alarm_phase phase,
    enum alarm_state state, enum priority p, const char *by)
{
	struct record r = { .class = RECORD_ALARM };

	r.alarm = (struct alarm_change){ .event = { 0xa2, 9 },
		.condition = "spo2-low", .type = ALARM_PHYSIOLOGICAL,
		.phase = phase, .state = state, .priority = p,
		.confirmed = true, .bed = "CHAIR3", .session = SESSION,
		.infusion_ms = INFUSION_NONE, .since_ms = t_ms };
	strcpy(r.alarm.text, p == PRIORITY_HIGH ? "SpO2 84 % (<88)" :
	    "SpO2 90 % (<92)");
	strcpy(r.alarm.by, by);
	put(f, t_ms, &r);
}

static void
put_notice(struct fixture *f, int64_t t_ms, uint64_t key, bool arrives)
{
	struct record r = { .class = RECORD_NOTICE };

	r.notice = (struct notice){ .key = { 0xa2, key }, .channel = "ward",
		.event = { 0xa2, 9 }, .length = 2, .body = "{}" };
	put(f, t_ms, &r);
	r = (struct record){ .class = RECORD_DELIVERY };
	r.delivery = (struct delivery){ .key = { 0xa2, key },
		.channel = "ward", .attempt = 1, .took_ms = 200,
		.outcome = arrives ? OUTCOME_DELIVERED : OUTCOME_RETRY };
	put(f, t_ms + 200, &r);
}

static void
a_small_session(struct fixture *f)
{
	struct record mark = statement(STATEMENT_MARK, 3, 70000);

	open_store(f);
	put_statement(f, STATEMENT_SESSION_START, 1, 10000, 10000);
	put_statement(f, STATEMENT_INFUSION_START, 2, 60000, 60000);
	strcpy(mark.statement.text, "red \033[31m light");
	put(f, 70000, &mark);
	put_change(f, 80000, ALARM_START, ALARM_ACTIVE, PRIORITY_MEDIUM, "");
	put_notice(f, 80000, 21, true);
	put_change(f, 85000, ALARM_ACKNOWLEDGE, ALARM_ACTIVE,
	    PRIORITY_MEDIUM, "Ana");
	put_change(f, 90000, ALARM_ESCALATE, ALARM_ACTIVE, PRIORITY_HIGH, "");
	put_notice(f, 90000, 22, false);
	put_change(f, 95000, ALARM_END, ALARM_INACTIVE, PRIORITY_HIGH, "");
	put_statement(f, STATEMENT_INFUSION_STOP, 4, 100000, 100000);
	await(f, put_statement(f, STATEMENT_SESSION_END, 5, 130000, 130000));
}

static void
what_was_seen_and_delivered_before_it_climbed_does_not_count(void **state)
{
	struct fixture *f = *state;
	char *text;

	a_small_session(f);
	text = review(f, "review", EXIT_OK);
	assert_non_null(strstr(text,
	    "  23:01:20      +0:20  *** SpO2 84 % (<88)\n"
	    "                          medium, high after 10 s; the high "
	    "notice was NOT DELIVERED, only an\n"
	    "                          earlier one; acknowledged by Ana "
	    "after 5 s, before it became high; NOT\n"
	    "                          ACKNOWLEDGED since; lasted 15 s\n"));
	free(text);
}

static void
phases_are_told_with_the_infusion_clock(void **state)
{
	struct fixture *f = *state;
	char *text;

	a_small_session(f);
	text = review(f, "review", EXIT_OK);
	assert_non_null(strstr(text, "\nPHASES\n"
	    "  23:00:10      -0:50  baseline   50 s\n"
	    "  23:01:00      +0:00  infusion   40 s\n"
	    "  23:01:40      +0:40  recovery   30 s\n"));
	assert_non_null(strstr(text, "SpO2           0 %   never measured"));
	free(text);
}

static void
a_short_dip_is_seen_at_a_glance(void **state)
{
	struct fixture *f = *state;
	char *text;

	open_store(f);
	put_statement(f, STATEMENT_SESSION_START, 1, 10000, 10000);
	put_statement(f, STATEMENT_INFUSION_START, 2, 330000, 330000);
	/* 640 s make columns of 10 s; one reading of ten dips. */
	for (int64_t t = 10000; t < 650000; t += 1000)
		put_hr(f, t, t == 415000 ? 50 : 70);
	await(f, put_statement(f, STATEMENT_SESSION_ABORT, 3, 650000, 650000));
	text = review(f, "review", EXIT_OK);
	assert_non_null(strstr(text, "AT A GLANCE   a column is 10 s"));
	assert_non_null(strstr(text, "|baseline                       "
	    "|infusion"));
	assert_non_null(strstr(text, "  HR         "
	    "################################"
	    "########_#######################  50 to 70 /min\n"));
	free(text);
}

static void
nobodys_words_steer_the_terminal_or_wrap_it(void **state)
{
	struct fixture *f = *state;
	char *text, *line, *rest;

	a_small_session(f);
	text = review(f, "review", EXIT_OK);
	assert_null(strchr(text, '\033'));
	assert_non_null(strstr(text, "light"));
	for (line = strtok_r(text, "\n", &rest); line != NULL;
	    line = strtok_r(NULL, "\n", &rest))
		assert_true(strlen(line) <= 100);
	free(text);
}

static void
put_relayed(struct fixture *f, int64_t t_ms, const char *port,
    const char *text, int64_t count)
{
	struct record r = { .class = RECORD_EVENT };

	r.event = (struct event){ .kind = EVENT_MONITOR_ALARM,
		.bed = "CHAIR3", .session = SESSION, .count = count };
	snprintf(r.event.port, sizeof r.event.port, "%s", port);
	snprintf(r.event.text, sizeof r.event.text, "%s", text);
	put(f, t_ms, &r);
}

static void
the_monitors_own_alarms_have_a_section_with_the_infusion_clock(void **state)
{
	struct fixture *f = *state;
	char *text;

	open_store(f);
	put_statement(f, STATEMENT_SESSION_START, 1, 10000, 10000);
	put_relayed(f, 20000, "CHAIR3/ge", "low: LEADS OFF", 0);
	put_statement(f, STATEMENT_INFUSION_START, 2, 60000, 60000);
	put_relayed(f, 70000, "CHAIR3/ge", "medium: LEADS OFF", 0);
	put_relayed(f, 80000, "CHAIR3/ge", "high: SpO2 LOW", 0);
	/* Another monitor's is another alarm; and once more of the same. */
	put_relayed(f, 81000, "CHAIR3/b", "over: SpO2 LOW", 0);
	put_relayed(f, 82000, "CHAIR3/ge", "high: SpO2 LOW", 0);
	put_relayed(f, 95000, "CHAIR3/ge", "over: SpO2 LOW", 0);
	put_relayed(f, 96000, "CHAIR3/ge", "unknown: the line is gone", 0);
	put_relayed(f, 110000, "CHAIR3/ge", "high: ECG: NOISE \033[31m", 12);
	put_relayed(f, 115000, "CHAIR3/ge", "same: as before", 4);
	await(f, put_statement(f, STATEMENT_SESSION_ABORT, 5, 130000, 130000));
	text = review(f, "review", EXIT_OK);
	assert_non_null(strstr(text, "\nWHAT THE MONITORS ALARMED OF   "
	    "(relayed in their own words and by their rank)\n"
	    "  23:00:20      -0:40  low     LEADS OFF  (CHAIR3/ge; medium "
	    "after 50 s)\n"
	    "  23:01:10      +0:10  medium  LEADS OFF  (CHAIR3/ge; not known "
	    "after 26 s: the line is gone)\n"
	    "  23:01:20      +0:20  high    SpO2 LOW  (CHAIR3/ge; lasted "
	    "15 s)\n"
	    "  23:01:50      +0:50  12 changes before this are not in the "
	    "log: there were too many a minute\n"
	    "  23:01:50      +0:50  high    ECG: NOISE ?[31m  (CHAIR3/ge; not "
	    "over when the session ended)\n"
	    "  23:01:55      +0:55  4 changes before this are not in the "
	    "log: there were too many a minute\n"
	    "\nWHAT WAS STATED"));
	free(text);
}

static void
a_restart_ends_what_is_known_of_a_monitors_alarm(void **state)
{
	struct fixture *f = *state;
	struct record start = { .class = RECORD_EVENT,
		.event = { .kind = EVENT_START, .text = "0.1" } };
	char *text;

	open_store(f);
	put_statement(f, STATEMENT_SESSION_START, 1, 10000, 10000);
	put_relayed(f, 20000, "CHAIR3/ge", "high: SpO2 LOW", 0);
	close_store(f, 21000);
	f->options.now = at(30000);
	open_store(f);
	put(f, 30000, &start);
	put_relayed(f, 40000, "CHAIR3/ge", "high: SpO2 LOW", 0);
	await(f, put_statement(f, STATEMENT_MARK, 2, 50000, 50000));
	text = review(f, "review", EXIT_OK);
	assert_non_null(strstr(text,
	    "  23:00:20             high    SpO2 LOW  (CHAIR3/ge; not known "
	    "after 10 s: vitalsd was started\n"
	    "                               anew)\n"
	    "  23:00:40             high    SpO2 LOW  (CHAIR3/ge; still so)\n"));
	free(text);
}

static void
a_session_whose_monitors_told_nothing_has_no_such_section(void **state)
{
	struct fixture *f = *state;
	char *text;

	a_small_session(f);
	text = review(f, "review", EXIT_OK);
	assert_null(strstr(text, "WHAT THE MONITORS"));
	free(text);
}

/* vitalsd was killed at 20 s and back at 25 s; the session is entered at 60 s,
 * as begun at 10 s. */
static void
a_session_entered_late(struct fixture *f, int64_t end_at, int64_t end_entered)
{
	struct record end = statement(STATEMENT_SESSION_END, 2, end_at);

	open_store(f);
	for (int64_t t = 5000; t <= 20000; t += 1000)
		await(f, put_hr(f, t, 70));
	/* Its last word, as if it had been killed: no later than a reading. */
	close_store(f, 20000);
	f->options.now = at(25000);
	open_store(f);
	for (int64_t t = 25000; t < 80000; t += 1000)
		put_hr(f, t, 70);
	put_statement(f, STATEMENT_SESSION_START, 1, 10000, 60000);
	await(f, put(f, end_entered, &end));
}

static void
an_outage_counts_by_its_time_however_late_the_session_was_entered(
    void **state)
{
	struct fixture *f = *state;
	char *text;

	a_session_entered_late(f, 80000, 80000);
	text = review(f, "review", EXIT_OK);
	assert_non_null(strstr(text, "  vitalsd was not running from 23:00:20 "
	    "to 23:00:25 (5 s)\n"));
	assert_null(strstr(text, "ran throughout"));
	assert_non_null(strstr(text, "  Heart rate    92 %   1 min 5 s; not: "
	    "vitalsd not running 5 s\n"));
	assert_non_null(strstr(text, "\nALARMS\n  no alarms were judged before "
	    "23:01:00, when the session was entered\n  none\n"));
	free(text);
}

static void
a_session_entered_after_its_end_had_no_alarms_judged(void **state)
{
	struct fixture *f = *state;
	char *text;

	a_session_entered_late(f, 40000, 62000);
	text = review(f, "review", EXIT_OK);
	assert_non_null(strstr(text, "\nALARMS\n  no alarms were judged: the "
	    "session was over when it was entered, at 23:01:00\n"));
	assert_non_null(strstr(text, "from 23:00:20 to 23:00:25 (5 s)\n"));
	free(text);
}

static void
an_outage_of_which_a_session_begins_or_ends_counts_within_it(void **state)
{
	struct fixture *f = *state;
	struct record r = statement(STATEMENT_AMEND, 3, 22000);
	char *text;

	a_session_entered_late(f, 40000, 62000);
	r.statement.amends = (struct event_id){ 0xa2, 1 };
	await(f, put(f, 63000, &r));
	text = review(f, "review", EXIT_OK);
	assert_non_null(strstr(text, "from 23:00:22 to 23:00:25 (3 s)\n"));
	free(text);
	r.statement.id.n = 4;
	r.statement.at_ms = 26000;
	await(f, put(f, 64000, &r));
	text = review(f, "review", EXIT_OK);
	assert_non_null(strstr(text, "  vitalsd ran throughout\n"));
	free(text);
}

/* It comes back to a session that is open: noted then, and told once. */
static void
an_outage_within_an_open_session_is_told_once(void **state)
{
	struct fixture *f = *state;
	struct record gap = { .class = RECORD_EVENT };
	const char *told;
	char *text;

	open_store(f);
	put_statement(f, STATEMENT_SESSION_START, 1, 10000, 10000);
	await(f, put_hr(f, 20000, 70));
	close_store(f, 20000);
	f->options.now = at(25000);
	open_store(f);
	gap.event.kind = EVENT_GAP;
	gap.event.count = 5010;
	strcpy(gap.event.session, SESSION);
	put(f, 25010, &gap);
	await(f, put_statement(f, STATEMENT_SESSION_END, 2, 40000, 40000));
	text = review(f, "review", EXIT_OK);
	told = strstr(text, "  vitalsd was not running from 23:00:20 to "
	    "23:00:25 (5 s)\n");
	assert_non_null(told);
	assert_null(strstr(told + 20, "was not running"));
	assert_null(strstr(text, "no alarms were judged"));
	free(text);
}

/* 40 s, as corrected, of a minimum of a minute. */
static void
a_recovery_shorter_than_the_site_wants_is_pointed_out(void **state)
{
	struct fixture *f = *state;
	struct record end = statement(STATEMENT_SESSION_END, 4, 130000);
	struct record r = statement(STATEMENT_AMEND, 5, 60000);
	char *text;

	strcpy(end.statement.text, "{\"recovery_min_ms\":60000}");
	open_store(f);
	put_statement(f, STATEMENT_SESSION_START, 1, 10000, 10000);
	put_statement(f, STATEMENT_INFUSION_START, 2, 20000, 20000);
	put_statement(f, STATEMENT_INFUSION_STOP, 3, 90000, 90000);
	await(f, put(f, 130000, &end));
	text = review(f, "review", EXIT_OK);
	assert_non_null(strstr(text, "  *** RECOVERY LASTED 40 s, less than "
	    "the 1 min 0 s of this site ***\n"));
	free(text);
	r.statement.amends = (struct event_id){ 0xa2, 3 };
	await(f, put(f, 131000, &r));
	text = review(f, "review", EXIT_OK);
	assert_null(strstr(text, "RECOVERY LASTED"));
	free(text);
}

static void
put_spo2(struct fixture *f, int64_t t_ms, size_t port, int32_t value)
{
	struct reading x = { .vital = VITAL_SPO2, .value = value };
	struct now now = at(t_ms);

	store_reading(f->store, &now, port, &x);
}

static void
what_no_monitor_of_the_bed_measures_is_not_called_lost(void **state)
{
	struct fixture *f = *state;
	char *text;

	open_store(f);
	put_statement(f, STATEMENT_SESSION_START, 1, 10000, 10000);
	for (int64_t t = 10000; t < 40000; t += 1000)
		put_spo2(f, t, 0, 9700);
	await(f, put_statement(f, STATEMENT_SESSION_END, 2, 40000, 40000));
	text = review(f, "review", EXIT_OK);
	assert_non_null(strstr(text, "  Respiration    0 %   not measured by "
	    "any monitor that was heard on this bed\n"));
	assert_non_null(strstr(text, "AT A GLANCE   a column is 0.5 s"));
	/* Without an infusion there is no clock beside the time. */
	assert_non_null(strstr(text, "lowest 97 at 23:00:10, highest 97 at "
	    "23:00:10\n"));
	free(text);
}

static void
two_monitors_of_one_driver_are_told_apart(void **state)
{
	struct fixture *f = *state;
	char *text;

	f->ports[0].name = "CHAIR3/finger";
	f->ports[1] = (struct store_port){ "CHAIR3/philips-intellivue",
		"CHAIR3", "ge-dri", "/dev/y" };
	open_store(f);
	put_statement(f, STATEMENT_SESSION_START, 1, 10000, 10000);
	for (int64_t t = 10000; t < 20000; t += 1000) {
		put_spo2(f, t, 0, 9700);
		put_spo2(f, t, 1, 9100);
	}
	await(f, put_statement(f, STATEMENT_SESSION_END, 2, 20000, 20000));
	text = review(f, "review", EXIT_OK);
	assert_non_null(strstr(text, "\n  SpO2 %         finger             97 "
	    "(97 to 97) "));
	assert_non_null(strstr(text, "\n  SpO2 %         philips-intellivue "
	    "91 (91 to 91) "));
	free(text);
}

static void
the_end_of_an_alarm_pause_is_called_so(void **state)
{
	struct fixture *f = *state;
	struct record r = statement(STATEMENT_ALARM_PAUSE, 2, 15000);
	char *text;

	open_store(f);
	put_statement(f, STATEMENT_SESSION_START, 1, 10000, 10000);
	strcpy(r.statement.text, "{\"seconds\":0}");
	await(f, put(f, 15000, &r));
	text = review(f, "review", EXIT_OK);
	assert_non_null(strstr(text, "alarm.pause      M. K. (as nurse)  "
	    "off\n"));
	free(text);
}

static void
an_empty_log_is_a_sentence_and_status_1(void **state)
{
	struct fixture *f = *state;
	char *text;

	open_store(f);
	await(f, put_hr(f, 2000, 70));
	text = review(f, "review", EXIT_PROBLEM);
	assert_string_equal(text, "vitalsctl: the log holds no session yet\n");
	free(text);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(what_was_seen_and_delivered_before_it_climbed_does_not_count),
		T(phases_are_told_with_the_infusion_clock),
		T(a_short_dip_is_seen_at_a_glance),
		T(nobodys_words_steer_the_terminal_or_wrap_it),
		T(the_monitors_own_alarms_have_a_section_with_the_infusion_clock),
		T(a_restart_ends_what_is_known_of_a_monitors_alarm),
		T(a_session_whose_monitors_told_nothing_has_no_such_section),
		T(
		  an_outage_counts_by_its_time_however_late_the_session_was_entered
		),
		T(a_session_entered_after_its_end_had_no_alarms_judged),
		T(an_outage_of_which_a_session_begins_or_ends_counts_within_it),
		T(an_outage_within_an_open_session_is_told_once),
		T(a_recovery_shorter_than_the_site_wants_is_pointed_out),
		T(what_no_monitor_of_the_bed_measures_is_not_called_lost),
		T(two_monitors_of_one_driver_are_told_apart),
		T(the_end_of_an_alarm_pause_is_called_so),
		T(an_empty_log_is_a_sentence_and_status_1),
	};

	setenv("TZ", "UTC", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

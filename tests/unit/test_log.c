/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The log read back as one session: written by the store itself, read as the
 * review reads it, also by another user and after a kill.
 *
 * Easy to get wrong: to be another user, the test must start as root; without
 * that those tests are skipped.
 */
#include "tests/unit/store_help.h"

#include <errno.h>
#include <grp.h>
#include <signal.h>
#include <sys/stat.h>

#include "review/log.h"

#define SESSION "20261121-CHAIR3-1"
#define OTHER_USER 65534
#define OTHER_GROUP 65533

static struct log_session *
read_session(struct fixture *f, const char *id)
{
	char path[128], error[LOG_ERROR] = "";
	struct log_session *s = NULL;
	sqlite3 *db = NULL;

	snprintf(path, sizeof path, "%s/log.db", f->dir);
	if (log_open(&db, path, error) < 0 ||
	    log_session_read(db, id, LOG_READINGS, &s, error) < 0)
		fail_msg("%s", error);
	log_close(db);
	return s;
}

static uint64_t
put_alarm(struct fixture *f, int64_t t_ms, uint64_t n, enum alarm_phase phase,
    enum alarm_state state, enum priority priority, const char *session)
{
	struct record r = { .class = RECORD_ALARM };

	r.alarm = (struct alarm_change){ .event = { 0xa2, n },
		.condition = "spo2-low", .type = ALARM_PHYSIOLOGICAL,
		.phase = phase, .state = state, .priority = priority,
		.infusion_ms = INFUSION_NONE, .since_ms = t_ms };
	strcpy(r.alarm.session, session);
	strcpy(r.alarm.bed, session[0] != '\0' ? "CHAIR3" : "");
	return put(f, t_ms, &r);
}

static void
put_notice(struct fixture *f, int64_t t_ms, uint64_t key, uint64_t event)
{
	struct record r = { .class = RECORD_NOTICE };

	r.notice = (struct notice){ .key = { 0xa2, key }, .channel = "ward",
		.priority = PRIORITY_HIGH, .event = { 0xa2, event },
		.length = 2, .body = "{}" };
	put(f, t_ms, &r);
}

static void
put_delivery(struct fixture *f, int64_t t_ms, uint64_t key, enum outcome o,
    int64_t took)
{
	struct record r = { .class = RECORD_DELIVERY };

	r.delivery = (struct delivery){ .key = { 0xa2, key },
		.channel = "ward", .attempt = 1, .outcome = o,
		.took_ms = took };
	put(f, t_ms, &r);
}

static void
a_session_comes_back_with_its_own_readings_only(void **state)
{
	struct fixture *f = *state;
	struct now now = at(4500);
	struct reading other = { .vital = VITAL_HR, .value = 55 };
	struct log_session *s;

	open_store(f);
	put_hr(f, 2000, 60);
	put_statement(f, STATEMENT_SESSION_START, 1, 3000, 3000);
	put_hr(f, 4000, 72);
	store_reading(f->store, &now, 1, &other);	/* another bed's */
	put_statement(f, STATEMENT_SESSION_END, 2, 6000, 6000);
	await(f, put_hr(f, 7000, 74));
	s = read_session(f, SESSION);
	assert_int_equal(s->readings_n, 1);
	assert_int_equal(s->readings[0].value, 72);
	assert_int_equal(s->readings[0].x_ms, 4000);
	assert_string_equal(s->ports[s->readings[0].port].name, "ge");
	assert_false(s->open);
	assert_int_equal(s->end_ms, 6000);
	assert_int_equal(s->begin_wall_ms, WALL + 3000);
	assert_string_equal(s->session.subject, "K-014");
	log_session_free(s);
}

static void
a_corrected_start_moves_the_readings_that_belong(void **state)
{
	struct fixture *f = *state;
	struct record r = statement(STATEMENT_AMEND, 2, 1500);
	struct log_session *s;

	open_store(f);
	put_hr(f, 2000, 60);
	put_statement(f, STATEMENT_SESSION_START, 1, 3000, 3000);
	put_hr(f, 4000, 72);
	r.statement.amends = (struct event_id){ 0xa2, 1 };
	await(f, put(f, 5000, &r));
	s = read_session(f, "last");
	assert_int_equal(s->readings_n, 2);
	assert_int_equal(session_begin_ms(&s->session), 1500);
	assert_int_equal(s->begin_wall_ms, WALL + 1500);
	log_session_free(s);
}

static void
an_open_session_lasts_as_long_as_anything_is_logged(void **state)
{
	struct fixture *f = *state;
	struct now now = at(9000);
	struct reading other = { .vital = VITAL_HR, .value = 55 };
	struct log_session *s;

	open_store(f);
	put_statement(f, STATEMENT_SESSION_START, 1, 3000, 3000);
	await(f, store_reading(f->store, &now, 1, &other));
	s = read_session(f, SESSION);
	assert_true(s->open);
	assert_int_equal(s->end_ms, 9000);
	assert_int_equal(s->readings_n, 0);
	log_session_free(s);
}

static void
a_reboot_lies_on_the_same_axis_by_wall_time(void **state)
{
	struct fixture *f = *state;
	struct record r = statement(STATEMENT_SESSION_END, 2, 4000);
	struct now late = { 3000, WALL + 3000 + 60000, true };
	struct reading hr = { .vital = VITAL_HR, .value = 80 };
	struct log_session *s;

	open_store(f);
	put_statement(f, STATEMENT_SESSION_START, 1, 2000, 2000);
	await(f, put_hr(f, 5000, 70));
	close_store(f, 6000);
	/* A boot later, one minute of wall time on, BOOTTIME anew. */
	strcpy(f->options.boot_id, "22222222-2222-2222-2222-222222222222");
	f->options.now = (struct now){ 1000, WALL + 61000, true };
	open_store(f);
	store_reading(f->store, &late, 0, &hr);
	late.t_ms = 4000;
	late.wall_ms = WALL + 64000;
	await(f, store_record(f->store, &late, &r, true));
	s = read_session(f, SESSION);
	assert_int_equal(s->readings_n, 2);
	assert_int_equal(s->readings[1].x_ms, 63000);
	assert_int_equal(s->end_ms, 64000);
	/* From the stop to the start in the other boot. */
	assert_int_equal(s->gaps_n, 1);
	assert_int_equal(s->gaps[0].from_ms, 6000);
	assert_int_equal(s->gaps[0].to_ms, 61000);
	log_session_free(s);
	late.t_ms = 5000;
	late.wall_ms = WALL + 65000;
	store_close(f->store, &late, 10000);
	f->store = NULL;
}

static void
a_delivery_counts_for_the_change_that_it_told(void **state)
{
	struct fixture *f = *state;
	struct log_session *s;

	open_store(f);
	put_statement(f, STATEMENT_SESSION_START, 1, 2000, 2000);
	put_alarm(f, 3000, 9, ALARM_START, ALARM_ACTIVE, PRIORITY_MEDIUM,
	    SESSION);
	put_notice(f, 3000, 21, 9);
	/* It climbs at once: same t_ms, another notice. */
	put_alarm(f, 3000, 9, ALARM_ESCALATE, ALARM_ACTIVE, PRIORITY_HIGH,
	    SESSION);
	put_notice(f, 3000, 22, 9);
	put_delivery(f, 3200, 21, OUTCOME_DELIVERED, 200);
	put_delivery(f, 3300, 22, OUTCOME_RETRY, 300);
	await(f, put_hr(f, 5000, 70));
	s = read_session(f, SESSION);
	assert_int_equal(s->changes_n, 2);
	assert_int_equal(s->changes[0].notices, 1);
	assert_int_equal(s->changes[0].deliveries, 1);
	assert_int_equal(s->changes[0].delivered_ms, 200);
	assert_int_equal(s->changes[1].notices, 1);
	assert_int_equal(s->changes[1].deliveries, 0);
	assert_int_equal(s->changes[1].delivered_ms, -1);
	log_session_free(s);
}

static void
what_befell_the_box_belongs_while_the_session_lasted(void **state)
{
	struct fixture *f = *state;
	struct record amend = statement(STATEMENT_AMEND, 3, 5900);
	struct log_session *s;

	open_store(f);
	put_alarm(f, 1100, 5, ALARM_START, ALARM_ACTIVE, PRIORITY_LOW, "");
	put_alarm(f, 1200, 5, ALARM_END, ALARM_INACTIVE, PRIORITY_LOW, "");
	put_alarm(f, 1300, 6, ALARM_START, ALARM_ACTIVE, PRIORITY_LOW, "");
	put_statement(f, STATEMENT_SESSION_START, 1, 3000, 3000);
	put_alarm(f, 4000, 7, ALARM_START, ALARM_ACTIVE, PRIORITY_LOW, "");
	put_statement(f, STATEMENT_SESSION_END, 2, 6000, 6000);
	put_alarm(f, 8000, 8, ALARM_START, ALARM_ACTIVE, PRIORITY_LOW, "");
	/* A correction long after does not lengthen what belongs. */
	amend.statement.amends = (struct event_id){ 0xa2, 2 };
	await(f, put(f, 9000, &amend));
	s = read_session(f, SESSION);
	assert_int_equal(s->changes_n, 2);
	assert_int_equal(s->changes[0].change.event.n, 6);
	assert_int_equal(s->changes[1].change.event.n, 7);
	log_session_free(s);
}

static void
a_list_counts_each_alarm_once_at_its_highest(void **state)
{
	struct fixture *f = *state;
	char path[128], error[LOG_ERROR] = "";
	struct log_row *row = NULL;
	sqlite3 *db = NULL;
	size_t n = 0;

	open_store(f);
	put_statement(f, STATEMENT_SESSION_START, 1, 2000, 2000);
	put_statement(f, STATEMENT_INFUSION_START, 2, 3000, 3000);
	put_alarm(f, 3100, 7, ALARM_START, ALARM_ACTIVE, PRIORITY_LOW,
	    SESSION);
	put_alarm(f, 3200, 8, ALARM_START, ALARM_ACTIVE, PRIORITY_MEDIUM,
	    SESSION);
	put_alarm(f, 3300, 7, ALARM_ESCALATE, ALARM_ACTIVE, PRIORITY_HIGH,
	    SESSION);
	put_statement(f, STATEMENT_INFUSION_STOP, 3, 5000, 5000);
	put_statement(f, STATEMENT_INFUSION_START, 4, 6000, 6000);
	await(f, put_statement(f, STATEMENT_SESSION_ABORT, 5, 8000, 8000));
	snprintf(path, sizeof path, "%s/log.db", f->dir);
	assert_int_equal(log_open(&db, path, error), 0);
	assert_int_equal(log_list(db, &row, &n, error), 0);
	log_close(db);
	assert_int_equal(n, 1);
	assert_int_equal(row[0].alarms[PRIORITY_HIGH], 1);
	assert_int_equal(row[0].alarms[PRIORITY_MEDIUM], 1);
	assert_int_equal(row[0].alarms[PRIORITY_LOW], 0);
	/* The second interval was running when it was aborted. */
	assert_int_equal(row[0].infusion_ms, 5000);
	assert_int_equal(row[0].phase, PHASE_ABORTED);
	free(row);
}

static void
what_is_no_log_is_refused_with_the_reason(void **state)
{
	struct fixture *f = *state;
	char path[128], error[LOG_ERROR] = "";
	sqlite3 *db = NULL;
	FILE *out;

	snprintf(path, sizeof path, "%s/none.db", f->dir);
	assert_int_equal(log_open(&db, path, error), -ENOENT);
	assert_non_null(strstr(error, "is --state (or VITALSD_STATE) right"));
	snprintf(path, sizeof path, "%s/text.db", f->dir);
	out = fopen(path, "w");
	assert_non_null(out);
	for (int i = 0; i < 100; i++)
		fputs("this is a letter, not a log\n", out);
	fclose(out);
	assert_int_equal(log_open(&db, path, error), -EBADMSG);
	/* A database of somebody else's that has a version, too. */
	snprintf(path, sizeof path, "%s/other.db", f->dir);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "PRAGMA user_version = 1; "
	    "CREATE TABLE t (x)", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	assert_int_equal(log_open(&db, path, error), -EBADMSG);
	assert_non_null(strstr(error, "not a log"));
}

static void
a_session_that_is_not_there_is_named(void **state)
{
	struct fixture *f = *state;
	char path[128], error[LOG_ERROR] = "";
	struct log_session *s = NULL;
	sqlite3 *db = NULL;

	open_store(f);
	await(f, put_hr(f, 2000, 70));
	snprintf(path, sizeof path, "%s/log.db", f->dir);
	assert_int_equal(log_open(&db, path, error), 0);
	assert_int_equal(log_session_read(db, "last", LOG_OUTLINE, &s, error),
	    -ESRCH);
	assert_int_equal(log_session_read(db, "20260101-X-1", LOG_OUTLINE, &s,
	    error), -ESRCH);
	assert_non_null(strstr(error, "20260101-X-1"));
	log_close(db);
}

/* The part of another user: this program, started anew ("read" DIR), so that
 * no lock of the store's thread is inherited.  Prints what it got. */
static int
be_other(const char *dir)
{
	struct log_session *s = NULL;
	char path[160], why[LOG_ERROR] = "";
	sqlite3 *db = NULL;
	int r;

	if (setgroups(0, NULL) < 0 || setgid(OTHER_GROUP) < 0 ||
	    setuid(OTHER_USER) < 0)
		return 2;
	snprintf(path, sizeof path, "%s/log.db", dir);
	r = log_open(&db, path, why);
	if (r == 0) {
		r = log_session_read(db, SESSION, LOG_READINGS, &s, why);
		log_close(db);
	}
	if (r == 0)
		r = (int)s->readings_n;
	log_session_free(r < 0 ? NULL : s);
	printf("%d %s\n", r, why);
	return 0;
}

/* Gives the log to a group and reads it as a member of that group only; the
 * number of its readings, or the negative errno. */
static int
read_as_other(struct fixture *f, char error[LOG_ERROR])
{
	static const char *const part[] = { "", "/log.db", "/log.db-wal",
		"/log.db-shm" };
	char path[160], self[200] = "", command[400];
	int answer = INT16_MIN;
	FILE *p;

	for (int i = 0; i < 4; i++) {
		snprintf(path, sizeof path, "%s%s", f->dir, part[i]);
		if (chown(path, 0, OTHER_GROUP) < 0)
			assert_int_equal(errno, ENOENT);
		if (i == 0)
			assert_int_equal(chmod(path, 0750), 0);
	}
	assert_true(readlink("/proc/self/exe", self, sizeof self - 1) > 0);
	snprintf(command, sizeof command, "timeout 10 '%s' read '%s'", self,
	    f->dir);
	p = popen(command, "r");
	assert_non_null(p);
	assert_int_equal(fscanf(p, "%d %511[^\n]", &answer, error) >= 1, 1);
	assert_int_equal(pclose(p), 0);
	return answer;
}

static void
write_some(struct fixture *f)
{
	open_store(f);
	put_statement(f, STATEMENT_SESSION_START, 1, 2000, 2000);
	put_hr(f, 3000, 70);
	await(f, put_hr(f, 4000, 71));
}

static void
another_user_reads_while_it_runs_and_after_it_stopped(void **state)
{
	struct fixture *f = *state;
	char error[LOG_ERROR] = "";

	if (geteuid() != 0)
		skip();
	write_some(f);
	assert_int_equal(read_as_other(f, error), 2);
	await(f, put_hr(f, 5000, 72));
	assert_int_equal(read_as_other(f, error), 3);
	close_store(f, 6000);
	assert_int_equal(read_as_other(f, error), 3);
}

/* The part of a vitalsd that is killed: "write" DIR. */
static int
be_killed(const char *dir)
{
	void *state = NULL;
	struct fixture *f;

	setup(&state);
	f = state;
	rmdir(f->dir);
	snprintf(f->dir, sizeof f->dir, "%s", dir);
	write_some(f);
	return kill(getpid(), SIGKILL);
}

static void
write_and_be_killed(struct fixture *f)
{
	char self[200] = "", command[400];

	assert_true(readlink("/proc/self/exe", self, sizeof self - 1) > 0);
	snprintf(command, sizeof command, "timeout 10 '%s' write '%s'", self,
	    f->dir);
	assert_int_not_equal(system(command), 0);
}

static void
another_user_reads_what_a_killed_one_left(void **state)
{
	struct fixture *f = *state;
	char error[LOG_ERROR] = "";

	if (geteuid() != 0)
		skip();
	write_and_be_killed(f);
	assert_int_equal(read_as_other(f, error), 2);
}

static void
a_missing_shm_is_said_by_name_and_not_read_around(void **state)
{
	struct fixture *f = *state;
	char path[128], error[LOG_ERROR] = "";

	if (geteuid() != 0)
		skip();
	write_and_be_killed(f);
	snprintf(path, sizeof path, "%s/log.db-shm", f->dir);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(read_as_other(f, error), -EACCES);
	assert_non_null(strstr(error, "log.db-shm"));
	assert_non_null(strstr(error, "start vitalsd"));
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		T(a_session_comes_back_with_its_own_readings_only),
		T(a_corrected_start_moves_the_readings_that_belong),
		T(an_open_session_lasts_as_long_as_anything_is_logged),
		T(a_reboot_lies_on_the_same_axis_by_wall_time),
		T(a_delivery_counts_for_the_change_that_it_told),
		T(what_befell_the_box_belongs_while_the_session_lasted),
		T(a_list_counts_each_alarm_once_at_its_highest),
		T(what_is_no_log_is_refused_with_the_reason),
		T(a_session_that_is_not_there_is_named),
		T(another_user_reads_while_it_runs_and_after_it_stopped),
		T(another_user_reads_what_a_killed_one_left),
		T(a_missing_shm_is_said_by_name_and_not_read_around),
	};

	if (argc == 3)
		return strcmp(argv[1], "read") == 0 ? be_other(argv[2]) :
		    be_killed(argv[2]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

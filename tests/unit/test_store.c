/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The log as its readers find it: every field, nothing editable, spans, clock.
 *
 * Easy to get wrong: these are real SQLite files; faults are in
 * test_store_fault.c.
 */
#include "tests/unit/store_help.h"

#include "daemon/seal.h"
#include "daemon/store_queue.h"

#include <errno.h>
#include <sys/stat.h>

static void
readings_come_back_in_order_with_unit_quality_and_time(void **state)
{
	struct fixture *f = *state;
	struct now now = at(5000);
	struct reading r = { .vital = VITAL_SPO2, .quality = QUALITY_GOOD,
		.flags = READING_DEMO, .value = 9160, .age_ms = 250 };

	open_store(f);
	put_hr(f, 4000, 72);
	store_reading(f->store, &now, 1, &r);
	r = (struct reading){ .vital = VITAL_SPO2,
		.quality = QUALITY_NO_SENSOR, .value = 12345 };
	await(f, store_reading(f->store, &now, 1, &r));
	assert_string_equal(ask(f, "SELECT group_concat(bed || ' ' || port ||"
	    " ' ' || vital || ' ' || ifnull(value, '-') || ' ' || unit || ' '"
	    " || quality || ' ' || demo || ' ' || age_ms || ' ' || at, '; ')"
	    " FROM readings"),
	    "CHAIR3 ge hr 72 /min good 0 0 2026-11-20T23:00:04.000Z; "
	    "CHAIR4 nonin spo2 91.6 % good 1 250 2026-11-20T23:00:05.000Z; "
	    "CHAIR4 nonin spo2 - % no-sensor 0 0 2026-11-20T23:00:05.000Z");
}

static struct record
some_alarm(void)
{
	struct record r = { .class = RECORD_ALARM };

	r.alarm = (struct alarm_change){ .event = { 0xa2, 40 },
		.condition = "spo2-low", .tier = "spo2-desaturation",
		.type = ALARM_PHYSIOLOGICAL, .phase = ALARM_ESCALATE,
		.state = ALARM_LATCHED, .priority = PRIORITY_HIGH,
		.level = PRIORITY_MEDIUM, .acknowledged = true,
		.confirmed = true, .paused = true, .demo = true,
		.bed = "CHAIR3", .session = "20261121-CHAIR3-1",
		.session_phase = PHASE_INFUSION, .infusion_ms = 61000,
		.has_value = true, .vital = VITAL_SPO2, .value = 86,
		.limit = 88, .value_age_ms = 120, .since_ms = 9000,
		.by = "M. K.", .text = "SpO2 86 % (<88)" };
	return r;
}

static void
every_record_comes_back_field_by_field(void **state)
{
	struct fixture *f = *state;
	struct record s = statement(STATEMENT_SESSION_START, 1, 2000);
	struct record m = statement(STATEMENT_LIMIT_SET, 2, 3000);
	struct record b = statement(STATEMENT_BASELINE_CONFIRM, 3, 3500);
	struct record a = some_alarm();
	struct record n = { .class = RECORD_NOTICE };
	struct record e = { .class = RECORD_EVENT };
	struct store_session *back;

	n.notice = (struct notice){ .key = { 0xa2, 77 }, .channel = "desk",
		.priority = PRIORITY_HIGH, .event = { 0xa2, 40 },
		.length = 13, .body = "{\"a\":\"\xc3\xa4\\\"\"}" };
	n.notice.length = strlen(n.notice.body);
	e.event = (struct event){ .kind = EVENT_ARMED, .bed = "CHAIR3",
		.session = "20261121-CHAIR3-1", .text = "spo2-low" };
	strcpy(m.statement.text, "{\"tier\":\"spo2-low\"}");
	strcpy(b.statement.text, "{\"spo2\":97}");
	open_store(f);
	put(f, 2500, &s);
	put(f, 3000, &m);
	put(f, 3500, &b);
	put(f, 4000, &a);
	put(f, 4000, &n);
	await(f, put(f, 4500, &e));
	close_store(f, 5000);

	f->options.now = at(6000);
	open_store(f);
	assert_int_equal(f->restored->sessions_n, 1);
	back = &f->restored->sessions[0];
	assert_true(back->same_boot);
	assert_string_equal(back->session.id, s.statement.session);
	assert_string_equal(back->session.bed, s.statement.bed);
	assert_string_equal(back->session.subject, s.statement.subject);
	assert_int_equal(back->session.n, 1);
	assert_true(event_id_equal(back->session.step[0].id, s.statement.id));
	assert_true(back->session.step[0].at_ms == 2000);
	assert_int_equal(back->limits_n, 1);
	assert_memory_equal(&back->limits[0], &m.statement,
	    sizeof m.statement);
	assert_memory_equal(&back->baseline, &b.statement,
	    sizeof b.statement);
	assert_int_equal(back->open_alarms_n, 1);
	a.alarm.peak = a.alarm.priority;	/* its only record */
	assert_memory_equal(&back->open_alarms[0], &a.alarm, sizeof a.alarm);
	assert_int_equal(f->restored->notices_n, 1);
	assert_memory_equal(&f->restored->notices[0], &n.notice,
	    sizeof n.notice);
	for (int l = 0; l < 32; l++)
		assert_int_equal(back->armed[l], l == 6);
	assert_true(f->restored->last_clean);
	assert_true(f->restored->last_same_boot);
	assert_true(f->restored->last_t_ms == 5000);
	assert_true(f->restored->last_wall_ms == WALL + 5000);
	assert_int_equal(store_session_count(f->store, "20261121-CHAIR3-"),
	    1);
	assert_int_equal(store_session_count(f->store, "20261121-CHAIR4-"),
	    0);
}

static void
the_views_speak_in_words(void **state)
{
	struct fixture *f = *state;
	struct record a = some_alarm();
	struct record d = { .class = RECORD_DELIVERY };

	d.delivery = (struct delivery){ .key = { 0xa2, 77 },
		.channel = "desk", .attempt = 2, .outcome = OUTCOME_RETRY,
		.took_ms = 1500, .detail = "HTTP 503" };
	open_store(f);
	put_statement(f, STATEMENT_SESSION_START, 1, 2000, 2500);
	put(f, 2600, &a);
	put(f, 2700, &d);
	await(f, put_statement(f, STATEMENT_SESSION_END, 2, 9000, 9000));
	assert_string_equal(ask(f, "SELECT statement || ' ' || happened_at ||"
	    " ' ' || entered_at || ' ' || entered_by || ' ' || id"
	    " FROM statements"),
	    "session.start 2026-11-20T23:00:02.000Z 2026-11-20T23:00:02.500Z "
	    "nurse 00000000000000a2-1");
	assert_string_equal(ask(f, "SELECT condition || ' ' || type || ' ' ||"
	    " phase || ' ' || state || ' ' || priority || ' ' || level || ' '"
	    " || session_phase || ' ' || vital || value || '<' || threshold"
	    " FROM alarms"),
	    "spo2-low SP escalate latched high medium infusion spo286<88");
	assert_string_equal(ask(f, "SELECT outcome || ' ' || detail || ' ' ||"
	    " took_ms FROM deliveries"), "retry HTTP 503 1500");
	assert_string_equal(ask(f, "SELECT session || ' ' || subject || ' '"
	    " || began_at || ' ' || ended_at || ' ' || state FROM sessions"),
	    "20261121-CHAIR3-1 K-014 2026-11-20T23:00:02.000Z "
	    "2026-11-20T23:00:09.000Z closed");
	assert_string_equal(ask(f, "SELECT count(*) FROM events"), "0");
}

static void
nothing_that_was_logged_can_be_changed(void **state)
{
	struct fixture *f = *state;
	struct record a = some_alarm();
	struct record n = { .class = RECORD_NOTICE };
	struct record d = { .class = RECORD_DELIVERY };
	sqlite3_stmt *tables = NULL;
	sqlite3 *db;
	int n_tables = 0;

	n.notice.key = d.delivery.key = (struct event_id){ 1, 1 };
	open_store(f);
	put_hr(f, 2000, 72);
	put_statement(f, STATEMENT_SESSION_START, 1, 1500, 2500);
	put(f, 2600, &a);
	put(f, 2600, &n);
	await(f, put(f, 2600, &d));
	close_store(f, 3000);	/* its EVENT_STOP is the event */

	db = reader(f->dir, SQLITE_OPEN_READWRITE);
	assert_int_equal(sqlite3_prepare_v2(db, "SELECT name, (SELECT"
	    " group_concat(name) FROM pragma_table_info(t.name)) FROM"
	    " sqlite_schema t WHERE type = 'table'", -1, &tables, NULL),
	    SQLITE_OK);
	while (sqlite3_step(tables) == SQLITE_ROW) {
		const char *name = (const char *)sqlite3_column_text(tables, 0);
		char key[32] = "", sql[256], verb[4][256];

		sscanf((const char *)sqlite3_column_text(tables, 1), "%31[^,]",
		    key);
		snprintf(sql, sizeof sql, "SELECT 1 / (SELECT count(*) FROM"
		    " %s)", name);
		assert_string_not_equal(ask(f, sql), "");	/* has rows */

		snprintf(verb[0], 256, "UPDATE %s SET %s = %s", name, key, key);
		snprintf(verb[1], 256, "DELETE FROM %s", name);
		snprintf(verb[2], 256, "INSERT OR REPLACE INTO %s SELECT *"
		    " FROM %s", name, name);
		snprintf(verb[3], 256, "UPDATE OR REPLACE %s SET %s = 1",
		    name, key);
		for (int i = 0; i < 4; i++) {
			char *why = NULL;

			assert_int_equal(sqlite3_exec(db, verb[i], NULL, NULL,
			    &why), SQLITE_CONSTRAINT);
			assert_string_equal(why, "the log is never edited");
			sqlite3_free(why);
		}
		n_tables++;
	}
	sqlite3_finalize(tables);
	sqlite3_close(db);
	assert_int_equal(n_tables, 13);	/* 12 and one segment */
}

static void
a_session_stated_late_takes_over_idle_readings(void **state)
{
	struct fixture *f = *state;

	open_store(f);
	for (int i = 1; i <= 10; i++)
		put_hr(f, i * 10000, 70 + i);
	/* Stated at 105 s, began at 45 s: the fifth reading is its first. */
	put_statement(f, STATEMENT_SESSION_START, 1, 45000, 105000);
	put_hr(f, 110000, 90);
	await(f, put_hr(f, 120000, 91));
	assert_string_equal(ask(f, "SELECT first_row || ' ' || ifnull(last_row,"
	    " 'open') FROM spans"), "5 open");
	put_statement(f, STATEMENT_SESSION_END, 2, 120000, 121000);
	await(f, put_hr(f, 130000, 60));
	assert_string_equal(ask(f, "SELECT first_row || ' ' || last_row FROM"
	    " spans"), "5 12");
}

static void
a_corrected_start_widens_the_span(void **state)
{
	struct fixture *f = *state;
	struct record amend = statement(STATEMENT_AMEND, 9, 25000);

	open_store(f);
	for (int i = 1; i <= 10; i++)
		put_hr(f, i * 10000, 70 + i);
	put_statement(f, STATEMENT_SESSION_START, 1, 95000, 100000);
	amend.statement.amends = (struct event_id){ 0xa2, 1 };
	await(f, put(f, 101000, &amend));
	assert_string_equal(ask(f, "SELECT first_row FROM spans"), "3");
	assert_string_equal(ask(f, "SELECT began_at FROM sessions"),
	    "2026-11-20T23:00:25.000Z");
}

static void
a_session_goes_on_in_the_next_segment(void **state)
{
	struct fixture *f = *state;

	f->options.segment_ms = 60000;
	open_store(f);
	put_hr(f, 10000, 70);
	put_statement(f, STATEMENT_SESSION_START, 1, 20000, 20000);
	put_hr(f, 30000, 71);
	put_hr(f, 40000, 72);
	put_hr(f, 80000, 73);
	put_hr(f, 90000, 74);
	put_hr(f, 150000, 75);
	await(f, put_statement(f, STATEMENT_SESSION_END, 2, 160000, 160000));
	assert_string_equal(ask(f, "SELECT group_concat(segment || ':' ||"
	    " first_row || '-' || last_row, ' ') FROM spans"),
	    "1:2-3 2:1-2 3:1-1");
	assert_string_equal(ask(f, "SELECT group_concat(value, ' ') FROM"
	    " readings"), "70 71 72 73 74 75");
}

static void
wall_time_of_readings_follows_the_clock_rows(void **state)
{
	struct fixture *f = *state;
	struct now stepped = { .t_ms = 20000,
		.wall_ms = WALL + 20000 + HOUR_MS, .synced = true };
	struct reading r = { .vital = VITAL_HR, .value = 80 };

	open_store(f);
	put_hr(f, 10000, 70);
	store_clock(f->store, &stepped);
	stepped.t_ms += 1000;
	stepped.wall_ms += 1000;
	await(f, store_reading(f->store, &stepped, 0, &r));
	assert_string_equal(ask(f, "SELECT group_concat(at, ' ') FROM"
	    " readings"), "2026-11-20T23:00:10.000Z 2026-11-21T00:00:21.000Z");
	assert_string_equal(ask(f, "SELECT count(*) FROM clock"), "2");
}

static void
a_step_that_nobody_told_still_gets_its_clock_row(void **state)
{
	struct fixture *f = *state;
	struct now stepped = { .t_ms = 21000,
		.wall_ms = WALL + 21000 + HOUR_MS, .synced = true };
	struct reading r = { .vital = VITAL_HR, .value = 80 };

	open_store(f);
	put_hr(f, 10000, 70);
	await(f, store_reading(f->store, &stepped, 0, &r));
	assert_string_equal(ask(f, "SELECT group_concat(at, ' ') FROM"
	    " readings"), "2026-11-20T23:00:10.000Z 2026-11-21T00:00:21.000Z");
}

/* A session with readings of both beds, closed and sealed by a clean stop. */
static void
run_sealed_session(struct fixture *f, const char *id, int64_t from_ms)
{
	struct record start = statement(STATEMENT_SESSION_START,
	    (uint64_t)from_ms, from_ms);
	struct record end = statement(STATEMENT_SESSION_END,
	    (uint64_t)from_ms + 1, from_ms + 9000);
	struct record alarm = some_alarm();
	struct record notice = { .class = RECORD_NOTICE };
	struct reading r = { .vital = VITAL_SPO2, .value = 9700 };
	struct now now = at(from_ms + 1500);

	strcpy(start.statement.session, id);
	strcpy(end.statement.session, id);
	strcpy(alarm.alarm.session, id);
	notice.notice.key = (struct event_id){ 5, (uint64_t)from_ms };
	notice.notice.event = alarm.alarm.event;
	open_store(f);
	put(f, from_ms, &start);
	put_hr(f, from_ms + 1000, 70);
	store_reading(f->store, &now, 1, &r);
	put_hr(f, from_ms + 2000, 71);
	put(f, from_ms + 3000, &alarm);
	put(f, from_ms + 3000, &notice);
	await(f, put(f, from_ms + 9000, &end));
	close_store(f, from_ms + 9500);
}

static void
a_session_that_ends_is_sealed_and_chained_to_the_one_before(void **state)
{
	struct fixture *f = *state;
	char first[65];
	sqlite3 *db;

	run_sealed_session(f, "one", 2000);
	assert_string_equal(ask(f, "SELECT json_extract(text, '$.previous')"
	    " || json_extract(text, '$.records') ||"
	    " json_extract(text, '$.readings') FROM events WHERE event ="
	    " 'seal' AND session = 'one'"), "-42");
	strcpy(first, ask(f, "SELECT json_extract(text, '$.digest') FROM"
	    " events WHERE event = 'seal'"));
	assert_int_equal(strlen(first), 64);
	f->options.now = at(20000);
	run_sealed_session(f, "two", 20000);
	assert_string_equal(ask(f, "SELECT json_extract(text, '$.previous')"
	    " FROM events WHERE event = 'seal' AND session = 'two'"), first);
	db = reader(f->dir, SQLITE_OPEN_READONLY);
	assert_int_equal(seal_verify(db, "one"), 1);
	assert_int_equal(seal_verify(db, "two"), 1);
	assert_int_equal(seal_verify(db, "three"), -ENOENT);
	sqlite3_close(db);
}

/* Whoever may write the file can drop a trigger; the seal shows it. */
static void
a_seal_shows_every_change(void **state)
{
	static const char *const change[] = {
		"UPDATE reading_000001 SET value = 72 WHERE row = 3",
		"UPDATE reading_000001 SET quality = 1 WHERE row = 1",
		"DELETE FROM reading_000001 WHERE row = 3",
		"UPDATE statement SET at_ms = at_ms + 1 WHERE kind = 5",
		"UPDATE statement SET text = 'x'",
		"UPDATE alarm SET priority = 1",
		"UPDATE alarm SET session = 'other'",
		"UPDATE notice SET body = 'x'",
		"UPDATE start SET boot_id = 'x'",
		"UPDATE port SET name = 'other' WHERE n = 1",
	};
	static const char drop[] = "DROP TRIGGER reading_000001_update;"
	    "DROP TRIGGER reading_000001_delete; DROP TRIGGER statement_update;"
	    "DROP TRIGGER alarm_update; DROP TRIGGER notice_update;"
	    "DROP TRIGGER start_update; DROP TRIGGER port_update;";
	struct fixture *f = *state;
	sqlite3 *db;

	run_sealed_session(f, "one", 2000);
	db = reader(f->dir, SQLITE_OPEN_READWRITE);
	assert_int_equal(sqlite3_exec(db, drop, NULL, NULL, NULL), SQLITE_OK);
	for (size_t i = 0; i < sizeof change / sizeof *change; i++) {
		assert_int_equal(seal_verify(db, "one"), 1);
		sqlite3_exec(db, "BEGIN", NULL, NULL, NULL);
		assert_int_equal(sqlite3_exec(db, change[i], NULL, NULL, NULL),
		    SQLITE_OK);
		assert_int_equal(seal_verify(db, "one"), 0);
		sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
	}
	/* Another bed's readings are not part of it. */
	assert_int_equal(sqlite3_exec(db, "UPDATE reading_000001 SET value ="
	    " 1 WHERE row = 2", NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(seal_verify(db, "one"), 1);
	sqlite3_close(db);
}

static void
a_session_is_sealed_while_the_store_runs_and_again_when_amended(void **state)
{
	struct fixture *f = *state;
	struct record amend = statement(STATEMENT_AMEND, 9, 2600);
	int64_t until = real_ms() + 8000;
	sqlite3 *db;

	open_store(f);
	put_statement(f, STATEMENT_SESSION_START, 1, 2000, 2000);
	for (int i = 0; i < 5000; i++)
		put_hr(f, 3000 + i, 70);
	await(f, put_statement(f, STATEMENT_SESSION_END, 2, 9000, 9000));
	while (strcmp(ask(f, "SELECT count(*) FROM events WHERE event ="
	    " 'seal'"), "1") != 0 && real_ms() < until)
		poll(NULL, 0, 20);
	assert_string_equal(ask(f, "SELECT json_extract(text, '$.readings')"
	    " FROM events WHERE event = 'seal'"), "5000");
	amend.statement.amends = (struct event_id){ 0xa2, 1 };
	put(f, 10000, &amend);
	close_store(f, 11000);
	assert_string_equal(ask(f, "SELECT count(*) FROM events WHERE event ="
	    " 'seal'"), "2");
	db = reader(f->dir, SQLITE_OPEN_READONLY);
	assert_int_equal(seal_verify(db, "20261121-CHAIR3-1"), 1);
	sqlite3_close(db);
}

static void
what_arrives_is_committed_within_its_time(void **state)
{
	struct fixture *f = *state;
	int64_t begin, took, best_lazy = 10000, best_urgent = 10000;
	int64_t longest = 0;

	open_store(f);
	/* The best of some: the machine may be busy with others. */
	for (int i = 0; i < 5; i++) {
		begin = real_ms();
		await(f, put_hr(f, 2000 + i, 70));
		took = real_ms() - begin;
		best_lazy = took < best_lazy ? took : best_lazy;
		longest = took > longest ? took : longest;
		begin = real_ms();
		await(f, put_statement(f, STATEMENT_MARK,
		    (uint64_t)i + 1, 3000, 3000));
		took = real_ms() - begin;
		best_urgent = took < best_urgent ? took : best_urgent;
	}
	assert_in_range(best_lazy, 0, 1000);
	assert_in_range(longest, 80, 10000);	/* waited for company */
	assert_true(best_urgent < longest - 40);	/* whatever the disk takes */
}

/* A power cut finds both in the log, or neither. */
static void
what_is_held_is_committed_together_when_it_is_released(void **state)
{
	struct fixture *f = *state;
	struct store_report r;
	uint64_t before, first, last;

	open_store(f);
	before = put_hr(f, 2000, 60);
	store_hold(f->store);
	first = put_statement(f, STATEMENT_MARK, 1, 2000, 2000);
	r = await(f, before);
	assert_true(r.committed < first);
	last = put_statement(f, STATEMENT_MARK, 2, 2001, 2001);
	assert_string_equal(ask(f, "SELECT count(*) FROM statement"), "0");
	store_release(f->store);
	r = await(f, first);
	assert_true(r.committed >= last);
	assert_string_equal(ask(f, "SELECT count(*) FROM statement"), "2");
	assert_int_equal(r.lost_records, 0);
}

static void
the_write_ahead_log_is_grown_ahead_and_used_again(void **state)
{
	struct fixture *f = *state;
	uint64_t ticket = 0, grown;
	int64_t until = real_ms() + 5000;

	open_store(f);
	do {
		grown = await(f, put_hr(f, 1500, 70)).wal_bytes;
	} while (grown < 2000 * 2072 && real_ms() < until);
	assert_true(grown >= 2000 * 2072);
	for (int round = 0; round < 12; round++) {
		for (int i = 0; i < 30000; i++)
			ticket = put_hr(f, 2000 + i, 70);
		await(f, ticket);
	}
	/* Some 7 MB were written; the checkpoints kept it short. */
	poll(NULL, 0, 1100);
	assert_true(await(f, put_hr(f, 90000, 70)).wal_bytes <= 2 * grown);
	assert_string_equal(ask(f, "SELECT count(*) >= 360002 FROM"
	    " reading_000001"), "1");
}

static void
one_commit_takes_all_that_has_arrived(void **state)
{
	struct fixture *f = *state;
	uint64_t ticket = 0;
	struct store_report r;

	open_store(f);
	await(f, put_hr(f, 1500, 70));
	for (int i = 0; i < 2000; i++)
		ticket = put_hr(f, 2000 + i, 70);
	r = await(f, ticket);
	assert_int_equal(r.readings, 2001);
	assert_int_equal(r.lost_readings, 0);
	assert_string_equal(ask(f, "SELECT count(*) FROM reading_000001"),
	    "2001");
}

static void
modes_let_the_group_read_and_nobody_else(void **state)
{
	static const char *const file[] = { "log.db", "log.db-wal",
		"log.db-shm" };
	struct fixture *f = *state;
	char dir[80], path[128];
	struct stat st;

	snprintf(dir, sizeof dir, "%s/state", f->dir);
	f->options.dir = dir;
	umask(077);
	open_store(f);
	await(f, put_hr(f, 2000, 70));
	umask(022);
	assert_int_equal(stat(dir, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0750);
	for (int i = 0; i < 3; i++) {
		snprintf(path, sizeof path, "%s/%s", dir, file[i]);
		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_mode & 07777, 0640);
	}
	close_store(f, 3000);
	f->options.dir = f->dir;
}

static void
a_second_vitalsd_on_the_same_log_is_refused(void **state)
{
	struct fixture *f = *state;
	struct store *other = NULL;
	struct store_restored *restored = NULL;

	open_store(f);
	assert_int_equal(store_open(&other, &f->options, &restored, f->error,
	    sizeof f->error), -EBUSY);
	assert_non_null(strstr(f->error, f->dir));
}

static void
a_reading_that_cannot_be_stored_costs_no_other(void **state)
{
	struct fixture *f = *state;
	struct now now = at(2002);
	struct reading r = { .vital = VITAL_HR, .value = 99 };
	struct store_report report;

	open_store(f);
	store_hold(f->store);
	(void)put_hr(f, 2000, 60);
	(void)put_hr(f, 2001, 61);
	(void)store_reading(f->store, &now, 7, &r);	/* no such port */
	(void)put_hr(f, 2003, 62);
	store_release(f->store);
	report = await(f, put_hr(f, 2004, 63));
	assert_int_equal(report.lost_readings, 1);
	assert_int_equal(report.readings, 4);
	assert_string_equal(ask(f, "SELECT group_concat(row || ':' || value) "
	    "FROM reading_000001"), "1:60,2:61,3:62,4:63");
}

static void
readings_that_come_together_are_parted_where_a_segment_ends(void **state)
{
	struct fixture *f = *state;

	open_store(f);
	store_hold(f->store);
	for (int i = 0; i < 3; i++)
		(void)put_hr(f, 2000 + i, 60 + i);
	for (int i = 0; i < 2; i++)
		(void)put_hr(f, 2000 + 24 * HOUR_MS + i, 70 + i);
	store_release(f->store);
	await(f, put_hr(f, 2000 + 24 * HOUR_MS + 2, 72));
	assert_string_equal(ask(f, "SELECT group_concat(row || ':' || value) "
	    "FROM reading_000001"), "1:60,2:61,3:62");
	assert_string_equal(ask(f, "SELECT group_concat(row || ':' || value) "
	    "FROM reading_000002"), "1:70,2:71,3:72");
}

static void
readings_that_wait_at_the_end_of_the_ring_are_told_from_those_at_its_start(
    void **state)
{
	struct reading r = { .vital = VITAL_HR };
	struct now now = at(0);
	struct store_queue q;

	(void)state;
	assert_int_equal(store_queue_init(&q, 4, 1), 0);
	for (int i = 0; i < 4; i++)
		assert_int_not_equal(store_queue_reading(&q, &now, 0, &r), 0);
	assert_int_equal(store_queue_row(&q, 0, 4), 4);
	store_queue_drop(&q, 3, 0);
	for (int i = 0; i < 2; i++)
		assert_int_not_equal(store_queue_reading(&q, &now, 0, &r), 0);
	assert_int_equal(store_queue_row(&q, 0, 3), 1);
	assert_int_equal(store_queue_row(&q, 1, 2), 2);
	assert_int_equal(store_queue_row(&q, 1, 1), 1);
	store_queue_free(&q);
}

#define STORE_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_TEST(
		    readings_come_back_in_order_with_unit_quality_and_time),
		STORE_TEST(every_record_comes_back_field_by_field),
		STORE_TEST(the_views_speak_in_words),
		STORE_TEST(nothing_that_was_logged_can_be_changed),
		STORE_TEST(a_session_stated_late_takes_over_idle_readings),
		STORE_TEST(a_corrected_start_widens_the_span),
		STORE_TEST(a_session_goes_on_in_the_next_segment),
		STORE_TEST(wall_time_of_readings_follows_the_clock_rows),
		STORE_TEST(a_step_that_nobody_told_still_gets_its_clock_row),
		STORE_TEST(
		    a_session_that_ends_is_sealed_and_chained_to_the_one_before),
		STORE_TEST(a_seal_shows_every_change),
		STORE_TEST(
		    a_session_is_sealed_while_the_store_runs_and_again_when_amended),
		STORE_TEST(a_reading_that_cannot_be_stored_costs_no_other),
		STORE_TEST(
		    readings_that_come_together_are_parted_where_a_segment_ends),
		STORE_TEST(
		    readings_that_wait_at_the_end_of_the_ring_are_told_from_those_at_its_start),
		STORE_TEST(what_arrives_is_committed_within_its_time),
		STORE_TEST(what_is_held_is_committed_together_when_it_is_released),
		STORE_TEST(the_write_ahead_log_is_grown_ahead_and_used_again),
		STORE_TEST(one_commit_takes_all_that_has_arrived),
		STORE_TEST(modes_let_the_group_read_and_nobody_else),
		STORE_TEST(a_second_vitalsd_on_the_same_log_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

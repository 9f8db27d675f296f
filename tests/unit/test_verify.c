/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A log that is not as it was written is found, and the fault is named.
 *
 * Easy to get wrong: bytes are changed in the file itself, where no trigger
 * sees it; a clean stop has put everything into log.db.
 */
#include "tests/unit/sealed_log.h"

#include "daemon/seal.h"
#include "review/verify.h"

#include <fcntl.h>
#include <sys/stat.h>

struct told {
	char text[16384];
	struct verify_result result;
};

static void
say(void *arg, enum verify_kind kind, const char *session, const char *text)
{
	struct told *t = arg;
	size_t n = strlen(t->text);

	snprintf(t->text + n, sizeof t->text - n, "%s %s: %s\n",
	    kind == VERIFY_FAULT ? "FAULT" : "note", session, text);
}

static bool
go_on(void *arg, const char *what, int64_t done, int64_t total)
{
	(void)arg, (void)what;
	assert_true(done >= 0 && done <= total);
	return true;
}

/* What is said of the log, or of one session of it. */
static struct told *
verified(struct fixture *f, const char *session)
{
	static struct told t;
	const struct verify_watch w = { say, go_on, &t };
	char path[128], error[LOG_ERROR] = "";
	sqlite3 *db;

	memset(&t, 0, sizeof t);
	snprintf(path, sizeof path, "%s/log.db", f->dir);
	if (log_open(&db, path, error) < 0 ||
	    verify_log(db, session, true, &w, &t.result, error) < 0)
		fail_msg("%s", error);
	log_close(db);
	return &t;
}

static void
expect(const struct told *t, const char *text)
{
	if (strstr(t->text, text) == NULL)
		fail_msg("expected \"%s\" in:\n%s", text, t->text);
}

static void
change(struct fixture *f, const char *sql)
{
	sqlite3 *db = reader(f->dir, SQLITE_OPEN_READWRITE);
	char *why = NULL;

	if (sqlite3_exec(db, sql, NULL, NULL, &why) != SQLITE_OK)
		fail_msg("%s: %s", sql, why);
	sqlite3_exec(db, "PRAGMA wal_checkpoint(TRUNCATE)", NULL, NULL, NULL);
	sqlite3_close(db);
}

static void
two_sessions(struct fixture *f)
{
	run_sealed_session(f, "one", 2000);
	run_sealed_session(f, "two", 20000);
}

static void
a_log_as_it_was_written_is_in_order(void **state)
{
	struct fixture *f = *state;
	struct told *t;

	two_sessions(f);
	t = verified(f, NULL);
	assert_string_equal(t->text, "");
	assert_int_equal(t->result.faults, 0);
	assert_int_equal(t->result.readings, 40);
	assert_int_equal(t->result.sessions, 2);
	assert_int_equal(t->result.seals, 2);
	t = verified(f, "one");
	assert_string_equal(t->text, "");
	assert_int_equal(t->result.seals, 1);
}

struct meanwhile {
	struct told told;
	struct fixture *f;
	bool ran;
};

/* A session is written and ends while the readings are looked at. */
static bool
run_one_more(void *arg, const char *what, int64_t done, int64_t total)
{
	struct meanwhile *m = arg;

	(void)done, (void)total;
	if (!m->ran && strcmp(what, "readings") == 0) {
		m->ran = true;
		run_sealed_session(m->f, "two", 20000);
	}
	return true;
}

static void
a_session_that_ends_meanwhile_is_no_fault(void **state)
{
	static struct meanwhile m;
	const struct verify_watch w = { say, run_one_more, &m };
	char path[128], error[LOG_ERROR] = "";
	struct fixture *f = *state;
	sqlite3 *db;

	m = (struct meanwhile){ .f = f };
	run_sealed_session(f, "one", 2000);
	snprintf(path, sizeof path, "%s/log.db", f->dir);
	assert_int_equal(log_open(&db, path, error), 0);
	if (verify_log(db, NULL, false, &w, &m.told.result, error) < 0)
		fail_msg("%s", error);
	log_close(db);
	assert_true(m.ran);
	assert_string_equal(m.told.text, "");
}

/* Changes one bit of log.db where that text is first found from 'from' on. */
static void
flip_bit(struct fixture *f, const void *what, size_t n, size_t at, long from)
{
	static unsigned char file[1 << 20];
	char path[128];
	int fd;
	ssize_t size;

	snprintf(path, sizeof path, "%s/log.db", f->dir);
	fd = open(path, O_RDWR);
	assert_true(fd >= 0);
	size = read(fd, file, sizeof file);
	assert_in_range(size, 4096, sizeof file - 1);
	for (ssize_t i = from; i + (ssize_t)n <= size; i++) {
		unsigned char byte;

		if (memcmp(file + i, what, n) != 0)
			continue;
		byte = file[i + (ssize_t)at] ^ 1;
		assert_int_equal(pwrite(fd, &byte, 1, i + (ssize_t)at), 1);
		close(fd);
		return;
	}
	fail_msg("\"%.*s\" is not in the file", (int)n, (const char *)what);
}

static void
one_changed_bit_is_found_and_its_part_named(void **state)
{
	static const struct {
		const char *text, *said;
	} flip[] = {
		{ "mark-of-one", "FAULT one: its statement records were "
		    "changed after it was sealed" },
		{ "alarm-of-one", "FAULT one: its alarm records were" },
		{ "notice-of-one", "FAULT one: its notice records were" },
		{ "delivery-of-one", "FAULT one: its delivery records were" },
		{ "event-of-one", "FAULT one: its event records were" },
		{ "\x5a\x5a\x5a\x24", "FAULT one: its readings in "
		    "reading_000001 were changed" },
	};
	struct fixture *f = *state;

	two_sessions(f);
	for (size_t i = 0; i < sizeof flip / sizeof *flip; i++) {
		size_t n = strlen(flip[i].text);
		struct told *t;

		flip_bit(f, flip[i].text, n, n - 2, 4096);
		t = verified(f, NULL);
		expect(t, flip[i].said);
		assert_int_equal(t->result.faults, 1);
		assert_int_equal(verified(f, "one")->result.faults, 1);
		assert_int_equal(verified(f, "two")->result.faults, 0);
		/* And back again. */
		{
			char other[32];

			memcpy(other, flip[i].text, n);
			other[n - 2] ^= 1;
			flip_bit(f, other, n, n - 2, 4096);
		}
		assert_int_equal(verified(f, NULL)->result.faults, 0);
	}
}

static void
a_record_that_is_missing_is_named_by_its_number(void **state)
{
	struct fixture *f = *state;
	char said[64];

	two_sessions(f);
	/* Of no session: no seal covers it. */
	snprintf(said, sizeof said, "FAULT : record %s is missing",
	    ask(f, "SELECT min(seq) FROM event WHERE kind = 1"));
	change(f, "DROP TRIGGER event_delete; DELETE FROM event WHERE seq = "
	    "(SELECT min(seq) FROM event WHERE kind = 1)");
	expect(verified(f, NULL), said);
	assert_int_equal(verified(f, NULL)->result.faults, 1);
}

static void
a_reading_that_is_missing_or_cannot_be_is_named(void **state)
{
	struct fixture *f = *state;
	struct told *t;

	run_sealed_session(f, "one", 2000);
	change(f, "DROP TRIGGER reading_000001_delete; "
	    "DROP TRIGGER reading_000001_update; "
	    "DELETE FROM reading_000001 WHERE row IN (4, 5); "
	    "UPDATE reading_000001 SET port = 77 WHERE row = 8; "
	    "UPDATE reading_000001 SET t_ms = 1 WHERE row = 10; "
	    "UPDATE reading_000001 SET value = NULL WHERE row = 12");
	t = verified(f, NULL);
	expect(t, "reading_000001: readings 4 to 5 are missing");
	expect(t, "reading_000001: reading 8 is of a port that there is not");
	expect(t, "reading_000001: reading 10 lies before the one before it");
	expect(t, "reading_000001: reading 12 has no value where its quality "
	    "says that there is one");
	expect(t, "one: its readings in reading_000001 are fewer than when it "
	    "was sealed");
}

/* Two ports as a service has them: an oximeter of 60 messages a second is dated
 * a little before another's message that was decoded first. */
static void
readings_of_two_ports_that_cross_are_no_fault(void **state)
{
	struct fixture *f = *state;
	struct record r = statement(STATEMENT_SESSION_START, 1, 2000);
	struct reading x = { .vital = VITAL_SPO2, .value = 9700 };
	char answer[64];

	f->ports[1].bed = "CHAIR3";
	open_store(f);
	put(f, 2000, &r);
	for (int i = 0; i < 5; i++) {
		struct now now = at(3000 + 1000 * i - 11);

		put_hr(f, 3000 + 1000 * i, 70);
		store_reading(f->store, &now, 1, &x);
	}
	r = statement(STATEMENT_SESSION_END, 2, 9000);
	await(f, put(f, 9000, &r));
	close_store(f, 9500);
	snprintf(answer, sizeof answer, "%s", ask(f, "SELECT group_concat("
	    "t_ms) FROM (SELECT t_ms FROM reading_000001 ORDER BY row LIMIT "
	    "4)"));
	assert_string_equal(answer, "3000,3000,4000,4000");
	assert_string_equal(ask(f, "SELECT at FROM readings WHERE row = 2"),
	    ask(f, "SELECT at FROM readings WHERE row = 1"));
	assert_int_equal(verified(f, NULL)->result.faults, 0);
	assert_int_equal(verified(f, NULL)->result.notes, 0);
}

static void
readings_that_an_earlier_build_stored_disorderly_are_noted(void **state)
{
	struct fixture *f = *state;
	struct told *t;

	run_sealed_session(f, "one", 2000);
	run_sealed_session(f, "two", 20000);
	change(f, "DROP TRIGGER reading_000001_update; "
	    "UPDATE reading_000001 SET t_ms = t_ms - 11 WHERE row = 38");
	t = verified(f, NULL);
	expect(t, "note : reading_000001: 1 reading lies less than a second "
	    "before the one before it");
	/* Which of them is later is for the seal to say. */
	assert_null(strstr(t->text, "reading 38"));
	change(f, "UPDATE reading_000001 SET t_ms = t_ms - 1000 WHERE row = "
	    "38");
	expect(verified(f, NULL), "reading 38 lies before the one before it");
}

static void
a_segment_that_is_gone_without_a_word_is_a_fault(void **state)
{
	struct fixture *f = *state;

	two_sessions(f);
	change(f, "DROP TABLE reading_000001");
	expect(verified(f, NULL), "FAULT : reading_000001 is missing, and no "
	    "record says that it was removed");
}

static void
a_seal_that_was_taken_out_breaks_the_chain(void **state)
{
	struct fixture *f = *state;
	struct told *t;

	two_sessions(f);
	change(f, "DROP TRIGGER event_delete; DELETE FROM event WHERE "
	    "kind = 16 AND session = 'one'");
	t = verified(f, NULL);
	expect(t, " is missing");
	expect(t, "FAULT two: its seal");
	expect(t, "does not follow the one before it (none)");
	expect(t, "note one: ended, but not sealed (yet)");
}

static void
a_new_seal_over_a_changed_session_breaks_those_after_it(void **state)
{
	struct fixture *f = *state;
	char sql[512];
	struct seal *s = NULL;
	struct seal_record x;
	sqlite3 *db;

	two_sessions(f);
	change(f, "DROP TRIGGER statement_update; DROP TRIGGER event_update; "
	    "UPDATE statement SET text = 'x' WHERE text = 'mark-of-one'");
	db = reader(f->dir, SQLITE_OPEN_READONLY);
	assert_int_equal(seal_read(db, "one", INT64_MAX, &x), 1);
	assert_int_equal(seal_begin(&s, db, "one", 2, x.below, x.seq), 0);
	while (seal_step(s, 100) > 0)
		;
	sqlite3_close(db);
	snprintf(sql, sizeof sql, "UPDATE event SET text = json_set(text, "
	    "'$.digest', '%s') WHERE kind = 16 AND session = 'one'; UPDATE "
	    "event SET text = json_set(text, '$.digest', '%s') WHERE "
	    "kind = 19 AND session = 'one' AND text LIKE '%%statement%%'",
	    seal_result(s)->digest, seal_result(s)->part[0].digest);
	seal_free(s);
	change(f, sql);
	assert_int_equal(verified(f, "one")->result.faults, 0);
	expect(verified(f, NULL), "FAULT two: its seal");
}

static void
numbers_without_a_word_are_named(void **state)
{
	struct fixture *f = *state;
	struct told *t;

	run_sealed_session(f, "one", 2000);
	change(f, "DROP TRIGGER alarm_update; UPDATE alarm SET state = 99; "
	    "DROP TRIGGER delivery_update; UPDATE delivery SET key = 'x'");
	t = verified(f, NULL);
	expect(t, "has a state, phase or priority that there is not");
	expect(t, "is of a notice that there is not");
}

static void
a_damaged_page_is_a_fault_and_not_the_end(void **state)
{
	struct fixture *f = *state;
	int64_t page;

	two_sessions(f);
	page = strtoll(ask(f, "SELECT rootpage FROM sqlite_schema WHERE "
	    "name = 'delivery'"), NULL, 10);
	/* The kind of the page. */
	flip_bit(f, "\x0d\0\0\0\x02", 5, 0, (page - 1) * 4096);
	expect(verified(f, NULL), "FAULT : ");
	assert_true(verified(f, NULL)->result.faults >= 1);
}

/* As a log of the first version has them. */
static void
a_seal_of_form_1_is_still_understood(void **state)
{
	struct fixture *f = *state;
	char sql[512];
	struct seal *s = NULL;
	sqlite3 *db;

	run_sealed_session(f, "one", 2000);
	change(f, "DROP TRIGGER event_delete; DELETE FROM event WHERE "
	    "kind IN (16, 19)");
	db = reader(f->dir, SQLITE_OPEN_READONLY);
	assert_int_equal(seal_begin(&s, db, "one", 1, 1000, 1000), 0);
	while (seal_step(s, 3) > 0)
		;
	sqlite3_close(db);
	assert_int_equal(seal_result(s)->records, 7);
	assert_int_equal(seal_result(s)->readings, 10);
	snprintf(sql, sizeof sql, "INSERT INTO event VALUES (1000, 1, 1, 1, 1, "
	    "16, '', '', 'one', 0, 0, 0, json_object('form', 1, 'digest', "
	    "'%s', 'previous', '-', 'below', 1000))", seal_result(s)->digest);
	seal_free(s);
	change(f, sql);
	assert_int_equal(verified(f, "one")->result.faults, 0);
	change(f, "DROP TRIGGER reading_000001_update; UPDATE reading_000001 "
	    "SET value = 1 WHERE row = 3");
	expect(verified(f, "one"), "FAULT one: it does not match its seal");
}

static void
an_open_session_is_said_and_no_fault(void **state)
{
	struct fixture *f = *state;
	struct told *t;

	open_store(f);
	put_hr(f, 1500, 70);
	await(f, put_statement(f, STATEMENT_SESSION_START, 1, 2000, 2000));
	t = verified(f, NULL);
	expect(t, "note 20261121-CHAIR3-1: still open");
	assert_int_equal(t->result.faults, 0);
}

#define VERIFY_TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		VERIFY_TEST(a_log_as_it_was_written_is_in_order),
		VERIFY_TEST(one_changed_bit_is_found_and_its_part_named),
		VERIFY_TEST(a_record_that_is_missing_is_named_by_its_number),
		VERIFY_TEST(a_session_that_ends_meanwhile_is_no_fault),
		VERIFY_TEST(a_reading_that_is_missing_or_cannot_be_is_named),
		VERIFY_TEST(readings_of_two_ports_that_cross_are_no_fault),
		VERIFY_TEST(
		    readings_that_an_earlier_build_stored_disorderly_are_noted),
		VERIFY_TEST(a_segment_that_is_gone_without_a_word_is_a_fault),
		VERIFY_TEST(a_seal_that_was_taken_out_breaks_the_chain),
		VERIFY_TEST(
		    a_new_seal_over_a_changed_session_breaks_those_after_it),
		VERIFY_TEST(numbers_without_a_word_are_named),
		VERIFY_TEST(a_damaged_page_is_a_fault_and_not_the_end),
		VERIFY_TEST(a_seal_of_form_1_is_still_understood),
		VERIFY_TEST(an_open_session_is_said_and_no_fault),
	};

	cmocka_set_test_filter(getenv("ONLY"));
	return cmocka_run_group_tests(tests, NULL, NULL);
}

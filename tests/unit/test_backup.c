/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A backup holds what the log held at one moment, whatever happens to the log
 * while it is made, and stands in nobody's way.
 *
 * Easy to get wrong: the callback of the copy runs between two of its reads;
 * what it does to the log, vitalsd could do at that moment.
 */
#include "tests/unit/sealed_log.h"

#include "cli/cli.h"
#include "cli/verbs.h"
#include "review/backup.h"

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

struct busy {
	struct fixture *f;
	int calls;
	int checkpoints_blocked;
	int64_t t_ms;
	bool late;		/* act when all is copied */
	bool (*act)(struct busy *b);
};

static bool
go_on(void *arg, const char *what, int64_t done, int64_t total)
{
	struct busy *b = arg;

	(void)what;
	assert_true(done >= 0 && done <= total);
	b->calls++;
	if (b->late && done < total)
		return true;
	return b->act == NULL || b->act(b);
}

static char *
path_of(const struct fixture *f, const char *name)
{
	static char path[16][128];
	static int i;

	i = (i + 1) % 16;
	snprintf(path[i], sizeof path[i], "%s/%s", f->dir, name);
	return path[i];
}

static void
run_sql(const char *path, const char *sql)
{
	sqlite3 *db;
	char *why = NULL;

	assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE,
	    NULL), SQLITE_OK);
	if (sqlite3_exec(db, sql, NULL, NULL, &why) != SQLITE_OK)
		fail_msg("%s: %s", sql, why);
	sqlite3_close(db);
}

/* Every table and every row of it, as one text. */
static char *
dump(const char *path)
{
	char *text = NULL;
	size_t n = 0;
	FILE *out = open_memstream(&text, &n);
	sqlite3 *db;
	sqlite3_stmt *names, *rows;
	char sql[256];

	assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY,
	    NULL), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, "SELECT type, name, sql FROM "
	    "sqlite_schema WHERE sql IS NOT NULL ORDER BY type, name", -1,
	    &names, NULL), SQLITE_OK);
	while (sqlite3_step(names) == SQLITE_ROW) {
		fprintf(out, "%s\n", sqlite3_column_text(names, 2));
		if (strcmp((const char *)sqlite3_column_text(names, 0),
		    "table") != 0)
			continue;
		snprintf(sql, sizeof sql, "SELECT * FROM \"%s\" ORDER BY 1, 2",
		    sqlite3_column_text(names, 1));
		assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &rows, NULL),
		    SQLITE_OK);
		while (sqlite3_step(rows) == SQLITE_ROW) {
			for (int i = 0; i < sqlite3_column_count(rows); i++)
				fprintf(out, "%d %s|", sqlite3_column_type(
				    rows, i), sqlite3_column_text(rows, i));
			fputc('\n', out);
		}
		sqlite3_finalize(rows);
	}
	sqlite3_finalize(names);
	sqlite3_close(db);
	fclose(out);
	return text;
}

static int
ctl(struct fixture *f, char **text, char **word, int n)
{
	char state[] = "--state";
	char *words[8] = { state, f->dir };
	size_t size = 0;
	FILE *out = open_memstream(text, &size);
	int status;

	memcpy(words + 2, word, (size_t)n * sizeof *words);
	status = cli_run(verbs, n + 2, words, stdin, out, out);
	fclose(out);
	return status;
}

static void
backup(struct fixture *f, const char *file, const char *option, int expected,
    const char *said)
{
	char verb[] = "backup", path[128], opt[32];
	char *words[] = { verb, path, opt }, *text;
	int status;

	snprintf(path, sizeof path, "%s", file);
	snprintf(opt, sizeof opt, "%s", option ? option : "");
	status = ctl(f, &text, words, option ? 3 : 2);
	if (status != expected || strstr(text, said) == NULL)
		fail_msg("expected %d and \"%s\", got %d and \"%s\"",
		    expected, said, status, text);
	free(text);
}

static void
a_backup_holds_all_that_the_log_holds(void **state)
{
	struct fixture *f = *state;
	char *log, *copy;
	struct stat st;

	run_sealed_session(f, "one", 2000);
	run_sealed_session(f, "two", 20000);
	backup(f, path_of(f, "b.db"), NULL, EXIT_OK, "2 seals verified");
	log = dump(path_of(f, "log.db"));
	copy = dump(path_of(f, "b.db"));
	assert_string_equal(log, copy);
	free(log);
	free(copy);
	assert_int_equal(stat(path_of(f, "b.db"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_not_equal(access(path_of(f, "b.db-wal"), F_OK), 0);
}

/* The writer goes on in the middle of it, into a further segment. */
static bool
write_more(struct busy *b)
{
	sqlite3 *db = reader(b->f->dir, SQLITE_OPEN_READWRITE);
	int log = 0, done = 0;

	b->t_ms += 70000;
	await(b->f, put_hr(b->f, b->t_ms, 60));
	sqlite3_busy_timeout(db, 0);
	/* Nobody holds back a checkpoint: no read lasts into the next. */
	if (sqlite3_wal_checkpoint_v2(db, NULL, SQLITE_CHECKPOINT_FULL, &log,
	    &done) != SQLITE_OK || log != done)
		b->checkpoints_blocked++;
	sqlite3_close(db);
	return true;
}

static void
the_log_may_be_written_while_it_is_copied(void **state)
{
	struct fixture *f = *state;
	struct busy b = { .f = f, .t_ms = 100000, .act = write_more };
	const struct backup_watch w = { go_on, &b };
	char error[LOG_ERROR] = "", before[32], after[32];
	int64_t row;

	f->options.segment_ms = 60000;
	open_store(f);
	for (int i = 0; i < 30000; i++)
		put_hr(f, 2000, 70);
	fill_session(f, "one", 3000);
	snprintf(before, sizeof before, "%s", ask(f, "SELECT max(n) FROM "
	    "segment"));
	if (backup_copy(path_of(f, "log.db"), path_of(f, "b.db"), &w, error) <
	    0)
		fail_msg("%s", error);
	assert_true(b.calls > 5);
	assert_int_equal(b.checkpoints_blocked, 0);
	snprintf(after, sizeof after, "%s", ask(f, "SELECT max(n) FROM "
	    "segment"));
	assert_string_not_equal(before, after);
	/* As it was when it began. */
	{
		sqlite3 *db;
		sqlite3_stmt *st;

		assert_int_equal(sqlite3_open_v2(path_of(f, "b.db"), &db,
		    SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
		assert_int_equal(sqlite3_prepare_v2(db, "SELECT (SELECT "
		    "max(n) FROM segment), (SELECT count(*) FROM "
		    "reading_000001)", -1, &st, NULL), SQLITE_OK);
		assert_int_equal(sqlite3_step(st), SQLITE_ROW);
		assert_string_equal(sqlite3_column_text(st, 0), before);
		row = sqlite3_column_int64(st, 1);
		sqlite3_finalize(st);
		sqlite3_close(db);
	}
	assert_int_equal(row, 30020);
}

/* Retention strikes once. */
static bool
remove_a_segment(struct busy *b)
{
	run_sql(path_of(b->f, "log.db"), "DROP VIEW IF EXISTS readings;"
	    "DROP TABLE IF EXISTS reading_000001");
	return true;
}

static void
copy_while_a_segment_goes(struct fixture *f, bool late)
{
	struct busy b = { .f = f, .act = remove_a_segment, .late = late };
	const struct backup_watch w = { go_on, &b };
	char error[LOG_ERROR] = "", *log, *copy;

	f->options.segment_ms = 5000;
	run_sealed_session(f, "one", 2000);
	if (backup_copy(path_of(f, "log.db"), path_of(f, "b.db"), &w, error) <
	    0)
		fail_msg("%s", error);
	log = dump(path_of(f, "log.db"));
	copy = dump(path_of(f, "b.db"));
	assert_string_equal(log, copy);
	assert_null(strstr(copy, "CREATE TABLE reading_000001"));
	free(log);
	free(copy);
}

static void
a_segment_that_is_removed_in_the_meantime_is_not_in_it(void **state)
{
	copy_while_a_segment_goes(*state, false);
}

static void
nor_one_that_was_copied_when_it_was_removed(void **state)
{
	copy_while_a_segment_goes(*state, true);
}

static bool
stop(struct busy *b)
{
	return b->calls < 3;
}

static void
an_interrupted_backup_leaves_nothing(void **state)
{
	struct fixture *f = *state;
	struct busy b = { .f = f, .act = stop };
	const struct backup_watch w = { go_on, &b };
	char error[LOG_ERROR] = "";

	run_sealed_session(f, "one", 2000);
	assert_int_equal(backup_copy(path_of(f, "log.db"), path_of(f, "b.db"),
	    &w, error), -EINTR);
	assert_int_not_equal(access(path_of(f, "b.db"), F_OK), 0);
}

static void
a_file_that_is_there_is_replaced_only_when_told_so(void **state)
{
	struct fixture *f = *state;

	run_sealed_session(f, "one", 2000);
	backup(f, path_of(f, "b.db"), NULL, EXIT_OK, "1 seal verified");
	run_sealed_session(f, "two", 20000);
	backup(f, path_of(f, "b.db"), NULL, EXIT_PROBLEM, "is there already");
	backup(f, path_of(f, "b.db"), "--force", EXIT_OK, "2 seals verified");
	backup(f, path_of(f, "log.db"), "--force", EXIT_PROBLEM,
	    "are the log's own");
	backup(f, path_of(f, "log.db-wal"), "--force", EXIT_PROBLEM,
	    "are the log's own");
	backup(f, f->dir, "--force", EXIT_PROBLEM, "is a folder");
	backup(f, path_of(f, "none/b.db"), NULL, EXIT_PROBLEM,
	    "make it, or give another");
	backup(f, path_of(f, "nowhere/b.db"), NULL, EXIT_PROBLEM,
	    "No such file or directory");
}

static void
a_log_with_a_fault_gives_no_backup_of_that_name(void **state)
{
	struct fixture *f = *state;
	char *text;

	run_sealed_session(f, "one", 2000);
	backup(f, path_of(f, "b.db"), NULL, EXIT_OK, "verified");
	text = dump(path_of(f, "b.db"));
	run_sql(path_of(f, "log.db"), "DROP TRIGGER alarm_update;"
	    "UPDATE alarm SET text = 'nothing happened'");
	backup(f, path_of(f, "b.db"), "--force", EXIT_PROBLEM,
	    "one: its alarm records were changed after it was sealed");
	/* The good one is still there. */
	{
		char *now = dump(path_of(f, "b.db"));

		assert_string_equal(now, text);
		free(now);
	}
	free(text);
}

static void
a_backup_without_a_name_is_not_begun(void **state)
{
	struct fixture *f = *state;

	run_sealed_session(f, "one", 2000);
	backup(f, "", NULL, EXIT_USAGE, "the name of the backup is empty");
}

static void
a_file_that_cannot_be_written_is_said_and_nothing_is_left(void **state)
{
	struct fixture *f = *state;
	struct rlimit was, small = { 64 << 10, RLIM_INFINITY };

	run_sealed_session(f, "one", 2000);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &was), 0);
	small.rlim_max = was.rlim_max;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	backup(f, path_of(f, "b.db"), NULL, EXIT_PROBLEM,
	    "the backup cannot be written");
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &was), 0);
	signal(SIGXFSZ, SIG_DFL);
	assert_int_not_equal(access(path_of(f, "b.db"), F_OK), 0);
}

/* An oximeter of 60 messages a second beside a monitor of another kind. */
static void
readings_of_two_ports_that_cross_are_backed_up(void **state)
{
	struct fixture *f = *state;
	struct reading x = { .vital = VITAL_SPO2, .value = 9700 };
	struct now now = at(2989);

	f->ports[1].bed = "CHAIR3";
	open_store(f);
	await(f, put_statement(f, STATEMENT_SESSION_START, 1, 2000, 2000));
	await(f, put_hr(f, 3000, 71));
	await(f, store_reading(f->store, &now, 1, &x));
	backup(f, path_of(f, "b.db"), NULL, EXIT_OK, "2 readings");
}

static void
a_backup_put_in_the_place_of_the_log_is_taken_up(void **state)
{
	struct fixture *f = *state;

	open_store(f);
	await(f, put_statement(f, STATEMENT_SESSION_START, 1, 2000, 2000));
	await(f, put_hr(f, 2500, 71));
	backup(f, path_of(f, "b.db"), NULL, EXIT_OK, "verified");
	await(f, put_hr(f, 3500, 72));
	close_store(f, 4000);
	/* Not even the -wal need be removed after a clean stop. */
	assert_int_equal(rename(path_of(f, "b.db"), path_of(f, "log.db")), 0);
	f->options.now = at(10000);
	open_store(f);
	assert_string_equal(f->restored->replaced, "");
	assert_int_equal(f->restored->sessions_n, 1);
	assert_string_equal(f->restored->sessions[0].session.id,
	    "20261121-CHAIR3-1");
	await(f, put_hr(f, 11000, 73));
	assert_string_equal(ask(f, "SELECT group_concat(value, ' ') FROM "
	    "readings"), "71 73");
	assert_string_equal(ask(f, "PRAGMA journal_mode"), "wal");
}

#define BACKUP_TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		BACKUP_TEST(a_backup_holds_all_that_the_log_holds),
		BACKUP_TEST(the_log_may_be_written_while_it_is_copied),
		BACKUP_TEST(
		    a_segment_that_is_removed_in_the_meantime_is_not_in_it),
		BACKUP_TEST(nor_one_that_was_copied_when_it_was_removed),
		BACKUP_TEST(an_interrupted_backup_leaves_nothing),
		BACKUP_TEST(
		    a_file_that_is_there_is_replaced_only_when_told_so),
		BACKUP_TEST(a_log_with_a_fault_gives_no_backup_of_that_name),
		BACKUP_TEST(a_backup_without_a_name_is_not_begun),
		BACKUP_TEST(
		    a_file_that_cannot_be_written_is_said_and_nothing_is_left),
		BACKUP_TEST(readings_of_two_ports_that_cross_are_backed_up),
		BACKUP_TEST(a_backup_put_in_the_place_of_the_log_is_taken_up),
	};

	cmocka_set_test_filter(getenv("ONLY"));
	return cmocka_run_group_tests(tests, NULL, NULL);
}

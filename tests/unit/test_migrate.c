/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A log of an earlier version is brought up to date, whole or not at all, and
 * what it was is kept.
 *
 * Easy to get wrong: the earlier versions are made by the migrations
 * themselves, which are never edited once they are released.
 */
#include "tests/unit/store_help.h"

#include "schemas/migrations.h"

#include <sys/stat.h>

/* log.db of version 1 with a process start and a statement in it. */
static void
make_version_1(struct fixture *f, const char *more)
{
	sqlite3 *db = reader(f->dir, SQLITE_OPEN_READWRITE |
	    SQLITE_OPEN_CREATE);
	char *why = NULL;

	if (sqlite3_exec(db, "PRAGMA journal_mode = WAL", NULL, NULL, &why) ||
	    sqlite3_exec(db, migrations[0], NULL, NULL, &why) ||
	    sqlite3_exec(db, "PRAGMA user_version = 1;"
	    "INSERT INTO start VALUES (1, 1, 1, 1, '00000000000000a1',"
	    " '11111111-1111-1111-1111-111111111111', '0.0');"
	    "INSERT INTO statement VALUES (2, 1, 5, 5, 1, 'a1-1', 0,"
	    " 'an-old-session', 'CHAIR3', 5, 5, 'x', '', NULL, 0, '', '')",
	    NULL, NULL, &why) ||
	    sqlite3_exec(db, more, NULL, NULL, &why))
		fail_msg("%s", why);
	sqlite3_close(db);
}

/* The answer of the copy that was kept. */
static const char *
ask_copy(struct fixture *f, const char *sql)
{
	char folder[64], from[128], to[128];
	const char *answer;

	strcpy(folder, f->dir);
	snprintf(from, sizeof from, "%s/log.db.version-1", folder);
	snprintf(f->dir, sizeof f->dir, "%s/copy", folder);
	assert_int_equal(mkdir(f->dir, 0700), 0);
	snprintf(to, sizeof to, "%s/log.db", f->dir);
	assert_int_equal(link(from, to), 0);
	answer = ask(f, sql);
	strcpy(f->dir, folder);
	return answer;
}

static void
an_older_log_is_brought_up_to_date_and_kept_as_it_was(void **state)
{
	struct fixture *f = *state;
	char path[128];
	struct stat st;

	make_version_1(f, "");
	open_store(f);
	assert_string_equal(f->restored->sessions[0].session.id,
	    "an-old-session");
	assert_true(strtol(ask(f, "PRAGMA user_version"), NULL, 10) > 1);
	assert_string_equal(ask(f, "SELECT count(*) FROM removals"), "0");
	assert_string_equal(ask(f, "SELECT count(*) FROM start"), "2");
	assert_non_null(strstr(ask(f, "SELECT text FROM events WHERE event ="
	    " 'migrated'"), "the log as it was is in log.db.version-1"));
	assert_string_equal(ask_copy(f, "SELECT (SELECT user_version FROM"
	    " pragma_user_version) || (SELECT session FROM statement) ||"
	    " (SELECT count(*) FROM start)"), "1an-old-session1");
	snprintf(path, sizeof path, "%s/log.db.version-1", f->dir);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640);
	/* Once. */
	close_store(f, 5000);
	open_store(f);
	assert_string_equal(ask(f, "SELECT count(*) FROM events WHERE event ="
	    " 'migrated'"), "1");
}

/* What the migration makes is there already: it fails. */
static void
a_migration_that_fails_changes_nothing_and_stops_no_alarm(void **state)
{
	struct fixture *f = *state;

	make_version_1(f, "CREATE VIEW removals AS SELECT 1");
	open_store(f);
	await_failing(f, true);
	assert_string_equal(ask(f, "PRAGMA user_version"), "1");
	assert_string_equal(ask(f, "SELECT count(*) FROM sqlite_schema WHERE"
	    " name = 'span_by_segment'"), "0");
	assert_string_equal(ask(f, "SELECT count(*) FROM start"), "1");
	/* It is resumed all the same. */
	assert_string_equal(f->restored->sessions[0].session.id,
	    "an-old-session");
}

static void
a_new_log_needs_no_copy(void **state)
{
	struct fixture *f = *state;
	char path[128];

	open_store(f);
	snprintf(path, sizeof path, "%s/log.db.version-0", f->dir);
	assert_int_not_equal(access(path, F_OK), 0);
	assert_string_equal(ask(f, "SELECT count(*) FROM events WHERE event ="
	    " 'migrated'"), "0");
}

#define MIGRATE_TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		MIGRATE_TEST(
		    an_older_log_is_brought_up_to_date_and_kept_as_it_was),
		MIGRATE_TEST(
		    a_migration_that_fails_changes_nothing_and_stops_no_alarm),
		MIGRATE_TEST(a_new_log_needs_no_copy),
	};

	cmocka_set_test_filter(getenv("ONLY"));
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The log when things go wrong: a full, hung or read-only disk, a damaged
 * file, kill -9, another boot, and readers of another user all the while.
 *
 * Easy to get wrong: faults are made in SQLite's own system calls, which are
 * the same for the whole process; a writer that is killed is a child, since a
 * process that forks with a log open shares SQLite's state with it.
 */
#include "tests/unit/store_help.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <sys/wait.h>

enum trouble { WORKS, FULL, FULL_BUT_FOR_BALLAST, BROKEN, HANGS };
static atomic_int trouble;
static atomic_bool hangs;	/* a write is waiting */
static char ballast[128];

static ssize_t
troubled_pwrite(int fd, const void *data, size_t size, off_t offset)
{
	struct timespec moment = { 0, 1000000 };

	while (atomic_load(&trouble) == HANGS) {
		atomic_store(&hangs, true);
		nanosleep(&moment, NULL);
	}
	switch (atomic_load(&trouble)) {
	case FULL_BUT_FOR_BALLAST:
		if (access(ballast, F_OK) != 0)
			break;
		errno = ENOSPC;
		return -1;
	case FULL:
		errno = ENOSPC;
		return -1;
	case BROKEN:
		errno = EIO;
		return -1;
	default:
		break;
	}
	return pwrite(fd, data, size, offset);
}

static int
setup_trouble(void **state)
{
	struct fixture *f;
	int err = setup(state);

	f = *state;
	snprintf(ballast, sizeof ballast, "%s/ballast", f->dir);
	atomic_store(&trouble, WORKS);
	atomic_store(&hangs, false);
	return err;
}

static int
teardown_trouble(void **state)
{
	atomic_store(&trouble, WORKS);
	return teardown(state);
}

static void
a_full_disk_loses_nothing_and_heals_without_a_restart(void **state)
{
	struct fixture *f = *state;
	uint64_t ticket = 0, before;
	struct store_report r;

	open_store(f);
	put_statement(f, STATEMENT_SESSION_START, 1, 1500, 1500);
	before = put_hr(f, 2000, 60);
	await(f, before);
	atomic_store(&trouble, FULL);
	for (int i = 0; i < 500; i++)
		ticket = put_hr(f, 3000 + i, 70);
	ticket = put_statement(f, STATEMENT_MARK, 2, 3500, 3500);
	r = await_failing(f, true);
	assert_true(r.committed == before);
	assert_non_null(strstr(r.why, "full"));
	atomic_store(&trouble, WORKS);
	r = await(f, ticket);
	assert_false(r.failing);
	assert_int_equal(r.lost_readings + r.lost_records, 0);
	assert_string_equal(ask(f, "SELECT count(*) || ' ' || count(DISTINCT"
	    " t_ms) FROM readings"), "501 501");
	assert_string_equal(ask(f, "SELECT count(*) FROM statement"), "2");
	assert_string_equal(ask(f, "SELECT group_concat(event, ' ') FROM"
	    " events"), "store-fault store-ok");
	assert_string_equal(ask(f, "PRAGMA integrity_check"), "ok");
}

static int64_t
processor_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void
a_session_that_ends_on_a_full_disk_is_waited_with_and_then_sealed(
    void **state)
{
	struct fixture *f = *state;
	int64_t began;
	uint64_t ticket;

	open_store(f);
	put_statement(f, STATEMENT_SESSION_START, 1, 1500, 1500);
	await(f, put_hr(f, 2000, 60));
	atomic_store(&trouble, FULL);
	ticket = put_statement(f, STATEMENT_SESSION_END, 2, 3000, 3000);
	await_failing(f, true);
	poll(NULL, 0, 1100);	/* its seal would be due */
	began = processor_ms();
	poll(NULL, 0, 500);
	assert_in_range(processor_ms() - began, 0, 200);
	atomic_store(&trouble, WORKS);
	await(f, ticket);
	for (int i = 0; i < 500 && strcmp(ask(f, "SELECT count(*) FROM events"
	    " WHERE event = 'seal'"), "1") != 0; i++)
		poll(NULL, 0, 10);
	assert_string_equal(ask(f, "SELECT count(*) FROM events WHERE event ="
	    " 'seal'"), "1");
}

static void
a_disk_error_heals_too(void **state)
{
	struct fixture *f = *state;
	uint64_t ticket;

	open_store(f);
	await(f, put_hr(f, 2000, 60));
	atomic_store(&trouble, BROKEN);
	ticket = put_hr(f, 3000, 61);
	await_failing(f, true);
	atomic_store(&trouble, WORKS);
	await(f, ticket);
	assert_string_equal(ask(f, "SELECT group_concat(value, ' ') FROM"
	    " readings"), "60 61");
}

/* The file is there before it has its size. */
static void
await_ballast(struct stat *st)
{
	memset(st, 0, sizeof *st);
	for (int i = 0; i < 3000 && (stat(ballast, st) != 0 ||
	    st->st_size == 0); i++)
		poll(NULL, 0, 10);
	assert_int_equal(st->st_size, 1 << 20);
}

static void
the_ballast_is_given_back_and_made_again(void **state)
{
	struct fixture *f = *state;
	struct stat st;
	uint64_t ticket;

	f->options.ballast = 1 << 20;
	open_store(f);
	await(f, put_hr(f, 2000, 60));
	await_ballast(&st);
	assert_true(st.st_blocks * 512 >= 1 << 20);
	atomic_store(&trouble, FULL_BUT_FOR_BALLAST);
	ticket = put_hr(f, 3000, 61);
	await(f, ticket);
	atomic_store(&trouble, WORKS);
	await_ballast(&st);
}

static void
what_no_longer_fits_the_queue_is_counted_and_logged(void **state)
{
	struct fixture *f = *state;
	struct store_report r;
	uint64_t ticket = 0;
	char rows[16];

	open_store(f);
	await(f, put_hr(f, 2000, 60));
	atomic_store(&trouble, FULL);
	for (int i = 0; i < STORE_READINGS; i++) {
		ticket = put_hr(f, 3000 + i, 70);
		assert_int_not_equal(ticket, 0);
	}
	for (int i = 0; i < 7; i++)
		assert_int_equal(put_hr(f, 90000, 70), 0);
	r = await_failing(f, true);
	assert_int_equal(r.lost_readings, 7);
	atomic_store(&trouble, WORKS);
	r = await(f, ticket);
	assert_int_equal(r.readings, STORE_READINGS + 1);
	/* Put after the loss, so it tells of it. */
	await(f, put_hr(f, 91000, 71));
	assert_string_equal(ask(f, "SELECT sum(count) FROM events WHERE event"
	    " = 'readings-lost'"), "7");
	snprintf(rows, sizeof rows, "%d", STORE_READINGS + 2);
	assert_string_equal(ask(f, "SELECT count(*) FROM reading_000001"), rows);
}

static void
a_hung_disk_holds_up_no_caller(void **state)
{
	struct fixture *f = *state;
	struct store_report r;
	int64_t begin, answered;
	uint64_t ticket = 0;

	open_store(f);
	await(f, put_hr(f, 2000, 60));
	atomic_store(&trouble, HANGS);
	put_statement(f, STATEMENT_MARK, 1, 2500, 2500);
	/* The thread may be busy with the disk a while before it runs into it. */
	for (int i = 0; i < 20000 && !atomic_load(&hangs); i++)
		poll(NULL, 0, 1);
	assert_true(atomic_load(&hangs));
	begin = real_ms();
	for (int i = 0; i < 1000; i++)
		ticket = put_hr(f, 3000 + i, 70);
	store_report(f->store, &r);
	answered = r.answered_ms;
	assert_in_range(real_ms() - begin, 0, 500);
	poll(NULL, 0, 1200);
	store_report(f->store, &r);
	assert_true(r.answered_ms == answered);	/* seen not to answer */
	atomic_store(&trouble, WORKS);
	r = await(f, ticket);
	assert_int_equal(r.lost_readings, 0);
}

/* Runs a part in a child; returns its exit status, or 128 + signal. */
static int
in_child(struct fixture *f, void (*part)(struct fixture *))
{
	int status = 0;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		part(f);
		_exit(0);
	}
	assert_true(waitpid(pid, &status, 0) == pid);
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) :
	    WEXITSTATUS(status);
}

static void
close_on_a_hung_disk(struct fixture *f)
{
	struct now now = at(9000);
	int64_t begin;

	open_store(f);
	await(f, put_hr(f, 2000, 60));
	atomic_store(&trouble, HANGS);
	put_hr(f, 3000, 61);
	begin = real_ms();
	store_close(f->store, &now, 200);
	_exit(real_ms() - begin < 1000 ? 42 : 1);
}

static void
closing_gives_up_on_a_hung_disk(void **state)
{
	assert_int_equal(in_child(*state, close_on_a_hung_disk), 42);
}

static void
a_damaged_log_is_moved_aside_and_a_new_one_begun(void **state)
{
	struct fixture *f = *state;
	char path[128];
	char junk[8192];
	int fd;

	open_store(f);
	put_statement(f, STATEMENT_SESSION_START, 1, 1500, 1500);
	for (int i = 0; i < 3000; i++)
		put_hr(f, 2000 + i, 60);
	await(f, put_hr(f, 6000, 60));
	close_store(f, 7000);
	/* Everything into the file itself, which is then overwritten. */
	sqlite3_close(reader(f->dir, SQLITE_OPEN_READWRITE));
	snprintf(path, sizeof path, "%s/log.db", f->dir);
	{
		sqlite3 *db = reader(f->dir, SQLITE_OPEN_READWRITE);

		assert_int_equal(sqlite3_exec(db, "PRAGMA wal_checkpoint("
		    "TRUNCATE)", NULL, NULL, NULL), SQLITE_OK);
		sqlite3_close(db);
	}
	memset(junk, 0x5a, sizeof junk);
	fd = open(path, O_WRONLY);
	assert_int_equal(pwrite(fd, junk, sizeof junk, 4096), sizeof junk);
	close(fd);

	f->options.now = at(10000);
	open_store(f);
	snprintf(path, sizeof path, "%s/log.db.damaged-20261120T230010Z",
	    f->dir);
	assert_string_equal(f->restored->replaced, path);
	assert_int_equal(access(path, R_OK), 0);
	assert_int_equal(f->restored->sessions_n, 0);
	await(f, put_hr(f, 11000, 61));
	assert_string_equal(ask(f, "SELECT group_concat(value) FROM readings"),
	    "61");
}

static void
a_file_that_is_no_database_is_moved_aside(void **state)
{
	struct fixture *f = *state;
	char path[128];
	FILE *file;

	snprintf(path, sizeof path, "%s/log.db", f->dir);
	file = fopen(path, "w");
	for (int i = 0; i < 2000; i++)
		fputs("not a database at all; ", file);
	fclose(file);
	open_store(f);
	assert_string_not_equal(f->restored->replaced, "");
	await(f, put_hr(f, 11000, 61));
}

static void
the_log_of_a_newer_vitalsd_is_refused(void **state)
{
	struct fixture *f = *state;
	sqlite3 *db;
	char known[32], expected[64];

	open_store(f);
	close_store(f, 2000);
	snprintf(known, sizeof known, "%s", ask(f, "PRAGMA user_version"));
	db = reader(f->dir, SQLITE_OPEN_READWRITE);
	assert_int_equal(sqlite3_exec(db, "PRAGMA user_version = 99", NULL,
	    NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	store_restored_free(f->restored);
	f->restored = NULL;
	assert_int_equal(store_open(&f->store, &f->options, &f->restored,
	    f->error, sizeof f->error), -EPROTO);
	assert_null(f->store);
	assert_non_null(strstr(f->error, "version 99"));
	snprintf(expected, sizeof expected, "up to %s", known);
	assert_non_null(strstr(f->error, expected));
	assert_string_equal(ask(f, "PRAGMA user_version"), "99");
}

static void
somebody_elses_database_is_refused(void **state)
{
	struct fixture *f = *state;
	sqlite3 *db = reader(f->dir, SQLITE_OPEN_READWRITE |
	    SQLITE_OPEN_CREATE);

	assert_int_equal(sqlite3_exec(db, "CREATE TABLE letters (a)", NULL,
	    NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	assert_int_equal(store_open(&f->store, &f->options, &f->restored,
	    f->error, sizeof f->error), -EPROTO);
	assert_non_null(strstr(f->error, "not vitalsd's log"));
}

static void
a_disk_that_is_full_at_the_start_is_waited_for(void **state)
{
	struct fixture *f = *state;
	uint64_t ticket;

	atomic_store(&trouble, FULL);
	open_store(f);
	assert_int_equal(f->restored->sessions_n, 0);
	await_failing(f, true);
	ticket = put_hr(f, 2000, 60);
	atomic_store(&trouble, WORKS);
	await(f, ticket);
	assert_string_equal(ask(f, "SELECT value FROM readings"), "60");
	assert_string_equal(ask(f, "SELECT count(*) FROM start"), "1");
}

static void
a_full_disk_does_not_hide_the_open_session(void **state)
{
	struct fixture *f = *state;
	uint64_t ticket;

	open_store(f);
	await(f, put_statement(f, STATEMENT_SESSION_START, 1, 1500, 1500));
	close_store(f, 2000);
	atomic_store(&trouble, FULL);
	open_store(f);
	assert_int_equal(f->restored->sessions_n, 1);
	assert_int_equal(store_session_count(f->store, "20261121-CHAIR3-"),
	    1);
	await_failing(f, true);
	ticket = put_hr(f, 4000, 60);
	atomic_store(&trouble, WORKS);
	await(f, ticket);
	assert_string_equal(ask(f, "SELECT first_row FROM spans"), "1");
}

static void
a_directory_that_cannot_be_made_is_waited_for(void **state)
{
	struct fixture *f = *state;
	char between[80], dir[96];
	uint64_t ticket;

	snprintf(between, sizeof between, "%s/later", f->dir);
	snprintf(dir, sizeof dir, "%s/state", between);
	f->options.dir = dir;
	open_store(f);
	await_failing(f, true);
	ticket = put_hr(f, 4000, 60);
	assert_int_equal(mkdir(between, 0755), 0);
	await(f, ticket);
	close_store(f, 5000);
	f->options.dir = f->dir;
}

static void
be_killed_in_mid_session(struct fixture *f)
{
	struct record alarm = { .class = RECORD_ALARM };
	struct record notice = { .class = RECORD_NOTICE };
	struct record done = { .class = RECORD_DELIVERY };

	alarm.alarm = (struct alarm_change){ .event = { 0xa2, 5 },
		.state = ALARM_ACTIVE, .session = "20261121-CHAIR3-1",
		.infusion_ms = INFUSION_NONE, .since_ms = 4000 };
	open_store(f);
	put_statement(f, STATEMENT_SESSION_START, 1, 1500, 1500);
	put_statement(f, STATEMENT_INFUSION_START, 2, 2500, 2500);
	put(f, 4000, &alarm);
	alarm.alarm.event.n = 6;
	put(f, 4000, &alarm);
	alarm.alarm.state = ALARM_INACTIVE;
	alarm.alarm.phase = ALARM_END;
	put(f, 4100, &alarm);
	for (uint64_t n = 10; n < 13; n++) {
		notice.notice.key = (struct event_id){ 0xa2, n };
		strcpy(notice.notice.channel, "desk");
		put(f, 4200, &notice);
	}
	done.delivery = (struct delivery){ .key = { 0xa2, 11 },
		.channel = "desk", .outcome = OUTCOME_DELIVERED };
	put(f, 4300, &done);
	done.delivery = (struct delivery){ .key = { 0xa2, 10 },
		.channel = "desk", .outcome = OUTCOME_RETRY };
	put(f, 4300, &done);
	await(f, put_hr(f, 5000, 66));
	kill(getpid(), SIGKILL);
}

static void
kill_9_in_mid_session_loses_nothing_committed(void **state)
{
	struct fixture *f = *state;
	struct store_session *s;

	assert_int_equal(in_child(f, be_killed_in_mid_session),
	    128 + SIGKILL);
	f->options.now = at(8000);
	f->options.start_id = 0xb0;
	open_store(f);
	assert_false(f->restored->last_clean);
	assert_true(f->restored->last_same_boot);
	assert_true(f->restored->last_t_ms == 5000);
	assert_int_equal(f->restored->sessions_n, 1);
	s = &f->restored->sessions[0];
	assert_true(s->same_boot);
	assert_int_equal(session_phase(&s->session), PHASE_INFUSION);
	assert_true(session_at(&s->session, 8000).infusion_ms == 5500);
	assert_int_equal(s->open_alarms_n, 1);
	assert_int_equal(s->open_alarms[0].event.n, 5);
	assert_true(s->open_alarms[0].since_ms == 4000);
	assert_int_equal(f->restored->notices_n, 2);
	assert_int_equal(f->restored->notices[0].key.n, 10);
	assert_int_equal(f->restored->notices[1].key.n, 12);
	/* The same boot goes on in the same segment, the session too. */
	put_hr(f, 9000, 67);
	await(f, put_statement(f, STATEMENT_SESSION_ABORT, 9, 9500, 9500));
	assert_string_equal(ask(f, "SELECT segment || ':' || first_row || '-'"
	    " || last_row FROM spans"), "1:1-2");
}

static void
a_session_is_bridged_to_the_next_boot_by_wall_time(void **state)
{
	struct fixture *f = *state;
	struct store_session *s;

	assert_int_equal(in_child(f, be_killed_in_mid_session),
	    128 + SIGKILL);
	/* The machine came up 100 s after the last record, 20 s ago. */
	f->options.start_id = 0xb0;
	strcpy(f->options.boot_id, "22222222-2222-2222-2222-222222222222");
	f->options.now = (struct now){ .t_ms = 20000,
		.wall_ms = WALL + 5000 + 120000, .synced = true };
	open_store(f);
	assert_false(f->restored->last_same_boot);
	assert_true(f->restored->last_wall_ms == WALL + 5000);
	s = &f->restored->sessions[0];
	assert_false(s->same_boot);
	assert_true(s->bridge_certain);
	assert_true(s->bridge_ms == 120000);
	assert_int_equal(session_phase(&s->session), PHASE_INFUSION);
	assert_true(session_at(&s->session, 20000).infusion_ms == 122500);
	assert_true(s->open_alarms[0].since_ms == 4000 - 105000);
	close_store(f, 21000);

	/* Once more in this boot, its wall clock stepped by an hour: the bridge
	 * stays where it was. */
	f->options.now = (struct now){ .t_ms = 30000,
		.wall_ms = WALL + 5000 + 130000 + HOUR_MS, .synced = false };
	open_store(f);
	s = &f->restored->sessions[0];
	assert_true(s->same_boot);
	assert_true(session_at(&s->session, 30000).infusion_ms == 132500);
	/* Readings of the new boot lie in a segment of their own. */
	await(f, put_hr(f, 31000, 68));
	assert_string_equal(ask(f, "SELECT group_concat(segment || ':' ||"
	    " first_row || '-' || ifnull(last_row, 'open'), ' ') FROM spans"),
	    "1:1-1 2:1-open");
}

/* --- a second user ------------------------------------------------------ */

#define READERS 65500	/* a group of no other use */

static int ready[2], go[2];

static void
write_until_told(struct fixture *f)
{
	char byte = 0;

	open_store(f);
	put_statement(f, STATEMENT_SESSION_START, 1, 1500, 1500);
	await(f, put_hr(f, 2000, 66));
	assert(write(ready[1], "r", 1) == 1);
	if (read(go[0], &byte, 1) == 1 && byte == 'k')
		kill(getpid(), SIGKILL);
	close_store(f, 3000);
	_exit(0);
}

static void
read_as_nobody(struct fixture *f)
{
	gid_t group = READERS;

	if (setgroups(1, &group) != 0 || setgid(65534) != 0 ||
	    setuid(65534) != 0)
		_exit(2);
	_exit(strcmp(ask(f, "SELECT s.subject || r.value FROM sessions s,"
	    " readings r"), "K-01466") == 0 ? 42 : 1);
}

static void
read_as_stranger(struct fixture *f)
{
	char path[128];

	snprintf(path, sizeof path, "%s/log.db", f->dir);
	if (setgroups(0, NULL) != 0 || setgid(65534) != 0 ||
	    setuid(65534) != 0)
		_exit(2);
	_exit(access(path, R_OK) != 0 && errno == EACCES ? 42 : 1);
}

static void
reads_running_and_after(struct fixture *f, char how)
{
	char byte;
	int status;
	pid_t pid;

	if (getuid() != 0)
		skip();
	assert_int_equal(chown(f->dir, 0, READERS), 0);
	assert_int_equal(chmod(f->dir, 02750), 0);
	assert_int_equal(pipe(ready), 0);
	assert_int_equal(pipe(go), 0);
	pid = fork();
	if (pid == 0)
		write_until_told(f);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	assert_int_equal(in_child(f, read_as_nobody), 42);
	assert_int_equal(in_child(f, read_as_stranger), 42);
	assert_int_equal(write(go[1], &how, 1), 1);
	assert_true(waitpid(pid, &status, 0) == pid);
	assert_int_equal(how == 'k', WIFSIGNALED(status));
	assert_int_equal(in_child(f, read_as_nobody), 42);
	for (int i = 0; i < 2; i++) {
		close(ready[i]);
		close(go[i]);
	}
}

static void
another_user_reads_it_running_and_after_a_clean_stop(void **state)
{
	reads_running_and_after(*state, 's');
}

static void
another_user_reads_it_after_kill_9(void **state)
{
	reads_running_and_after(*state, 'k');
}

static void
start_where_only_reading_is_allowed(struct fixture *f)
{
	gid_t group = READERS;

	if (setgroups(1, &group) != 0 || setgid(65534) != 0 ||
	    setuid(65534) != 0)
		_exit(2);
	open_store(f);
	await_failing(f, true);
	_exit(f->restored->sessions_n == 1 && f->restored->replaced[0] == '\0'
	    ? 42 : 1);
}

static void
a_read_only_directory_is_waited_for_and_still_read(void **state)
{
	struct fixture *f = *state;

	if (getuid() != 0)
		skip();
	assert_int_equal(chown(f->dir, 0, READERS), 0);
	assert_int_equal(chmod(f->dir, 02750), 0);
	open_store(f);
	await(f, put_statement(f, STATEMENT_SESSION_START, 1, 1500, 1500));
	close_store(f, 2000);
	assert_int_equal(in_child(f, start_where_only_reading_is_allowed), 42);
}

static void
what_can_never_be_stored_holds_up_nothing_else(void **state)
{
	struct fixture *f = *state;
	struct now now = at(3000);
	struct reading r = { .vital = VITAL_HR, .value = 70 };
	struct store_report report;

	open_store(f);
	await(f, put_hr(f, 2000, 60));
	for (int i = 0; i < 3; i++)	/* no such port */
		store_reading(f->store, &now, 99, &r);
	report = await(f, put_hr(f, 4000, 61));
	assert_int_equal(report.lost_readings, 3);
	assert_int_equal(report.readings, 2);
	assert_string_equal(ask(f, "SELECT group_concat(value, ' ') FROM"
	    " readings"), "60 61");
}

#define FAULT_TEST(name) cmocka_unit_test_setup_teardown(name, \
	setup_trouble, teardown_trouble)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FAULT_TEST(
		    a_full_disk_loses_nothing_and_heals_without_a_restart),
		FAULT_TEST(a_session_that_ends_on_a_full_disk_is_waited_with_and_then_sealed),
		FAULT_TEST(a_disk_error_heals_too),
		FAULT_TEST(the_ballast_is_given_back_and_made_again),
		FAULT_TEST(what_no_longer_fits_the_queue_is_counted_and_logged),
		FAULT_TEST(a_hung_disk_holds_up_no_caller),
		FAULT_TEST(closing_gives_up_on_a_hung_disk),
		FAULT_TEST(a_damaged_log_is_moved_aside_and_a_new_one_begun),
		FAULT_TEST(a_file_that_is_no_database_is_moved_aside),
		FAULT_TEST(the_log_of_a_newer_vitalsd_is_refused),
		FAULT_TEST(somebody_elses_database_is_refused),
		FAULT_TEST(a_disk_that_is_full_at_the_start_is_waited_for),
		FAULT_TEST(a_full_disk_does_not_hide_the_open_session),
		FAULT_TEST(a_directory_that_cannot_be_made_is_waited_for),
		FAULT_TEST(kill_9_in_mid_session_loses_nothing_committed),
		FAULT_TEST(a_session_is_bridged_to_the_next_boot_by_wall_time),
		FAULT_TEST(
		    another_user_reads_it_running_and_after_a_clean_stop),
		FAULT_TEST(another_user_reads_it_after_kill_9),
		FAULT_TEST(a_read_only_directory_is_waited_for_and_still_read),
		FAULT_TEST(what_can_never_be_stored_holds_up_nothing_else),
	};
	sqlite3_vfs *vfs;

	sqlite3_initialize();
	vfs = sqlite3_vfs_find(NULL);
	vfs->xSetSystemCall(vfs, "pwrite",
	    (sqlite3_syscall_ptr)troubled_pwrite);
	vfs->xSetSystemCall(vfs, "pwrite64",
	    (sqlite3_syscall_ptr)troubled_pwrite);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

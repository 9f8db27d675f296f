/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The n-th call fails inside the store alone: a log with an open session is
 * taken up, written through a new segment, a session's end and its seal, and
 * closed.  Far more calls than vitalsd's scene makes, in a hundredth of the
 * time.
 *
 * Easy to get wrong: failshim.o is linked into this program, so what is set
 * here fails here too; it is set in a child, just before the store is opened.
 *
 * EVERY (of each kind its own: see the table), JOBS (2), SEED and KIND may be
 * set in the environment.
 */
#include "tests/shim/failshim.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "daemon/seal.h"
#include "daemon/store.h"

#define WALL INT64_C(1795215600000)
#define SESSION "20261121-CHAIR3-1"
#define READINGS 60
#define PATIENCE_MS 8000
#define BAD_MOST 4

struct sweep {
	enum fail_kind kind;
	int error;
	const char *how;
	long every;		/* in make check */
};

static const struct sweep sweeps[] = {
	{ FAIL_MALLOC, ENOMEM, "no memory", 200 },
	{ FAIL_STEP, SQLITE_IOERR, "I/O error", 30 },
	{ FAIL_STEP, SQLITE_NOMEM, "no memory", 60 },
	{ FAIL_STEP, SQLITE_FULL, "disk full", 60 },
	{ FAIL_STEP, SQLITE_BUSY, "busy", 60 },
	{ FAIL_OPEN, EMFILE, "too many files", 1 },
	{ FAIL_OPEN, EACCES, "not allowed", 1 },
	{ FAIL_READ, EIO, "I/O error", 5 },
	{ FAIL_READ, FAIL_SHORT, "half of it", 12 },
	{ FAIL_WRITE, EIO, "I/O error", 80 },
	{ FAIL_WRITE, ENOSPC, "disk full", 80 },
	{ FAIL_WRITE, FAIL_SHORT, "half of it", 160 },
	{ FAIL_SYNC, EIO, "I/O error", 1 },
	{ FAIL_SIZE, ENOSPC, "disk full", 1 },
	{ FAIL_UNLINK, EIO, "I/O error", 1 },
	{ FAIL_THREAD, EAGAIN, "no thread", 1 },
	{ FAIL_DESCRIPTOR, EMFILE, "too many files", 1 },
};
#define SWEEPS (sizeof sweeps / sizeof sweeps[0])

/* Shared by all. */
struct tally {
	long held, refused, bad, last;
	char first[700];
};

struct run {
	char dir[128];
	struct store_port port;
	struct store_options options;
	struct store *store;
	struct store_restored *restored;
	char error[512];
	uint64_t last;		/* ticket */
	char *why;
};

static uint64_t
setting(const char *name, uint64_t other)
{
	const char *text = getenv(name);

	return text != NULL && text[0] != '\0' ? strtoull(text, NULL, 10) :
	    other;
}

static int64_t
real_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static struct now
at(int64_t t_ms)
{
	return (struct now){ t_ms, WALL + t_ms, true };
}

static void
init(struct run *r, const char *dir, int64_t t_ms)
{
	memset(r, 0, sizeof *r);
	snprintf(r->dir, sizeof r->dir, "%s", dir);
	r->port = (struct store_port){ "ge", "CHAIR3", "ge-dri",
		"/dev/serial/by-id/x" };
	r->options = (struct store_options){ .dir = r->dir,
		.start_id = (uint64_t)t_ms, .boot_id =
		"11111111-1111-1111-1111-111111111111", .version = "0.1",
		.ports = &r->port, .ports_n = 1, .segment_ms = 5000,
		.ballast = 1 << 20, .now = at(t_ms) };
}

static void
put(struct run *r, int64_t t_ms, const struct record *record)
{
	struct now now = at(t_ms);
	uint64_t ticket = store_record(r->store, &now, record, true);

	if (ticket > r->last)
		r->last = ticket;
}

static void
put_statement(struct run *r, enum statement_kind kind, uint64_t n,
    int64_t t_ms)
{
	struct record s = { .class = RECORD_STATEMENT };

	s.statement = (struct statement){ .id = { 0xa2, n }, .kind = kind,
		.session = SESSION, .bed = "CHAIR3", .at_ms = t_ms,
		.at_wall_ms = WALL + t_ms, .user = "nurse" };
	put(r, t_ms, &s);
}

static void
put_alarm(struct run *r, uint64_t n, int64_t t_ms)
{
	struct record a = { .class = RECORD_ALARM };
	struct record c = { .class = RECORD_NOTICE };

	a.alarm = (struct alarm_change){ .event = { 0xa3, n },
		.condition = "spo2-low", .state = ALARM_ACTIVE,
		.priority = PRIORITY_HIGH, .bed = "CHAIR3",
		.session = SESSION };
	c.notice = (struct notice){ .key = { 0xa4, n }, .channel = "station",
		.event = { 0xa3, n }, .length = 2, .body = "{}" };
	store_hold(r->store);
	put(r, t_ms, &a);
	put(r, t_ms, &c);
	store_release(r->store);
}

static void
put_readings(struct run *r, int64_t t_ms, int64_t step_ms)
{
	for (int i = 0; i < READINGS; i++) {
		struct now now = at(t_ms + i * step_ms);
		struct reading v = { .vital = VITAL_HR, .value = 600 + i };
		uint64_t ticket = store_reading(r->store, &now, 0, &v);

		if (ticket > r->last)
			r->last = ticket;
	}
}

static bool
await(struct run *r, struct store_report *report)
{
	int64_t until = real_ms() + PATIENCE_MS;

	do {
		struct pollfd p = { store_fd(r->store), POLLIN, 0 };

		store_report(r->store, report);
		if (report->committed >= r->last && !report->failing)
			return true;
		(void)poll(&p, 1, 200);
	} while (real_ms() < until);
	return false;
}

static int
open_run(struct run *r)
{
	return store_open(&r->store, &r->options, &r->restored, r->error,
	    sizeof r->error);
}

/* The log that each run takes up: an open session, an open alarm, a notice that
 * waits. */
static void
make_template(const char *dir)
{
	struct now end = at(3000);
	struct store_report report;
	struct run r;

	init(&r, dir, 1000);
	assert_int_equal(open_run(&r), 0);
	put_statement(&r, STATEMENT_SESSION_START, 1, 1100);
	put_readings(&r, 1200, 10);
	put_alarm(&r, 1, 2000);
	assert_true(await(&r, &report));
	store_close(r.store, &end, 5000);
	store_restored_free(r.restored);
}

static void
remove_all(const char *dir)
{
	DIR *d = opendir(dir);
	const struct dirent *e;
	char path[500];

	while (d != NULL && (e = readdir(d)) != NULL) {
		snprintf(path, sizeof path, "%s/%s", dir, e->d_name);
		if (e->d_name[0] != '.')
			(void)unlink(path);
	}
	if (d != NULL)
		closedir(d);
	(void)rmdir(dir);
}

static void
copy_template(const char *from, const char *to)
{
	char command[400];

	snprintf(command, sizeof command, "cp --sparse=always -r %s %s", from,
	    to);
	if (system(command) != 0)
		_exit(3);
}

static bool
is(struct run *r, sqlite3 *db, const char *sql, int64_t expected)
{
	sqlite3_stmt *st = NULL;
	int64_t n = -1;

	if (sqlite3_prepare_v2(db, sql, -1, &st, NULL) == SQLITE_OK &&
	    sqlite3_step(st) == SQLITE_ROW)
		n = sqlite3_column_int64(st, 0);
	sqlite3_finalize(st);
	if (n != expected)
		snprintf(r->why, 500, "%.400s gives %" PRId64 ", not %" PRId64,
		    sql, n, expected);
	return n == expected;
}

static bool
look_at_log(struct run *r)
{
	char path[200];
	sqlite3 *db = NULL;
	bool ok;

	snprintf(path, sizeof path, "%s/log.db", r->dir);
	if (sqlite3_open(path, &db) != SQLITE_OK) {
		snprintf(r->why, 500, "the log cannot be opened");
		sqlite3_close(db);
		return false;
	}
	ok = is(r, db, "SELECT count(*) FROM pragma_integrity_check WHERE "
	    "integrity_check <> 'ok'", 0) &&
	    is(r, db, "SELECT count(*) FROM readings", 3 * READINGS) &&
	    is(r, db, "SELECT count(*) FROM statement", 4) &&
	    is(r, db, "SELECT count(DISTINCT id) FROM statement", 4) &&
	    is(r, db, "SELECT count(*) FROM alarm", 2) &&
	    is(r, db, "SELECT count(*) FROM notice", 2) &&
	    is(r, db, "SELECT count(*) FROM event WHERE kind IN (13, 17)",
	    0) &&
	    is(r, db, "SELECT count(*) > 1 FROM segment", 1) &&
	    is(r, db, "SELECT count(*) FROM event WHERE kind = 16", 1);
	if (ok && seal_verify(db, SESSION) != 1) {
		snprintf(r->why, 500, "the seal does not hold");
		ok = false;
	}
	sqlite3_close(db);
	return ok;
}

/* What was there is resumed although a call failed. */
static bool
has_resumed(struct run *r)
{
	const struct store_restored *was = r->restored;
	bool ok = was->replaced[0] == '\0' && was->sessions_n == 1 &&
	    was->sessions[0].open_alarms_n == 1 && was->notices_n == 1;

	if (!ok)
		snprintf(r->why, 500, "resumed: %zu sessions, %zu notices; "
		    "replaced: \"%s\"", was->sessions_n, was->notices_n,
		    was->replaced);
	return ok;
}

enum { RUN_HELD = 10, RUN_REFUSED, RUN_UNTOUCHED, RUN_BAD };

/* In a child: its exit status. */
static int
play(const struct sweep *w, long n, const char *dir, char *why)
{
	struct now end = at(20000);
	struct store_report report;
	struct run r;
	bool fired, refused = false;

	init(&r, dir, 4000);
	r.why = why;
	failshim_set(w->kind, n, w->error);
	if (open_run(&r) < 0) {
		/* Only with a word, and the next time it opens. */
		failshim_set(FAIL_NONE, 0, 0);
		refused = true;
		if (r.error[0] == '\0' || open_run(&r) < 0) {
			snprintf(why, 500, "it opens no more: %.400s",
			    r.error);
			return RUN_BAD;
		}
	}
	if (!has_resumed(&r))
		return RUN_BAD;
	put_readings(&r, 4100, 10);
	put_statement(&r, STATEMENT_MARK, 2, 4800);
	put_alarm(&r, 2, 4900);
	if (!await(&r, &report)) {
		snprintf(why, 500, "not committed: %s", report.why);
		return RUN_BAD;
	}
	put_readings(&r, 9500, 10);	/* the next segment */
	put_statement(&r, STATEMENT_MARK, 3, 10200);
	put_statement(&r, STATEMENT_SESSION_END, 4, 10300);
	if (!await(&r, &report)) {
		snprintf(why, 500, "not committed later: %s", report.why);
		return RUN_BAD;
	}
	store_close(r.store, &end, PATIENCE_MS);
	store_restored_free(r.restored);
	fired = failshim_fired();
	failshim_set(FAIL_NONE, 0, 0);
	/* A stop does not wait for a disk that failed; the next one seals. */
	init(&r, dir, 30000);
	r.why = why;
	end = at(31000);
	if (open_run(&r) < 0) {
		snprintf(why, 500, "%.490s", r.error);
		return RUN_BAD;
	}
	store_close(r.store, &end, PATIENCE_MS);
	store_restored_free(r.restored);
	if (!look_at_log(&r))
		return RUN_BAD;
	return refused ? RUN_REFUSED : fired ? RUN_HELD : RUN_UNTOUCHED;
}

static void
run_sweep(const struct sweep *w, struct tally *t, const char *parent,
    uint64_t job, uint64_t jobs, uint64_t seed)
{
	long every = (long)setting("EVERY", (uint64_t)w->every);
	long n = 1 + (long)(seed % (uint64_t)every) + (long)job * every;
	char *why = mmap(NULL, 512, PROT_READ | PROT_WRITE, MAP_SHARED |
	    MAP_ANONYMOUS, -1, 0);
	char from[128], dir[128];

	assert_true(why != MAP_FAILED);
	snprintf(from, sizeof from, "%s/template", parent);
	for (;; n += every * (long)jobs) {
		int status;
		pid_t pid;

		snprintf(dir, sizeof dir, "%s/%s-%d-%ld", parent,
		    fail_kind_names[w->kind], w->error, n);
		why[0] = '\0';
		pid = fork();
		assert_true(pid >= 0);
		if (pid == 0) {
			copy_template(from, dir);
			_exit(play(w, n, dir, why));
		}
		assert_true(waitpid(pid, &status, 0) == pid);
		status = WIFEXITED(status) ? WEXITSTATUS(status) : status;
		if (status == RUN_UNTOUCHED)
			remove_all(dir);
		if (status == RUN_UNTOUCHED)
			break;
		t->last = n;
		t->held += status == RUN_HELD;
		t->refused += status == RUN_REFUSED;
		if (status == RUN_HELD || status == RUN_REFUSED) {
			remove_all(dir);
			continue;
		}
		if (t->bad++ == 0)
			snprintf(t->first, sizeof t->first, "%s, call %ld, "
			    "error %d: %s (status %d)",
			    fail_kind_names[w->kind], n, w->error,
			    why[0] != '\0' ? why : "it crashed", status);
		if (t->bad >= BAD_MOST)
			break;
	}
	munmap(why, 512);
}

static void
sum_up(const struct sweep *w, const struct tally *t, uint64_t jobs,
    struct tally *all)
{
	struct tally sum = { 0 };

	for (uint64_t j = 0; j < jobs; j++, t += SWEEPS) {
		sum.held += t->held;
		sum.refused += t->refused;
		sum.bad += t->bad;
		if (t->last > sum.last)
			sum.last = t->last;
		if (t->first[0] != '\0')
			print_message("%s\n", t->first);
	}
	print_message("  %-10s %-14s failed up to call %5ld: %5ld held, %3ld "
	    "refused, %ld bad\n", fail_kind_names[w->kind], w->how, sum.last,
	    sum.held, sum.refused, sum.bad);
	all->held += sum.held;
	all->refused += sum.refused;
	all->bad += sum.bad;
}

static void
no_failing_call_costs_the_store_a_record(void **state)
{
	uint64_t jobs = setting("JOBS", 2);
	uint64_t seed = setting("SEED", (uint64_t)time(NULL));
	struct tally *t = mmap(NULL, jobs * SWEEPS * sizeof *t, PROT_READ |
	    PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0), all = { 0 };
	char shm[] = "/dev/shm/vitals-store-XXXXXX";
	char tmp[] = "/tmp/vitals-store-XXXXXX";
	const char *parent = mkdtemp(shm) != NULL ? shm : mkdtemp(tmp);
	char template[128];
	const char *only = getenv("KIND");
	int status, bad = 0;

	(void)state;
	assert_true(t != MAP_FAILED && parent != NULL);
	snprintf(template, sizeof template, "%s/template", parent);
	make_template(template);
	print_message("seed %" PRIu64 "\n", seed);
	fflush(NULL);
	for (uint64_t j = 0; j < jobs; j++) {
		pid_t pid = fork();

		assert_true(pid >= 0);
		if (pid > 0)
			continue;
		setenv("CMOCKA_TEST_ABORT", "1", 1);
		for (size_t i = 0; i < SWEEPS; i++)
			if (only == NULL || strcmp(only,
			    fail_kind_names[sweeps[i].kind]) == 0)
				run_sweep(&sweeps[i], &t[j * SWEEPS + i],
				    parent, j, jobs, seed);
		_exit(0);
	}
	for (uint64_t j = 0; j < jobs; j++)
		bad += wait(&status) < 0 || status != 0;
	for (size_t i = 0; i < SWEEPS; i++)
		sum_up(&sweeps[i], &t[i], jobs, &all);
	print_message("figure: failing calls, store: %ld failed in their "
	    "turn: %ld held, %ld refused at the start, %ld bad\n", all.held +
	    all.refused + all.bad, all.held, all.refused, all.bad);
	remove_all(template);
	(void)rmdir(parent);	/* what is bad is kept */
	assert_int_equal(bad + all.bad, 0);
	assert_true(all.held > 0);
	munmap(t, jobs * SWEEPS * sizeof *t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_failing_call_costs_the_store_a_record),
	};

	cmocka_set_test_filter(getenv("ONLY"));
	return cmocka_run_group_tests(tests, NULL, NULL);
}

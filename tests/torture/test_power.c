/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The power fails at any moment: whatever vitalsd had promised is in the log
 * that is left, nothing in it is damaged, and the next start goes on with it.
 * Promises are a success on control.sock that says "durable", and a commit that
 * the store's thread reported (a delivery recorded as done is one of those).
 *
 * Easy to get wrong: the log that is left is opened by the store itself, as
 * vitalsd does it, before anybody else looks at it.
 *
 * STATES (4000), SEED (from the clock) and JOBS (a processor each) may be set
 * in the environment.
 */
#include "tests/system/ward.h"
#include "tests/torture/promise.h"
#include "tests/torture/workload.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/seal.h"
#include "daemon/store.h"

struct run {
	struct trace trace;
	struct reference reference;
	struct promises promises;
	char dir[64];		/* where states are built */
	const char *aside[2];	/* files that must not be lost; or NULL */
};

enum verdict { KEPT, LOST, DAMAGED, WRONG };
#define VERDICTS 4
static const char *const verdict_names[VERDICTS] = { "kept", "lost",
	"damaged", "wrong" };

/* Shared by the processes that look at states. */
struct tally {
	uint32_t n[POLICIES][VERDICTS];
	char first[512];	/* what was wrong with the first bad one */
};

static uint64_t
setting(const char *name, uint64_t other)
{
	const char *text = getenv(name);

	return text != NULL && text[0] != '\0' ? strtoull(text, NULL, 10) :
	    other;
}

static void
make_dir(char dir[64])
{
	struct stat st;

	strcpy(dir, stat("/dev/shm", &st) == 0 && access("/dev/shm", W_OK) ==
	    0 ? "/dev/shm/vitals-power-XXXXXX" : "/tmp/vitals-power-XXXXXX");
	assert_non_null(mkdtemp(dir));
}

/* --- what is left --------------------------------------------------------- */

static bool
seals_hold(const struct run *r, sqlite3 *db, int64_t below)
{
	for (size_t i = 0; i < r->reference.statements_n; i++) {
		const struct reference_statement *s =
		    &r->reference.statement[i];
		int v;

		if (s->seq >= below ||
		    s->st.kind != STATEMENT_SESSION_START)
			continue;
		v = seal_verify(db, s->st.session);
		if (v != 1 && v != -ENOENT)
			return false;
	}
	return true;
}

static bool
is_sound(sqlite3 *db)
{
	sqlite3_stmt *st = NULL;
	bool ok = sqlite3_prepare_v2(db, "PRAGMA integrity_check", -1, &st,
	    NULL) == SQLITE_OK && sqlite3_step(st) == SQLITE_ROW &&
	    strcmp((const char *)sqlite3_column_text(st, 0), "ok") == 0;

	sqlite3_finalize(st);
	return ok;
}

/* Whether a file with the bytes of that one lies in the directory, whatever
 * its name. */
static bool
is_kept(const struct run *r, const char *path)
{
	static char wanted[1 << 20], found[sizeof wanted];
	const struct dirent *e;
	bool kept = path == NULL;
	char name[400];
	DIR *d = NULL;
	size_t n = 0;
	FILE *f;

	if (path != NULL && (f = fopen(path, "r")) != NULL) {
		n = fread(wanted, 1, sizeof wanted, f);
		fclose(f);
		d = opendir(r->dir);
	}
	while (d != NULL && !kept && (e = readdir(d)) != NULL) {
		snprintf(name, sizeof name, "%s/%s", r->dir, e->d_name);
		f = e->d_name[0] != '.' ? fopen(name, "r") : NULL;
		if (f == NULL)
			continue;
		kept = fread(found, 1, sizeof found, f) == n &&
		    memcmp(found, wanted, n) == 0;
		fclose(f);
	}
	if (d != NULL)
		closedir(d);
	return kept;
}

/* Looks at the log after the next start of vitalsd, whose own records begin
 * with 'start'. */
static enum verdict
look(const struct run *r, const struct store_restored *was, size_t point,
    uint64_t start_id, const char **why)
{
	struct extent promised = promises_before(&r->promises, point);
	enum verdict v = KEPT;
	sqlite3 *db = reference_open(r->dir);
	sqlite3_stmt *st = NULL;
	char sql[120];
	int64_t start = 0, readings;

	snprintf(sql, sizeof sql, "SELECT seq FROM start WHERE start_id ="
	    " '%016" PRIx64 "'", start_id);
	if (db != NULL && sqlite3_prepare_v2(db, sql, -1, &st, NULL) ==
	    SQLITE_OK && sqlite3_step(st) == SQLITE_ROW)
		start = sqlite3_column_int64(st, 0);
	sqlite3_finalize(st);
	readings = start > 0 ? reference_extent(db).readings : 0;
	*why = NULL;
	if ((was->replaced[0] != '\0' && (r->aside[0] == NULL ||
	    promised.seq > 0)) || start == 0 || !is_sound(db)) {
		v = DAMAGED;
		*why = "the log is damaged";
	} else if (start - 1 < promised.seq || readings < promised.readings) {
		v = LOST;
		*why = "what was promised is not there";
	} else if (!is_kept(r, r->aside[0]) || !is_kept(r, r->aside[1])) {
		v = LOST;
		*why = "of the damaged log something is gone";
	} else if ((*why = reference_compare(&r->reference, db, start)) !=
	    NULL || (*why = reference_resumes(&r->reference, was, start)) !=
	    NULL) {
		v = WRONG;
	} else if (!seals_hold(r, db, start)) {
		v = WRONG;
		*why = "a seal does not hold";
	}
	sqlite3_close(db);
	return v;
}

/* Opens what is left as vitalsd's start does, and looks. */
static enum verdict
judge(const struct run *r, size_t point, const char **why)
{
	struct store_options o = { .dir = r->dir, .start_id = point + 1,
		.boot_id = "99999999-0000-4000-8000-000000000000",
		.version = "0", .segment_ms = 86400000,
		.now = { 1000, INT64_C(4000000000000), true } };
	struct now later = { 2000, INT64_C(4000000001000), true };
	struct store_restored *was = NULL;
	struct store_report report;
	struct store *store = NULL;
	static char error[512];
	enum verdict v;

	if (store_open(&store, &o, &was, error, sizeof error) < 0) {
		*why = error;
		return DAMAGED;
	}
	store_report(store, &report);
	store_close(store, &later, 10000);
	if (report.failing) {
		snprintf(error, sizeof error, "the log cannot be written: %s",
		    report.why);
		*why = error;
		v = DAMAGED;
	} else {
		v = look(r, was, point, o.start_id, why);
	}
	store_restored_free(was);
	return v;
}

/* The states number 'job', 'job' + 'jobs' ... of n, spread over the trace. */
static void
judge_states(struct run *r, struct tally *t, uint64_t n, uint64_t seed,
    uint64_t job, uint64_t jobs)
{
	struct disk *d = disk_new(&r->trace);
	size_t items = r->trace.items, first = 0;

	/* What was there before lies there whole. */
	while (r->trace.item[first].op == SHIM_FILE)
		first++;
	make_dir(r->dir);
	for (uint64_t i = job; i < n; i += jobs) {
		uint64_t own = seed * 1000003 + i;
		size_t from = (size_t)(items * i / n);
		size_t width = (size_t)(items * (i + 1) / n) - from;
		size_t point = from + (width > 1 ?
		    trace_draw(&own, (uint32_t)width) : 0);
		enum policy p = trace_draw(&own, POLICIES);
		const char *why = NULL;
		enum verdict v;

		if (point < first)
			point = first;
		disk_move_to(d, point);
		disk_clear(r->dir);
		disk_write(d, p, own, r->dir);
		v = judge(r, point, &why);
		t->n[p][v]++;
		if (v != KEPT && t->first[0] == '\0')
			snprintf(t->first, sizeof t->first, "state %" PRIu64
			    " of %" PRIu64 ", seed %" PRIu64 " (item %zu of "
			    "%zu, %s): %s: %s", i, n, seed, point, items,
			    policy_names[p], verdict_names[v], why);
	}
	disk_clear(r->dir);
	rmdir(r->dir);
	disk_free(d);
}

static void
judge_in_jobs(struct run *r, struct tally *all, uint64_t n)
{
	uint64_t jobs = setting("JOBS",
	    (uint64_t)sysconf(_SC_NPROCESSORS_ONLN));
	uint64_t seed = setting("SEED", (uint64_t)ward_now_ms());
	struct tally *t = mmap(NULL, jobs * sizeof *t, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int status = 0;

	assert_true(t != MAP_FAILED && jobs > 0);
	print_message("seed %" PRIu64 "\n", seed);
	fflush(NULL);
	for (uint64_t job = 0; job < jobs; job++) {
		pid_t pid = fork();

		assert_true(pid >= 0);
		if (pid == 0) {
			/* What fails here is no end of the parent's test. */
			setenv("CMOCKA_TEST_ABORT", "1", 1);
			judge_states(r, &t[job], n, seed, job, jobs);
			_exit(0);
		}
	}
	for (uint64_t job = 0; job < jobs; job++) {
		assert_true(wait(&status) > 0);
		assert_int_equal(status, 0);
	}
	memset(all, 0, sizeof *all);
	for (uint64_t job = 0; job < jobs; job++) {
		for (int p = 0; p < POLICIES; p++)
			for (int v = 0; v < VERDICTS; v++)
				all->n[p][v] += t[job].n[p][v];
		if (all->first[0] == '\0')
			memcpy(all->first, t[job].first, sizeof all->first);
	}
	munmap(t, jobs * sizeof *t);
}

static uint32_t
count(const struct tally *t, enum verdict v)
{
	uint32_t n = 0;

	for (int p = 0; p < POLICIES; p++)
		n += t->n[p][v];
	return n;
}

static void
print_tally(const struct run *r, const struct tally *t, const char *what,
    int64_t took_ms)
{
	uint32_t n = 0, bad = 0;

	for (int v = 0; v < VERDICTS; v++)
		n += count(t, (enum verdict)v);
	bad = n - count(t, KEPT);
	print_message("%zu items, %zu promises, %" PRId64 " records, log of "
	    "%zu segments; %" PRId64 " states/s\n", r->trace.items,
	    r->promises.n, r->reference.last_seq, r->reference.segments_n,
	    took_ms > 0 ? n * 1000 / took_ms : 0);
	for (int p = 0; p < POLICIES; p++)
		print_message("  %-6s %6u kept %6u lost %6u damaged %6u "
		    "wrong\n", policy_names[p], t->n[p][KEPT], t->n[p][LOST],
		    t->n[p][DAMAGED], t->n[p][WRONG]);
	print_message("figure: power cut, %s: %u states, %u bad\n", what, n,
	    bad);
}

/* --- the tests ------------------------------------------------------------ */

/* The recorder saw all: what it wrote down makes the very files. */
static void
assert_same_files(const struct run *r, const char *dir)
{
	static const char *const names[] = { "log.db", "log.db-wal" };
	struct disk *d = disk_new(&r->trace);

	disk_move_to(d, r->trace.items);
	disk_clear(r->dir);
	disk_write(d, POLICY_ALL, 1, r->dir);
	disk_free(d);
	for (size_t i = 0; i < 2; i++) {
		char command[300];

		snprintf(command, sizeof command, "cmp %s/%s %s/%s", dir,
		    names[i], r->dir, names[i]);
		if (system(command) != 0)
			fail_msg("%s differs from its trace", names[i]);
	}
}

static void
prepare(struct run *r, struct ward *w)
{
	memset(r, 0, sizeof *r);
	make_dir(r->dir);
	trace_read(&r->trace, ward_path(w, "trace"));
	assert_same_files(r, ward_path(w, "state"));
	/* Opening it changes it: after it was compared. */
	reference_read(&r->reference, ward_path(w, "state"));
	promises_read(&r->promises, &r->trace, &r->reference, r->dir);
	disk_clear(r->dir);
	rmdir(r->dir);
}

static void
finish(struct run *r)
{
	trace_free(&r->trace);
	reference_free(&r->reference);
	promises_free(&r->promises);
}

static void
nothing_promised_is_lost_when_the_power_fails(void **state)
{
	struct ward *w = *state;
	struct tally t;
	struct run r;
	int64_t begin;

	workload_sessions(w);
	prepare(&r, w);
	assert_true(r.promises.n > 100);
	assert_true(r.reference.notices_n > 4);
	assert_int_equal(r.reference.segments_n, 2);
	begin = ward_now_ms();
	judge_in_jobs(&r, &t, setting("STATES", 4000));
	print_tally(&r, &t, "synchronous=FULL", ward_now_ms() - begin);
	if (t.first[0] != '\0')
		fail_msg("%s", t.first);
	finish(&r);
}

/* The method has teeth: without the syncs of FULL, it sees what is lost. */
static void
synchronous_normal_would_lose_what_was_promised(void **state)
{
	struct ward *w = *state;
	struct tally t;
	struct run r;
	int64_t begin;

	workload_statements(w, "NORMAL");
	prepare(&r, w);
	begin = ward_now_ms();
	judge_in_jobs(&r, &t, setting("STATES", 4000) / 10);
	print_tally(&r, &t, "synchronous=NORMAL (must lose)",
	    ward_now_ms() - begin);
	assert_true(count(&t, LOST) > count(&t, KEPT) / 10);
	assert_int_equal(count(&t, DAMAGED), 0);
	assert_int_equal(t.n[POLICY_ALL][LOST], 0);
	finish(&r);
}

/* The start that moves a damaged log aside. */
static void
a_damaged_log_is_kept_when_the_power_fails_on_top(void **state)
{
	struct ward *w = *state;
	struct tally t;
	struct run r;
	int64_t begin;

	workload_damaged(w);
	prepare(&r, w);
	r.aside[0] = ward_path(w, "damaged");
	r.aside[1] = ward_path(w, "damaged-wal");
	begin = ward_now_ms();
	judge_in_jobs(&r, &t, setting("STATES", 4000) / 10);
	print_tally(&r, &t, "a damaged log at start", ward_now_ms() - begin);
	if (t.first[0] != '\0')
		fail_msg("%s", t.first);
	finish(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WARD_TEST(nothing_promised_is_lost_when_the_power_fails),
		WARD_TEST(a_damaged_log_is_kept_when_the_power_fails_on_top),
		WARD_TEST(synchronous_normal_would_lose_what_was_promised),
	};

	/* Its locks are a tenth of the time. */
	sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	cmocka_set_test_filter(getenv("ONLY"));
	return cmocka_run_group_tests(tests, NULL, NULL);
}

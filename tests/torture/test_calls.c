/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The n-th call fails, for n = 1, 2, 3 ... until a scene is over before it: of
 * each kind that vitalsd makes, and in each way in which it fails on real
 * machines.  No crash, no lost alarm, no port that is stuck.
 *
 * Easy to get wrong: only at its start may vitalsd give up, and then with a
 * word about it, and the next start must work.
 *
 * EVERY (of each kind its own: see the table), RUN (how many calls fail in a
 * row, 1), KIND (all) and JOBS (6) may be set in the environment; SEED moves the
 * sample.
 */
#include "tests/torture/scene.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct sweep {
	enum fail_kind kind;
	int error;
	const char *how;
	long every;		/* in make check */
};

static const struct sweep sweeps[] = {
	{ FAIL_MALLOC, ENOMEM, "no memory", 160 },
	{ FAIL_STEP, SQLITE_IOERR, "I/O error", 40 },
	{ FAIL_STEP, SQLITE_NOMEM, "no memory", 80 },
	{ FAIL_STEP, SQLITE_FULL, "disk full", 80 },
	{ FAIL_STEP, SQLITE_BUSY, "busy", 80 },
	{ FAIL_OPEN, EMFILE, "too many files", 5 },
	{ FAIL_OPEN, EIO, "I/O error", 5 },
	{ FAIL_READ, EIO, "I/O error", 10 },
	{ FAIL_READ, EINTR, "interrupted", 20 },
	{ FAIL_READ, FAIL_SHORT, "half of it", 20 },
	{ FAIL_WRITE, EIO, "I/O error", 40 },
	{ FAIL_WRITE, ENOSPC, "disk full", 40 },
	{ FAIL_WRITE, FAIL_SHORT, "half of it", 80 },
	{ FAIL_SYNC, EIO, "I/O error", 8 },
	{ FAIL_SIZE, ENOSPC, "disk full", 1 },
	{ FAIL_UNLINK, EIO, "I/O error", 1 },
	{ FAIL_SEND, ENOBUFS, "no buffers", 8 },
	{ FAIL_SEND, EAGAIN, "would block", 8 },
	{ FAIL_SEND, EINTR, "interrupted", 16 },
	{ FAIL_SEND, FAIL_SHORT, "half of it", 8 },
	{ FAIL_RECV, EIO, "I/O error", 8 },
	{ FAIL_RECV, EINTR, "interrupted", 16 },
	{ FAIL_RECV, FAIL_SHORT, "half of it", 16 },
	{ FAIL_ACCEPT, EMFILE, "too many files", 1 },
	{ FAIL_ACCEPT, ECONNABORTED, "aborted", 1 },
	{ FAIL_SOCKET, EACCES, "not allowed", 2 },
	{ FAIL_WAIT, EINTR, "interrupted", 20 },
	{ FAIL_WATCH, ENOMEM, "no memory", 3 },
	{ FAIL_THREAD, EAGAIN, "no thread", 1 },
	{ FAIL_DESCRIPTOR, EMFILE, "too many files", 1 },
};
#define SWEEPS (sizeof sweeps / sizeof sweeps[0])

#define BAD_MOST 4		/* of one sweep and job; then it is given up */

/* Shared by all jobs, one for each sweep and job. */
struct tally {
	long n[SCENE_ENDS], last;
	char first[600];
};

static uint64_t
setting(const char *name, uint64_t other)
{
	const char *text = getenv(name);

	return text != NULL && text[0] != '\0' ? strtoull(text, NULL, 10) :
	    other;
}

/* A sweep's folder is shared by all jobs, so none of them may make or remove it:
 * another would be about to play in it. */
#define FOLDER 100

static void
folder_of(char folder[FOLDER], const char *parent, size_t sweep)
{
	snprintf(folder, FOLDER, "%s/%zu", parent, sweep);
}

static void
run_sweep(const struct sweep *w, struct tally *t, const char *dir,
    uint64_t seed, uint64_t job, uint64_t jobs)
{
	const char *build = getenv("VITALS_BUILD") ?: "build";
	long every = (long)setting("EVERY", (uint64_t)w->every);
	long run = (long)setting("RUN", 1);
	long n = 1 + (long)(seed % (uint64_t)every) + (long)job * every;
	char why[512] = "";

	for (;; n += every * (long)jobs) {
		enum scene_end end = scene_play(build, dir, w->kind, n,
		    w->error, run, why);

		t->n[end]++;
		if (end == SCENE_UNTOUCHED)
			return;
		t->last = n;
		if (end == SCENE_BAD && t->first[0] == '\0')
			snprintf(t->first, sizeof t->first, "FAILSHIM=\"%s "
			    "%ld %d %ld\": %s", fail_kind_names[w->kind], n,
			    w->error, run, why);
		if (t->n[SCENE_BAD] >= BAD_MOST)
			return;
	}
}

/* Adds up, prints a line; how many were bad. */
static long
sum_up(const struct sweep *w, const struct tally *t, uint64_t jobs,
    struct tally *all)
{
	struct tally sum = { 0 };

	for (uint64_t j = 0; j < jobs; j++, t += SWEEPS) {
		for (int e = 0; e < SCENE_ENDS; e++)
			sum.n[e] += t->n[e];
		if (t->last > sum.last)
			sum.last = t->last;
		if (t->first[0] != '\0')
			print_message("%s\n", t->first);
	}
	print_message("  %-10s %-14s failed up to call %4ld: %4ld held, %3ld "
	    "refused, %ld bad\n", fail_kind_names[w->kind], w->how, sum.last,
	    sum.n[SCENE_HELD], sum.n[SCENE_REFUSED], sum.n[SCENE_BAD]);
	for (int e = 0; e < SCENE_ENDS; e++)
		all->n[e] += sum.n[e];
	return sum.n[SCENE_BAD];
}

static void
no_failing_call_loses_an_alarm_or_a_port(void **state)
{
	uint64_t jobs = setting("JOBS", 6);
	uint64_t seed = setting("SEED", (uint64_t)time(NULL));
	struct tally *t = mmap(NULL, jobs * SWEEPS * sizeof *t, PROT_READ |
	    PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	const char *only = getenv("KIND");
	struct tally all = { 0 };
	char dir[] = "/tmp/vitals-calls-XXXXXX";
	char shm[] = "/dev/shm/vitals-calls-XXXXXX";
	const char *parent = mkdtemp(shm) != NULL ? shm : mkdtemp(dir);
	long bad = 0;
	int status;

	(void)state;
	assert_true(t != MAP_FAILED && parent != NULL);
	print_message("seed %" PRIu64 "\n", seed);
	for (size_t i = 0; i < SWEEPS; i++) {
		char own[FOLDER];

		folder_of(own, parent, i);
		assert_int_equal(mkdir(own, 0700), 0);
	}
	fflush(NULL);
	for (uint64_t j = 0; j < jobs; j++) {
		pid_t pid = fork();

		assert_true(pid >= 0);
		if (pid > 0)
			continue;
		for (size_t i = 0; i < SWEEPS; i++) {
			char own[FOLDER];

			if (only != NULL && strcmp(only,
			    fail_kind_names[sweeps[i].kind]) != 0)
				continue;
			folder_of(own, parent, i);
			run_sweep(&sweeps[i], &t[j * SWEEPS + i], own, seed,
			    j, jobs);
		}
		_exit(0);
	}
	for (uint64_t j = 0; j < jobs; j++)
		bad += wait(&status) < 0 || status != 0;
	for (size_t i = 0; i < SWEEPS; i++)
		if (only == NULL || strcmp(only,
		    fail_kind_names[sweeps[i].kind]) == 0)
			bad += sum_up(&sweeps[i], &t[i], jobs, &all);
	print_message("figure: failing calls, vitalsd: %ld failed in their "
	    "turn: %ld held, %ld refused at the start, %ld bad\n",
	    all.n[SCENE_HELD] + all.n[SCENE_REFUSED] + all.n[SCENE_BAD],
	    all.n[SCENE_HELD], all.n[SCENE_REFUSED], all.n[SCENE_BAD]);
	for (size_t i = 0; i < SWEEPS; i++) {	/* what is bad is kept */
		char own[FOLDER];

		folder_of(own, parent, i);
		(void)rmdir(own);
	}
	(void)rmdir(parent);
	assert_int_equal(bad, 0);
	assert_true(all.n[SCENE_HELD] > 0);
	munmap(t, jobs * SWEEPS * sizeof *t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_failing_call_loses_an_alarm_or_a_port),
	};

	cmocka_set_test_filter(getenv("ONLY"));
	return cmocka_run_group_tests(tests, NULL, NULL);
}

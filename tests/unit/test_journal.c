/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Log lines when standard error is a pipe: first one that is read, then one
 * that nobody reads, as with a journald that hangs.
 */
#include "daemon/journal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Standard error, borrowed for one test. */
struct pipe {
	int read_fd, saved_fd;
	char text[65536];
};

static void
pipe_open(struct pipe *p)
{
	int fd[2];

	assert_int_equal(unsetenv("JOURNAL_STREAM"), 0);
	assert_int_equal(pipe2(fd, O_CLOEXEC), 0);
	p->saved_fd = dup(STDERR_FILENO);
	assert_true(p->saved_fd >= 0);
	assert_int_equal(dup2(fd[1], STDERR_FILENO), STDERR_FILENO);
	close(fd[1]);
	p->read_fd = fd[0];
}

/* Restores standard error and returns what was still in the pipe. */
static const char *
pipe_close(struct pipe *p)
{
	size_t n = 0;
	ssize_t r;

	assert_int_equal(dup2(p->saved_fd, STDERR_FILENO), STDERR_FILENO);
	close(p->saved_fd);
	while (n < sizeof(p->text) - 1 && (r = read(p->read_fd, p->text + n,
	    sizeof(p->text) - 1 - n)) > 0)
		n += (size_t)r;
	p->text[n] = '\0';
	close(p->read_fd);
	return p->text;
}

static int64_t
now_ms(void)
{
	struct timespec t;

	assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &t), 0);
	return t.tv_sec * INT64_C(1000) + t.tv_nsec / 1000000;
}

static void
lines_before_the_thread_go_out_directly(void **state)
{
	struct pipe p;

	(void)state;
	pipe_open(&p);
	errno = ENOENT;
	journal_warning("%s is %d %%", "disk", 93);
	journal_info("up");
	journal_debug("not asked for");
	assert_int_equal(errno, ENOENT);
	assert_string_equal(pipe_close(&p),
	    "vitalsd: warning: disk is 93 %\nvitalsd: up\n");
}

static void
the_thread_writes_all_lines_in_order_before_it_ends(void **state)
{
	struct pipe p;

	(void)state;
	pipe_open(&p);
	assert_int_equal(journal_start("unit", JOURNAL_WARNING), 0);
	assert_int_equal(journal_start("unit", JOURNAL_WARNING), -EBUSY);
	journal_error("one");
	journal_notice("less urgent than asked for");
	journal_warning("two");
	journal_stop(2000);
	journal_error("three");
	assert_string_equal(pipe_close(&p), "unit: error: one\n"
	    "unit: warning: two\nunit: error: three\n");
}

static void
one_line_stays_one_line_and_is_cut_with_a_mark(void **state)
{
	struct pipe p;
	char big[2000];
	const char *text;

	(void)state;
	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	pipe_open(&p);
	journal_error("a\nunit: error: forged\x1b[2J");
	journal_error("%s", big);
	text = pipe_close(&p);
	assert_ptr_equal(strstr(text,
	    "unit: error: a unit: error: forged [2J\n"), text);
	text = strchr(text, '\n') + 1;
	assert_int_equal(strlen(text), strlen("unit: error: ") + 511 + 1);
	assert_string_equal(text + strlen(text) - 5, "x...\n");
}

static void
a_reader_that_went_away_does_not_end_the_process(void **state)
{
	struct pipe p;

	(void)state;
	pipe_open(&p);
	close(p.read_fd);
	p.read_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	assert_int_equal(journal_start("unit", JOURNAL_INFO), 0);
	journal_error("into the void");
	journal_stop(2000);
	pipe_close(&p);
}

/* Last: the thread is left hanging in its write until the pipe is read. */
static void
a_stuck_reader_costs_lines_that_are_counted_and_never_time(void **state)
{
	struct pipe p;
	int64_t before = now_ms();
	uint64_t lost = journal_lost();
	size_t n = 0;

	(void)state;
	pipe_open(&p);
	assert_true(fcntl(STDERR_FILENO, F_SETPIPE_SZ, 4096) >= 4096);
	assert_int_equal(journal_start("unit", JOURNAL_INFO), 0);
	for (int i = 0; i < 2000; i++)
		journal_info("line %d of a storm, long enough to fill the pipe "
		    "and then the ring", i);
	assert_true(journal_lost() - lost > 1000);
	assert_true(now_ms() - before < 1000);

	/* The end does not wait for it either, beyond what was asked. */
	before = now_ms();
	journal_stop(50);
	assert_in_range(now_ms() - before, 50, 1000);
	lost = journal_lost();
	journal_error("this would hang");
	assert_int_equal(journal_lost(), lost + 1);

	/* Read on, and what was in the ring comes out, and says what is
	 * missing. */
	do {
		ssize_t r = read(p.read_fd, p.text + n,
		    sizeof(p.text) - 1 - n);

		assert_true(r > 0);
		n += (size_t)r;
		p.text[n] = '\0';
	} while (strstr(p.text, "log lines were lost") == NULL);
	pipe_close(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_before_the_thread_go_out_directly),
		cmocka_unit_test(
		    the_thread_writes_all_lines_in_order_before_it_ends),
		cmocka_unit_test(
		    one_line_stays_one_line_and_is_cut_with_a_mark),
		cmocka_unit_test(
		    a_reader_that_went_away_does_not_end_the_process),
		cmocka_unit_test(
		    a_stuck_reader_costs_lines_that_are_counted_and_never_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * vitals-clock: its file is there exactly while the clock is synchronised and
 * somebody says so.  The kernel's answer comes from tests/shim/faultshim.c.
 *
 * Easy to get wrong: a file that outlives what it says is worse than none.
 */
#include "tests/system/ward.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t
start(struct ward *w, const char *file)
{
	char program[512];
	pid_t pid = fork();
	int fd;

	assert_true(pid >= 0);
	if (pid > 0)
		return pid;
	fd = open(ward_path(w, "clock.out"), O_WRONLY | O_CREAT | O_APPEND,
	    0600);
	if (fd < 0 || dup2(fd, 2) < 0)
		_exit(126);
	for (size_t i = 0; i < w->set_n; i++)
		(void)putenv(w->set[i]);
	snprintf(program, sizeof program, "%s/vitals-clock", w->build);
	execl(program, "vitals-clock", file, (char *)NULL);
	_exit(127);
}

static void
wait_for(const struct ward *w, const char *file, bool there)
{
	int64_t until = ward_now_ms() + 10000;

	while ((access(file, F_OK) == 0) != there) {
		if (ward_now_ms() > until)
			ward_fail(w, "%s is %s", file, there ? "missing" :
			    "still there");
		ward_nap(10);
	}
}

static int
end_of(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

static void
its_file_is_there_while_the_clock_is_synchronised(void **state)
{
	struct ward *w = *state;
	char file[256];		/* ward_path()'s own is soon used again */
	pid_t pid;

	ward_preload_faults(w);
	ward_be_systemd(w, 30000);
	/* Left by one that was killed, before its folder was cleared. */
	ward_write(w, "synchronised", "");
	ward_write(w, "faults/sync", "0");
	snprintf(file, sizeof file, "%s", ward_path(w, "synchronised"));
	pid = start(w, file);
	wait_for(w, file, false);
	ward_wait_lines(w, "systemd", "READY=1", 1, 10);

	ward_write(w, "faults/sync", "1");
	wait_for(w, file, true);
	ward_write(w, "faults/sync", "0");
	wait_for(w, file, false);
	ward_wait_lines(w, "systemd", "WATCHDOG=1", 3, 10);

	ward_write(w, "faults/sync", "1");
	wait_for(w, file, true);
	assert_int_equal(kill(pid, SIGTERM), 0);
	assert_int_equal(end_of(pid), 0);
	assert_int_equal(access(file, F_OK), -1);
}

static void
where_it_cannot_know_it_takes_the_file_away_and_fails(void **state)
{
	struct ward *w = *state;
	char file[256];

	ward_preload_faults(w);
	ward_write(w, "synchronised", "");
	ward_write(w, "faults/sync", "?");
	snprintf(file, sizeof file, "%s", ward_path(w, "synchronised"));
	assert_int_equal(end_of(start(w, file)), 1);
	assert_int_equal(access(file, F_OK), -1);
	ward_wait_lines(w, "clock.out", "cannot ask the kernel", 1, 1);

	ward_write(w, "faults/sync", "1");
	assert_int_equal(end_of(start(w, "/nowhere/at/all")), 1);
	ward_wait_lines(w, "clock.out", "/nowhere/at/all", 1, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WARD_TEST(its_file_is_there_while_the_clock_is_synchronised),
		WARD_TEST(where_it_cannot_know_it_takes_the_file_away_and_fails),
	};

	cmocka_set_test_filter(getenv("ONLY"));
	return cmocka_run_group_tests(tests, NULL, NULL);
}

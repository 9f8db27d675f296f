/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Programs that systemd starts again and again with a configuration that they
 * refuse: the first time they say why and end, then they wait for another.
 *
 * Easy to get wrong: who waits for ever obeys nobody; SIGTERM ends the wait.
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
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* As a unit of Type=notify would; what it says goes to DIR/out. */
static pid_t
start(struct ward *w, const char *program)
{
	char path[512];
	pid_t pid = fork();
	int fd;

	assert_true(pid >= 0);
	if (pid > 0)
		return pid;
	fd = open(ward_path(w, "out"), O_WRONLY | O_CREAT | O_APPEND, 0600);
	if (fd < 0 || dup2(fd, 2) < 0)
		_exit(126);
	for (size_t i = 0; i < w->set_n; i++)
		(void)putenv(w->set[i]);
	unsetenv("JOURNAL_STREAM");
	setenv("RUNTIME_DIRECTORY", ward_path(w, "run"), 1);
	snprintf(path, sizeof path, "%s/%s", w->build, program);
	execl(path, program, "--config", ward_path(w, "config"), "--run",
	    ward_path(w, "run"), (char *)NULL);
	_exit(127);
}

/* Its exit status; -1 if it has not ended within that time. */
static int
ended(pid_t pid, int within_ms)
{
	int64_t until = ward_now_ms() + within_ms;
	int status;

	while (waitpid(pid, &status, WNOHANG) != pid) {
		if (ward_now_ms() > until)
			return -1;
		ward_nap(10);
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

static void
a_refused_configuration_is_told_once_then_waited_for(void **state)
{
	static const char *const programs[] = { "vitalsd", "vitals-notify" };
	struct ward *w = *state;

	ward_be_systemd(w, 30000);
	ward_env(w, "VITALSD_STATE=%s", ward_path(w, "state"));
	assert_int_equal(mkdir(ward_path(w, "run"), 0700), 0);
	for (size_t i = 0; i < 2; i++) {
		pid_t pid;

		ward_write(w, "config", "nonsense");
		assert_int_equal(ended(start(w, programs[i]), 20000), 1);
		ward_wait_lines(w, "out", "config:1:1", i * 3 + 1, 1);

		pid = start(w, programs[i]);
		ward_wait_lines(w, "systemd", "STATUS=cannot start", i * 2 + 1,
		    20);
		assert_int_equal(ended(pid, 300), -1);
		ward_write(w, "config", "other nonsense");
		assert_int_equal(ended(pid, 20000), 1);

		/* The other mistake is told at once, and waited with. */
		assert_int_equal(ended(start(w, programs[i]), 20000), 1);
		pid = start(w, programs[i]);
		ward_wait_lines(w, "systemd", "STATUS=cannot start", i * 2 + 2,
		    20);
		assert_int_equal(kill(pid, SIGTERM), 0);
		assert_int_equal(ended(pid, 20000), 1);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WARD_TEST(a_refused_configuration_is_told_once_then_waited_for),
	};

	cmocka_set_test_filter(getenv("ONLY"));
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Where every program looks for the configuration, the log and the sockets.
 */
#include "daemon/paths.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

static int
clear_environment(void **state)
{
	(void)state;
	unsetenv("VITALSD_CONFIG");
	unsetenv("VITALSD_STATE");
	unsetenv("VITALSD_RUN");
	return 0;
}

static void
without_options_the_system_paths_hold(void **state)
{
	char error[160] = "";
	struct paths p;

	(void)state;
	paths_init(&p);
	assert_int_equal(paths_finish(&p, error, sizeof(error)), 0);
	assert_string_equal(p.config, "/etc/vitalsd/vitalsd.yaml");
	assert_string_equal(p.control_sock, "/run/vitalsd/control.sock");
	assert_string_equal(p.notify_sock, "/run/vitalsd/notify.sock");
	assert_string_equal(p.log, "/var/lib/vitalsd/log.db");
}

static void
an_option_beats_the_environment_which_beats_the_default(void **state)
{
	static const struct option options[] = {
		PATHS_OPTIONS, { "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	char words[4][16] = { "vitalsd", "--state", "/tmp/s", "--help" };
	char *argv[] = { words[0], words[1], words[2], words[3], NULL };
	char error[160] = "";
	struct paths p;
	int o, others = 0;

	(void)state;
	setenv("VITALSD_STATE", "/tmp/from-environment", 1);
	setenv("VITALSD_RUN", "/tmp/r", 1);
	setenv("VITALSD_CONFIG", "", 1);
	paths_init(&p);
	optind = 0;
	while ((o = getopt_long(4, argv, "h", options, NULL)) != -1) {
		if (!paths_take_option(&p, o, optarg)) {
			assert_int_equal(o, 'h');
			others++;
		}
	}
	assert_int_equal(others, 1);
	assert_int_equal(paths_finish(&p, error, sizeof(error)), 0);
	assert_string_equal(p.log, "/tmp/s/log.db");
	assert_string_equal(p.control_sock, "/tmp/r/control.sock");
	assert_string_equal(p.config, "/etc/vitalsd/vitalsd.yaml");
}

static void
a_socket_path_that_would_be_cut_is_refused(void **state)
{
	char dir[128], error[160] = "";
	struct paths p;

	(void)state;
	memset(dir, 'x', sizeof(dir));
	dir[0] = '/';
	/* 95 + "/control.sock" = 108: one more than fits beside the NUL. */
	dir[95] = '\0';
	paths_init(&p);
	assert_true(paths_take_option(&p, PATHS_OPTION_RUN, dir));
	assert_int_equal(paths_finish(&p, error, sizeof(error)), -ENAMETOOLONG);
	assert_string_equal(error, "--run is too long: control.sock in it "
	    "would have 108 bytes; expected at most 107");
	dir[94] = '\0';
	assert_int_equal(paths_finish(&p, error, sizeof(error)), 0);
	assert_int_equal(strlen(p.control_sock), PATHS_SOCKET_MAX - 1);
}

static void
an_empty_path_is_refused_by_name(void **state)
{
	char error[160] = "";
	struct paths p;

	(void)state;
	paths_init(&p);
	assert_true(paths_take_option(&p, PATHS_OPTION_STATE, ""));
	assert_int_equal(paths_finish(&p, error, sizeof(error)), -EINVAL);
	assert_string_equal(error, "--state is empty; expected a directory");
	paths_init(&p);
	assert_true(paths_take_option(&p, PATHS_OPTION_CONFIG, ""));
	assert_int_equal(paths_finish(&p, error, sizeof(error)), -EINVAL);
	assert_string_equal(error, "--config is empty; expected a file");
}

/* As the README has it: --state ~/vitals/state, and no ~/vitals yet. */
static void
a_directory_is_made_with_those_above_it(void **state)
{
	char top[] = "/tmp/test-paths-XXXXXX", path[64], file[64], error[160];
	struct stat st;
	int fd;

	(void)state;
	assert_non_null(mkdtemp(top));
	snprintf(path, sizeof(path), "%s/a//b/", top);
	assert_int_equal(paths_make_directory(path, 0750, error,
	    sizeof(error)), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777 & ~0750u, 0);
	assert_int_equal(paths_make_directory(path, 0750, error,
	    sizeof(error)), 0);

	snprintf(file, sizeof(file), "%s/a/b/f", top);
	fd = open(file, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(paths_make_directory(file, 0750, error,
	    sizeof(error)), -ENOTDIR);
	assert_non_null(strstr(error, "/a/b/f is not a directory"));
	strcat(file, "/c/d");
	assert_int_equal(paths_make_directory(file, 0750, error,
	    sizeof(error)), -ENOTDIR);
	assert_non_null(strstr(error, "/a/b/f is not a directory"));

	snprintf(file, sizeof(file), "%s/a/b/f", top);
	unlink(file);
	rmdir(path);
	snprintf(path, sizeof(path), "%s/a", top);
	rmdir(path);
	assert_int_equal(rmdir(top), 0);
}

#define T(f) cmocka_unit_test_setup(f, clear_environment)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(without_options_the_system_paths_hold),
		T(an_option_beats_the_environment_which_beats_the_default),
		T(a_socket_path_that_would_be_cut_is_refused),
		T(an_empty_path_is_refused_by_name),
		T(a_directory_is_made_with_those_above_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

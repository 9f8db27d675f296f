/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Listening at a path: what is left behind is replaced, what lives is not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon/listen.h"

struct fixture {
	char dir[48], path[64];
};

static int
setup(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);

	assert_non_null(f);
	strcpy(f->dir, "/tmp/vitalsd-listen-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	snprintf(f->path, sizeof f->path, "%s/s", f->dir);
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	unlink(f->path);
	rmdir(f->dir);
	free(f);
	return 0;
}

static bool
answers(const char *path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	bool ok;

	strcpy(a.sun_path, path);
	ok = connect(fd, (void *)&a, sizeof a) == 0;
	close(fd);
	return ok;
}

static void
the_socket_has_the_mode_that_was_asked_for(void **state)
{
	struct fixture *f = *state;
	mode_t before = umask(0077);
	int fd = listen_unix(f->path, 0666);
	struct stat st;

	assert_int_equal(umask(before), 0077);	/* put back */
	assert_true(fd >= 0);
	assert_int_equal(stat(f->path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0666);
	assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	close(fd);
}

static void
a_socket_that_nobody_listens_on_is_replaced(void **state)
{
	struct fixture *f = *state;
	int fd = listen_unix(f->path, 0600);

	assert_true(fd >= 0);
	close(fd);		/* as a killed process leaves it */
	fd = listen_unix(f->path, 0600);
	assert_true(fd >= 0);
	assert_true(answers(f->path));
	close(fd);
}

static void
a_socket_that_somebody_listens_on_is_left_alone(void **state)
{
	struct fixture *f = *state;
	int fd = listen_unix(f->path, 0600);

	assert_true(fd >= 0);
	assert_int_equal(listen_unix(f->path, 0600), -EADDRINUSE);
	assert_true(answers(f->path));
	close(fd);
}

static void
a_busy_listener_with_a_full_backlog_is_left_alone(void **state)
{
	struct fixture *f = *state;
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = listen_unix(f->path, 0600), client[32];
	size_t n = 0;

	assert_true(fd >= 0);
	strcpy(a.sun_path, f->path);
	for (; n < 32; n++) {
		client[n] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
		if (connect(client[n], (void *)&a, sizeof a) != 0)
			break;
	}
	assert_true(n < 32);
	assert_int_equal(listen_unix(f->path, 0600), -EADDRINUSE);
	assert_int_equal(access(f->path, F_OK), 0);
	for (size_t i = 0; i <= n; i++)
		close(client[i]);
	close(fd);
}

static void
a_file_that_is_no_socket_is_never_removed(void **state)
{
	struct fixture *f = *state;
	int fd = open(f->path, O_CREAT | O_WRONLY, 0600);

	assert_true(fd >= 0);
	close(fd);
	assert_true(listen_unix(f->path, 0600) < 0);
	assert_int_equal(access(f->path, F_OK), 0);
}

static void
a_path_too_long_for_a_socket_is_refused(void **state)
{
	char path[200];

	(void)state;
	memset(path, 'x', sizeof path);
	path[0] = '/';
	path[sizeof path - 1] = '\0';
	assert_int_equal(listen_unix(path, 0600), -ENAMETOOLONG);
	assert_int_equal(listen_unix("/nowhere/at/all", 0600), -ENOENT);
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(the_socket_has_the_mode_that_was_asked_for),
		T(a_socket_that_nobody_listens_on_is_replaced),
		T(a_socket_that_somebody_listens_on_is_left_alone),
		T(a_busy_listener_with_a_full_backlog_is_left_alone),
		T(a_file_that_is_no_socket_is_never_removed),
		T(a_path_too_long_for_a_socket_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

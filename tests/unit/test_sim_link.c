/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The pseudo-terminals of vitals-sim: a line that changes no byte, waits for
 * nobody, and keeps its name.
 */
#include "tests/sim/link.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct bench {
	char dir[32], path[64];
	struct link link;
};

static int
start(void **state)
{
	struct bench *b = calloc(1, sizeof(*b));

	assert_non_null(b);
	strcpy(b->dir, "/tmp/sim-link-XXXXXX");
	assert_non_null(mkdtemp(b->dir));
	snprintf(b->path, sizeof(b->path), "%s/ge", b->dir);
	assert_int_equal(link_open(&b->link, b->path), 0);
	*state = b;
	return 0;
}

static int
stop(void **state)
{
	struct bench *b = *state;

	link_close(&b->link);
	unlink(b->path);
	rmdir(b->dir);
	free(b);
	return 0;
}

static int
open_reader(const struct bench *b)
{
	int fd = open(b->path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

static void
a_line_changes_no_byte_either_way(void **state)
{
	struct bench *b = *state;
	int fd = open_reader(b);
	struct pollfd p = { .fd = fd, .events = POLLIN };
	uint8_t all[256], got[256];

	for (int i = 0; i < 256; i++)
		all[i] = (uint8_t)i;
	assert_int_equal(link_write(&b->link, all, 256), 256);
	assert_int_equal(poll(&p, 1, 1000), 1);
	assert_int_equal(read(fd, got, sizeof(got)), 256);
	assert_memory_equal(got, all, 256);
	assert_int_equal(write(fd, all, 256), 256);
	p.fd = b->link.fd;
	assert_int_equal(poll(&p, 1, 1000), 1);
	assert_int_equal(link_read(&b->link, got, sizeof(got)), 256);
	assert_memory_equal(got, all, 256);
	close(fd);
}

static void
what_nobody_reads_is_lost_and_nothing_waits(void **state)
{
	static const uint8_t much[1 << 20];
	struct bench *b = *state;
	uint8_t got[16];
	int fd;

	assert_false(link_has_reader(&b->link));
	assert_int_equal(link_write(&b->link, much, sizeof(much)), 0);
	fd = open_reader(b);
	assert_true(link_has_reader(&b->link));
	/* Nothing of what was sent before anybody was there. */
	assert_int_equal(read(fd, got, sizeof(got)), -1);
	assert_int_equal(errno, EAGAIN);
	/* Somebody is there but does not read. */
	assert_in_range(link_write(&b->link, much, sizeof(much)), 1,
	    sizeof(much) - 1);
	close(fd);
	assert_false(link_has_reader(&b->link));
	fd = open_reader(b);
	assert_true(link_has_reader(&b->link));
	close(fd);
}

static void
a_pulled_cable_hangs_up_and_takes_its_name_along(void **state)
{
	struct bench *b = *state;
	int fd = open_reader(b);
	struct pollfd p = { .fd = fd, .events = POLLIN };

	link_close(&b->link);
	assert_int_equal(poll(&p, 1, 1000), 1);
	assert_true(p.revents & POLLHUP);
	assert_int_equal(access(b->path, F_OK), -1);
	assert_int_equal(link_write(&b->link, (const uint8_t *)"x", 1), 0);
	/* Back, while the old terminal is still held: another one. */
	assert_int_equal(link_open(&b->link, b->path), 0);
	close(fd);
	close(open_reader(b));
}

static void
a_name_is_taken_over_from_a_link_but_not_from_a_file(void **state)
{
	struct bench *b = *state;
	struct link second = { .fd = -1 };
	char to[64];
	ssize_t n;
	int fd;

	assert_int_equal(link_open(&second, b->path), 0);
	/* The first one goes, the name stays with the second. */
	link_close(&b->link);
	n = readlink(b->path, to, sizeof(to));
	assert_int_equal(n, strlen(second.device));
	assert_memory_equal(to, second.device, (size_t)n);
	link_close(&second);

	fd = open(b->path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(link_open(&second, b->path), -EEXIST);
	assert_int_equal(second.fd, -1);
	assert_int_equal(access(b->path, F_OK), 0);
}

#define LINK_TEST(f) cmocka_unit_test_setup_teardown(f, start, stop)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		LINK_TEST(a_line_changes_no_byte_either_way),
		LINK_TEST(what_nobody_reads_is_lost_and_nothing_waits),
		LINK_TEST(a_pulled_cable_hangs_up_and_takes_its_name_along),
		LINK_TEST(a_name_is_taken_over_from_a_link_but_not_from_a_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

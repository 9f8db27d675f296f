/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Pseudo-terminals for unit tests.  Whatever fails here fails the test.
 *
 * Easy to get wrong: the master does not block, so that a program that reads
 * nothing cannot hang its test.
 */
#include "tests/shim/pty.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

void
pty_replug(struct pty *p)
{
	p->master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	assert_true(p->master >= 0);
	assert_int_equal(grantpt(p->master), 0);
	assert_int_equal(unlockpt(p->master), 0);
	assert_int_equal(ptsname_r(p->master, p->device, sizeof(p->device)),
	    0);
	(void)unlink(p->link);
	assert_int_equal(symlink(p->device, p->link), 0);
}

void
pty_open(struct pty *p)
{
	strcpy(p->dir, "/tmp/vitalsd-pty-XXXXXX");
	assert_non_null(mkdtemp(p->dir));
	snprintf(p->link, sizeof(p->link), "%s/monitor", p->dir);
	pty_replug(p);
}

void
pty_unplug(struct pty *p)
{
	assert_int_equal(close(p->master), 0);
	p->master = -1;
	assert_int_equal(unlink(p->link), 0);
}

void
pty_close(struct pty *p)
{
	if (p->master >= 0)
		pty_unplug(p);
	assert_int_equal(rmdir(p->dir), 0);
}

void
pty_make_raw(const struct pty *p)
{
	int fd = open(p->device, O_RDWR | O_NOCTTY | O_CLOEXEC);
	struct termios t;

	assert_true(fd >= 0);
	assert_int_equal(tcgetattr(fd, &t), 0);
	cfmakeraw(&t);
	assert_int_equal(tcsetattr(fd, TCSANOW, &t), 0);
	assert_int_equal(close(fd), 0);
}

void
pty_write(struct pty *p, const void *bytes, size_t n)
{
	const char *at = bytes;

	while (n > 0) {
		struct pollfd f = { .fd = p->master, .events = POLLOUT };
		ssize_t w = write(p->master, at, n);

		if (w > 0) {
			at += w;
			n -= (size_t)w;
		} else {
			assert_true(w < 0 && errno == EAGAIN);
			assert_int_equal(poll(&f, 1, 1000), 1);
		}
	}
}

size_t
pty_read(struct pty *p, void *buf, size_t size, int wait_ms)
{
	struct pollfd f = { .fd = p->master, .events = POLLIN };
	ssize_t r;

	if (poll(&f, 1, wait_ms) < 1)
		return 0;
	r = read(p->master, buf, size);
	return r > 0 ? (size_t)r : 0;
}

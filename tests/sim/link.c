/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Pseudo-terminals and their links.
 *
 * Easy to get wrong: until the other end has been opened once, a new
 * pseudo-terminal reports no hang-up although nobody is there, and it swallows
 * bytes; so it is opened and closed here first (and made raw by the way).
 */
#include "tests/sim/link.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

/* Raw, 8 bits; the reader sets its own speed and parity, which a
 * pseudo-terminal ignores. */
static int
make_raw(const char *device)
{
	struct termios tio;
	int fd = open(device, O_RDWR | O_NOCTTY | O_CLOEXEC), r = 0;

	if (fd < 0)
		return -errno;
	if (tcgetattr(fd, &tio) != 0) {
		r = -errno;
	} else {
		cfmakeraw(&tio);
		if (tcsetattr(fd, TCSANOW, &tio) != 0)
			r = -errno;
	}
	close(fd);
	return r;
}

/* The name changes in one step, so that nobody ever finds half of it. */
static int
make_name(const char *device, const char *path)
{
	char temporary[LINK_PATH_MAX + 8];
	struct stat st;

	if (lstat(path, &st) == 0 && !S_ISLNK(st.st_mode))
		return -EEXIST;
	snprintf(temporary, sizeof(temporary), "%s.new", path);
	unlink(temporary);
	if (symlink(device, temporary) != 0)
		return -errno;
	if (rename(temporary, path) != 0) {
		int r = -errno;

		unlink(temporary);
		return r;
	}
	return 0;
}

int
link_open(struct link *l, const char *path)
{
	struct link n = { .fd = -1 };
	int r;

	if (path != NULL && strlen(path) >= sizeof(n.path))
		return -ENAMETOOLONG;
	n.fd = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (n.fd < 0)
		return -errno;
	if (grantpt(n.fd) != 0 || unlockpt(n.fd) != 0 ||
	    ptsname_r(n.fd, n.device, sizeof(n.device)) != 0) {
		r = errno != 0 ? -errno : -ENOTTY;
		goto fail;
	}
	r = make_raw(n.device);
	if (r == 0 && path != NULL) {
		strcpy(n.path, path);
		r = make_name(n.device, path);
	}
	if (r != 0)
		goto fail;
	*l = n;
	return 0;
fail:
	close(n.fd);
	return r;
}

void
link_close(struct link *l)
{
	char to[sizeof(l->device)];
	ssize_t n;

	if (l->fd < 0)
		return;
	/* Somebody else may have taken the name meanwhile. */
	n = l->path[0] != '\0' ? readlink(l->path, to, sizeof(to)) : -1;
	if (n > 0 && (size_t)n == strlen(l->device) &&
	    memcmp(to, l->device, (size_t)n) == 0)
		unlink(l->path);
	close(l->fd);
	l->fd = -1;
}

bool
link_has_reader(const struct link *l)
{
	struct pollfd p = { .fd = l->fd };

	return l->fd >= 0 && poll(&p, 1, 0) >= 0 && !(p.revents & POLLHUP);
}

size_t
link_write(struct link *l, const uint8_t *p, size_t n)
{
	ssize_t r;

	if (!link_has_reader(l))
		return 0;
	r = write(l->fd, p, n);
	return r > 0 ? (size_t)r : 0;
}

size_t
link_read(struct link *l, uint8_t *p, size_t room)
{
	ssize_t r = l->fd >= 0 ? read(l->fd, p, room) : 0;

	return r > 0 ? (size_t)r : 0;
}

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What a pseudo-terminal lacks to pass for a serial port.
 *
 * Easy to get wrong: Debian's libserialport.so.0 imports __lxstat, the old
 * name of lstat; and the C library's tcsetattr() answers EINVAL when a
 * terminal, being 8N1 for ever, did not take a parity.
 */
#undef _FORTIFY_SOURCE		/* its inline readlink() would be in the way */
#include "tests/shim/ptyshim.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

struct ptyshim ptyshim;

/* The next definition of a function: the C library's. */
#define REAL(name) static __typeof__(&name) real; \
	if (real == NULL) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

/* The names under which the kernel would list its serial ports. */
static bool
is_listed_pty(const char *path)
{
	return strncmp(path, "/sys/class/tty/pts/", 19) == 0;
}

static bool
is_pty(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISCHR(st.st_mode) &&
	    major(st.st_rdev) >= 136 && major(st.st_rdev) <= 143;
}

static int
as_link(const char *path, struct stat *st, int r)
{
	if (r != 0 && errno == ENOENT && is_listed_pty(path)) {
		memset(st, 0, sizeof(*st));
		st->st_mode = S_IFLNK | 0777;
		r = 0;
	}
	return r;
}

int __lxstat(int version, const char *path, struct stat *st);

int
__lxstat(int version, const char *path, struct stat *st)
{
	REAL(__lxstat);
	return as_link(path, st, real(version, path, st));
}

int
lstat(const char *path, struct stat *st)
{
	REAL(lstat);
	return as_link(path, st, real(path, st));
}

ssize_t
readlink(const char *path, char *buf, size_t size)
{
	static const char target[] = "../../devices/virtual/tty/pts";
	ssize_t r;

	REAL(readlink);
	r = real(path, buf, size);
	if (r >= 0 || !is_listed_pty(path) || size < sizeof(target))
		return r;
	memcpy(buf, target, sizeof(target) - 1);
	return sizeof(target) - 1;
}

/* Modem lines and counters; -1 with errno as a pseudo-terminal leaves it when
 * the device is not to have them. */
static int
answer(unsigned long request, void *arg)
{
	int *lines = arg;

	switch (request) {
	case TIOCMGET:
		*lines = ptyshim.lines | TIOCM_CTS | TIOCM_DSR | TIOCM_CAR;
		return 0;
	case TIOCMSET:
		if (!ptyshim.no_lines)
			ptyshim.lines = *lines & (TIOCM_RTS | TIOCM_DTR);
		return ptyshim.no_lines ? -1 : 0;
	case TIOCMBIS:
		if (!ptyshim.no_lines)
			ptyshim.lines |= *lines & (TIOCM_RTS | TIOCM_DTR);
		return ptyshim.no_lines ? -1 : 0;
	case TIOCMBIC:
		if (!ptyshim.no_lines)
			ptyshim.lines &= ~*lines;
		return ptyshim.no_lines ? -1 : 0;
	case TIOCGICOUNT:
		if (ptyshim.counts)
			memcpy(arg, &ptyshim.errors, sizeof(ptyshim.errors));
		return ptyshim.counts ? 0 : -1;
	default:
		return -1;
	}
}

int
ioctl(int fd, unsigned long request, ...)
{
	va_list args;
	void *arg;
	int r;

	REAL(ioctl);
	va_start(args, request);
	arg = va_arg(args, void *);
	va_end(args);
	r = real(fd, request, arg);
	if (r == 0 && request == TIOCOUTQ && is_pty(fd))
		*(int *)arg += ptyshim.unsent;
	if (r == -1 && (errno == ENOTTY || errno == EINVAL) && is_pty(fd))
		r = answer(request, arg);
	return r;
}

int
tcsetattr(int fd, int when, const struct termios *t)
{
	int r;

	REAL(tcsetattr);
	r = real(fd, when, t);
	if (!is_pty(fd))
		return r;
	ptyshim.asked = *t;
	return r == -1 && errno == EINVAL ? 0 : r;
}

int
tcgetattr(int fd, struct termios *t)
{
	const tcflag_t kept = CSIZE | PARENB | PARODD | CSTOPB | CRTSCTS;
	int r;

	REAL(tcgetattr);
	r = real(fd, t);
	if (r != 0 || !is_pty(fd))
		return r;
	t->c_cflag = (t->c_cflag & ~kept) |
	    (ptyshim.asked.c_cflag & kept & ~ptyshim.refuses);
	if (ptyshim.stuck_at != 0) {
		cfsetispeed(t, ptyshim.stuck_at);
		cfsetospeed(t, ptyshim.stuck_at);
	}
	return 0;
}

int
tcflush(int fd, int queue)
{
	REAL(tcflush);
	if (is_pty(fd) && queue == TCOFLUSH) {
		ptyshim.dropped++;
		ptyshim.unsent = 0;
	}
	return real(fd, queue);
}

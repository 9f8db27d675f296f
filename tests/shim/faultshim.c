/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Preloaded into a whole vitalsd: a disk that hangs and a wall clock that
 * somebody sets, switched on and off while it runs, by files in the folder that
 * $FAULTS names.
 *
 *	hang	every write and sync below $FAULTS_BELOW waits until it is gone
 *	wall	CLOCK_REALTIME is so many seconds (the file's text) further on
 *	sync	the kernel calls the clock synchronised ("1"), or not ("0"),
 *		or may not be asked (anything else)
 *
 * Easy to get wrong: it may allocate nothing and call nothing that it replaces,
 * so it speaks to the kernel directly.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

/* The descriptor of the folder's file; -1 where the fault is off. */
static int
fault(const char *name)
{
	const char *dir = getenv("FAULTS");
	char path[PATH_MAX];
	int saved = errno, fd = -1;

	if (dir != NULL && snprintf(path, sizeof path, "%s/%s", dir, name) <
	    PATH_MAX)
		fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY |
		    O_CLOEXEC);
	errno = saved;
	return fd;
}

static bool
is_below(int fd)
{
	const char *below = getenv("FAULTS_BELOW");
	char link[32], path[PATH_MAX] = "";
	int saved = errno;

	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	if (readlink(link, path, sizeof path - 1) < 0)
		path[0] = '\0';
	errno = saved;
	return below != NULL && strncmp(path, below, strlen(below)) == 0;
}

static void
hang(int fd)
{
	const struct timespec nap = { 0, 20 * 1000000 };
	int f;

	while ((f = fault("hang")) >= 0) {
		syscall(SYS_close, f);
		if (!is_below(fd))
			return;
		syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &nap, NULL);
	}
}

static ssize_t
result(long r)
{
	return (ssize_t)r;	/* syscall() has set errno */
}

int
fsync(int fd)
{
	hang(fd);
	return (int)result(syscall(SYS_fsync, fd));
}

int
fdatasync(int fd)
{
	hang(fd);
	return (int)result(syscall(SYS_fdatasync, fd));
}

ssize_t
pwrite64(int fd, const void *p, size_t n, off64_t at)
{
	hang(fd);
	return result(syscall(SYS_pwrite64, fd, p, n, at));
}

ssize_t
pwrite(int fd, const void *p, size_t n, off_t at)
{
	return pwrite64(fd, p, n, at);
}

ssize_t
write(int fd, const void *p, size_t n)
{
	hang(fd);
	return result(syscall(SYS_write, fd, p, n));
}

static long
wall_offset_s(void)
{
	char text[32] = "";
	int saved = errno, fd = fault("wall");

	if (fd < 0)
		return 0;
	if (syscall(SYS_read, fd, text, sizeof text - 1) < 0)
		text[0] = '\0';
	syscall(SYS_close, fd);
	errno = saved;
	return strtol(text, NULL, 10);
}

int
clock_gettime(clockid_t id, struct timespec *t)
{
	long r = syscall(SYS_clock_gettime, id, t);

	if (r == 0 && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE))
		t->tv_sec += wall_offset_s();
	return (int)r;
}

time_t
time(time_t *out)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	if (out != NULL)
		*out = t.tv_sec;
	return t.tv_sec;
}

int
gettimeofday(struct timeval *restrict out, void *restrict zone)
{
	struct timespec t;

	(void)zone;
	clock_gettime(CLOCK_REALTIME, &t);
	*out = (struct timeval){ t.tv_sec, t.tv_nsec / 1000 };
	return 0;
}

int
adjtimex(struct timex *t)
{
	char text = 0;
	int fd = fault("sync");

	if (fd < 0)
		return (int)result(syscall(SYS_adjtimex, t));
	if (syscall(SYS_read, fd, &text, 1) < 0)
		text = 0;
	syscall(SYS_close, fd);
	if (text != '0' && text != '1') {
		errno = EPERM;
		return -1;
	}
	t->status = text == '1' ? 0 : STA_UNSYNC;
	return text == '1' ? TIME_OK : TIME_ERROR;
}

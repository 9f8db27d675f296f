/* SPDX-License-Identifier: BSD-2-Clause
 *
 * To be preloaded by benchmarks, so that what a program leans on gets stuck:
 *
 *	STALL_FILE=PATH		while PATH exists, whatever writes to a file
 *				or waits for the disk waits, too
 *	STALL_JOURNAL=PATH	what goes to journald goes to the socket PATH,
 *				which nobody need read
 *
 * Easy to get wrong: only calls that the program itself makes pass here, not
 * those within the C library; SQLite and libsystemd are no part of it.
 */
#include <dlfcn.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static void
wait_for_disk(void)
{
	const struct timespec nap = { 0, 10000000 };
	const char *path = getenv("STALL_FILE");

	while (path != NULL && access(path, F_OK) == 0)
		nanosleep(&nap, NULL);
}

static void *
next(const char *name)
{
	void *p = dlsym(RTLD_NEXT, name);

	if (p == NULL)
		abort();
	return p;
}

int fsync(int fd);
int
fsync(int fd)
{
	int (*real)(int) = next("fsync");

	wait_for_disk();
	return real(fd);
}

int fdatasync(int fd);
int
fdatasync(int fd)
{
	int (*real)(int) = next("fdatasync");

	wait_for_disk();
	return real(fd);
}

ssize_t pwrite64(int fd, const void *p, size_t n, off_t at);
ssize_t
pwrite64(int fd, const void *p, size_t n, off_t at)
{
	ssize_t (*real)(int, const void *, size_t, off_t) = next("pwrite64");

	wait_for_disk();
	return real(fd, p, n, at);
}

ssize_t
sendmsg(int fd, const struct msghdr *m, int flags)
{
	static const char journald[] = "/run/systemd/journal/socket";
	ssize_t (*real)(int, const struct msghdr *, int) = next("sendmsg");
	const char *path = getenv("STALL_JOURNAL");
	const struct sockaddr_un *to = m->msg_name;
	struct sockaddr_un other = { .sun_family = AF_UNIX };
	struct msghdr copy = *m;

	if (path == NULL || to == NULL || to->sun_family != AF_UNIX ||
	    strncmp(to->sun_path, journald, sizeof journald) != 0)
		return real(fd, m, flags);
	strncpy(other.sun_path, path, sizeof other.sun_path - 1);
	copy.msg_name = &other;
	copy.msg_namelen = sizeof other;
	return real(fd, &copy, flags);
}

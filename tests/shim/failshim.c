/* SPDX-License-Identifier: BSD-2-Clause
 *
 * See failshim.h.
 *
 * Easy to get wrong: malloc() is called before anything is set up, and by the
 * dynamic linker's own lookup, so the C library's is called by its other name.
 */
#undef _FORTIFY_SOURCE
#include "tests/shim/failshim.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <pwd.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <unistd.h>

static _Atomic int wanted_kind;
static atomic_long left;	/* calls until it fails; below 1: it has */
static atomic_long last;	/* what is left when the last of them fails */
static atomic_bool fired;
static int with_error;
static char report[300];
static bool aborts;

void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t n);

/* The next definition of a function: that of its library. */
#define REAL(name) static __typeof__(&name) real; \
	if (real == NULL) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

void
failshim_set(enum fail_kind kind, long n, int error)
{
	failshim_set_run(kind, n, error, 1);
}

void
failshim_set_run(enum fail_kind kind, long n, int error, long run)
{
	atomic_store(&wanted_kind, FAIL_NONE);
	atomic_store(&fired, false);
	atomic_store(&left, n);
	atomic_store(&last, 2 - run);
	with_error = error;
	atomic_store(&wanted_kind, (int)kind);
}

bool
failshim_fired(void)
{
	return atomic_load(&fired);
}

__attribute__((constructor)) static void
begin(void)
{
	const char *text = getenv("FAILSHIM"), *to = getenv("FAILSHIM_REPORT");
	char name[20] = "";
	long n = 0, run = 1;
	int error = 0;

	if (to != NULL && strlen(to) < sizeof report)
		strcpy(report, to);
	aborts = getenv("FAILSHIM_ABORT") != NULL;
	if (text == NULL || sscanf(text, "%19s %ld %d %ld", name, &n,
	    &error, &run) < 3)
		return;
	for (int k = 1; k < FAIL_KINDS; k++)
		if (strcmp(name, fail_kind_names[k]) == 0)
			failshim_set_run((enum fail_kind)k, n, error, run);
}

static void
tell(void)
{
	static const char line[] = "fired\n";
	int fd = (int)syscall(SYS_openat, AT_FDCWD, report, O_WRONLY | O_CREAT |
	    O_APPEND | O_CLOEXEC, 0600);

	if (fd < 0)
		return;
	(void)syscall(SYS_write, fd, line, sizeof line - 1);
	syscall(SYS_close, fd);
}

/* Whether this call is the one; errno is set then. */
static bool
fails(enum fail_kind kind)
{
	long now;

	if (atomic_load(&wanted_kind) != (int)kind)
		return false;
	now = atomic_fetch_sub(&left, 1);
	if (now > 1 || now < atomic_load(&last))
		return false;
	if (now == atomic_load(&last))
		atomic_store(&wanted_kind, FAIL_NONE);
	if (!atomic_exchange(&fired, true) && report[0] != '\0')
		tell();
	if (aborts)
		abort();
	errno = with_error;
	return true;
}

/* How many of n bytes, if this call is to be cut short; -1: it fails. */
static ssize_t
cut(enum fail_kind kind, size_t n)
{
	if (!fails(kind))
		return (ssize_t)n;
	return with_error == FAIL_SHORT && n > 1 ? (ssize_t)(n / 2) : -1;
}

static bool
may_fail(int fd)
{
	struct stat st;
	int err = errno;
	bool may = fstat(fd, &st) == 0 && (S_ISCHR(st.st_mode) ||
	    S_ISREG(st.st_mode) || S_ISSOCK(st.st_mode));

	errno = err;
	return may;
}

/* Steps that sqlite3_exec() makes are its own: it asks sqlite3_finalize() how
 * they went, which knows nothing of what is pretended here. */
static _Thread_local int in_exec;

int
sqlite3_step(sqlite3_stmt *st)
{
	REAL(sqlite3_step);
	return in_exec == 0 && fails(FAIL_STEP) ? with_error : real(st);
}

int
sqlite3_exec(sqlite3 *sql, const char *text,
    int (*row)(void *, int, char **, char **), void *arg, char **error)
{
	int rc;

	REAL(sqlite3_exec);
	if (fails(FAIL_STEP))
		return with_error;
	in_exec++;
	rc = real(sql, text, row, arg, error);
	in_exec--;
	return rc;
}

/* The first look-up is not made to fail for want of memory: it would end the
 * process in the C library, and daemon/main.c has memory at hand for it. */
static _Thread_local bool looks_up;

struct passwd *
getpwuid(uid_t uid)
{
	static atomic_bool before;
	struct passwd *pw;

	REAL(getpwuid);
	looks_up = !atomic_exchange(&before, true);
	pw = real(uid);
	looks_up = false;
	return pw;
}

void *
malloc(size_t n)
{
	return !looks_up && fails(FAIL_MALLOC) ? NULL : __libc_malloc(n);
}

void *
calloc(size_t n, size_t size)
{
	return !looks_up && fails(FAIL_MALLOC) ? NULL :
	    __libc_calloc(n, size);
}

void *
realloc(void *p, size_t n)
{
	return !looks_up && fails(FAIL_MALLOC) ? NULL : __libc_realloc(p, n);
}

static int
open_any(int at, const char *path, int flags, mode_t mode)
{
	if (fails(FAIL_OPEN))
		return -1;
	return (int)syscall(SYS_openat, at, path, flags, mode);
}

#define OPEN(name) \
int \
name(const char *path, int flags, ...) \
{ \
	mode_t mode = 0; \
	va_list ap; \
\
	if (flags & (O_CREAT | O_TMPFILE)) { \
		va_start(ap, flags); \
		mode = va_arg(ap, mode_t); \
		va_end(ap); \
	} \
	return open_any(AT_FDCWD, path, flags, mode); \
}
OPEN(open)
OPEN(open64)

ssize_t
read(int fd, void *p, size_t n)
{
	ssize_t some = may_fail(fd) ? cut(FAIL_READ, n) : (ssize_t)n;

	return some < 0 ? -1 : syscall(SYS_read, fd, p, (size_t)some);
}

ssize_t
pread(int fd, void *p, size_t n, off_t at)
{
	ssize_t some = cut(FAIL_READ, n);

	return some < 0 ? -1 : syscall(SYS_pread64, fd, p, (size_t)some, at);
}

ssize_t
pread64(int fd, void *p, size_t n, off64_t at)
{
	return pread(fd, p, n, at);
}

ssize_t
write(int fd, const void *p, size_t n)
{
	ssize_t some = may_fail(fd) ? cut(FAIL_WRITE, n) : (ssize_t)n;

	return some < 0 ? -1 : syscall(SYS_write, fd, p, (size_t)some);
}

ssize_t
pwrite(int fd, const void *p, size_t n, off_t at)
{
	ssize_t some = cut(FAIL_WRITE, n);

	return some < 0 ? -1 : syscall(SYS_pwrite64, fd, p, (size_t)some, at);
}

ssize_t
pwrite64(int fd, const void *p, size_t n, off64_t at)
{
	return pwrite(fd, p, n, at);
}

int
fsync(int fd)
{
	return fails(FAIL_SYNC) ? -1 : (int)syscall(SYS_fsync, fd);
}

int
fdatasync(int fd)
{
	return fails(FAIL_SYNC) ? -1 : (int)syscall(SYS_fdatasync, fd);
}

int
ftruncate(int fd, off_t n)
{
	return fails(FAIL_SIZE) ? -1 : (int)syscall(SYS_ftruncate, fd, n);
}

int
ftruncate64(int fd, off64_t n)
{
	return ftruncate(fd, n);
}

int
posix_fallocate(int fd, off_t at, off_t n)
{
	if (fails(FAIL_SIZE))
		return with_error;
	return syscall(SYS_fallocate, fd, 0, at, n) == 0 ? 0 : errno;
}

int
unlink(const char *path)
{
	return fails(FAIL_UNLINK) ? -1 : (int)syscall(SYS_unlink, path);
}

int
rename(const char *from, const char *to)
{
	return fails(FAIL_UNLINK) ? -1 : (int)syscall(SYS_rename, from, to);
}

ssize_t
send(int fd, const void *p, size_t n, int flags)
{
	ssize_t some = cut(FAIL_SEND, n);

	return some < 0 ? -1 : syscall(SYS_sendto, fd, p, (size_t)some, flags,
	    NULL, 0);
}

ssize_t
recv(int fd, void *p, size_t n, int flags)
{
	ssize_t some = cut(FAIL_RECV, n);

	return some < 0 ? -1 : syscall(SYS_recvfrom, fd, p, (size_t)some,
	    flags, NULL, NULL);
}

int
accept4(int fd, struct sockaddr *a, socklen_t *n, int flags)
{
	return fails(FAIL_ACCEPT) ? -1 : (int)syscall(SYS_accept4, fd, a, n,
	    flags);
}

int
socket(int domain, int type, int protocol)
{
	return fails(FAIL_SOCKET) ? -1 : (int)syscall(SYS_socket, domain, type,
	    protocol);
}

int
bind(int fd, const struct sockaddr *a, socklen_t n)
{
	return fails(FAIL_SOCKET) ? -1 : (int)syscall(SYS_bind, fd, a, n);
}

int
listen(int fd, int n)
{
	return fails(FAIL_SOCKET) ? -1 : (int)syscall(SYS_listen, fd, n);
}

int
connect(int fd, const struct sockaddr *a, socklen_t n)
{
	return fails(FAIL_SOCKET) ? -1 : (int)syscall(SYS_connect, fd, a, n);
}

int
epoll_wait(int fd, struct epoll_event *e, int n, int ms)
{
	REAL(epoll_wait);
	return fails(FAIL_WAIT) ? -1 : real(fd, e, n, ms);
}

int
epoll_pwait2(int fd, struct epoll_event *e, int n, const struct timespec *t,
    const sigset_t *mask)
{
	REAL(epoll_pwait2);
	return fails(FAIL_WAIT) ? -1 : real(fd, e, n, t, mask);
}

int
poll(struct pollfd *p, nfds_t n, int ms)
{
	REAL(poll);
	return fails(FAIL_WAIT) ? -1 : real(p, n, ms);
}

int
epoll_ctl(int fd, int op, int other, struct epoll_event *e)
{
	/* Taking off cannot fail. */
	if (op != EPOLL_CTL_DEL && fails(FAIL_WATCH))
		return -1;
	return (int)syscall(SYS_epoll_ctl, fd, op, other, e);
}

int
pthread_create(pthread_t *t, const pthread_attr_t *attr, void *(*run)(void *),
    void *arg)
{
	REAL(pthread_create);
	return fails(FAIL_THREAD) ? with_error : real(t, attr, run, arg);
}

int
epoll_create1(int flags)
{
	return fails(FAIL_DESCRIPTOR) ? -1 :
	    (int)syscall(SYS_epoll_create1, flags);
}

int
eventfd(unsigned n, int flags)
{
	return fails(FAIL_DESCRIPTOR) ? -1 : (int)syscall(SYS_eventfd2, n,
	    flags);
}

int
timerfd_create(int clock, int flags)
{
	return fails(FAIL_DESCRIPTOR) ? -1 :
	    (int)syscall(SYS_timerfd_create, clock, flags);
}

int
signalfd(int fd, const sigset_t *mask, int flags)
{
	return fails(FAIL_DESCRIPTOR) ? -1 : (int)syscall(SYS_signalfd4, fd,
	    mask, 8, flags);
}

int
inotify_init1(int flags)
{
	return fails(FAIL_DESCRIPTOR) ? -1 :
	    (int)syscall(SYS_inotify_init1, flags);
}

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Preloaded into vitalsd, it writes down all that a power cut can take away or
 * must not take away: see powershim.h.  Nothing is really synced.
 *
 * Easy to get wrong: each call and its record are made under one lock, so that
 * the order of records is the order of events for all threads.  What this
 * cannot write down (a mapped file, another way to write) ends the process,
 * lest it be missing unseen.
 */
#undef _FORTIFY_SOURCE
#include "tests/shim/powershim.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define FDS 4096
#define BOOT_ID "/proc/sys/kernel/random/boot_id"

/* The next definition of a function: the C library's. */
#define REAL(name) static __typeof__(&name) real; \
	if (real == NULL) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

static int trace = -1;
static uint32_t ids;
static char dir[PATH_MAX];
static size_t dir_n;
static uint32_t id_of[FDS];	/* of each descriptor; 0: not below dir */
static bool sent_on[FDS];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void __attribute__((noreturn))
give_up(const char *what)
{
	fprintf(stderr, "powershim: %s cannot be written down\n", what);
	_exit(99);
}

static void
put(enum shim_op op, uint32_t id, uint64_t offset, const void *data, size_t n)
{
	struct shim_record r = { op, id, offset, (uint32_t)n, 0 };
	struct iovec v[2] = { { &r, sizeof r }, { (void *)data, n } };

	if (syscall(SYS_writev, trace, v, n > 0 ? 2 : 1) !=
	    (long)(sizeof r + n))
		give_up("all of the trace");
}

static bool
is_transient(const char *name)
{
	size_t n = strlen(name);

	return n >= 4 && strcmp(name + n - 4, "-shm") == 0;
}

/* The name below the directory, or NULL. */
static const char *
name_below(const char *path)
{
	if (trace < 0 || path == NULL || strncmp(path, dir, dir_n) != 0)
		return NULL;
	if (path[dir_n] == '\0')
		return path + dir_n;
	if (path[dir_n] != '/' || is_transient(path))
		return NULL;
	return path + dir_n + 1;
}

/* What was there before. */
static void
put_file(const char *name)
{
	char path[PATH_MAX + 300];
	struct stat st;
	size_t n = strlen(name) + 1;
	char *data;
	int fd;

	snprintf(path, sizeof path, "%s/%s", dir, name);
	fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0)
		give_up(path);
	data = malloc(n + (size_t)st.st_size);
	if (data == NULL)
		give_up(path);
	memcpy(data, name, n);
	if (read(fd, data + n, (size_t)st.st_size) != st.st_size)
		give_up(path);
	put(SHIM_FILE, 0, 0, data, n + (size_t)st.st_size);
	free(data);
	syscall(SYS_close, fd);
}

__attribute__((constructor)) static void
begin(void)
{
	const char *to = getenv("POWERSHIM_TRACE");
	const char *below = getenv("POWERSHIM_DIR");
	const struct dirent *e;
	struct stat st;
	DIR *d;
	int fd;

	if (to == NULL || below == NULL || realpath(below, dir) == NULL)
		return;
	dir_n = strlen(dir);
	fd = (int)syscall(SYS_openat, AT_FDCWD, to, O_WRONLY | O_CREAT |
	    O_APPEND | O_CLOEXEC, 0600);
	if (fd < 0 || fstat(fd, &st) < 0)
		give_up(to);
	trace = fd;
	if (st.st_size == 0) {
		d = opendir(dir);
		while (d != NULL && (e = readdir(d)) != NULL)
			if (e->d_name[0] != '.' && !is_transient(e->d_name))
				put_file(e->d_name);
		if (d != NULL)
			closedir(d);
	}
	put(SHIM_BEGIN, 0, 0, NULL, 0);
}

static int
open_and_put(const char *path, int flags, mode_t mode)
{
	const char *other = getenv("POWERSHIM_BOOT_ID");
	const char *name = name_below(path);
	bool there;
	int fd, err;

	if (other != NULL && strcmp(path, BOOT_ID) == 0)
		path = other;
	if (name == NULL)
		return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
	pthread_mutex_lock(&lock);
	there = syscall(SYS_faccessat, AT_FDCWD, path, F_OK) == 0;
	fd = (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
	err = errno;
	if (fd >= FDS)
		give_up("so many descriptors");
	if (fd >= 0) {
		id_of[fd] = ++ids;
		put(there ? SHIM_OPEN : SHIM_CREATE, ids, (uint64_t)flags,
		    name, strlen(name));
		if (there && (flags & O_TRUNC))
			put(SHIM_SIZE, ids, 0, NULL, 0);
	}
	pthread_mutex_unlock(&lock);
	errno = err;
	return fd;
}

int
open(const char *path, int flags, ...)
{
	mode_t mode = 0;
	va_list ap;

	if (flags & (O_CREAT | O_TMPFILE)) {
		va_start(ap, flags);
		mode = va_arg(ap, mode_t);
		va_end(ap);
	}
	return open_and_put(path, flags, mode);
}

int
open64(const char *path, int flags, ...)
{
	mode_t mode = 0;
	va_list ap;

	if (flags & (O_CREAT | O_TMPFILE)) {
		va_start(ap, flags);
		mode = va_arg(ap, mode_t);
		va_end(ap);
	}
	return open_and_put(path, flags, mode);
}

int
openat(int at, const char *path, int flags, ...)
{
	mode_t mode = 0;
	va_list ap;

	if (flags & (O_CREAT | O_TMPFILE)) {
		va_start(ap, flags);
		mode = va_arg(ap, mode_t);
		va_end(ap);
	}
	if (name_below(path) != NULL && (flags & O_ACCMODE) != O_RDONLY)
		give_up("openat()");
	return (int)syscall(SYS_openat, at, path, flags, mode);
}

static uint32_t
id_of_fd(int fd)
{
	return trace >= 0 && fd >= 0 && fd < FDS ? id_of[fd] : 0;
}

int
close(int fd)
{
	int r;

	pthread_mutex_lock(&lock);
	if (fd >= 0 && fd < FDS) {
		id_of[fd] = 0;
		if (sent_on[fd])
			put(SHIM_CLOSED, (uint32_t)fd, 0, NULL, 0);
		sent_on[fd] = false;
	}
	r = (int)syscall(SYS_close, fd);
	pthread_mutex_unlock(&lock);
	return r;
}

static ssize_t
write_and_put(int fd, const void *data, size_t n, off_t at)
{
	ssize_t r;

	pthread_mutex_lock(&lock);
	r = syscall(SYS_pwrite64, fd, data, n, at);
	if (r > 0)
		put(SHIM_WRITE, id_of_fd(fd), (uint64_t)at, data, (size_t)r);
	pthread_mutex_unlock(&lock);
	return r;
}

ssize_t
pwrite(int fd, const void *data, size_t n, off_t at)
{
	if (id_of_fd(fd) == 0)
		return syscall(SYS_pwrite64, fd, data, n, at);
	return write_and_put(fd, data, n, at);
}

ssize_t
pwrite64(int fd, const void *data, size_t n, off64_t at)
{
	return pwrite(fd, data, n, at);
}

static bool
is_event_fd(int fd)
{
	char link[64], what[64] = "";

	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	return readlink(link, what, sizeof what - 1) > 0 &&
	    strcmp(what, "anon_inode:[eventfd]") == 0;
}

ssize_t
write(int fd, const void *data, size_t n)
{
	bool told;
	ssize_t r;
	off_t at;

	if (id_of_fd(fd) != 0) {
		at = lseek(fd, 0, SEEK_CUR);
		r = write_and_put(fd, data, n, at);
		if (r > 0)
			(void)lseek(fd, at + r, SEEK_SET);
		return r;
	}
	told = trace >= 0 && n == sizeof(uint64_t) && is_event_fd(fd);
	if (!told)
		return syscall(SYS_write, fd, data, n);
	pthread_mutex_lock(&lock);
	put(SHIM_TOLD, 0, 0, NULL, 0);
	r = syscall(SYS_write, fd, data, n);
	pthread_mutex_unlock(&lock);
	return r;
}

ssize_t
send(int fd, const void *data, size_t n, int flags)
{
	ssize_t r;

	pthread_mutex_lock(&lock);
	r = syscall(SYS_sendto, fd, data, n, flags, NULL, 0);
	if (r > 0 && trace >= 0) {
		if (fd < FDS)
			sent_on[fd] = true;
		put(SHIM_SENT, (uint32_t)fd, 0, data, (size_t)r);
	}
	pthread_mutex_unlock(&lock);
	return r;
}

int
ftruncate(int fd, off_t size)
{
	int r;

	if (id_of_fd(fd) == 0)
		return (int)syscall(SYS_ftruncate, fd, size);
	pthread_mutex_lock(&lock);
	r = (int)syscall(SYS_ftruncate, fd, size);
	if (r == 0)
		put(SHIM_SIZE, id_of_fd(fd), (uint64_t)size, NULL, 0);
	pthread_mutex_unlock(&lock);
	return r;
}

int
ftruncate64(int fd, off64_t size)
{
	return ftruncate(fd, size);
}

int
posix_fallocate(int fd, off_t from, off_t n)
{
	struct stat st;

	if (id_of_fd(fd) == 0)
		return EOPNOTSUPP;
	if (fstat(fd, &st) < 0 || st.st_size >= from + n)
		return 0;
	return ftruncate(fd, from + n) == 0 ? 0 : errno;
}

int
posix_fallocate64(int fd, off64_t from, off64_t n)
{
	return posix_fallocate(fd, from, n);
}

static int
sync_and_put(int fd)
{
	struct stat st;

	pthread_mutex_lock(&lock);
	if (id_of_fd(fd) != 0 && fstat(fd, &st) == 0)
		put(S_ISDIR(st.st_mode) ? SHIM_SYNC_DIR : SHIM_SYNC,
		    id_of_fd(fd), 0, NULL, 0);
	pthread_mutex_unlock(&lock);
	return 0;
}

int
fsync(int fd)
{
	return sync_and_put(fd);
}

int
fdatasync(int fd)
{
	return sync_and_put(fd);
}

int
unlink(const char *path)
{
	const char *name = name_below(path);
	int r;

	pthread_mutex_lock(&lock);
	r = (int)syscall(SYS_unlink, path);
	if (r == 0 && name != NULL)
		put(SHIM_UNLINK, 0, 0, name, strlen(name));
	pthread_mutex_unlock(&lock);
	return r;
}

int
rename(const char *from, const char *to)
{
	const char *a = name_below(from), *b = name_below(to);
	char names[2 * PATH_MAX];
	int r, n;

	if ((a == NULL) != (b == NULL) && !is_transient(from))
		give_up("a rename out of or into the directory");
	pthread_mutex_lock(&lock);
	r = (int)syscall(SYS_rename, from, to);
	if (r == 0 && a != NULL && b != NULL) {
		n = snprintf(names, sizeof names, "%s%c%s", a, 0, b);
		put(SHIM_RENAME, 0, 0, names, (size_t)n);
	}
	pthread_mutex_unlock(&lock);
	return r;
}

/* --- other ways to write, which the log does not use -------------------- */

void *
mmap(void *at, size_t n, int how, int flags, int fd, off_t from)
{
	if ((flags & MAP_SHARED) && (how & PROT_WRITE) && id_of_fd(fd) != 0)
		give_up("a mapped file");
	return (void *)syscall(SYS_mmap, at, n, how, flags, fd, from);
}

void *
mmap64(void *at, size_t n, int how, int flags, int fd, off64_t from)
{
	return mmap(at, n, how, flags, fd, from);
}

ssize_t
writev(int fd, const struct iovec *v, int n)
{
	if (id_of_fd(fd) != 0)
		give_up("writev()");
	return syscall(SYS_writev, fd, v, n);
}

ssize_t
pwritev(int fd, const struct iovec *v, int n, off_t at)
{
	if (id_of_fd(fd) != 0)
		give_up("pwritev()");
	return syscall(SYS_pwritev, fd, v, n, at, 0);
}

int
truncate(const char *path, off_t n)
{
	if (name_below(path) != NULL)
		give_up("truncate()");
	return (int)syscall(SYS_truncate, path, n);
}

int
link(const char *from, const char *to)
{
	if (name_below(to) != NULL)
		give_up("link()");
	return (int)syscall(SYS_link, from, to);
}

/* --- SQLite, as the test wants it --------------------------------------- */

int
sqlite3_exec(sqlite3 *sql, const char *text,
    int (*row)(void *, int, char **, char **), void *arg, char **error)
{
	static const char full[] = "synchronous = FULL";
	const char *instead = getenv("POWERSHIM_SYNCHRONOUS");
	const char *found = strstr(text, full);
	char *other;
	int rc;

	REAL(sqlite3_exec);
	if (instead == NULL || found == NULL)
		return real(sql, text, row, arg, error);
	other = sqlite3_mprintf("%.*ssynchronous = %s%s", (int)(found - text),
	    text, instead, found + sizeof full - 1);
	rc = real(sql, other, row, arg, error);
	sqlite3_free(other);
	return rc;
}

static int (*their_hook)(void *, sqlite3 *, const char *, int);

static int
on_wal(void *arg, sqlite3 *sql, const char *name, int pages)
{
	return their_hook(arg, sql, name,
	    pages * atoi(getenv("POWERSHIM_WAL")));
}

void *
sqlite3_wal_hook(sqlite3 *sql,
    int (*hook)(void *, sqlite3 *, const char *, int), void *arg)
{
	REAL(sqlite3_wal_hook);
	if (getenv("POWERSHIM_WAL") == NULL)
		return real(sql, hook, arg);
	their_hook = hook;
	return real(sql, on_wal, arg);
}

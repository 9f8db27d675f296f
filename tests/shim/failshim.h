/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Makes the n-th call of a kind fail, and as many after it as is asked for:
 * preloaded into a program, which it tells by its environment, or linked into a
 * test, which sets it.
 *
 * Easy to get wrong: only what the kernel or the libraries really do is
 * pretended.  A timer's or an event's descriptor never gives EIO, and a wait
 * fails by EINTR alone, so read() fails on terminals, sockets and files only.
 */
#ifndef TESTS_SHIM_FAILSHIM_H
#define TESTS_SHIM_FAILSHIM_H

#include <stdbool.h>

enum fail_kind {
	FAIL_NONE,
	FAIL_MALLOC,	/* malloc, calloc, realloc */
	FAIL_STEP,	/* sqlite3_step(), with error as its result code */
	FAIL_OPEN,
	FAIL_READ,	/* read, pread */
	FAIL_WRITE,	/* write, pwrite */
	FAIL_SYNC,	/* fsync, fdatasync */
	FAIL_SIZE,	/* ftruncate, posix_fallocate */
	FAIL_UNLINK,	/* unlink, rename */
	FAIL_SEND,
	FAIL_RECV,
	FAIL_ACCEPT,
	FAIL_SOCKET,	/* socket, bind, listen, connect */
	FAIL_WAIT,	/* epoll_wait, poll */
	FAIL_WATCH,	/* epoll_ctl */
	FAIL_THREAD,	/* pthread_create */
	FAIL_DESCRIPTOR,	/* epoll_create1, eventfd, timerfd_create,
				 * signalfd, inotify_init1 */
};
#define FAIL_KINDS 17
static const char *const fail_kind_names[FAIL_KINDS]
    __attribute__((unused)) = { "none", "malloc", "step", "open", "read",
	"write", "sync", "size", "unlink", "send", "recv", "accept", "socket",
	"wait", "watch", "thread", "descriptor" };

#define FAIL_SHORT (-1)	/* in place of an errno: half is read or written */

/* The n-th (from 1) call from now on fails with that errno. */
void failshim_set(enum fail_kind kind, long n, int error);
/* 'run' calls do, from the n-th on. */
void failshim_set_run(enum fail_kind kind, long n, int error, long run);
/* Whether one has. */
bool failshim_fired(void);

/* When preloaded: FAILSHIM="KIND N ERRNO [RUN]", by the kind's name and numbers;
 * FAILSHIM_REPORT=file gets a line when it has failed; FAILSHIM_ABORT=1 aborts
 * at that place, for a debugger. */

#endif

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The connection to vitalsd as all threads of the notifier share it.  Whoever
 * is idle waits on it, and the first one that wakes takes what has come: so a
 * notice is sent by the thread that heard of it.  To wake another one for that
 * cost a fifth of the whole way from frame to receiver (measured).
 *
 * Easy to get wrong: a thread may be stuck in the resolver for seconds.  It
 * then waits on nothing, holds no lock, and the others read in its place.
 */
#ifndef NOTIFY_INTAKE_H
#define NOTIFY_INTAKE_H

#include "daemon/lines.h"

#include <pthread.h>

struct intake {
	pthread_mutex_t lock;	/* of all that follows */
	int fd;			/* -1: not connected */
	int ended;		/* negative errno: of no use any more */
	bool deaf;
	struct lines lines;
	/* Called with the lock held, by any thread. */
	void (*line)(void *arg, const char *line, size_t n);
	void *arg;
};

void intake_init(struct intake *in,
    void (*line)(void *arg, const char *line, size_t n), void *arg);

/* Takes over a connected socket. */
void intake_open(struct intake *in, int fd);
/* Closes it; not connected: does nothing. */
void intake_close(struct intake *in);
/* intake_close(), for ever. */
void intake_free(struct intake *in);

/* From now on nothing is read, and no line is being passed on. */
void intake_deafen(struct intake *in);

/* What to wait on; -1: nothing. */
int intake_fd(struct intake *in) MUST_CHECK;

/* Reads what has come and passes each line on; any thread may.  When the
 * connection has ended, it is shut down, so that its owner sees a hang-up:
 * see intake_ended(). */
void intake_read(struct intake *in);

/* The reader of a line gives the connection up, from within in->line(). */
void intake_give_up(struct intake *in, int error);

/* 0, or why the connection is of no use any more. */
int intake_ended(struct intake *in) MUST_CHECK;

/* As lines_send() and lines_flush(); 1: some of it waits for room. */
int intake_send(struct intake *in, const char *text, size_t n) MUST_CHECK;
int intake_flush(struct intake *in) MUST_CHECK;

#endif

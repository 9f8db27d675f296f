/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Newline-delimited messages over a non-blocking stream socket: bounded on the
 * way in and on the way out.  Used by every program that talks to a socket.
 *
 * Easy to get wrong: nothing here blocks.  A peer that does not read is found
 * by lines_send() answering -ENOBUFS, and is to be dropped, not waited for.
 */
#ifndef DAEMON_LINES_H
#define DAEMON_LINES_H

#include "schemas/vital.h"

#define LINES_MAX 65536		/* bytes of one message without its newline */
#define LINES_OUT 1048576	/* bytes that may wait to be sent */

struct lines {
	int fd;			/* not owned */
	size_t in_max, out_max;	/* of one message; LINES_MAX each */
	char *in;		/* grown as needed, up to in_max + 1 */
	size_t in_start;	/* first byte that was not handed out */
	size_t in_n, in_cap, in_scanned;
	char *out;
	size_t out_n, out_cap;
};

void lines_init(struct lines *l, int fd);

/* Raises the limit of what is taken or sent, up to LINES_OUT - 1: for vitalsd's
 * answers to those who trust it.  Before the first message. */
void lines_trust(struct lines *l, size_t in_max, size_t out_max);

void lines_free(struct lines *l);	/* does not close fd */

/* Reads what is there.  0: something was read, or whole lines fill the buffer
 * and lines_next() is to be called first; -EAGAIN: nothing now; -EPIPE: the
 * peer has closed (an unfinished line is lost); -EMSGSIZE: a line longer than
 * in_max (told by the call after the one that read its last byte that
 * fitted); else another negative errno. */
int lines_read(struct lines *l) MUST_CHECK;

/* The next whole line, NUL-terminated and without its newline, valid until
 * the next call on 'l'; NULL if there is none.  *length may be NULL. */
char *lines_next(struct lines *l, size_t *length) MUST_CHECK;

/* Queues a message (adds the newline) and sends what the socket takes.
 * Nothing is queued with -ENOBUFS: more than LINES_OUT would wait; -EMSGSIZE:
 * longer than out_max; -EINVAL: it has a newline of its own. */
int lines_send(struct lines *l, const char *text, size_t n) MUST_CHECK;

/* As lines_send(), but leaves the sending to it or to lines_flush(), so that
 * several messages go at once. */
int lines_queue(struct lines *l, const char *text, size_t n) MUST_CHECK;

/* Sends what waits; 0 or negative errno (-EAGAIN is 0 with lines_waiting). */
int lines_flush(struct lines *l) MUST_CHECK;
bool lines_waiting(const struct lines *l);

#endif

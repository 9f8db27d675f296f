/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the files of "pulse", the benchmark's clock, share: targets, each with
 * a way to fire (a frame on a pty, a number handed to a peer) and an answer (a
 * POST, a line) that is waited for.
 *
 * Easy to get wrong: one thread does it all, so that the moment of an answer
 * is taken by the process that also took the moment of the shot, in the same
 * way for every target.
 */
#ifndef TESTS_BENCH_PULSE_H
#define TESTS_BENCH_PULSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TARGETS 16
#define LOW 0	/* the shot that crosses the limit */
#define BACK 1	/* the one that goes back inside */

enum kind {
	KIND_BERRY,	/* an ECG frame of a Berry board on a pty */
	KIND_NMEA,	/* RMC and GGA on a pty; gpsd answers with TPV */
	KIND_WATCH,	/* as BERRY; vitalsd's state on control.sock answers */
	KIND_PUTVAL,	/* collectd's unixsock */
	KIND_NUT,	/* SET VAR to upsd */
	KIND_GAUGE,	/* a number that Prometheus comes for */
};

struct target {
	char name[32];
	enum kind kind;
	int fd;			/* what is written to; -1: nothing */
	int slave;		/* of a pty, kept open; else -1 */
	int answer;		/* whose lines answer; -1: a POST to /NAME does */
	char line[65536];
	size_t line_n;
	char match[2][64];	/* found in the answer to LOW, to BACK */
	bool absent[2];		/* or rather not found in it */
	unsigned shots;		/* crossings so far */
	int phase;
	bool waiting;
	int64_t sent_ns, came_ns;
	double *us;		/* of LOW */
	size_t n, room;
	size_t lost;
	size_t connections;	/* of its POSTs */
	bool slow;		/* fired beside the others, at its own pace */
	int64_t due_ns;		/* of a slow one's next shot */
};

struct pulse {
	struct target target[TARGETS];
	size_t targets_n;
	int epoll, listen, port;
};

int64_t now_ns(void);

/* Ends the program with a sentence. */
void die(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

/* Listens on a free port of 127.0.0.1. */
void http_open(struct pulse *p);

/* Waits for at most wait_ns until something is readable, and serves that;
 * answers are passed to target_answer().  True: there is a command. */
bool http_serve(struct pulse *p, int64_t wait_ns);

/* An answer came: whether it is the one that is waited for. */
void target_answer(struct target *t, const char *text, size_t n,
    int64_t came_ns);

/* Makes what the target needs of a pty, or connects it.  'where' is the link
 * to be made, a socket's path or a port; 'also' a second one, or NULL. */
void target_open(struct pulse *p, struct target *t, const char *where,
    const char *also);

/* Fires, and takes sent_ns when the last byte is gone. */
void target_fire(struct target *t, int phase);

/* Fires without a pause and without a wait for answers, some kilobytes; how
 * many bytes that were.  Answers are left unread but for what makes room. */
long target_flood(struct target *t);

#endif

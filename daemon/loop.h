/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The main loop: the lines of all ports and their ticks, beside an sd-event
 * loop for all else.
 *
 * sd-event dispatches one source a turn and asks the kernel three times for
 * it, and with a thousand lines ready the kernel looks at each of them every
 * time.  Here one turn takes whatever lines are ready, up to a bound, for one
 * question, and sd-event has its turn when it has something to do:
 *
 *	epoll --+-- line, line, ...
 *	        `-- sd_event_get_fd(): signals, sockets, timers
 *
 * Easy to get wrong: sd-event arms its timers before it waits, and does not
 * see that one was set while lines were served.  Whoever sets one from there
 * says so by loop_touch(); forgotten, it is late until sd-event wakes up for
 * another reason.
 */
#ifndef DAEMON_LOOP_H
#define DAEMON_LOOP_H

#include <stdint.h>
#include <systemd/sd-event.h>

#include "schemas/vital.h"

struct loop;

/* What a port has on the loop, a part of its own struct. */
struct loop_port {
	/* The line can be read or written, or is gone (EPOLLIN ...). */
	void (*ready)(void *arg, uint32_t events);
	/* The moment given to loop_tick_at() has come, by up to 50 ms. */
	void (*tick)(void *arg);
	void *arg;
	size_t n;		/* its place among the ticks */
};

/* 'events' must outlive it and be turned by it alone. */
int loop_new(struct loop **out, sd_event *events) MUST_CHECK;
void loop_free(struct loop *l);
sd_event *loop_events(const struct loop *l);

/* Called at the end of each turn in which anything happened. */
void loop_after(struct loop *l, void (*after)(void *arg), void *arg);

/* A timer of sd-event's was set while a line was served or after a turn. */
void loop_touch(struct loop *l);

/* Joins without a tick and without a line. */
int loop_join(struct loop *l, struct loop_port *p) MUST_CHECK;
void loop_leave(struct loop *l, struct loop_port *p);

/* When the port's tick is next due, in CLOCK_BOOTTIME; once. */
void loop_tick_at(struct loop *l, const struct loop_port *p, int64_t t_ms);

/* Watches, changes what is watched for, watches no more.  To be called before
 * the descriptor is closed. */
int loop_watch(struct loop *l, struct loop_port *p, int fd, uint32_t events)
    MUST_CHECK;
int loop_watch_for(struct loop *l, struct loop_port *p, int fd,
    uint32_t events) MUST_CHECK;
void loop_unwatch(struct loop *l, const struct loop_port *p, int fd);

/* One turn, which waits for at most wait_ms (-1: without end).  0 or negative
 * errno. */
int loop_turn(struct loop *l, int wait_ms) MUST_CHECK;

/* Turns until sd_event_exit() was called: its code, or negative errno. */
int loop_run(struct loop *l) MUST_CHECK;

#endif

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A simulated ward in real time: a pseudo-terminal per monitor, commands over
 * a control pipe, a line on standard output for each thing that happens.
 *
 * Easy to get wrong: a terminal that nobody has open reports a hang-up at
 * every poll; such a one is looked at between polls, never polled.
 */
#ifndef SIM_RUN_H
#define SIM_RUN_H

#include "tests/sim/sim.h"

struct run_options {
	const char *dir;	/* where the links are made; it is created */
	const char *control;	/* a FIFO, created if missing; "-": standard
				 * input; NULL: none */
	double speed;		/* scenario seconds per second */
	bool quiet;
};

/* Runs until its length is over or SIGINT/SIGTERM; 0, or a negative errno
 * after a sentence on standard error. */
int run_sim(struct sim *s, const struct run_options *o) MUST_CHECK;

/* "01:42" or "1:01:42". */
#define RUN_TIME_TEXT 24
void run_format_time(int64_t t_ms, char out[RUN_TIME_TEXT]);

#endif

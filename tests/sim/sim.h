/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A simulated ward: patients, the monitors on them, and what will happen to
 * both.  Made from a scenario file (tests/sim/scenario.h), changed by commands.
 *
 * Easy to get wrong: time is passed in, in milliseconds since the scenario
 * began; run.c gives it real time, record.c as fast as it computes.
 */
#ifndef SIM_SIM_H
#define SIM_SIM_H

#include "tests/sim/command.h"
#include "tests/sim/monitor.h"

#define SIM_BEDS 16
#define SIM_MONITORS 32
#define SIM_EVENTS 1024

struct sim_event {
	int64_t at_ms;
	struct command command;
};

struct sim {
	struct patient bed[SIM_BEDS];
	size_t beds_n;
	struct monitor monitor[SIM_MONITORS];
	size_t monitors_n;
	struct sim_event event[SIM_EVENTS];	/* by time, from next */
	size_t events_n, next;
	int64_t now_ms;		/* how far it has come */
	int64_t length_ms;	/* it ends by itself; 0: never */
	/* Told each thing that happens; NULL: nobody listens. */
	void (*say)(void *arg, int64_t t_ms, const char *sentence);
	void *say_arg;
};

/* All monitors' clocks show epoch_ms at time 0. */
void sim_set_clock(struct sim *s, int64_t epoch_ms);

struct monitor *sim_find_monitor(struct sim *s, const char *name);

/* Whether the command can be carried out here: 0, or -1 with a sentence. */
int sim_check(const struct sim *s, const struct command *c, char why[160])
    MUST_CHECK;

/* Carries out a checked command now. */
void sim_apply(struct sim *s, int64_t t_ms, const struct command *c);

/* Plans one for later; -ENOSPC when SIM_EVENTS wait. */
int sim_plan(struct sim *s, int64_t at_ms, const struct command *c) MUST_CHECK;

/* Lets everything happen that is due from now_ms to t_ms, in order; the
 * monitors' bytes go to bytes(), each at its own time. */
void sim_run(struct sim *s, int64_t t_ms, void (*bytes)(void *arg,
    struct monitor *m, int64_t t_ms, const uint8_t *p, size_t n), void *arg);

/* When anything is due next (bytes, event, end); at most 200 ms from now. */
int64_t sim_next_ms(const struct sim *s);

/* Whether its length is over. */
bool sim_over(const struct sim *s);

/* Says something in a monitor's or bed's name. */
void sim_say(struct sim *s, int64_t t_ms, const char *who, const char *format,
    ...) __attribute__((format(printf, 4, 5)));

#endif

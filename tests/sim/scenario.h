/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A scenario file (YAML, libyaml's document API) becomes a simulated ward.
 * The format is in vitals-sim(1).
 *
 * Easy to get wrong: the whole file is checked before anything begins, events
 * included: one that names a monitor that is not there is an error at its own
 * line and column, not a surprise after an hour.
 */
#ifndef SIM_SCENARIO_H
#define SIM_SCENARIO_H

#include "tests/sim/sim.h"

struct scenario_error {
	size_t line, column;	/* from 1; 0 for the whole file */
	char text[200];
};

/* Reads a scenario; -1 with the first error.  'out' holds pointers into
 * itself: it must not be moved. */
int scenario_parse(const char *text, size_t n, struct sim *out,
    struct scenario_error *error) MUST_CHECK;

/* The same from a file. */
int scenario_load(const char *path, struct sim *out,
    struct scenario_error *error) MUST_CHECK;

#endif

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A capture file (drivers/capture.h) of a simulated monitor, made as fast as
 * it computes: the same scenario always gives the same bytes.
 *
 * Easy to get wrong: the host's side is the real driver, so what it asks for
 * stands in the file ('>'), and a monitor that must be asked is asked.
 */
#ifndef SIM_RECORD_H
#define SIM_RECORD_H

#include <stdio.h>

#include "drivers/driver.h"
#include "tests/sim/sim.h"

/* What its monitors' clocks show at the start: 2026-01-01 00:00:00 UTC. */
#define RECORD_EPOCH_MS 1767225600000

struct record_options {
	const char *scenario;	/* for the header */
	const char *notes;	/* the same */
	const struct driver *driver;
	struct driver_options ask;
	int64_t length_ms;
};

/* Writes the capture of monitor 'm' of 's'; 0 or a negative errno. */
int record_write(struct sim *s, struct monitor *m,
    const struct record_options *o, FILE *f) MUST_CHECK;

#endif

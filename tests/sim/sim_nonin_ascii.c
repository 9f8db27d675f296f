/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A Nonin Avant 4000 with its text output: one line a second, unasked.  Facts:
 * oximeters.md 1.8.
 *
 *	SPO2=097 HR=072 CR LF
 *
 * Easy to get wrong: the line has no room for reasons.  Searching, a finger
 * gone and a probe unplugged are dashes all alike.
 */
#include "tests/sim/monitor.h"

#include <stdio.h>
#include <string.h>

static size_t
nonin_ascii_emit(struct monitor *m, int64_t t_ms, uint8_t out[SIM_OUT_MAX / 2])
{
	char line[40] = "SPO2=--- HR=---\r\n";
	size_t n;

	if (monitor_sees(m, t_ms) == SEES_PULSE)
		snprintf(line, sizeof(line), "SPO2=%03d HR=%03d\r\n",
		    monitor_shows(m, VITAL_SPO2, t_ms, 1) % 1000,
		    monitor_shows(m, VITAL_PR, t_ms, 1) % 1000);
	n = strlen(line);
	memcpy(out, line, n);
	m->due_ms += 1000;
	return n;
}

static void
nonin_ascii_start(struct monitor *m, int64_t t_ms)
{
	m->due_ms = t_ms;
}

extern const struct sim_driver sim_nonin_ascii;
const struct sim_driver sim_nonin_ascii = {
	.name = "nonin-ascii",
	.has = SIM_PROBE,
	.start = nonin_ascii_start,
	.emit = nonin_ascii_emit,
};

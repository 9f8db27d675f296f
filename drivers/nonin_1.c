/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Nonin serial data format 1, by oximeters.md 1.6: three bytes once a second
 * (drivers/nonin.h):
 *
 *	status | rate bits 6-0 | saturation
 *
 * There is no checksum: a burst counts only after half a second of quiet, and
 * only if another such burst came a second before it.
 *
 * Easy to get wrong: format 8 begins with the same three bytes.  Its fourth is
 * left over each time, and that is how the two are told apart.
 */
#include "drivers/driver.h"
#include "drivers/nonin.h"

#define BURST 3

static int
nonin_1_frame(const struct window *w, int64_t gap_ms)
{
	return nonin_burst_frame(w, BURST, gap_ms);
}

static enum decode
nonin_1_decode(union driver_state *u, int64_t t_ms, const struct window *w,
    size_t n, struct readings *out)
{
	(void)u;
	(void)t_ms;
	(void)n;
	return nonin_burst_readings(w, 0, out);
}

static const char *const kin[] = { "nonin-8", NULL };

extern const struct driver driver_nonin_1;
const struct driver driver_nonin_1 = {
	.name = "nonin-1",
	.title = "Nonin oximeters, data format 1 (three bytes a second)",
	.line = { 9600, 8, 'N', 1, FLOW_NONE },
	.longest = BURST,
	.silent_after_ms = 4000,
	.evidence = EVIDENCE_PATTERN,
	.kin = kin,
	.frame = nonin_1_frame,
	.decode = nonin_1_decode,
};

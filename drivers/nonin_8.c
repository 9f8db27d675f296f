/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Nonin serial data format 8 (9560, WristOx2 3150, Avant 4100), by oximeters.md
 * 1.5: four bytes once a second (drivers/nonin.h):
 *
 *	status | rate bits 6-0 | saturation | second status
 *	second status: 3 sensor alarm, 0 low battery; others by model
 *
 * There is no checksum: a burst counts only after half a second of quiet, and
 * only if another such burst came a second before it.
 *
 * Easy to get wrong: the numbers are those of the display, held for 10 s after
 * the finger has left.  Only the sensor alarm in the last byte says so.
 */
#include "drivers/driver.h"
#include "drivers/nonin.h"

#define BURST 4

enum second_status {
	SENSOR_ALARM = 1 << 3,
};

static int
nonin_8_frame(const struct window *w, int64_t gap_ms)
{
	return nonin_burst_frame(w, BURST, gap_ms);
}

static enum decode
nonin_8_decode(union driver_state *u, int64_t t_ms, const struct window *w,
    size_t n, struct readings *out)
{
	(void)u;
	(void)t_ms;
	(void)n;
	return nonin_burst_readings(w,
	    (window_at(w, 3) & SENSOR_ALARM) != 0 ? NONIN_SENSOR_ALARM : 0,
	    out);
}

static const char *const kin[] = { "nonin-1", NULL };

extern const struct driver driver_nonin_8;
const struct driver driver_nonin_8 = {
	.name = "nonin-8",
	.title = "Nonin oximeters, data format 8 (four bytes a second)",
	.line = { 9600, 8, 'N', 1, FLOW_NONE },
	.longest = BURST,
	.silent_after_ms = 4000,
	.evidence = EVIDENCE_PATTERN,
	.kin = kin,
	.frame = nonin_8_frame,
	.decode = nonin_8_decode,
};

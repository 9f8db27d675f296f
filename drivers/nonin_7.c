/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Nonin serial data format 7 (OEM III, Xpod, 9560, WristOx2), by oximeters.md
 * 1.4: as format 2, but with a wider waveform and no constant first byte:
 *
 *	status | pleth, high | pleth, low | value | sum of the four
 *
 * Easy to get wrong: a pleth byte may look like a status, and one frame in 256
 * that begins in the wrong place has a right sum.  So after a loss a frame
 * counts only if two more follow it.
 */
#include "drivers/driver.h"
#include "drivers/nonin.h"
#include "drivers/wire.h"

#define FRAME 5
#define LOCK 3			/* frames in a row */

_Static_assert(sizeof(struct nonin_packet) <= DRIVER_STATE_MAX, "state");

static bool
is_sound(const struct window *w, size_t at)
{
	return wire_window_sum(w, at, at + 4) == window_at(w, at + 4);
}

static int
nonin_7_frame(const struct window *w, int64_t gap_ms)
{
	size_t n = window_length(w), need = w->torn ? LOCK * FRAME : FRAME;

	(void)gap_ms;
	for (size_t at = 0; at < need; at += FRAME) {
		if (at >= n)
			return FRAME_MORE;
		if ((window_at(w, at) & NONIN_STATUS) == 0)
			return FRAME_GARBAGE;
		if (n - at < FRAME)
			return FRAME_MORE;
		if (w->torn && !is_sound(w, at))
			return FRAME_GARBAGE;
	}
	return FRAME;
}

static enum decode
nonin_7_decode(union driver_state *u, int64_t t_ms, const struct window *w,
    size_t n, struct readings *out)
{
	struct nonin_packet *p = (struct nonin_packet *)u;

	(void)t_ms;
	if (n != FRAME || !is_sound(w, 0)) {
		nonin_packet_drop(p);
		return DECODE_BAD_CHECK;
	}
	return nonin_packet_take(p, w->torn, window_at(w, 0), window_at(w, 3),
	    out);
}

extern const struct driver driver_nonin_7;
const struct driver driver_nonin_7 = {
	.name = "nonin-7",
	.title = "Nonin oximeters, data format 7 (OEM III, Xpod, 9560, WristOx2)",
	.line = { 9600, 8, 'N', 1, FLOW_NONE },
	.longest = LOCK * FRAME,
	.silent_after_ms = 3000,
	.state_size = sizeof(struct nonin_packet),
	.evidence = EVIDENCE_CHECKSUM,
	.check_bits = 225,	/* 25 frames of 9 */
	.sum_bits = 8,
	.frame = nonin_7_frame,
	.decode = nonin_7_decode,
};

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Nonin serial data format 2 (OEM III, Xpod, iPod, 9560, WristOx2), by
 * oximeters.md 1.3: 75 frames of 5 bytes a second, 25 frames a packet
 * (drivers/nonin.c):
 *
 *	01 | status | pleth | value | sum of the four
 *
 * Easy to get wrong: 01 is a common byte, and the sum of a frame that begins in
 * the middle of another may be right.  Only the count of 25 says that all is in
 * step.
 */
#include "drivers/driver.h"
#include "drivers/nonin.h"
#include "drivers/wire.h"

#define FRAME 5

_Static_assert(sizeof(struct nonin_packet) <= DRIVER_STATE_MAX, "state");

static int
nonin_2_frame(const struct window *w, int64_t gap_ms)
{
	size_t n = window_length(w);

	(void)gap_ms;
	if (window_at(w, 0) != 0x01)
		return FRAME_GARBAGE;
	if (n < 2)
		return FRAME_MORE;
	return (window_at(w, 1) & NONIN_STATUS) == 0 ? FRAME_GARBAGE : FRAME;
}

static enum decode
nonin_2_decode(union driver_state *u, int64_t t_ms, const struct window *w,
    size_t n, struct readings *out)
{
	struct nonin_packet *p = (struct nonin_packet *)u;

	(void)t_ms;
	if (n != FRAME || wire_window_sum(w, 0, 4) != window_at(w, 4)) {
		nonin_packet_drop(p);
		return DECODE_BAD_CHECK;
	}
	return nonin_packet_take(p, w->torn, window_at(w, 1), window_at(w, 3),
	    out);
}

extern const struct driver driver_nonin_2;
const struct driver driver_nonin_2 = {
	.name = "nonin-2",
	.title = "Nonin oximeters, data format 2 (OEM III, Xpod, 9560, WristOx2)",
	.line = { 9600, 8, 'N', 1, FLOW_NONE },
	.longest = FRAME,
	.silent_after_ms = 3000,
	.state_size = sizeof(struct nonin_packet),
	.evidence = EVIDENCE_CHECKSUM,
	.check_bits = 425,	/* 25 frames of 17 */
	.sum_bits = 8,
	.frame = nonin_2_frame,
	.decode = nonin_2_decode,
};

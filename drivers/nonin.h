/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the binary data formats of Nonin oximeters have in common (oximeters.md
 * 1.2 to 1.6): how a rate and a saturation are judged; the packet of 25 frames
 * of formats 2 and 7, whose frames differ only in their bytes; and the burst of
 * three or four bytes a second of formats 1 and 8.
 *
 * Easy to get wrong: the flags are those of the status byte of formats 2 and 7;
 * the status of formats 1 and 8 has other bits.
 */
#ifndef DRIVERS_NONIN_H
#define DRIVERS_NONIN_H

#include "drivers/driver.h"

enum nonin_flag {
	NONIN_POOR = 1 << 2,		/* low perfusion */
	NONIN_SENSOR_ALARM = 1 << 3,	/* finger removed, or unusable */
	NONIN_OUT_OF_TRACK = 1 << 4,
	NONIN_ARTEFACT = 1 << 5,
	NONIN_DISCONNECTED = 1 << 6,
};

#define NONIN_NO_RATE 511
#define NONIN_NO_SATURATION 127

/* The nine bits of a rate, in 1/min: the high two from one byte, the low seven
 * from the next. */
static inline unsigned
nonin_rate(uint8_t high, uint8_t low)
{
	return (high & 3u) << 7 | (low & 0x7Fu);
}

/* Adds the saturation (in %) and the pulse rate (in 1/min) with the quality that
 * the flags leave them. */
void nonin_readings(struct readings *out, unsigned flags, unsigned rate,
    uint8_t saturation);

/* A packet that is being gathered.  Begins all zero. */
struct nonin_packet {
	uint8_t next;		/* frames of the packet so far; 0: none */
	uint8_t status;		/* of all of them */
	uint8_t perfusion;	/* red and green of the last pulse */
	uint8_t high;		/* the first frame's value */
	uint16_t rate;
	uint8_t saturation;
};

/* Every status byte has this bit. */
#define NONIN_STATUS 0x80

/* Takes a frame that is sound; 'torn' if bytes were lost just before it.  The
 * last of 25 in a row adds the packet's readings. */
enum decode nonin_packet_take(struct nonin_packet *p, bool torn,
    uint8_t status, uint8_t value, struct readings *out) MUST_CHECK;

/* A frame was damaged: that costs the packet. */
void nonin_packet_drop(struct nonin_packet *p);

#define NONIN_QUIET_MS 500

/* For frame() of formats 1 and 8: a burst of 'length' bytes, of which the first
 * alone has bit 7, after at least half a second of quiet. */
static inline int
nonin_burst_frame(const struct window *w, size_t length, int64_t gap_ms)
{
	uint8_t rest = 0;

	if (gap_ms < NONIN_QUIET_MS || (window_at(w, 0) & 0x80) == 0 ||
	    window_longest_gap(w, 1, length) >= NONIN_QUIET_MS)
		return FRAME_GARBAGE;
	for (size_t i = 1; i < length; i++)
		rest |= window_at(w, i);
	if ((rest & 0x80) != 0)
		return FRAME_GARBAGE;
	return window_length(w) < length ? FRAME_MORE : (int)length;
}

/* The readings of a burst, by its first three bytes,
 *
 *	status | rate bits 6-0 | saturation
 *	status: 7 always  6 no sensor  5 out of track  4 low, 3 marginal
 *		perfusion  2 artefact  1-0 rate bits 8-7
 *
 * and flags from elsewhere.  A burst is not believed unless another came a
 * second before it, with no other byte between: of a longer one some are left
 * behind each time. */
enum decode nonin_burst_readings(const struct window *w, unsigned flags,
    struct readings *out) MUST_CHECK;

#endif

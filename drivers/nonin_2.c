/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Nonin serial data format 2 (OEM III, Xpod, iPod, WristOx2), by oximeters.md
 * 1.2 and 1.3: 75 frames of 5 bytes a second, 25 frames make a packet:
 *
 *	01 | status | pleth | value | sum of the four
 *	status: 7 always  6 no sensor  5 artefact  4 out of track
 *		3 sensor alarm  2 red, 1 green perfusion  0 first of packet
 *	value of frame 1: rate bits 8-7; 2: rate bits 6-0; 3: saturation
 *
 * A frame is known by its place alone, so one that is lost, even to a damaged
 * first byte, costs the packet.
 *
 * Easy to get wrong: the numbers of frames 9 and 20-21 are for display and are
 * held for 10 s after the finger has left.  Those of frames 1-3 are not.
 */
#include "drivers/driver.h"
#include "drivers/wire.h"

#define FRAME 5
#define PACKET 25

enum status {
	SYNC = 1 << 0,
	GREEN = 1 << 1,
	RED = 1 << 2,
	SENSOR_ALARM = 1 << 3,
	OUT_OF_TRACK = 1 << 4,
	ARTEFACT = 1 << 5,
	DISCONNECTED = 1 << 6,
	ALWAYS = 1 << 7,
};

#define NO_RATE 511
#define NO_SATURATION 127

struct nonin_state {
	uint8_t next;		/* frames of the packet so far; 0: none */
	uint8_t status;		/* of all of them */
	uint8_t perfusion;	/* RED, GREEN of the last pulse */
	uint16_t rate;
	uint8_t saturation;
};
_Static_assert(sizeof(struct nonin_state) <= DRIVER_STATE_MAX, "state");

static int
nonin_frame(const struct window *w, int64_t gap_ms)
{
	size_t n = window_length(w);

	(void)gap_ms;
	if (window_at(w, 0) != 0x01)
		return FRAME_GARBAGE;
	if (n < 2)
		return FRAME_MORE;
	return (window_at(w, 1) & ALWAYS) == 0 ? FRAME_GARBAGE : FRAME;
}

/* What the packet's status says of both numbers. */
static enum quality
packet_quality(unsigned status)
{
	if ((status & DISCONNECTED) != 0)
		return QUALITY_NO_SENSOR;
	if ((status & SENSOR_ALARM) != 0)
		return QUALITY_SENSOR_OFF;
	if ((status & (OUT_OF_TRACK | ARTEFACT)) != 0)
		return QUALITY_QUESTIONABLE;
	/* Red alone is poor perfusion, with green it is yellow. */
	return (status & (RED | GREEN)) == RED ?
	    QUALITY_QUESTIONABLE : QUALITY_GOOD;
}

/* Why there is no number, where the status alone does not tell. */
static enum quality
missing_quality(unsigned status, enum quality q)
{
	if (q != QUALITY_GOOD && q != QUALITY_QUESTIONABLE)
		return q;
	if ((status & OUT_OF_TRACK) != 0)
		return QUALITY_SEARCHING;
	return (status & ARTEFACT) != 0 ? QUALITY_ARTEFACT : QUALITY_NO_VALUE;
}

/* Perfusion is shown for 160 ms at each pulse; most packets of a slow heart see
 * none and say nothing new about it. */
static unsigned
with_perfusion(struct nonin_state *s)
{
	if ((s->status & (RED | GREEN)) != 0)
		s->perfusion = s->status & (RED | GREEN);
	if ((s->status & (DISCONNECTED | SENSOR_ALARM)) != 0)
		s->perfusion = 0;
	return s->status | s->perfusion;
}

static void
packet_readings(struct nonin_state *s, struct readings *out)
{
	unsigned status = with_perfusion(s);
	enum quality q = packet_quality(status);
	enum quality missing = missing_quality(status, q);
	enum quality rate = q;

	/* The device measures from 18 to 321/min. */
	if (s->rate == NO_RATE)
		rate = missing;
	else if (q <= QUALITY_QUESTIONABLE && (s->rate < 18 || s->rate > 321))
		rate = QUALITY_OUT_OF_RANGE;
	readings_add(out, VITAL_SPO2,
	    s->saturation == NO_SATURATION ? missing : q, s->saturation * 100);
	readings_add(out, VITAL_PR, rate, s->rate);
}

static enum decode
nonin_decode(union driver_state *u, int64_t t_ms, const struct window *w,
    size_t n, struct readings *out)
{
	struct nonin_state *s = (struct nonin_state *)u;
	uint8_t status = window_at(w, 1), value = window_at(w, 3);
	enum decode result = DECODE_IGNORED;

	(void)t_ms;
	if (n != FRAME || wire_window_sum(w, 0, 4) != window_at(w, 4)) {
		s->next = 0;
		return DECODE_BAD_CHECK;
	}
	if (w->torn && s->next != 0) {
		result = DECODE_BAD_SEQUENCE;
		s->next = 0;
	}
	if ((status & SYNC) != 0) {
		if (s->next != 0)
			result = DECODE_BAD_SEQUENCE;
		s->next = 0;
		s->status = 0;
	} else if (s->next == 0) {
		return result;
	}
	s->status |= status;
	switch (s->next) {
	case 0:
		s->rate = (uint16_t)((value & 3u) << 7);
		break;
	case 1:
		s->rate = (uint16_t)(s->rate | (value & 0x7Fu));
		break;
	case 2:
		s->saturation = value & 0x7F;
		break;
	default:
		break;
	}
	if (++s->next < PACKET)
		return result;
	s->next = 0;
	packet_readings(s, out);
	return DECODE_OK;
}

extern const struct driver driver_nonin_2;
const struct driver driver_nonin_2 = {
	.name = "nonin-2",
	.title = "Nonin oximeters, data format 2 (OEM III, Xpod, WristOx2)",
	.line = { 9600, 8, 'N', 1, FLOW_NONE },
	.longest = FRAME,
	.silent_after_ms = 3000,
	.state_size = sizeof(struct nonin_state),
	.evidence = EVIDENCE_CHECKSUM,
	.frame = nonin_frame,
	.decode = nonin_decode,
};

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Nonin's numbers, packets and bursts.  In formats 2 and 7 each frame carries a status
 * byte and one value; 75 frames a second, 25 frames make a packet:
 *
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
#include "drivers/nonin.h"

#include "drivers/oximeter.h"

#define PACKET 25

enum status {
	SYNC = 1 << 0,
	GREEN = 1 << 1,
	RED = 1 << 2,
};

enum burst_status {
	BURST_ARTEFACT = 1 << 2,
	BURST_LOW_PERFUSION = 1 << 4,
	BURST_OUT_OF_TRACK = 1 << 5,
	BURST_DISCONNECTED = 1 << 6,
};

/* The device measures from 18 to 321/min. */
#define RATE_LEAST 18
#define RATE_MOST 321

/* What the flags say of both numbers. */
static enum quality
flags_quality(unsigned flags)
{
	if ((flags & NONIN_DISCONNECTED) != 0)
		return QUALITY_NO_SENSOR;
	if ((flags & NONIN_SENSOR_ALARM) != 0)
		return QUALITY_SENSOR_OFF;
	return (flags & (NONIN_OUT_OF_TRACK | NONIN_ARTEFACT | NONIN_POOR)) !=
	    0 ? QUALITY_QUESTIONABLE : QUALITY_GOOD;
}

/* Why there is no number, where the quality alone does not tell. */
static enum quality
missing_quality(unsigned flags, enum quality q)
{
	if (q != QUALITY_GOOD && q != QUALITY_QUESTIONABLE)
		return q;
	if ((flags & NONIN_OUT_OF_TRACK) != 0)
		return QUALITY_SEARCHING;
	return (flags & NONIN_ARTEFACT) != 0 ?
	    QUALITY_ARTEFACT : QUALITY_NO_VALUE;
}

void
nonin_readings(struct readings *out, unsigned flags, unsigned rate,
    uint8_t saturation)
{
	enum quality q = flags_quality(flags);
	enum quality missing = missing_quality(flags, q);
	enum quality rate_q = q;

	if (rate >= NONIN_NO_RATE)
		rate_q = missing;
	else if (q <= QUALITY_QUESTIONABLE &&
	    (rate < RATE_LEAST || rate > RATE_MOST))
		rate_q = QUALITY_OUT_OF_RANGE;
	oximeter_readings(out,
	    saturation == NONIN_NO_SATURATION ? missing : q, saturation * 100,
	    rate_q, (int32_t)(rate & 0x1FF));
}

/* Perfusion is shown for 160 ms at each pulse; most packets of a slow heart see
 * none and say nothing new about it. */
static unsigned
with_perfusion(struct nonin_packet *p)
{
	if ((p->status & (RED | GREEN)) != 0)
		p->perfusion = p->status & (RED | GREEN);
	if ((p->status & (NONIN_DISCONNECTED | NONIN_SENSOR_ALARM)) != 0)
		p->perfusion = 0;
	/* Red alone is poor perfusion, with green it is yellow. */
	return (p->status & ~(unsigned)RED) |
	    (p->perfusion == RED ? NONIN_POOR : 0u);
}

enum decode
nonin_packet_take(struct nonin_packet *p, bool torn, uint8_t status,
    uint8_t value, struct readings *out)
{
	enum decode result = DECODE_IGNORED;

	if (torn && p->next != 0) {
		result = DECODE_BAD_SEQUENCE;
		p->next = 0;
	}
	if ((status & SYNC) != 0) {
		if (p->next != 0)
			result = DECODE_BAD_SEQUENCE;
		p->next = 0;
		p->status = 0;
	} else if (p->next == 0) {
		return result;
	}
	p->status |= status;
	switch (p->next) {
	case 0:
		p->high = value;
		break;
	case 1:
		p->rate = (uint16_t)nonin_rate(p->high, value);
		break;
	case 2:
		p->saturation = value & 0x7F;
		break;
	default:
		break;
	}
	if (++p->next < PACKET)
		return result;
	p->next = 0;
	nonin_readings(out, with_perfusion(p), p->rate, p->saturation);
	return DECODE_OK;
}

void
nonin_packet_drop(struct nonin_packet *p)
{
	p->next = 0;
}

/* A burst takes 4 ms and comes every second. */
#define LATE_MS 1500

/* The flags of a burst's status. */
static unsigned
burst_flags(uint8_t status)
{
	return ((status & BURST_DISCONNECTED) != 0 ? NONIN_DISCONNECTED : 0u) |
	    ((status & BURST_OUT_OF_TRACK) != 0 ? NONIN_OUT_OF_TRACK : 0u) |
	    ((status & BURST_LOW_PERFUSION) != 0 ? NONIN_POOR : 0u) |
	    ((status & BURST_ARTEFACT) != 0 ? NONIN_ARTEFACT : 0u);
}

enum decode
nonin_burst_readings(const struct window *w, unsigned flags,
    struct readings *out)
{
	if (w->torn || window_gap(w, 0) > LATE_MS)
		return DECODE_BAD_SEQUENCE;
	nonin_readings(out, flags | burst_flags(window_at(w, 0)),
	    nonin_rate(window_at(w, 0), window_at(w, 1)),
	    window_at(w, 2) & 0x7F);
	return DECODE_OK;
}

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A Nonin OEM III, Xpod or WristOx2 in data format 2 or 7: unasked, 75 frames
 * a second, 25 frames a packet.  Facts: oximeters.md 1.2 to 1.4.
 *
 *	01 | status | plethysmogram | one value, by frame number | sum
 *	status | plethysmogram, high, low | the same value | sum
 *
 * Easy to get wrong: with the finger gone, frames 1 to 3 say "missing" at once
 * but the display values (frames 9, 20, 21, ...) go on for 10 s.
 */
#include "tests/sim/monitor.h"

#include <math.h>
#include <string.h>

#define FRAMES 25
#define MISSING_PR 511
#define MISSING_SPO2 127
#define DISPLAY_HELD_MS 10000
#define REVISION 0x29

#define STATUS_ONE 0x80
#define STATUS_SNSD 0x40	/* disconnected */
#define STATUS_OOT 0x10		/* out of track */
#define STATUS_SNSA 0x08	/* finger gone */
#define STATUS_RED 0x04
#define STATUS_GREEN 0x02
#define STATUS_SYNC 0x01

struct nonin {
	int64_t start_ms;
	uint64_t frames;
	double pulse;		/* phase, 0..1 */
	uint8_t status;		/* of this packet */
	int pr, spo2;		/* of this packet */
	int shown_pr, shown_spo2;	/* display values */
	int64_t seen_ms;	/* when they were last measured */
};

static struct nonin *
state_of(struct monitor *m)
{
	_Static_assert(sizeof(struct nonin) <= sizeof(m->state), "too large");
	return (struct nonin *)(void *)&m->state;
}

static void
begin_packet(struct monitor *m, int64_t t_ms)
{
	struct nonin *x = state_of(m);

	x->status = STATUS_ONE;
	x->pr = MISSING_PR;
	x->spo2 = MISSING_SPO2;
	switch (monitor_sees(m, t_ms)) {
	case SEES_PULSE:
		x->pr = x->shown_pr = monitor_shows(m, VITAL_PR, t_ms, 1);
		x->spo2 = x->shown_spo2 = monitor_shows(m, VITAL_SPO2, t_ms, 1);
		x->seen_ms = t_ms;
		return;
	case SEES_SEARCHING:
		x->status |= STATUS_OOT;
		break;
	case SEES_HELD:
	case SEES_OFF:
		x->status |= STATUS_SNSA;
		break;
	case SEES_NO_PROBE:
		x->status |= STATUS_SNSD | STATUS_SNSA;
		break;
	}
	if (t_ms - x->seen_ms >= DISPLAY_HELD_MS) {
		x->shown_pr = MISSING_PR;
		x->shown_spo2 = MISSING_SPO2;
	}
}

/* Byte 4 of frame 'f', counted from 1. */
static uint8_t
value_of(const struct nonin *x, unsigned f)
{
	/* A 14-bit count of thirds of a second: one a packet. */
	uint64_t timer = x->frames / FRAMES;

	switch (f) {
	case 1: case 14:
		return (uint8_t)(x->pr >> 7);
	case 2: case 15:
		return (uint8_t)(x->pr & 0x7f);
	case 3: case 10: case 11: case 16:
		return (uint8_t)x->spo2;
	case 4:
		return REVISION;
	case 6:
		return (uint8_t)(timer >> 7 & 0x7f);
	case 7:
		return (uint8_t)(timer & 0x7f);
	case 9: case 17:
		return (uint8_t)x->shown_spo2;
	case 20: case 22:
		return (uint8_t)(x->shown_pr >> 7);
	case 21: case 23:
		return (uint8_t)(x->shown_pr & 0x7f);
	default:
		return 0;
	}
}

/* Green, yellow (both bits) or red. */
static uint8_t
perfusion(const struct monitor *m, int64_t t_ms)
{
	int pi = monitor_shows(m, VITAL_PI, t_ms, 100);

	return pi < 30 ? STATUS_RED : pi < 60 ? STATUS_RED | STATUS_GREEN :
	    STATUS_GREEN;
}

/* What a frame of either format holds. */
struct frame {
	uint8_t status, value;
	double wave;		/* 0..1 */
};

static struct frame
next_frame(struct monitor *m, int64_t t_ms)
{
	struct nonin *x = state_of(m);
	unsigned number = (unsigned)(x->frames % FRAMES) + 1;
	struct frame f = { 0 };

	if (number == 1)
		begin_packet(m, t_ms);
	f.status = x->status | (number == 1 ? STATUS_SYNC : 0);
	if (x->pr != MISSING_PR) {
		x->pulse = fmod(x->pulse + x->pr / 60.0 / 75, 1);
		f.wave = sin(M_PI * pow(x->pulse, 0.6));
		/* Perfusion is told in 12 frames of each pulse. */
		if (x->pulse * 75 * 60 < 12.0 * x->pr)
			f.status |= perfusion(m, t_ms);
	}
	f.value = value_of(x, number);
	x->frames++;
	m->due_ms = x->start_ms + (int64_t)(x->frames * 40 / 3);
	return f;
}

static size_t
nonin_2_emit(struct monitor *m, int64_t t_ms, uint8_t out[SIM_OUT_MAX / 2])
{
	struct frame f = next_frame(m, t_ms);

	out[0] = 0x01;
	out[1] = f.status;
	out[2] = (uint8_t)(60 + 130 * f.wave);
	out[3] = f.value;
	out[4] = (uint8_t)(out[0] + out[1] + out[2] + out[3]);
	return 5;
}

static size_t
nonin_7_emit(struct monitor *m, int64_t t_ms, uint8_t out[SIM_OUT_MAX / 2])
{
	struct frame f = next_frame(m, t_ms);
	unsigned pleth = (unsigned)(16000 + 33000 * f.wave);

	out[0] = f.status;
	out[1] = (uint8_t)(pleth >> 8);
	out[2] = (uint8_t)pleth;
	out[3] = f.value;
	out[4] = (uint8_t)(out[0] + out[1] + out[2] + out[3]);
	return 5;
}

static void
nonin_start(struct monitor *m, int64_t t_ms)
{
	struct nonin *x = state_of(m);

	memset(x, 0, sizeof(*x));
	x->start_ms = t_ms;
	x->shown_pr = MISSING_PR;
	x->shown_spo2 = MISSING_SPO2;
	m->due_ms = t_ms;
}

extern const struct sim_driver sim_nonin_2, sim_nonin_7;
const struct sim_driver sim_nonin_2 = {
	.name = "nonin-2",
	.has = SIM_PROBE,
	.start = nonin_start,
	.emit = nonin_2_emit,
};

const struct sim_driver sim_nonin_7 = {
	.name = "nonin-7",
	.has = SIM_PROBE,
	.start = nonin_start,
	.emit = nonin_7_emit,
};

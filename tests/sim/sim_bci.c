/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A Contec CMS50D+ of the older generation (60 packets a second) and a Berry
 * oximeter (100 a second), unasked.  Facts: oximeters.md 2.1 and 5.1.
 *
 *	1: 1, beep, unplugged (Berry), searching too long, signal strength
 *	2: waveform	3: rate bit 7, searching, probe error, bar graph
 *	4: rate		5: saturation
 *
 * Easy to get wrong: without a finger Contec says 0 and 0, Berry 255 and 127.
 */
#include "tests/sim/monitor.h"

#include <math.h>
#include <string.h>

#define ONE_FIRST 0x80
#define ONE_BEEP 0x40
#define ONE_UNPLUGGED 0x20
#define THREE_PR_7 0x40
#define THREE_SEARCHING 0x20
#define THREE_NO_FINGER 0x10

struct bci {
	int64_t start_ms;
	uint64_t packets;
	double pulse;		/* phase, 0..1 */
};

static struct bci *
state_of(struct monitor *m)
{
	_Static_assert(sizeof(struct bci) <= sizeof(m->state), "too large");
	return (struct bci *)(void *)&m->state;
}

static void
put_numbers(uint8_t *out, int pr, int spo2)
{
	out[2] |= (uint8_t)(pr > 127 ? THREE_PR_7 : 0);
	out[3] = (uint8_t)(pr & 0x7f);
	out[4] = (uint8_t)spo2;
}

/* A pulse: waveform, bar and beep. */
static void
put_pulse(struct monitor *m, int64_t t_ms, int rate, uint8_t *out)
{
	struct bci *x = state_of(m);
	int pr = monitor_shows(m, VITAL_PR, t_ms, 1);
	int pi = monitor_shows(m, VITAL_PI, t_ms, 100);
	double wave;

	x->pulse = fmod(x->pulse + pr / 60.0 / rate, 1);
	wave = sin(M_PI * pow(x->pulse, 0.6));
	out[0] |= (uint8_t)(pi < 30 ? 2 : pi < 60 ? 4 : 7);
	if (x->pulse * rate * 60 < 2.0 * pr)
		out[0] |= ONE_BEEP;
	out[1] = (uint8_t)(20 + 80 * wave);
	out[2] = (uint8_t)(15 * wave);
	put_numbers(out, pr, monitor_shows(m, VITAL_SPO2, t_ms, 1));
}

static size_t
bci_emit(struct monitor *m, int64_t t_ms, bool berry, uint8_t *out)
{
	struct bci *x = state_of(m);
	int rate = berry ? 100 : 60;

	memset(out, 0, 5);
	out[0] = ONE_FIRST;
	switch (monitor_sees(m, t_ms)) {
	case SEES_PULSE:
		put_pulse(m, t_ms, rate, out);
		break;
	case SEES_SEARCHING:
		out[0] |= 5;
		out[2] = THREE_SEARCHING;
		put_numbers(out, 255, 127);
		break;
	case SEES_NO_PROBE:
		if (berry)
			out[0] |= ONE_UNPLUGGED;
		/* fall through */
	case SEES_HELD:
	case SEES_OFF:
		out[1] = berry ? 0 : 64;
		out[2] = THREE_NO_FINGER;
		put_numbers(out, berry ? 255 : 0, berry ? 127 : 0);
		break;
	}
	x->packets++;
	m->due_ms = x->start_ms + (int64_t)(x->packets * 1000 /
	    (unsigned)rate);
	return 5;
}

static size_t
contec_v5_emit(struct monitor *m, int64_t t_ms, uint8_t out[SIM_OUT_MAX / 2])
{
	return bci_emit(m, t_ms, false, out);
}

static size_t
berry_bci_emit(struct monitor *m, int64_t t_ms, uint8_t out[SIM_OUT_MAX / 2])
{
	return bci_emit(m, t_ms, true, out);
}

static void
bci_start(struct monitor *m, int64_t t_ms)
{
	struct bci *x = state_of(m);

	memset(x, 0, sizeof(*x));
	x->start_ms = t_ms;
	m->due_ms = t_ms;
}

extern const struct sim_driver sim_contec_v5, sim_berry_bci;
const struct sim_driver sim_contec_v5 = {
	.name = "contec-v5",
	.has = SIM_PROBE,
	.start = bci_start,
	.emit = contec_v5_emit,
};

const struct sim_driver sim_berry_bci = {
	.name = "berry-bci",
	.has = SIM_PROBE,
	.start = bci_start,
	.emit = berry_bci_emit,
};

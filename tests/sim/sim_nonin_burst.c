/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Nonin oximeters in data format 1 or 8: one burst a second, unasked.  Facts:
 * oximeters.md 1.2, 1.5 and 1.6.
 *
 *	1: status | rate bits 6-0 | saturation
 *	8: the same three | second status
 *
 * Easy to get wrong: format 8 tells the display's numbers.  They go on for 10 s
 * after the finger has left, with the sensor alarm beside them.
 */
#include "tests/sim/monitor.h"

#include <string.h>

#define MISSING_PR 511
#define MISSING_SPO2 127
#define DISPLAY_HELD_MS 10000

#define STATUS_ONE 0x80
#define STATUS_SNSD 0x40	/* disconnected */
#define STATUS_OOT 0x20		/* out of track */
#define STATUS_LPRF 0x10	/* low perfusion */
#define STATUS_MPRF 0x08	/* marginal perfusion */
#define SECOND_SNSA 0x08	/* finger gone */

struct nonin {
	int pr, spo2;		/* shown */
	int64_t seen_ms;	/* when they were last measured */
};

static struct nonin *
state_of(struct monitor *m)
{
	_Static_assert(sizeof(struct nonin) <= sizeof(m->state), "too large");
	return (struct nonin *)(void *)&m->state;
}

static void
forget(struct nonin *x)
{
	x->pr = MISSING_PR;
	x->spo2 = MISSING_SPO2;
}

static void
measure(struct monitor *m, int64_t t_ms)
{
	struct nonin *x = state_of(m);

	x->pr = monitor_shows(m, VITAL_PR, t_ms, 1);
	x->spo2 = monitor_shows(m, VITAL_SPO2, t_ms, 1);
	x->seen_ms = t_ms;
}

static uint8_t
perfusion(const struct monitor *m, int64_t t_ms)
{
	int pi = monitor_shows(m, VITAL_PI, t_ms, 100);

	return pi < 30 ? STATUS_LPRF : pi < 60 ? STATUS_MPRF : 0;
}

static size_t
put_burst(struct monitor *m, uint8_t status, uint8_t *out)
{
	const struct nonin *x = state_of(m);

	out[0] = (uint8_t)(STATUS_ONE | status | (x->pr >> 7 & 3));
	out[1] = (uint8_t)(x->pr & 0x7f);
	out[2] = (uint8_t)x->spo2;
	m->due_ms += 1000;
	return 3;
}

/* It has no sensor alarm: a finger that is gone looks like a missing sensor. */
static size_t
nonin_1_emit(struct monitor *m, int64_t t_ms, uint8_t out[SIM_OUT_MAX / 2])
{
	switch (monitor_sees(m, t_ms)) {
	case SEES_PULSE:
		measure(m, t_ms);
		return put_burst(m, perfusion(m, t_ms), out);
	case SEES_SEARCHING:
		forget(state_of(m));
		return put_burst(m, STATUS_OOT, out);
	case SEES_HELD:
	case SEES_OFF:
	case SEES_NO_PROBE:
		break;
	}
	forget(state_of(m));
	return put_burst(m, STATUS_SNSD | STATUS_OOT, out);
}

static size_t
nonin_8_emit(struct monitor *m, int64_t t_ms, uint8_t out[SIM_OUT_MAX / 2])
{
	struct nonin *x = state_of(m);
	uint8_t status = 0;

	out[3] = 0;
	switch (monitor_sees(m, t_ms)) {
	case SEES_PULSE:
		measure(m, t_ms);
		status = perfusion(m, t_ms);
		break;
	case SEES_SEARCHING:
		forget(x);
		status = STATUS_OOT;
		break;
	case SEES_NO_PROBE:
		status = STATUS_SNSD;
		out[3] = SECOND_SNSA;
		break;
	case SEES_HELD:
	case SEES_OFF:
		out[3] = SECOND_SNSA;
		break;
	}
	if (t_ms - x->seen_ms >= DISPLAY_HELD_MS)
		forget(x);
	return put_burst(m, status, out) + 1;
}

static void
nonin_start(struct monitor *m, int64_t t_ms)
{
	memset(state_of(m), 0, sizeof(struct nonin));
	forget(state_of(m));
	m->due_ms = t_ms;
}

extern const struct sim_driver sim_nonin_1, sim_nonin_8;
const struct sim_driver sim_nonin_1 = {
	.name = "nonin-1",
	.has = SIM_PROBE,
	.start = nonin_start,
	.emit = nonin_1_emit,
};

const struct sim_driver sim_nonin_8 = {
	.name = "nonin-8",
	.has = SIM_PROBE,
	.start = nonin_start,
	.emit = nonin_8_emit,
};

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A Berry PM6750 board and the small monitors built on it: unasked, numbers
 * once a second, waves all the time.  Facts: nibp-and-small-monitors.md 1 (it
 * does not give the waves' rates: these are 125, 62 and 31 a second).
 *
 *	55 AA | length | type | data | NOT of the sum from length to data
 *
 * Easy to get wrong: the last cuff result is repeated every second with state
 * "finished"; only the step from "measuring" makes it a new one.
 */
#include "tests/sim/monitor.h"

#include <math.h>
#include <string.h>

#define TICK_MS 16
#define TICKS_PER_S 62		/* numbers every 62 ticks: 992 ms */

#define CUFF_OK 0
#define CUFF_RUNS 1
#define CUFF_LOOSE 4
#define CUFF_READY 10

struct berry {
	uint32_t ticks;
	double heart, breath;	/* phases, 0..1 */
};

static struct berry *
state_of(struct monitor *m)
{
	_Static_assert(sizeof(struct berry) <= sizeof(m->state), "too large");
	return (struct berry *)(void *)&m->state;
}

static size_t
put_frame(uint8_t *out, uint8_t type, const uint8_t *data, size_t n)
{
	uint8_t sum = (uint8_t)(n + 3 + type);

	out[0] = 0x55;
	out[1] = 0xaa;
	out[2] = (uint8_t)(n + 3);
	out[3] = type;
	for (size_t i = 0; i < n; i++) {
		out[4 + i] = data[i];
		sum = (uint8_t)(sum + data[i]);
	}
	out[4 + n] = (uint8_t)~sum;
	return n + 5;
}

static uint8_t
low8(int v)
{
	return (uint8_t)(v < 0 ? 0 : v > 250 ? 250 : v);
}

static size_t
put_cuff(const struct monitor *m, int64_t t_ms, uint8_t *out)
{
	const struct cuff *c = &m->cuff;
	uint8_t data[5] = { 0 };
	int state = CUFF_READY;

	if (c->phase == CUFF_MEASURING)
		state = CUFF_RUNS;
	else if (c->failed)
		state = CUFF_LOOSE;
	else if (c->has)
		state = CUFF_OK;
	data[0] = (uint8_t)(state << 2);
	data[1] = (uint8_t)(cuff_pressure(c, t_ms) / 2);
	if (state == CUFF_OK) {
		data[2] = low8(c->sys);
		data[3] = low8(c->map);
		data[4] = low8(c->dia);
	}
	return put_frame(out, 3, data, sizeof(data));
}

static size_t
put_numbers(const struct monitor *m, int64_t t_ms, uint8_t *out)
{
	int temp = monitor_shows(m, VITAL_TEMP, t_ms, 10);
	uint8_t ecg[5] = { 0x02, 0, 0, 0, 0 };
	uint8_t spo2[3] = { 2, 127, 255 };
	uint8_t heat[3] = { 0, (uint8_t)(temp / 10), (uint8_t)(temp % 10) };
	size_t n;

	if (!m->lead_off) {
		ecg[0] = 0;
		ecg[1] = low8(monitor_shows(m, VITAL_HR, t_ms, 1));
		ecg[2] = low8(monitor_shows(m, VITAL_RR, t_ms, 1));
		ecg[4] = 1;	/* normal rhythm */
	}
	switch (monitor_sees(m, t_ms)) {
	case SEES_PULSE:
		spo2[0] = 0;
		spo2[1] = low8(monitor_shows(m, VITAL_SPO2, t_ms, 1));
		spo2[2] = low8(monitor_shows(m, VITAL_PR, t_ms, 1));
		break;
	case SEES_SEARCHING:
		spo2[0] = 3;
		break;
	case SEES_HELD:
	case SEES_OFF:
		break;
	case SEES_NO_PROBE:
		spo2[0] = 1;
		break;
	}
	n = put_frame(out, 2, ecg, sizeof(ecg));
	n += put_cuff(m, t_ms, out + n);
	n += put_frame(out + n, 4, spo2, sizeof(spo2));
	n += put_frame(out + n, 5, heat, sizeof(heat));
	return n;
}

/* Two samples of ECG, one of the pulse, and of the breath every other time. */
static size_t
put_waves(struct monitor *m, int64_t t_ms, uint8_t *out)
{
	struct berry *b = state_of(m);
	double hr = monitor_shows(m, VITAL_HR, t_ms, 1);
	double rr = monitor_shows(m, VITAL_RR, t_ms, 1);
	uint8_t leads[7], one;
	size_t n = 0;

	for (int i = 0; i < 2; i++) {
		double beat;

		b->heart = fmod(b->heart + hr / 60 * TICK_MS / 2000, 1);
		/* A spike, and a hill after it. */
		beat = exp(-pow((b->heart - 0.2) / 0.012, 2)) +
		    0.25 * exp(-pow((b->heart - 0.45) / 0.05, 2));
		memset(leads, m->lead_off ? 128 : (int)(128 + 90 * beat),
		    sizeof(leads));
		n += put_frame(out + n, 1, leads, sizeof(leads));
	}
	one = monitor_sees(m, t_ms) != SEES_PULSE ? 0 :
	    (uint8_t)(20 + 70 * sin(M_PI * pow(b->heart, 0.6)));
	n += put_frame(out + n, 0xfe, &one, 1);
	b->breath = fmod(b->breath + rr / 60 * TICK_MS / 1000, 1);
	one = m->lead_off ? 128 : (uint8_t)(128 + 60 * sin(2 * M_PI * b->breath));
	if (b->ticks % 2 == 0)
		n += put_frame(out + n, 0xff, &one, 1);
	return n;
}

static size_t
berry_emit(struct monitor *m, int64_t t_ms, uint8_t out[SIM_OUT_MAX / 2])
{
	struct berry *b = state_of(m);
	size_t n = put_waves(m, t_ms, out);

	if (b->ticks % TICKS_PER_S == 0)
		n += put_numbers(m, t_ms, out + n);
	else if (m->cuff.phase == CUFF_MEASURING && b->ticks % 12 == 0)
		n += put_cuff(m, t_ms, out + n);
	b->ticks++;
	m->due_ms += TICK_MS;
	return n;
}

static void
berry_start(struct monitor *m, int64_t t_ms)
{
	memset(state_of(m), 0, sizeof(struct berry));
	m->due_ms = t_ms;
}

extern const struct sim_driver sim_berry_pm6750;
const struct sim_driver sim_berry_pm6750 = {
	.name = "berry-pm6750",
	.has = SIM_PROBE | SIM_LEAD | SIM_CUFF,
	.start = berry_start,
	.emit = berry_emit,
};

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A Capnostream 20: capnograph and oximeter.  It says its name when it is
 * enabled, and numerics every second and waves every 50 ms when it is started.
 * Facts: nibp-and-small-monitors.md 11b (it does not give the rates, nor after
 * how long it takes its host for gone: here 15 s).
 *
 * Easy to get wrong: its alarms go by its own limits, which nobody else sets.
 */
#include "tests/sim/breath.h"
#include "tests/sim/oridion.h"

#include <string.h>

#define TICK_MS 50
#define TICKS_PER_S 20
#define HOST_GONE_MS 15000
#define INIT_MS 8000		/* after it was switched on */
#define NONE 0xff

/* Commands. */
#define ENABLE 1
#define DISABLE 2
#define START 4
#define STOP 5
#define ALIVE 6

/* Responses. */
#define WAVE 0
#define NUMERICS 1
#define NAME 4

#define FAST_INVALID 0x01
#define FAST_INIT 0x02
#define FAST_BREATH 0x08
#define FAST_NO_LINE 0x40

#define SLOW_HIGH 0x08
#define SLOW_LOW 0x10
#define SLOW_MASIMO 0x80

static const char name[] = "V45.67 02/24/2008 B355987654  ";

struct capnostream {
	bool enabled, running, named;
	int64_t alive_ms, ready_ms;
	uint32_t ticks;
	uint8_t number;
	struct breath breath;
	struct oridion_ear ear;
};

static struct capnostream *
state_of(struct monitor *m)
{
	_Static_assert(sizeof(struct capnostream) <= sizeof(m->state),
	    "too large");
	return (struct capnostream *)(void *)&m->state;
}

static uint8_t
low8(int v)
{
	return (uint8_t)(v < 0 ? 0 : v > 254 ? 254 : v);
}

static uint8_t
fast_status(const struct monitor *m, const struct capnostream *c, int64_t t_ms)
{
	if (t_ms < c->ready_ms)
		return FAST_INVALID | FAST_INIT;
	if (m->lead_off)
		return FAST_INVALID | FAST_NO_LINE;
	return c->breath.ended ? FAST_BREATH : 0;
}

static size_t
put_wave(struct monitor *m, struct capnostream *c, int64_t t_ms, uint8_t *out)
{
	uint8_t fast = fast_status(m, c, t_ms), data[4];
	int co2 = fast & FAST_INVALID ? 0 :
	    (int)(breath_co2(&c->breath, t_ms) * 256);

	data[0] = c->number++;
	data[1] = (uint8_t)(co2 / 256);
	data[2] = (uint8_t)(co2 % 256);
	data[3] = fast;
	return oridion_put(out, WAVE, data, sizeof(data));
}

/* A limit of the table in put_numerics(). */
static uint8_t
beyond(uint8_t value, uint8_t high, uint8_t high_bit, uint8_t low,
    uint8_t low_bit)
{
	if (value == NONE)
		return 0;
	return value > high ? high_bit : value < low ? low_bit : 0;
}

static size_t
put_numerics(const struct monitor *m, const struct capnostream *c,
    int64_t t_ms, uint8_t *out)
{
	static const uint8_t limits[] = {
		15, 60, 15, 30, 5, 8, 100, 90, 120, 50,
	};
	uint32_t s = (uint32_t)monitor_clock_s(m, t_ms);
	uint8_t data[27] = { (uint8_t)(s >> 24), (uint8_t)(s >> 16),
		(uint8_t)(s >> 8), (uint8_t)s, NONE, NONE, NONE, NONE, NONE,
		SLOW_MASIMO };
	bool gas = t_ms >= c->ready_ms && !m->lead_off;

	memcpy(data + 15, limits, sizeof(limits));
	data[25] = 1;		/* mmHg */
	if (gas && breath_none(&c->breath, t_ms)) {
		data[13] |= 0x01;
	} else if (gas) {
		data[4] = low8((c->breath.et + 5) / 10);
		data[5] = 0;
		data[6] = low8(c->breath.rr);
	}
	switch (monitor_sees(m, t_ms)) {
	case SEES_PULSE:
		data[7] = low8(monitor_shows(m, VITAL_SPO2, t_ms, 1));
		data[8] = low8(monitor_shows(m, VITAL_PR, t_ms, 1));
		break;
	case SEES_SEARCHING:
		data[14] |= 0x01;
		break;
	case SEES_HELD:
	case SEES_OFF:
		data[14] |= 0x20;
		break;
	case SEES_NO_PROBE:
		data[14] |= 0x40;
		break;
	}
	data[13] |= beyond(data[4], 60, 0x02, 15, 0x04);
	data[13] |= beyond(data[6], 30, 0x08, 5, 0x10);
	data[14] |= beyond(data[7], 100, 0x02, 90, 0x04);
	data[14] |= beyond(data[8], 120, 0x08, 50, 0x10);
	if ((data[13] & 0x01) != 0 || (data[14] & 0x04) != 0)
		data[9] |= SLOW_HIGH;
	else if (data[13] != 0 || data[14] != 0)
		data[9] |= SLOW_LOW;
	return oridion_put(out, NUMERICS, data, sizeof(data));
}

static size_t
capnostream_emit(struct monitor *m, int64_t t_ms, uint8_t out[SIM_OUT_MAX / 2])
{
	struct capnostream *c = state_of(m);
	size_t n = 0;

	m->due_ms += TICK_MS;
	breath_move(&c->breath, m, t_ms, TICK_MS);
	if (c->enabled && !c->named) {
		c->named = true;
		n += oridion_put(out, NAME, (const uint8_t *)name,
		    sizeof(name) - 1);
	}
	if (c->running && t_ms - c->alive_ms >= HOST_GONE_MS) {
		c->enabled = c->running = false;
		strcpy(m->said, "its host is gone");
	}
	if (!c->running)
		return n;
	n += put_wave(m, c, t_ms, out + n);
	if (c->ticks++ % TICKS_PER_S == 0)
		n += put_numerics(m, c, t_ms, out + n);
	return n;
}

static void
obey(struct monitor *m, int64_t t_ms, int command)
{
	struct capnostream *c = state_of(m);

	c->alive_ms = t_ms;
	switch (command) {
	case ENABLE:
		c->enabled = true;
		c->named = false;
		break;
	case DISABLE:
		c->enabled = c->running = false;
		strcpy(m->said, "its host took leave");
		break;
	case START:
		if (c->enabled && !c->running)
			strcpy(m->said, "asked for values");
		c->running = c->enabled;
		break;
	case STOP:
		c->running = false;
		break;
	default:
		break;
	}
}

static void
capnostream_hear(struct monitor *m, int64_t t_ms, const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int command = oridion_hear(&state_of(m)->ear, p[i]);

		if (command >= 0)
			obey(m, t_ms, command);
	}
}

static void
capnostream_start(struct monitor *m, int64_t t_ms)
{
	struct capnostream *c = state_of(m);

	memset(c, 0, sizeof(*c));
	c->breath.last_ms = t_ms;
	c->ready_ms = t_ms > 0 ? t_ms + INIT_MS : 0;
	m->due_ms = t_ms;
}

extern const struct sim_driver sim_capnostream;
const struct sim_driver sim_capnostream = {
	.name = "capnostream",
	.has = SIM_PROBE | SIM_LEAD,
	.start = capnostream_start,
	.hear = capnostream_hear,
	.emit = capnostream_emit,
};

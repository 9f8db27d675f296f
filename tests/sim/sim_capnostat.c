/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A CAPNOSTAT 5 mainstream sensor, set up by its own monitor: silent until the
 * waveform is asked for, then a sample every 20 ms, some with a parameter.
 * Facts: nibp-and-small-monitors.md 11c (it gives no rates: here status, EtCO2,
 * RR and FiCO2 come once a second).
 *
 *	command | bytes to come | data, 7 bits each | check, 7 bits
 *
 * Easy to get wrong: the waveform has 1000 added and is in 1/100 mmHg, EtCO2
 * is in 1/10 mmHg.
 */
#include "tests/sim/breath.h"

#include <string.h>

#define TICK_MS 20
#define TICKS_PER_S 50
#define WARM_UP_MS 10000	/* after it was switched on */

#define WAVEFORM 0x80
#define STOP 0xc9

#define DPI_STATUS 1
#define DPI_ETCO2 2
#define DPI_RR 3
#define DPI_FICO2 4

#define WARMING_UP 0x06
#define CHECK_ADAPTER 0x09

struct capnostat {
	bool running;
	int64_t ready_ms;
	uint32_t ticks;
	uint8_t sync;
	struct breath breath;
	uint8_t in[4];
	size_t in_n;
};

static struct capnostat *
state_of(struct monitor *m)
{
	_Static_assert(sizeof(struct capnostat) <= sizeof(m->state),
	    "too large");
	return (struct capnostat *)(void *)&m->state;
}

static size_t
put_message(uint8_t *out, uint8_t command, const uint8_t *data, size_t n)
{
	uint8_t sum = (uint8_t)(command + n + 1);

	out[0] = command;
	out[1] = (uint8_t)(n + 1);
	for (size_t i = 0; i < n; i++) {
		out[2 + i] = data[i] & 0x7f;
		sum = (uint8_t)(sum + out[2 + i]);
	}
	out[2 + n] = -sum & 0x7f;
	return n + 3;
}

static void
put14(uint8_t *p, int v)
{
	p[0] = (uint8_t)(v / 128 % 128);
	p[1] = (uint8_t)(v % 128);
}

/* The parameter that goes with this sample; how many bytes. */
static size_t
put_parameter(const struct monitor *m, const struct capnostat *c, int64_t t_ms,
    uint8_t *p)
{
	bool warm = t_ms >= c->ready_ms;
	bool breath = warm && !m->lead_off && !breath_none(&c->breath, t_ms);

	memset(p, 0, 6);
	switch (c->ticks % TICKS_PER_S) {
	case 0:
		p[0] = DPI_STATUS;
		p[5] = !warm ? WARMING_UP : m->lead_off ? CHECK_ADAPTER : 0;
		return 6;
	case 5:
		p[0] = DPI_ETCO2;
		put14(p + 1, breath ? c->breath.et : 0);
		return 3;
	case 10:
		p[0] = DPI_RR;
		put14(p + 1, breath ? c->breath.rr : 0);
		return 3;
	case 15:
		p[0] = DPI_FICO2;
		return 3;
	default:
		return 0;
	}
}

static size_t
capnostat_emit(struct monitor *m, int64_t t_ms, uint8_t out[SIM_OUT_MAX / 2])
{
	struct capnostat *c = state_of(m);
	uint8_t data[9];
	size_t n = 3;

	m->due_ms += TICK_MS;
	breath_move(&c->breath, m, t_ms, TICK_MS);
	if (!c->running)
		return 0;
	data[0] = c->sync++ & 0x7f;
	put14(data + 1, m->lead_off ? 1000 :
	    1000 + (int)(breath_co2(&c->breath, t_ms) * 100));
	n += put_parameter(m, c, t_ms, data + 3);
	c->ticks++;
	return put_message(out, WAVEFORM, data, n);
}

/* The two commands that it obeys: start and stop. */
static void
obey(struct monitor *m, const uint8_t *p, size_t n)
{
	struct capnostat *c = state_of(m);
	uint8_t sum = 0;

	for (size_t i = 0; i < n; i++)
		sum = (uint8_t)(sum + p[i]);
	if ((sum & 0x7f) != 0)
		return;
	if (p[0] == WAVEFORM) {
		if (!c->running)
			strcpy(m->said, "asked for the waveform");
		c->running = true;
	} else if (p[0] == STOP) {
		c->running = false;
	}
}

static void
capnostat_hear(struct monitor *m, int64_t t_ms, const uint8_t *p, size_t n)
{
	struct capnostat *c = state_of(m);

	(void)t_ms;
	for (size_t i = 0; i < n; i++) {
		if (p[i] >= 0x80)
			c->in_n = 0;
		if (c->in_n == sizeof(c->in) || (c->in_n == 0 && p[i] < 0x80))
			continue;
		c->in[c->in_n++] = p[i];
		if (c->in_n >= 2 && c->in_n == c->in[1] + 2u)
			obey(m, c->in, c->in_n);
	}
}

static void
capnostat_start(struct monitor *m, int64_t t_ms)
{
	struct capnostat *c = state_of(m);

	memset(c, 0, sizeof(*c));
	c->breath.last_ms = t_ms;
	c->ready_ms = t_ms > 0 ? t_ms + WARM_UP_MS : 0;
	m->due_ms = t_ms;
}

extern const struct sim_driver sim_capnostat;
const struct sim_driver sim_capnostat = {
	.name = "capnostat",
	.has = SIM_LEAD,
	.start = capnostat_start,
	.hear = capnostat_hear,
	.emit = capnostat_emit,
};

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A PHASEIN (Masimo) IRMA mainstream gas sensor, measuring: 21 bytes every
 * 50 ms, unasked.  Facts: nibp-and-small-monitors.md 11d (it does not give the
 * order of the IDs: here one after the other).
 *
 *	AA 55 | ID | status | 5 waves, 0.01 % | 6 slow bytes | check
 *
 * Easy to get wrong: it knows percents; pressures take the ambient one, which
 * comes with another ID.
 */
#include "tests/sim/breath.h"

#include <string.h>

#define TICK_MS 50
#define NONE 0xff
#define AMBIENT 1013		/* 0.1 kPa */
#define MMHG_PER_KPA 7.50062

#define STATUS_BREATH 0x01
#define STATUS_NO_BREATH 0x02
#define STATUS_CHECK_ADAPTER 0x10

struct phasein {
	uint32_t ticks;
	struct breath breath;
};

static struct phasein *
state_of(struct monitor *m)
{
	_Static_assert(sizeof(struct phasein) <= sizeof(m->state),
	    "too large");
	return (struct phasein *)(void *)&m->state;
}

/* mmHg in units of 1/scale of a percent of the ambient pressure. */
static int
percent(double mmhg, int scale)
{
	return (int)(mmhg / MMHG_PER_KPA / (AMBIENT / 10.0) * 100 * scale +
	    0.5);
}

static void
put16(uint8_t *p, int v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static void
put_slow(const struct phasein *x, int64_t t_ms, uint8_t id, bool none,
    uint8_t slow[6])
{
	int64_t since_s = (t_ms - x->breath.last_ms) / 1000;

	memset(slow, 0, 6);
	switch (id) {
	case 0:
		slow[4] = 21;
		slow[5] = NONE;
		if (none)
			memset(slow, NONE, 6);
		break;
	case 1:
		slow[0] = (uint8_t)percent(x->breath.et / 10.0, 10);
		slow[4] = 16;
		slow[5] = NONE;
		if (none)
			memset(slow, NONE, 6);
		break;
	case 3:
		slow[0] = none ? NONE : (uint8_t)x->breath.rr;
		slow[1] = (uint8_t)(since_s > 254 ? 254 : since_s);
		put16(slow + 4, AMBIENT);
		break;
	case 4:
		slow[0] = 2;	/* measuring */
		slow[1] = 21;
		slow[5] = APNOEA_MS / 1000;
		break;
	default:
		break;
	}
}

static size_t
phasein_emit(struct monitor *m, int64_t t_ms, uint8_t out[SIM_OUT_MAX / 2])
{
	static const uint8_t ids[] = { 0, 1, 3, 4, 5, 6 };
	struct phasein *x = state_of(m);
	uint8_t sum = 0;
	bool none;

	m->due_ms += TICK_MS;
	breath_move(&x->breath, m, t_ms, TICK_MS);
	none = m->lead_off || breath_none(&x->breath, t_ms);
	memset(out, 0, 21);
	out[0] = 0xaa;
	out[1] = 0x55;
	out[2] = ids[x->ticks++ % sizeof(ids)];
	if (m->lead_off)
		out[3] = STATUS_CHECK_ADAPTER;
	else if (none)
		out[3] = STATUS_NO_BREATH;
	else if (x->breath.ended)
		out[3] = STATUS_BREATH;
	put16(out + 4, percent(breath_co2(&x->breath, t_ms), 100));
	put16(out + 12, 2090);	/* oxygen */
	if (m->lead_off)
		memset(out + 4, NONE, 10);
	put_slow(x, t_ms, out[2], none, out + 14);
	for (int i = 2; i < 20; i++)
		sum = (uint8_t)(sum + out[i]);
	out[20] = (uint8_t)-sum;
	return 21;
}

static void
phasein_start(struct monitor *m, int64_t t_ms)
{
	memset(state_of(m), 0, sizeof(struct phasein));
	state_of(m)->breath.last_ms = t_ms;
	m->due_ms = t_ms;
}

extern const struct sim_driver sim_phasein;
const struct sim_driver sim_phasein = {
	.name = "phasein",
	.has = SIM_LEAD,
	.start = phasein_start,
	.emit = phasein_emit,
};

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A MicroPod capnography module, pump running: waves all the time, a breath and
 * its state when they are asked for.  Facts: nibp-and-small-monitors.md 11a
 * (it does not give the waves' rate: here 20 a second).
 *
 * Easy to get wrong: numbers and codes are those of a Capnostream, and mean
 * something else.
 */
#include "tests/sim/breath.h"
#include "tests/sim/oridion.h"

#include <string.h>

#define TICK_MS 50
#define INIT_MS 8000
#define NONE 0xff

#define ASK_BREATH 0x03
#define ASK_STATE 0x0c

#define WAVE 0x00
#define STATE 0x0c
#define BREATH 0x11

#define WAVE_INVALID 0x01
#define WAVE_INIT 0x02
#define WAVE_NO_LINE 0x40

struct micropod {
	bool breath_asked, state_asked;
	int64_t ready_ms;
	uint8_t sequence;
	struct breath breath;
	struct oridion_ear ear;
};

static struct micropod *
state_of(struct monitor *m)
{
	_Static_assert(sizeof(struct micropod) <= sizeof(m->state),
	    "too large");
	return (struct micropod *)(void *)&m->state;
}

static size_t
put_wave(const struct monitor *m, struct micropod *p, int64_t t_ms,
    uint8_t *out)
{
	int co2 = (int)(breath_co2(&p->breath, t_ms) * 256);
	uint8_t data[4] = { p->sequence++, 0, 0, 0 };

	if (t_ms < p->ready_ms)
		data[3] = WAVE_INVALID | WAVE_INIT;
	else if (m->lead_off)
		data[3] = WAVE_INVALID | WAVE_NO_LINE;
	if (data[3] == 0) {
		data[1] = (uint8_t)(co2 / 256);
		data[2] = (uint8_t)(co2 % 256);
	}
	return oridion_put(out, WAVE, data, sizeof(data));
}

static size_t
put_breath(const struct monitor *m, const struct micropod *p, int64_t t_ms,
    uint8_t *out)
{
	uint8_t data[3] = { NONE, NONE, NONE };

	if (t_ms >= p->ready_ms && !m->lead_off &&
	    !breath_none(&p->breath, t_ms)) {
		data[0] = (uint8_t)((p->breath.et + 5) / 10);
		data[1] = 0;
		data[2] = (uint8_t)p->breath.rr;
	}
	return oridion_put(out, BREATH, data, sizeof(data));
}

static size_t
micropod_emit(struct monitor *m, int64_t t_ms, uint8_t out[SIM_OUT_MAX / 2])
{
	static const uint8_t well[2] = { 0, 0 };
	struct micropod *p = state_of(m);
	size_t n;

	m->due_ms += TICK_MS;
	breath_move(&p->breath, m, t_ms, TICK_MS);
	n = put_wave(m, p, t_ms, out);
	if (p->breath_asked)
		n += put_breath(m, p, t_ms, out + n);
	if (p->state_asked)
		n += oridion_put(out + n, STATE, well, sizeof(well));
	p->breath_asked = p->state_asked = false;
	return n;
}

static void
micropod_hear(struct monitor *m, int64_t t_ms, const uint8_t *b, size_t n)
{
	struct micropod *p = state_of(m);

	(void)t_ms;
	for (size_t i = 0; i < n; i++) {
		int command = oridion_hear(&p->ear, b[i]);

		p->breath_asked |= command == ASK_BREATH;
		p->state_asked |= command == ASK_STATE;
	}
}

static void
micropod_start(struct monitor *m, int64_t t_ms)
{
	struct micropod *p = state_of(m);

	memset(p, 0, sizeof(*p));
	p->breath.last_ms = t_ms;
	p->ready_ms = t_ms > 0 ? t_ms + INIT_MS : 0;
	m->due_ms = t_ms;
}

extern const struct sim_driver sim_micropod;
const struct sim_driver sim_micropod = {
	.name = "micropod",
	.has = SIM_LEAD,
	.start = micropod_start,
	.hear = micropod_hear,
	.emit = micropod_emit,
};

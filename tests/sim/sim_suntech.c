/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A SunTech Advantage blood pressure module: silent until it is asked.
 * Facts: nibp-and-small-monitors.md 2.
 *
 *	host	3A | command, data | check		all bytes sum to 0
 *	module	3E | length | data | check
 *
 * Easy to get wrong: a host may start a cuff here.  Nothing of ours does, and
 * if it did, this module would start it and say so.
 */
#include "tests/sim/monitor.h"

#include <stdio.h>
#include <string.h>

#define ANSWER_MS 30
#define LOOSE_CUFF 87

struct suntech {
	size_t n;
	uint8_t in[8];		/* of a command, from its 3A on */
	uint8_t beats;		/* of the last result */
	size_t out_n;
	uint8_t out[32];	/* the answer that is due */
};

static struct suntech *
state_of(struct monitor *m)
{
	_Static_assert(sizeof(struct suntech) <= sizeof(m->state), "too large");
	return (struct suntech *)(void *)&m->state;
}

static void
put16(uint8_t *p, int v)
{
	p[0] = (uint8_t)v;
	p[1] = (uint8_t)((unsigned)v >> 8);
}

/* Has the answer's length and check put in, and makes it due. */
static void
answer(struct monitor *m, int64_t t_ms, size_t n)
{
	struct suntech *x = state_of(m);
	uint8_t sum = 0;

	x->out[0] = 0x3e;
	x->out[1] = (uint8_t)n;
	for (size_t i = 0; i + 1 < n; i++)
		sum = (uint8_t)(sum + x->out[i]);
	x->out[n - 1] = (uint8_t)-sum;
	x->out_n = n;
	m->due_ms = t_ms + ANSWER_MS;
}

static void
put_result(struct monitor *m)
{
	struct suntech *x = state_of(m);
	const struct cuff *c = &m->cuff;

	memset(x->out, 0, sizeof(x->out));
	if (c->failed) {
		x->out[20] = LOOSE_CUFF;
		return;
	}
	if (!c->has)
		return;
	put16(x->out + 2, c->sys);
	put16(x->out + 4, c->dia);
	/* While a measurement is under way, the old result stands. */
	if (c->phase != CUFF_MEASURING)
		x->beats = (uint8_t)(20 + c->began_ms / 1000 % 23);
	x->out[6] = x->beats;
	x->out[7] = 1;
	x->out[16] = (uint8_t)c->pr;
	put16(x->out + 18, c->map);
}

/* A whole command with a sound check. */
static void
obey(struct monitor *m, int64_t t_ms)
{
	static const uint8_t result[] = { 0x3a, 0x79, 0x03, 0x00, 0x4a };
	static const uint8_t pressure[] = { 0x3a, 0x79, 0x05, 0x00, 0x48 };
	static const uint8_t adult[] = { 0x3a, 0x20, 0xa6 };
	struct suntech *x = state_of(m);

	if (x->n == 5 && memcmp(x->in, result, 5) == 0) {
		put_result(m);
		answer(m, t_ms, 0x18);
	} else if (x->n == 5 && memcmp(x->in, pressure, 5) == 0) {
		put16(x->out + 2, cuff_pressure(&m->cuff, t_ms));
		answer(m, t_ms, 5);
	} else if (x->n == 3 && memcmp(x->in, adult, 3) == 0) {
		(void)monitor_cuff(m, t_ms, false);
		snprintf(m->said, sizeof(m->said), "THE HOST STARTED A CUFF");
		x->out[2] = 'O';
		answer(m, t_ms, 4);
	} else {
		x->out[2] = 'D';	/* not recognised */
		answer(m, t_ms, 4);
	}
}

/* A command ends where its bytes sum to 0; none is shorter than three. */
static void
suntech_hear(struct monitor *m, int64_t t_ms, const uint8_t *p, size_t n)
{
	struct suntech *x = state_of(m);

	for (; n > 0; n--, p++) {
		uint8_t sum = 0;

		if (x->n == 0 && *p != 0x3a)
			continue;
		x->in[x->n++] = *p;
		for (size_t i = 0; i < x->n; i++)
			sum = (uint8_t)(sum + x->in[i]);
		if (x->n >= 3 && sum == 0) {
			obey(m, t_ms);
			x->n = 0;
		} else if (x->n == sizeof(x->in)) {
			x->n = 0;
		}
	}
}

static size_t
suntech_emit(struct monitor *m, int64_t t_ms, uint8_t out[SIM_OUT_MAX / 2])
{
	struct suntech *x = state_of(m);

	(void)t_ms;
	memcpy(out, x->out, x->out_n);
	m->due_ms = SIM_NEVER;
	return x->out_n;
}

static void
suntech_start(struct monitor *m, int64_t t_ms)
{
	(void)t_ms;
	memset(state_of(m), 0, sizeof(struct suntech));
	m->due_ms = SIM_NEVER;
}

extern const struct sim_driver sim_suntech;
const struct sim_driver sim_suntech = {
	.name = "suntech",
	.has = SIM_CUFF,
	.start = suntech_start,
	.hear = suntech_hear,
	.emit = suntech_emit,
};

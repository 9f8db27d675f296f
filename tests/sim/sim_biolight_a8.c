/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A Biolight A8 with three leads, an oximeter, a cuff, one temperature probe and
 * two invasive pressures without a transducer: a packet of nine blocks, unasked.
 * Facts: nibp-and-small-monitors.md 7 (it does not give the pace: here one a
 * second).
 *
 *	FF D1 00 00 00 F1 00 | length | sequence | blocks
 *	block: type | subtype | length | data
 *
 * Easy to get wrong: lengths have their higher digit of 7 bits first, numbers
 * their lower one.
 */
#include "tests/sim/monitor.h"

#include <math.h>
#include <string.h>

#define LEADS 3
#define ECG 125			/* samples of each lead */
#define SLOW 50			/* samples of each other wave */
#define NO_WAVE 0x2000		/* a line in the middle */

struct biolight {
	double heart, breath;	/* phases, 0..1 */
	uint8_t sequence;
};

/* What is being written. */
struct packet {
	uint8_t *p;
	size_t n, block;	/* where the last block begins */
};

static struct biolight *
state_of(struct monitor *m)
{
	_Static_assert(sizeof(struct biolight) <= sizeof(m->state),
	    "too large");
	return (struct biolight *)(void *)&m->state;
}

static void
put(struct packet *k, int b)
{
	k->p[k->n++] = (uint8_t)b;
}

static void
put_number(struct packet *k, int v)
{
	put(k, v & 0x7f);
	put(k, v >> 7 & 0x7f);
}

static void
put_length(uint8_t *p, size_t n)
{
	p[0] = (uint8_t)(n >> 7);
	p[1] = n & 0x7f;
}

static void
begin(struct packet *k, uint8_t type, uint8_t subtype)
{
	k->block = k->n;
	put(k, type);
	put(k, subtype);
	k->n += 2;
}

static void
end(struct packet *k)
{
	put_length(k->p + k->block + 2, k->n - k->block - 4);
}

static void
put_ecg(struct packet *k, struct monitor *m, int64_t t_ms)
{
	struct biolight *x = state_of(m);
	int hr = m->lead_off ? 511 : monitor_shows(m, VITAL_HR, t_ms, 1);

	begin(k, 0xe0, 0x01);
	put(k, 0x08);
	put(k, 0x60);
	put(k, hr >> 7);
	put(k, 0);
	put(k, hr & 0x7f);
	for (int i = 0; i < ECG * LEADS; i++) {
		double at = fmod(x->heart + hr / 60.0 * (i / LEADS) / ECG, 1);
		int sample = m->lead_off ? 0 : (int)(
		    700 * exp(-pow((at - 0.2) / 0.015, 2)) +
		    150 * exp(-pow((at - 0.45) / 0.05, 2)));

		put_number(k, NO_WAVE + sample / (1 + i % LEADS));
	}
	end(k);
	x->heart = fmod(x->heart + hr / 60.0, 1);
}

static void
put_temperatures(struct packet *k, const struct monitor *m, int64_t t_ms)
{
	begin(k, 0xe4, 0x32);
	put(k, 0);
	put_number(k, monitor_shows(m, VITAL_TEMP, t_ms, 10));
	end(k);
	begin(k, 0xe4, 0x33);
	put(k, 4);
	put_number(k, 8191);
	end(k);
}

static void
put_invasive(struct packet *k, uint8_t subtype)
{
	begin(k, 0xe6, subtype);
	put(k, 0x09);
	for (int i = 0; i < 3; i++)
		put_number(k, 990);	/* -1.0 */
	for (int i = 0; i < SLOW; i++)
		put_number(k, 800);
	end(k);
}

static void
put_breath(struct packet *k, struct monitor *m, int64_t t_ms)
{
	struct biolight *x = state_of(m);
	int rr = monitor_shows(m, VITAL_RR, t_ms, 1);

	begin(k, 0xe3, 0x04);
	put(k, m->lead_off ? 255 : rr);
	put(k, 0x0a);
	put(k, 0);
	for (int i = 0; i < SLOW; i++)
		put_number(k, m->lead_off ? 4 : (int)(64 + 50 * sin(2 * M_PI *
		    (x->breath + rr / 60.0 * i / SLOW))));
	end(k);
	x->breath = fmod(x->breath + rr / 60.0, 1);
}

static void
put_oximeter(struct packet *k, const struct monitor *m, int64_t t_ms)
{
	bool pulse = monitor_sees(m, t_ms) == SEES_PULSE;
	int pr = monitor_shows(m, VITAL_PR, t_ms, 1);

	begin(k, 0xe1, 0x02);
	put(k, 0);
	put(k, pulse ? monitor_shows(m, VITAL_SPO2, t_ms, 1) : 0xff);
	put(k, 0);
	put(k, 0);
	put(k, 0);
	for (int i = 0; i < SLOW; i++) {
		double at = fmod(pr / 60.0 * i / SLOW, 1);

		put(k, pulse ? (int)(80 * sin(M_PI * pow(at, 0.6))) : 0x40);
		put(k, pulse ? 0x50 : 0);
		put(k, 0);
	}
	end(k);
	begin(k, 0xe2, 0x0b);
	if (pulse) {
		put_number(k, pr);
	} else {
		put(k, 0x7f);
		put(k, 0x07);
	}
	put(k, 2);
	end(k);
}

static void
put_cuff(struct packet *k, const struct cuff *c)
{
	bool result = c->has && !c->failed;

	begin(k, 0xe5, 0x03);
	put(k, result ? 0x00 : 0x10);
	put(k, 0x01);
	put(k, 0);
	put(k, 0);
	if (result) {
		put_number(k, c->sys * 10);
		put_number(k, c->map * 10);
		put_number(k, c->dia * 10);
	} else {
		static const uint8_t none[6] = {
			0x80, 0x3f, 0x76, 0x3f, 0x76, 0x3f
		};

		memcpy(k->p + k->n, none, sizeof(none));
		k->n += sizeof(none);
	}
	end(k);
}

static size_t
biolight_emit(struct monitor *m, int64_t t_ms, uint8_t out[SIM_OUT_MAX / 2])
{
	static const uint8_t start[7] = { 0xff, 0xd1, 0, 0, 0, 0xf1, 0 };
	struct packet k = { out, 9, 0 };

	memcpy(out, start, sizeof(start));
	put(&k, state_of(m)->sequence++ & 0x7f);
	put_ecg(&k, m, t_ms);
	put_temperatures(&k, m, t_ms);
	put_invasive(&k, 0x16);
	put_invasive(&k, 0x17);
	put_breath(&k, m, t_ms);
	put_oximeter(&k, m, t_ms);
	put_cuff(&k, &m->cuff);
	put_length(out + 7, k.n - 9);
	m->due_ms += 1000;
	return k.n;
}

static void
biolight_start(struct monitor *m, int64_t t_ms)
{
	memset(state_of(m), 0, sizeof(struct biolight));
	m->due_ms = t_ms;
}

extern const struct sim_driver sim_biolight_a8;
const struct sim_driver sim_biolight_a8 = {
	.name = "biolight-a8",
	.has = SIM_PROBE | SIM_LEAD | SIM_CUFF,
	.start = biolight_start,
	.emit = biolight_emit,
};

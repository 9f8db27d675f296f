/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A Contec CMS50E of the newer generation, with perfusion index.  Silent until
 * it is told to start; it stops by itself when it hears nothing for 30 s.
 * Facts: oximeters.md 2.2.
 *
 *	host: 7D 81 command 80 80 80 80 80 80
 *	01 | bits 7 of the seven data bytes | data, each with bit 7 set
 *
 * Easy to get wrong: with the finger out it says 0 and 0, which the protocol's
 * document does not know.
 */
#include "tests/sim/monitor.h"

#include <math.h>
#include <string.h>

#define COMMAND 9
#define START 0xA1
#define STOP 0xA2
#define PI_SUPPORTED 0xAC
#define KEEP_ALIVE 0xAF
#define PATIENCE_MS 30000

struct contec {
	int64_t start_ms;	/* of the packets */
	int64_t heard_ms;
	uint64_t packets;
	bool streams;
	double pulse;		/* phase, 0..1 */
	uint8_t in[COMMAND];
	size_t in_n;
	uint8_t answer[16];	/* waits for the next packet */
	size_t answer_n;
};

static struct contec *
state_of(struct monitor *m)
{
	_Static_assert(sizeof(struct contec) <= sizeof(m->state), "too large");
	return (struct contec *)(void *)&m->state;
}

static void
answer(struct monitor *m, int64_t t_ms, const uint8_t *p, size_t n)
{
	struct contec *x = state_of(m);

	if (x->answer_n + n > sizeof(x->answer))
		return;
	memcpy(x->answer + x->answer_n, p, n);
	x->answer_n += n;
	if (!x->streams)
		m->due_ms = t_ms;
}

static void
obey(struct monitor *m, int64_t t_ms, uint8_t command)
{
	static const uint8_t idle[] = { 0x0C, 0x80 };
	static const uint8_t has_pi[] = { 0x0E, 0x80, 0x80 };
	/* Feedback: the command, whose bit 7 is a high bit, is unsupported. */
	const uint8_t refused[] = { 0x0B, 0x81, command | 0x80, 0x85 };
	struct contec *x = state_of(m);

	switch (command) {
	case START:
		if (x->streams)
			break;
		x->streams = true;
		x->start_ms = t_ms;
		x->packets = 0;
		m->due_ms = t_ms;
		break;
	case STOP:
		x->streams = false;
		answer(m, t_ms, idle, sizeof(idle));
		break;
	case PI_SUPPORTED:
		answer(m, t_ms, has_pi, sizeof(has_pi));
		break;
	case KEEP_ALIVE:
		break;
	default:
		answer(m, t_ms, refused, sizeof(refused));
		break;
	}
}

static void
contec_hear(struct monitor *m, int64_t t_ms, const uint8_t *p, size_t n)
{
	struct contec *x = state_of(m);

	for (size_t i = 0; i < n; i++) {
		if (p[i] == 0x7D)
			x->in_n = 0;
		else if (x->in_n == 0 || (p[i] & 0x80) == 0)
			continue;
		x->in[x->in_n++] = p[i];
		if (x->in_n < COMMAND)
			continue;
		x->in_n = 0;
		if ((x->in[1] & 1) == 0)
			continue;
		x->heard_ms = t_ms;
		obey(m, t_ms, x->in[2]);
	}
}

static void
put_data(uint8_t *out, const uint8_t data[7])
{
	out[0] = 0x01;
	out[1] = 0x80;
	for (unsigned i = 0; i < 7; i++) {
		out[1] |= (uint8_t)(data[i] >> 7 << i);
		out[2 + i] = data[i] | 0x80;
	}
}

static void
put_pulse(struct monitor *m, int64_t t_ms, uint8_t data[7])
{
	struct contec *x = state_of(m);
	int pr = monitor_shows(m, VITAL_PR, t_ms, 1);
	int pi = monitor_shows(m, VITAL_PI, t_ms, 100);
	double wave;

	x->pulse = fmod(x->pulse + pr / 60.0 / 60, 1);
	wave = sin(M_PI * pow(x->pulse, 0.6));
	data[0] = (uint8_t)(pi < 30 ? 2 : pi < 60 ? 3 : 5);
	if (x->pulse * 60 * 60 < 2.0 * pr)
		data[0] |= 0x40;
	data[1] = (uint8_t)(8 + 70 * wave);
	data[2] = (uint8_t)(1 + 8 * wave);
	data[3] = (uint8_t)pr;
	data[4] = (uint8_t)monitor_shows(m, VITAL_SPO2, t_ms, 1);
	data[5] = (uint8_t)pi;
	data[6] = (uint8_t)(pi >> 8);
}

static size_t
contec_emit(struct monitor *m, int64_t t_ms, uint8_t out[SIM_OUT_MAX / 2])
{
	static const uint8_t off[7] = { 0x84, 0x40, 0x10, 0, 0, 0xff, 0xff };
	static const uint8_t searching[7] = {
		0x04, 0x80, 0x10, 0xff, 0x7f, 0xff, 0xff
	};
	struct contec *x = state_of(m);
	uint8_t data[7];
	size_t n = x->answer_n;

	memcpy(out, x->answer, n);
	x->answer_n = 0;
	if (t_ms - x->heard_ms >= PATIENCE_MS)
		x->streams = false;
	m->due_ms = SIM_NEVER;
	if (!x->streams)
		return n;
	switch (monitor_sees(m, t_ms)) {
	case SEES_PULSE:
		put_pulse(m, t_ms, data);
		break;
	case SEES_SEARCHING:
		memcpy(data, searching, sizeof(data));
		break;
	case SEES_HELD:
	case SEES_OFF:
	case SEES_NO_PROBE:
		memcpy(data, off, sizeof(data));
		break;
	}
	put_data(out + n, data);
	x->packets++;
	m->due_ms = x->start_ms + (int64_t)(x->packets * 1000 / 60);
	return n + 9;
}

static void
contec_start(struct monitor *m, int64_t t_ms)
{
	(void)t_ms;
	memset(state_of(m), 0, sizeof(struct contec));
	m->due_ms = SIM_NEVER;
}

extern const struct sim_driver sim_contec_v7;
const struct sim_driver sim_contec_v7 = {
	.name = "contec-v7",
	.has = SIM_PROBE,
	.start = contec_start,
	.hear = contec_hear,
	.emit = contec_emit,
};

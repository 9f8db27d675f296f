/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A Medlab NIBP2010 blood pressure module.  While a cuff is up it tells the
 * pressure unasked (here five times a second, which is an assumption); its
 * result it tells when it is asked.  Facts: nibp-and-small-monitors.md 4.
 *
 *	asked	02 "18;;DF" 03
 *	answer	02 "S1;A0;C00;M00;P135075092;R087;T0030;;45" 03 0D
 *	unasked	02 "123C0S3" 03 0D, at the end 02 "999C0S3" 03 0D
 *
 * Easy to get wrong: a host may start a cuff here.  Nothing of ours does, and
 * if it did, this module would start it and say so.
 */
#include "tests/sim/monitor.h"

#include <stdio.h>
#include <string.h>

#define ANSWER_MS 40
#define PRESSURE_MS 200
#define REST_MS 200

struct medlab {
	size_t n;
	char in[8];		/* of a command, after its start */
	bool asked;		/* an answer is due at answer_ms */
	bool up;		/* pressures are being told */
	int64_t answer_ms;
};

static struct medlab *
state_of(struct monitor *m)
{
	_Static_assert(sizeof(struct medlab) <= sizeof(m->state), "too large");
	return (struct medlab *)(void *)&m->state;
}

static size_t
put_answer(const struct monitor *m, uint8_t *out)
{
	const struct cuff *c = &m->cuff;
	bool up = c->phase == CUFF_MEASURING;
	bool numbers = c->has && !c->failed && !up;
	char text[64];
	unsigned sum = 0;
	int n;

	n = snprintf(text, sizeof(text),
	    "S%d;A0;C00;M%02d;P%03d%03d%03d;R%03d;T0030;;", up ? 3 : 1,
	    c->failed && !up ? 6 : 0, numbers ? c->sys : 0,
	    numbers ? c->dia : 0, numbers ? c->map : 0, numbers ? c->pr : 0);
	for (int i = 0; i < n; i++)
		sum += (unsigned char)text[i];
	return (size_t)snprintf((char *)out, 64, "\x02%s%02X\x03\r", text,
	    sum & 0xff);
}

/* Called every fifth of a second, and when an answer is due. */
static size_t
medlab_emit(struct monitor *m, int64_t t_ms, uint8_t out[SIM_OUT_MAX / 2])
{
	struct medlab *x = state_of(m);
	bool up = m->cuff.phase == CUFF_MEASURING;
	size_t n = 0;

	if (x->asked && t_ms >= x->answer_ms) {
		n += put_answer(m, out);
		x->asked = false;
	}
	if (up)
		n += (size_t)snprintf((char *)out + n, 20,
		    "\x02%03dC0S3\x03\r", cuff_pressure(&m->cuff, t_ms));
	else if (x->up)
		n += (size_t)snprintf((char *)out + n, 20,
		    "\x02" "999C0S3\x03\r");
	x->up = up;
	m->due_ms = t_ms + (up ? PRESSURE_MS : REST_MS);
	if (x->asked && x->answer_ms < m->due_ms)
		m->due_ms = x->answer_ms;
	return n;
}

static void
medlab_hear(struct monitor *m, int64_t t_ms, const uint8_t *p, size_t n)
{
	struct medlab *x = state_of(m);

	for (; n > 0; n--, p++) {
		if (*p == 0x02) {
			x->n = 0;
		} else if (*p != 0x03) {
			if (x->n < sizeof(x->in))
				x->in[x->n++] = (char)*p;
		} else if (x->n == 6 && memcmp(x->in, "18;;DF", 6) == 0) {
			x->asked = true;
			x->answer_ms = t_ms + ANSWER_MS;
			if (m->due_ms > x->answer_ms)
				m->due_ms = x->answer_ms;
		} else if (x->n == 6 && memcmp(x->in, "01;;D7", 6) == 0) {
			(void)monitor_cuff(m, t_ms, false);
			snprintf(m->said, sizeof(m->said),
			    "THE HOST STARTED A CUFF");
		}
	}
}

static void
medlab_start(struct monitor *m, int64_t t_ms)
{
	memset(state_of(m), 0, sizeof(struct medlab));
	m->due_ms = t_ms;
}

extern const struct sim_driver sim_medlab_nibp;
const struct sim_driver sim_medlab_nibp = {
	.name = "medlab-nibp",
	.has = SIM_CUFF,
	.start = medlab_start,
	.hear = medlab_hear,
	.emit = medlab_emit,
};

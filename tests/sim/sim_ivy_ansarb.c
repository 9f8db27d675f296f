/* SPDX-License-Identifier: BSD-2-Clause
 *
 * An Ivy 450C with its "ANSAR-B" output: one message a second, unasked.
 * Facts: nibp-and-small-monitors.md 6.
 *
 *	FF | "ANSAR-B " | 400 bytes of waves | lines, each ended by CR | FE
 *
 * Easy to get wrong: a wave never reaches FE, which ends the message.
 */
#include "tests/sim/monitor.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define ECG 200
#define SLOW 50			/* samples of each other wave */
#define SPO2_LEAST 90		/* the monitor's own limit */

struct ivy {
	double heart, breath;	/* phases, 0..1 */
};

static struct ivy *
state_of(struct monitor *m)
{
	_Static_assert(sizeof(struct ivy) <= sizeof(m->state), "too large");
	return (struct ivy *)(void *)&m->state;
}

static uint8_t *
put_waves(struct monitor *m, int64_t t_ms, uint8_t *out)
{
	struct ivy *x = state_of(m);
	double hr = monitor_shows(m, VITAL_HR, t_ms, 1) / 60.0;
	double rr = monitor_shows(m, VITAL_RR, t_ms, 1) / 60.0;
	bool pulse = monitor_sees(m, t_ms) == SEES_PULSE;

	for (int i = 0; i < ECG; i++) {
		double at = fmod(x->heart + hr * i / ECG, 1);

		out[i] = m->lead_off ? 100 : (uint8_t)(100 +
		    60 * exp(-pow((at - 0.2) / 0.015, 2)) +
		    15 * exp(-pow((at - 0.45) / 0.05, 2)));
	}
	out += ECG;
	for (int i = 0; i < SLOW; i++) {
		double at = fmod(x->heart + hr * i / SLOW, 1);
		double breath = x->breath + rr * i / SLOW;

		out[i] = m->lead_off ? 100 :
		    (uint8_t)(100 + 40 * sin(2 * M_PI * breath));
		out[SLOW + i] = pulse ?
		    (uint8_t)(86 + 60 * sin(M_PI * pow(at, 0.6))) : 86;
		out[2 * SLOW + i] = 80;		/* no transducers */
		out[3 * SLOW + i] = 251;
	}
	x->heart = fmod(x->heart + hr, 1);
	x->breath = fmod(x->breath + rr, 1);
	return out + 4 * SLOW;
}

/* "NAME=1;value;label;alarm;" with what there is. */
static int
put_line(char *out, const char *name, bool has, const char *value,
    const char *label, const char *alarm)
{
	return snprintf(out, 80, "%s=1;%s;%s;%s\r", name, has ? value : "",
	    label, alarm);
}

static int
put_lines(const struct monitor *m, int64_t t_ms, char *out)
{
	const struct cuff *c = &m->cuff;
	bool pulse = monitor_sees(m, t_ms) == SEES_PULSE;
	bool numbers = c->has && !c->failed;
	int spo2 = monitor_shows(m, VITAL_SPO2, t_ms, 1);
	char value[16], label[24] = "";
	int n = 0;

	snprintf(value, sizeof(value), "%d",
	    monitor_shows(m, VITAL_HR, t_ms, 1));
	n += put_line(out + n, "HR", !m->lead_off, value, "ECG-II-DIAG", "");
	snprintf(value, sizeof(value), "%d",
	    monitor_shows(m, VITAL_RR, t_ms, 1));
	n += put_line(out + n, "RR", !m->lead_off, value, "APNEA: 20 SEC", "");
	n += put_line(out + n, "ETCO2", false, "", "", "");
	snprintf(value, sizeof(value), "%d", spo2);
	if (pulse)
		snprintf(label, sizeof(label), "PR=%d ",
		    monitor_shows(m, VITAL_PR, t_ms, 1));
	n += put_line(out + n, "SPO2", pulse, value, label,
	    pulse && spo2 < SPO2_LEAST ? "LOW" : "");
	if (numbers)
		n += snprintf(out + n, 80, "NIBP=4;%d;%d;%d;%d;;\r", c->sys,
		    c->dia, c->map, c->pr);
	else
		n += snprintf(out + n, 80, "NIBP=4;;;;;;\r");
	n += snprintf(out + n, 80, "P1=3;;;;NO TRANSDUCER;\r");
	n += snprintf(out + n, 80, "P2=3;;;;NO TRANSDUCER;\r");
	snprintf(value, sizeof(value), "%.1f",
	    monitor_shows(m, VITAL_TEMP, t_ms, 10) / 10.0);
	n += put_line(out + n, "T1", true, value, "", "");
	n += put_line(out + n, "T2", false, "", "", "");
	return n;
}

static size_t
ivy_emit(struct monitor *m, int64_t t_ms, uint8_t out[SIM_OUT_MAX / 2])
{
	uint8_t *p = out;

	*p++ = 0xff;
	memcpy(p, "ANSAR-B ", 8);
	p = put_waves(m, t_ms, p + 8);
	p += put_lines(m, t_ms, (char *)p);
	*p++ = 0xfe;
	m->due_ms += 1000;
	return (size_t)(p - out);
}

static void
ivy_start(struct monitor *m, int64_t t_ms)
{
	memset(state_of(m), 0, sizeof(struct ivy));
	m->due_ms = t_ms;
}

extern const struct sim_driver sim_ivy_ansarb;
const struct sim_driver sim_ivy_ansarb = {
	.name = "ivy-ansarb",
	.has = SIM_PROBE | SIM_LEAD | SIM_CUFF,
	.start = ivy_start,
	.emit = ivy_emit,
};

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A Mindray monitor by "Patient Data Share".  Facts: multiparameter.md C2 and
 * nibp-and-small-monitors.md 10a, the messages as in the recording of a T8.
 *
 *	echo (106) every second, both ways; without the host's the monitor
 *	hangs up.  After a query (QRY^R02): values by module (204) every second,
 *	alarms (54, 56), and the cuff's result (503) when it is new
 *
 * It behaves like the old firmware, which forgets a query that came before its
 * own first echo.
 *
 * Easy to get wrong: 503 comes once after the query, with -100 and a time of
 * zeros if nothing was measured yet, and then only when there is a result.
 */
#include "tests/sim/sim_hl7.h"

#include <string.h>

#define PERIOD_MS 1000
#define SECOND_MS 20		/* from the values to alarms and cuff */
#define HANG_UP_MS 10000	/* without an echo from the host */
#define SPO2_LOW 90

#define HEAD "\x0bMSH|^~\\&|||||||ORU^R01|%d|P|2.3.1|\r"
#define TAIL "\x1c\r"

struct pds {
	bool echoed;		/* we did, once */
	bool asked;
	bool second;		/* alarms and cuff are due */
	bool told;		/* of the cuff, since it was asked */
	int64_t measured_ms;	/* the cuff result that was told of last */
	int64_t heard_ms;	/* the host's last echo */
	size_t heard;		/* of what the host says now */
	char in[400];
};

static struct pds *
state_of(struct monitor *m)
{
	_Static_assert(sizeof(struct pds) <= sizeof(m->state), "too large");
	return (struct pds *)(void *)&m->state;
}

/* A value, in 10^-decimals; -100 where there is none. */
static void
put_value(struct sim_text *o, int id, const char *name, int module, bool is,
    int value, int decimals)
{
	double scale = decimals == 3 ? 1000 : decimals == 1 ? 10 : 1;

	sim_put(o, "OBX||NM|%d^%s|%d|%.*f||||||F\r", id, name, module,
	    is ? decimals : 0, is ? value / scale : -100.0);
}

static void
put_values(const struct monitor *m, int64_t t_ms, struct sim_text *o)
{
	bool pulse = monitor_sees(m, t_ms) == SEES_PULSE;

	sim_put(o, HEAD, 204);
	put_value(o, 101, "HR", 2101, !m->lead_off,
	    monitor_shows(m, VITAL_HR, t_ms, 1), 0);
	sim_put(o, TAIL HEAD, 204);
	put_value(o, 151, "RR", 2102, !m->lead_off,
	    monitor_shows(m, VITAL_RR, t_ms, 1), 0);
	sim_put(o, TAIL HEAD, 204);
	put_value(o, 200, "T1", 2104, true,
	    monitor_shows(m, VITAL_TEMP, t_ms, 10), 1);
	sim_put(o, TAIL HEAD, 204);
	put_value(o, 160, "SpO2", 2103, pulse,
	    monitor_shows(m, VITAL_SPO2, t_ms, 1), 0);
	put_value(o, 161, "PR", 2103, pulse,
	    monitor_shows(m, VITAL_PR, t_ms, 1), 0);
	put_value(o, 162, "PI", 2103, pulse,
	    monitor_shows(m, VITAL_PI, t_ms, 1000), 3);
	sim_put(o, TAIL);
}

static void
put_alarms(const struct monitor *m, int64_t t_ms, struct sim_text *o)
{
	enum probe_view sees = monitor_sees(m, t_ms);

	sim_put(o, HEAD, 54);
	if (sees == SEES_PULSE &&
	    monitor_shows(m, VITAL_SPO2, t_ms, 1) < SPO2_LOW)
		sim_put(o, "OBX||CE|2|1|10032^**SpO2 TOO LOW||||||F\r");
	sim_put(o, TAIL HEAD, 56);
	if (sees != SEES_PULSE && sees != SEES_SEARCHING)
		sim_put(o, "OBX||CE|4||205^SpO2 Sensor Off||||||F\r");
	if (m->lead_off)
		sim_put(o, "OBX||CE|4||101^ECG Lead Off||||||F\r");
	sim_put(o, TAIL);
}

static void
put_cuff(struct monitor *m, struct sim_text *o)
{
	const struct cuff *c = &m->cuff;
	struct pds *x = state_of(m);
	char at[SIM_HL7_TIME] = "00000000000000";
	int64_t measured_ms = c->has ? sim_hl7_measured_ms(c) : 0;

	if (x->told && measured_ms == x->measured_ms)
		return;
	x->told = true;
	x->measured_ms = measured_ms;
	if (c->has)
		sim_hl7_time(m, measured_ms, at);
	sim_put(o, HEAD, 503);
	sim_put(o, "OBX||NM|171^Dia|2105|%d||||||F||APERIODIC|%s\r",
	    c->has ? c->dia : -100, at);
	sim_put(o, "OBX||NM|172^Mean|2105|%d||||||F||APERIODIC|%s\r",
	    c->has ? c->map : -100, at);
	sim_put(o, "OBX||NM|170^Sys|2105|%d||||||F||APERIODIC|%s\r" TAIL,
	    c->has ? c->sys : -100, at);
}

static size_t
pds_emit(struct monitor *m, int64_t t_ms, uint8_t out[SIM_OUT_MAX / 2])
{
	struct pds *x = state_of(m);
	struct sim_text o = { (char *)out, SIM_OUT_MAX / 2 };

	if (x->second) {
		x->second = false;
		m->due_ms += PERIOD_MS - SECOND_MS;
		put_alarms(m, t_ms, &o);
		put_cuff(m, &o);
		return (size_t)(o.at - (char *)out);
	}
	m->due_ms += PERIOD_MS;
	if (t_ms - x->heard_ms > HANG_UP_MS) {
		if (x->asked)
			snprintf(m->said, sizeof(m->said),
			    "hears nothing from the host, and ends");
		x->asked = false;
		return 0;
	}
	sim_put(&o, HEAD TAIL, 106);
	x->echoed = true;
	if (x->asked) {
		put_values(m, t_ms, &o);
		x->second = true;
		m->due_ms += SECOND_MS - PERIOD_MS;
	}
	return (size_t)(o.at - (char *)out);
}

static void
take_message(struct monitor *m, int64_t t_ms)
{
	struct pds *x = state_of(m);

	if (strstr(x->in, "|ORU^R01|106|") != NULL) {
		x->heard_ms = t_ms;
	} else if (strstr(x->in, "|QRY^R02|1203|") != NULL &&
	    strstr(x->in, "QRF|MON||||0&0^1^1^0^101&") != NULL && x->echoed) {
		if (!x->asked)
			snprintf(m->said, sizeof(m->said),
			    "asked for values and alarms");
		x->asked = true;
		x->told = false;
	}
}

static void
pds_hear(struct monitor *m, int64_t t_ms, const uint8_t *p, size_t n)
{
	struct pds *x = state_of(m);

	for (; n > 0; n--, p++) {
		if (*p == 0x0b)
			x->heard = 0;
		else if (x->heard < sizeof(x->in) - 1)
			x->in[x->heard++] = (char)*p;
		if (*p != 0x1c)
			continue;
		x->in[x->heard] = '\0';
		take_message(m, t_ms);
	}
}

static void
pds_start(struct monitor *m, int64_t t_ms)
{
	memset(state_of(m), 0, sizeof(struct pds));
	state_of(m)->heard_ms = t_ms;
	m->due_ms = t_ms;
}

extern const struct sim_driver sim_hl7_pds;
const struct sim_driver sim_hl7_pds = {
	.name = "hl7-pds",
	.has = SIM_PROBE | SIM_LEAD | SIM_CUFF,
	.start = pds_start,
	.hear = pds_hear,
	.emit = pds_emit,
};

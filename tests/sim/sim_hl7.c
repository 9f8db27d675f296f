/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A monitor that sends IHE PCD-01 by itself, once a second, and wants each
 * message acknowledged before it sends the next.  Facts: multiparameter.md C1
 * and C3.
 *
 *	0B | segments, each ending in CR | 1C 0D
 *	OBX|n|NM|code^MDC_NAME^MDC|1.3.1.code|value|unit^MDC_DIM..|||||R|||time
 *
 * Easy to get wrong: the cuff's last result stands in every message, and only
 * its OBX-14 says that it is not of now.
 */
#include "tests/sim/sim_hl7.h"

#include <string.h>

#define PERIOD_MS 1000
#define HALF_MS 20		/* a message leaves in two pieces */
#define GIVE_UP_MS 3000		/* without an acknowledgement */

#define PERCENT "262688^MDC_DIM_PERCENT^MDC"
#define BEATS "264864^MDC_DIM_BEAT_PER_MIN^MDC"
#define BREATHS "264928^MDC_DIM_RESP_PER_MIN^MDC"
#define MMHG "266016^MDC_DIM_MMHG^MDC"
#define CELSIUS "268192^MDC_DIM_DEGC^MDC"

struct hl7 {
	uint32_t id;		/* of the last message */
	bool waiting;		/* for its acknowledgement, */
	int64_t sent_ms;	/* since then */
	bool second;		/* its second piece is due */
	int64_t next_ms;	/* the message after it */
	int rows;
	size_t heard;		/* of what the host says now */
	char in[200];
};

static struct hl7 *
state_of(struct monitor *m)
{
	_Static_assert(sizeof(struct hl7) <= sizeof(m->state), "too large");
	return (struct hl7 *)(void *)&m->state;
}

/* One observation; 'at' of the cuff only. */
static void
put_row(struct sim_text *o, struct hl7 *h, int code, const char *name,
    const char *channel, const char *value, const char *unit, const char *at)
{
	sim_put(o, "OBX|%d|NM|%d^%s^MDC|%s.%d|%s|%s|||||R|||%s\r", ++h->rows,
	    code, name, channel, code, value, unit, at);
}

static void
put_whole(struct sim_text *o, struct hl7 *h, int code, const char *name,
    const char *channel, bool is, int value, const char *unit, const char *at)
{
	char text[12] = "";

	if (is)
		snprintf(text, sizeof(text), "%d", value);
	put_row(o, h, code, name, channel, text, unit, at);
}

static void
put_first(struct monitor *m, int64_t t_ms, struct sim_text *o)
{
	struct hl7 *h = state_of(m);
	bool pulse = monitor_sees(m, t_ms) == SEES_PULSE;
	char now[SIM_HL7_TIME], text[12];

	sim_hl7_time(m, t_ms, now);
	h->rows = 0;
	sim_put(o, "\x0bMSH|^~\\&|SIM^0^EUI-64||||%s||ORU^R01^ORU_R01|%u|P|2.6|||AL"
	    "|NE||UNICODE UTF-8\rPID|||0\rPV1||I\r"
	    "OBR|1|%u|%u|182777000^monitoring of patient^SCT|||%s\r", now,
	    (unsigned)h->id, (unsigned)h->id, (unsigned)h->id, now);
	put_whole(o, h, 150456, "MDC_PULS_OXIM_SAT_O2", "1.3.1", pulse,
	    monitor_shows(m, VITAL_SPO2, t_ms, 1), PERCENT, now);
	put_whole(o, h, 149530, "MDC_PULS_OXIM_PULS_RATE", "1.3.1", pulse,
	    monitor_shows(m, VITAL_PR, t_ms, 1), BEATS, now);
	snprintf(text, sizeof(text), "%.2f",
	    monitor_shows(m, VITAL_PI, t_ms, 100) / 100.0);
	put_row(o, h, 150488, "MDC_BLD_PERF_INDEX", "1.3.1",
	    pulse ? text : "", PERCENT, now);
}

static void
put_second(struct monitor *m, int64_t t_ms, struct sim_text *o)
{
	struct hl7 *h = state_of(m);
	const struct cuff *c = &m->cuff;
	char now[SIM_HL7_TIME], at[SIM_HL7_TIME], text[12];

	sim_hl7_time(m, t_ms, now);
	put_whole(o, h, 147842, "MDC_ECG_HEART_RATE", "1.5.1", !m->lead_off,
	    monitor_shows(m, VITAL_HR, t_ms, 1), BEATS, now);
	put_whole(o, h, 151562, "MDC_RESP_RATE", "1.4.1", !m->lead_off,
	    monitor_shows(m, VITAL_RR, t_ms, 1), BREATHS, now);
	snprintf(text, sizeof(text), "%.1f",
	    monitor_shows(m, VITAL_TEMP, t_ms, 10) / 10.0);
	put_row(o, h, 150344, "MDC_TEMP", "1.2.1", text, CELSIUS, now);
	if (c->has) {
		sim_hl7_time(m, sim_hl7_measured_ms(c), at);
		put_whole(o, h, 150301, "MDC_PRESS_CUFF_SYS", "1.1.9", true,
		    c->sys, MMHG, at);
		put_whole(o, h, 150303, "MDC_PRESS_CUFF_MEAN", "1.1.9", true,
		    c->map, MMHG, at);
		put_whole(o, h, 150302, "MDC_PRESS_CUFF_DIA", "1.1.9", true,
		    c->dia, MMHG, at);
	}
	sim_put(o, "\x1c\r");
}

static size_t
hl7_emit(struct monitor *m, int64_t t_ms, uint8_t out[SIM_OUT_MAX / 2])
{
	struct hl7 *h = state_of(m);
	struct sim_text o = { (char *)out, SIM_OUT_MAX / 2 };

	if (h->second) {
		h->second = false;
		put_second(m, t_ms, &o);
		m->due_ms = h->next_ms;
		return (size_t)(o.at - (char *)out);
	}
	h->next_ms += PERIOD_MS;
	if (h->waiting && t_ms - h->sent_ms < GIVE_UP_MS) {
		m->due_ms = h->next_ms;
		return 0;
	}
	if (h->waiting)
		snprintf(m->said, sizeof(m->said),
		    "message %u was not acknowledged", (unsigned)h->id);
	h->id++;
	h->waiting = true;
	h->sent_ms = t_ms;
	h->second = true;
	put_first(m, t_ms, &o);
	m->due_ms = t_ms + HALF_MS;
	return (size_t)(o.at - (char *)out);
}

/* MSA|AA|id, in a block. */
static void
hl7_hear(struct monitor *m, int64_t t_ms, const uint8_t *p, size_t n)
{
	struct hl7 *h = state_of(m);
	char want[40];

	(void)t_ms;
	for (; n > 0; n--, p++) {
		if (*p == 0x0b)
			h->heard = 0;
		else if (h->heard < sizeof(h->in) - 1)
			h->in[h->heard++] = (char)*p;
		if (*p != 0x1c)
			continue;
		h->in[h->heard] = '\0';
		snprintf(want, sizeof(want), "\rMSA|AA|%u\r", (unsigned)h->id);
		if (strncmp(h->in, "MSH|^~\\&|", 9) == 0 &&
		    strstr(h->in, "|ACK^R01|") != NULL &&
		    strstr(h->in, want) != NULL)
			h->waiting = false;
	}
}

static void
hl7_start(struct monitor *m, int64_t t_ms)
{
	memset(state_of(m), 0, sizeof(struct hl7));
	state_of(m)->next_ms = t_ms;
	m->due_ms = t_ms;
}

extern const struct sim_driver sim_hl7;
const struct sim_driver sim_hl7 = {
	.name = "hl7",
	.has = SIM_PROBE | SIM_LEAD | SIM_CUFF,
	.start = hl7_start,
	.hear = hl7_hear,
	.emit = hl7_emit,
};

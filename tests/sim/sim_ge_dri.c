/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A GE S/5 or CARESCAPE monitor on its computer interface ("DRI").  It says
 * nothing until it is asked, then sends a record of displayed values at the
 * interval asked for.  Asked about its alarms it tells them once, or whenever
 * they change.  Facts: multiparameter.md B2 to B5.
 *
 *	7E | record, escaped | sum of the record's bytes, escaped | 7E
 *	record: 40 bytes header, then one subrecord: 278 bytes of values (basic
 *	class), or 510 bytes of alarms
 *
 * Easy to get wrong: while the cuff measures, the OLD result stands; the new
 * one appears with "measuring" still set and "over 60 s ago" just cleared.
 */
#include "tests/sim/monitor.h"

#include <stdio.h>
#include <string.h>

#define HEADER 40
#define BASIC 278
#define RECORD (HEADER + BASIC)
#define LEVEL 10		/* of the interface: CARESCAPE, db00 */
#define INVALID (-32767)
#define FIRST_MS 500		/* from the request to the first record */
#define SINGLE_GAP_MS 5000	/* single shots closer than this are ignored */
#define AMBIENT 7600		/* 1/10 mmHg */

#define EXISTS 1
#define ACTIVE 2
#define ECG_SOURCE (1 << 3)	/* ECG */
#define ECG_OFF (7 << 11)	/* no channel has its leads */
#define ECG_LABEL 0x1200
#define NIBP_RESERVED 3		/* set in every recording */
#define NIBP_AUTO 8
#define NIBP_MEASURING 0x20
#define NIBP_OLD 0x100		/* ended more than 60 s ago */
#define CO2_APNEA 4
#define CO2_LABEL 9		/* RR from CO2, FI from CO2 */
#define TEMP_LABEL 11		/* T1 */

/* Its own alarms: texts and colours, the worst colour first. */
#define ALARM_BYTES 510
#define ALARM_ROOM 5		/* shown at a time */
#define ALARM_EVERY_MS 2000	/* at the most, in differential mode */
enum colour { WHITE = 1, YELLOW = 2, RED = 3 };

struct ge {
	int64_t values_ms, alarms_ms;	/* when each is due; SIM_NEVER */
	bool status;		/* the alarms are wanted once */
	bool differential;	/* and whenever they change */
	unsigned told;		/* those of its last record */
	uint8_t alarm_number;
	int64_t interval_ms;	/* 0: nobody asked */
	int64_t single_ms;	/* last single shot */
	bool any_single;
	uint8_t number;
	bool escaped, inside;
	size_t n;
	uint8_t in[128];	/* a request without its escapes */
};

static struct ge *
state_of(struct monitor *m)
{
	_Static_assert(sizeof(struct ge) <= sizeof(m->state), "too large");
	return (struct ge *)(void *)&m->state;
}

static void
put16(uint8_t *p, int v)
{
	p[0] = (uint8_t)v;
	p[1] = (uint8_t)((unsigned)v >> 8);
}

static void
put32(uint8_t *p, uint32_t v)
{
	put16(p, (int)(v & 0xffff));
	put16(p + 2, (int)(v >> 16));
}

/* A group: status, label and n values that are not there. */
static void
put_group(uint8_t *p, uint32_t status, int label, size_t n)
{
	put32(p, status);
	put16(p + 4, label);
	for (size_t i = 0; i < n; i++)
		put16(p + 6 + 2 * i, INVALID);
}

/* Groups of a module that is not there, and how many values each has. */
static const struct { uint16_t offset, values; } absent[] = {
	{ 20, 4 }, { 34, 4 }, { 48, 4 }, { 62, 4 },	/* P1..P4 */
	{ 98, 1 }, { 106, 1 }, { 114, 1 },		/* T2..T4 */
	{ 150, 2 }, { 160, 2 }, { 170, 3 }, { 182, 8 },	/* O2 N2O AA flow */
	{ 204, 4 }, { 218, 3 },				/* wedge, NMT */
	{ 236, 1 }, { 244, 4 }, { 258, 4 },		/* SvO2, P5, P6 */
};

static void
put_ecg(const struct monitor *m, int64_t t_ms, uint8_t *p)
{
	int hr = monitor_shows(m, VITAL_HR, t_ms, 1);

	put_group(p + 4, EXISTS | ACTIVE | ECG_SOURCE |
	    (m->lead_off ? ECG_OFF : 0), ECG_LABEL, 5);
	put16(p + 230, INVALID);
	put16(p + 232, INVALID);
	put16(p + 234, INVALID);
	if (m->lead_off)
		return;
	put16(p + 10, hr);
	put16(p + 18, monitor_shows(m, VITAL_RR, t_ms, 1));
	put16(p + 230, hr);
}

static void
put_nibp(const struct monitor *m, int64_t t_ms, uint8_t *p)
{
	const struct cuff *c = &m->cuff;
	int label = NIBP_RESERVED | (c->every_ms > 0 ? NIBP_AUTO : 0);

	if (c->phase != CUFF_IDLE)
		label |= NIBP_MEASURING;
	if (c->phase != CUFF_CLOSING &&
	    (!c->has || t_ms - c->ended_ms >= 60 * 1000))
		label |= NIBP_OLD;
	put_group(p + 76, EXISTS | ACTIVE, label, 4);
	if (!c->has)
		return;
	put16(p + 82, c->sys * 100);
	put16(p + 84, c->dia * 100);
	put16(p + 86, c->map * 100);
	put16(p + 88, c->pr);
}

static void
put_spo2(const struct monitor *m, int64_t t_ms, uint8_t *p)
{
	put_group(p + 122, EXISTS | ACTIVE, 0, 4);
	if (monitor_sees(m, t_ms) != SEES_PULSE)
		return;
	put16(p + 128, monitor_shows(m, VITAL_SPO2, t_ms, 100));
	put16(p + 130, monitor_shows(m, VITAL_PR, t_ms, 1));
	put16(p + 132, monitor_shows(m, VITAL_PI, t_ms, 100));
}

static void
put_co2(const struct monitor *m, int64_t t_ms, uint8_t *p)
{
	/* mmHg to 1/100 % of the ambient pressure. */
	int et = (monitor_shows(m, VITAL_ETCO2, t_ms, 10) * 10000 +
	    AMBIENT / 2) / AMBIENT;
	int rr = monitor_shows(m, VITAL_RR, t_ms, 1);

	put_group(p + 136, EXISTS | ACTIVE | (rr == 0 ? CO2_APNEA : 0),
	    CO2_LABEL, 3);
	put16(p + 142, rr == 0 ? 0 : et);
	put16(p + 144, 0);
	put16(p + 146, rr);
	put16(p + 148, AMBIENT);
}

static void
put_basic(const struct monitor *m, int64_t t_ms, uint8_t *p)
{
	put32(p, (uint32_t)monitor_clock_s(m, t_ms));
	for (size_t i = 0; i < sizeof(absent) / sizeof(absent[0]); i++)
		put_group(p + absent[i].offset, 0, 0, absent[i].values);
	put_ecg(m, t_ms, p);
	put_nibp(m, t_ms, p);
	put_group(p + 90, EXISTS | ACTIVE, TEMP_LABEL, 1);
	put16(p + 96, monitor_shows(m, VITAL_TEMP, t_ms, 100));
	put_spo2(m, t_ms, p);
	put_co2(m, t_ms, p);
	put16(p + 276, LEVEL << 4 | 1);
}

static size_t
put_escaped(uint8_t *out, uint8_t b)
{
	if (b != 0x7e && b != 0x7d) {
		out[0] = b;
		return 1;
	}
	out[0] = 0x7d;
	out[1] = b & 0xdf;
	return 2;
}

/* Sets the monitor's next moment. */
static void
plan(struct monitor *m)
{
	const struct ge *g = state_of(m);

	m->due_ms = g->values_ms < g->alarms_ms ? g->values_ms : g->alarms_ms;
}

/* The limits that are set on it, and what its cables say. */
static const struct { const char *text; enum colour colour; } alarms[] = {
	{ "APNEA", RED }, { "SpO2 LOW", RED }, { "HR LOW", RED },
	{ "HR HIGH", YELLOW }, { "LEADS OFF", YELLOW },
	{ "SpO2 PROBE OFF", WHITE },
};
#define ALARMS (sizeof(alarms) / sizeof(alarms[0]))

/* Which of them hold, a bit each. */
static unsigned
holding(const struct monitor *m, int64_t t_ms)
{
	enum probe_view view = monitor_sees(m, t_ms);
	int hr = monitor_shows(m, VITAL_HR, t_ms, 1);
	bool ecg = !m->lead_off;

	return (monitor_shows(m, VITAL_RR, t_ms, 1) == 0) << 0 |
	    (view == SEES_PULSE &&
	    monitor_shows(m, VITAL_SPO2, t_ms, 100) < 9000) << 1 |
	    (ecg && hr < 45) << 2 | (ecg && hr > 120) << 3 |
	    (unsigned)!ecg << 4 |
	    (view == SEES_OFF || view == SEES_NO_PROBE) << 5;
}

static void
put_alarms(unsigned now, unsigned before, uint8_t *p)
{
	size_t n = 0;

	put16(p + 2, 1);	/* its sound is on */
	for (size_t i = 0; i < ALARMS && n < ALARM_ROOM; i++) {
		uint8_t *entry = p + 10 + 98 * n;
		bool changed = (before >> i & 1) == 0;

		if ((now >> i & 1) == 0)
			continue;
		strcpy((char *)entry, alarms[i].text);
		put16(entry + 80, changed);
		put16(entry + 82, alarms[i].colour);
		put16(entry + 84, changed);
		n++;
	}
}

/* A record of so many bytes after its header; on the wire. */
static size_t
put_frame(const struct monitor *m, int64_t t_ms, uint8_t *record, size_t bytes,
    uint8_t *out)
{
	uint8_t sum = 0;
	size_t n = 0;

	put16(record, (int)(HEADER + bytes));
	record[3] = LEVEL;
	put32(record + 6, (uint32_t)monitor_clock_s(m, t_ms));
	record[18] = 1;		/* the first subrecord */
	record[21] = 0xff;	/* and no second */
	out[n++] = 0x7e;
	for (size_t i = 0; i < HEADER + bytes; i++) {
		sum = (uint8_t)(sum + record[i]);
		n += put_escaped(out + n, record[i]);
	}
	n += put_escaped(out + n, sum);
	out[n++] = 0x7e;
	return n;
}

/* Most of it is zero, so few bytes are escaped and it fits. */
static size_t
emit_alarms(struct monitor *m, int64_t t_ms, uint8_t *out)
{
	struct ge *g = state_of(m);
	uint8_t record[HEADER + ALARM_BYTES] = { 0 };
	unsigned now = holding(m, t_ms);
	bool wanted = g->status || (g->differential && now != g->told);

	g->status = false;
	g->alarms_ms = g->differential ? t_ms + ALARM_EVERY_MS : SIM_NEVER;
	plan(m);
	if (!wanted)
		return 0;
	record[2] = g->alarm_number++;
	record[14] = 4;		/* alarms */
	put_alarms(now, g->told, record + HEADER);
	g->told = now;
	return put_frame(m, t_ms, record, ALARM_BYTES, out);
}

static size_t
ge_emit(struct monitor *m, int64_t t_ms, uint8_t out[SIM_OUT_MAX / 2])
{
	struct ge *g = state_of(m);
	uint8_t record[RECORD] = { 0 };

	_Static_assert(2 * (RECORD + 2) <= SIM_OUT_MAX / 2, "too small");
	if (g->alarms_ms <= t_ms)
		return emit_alarms(m, t_ms, out);
	record[2] = g->number++;
	put_basic(m, t_ms, record + HEADER);
	g->values_ms = g->interval_ms > 0 ? m->due_ms + g->interval_ms :
	    SIM_NEVER;
	plan(m);
	return put_frame(m, t_ms, record, BASIC, out);
}

/* A request for displayed values: what may be asked is in B4. */
static void
answer(struct monitor *m, int64_t t_ms)
{
	struct ge *g = state_of(m);
	int interval = (int16_t)(g->in[41] | g->in[42] << 8);

	if (interval < 0) {
		if (g->any_single && t_ms - g->single_ms < SINGLE_GAP_MS)
			return;
		g->any_single = true;
		g->single_ms = t_ms;
		if (g->values_ms > t_ms + FIRST_MS)
			g->values_ms = t_ms + FIRST_MS;
	} else if (interval == 0) {
		if (g->interval_ms != 0)
			strcpy(m->said, "asked to stop sending");
		g->interval_ms = 0;
		g->values_ms = SIM_NEVER;
	} else if (g->interval_ms != interval * 1000) {
		g->interval_ms = interval * 1000;
		g->values_ms = t_ms + FIRST_MS;
		snprintf(m->said, sizeof(m->said),
		    "asked for values every %d s", interval);
	}
	plan(m);
}

/* 0: tell the alarms once; 2: enter differential mode; 3: leave it. */
static void
answer_about_alarms(struct monitor *m, int64_t t_ms)
{
	struct ge *g = state_of(m);
	int command = g->in[40] | g->in[41] << 8;

	if (command == 0)
		g->status = true;
	else if (command == 2 || command == 3)
		g->differential = command == 2;
	else
		return;
	if (command == 2)
		strcpy(m->said, "asked to tell its alarms");
	else if (command == 3 && m->said[0] == '\0')
		strcpy(m->said, "asked to tell its alarms no more");
	g->alarms_ms = command == 3 ? SIM_NEVER : t_ms + FIRST_MS;
	plan(m);
}

/* Whole, intact, and a single request of that main type. */
static bool
is_request(const struct ge *g, size_t length, uint8_t main_type)
{
	uint8_t sum = 0;

	if (g->n != length + 1 || g->in[0] != length || g->in[1] != 0)
		return false;
	for (size_t i = 0; i < length; i++)
		sum = (uint8_t)(sum + g->in[i]);
	return sum == g->in[length] && g->in[14] == main_type &&
	    g->in[15] == 0 && g->in[18] == 0 && g->in[21] == 0xff;
}

static void
take_request(struct monitor *m, int64_t t_ms)
{
	const struct ge *g = state_of(m);

	/* Current values, the basic class not denied. */
	if (is_request(g, HEADER + 9, 0) && g->in[40] == 1 &&
	    (g->in[43] & 1) == 0)
		answer(m, t_ms);
	else if (is_request(g, HEADER + 12, 4))
		answer_about_alarms(m, t_ms);
}

static void
ge_hear(struct monitor *m, int64_t t_ms, const uint8_t *p, size_t n)
{
	struct ge *g = state_of(m);

	for (; n > 0; n--, p++) {
		if (*p == 0x7e) {
			if (g->inside)
				take_request(m, t_ms);
			g->inside = true;
			g->escaped = false;
			g->n = 0;
		} else if (!g->inside) {
			continue;
		} else if (*p == 0x7d) {
			g->escaped = true;
		} else if (g->n < sizeof(g->in)) {
			g->in[g->n++] = (uint8_t)(*p | (g->escaped ? 0x20 : 0));
			g->escaped = false;
		} else {
			g->inside = false;
		}
	}
}

static void
ge_start(struct monitor *m, int64_t t_ms)
{
	struct ge *g = state_of(m);

	(void)t_ms;
	memset(g, 0, sizeof(*g));
	g->values_ms = g->alarms_ms = SIM_NEVER;
	plan(m);
}

extern const struct sim_driver sim_ge_dri;
const struct sim_driver sim_ge_dri = {
	.name = "ge-dri",
	.has = SIM_PROBE | SIM_LEAD | SIM_CUFF,
	.start = ge_start,
	.hear = ge_hear,
	.emit = ge_emit,
};

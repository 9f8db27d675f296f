/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A GE S/5 or CARESCAPE monitor on its computer interface ("DRI").  It says
 * nothing until it is asked, then sends a record of displayed values at the
 * interval asked for.  Facts: multiparameter.md B2 to B5.
 *
 *	7E | record, escaped | sum of the record's bytes, escaped | 7E
 *	record: 40 bytes header, then one 278-byte subrecord (basic class)
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

struct ge {
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

static size_t
ge_emit(struct monitor *m, int64_t t_ms, uint8_t out[SIM_OUT_MAX / 2])
{
	struct ge *g = state_of(m);
	uint8_t record[RECORD] = { 0 }, sum = 0;
	size_t n = 0;

	_Static_assert(2 * (RECORD + 2) <= SIM_OUT_MAX / 2, "too small");
	put16(record, RECORD);
	record[2] = g->number++;
	record[3] = LEVEL;
	put32(record + 6, (uint32_t)monitor_clock_s(m, t_ms));
	record[18] = 1;		/* the first subrecord: displayed values */
	record[21] = 0xff;	/* and no second */
	put_basic(m, t_ms, record + HEADER);
	out[n++] = 0x7e;
	for (size_t i = 0; i < RECORD; i++) {
		sum = (uint8_t)(sum + record[i]);
		n += put_escaped(out + n, record[i]);
	}
	n += put_escaped(out + n, sum);
	out[n++] = 0x7e;
	m->due_ms = g->interval_ms > 0 ? m->due_ms + g->interval_ms : SIM_NEVER;
	return n;
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
		if (m->due_ms > t_ms + FIRST_MS)
			m->due_ms = t_ms + FIRST_MS;
	} else if (interval == 0) {
		if (g->interval_ms != 0)
			strcpy(m->said, "asked to stop sending");
		g->interval_ms = 0;
		m->due_ms = SIM_NEVER;
	} else if (g->interval_ms != interval * 1000) {
		g->interval_ms = interval * 1000;
		m->due_ms = t_ms + FIRST_MS;
		snprintf(m->said, sizeof(m->said),
		    "asked for values every %d s", interval);
	}
}

/* Whole, intact, and a request for displayed values of the basic class. */
static bool
is_request(const struct ge *g)
{
	uint8_t sum = 0;

	if (g->n != 50 || g->in[0] != 49 || g->in[1] != 0)
		return false;
	for (size_t i = 0; i < 49; i++)
		sum = (uint8_t)(sum + g->in[i]);
	if (sum != g->in[49])
		return false;
	return g->in[14] == 0 && g->in[15] == 0 &&	/* displayed values */
	    g->in[18] == 0 && g->in[21] == 0xff &&	/* a request, only one */
	    g->in[40] == 1 && (g->in[43] & 1) == 0;	/* current; not denied */
}

static void
ge_hear(struct monitor *m, int64_t t_ms, const uint8_t *p, size_t n)
{
	struct ge *g = state_of(m);

	for (; n > 0; n--, p++) {
		if (*p == 0x7e) {
			if (g->inside && is_request(g))
				answer(m, t_ms);
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
	(void)t_ms;
	memset(state_of(m), 0, sizeof(struct ge));
	m->due_ms = SIM_NEVER;
}

extern const struct sim_driver sim_ge_dri;
const struct sim_driver sim_ge_dri = {
	.name = "ge-dri",
	.has = SIM_PROBE | SIM_LEAD | SIM_CUFF,
	.start = ge_start,
	.hear = ge_hear,
	.emit = ge_emit,
};

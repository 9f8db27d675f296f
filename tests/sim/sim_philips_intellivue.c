/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A Philips IntelliVue monitor on its MIB/RS-232 port (Data Export, fixed
 * rate).  It says nothing until a client asks for an association, grants it
 * after a while (or refuses, for some seconds after it was switched on),
 * announces itself, answers polls at its ticks of 1.024 s, and ends the
 * association when it hears nothing within the time-out.  Facts:
 * multiparameter.md part A.
 *
 *	C0 | 11 01 | u16 length | message | CRC-16/X-25, low byte first | C1
 *
 * Easy to get wrong: a numeric that is not measured is there all the same, as a
 * handle without any attribute.
 */
#include "tests/sim/monitor.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define TICK_MS 1024
#define TICKS_ZERO 0x0D58B800u	/* of 1/8 ms, at time 0 */
#define BUSY_MS 5000		/* after it was switched on */
#define QUEUE 6
#define CONTEXT 1
#define NO_NUMBER 0x007FFFFFu

enum { INVALID = 0x8000, QUESTIONABLE = 0x4000, UNAVAILABLE = 0x2000,
       DEMO = 0x0400, ONGOING = 0x0020 };
enum { BPM = 0x0AA0, RPM = 0x0AE0, MMHG = 0x0F20, PERCENT = 0x0220,
       DIMLESS = 0x0200, CELSIUS = 0x17A0 };

enum kind { SAY_ASSOCIATED, SAY_CREATED, SAY_RELEASED, SAY_REFUSED, SAY_ABORT,
	    SAY_REPLY, SAY_ERROR };

struct answer {
	int64_t due_ms;
	enum kind kind;
	uint16_t invoke, number, class, group;
	uint8_t part;		/* of a reply in parts: 1, 2, then 3 */
};

struct philips {
	bool associated;
	uint32_t period, mtu_rx, mtu_tx;	/* as granted */
	int64_t timeout_ms, heard_ms;
	int64_t ready_ms;	/* busy until then */
	int64_t stamp_ms;	/* of the cuff's last measurement */
	struct answer queue[QUEUE];
	size_t queued;
	bool inside, escaped;
	size_t n;
	uint8_t in[246];	/* header, message, check */
};

static struct philips *
state_of(struct monitor *m)
{
	_Static_assert(sizeof(struct philips) <= sizeof(m->state), "too large");
	return (struct philips *)(void *)&m->state;
}

/* A message being written. */
struct text {
	uint8_t byte[480];
	size_t n;
};

static void
put8(struct text *x, unsigned v)
{
	if (x->n < sizeof(x->byte))
		x->byte[x->n++] = (uint8_t)v;
}

static void
put16(struct text *x, unsigned v)
{
	put8(x, v >> 8 & 0xff);
	put8(x, v & 0xff);
}

static void
put32(struct text *x, uint32_t v)
{
	put16(x, v >> 16);
	put16(x, v & 0xffff);
}

/* A u16 length that is filled in when what it counts is there. */
static size_t
open16(struct text *x)
{
	put16(x, 0);
	return x->n;
}

static void
close16(struct text *x, size_t from)
{
	size_t n = x->n - from;

	x->byte[from - 2] = (uint8_t)(n >> 8);
	x->byte[from - 1] = (uint8_t)n;
}

static uint16_t
crc_of(const uint8_t *p, size_t n)
{
	uint16_t crc = 0xffff;

	for (size_t i = 0; i < n; i++) {
		crc = (uint16_t)(crc ^ p[i]);
		for (int k = 0; k < 8; k++)
			crc = (uint16_t)(crc & 1 ? crc >> 1 ^ 0x8408 :
			    crc >> 1);
	}
	return crc ^ 0xffff;
}

static size_t
wrap(const struct text *x, uint8_t out[SIM_OUT_MAX / 2])
{
	uint8_t plain[4 + sizeof(x->byte) + 2];
	size_t n = 0, used = 0;
	uint16_t crc;

	_Static_assert(2 * sizeof(plain) + 2 <= SIM_OUT_MAX / 2, "too small");
	plain[n++] = 0x11;
	plain[n++] = 0x01;
	plain[n++] = (uint8_t)(x->n >> 8);
	plain[n++] = (uint8_t)x->n;
	memcpy(plain + n, x->byte, x->n);
	n += x->n;
	crc = crc_of(plain, n);
	plain[n++] = (uint8_t)crc;
	plain[n++] = (uint8_t)(crc >> 8);
	out[used++] = 0xc0;
	for (size_t i = 0; i < n; i++) {
		if (plain[i] == 0xc0 || plain[i] == 0xc1 || plain[i] == 0x7d) {
			out[used++] = 0x7d;
			out[used++] = plain[i] ^ 0x20;
		} else {
			out[used++] = plain[i];
		}
	}
	out[used++] = 0xc1;
	return used;
}

static uint32_t
ticks_at(int64_t t_ms)
{
	return TICKS_ZERO + (uint32_t)(t_ms * 8);
}

static unsigned
to_bcd(int v)
{
	return (unsigned)(v / 10 * 16 + v % 10);
}

/* Eight BCD bytes of the monitor's own clock. */
static void
put_clock(struct text *x, const struct monitor *m, int64_t t_ms)
{
	time_t s = (time_t)monitor_clock_s(m, t_ms);
	struct tm tm;

	gmtime_r(&s, &tm);
	put8(x, to_bcd((tm.tm_year + 1900) / 100));
	put8(x, to_bcd((tm.tm_year + 1900) % 100));
	put8(x, to_bcd(tm.tm_mon + 1));
	put8(x, to_bcd(tm.tm_mday));
	put8(x, to_bcd(tm.tm_hour));
	put8(x, to_bcd(tm.tm_min));
	put8(x, to_bcd(tm.tm_sec));
	put8(x, 0);
}

/* id, state, unit and a number of so many decimals. */
static void
put_value(struct text *x, const struct monitor *m, unsigned id,
    unsigned state, unsigned unit, int value, unsigned decimals)
{
	bool none = (state & (INVALID | UNAVAILABLE)) != 0;

	put16(x, id);
	put16(x, state | (m->demo ? DEMO : 0));
	put16(x, unit);
	put32(x, none ? NO_NUMBER : ((0x100 - decimals) & 0xff) << 24 |
	    ((uint32_t)value & 0xffffff));
}

/* The numerics, in the order of their handles from FIRST_HANDLE. */
#define FIRST_HANDLE 0x82b3
enum { N_HR, N_RR, N_AWRR, N_CO2, N_SPO2, N_PLETH, N_PERF, N_NIBP,
       N_NIBP_PULSE, N_TEMP, NUMERICS };

static const struct numeric {
	unsigned id, label, unit;
	enum vital vital;
	unsigned decimals;
	const char *name;
} numerics[NUMERICS] = {
	[N_HR] = { 0x4182, 0x4182, BPM, VITAL_HR, 0, "HR" },
	[N_RR] = { 0x500A, 0x500A, RPM, VITAL_RR, 0, "RR" },
	[N_AWRR] = { 0x5012, 0x5012, RPM, VITAL_RR, 0, "awRR" },
	[N_CO2] = { 0x50B0, 0x50B0, MMHG, VITAL_ETCO2, 1, "etCO2" },
	[N_SPO2] = { 0x4BB8, 0x4BB8, PERCENT, VITAL_SPO2, 1, "SpO2" },
	[N_PLETH] = { 0x4822, 0x4822, BPM, VITAL_PR, 0, "Pulse" },
	[N_PERF] = { 0x4BB0, 0x4BB0, DIMLESS, VITAL_PI, 2, "Perf" },
	[N_NIBP] = { 0, 0x4A04, MMHG, VITAL_NIBP_SYS, 0, "NBP" },
	[N_NIBP_PULSE] = { 0xF0E5, 0xF0E5, BPM, VITAL_NIBP_PR, 0, "Pulse" },
	[N_TEMP] = { 0x4B60, 0x4B60, CELSIUS, VITAL_TEMP, 1, "Tcore" },
};

/* What the oximeter's numbers are worth; false: they are not there at all. */
static bool
probe_state(const struct monitor *m, int64_t t_ms, unsigned *state)
{
	switch (monitor_sees(m, t_ms)) {
	case SEES_PULSE:
		*state = 0;
		return true;
	case SEES_SEARCHING:
		*state = UNAVAILABLE;
		return true;
	case SEES_HELD:
		*state = QUESTIONABLE;
		return true;
	case SEES_OFF:
		*state = INVALID;
		return true;
	case SEES_NO_PROBE:
		break;
	}
	return false;
}

static bool
numeric_state(const struct monitor *m, int64_t t_ms, int which,
    unsigned *state)
{
	*state = 0;
	switch (which) {
	case N_HR: case N_RR:
		*state = m->lead_off ? INVALID : 0;
		return true;
	case N_SPO2: case N_PLETH: case N_PERF:
		return probe_state(m, t_ms, state);
	case N_NIBP: case N_NIBP_PULSE:
		*state = (m->cuff.phase != CUFF_IDLE ? ONGOING : 0) |
		    (m->cuff.failed && m->cuff.phase == CUFF_IDLE ?
		    INVALID : 0);
		return m->cuff.has || *state == INVALID;
	default:
		return true;
	}
}

/* Number and stamp of the cuff; returns how many attributes. */
static unsigned
put_cuff(struct text *x, const struct monitor *m, int64_t stamp_ms, int which,
    unsigned state)
{
	const struct cuff *c = &m->cuff;
	size_t value, list;

	put16(x, 0x0990);
	put16(x, 8);
	put_clock(x, m, stamp_ms);
	put16(x, which == N_NIBP ? 0x094B : 0x0950);
	value = open16(x);
	if (which == N_NIBP) {
		put16(x, 3);
		list = open16(x);
		put_value(x, m, 0x4A05, state, MMHG, c->sys, 0);
		put_value(x, m, 0x4A06, state, MMHG, c->dia, 0);
		put_value(x, m, 0x4A07, state, MMHG, c->map, 0);
		close16(x, list);
	} else {
		put_value(x, m, 0xF0E5, state, BPM, c->pr, 0);
	}
	close16(x, value);
	return 2;
}

/* What a label is: a text id, and the name in UTF-16. */
static unsigned
put_labels(struct text *x, const struct numeric *k)
{
	put16(x, 0x0924);
	put16(x, 4);
	put16(x, 2);
	put16(x, k->label);
	put16(x, 0x0927);
	put16(x, (unsigned)(2 * strlen(k->name) + 4));
	put16(x, (unsigned)(2 * strlen(k->name) + 2));
	for (const char *p = k->name; *p != '\0'; p++)
		put16(x, (unsigned char)*p);
	put16(x, 0);
	return 2;
}

static void
put_numeric(struct text *x, struct monitor *m, int64_t t_ms, int which,
    bool labels)
{
	const struct numeric *k = &numerics[which];
	static const int scale[] = { 1, 10, 100 };
	unsigned state, count = 0;
	size_t list, count_at;

	put16(x, FIRST_HANDLE + (unsigned)which);
	count_at = x->n;
	put16(x, 0);
	list = open16(x);
	if (labels)
		count += put_labels(x, k);
	if (!numeric_state(m, t_ms, which, &state)) {
		;
	} else if (which == N_NIBP || which == N_NIBP_PULSE) {
		count += put_cuff(x, m, state_of(m)->stamp_ms, which, state);
	} else {
		put16(x, 0x0950);
		put16(x, 10);
		put_value(x, m, k->id, state, k->unit, monitor_shows(m,
		    k->vital, t_ms, scale[k->decimals]), k->decimals);
		count++;
	}
	close16(x, list);
	x->byte[count_at + 1] = (uint8_t)count;
}

/* One context with the numerics from..to-1. */
static void
put_numerics(struct text *x, struct monitor *m, int64_t t_ms, int from,
    int to, bool labels)
{
	size_t length;

	put16(x, CONTEXT);
	put16(x, (unsigned)(to - from));
	length = open16(x);
	for (int i = from; i < to; i++)
		put_numeric(x, m, t_ms, i, labels);
	close16(x, length);
}

/* An alarm, with its text ('*' being the monitor's star, '2' a small one) or
 * without. */
static void
put_alarm(struct text *x, unsigned source, unsigned code, unsigned type,
    const char *text)
{
	size_t info, string;

	put16(x, source);
	put16(x, code);
	put16(x, type);
	put16(x, 0x0008);
	put16(x, 0x0006);
	put32(x, (uint32_t)CONTEXT << 16 | FIRST_HANDLE);
	put16(x, text != NULL ? 0x0204 : 0x0201);
	info = open16(x);
	put16(x, 1);
	put32(x, 0x00020000u | source);
	put16(x, 0);
	put16(x, 0x4000);
	if (text != NULL) {
		string = open16(x);
		for (; *text != '\0'; text++)
			put16(x, *text == '*' ? 0xe40d : *text == '2' ?
			    0x2082 : (unsigned char)*text);
		put16(x, 0);
		close16(x, string);
	}
	close16(x, info);
}

static unsigned
put_patient_alarms(struct text *x, const struct monitor *m, int64_t t_ms)
{
	int spo2 = monitor_shows(m, VITAL_SPO2, t_ms, 1);
	unsigned n = 0;

	if (monitor_sees(m, t_ms) == SEES_PULSE && spo2 < 80) {
		put_alarm(x, 0x4BB8, 3246, 0x0400, "*** DESAT");
		n++;
	} else if (monitor_sees(m, t_ms) == SEES_PULSE && spo2 < 90) {
		put_alarm(x, 0x4BB8, 62, 0x0200, "** SpO2 LOW");
		n++;
	}
	if (!m->lead_off && monitor_shows(m, VITAL_HR, t_ms, 1) > 120) {
		put_alarm(x, 0x4182, 40, 0x0200, "** HR HIGH");
		n++;
	}
	if (monitor_shows(m, VITAL_RR, t_ms, 1) == 0) {
		put_alarm(x, 0x5012, 3072, 0x0400, NULL);
		n++;
	}
	return n;
}

static unsigned
put_technical_alarms(struct text *x, const struct monitor *m)
{
	unsigned n = 0;

	if (m->lead_off) {
		put_alarm(x, 0x4182, 274, 0x0001, "ECG LEADS OFF");
		n++;
	}
	if (m->probe == PROBE_OUT) {
		put_alarm(x, 0x4BB8, 308, 0x0002, "SpO2 NO SENSOR");
		n++;
	}
	return n;
}

static void
put_alert_monitor(struct text *x, const struct monitor *m, int64_t t_ms)
{
	size_t context, object, list, attribute;

	put16(x, 0);
	put16(x, 1);
	context = open16(x);
	put16(x, 0x8401);
	put16(x, 3);
	object = open16(x);
	put16(x, 0x0916);
	put16(x, 10);
	put16(x, m->demo ? 0x0100 : 0);
	put16(x, 1543);
	put32(x, 0);
	put16(x, 0);
	for (int technical = 0; technical < 2; technical++) {
		size_t count_at;
		unsigned n;

		put16(x, technical ? 0x0904 : 0x0902);
		attribute = open16(x);
		count_at = x->n;
		put16(x, 0);
		list = open16(x);
		n = technical ? put_technical_alarms(x, m) :
		    put_patient_alarms(x, m, t_ms);
		x->byte[count_at + 1] = (uint8_t)n;
		close16(x, list);
		close16(x, attribute);
	}
	close16(x, object);
	close16(x, context);
}

/* Mode and clock: part of what a monitor tells of itself. */
static void
put_system(struct text *x, const struct monitor *m, int64_t t_ms)
{
	put16(x, 0x0946);
	put16(x, 2);
	put16(x, m->demo ? 0x2000 : 0x4000);
	put16(x, 0x0987);
	put16(x, 8);
	put_clock(x, m, t_ms);
	put16(x, 0x098F);
	put16(x, 4);
	put32(x, ticks_at(t_ms));
}

static void
put_list(struct text *x, struct monitor *m, int64_t t_ms,
    const struct answer *a)
{
	size_t count_at = x->n, list, context, object;

	put16(x, a->part == 3 ? 0 : 1);
	list = open16(x);
	if (a->part == 1) {
		put_numerics(x, m, t_ms, 0, N_PLETH, true);
	} else if (a->part == 2) {
		put_numerics(x, m, t_ms, N_PLETH, NUMERICS, true);
	} else if (a->part == 0 && a->class == 0x06) {
		/* The temperature is in a context of its own. */
		x->byte[count_at + 1] = 2;
		put_numerics(x, m, t_ms, 0, N_TEMP, false);
		put_numerics(x, m, t_ms, N_TEMP, NUMERICS, false);
	} else if (a->part == 0 && a->class == 0x36) {
		put_alert_monitor(x, m, t_ms);
	} else if (a->part == 0) {
		put16(x, 0);
		put16(x, 1);
		context = open16(x);
		put16(x, 0);
		put16(x, 3);
		object = open16(x);
		put_system(x, m, t_ms);
		close16(x, object);
		close16(x, context);
	}
	close16(x, list);
}

static void
put_reply(struct text *x, struct monitor *m, int64_t t_ms,
    const struct answer *a)
{
	bool linked = a->part == 1 || a->part == 2;
	size_t ro, command, action;

	put32(x, 0xE1000002);
	put16(x, linked ? 5 : 2);
	ro = open16(x);
	if (linked) {
		put8(x, a->part == 1 ? 1 : 3);	/* first, last */
		put8(x, a->part);
	}
	put16(x, a->invoke);
	put16(x, 7);
	command = open16(x);
	put16(x, 0x0021);
	put32(x, 0);
	put16(x, 0x0C16);
	action = open16(x);
	put16(x, a->number);
	put32(x, ticks_at(t_ms));
	put32(x, 0xFFFFFFFF);
	put32(x, 0xFFFFFFFF);
	put16(x, 1);
	put16(x, a->class);
	put16(x, a->group);
	put_list(x, m, t_ms, a);
	close16(x, action);
	close16(x, command);
	close16(x, ro);
}

static void
put_error(struct text *x, const struct answer *a)
{
	put32(x, 0xE1000002);
	put16(x, 3);
	put16(x, 6);
	put16(x, a->invoke);
	put16(x, a->number);	/* the error */
	put16(x, 0);
}

static void
put_created(struct text *x, const struct monitor *m, int64_t t_ms)
{
	size_t ro, command, event, list;

	put32(x, 0xE1000002);
	put16(x, 1);
	ro = open16(x);
	put16(x, 1);
	put16(x, 1);
	command = open16(x);
	put16(x, 0x0021);
	put32(x, 0);
	put32(x, ticks_at(t_ms));
	put16(x, 0x0D06);
	event = open16(x);
	put16(x, 0x0021);
	put32(x, 0);
	put16(x, 3);
	list = open16(x);
	put_system(x, m, t_ms);
	close16(x, list);
	close16(x, event);
	close16(x, command);
	close16(x, ro);
}

/* P16, but for what is granted. */
static void
put_associated(struct text *x, const struct philips *p)
{
	static const uint8_t head[] = {
		0x0e, 0xce, 0x05, 0x08, 0x13, 0x01, 0x00, 0x16, 0x01, 0x02,
		0x80, 0x00, 0x14, 0x02, 0x00, 0x02, 0xc1, 0xbe, 0x31, 0x80,
		0xa0, 0x80, 0x80, 0x01, 0x01, 0x00, 0x00, 0xa2, 0x80, 0xa0,
		0x03, 0x00, 0x00, 0x01, 0xa5, 0x80, 0x30, 0x80, 0x80, 0x01,
		0x00, 0x81, 0x02, 0x51, 0x01, 0x00, 0x00, 0x30, 0x80, 0x80,
		0x01, 0x00, 0x81, 0x0c, 0x2a, 0x86, 0x48, 0xce, 0x14, 0x02,
		0x01, 0x00, 0x00, 0x00, 0x02, 0x01, 0x00, 0x00, 0x00, 0x00,
		0x61, 0x80, 0x30, 0x80, 0x02, 0x01, 0x01, 0xa0, 0x80, 0x61,
		0x80, 0xa1, 0x80, 0x06, 0x0c, 0x2a, 0x86, 0x48, 0xce, 0x14,
		0x02, 0x01, 0x00, 0x00, 0x00, 0x03, 0x01, 0x00, 0x00, 0xa2,
		0x03, 0x02, 0x01, 0x00, 0xa3, 0x05, 0xa1, 0x03, 0x02, 0x01,
		0x00, 0xbe, 0x80, 0x28, 0x80, 0x02, 0x01, 0x02, 0x81, 0x48,
	};

	for (size_t i = 0; i < sizeof(head); i++)
		put8(x, head[i]);
	put32(x, 0x80000000);
	put32(x, 0x40000000);
	put32(x, 0);
	put32(x, 0x00800000);
	put32(x, 0x80000000);
	put32(x, 0);
	put32(x, 0x0001002C);
	put32(x, 0x00010028);
	put32(x, 0x80000000);
	put32(x, p->period);
	put32(x, p->mtu_rx);
	put32(x, p->mtu_tx);
	put32(x, 0xFFFFFFFF);
	put32(x, 0x60000000);
	put32(x, 0x0001000C);
	put32(x, 0xF0010008);
	put32(x, 0x88000000);
	put32(x, 0);
	for (int i = 0; i < 4; i++)
		put32(x, 0);
}

static void
put_bytes(struct text *x, const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		put8(x, p[i]);
}

static const uint8_t released[] = {
	0x0a, 0x18, 0xc1, 0x16, 0x61, 0x80, 0x30, 0x80, 0x02, 0x01, 0x01, 0xa0,
	0x80, 0x63, 0x80, 0x80, 0x01, 0, 0, 0, 0, 0, 0, 0, 0, 0,
};
/* Only the first byte of a refusal is known. */
static const uint8_t refused[] = { 0x0c, 0x00 };
static const uint8_t aborted[] = {
	0x19, 0x2e, 0x11, 0x01, 0x03, 0xc1, 0x29, 0xa0, 0x80, 0xa0, 0x80, 0x30,
	0x80, 0x02, 0x01, 0x01, 0x06, 0x02, 0x51, 0x01, 0, 0, 0, 0, 0x61, 0x80,
	0x30, 0x80, 0x02, 0x01, 0x01, 0xa0, 0x80, 0x64, 0x80, 0x80, 0x01, 0x01,
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
};

/* When it has to say something next. */
static void
plan(struct monitor *m)
{
	const struct philips *p = state_of(m);

	m->due_ms = p->associated ? p->heard_ms + p->timeout_ms : SIM_NEVER;
	if (p->queued > 0 && p->queue[0].due_ms < m->due_ms)
		m->due_ms = p->queue[0].due_ms;
}

/* What it cannot remember it does not answer. */
static void
enqueue(struct monitor *m, const struct answer *a)
{
	struct philips *p = state_of(m);

	if (p->queued < QUEUE)
		p->queue[p->queued++] = *a;
}

static void
take_cuff_stamp(struct monitor *m)
{
	struct philips *p = state_of(m);
	const struct cuff *c = &m->cuff;

	if (c->phase == CUFF_CLOSING || (c->phase == CUFF_IDLE && c->failed))
		p->stamp_ms = c->began_ms + c->takes_ms;
	else if (c->phase == CUFF_IDLE && c->has)
		p->stamp_ms = c->ended_ms - CUFF_CLOSING_MS;
}

static size_t
philips_emit(struct monitor *m, int64_t t_ms, uint8_t out[SIM_OUT_MAX / 2])
{
	struct philips *p = state_of(m);
	struct text x = { .n = 0 };
	struct answer a = { .kind = SAY_ABORT };

	if (p->queued > 0 && p->queue[0].due_ms <= t_ms) {
		a = p->queue[0];
		p->queued--;
		memmove(p->queue, p->queue + 1, p->queued * sizeof(a));
	}
	take_cuff_stamp(m);
	switch (a.kind) {
	case SAY_ASSOCIATED:
		p->associated = true;
		p->heard_ms = t_ms;
		put_associated(&x, p);
		strcpy(m->said, "takes a client");
		break;
	case SAY_CREATED:
		put_created(&x, m, t_ms);
		break;
	case SAY_RELEASED:
		put_bytes(&x, released, sizeof(released));
		break;
	case SAY_REFUSED:
		put_bytes(&x, refused, sizeof(refused));
		strcpy(m->said, "refuses a client: busy");
		break;
	case SAY_ABORT:
		p->associated = false;
		p->queued = 0;
		put_bytes(&x, aborted, sizeof(aborted));
		strcpy(m->said, "gives its client up: not a word");
		break;
	case SAY_REPLY:
		put_reply(&x, m, t_ms, &a);
		break;
	case SAY_ERROR:
		put_error(&x, &a);
		break;
	}
	plan(m);
	return wrap(&x, out);
}

static unsigned
get16(const uint8_t *p)
{
	return (unsigned)p[0] << 8 | p[1];
}

static uint32_t
get32(const uint8_t *p)
{
	return (uint32_t)get16(p) << 16 | get16(p + 2);
}

static void
hear_associate(struct monitor *m, int64_t t_ms, const uint8_t *p, size_t n)
{
	struct philips *s = state_of(m);
	struct answer a = { .kind = SAY_REFUSED, .due_ms = t_ms + 100 };

	if (n != 238 || p[149] != 72 || s->queued > 0)
		return;
	if (t_ms >= s->ready_ms && !s->associated) {
		s->period = get32(p + 150 + 36);
		s->mtu_rx = get32(p + 150 + 40);
		s->mtu_tx = get32(p + 150 + 44);
		s->timeout_ms = s->period <= 26400 ? 10000 :
		    s->period <= 344000 ? 3 * (int64_t)s->period / 8 : 130000;
		a.kind = SAY_ASSOCIATED;
		a.due_ms += (int64_t)(random_next(&m->random) % 2100);
		enqueue(m, &a);
		a.kind = SAY_CREATED;
		a.due_ms += 2;
	}
	enqueue(m, &a);
}

/* A request of a client: what is not a poll of what it has is an error. */
static void
hear_invoke(struct monitor *m, int64_t t_ms, const uint8_t *p, size_t n)
{
	struct answer a = {
		.kind = SAY_REPLY,
		.due_ms = (t_ms / TICK_MS + 1) * TICK_MS,
		.invoke = (uint16_t)get16(p + 8),
	};

	if (n < 36 || get16(p + 10) != 7)
		return;
	a.number = (uint16_t)get16(p + 28);
	a.class = (uint16_t)get16(p + 32);
	a.group = (uint16_t)get16(p + 34);
	if (get16(p + 24) != 0x0C16) {
		a.kind = SAY_ERROR;
		a.number = 9;	/* no such action */
	} else if (!(a.class == 0x06 && (a.group == 0 || a.group == 0x0803)) &&
	    !(a.class == 0x36 && a.group == 0x0801) &&
	    !(a.class == 0x21 && a.group == 0x080A)) {
		a.kind = SAY_ERROR;
		a.number = 0;	/* no such class */
	}
	/* All attributes of all numerics are too long for one message. */
	if (a.kind == SAY_REPLY && a.group == 0) {
		for (a.part = 1; a.part < 3; a.part++, a.due_ms++)
			enqueue(m, &a);
	}
	enqueue(m, &a);
}

static void
hear_message(struct monitor *m, int64_t t_ms, const uint8_t *p, size_t n)
{
	struct philips *s = state_of(m);
	struct answer a = { .kind = SAY_RELEASED, .due_ms = t_ms + 90 };

	if (p[0] == 0x0d) {
		hear_associate(m, t_ms, p, n);
	} else if (p[0] == 0x09) {
		s->queued = 0;
		if (s->associated) {
			strcpy(m->said, "lets its client go");
			enqueue(m, &a);
		}
		s->associated = false;
	} else if (p[0] == 0xE1 && n >= 14 && s->associated) {
		s->heard_ms = t_ms;
		if (get16(p + 4) == 1)
			hear_invoke(m, t_ms, p, n);
	}
	plan(m);
}

/* Whole, intact, of the right kind. */
static void
hear_frame(struct monitor *m, int64_t t_ms)
{
	struct philips *s = state_of(m);
	size_t length = s->n > 6 ? get16(s->in + 2) : 0;

	if (length == 0 || s->n != length + 6 || s->in[0] != 0x11 ||
	    s->in[1] != 0x01 || crc_of(s->in, s->n - 2) !=
	    (s->in[s->n - 2] | s->in[s->n - 1] << 8))
		return;
	hear_message(m, t_ms, s->in + 4, length);
}

static void
philips_hear(struct monitor *m, int64_t t_ms, const uint8_t *p, size_t n)
{
	struct philips *s = state_of(m);

	for (; n > 0; n--, p++) {
		if (*p == 0xc0) {
			s->inside = true;
			s->escaped = false;
			s->n = 0;
		} else if (!s->inside) {
			continue;
		} else if (*p == 0xc1) {
			s->inside = false;
			if (!s->escaped)
				hear_frame(m, t_ms);
		} else if (*p == 0x7d) {
			s->escaped = true;
		} else if (s->n < sizeof(s->in)) {
			s->in[s->n++] = s->escaped ? *p ^ 0x20 : *p;
			s->escaped = false;
		} else {
			s->inside = false;
		}
	}
}

static void
philips_start(struct monitor *m, int64_t t_ms)
{
	struct philips *s = state_of(m);

	memset(s, 0, sizeof(*s));
	if (t_ms > 0)
		s->ready_ms = t_ms + BUSY_MS;
	plan(m);
}

extern const struct sim_driver sim_philips_intellivue;
const struct sim_driver sim_philips_intellivue = {
	.name = "philips-intellivue",
	.has = SIM_PROBE | SIM_LEAD | SIM_CUFF | SIM_DEMO,
	.start = philips_start,
	.hear = philips_hear,
	.emit = philips_emit,
};

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A personal health device: an oximeter and a cuff in one agent, with a
 * configuration of its own (4000), which it tells when it is asked for it.
 * Then a report of SpO2 and pulse rate each second, and one of each cuff
 * result, which it keeps until that is confirmed.  Facts:
 * nibp-and-small-monitors.md section 9.
 *
 *	choice | length | of E700: length | invoke id | choice | length | body
 *
 * Easy to get wrong: it waits for the answer to each report before it sends the
 * next, and gives the association up when none comes.
 */
#include "tests/sim/monitor.h"

#include <string.h>
#include <time.h>

#define TICK_MS 100
#define REPORT_MS 1000
#define ANSWER_MS 3000
#define KNOCK_MS 3000		/* between two associations asked for */

enum link { APART, KNOCKING, CONFIGURING, OPERATING };

struct agent {
	enum link phase;
	bool tell_config, tell_attributes, tell_released, tell_abort;
	uint16_t attributes_id;
	uint16_t invoke;
	bool waiting;		/* for the answer to 'invoke' */
	bool waiting_cuff;	/* which was a cuff result */
	bool has_cuff;		/* one that nobody has confirmed */
	int sys, dia, map, pr;
	int64_t cuff_ms;	/* when it was measured */
	int64_t cuff_began_ms;	/* which measurement that was */
	int64_t sent_ms, knock_ms, report_ms;
	uint8_t in[64];
	size_t in_n;
};

static struct agent *
state_of(struct monitor *m)
{
	_Static_assert(sizeof(struct agent) <= sizeof(m->state), "too large");
	return (struct agent *)(void *)&m->state;
}

struct out {
	uint8_t *p;
	size_t n;
};

static void
put16(struct out *o, int v)
{
	o->p[o->n++] = (uint8_t)(v >> 8 & 0xff);
	o->p[o->n++] = (uint8_t)(v & 0xff);
}

static void
put32(struct out *o, uint32_t v)
{
	put16(o, (int)(v >> 16));
	put16(o, (int)(v & 0xffff));
}

/* Room for a length, filled in by close16(). */
static size_t
open16(struct out *o)
{
	put16(o, 0);
	return o->n;
}

static void
close16(struct out *o, size_t at)
{
	size_t n = o->n - at;

	o->p[at - 2] = (uint8_t)(n >> 8);
	o->p[at - 1] = (uint8_t)n;
}

static void
put_bcd(struct out *o, int v)
{
	o->p[o->n++] = (uint8_t)(v / 10 % 10 << 4 | v % 10);
}

/* Its clock shows whole seconds. */
static void
put_time(struct out *o, const struct monitor *m, int64_t t_ms)
{
	time_t s = (time_t)monitor_clock_s(m, t_ms);
	struct tm tm;

	gmtime_r(&s, &tm);
	put_bcd(o, (tm.tm_year + 1900) / 100);
	put_bcd(o, tm.tm_year % 100);
	put_bcd(o, tm.tm_mon + 1);
	put_bcd(o, tm.tm_mday);
	put_bcd(o, tm.tm_hour);
	put_bcd(o, tm.tm_min);
	put_bcd(o, tm.tm_sec);
	put_bcd(o, 0);
}

static void
put_association(struct out *o)
{
	static const uint8_t aarq[54] = {
		0xe2, 0, 0, 0x32, 0x80, 0, 0, 0, 0, 1, 0, 0x2a, 0x50, 0x79,
		0, 0x26, 0x80, 0, 0, 0, 0x80, 0, 0x80, 0, 0, 0, 0, 0, 0, 0,
		0, 0x80, 0, 0, 0, 8, 0, 0x22, 9, 0x22, 0x58, 8, 3, 0xcc,
		0x40, 0, 0, 1, 1, 0,
	};

	memcpy(o->p + o->n, aarq, sizeof(aarq));
	o->n += sizeof(aarq);
}

struct frame {
	size_t apdu, octets, body, info;
};

static void
open_data(struct out *o, struct frame *f, int invoke, int choice)
{
	put16(o, 0xe700);
	f->apdu = open16(o);
	f->octets = open16(o);
	put16(o, invoke);
	put16(o, choice);
	f->body = open16(o);
}

static void
open_event(struct out *o, struct frame *f, int invoke, int event)
{
	open_data(o, f, invoke, 0x0101);
	put16(o, 0);
	put32(o, 0xffffffff);
	put16(o, event);
	f->info = open16(o);
}

static void
close_data(struct out *o, const struct frame *f)
{
	close16(o, f->body);
	close16(o, f->octets);
	close16(o, f->apdu);
}

static void
put_attribute(struct out *o, int id, int value)
{
	put16(o, id);
	put16(o, 2);
	put16(o, value);
}

/* A numeric whose value is of that attribute and so many bytes; status and
 * stamp follow. */
static void
put_object(struct out *o, int handle, int type, int unit, int value, int bytes)
{
	size_t list;

	put16(o, 6);
	put16(o, handle);
	put16(o, value == 0x0a75 ? 5 : 4);
	list = open16(o);
	put16(o, 0x092f);
	put16(o, 4);
	put16(o, 2);
	put16(o, type);
	put_attribute(o, 0x0a46, 0xf040);
	put_attribute(o, 0x0996, unit);
	if (value == 0x0a75) {
		put16(o, 0x0a76);
		put16(o, 10);
		put16(o, 3);
		put16(o, 6);
		put16(o, 0x4a05);
		put16(o, 0x4a06);
		put16(o, 0x4a07);
	}
	put16(o, 0x0a55);
	put16(o, 16);
	put16(o, 3);
	put16(o, 12);
	put16(o, value);
	put16(o, bytes);
	put16(o, 0x0947);
	put16(o, 2);
	put16(o, 0x0990);
	put16(o, 8);
	close16(o, list);
}

static void
put_config(struct out *o, int invoke)
{
	struct frame f;
	size_t objects;

	open_event(o, &f, invoke, 0x0d1c);
	put16(o, 0x4000);
	put16(o, 4);
	objects = open16(o);
	put_object(o, 1, 0x4bb8, 0x0220, 0x0a4c, 2);
	put_object(o, 10, 0x481a, 0x0aa0, 0x0a4c, 2);
	put_object(o, 20, 0x4a04, 0x0f20, 0x0a75, 10);
	put_object(o, 21, 0x482a, 0x0aa0, 0x0a4c, 2);
	close16(o, objects);
	close16(o, f.info);
	close_data(o, &f);
}

static void
put_attributes(struct out *o, const struct monitor *m, int64_t t_ms,
    int invoke)
{
	struct frame f;
	size_t list;

	open_data(o, &f, invoke, 0x0203);
	put16(o, 0);
	put16(o, 2);
	list = open16(o);
	put16(o, 0x0984);
	put16(o, 10);
	put16(o, 8);
	put32(o, 0x00220922);
	put32(o, 0x580803cc);
	put16(o, 0x0987);
	put16(o, 8);
	put_time(o, m, t_ms);
	close16(o, list);
	close_data(o, &f);
}

#define NAN_SFLOAT 0x07ff
#define STATUS_INVALID 0x8000
#define STATUS_QUESTIONABLE 0x4000

static void
put_number(struct out *o, const struct monitor *m, int handle, int value,
    int status, int64_t stamp_ms)
{
	put16(o, handle);
	put16(o, 12);
	put16(o, value);
	put16(o, status);
	put_time(o, m, stamp_ms);
}

static size_t
open_report(struct out *o, struct frame *f, int invoke)
{
	open_event(o, f, invoke, 0x0d1d);
	put16(o, 0xf000);
	put16(o, 0);
	put16(o, 2);
	return open16(o);
}

/* SpO2 in tenths: exponent -1. */
static void
put_levels(struct out *o, const struct monitor *m, int64_t t_ms, int invoke)
{
	int spo2 = 0xf000 | monitor_shows(m, VITAL_SPO2, t_ms, 10);
	int pr = monitor_shows(m, VITAL_PR, t_ms, 1), status = 0;
	struct frame f;
	size_t list = open_report(o, &f, invoke);

	switch (monitor_sees(m, t_ms)) {
	case SEES_PULSE:
		break;
	case SEES_HELD:
		status = STATUS_QUESTIONABLE;
		break;
	case SEES_SEARCHING: case SEES_OFF: case SEES_NO_PROBE:
		spo2 = pr = NAN_SFLOAT;
		status = STATUS_INVALID;
		break;
	}
	put_number(o, m, 1, spo2, status, t_ms);
	put_number(o, m, 10, pr, status, t_ms);
	close16(o, list);
	close16(o, f.info);
	close_data(o, &f);
}

static void
put_cuff(struct out *o, const struct monitor *m, const struct agent *a)
{
	struct frame f;
	size_t list = open_report(o, &f, a->invoke);

	put16(o, 20);
	put16(o, 20);
	put16(o, 3);
	put16(o, 6);
	put16(o, a->sys);
	put16(o, a->dia);
	put16(o, a->map);
	put16(o, 0);
	put_time(o, m, a->cuff_ms);
	put_number(o, m, 21, a->pr, 0, a->cuff_ms);
	close16(o, list);
	close16(o, f.info);
	close_data(o, &f);
}

/* Keeps a result that was not kept before. */
static void
look_at_cuff(struct monitor *m, struct agent *a)
{
	const struct cuff *c = &m->cuff;

	if (!c->has || c->phase != CUFF_CLOSING ||
	    c->began_ms == a->cuff_began_ms)
		return;
	a->cuff_began_ms = c->began_ms;
	a->cuff_ms = c->began_ms + c->takes_ms;
	a->has_cuff = true;
	a->sys = c->sys;
	a->dia = c->dia;
	a->map = c->map;
	a->pr = c->pr;
}

static void
leave(struct agent *a, int64_t t_ms)
{
	a->phase = APART;
	a->waiting = a->tell_config = a->tell_attributes = false;
	a->knock_ms = t_ms + KNOCK_MS;
}

/* One report, if it may send one. */
static void
put_report(struct out *o, struct monitor *m, struct agent *a, int64_t t_ms)
{
	bool cuff = a->has_cuff;

	if (a->waiting || (!cuff && t_ms < a->report_ms))
		return;
	a->invoke++;
	if (cuff)
		put_cuff(o, m, a);
	else
		put_levels(o, m, t_ms, a->invoke);
	if (!cuff)
		a->report_ms = t_ms - t_ms % TICK_MS + REPORT_MS;
	a->waiting = true;
	a->waiting_cuff = cuff;
	a->sent_ms = t_ms;
}

static size_t
agent_emit(struct monitor *m, int64_t t_ms, uint8_t out[SIM_OUT_MAX / 2])
{
	struct agent *a = state_of(m);
	struct out o = { out, 0 };

	m->due_ms += TICK_MS;
	look_at_cuff(m, a);
	if (a->waiting && t_ms - a->sent_ms >= ANSWER_MS) {
		a->tell_abort = true;
		leave(a, t_ms);
	}
	if (a->tell_abort || a->tell_released) {
		put16(&o, a->tell_abort ? 0xe600 : 0xe500);
		put16(&o, 2);
		put16(&o, a->tell_abort ? 2 : 0);
		a->tell_abort = a->tell_released = false;
	}
	if (a->phase == APART && t_ms >= a->knock_ms) {
		put_association(&o);
		a->phase = KNOCKING;
		a->knock_ms = t_ms + KNOCK_MS;
	} else if (a->phase == KNOCKING && t_ms >= a->knock_ms) {
		put_association(&o);
		a->knock_ms = t_ms + KNOCK_MS;
	}
	if (a->tell_config) {
		a->tell_config = false;
		put_config(&o, ++a->invoke);
		a->waiting = true;
		a->waiting_cuff = false;
		a->sent_ms = t_ms;
	}
	if (a->tell_attributes) {
		a->tell_attributes = false;
		put_attributes(&o, m, t_ms, a->attributes_id);
	}
	if (a->phase == OPERATING)
		put_report(&o, m, a, t_ms);
	return o.n;
}

/* The answer to what it waits for. */
static void
take_answer(struct monitor *m, struct agent *a)
{
	const uint8_t *p = a->in;
	bool config = p[18] == 0x0d && p[19] == 0x1c;

	if (!a->waiting || (p[6] << 8 | p[7]) != a->invoke)
		return;
	a->waiting = false;
	if (a->waiting_cuff)
		a->has_cuff = false;
	if (config && a->phase == CONFIGURING && p[24] == 0 && p[25] == 0) {
		a->phase = OPERATING;
		strcpy(m->said, "its configuration is accepted");
	}
}

static void
obey(struct monitor *m, struct agent *a, int64_t t_ms)
{
	const uint8_t *p = a->in;

	switch (p[0]) {
	case 0xe3:
		if (a->phase != KNOCKING)
			break;
		a->phase = p[5] == 3 ? CONFIGURING : OPERATING;
		a->tell_config = p[5] == 3;
		a->report_ms = t_ms;
		break;
	case 0xe4:
		a->tell_released = true;
		leave(a, t_ms);
		strcpy(m->said, "its manager took leave");
		break;
	case 0xe5: case 0xe6:
		leave(a, t_ms);
		break;
	case 0xe7:
		if (p[8] == 0x01 && p[9] == 0x03) {
			a->tell_attributes = a->phase == OPERATING;
			a->attributes_id = (uint16_t)(p[6] << 8 | p[7]);
		} else if (p[8] == 0x02 && p[9] == 0x01) {
			take_answer(m, a);
		}
		break;
	default:
		break;
	}
}

static void
agent_hear(struct monitor *m, int64_t t_ms, const uint8_t *p, size_t n)
{
	struct agent *a = state_of(m);

	for (size_t i = 0; i < n; i++) {
		if (a->in_n == sizeof(a->in))
			a->in_n = 0;
		a->in[a->in_n++] = p[i];
		if (a->in_n >= 4 &&
		    a->in_n == (size_t)(a->in[2] << 8 | a->in[3]) + 4) {
			obey(m, a, t_ms);
			a->in_n = 0;
		}
	}
}

static void
agent_start(struct monitor *m, int64_t t_ms)
{
	struct agent *a = state_of(m);

	memset(a, 0, sizeof(*a));
	a->cuff_began_ms = -1;
	a->knock_ms = t_ms;
	m->due_ms = t_ms;
}

extern const struct sim_driver sim_ieee11073;
const struct sim_driver sim_ieee11073 = {
	.name = "ieee11073",
	.has = SIM_PROBE | SIM_CUFF,
	.start = agent_start,
	.hear = agent_hear,
	.emit = agent_emit,
};

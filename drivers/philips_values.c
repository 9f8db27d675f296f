/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The numerics of Philips IntelliVue monitors (multiparameter.md A6).  A value
 * is u16 physiological id, u16 state, u16 unit, FLOAT-Type; one alone is
 * attribute 0950, several together 094B.
 *
 *	state	8000 invalid	4000 questionable	2000 unavailable
 *		1000 calibrating	0800 test data	0400 demo data
 *		0020 being measured
 *
 * Easy to get wrong: only a state whose high octet is 0 is a real measurement.
 * Demo and test data are flagged, and what is in none of these bits says
 * nothing about the value (0001: alarms are switched off).  The mode of the
 * monitor counts whatever the state of a value.
 */
#include "drivers/philips_values.h"

enum state {
	STATE_INVALID = 0x8000,
	STATE_QUESTIONABLE = 0x4000,
	STATE_UNAVAILABLE = 0x2000,
	STATE_CALIBRATING = 0x1000,
	STATE_TEST = 0x0800,
	STATE_DEMO = 0x0400,
	STATE_MEASURING = 0x0020,
};

enum unit {
	UNIT_NONE = 0x0200,
	UNIT_PERCENT = 0x0220,
	UNIT_BEATS = 0x0AA0,
	UNIT_PULSES = 0x0AC0,
	UNIT_BREATHS = 0x0AE0,
	UNIT_KPA = 0x0F03,
	UNIT_MMHG = 0x0F20,
	UNIT_FAHRENHEIT = 0x1140,
	UNIT_CELSIUS = 0x17A0,
};

/* Which id is which vital.  Where several measure the same one, the greater
 * rank is taken if it has a value: the capnometer's breaths before those of
 * the chest, since it sees the gas; core temperatures before others.  Skin and
 * airway are not the patient's temperature; SO2 ids that may be of blood drawn
 * (4B2C, 4B34) are no oximeter's. */
static const struct kind {
	uint16_t physio;
	enum vital vital;
	uint8_t rank;
} kinds[] = {
	{ 0x4182, VITAL_HR, 1 },
	{ 0x4822, VITAL_PR, 2 },	/* of the pleth */
	{ 0x480A, VITAL_PR, 1 },	/* of whatever pulses */
	{ 0x4BB8, VITAL_SPO2, 1 },
	{ 0x4BB0, VITAL_PI, 1 },
	{ 0x4A05, VITAL_NIBP_SYS, 1 },
	{ 0x4A06, VITAL_NIBP_DIA, 1 },
	{ 0x4A07, VITAL_NIBP_MAP, 1 },
	{ 0xF0E5, VITAL_NIBP_PR, 1 },
	{ 0x5012, VITAL_RR, 2 },	/* of the airway */
	{ 0x500A, VITAL_RR, 1 },	/* of the chest */
	{ 0x50B0, VITAL_ETCO2, 1 },
	{ 0x4B60, VITAL_TEMP, 10 },	/* core */
	{ 0x4B64, VITAL_TEMP, 9 },	/* oesophagus */
	{ 0x4B6C, VITAL_TEMP, 8 },	/* nasopharynx */
	{ 0xF0C4, VITAL_TEMP, 7 },	/* bladder */
	{ 0xE014, VITAL_TEMP, 6 },	/* blood */
	{ 0x4B50, VITAL_TEMP, 5 },	/* artery */
	{ 0x4B7C, VITAL_TEMP, 4 },	/* vein */
	{ 0xE004, VITAL_TEMP, 3 },	/* rectum */
	{ 0x4B78, VITAL_TEMP, 2 },	/* ear */
	{ 0x4B48, VITAL_TEMP, 1 },	/* it does not say where */
};
#define KINDS (sizeof kinds / sizeof kinds[0])
#define NIBP_LABEL 0x4A04	/* of the three together */

/* The best that one reply has for a vital. */
struct best {
	bool has;
	uint8_t rank, flags;
	enum quality quality;
	int32_t value;
	uint16_t context, handle;
};

/* What one reply shows. */
struct sheet {
	struct best best[VITALS];
	uint8_t flags;		/* of all of it */
	bool doubtful;		/* none of it is beyond doubt */
	uint16_t labelled;	/* by vital: an object's label says so, */
	struct {
		uint16_t context, handle;	/* this one's */
	} label[VITALS];
	bool cuff;		/* the object of the cuff is there */
	bool measuring;		/* it is working */
	uint64_t stamp, pulse_stamp;
	bool aged;		/* its numbers are age_ms old */
	int64_t age_ms;
};

/* What is gathered of the object that is being read. */
struct object {
	bool any;
	uint16_t context, handle;
	uint16_t given;		/* by vital: it had a number, or said none */
	uint64_t stamp;
	bool aged;
	int64_t age_ms;
};

static const struct kind *
find_kind(uint16_t physio)
{
	for (size_t i = 0; i < KINDS; i++) {
		if (kinds[i].physio == physio)
			return &kinds[i];
	}
	return NULL;
}

const char *
philips_values_label(uint16_t physio)
{
	static const char nibp[PHILIPS_LABEL_TEXT] = "NIBP";
	const struct kind *k = find_kind(physio);

	return k != NULL ? vital_info[k->vital].label :
	    physio == NIBP_LABEL ? nibp : NULL;
}

void
philips_values_forget(struct philips_values *s)
{
	s->known = 0;
}

void
philips_values_clock(struct philips_values *s, const struct wire *r,
    size_t at, uint32_t ticks)
{
	int64_t ms = 0;

	s->clock = philips_clock(r, at, &ms);
	s->clock_ms = ms;
	s->clock_ticks = ticks;
}

/* From tick b to tick a, in ms; they wrap every 149 hours. */
static int64_t
ticks_between(uint32_t a, uint32_t b)
{
	return a - b < 0x80000000 ? (int64_t)((a - b) / 8) :
	    -(int64_t)((b - a) / 8);
}

/* What the monitor's clock shows at that tick. */
static int64_t
clock_at(const struct philips_values *s, uint32_t ticks)
{
	return s->clock_ms + ticks_between(ticks, s->clock_ticks);
}

static bool
is_value(enum quality q)
{
	return q == QUALITY_GOOD || q == QUALITY_QUESTIONABLE;
}

static enum quality
state_quality(unsigned state)
{
	if ((state & STATE_CALIBRATING) != 0)
		return QUALITY_SEARCHING;
	if ((state & 0xFF00 & ~(unsigned)(STATE_QUESTIONABLE | STATE_TEST |
	    STATE_DEMO)) != 0)
		return QUALITY_NO_VALUE;
	return (state & STATE_QUESTIONABLE) != 0 ? QUALITY_QUESTIONABLE :
	    QUALITY_GOOD;
}

/* The number in the unit and decimals of its vital; another unit than those
 * that are known is none that we can read. */
static enum quality
convert(enum vital v, uint16_t unit, const struct wire *r, size_t at,
    int32_t *value)
{
	unsigned decimals = vital_info[v].decimals;
	enum quality q;

	*value = 0;
	switch (unit) {
	case UNIT_BEATS: case UNIT_PULSES:
		if (v != VITAL_HR && v != VITAL_PR && v != VITAL_NIBP_PR)
			return QUALITY_NO_VALUE;
		break;
	case UNIT_BREATHS:
		if (v != VITAL_RR)
			return QUALITY_NO_VALUE;
		break;
	case UNIT_PERCENT:
		if (v != VITAL_SPO2 && v != VITAL_PI)
			return QUALITY_NO_VALUE;
		break;
	/* Perfusion comes without a unit.  It is as of percent all the same: the
	 * monitors' manual calls less than 0.3 marginal, and 10 was recorded. */
	case UNIT_NONE:
		if (v != VITAL_PI)
			return QUALITY_NO_VALUE;
		break;
	case UNIT_MMHG: case UNIT_KPA:
		if (v != VITAL_NIBP_SYS && v != VITAL_NIBP_DIA &&
		    v != VITAL_NIBP_MAP && v != VITAL_ETCO2)
			return QUALITY_NO_VALUE;
		if (unit == UNIT_KPA)
			return philips_float(r, at, decimals, 750062, 100000,
			    value);
		break;
	case UNIT_CELSIUS:
		if (v != VITAL_TEMP)
			return QUALITY_NO_VALUE;
		break;
	case UNIT_FAHRENHEIT:
		/* In 1/1000 F: no temperature is near the end of the type. */
		q = v == VITAL_TEMP ? philips_float(r, at, 3, 1, 1, value) :
		    QUALITY_NO_VALUE;
		*value = q == QUALITY_GOOD && *value > 32000 &&
		    *value < 1000000 ? (*value - 32000 + 9) / 18 : 0;
		return q;
	default:
		return QUALITY_NO_VALUE;
	}
	return philips_float(r, at, decimals, 1, 1, value);
}

/* A value beats none, and among equals the greater rank. */
static void
offer(struct sheet *x, enum vital v, const struct best *b)
{
	struct best *now;

	if ((unsigned)v >= VITALS)
		return;
	now = &x->best[v];
	if (!now->has || (is_value(b->quality) != is_value(now->quality) ?
	    is_value(b->quality) : b->rank > now->rank))
		*now = *b;
}

static void
take_value(struct sheet *x, struct object *o, const struct wire *r, size_t at)
{
	const struct kind *k = find_kind(wire_u16be(r, at));
	unsigned state = wire_u16be(r, at + 2);
	struct best b = { .has = true, .quality = state_quality(state) };
	enum quality q;

	if (k == NULL)
		return;
	q = convert(k->vital, wire_u16be(r, at + 4), r, at + 6, &b.value);
	if (is_value(b.quality) && q != QUALITY_GOOD)
		b.quality = q;
	if (b.quality == QUALITY_GOOD && x->doubtful)
		b.quality = QUALITY_QUESTIONABLE;
	b.flags = x->flags;
	if ((state & (STATE_DEMO | STATE_TEST)) != 0)
		b.flags = READING_DEMO;
	b.rank = k->rank;
	b.context = o->context;
	b.handle = o->handle;
	o->given |= (uint16_t)(1u << k->vital);
	if (k->vital == VITAL_NIBP_SYS)
		x->measuring = (state & STATE_MEASURING) != 0;
	offer(x, k->vital, &b);
}

/* Several values: u16 count, u16 length, values. */
static bool
take_compound(struct sheet *x, struct object *o, const struct wire *r,
    size_t at, size_t n)
{
	size_t count = wire_u16be(r, at);

	if (n < 4 || wire_u16be(r, at + 2) != n - 4 || count * 10 != n - 4)
		return false;
	for (size_t i = 0; i < count && i < WIRE_CAPACITY / 10; i++)
		take_value(x, o, r, at + 4 + 10 * i);
	return true;
}

/* The label of an object says what it measures even while it has no value. */
static void
take_label(struct sheet *x, const struct object *o, uint32_t label)
{
	const struct kind *k = find_kind((uint16_t)label);
	enum vital v = VITAL_NIBP_SYS;

	if (label >> 16 != 2)
		return;
	if ((uint16_t)label != NIBP_LABEL) {
		if (k == NULL)
			return;
		v = k->vital;
	}
	if ((unsigned)v >= VITALS || (x->labelled >> v & 1) != 0)
		return;
	x->labelled |= (uint16_t)(1u << v);
	x->label[v].context = o->context;
	x->label[v].handle = o->handle;
}

/* When it was measured: by the clock, else in ticks. */
static void
take_stamp(const struct philips_values *s, struct object *o,
    const struct wire *r, const struct philips_walk *a, uint32_t ticks)
{
	bool by_clock = a->id == PHILIPS_MEASURED;
	uint64_t stamp = by_clock ? philips_stamp(r, a->value) :
	    (uint64_t)1 << 32 | wire_u32be(r, a->value);
	int64_t ms = 0;

	if (stamp == 0 || (!by_clock && o->stamp != 0))
		return;
	o->stamp = stamp;
	o->aged = !by_clock || (s->clock && philips_clock(r, a->value, &ms));
	o->age_ms = by_clock ? clock_at(s, ticks) - ms :
	    ticks_between(ticks, wire_u32be(r, a->value));
	/* From the future: the clock was set in between. */
	if (o->age_ms < 0)
		o->aged = false;
	if (!o->aged)
		o->age_ms = 0;
}

static bool
take_attribute(const struct philips_values *s, struct sheet *x,
    struct object *o, const struct wire *r, const struct philips_walk *a,
    uint32_t ticks)
{
	switch (a->id) {
	case PHILIPS_NUMERIC:
		if (a->length != 10)
			return false;
		take_value(x, o, r, a->value);
		return true;
	case PHILIPS_COMPOUND:
		return take_compound(x, o, r, a->value, a->length);
	case PHILIPS_LABEL:
		if (a->length != 4)
			return false;
		take_label(x, o, wire_u32be(r, a->value));
		return true;
	case PHILIPS_MEASURED:
		if (a->length != 8)
			return false;
		take_stamp(s, o, r, a, ticks);
		return true;
	case PHILIPS_MEASURED_TICKS:
		if (a->length != 4)
			return false;
		take_stamp(s, o, r, a, ticks);
		return true;
	default:
		return true;
	}
}

/* An object is over: what it has no value for, and what its stamp is of. */
static void
end_object(const struct philips_values *s, struct sheet *x,
    const struct object *o)
{
	if (!o->any)
		return;
	for (unsigned v = 0; v < VITALS; v++) {
		struct best none = { .has = true, .flags = x->flags,
		    .quality = s->standby ?
		    QUALITY_NOT_MEASURED : QUALITY_NO_VALUE };

		if ((s->known >> v & 1) == 0 || (o->given >> v & 1) != 0 ||
		    s->object[v].context != o->context ||
		    s->object[v].handle != o->handle)
			continue;
		offer(x, (enum vital)v, &none);
		if (v == VITAL_NIBP_SYS)
			x->cuff = true;
	}
	if ((o->given >> VITAL_NIBP_SYS & 1) != 0) {
		x->cuff = true;
		x->stamp = o->stamp;
		x->aged = o->aged;
		x->age_ms = o->age_ms;
	}
	if ((o->given >> VITAL_NIBP_PR & 1) != 0)
		x->pulse_stamp = o->stamp;
}

static bool
read_sheet(const struct philips_values *s, struct sheet *x,
    const struct wire *r, const struct philips_reply *reply)
{
	struct object o = { 0 };
	struct philips_walk a;

	philips_walk_polls(&a, r, reply->list, reply->end);
	for (size_t i = 0; i < WIRE_CAPACITY && philips_next(&a, r); i++) {
		if (a.object) {
			end_object(s, x, &o);
			o = (struct object){ .any = true,
			    .context = a.context, .handle = a.handle };
		} else if (!take_attribute(s, x, &o, r, &a, reply->ticks)) {
			return false;
		}
	}
	end_object(s, x, &o);
	return !a.bad;
}

static void
add_level(struct philips_values *s, const struct sheet *x, enum vital v,
    struct readings *out)
{
	const struct best *b = &x->best[v];
	uint8_t rank = is_value(b->quality) ? b->rank : 0;

	/* In an earlier part of the same reply there was a better one. */
	if (!b->has || s->rank[v] > rank)
		return;
	s->rank[v] = rank;
	out->flags = b->flags;
	readings_add(out, v, b->quality, b->value);
}

/* The pulse is an object of its own, and may come after the pressures. */
static void
add_pulse(struct philips_values *s, const struct sheet *x,
    struct readings *out)
{
	const struct best *pr = &x->best[VITAL_NIBP_PR];

	if (s->pulse_due == 0 || x->pulse_stamp != s->pulse_due ||
	    !pr->has || !is_value(pr->quality))
		return;
	s->pulse_due = 0;
	out->flags = pr->flags;
	readings_add(out, VITAL_NIBP_PR, pr->quality, pr->value);
}

static void
add_cuff(struct philips_values *s, int64_t t_ms, const struct sheet *x,
    struct readings *out)
{
	const struct best *sys = &x->best[VITAL_NIBP_SYS];
	const struct best *dia = &x->best[VITAL_NIBP_DIA];
	const struct best *map = &x->best[VITAL_NIBP_MAP];
	const struct best *pr = &x->best[VITAL_NIBP_PR];
	bool numbers = sys->has && is_value(sys->quality) && dia->has &&
	    is_value(dia->quality);
	struct cuff c = {
		.sys = numbers ? sys->value : CUFF_NONE,
		.dia = numbers ? dia->value : CUFF_NONE,
		.map = numbers && map->has && is_value(map->quality) ?
		    map->value : CUFF_NONE,
		.pr = pr->has && is_value(pr->quality) &&
		    x->pulse_stamp == x->stamp ? pr->value : CUFF_NONE,
		.measuring = x->measuring,
		.stamp = x->stamp,
		.old = x->aged,
		.old_ms = x->age_ms,
		.ours = x->aged && s->open && x->age_ms < t_ms - s->open_ms,
	};
	enum quality q = QUALITY_GOOD;

	if (sys->quality == QUALITY_QUESTIONABLE ||
	    dia->quality == QUALITY_QUESTIONABLE)
		q = QUALITY_QUESTIONABLE;
	out->flags = x->flags | sys->flags | dia->flags;
	switch (cuff_judge(&s->cuff, t_ms, &c)) {
	case CUFF_NOTHING:
		add_pulse(s, x, out);
		break;
	case CUFF_RESULT:
		readings_add_cuff(out, q, &c);
		s->pulse_due = c.pr == CUFF_NONE && !c.old && c.sys > c.dia ?
		    x->stamp : 0;
		break;
	case CUFF_FAILED:
		readings_add_cuff(out, QUALITY_NO_VALUE, &c);
		break;
	}
}

/* Which object measures what, from its value or else from its label. */
static void
learn(struct philips_values *s, const struct sheet *x)
{
	for (unsigned v = 0; v < VITALS; v++) {
		const struct best *b = &x->best[v];

		if (b->has && b->rank > 0 && ((s->known >> v & 1) == 0 ||
		    is_value(b->quality))) {
			s->object[v].context = b->context;
			s->object[v].handle = b->handle;
		} else if ((s->known >> v & 1) == 0 &&
		    (x->labelled >> v & 1) != 0) {
			s->object[v].context = x->label[v].context;
			s->object[v].handle = x->label[v].handle;
		} else {
			continue;
		}
		s->known |= (uint16_t)(1u << v);
	}
}

bool
philips_values_decode(struct philips_values *s, int64_t t_ms,
    const struct wire *r, const struct philips_reply *reply,
    struct readings *out)
{
	struct sheet x = {
		.flags = s->demo ? READING_DEMO : 0, .doubtful = s->service
	};

	if (!read_sheet(s, &x, r, reply))
		return false;
	if (reply->first) {
		for (size_t v = 0; v < VITALS; v++)
			s->rank[v] = 0;
	}
	for (unsigned v = 0; v < VITALS; v++) {
		if (!vital_info[v].episodic)
			add_level(s, &x, (enum vital)v, out);
	}
	/* A whole list without a cuff shows that there is no result yet. */
	if (x.cuff || (!reply->linked && reply->end > reply->list + 4))
		add_cuff(s, t_ms, &x, out);
	else
		add_pulse(s, &x, out);
	learn(s, &x);
	if (s->clock)
		out->device_clock_ms = clock_at(s, reply->ticks);
	return true;
}

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Lists, numbers and times of Philips IntelliVue messages.
 *
 * Easy to get wrong: the special mantissas of FLOAT-Type must be looked for
 * before the sign is extended: 800000 is no number.
 */
#include "drivers/philips_apdu.h"

#include "drivers/text.h"

uint16_t
philips_crc(uint16_t crc, uint8_t b)
{
	uint32_t c = (uint32_t)crc ^ b;

	for (int i = 0; i < 8; i++)
		c = (c & 1) != 0 ? c >> 1 ^ 0x8408 : c >> 1;
	return (uint16_t)c;
}

/* Whether n bytes lie at 'at' before 'end'. */
static bool
fits(size_t at, size_t n, size_t end)
{
	return end <= WIRE_CAPACITY && at <= end && n <= end - at;
}

void
philips_walk_polls(struct philips_walk *x, const struct wire *r, size_t from,
    size_t to)
{
	*x = (struct philips_walk){ .end = to };
	if (!fits(from, 4, to) || wire_u16be(r, from + 2) != to - from - 4) {
		x->bad = true;
		return;
	}
	x->contexts = wire_u16be(r, from);
	x->at = x->context_end = x->object_end = from + 4;
}

void
philips_walk_attributes(struct philips_walk *x, const struct wire *r,
    size_t from, size_t to)
{
	*x = (struct philips_walk){ .end = to };
	if (!fits(from, 4, to) || wire_u16be(r, from + 2) != to - from - 4) {
		x->bad = true;
		return;
	}
	x->attributes = wire_u16be(r, from);
	x->at = from + 4;
	x->context_end = x->object_end = to;
}

static bool
next_attribute(struct philips_walk *x, const struct wire *r)
{
	if (!fits(x->at, 4, x->object_end) || !fits(x->at + 4,
	    wire_u16be(r, x->at + 2), x->object_end)) {
		x->bad = true;
		return false;
	}
	x->attributes--;
	x->object = false;
	x->id = wire_u16be(r, x->at);
	x->value = x->at + 4;
	x->length = wire_u16be(r, x->at + 2);
	x->at = x->value + x->length;
	return true;
}

static bool
next_object(struct philips_walk *x, const struct wire *r)
{
	if (x->at != x->object_end || !fits(x->at, 6, x->context_end) ||
	    !fits(x->at + 6, wire_u16be(r, x->at + 4), x->context_end)) {
		x->bad = true;
		return false;
	}
	x->objects--;
	x->object = true;
	x->id = 0;
	x->length = 0;
	x->handle = wire_u16be(r, x->at);
	x->attributes = wire_u16be(r, x->at + 2);
	x->at += 6;
	x->object_end = x->at + wire_u16be(r, x->at - 2);
	return true;
}

static bool
next_context(struct philips_walk *x, const struct wire *r)
{
	if (x->at != x->context_end || !fits(x->at, 6, x->end) ||
	    !fits(x->at + 6, wire_u16be(r, x->at + 4), x->end)) {
		x->bad = true;
		return false;
	}
	x->contexts--;
	x->context = wire_u16be(r, x->at);
	x->objects = wire_u16be(r, x->at + 2);
	x->at += 6;
	x->object_end = x->at;
	x->context_end = x->at + wire_u16be(r, x->at - 2);
	return true;
}

bool
philips_next(struct philips_walk *x, const struct wire *r)
{
	/* A context takes six bytes, so there cannot be more of them. */
	for (size_t i = 0; i < WIRE_CAPACITY && !x->bad; i++) {
		if (x->attributes > 0)
			return next_attribute(x, r);
		if (x->objects > 0)
			return next_object(x, r);
		if (x->contexts == 0)
			break;
		if (!next_context(x, r))
			return false;
	}
	/* It is never beyond the ends of what it is in. */
	if (x->at != x->end)
		x->bad = true;
	return false;
}

/* v / d, rounded half away from zero; d > 0. */
static int64_t
divide(int64_t v, int64_t d)
{
	return v < 0 ? -((-v + d / 2) / d) : (v + d / 2) / d;
}

enum quality
philips_float(const struct wire *r, size_t at, unsigned decimals, int32_t num,
    int32_t den, int32_t *value)
{
	int32_t exponent = wire_at(r, at);
	int32_t mantissa = (int32_t)(wire_u32be(r, at) & 0xFFFFFF);
	int64_t v, d = den;

	*value = 0;
	if (mantissa >= 0x7FFFFE && mantissa <= 0x800002)
		return QUALITY_NO_VALUE;
	if (exponent > 127)
		exponent -= 256;
	if (mantissa > 0x7FFFFF)
		mantissa -= 0x1000000;
	if (num < 1 || num > 1000000 || den < 1 || den > 1000000 ||
	    decimals > 4 || exponent < -12 || exponent > 12)
		return QUALITY_NO_VALUE;
	v = (int64_t)mantissa * num;	/* below 2^43 */
	exponent += (int32_t)decimals;
	/* Beyond 10^15 it is out of an int32_t's range, whatever the divisor. */
	for (; exponent > 0 && v > -1000000000000000 && v < 1000000000000000;
	    exponent--)
		v *= 10;
	for (; exponent < 0 && d < 100000000000000000; exponent++)
		d *= 10;
	v = divide(v, d);
	*value = v > INT32_MAX ? INT32_MAX : v < INT32_MIN ? INT32_MIN :
	    (int32_t)v;
	return QUALITY_GOOD;
}

/* Two decimal digits; -1 if it is none. */
static int32_t
bcd(uint8_t b)
{
	return (b >> 4) > 9 || (b & 15) > 9 ? -1 : (b >> 4) * 10 + (b & 15);
}

bool
philips_clock(const struct wire *r, size_t at, int64_t *ms)
{
	int32_t part[7];

	for (size_t i = 0; i < 7; i++) {
		part[i] = bcd(wire_at(r, at + i));
		if (part[i] < 0)
			return false;
	}
	return text_clock(part[0] * 100 + part[1], part[2], part[3], part[4],
	    part[5], part[6], ms);
}

uint64_t
philips_stamp(const struct wire *r, size_t at)
{
	uint64_t stamp = (uint64_t)wire_u32be(r, at) << 32 |
	    wire_u32be(r, at + 4);

	return stamp == UINT64_MAX ? 0 : stamp;
}

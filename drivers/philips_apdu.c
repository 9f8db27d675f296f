/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Lists, numbers and times of Philips IntelliVue messages.
 *
 * Easy to get wrong: the special mantissas of FLOAT-Type must be looked for
 * before the sign is extended: 800000 is no number.
 */
#include "drivers/philips_apdu.h"

#include "drivers/text.h"

/* What eight steps of "shift right, and where a 1 falls out, XOR 8408" make of
 * each byte (a test computes it anew). */
static const uint16_t crc_of[256] = {
	0x0000, 0x1189, 0x2312, 0x329B, 0x4624, 0x57AD, 0x6536, 0x74BF,
	0x8C48, 0x9DC1, 0xAF5A, 0xBED3, 0xCA6C, 0xDBE5, 0xE97E, 0xF8F7,
	0x1081, 0x0108, 0x3393, 0x221A, 0x56A5, 0x472C, 0x75B7, 0x643E,
	0x9CC9, 0x8D40, 0xBFDB, 0xAE52, 0xDAED, 0xCB64, 0xF9FF, 0xE876,
	0x2102, 0x308B, 0x0210, 0x1399, 0x6726, 0x76AF, 0x4434, 0x55BD,
	0xAD4A, 0xBCC3, 0x8E58, 0x9FD1, 0xEB6E, 0xFAE7, 0xC87C, 0xD9F5,
	0x3183, 0x200A, 0x1291, 0x0318, 0x77A7, 0x662E, 0x54B5, 0x453C,
	0xBDCB, 0xAC42, 0x9ED9, 0x8F50, 0xFBEF, 0xEA66, 0xD8FD, 0xC974,
	0x4204, 0x538D, 0x6116, 0x709F, 0x0420, 0x15A9, 0x2732, 0x36BB,
	0xCE4C, 0xDFC5, 0xED5E, 0xFCD7, 0x8868, 0x99E1, 0xAB7A, 0xBAF3,
	0x5285, 0x430C, 0x7197, 0x601E, 0x14A1, 0x0528, 0x37B3, 0x263A,
	0xDECD, 0xCF44, 0xFDDF, 0xEC56, 0x98E9, 0x8960, 0xBBFB, 0xAA72,
	0x6306, 0x728F, 0x4014, 0x519D, 0x2522, 0x34AB, 0x0630, 0x17B9,
	0xEF4E, 0xFEC7, 0xCC5C, 0xDDD5, 0xA96A, 0xB8E3, 0x8A78, 0x9BF1,
	0x7387, 0x620E, 0x5095, 0x411C, 0x35A3, 0x242A, 0x16B1, 0x0738,
	0xFFCF, 0xEE46, 0xDCDD, 0xCD54, 0xB9EB, 0xA862, 0x9AF9, 0x8B70,
	0x8408, 0x9581, 0xA71A, 0xB693, 0xC22C, 0xD3A5, 0xE13E, 0xF0B7,
	0x0840, 0x19C9, 0x2B52, 0x3ADB, 0x4E64, 0x5FED, 0x6D76, 0x7CFF,
	0x9489, 0x8500, 0xB79B, 0xA612, 0xD2AD, 0xC324, 0xF1BF, 0xE036,
	0x18C1, 0x0948, 0x3BD3, 0x2A5A, 0x5EE5, 0x4F6C, 0x7DF7, 0x6C7E,
	0xA50A, 0xB483, 0x8618, 0x9791, 0xE32E, 0xF2A7, 0xC03C, 0xD1B5,
	0x2942, 0x38CB, 0x0A50, 0x1BD9, 0x6F66, 0x7EEF, 0x4C74, 0x5DFD,
	0xB58B, 0xA402, 0x9699, 0x8710, 0xF3AF, 0xE226, 0xD0BD, 0xC134,
	0x39C3, 0x284A, 0x1AD1, 0x0B58, 0x7FE7, 0x6E6E, 0x5CF5, 0x4D7C,
	0xC60C, 0xD785, 0xE51E, 0xF497, 0x8028, 0x91A1, 0xA33A, 0xB2B3,
	0x4A44, 0x5BCD, 0x6956, 0x78DF, 0x0C60, 0x1DE9, 0x2F72, 0x3EFB,
	0xD68D, 0xC704, 0xF59F, 0xE416, 0x90A9, 0x8120, 0xB3BB, 0xA232,
	0x5AC5, 0x4B4C, 0x79D7, 0x685E, 0x1CE1, 0x0D68, 0x3FF3, 0x2E7A,
	0xE70E, 0xF687, 0xC41C, 0xD595, 0xA12A, 0xB0A3, 0x8238, 0x93B1,
	0x6B46, 0x7ACF, 0x4854, 0x59DD, 0x2D62, 0x3CEB, 0x0E70, 0x1FF9,
	0xF78F, 0xE606, 0xD49D, 0xC514, 0xB1AB, 0xA022, 0x92B9, 0x8330,
	0x7BC7, 0x6A4E, 0x58D5, 0x495C, 0x3DE3, 0x2C6A, 0x1EF1, 0x0F78,
};

uint16_t
philips_crc(uint16_t crc, uint8_t b)
{
	return (uint16_t)(crc >> 8 ^ crc_of[(crc ^ b) & 0xFF]);
}

uint16_t
philips_crc_wire(uint16_t crc, const struct wire *r)
{
	for (size_t i = 0; i < r->n && i < WIRE_CAPACITY; i++)
		crc = (uint16_t)(crc >> 8 ^ crc_of[(crc ^ r->byte[i]) & 0xFF]);
	return crc;
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
	int32_t part[7] = { 0 };

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

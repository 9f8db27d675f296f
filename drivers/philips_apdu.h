/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The parts that a Philips IntelliVue message is built of, for
 * drivers/philips_*.c: lists within lists, numbers, times, the check
 * (multiparameter.md A2, A6).  All integers are big-endian.
 *
 * Easy to get wrong: each list states its count and its length, and so does
 * each list within it.  A walk that is done and not 'bad' has found all of them
 * to agree; until then nothing that it found counts.
 */
#ifndef DRIVERS_PHILIPS_APDU_H
#define DRIVERS_PHILIPS_APDU_H

#include "drivers/wire.h"
#include "schemas/vital.h"

/* The longest message that is taken (1192 bytes is the longest recorded). */
#define PHILIPS_APDU_MAX 1456

/* Which list of alarms is whose: the worked P14, the recorded session's decode
 * and all programs call 0902 the patient's; A6 names the two the other way round,
 * in error.  In the recording both are empty.  Nothing hangs on it: an alarm's
 * rank is in its type, and all is told only when both were there. */
enum philips_attribute {
	PHILIPS_PATIENT_ALARMS = 0x0902,
	PHILIPS_TECHNICAL_ALARMS = 0x0904,
	PHILIPS_ALARM_CONDITION = 0x0916,
	PHILIPS_LABEL = 0x0924,
	PHILIPS_OPERATING_MODE = 0x0946,
	PHILIPS_COMPOUND = 0x094B,
	PHILIPS_NUMERIC = 0x0950,
	PHILIPS_CLOCK = 0x0987,
	PHILIPS_TICKS = 0x098F,
	PHILIPS_MEASURED = 0x0990,
	PHILIPS_MEASURED_TICKS = 0x0991,
};

/* Takes one byte into a CRC-16/X-25; it begins with FFFF.  After the two bytes
 * of the check itself it is PHILIPS_CRC_GOOD; the check is its complement. */
uint16_t philips_crc(uint16_t crc, uint8_t b);
/* The same with all bytes of a message. */
uint16_t philips_crc_wire(uint16_t crc, const struct wire *r);
#define PHILIPS_CRC_BEGIN 0xFFFF
#define PHILIPS_CRC_GOOD 0xF0B8

/* A walk through
 *
 *	PollInfoList:	u16 count, u16 length, contexts
 *	context:	u16 id, u16 count, u16 length, objects
 *	object:		u16 handle, AttributeList
 *	AttributeList:	u16 count, u16 length, { u16 id, u16 length, value }
 *
 * that stops at each object and then at each of its attributes. */
struct philips_walk {
	size_t at, end, context_end, object_end;
	unsigned contexts, objects, attributes;	/* still to come */
	uint16_t context, handle;	/* of the object */
	bool object;		/* stands at an object's beginning, else: */
	uint16_t id;		/* attribute, */
	size_t value, length;	/* its value */
	bool bad;		/* something leads outside its parent, or leaves
				 * part of it over */
};

/* The bytes from..to-1 are one PollInfoList, or one AttributeList. */
void philips_walk_polls(struct philips_walk *x, const struct wire *r,
    size_t from, size_t to);
void philips_walk_attributes(struct philips_walk *x, const struct wire *r,
    size_t from, size_t to);

/* Goes to the next object or attribute; false at the end or where it is bad. */
bool philips_next(struct philips_walk *x, const struct wire *r) MUST_CHECK;

/* A FLOAT-Type (signed exponent, 24-bit mantissa) in 10^-decimals, times
 * num / den, rounded half away from zero; num and den up to 10^6, decimals up to
 * 4.  Good only if it is a number; what is too large becomes INT32_MAX or _MIN. */
enum quality philips_float(const struct wire *r, size_t at, unsigned decimals,
    int32_t num, int32_t den, int32_t *value);

/* Eight BCD bytes, century to 1/100 s, as ms since 1970 in whole seconds; false
 * where they are no time (all FF: none). */
bool philips_clock(const struct wire *r, size_t at, int64_t *ms) MUST_CHECK;

/* The same eight bytes as they are; 0 where they are all FF or all 0. */
uint64_t philips_stamp(const struct wire *r, size_t at);

#endif

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * PHASEIN (Masimo) IRMA and ISA gas sensors, by nibp-and-small-monitors.md 11d:
 * unasked, 21 bytes every 50 ms,
 *
 *	AA 55 | ID | STS | 5 waves, 16 bits each | 6 slow bytes | CHK
 *	bytes 2 to 20 sum to 0
 *
 *	STS: 0 breath  1 no breath  4 check adapter  5 accuracy out of
 *	     specification  6 sensor error; the others are about oxygen
 *	slow bytes at 14: ID 1  expired CO2 in 0.1 %, ...
 *			  ID 3  RR, s since the last breath, agents (2),
 *				ambient pressure in 0.1 kPa, big-endian
 *	FF: no data
 *
 * EtCO2 is the expired percentage of the ambient pressure, so it takes both IDs
 * and is given, with the rate, at ID 3.  Both are as old as the last breath.
 *
 * Easy to get wrong: while it detects no breath, its numbers are those of
 * breaths long past; and before it says so, they may be a minute old.  And
 * whatever is sent to it changes its state: it is sent nothing.
 */
#include "drivers/driver.h"
#include "drivers/wire.h"

#define FRAME 21
#define SLOW 14
#define NONE 0xFF

enum id { ID_EXPIRED = 1, ID_GENERAL = 3, ID_MAX = 6 };

enum status {
	NO_BREATH = 1 << 1,
	CHECK_ADAPTER = 1 << 4,
	UNSPECIFIED_ACCURACY = 1 << 5,
	SENSOR_ERROR = 1 << 6,
};

/* 400 to 850 mmHg: what the GE driver takes for an ambient pressure too. */
#define PRESSURE_MIN 533	/* in 0.1 kPa */
#define PRESSURE_MAX 1133

#define EXPIRED_MS 3000		/* for so long the percentage is of now */

struct phasein_state {
	bool has_expired;
	uint8_t expired;	/* 0.1 % */
	int64_t expired_ms;
};
_Static_assert(sizeof(struct phasein_state) <= DRIVER_STATE_MAX, "state");

static int
phasein_frame(const struct window *w, int64_t gap_ms)
{
	size_t n = window_length(w);

	(void)gap_ms;
	if (window_at(w, 0) != 0xAA || (n > 1 && window_at(w, 1) != 0x55) ||
	    (n > 2 && window_at(w, 2) > ID_MAX))
		return FRAME_GARBAGE;
	return n < FRAME ? FRAME_MORE : FRAME;
}

/* What holds for both numbers. */
static enum quality
breath_quality(uint8_t status)
{
	if ((status & SENSOR_ERROR) != 0)
		return QUALITY_FAULT;
	if ((status & CHECK_ADAPTER) != 0)
		return QUALITY_SENSOR_OFF;
	if ((status & NO_BREATH) != 0)
		return QUALITY_NO_VALUE;
	return (status & UNSPECIFIED_ACCURACY) != 0 ?
	    QUALITY_QUESTIONABLE : QUALITY_GOOD;
}

/* FF is no value. */
static enum quality
number_quality(enum quality q, uint8_t raw)
{
	return quality_has_value(q) && raw == NONE ? QUALITY_NO_VALUE : q;
}

/* A rate of 0 may be apnoea, and is what the sensor may say of no breath: it is
 * passed on, as doubtful, unless the sensor is ill or off. */
static bool
is_apnoea(uint8_t status, uint8_t rr)
{
	return rr == 0 && (status & (SENSOR_ERROR | CHECK_ADAPTER)) == 0;
}

/* 0.1 % of a pressure in 0.1 kPa, in 0.1 mmHg: one kPa is 7.50062 mmHg. */
static int32_t
etco2(uint8_t expired, uint16_t pressure)
{
	return (int32_t)(((int64_t)expired * pressure * 750062 + 50000000) /
	    100000000);
}

/* A number of the last breath; that there is none is of now. */
static void
add_aged(struct readings *out, enum vital v, enum quality q, int32_t value,
    int64_t age_ms)
{
	readings_add_aged(out, v, q, value,
	    quality_has_value(q) && value != 0 ? age_ms : 0);
}

/* Of a last breath that nobody dates the numbers may be of long ago. */
static void
decode_general(const struct phasein_state *s, int64_t t_ms,
    const struct window *w, struct readings *out)
{
	uint8_t status = window_at(w, 3), rr = window_at(w, SLOW);
	uint8_t since_s = window_at(w, SLOW + 1);
	int64_t age_ms = since_s == NONE ? 0 : since_s * INT64_C(1000);
	uint16_t pressure = (uint16_t)((unsigned)window_at(w, SLOW + 4) << 8 |
	    window_at(w, SLOW + 5));
	enum quality q = breath_quality(status), co2 = QUALITY_NO_VALUE;

	if (q == QUALITY_GOOD && since_s == NONE)
		q = QUALITY_QUESTIONABLE;
	co2 = number_quality(q, s->expired);
	if (quality_has_value(co2) && (rr == 0 || s->expired == 0 ||
	    pressure < PRESSURE_MIN || pressure > PRESSURE_MAX))
		co2 = QUALITY_NO_VALUE;
	q = is_apnoea(status, rr) ? QUALITY_QUESTIONABLE :
	    number_quality(q, rr);
	if (s->has_expired && t_ms - s->expired_ms <= EXPIRED_MS)
		add_aged(out, VITAL_ETCO2, co2, etco2(s->expired, pressure),
		    age_ms);
	add_aged(out, VITAL_RR, q, rr, age_ms);
	out->alarms.told = true;
	if ((status & NO_BREATH) != 0)
		readings_say_alarm(out, PRIORITY_MEDIUM, "no breath");
}

static enum decode
phasein_decode(union driver_state *u, int64_t t_ms, const struct window *w,
    size_t n, struct readings *out)
{
	struct phasein_state *s = (struct phasein_state *)u;

	if (n != FRAME || wire_window_sum(w, 2, FRAME) != 0)
		return DECODE_BAD_CHECK;
	switch (window_at(w, 2)) {
	case ID_EXPIRED:
		s->has_expired = true;
		s->expired = window_at(w, SLOW);
		s->expired_ms = t_ms;
		return DECODE_IGNORED;
	case ID_GENERAL:
		decode_general(s, t_ms, w, out);
		return DECODE_OK;
	default:
		return DECODE_IGNORED;
	}
}

extern const struct driver driver_phasein;
const struct driver driver_phasein = {
	.name = "phasein",
	.title = "PHASEIN (Masimo) IRMA and ISA capnography sensors",
	.line = { 9600, 8, 'N', 1, FLOW_NONE },
	.longest = FRAME,
	.silent_after_ms = 2000,
	.state_size = sizeof(struct phasein_state),
	.evidence = EVIDENCE_CHECKSUM,
	.check_bits = 32,	/* AA 55, ID, sum */
	.sum_bits = 8,
	.relays_alarms = true,
	.repeat_ms = 1000,
	.frame = phasein_frame,
	.decode = phasein_decode,
};

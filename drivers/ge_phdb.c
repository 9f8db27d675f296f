/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The values in a DRI record of displayed values, basic class: 278 bytes,
 * little-endian (multiparameter.md B5).  Each group is u32 status (1 exists,
 * 2 active), u16 label, then i16 values:
 *
 *	4 ECG, 10 HR, 18 RR of the chest   76 NIBP, 82 sys, dia, mean, rate
 *	90 T1, 96 1/100 C    122 SpO2, 128 1/100 %, 130 PR    230 HR of the ECG
 *	136 CO2, 142 1/100 %, 146 RR, 148 ambient pressure in 1/10 mmHg
 *
 * Easy to get wrong: a group that is there and active may still hold a special
 * code instead of a number; and a module that is not there and never was is
 * no "no sensor", there is nothing to be said about it.
 */
#include "drivers/ge_phdb.h"

enum status { EXISTS = 1, ACTIVE = 2 };

enum ecg_status {
	ECG_ASYSTOLE = 1 << 2,
	ECG_NOISE = 1 << 7,
	ECG_ARTEFACT = 1 << 8,
	ECG_LEARNING = 1 << 9,
	ECG_CHANNEL_OFF = 7 << 11,
};

enum nibp_label { NIBP_MEASURING = 1 << 5, NIBP_OLD = 1 << 8 };
#define NIBP_OLD_MS 60000	/* what NIBP_OLD means */

enum co2_status {
	CO2_APNOEA = 1 << 2,
	CO2_CALIBRATING = 1 << 3,
	CO2_ZEROING = 1 << 4,
	CO2_OCCLUSION = 1 << 5,
	CO2_LEAK = 1 << 6,
	CO2_APNOEA_CHEST = 1 << 7,	/* "from respiration" */
	CO2_APNOEA_OFF = 1 << 8,
	CO2_WET = 1 << 9,
};

enum group { GROUP_ECG, GROUP_SPO2, GROUP_CO2, GROUP_T1, GROUP_NIBP };

/* A special code instead of a number, of a group that is there and active. */
static enum quality
special(int16_t value)
{
	if (value > -32001)
		return QUALITY_GOOD;
	switch (value) {
	case -32764:	/* under the range */
	case -32763:	/* over it */
		return QUALITY_OUT_OF_RANGE;
	case -32762:	/* not calibrated */
		return QUALITY_FAULT;
	default:
		return QUALITY_NO_VALUE;
	}
}

/* What the group's status makes of all its numbers.  False: there is no such
 * module and never was, so there is nothing to be said. */
static bool
group_quality(struct ge_phdb *s, enum group g, uint32_t status,
    enum quality *q)
{
	uint8_t bit = (uint8_t)(1u << g);

	if ((status & EXISTS) == 0) {
		*q = QUALITY_NO_SENSOR;
		return (s->seen & bit) != 0;
	}
	s->seen |= bit;
	*q = (status & ACTIVE) == 0 ? QUALITY_NOT_MEASURED : QUALITY_GOOD;
	return true;
}

/* The worse of what status and number say: the one without a value. */
static enum quality
worse(enum quality a, enum quality b)
{
	return a == QUALITY_GOOD || (a == QUALITY_QUESTIONABLE &&
	    b != QUALITY_GOOD) ? b : a;
}

/* ecg.hr follows the source that is chosen on the monitor, which may be a
 * pressure or the pleth; then the ECG's own rate stands at 230.  Asystole
 * without a number is a rate of 0, also where a channel is off or disturbed; a
 * number beside it is never replaced, only doubted. */
static void
decode_ecg(struct ge_phdb *s, const struct wire *r, size_t at,
    struct readings *out)
{
	uint32_t status = wire_u32le(r, at + 4);
	unsigned source = status >> 3 & 15;
	int16_t hr = wire_i16le(r, at + (source == 1 || source == 9 ?
	    10 : 230));
	enum quality q = QUALITY_NO_VALUE;

	if (!group_quality(s, GROUP_ECG, status, &q))
		return;
	q = worse(q, special(hr));
	if ((status & (ECG_ASYSTOLE | ECG_NOISE | ECG_ARTEFACT |
	    ECG_LEARNING)) != 0)
		q = worse(q, QUALITY_QUESTIONABLE);
	if (q == QUALITY_NO_VALUE && (status & ECG_ASYSTOLE) != 0) {
		hr = 0;
		q = QUALITY_QUESTIONABLE;
	} else if (q == QUALITY_NO_VALUE && (status & ECG_ARTEFACT) != 0) {
		q = QUALITY_ARTEFACT;
	} else if (q == QUALITY_NO_VALUE && (status & ECG_CHANNEL_OFF) != 0) {
		q = QUALITY_SENSOR_OFF;
	} else if (q == QUALITY_NO_VALUE && (status & ECG_LEARNING) != 0) {
		q = QUALITY_SEARCHING;
	}
	readings_add(out, VITAL_HR, q, hr);
}

/* Label bits 0-1: 0 SO2, 1 SaO2; venous saturation is none.  The saturation
 * goes on, and drifts, when the pulse was lost. */
static void
decode_spo2(struct ge_phdb *s, const struct wire *r, size_t at,
    struct readings *out)
{
	unsigned label = wire_u16le(r, at + 126) & 3;
	int16_t spo2 = wire_i16le(r, at + 128), pr = wire_i16le(r, at + 130);
	enum quality q = QUALITY_NO_VALUE, own;

	if (!group_quality(s, GROUP_SPO2, wire_u32le(r, at + 122), &q))
		return;
	own = label > 1 ? QUALITY_NOT_MEASURED : worse(q, special(spo2));
	readings_add(out, VITAL_SPO2, pr <= 0 ?
	    worse(own, QUALITY_QUESTIONABLE) : own, spo2);
	readings_add(out, VITAL_PR, worse(q, special(pr)), pr);
}

/* Partial pressure in 0.1 mmHg: et is in 1/100 %, ambient in 1/10 mmHg; 'wet'
 * takes the water vapour (47 mmHg) off. */
static int32_t
co2_pressure(int16_t et, int32_t ambient, bool wet)
{
	return (int32_t)et * (ambient - (wet ? 470 : 0)) / 10000;
}

/* With apnoea detection switched off on the monitor its bits say nothing. */
static bool
apnoea_told(uint32_t status, uint32_t bits)
{
	return (status & bits) != 0 && (status & CO2_APNOEA_OFF) == 0;
}

/* What the capnometer sees of the gas. */
static enum quality
gas_quality(uint32_t status, enum quality q)
{
	if ((status & (CO2_CALIBRATING | CO2_ZEROING)) != 0)
		return worse(q, QUALITY_SEARCHING);
	if ((status & (CO2_OCCLUSION | CO2_LEAK)) != 0)
		return worse(q, QUALITY_ARTEFACT);
	return q;
}

static void
decode_etco2(uint32_t status, const struct wire *r, size_t at, enum quality q,
    struct readings *out)
{
	int16_t et = wire_i16le(r, at + 142);
	int16_t ambient = wire_i16le(r, at + 148);

	q = worse(q, special(et));
	if (q == QUALITY_GOOD && (ambient < 4000 || ambient > 8500))
		q = QUALITY_NO_VALUE;
	if (q != QUALITY_GOOD) {
		readings_add(out, VITAL_ETCO2, q, 0);
		return;
	}
	readings_add(out, VITAL_ETCO2, apnoea_told(status, CO2_APNOEA) ?
	    QUALITY_QUESTIONABLE : q,
	    co2_pressure(et, ambient, (status & CO2_WET) != 0));
}

/* The chest impedance of the ECG.  A rate beside an apnoea that the monitor
 * tells is doubted, and none is a rate of 0.  False: there is no module. */
static bool
decode_chest(struct ge_phdb *s, const struct wire *r, size_t at,
    struct readings *out)
{
	int16_t rr = wire_i16le(r, at + 18);
	bool apnoea = apnoea_told(wire_u32le(r, at + 136),
	    CO2_APNOEA | CO2_APNOEA_CHEST);
	enum quality q = QUALITY_NO_VALUE;

	if (!group_quality(s, GROUP_ECG, wire_u32le(r, at + 4), &q))
		return false;
	q = worse(q, special(rr));
	if (apnoea && q == QUALITY_NO_VALUE) {
		rr = 0;
		q = QUALITY_QUESTIONABLE;
	}
	readings_add(out, VITAL_RR, apnoea ?
	    worse(q, QUALITY_QUESTIONABLE) : q, rr);
	return true;
}

/* RR: the capnometer's while it counts breaths itself (label bits 0-2 = 1),
 * since it sees the gas; else that of the chest.  But a chest goes on moving
 * while the airway is closed: where the capnometer sees no breath that is a
 * rate of 0, whoever counts, though a doubtful one. */
static void
decode_breath(struct ge_phdb *s, const struct wire *r, size_t at,
    struct readings *out)
{
	uint32_t status = wire_u32le(r, at + 136);
	int16_t rr = wire_i16le(r, at + 146);
	bool apnoea = apnoea_told(status, CO2_APNOEA);
	enum quality gas = QUALITY_NO_VALUE, rate;
	bool there = group_quality(s, GROUP_CO2, status, &gas);

	gas = gas_quality(status, gas);
	rate = worse(gas, special(rr));
	if (apnoea && rr != 0)
		rate = worse(rate, QUALITY_QUESTIONABLE);
	if (there) {
		decode_etco2(status, r, at, gas, out);
		if ((wire_u16le(r, at + 140) & 7) == 1 &&
		    quality_has_value(rate)) {
			readings_add(out, VITAL_RR, rate, rr);
			return;
		}
		if (gas == QUALITY_GOOD && (apnoea || rr == 0)) {
			readings_add(out, VITAL_RR, QUALITY_QUESTIONABLE, 0);
			return;
		}
	}
	if (!decode_chest(s, r, at, out) && there)
		readings_add(out, VITAL_RR, rate, rr);
}

/* Where it is measured: skin and surface follow the room, airway and room are
 * not the patient, and the heart muscle's is that of its cooling. */
enum t1_label {
	T1_SKIN = 7,
	T1_AIRWAY = 8,
	T1_ROOM = 9,
	T1_MYOCARDIUM = 10,
	T1_SURFACE = 16,
};

static bool
is_body(unsigned label)
{
	return label != T1_SKIN && label != T1_AIRWAY && label != T1_ROOM &&
	    label != T1_MYOCARDIUM && label != T1_SURFACE;
}

static void
decode_t1(struct ge_phdb *s, const struct wire *r, size_t at,
    struct readings *out)
{
	unsigned label = wire_u16le(r, at + 94);
	int16_t t1 = wire_i16le(r, at + 96);
	enum quality q = QUALITY_NO_VALUE;

	if (!group_quality(s, GROUP_T1, wire_u32le(r, at + 90), &q))
		return;
	readings_add(out, VITAL_TEMP, is_body(label) ?
	    worse(q, special(t1)) : QUALITY_NOT_MEASURED, t1);
}

static int32_t
whole_mmhg(int16_t hundredths)
{
	return (hundredths + (hundredths < 0 ? -50 : 50)) / 100;
}

static void
decode_nibp(struct ge_phdb *s, int64_t t_ms, const struct wire *r, size_t at,
    struct readings *out)
{
	unsigned label = wire_u16le(r, at + 80);
	int16_t sys = wire_i16le(r, at + 82), dia = wire_i16le(r, at + 84);
	int16_t map = wire_i16le(r, at + 86), pr = wire_i16le(r, at + 88);
	bool numbers = special(sys) == QUALITY_GOOD &&
	    special(dia) == QUALITY_GOOD;
	struct cuff c = {
		.sys = numbers ? whole_mmhg(sys) : CUFF_NONE,
		.dia = numbers ? whole_mmhg(dia) : CUFF_NONE,
		.map = special(map) == QUALITY_GOOD ?
		    whole_mmhg(map) : CUFF_NONE,
		.pr = special(pr) == QUALITY_GOOD ? pr : CUFF_NONE,
		.measuring = (label & NIBP_MEASURING) != 0,
		.old = (label & NIBP_OLD) != 0,
		.old_ms = NIBP_OLD_MS,
	};
	enum quality q = QUALITY_NO_VALUE;

	if (!group_quality(s, GROUP_NIBP, wire_u32le(r, at + 76), &q) ||
	    q != QUALITY_GOOD) {
		cuff_pause(&s->cuff);
		return;
	}
	switch (cuff_judge(&s->cuff, t_ms, &c)) {
	case CUFF_NOTHING:
		break;
	case CUFF_RESULT:
		readings_add_cuff(out, QUALITY_GOOD, &c);
		break;
	case CUFF_FAILED:
		readings_add_cuff(out, QUALITY_NO_VALUE, &c);
		break;
	}
}

void
ge_phdb_decode(struct ge_phdb *s, int64_t t_ms, const struct wire *r,
    size_t at, struct readings *out)
{
	decode_ecg(s, r, at, out);
	decode_spo2(s, r, at, out);
	decode_nibp(s, t_ms, r, at, out);
	decode_breath(s, r, at, out);
	decode_t1(s, r, at, out);
}

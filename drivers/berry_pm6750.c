/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Berry PM6750 / PM6100 multi-parameter boards and their kin, by
 * nibp-and-small-monitors.md section 1.  The board streams by itself:
 *
 *	55 AA | LEN | TYPE | data | NOT of the sum of LEN..data
 *	LEN counts LEN, TYPE, data and the check
 *
 *	02 ECG:  status, HR, RR, ST, arrhythmia code
 *	03 NIBP: status, cuff pressure / 2, SYS, MEAN, DIA
 *	04 SpO2: status, %, rate	05 TEMP: status, C, tenths [, T2]
 *
 * Easy to get wrong: the same framing carries commands that inflate the cuff
 * (55 AA 04 02 01 F8).  This driver lists no message at all: it only listens.
 */
#include "drivers/cuff.h"
#include "drivers/driver.h"
#include "drivers/wire.h"

/* Longer than any frame that is known; a version text is the longest. */
#define LEN_MAX 0x20

enum type {
	TYPE_ECG = 0x02,
	TYPE_NIBP = 0x03,
	TYPE_SPO2 = 0x04,
	TYPE_TEMP = 0x05,
};

enum ecg_status { ECG_WEAK = 1 << 0, ECG_LEAD_OFF = 1 << 1 };
enum arrhythmia { ARR_LEARNING = 0x00, ARR_ASYSTOLE = 0x02 };

struct berry_state {
	struct cuff_watch cuff;
};
_Static_assert(sizeof(struct berry_state) <= DRIVER_STATE_MAX, "state");

static int
berry_frame(const struct window *w, int64_t gap_ms)
{
	size_t n = window_length(w);
	uint8_t len = window_at(w, 2);

	(void)gap_ms;
	if (window_at(w, 0) != 0x55 || (n > 1 && window_at(w, 1) != 0xAA))
		return FRAME_GARBAGE;
	if (n < 3)
		return FRAME_MORE;
	if (len < 4 || len > LEN_MAX)
		return FRAME_GARBAGE;
	return len + 2;
}

/* A rate of 0 is how the board says "no value"; beside asystole it is a rate of
 * 0, and any other number is doubted. */
static void
decode_ecg(const struct window *w, struct readings *out)
{
	uint8_t status = window_at(w, 4), hr = window_at(w, 5);
	uint8_t rr = window_at(w, 6), arr = window_at(w, 8);
	enum quality q = QUALITY_GOOD;

	if ((status & ECG_LEAD_OFF) != 0) {
		readings_add(out, VITAL_HR, QUALITY_SENSOR_OFF, 0);
		readings_add(out, VITAL_RR, QUALITY_SENSOR_OFF, 0);
		return;
	}
	if (hr == 0)
		q = arr == ARR_ASYSTOLE ? QUALITY_QUESTIONABLE :
		    arr == ARR_LEARNING ? QUALITY_SEARCHING : QUALITY_NO_VALUE;
	else if ((status & ECG_WEAK) != 0 || arr == ARR_ASYSTOLE)
		q = QUALITY_QUESTIONABLE;
	readings_add(out, VITAL_HR, q, hr);
	readings_add(out, VITAL_RR, rr == 0 ? QUALITY_NO_VALUE :
	    (status & ECG_WEAK) != 0 ? QUALITY_QUESTIONABLE : QUALITY_GOOD, rr);
}

static enum quality
cuff_failure(unsigned state)
{
	switch (state) {
	case 3: case 6:		/* overpressure, error */
		return QUALITY_FAULT;
	case 4:			/* cuff loose or off */
		return QUALITY_SENSOR_OFF;
	case 7:			/* the patient moved */
		return QUALITY_ARTEFACT;
	case 8:
		return QUALITY_OUT_OF_RANGE;
	default:		/* stopped, timed out, started anew */
		return QUALITY_NO_VALUE;
	}
}

/* Numbers count in state 0 only; the vendor's demo shows those of state 7
 * (motion) as well, the protocol's text does not. */
static void
decode_nibp(struct berry_state *s, int64_t t_ms, const struct window *w,
    struct readings *out)
{
	unsigned state = window_at(w, 4) >> 2 & 15;
	uint8_t sys = window_at(w, 6), map = window_at(w, 7);
	uint8_t dia = window_at(w, 8);
	bool numbers = state == 0 && sys != 0 && dia != 0;
	struct cuff c = {
		.sys = numbers ? sys : CUFF_NONE,
		.dia = numbers ? dia : CUFF_NONE,
		.map = numbers && map != 0 ? map : CUFF_NONE,
		.pr = CUFF_NONE,
		.measuring = state == 1,
		.success = state == 0,
	};

	switch (cuff_judge(&s->cuff, t_ms, &c)) {
	case CUFF_NOTHING:
		break;
	case CUFF_RESULT:
		readings_add_cuff(out, QUALITY_GOOD, &c);
		break;
	case CUFF_FAILED:
		readings_add_cuff(out, cuff_failure(state), &c);
		break;
	}
}

static void
decode_spo2(const struct window *w, struct readings *out)
{
	uint8_t status = window_at(w, 4), spo2 = window_at(w, 5);
	uint8_t pr = window_at(w, 6);
	enum quality q = QUALITY_NO_VALUE;

	switch (status) {
	case 0:
		q = QUALITY_GOOD;
		break;
	case 1:
		q = QUALITY_NO_SENSOR;
		break;
	case 2:
		q = QUALITY_SENSOR_OFF;
		break;
	case 3: case 4:
		q = QUALITY_SEARCHING;
		break;
	default:
		break;
	}
	readings_add(out, VITAL_SPO2, q == QUALITY_GOOD && spo2 == 127 ?
	    QUALITY_NO_VALUE : q, spo2 * 100);
	readings_add(out, VITAL_PR, q == QUALITY_GOOD && pr == 255 ?
	    QUALITY_NO_VALUE : q, pr);
}

/* The first probe; status 2 says that only the second is off. */
static void
decode_temp(const struct window *w, struct readings *out)
{
	uint8_t status = window_at(w, 4), whole = window_at(w, 5);
	uint8_t tenths = window_at(w, 6);
	enum quality q = QUALITY_GOOD;

	if (status != 0 && status != 2)
		q = QUALITY_SENSOR_OFF;
	else if (whole == 0 && tenths == 0)
		q = QUALITY_NO_VALUE;
	readings_add(out, VITAL_TEMP, q, whole * 100 + tenths * 10);
}

static enum decode
berry_decode(union driver_state *u, int64_t t_ms, const struct window *w,
    size_t n, struct readings *out)
{
	struct berry_state *s = (struct berry_state *)u;
	uint8_t len = window_at(w, 2), type = window_at(w, 3);

	if (n < 6 || n != len + 2u)
		return DECODE_BAD_LENGTH;
	/* The check is the complement, so together they are FF. */
	if (wire_window_sum(w, 2, n) != 0xFF)
		return DECODE_BAD_CHECK;
	switch (type) {
	case TYPE_ECG:
		if (len < 8)
			return DECODE_BAD_VALUE;
		decode_ecg(w, out);
		return DECODE_OK;
	case TYPE_NIBP:
		if (len != 8)
			return DECODE_BAD_VALUE;
		decode_nibp(s, t_ms, w, out);
		return DECODE_OK;
	case TYPE_SPO2:
		if (len != 6)
			return DECODE_BAD_VALUE;
		decode_spo2(w, out);
		return DECODE_OK;
	case TYPE_TEMP:
		if (len < 6 || window_at(w, 6) > 9)
			return DECODE_BAD_VALUE;
		decode_temp(w, out);
		return DECODE_OK;
	default:
		return DECODE_IGNORED;
	}
}

extern const struct driver driver_berry_pm6750;
const struct driver driver_berry_pm6750 = {
	.name = "berry-pm6750",
	.title = "Berry PM6750 multi-parameter boards",
	.line = { 115200, 8, 'N', 1, FLOW_NONE },
	.longest = LEN_MAX + 2,
	.silent_after_ms = 3000,
	.state_size = sizeof(struct berry_state),
	.evidence = EVIDENCE_CHECKSUM,
	.check_bits = 35,	/* 55 AA, type with its length, sum */
	.sum_bits = 8,
	.frame = berry_frame,
	.decode = berry_decode,
};

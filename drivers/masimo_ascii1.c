/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Masimo oximeters (Rad-8, Radical-7), serial output "ASCII 1", by
 * oximeters.md section 3: one line a second, read by key, never by column:
 *
 *	02/22/16 22:47:45 SN=... SPO2=098% BPM=097 PI=03.60% ... EXC=000800
 *
 * There is no checksum, so a line counts only if it begins with its date and
 * holds SPO2, BPM and EXC in their full form.
 *
 * Easy to get wrong: the monitor prints numbers although the sensor is off;
 * EXC says whether they are measurements.
 */
#include "drivers/driver.h"
#include "drivers/text.h"

enum exception {
	NO_SENSOR = 0x000001,
	DEFECTIVE_SENSOR = 0x000002,
	LOW_PERFUSION = 0x000004,
	PULSE_SEARCH = 0x000008,
	INTERFERENCE = 0x000010,
	SENSOR_OFF = 0x000020,
	AMBIENT_LIGHT = 0x000040,
	UNKNOWN_SENSOR = 0x000080,
	WRONG_SENSOR = 0x000100,
	LOW_SIGNAL = 0x000400,
	SET_MODE = 0x000800,	/* the normal state */
	NO_CABLE = 0x001000,
	WRONG_CABLE = 0x004000,
	UNKNOWN_CABLE = 0x008000,
	DEFECTIVE_CABLE = 0x010000,
	CALIBRATING = 0x020000,
};

static int
masimo_frame(const struct window *w, int64_t gap_ms)
{
	(void)gap_ms;
	return text_frame(w);
}

/* "MM/DD/YY HH:MM:SS " at the start of the line. */
static bool
line_clock(const struct text *t, int64_t *ms)
{
	int32_t month = 0, day = 0, year = 0, hour = 0, minute = 0, second = 0;

	return text_digits(t, 0, 2, &month) && text_at(t, 2) == '/' &&
	    text_digits(t, 3, 2, &day) && text_at(t, 5) == '/' &&
	    text_digits(t, 6, 2, &year) && text_at(t, 8) == ' ' &&
	    text_digits(t, 9, 2, &hour) && text_at(t, 11) == ':' &&
	    text_digits(t, 12, 2, &minute) && text_at(t, 14) == ':' &&
	    text_digits(t, 15, 2, &second) && text_at(t, 17) == ' ' &&
	    text_clock(2000 + year, month, day, hour, minute, second, ms);
}

/* What the exceptions make of all numbers of the line. */
static enum quality
exc_quality(uint32_t exc)
{
	if ((exc & (NO_SENSOR | NO_CABLE)) != 0)
		return QUALITY_NO_SENSOR;
	if ((exc & (DEFECTIVE_SENSOR | UNKNOWN_SENSOR | WRONG_SENSOR |
	    WRONG_CABLE | UNKNOWN_CABLE | DEFECTIVE_CABLE)) != 0)
		return QUALITY_FAULT;
	if ((exc & SENSOR_OFF) != 0)
		return QUALITY_SENSOR_OFF;
	if ((exc & (PULSE_SEARCH | CALIBRATING)) != 0)
		return QUALITY_SEARCHING;
	if ((exc & AMBIENT_LIGHT) != 0)
		return QUALITY_ARTEFACT;
	if ((exc & (LOW_PERFUSION | INTERFERENCE | LOW_SIGNAL)) != 0 ||
	    (exc & SET_MODE) == 0)
		return QUALITY_QUESTIONABLE;
	return QUALITY_GOOD;
}

/* One number of the line: dashes where there is none.  False: neither. */
static bool
field(const struct text *t, struct text_span s, unsigned decimals,
    int32_t *value, bool *missing)
{
	if (s.to > s.from && text_at(t, s.to - 1) == '%')
		s.to--;
	*missing = text_is_dashes(t, s);
	return *missing || text_fixed(t, s, decimals, value);
}

static enum quality
field_quality(enum quality q, bool missing, int32_t value, int32_t least,
    int32_t most)
{
	if (q != QUALITY_GOOD && q != QUALITY_QUESTIONABLE)
		return q;
	if (missing)
		return QUALITY_NO_VALUE;
	return value < least || value > most ? QUALITY_OUT_OF_RANGE : q;
}

/* A whole number is always printed with three places: fewer are what a lost
 * byte leaves. */
static bool
has_three_places(const struct text *t, struct text_span s)
{
	if (s.to > s.from && text_at(t, s.to - 1) == '%')
		s.to--;
	return s.to - s.from == 3;
}

static enum decode
masimo_decode(union driver_state *u, int64_t t_ms, const struct window *w,
    size_t n, struct readings *out)
{
	struct text t;
	struct text_span spo2 = { 0, 0 }, bpm = { 0, 0 }, pi = { 0, 0 };
	struct text_span exc = { 0, 0 };
	int32_t saturation = 0, rate = 0, index = 0;
	bool no_saturation = false, no_rate = false, no_index = false;
	uint32_t bits = 0;
	int64_t clock_ms = 0;
	enum quality q;

	(void)u;
	(void)t_ms;
	t.n = 0;
	text_take(w, n, &t);
	if (!line_clock(&t, &clock_ms) ||
	    !text_find(&t, "SPO2", &spo2) || !has_three_places(&t, spo2) ||
	    !text_find(&t, "BPM", &bpm) || !has_three_places(&t, bpm) ||
	    !text_find(&t, "EXC", &exc) || exc.to - exc.from < 3 ||
	    !field(&t, spo2, 0, &saturation, &no_saturation) ||
	    !field(&t, bpm, 0, &rate, &no_rate) ||
	    !text_hex(&t, exc, &bits))
		return DECODE_BAD_VALUE;
	q = exc_quality(bits);
	readings_add(out, VITAL_SPO2,
	    field_quality(q, no_saturation, saturation, 1, 100),
	    saturation * 100);
	readings_add(out, VITAL_PR, field_quality(q, no_rate, rate, 25, 240),
	    rate);
	if (text_find(&t, "PI", &pi) && field(&t, pi, 2, &index, &no_index))
		readings_add(out, VITAL_PI,
		    field_quality(q, no_index, index, 2, 2000), index);
	out->device_clock_ms = clock_ms;
	return DECODE_OK;
}

extern const struct driver driver_masimo_ascii1;
const struct driver driver_masimo_ascii1 = {
	.name = "masimo-ascii1",
	.title = "Masimo oximeters, serial output ASCII 1",
	.line = { 9600, 8, 'N', 1, FLOW_NONE },
	.silent_after_ms = 5000,
	.frame = masimo_frame,
	.decode = masimo_decode,
};

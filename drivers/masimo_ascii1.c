/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Masimo oximeters (Rad-8; Radical-7 by programs alone), serial output "ASCII 1", by
 * oximeters.md section 3: one line a second, read by key, never by column:
 *
 *	02/22/16 22:47:45 SN=... SPO2=098% BPM=097 PI=03.60% ... EXC=000800
 *
 * There is no checksum, so a line counts only if it begins with its date,
 * comes without a pause, and holds SPO2, BPM, PI and EXC each in its full
 * width: a byte that is lost or put in anywhere among them then costs the line.
 * A digit that is read as another one cannot be told from a measurement; the
 * stream doubts it where the step is too large (drivers/stream.c).
 *
 * Easy to get wrong: the monitor prints numbers although the sensor is off;
 * EXC says whether they are measurements.
 */
#include "drivers/driver.h"
#include "drivers/oximeter.h"
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

/* A line of 512 characters takes half a second. */
#define LINE_PAUSE_MS 300

/* With the line ends; known ones have up to 170 characters. */
#define LINE_LONGEST 384

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

/* A number of the line. */
struct field {
	const char *key;
	size_t width;		/* so many characters, always */
	unsigned decimals;
	bool percent;		/* a percent sign may follow */
	bool missing;		/* found: dashes */
	int32_t value;		/* found: the number */
};

/* Five digits: no field is wider. */
#define VALUE_MOST 99999

static bool
read_field(const struct text *t, struct field *f)
{
	struct text_span s = { 0, 0 };
	int32_t value = 0;

	if (!text_find(t, f->key, &s))
		return false;
	if (f->percent && s.to > s.from && text_at(t, s.to - 1) == '%')
		s.to--;
	if (s.to - s.from != f->width)
		return false;
	f->missing = text_is_dashes(t, s);
	if (f->missing)
		return true;
	if (!text_fixed(t, s, f->decimals, &value) || value > VALUE_MOST)
		return false;
	f->value = value;
	return true;
}

/* The exceptions: 3, 6, 7 or 8 digits, by device. */
static bool
read_exceptions(const struct text *t, uint32_t *bits)
{
	struct text_span s = { 0, 0 };
	size_t n;

	if (!text_find(t, "EXC", &s))
		return false;
	n = s.to - s.from;
	return (n == 3 || (n >= 6 && n <= 8)) && text_hex(t, s, bits);
}

static enum quality
field_quality(enum quality q, const struct field *f, int32_t least,
    int32_t most)
{
	if (q != QUALITY_GOOD && q != QUALITY_QUESTIONABLE)
		return q;
	if (f->missing)
		return QUALITY_NO_VALUE;
	return f->value < least || f->value > most ? QUALITY_OUT_OF_RANGE : q;
}

static enum decode
masimo_decode(union driver_state *u, int64_t t_ms, const struct window *w,
    size_t n, struct readings *out)
{
	struct field spo2 = { .key = "SPO2", .width = 3, .percent = true };
	struct field bpm = { .key = "BPM", .width = 3 };
	struct field pi = { .key = "PI", .width = 5, .decimals = 2,
		.percent = true };
	struct text_span chan = { 0, 0 };
	struct text t;
	uint32_t bits = 0;
	int64_t clock_ms = 0;
	enum quality q;
	bool both;

	(void)u;
	(void)t_ms;
	t.n = 0;
	text_take(w, n, &t);
	if (text_paused(w, n, LINE_PAUSE_MS) || !line_clock(&t, &clock_ms))
		return DECODE_BAD_VALUE;
	/* A Root's, which speaks of several instruments in turn. */
	if (text_find(&t, "CHAN", &chan))
		return DECODE_IGNORED;
	if (!read_field(&t, &spo2) || !read_field(&t, &bpm) ||
	    !read_field(&t, &pi) || !read_exceptions(&t, &bits))
		return DECODE_BAD_VALUE;
	q = exc_quality(bits);
	both = oximeter_readings(out, field_quality(q, &spo2, 1, 100),
	    spo2.value * 100, field_quality(q, &bpm, 25, 240), bpm.value);
	q = oximeter_quality(q, both);
	readings_add(out, VITAL_PI, field_quality(q, &pi, 2, 2000), pi.value);
	out->device_clock_ms = clock_ms;
	return DECODE_OK;
}

extern const struct driver driver_masimo_ascii1;
const struct driver driver_masimo_ascii1 = {
	.name = "masimo-ascii1",
	.title = "Masimo oximeters, serial output ASCII 1",
	.line = { 9600, 8, 'N', 1, FLOW_NONE },
	.silent_after_ms = 5000,
	.longest = LINE_LONGEST,
	.evidence = EVIDENCE_WORDS,
	.frame = masimo_frame,
	.decode = masimo_decode,
};

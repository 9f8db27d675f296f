/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Nellcor oximeters (N-560, N-595, N-600, NPB-290, NPB-295), real-time
 * printout, by oximeters.md section 4: one row every 2 s, three lines of
 * heading after each 25,
 *
 *	29-Dec-17 07:19:19    73*     71       9    MO SL       AS
 *	0         10          21      29      37    44
 *	date      time        SpO2    rate    pulse codes of two letters
 *
 * Numbers stand right in their columns; "---" is none, and a star marks one
 * that is beyond the monitor's own limits.
 *
 * There is no checksum: a row counts only if it comes without a pause and its
 * three fields end where those of the row before ended, so that a byte which
 * is lost or put in costs the row.  The first row only teaches where.
 *
 * Easy to get wrong: while the monitor searches for a pulse it prints 0 for
 * both numbers, or the last ones that it had.
 */
#include "drivers/driver.h"
#include "drivers/oximeter.h"
#include "drivers/text.h"
#include "drivers/trend.h"

/* A row of 62 characters takes a quarter of a second at 2400 baud. */
#define ROW_PAUSE_MS 300

#define ROW_LONGEST 160
#define WORD_ROOM 17	/* the longest that is looked for, with its NUL */
#define VALUE_MOST 999	/* three digits: no field is wider */
#define AFTER_CLOCK 18	/* "dd-MMM-yy hh:mm:ss" */

enum code {
	ALARM_OFF = 1 << 0,
	LOW_BATTERY = 1 << 1,
	LOSS_MOTION = 1 << 2,
	LOSS_OF_PULSE = 1 << 3,
	MOTION = 1 << 4,
	PULSE_HIGH = 1 << 5,
	PULSE_LOW = 1 << 6,
	PULSE_SEARCH = 1 << 7,
	SENSOR_GONE = 1 << 8,
	SATURATION_HIGH = 1 << 9,
	SATURATION_LOW = 1 << 10,
	SENSOR_OFF = 1 << 11,
	UNKNOWN = 1 << 12,
};

static const struct {
	char name[3];
	uint16_t code;		/* 0: says nothing about the numbers */
} codes[] = {
	{ "AO", ALARM_OFF }, { "AS", 0 }, { "BU", 0 }, { "LB", LOW_BATTERY },
	{ "LM", LOSS_MOTION }, { "LP", LOSS_OF_PULSE }, { "MO", MOTION },
	{ "PH", PULSE_HIGH }, { "PL", PULSE_LOW }, { "PS", PULSE_SEARCH },
	{ "SD", SENSOR_GONE }, { "SH", SATURATION_HIGH },
	{ "SL", SATURATION_LOW }, { "SO", SENSOR_OFF },
};

static const char months[12][WORD_ROOM] = {
	"JAN", "FEB", "MAR", "APR", "MAY", "JUN",
	"JUL", "AUG", "SEP", "OCT", "NOV", "DEC",
};

/* What stands in lines without a date that this monitor prints: its heading,
 * and its menu, which is never answered. */
static const char other_words[][WORD_ROOM] = {
	"SPO2 LIMIT", "SAT-S", "SPO2 RESP MODE", "%SPO2", "INTERACTIVE MODE",
	"COMMAND?",
};

struct nellcor_state {
	struct trend trend;	/* the rows before, if any; the last one's */
	uint8_t end[3];		/* fields ended there */
};
_Static_assert(sizeof(struct nellcor_state) <= DRIVER_STATE_MAX, "state");

static int
nellcor_frame(const struct window *w, int64_t gap_ms)
{
	(void)gap_ms;
	return text_frame(w);
}

/* The i-th character, in upper case: models differ. */
static uint8_t
upper_at(const struct text *t, size_t i)
{
	uint8_t c = text_at(t, i);

	return c >= 'a' && c <= 'z' ? (uint8_t)(c - 'a' + 'A') : c;
}

static bool
has_word(const struct text *t, size_t from, const char word[WORD_ROOM])
{
	size_t i = 0;

	while (i < WORD_ROOM - 1 && word[i] != '\0' &&
	    upper_at(t, from + i) == (uint8_t)word[i])
		i++;
	return word[i] == '\0';
}

static bool
is_other_line(const struct text *t)
{
	for (size_t k = 0; k < sizeof other_words / sizeof other_words[0];
	    k++) {
		for (size_t i = 0; i < t->n && i < TEXT_CAPACITY; i++) {
			if (has_word(t, i, other_words[k]))
				return true;
		}
	}
	return false;
}

static bool
row_month(const struct text *t, int32_t *month)
{
	for (int32_t m = 0; m < 12; m++) {
		if (has_word(t, 3, months[m])) {
			*month = m + 1;
			return true;
		}
	}
	return false;
}

/* "dd-MMM-yy hh:mm:ss" at the start of the line. */
static bool
row_clock(const struct text *t, int64_t *ms)
{
	int32_t month = 0, day = 0, year = 0, hour = 0, minute = 0, second = 0;

	return text_digits(t, 0, 2, &day) && text_at(t, 2) == '-' &&
	    row_month(t, &month) && text_at(t, 6) == '-' &&
	    text_digits(t, 7, 2, &year) && text_at(t, 9) == ' ' &&
	    text_digits(t, 10, 2, &hour) && text_at(t, 12) == ':' &&
	    text_digits(t, 13, 2, &minute) && text_at(t, 15) == ':' &&
	    text_digits(t, 16, 2, &second) && text_at(t, 18) == ' ' &&
	    text_clock(year < 70 ? 2000 + year : 1900 + year, month, day, hour,
	    minute, second, ms);
}

/* The next characters at or after 'from' with blanks around them. */
static bool
next_token(const struct text *t, size_t from, struct text_span *out)
{
	size_t i = from;

	while (i < t->n && i < TEXT_CAPACITY && text_at(t, i) == ' ')
		i++;
	out->from = i;
	while (i < t->n && i < TEXT_CAPACITY && text_at(t, i) != ' ')
		i++;
	out->to = i;
	return i > out->from;
}

struct field {
	bool star, missing;
	int32_t value;
	struct text_span at;	/* without the star */
};

struct row {
	struct field field[3];	/* saturation, rate, pulse amplitude */
	uint16_t codes;
	bool unsure;		/* it may be a stored one */
};

static bool
read_field(const struct text *t, size_t from, struct field *f)
{
	int32_t value = 0;

	f->star = f->missing = false;
	f->value = 0;
	f->at.from = f->at.to = from;
	if (!next_token(t, from, &f->at))
		return false;
	if (text_at(t, f->at.to - 1) == '*') {
		f->star = true;
		f->at.to--;
	}
	if (f->at.to - f->at.from == 3 && text_is_dashes(t, f->at)) {
		f->missing = true;
		return true;
	}
	if (f->at.to - f->at.from > 3 ||
	    !text_fixed(t, f->at, 0, &value) || value > VALUE_MOST)
		return false;
	f->value = value;
	return true;
}

/* All that stands behind the fields must be codes. */
static bool
read_codes(const struct text *t, size_t from, uint16_t *out)
{
	struct text_span s = { 0, 0 };

	while (next_token(t, from, &s)) {
		uint16_t code = UNKNOWN;
		uint8_t a = text_at(t, s.from), b = text_at(t, s.from + 1);

		if (s.to - s.from != 2 || a < 'A' || a > 'Z' || b < 'A' ||
		    b > 'Z')
			return false;
		for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
			if (codes[i].name[0] == (char)a &&
			    codes[i].name[1] == (char)b)
				code = codes[i].code;
		}
		*out |= code;
		from = s.to;
	}
	return true;
}

static bool
read_row(const struct text *t, struct row *r)
{
	size_t at = AFTER_CLOCK;

	r->codes = 0;
	for (size_t i = 0; i < 3; i++) {
		if (!read_field(t, at, &r->field[i]))
			return false;
		at = r->field[i].at.to + r->field[i].star;
	}
	return read_codes(t, at, &r->codes);
}

/* Whether the fields end where those of the row before did. */
static bool
same_columns(struct nellcor_state *s, const struct row *r)
{
	bool same = s->trend.any;

	for (size_t i = 0; i < 3; i++) {
		uint8_t end = (uint8_t)(r->field[i].at.to & 0xFF);

		if (end != s->end[i])
			same = false;
		s->end[i] = end;
	}
	return same;
}

/* What the codes make of both numbers. */
static enum quality
row_quality(const struct row *r)
{
	if ((r->codes & SENSOR_GONE) != 0)
		return QUALITY_NO_SENSOR;
	if ((r->codes & SENSOR_OFF) != 0)
		return QUALITY_SENSOR_OFF;
	if ((r->codes & LOSS_MOTION) != 0)
		return QUALITY_ARTEFACT;
	if ((r->codes & LOSS_OF_PULSE) != 0)
		return QUALITY_SEARCHING;
	/* Without an amplitude there is no pulse: the numbers are held. */
	return (r->codes & (PULSE_SEARCH | MOTION | UNKNOWN)) != 0 ||
	    r->field[2].missing || r->unsure ?
	    QUALITY_QUESTIONABLE : QUALITY_GOOD;
}

static enum quality
field_quality(const struct row *r, const struct field *f)
{
	enum quality q = row_quality(r);

	if ((q != QUALITY_GOOD && q != QUALITY_QUESTIONABLE) ||
	    (!f->missing && f->value != 0))
		return q;
	return (r->codes & PULSE_SEARCH) != 0 ? QUALITY_SEARCHING :
	    QUALITY_NO_VALUE;
}

/* The order of ranks is ours; the monitor prints none. */
static void
say_alarms(const struct row *r, struct readings *out)
{
	out->alarms.told = true;
	if ((r->codes & SATURATION_LOW) != 0)
		readings_say_alarm(out, PRIORITY_MEDIUM,
		    "SpO2 below its limit");
	if ((r->codes & SATURATION_HIGH) != 0)
		readings_say_alarm(out, PRIORITY_MEDIUM,
		    "SpO2 above its limit");
	if (r->field[0].star &&
	    (r->codes & (SATURATION_LOW | SATURATION_HIGH)) == 0)
		readings_say_alarm(out, PRIORITY_MEDIUM,
		    "SpO2 beyond its limits");
	if ((r->codes & PULSE_LOW) != 0)
		readings_say_alarm(out, PRIORITY_MEDIUM,
		    "pulse rate below its limit");
	if ((r->codes & PULSE_HIGH) != 0)
		readings_say_alarm(out, PRIORITY_MEDIUM,
		    "pulse rate above its limit");
	if (r->field[1].star && (r->codes & (PULSE_LOW | PULSE_HIGH)) == 0)
		readings_say_alarm(out, PRIORITY_MEDIUM,
		    "pulse rate beyond its limits");
	if ((r->codes & (LOSS_OF_PULSE | LOSS_MOTION)) != 0)
		readings_say_alarm(out, PRIORITY_MEDIUM, "pulse lost");
	if ((r->codes & LOW_BATTERY) != 0)
		readings_say_alarm(out, PRIORITY_LOW, "battery low");
	if ((r->codes & ALARM_OFF) != 0)
		readings_say_alarm(out, PRIORITY_LOW,
		    "alarms are switched off on the monitor");
}

static enum decode
nellcor_decode(union driver_state *u, int64_t t_ms, const struct window *w,
    size_t n, struct readings *out)
{
	struct nellcor_state *s = (struct nellcor_state *)u;
	struct text t;
	struct row r = { 0 };
	int64_t clock_ms = 0;
	bool first = !s->trend.any, aligned;
	enum trend_row kind;

	t.n = 0;
	text_take(w, n, &t);
	if (!row_clock(&t, &clock_ms))
		return is_other_line(&t) ? DECODE_IGNORED : DECODE_BAD_VALUE;
	if (text_paused(w, n, ROW_PAUSE_MS) || !read_row(&t, &r))
		return DECODE_BAD_VALUE;
	aligned = same_columns(s, &r);
	kind = trend_take(&s->trend, t_ms, clock_ms, 0);
	if (!aligned)
		return first ? DECODE_IGNORED : DECODE_BAD_SEQUENCE;
	if (kind == TREND_STORED)
		return DECODE_IGNORED;
	r.unsure = kind == TREND_UNSURE;
	oximeter_readings(out, field_quality(&r, &r.field[0]),
	    r.field[0].value * 100, field_quality(&r, &r.field[1]),
	    r.field[1].value);
	say_alarms(&r, out);
	out->device_clock_ms = clock_ms;
	return DECODE_OK;
}

static const struct line other_lines[] = {
	{ 9600, 8, 'N', 1, FLOW_NONE },
	{ 2400, 8, 'N', 1, FLOW_NONE },
	{ 0 },
};

extern const struct driver driver_nellcor;
const struct driver driver_nellcor = {
	.name = "nellcor",
	.title = "Nellcor oximeters, real-time printout",
	.line = { 19200, 8, 'N', 1, FLOW_NONE },
	.other_lines = other_lines,
	.silent_after_ms = 7000,
	.state_size = sizeof(struct nellcor_state),
	.longest = ROW_LONGEST,
	.evidence = EVIDENCE_WORDS,
	.relays_alarms = true,
	.frame = nellcor_frame,
	.decode = nellcor_decode,
};

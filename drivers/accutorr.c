/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Datascope Accutorr 3 and 4, "PC interface", by nibp-and-small-monitors.md
 * section 5.  The monitor prints a prompt, takes one letter and answers:
 *
 *	>P: 97, 72,131, 94, 78,000,000,000, 2 <CR><LF>>
 *	    SpO2, pulse rate, sys, mean, dia, three states, minutes since the
 *	    cuff; "--" is not in use
 *
 * Only P and Control-C (for a prompt, where none came) are sent, and P only
 * after a prompt.  The monitor knows no command that starts a cuff.
 *
 * Numbers are padded to three characters, or not: the manual's example has both.
 * There is no checksum: an answer counts only with its nine fields.  One that is
 * not as wide as in the answer before may have lost a digit, so it is doubtful;
 * and the cuff's numbers count only when two answers running say the same.
 *
 * Easy to get wrong: the manual lists MEAN before DIA, and its own example has
 * them the other way round.  A mean pressure lies above the diastolic one, so
 * the greater of the two is the mean; but in the order that is not listed this is
 * a guess, and such a result doubtful.
 */
#include "drivers/cuff.h"
#include "drivers/driver.h"
#include "drivers/text.h"

#define PROMPT '>'
#define CONTROL_C 0x03

#define FIELDS 9
#define LONGEST 96
#define BEFORE_MAX 16		/* line ends and blanks before a line */

/* A line of 40 characters takes a third of a second at 1200 baud, between
 * reads much less. */
#define LINE_PAUSE_MS 300
/* In the midst of other bytes a prompt is none. */
#define PROMPT_QUIET_MS 50

#define MINUTE_MS 60000

#define ASK_MS 1000
#define NO_PROMPT_MS 5000

enum field {
	FIELD_SPO2, FIELD_PR, FIELD_SYS, FIELD_MEAN, FIELD_DIA, FIELD_STATE0,
	FIELD_STATE1, FIELD_STATE2, FIELD_MINUTES,
};
#define NO_NUMBER (-1)		/* "--": not in use */
#define NUMBER_MOST 999		/* three digits */

/* States 0, 1 (from 8) and 2 (from 16). */
enum state {
	NO_SENSOR = 1 << 0,
	SENSOR_OFF = 1 << 1,
	INTERFERENCE = 1 << 2,
	PULSE_SEARCH = 1 << 3,
	WEAK_PULSE = 1 << 4,
	NO_PULSE = 1 << 5,
	CHECK_SITE = 1 << 6,
	RATE_BELOW_30 = 1 << 7,
	RATE_ABOVE_250 = 1 << 8,
	UNCALIBRATED = 1 << 9,
	RAM_FAILURE = 1 << 11,
	ROM_FAILURE = 1 << 12,
	OFFSET_MISMATCH = 1 << 13,
	FILTER_MISMATCH = 1 << 14,
	TEST = 1 << 15,
	OVERPRESSURE = 1 << 16,
	CUFF_MOTION = 1 << 17,
};
#define FAILURES (RAM_FAILURE | ROM_FAILURE | OFFSET_MISMATCH | FILTER_MISMATCH)
#define CUFF_FAILURES (OVERPRESSURE | CUFF_MOTION)

/* What an answer says of the cuff. */
struct shown {
	int16_t sys, one, other, minutes;
	uint32_t failures;
};

struct accutorr_state {
	struct cuff_watch cuff;
	struct shown last;	/* of the answer before */
	struct shown judged;	/* the last that two answers agreed in */
	bool known, agreed;	/* there is such a one */
	bool prompt;		/* one came and was not used */
	bool begun;		/* request() was called */
	uint8_t width[FIELDS];	/* of its fields, blanks included */
	int64_t asked_ms;
	int64_t heard_ms;	/* last prompt or line, or last question */
};
_Static_assert(sizeof(struct accutorr_state) <= DRIVER_STATE_MAX, "state");

static const uint8_t ask_parameters[1] = { 'P' };
static const uint8_t ask_prompt[1] = { CONTROL_C };
static const struct tx_template templates[] = {
	{ .name = "tell the values",
	  .bytes = ask_parameters, .length = sizeof ask_parameters },
	{ .name = "give a prompt",
	  .bytes = ask_prompt, .length = sizeof ask_prompt },
	{ .name = NULL },
};

/* Where the first character lies that is no line end or blank. */
static size_t
line_start(const struct window *w)
{
	size_t i = 0;

	while (i < BEFORE_MAX) {
		uint8_t c = window_at(w, i);

		if (i >= window_length(w) ||
		    (c != '\r' && c != '\n' && c != ' ' && c != 0))
			break;
		i++;
	}
	return i;
}

static int
accutorr_frame(const struct window *w, int64_t gap_ms)
{
	size_t i = line_start(w);

	if (i < window_length(w) && window_at(w, i) == PROMPT)
		return i == 0 && w->torn && gap_ms < PROMPT_QUIET_MS ?
		    FRAME_GARBAGE : (int)i + 1;
	return text_frame(w);
}

/* One of the nine numbers: up to three digits, or dashes. */
static bool
read_number(const struct text *t, struct text_span s, int32_t *value)
{
	int32_t number = 0;

	*value = NO_NUMBER;
	if (s.to == s.from || s.to - s.from > 3)
		return false;
	if (text_is_dashes(t, s))
		return true;
	if (!text_fixed(t, s, 0, &number) || number > NUMBER_MOST)
		return false;
	*value = number;
	return true;
}

/* "P:" and nine numbers. */
static bool
read_answer(const struct text *t, size_t from, int32_t value[FIELDS],
    uint8_t width[FIELDS])
{
	struct text_span all = { from + 2, t->n }, s = { 0, 0 };
	struct text_span ends = { from + 2, from + 2 };

	if (text_at(t, from) != 'P' || text_at(t, from + 1) != ':' ||
	    text_part(t, all, ',', FIELDS, &s))
		return false;
	for (size_t i = 0; i < FIELDS; i++) {
		if (!text_part(t, all, ',', i, &s) ||
		    !read_number(t, s, &value[i]))
			return false;
		if (i >= FIELD_STATE0 && i <= FIELD_STATE2 &&
		    (value[i] < 0 || value[i] > 255))
			return false;
		while (ends.to < t->n && ends.to < LONGEST &&
		    text_at(t, ends.to) != ',')
			ends.to++;
		width[i] = (uint8_t)((ends.to - ends.from) & 0xFF);
		ends.from = ends.to = ends.to + 1;
	}
	return true;
}

/* Which fields are not as wide as in the answer before, by their bits. */
static unsigned
moved_fields(struct accutorr_state *s, const uint8_t width[FIELDS])
{
	unsigned moved = 0;

	for (size_t i = 0; i < FIELDS; i++) {
		if (width[i] != s->width[i])
			moved |= 1u << i;
		s->width[i] = width[i];
	}
	s->known = true;
	return moved;
}

/* What the states make of the oximeter's numbers. */
static enum quality
oximeter_quality(uint32_t states)
{
	if ((states & FAILURES) != 0)
		return QUALITY_FAULT;
	if ((states & NO_SENSOR) != 0)
		return QUALITY_NO_SENSOR;
	if ((states & SENSOR_OFF) != 0)
		return QUALITY_SENSOR_OFF;
	if ((states & (PULSE_SEARCH | NO_PULSE | TEST)) != 0)
		return QUALITY_SEARCHING;
	return (states & (INTERFERENCE | WEAK_PULSE | CHECK_SITE)) != 0 ?
	    QUALITY_QUESTIONABLE : QUALITY_GOOD;
}

/* Of a field that moved, or with a state that did, a value is doubtful. */
static enum quality
doubted(unsigned moved, enum field f, enum quality q)
{
	static const unsigned states = 1u << FIELD_STATE0 | 1u << FIELD_STATE1 |
	    1u << FIELD_STATE2;

	return q == QUALITY_GOOD && (moved & (states | 1u << f)) != 0 ?
	    QUALITY_QUESTIONABLE : q;
}

/* The pulse rate is the oximeter's only where there is a saturation; else it
 * may be the cuff's, and minutes old. */
static void
add_oximeter(const int32_t value[FIELDS], uint32_t states, unsigned moved,
    struct readings *out)
{
	enum quality q = oximeter_quality(states), spo2 = q, pr = q;

	if (q == QUALITY_GOOD || q == QUALITY_QUESTIONABLE) {
		if (value[FIELD_SPO2] <= 0)
			spo2 = pr = QUALITY_NO_VALUE;
		else if ((states & UNCALIBRATED) != 0)
			spo2 = QUALITY_FAULT;
		if (pr == q && value[FIELD_PR] <= 0)
			pr = QUALITY_NO_VALUE;
		else if (pr == q && (states & (RATE_BELOW_30 |
		    RATE_ABOVE_250)) != 0)
			pr = QUALITY_QUESTIONABLE;
	}
	readings_add(out, VITAL_SPO2, doubted(moved, FIELD_SPO2, spo2),
	    value[FIELD_SPO2] * 100);
	readings_add(out, VITAL_PR, doubted(moved, FIELD_PR, pr),
	    value[FIELD_PR]);
}

/* The same failures, and the minutes gone on by one at the most. */
static bool
agree(const struct shown *a, const struct shown *b)
{
	return a->failures == b->failures &&
	    (b->minutes == a->minutes || b->minutes == a->minutes + 1);
}

static struct cuff
cuff_of(const struct shown *x)
{
	bool numbers = x->sys > 0 && x->one > 0 && x->other > 0 &&
	    x->failures == 0;
	int32_t less = x->one < x->other ? x->one : x->other;
	int32_t more = x->one < x->other ? x->other : x->one;

	return (struct cuff){
		.sys = numbers ? x->sys : CUFF_NONE,
		.dia = numbers ? less : CUFF_NONE,
		.map = numbers ? more : CUFF_NONE,
		.pr = CUFF_NONE,
	};
}

/* They are whole ones; within one, what was seen says more (a result may have
 * been held back). */
static void
age_by_minutes(struct cuff *c, int64_t minutes)
{
	int64_t least_ms = minutes * MINUTE_MS;

	if (minutes < 0 || (c->old && c->old_ms > least_ms &&
	    c->old_ms < least_ms + MINUTE_MS))
		return;
	c->old = minutes > 0;
	c->old_ms = least_ms;
}

/* A result is new where its minutes begin anew, or its numbers change. */
static void
add_cuff(struct accutorr_state *s, int64_t t_ms, const struct shown *now,
    struct cuff c, struct readings *out)
{
	bool anew = s->agreed && now->minutes >= 0 &&
	    now->minutes < s->judged.minutes;
	bool failed = s->agreed && now->failures != 0 &&
	    s->judged.failures == 0;

	c.old = !anew;
	if (cuff_judge(&s->cuff, t_ms, &c) == CUFF_RESULT) {
		age_by_minutes(&c, now->minutes);
		readings_add_cuff(out, now->one > now->other ? QUALITY_GOOD :
		    QUALITY_QUESTIONABLE, &c);
	} else if (failed) {
		readings_add_cuff(out, (now->failures & OVERPRESSURE) != 0 ?
		    QUALITY_FAULT : QUALITY_ARTEFACT, &c);
	}
	s->judged = *now;
	s->agreed = true;
}

/* The ranks are ours; the monitor gives none. */
static void
say_alarms(uint32_t states, struct readings *out)
{
	out->alarms.told = true;
	if ((states & NO_PULSE) != 0)
		readings_say_alarm(out, PRIORITY_MEDIUM, "no pulse");
	if ((states & CHECK_SITE) != 0)
		readings_say_alarm(out, PRIORITY_LOW,
		    "check the sensor's site");
	if ((states & UNCALIBRATED) != 0)
		readings_say_alarm(out, PRIORITY_LOW, "SpO2 not calibrated");
	if ((states & FAILURES) != 0)
		readings_say_alarm(out, PRIORITY_LOW, "oximeter failure");
	if ((states & OVERPRESSURE) != 0)
		readings_say_alarm(out, PRIORITY_MEDIUM, "cuff overpressure");
	if ((states & CUFF_MOTION) != 0)
		readings_say_alarm(out, PRIORITY_LOW,
		    "motion during the cuff measurement");
}

static enum decode
decode_answer(struct accutorr_state *s, int64_t t_ms, const struct text *t,
    size_t from, struct readings *out)
{
	int32_t value[FIELDS] = { 0 };
	uint8_t width[FIELDS] = { 0 };
	struct shown now;
	struct cuff c;
	uint32_t states;
	unsigned moved;
	bool first = !s->known;

	if (!read_answer(t, from, value, width))
		return DECODE_BAD_VALUE;
	moved = moved_fields(s, width);
	if (first)
		return DECODE_IGNORED;
	states = (uint32_t)value[FIELD_STATE0] |
	    (uint32_t)value[FIELD_STATE1] << 8 |
	    (uint32_t)value[FIELD_STATE2] << 16;
	now = (struct shown){
		.sys = (int16_t)value[FIELD_SYS],
		.one = (int16_t)value[FIELD_MEAN],
		.other = (int16_t)value[FIELD_DIA],
		.minutes = (int16_t)value[FIELD_MINUTES],
		.failures = states & CUFF_FAILURES,
	};
	c = cuff_of(&now);
	add_oximeter(value, states, moved, out);
	if (cuff_shown_twice(&s->cuff, &c) && agree(&s->last, &now))
		add_cuff(s, t_ms, &now, c, out);
	s->last = now;
	say_alarms(states, out);
	return DECODE_OK;
}

static enum decode
accutorr_decode(union driver_state *u, int64_t t_ms, const struct window *w,
    size_t n, struct readings *out)
{
	static const char ready[] = "ACCUTORR";
	struct accutorr_state *s = (struct accutorr_state *)u;
	size_t from = 0, i = 0;
	struct text t;

	if (n > 0 && window_at(w, n - 1) == PROMPT) {
		s->prompt = true;
		s->heard_ms = t_ms;
		return DECODE_IGNORED;
	}
	t.n = 0;
	text_take(w, n, &t);
	while (from < BEFORE_MAX && text_at(&t, from) == ' ')
		from++;
	if (text_paused(w, n, LINE_PAUSE_MS))
		return DECODE_BAD_VALUE;
	s->heard_ms = t_ms;
	while (ready[i] != '\0' && text_at(&t, from + i) == (uint8_t)ready[i])
		i++;
	/* Limits are not asked for, but may be by somebody else. */
	if (ready[i] == '\0' ||
	    (text_at(&t, from) == 'L' && text_at(&t, from + 1) == ':'))
		return DECODE_IGNORED;
	return decode_answer(s, t_ms, &t, from, out);
}

static size_t
accutorr_request(union driver_state *u, int64_t t_ms, uint8_t buf[TX_MAX])
{
	struct accutorr_state *s = (struct accutorr_state *)u;

	if (!s->begun) {
		/* Listen first; a prompt may have come already. */
		s->begun = true;
		s->asked_ms = s->heard_ms = t_ms;
	}
	if (s->prompt ? t_ms - s->asked_ms < ASK_MS :
	    t_ms - s->heard_ms < NO_PROMPT_MS)
		return 0;
	s->asked_ms = s->heard_ms = t_ms;
	if (!s->prompt)
		return tx_put(&templates[1], buf);
	s->prompt = false;
	return tx_put(&templates[0], buf);
}

static const struct line other_lines[] = {
	{ 4800, 8, 'N', 1, FLOW_NONE },
	{ 2400, 8, 'N', 1, FLOW_NONE },
	{ 1200, 8, 'N', 1, FLOW_NONE },
	{ 19200, 8, 'N', 1, FLOW_NONE },
	{ 0 },
};

extern const struct driver driver_accutorr;
const struct driver driver_accutorr = {
	.name = "accutorr",
	.title = "Datascope Accutorr 3 and 4, PC interface",
	.line = { 9600, 8, 'N', 1, FLOW_NONE },
	.other_lines = other_lines,
	.silent_after_ms = 8000,
	.state_size = sizeof(struct accutorr_state),
	.longest = LONGEST,
	.evidence = EVIDENCE_WORDS,
	.relays_alarms = true,
	.tx = templates,
	.frame = accutorr_frame,
	.decode = accutorr_decode,
	.request = accutorr_request,
};

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Datex-Ohmeda 3900 and 3900P oximeters (TruTrak+), automatic text output, by
 * oximeters.md 5.2: one line every 2 s, in trend mode every 6 s,
 *
 *	14:01:13 SpO2= 97 PR= 70 PIr=1.56
 *	14:01:31 SpO2= 80 PR= 70 PIr=1.38 ** LOW SpO2
 *	14:00:49 SpO2= --- PR= --- PIr= --- ** NO SENSOR
 *
 * Stored trends are printed alike, one line behind the other; the first line after
 * the port was opened may be of such and only begins the count (drivers/trend.h).
 *
 * The dashes may stand apart ("- - -").  There is no checksum, so a line counts
 * only if it comes without a pause, begins with its time and holds all three
 * fields and nothing else.
 *
 * Easy to get wrong: a message after the stars is not always a reason to doubt
 * the numbers.  LOW or HIGH and the name of a number are limits of the monitor;
 * of the others only NO SENSOR is known, so one that speaks of a sensor takes the
 * numbers away, and any other one casts doubt.
 */
#include "drivers/driver.h"
#include "drivers/oximeter.h"
#include "drivers/text.h"
#include "drivers/trend.h"

/* A line takes 60 ms. */
#define LINE_PAUSE_MS 300

#define CLOCK_WIDTH 8		/* "HH:MM:SS" */
#define DAY_MS 86400000

struct datex_state {
	struct trend trend;
};
_Static_assert(sizeof(struct datex_state) <= DRIVER_STATE_MAX, "state");

/* A value fills so many characters behind its sign at the least (" 97"): one
 * that lost a digit does not. */
#define VALUE_WIDTH 3

static int
datex_frame(const struct window *w, int64_t gap_ms)
{
	(void)gap_ms;
	return text_frame(w);
}

/* The time of the day. */
static bool
line_clock(const struct text *t, int64_t *ms)
{
	int32_t hour = 0, minute = 0, second = 0;

	return text_digits(t, 0, 2, &hour) && text_at(t, 2) == ':' &&
	    text_digits(t, 3, 2, &minute) && text_at(t, 5) == ':' &&
	    text_digits(t, 6, 2, &second) &&
	    text_clock(1970, 1, 1, hour, minute, second, ms);
}

static size_t
skip_blanks(const struct text *t, size_t at)
{
	while (at < TEXT_CAPACITY && text_at(t, at) == ' ')
		at++;
	return at;
}

/* Words lie in arrays of so many characters, so that it can be proved that none
 * is read beyond. */
#define WORD_TEXT 12

/* Whether the word stands at *at, which then is behind it. */
static bool
take_word(const struct text *t, size_t *at, const char word[WORD_TEXT])
{
	size_t i = 0;

	for (; i < WORD_TEXT && word[i] != '\0'; i++) {
		if (text_at(t, *at + i) != (uint8_t)word[i])
			return false;
	}
	*at += i;
	return true;
}

/* Whether there are three dashes at *at, which then is behind them. */
static bool
take_dashes(const struct text *t, size_t *at)
{
	size_t i = *at;

	for (int dashes = 0; dashes < 3; dashes++) {
		if (dashes > 0)
			i = skip_blanks(t, i);
		if (text_at(t, i) != '-')
			return false;
		i++;
	}
	*at = i;
	return true;
}

/* A field of the line. */
struct field {
	char key[WORD_TEXT];
	unsigned decimals;	/* so many, always */
	bool missing;		/* found: dashes */
	int32_t value;		/* found: the number */
};

/* Whether a blank and then the field stand at *at, which then is behind it. */
static bool
take_field(const struct text *t, size_t *at, struct field *f)
{
	size_t i = skip_blanks(t, *at), from;
	struct text_span s = { 0, 0 };

	if (i == *at || !take_word(t, &i, f->key))
		return false;
	from = i;
	i = skip_blanks(t, i);
	s.from = i;
	f->missing = take_dashes(t, &i);
	if (!f->missing) {
		while (i < TEXT_CAPACITY && text_at(t, i) > ' ')
			i++;
		s.to = i;
		if (!text_fixed(t, s, f->decimals, &f->value) ||
		    i - from < VALUE_WIDTH || (f->decimals > 0 &&
		    text_at(t, i - f->decimals - 1) != '.'))
			return false;
	}
	*at = i;
	return true;
}

/* The message behind the stars; false if something else stands there.  An empty
 * span: there is none. */
static bool
take_message(const struct text *t, size_t at, struct text_span *out)
{
	static const char stars[WORD_TEXT] = "**";
	size_t i = skip_blanks(t, at);

	out->from = t->n;
	out->to = t->n;
	if (i >= t->n)
		return true;
	if (i == at || !take_word(t, &i, stars))
		return false;
	out->from = skip_blanks(t, i);
	return out->from > i && out->from < t->n;
}

/* What a limit may be of. */
static const char limited[][WORD_TEXT] = {
	"SpO2", "SPO2", "PR", "PULSE", "PULSE RATE",
};

/* Whether the message is LOW or HIGH and one of these, and nothing else. */
static bool
is_limit(const struct text *t, struct text_span s)
{
	static const char low[WORD_TEXT] = "LOW ", high[WORD_TEXT] = "HIGH ";
	size_t from = s.from;

	if (!take_word(t, &from, low) && !take_word(t, &from, high))
		return false;
	for (size_t k = 0; k < sizeof limited / sizeof limited[0]; k++) {
		size_t at = from;

		if (take_word(t, &at, limited[k]) &&
		    skip_blanks(t, at) >= s.to)
			return true;
	}
	return false;
}

static bool
says_sensor(const struct text *t, struct text_span s)
{
	static const char sensor[WORD_TEXT] = "SENSOR";

	for (size_t i = s.from; i < s.to && i < TEXT_CAPACITY; i++) {
		size_t at = i;

		if (take_word(t, &at, sensor))
			return true;
	}
	return false;
}

/* What the message makes of the numbers. */
static enum quality
message_quality(const struct text *t, struct text_span s)
{
	static const char no_sensor[WORD_TEXT] = "NO SENSOR";
	size_t none = s.from;

	if (s.from >= s.to || is_limit(t, s))
		return QUALITY_GOOD;
	if (take_word(t, &none, no_sensor))
		return QUALITY_NO_SENSOR;
	return says_sensor(t, s) ? QUALITY_SENSOR_OFF : QUALITY_QUESTIONABLE;
}

/* The line has room for one message, and says nothing of its rank. */
static void
tell_message(struct readings *out, const struct text *t, struct text_span s)
{
	struct monitor_alarm *a;

	out->alarms.told = true;
	if (s.from >= s.to)
		return;
	a = readings_add_alarm(out, PRIORITY_MEDIUM);
	for (size_t i = s.from; a != NULL && i < s.to && i < TEXT_CAPACITY; i++)
		monitor_alarm_put(a, text_at(t, i));
}

static enum quality
field_quality(const struct field *f, enum quality q)
{
	return f->missing && quality_has_value(q) ? QUALITY_NO_VALUE : q;
}

static enum decode
datex_decode(union driver_state *u, int64_t t_ms, const struct window *w,
    size_t n, struct readings *out)
{
	struct field spo2 = { .key = "SpO2=" }, pr = { .key = "PR=" };
	struct field pir = { .key = "PIr=", .decimals = 2 };
	struct text_span message = { 0, 0 };
	struct text t;
	struct datex_state *s = (struct datex_state *)u;
	size_t at = CLOCK_WIDTH;
	int64_t clock_ms = 0;
	bool first = !s->trend.any;
	enum trend_row kind;
	enum quality q;

	t.n = 0;
	text_take(w, n, &t);
	if (text_paused(w, n, LINE_PAUSE_MS) || !line_clock(&t, &clock_ms) ||
	    !take_field(&t, &at, &spo2) || !take_field(&t, &at, &pr) ||
	    !take_field(&t, &at, &pir) || spo2.value > 999 || pr.value > 999 ||
	    !take_message(&t, at, &message))
		return DECODE_BAD_VALUE;
	kind = trend_take(&s->trend, t_ms, clock_ms, DAY_MS);
	if (first || kind == TREND_STORED)
		return DECODE_IGNORED;
	q = message_quality(&t, message);
	if (q == QUALITY_GOOD && kind == TREND_UNSURE)
		q = QUALITY_QUESTIONABLE;
	oximeter_readings(out, field_quality(&spo2, q), spo2.value * 100,
	    field_quality(&pr, q), pr.value);
	tell_message(out, &t, message);
	return DECODE_OK;
}

extern const struct driver driver_datex_3900;
const struct driver driver_datex_3900 = {
	.name = "datex-3900",
	.title = "Datex-Ohmeda 3900 oximeters (TruTrak+)",
	.line = { 9600, 8, 'N', 1, FLOW_NONE },
	.silent_after_ms = 7000,
	.state_size = sizeof(struct datex_state),
	.longest = 128,
	.evidence = EVIDENCE_WORDS,
	.relays_alarms = true,
	.frame = datex_frame,
	.decode = datex_decode,
};

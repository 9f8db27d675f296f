/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Nonin Avant and hand-held monitors, text output, by oximeters.md 1.8: one
 * line a second,
 *
 *	[HH:MM:SS ]SPO2=097 HR=072[marks]	dashes where there is no value
 *
 * Marks are F (fast averaging), B (a breath) and * (an event was noted); none
 * of them says anything about the numbers.
 *
 * Easy to get wrong: there is no checksum, so a line counts only if it comes
 * without a pause and holds both numbers with three characters each, one
 * behind the other, and nothing else.
 */
#include "drivers/driver.h"
#include "drivers/oximeter.h"
#include "drivers/text.h"

/* A line takes 30 ms. */
#define LINE_PAUSE_MS 300

#define CLOCK_WIDTH 9	/* "HH:MM:SS " */

/* What the device can measure (1.2). */
#define RATE_LEAST 18
#define RATE_MOST 321

static int
nonin_ascii_frame(const struct window *w, int64_t gap_ms)
{
	(void)gap_ms;
	return text_frame(w);
}

/* Three digits, or dashes: then *q tells that there is no value. */
static bool
field(const struct text *t, struct text_span s, int32_t *value,
    enum quality *q)
{
	int32_t number = 0;

	s.to = s.from + 3;
	if (text_is_dashes(t, s)) {
		*q = QUALITY_NO_VALUE;
		return true;
	}
	*q = QUALITY_GOOD;
	if (!text_digits(t, s.from, 3, &number) || number > 999)
		return false;
	*value = number;
	return true;
}

/* Whether only blanks and marks stand there, to the end of the line. */
static bool
only_marks(const struct text *t, size_t from)
{
	for (size_t i = from; i < t->n && i < TEXT_CAPACITY; i++) {
		uint8_t c = text_at(t, i);

		if (c != ' ' && c != 'F' && c != 'B' && c != '*')
			return false;
	}
	return true;
}

/* The two fields where they must stand, and nothing else. */
static bool
find_fields(const struct text *t, struct text_span *spo2,
    struct text_span *hr)
{
	if (!text_find(t, "SPO2", spo2) || !text_find(t, "HR", hr))
		return false;
	return (spo2->from == 5 || spo2->from == 5 + CLOCK_WIDTH) &&
	    hr->from == spo2->from + 7 && only_marks(t, hr->from + 3);
}

static enum decode
nonin_ascii_decode(union driver_state *u, int64_t t_ms, const struct window *w,
    size_t n, struct readings *out)
{
	struct text t;
	struct text_span spo2_at = { 0, 0 }, hr_at = { 0, 0 };
	int32_t spo2 = 0, hr = 0;
	enum quality spo2_q = QUALITY_NO_VALUE, hr_q = QUALITY_NO_VALUE;

	(void)u;
	(void)t_ms;
	t.n = 0;
	text_take(w, n, &t);
	if (text_paused(w, n, LINE_PAUSE_MS) ||
	    !find_fields(&t, &spo2_at, &hr_at) ||
	    !field(&t, spo2_at, &spo2, &spo2_q) ||
	    !field(&t, hr_at, &hr, &hr_q))
		return DECODE_BAD_VALUE;
	if (hr_q == QUALITY_GOOD && (hr < RATE_LEAST || hr > RATE_MOST))
		hr_q = QUALITY_OUT_OF_RANGE;
	oximeter_readings(out, spo2_q, spo2 * 100, hr_q, hr);
	return DECODE_OK;
}

extern const struct driver driver_nonin_ascii;
const struct driver driver_nonin_ascii = {
	.name = "nonin-ascii",
	.title = "Nonin Avant and hand-held monitors, text output",
	.line = { 9600, 8, 'N', 1, FLOW_NONE },
	.silent_after_ms = 4000,
	.longest = 128,
	.evidence = EVIDENCE_WORDS,
	.frame = nonin_ascii_frame,
	.decode = nonin_ascii_decode,
};

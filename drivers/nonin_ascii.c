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
 * Whether all models fill up with zeros is not known.  Where one was seen, a
 * number of fewer than three digits has lost some, unless two lines in a row say
 * otherwise.  Elsewhere the first such line is doubted.
 *
 * Easy to get wrong: there is no checksum, so a line counts only if it comes
 * without a pause and holds both numbers, one behind the other, and nothing
 * else.
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

#define WIDTH 3		/* of a number, if filled up */

struct nonin_ascii_state {
	bool fills;		/* a number began with a zero */
	bool was_short;		/* one of the line before had fewer */
};
_Static_assert(sizeof(struct nonin_ascii_state) <= DRIVER_STATE_MAX, "state");

static int
nonin_ascii_frame(const struct window *w, int64_t gap_ms)
{
	(void)gap_ms;
	return text_frame(w);
}

struct field {
	size_t from, width;
	bool missing;
	int32_t value;
};

/* One to three digits, or three dashes, at 'from'. */
static bool
read_field(const struct text *t, size_t from, struct field *f)
{
	struct text_span s = { from, from + WIDTH };
	int32_t value = 0;

	f->from = from;
	f->width = WIDTH;
	f->missing = text_is_dashes(t, s);
	while (!f->missing && f->width > 0 &&
	    !text_digits(t, from, f->width, &value))
		f->width--;
	if (f->width == 0 || value > 999)
		return false;
	f->value = value;
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
read_fields(const struct text *t, struct field *spo2, struct field *hr)
{
	struct text_span a = { 0, 0 }, b = { 0, 0 };

	return text_find(t, "SPO2", &a) && text_find(t, "HR", &b) &&
	    (a.from == 5 || a.from == 5 + CLOCK_WIDTH) &&
	    read_field(t, a.from, spo2) && read_field(t, b.from, hr) &&
	    b.from == a.from + spo2->width + 4 &&
	    only_marks(t, b.from + hr->width);
}

static bool
is_filled(const struct text *t, const struct field *f)
{
	return f->width > 1 && text_at(t, f->from) == '0';
}

/* What the widths of the numbers say of them; false: some digits were lost. */
static bool
judge_widths(struct nonin_ascii_state *s, const struct text *t,
    const struct field *spo2, const struct field *hr, enum quality *q)
{
	bool filled = is_filled(t, spo2) || is_filled(t, hr);
	bool is_short = spo2->width < WIDTH || hr->width < WIDTH;
	bool again = s->was_short;

	s->fills = s->fills || filled;
	s->was_short = is_short && !filled;
	*q = is_short && !again ? QUALITY_QUESTIONABLE : QUALITY_GOOD;
	return !is_short || (!filled && (again || !s->fills));
}

static enum quality
field_quality(const struct field *f, enum quality q)
{
	return f->missing ? QUALITY_NO_VALUE : q;
}

static enum decode
nonin_ascii_decode(union driver_state *u, int64_t t_ms, const struct window *w,
    size_t n, struct readings *out)
{
	struct nonin_ascii_state *s = (struct nonin_ascii_state *)u;
	struct text t;
	struct field spo2 = { .value = 0 }, hr = { .value = 0 };
	enum quality q = QUALITY_NO_VALUE, hr_q;

	(void)t_ms;
	t.n = 0;
	text_take(w, n, &t);
	if (text_paused(w, n, LINE_PAUSE_MS) || !read_fields(&t, &spo2, &hr) ||
	    !judge_widths(s, &t, &spo2, &hr, &q))
		return DECODE_BAD_VALUE;
	hr_q = field_quality(&hr, q);
	if (!hr.missing && (hr.value < RATE_LEAST || hr.value > RATE_MOST))
		hr_q = QUALITY_OUT_OF_RANGE;
	oximeter_readings(out, field_quality(&spo2, q), spo2.value * 100, hr_q,
	    hr.value);
	return DECODE_OK;
}

extern const struct driver driver_nonin_ascii;
const struct driver driver_nonin_ascii = {
	.name = "nonin-ascii",
	.title = "Nonin Avant and hand-held monitors, text output",
	.line = { 9600, 8, 'N', 1, FLOW_NONE },
	.silent_after_ms = 4000,
	.state_size = sizeof(struct nonin_ascii_state),
	.longest = 128,
	.evidence = EVIDENCE_WORDS,
	.frame = nonin_ascii_frame,
	.decode = nonin_ascii_decode,
};

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A message of HL7 version 2 as it lies in the window: segments that end in CR
 * (or LF, or both), fields between '|', in them repetitions, components and
 * sub-components, by the separators that the message itself names:
 *
 *	MSH | ^~\& | MSH-3 | ... CR	'|' MSH-1, then component, repetition,
 *	OBX | 1 | NM | code^name^MDC |	escape and sub-component
 *
 * Nothing is copied: a part is a pair of indices into the window.
 *
 * Easy to get wrong: MSH-1 is the separator itself, so the fields of MSH count
 * one further than those of any other segment; field[] has it right.
 */
#ifndef DRIVERS_HL7_MESSAGE_H
#define DRIVERS_HL7_MESSAGE_H

#include "drivers/text.h"

#define HL7_FIELDS 24	/* of a segment are looked at; field[0] is its name */

struct hl7_message {
	size_t at, to;		/* what of it is still to be read */
	uint8_t field, component, repetition, escape, sub;
};

struct hl7_segment {
	struct text_span field[HL7_FIELDS];	/* absent ones are empty */
};

/* A date and time, as printed and in which zone. */
struct hl7_time {
	bool known;
	bool zoned;
	int64_t ms;		/* since 1970, in the zone that it is printed in */
	int32_t zone_min;	/* east of UTC, if zoned */
};

/* Begins to read the window's bytes from..to-1, which must be a message: its
 * separators, all different, none of them a letter or digit.  The first
 * segment that hl7_next() gives is MSH. */
bool hl7_open(const struct window *w, size_t from, size_t to,
    struct hl7_message *m) MUST_CHECK;

/* The next segment; false when there is none. */
bool hl7_next(const struct window *w, struct hl7_message *m,
    struct hl7_segment *s) MUST_CHECK;

/* The n-th part (from 1) of the span between separators; empty if there are
 * fewer. */
struct text_span hl7_part(const struct window *w, struct text_span s,
    uint8_t separator, size_t n);

/* The n-th component of a field's first repetition. */
struct text_span hl7_component(const struct window *w,
    const struct hl7_message *m, struct text_span field, size_t n);

static inline bool
hl7_is_empty(struct text_span s)
{
	return s.from >= s.to;
}

/* Characters of the longest word that anything is compared with, and its NUL:
 * tables of words have so many for each, so that none is read beyond. */
#define HL7_WORD 24

/* Whether the span is that word; whether it ends in it. */
bool hl7_is(const struct window *w, struct text_span s, const char *word)
    MUST_CHECK;
bool hl7_ends(const struct window *w, struct text_span s, const char *word)
    MUST_CHECK;

/* 1 to 9 digits that fill the span. */
bool hl7_digits(const struct window *w, struct text_span s, uint32_t *value)
    MUST_CHECK;

/* A decimal number that fills the span, in 10^-decimals, rounded half up.  No
 * sign, no blank, no exponent, at most 8 digits before the point and as many
 * behind it, if any: "-100.00" is none. */
bool hl7_number(const struct window *w, struct text_span s, unsigned decimals,
    int32_t *value) MUST_CHECK;

/* YYYYMMDDHHMMSS, then maybe a fraction or thousandths, then maybe +hhmm; all
 * zeros, or less, is none. */
struct hl7_time hl7_time(const struct window *w, struct text_span s);

/* How much later b is than a, in ms; each by its zone if both name one, else
 * both by the same clock. */
int64_t hl7_later_ms(const struct hl7_time *a, const struct hl7_time *b);

/* The character at *i (< to), its escape undone, and *i moved behind it; a
 * blank for what cannot be undone. */
uint8_t hl7_char(const struct window *w, const struct hl7_message *m,
    size_t *i, size_t to);

#endif

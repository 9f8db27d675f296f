/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Lines of text protocols: the one framer, and readers of fields that never
 * leave the line.
 *
 * Easy to get wrong: a token is a pair of indices into the line, never a
 * pointer; and a reader that says false has set nothing.
 */
#ifndef DRIVERS_TEXT_H
#define DRIVERS_TEXT_H

#include <stdbool.h>

#include "drivers/window.h"
#include "schemas/vital.h"

#define TEXT_CAPACITY 512	/* characters of a line at the most */

struct text {
	uint8_t byte[TEXT_CAPACITY];	/* text_take() leaves 0 beyond n */
	size_t n;
};

/* The characters from..to-1 of a line. */
struct text_span {
	size_t from, to;
};

/* The i-th character; 0 beyond the end. */
static inline uint8_t
text_at(const struct text *t, size_t i)
{
	return i < t->n && i < TEXT_CAPACITY ? t->byte[i] : 0;
}

/* For a driver's frame(): a line is any run of CR, LF and NUL, then printable
 * characters, then one CR or LF.  It goes on where it stopped (w->seen), so a
 * frame() that asks it of one index 0 asks it every time. */
int text_frame(const struct window *w);

/* Takes the line out of the window's first n bytes, without its ends. */
void text_take(const struct window *w, size_t n, struct text *out);

/* Whether the line's characters did not come without a pause: its halves may
 * be those of two lines, with the cable out in between. */
bool text_paused(const struct window *w, size_t n, uint16_t longest_ms)
    MUST_CHECK;

/* Finds the token KEY=value (KEY is not empty); the span is that of the value,
 * up to a blank or the end of the line. */
bool text_find(const struct text *t, const char *key, struct text_span *out)
    MUST_CHECK;

/* The part of the span behind k separators (from 0), without the blanks at its
 * ends; it may be empty.  False if there are fewer separators. */
bool text_part(const struct text *t, struct text_span s, uint8_t separator,
    size_t k, struct text_span *out) MUST_CHECK;

/* Whether every character of the span is a dash, a dot, a plus or a percent
 * sign, with one dash at least: how text protocols print "no value". */
bool text_is_dashes(const struct text *t, struct text_span s) MUST_CHECK;

/* Exactly n digits at 'from' (n is at most 9). */
bool text_digits(const struct text *t, size_t from, size_t n, int32_t *value)
    MUST_CHECK;

/* A decimal number that fills the span, in 10^-decimals; more decimals than
 * that, more than 8 digits in all, or a point at the end are refused. */
bool text_fixed(const struct text *t, struct text_span s, unsigned decimals,
    int32_t *value) MUST_CHECK;

/* 1 to 8 hexadecimal digits that fill the span. */
bool text_hex(const struct text *t, struct text_span s, uint32_t *value)
    MUST_CHECK;

/* Milliseconds since 1970 of a date and time; false where it is none. */
bool text_clock(int32_t year, int32_t month, int32_t day, int32_t hour,
    int32_t minute, int32_t second, int64_t *ms) MUST_CHECK;

#endif

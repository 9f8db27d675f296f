/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Frames of text by rules, one of
 *
 *	[between] text END		a line
 *	[between] START text END	with a start, or of a fixed length
 *	[between] START skipped text SPLIT text SPLIT END	several lines
 *	[between] PROMPT		the monitor waits to be asked
 *
 * where "between" are ends of lines and NULs.
 *
 * Easy to get wrong: a start within a frame ends it: what came before is half a
 * frame.
 */
#ifndef DRIVERS_LINE_FRAME_H
#define DRIVERS_LINE_FRAME_H

#include "drivers/line_read.h"

/* The driver's frame(), by w->rules. */
int line_frame(const struct window *w);

/* How many bytes at index 0 are between frames. */
size_t line_between(const struct line_rules *r, const struct window *w);

/* Whether the prompt stands at that place. */
bool line_prompt(const struct line_rules *r, const struct window *w,
    size_t at) MUST_CHECK;

/* Of the i-th byte: bits of enum line_kind. */
unsigned line_kind(const struct line_rules *r, const struct window *w,
    size_t i);

/* Takes the line from..to-1 out of the window; false: it is too long. */
bool line_take(const struct line_rules *r, const struct window *w, size_t from,
    size_t to, struct text *t) MUST_CHECK;

/* Takes the checksum off the end at *to; false: it is another, or not there. */
bool line_check_sum(const struct line_check *c, const struct window *w,
    size_t from, size_t *to) MUST_CHECK;

#endif

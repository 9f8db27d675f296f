/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The bytes that a framer or decoder may look at: a fixed array of which only
 * the functions here read, so that no stream of bytes can lead outside it (and
 * so that this can be proved: the bound is tested against a constant).
 *
 * When they came is kept for reads, not for bytes: a mark stands where a read
 * began that came after a pause.
 *
 * Easy to get wrong: index 0 is the first byte not yet consumed, whatever lies
 * before it in the array.
 */
#ifndef DRIVERS_WINDOW_H
#define DRIVERS_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "drivers/word.h"

/* No frame of any protocol here is longer (HL7 messages, up to 32 KiB). */
#define WINDOW_LONGEST 32768

/* The longest of a driver that does not name it. */
#define WINDOW_USUAL 4096

/* There is room for more than the longest frame: for several short ones in one
 * read, and so that what is held need not be moved for each byte that comes
 * while garbage goes. */
#define WINDOW_SPARE 128
#define WINDOW_CAPACITY (WINDOW_LONGEST + WINDOW_SPARE)

/* Reads that a window tells apart.  A frame of GE DRI takes 0.8 s; an adapter
 * that hands over what it has every 16 ms delivers it in 50. */
#define WINDOW_MARKS 32

struct window_mark {
	uint16_t at;		/* in the array: the first byte of a read */
	uint16_t gap_ms;	/* quiet before it */
	uint32_t since_ms;	/* since the mark before, and no less than
				 * gap_ms: of marks that were given up, too */
};

struct line_rules;

struct window {
	const struct line_rules *rules;	/* how to read it; only the driver
					 * "line" has any (drivers/line_read.h) */
	size_t start, end;	/* start <= end <= capacity */
	size_t capacity;	/* <= WINDOW_CAPACITY: bytes that it may hold,
				 * and beyond which nothing is touched */
	size_t longest;	/* a frame needs no more; < capacity unless the
			 * stream is narrow */
	size_t seen;	/* so many were held when frame() was asked of this
			 * very index 0 before; 0 when it was not */
	size_t need;	/* and so many it wants to see when it is asked again */
	bool torn;	/* what came just before index 0 was no frame */
	uint16_t quiet_ms;	/* since the last byte, once it is long enough to
				 * end a message (driver->quiet_ms); else 0 */
	uint8_t marks;
	struct window_mark mark[WINDOW_MARKS];	/* by place, none < start */
	uint8_t at[WINDOW_CAPACITY];
};

/* How many bytes there are. */
static inline size_t
window_length(const struct window *w)
{
	return w->end > w->start ? w->end - w->start : 0;
}

/* The i-th byte; 0 beyond the end. */
static inline uint8_t
window_at(const struct window *w, size_t i)
{
	size_t at = w->start + i;

	return i < WINDOW_CAPACITY && at < w->end && at < WINDOW_CAPACITY ?
	    w->at[at] : 0;
}

/* The eight bytes from the i-th on; false unless there are so many. */
static inline bool
window_word(const struct window *w, size_t i, uint64_t *word)
{
	size_t at = w->start + i;

	if (at < i || at > WINDOW_CAPACITY - WORD || at + WORD > w->end)
		return false;
	memcpy(word, &w->at[at], WORD);
	return true;
}

/* The first of the bytes from..to-1 that is b; 'to' if none is, or the length
 * where that is less. */
size_t window_find(const struct window *w, size_t from, size_t to, uint8_t b);

/* The quiet before the i-th byte, 0 within a read and beyond the end.  Where
 * there were more than WINDOW_MARKS reads, some of the shorter pauses within
 * are forgotten; that before the first byte and the last one are not. */
static inline uint16_t
window_gap(const struct window *w, size_t i)
{
	for (size_t k = 0; k < w->marks && k < WINDOW_MARKS; k++) {
		if (w->mark[k].at >= w->start + i)
			return w->mark[k].at == w->start + i ?
			    w->mark[k].gap_ms : 0;
	}
	return 0;
}

/* The longest quiet before any of the bytes from..to-1. */
static inline uint16_t
window_longest_gap(const struct window *w, size_t from, size_t to)
{
	uint16_t longest_ms = 0;

	for (size_t k = 0; k < w->marks && k < WINDOW_MARKS; k++) {
		const struct window_mark *m = &w->mark[k];

		if (m->at >= w->start + from && m->at < w->start + to &&
		    m->gap_ms > longest_ms)
			longest_ms = m->gap_ms;
	}
	return longest_ms;
}

/* How long before the last byte of all the n-th (from 1) arrived; as exact as
 * the marks are, and always for a byte of the last read. */
static inline uint64_t
window_age(const struct window *w, size_t n)
{
	uint64_t age_ms = 0;

	for (size_t k = w->marks; k > 0 && k <= WINDOW_MARKS; k--) {
		if (w->mark[k - 1].at < w->start + n)
			break;
		age_ms += w->mark[k - 1].since_ms;
	}
	return age_ms;
}

/* Appends as many bytes as there is room for, read after a pause of gap_ms;
 * returns how many. */
size_t window_add(struct window *w, uint16_t gap_ms, const uint8_t *p,
    size_t n);

/* Consumes n bytes, or all. */
void window_drop(struct window *w, size_t n);
void window_clear(struct window *w);

#endif

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The bytes that a framer or decoder may look at: a fixed array of which only
 * window_at() reads, so that no stream of bytes can lead outside it (and so
 * that this can be proved: the bound is tested against a constant).
 *
 * Easy to get wrong: index 0 is the first byte not yet consumed, whatever lies
 * before it in the array.
 */
#ifndef DRIVERS_WINDOW_H
#define DRIVERS_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The largest frame of any protocol here, escaped, is below 3.1 KiB (GE DRI:
 * 1490 bytes, each of which may be escaped, two flags). */
#define WINDOW_CAPACITY 4096

struct window_byte {
	uint8_t byte;
	uint16_t gap_ms;	/* quiet before it */
};

struct window {
	size_t start, end;	/* start <= end <= capacity */
	size_t capacity;	/* <= WINDOW_CAPACITY: bytes that it may hold,
				 * and beyond which nothing is touched */
	bool torn;	/* what came just before index 0 was no frame */
	struct window_byte at[WINDOW_CAPACITY];
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
	if (w->start >= WINDOW_CAPACITY || i >= WINDOW_CAPACITY - w->start ||
	    w->start + i >= w->end)
		return 0;
	return w->at[w->start + i].byte;
}

/* The quiet before the i-th byte; 0 beyond the end. */
static inline uint16_t
window_gap(const struct window *w, size_t i)
{
	if (w->start >= WINDOW_CAPACITY || i >= WINDOW_CAPACITY - w->start ||
	    w->start + i >= w->end)
		return 0;
	return w->at[w->start + i].gap_ms;
}

#endif

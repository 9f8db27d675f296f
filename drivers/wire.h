/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A frame's content after its escapes are undone: a fixed array with one
 * reader, and the integers and checksums that binary protocols use.
 *
 * Easy to get wrong: reading past the end yields 0 and is no error.  A decoder
 * tests the length first, and trusts nothing that a frame says about itself.
 */
#ifndef DRIVERS_WIRE_H
#define DRIVERS_WIRE_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "drivers/window.h"

#define WIRE_CAPACITY 2048

struct wire {
	uint8_t byte[WIRE_CAPACITY];
	size_t n;
};

/* The i-th byte; 0 beyond the end. */
static inline uint8_t
wire_at(const struct wire *w, size_t i)
{
	return i < w->n && i < WIRE_CAPACITY ? w->byte[i] : 0;
}

/* Empties it; all of it is set, so that a proof needs not know how far it is
 * filled. */
static inline void
wire_clear(struct wire *w)
{
	memset(w, 0, sizeof *w);
}

/* Appends one byte; a full array drops it. */
static inline void
wire_put(struct wire *w, uint8_t b)
{
	if (w->n < WIRE_CAPACITY)
		w->byte[w->n++] = b;
}

static inline uint16_t
wire_u16le(const struct wire *w, size_t i)
{
	return (uint16_t)(wire_at(w, i) | (unsigned)wire_at(w, i + 1) << 8);
}

static inline int16_t
wire_i16le(const struct wire *w, size_t i)
{
	int32_t u = wire_u16le(w, i);

	return (int16_t)(u < 0x8000 ? u : u - 0x10000);
}

static inline uint32_t
wire_u32le(const struct wire *w, size_t i)
{
	return wire_u16le(w, i) | (uint32_t)wire_u16le(w, i + 2) << 16;
}

static inline uint16_t
wire_u16be(const struct wire *w, size_t i)
{
	return (uint16_t)((unsigned)wire_at(w, i) << 8 | wire_at(w, i + 1));
}

static inline uint32_t
wire_u32be(const struct wire *w, size_t i)
{
	return (uint32_t)wire_u16be(w, i) << 16 | wire_u16be(w, i + 2);
}

/* Appends the window's bytes from..to-1 up to the first that is 'stop' (an
 * escape); returns its index, or 'to' where none is. */
size_t wire_take(struct wire *out, const struct window *w, size_t from,
    size_t to, uint8_t stop);

/* The sum of the first n bytes, modulo 256. */
uint8_t wire_sum(const struct wire *w, size_t n);

/* The sum of the window's bytes from..to-1, modulo 256. */
uint8_t wire_window_sum(const struct window *w, size_t from, size_t to);

#endif

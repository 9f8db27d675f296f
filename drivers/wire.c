/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What binary frames have in common: runs of bytes without an escape, and
 * checksums.
 *
 * Easy to get wrong: which bytes a protocol sums, and whether before or after
 * escaping.  That is the driver's to know; here is only the arithmetic.
 */
#include "drivers/wire.h"

#include <string.h>

size_t
wire_take(struct wire *out, const struct window *w, size_t from, size_t to,
    uint8_t stop)
{
	size_t i = from;

	to = window_find(w, from, to, stop);
	while (i < to && i < WINDOW_CAPACITY) {
		const uint8_t *p = to - i < WINDOW_BLOCK ?
		    NULL : window_block(w, i);

		if (p != NULL && out->n <= WIRE_CAPACITY - WINDOW_BLOCK) {
			memcpy(&out->byte[out->n], p, WINDOW_BLOCK);
			out->n += WINDOW_BLOCK;
			i += WINDOW_BLOCK;
		} else {
			wire_put(out, window_at(w, i++));
		}
	}
	return to;
}

static uint8_t
block_sum(const uint8_t *p)
{
	uint8_t sum = 0;

	for (size_t k = 0; k < WINDOW_BLOCK; k++)
		sum = (uint8_t)(sum + p[k]);
	return sum;
}

uint8_t
wire_sum(const struct wire *w, size_t n)
{
	uint8_t sum = 0;
	size_t i = 0;

	if (n > w->n)
		n = w->n;
	while (i < n && i < WIRE_CAPACITY) {
		if (n - i >= WINDOW_BLOCK &&
		    i <= WIRE_CAPACITY - WINDOW_BLOCK) {
			sum = (uint8_t)(sum + block_sum(&w->byte[i]));
			i += WINDOW_BLOCK;
		} else {
			sum = (uint8_t)(sum + w->byte[i++]);
		}
	}
	return sum;
}

uint8_t
wire_window_sum(const struct window *w, size_t from, size_t to)
{
	uint8_t sum = 0;
	size_t i = from;

	while (i < to && i < WINDOW_CAPACITY) {
		const uint8_t *p = to - i < WINDOW_BLOCK ?
		    NULL : window_block(w, i);

		sum = (uint8_t)(sum +
		    (p != NULL ? block_sum(p) : window_at(w, i)));
		i += p != NULL ? WINDOW_BLOCK : 1;
	}
	return sum;
}

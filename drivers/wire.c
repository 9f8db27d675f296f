/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What binary frames have in common: runs of bytes without an escape, and
 * checksums.
 *
 * Easy to get wrong: which bytes a protocol sums, and whether before or after
 * escaping.  That is the driver's to know; here is only the arithmetic.
 */
#include "drivers/wire.h"

size_t
wire_take(struct wire *out, const struct window *w, size_t from, size_t to,
    uint8_t stop)
{
	size_t i = from;
	uint64_t x = 0;

	to = window_find(w, from, to, stop);
	while (i < to && i < WINDOW_CAPACITY) {
		if (to - i >= WORD && out->n <= WIRE_CAPACITY - WORD &&
		    window_word(w, i, &x)) {
			memcpy(&out->byte[out->n], &x, WORD);
			out->n += WORD;
			i += WORD;
		} else {
			wire_put(out, window_at(w, i++));
		}
	}
	return to;
}

uint8_t
wire_sum(const struct wire *w, size_t n)
{
	uint64_t sum = 0, x = 0;
	size_t i = 0;

	if (n > w->n)
		n = w->n;
	while (i + WORD <= n && i <= WIRE_CAPACITY - WORD) {
		memcpy(&x, &w->byte[i], WORD);
		sum += word_sum(x);
		i += WORD;
	}
	while (i < n && i < WIRE_CAPACITY)
		sum += w->byte[i++];
	return (uint8_t)sum;
}

uint8_t
wire_window_sum(const struct window *w, size_t from, size_t to)
{
	size_t held = window_length(w);
	size_t at = w->start + from, end = w->start + (to < held ? to : held);
	uint64_t sum = 0, x = 0;

	while (at + WORD <= end && at <= WINDOW_CAPACITY - WORD) {
		memcpy(&x, &w->at[at], WORD);
		sum += word_sum(x);
		at += WORD;
	}
	while (at < end && at < WINDOW_CAPACITY)
		sum += w->at[at++];
	return (uint8_t)sum;
}

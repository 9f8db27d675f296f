/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Checksums of binary frames.
 *
 * Easy to get wrong: which bytes a protocol sums, and whether before or after
 * escaping.  That is the driver's to know; here is only the arithmetic.
 */
#include "drivers/wire.h"

uint8_t
wire_sum(const struct wire *w, size_t n)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < n && i < WIRE_CAPACITY; i++)
		sum = (sum + wire_at(w, i)) & 0xFF;
	return (uint8_t)sum;
}

uint8_t
wire_window_sum(const struct window *w, size_t from, size_t to)
{
	uint32_t sum = 0;

	for (size_t i = from; i < to && i < WINDOW_CAPACITY; i++)
		sum = (sum + window_at(w, i)) & 0xFF;
	return (uint8_t)sum;
}

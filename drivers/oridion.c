/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The frame that Oridion's capnographs share.
 *
 * Easy to get wrong: an 85 can stand at the beginning only, so one that is met
 * inside ends a damaged frame at once.
 */
#include "drivers/oridion.h"

#define HEADER 0x85
#define STUFF 0x80

int
oridion_frame(const struct window *w)
{
	size_t n = window_length(w), got = 0, want = 0;

	if (window_at(w, 0) != HEADER)
		return FRAME_GARBAGE;
	for (size_t i = 1; i < n && i < ORIDION_LONGEST; i++) {
		uint8_t b = window_at(w, i);

		if (b == HEADER)
			return FRAME_GARBAGE;
		if (b == STUFF) {
			if (i + 1 >= n)
				return FRAME_MORE;
			i++;
			b = window_at(w, i);
			if (b != 0x00 && b != 0x05)
				return FRAME_GARBAGE;
			b |= STUFF;
		}
		if (got == 0 && b == 0)
			return FRAME_GARBAGE;
		if (got == 0)
			want = b + 2u;
		if (++got == want)
			return (int)i + 1;
	}
	return n < ORIDION_LONGEST ? FRAME_MORE : FRAME_GARBAGE;
}

enum decode
oridion_take(const struct window *w, size_t n, struct wire *out)
{
	uint8_t check = 0;
	size_t got = 0;

	wire_clear(out);
	for (size_t i = 1; i < n && i < ORIDION_LONGEST; i++) {
		uint8_t b = window_at(w, i);

		if (b == STUFF && i + 1 < n) {
			i++;
			b = window_at(w, i) | STUFF;
		}
		check ^= b;
		if (got++ > 0)
			wire_put(out, b);
	}
	if (out->n < 2)
		return DECODE_BAD_LENGTH;
	out->n--;
	return check == 0 ? DECODE_OK : DECODE_BAD_CHECK;
}

enum quality
oridion_quality(uint8_t status)
{
	if ((status & 0x80) != 0)
		return QUALITY_FAULT;
	if ((status & 0x40) != 0)
		return QUALITY_NO_SENSOR;
	if ((status & 0x12) != 0)
		return QUALITY_SEARCHING;
	if ((status & 0x20) != 0)
		return QUALITY_ARTEFACT;
	return (status & 0x01) != 0 ? QUALITY_NO_VALUE : QUALITY_GOOD;
}

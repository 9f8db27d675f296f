/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The frame of Oridion's capnographs.
 *
 * Easy to get wrong: no command that they take here needs any stuffing.
 */
#include "tests/sim/oridion.h"

static size_t
put_stuffed(uint8_t *out, uint8_t b)
{
	if (b != 0x80 && b != 0x85) {
		out[0] = b;
		return 1;
	}
	out[0] = 0x80;
	out[1] = b & 0x0f;
	return 2;
}

size_t
oridion_put(uint8_t *out, uint8_t code, const uint8_t *data, size_t n)
{
	uint8_t length = (uint8_t)(n + 1), check = length ^ code;
	size_t used = 1;

	out[0] = 0x85;
	used += put_stuffed(out + used, length);
	used += put_stuffed(out + used, code);
	for (size_t i = 0; i < n; i++) {
		check ^= data[i];
		used += put_stuffed(out + used, data[i]);
	}
	return used + put_stuffed(out + used, check);
}

int
oridion_hear(struct oridion_ear *e, uint8_t b)
{
	if (b == 0x85)
		e->n = 0;
	if (e->n == 0 && b != 0x85)
		return -1;
	e->byte[e->n++] = b;
	if (e->n < 4)
		return -1;
	e->n = 0;
	return e->byte[1] == 1 && e->byte[3] == (1 ^ e->byte[2]) ?
	    e->byte[2] : -1;
}

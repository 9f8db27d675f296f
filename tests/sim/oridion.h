/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The frame of Oridion's capnographs, for the simulated ones:
 * nibp-and-small-monitors.md 11a.
 *
 *	85 | length | code | data | XOR; all but the 85 stuffed:
 *	80 becomes 80 00, 85 becomes 80 05
 *
 * Easy to get wrong: the XOR is the same before and after the stuffing.
 */
#ifndef SIM_ORIDION_H
#define SIM_ORIDION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Puts one frame; 'out' has room for 5 + 2 n bytes and more.  Its length. */
size_t oridion_put(uint8_t *out, uint8_t code, const uint8_t *data, size_t n);

/* A command without data, byte by byte.  Begins all zero. */
struct oridion_ear {
	uint8_t byte[4];
	size_t n;
};

/* Takes one byte; the command that it completes, or -1. */
int oridion_hear(struct oridion_ear *e, uint8_t b);

#endif

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The frame that Oridion's capnographs share, by nibp-and-small-monitors.md
 * 11a and 11b:
 *
 *	85 | LEN | CODE | data | CHK
 *	LEN counts CODE and data; CHK is the XOR of LEN..data
 *	after the 85, everything is stuffed: 80 -> 80 00, 85 -> 80 05
 *
 * Easy to get wrong: what a code means differs from one to the other.  Here is
 * only what is the same.
 */
#ifndef DRIVERS_ORIDION_H
#define DRIVERS_ORIDION_H

#include "drivers/driver.h"
#include "drivers/wire.h"

/* LEN, 255 bytes and CHK, each of which may be stuffed. */
#define ORIDION_LONGEST (1 + 2 * 257)

/* For a driver's frame(). */
int oridion_frame(const struct window *w);

/* Takes the window's first n bytes apart: byte 0 of 'out' is the code, its data
 * follow.  DECODE_OK, or why there is nothing to be believed. */
enum decode oridion_take(const struct window *w, size_t n, struct wire *out)
    MUST_CHECK;

/* What both their status bytes say in the same bits of what is measured in the
 * gas: 1 invalid, 2 initialising, 10 self-maintenance, 20 purging, 40 no
 * sampling line, 80 malfunction.  Invalid alone is NO_VALUE; any other says
 * more. */
enum quality oridion_quality(uint8_t status);

/* Whether it is not said yet why there is no value. */
static inline bool
oridion_unexplained(enum quality q)
{
	return quality_has_value(q) || q == QUALITY_NO_VALUE;
}

#endif

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Framing of HL7, for all dialects (multiparameter.md C1,
 * nibp-and-small-monitors.md 8):
 *
 *	0B message 1C 0D		MLLP, a block
 *	MSH|...				bare: up to the next MSH| or silence
 *	<ORU_R01> ... </ORU_R01>	Edan's XML
 *
 * Easy to get wrong: what ends by silence may have lost its end.
 */
#ifndef DRIVERS_HL7_FRAME_H
#define DRIVERS_HL7_FRAME_H

#include "drivers/driver.h"

/* A full message of sixty observations of 130 characters, twice: the longest
 * known has 2.6 KB (17 values, in XML).  What is longer (waves) is passed
 * over. */
#define HL7_LONGEST 16384

/* So long a silence ends a message without a block. */
#define HL7_QUIET_MS 300

/* For a driver's frame(). */
int hl7_frame(const struct window *w, int64_t gap_ms);

/* For driver.begins and .ends: all that hl7_frame() looks for. */
extern const char *const hl7_frame_begins[], *const hl7_frame_ends[];

/* Where the message lies in a frame of n bytes: without its block, and, where it
 * cannot be told to be whole, without a segment that does not end; empty where
 * a block has no end.  Says whether it is XML. */
bool hl7_find_message(const struct window *w, size_t n, size_t *from,
    size_t *to) MUST_CHECK;

#endif

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * When the board rings the terminal's bell: five strokes every 5 s for a high
 * alarm (and for no contact), three every 15 s for a medium one, one stroke in
 * all for a low one.
 *
 * Easy to get wrong: a terminal has one tone, so a priority is told by the
 * number of strokes; and a further alarm begins its pattern at once.
 */
#ifndef CLI_BOARD_BELL_H
#define CLI_BOARD_BELL_H

#include "schemas/code.h"

#define BELL_STROKE_MS 250	/* from one stroke to the next */

struct bell {			/* begins as all zero */
	enum priority priority;
	uint32_t alarms_n;
	int strokes;		/* left in this burst */
	int64_t next_ms;	/* of the next stroke or burst */
};

/* Whether to ring now: the worst that calls, and how many call.  To be asked
 * at least every BELL_STROKE_MS. */
bool bell_due(struct bell *b, int64_t now_ms, enum priority worst,
    uint32_t alarms_n);

#endif

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * When the board rings; see board_bell.h.
 *
 * Easy to get wrong: fewer alarms than before do not start a pattern anew, or
 * every acknowledgement would ring.
 */
#include "cli/board_bell.h"

static const struct {
	int strokes;
	int64_t every_ms;	/* 0: once */
} pattern[PRIORITIES] = {
	[PRIORITY_LOW] = { 1, 0 },
	[PRIORITY_MEDIUM] = { 3, 15000 },
	[PRIORITY_HIGH] = { 5, 5000 },
};

bool
bell_due(struct bell *b, int64_t now_ms, enum priority worst,
    uint32_t alarms_n)
{
	bool anew = worst > b->priority ||
	    (worst == b->priority && alarms_n > b->alarms_n);

	if (anew || worst < b->priority) {
		b->strokes = anew ? pattern[worst].strokes : 0;
		b->next_ms = anew ? now_ms : now_ms + pattern[worst].every_ms;
	}
	b->priority = worst;
	b->alarms_n = alarms_n;
	if (worst == PRIORITY_NONE || now_ms < b->next_ms)
		return false;
	if (b->strokes == 0) {
		if (pattern[worst].every_ms == 0)
			return false;
		b->strokes = pattern[worst].strokes;
	}
	b->strokes--;
	b->next_ms = now_ms + (b->strokes > 0 ? BELL_STROKE_MS :
	    pattern[worst].every_ms);
	return true;
}

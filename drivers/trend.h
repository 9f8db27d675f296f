/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Rows of stored trends, which oximeters print among the live ones when somebody
 * asks for them at their menu: one behind the other, with the times at which they
 * were measured.  Live ones come every 2 s or less often.
 *
 * Easy to get wrong: a reader that stalled gets several live rows at once, too.
 * Those are past and no loss; but the row after them, which may come at once, is
 * live, as its time says.
 */
#ifndef DRIVERS_TREND_H
#define DRIVERS_TREND_H

#include <stdbool.h>
#include <stdint.h>

/* No row that comes sooner after another than this is live, unless its time says
 * so. */
#define TREND_LIVE_MS 1500

enum trend_row {
	TREND_LIVE,
	TREND_UNSURE,	/* its pace is that of live ones, its time is not */
	TREND_STORED,
};

/* What is known of the rows before.  Begins all zero. */
struct trend {
	bool any;		/* there was a row, */
	int64_t row_ms;		/* the last one then, with this time */
	int64_t clock_ms;
	bool any_live;		/* there was one that is not stored, */
	int64_t newest_ms;	/* the last one with this time */
	bool paced;		/* two came at the pace of their times: the */
	int64_t ahead_ms;	/* monitor's clock is so far ahead of ours */
};

/* What the row is that came at t_ms with that time on it.  The times begin anew
 * after day_ms, if not 0, and are less. */
enum trend_row trend_take(struct trend *s, int64_t t_ms, int64_t clock_ms,
    int64_t day_ms);

#endif

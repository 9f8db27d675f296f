/* SPDX-License-Identifier: BSD-2-Clause
 *
 * See trend.h.
 *
 * Easy to get wrong: the first row of a print-out of stored ones comes after a
 * pause, as a live one does.  Its time is older than that of the last live row.
 */
#include "drivers/trend.h"

/* Times are in whole seconds, and a row may be late by some of one. */
#define NEAR_MS 1500

/* How much later a is than b, by the shorter way where times begin anew. */
static int64_t
later(int64_t a, int64_t b, int64_t day_ms)
{
	int64_t ms = a - b;

	if (day_ms <= 0)
		return ms;
	ms %= day_ms;
	if (ms > day_ms / 2)
		return ms - day_ms;
	return ms < -(day_ms / 2) ? ms + day_ms : ms;
}

static bool
near(int64_t a, int64_t b, int64_t day_ms)
{
	int64_t ms = later(a, b, day_ms);

	return ms >= -NEAR_MS && ms <= NEAR_MS;
}

enum trend_row
trend_take(struct trend *s, int64_t t_ms, int64_t clock_ms, int64_t day_ms)
{
	int64_t ahead_ms = clock_ms - t_ms;
	bool soon = s->any && t_ms - s->row_ms < TREND_LIVE_MS;
	bool in_step = s->any && !soon &&
	    near(ahead_ms, s->clock_ms - s->row_ms, day_ms);
	bool on_time = s->paced && near(ahead_ms, s->ahead_ms, day_ms);
	bool old = s->any_live && later(clock_ms, s->newest_ms, day_ms) < 0;

	s->any = true;
	s->row_ms = t_ms;
	s->clock_ms = clock_ms;
	if (in_step) {
		s->paced = true;
		s->ahead_ms = ahead_ms;
	}
	if (!in_step && !on_time && (soon || old))
		return TREND_STORED;
	s->any_live = true;
	s->newest_ms = clock_ms;
	return in_step || on_time ? TREND_LIVE : TREND_UNSURE;
}

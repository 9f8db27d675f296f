/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Reckoning with moments (ms of CLOCK_BOOTTIME) and the spans between them, so
 * that no sum and no difference overflows, whatever the times are.
 *
 * Easy to get wrong: NEVER is a moment like any other, later than all; a span
 * from or to it is only "very long".
 */
#ifndef ALERTS_MOMENT_H
#define ALERTS_MOMENT_H

#include <stdint.h>

#define MOMENT_NEVER INT64_MAX
/* Far beyond every clock; the sum of two such still fits. */
#define MOMENT_FAR (INT64_MAX / 4)

static inline int64_t
moment_bounded(int64_t ms)
{
	return ms > MOMENT_FAR ? MOMENT_FAR : ms < -MOMENT_FAR ? -MOMENT_FAR :
	    ms;
}

/* So much after a moment; what lies beyond all clocks is NEVER. */
static inline int64_t
moment_after(int64_t t_ms, int64_t span_ms)
{
	return t_ms >= MOMENT_FAR || span_ms >= MOMENT_FAR ? MOMENT_NEVER :
	    moment_bounded(t_ms) + moment_bounded(span_ms);
}

/* How long the second moment is after the first; below zero: before it. */
static inline int64_t
moment_between(int64_t from_ms, int64_t to_ms)
{
	return moment_bounded(to_ms) - moment_bounded(from_ms);
}

#endif

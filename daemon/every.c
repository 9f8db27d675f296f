/* SPDX-License-Identifier: BSD-2-Clause
 *
 * See every.h.
 *
 * Easy to get wrong: sd_event_now() is the time at which this turn of the loop
 * began; that is early enough to judge what has passed, and costs no call.
 */
#include "daemon/every.h"

#include <time.h>

uint64_t
every_next(uint64_t due_usec, uint64_t period_usec, uint64_t now_usec)
{
	uint64_t next = due_usec + period_usec;

	if (next <= now_usec)
		next += ((now_usec - next) / period_usec + 1) * period_usec;
	return next;
}

int
every_again(sd_event_source *s, uint64_t due_usec, uint64_t period_ms)
{
	uint64_t now = 0;
	int r = sd_event_now(sd_event_source_get_event(s), CLOCK_BOOTTIME,
	    &now);

	if (r < 0)
		return r;
	r = sd_event_source_set_time(s, every_next(due_usec, period_ms * 1000,
	    now));
	if (r < 0)
		return r;
	return sd_event_source_set_enabled(s, SD_EVENT_ONESHOT);
}

int
every_once(sd_event_source *s, uint64_t delay_usec)
{
	struct timespec t;
	int r;

	clock_gettime(CLOCK_BOOTTIME, &t);
	r = sd_event_source_set_time(s, (uint64_t)t.tv_sec * 1000000 +
	    (uint64_t)t.tv_nsec / 1000 + delay_usec);
	if (r < 0)
		return r;
	return sd_event_source_set_enabled(s, SD_EVENT_ONESHOT);
}

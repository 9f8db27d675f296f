/* SPDX-License-Identifier: BSD-2-Clause
 *
 * See yield.h.
 *
 * Easy to get wrong: without a timer there is no waiting either.
 */
#include "daemon/yield.h"

#include <sched.h>

#include "daemon/every.h"
#include "daemon/journal.h"

#define YIELD_US 2000

static int
on_timer(sd_event_source *source, uint64_t usec, void *arg)
{
	struct yield *y = arg;

	(void)source, (void)usec;
	y->waits = false;
	store_wake(y->store);
	return 0;
}

int
yield_init(struct yield *y, sd_event *loop, struct store *s)
{
	int r;

	*y = (struct yield){ .store = s };
	/* An accuracy of 0 would mean 250 ms. */
	r = sd_event_add_time(loop, &y->timer, CLOCK_BOOTTIME, 0, 1, on_timer,
	    y);
	if (r < 0)
		return r;
	r = sd_event_source_set_enabled(y->timer, SD_EVENT_OFF);
	if (r < 0)
		return r;
	store_defer(s);
	return 0;
}

void
yield_end(struct yield *y)
{
	y->timer = sd_event_source_disable_unref(y->timer);
}

void
yield_to_notice(struct yield *y)
{
	y->noticed = true;
	journal_hold();
}

bool
yield_turn(struct yield *y)
{
	bool set = false;

	if (y->noticed) {
		/* Woken by us, the notifier mostly has to wait for this very
		 * processor. */
		sched_yield();
		journal_release();
	}
	if (y->noticed && !y->waits)
		set = y->waits = every_once(y->timer, YIELD_US) >= 0;
	y->noticed = false;
	if (!y->waits)
		store_wake(y->store);
	return set;
}

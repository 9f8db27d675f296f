/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A notice that was handed out goes before all else.  At the end of its turn
 * of the loop the processor is left to whoever waits for it, mostly the notifier;
 * lines for the journal that came up in that turn wait until then, and the log's
 * thread, which is woken at the end of any other turn, is woken 2 ms later.  The
 * notice's record and that of its delivery then often go into one commit, too.
 *
 * Easy to get wrong: it never waits longer, however many notices follow.
 */
#ifndef DAEMON_YIELD_H
#define DAEMON_YIELD_H

#include <stdbool.h>
#include <systemd/sd-event.h>

#include "daemon/store.h"

struct yield {
	struct store *store;
	sd_event_source *timer;
	bool noticed;		/* this turn handed out a notice */
	bool waits;		/* the timer will wake the store */
};

/* 0 or negative errno.  From now on only this wakes the store's thread. */
int yield_init(struct yield *y, sd_event *loop, struct store *s) MUST_CHECK;
void yield_end(struct yield *y);

/* A notice was handed out. */
void yield_to_notice(struct yield *y);

/* The turn is over.  True if a timer was set (daemon/loop.h). */
bool yield_turn(struct yield *y);

#endif

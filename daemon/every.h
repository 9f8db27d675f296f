/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Timers of the event loop: again and again without drift, and once.
 *
 * Easy to get wrong: "in 2 s from now" adds the time that the loop took to get
 * here, each time; after an hour that is seconds.  This keeps to the grid.
 */
#ifndef DAEMON_EVERY_H
#define DAEMON_EVERY_H

#include <stdint.h>
#include <systemd/sd-event.h>

/* From the handler of a timer on CLOCK_BOOTTIME, with the time it was due at
 * (its second argument): due again period_ms after that.  What is past already
 * is left out, so that a long sleep is not made good by a burst. */
int every_again(sd_event_source *s, uint64_t due_usec, uint64_t period_ms);

/* Once, delay_usec from now by the clock itself: sd-event's own relative times
 * count from when it last looked, which is long ago where only lines were
 * served since (daemon/loop.h).  Of a timer on CLOCK_BOOTTIME. */
int every_once(sd_event_source *s, uint64_t delay_usec);

/* The grid alone: the first due_usec + n * period (n >= 1) after now_usec. */
uint64_t every_next(uint64_t due_usec, uint64_t period_usec,
    uint64_t now_usec);

#endif

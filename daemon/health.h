/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Watches what the alarms stand on: the log and its disk, the wall clock, and
 * that the daemon itself still turns.  What is wrong becomes a condition of
 * the box (T7, T9 and their kin); that all turns is told to systemd's watchdog.
 *
 * Easy to get wrong: the log is never judged by the watchdog.  A stuck disk is
 * an alarm; a kill would silence the other alarms and mend no disk.
 */
#ifndef DAEMON_HEALTH_H
#define DAEMON_HEALTH_H

#include <systemd/sd-event.h>

#include "daemon/hub.h"
#include "daemon/port.h"
#include "daemon/store.h"

struct health;

/* Looks every second from the loop's next turn on.  Everything given must
 * outlive it; the ports_n ports need only be there when the loop turns. */
int health_new(struct health **out, sd_event *loop, const struct now *started,
    struct hub *hub, struct store *store, struct port *const *port,
    size_t ports_n) MUST_CHECK;
void health_free(struct health *h);

/* Whether the wall clock was synchronised when it last looked. */
bool health_synced(const struct health *h);

/* The store has something to say: not to wait for the next second. */
void health_look_at_log(struct health *h, const struct now *now);

#endif

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The monitors' own alarms: what each says it alarms of now, kept for the
 * screens, and each change of it as a record.  Only
 * hub.c and hub_statement.c change it.
 *
 * Easy to get wrong: these are the monitor's words and the monitor's judgement.
 * Nothing here raises, latches, acknowledges or sends anything; and a list that
 * is not known is no empty list.
 */
#ifndef DAEMON_HUB_RELAY_H
#define DAEMON_HUB_RELAY_H

#include "daemon/hub_state.h"

/* The hub's memory for that port; NULL: its driver relays none. */
struct hub_relay *hub_relay_of(const struct hub *h, const struct hub_port *p);

/* A frame came in which the list is told, or told to be unknown. */
void hub_relay_take(struct hub *h, struct hub_port *p,
    const struct monitor_alarms *a);

/* The port is lost or silent: the list is forgotten. */
void hub_relay_forget(struct hub *h, struct hub_port *p, const char *why);

/* A session begins on the bed: what its monitors alarm of is told anew, so that
 * its record holds it. */
void hub_relay_begin(struct hub *h, struct hub_bed *b);

/* What a minute held back is told when it is over (hub_bed_next_ms()). */
void hub_relay_tick(struct hub *h, struct hub_bed *b);

#endif

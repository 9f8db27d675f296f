/* SPDX-License-Identifier: BSD-2-Clause
 *
 * control.sock: accepts staff's programs, checks who they are, answers their
 * requests (docs/protocol.md), and keeps watchers up to date.
 *
 * Easy to get wrong: a request that changes something takes effect at once and
 * is answered when its record is committed, or after 2 s with
 * "durable": false.  A peer that does not read is dropped, never waited for.
 */
#ifndef DAEMON_CONTROL_H
#define DAEMON_CONTROL_H

#include <systemd/sd-event.h>

#include "daemon/control_host.h"

#define CONTROL_CLIENTS 64
#define CONTROL_TICK_MS 2000
#define CONTROL_STATE_MS 250	/* states go to watchers at most so often */
#define CONTROL_REST_MS 10	/* one page of a state after the other */

struct control;

/* Listens on 'path' with mode 0666: who may do what is decided by the roles
 * table, not by the file. */
int control_new(struct control **out, sd_event *loop, const char *path,
    const struct control_host *host) MUST_CHECK;
void control_free(struct control *c);

/* A reload put another configuration in place. */
void control_reconfigure(struct control *c, const struct config *config);

/* Something that a screen shows changed on that bed (beds_n: of the box);
 * urgent: an alarm did.  True if a timer was set (daemon/loop.h). */
bool control_changed(struct control *c, size_t bed, bool urgent);

/* The store reported: answers that waited for it may go out. */
void control_stored(struct control *c);

/* Raw bytes of a port that somebody records. */
void control_bytes(struct control *c, size_t port, int64_t t_ms, bool sent,
    const uint8_t *p, size_t n);

#endif

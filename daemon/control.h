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

#include "daemon/config.h"
#include "daemon/hub.h"
#include "daemon/outbox.h"
#include "daemon/port.h"
#include "daemon/store.h"

#define CONTROL_CLIENTS 64
#define CONTROL_TICK_MS 2000
#define CONTROL_DURABLE_MS 2000
#define CONTROL_STATE_MS 250	/* states go to watchers at most so often */

/* What the socket may ask of the daemon; all of it outlives the control. */
struct control_host {
	void *arg;
	struct hub *hub;
	const struct config *config;
	struct port **port;	/* config->ports_n of them; NULL entries while
				 * starting */
	struct store *store;
	struct outbox *outbox;
	struct now started;
	/* The ticket of the last record handed to the store (0: refused). */
	uint64_t (*ticket)(void *arg);
	/* The id of the next session on that bed ("20261121-CHAIR3-1"). */
	void (*session_id)(void *arg, size_t bed, int64_t wall_ms,
	    char out[SESSION_ID_MAX]);
	/* Reads the configuration again; false: the running one stays, and
	 * these are the complaints. */
	bool (*reload)(void *arg, struct complaints *why);
};

struct control;

/* Listens on 'path' with mode 0666: who may do what is decided by the roles
 * table, not by the file. */
int control_new(struct control **out, sd_event *loop, const char *path,
    const struct control_host *host) MUST_CHECK;
void control_free(struct control *c);

/* A reload put another configuration in place. */
void control_reconfigure(struct control *c, const struct config *config);

/* Something that a screen shows changed; urgent: an alarm did. */
void control_changed(struct control *c, bool urgent);

/* The store reported: answers that waited for it may go out. */
void control_stored(struct control *c);

/* Raw bytes of a port that somebody records. */
void control_bytes(struct control *c, size_t port, int64_t t_ms, bool sent,
    const uint8_t *p, size_t n);

#endif

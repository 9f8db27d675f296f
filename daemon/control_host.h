/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the control socket is given of the daemon: the parts that it shows, and
 * the few things that only the service can do.
 *
 * Easy to get wrong: the config pointer changes with a reload
 * (control_reconfigure); nothing may keep a pointer into it.
 */
#ifndef DAEMON_CONTROL_HOST_H
#define DAEMON_CONTROL_HOST_H

#include "daemon/config.h"
#include "daemon/hub.h"
#include "daemon/outbox.h"
#include "daemon/port.h"
#include "daemon/store.h"

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
	/* The ticket of the last statement handed to the store; 0 if one since
	 * the last question was refused. */
	uint64_t (*ticket)(void *arg);
	/* The id of the next session on that bed ("20261121-CHAIR3-1"). */
	void (*session_id)(void *arg, size_t bed, int64_t wall_ms,
	    char out[SESSION_ID_MAX]);
	/* Reads the configuration again; false: the running one stays, and
	 * these are the complaints. */
	bool (*reload)(void *arg, struct complaints *why);
};

#endif

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The durable outbox: makes a notice of each alarm change for each channel
 * that wants it, logs it, hands it to vitals-notify over notify.sock in the
 * same turn, and offers it again until its delivery was reported.
 *
 * Easy to get wrong: the notifier is another process that may be absent, slow
 * or stuck.  Nothing here waits for it; what is not confirmed in time is
 * trouble (T8), told once per channel.
 */
#ifndef DAEMON_OUTBOX_H
#define DAEMON_OUTBOX_H

#include <systemd/sd-event.h>

#include "alerts/board.h"
#include "daemon/config.h"

#define OUTBOX_MAX 20000	/* notices that wait; beyond, the oldest of the
				 * least urgent gives way (the new one, if it is
				 * less urgent than all), and that is noted */
#define OUTBOX_HEARTBEAT_MS 10000

struct outbox;

struct outbox_sink {
	void *arg;
	/* The moment; clock_now() but in tests. */
	struct now (*now)(void *arg);
	/* A NOTICE (of the same moment as its alarm change) or DELIVERY to be
	 * logged. */
	void (*record)(void *arg, const struct now *now,
	    const struct record *r, bool urgent);
	/* T8: notices on this channel do not get through, or do again. */
	void (*trouble)(void *arg, const char *channel, bool holds,
	    const char *why);
	/* What the heartbeat says. */
	enum priority (*worst)(void *arg);
	size_t (*sessions)(void *arg);
};

/* Listens on 'path' (removed first if it is a stale socket), mode 0660.
 * 'ids' gives the keys. */
int outbox_new(struct outbox **out, sd_event *loop, const char *path,
    const struct config *c, struct id_source *ids,
    const struct outbox_sink *sink) MUST_CHECK;
void outbox_free(struct outbox *o);

/* Takes the channels and times of a reloaded configuration. */
void outbox_reload(struct outbox *o, const struct config *c);

/* Made before this start and not delivered; before the notifier connects.
 * Those for a channel that there is no more are left in the log. */
void outbox_restore(struct outbox *o, const struct notice *n, size_t count);

/* An alarm changed. */
void outbox_alarm(struct outbox *o, const struct now *now,
    const struct alarm_change *c, const char *label);

struct outbox_status {
	bool connected;
	size_t waiting;		/* notices not yet delivered */
	uint64_t delivered;	/* since the start */
};
void outbox_status(const struct outbox *o, struct outbox_status *out);

#endif

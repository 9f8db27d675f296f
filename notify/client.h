/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The notifier's side of notify.sock: takes notices from vitalsd, hands each
 * to its channel, and reports how every attempt ended.
 *
 * Easy to get wrong: the notifier keeps nothing on disk.  What is in doubt is
 * left to vitalsd, which offers everything undelivered again after each
 * connection; so to close and connect anew is always safe.
 */
#ifndef NOTIFY_CLIENT_H
#define NOTIFY_CLIENT_H

#include "notify/config.h"

#include <systemd/sd-event.h>

struct client;

/* Starts the channels and, from now on, connects to 'socket_path' for ever.
 * 'config' must outlive the process's use of the channels.  0 or negative
 * errno. */
int client_start(sd_event *event, const char *socket_path,
    const struct notify_config *config, struct client **out) MUST_CHECK;

/* Stops the channels, which may take at most wait_ms in all, reports the last
 * results and frees the client.  -ETIMEDOUT: a channel's thread is stuck, and
 * the process must end without freeing what it uses. */
int client_stop(struct client *c, int64_t wait_ms) MUST_CHECK;

#endif

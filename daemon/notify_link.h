/* SPDX-License-Identifier: BSD-2-Clause
 *
 * notify.sock: listens there, lets the notifier in (and only it), and carries
 * lines to and fro.  What the lines say is the outbox's concern.
 *
 * Easy to get wrong: there is one connection.  A new one replaces it, as the
 * old one may be that of a notifier that was killed or hangs; sink.gone tells
 * so before the new one says its first word.
 */
#ifndef DAEMON_NOTIFY_LINK_H
#define DAEMON_NOTIFY_LINK_H

#include <systemd/sd-event.h>

#include "daemon/journal.h"
#include "daemon/lines.h"

struct notify_link_sink {
	void *arg;
	void (*line)(void *arg, const char *line, size_t n);
	/* What waited was taken, in whole or in part. */
	void (*writable)(void *arg);
	/* The connection was dropped; may come from within a send. */
	void (*gone)(void *arg);
};

struct notify_link {
	sd_event *loop;
	sd_event_source *listener, *peer;
	int listen_fd, fd;	/* fd is -1: nobody is connected */
	struct journal_limit refused, changed;	/* lines about that */
	char path[108];
	struct lines lines;
	struct notify_link_sink sink;
};

/* Listens on 'path', mode 0660.  To be closed after a failure, too. */
int notify_link_open(struct notify_link *l, sd_event *loop, const char *path,
    const struct notify_link_sink *sink) MUST_CHECK;

/* The sink is not told. */
void notify_link_close(struct notify_link *l);

bool notify_link_up(const struct notify_link *l);

/* Something waits to be sent. */
bool notify_link_busy(const struct notify_link *l);

/* Sends a message and the line that belongs to it to the notifier, which must
 * be connected; one that does not read is dropped. */
void notify_link_send(struct notify_link *l, const char *head, size_t head_n,
    const char *body, size_t body_n);

/* Ends the connection, if there is one; 'why' goes to the journal. */
void notify_link_drop(struct notify_link *l, const char *why);

#endif

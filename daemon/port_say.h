/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What a port says in the journal: one line when its monitor is no longer
 * read, one when it is read again, with how long that took and how many
 * attempts; never one for each attempt or frame.
 *
 * Easy to get wrong: a port that comes and goes without end changes its state
 * without end too, so there is a bound on lines as well; what it holds back is
 * counted, and the count is told.
 */
#ifndef DAEMON_PORT_SAY_H
#define DAEMON_PORT_SAY_H

#include <stddef.h>

#include "daemon/config.h"
#include "drivers/stream.h"

#define PORT_SAY_LINES 10	/* of one port, in PORT_SAY_SPAN_MS at most */
#define PORT_SAY_SPAN_MS 60000
#define PORT_SAY_SILENT_MS 10000	/* or the driver's silent_after_ms */

struct port_say {
	const struct config_port *port;
	bool down;		/* since down_ms, and the log knows */
	int64_t down_ms;
	unsigned attempts_n;	/* to open it, since */
	int error;		/* of the last attempt that was told */
	bool silent;		/* open, but nothing readable; told */
	int64_t silent_ms;
	bool blocked;		/* it takes no bytes; told */
	int64_t span_ms;	/* lines are counted from here */
	unsigned lines_n;
};

/* 'port' must outlive it. */
void port_say_init(struct port_say *s, const struct config_port *port);

/* The line was lost; 'error' (negative) by what, 'why' in words. */
void port_say_lost(struct port_say *s, int64_t now_ms, int error,
    const char *why);
/* An attempt to open it failed. */
void port_say_failed(struct port_say *s, int64_t now_ms, int error,
    const char *why);
/* It is open, on that device. */
void port_say_open(struct port_say *s, int64_t now_ms, const char *device);

/* Time has passed on a line that is open since since_ms: tells if the monitor
 * is not understood, and when it is again. */
void port_say_heard(struct port_say *s, int64_t now_ms, int64_t since_ms,
    const struct stream *stream);

/* The monitor takes no bytes (any more), or does again. */
void port_say_blocked(struct port_say *s, int64_t now_ms, bool blocked);

/* Modem commands were found among its bytes. */
void port_say_modem(struct port_say *s, int64_t now_ms);

/* Now and then: what was held back is told when its minute is over. */
void port_say_tick(struct port_say *s, int64_t now_ms);

#endif

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Retention: readings older than the clinic wants to keep are removed, whole
 * segments at a time, the oldest first, each leaving a record (EVENT_REMOVED).
 * Statements, alarms, deliveries and events stay for ever.
 *
 * Easy to get wrong: a wrong clock must never remove anything.  A segment is
 * old when a later one, begun while the clock was synchronised, is so old; and
 * nothing is removed while the clock is not synchronised now.
 */
#ifndef DAEMON_STORE_KEEP_H
#define DAEMON_STORE_KEEP_H

#include "daemon/store_db.h"

struct store_keep {
	int64_t segment;	/* that is being counted; 0: none */
	int64_t rows, row;	/* its last row, and how far that is */
	int64_t counted;
};

/* Does a slice of work outside any transaction; 1: there is more to do now, 0:
 * there is nothing to be removed, else negative errno. */
int store_keep_step(struct store_keep *k, struct store_db *d,
    const struct now *now) MUST_CHECK;

/* Forgets what was begun: the connection goes away. */
void store_keep_stop(struct store_keep *k);

#endif

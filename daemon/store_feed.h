/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Readings that wait to be stored, as a table that SQLite can read: one
 * statement then stores many (INSERT ... SELECT), which costs it half of what
 * as many statements with eight parameters each do.
 *
 * Easy to get wrong: the table shows what store_db.feed points at while the
 * statement runs; nothing is copied.
 */
#ifndef DAEMON_STORE_FEED_H
#define DAEMON_STORE_FEED_H

#include "daemon/store_db.h"

/* The columns of a reading but for its row, from a table of this name. */
#define STORE_FEED_COLUMNS "port, t_ms, vital, quality, flags, value, age_ms"
#define STORE_FEED_TABLE "feed"

/* Makes the table known to the connection, which keeps 'd' for as long as it
 * is open. */
int store_feed_register(struct store_db *d) MUST_CHECK;

#endif

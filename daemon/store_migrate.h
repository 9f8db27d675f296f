/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Bringing an older log up to this version.
 *
 * Easy to get wrong: the migrations run in the transaction of the start, so
 * that all or nothing of them is there; the copy of the older log is made
 * before, and only where that is quickly done, since monitoring waits for it.
 */
#ifndef DAEMON_STORE_MIGRATE_H
#define DAEMON_STORE_MIGRATE_H

#include "daemon/store_db.h"

#define STORE_MIGRATED_TEXT 200

/* Outside any transaction: keeps a copy of an older log as it is, log.db.
 * version-N beside it.  said: a sentence on it, "" where there is nothing to
 * migrate.  A copy that cannot be made is no failure. */
int store_migrate_prepare(struct store_db *d, char said[STORE_MIGRATED_TEXT])
    MUST_CHECK;

/* Within a transaction: all that is missing. */
int store_migrate(struct store_db *d) MUST_CHECK;

#endif

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Readings and records into the log, within a transaction.
 *
 * Easy to get wrong: a statement may do more than add its row: a session that
 * starts, ends or is corrected moves its span.
 */
#ifndef DAEMON_STORE_WRITE_H
#define DAEMON_STORE_WRITE_H

#include "daemon/store_db.h"
#include "daemon/store_queue.h"

/* Stores the first of n readings and those after it that one statement can
 * take along; *stored tells how many.  -EINVAL: one of them can never be
 * stored, and none was; else as store_db_fail(). */
int store_write_readings(struct store_db *d, const struct queued_reading *r,
    size_t n, size_t *stored) MUST_CHECK;
/* -EINVAL: this one can never be stored; else as store_db_fail(). */
int store_write_record(struct store_db *d, const struct now *now,
    const struct record *r) MUST_CHECK;

#endif

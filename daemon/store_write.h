/* SPDX-License-Identifier: BSD-2-Clause
 *
 * One reading or record into the log, within a transaction.
 *
 * Easy to get wrong: a statement may do more than add its row: a session that
 * starts, ends or is corrected moves its span.
 */
#ifndef DAEMON_STORE_WRITE_H
#define DAEMON_STORE_WRITE_H

#include "daemon/store_db.h"

/* -EINVAL: this one can never be stored; else as store_db_fail(). */
int store_write_reading(struct store_db *d, const struct now *now,
    size_t port, const struct reading *r) MUST_CHECK;
int store_write_record(struct store_db *d, const struct now *now,
    const struct record *r) MUST_CHECK;

#endif

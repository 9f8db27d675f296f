/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Reading rows of the log, column after column.
 *
 * Easy to get wrong: *i is the column to be read and moves on by one with each
 * call, so the order of the calls is the order of the columns.
 */
#ifndef DAEMON_STORE_ROW_H
#define DAEMON_STORE_ROW_H

#include <sqlite3.h>

#include "daemon/store_db.h"

/* 0 or negative errno; sqlite3_finalize(*st) in both cases. */
int store_row_prepare(struct store_db *d, const char *sql, sqlite3_stmt **st)
    MUST_CHECK;

/* 1: there is a row; 0: no more; or negative errno. */
int store_row_next(struct store_db *d, sqlite3_stmt *st) MUST_CHECK;

/* Cut off at the size; "" for NULL. */
void store_row_text(sqlite3_stmt *st, int *i, char *out, size_t size);

/* 0 for NULL. */
int64_t store_row_int(sqlite3_stmt *st, int *i);

/* All zero for NULL and for what is no id. */
struct event_id store_row_id(sqlite3_stmt *st, int *i);

#endif

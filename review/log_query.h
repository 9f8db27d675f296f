/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Opening the log as a reader, and small helpers to ask it.
 *
 * Easy to get wrong: a reader opens a log in WAL mode through log.db-shm.  Where
 * that file is missing and the reader may not make it, the log cannot be read
 * without risk while a writer may be there, and is refused with the reason.
 */
#ifndef REVIEW_LOG_QUERY_H
#define REVIEW_LOG_QUERY_H

#include <sqlite3.h>

#include "schemas/record.h"

#define LOG_ERROR 512

/* Opens the log of that path, to be read only.  0 or negative errno with a
 * sentence: -ENOENT, -EACCES, -EPROTO for a log of a newer version, -EBADMSG
 * for a damaged one or another kind of file. */
int log_open(sqlite3 **out, const char *path, char error[LOG_ERROR]) MUST_CHECK;
void log_close(sqlite3 *db);

struct log_query {
	sqlite3 *db;
	char *error;		/* LOG_ERROR bytes */
	bool no_memory;
};

/* Writes the sentence and returns r. */
int log_complain(char *error, int r, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Prepares a query and binds its arguments: 't' a text, 'i' an int64_t.  NULL
 * on failure, which log_next() reports. */
sqlite3_stmt *log_prepare(sqlite3 *db, const char *sql, const char *types, ...);

/* True while there are rows; at the end it frees 'q'.  *r keeps an error. */
bool log_next(struct log_query *y, sqlite3_stmt *q, int *r);

void log_take_text(sqlite3_stmt *q, int column, char *out, size_t cap);
struct event_id log_take_id(sqlite3_stmt *q, int column);

/* Makes room for one more item of 'size' bytes at the end of a list and clears
 * it; NULL notes that memory is short. */
void *log_grow(struct log_query *y, void *list, size_t *n, size_t size);

#endif

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * See store_row.h.
 *
 * Easy to get wrong: SQLite's text of a NULL is a null pointer, and its int is
 * 0; whoever must tell NULL from 0 asks sqlite3_column_type() first.
 */
#include "daemon/store_row.h"

#include <stdio.h>

int
store_row_prepare(struct store_db *d, const char *sql, sqlite3_stmt **st)
{
	int rc = sqlite3_prepare_v2(d->sql, sql, -1, st, NULL);

	return rc == SQLITE_OK ? 0 : store_db_fail(d, rc);
}

int
store_row_next(struct store_db *d, sqlite3_stmt *st)
{
	int rc = sqlite3_step(st);

	if (rc == SQLITE_ROW)
		return 1;
	return rc == SQLITE_DONE ? 0 : store_db_fail(d, rc);
}

void
store_row_text(sqlite3_stmt *st, int *i, char *out, size_t size)
{
	const unsigned char *s = sqlite3_column_text(st, *i);

	snprintf(out, size, "%s", s ? (const char *)s : "");
	++*i;
}

int64_t
store_row_int(sqlite3_stmt *st, int *i)
{
	return sqlite3_column_int64(st, (*i)++);
}

struct event_id
store_row_id(sqlite3_stmt *st, int *i)
{
	const unsigned char *s = sqlite3_column_text(st, (*i)++);
	struct event_id id = { 0 };

	if (s == NULL || !event_id_parse((const char *)s, &id))
		return (struct event_id){ 0 };
	return id;
}

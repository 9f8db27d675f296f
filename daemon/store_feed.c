/* SPDX-License-Identifier: BSD-2-Clause
 *
 * See store_feed.h: the least that SQLite asks of a virtual table that is only
 * ever read from its beginning to its end.
 *
 * Easy to get wrong: memory of a table and of its cursor is SQLite's to see in
 * its own structs, which therefore stand first in ours.
 */
#include "daemon/store_feed.h"
#include "daemon/store_queue.h"

#include <stdlib.h>

/* As in STORE_FEED_COLUMNS. */
enum column { PORT, T_MS, VITAL, QUALITY, FLAGS, VALUE, AGE_MS };

struct table {
	sqlite3_vtab base;
	const struct store_db *d;
};

struct cursor {
	sqlite3_vtab_cursor base;
	const struct store_db *d;
	size_t at;
};

static int
connect_table(sqlite3 *sql, void *arg, int argc, const char *const *argv,
    sqlite3_vtab **out, char **error)
{
	struct table *t = calloc(1, sizeof *t);
	int rc;

	(void)argc, (void)argv, (void)error;
	if (t == NULL)
		return SQLITE_NOMEM;
	t->d = arg;
	rc = sqlite3_declare_vtab(sql, "CREATE TABLE x (" STORE_FEED_COLUMNS
	    ")");
	if (rc != SQLITE_OK) {
		free(t);
		return rc;
	}
	*out = &t->base;
	return SQLITE_OK;
}

static int
disconnect_table(sqlite3_vtab *table)
{
	free(table);
	return SQLITE_OK;
}

static int
plan(sqlite3_vtab *table, sqlite3_index_info *info)
{
	(void)table, (void)info;
	return SQLITE_OK;
}

static int
open_cursor(sqlite3_vtab *table, sqlite3_vtab_cursor **out)
{
	struct cursor *c = calloc(1, sizeof *c);

	if (c == NULL)
		return SQLITE_NOMEM;
	c->d = ((struct table *)table)->d;
	*out = &c->base;
	return SQLITE_OK;
}

static int
close_cursor(sqlite3_vtab_cursor *cursor)
{
	free(cursor);
	return SQLITE_OK;
}

static int
begin(sqlite3_vtab_cursor *cursor, int number, const char *name, int argc,
    sqlite3_value **argv)
{
	(void)number, (void)name, (void)argc, (void)argv;
	((struct cursor *)cursor)->at = 0;
	return SQLITE_OK;
}

static int
next(sqlite3_vtab_cursor *cursor)
{
	((struct cursor *)cursor)->at++;
	return SQLITE_OK;
}

static int
is_over(sqlite3_vtab_cursor *cursor)
{
	const struct cursor *c = (struct cursor *)cursor;

	return c->at >= c->d->feed_n;
}

static int
get_column(sqlite3_vtab_cursor *cursor, sqlite3_context *out, int column)
{
	const struct cursor *c = (struct cursor *)cursor;
	const struct queued_reading *r = &c->d->feed[c->at];

	switch ((enum column)column) {
	case PORT:
		sqlite3_result_int64(out, c->d->port[r->port]);
		break;
	case T_MS:
		sqlite3_result_int64(out, r->now.t_ms);
		break;
	case VITAL:
		sqlite3_result_int64(out, r->reading.vital);
		break;
	case QUALITY:
		sqlite3_result_int64(out, r->reading.quality);
		break;
	case FLAGS:
		sqlite3_result_int64(out, r->reading.flags);
		break;
	case VALUE:
		if (reading_has_value(&r->reading))
			sqlite3_result_int64(out, r->reading.value);
		break;		/* NULL */
	case AGE_MS:
		sqlite3_result_int64(out, r->reading.age_ms);
		break;
	}
	return SQLITE_OK;
}

static int
get_rowid(sqlite3_vtab_cursor *cursor, sqlite3_int64 *out)
{
	*out = (sqlite3_int64)((struct cursor *)cursor)->at;
	return SQLITE_OK;
}

int
store_feed_register(struct store_db *d)
{
	/* Without xCreate: it is there without being made, and in no file. */
	static const sqlite3_module module = {
		.xConnect = connect_table,
		.xDisconnect = disconnect_table,
		.xBestIndex = plan,
		.xOpen = open_cursor,
		.xClose = close_cursor,
		.xFilter = begin,
		.xNext = next,
		.xEof = is_over,
		.xColumn = get_column,
		.xRowid = get_rowid,
	};
	int rc = sqlite3_create_module_v2(d->sql, STORE_FEED_TABLE, &module, d,
	    NULL);

	return rc == SQLITE_OK ? 0 : store_db_fail(d, rc);
}

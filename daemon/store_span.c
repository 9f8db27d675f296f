/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Segments and spans.
 *
 * Easy to get wrong: t_ms never falls within a segment, since a segment holds
 * readings of one boot; that is why a moment is found by halving.
 */
#include "daemon/store_span.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Terms of the view 'readings': SQLite takes 500 in a compound SELECT. */
#define VIEW_SEGMENTS 100
/* So that a segment can be dropped at once (store_keep.c), on whatever box. */
#define SEGMENT_ROWS (4 << 20)

static int
put_edge(struct store_db *d, const struct now *now, const char *session,
    int64_t segment, const char *edge, int64_t row)
{
	sqlite3_stmt *st = NULL;
	int i = 0, err = store_db_prepare(d, DB_SPAN,
	    "INSERT INTO span VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", &st);

	if (err < 0)
		return err;
	store_put_stamp(d, st, &i, now);
	store_put_text(st, &i, session);
	store_put_int(st, &i, segment);
	store_put_text(st, &i, edge);
	store_put_int(st, &i, row);
	return store_db_step(d, st);
}

/* The edges that the log has for a session in a segment; -1 for none. */
static int
get_edges(struct store_db *d, const char *session, int64_t segment,
    int64_t *first, int64_t *last)
{
	sqlite3_stmt *st = NULL;
	int i = 0, rc, err = store_db_prepare(d, DB_SPAN_EDGES,
	    "SELECT ifnull(min(row) FILTER (WHERE edge = 'first'), -1),"
	    " ifnull(max(row) FILTER (WHERE edge = 'last'), -1)"
	    " FROM span WHERE session = ? AND segment = ?", &st);

	if (err < 0)
		return err;
	store_put_text(st, &i, session);
	store_put_int(st, &i, segment);
	rc = sqlite3_step(st);
	if (rc == SQLITE_ROW) {
		*first = sqlite3_column_int64(st, 0);
		*last = sqlite3_column_int64(st, 1);
	} else {
		err = store_db_fail(d, rc);
	}
	sqlite3_reset(st);
	return err;
}

/* Makes the table, guarded like the record tables (schemas/001-log.sql). */
static int
make_table(struct store_db *d, const char *name)
{
	char sql[1200];

	snprintf(sql, sizeof sql,
	    "CREATE TABLE %1$s (row INTEGER PRIMARY KEY, port INTEGER NOT NULL,"
	    " t_ms INTEGER NOT NULL, vital INTEGER NOT NULL,"
	    " quality INTEGER NOT NULL, flags INTEGER NOT NULL, value INTEGER,"
	    " age_ms INTEGER NOT NULL);"
	    "CREATE TRIGGER %1$s_update BEFORE UPDATE ON %1$s"
	    " BEGIN SELECT RAISE(ABORT, 'the log is never edited'); END;"
	    "CREATE TRIGGER %1$s_delete BEFORE DELETE ON %1$s"
	    " BEGIN SELECT RAISE(ABORT, 'the log is never edited'); END;"
	    "CREATE TRIGGER %1$s_replace BEFORE INSERT ON %1$s"
	    " WHEN EXISTS (SELECT 1 FROM %1$s WHERE row = NEW.row)"
	    " BEGIN SELECT RAISE(ABORT, 'the log is never edited'); END;",
	    name);
	return store_db_run(d, sql);
}

/* The view 'readings' over the newest segments, but none below 'oldest'. */
static int
make_view(struct store_db *d, int64_t oldest, int64_t newest)
{
	static const char head[] = "DROP VIEW IF EXISTS readings;"
	    "CREATE VIEW readings AS SELECT r.segment, r.row, strftime("
	    "'%Y-%m-%dT%H:%M:%fZ', (r.t_ms + ifnull((SELECT c.wall_ms - c.t_ms"
	    " FROM clock c JOIN start s ON s.seq = c.start"
	    " WHERE s.boot_id = b.boot_id AND c.t_ms <= r.t_ms"
	    " ORDER BY c.seq DESC LIMIT 1), g.wall_ms - g.t_ms)) / 1000.0,"
	    " 'unixepoch') AS at, p.bed, p.name AS port, p.driver,"
	    " v.name AS vital, CASE v.per_unit WHEN 1 THEN r.value"
	    " ELSE r.value * 1.0 / v.per_unit END AS value, v.ucum AS unit,"
	    " (SELECT word FROM code WHERE family = 'quality'"
	    " AND n = r.quality) AS quality, r.flags & 1 AS demo, r.age_ms,"
	    " b.boot_id, r.t_ms FROM (";
	static const char tail[] = ") r JOIN segment g ON g.n = r.segment"
	    " JOIN start b ON b.seq = g.start JOIN port p ON p.n = r.port"
	    " JOIN vital v ON v.n = r.vital;";
	sqlite3_str *s = sqlite3_str_new(d->sql);
	char *sql;
	int err;

	if (oldest <= newest - VIEW_SEGMENTS)
		oldest = newest - VIEW_SEGMENTS + 1;
	sqlite3_str_appendall(s, head);
	for (int64_t n = oldest; n <= newest; n++)
		sqlite3_str_appendf(s, "%sSELECT %lld AS segment, *"
		    " FROM reading_%06lld", n > oldest ? " UNION ALL " : "",
		    (long long)n, (long long)n);
	sqlite3_str_appendall(s, tail);
	sql = sqlite3_str_finish(s);
	if (sql == NULL)
		return store_db_fail(d, SQLITE_NOMEM);
	err = store_db_run(d, sql);
	sqlite3_free(sql);
	return err;
}

static int
put_segment(struct store_db *d, const struct now *now, int64_t n,
    const char *name)
{
	sqlite3_stmt *st = NULL;
	int i = 0, err, rc = sqlite3_prepare_v2(d->sql,
	    "INSERT INTO segment VALUES (?, ?, ?, ?, ?, ?)", -1, &st, NULL);

	if (rc != SQLITE_OK)
		return store_db_fail(d, rc);
	store_put_int(st, &i, n);
	store_put_int(st, &i, d->start);
	store_put_int(st, &i, now->t_ms);
	store_put_int(st, &i, now->wall_ms);
	store_put_int(st, &i, now->synced);
	store_put_text(st, &i, name);
	err = store_db_step(d, st);
	sqlite3_finalize(st);
	return err;
}

/* Ends the open sessions' spans in the last segment of the log, whatever boot
 * it is of, and begins them in the new one. */
static int
carry_over(struct store_db *d, const struct now *now, int64_t segment)
{
	int64_t first = -1, last = -1, rows = 0;
	char sql[128];
	int err = 0;

	if (segment > 1) {
		snprintf(sql, sizeof sql,
		    "SELECT max(row) FROM reading_%06" PRId64, segment - 1);
		err = store_db_number(d, sql, NULL, 0, &rows);
	}
	for (size_t i = 0; err == 0 && i < d->open_n; i++) {
		if (segment > 1)
			err = get_edges(d, d->open[i], segment - 1, &first,
			    &last);
		if (err == 0 && first >= 0 && last < 0)
			err = put_edge(d, now, d->open[i], segment - 1,
			    "last", rows);
		if (err == 0)
			err = put_edge(d, now, d->open[i], segment, "first",
			    1);
	}
	return err;
}

bool
store_span_is_full(const struct store_db *d, const struct now *now,
    int64_t rows)
{
	return d->segment == 0 || rows >= SEGMENT_ROWS ||
	    now->t_ms - d->segment_t_ms >= d->options->segment_ms;
}

int
store_span_segment(struct store_db *d, const struct now *now)
{
	int64_t n = 0;
	char name[32];
	int err;

	if (!store_span_is_full(d, now, d->rows))
		return 0;
	err = store_db_number(d, "SELECT max(n) FROM segment", NULL, 0, &n);
	if (err < 0)
		return err;
	n++;
	snprintf(name, sizeof name, "reading_%06" PRId64, n);
	err = make_table(d, name);
	if (err == 0)
		err = make_view(d, d->oldest, n);
	if (err == 0)
		err = put_segment(d, now, n, name);
	if (err == 0)
		err = carry_over(d, now, n);
	if (err < 0)
		return err;
	sqlite3_finalize(d->prepared[DB_READING]);
	d->prepared[DB_READING] = NULL;
	d->segment = n;
	d->segment_t_ms = now->t_ms;
	d->rows = 0;
	return 0;
}

int
store_span_forget(struct store_db *d, int64_t segment)
{
	int64_t newest = 0;
	int err = store_db_number(d, "SELECT max(n) FROM segment", NULL, 0,
	    &newest);

	if (err < 0 || segment <= newest - VIEW_SEGMENTS)
		return err;
	return make_view(d, segment + 1, newest);
}

/* The first row of a segment at or after t_ms, or rows + 1. */
static int
find_row(struct store_db *d, int64_t segment, int64_t rows, int64_t t_ms,
    int64_t *out)
{
	int64_t low = 1, high = rows + 1;
	sqlite3_stmt *st = NULL;
	char sql[96];
	int err = 0, rc;

	snprintf(sql, sizeof sql, "SELECT t_ms FROM reading_%06" PRId64
	    " WHERE row = ?", segment);
	rc = sqlite3_prepare_v2(d->sql, sql, -1, &st, NULL);
	if (rc != SQLITE_OK)
		return store_db_fail(d, rc);
	while (low < high && err == 0) {
		int64_t middle = low + (high - low) / 2;

		sqlite3_bind_int64(st, 1, middle);
		rc = sqlite3_step(st);
		if (rc != SQLITE_ROW && rc != SQLITE_DONE)
			err = store_db_fail(d, rc);
		else if (rc == SQLITE_ROW && sqlite3_column_int64(st, 0) < t_ms)
			low = middle + 1;
		else
			high = middle;
		sqlite3_reset(st);
	}
	sqlite3_finalize(st);
	if (err == 0)
		*out = low;
	return err;
}

/* What is known of one segment. */
struct segment {
	int64_t n, t_ms, wall_ms, rows;
	bool this_boot;
};

static int
read_segment(struct store_db *d, int64_t n, struct segment *out, bool *found)
{
	sqlite3_stmt *st = NULL;
	char sql[160];
	int err = 0, rc;

	snprintf(sql, sizeof sql, "SELECT g.t_ms, g.wall_ms, s.boot_id,"
	    " (SELECT max(row) FROM reading_%06" PRId64 ") FROM segment g"
	    " JOIN start s ON s.seq = g.start WHERE g.n = ?", n);
	rc = sqlite3_prepare_v2(d->sql, sql, -1, &st, NULL);
	if (rc == SQLITE_OK) {
		sqlite3_bind_int64(st, 1, n);
		rc = sqlite3_step(st);
	}
	*found = rc == SQLITE_ROW;
	if (*found) {
		out->n = n;
		out->t_ms = sqlite3_column_int64(st, 0);
		out->wall_ms = sqlite3_column_int64(st, 1);
		out->this_boot = strcmp(d->options->boot_id,
		    (const char *)sqlite3_column_text(st, 2)) == 0;
		out->rows = sqlite3_column_int64(st, 3);
	} else if (rc != SQLITE_DONE) {
		err = store_db_fail(d, rc);
	}
	sqlite3_finalize(st);
	return err;
}

/* Widens the span in one segment, if it does not reach so far already. */
static int
cover_segment(struct store_db *d, const struct now *now, const char *session,
    const struct segment *g, int64_t t_ms, bool closed)
{
	int64_t row = 0, first = -1, last = -1;
	int err = find_row(d, g->n, g->rows, t_ms, &row);

	if (err == 0)
		err = get_edges(d, session, g->n, &first, &last);
	if (err < 0)
		return err;
	if (row > g->rows && g->n != d->segment && first < 0)
		return 0;	/* full, and all of it is older */
	if (first < 0 || row < first) {
		err = put_edge(d, now, session, g->n, "first", row);
		if (err < 0)
			return err;
	}
	if ((closed || g->n != d->segment) && last < g->rows)
		err = put_edge(d, now, session, g->n, "last", g->rows);
	return err;
}

int
store_span_cover(struct store_db *d, const struct now *now,
    const char *session, int64_t at_ms, int64_t at_wall_ms, bool closed)
{
	int64_t n = 0;
	int err = store_db_number(d, "SELECT max(n) FROM segment", NULL, 0,
	    &n);

	for (; err == 0 && n >= d->oldest; n--) {
		struct segment g = { 0 };
		bool found = false;
		int64_t t_ms;

		err = read_segment(d, n, &g, &found);
		if (err < 0 || !found)
			break;
		t_ms = g.this_boot ? at_ms :
		    at_wall_ms - (g.wall_ms - g.t_ms);
		err = cover_segment(d, now, session, &g, t_ms, closed);
		if (g.t_ms <= t_ms)
			break;	/* those before it are older still */
	}
	return err;
}

int
store_span_close(struct store_db *d, const struct now *now,
    const char *session)
{
	int64_t n = 0, first = -1, last = -1;
	struct segment g = { 0 };
	bool found = false;
	/* Not always d->segment: after a reboot there may be none yet. */
	int err = store_db_number(d, "SELECT max(n) FROM segment", NULL, 0,
	    &n);

	if (err == 0 && n > 0)
		err = read_segment(d, n, &g, &found);
	if (err < 0 || !found)
		return err;
	err = get_edges(d, session, n, &first, &last);
	if (err == 0 && first >= 0 && last < g.rows)
		err = put_edge(d, now, session, n, "last", g.rows);
	return err;
}
